//! Conflicts: fields about which two people disagree, from the moment it was found to the end of it.

use super::{Result, Store, Tx, exactly_one, read_json, to_json};
use merge::{Edit, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictState {
    /// A person must choose.
    Open,
    /// A person chose, and the value is on its way to the sides.
    Chosen,
    /// Both sides hold what was chosen.
    Resolved,
    /// The sides came to agree without a choice.
    Withdrawn,
}

impl ConflictState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Chosen => "chosen",
            Self::Resolved => "resolved",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "chosen" => Self::Chosen,
            "resolved" => Self::Resolved,
            "withdrawn" => Self::Withdrawn,
            _ => Self::Open,
        }
    }
}

/// All values are canonical.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    pub id: String,
    pub connection_id: String,
    pub link_id: String,
    pub rule: String,
    /// `None` where the sides never agreed.
    pub base: Option<Value>,
    pub servicenow: Value,
    pub platform: Value,
    pub servicenow_edit: Edit,
    pub platform_edit: Edit,
    pub why: String,
    pub state: ConflictState,
    pub choice: Option<Value>,
    pub chosen_by: String,
    pub chosen_at: i64,
    pub opened_at: i64,
    pub closed_at: i64,
    /// Goes up whenever the values change or somebody chooses: a choice is for what the person saw.
    pub version: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    connection_id: String,
    link_id: String,
    rule: String,
    base: String,
    servicenow: String,
    platform: String,
    servicenow_edit: String,
    platform_edit: String,
    why: String,
    state: String,
    choice: String,
    chosen_by: String,
    chosen_at: i64,
    opened_at: i64,
    closed_at: i64,
    version: i64,
}

impl Row {
    fn read(self) -> Result<Conflict> {
        let any = |text: &str, column| {
            if text.is_empty() { Ok(None) } else { read_json(text, "conflicts", column, &self.id).map(Some) }
        };
        Ok(Conflict {
            base: any(&self.base, "base")?,
            choice: any(&self.choice, "choice")?,
            servicenow: read_json(&self.servicenow, "conflicts", "servicenow", &self.id)?,
            platform: read_json(&self.platform, "conflicts", "platform", &self.id)?,
            servicenow_edit: read_json(&self.servicenow_edit, "conflicts", "servicenow_edit", &self.id)?,
            platform_edit: read_json(&self.platform_edit, "conflicts", "platform_edit", &self.id)?,
            state: ConflictState::read(&self.state),
            id: self.id,
            connection_id: self.connection_id,
            link_id: self.link_id,
            rule: self.rule,
            why: self.why,
            chosen_by: self.chosen_by,
            chosen_at: self.chosen_at,
            opened_at: self.opened_at,
            closed_at: self.closed_at,
            version: self.version,
        })
    }
}

/// A conflict as the list shows it, with the names of its records.
#[derive(Clone, Debug)]
pub struct ListedConflict {
    pub conflict: Conflict,
    pub connection: String,
    pub servicenow_id: String,
    pub servicenow_number: String,
    pub ticket_id: String,
    pub ticket_number: String,
}

/// How many conflicts about one field wait for a choice.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AlikeConflicts {
    pub connection_id: String,
    pub rule: String,
    pub waiting: i64,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    row: Row,
    connection: String,
    servicenow_id: String,
    servicenow_number: String,
    ticket_id: Option<String>,
    ticket_number: Option<String>,
}

impl ListedRow {
    fn read(self) -> Result<ListedConflict> {
        Ok(ListedConflict {
            conflict: self.row.read()?,
            connection: self.connection,
            servicenow_id: self.servicenow_id,
            servicenow_number: self.servicenow_number,
            ticket_id: self.ticket_id.unwrap_or_default(),
            ticket_number: self.ticket_number.unwrap_or_default(),
        })
    }
}

macro_rules! columns {
    () => {
        "c.id, c.connection_id, c.link_id, c.rule, c.base, c.servicenow, c.platform, c.servicenow_edit, c.platform_edit, c.why, \
         c.state, c.choice, c.chosen_by, c.chosen_at, c.opened_at, c.closed_at, c.version"
    };
}

macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "select ",
            columns!(),
            ", n.name as connection, l.servicenow_id, l.servicenow_number, t.id as ticket_id, t.number as ticket_number \
             from conflicts c join connections n on n.id = c.connection_id join links l on l.id = c.link_id \
             left join desk_tickets t on t.id = l.platform_id ",
            $rest
        )
    };
}

impl Store {
    /// The conflicts of a link that are not over.
    pub async fn conflicts_of(&self, link: &str) -> Result<Vec<Conflict>> {
        let sql = concat!(
            "select ",
            columns!(),
            " from conflicts c where c.link_id = $1 and c.state in ('open', 'chosen') order by c.id"
        );
        let rows: Vec<Row> = sqlx::query_as(sql).bind(link).fetch_all(&mut *self.pool.take().await?).await?;
        rows.into_iter().map(Row::read).collect()
    }

    pub async fn conflict(&self, id: &str) -> Result<Option<ListedConflict>> {
        let row: Option<ListedRow> =
            sqlx::query_as(listed!("where c.id = $1")).bind(id).fetch_optional(&mut *self.pool.take().await?).await?;
        row.map(ListedRow::read).transpose()
    }

    /// Conflicts that are not over, those of one record together, the longest open first. `connection` may be empty for all.
    pub async fn conflicts(&self, connection: &str, limit: i64, offset: i64) -> Result<Vec<ListedConflict>> {
        let sql = listed!(
            "where ($1 = '' or c.connection_id = $1) and c.state in ('open', 'chosen') \
             order by (select min(o.opened_at) from conflicts o where o.link_id = c.link_id and o.state in ('open', 'chosen')), \
             c.link_id, c.id limit $2 offset $3"
        );
        self.listed(sqlx::query_as(sql).bind(connection).bind(limit).bind(offset)).await
    }

    /// The same for so many records, each with all of its conflicts.
    pub async fn conflicts_by_record(&self, connection: &str, limit: i64, offset: i64) -> Result<Vec<ListedConflict>> {
        let sql = listed!(
            "where c.state in ('open', 'chosen') and c.link_id in (select o.link_id from conflicts o \
             where ($1 = '' or o.connection_id = $1) and o.state in ('open', 'chosen') group by o.link_id \
             order by min(o.opened_at), o.link_id limit $2 offset $3) \
             order by (select min(o.opened_at) from conflicts o where o.link_id = c.link_id and o.state in ('open', 'chosen')), \
             c.link_id, c.id"
        );
        self.listed(sqlx::query_as(sql).bind(connection).bind(limit).bind(offset)).await
    }

    /// Those of a link that are not over, with the names of its records.
    pub async fn conflicts_on(&self, link: &str) -> Result<Vec<ListedConflict>> {
        let sql = listed!("where c.link_id = $1 and c.state in ('open', 'chosen') order by c.id");
        self.listed(sqlx::query_as(sql).bind(link)).await
    }

    /// Those about one field of a connection that nobody chose for, the longest open first.
    pub async fn conflicts_alike(&self, connection: &str, rule: &str, limit: i64) -> Result<Vec<ListedConflict>> {
        let sql = listed!(
            "where c.connection_id = $1 and c.rule = $2 and c.state = 'open' order by c.opened_at, c.id limit $3"
        );
        self.listed(sqlx::query_as(sql).bind(connection).bind(rule).bind(limit)).await
    }

    /// How many wait for a choice, by connection and field.
    pub async fn count_alike(&self) -> Result<Vec<AlikeConflicts>> {
        let sql = "select connection_id, rule, count(*) as waiting from conflicts where state = 'open' \
                   and state in ('open', 'chosen') group by connection_id, rule";
        Ok(sqlx::query_as(sql).fetch_all(&mut *self.pool.take().await?).await?)
    }

    pub async fn count_conflicted_records(&self, connection: &str) -> Result<i64> {
        let sql = "select count(distinct link_id) from conflicts where ($1 = '' or connection_id = $1) \
                   and state in ('open', 'chosen')";
        let (count,): (i64,) = sqlx::query_as(sql).bind(connection).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    async fn listed(
        &self,
        asked: sqlx::query::QueryAs<'_, sqlx::Any, ListedRow, sqlx::any::AnyArguments>,
    ) -> Result<Vec<ListedConflict>> {
        let rows = asked.fetch_all(&mut *self.pool.take().await?).await?;
        rows.into_iter().map(ListedRow::read).collect()
    }

    pub async fn count_conflicts(&self, connection: &str) -> Result<i64> {
        let sql =
            "select count(*) from conflicts where ($1 = '' or connection_id = $1) and state in ('open', 'chosen')";
        let (count,): (i64,) = sqlx::query_as(sql).bind(connection).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    /// Links of a connection with a conflict that waits for a person, and nothing else against them.
    pub async fn count_conflicted_links(&self, connection: &str) -> Result<i64> {
        let sql = "select count(distinct c.link_id) from conflicts c join links l on l.id = c.link_id \
                   where c.connection_id = $1 and c.state = 'open' and l.note = ''";
        let (count,): (i64,) = sqlx::query_as(sql).bind(connection).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }
}

impl Tx {
    pub async fn open_conflict(&mut self, c: &Conflict) -> Result<()> {
        let sql = "insert into conflicts (id, connection_id, link_id, rule, base, servicenow, platform, servicenow_edit, \
                   platform_edit, why, state, choice, chosen_by, chosen_at, opened_at, closed_at, version) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open', '', '', 0, $11, 0, 1)";
        sqlx::query(sql)
            .bind(&c.id)
            .bind(&c.connection_id)
            .bind(&c.link_id)
            .bind(&c.rule)
            .bind(c.base.as_ref().map(to_json).unwrap_or_default())
            .bind(to_json(&c.servicenow))
            .bind(to_json(&c.platform))
            .bind(to_json(&c.servicenow_edit))
            .bind(to_json(&c.platform_edit))
            .bind(&c.why)
            .bind(c.opened_at)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }

    /// The sides moved on: the conflict is open with the new values, and an earlier choice is void.
    pub async fn refresh_conflict(&mut self, c: &Conflict) -> Result<()> {
        let sql = "update conflicts set servicenow = $3, platform = $4, servicenow_edit = $5, platform_edit = $6, why = $7, \
                   state = 'open', choice = '', chosen_by = '', chosen_at = 0, version = version + 1 \
                   where id = $1 and version = $2 and state in ('open', 'chosen')";
        let done = sqlx::query(sql)
            .bind(&c.id)
            .bind(c.version)
            .bind(to_json(&c.servicenow))
            .bind(to_json(&c.platform))
            .bind(to_json(&c.servicenow_edit))
            .bind(to_json(&c.platform_edit))
            .bind(&c.why)
            .execute(self.now().await?)
            .await?;
        exactly_one(&done)
    }

    /// A person chose, having seen this version. Stale when the values are others by now, or the conflict is over.
    pub async fn choose(&mut self, id: &str, version: i64, choice: &Value, by: &str, at: i64) -> Result<()> {
        let sql = "update conflicts set state = 'chosen', choice = $3, chosen_by = $4, chosen_at = $5, version = version + 1 \
                   where id = $1 and version = $2 and state in ('open', 'chosen')";
        let done = sqlx::query(sql)
            .bind(id)
            .bind(version)
            .bind(to_json(choice))
            .bind(by)
            .bind(at)
            .execute(self.now().await?)
            .await?;
        exactly_one(&done)
    }

    /// The pair is over, so nobody is asked any more. Answers the rules that somebody was asked about.
    pub async fn withdraw_conflicts(&mut self, link: &str, at: i64) -> Result<Vec<String>> {
        let sql = "update conflicts set state = 'withdrawn', closed_at = $2 \
                   where link_id = $1 and state in ('open', 'chosen') returning rule";
        let rows: Vec<(String,)> = sqlx::query_as(sql).bind(link).bind(at).fetch_all(self.now().await?).await?;
        Ok(rows.into_iter().map(|(rule,)| rule).collect())
    }

    /// `over` is resolved or withdrawn. Stale when somebody chose in the meantime.
    pub async fn close_conflict(&mut self, c: &Conflict, over: ConflictState, at: i64) -> Result<()> {
        let sql = "update conflicts set state = $4, closed_at = $5 where id = $1 and version = $2 and state = $3";
        let done = sqlx::query(sql)
            .bind(&c.id)
            .bind(c.version)
            .bind(c.state.as_str())
            .bind(over.as_str())
            .bind(at)
            .execute(self.now().await?)
            .await?;
        exactly_one(&done)
    }
}
