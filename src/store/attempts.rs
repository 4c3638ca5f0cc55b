//! What was asked and answered while a delivery was on its way, attempt by attempt.

use super::{Result, Store, Tx};

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Attempt {
    pub id: String,
    pub delivery_id: String,
    /// When it ended.
    pub at: i64,
    pub took_ms: i64,
    /// `done`, `refused` or `failed`.
    pub outcome: String,
    pub problem: String,
    /// JSON.
    pub exchanges: String,
}

/// An answer lost again and again is not a story worth reading to its end.
const SHOWN: i64 = 50;

impl Tx {
    pub async fn add_attempt(&mut self, attempt: &Attempt) -> Result<()> {
        let sql = "insert into attempts (id, delivery_id, at, took_ms, outcome, problem, exchanges) \
                   values ($1, $2, $3, $4, $5, $6, $7)";
        self.write(
            sqlx::query(sql)
                .bind(&attempt.id)
                .bind(&attempt.delivery_id)
                .bind(attempt.at)
                .bind(attempt.took_ms)
                .bind(&attempt.outcome)
                .bind(&attempt.problem)
                .bind(&attempt.exchanges),
        )
        .await
    }
}

impl Store {
    /// The first of a delivery first.
    pub async fn attempts(&self, delivery: &str) -> Result<Vec<Attempt>> {
        let sql = "select id, delivery_id, at, took_ms, outcome, problem, exchanges from attempts \
                   where delivery_id = $1 order by id limit $2";
        Ok(sqlx::query_as(sql).bind(delivery).bind(SHOWN).fetch_all(&mut *self.pool.take().await?).await?)
    }
}
