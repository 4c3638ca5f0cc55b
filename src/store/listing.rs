//! Lists for programs: ids, page by page, by what no change of a row moves. Each row is then read by its id.

use super::{Result, Store};

/// Behind every id in any order of letters: ids are letters and digits, and begin with a digit.
const LAST: &str = "z";

impl Store {
    /// Tickets by their number, the newest first. `status` may be empty for all.
    pub async fn tickets_behind(&self, status: &str, behind: &str, limit: i64) -> Result<Vec<String>> {
        let sql = "select id from desk_tickets where deleted_at is null and ($1 = '' or status = $1) and id < $2 \
                   order by id desc limit $3";
        self.ids(sql, status, behind, limit).await
    }

    /// Conflicts that are not over, the oldest first. `connection` may be empty for all.
    pub async fn conflicts_behind(&self, connection: &str, behind: &str, limit: i64) -> Result<Vec<String>> {
        let sql = "select id from conflicts where state in ('open', 'chosen') and ($1 = '' or connection_id = $1) \
                   and id > $2 order by id limit $3";
        self.ids_up(sql, connection, behind, limit).await
    }

    /// Open letters, the oldest first. `connection` may be empty for all.
    pub async fn letters_behind(&self, connection: &str, behind: &str, limit: i64) -> Result<Vec<String>> {
        let sql = "select id from dead_letters where state = 'open' and ($1 = '' or connection_id = $1) \
                   and id > $2 order by id limit $3";
        self.ids_up(sql, connection, behind, limit).await
    }

    /// The newest first, of all connections.
    pub async fn history_behind(&self, behind: &str, limit: i64) -> Result<Vec<String>> {
        let sql = "select id from history where $1 = '' and id < $2 order by id desc limit $3";
        self.ids(sql, "", behind, limit).await
    }

    pub async fn history_of_connection_behind(
        &self,
        connection: &str,
        behind: &str,
        limit: i64,
    ) -> Result<Vec<String>> {
        let sql = "select id from history where connection_id = $1 and id < $2 order by id desc limit $3";
        self.ids(sql, connection, behind, limit).await
    }

    pub async fn history_of_ticket_behind(&self, ticket: &str, behind: &str, limit: i64) -> Result<Vec<String>> {
        let sql = "select id from history where link_id in (select id from links where platform_id = $1) and id < $2 \
                   order by id desc limit $3";
        self.ids(sql, ticket, behind, limit).await
    }

    /// A connection's reconcile runs, the newest first.
    pub async fn runs_behind(&self, connection: &str, behind: &str, limit: i64) -> Result<Vec<String>> {
        let sql = "select id from runs where connection_id = $1 and id < $2 order by id desc limit $3";
        self.ids(sql, connection, behind, limit).await
    }

    /// Downwards: from the end where nothing is behind.
    async fn ids(&self, sql: &'static str, of: &str, behind: &str, limit: i64) -> Result<Vec<String>> {
        self.ids_up(sql, of, if behind.is_empty() { LAST } else { behind }, limit).await
    }

    async fn ids_up(&self, sql: &'static str, of: &str, behind: &str, limit: i64) -> Result<Vec<String>> {
        let rows: Vec<(String,)> =
            sqlx::query_as(sql).bind(of).bind(behind).bind(limit).fetch_all(&mut *self.pool.take().await?).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}
