//! Links: pairs of records, their base, and the pairs of comments.

use super::connections::CONNECTION;
use super::{Apart, Connection, Job, Result, Store, Tx, from_rows, read_json, to_json};
use merge::{Base, Side, Value};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, Debug)]
pub struct Link {
    pub id: String,
    pub connection_id: String,
    pub servicenow_id: String,
    /// Empty until the record was made.
    pub servicenow_number: String,
    /// None until the ticket was made.
    pub platform_id: Option<String>,
    pub base: Base,
    pub was: Was,
    /// What the sides were just seen to hold where they do not agree: kept with it.
    pub apart: Apart,
    /// Per rule: a text that one side cut or a user who stands in there, which counts as the whole.
    pub cuts: BTreeMap<String, Cut>,
    pub state: LinkState,
    /// The side whose record was deleted, once that is dealt with as the rules say. A deletion is dealt with once.
    pub gone: Option<Side>,
    pub version: i64,
    /// What a person must act on; empty when nothing.
    pub note: String,
    pub created_at: i64,
    pub changed_at: i64,
}

/// A link as it was read or last saved.
#[derive(Clone, Debug, Default)]
pub struct Was {
    /// What moved since is kept as a moment of the past.
    pub base: Base,
    /// None of a new link.
    listed: Option<Listed>,
}

/// What links are found by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    servicenow_number: String,
    platform_id: Option<String>,
    state: LinkState,
    note: String,
}

/// What a side keeps instead of the whole, and what counts there as the whole: the beginning of a text, or a user who
/// stands in for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    pub side: Side,
    pub whole: Value,
    pub kept: Value,
}

impl Cut {
    /// `None` when what is kept is no beginning of the whole.
    pub fn of(side: Side, whole: &Value, kept: &Value) -> Option<Self> {
        let (Value::Text(all), Value::Text(beginning)) = (whole, kept) else { return None };
        let is_cut = beginning.len() < all.len() && all.starts_with(beginning.as_str());
        is_cut.then(|| Self { side, whole: whole.clone(), kept: kept.clone() })
    }
}

/// What waits beside a link, as counted when it was read: seldom anything, and only then it is read too.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Beside {
    /// Writes that were not sent, or whose answer is not known.
    pub deliveries: i64,
    pub conflicts: i64,
    /// Dead letters that hold something back.
    pub letters: i64,
}

/// A pair with what people call its records.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CalledLink {
    pub id: String,
    pub servicenow_number: String,
    pub ticket_number: Option<String>,
    pub connection: String,
}

/// Whether a pair is kept the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    Linked,
    /// Taken apart; it stays to be read.
    Unlinked,
}

impl LinkState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Unlinked => "unlinked",
        }
    }

    fn read(text: &str) -> Self {
        if text == "unlinked" { Self::Unlinked } else { Self::Linked }
    }
}

impl Link {
    fn listed(&self) -> Listed {
        Listed {
            servicenow_number: self.servicenow_number.clone(),
            platform_id: self.platform_id.clone(),
            state: self.state,
            note: self.note.clone(),
        }
    }

    /// Whether its record in ServiceNow is still to be made: only its id is known.
    pub fn awaits_record(&self) -> bool {
        self.servicenow_number.is_empty()
    }

    /// The record's id on a side; empty while there is no ticket yet.
    pub fn record_on(&self, side: Side) -> &str {
        match side {
            Side::ServiceNow => &self.servicenow_id,
            Side::Platform => self.platform_id.as_deref().unwrap_or_default(),
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    connection_id: String,
    servicenow_id: String,
    servicenow_number: String,
    platform_id: Option<String>,
    base: String,
    cuts: String,
    state: String,
    gone: String,
    version: i64,
    note: String,
    created_at: i64,
    changed_at: i64,
}

impl Row {
    fn read(self) -> Result<Link> {
        let base: Base = read_json(&self.base, "links", "base", &self.id)?;
        let mut link = Link {
            was: Was { base: base.clone(), listed: None },
            apart: Apart::new(),
            base,
            cuts: read_json(&self.cuts, "links", "cuts", &self.id)?,
            state: LinkState::read(&self.state),
            gone: Side::BOTH.into_iter().find(|side| side.as_str() == self.gone),
            id: self.id,
            connection_id: self.connection_id,
            servicenow_id: self.servicenow_id,
            servicenow_number: self.servicenow_number,
            platform_id: self.platform_id,
            version: self.version,
            note: self.note,
            created_at: self.created_at,
            changed_at: self.changed_at,
        };
        link.was.listed = Some(link.listed());
        Ok(link)
    }
}

macro_rules! select_link {
    ($rest:literal) => {
        select_link!("", $rest)
    };
    ($($and:literal)+, $rest:literal) => {
        concat!(
            "select id, connection_id, servicenow_id, servicenow_number, platform_id, base, cuts, state, gone, version, note, created_at, changed_at",
            $($and,)+
            " from links ",
            $rest
        )
    };
}

/// With what waits beside it; letters are known by the lane.
macro_rules! select_link_to_sync {
    ($lane:literal, $rest:literal) => {
        select_link!(
            ", (select count(*) from deliveries d where d.link_id = links.id and d.state in ('planned', 'sending')) as deliveries, \
             (select count(*) from conflicts c where c.link_id = links.id and c.state in ('open', 'chosen')) as conflicts, \
             (select count(*) from dead_letters l where l.holds = 1 and l.lane in ("
            $lane
            ")) as letters",
            $rest
        )
    };
}

#[derive(sqlx::FromRow)]
struct ToSync {
    #[sqlx(flatten)]
    link: Row,
    #[sqlx(flatten)]
    beside: Beside,
}

impl ToSync {
    fn read(self) -> Result<(Link, Beside)> {
        Ok((self.link.read()?, self.beside))
    }
}

const TO_SYNC: &str = select_link_to_sync!("$3", "where connection_id = $1 and servicenow_id = $2");

/// The same of the job that is taken under a claim.
pub(super) const LINK_OF_CLAIM: &str = select_link_to_sync!(
    "select lane from jobs where leased_by = $1 and state = 'running'",
    "where (connection_id, servicenow_id) in \
     (select connection_id, subject from jobs where leased_by = $1 and state = 'running')"
);

/// The connection and the link of a job as the database answered, if it was asked.
#[derive(Clone, Default)]
pub struct About(Vec<Vec<AnyRow>>);

impl About {
    pub(super) fn of(answers: Vec<Vec<AnyRow>>) -> Self {
        Self(answers)
    }
}

impl fmt::Debug for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("About")
    }
}

impl Store {
    pub async fn link(&self, id: &str) -> Result<Option<Link>> {
        let row: Option<Row> = sqlx::query_as(select_link!("where id = $1"))
            .bind(id)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?;
        row.map(Row::read).transpose()
    }

    pub async fn link_of(&self, connection: &str, servicenow_id: &str) -> Result<Option<Link>> {
        let row: Option<Row> = sqlx::query_as(select_link!("where connection_id = $1 and servicenow_id = $2"))
            .bind(connection)
            .bind(servicenow_id)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?;
        row.map(Row::read).transpose()
    }

    /// The link of a record, and what waits beside it; letters are known by the lane.
    pub async fn link_to_sync(&self, connection: &str, record: &str, lane: &str) -> Result<Option<(Link, Beside)>> {
        let row: Option<ToSync> = sqlx::query_as(TO_SYNC)
            .bind(connection)
            .bind(record)
            .bind(lane)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?;
        row.map(ToSync::read).transpose()
    }

    /// The connection of a job, and the same of its record.
    pub async fn connection_and_link(
        &self,
        job: &Job,
        about: About,
    ) -> Result<Option<(Connection, Option<(Link, Beside)>)>> {
        let (connection, record) = (&job.connection_id, &job.subject);
        let answers = if about.0.is_empty() {
            let link = sqlx::query(TO_SYNC).bind(connection).bind(record).bind(&job.lane);
            self.read_all(vec![sqlx::query(CONNECTION).bind(connection), link]).await?
        } else {
            about.0
        };
        let [connections, links] = &answers[..] else { return Ok(None) };
        let Some(connection) = from_rows(connections)?.pop() else { return Ok(None) };
        let link = from_rows(links)?.pop().map(ToSync::read).transpose()?;
        Ok(Some((self.known_connection(connection)?, link)))
    }

    pub async fn link_of_ticket(&self, ticket: &str) -> Result<Option<Link>> {
        let sql =
            select_link!("where platform_id = $1 order by case state when 'linked' then 0 else 1 end, id desc limit 1");
        let row: Option<Row> = sqlx::query_as(sql).bind(ticket).fetch_optional(&mut *self.pool.take().await?).await?;
        row.map(Row::read).transpose()
    }

    /// Pairs with a record of this number on either side, the newest first.
    pub async fn links_called(&self, number: &str, limit: i64) -> Result<Vec<CalledLink>> {
        let sql = "select l.id, l.servicenow_number, t.number as ticket_number, c.name as connection from links l \
                   join connections c on c.id = l.connection_id left join desk_tickets t on t.id = l.platform_id \
                   where l.id in (select id from links where servicenow_number = $1 union \
                   select n.id from links n join desk_tickets k on k.id = n.platform_id where k.number = $1) \
                   order by l.id desc limit $2";
        Ok(sqlx::query_as(sql).bind(number).bind(limit).fetch_all(&mut *self.pool.take().await?).await?)
    }

    /// Links whose ticket is just being made, of whichever connection.
    pub async fn links_being_made(&self) -> Result<Vec<String>> {
        let sql = "select link_id from deliveries where kind = 'create' and side = 'platform' \
                   and state in ('planned', 'sending')";
        let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&mut *self.pool.take().await?).await?;
        Ok(rows.into_iter().map(|(link,)| link).collect())
    }

    /// Pairs that a connection keeps the same.
    pub async fn count_links(&self, connection: &str) -> Result<i64> {
        self.count_links_up_to(connection, i64::MAX).await
    }

    pub async fn count_links_up_to(&self, connection: &str, up_to: i64) -> Result<i64> {
        let sql = "select count(*) from (select 1 from links where connection_id = $1 and state = 'linked' limit $2) \
                   as found";
        let (count,): (i64,) =
            sqlx::query_as(sql).bind(connection).bind(up_to).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    /// Links of a connection with a note for a person.
    pub async fn count_links_with_note(&self, connection: &str) -> Result<i64> {
        let sql = "select count(*) from links where connection_id = $1 and note <> ''";
        let (count,): (i64,) = sqlx::query_as(sql).bind(connection).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    /// Pairs that are kept the same no longer.
    pub async fn count_excluded_links(&self, connection: &str) -> Result<i64> {
        let sql = "select count(*) from links where connection_id = $1 and state <> 'linked'";
        let (count,): (i64,) = sqlx::query_as(sql).bind(connection).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    pub async fn last_change(&self, connection: &str) -> Result<Option<i64>> {
        let (at,): (Option<i64>,) =
            sqlx::query_as("select max(changed_at) from links where connection_id = $1 and changed_at > 0")
                .bind(connection)
                .fetch_one(&mut *self.pool.take().await?)
                .await?;
        Ok(at)
    }

    /// All entries of a link that are on both sides: ServiceNow's id and the platform's.
    pub async fn paired_entries(&self, link: &str) -> Result<Vec<(String, String)>> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("select servicenow_id, platform_id from entries where link_id = $1")
                .bind(link)
                .fetch_all(&mut *self.pool.take().await?)
                .await?;
        Ok(rows)
    }
}

impl Tx {
    /// As this transaction sees it.
    pub async fn link_of_ticket(&mut self, ticket: &str) -> Result<Option<Link>> {
        let sql =
            select_link!("where platform_id = $1 order by case state when 'linked' then 0 else 1 end, id desc limit 1");
        let row: Option<Row> = sqlx::query_as(sql).bind(ticket).fetch_optional(self.now().await?).await?;
        row.map(Row::read).transpose()
    }

    /// Whether the link is new; false when another worker, or another connection, made one of its record or ticket first.
    pub async fn add_link(&mut self, link: &Link) -> Result<bool> {
        let sql = "insert into links (id, connection_id, servicenow_id, servicenow_number, platform_id, base, version, note, \
                   created_at, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                   on conflict do nothing";
        let done = sqlx::query(sql)
            .bind(&link.id)
            .bind(&link.connection_id)
            .bind(&link.servicenow_id)
            .bind(&link.servicenow_number)
            .bind(link.platform_id.as_deref())
            .bind(to_json(&link.base))
            .bind(link.version)
            .bind(&link.note)
            .bind(link.created_at)
            .bind(link.changed_at)
            .execute(self.now().await?)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Keeps the link as it is now, if its version is still the one that was read; then it is one higher.
    pub async fn save_link(&mut self, link: &mut Link, now: i64) -> Result<()> {
        macro_rules! save {
            ($more:literal) => {
                concat!(
                    "update links set base = $3, cuts = $4, gone = $5, changed_at = $6, version = version + 1",
                    $more,
                    " where id = $1 and version = $2"
                )
            };
        }
        let (listed, base, cuts) = (link.listed(), to_json(&link.base), to_json(&link.cuts));
        // What is written as it was costs the indexes on it.
        let is_listed_alike = link.was.listed.as_ref() == Some(&listed);
        let sql = if is_listed_alike {
            save!("")
        } else {
            save!(", servicenow_number = $7, platform_id = $8, state = $9, note = $10")
        };
        let gone = link.gone.map_or("", Side::as_str);
        let mut saved = sqlx::query(sql).bind(&link.id).bind(link.version).bind(base).bind(cuts).bind(gone).bind(now);
        if !is_listed_alike {
            saved = saved
                .bind(&link.servicenow_number)
                .bind(link.platform_id.as_deref())
                .bind(link.state.as_str())
                .bind(&link.note);
        }
        self.write_one(saved).await?;
        link.was.listed = Some(listed);
        link.version += 1;
        link.changed_at = now;
        self.keep_moment(link, now).await
    }

    /// What was sent unseen is not there: it counts as never sent.
    pub async fn forget_entry(&mut self, link: &str, unseen: &str) -> Result<()> {
        let sql = "delete from entries where link_id = $1 and servicenow_id = $2";
        self.write(sqlx::query(sql).bind(link).bind(unseen)).await
    }

    /// An entry of the platform may be paired by several ids: ServiceNow's depend on how its journal is read.
    pub async fn pair_entries(&mut self, link: &str, servicenow_id: &str, platform_id: &str) -> Result<()> {
        let sql = "insert into entries (link_id, servicenow_id, platform_id) values ($1, $2, $3) \
                   on conflict (link_id, servicenow_id) do nothing";
        self.write(sqlx::query(sql).bind(link).bind(servicenow_id).bind(platform_id)).await
    }
}
