//! A record that a webhook names by its number, or that a person in ServiceNow sends: which one it is, and whether it is
//! linked, is decided here; all that follows happens in the record's own lane.

use super::{Asked, link_of_record, not_entering};
use crate::queue::{self, Named};
use crate::store::{AuditEntry, Connection, Urgency};
use crate::sync::{Engine, Round, Sides, SyncError};

pub(in crate::sync) async fn enter(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    named: Named<'_>,
) -> Result<Round, SyncError> {
    let clock = engine.clock.as_ref();
    let found =
        if named.is_number { sides.servicenow.find_by_number(named.name).await? } else { Some(named.name.into()) };
    let Some(record) = found else {
        not_entering(connection, named.name, "ServiceNow shows the connection's user no record of this number.");
        return Ok(Round::Quiet);
    };
    let is_linked = engine.store.link_of(&connection.id, &record).await?.is_some();
    let link = if named.is_asked && !is_linked {
        match link_of_record(clock, connection, sides, &record, Asked::Person).await? {
            Ok((link, _)) => Some(link),
            Err(why) => {
                not_entering(connection, &record, &why);
                return Ok(Round::Quiet);
            }
        }
    } else {
        None
    };
    let mut tx = engine.begin().await?;
    if let Some(link) = &link
        && tx.add_link(link).await?
    {
        let entry = AuditEntry {
            id: &clock.id(),
            at: clock.now(),
            person: "servicenow",
            token: "",
            action: "connections.pull",
            subject: &connection.id,
            detail: &link.servicenow_number,
            refused: false,
        };
        tx.note_audit(&entry).await?;
    }
    queue::look_at(&mut tx, &connection.id, &record, Urgency::Live, clock).await?;
    tx.commit().await?;
    engine.wake.wake();
    Ok(Round::Quiet)
}
