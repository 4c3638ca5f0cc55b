//! Webhooks that were answered and are not sorted yet.

use super::{Dialect, Result, Store, Tx, read_json, to_json};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Webhooks that came together.
#[derive(Clone, Debug)]
pub struct Batch<T> {
    pub id: String,
    pub heard: Vec<T>,
}

/// The answer of [`Store::batches`].
type Row = (String, i64, String);

impl Store {
    /// The oldest batches of this process, and any that were put down before `left` and that nobody sorted: so many that
    /// they hold no more than `most` webhooks, and at least one.
    pub async fn batches<T: DeserializeOwned>(&self, process: &str, left: i64, most: i64) -> Result<Vec<Batch<T>>> {
        let sql = "select id, webhooks, body from inbox where process = $1 or put_at < $2 order by id limit 32";
        let rows: Vec<Row> =
            sqlx::query_as(sql).bind(process).bind(left).fetch_all(&mut *self.pool.take().await?).await?;
        let mut room = most;
        let mut batches = Vec::new();
        for (id, webhooks, body) in rows {
            if !batches.is_empty() && webhooks > room {
                break;
            }
            room -= webhooks;
            batches.push(Batch { heard: read_json(&body, "inbox", "body", &id)?, id });
        }
        Ok(batches)
    }

    /// Puts them down as they are, on disk when this returns. One statement: in a flood each round trip counts.
    pub async fn put_batch<T: Serialize>(&self, id: &str, process: &str, heard: &[T], now: i64) -> Result<()> {
        let sql = "insert into inbox (id, process, put_at, webhooks, body) values ($1, $2, $3, $4, $5)";
        let mut single = self.single().await?;
        sqlx::query(sql)
            .bind(id)
            .bind(process)
            .bind(now)
            .bind(i64::try_from(heard.len()).unwrap_or(i64::MAX))
            .bind(to_json(&heard))
            .execute(&mut *single.connection)
            .await?;
        Ok(())
    }
}

impl Tx {
    pub async fn drop_batches<T>(&mut self, batches: &[Batch<T>]) -> Result<()> {
        let ids: Vec<&str> = batches.iter().map(|batch| batch.id.as_str()).collect();
        let sql = match self.dialect {
            Dialect::Sqlite => concat!("delete from inbox where id in (select value from ", rows!(sqlite), ")"),
            Dialect::Postgres => {
                "delete from inbox where id in (select value from json_array_elements_text(cast($1 as json)) as sent (value))"
            }
        };
        self.write(sqlx::query(sql).bind(to_json(&ids))).await
    }
}
