//! What was observed, as it arrived: hints that a record moved. The same event twice is one row.

use super::{Dialect, Result, Store, Tx, to_json};
use merge::Side;
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Webhook,
    Poll,
    Person,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Poll => "poll",
            Self::Person => "person",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Change<'a> {
    pub id: &'a str,
    pub connection_id: &'a str,
    pub event_key: &'a str,
    pub source: Source,
    pub side: Side,
    pub record_id: &'a str,
    pub arrived_at: i64,
}

/// How far a stream of changes was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Cursor {
    /// Everything before this moment was, by the side's clock.
    pub at: i64,
    /// The last row, as JSON, that a reading stored which has not come to its end; empty otherwise.
    pub place: String,
}

impl Tx {
    /// Whether this event is new.
    pub async fn keep_change(&mut self, change: &Change<'_>) -> Result<bool> {
        Ok(!self.keep_changes(std::slice::from_ref(change)).await?.is_empty())
    }

    /// The ids of those that are new: of an event that comes twice, one. In the order of their events, so that two
    /// transactions never wait for each other.
    pub async fn keep_changes(&mut self, changes: &[Change<'_>]) -> Result<BTreeSet<String>> {
        macro_rules! keep {
            ($dialect:ident) => {
                concat!(
                    "insert into changes (id, connection_id, event_key, source, side, record_id, arrived_at) \
                     select value->>'id', value->>'connection_id', value->>'event_key', value->>'source', value->>'side', \
                     value->>'record_id', cast(value->>'arrived_at' as bigint) from ",
                    rows!($dialect),
                    " where true on conflict (connection_id, event_key) do nothing returning id"
                )
            };
        }
        if changes.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut sorted: Vec<&Change<'_>> = changes.iter().collect();
        sorted.sort_by_key(|change| (change.connection_id, change.event_key));
        let sql = match self.dialect {
            Dialect::Sqlite => keep!(sqlite),
            Dialect::Postgres => keep!(postgres),
        };
        let new: Vec<(String,)> = sqlx::query_as(sql).bind(to_json(&sorted)).fetch_all(&mut *self.inner).await?;
        Ok(new.into_iter().map(|(id,)| id).collect())
    }

    pub async fn put_cursor(&mut self, connection: &str, stream: &str, cursor: &Cursor) -> Result<()> {
        let sql = "insert into cursors (connection_id, stream, at, place) values ($1, $2, $3, $4) \
                   on conflict (connection_id, stream) do update set at = excluded.at, place = excluded.place";
        sqlx::query(sql)
            .bind(connection)
            .bind(stream)
            .bind(cursor.at)
            .bind(&cursor.place)
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}

impl Store {
    pub async fn cursor(&self, connection: &str, stream: &str) -> Result<Option<Cursor>> {
        let sql = "select at, place from cursors where connection_id = $1 and stream = $2";
        Ok(sqlx::query_as(sql).bind(connection).bind(stream).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    /// What was last heard of a record: how, and when.
    pub async fn last_heard(&self, connection: &str, record: &str, before: i64) -> Result<Option<(String, i64)>> {
        let sql = "select source, arrived_at from changes where connection_id = $1 and record_id = $2 and arrived_at <= $3 \
                   order by arrived_at desc, id desc limit 1";
        Ok(sqlx::query_as(sql)
            .bind(connection)
            .bind(record)
            .bind(before)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?)
    }
}
