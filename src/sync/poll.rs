//! The net under lost news: asks each side what changed since its cursors, one a stream, and keeps what that proves.
//!
//! A stream is certain from the connection's beginning up to a moment by our clock: whatever was committed there before,
//! and this account may see, was seen. A cursor moves only with certainty. So a reading that failed, a stream that is
//! closed, a pause or an outage leave no gap: the next whole reading begins where the last one was certain.

use super::pace::{self, Pace};
use super::{Engine, Sides, SyncError};
use crate::connectors::{ChangeStream, Connector, Failure, Page, Place, Seen, Sight};
use crate::queue::{self, After};
use crate::store::{Change, Connection, Cursor, Source, Urgency};
use merge::Side;

/// A transaction in ServiceNow commits after its time stamp was taken: so long, at most, is reckoned with (contract 12.2).
const LATE_MS: i64 = 30_000;
/// Time stamps have whole seconds, and the side's clock is known to about as much.
const SLACK_MS: i64 = 2_000;
/// Webhooks arrive if polling found nothing for so long that they had not told of.
const TRUST_MS: i64 = 60 * 60 * 1000;

/// What a stream is called where its cursor is kept.
fn name(side: Side, stream: ChangeStream) -> String {
    match (side, stream) {
        (Side::ServiceNow, stream) => stream.as_str().to_owned(),
        (Side::Platform, ChangeStream::Records) => "tickets".to_owned(),
        (Side::Platform, stream) => format!("tickets' {}", stream.as_str()),
    }
}

/// Who reads which table: with another one, certainty begins anew.
fn about(connection: &Connection, side: Side) -> String {
    match side {
        Side::ServiceNow => format!("{} as {}", connection.rules.table, connection.acting_as),
        Side::Platform => String::new(),
    }
}

pub(super) async fn poll(engine: &Engine, connection: &Connection, sides: &Sides) -> Result<After, SyncError> {
    let mut failed = None;
    let (mut requests, mut found_at) = (0, 0);
    for side in [Side::Platform, Side::ServiceNow] {
        for stream in sides.on(side).streams() {
            let mut reading = Reading::of(engine, connection, sides.on(side), side, *stream).await?;
            match reading.read().await? {
                Ok(()) => {}
                Err(over @ Failure::SignedOut { .. }) => return Err(over.into()),
                // A stream that is in trouble stands in no other's way.
                Err(failure) => drop(failed.get_or_insert(failure)),
            }
            if side == Side::ServiceNow {
                requests += reading.requests;
                found_at = found_at.max(reading.cursor.found_at);
            }
        }
    }
    engine.news.tell(format!("polling:{}", connection.id));
    if let Some(failure) = failed {
        return Err(failure.into());
    }
    let now = engine.clock.now();
    let mut tx = engine.begin().await?;
    tx.set_last_poll(&connection.id, now).await?;
    tx.commit().await?;
    let recovered = engine.store.last_recovered(&connection.id).await?;
    let pace = Pace {
        now,
        limit: engine.poll_every,
        found_at,
        webhooks_arrive: connection.last_webhook > recovered && now - recovered > TRUST_MS,
        requests,
        budget: sides.servicenow.budget(),
    };
    Ok(After::Again { at: now + pace::pause(&pace) })
}

/// One stream of a side, from its cursor to its end.
struct Reading<'a> {
    engine: &'a Engine,
    connection: &'a Connection,
    connector: &'a dyn Connector,
    side: Side,
    stream: ChangeStream,
    cursor: Cursor,
    /// By our clock.
    began: i64,
    requests: i64,
}

impl<'a> Reading<'a> {
    async fn of(
        engine: &'a Engine,
        connection: &'a Connection,
        connector: &'a dyn Connector,
        side: Side,
        stream: ChangeStream,
    ) -> Result<Self, SyncError> {
        let (name, about) = (name(side, stream), about(connection, side));
        let since = connection.active_since;
        let cursor = engine.store.cursor(&connection.id, &name).await?;
        let mut cursor = cursor.unwrap_or_else(|| Cursor {
            stream: name,
            at: since - LATE_MS - SLACK_MS,
            certain_from: since,
            certain_to: since,
            ..Cursor::default()
        });
        if cursor.about != about {
            if !cursor.about.is_empty() {
                cursor.certain_from = cursor.certain_to;
            }
            cursor.about = about;
        }
        let began = engine.clock.now();
        Ok(Self { engine, connection, connector, side, stream, cursor, began, requests: 0 })
    }

    /// Reads it, and keeps how that went. Inside, why it could not be read now, if that may pass.
    async fn read(&mut self) -> Result<Result<(), Failure>, SyncError> {
        // When one stream failed, all are asked again soon: those that were read are left alone.
        let is_fresh = self.began - self.cursor.read_at < pace::floor(self.engine.poll_every) / 2;
        if is_fresh && self.cursor.problem.is_empty() && self.cursor.place.is_empty() {
            return Ok(Ok(()));
        }
        let before = self.cursor.clone();
        let failed = match self.read_to_the_end().await {
            Ok(Sight::Open) => {
                self.cursor.closed.clear();
                None
            }
            Ok(Sight::Closed { why })
            | Err(SyncError::Failure(Failure::Forbidden { why } | Failure::Refused { why })) => {
                self.cursor.closed = why;
                None
            }
            Err(SyncError::Failure(failure)) => Some(failure),
            Err(other) => return Err(other),
        };
        self.cursor.problem = failed.as_ref().map(ToString::to_string).unwrap_or_default();
        if failed.is_none() {
            self.cursor.read_at = self.began;
        }
        if self.cursor != before {
            let mut tx = self.engine.begin().await?;
            tx.put_cursor(&self.connection.id, &self.cursor).await?;
            tx.commit().await?;
        }
        Ok(failed.map_or(Ok(()), Err))
    }

    /// Every page since the cursor. A reading that is put off goes on behind the last page that it stored.
    async fn read_to_the_end(&mut self) -> Result<Sight, SyncError> {
        self.heed_clock();
        let was_open = self.cursor.read_at > 0 && self.cursor.closed.is_empty();
        if !was_open && let Sight::Closed { why } = self.sight().await? {
            return Ok(Sight::Closed { why });
        }
        let since = self.cursor.at;
        let mut last = read_place(&self.cursor.place);
        let mut newest = None;
        loop {
            let asked_at = self.engine.clock.now();
            self.requests += 1;
            let Page { seen, is_last } = self.connector.changed(self.stream, since, last.as_ref()).await?;
            let is_empty = seen.is_empty();
            if let Some(end) = seen.last() {
                newest = newest.max(Some(end.place.at));
                // Behind a page so new something may still commit: whoever goes on reads it again.
                let settled = self.certain(asked_at).is_some_and(|certain| end.place.at < certain);
                self.cursor.place = if settled { write_place(&end.place) } else { self.cursor.place.clone() };
                self.keep(&seen).await?;
                last = seen.into_iter().next_back().map(|end| end.place);
            }
            if is_last || is_empty {
                break;
            }
        }
        // It shows not even what it showed before.
        if newest.is_none()
            && was_open
            && let Sight::Closed { why } = self.sight().await?
        {
            return Ok(Sight::Closed { why });
        }
        if self.set_back().is_some() {
            self.heed_clock();
            return Err(Failure::transient("The clock there was set back; what changed is read again.").into());
        }
        self.is_whole(newest);
        Ok(Sight::Open)
    }

    /// By how much the side's clock was set back since it was last heeded: what is new may have times that were read before.
    fn set_back(&self) -> Option<i64> {
        let back = self.cursor.ahead_ms - self.connector.ahead_ms()?;
        (back > SLACK_MS).then_some(back)
    }

    /// The cursor follows a clock that is set, also while nothing can be read.
    fn heed_clock(&mut self) {
        if let Some(back) = self.set_back() {
            self.cursor.at -= back;
            self.cursor.place.clear();
            self.cursor.ahead_ms -= back;
        } else if let Some(ahead) = self.connector.ahead_ms().filter(|ahead| *ahead > self.cursor.ahead_ms + SLACK_MS) {
            self.cursor.ahead_ms = ahead;
        }
    }

    async fn sight(&mut self) -> Result<Sight, Failure> {
        self.requests += 1;
        let sight = self.connector.sight(self.stream).await?;
        self.heed_clock();
        Ok(sight)
    }

    /// The moment, by the side's clock, up to which all had committed when it was asked at this one.
    fn certain(&self, asked_at: i64) -> Option<i64> {
        Some(asked_at - LATE_MS - SLACK_MS + self.connector.ahead_ms()?)
    }

    /// The cursor stays at the newest row as long as nothing is newer: to see it again shows that the stream can be seen.
    fn is_whole(&mut self, newest: Option<i64>) {
        let newest = newest.unwrap_or(self.cursor.at);
        // Without a word of its clock, its newest row is the only time that is known of it.
        let certain = self.certain(self.began).unwrap_or(newest - LATE_MS - SLACK_MS);
        self.cursor.at = newest.min(certain);
        self.cursor.place.clear();
        self.cursor.certain_to = self.cursor.certain_to.max(self.began - LATE_MS - SLACK_MS);
    }

    /// A page, somebody to look at what is new in it, and how far the reading is: one transaction.
    async fn keep(&mut self, page: &[Seen]) -> Result<(), SyncError> {
        let (engine, connection) = (self.engine, self.connection);
        let arrived_at = engine.clock.now();
        let mut rows = Vec::new();
        for seen in page {
            if let Some(record) = self.record_of(seen).await? {
                rows.push((engine.clock.id(), seen, record));
            }
        }
        let changes: Vec<Change<'_>> = rows
            .iter()
            .map(|(id, seen, record)| Change {
                id,
                connection_id: &connection.id,
                event_key: &seen.version,
                source: Source::Poll,
                side: self.side,
                record_id: record,
                arrived_at,
            })
            .collect();
        let mut tx = engine.begin().await?;
        let new = tx.keep_changes(&changes).await?;
        let records = changes
            .iter()
            .filter(|change| new.contains(change.id))
            .map(|change| (change.connection_id, change.record_id));
        queue::look_at_all(&mut tx, records, Urgency::Live, engine.clock.as_ref()).await?;
        if !new.is_empty() {
            self.cursor.found_at = arrived_at;
        }
        tx.put_cursor(&connection.id, &self.cursor).await?;
        tx.commit().await?;
        if !new.is_empty() {
            metrics::counter!("isthmus_changes_total", "source" => "poll").increment(new.len() as u64);
            engine.wake.wake();
        }
        Ok(())
    }

    /// What is to be looked at for a row: of a ticket its record or, where it has none, the ticket. `None` when nothing can
    /// follow from it: another connection has the ticket, or this one sends none.
    async fn record_of(&self, seen: &Seen) -> Result<Option<String>, SyncError> {
        if self.side == Side::ServiceNow {
            return Ok(Some(seen.id.clone()));
        }
        Ok(match self.engine.store.link_of_ticket(&seen.id).await? {
            Some(link) => (link.connection_id == self.connection.id).then_some(link.servicenow_id),
            None => self.connection.rules.creates_in_servicenow().then(|| queue::ticket(&seen.id)),
        })
    }
}

/// A row's place in the order of changes, as it is stored.
pub(super) fn write_place(place: &Place) -> String {
    serde_json::to_string(place).unwrap_or_default()
}

pub(super) fn read_place(text: &str) -> Option<Place> {
    serde_json::from_str(text).ok()
}
