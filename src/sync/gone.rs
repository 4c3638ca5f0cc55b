//! A record that was there is not shown any longer: what its side says about that is told on the link. Nothing is done
//! to the other side's record.

use super::{Engine, Sides, SyncError, deliver};
use crate::clock;
use crate::connectors::Gone;
use crate::store::Link;
use merge::Side;

/// Flags the link. The flag goes by itself when the record shows again.
pub(super) async fn flag(engine: &Engine, sides: &Sides, link: &mut Link, from: Side) -> Result<(), SyncError> {
    let kept = match from {
        Side::ServiceNow => "The ticket is kept.",
        Side::Platform => "The incident is kept.",
    };
    let why = match sides.on(from).gone(link.record_on(from)).await? {
        Gone::Deleted { at, by } => {
            let who = if by.is_empty() { "Somebody" } else { &by };
            format!("{who} deleted the record in {from} on {} UTC. {kept}", clock::in_words(at))
        }
        Gone::Hidden => format!(
            "{from} has the record and no longer shows it to this account. {kept} Give the account the right to read it."
        ),
        Gone::Unknown { why } => format!(
            "{from} no longer shows the record: it was deleted, or this account lost the right to see it. {why} {kept}"
        ),
    };
    deliver::flag(engine, link, &why).await
}
