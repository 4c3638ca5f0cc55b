//! What a connection does by itself, and how much of it at once.

use super::{Result, Store, Tx, read_json, to_json};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Upkeep {
    /// Minutes between reconcile runs; 0 for none.
    pub every_minutes: i64,
    /// Whether they heal what they find.
    pub heals: bool,
    /// A run that would touch more than this share of the links, in percent, asks a person first.
    pub share: i64,
    /// Fewer links than this never stop a run.
    pub least: i64,
}

impl Default for Upkeep {
    fn default() -> Self {
        Self { every_minutes: 0, heals: false, share: 10, least: 20 }
    }
}

impl Upkeep {
    /// How many of so many links a run may touch before a person is asked.
    pub fn allowed(&self, links: i64) -> i64 {
        (links.saturating_mul(self.share) / 100).max(self.least)
    }
}

impl Store {
    pub async fn upkeep(&self, connection: &str) -> Result<Upkeep> {
        let row: Option<(String,)> = sqlx::query_as("select settings from upkeep where connection_id = $1")
            .bind(connection)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?;
        row.map_or_else(|| Ok(Upkeep::default()), |(text,)| read_json(&text, "upkeep", "settings", connection))
    }
}

impl Tx {
    pub async fn put_upkeep(&mut self, connection: &str, upkeep: &Upkeep) -> Result<()> {
        let sql = "insert into upkeep (connection_id, settings) values ($1, $2) \
                   on conflict (connection_id) do update set settings = excluded.settings";
        sqlx::query(sql).bind(connection).bind(to_json(upkeep)).execute(self.now().await?).await?;
        Ok(())
    }
}
