//! A ticket that has no link: its record is made in ServiceNow, where the connection says so.

use super::{Asked, may_enter, new_link, not_entering};
use crate::clock::Clock;
use crate::queue;
use crate::store::{Connection, Link, LinkState, Store, Urgency};
use crate::sync::deliver::key_of_record;
use crate::sync::runs::{self, Look};
use crate::sync::{Engine, Round, Sides, SyncError, story};
use merge::{Record, Side};

/// The link that a ticket would get; or why it gets none.
pub async fn link_of(
    store: &Store,
    clock: &dyn Clock,
    connection: &Connection,
    sides: &Sides,
    ticket: &str,
    asked: Asked,
) -> Result<Result<(Link, Record), String>, SyncError> {
    // In this order: what ends in between is a link by then, and what begins later cannot be this ticket.
    let being_made = store.links_being_made().await?;
    if let Some(link) = store.link_of_ticket(ticket).await? {
        let number = if link.awaits_record() { "a record that is being made" } else { &link.servicenow_number };
        return Ok(Err(format!("It is linked to {number} already, or was once.")));
    }
    let Some(record) = sides.platform.fetch(ticket).await? else {
        return Ok(Err("There is no such ticket any more.".to_owned()));
    };
    if let Err(why) = may_enter(connection, Side::Platform, &record, asked) {
        return Ok(Err(why));
    }
    for link in being_made {
        if sides.platform.find_new(&link).await?.as_deref() == Some(ticket) {
            return Ok(Err("It comes from ServiceNow, and is just being linked.".to_owned()));
        }
    }
    let id = sides.servicenow.id_of_new(&key_of_record(&connection.id, ticket));
    Ok(id.map_or_else(
        || Err("ServiceNow does not let the id of a new record be chosen.".to_owned()),
        |id| Ok((new_link(clock, connection, (&id, ""), Some(ticket)), record)),
    ))
}

/// Links the ticket if the rules say so. All that follows happens in the lane of its record.
pub(in crate::sync) async fn enter(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    ticket: &str,
    look: Option<&Look>,
) -> Result<Round, SyncError> {
    let clock = engine.clock.as_ref();
    let asked = Asked::by(connection, look);
    let record = match engine.store.link_of_ticket(ticket).await? {
        Some(link) if link.connection_id == connection.id => link.servicenow_id,
        // Another connection has it.
        Some(_) => return Ok(Round::Quiet),
        None => match link_of(&engine.store, clock, connection, sides, ticket, asked).await? {
            Ok((link, record)) => {
                let mut tx = engine.begin().await?;
                if !tx.add_link(&link).await? {
                    tx.undo().await?;
                    return Ok(Round::Moved(None));
                }
                let entering = look.map(|look| (look, vec![look.entering(Side::Platform, &record.number)]));
                let mut tx = runs::within_breaker(engine, tx, &link, entering).await?;
                queue::look_at(&mut tx, &connection.id, &link.servicenow_id, Urgency::Live, clock).await?;
                tx.commit().await?;
                engine.wake.wake();
                engine.news.ticket(ticket);
                return Ok(Round::Quiet);
            }
            Err(why) => {
                not_entering(connection, ticket, &why);
                return Ok(Round::Quiet);
            }
        },
    };
    // It was linked since somebody told of it.
    let mut tx = engine.begin().await?;
    queue::look_at(&mut tx, &connection.id, &record, Urgency::Live, clock).await?;
    tx.commit().await?;
    engine.wake.wake();
    Ok(Round::Quiet)
}

/// The ticket was deleted before anything was made of it.
pub(super) async fn let_go(engine: &Engine, link: &mut Link) -> Result<(), SyncError> {
    let why = "The ticket was deleted before its record was made in ServiceNow, so none is made.";
    let now = engine.clock.now();
    let mut after = Link { state: LinkState::Unlinked, note: String::new(), ..link.clone() };
    let story = story::Story::default().step(now, why);
    let mut tx = engine.begin().await?;
    story::tell(engine.clock.as_ref(), &mut tx, link, None, "unlinked", why, &story).await?;
    tx.save_link(&mut after, now).await?;
    tx.commit().await?;
    *link = after;
    engine.news.tell("history");
    Ok(())
}
