//! Removes what the administrator keeps no longer, in small batches, and never in silence.

use super::{Engine, SyncError};
use crate::queue::After;
use crate::store::{AuditEntry, Purge, Purgeable};

const DAY_MS: i64 = 24 * 3600 * 1000;
const EVERY_MS: i64 = 3600 * 1000;
const BATCH: i64 = 500;

/// Every active connection's timetable comes by here; whoever comes first finds something, the others nothing.
pub(super) async fn purge(engine: &Engine) -> Result<After, SyncError> {
    let retention = engine.store.retention().await?;
    let now = engine.clock.now();
    for what in Purgeable::ALL {
        let days = what.days(&retention);
        if days > 0 {
            purge_before(engine, what, now - days * DAY_MS).await?;
        }
    }
    Ok(After::Again { at: now + EVERY_MS })
}

async fn purge_before(engine: &Engine, what: Purgeable, up_to: i64) -> Result<(), SyncError> {
    let id = engine.clock.id();
    let mut is_first = true;
    loop {
        let at = engine.clock.now();
        let mut tx = engine.begin().await?;
        let removed = tx.purge(what, up_to, BATCH).await?;
        if removed == 0 {
            return Ok(());
        }
        tx.note_purge(&Purge { id: id.clone(), at, what: what.as_str().to_owned(), removed, up_to }).await?;
        if is_first {
            let entry = AuditEntry {
                id: &engine.clock.id(),
                at,
                person: "retention",
                token: "",
                action: "retention.purge",
                subject: what.as_str(),
                detail: &format!("up to {} UTC; the history says how many", crate::clock::in_words(up_to)),
                refused: false,
            };
            tx.note_audit(&entry).await?;
        }
        tx.commit().await?;
        is_first = false;
        engine.news.tell("history");
    }
}
