//! What was observed, as it arrived: hints that a record moved. The same event twice is one row.

use super::{Result, Store, Tx};
use merge::Side;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

#[derive(Clone, Debug)]
pub struct Change<'a> {
    pub id: &'a str,
    pub connection_id: &'a str,
    pub event_key: &'a str,
    pub source: Source,
    pub side: Side,
    pub record_id: &'a str,
    pub arrived_at: i64,
}

impl Tx {
    /// Whether this event is new.
    pub async fn keep_change(&mut self, change: &Change<'_>) -> Result<bool> {
        let sql = "insert into changes (id, connection_id, event_key, source, side, record_id, arrived_at) \
                   values ($1, $2, $3, $4, $5, $6, $7) on conflict (connection_id, event_key) do nothing";
        let done = sqlx::query(sql)
            .bind(change.id)
            .bind(change.connection_id)
            .bind(change.event_key)
            .bind(change.source.as_str())
            .bind(change.side.as_str())
            .bind(change.record_id)
            .bind(change.arrived_at)
            .execute(&mut *self.inner)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// How far a stream has been read; 0 when never.
    pub async fn put_cursor(&mut self, connection: &str, stream: &str, at: i64) -> Result<()> {
        let sql = "insert into cursors (connection_id, stream, at) values ($1, $2, $3) \
                   on conflict (connection_id, stream) do update set at = excluded.at";
        sqlx::query(sql).bind(connection).bind(stream).bind(at).execute(&mut *self.inner).await?;
        Ok(())
    }
}

impl Store {
    pub async fn cursor(&self, connection: &str, stream: &str) -> Result<Option<i64>> {
        let row: Option<(i64,)> = sqlx::query_as("select at from cursors where connection_id = $1 and stream = $2")
            .bind(connection)
            .bind(stream)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(at,)| at))
    }

    /// What was last heard of a record: how, and when.
    pub async fn last_heard(&self, connection: &str, record: &str, before: i64) -> Result<Option<(String, i64)>> {
        let sql = "select source, arrived_at from changes where connection_id = $1 and record_id = $2 and arrived_at <= $3 \
                   order by arrived_at desc, id desc limit 1";
        Ok(sqlx::query_as(sql).bind(connection).bind(record).bind(before).fetch_optional(&self.pool).await?)
    }
}
