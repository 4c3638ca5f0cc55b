//! How far Connect has come, and what the last looks at an instance found.

use super::{Result, Store, Tx};

/// A connection that a person is still setting up.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Connecting {
    /// The step to go on with, from 1.
    pub step: i64,
    /// The first day of the history to pull, as `2026-11-30`; empty for from now on.
    pub history: String,
}

/// What was found, as JSON, and when.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Probe {
    pub at: i64,
    pub found: String,
}

impl Store {
    /// `None` when Connect is over.
    pub async fn connecting(&self, connection: &str) -> Result<Option<Connecting>> {
        let sql = "select step, history from connecting where connection_id = $1";
        Ok(sqlx::query_as(sql).bind(connection).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    pub async fn probe(&self, connection: &str, kind: &str) -> Result<Option<Probe>> {
        let sql = "select at, found from probes where connection_id = $1 and kind = $2";
        Ok(sqlx::query_as(sql).bind(connection).bind(kind).fetch_optional(&mut *self.pool.take().await?).await?)
    }
}

impl Tx {
    /// The person has come so far; going back to an earlier step loses nothing.
    pub async fn reach_step(&mut self, connection: &str, step: i64) -> Result<()> {
        let sql = "insert into connecting (connection_id, step, history) values ($1, $2, '') \
                   on conflict (connection_id) do update set \
                   step = case when connecting.step < excluded.step then excluded.step else connecting.step end";
        sqlx::query(sql).bind(connection).bind(step).execute(self.now().await?).await?;
        Ok(())
    }

    /// What was done further on does not hold any more.
    pub async fn go_back_to_step(&mut self, connection: &str, step: i64) -> Result<()> {
        let sql = "update connecting set step = $2 where connection_id = $1 and step > $2";
        sqlx::query(sql).bind(connection).bind(step).execute(self.now().await?).await?;
        Ok(())
    }

    pub async fn choose_history(&mut self, connection: &str, day: &str) -> Result<()> {
        let sql = "update connecting set history = $2 where connection_id = $1";
        sqlx::query(sql).bind(connection).bind(day).execute(self.now().await?).await?;
        Ok(())
    }

    pub async fn end_connecting(&mut self, connection: &str) -> Result<()> {
        let sql = "delete from connecting where connection_id = $1";
        sqlx::query(sql).bind(connection).execute(self.now().await?).await?;
        Ok(())
    }

    pub async fn keep_probe(&mut self, connection: &str, kind: &str, at: i64, found: &str) -> Result<()> {
        let sql = "insert into probes (connection_id, kind, at, found) values ($1, $2, $3, $4) \
                   on conflict (connection_id, kind) do update set at = excluded.at, found = excluded.found";
        sqlx::query(sql).bind(connection).bind(kind).bind(at).bind(found).execute(self.now().await?).await?;
        Ok(())
    }
}
