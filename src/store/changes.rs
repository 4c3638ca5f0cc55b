//! What was observed, as it arrived: hints that a record moved. The same event twice is one row.

use super::{Dialect, HistoryLine, Result, Statement, Store, Tx, from_rows, to_json};
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

/// How far a stream of changes was read, and what that proves.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Cursor {
    pub stream: String,
    /// Everything before this moment was, by the side's clock.
    pub at: i64,
    /// The last row, as JSON, that a reading stored which has not come to its end; empty otherwise.
    pub place: String,
    /// The table, and who reads it.
    pub about: String,
    /// Milliseconds that the side's clock was ahead of ours when the stream was last read whole.
    pub ahead_ms: i64,
    /// From here on, by our clock, nothing was missed,
    pub certain_from: i64,
    /// up to here.
    pub certain_to: i64,
    /// When it was last read whole, or found closed; 0 before.
    pub read_at: i64,
    /// When it last told of something new.
    pub found_at: i64,
    /// Why the side does not show it; empty when it does.
    pub closed: String,
    /// Why the last reading failed; empty when it did not.
    pub problem: String,
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
        let new: Vec<(String,)> = from_rows(&self.answer(sqlx::query(sql).bind(to_json(&sorted))).await?)?;
        Ok(new.into_iter().map(|(id,)| id).collect())
    }

    pub async fn put_cursor(&mut self, connection: &str, cursor: &Cursor) -> Result<()> {
        let sql = "insert into cursors (connection_id, stream, at, place, about, ahead_ms, certain_from, certain_to, read_at, \
                   found_at, closed, problem) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                   on conflict (connection_id, stream) do update set at = excluded.at, place = excluded.place, \
                   about = excluded.about, ahead_ms = excluded.ahead_ms, certain_from = excluded.certain_from, \
                   certain_to = excluded.certain_to, read_at = excluded.read_at, found_at = excluded.found_at, \
                   closed = excluded.closed, problem = excluded.problem";
        sqlx::query(sql)
            .bind(connection)
            .bind(&cursor.stream)
            .bind(cursor.at)
            .bind(&cursor.place)
            .bind(&cursor.about)
            .bind(cursor.ahead_ms)
            .bind(cursor.certain_from)
            .bind(cursor.certain_to)
            .bind(cursor.read_at)
            .bind(cursor.found_at)
            .bind(&cursor.closed)
            .bind(&cursor.problem)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }
}

macro_rules! select_cursor {
    ($rest:literal) => {
        concat!(
            "select stream, at, place, about, ahead_ms, certain_from, certain_to, read_at, found_at, closed, problem \
             from cursors ",
            $rest
        )
    };
}

/// One piece of news about a record.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Heard {
    pub source: String,
    pub side: String,
    pub event_key: String,
    pub arrived_at: i64,
}

/// Webhooks that came so long before a poll stand before it: both tell of the same.
const SAME_NEWS_MS: i64 = 60_000;

impl Store {
    pub async fn cursor(&self, connection: &str, stream: &str) -> Result<Option<Cursor>> {
        let sql = select_cursor!("where connection_id = $1 and stream = $2");
        Ok(sqlx::query_as(sql).bind(connection).bind(stream).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    pub async fn cursors(&self, connection: &str) -> Result<Vec<Cursor>> {
        let sql = select_cursor!("where connection_id = $1 order by stream");
        Ok(sqlx::query_as(sql).bind(connection).fetch_all(&mut *self.pool.take().await?).await?)
    }

    /// The news of a record that collapsed into the look at this moment, the first first: what came before the line of
    /// history before this one was dealt with then.
    pub async fn heard_at(&self, line: &HistoryLine, record: &str, at: i64) -> Result<Vec<Heard>> {
        let sql = "select source, side, event_key, arrived_at from changes where connection_id = $1 and record_id = $2 \
                   and arrived_at between $3 and $4 and arrived_at > coalesce((select at from history \
                   where link_id = $5 and id < $6 order by id desc limit 1), 0) order by arrived_at, id limit 10";
        Ok(sqlx::query_as(sql)
            .bind(&line.connection_id)
            .bind(record)
            .bind(at - SAME_NEWS_MS)
            .bind(at)
            .bind(&line.link_id)
            .bind(&line.id)
            .fetch_all(&mut *self.pool.take().await?)
            .await?)
    }

    /// What was last heard of a record up to a moment: how, and when. A poll is named only where no webhook had told.
    pub async fn last_heard(&self, connection: &str, record: &str, up_to: i64) -> Result<Option<(String, i64)>> {
        let answers = self.read_all(heard_and_told(connection, record, up_to).into()).await?;
        let [heard, told] = &answers[..] else { return Ok(None) };
        Ok(last_heard(from_rows(heard)?.pop(), from_rows(told)?.pop()))
    }
}

/// What asks for both parts of [`last_heard`].
pub(super) fn heard_and_told<'q>(connection: &'q str, record: &'q str, up_to: i64) -> [Statement<'q>; 2] {
    [HEARD, TOLD].map(|sql| sqlx::query(sql).bind(connection).bind(record).bind(up_to))
}

/// Of the last news of all, and the last that a webhook told.
pub(super) fn last_heard(last: Option<(String, i64)>, told: Option<(String, i64)>) -> Option<(String, i64)> {
    let (source, at) = last.as_ref()?;
    let is_the_same = |(_, told_at): &(String, i64)| source == Source::Poll.as_str() && at - told_at <= SAME_NEWS_MS;
    told.filter(is_the_same).or(last)
}

const HEARD: &str = "select source, arrived_at from changes where connection_id = $1 and record_id = $2 \
                                and arrived_at <= $3 order by arrived_at desc, id desc limit 1";
const TOLD: &str = "select source, arrived_at from changes where connection_id = $1 and record_id = $2 \
                               and arrived_at <= $3 and source = 'webhook' order by arrived_at desc limit 1";

#[cfg(test)]
impl Store {
    /// Whether this state of a row was ever told of, by whomever.
    pub async fn knows_event(&self, connection: &str, event: &str) -> Result<bool> {
        let sql = "select count(*) from changes where connection_id = $1 and event_key = $2";
        let (count,): (i64,) =
            sqlx::query_as(sql).bind(connection).bind(event).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count > 0)
    }
}
