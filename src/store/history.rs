//! What moved, when, which way, and why. Append-only.

use super::{Dialect, QueryAs, Result, Store, Tx, to_json};
use std::collections::BTreeMap;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct HistoryLine {
    pub id: String,
    pub at: i64,
    pub connection_id: String,
    pub link_id: String,
    pub direction: String,
    pub kind: String,
    pub summary: String,
    pub who: String,
    /// JSON: the fields with their reasons, and the steps.
    pub story: String,
    pub connection: String,
    pub reference: String,
    pub ticket_id: Option<String>,
    pub ticket_number: Option<String>,
}

/// What is asked for; what is empty or 0 is not asked.
#[derive(Clone, Debug, Default)]
pub struct HistorySearch<'a> {
    pub connection: &'a str,
    /// A link's id.
    pub link: &'a str,
    /// A ticket's id.
    pub ticket: &'a str,
    /// What people call a record, on either side.
    pub number: &'a str,
    /// Whose edit it was, in whichever case.
    pub person: &'a str,
    pub field: &'a str,
    pub kind: &'a str,
    /// Only what polling found and no webhook had told of.
    pub recovered: bool,
    /// From this moment on, and before that one.
    pub from: i64,
    pub to: i64,
    /// Lines older than this one.
    pub before: &'a str,
    /// Lines newer than this one.
    pub after: &'a str,
    pub limit: i64,
}

/// One page of lines, the newest first.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    pub lines: Vec<HistoryLine>,
    /// Where to go on; `None` at the end. There may be more to look through although few lines were found.
    pub next: Option<String>,
}

/// So many lines are looked through for a page. What is rarer than that is found over several pages, each of them fast.
const LOOKED_THROUGH: i64 = 500;
/// After every id.
const LAST: &str = "zzzzzzzz";

macro_rules! select_line {
    ($from:expr, $rest:expr) => {
        concat!(
            "select h.id, h.at, h.connection_id, h.link_id, h.direction, h.kind, h.summary, h.who, h.story, c.name as connection, \
             l.servicenow_number as reference, t.id as ticket_id, t.number as ticket_number \
             from ",
            $from,
            " join connections c on c.id = h.connection_id join links l on l.id = h.link_id \
             left join desk_tickets t on t.id = l.platform_id ",
            $rest
        )
    };
}

/// The ids of lines about `$1`, from `$3` to `$2`, the newest first, by the index that is made for them.
macro_rules! ids {
    ($index:ident) => {
        concat!(ids_where!($index), " and h.id < $2 and h.id > $3 order by h.id desc limit $4")
    };
}

macro_rules! ids_where {
    (all) => {
        "select h.id from history h where $1 = ''"
    };
    (connection) => {
        "select h.id from history h where h.connection_id = $1"
    };
    (recovered) => {
        "select h.id from history h where h.connection_id = $1 and h.heard = 'poll'"
    };
    (person) => {
        "select h.id from history h where lower(h.who) = lower($1)"
    };
    (kind) => {
        "select h.id from history h where h.kind = $1"
    };
    (field) => {
        "select h.id from (select history_id as id from history_fields where field = $1) h where true"
    };
    (link) => {
        "select h.id from history h where h.link_id = $1"
    };
    (ticket) => {
        "select h.id from history h where h.link_id in (select id from links where platform_id = $1)"
    };
    (number) => {
        "select h.id from history h where h.link_id in (select id from links where servicenow_number = $1 \
         union select n.id from links n join desk_tickets k on k.id = n.platform_id where k.number = $1)"
    };
}

/// What all filters together leave of these ids; `$12` at most.
macro_rules! found {
    ($index:ident) => {
        concat!(
            "select h.id from (",
            ids!($index),
            ") looked join history h on h.id = looked.id where ($5 = '' or h.connection_id = $5) \
             and ($6 = '' or lower(h.who) = lower($6)) and ($7 = '' or h.kind = $7) and ($8 = 0 or h.heard = 'poll') \
             and ($9 = '' or exists (select 1 from history_fields f where f.field = $9 and f.history_id = h.id)) \
             and h.at >= $10 and h.at < $11 order by h.id desc limit $12"
        )
    };
}

/// The statements of a search.
struct Texts {
    /// The lines of a page. The wide columns are read of these alone.
    page: &'static str,
    count: &'static str,
    /// How many ids were looked through, and the last of them.
    reach: &'static str,
}

macro_rules! texts {
    ($index:ident) => {
        Texts {
            page: select_line!(
                concat!("(", found!($index), ") found join history h on h.id = found.id"),
                "order by h.id desc"
            ),
            count: concat!("select count(*) from (", found!($index), ") as found"),
            reach: concat!("select count(*), coalesce(min(id), '') from (", ids!($index), ") as looked"),
        }
    };
}

impl<'a> HistorySearch<'a> {
    /// By the narrowest index, with what is looked for in it.
    fn texts(&self) -> (Texts, &'a str) {
        match *self {
            Self { number, .. } if !number.is_empty() => (texts!(number), number),
            Self { link, .. } if !link.is_empty() => (texts!(link), link),
            Self { ticket, .. } if !ticket.is_empty() => (texts!(ticket), ticket),
            Self { person, .. } if !person.is_empty() => (texts!(person), person),
            Self { connection, recovered: true, .. } if !connection.is_empty() => (texts!(recovered), connection),
            Self { field, .. } if !field.is_empty() => (texts!(field), field),
            Self { kind, .. } if !kind.is_empty() => (texts!(kind), kind),
            Self { connection, .. } if !connection.is_empty() => (texts!(connection), connection),
            _ => (texts!(all), ""),
        }
    }

    /// How many ids are looked through: no more than asked for where the index alone decides.
    fn looked_through(&self) -> i64 {
        let asked = [self.connection, self.link, self.ticket, self.number, self.person, self.field, self.kind];
        let asked = asked.iter().filter(|text| !text.is_empty()).count();
        let is_alone = asked <= 1 && self.from == 0 && self.to == 0;
        if is_alone { self.limit } else { LOOKED_THROUGH }
    }

    fn bind<'q, O>(&self, asked: QueryAs<'q, O>) -> QueryAs<'q, O> {
        let (_, about) = self.texts();
        self.bind_ids(asked, about)
            .bind(self.connection.to_owned())
            .bind(self.person.to_owned())
            .bind(self.kind.to_owned())
            .bind(i64::from(self.recovered))
            .bind(self.field.to_owned())
            .bind(self.from)
            .bind(if self.to == 0 { i64::MAX } else { self.to })
            .bind(self.limit)
    }

    fn bind_ids<'q, O>(&self, asked: QueryAs<'q, O>, about: &str) -> QueryAs<'q, O> {
        let before = if self.before.is_empty() { LAST } else { self.before };
        asked.bind(about.to_owned()).bind(before.to_owned()).bind(self.after.to_owned()).bind(self.looked_through())
    }
}

/// A line as it is written.
pub struct NewLine<'a> {
    pub id: &'a str,
    pub at: i64,
    pub connection: &'a str,
    pub link: &'a str,
    pub direction: &'a str,
    pub kind: &'a str,
    pub summary: &'a str,
    pub who: &'a str,
    /// How the news came that it follows from; empty where nobody told.
    pub heard: &'a str,
    pub story: &'a str,
    /// The field rules that it is about.
    pub fields: &'a [&'a str],
}

impl Tx {
    pub async fn add_history(&mut self, line: &NewLine<'_>) -> Result<()> {
        let sql = "insert into history (id, at, connection_id, link_id, direction, kind, summary, who, heard, story) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        self.write(
            sqlx::query(sql)
                .bind(line.id)
                .bind(line.at)
                .bind(line.connection)
                .bind(line.link)
                .bind(line.direction)
                .bind(line.kind)
                .bind(line.summary)
                .bind(line.who)
                .bind(line.heard)
                .bind(line.story),
        )
        .await?;
        if line.fields.is_empty() {
            return Ok(());
        }
        macro_rules! fields {
            ($dialect:ident) => {
                concat!(
                    "insert into history_fields (field, history_id) select distinct value->>'field', $2 from ",
                    rows!($dialect)
                )
            };
        }
        let sql = match self.dialect {
            Dialect::Sqlite => fields!(sqlite),
            Dialect::Postgres => fields!(postgres),
        };
        let fields: Vec<_> = line.fields.iter().map(|field| BTreeMap::from([("field", field)])).collect();
        self.write(sqlx::query(sql).bind(to_json(&fields)).bind(line.id)).await
    }
}

impl Store {
    /// The newest first.
    pub async fn history(&self, search: &HistorySearch<'_>) -> Result<Vec<HistoryLine>> {
        let asked = search.bind(sqlx::query_as(search.texts().0.page));
        Ok(asked.fetch_all(&mut *self.pool.take().await?).await?)
    }

    /// The same, and where to go on.
    pub async fn history_page(&self, search: &HistorySearch<'_>) -> Result<HistoryPage> {
        let lines = self.history(search).await?;
        let found = i64::try_from(lines.len()).unwrap_or_default();
        let next = if found == search.limit {
            lines.last().map(|line| line.id.clone())
        } else {
            let (texts, about) = search.texts();
            let (looked, last): (i64, String) =
                search.bind_ids(sqlx::query_as(texts.reach), about).fetch_one(&mut *self.pool.take().await?).await?;
            (looked == search.looked_through()).then_some(last)
        };
        Ok(HistoryPage { lines, next })
    }

    /// What came next for a link after a line, the first first.
    pub async fn next_lines(&self, link: &str, after: &str, limit: i64) -> Result<Vec<HistoryLine>> {
        let sql = select_line!("history h", "where h.link_id = $1 and h.id > $2 order by h.id limit $3");
        Ok(sqlx::query_as(sql).bind(link).bind(after).bind(limit).fetch_all(&mut *self.pool.take().await?).await?)
    }

    /// How many there are, up to the limit.
    pub async fn count_history(&self, search: &HistorySearch<'_>) -> Result<i64> {
        let asked = search.bind(sqlx::query_as(search.texts().0.count));
        let (count,): (i64,) = asked.fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    /// What polling found of a connection and no webhook had told of; no further than `up_to`.
    pub async fn count_recovered(&self, connection: &str, up_to: i64) -> Result<i64> {
        let sql = "select count(*) from (select 1 from history where connection_id = $1 and heard = 'poll' limit $2) as found";
        let (count,): (i64,) =
            sqlx::query_as(sql).bind(connection).bind(up_to).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    /// When polling last found what no webhook had told of; 0 if never.
    pub async fn last_recovered(&self, connection: &str) -> Result<i64> {
        let sql = "select at from history where connection_id = $1 and heard = 'poll' order by id desc limit 1";
        let found: Option<(i64,)> =
            sqlx::query_as(sql).bind(connection).fetch_optional(&mut *self.pool.take().await?).await?;
        Ok(found.map_or(0, |(at,)| at))
    }

    pub async fn history_line(&self, id: &str) -> Result<Option<HistoryLine>> {
        Ok(sqlx::query_as(select_line!("history h", "where h.id = $1"))
            .bind(id)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?)
    }
}

#[cfg(test)]
impl Store {
    /// How the database finds a page.
    pub async fn plan_of_history(&self, search: &HistorySearch<'_>) -> Result<String> {
        let before = if search.before.is_empty() { LAST } else { search.before };
        let text = |text: &str| format!("'{text}'");
        let (Texts { page, .. }, about) = search.texts();
        let values = [
            text(about),
            text(before),
            text(search.after),
            search.looked_through().to_string(),
            text(search.connection),
            text(search.person),
            text(search.kind),
            i64::from(search.recovered).to_string(),
            text(search.field),
            search.from.to_string(),
            i64::MAX.to_string(),
            search.limit.to_string(),
        ];
        self.plan_of(page, &values).await
    }

    /// What a person was told to act on about a link, oldest first.
    pub async fn problems_of(&self, link: &str) -> Result<Vec<String>> {
        let sql = "select summary from history where link_id = $1 and kind = 'problem' order by at, id";
        let rows: Vec<(String,)> = sqlx::query_as(sql).bind(link).fetch_all(&mut *self.pool.take().await?).await?;
        Ok(rows.into_iter().map(|(summary,)| summary).collect())
    }
}
