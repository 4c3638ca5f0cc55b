//! What moved, when, which way, and why. Append-only.

use super::{Result, Store, Tx};

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

#[derive(Clone, Debug, Default)]
pub struct HistorySearch<'a> {
    /// Empty for all.
    pub connection: &'a str,
    /// A ticket's id; empty for all. It is of one connection.
    pub ticket: &'a str,
    /// Only what polling found and no webhook had told of; of a connection.
    pub recovered: bool,
    pub limit: i64,
    pub offset: i64,
}

macro_rules! select_history {
    ($columns:literal, $rest:expr) => {
        concat!(
            "select ",
            $columns,
            " from history h join connections c on c.id = h.connection_id join links l on l.id = h.link_id \
             left join desk_tickets t on t.id = l.platform_id ",
            $rest
        )
    };
}

/// What a search is about, as `$1`. Each is a text of its own, so that its index is used.
macro_rules! where_found {
    (all) => {
        "where $1 = ''"
    };
    (connection) => {
        "where h.connection_id = $1"
    };
    (recovered) => {
        "where h.connection_id = $1 and h.heard = 'poll'"
    };
    (ticket) => {
        "where h.link_id in (select id from links where platform_id = $1)"
    };
}

macro_rules! found {
    ($which:ident) => {
        concat!(where_found!($which), " order by h.id desc limit $2 offset $3")
    };
}

macro_rules! lines {
    ($rest:expr) => {
        select_history!(
            "h.id, h.at, h.connection_id, h.link_id, h.direction, h.kind, h.summary, h.who, h.story, c.name as connection, \
             l.servicenow_number as reference, t.id as ticket_id, t.number as ticket_number",
            $rest
        )
    };
}

impl Tx {
    #[expect(clippy::too_many_arguments, reason = "one argument a column")]
    pub async fn add_history(
        &mut self,
        id: &str,
        at: i64,
        connection: &str,
        link: &str,
        direction: &str,
        kind: &str,
        summary: &str,
        who: &str,
        heard: &str,
        story: &str,
    ) -> Result<()> {
        let sql = "insert into history (id, at, connection_id, link_id, direction, kind, summary, who, heard, story) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        sqlx::query(sql)
            .bind(id)
            .bind(at)
            .bind(connection)
            .bind(link)
            .bind(direction)
            .bind(kind)
            .bind(summary)
            .bind(who)
            .bind(heard)
            .bind(story)
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}

impl Store {
    /// The newest first.
    pub async fn history(&self, search: &HistorySearch<'_>) -> Result<Vec<HistoryLine>> {
        let (sql, about) = match *search {
            HistorySearch { connection, recovered: true, .. } => (lines!(found!(recovered)), connection),
            HistorySearch { connection: "", ticket: "", .. } => (lines!(found!(all)), ""),
            HistorySearch { connection, ticket: "", .. } => (lines!(found!(connection)), connection),
            HistorySearch { ticket, .. } => (lines!(found!(ticket)), ticket),
        };
        Ok(sqlx::query_as(sql)
            .bind(about)
            .bind(search.limit)
            .bind(search.offset)
            .fetch_all(&mut *self.pool.take().await?)
            .await?)
    }

    /// No further than `up_to`.
    pub async fn count_history(&self, search: &HistorySearch<'_>, up_to: i64) -> Result<i64> {
        macro_rules! count {
            ($which:ident) => {
                concat!("select count(*) from (select 1 from history h ", where_found!($which), " limit $2) as found")
            };
        }
        let (sql, about) = match *search {
            HistorySearch { connection, recovered: true, .. } => (count!(recovered), connection),
            HistorySearch { connection: "", ticket: "", .. } => (count!(all), ""),
            HistorySearch { connection, ticket: "", .. } => (count!(connection), connection),
            HistorySearch { ticket, .. } => (count!(ticket), ticket),
        };
        let (count,): (i64,) =
            sqlx::query_as(sql).bind(about).bind(up_to).fetch_one(&mut *self.pool.take().await?).await?;
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
        Ok(sqlx::query_as(lines!("where h.id = $1")).bind(id).fetch_optional(&mut *self.pool.take().await?).await?)
    }
}

#[cfg(test)]
impl Store {
    /// What a person was told to act on about a link, oldest first.
    pub async fn problems_of(&self, link: &str) -> Result<Vec<String>> {
        let sql = "select summary from history where link_id = $1 and kind = 'problem' order by at, id";
        let rows: Vec<(String,)> = sqlx::query_as(sql).bind(link).fetch_all(&mut *self.pool.take().await?).await?;
        Ok(rows.into_iter().map(|(summary,)| summary).collect())
    }
}
