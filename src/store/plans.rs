//! For tests: how the database finds what a statement asks for.

use super::{Dialect, Result, Store};
use sqlx::Row as _;

impl Store {
    /// Step by step, in the database's own words. The values stand as literals in the places of the parameters.
    pub(super) async fn plan_of(&self, sql: &str, values: &[String]) -> Result<String> {
        let explain = match self.dialect {
            Dialect::Sqlite => "explain query plan",
            Dialect::Postgres => "explain",
        };
        // The longer names first: $1 begins $12.
        let named = values.iter().enumerate().rev();
        let sql = named.fold(sql.to_owned(), |sql, (at, value)| sql.replace(&format!("${}", at + 1), value));
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{explain} {sql}")))
            .fetch_all(&mut *self.pool.take().await?)
            .await?;
        let steps: std::result::Result<Vec<String>, _> =
            rows.iter().map(|row| row.try_get::<String, _>(row.columns().len() - 1)).collect();
        Ok(steps?.join("\n"))
    }
}
