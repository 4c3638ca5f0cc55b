//! The net under lost news: asks each side what changed since its cursor.

use super::{Engine, Sides, SyncError};
use crate::connectors::Seen;
use crate::queue::{self, After};
use crate::store::{Change, Connection, Cursor, Source, Urgency};
use merge::Side;

/// A transaction in ServiceNow commits after its time stamp was taken, so a window is read again
/// (contract 12.2); what was seen in it before is known by its version.
const OVERLAP_MS: i64 = 30_000;

fn stream(side: Side) -> &'static str {
    match side {
        Side::ServiceNow => "records",
        Side::Platform => "tickets",
    }
}

pub(super) async fn poll(engine: &Engine, connection: &Connection, sides: &Sides) -> Result<After, SyncError> {
    for side in [Side::Platform, Side::ServiceNow] {
        read_on(engine, connection, sides, side).await?;
    }
    let now = engine.clock.now();
    let mut tx = engine.begin().await?;
    tx.set_last_poll(&connection.id, now).await?;
    tx.commit().await?;
    Ok(After::Again { at: now + engine.poll_every })
}

/// Reads every page since the cursor. The cursor moves only after the last page is stored; a reading that is put off
/// before goes on behind the last page.
async fn read_on(engine: &Engine, connection: &Connection, sides: &Sides, side: Side) -> Result<(), SyncError> {
    let (id, stream) = (connection.id.as_str(), stream(side));
    let began = engine.clock.now();
    let cursor = engine
        .store
        .cursor(id, stream)
        .await?
        .unwrap_or_else(|| Cursor { at: connection.active_since, ..Cursor::default() });
    let mut last = read_place(&cursor.place);
    let mut newest = last.as_ref().map_or(cursor.at, |place| place.updated_at.max(cursor.at));
    loop {
        let asked_at = engine.clock.now();
        let page = sides.on(side).changed(cursor.at - OVERLAP_MS, last.as_ref()).await?;
        // A short page is not the end (contract 12.4): only an empty one is.
        let Some(end) = page.last() else { break };
        newest = newest.max(end.updated_at);
        // Behind a page so new something may still commit: whoever goes on reads it again.
        let settled = end.updated_at < asked_at - 2 * OVERLAP_MS;
        let place = settled.then(|| Cursor { at: cursor.at, place: write_place(end) });
        keep(engine, connection, side, &page, place.as_ref()).await?;
        last = page.into_iter().last();
    }
    // A row may have come behind a page that was read already, and newer ones before the last page: nothing later than the
    // beginning of this reading, by the side's own clock, counts as seen whole.
    let whole = newest.saturating_sub(engine.clock.now() - began).max(cursor.at);
    let mut tx = engine.begin().await?;
    tx.put_cursor(id, stream, &Cursor { at: whole, place: String::new() }).await?;
    Ok(tx.commit().await?)
}

/// A page, somebody to look at what is new in it, and how far the reading is: one transaction.
async fn keep(
    engine: &Engine,
    connection: &Connection,
    side: Side,
    page: &[Seen],
    place: Option<&Cursor>,
) -> Result<(), SyncError> {
    let arrived_at = engine.clock.now();
    let mut rows = Vec::new();
    for seen in page {
        if let Some(record) = record_of(engine, connection, side, seen).await? {
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
            side,
            record_id: record,
            arrived_at,
        })
        .collect();
    let mut tx = engine.begin().await?;
    let new = tx.keep_changes(&changes).await?;
    let records =
        changes.iter().filter(|change| new.contains(change.id)).map(|change| (change.connection_id, change.record_id));
    queue::look_at_all(&mut tx, records, Urgency::Live, engine.clock.as_ref()).await?;
    if let Some(place) = place {
        tx.put_cursor(&connection.id, stream(side), place).await?;
    }
    tx.commit().await?;
    if !new.is_empty() {
        metrics::counter!("isthmus_changes_total", "source" => "poll").increment(new.len() as u64);
        engine.wake.wake();
    }
    Ok(())
}

/// What is to be looked at for a row: of a ticket its record or, where it has none, the ticket. `None` when nothing can
/// follow from it: another connection has the ticket, or this one sends none.
async fn record_of(
    engine: &Engine,
    connection: &Connection,
    side: Side,
    seen: &Seen,
) -> Result<Option<String>, SyncError> {
    if side == Side::ServiceNow {
        return Ok(Some(seen.id.clone()));
    }
    Ok(match engine.store.link_of_ticket(&seen.id).await? {
        Some(link) => (link.connection_id == connection.id).then_some(link.servicenow_id),
        None => connection.rules.creates_in_servicenow().then(|| queue::ticket(&seen.id)),
    })
}

/// A row's place in the order of changes, as it is stored.
pub(super) fn write_place(seen: &Seen) -> String {
    serde_json::json!([seen.id, seen.version, seen.updated_at]).to_string()
}

pub(super) fn read_place(text: &str) -> Option<Seen> {
    let (id, version, updated_at) = serde_json::from_str(text).ok()?;
    Some(Seen { id, version, updated_at })
}
