//! How much was written in each hour, and how late.

use super::{Result, Store, Tx};

/// One hour of a connection, or what is to be added to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Beat {
    /// Hours since 1970, UTC.
    pub hour: i64,
    pub writes: i64,
    /// From the news to the write, milliseconds; all writes together.
    pub lag_ms: i64,
    pub slowest_ms: i64,
}

impl Store {
    /// From an hour on, the earliest first; hours without a write are not there.
    pub async fn pulse(&self, connection: &str, from_hour: i64) -> Result<Vec<Beat>> {
        let sql =
            "select hour, writes, lag_ms, slowest_ms from pulse where connection_id = $1 and hour >= $2 order by hour";
        Ok(sqlx::query_as(sql).bind(connection).bind(from_hour).fetch_all(&mut *self.pool.take().await?).await?)
    }
}

impl Tx {
    pub async fn add_to_pulse(&mut self, connection: &str, beat: &Beat) -> Result<()> {
        let sql = "insert into pulse (connection_id, hour, writes, lag_ms, slowest_ms) values ($1, $2, $3, $4, $5) \
                   on conflict (connection_id, hour) do update set writes = pulse.writes + excluded.writes, \
                   lag_ms = pulse.lag_ms + excluded.lag_ms, slowest_ms = \
                   case when excluded.slowest_ms > pulse.slowest_ms then excluded.slowest_ms else pulse.slowest_ms end";
        self.write(
            sqlx::query(sql).bind(connection).bind(beat.hour).bind(beat.writes).bind(beat.lag_ms).bind(beat.slowest_ms),
        )
        .await
    }
}
