//! A record of ServiceNow that has no link: it becomes a ticket.

use super::{Asked, creation, may_enter, new_link, not_entering, on_its_way, send};
use crate::clock::Clock;
use crate::connectors::Failure;
use crate::store::{Connection, Link};
use crate::sync::runs::{self, Look};
use crate::sync::{Engine, Round, Sides, SyncError};
use merge::{Record, Side};

/// The link that a record would get; or why it gets none.
pub async fn link_of(
    clock: &dyn Clock,
    connection: &Connection,
    sides: &Sides,
    id: &str,
    asked: Asked,
) -> Result<Result<(Link, Record), String>, Failure> {
    let Some(record) = sides.servicenow.fetch(id).await? else {
        let why =
            "ServiceNow does not show such a record: it is not there, or an ACL hides it from the connection's user.";
        return Ok(Err(why.to_owned()));
    };
    Ok(may_enter(connection, Side::ServiceNow, &record, asked).map(|()| {
        // An empty number would say that the record is still to be made.
        let number = if record.number.is_empty() { &record.id } else { &record.number };
        (new_link(clock, connection, (&record.id, number), None), record)
    }))
}

/// It enters if the rules say so.
pub(in crate::sync) async fn enter(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    id: &str,
    look: Option<&Look>,
) -> Result<Round, SyncError> {
    let asked = Asked::by(connection, look);
    let (mut link, record) = match link_of(engine.clock.as_ref(), connection, sides, id, asked).await? {
        Ok(entering) => entering,
        Err(why) => {
            not_entering(connection, id, &why);
            return Ok(Round::Quiet);
        }
    };
    let creation = creation(engine, connection, sides, &link, &record, Side::Platform).await?;
    let delivery = on_its_way(engine, &link, Side::Platform, &creation);
    let mut tx = engine.begin().await?;
    if !tx.add_link(&link).await? {
        tx.undo().await?;
        return Ok(Round::Moved(None));
    }
    let entering = look.map(|look| (look, vec![look.entering(Side::ServiceNow, &record.number)]));
    let mut tx = runs::within_breaker(engine, tx, &link, entering).await?;
    tx.add_delivery(&delivery).await?;
    tx.commit().await?;
    send(engine, connection, sides, &mut link, delivery).await
}
