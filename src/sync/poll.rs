//! The net under lost webhooks: asks ServiceNow what changed since the cursor.

use super::{Engine, Sides, SyncError};
use crate::connectors::Seen;
use crate::queue::{self, After};
use crate::store::{Change, Connection, Source, Urgency};
use merge::Side;

const STREAM: &str = "records";
/// A transaction in ServiceNow commits after its time stamp was taken, so a window is read again
/// (contract 12.2); what was seen in it before is known by its version.
const OVERLAP_MS: i64 = 30_000;

/// Reads every page since the cursor. The cursor moves only after the last page is stored.
pub(super) async fn poll(engine: &Engine, connection: &Connection, sides: &Sides) -> Result<After, SyncError> {
    let cursor = engine.store.cursor(&connection.id, STREAM).await?.unwrap_or(connection.active_since);
    let mut newest = cursor;
    let mut last: Option<Seen> = None;
    loop {
        let page = sides.servicenow.changed(cursor - OVERLAP_MS, last.as_ref()).await?;
        // A short page is not the end (contract 12.4): only an empty one is.
        let Some(end) = page.last() else { break };
        newest = newest.max(end.updated_at);
        keep(engine, connection, &page).await?;
        last = page.into_iter().last();
    }
    let now = engine.clock.now();
    let mut tx = engine.store.begin().await?;
    tx.put_cursor(&connection.id, STREAM, newest).await?;
    tx.set_last_poll(&connection.id, now).await?;
    tx.commit().await?;
    Ok(After::Again { at: now + engine.poll_every })
}

async fn keep(engine: &Engine, connection: &Connection, page: &[Seen]) -> Result<(), SyncError> {
    let ids: Vec<String> = page.iter().map(|_| engine.clock.id()).collect();
    let arrived_at = engine.clock.now();
    let changes: Vec<Change<'_>> = ids
        .iter()
        .zip(page)
        .map(|(id, seen)| Change {
            id,
            connection_id: &connection.id,
            event_key: &seen.version,
            source: Source::Poll,
            side: Side::ServiceNow,
            record_id: &seen.id,
            arrived_at,
        })
        .collect();
    let mut tx = engine.store.begin().await?;
    let new = tx.keep_changes(&changes).await?;
    let records =
        changes.iter().filter(|change| new.contains(change.id)).map(|change| (change.connection_id, change.record_id));
    queue::look_at_all(&mut tx, records, Urgency::Live, engine.clock.as_ref()).await?;
    tx.commit().await?;
    if !new.is_empty() {
        metrics::counter!("isthmus_changes_total", "source" => "poll").increment(new.len() as u64);
        engine.wake.wake();
    }
    Ok(())
}
