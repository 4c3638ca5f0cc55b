//! Records without a partner: whether they enter, and what is made of them on the other side.
//!
//! A link is there first, and its lane is that of the ServiceNow record from the beginning: the id of a record that is
//! still to be made is known. So one worker makes it, and ServiceNow's own news of it finds the link.

mod from_platform;
mod from_servicenow;
mod named;

pub(super) use from_platform::enter as ticket;
pub use from_platform::link_of as link_of_ticket;
pub(super) use from_servicenow::enter as record;
pub use from_servicenow::link_of as link_of_record;
pub(super) use named::enter as named;

use super::deliver::{self, Agreed, Create, Part};
use super::letters::{Held, Wanted};
use super::runs::{self, Look};
use super::{Engine, Round, Sides, SyncError, people, reconcile, story};
use crate::clock::Clock;
use crate::queue;
use crate::store::{Apart, Connection, Delivery, Link, LinkState, Was};
use merge::{Decision, Outcome, Record, Side, Trigger, Value};
use std::collections::BTreeMap;

/// Who asks for a record to enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nobody: it must be from this moment or later, and meet the trigger.
    Nobody { since: i64 },
    /// A person, for all from this moment on: that stands for a trigger that waits for a person.
    Backfill { since: i64 },
    /// A person, for just this record.
    Person,
}

impl Asked {
    /// What news or a run's look stands for.
    pub(super) fn by(connection: &Connection, look: Option<&Look>) -> Self {
        match look.and_then(Look::backfills_since) {
            Some(since) => Self::Backfill { since },
            None => Self::Nobody { since: connection.active_since },
        }
    }
}

/// Whether a record that has no link gets a partner on the other side; if not, why.
pub(super) fn may_enter(connection: &Connection, from: Side, record: &Record, asked: Asked) -> Result<(), String> {
    if let Asked::Nobody { since } | Asked::Backfill { since } = asked {
        // ServiceNow's clock has whole seconds: one made in the second of the activation is new.
        let since = if from == Side::ServiceNow { since.div_euclid(1000) * 1000 } else { since };
        if connection.rules.pull_by.moment(record) < since {
            return Err("It is older than what the connection takes in by itself.".to_owned());
        }
    }
    let stands_for_trigger = match asked {
        Asked::Nobody { .. } => false,
        Asked::Backfill { .. } => *connection.rules.triggers.to(from.other()) == Trigger::Manual,
        Asked::Person => true,
    };
    connection.rules.enters(from, record, stands_for_trigger)
}

fn not_entering(connection: &Connection, record: &str, why: &str) {
    tracing::debug!(connection.id = %connection.id, record, why, "not entering");
}

/// A pair of which one record is still to be made.
fn new_link(clock: &dyn Clock, connection: &Connection, servicenow: (&str, &str), platform: Option<&str>) -> Link {
    let now = clock.now();
    Link {
        id: clock.id(),
        connection_id: connection.id.clone(),
        servicenow_id: servicenow.0.to_owned(),
        servicenow_number: servicenow.1.to_owned(),
        platform_id: platform.map(ToOwned::to_owned),
        base: merge::Base::new(),
        was: Was::default(),
        apart: Apart::new(),
        cuts: BTreeMap::new(),
        state: LinkState::Linked,
        gone: None,
        version: 1,
        note: String::new(),
        created_at: now,
        changed_at: now,
    }
}

/// A link one of whose records is not made yet. One that was refused is tried anew when something else is to be in it,
/// or when a person asks.
pub(super) async fn complete(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &mut Link,
    look: Option<&Look>,
) -> Result<Round, SyncError> {
    let to = if link.awaits_record() { Side::ServiceNow } else { Side::Platform };
    let from = to.other();
    let Some(record) = sides.on(from).fetch(link.record_on(from)).await? else {
        if from == Side::Platform {
            from_platform::let_go(engine, link).await?;
        }
        return Ok(Round::Quiet);
    };
    let creation = creation(engine, connection, sides, link, &record, to).await?;
    if Held::of(engine, link).await?.holds(&Wanted::create(to, &creation)) {
        return Ok(Round::Quiet);
    }
    let delivery = on_its_way(engine, link, to, &creation);
    let entering = look.map(|look| (look, vec![look.entering(from, &record.number)]));
    let mut tx = runs::within_breaker(engine, engine.begin().await?, link, entering).await?;
    tx.add_delivery(&delivery).await?;
    tx.commit().await?;
    send(engine, connection, sides, link, delivery).await
}

/// What the new record gets from the one that enters.
async fn creation(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &Link,
    record: &Record,
    to: Side,
) -> Result<Create, SyncError> {
    let rules = &connection.rules;
    let plan = merge::plan_creation(to.other(), record, rules);
    let plan = people::without_unknown(sides.on(to), plan).await?;
    reconcile::tell(connection, link, &plan);
    let decisions = plan.decisions_for(to);
    let heard_of = match to {
        Side::Platform => link.servicenow_id.clone(),
        Side::ServiceNow => queue::ticket(&record.id),
    };
    let now = engine.clock.now();
    let heard = engine.store.last_heard(&connection.id, &heard_of, now).await?;
    // A new record holds nothing: a field that is still empty afterwards was not taken.
    let part = |decision: &Decision| Part::of(decision, &rules.notes, None, Some(Value::Empty));
    Ok(Create {
        fields: plan.fields_for(to),
        agreed: agreed(&decisions),
        parts: if to == Side::ServiceNow { decisions.iter().filter_map(part).collect() } else { Vec::new() },
        from: record.number.clone(),
        story: story::Story::begin(rules, &decisions, heard, now),
    })
}

fn on_its_way(engine: &Engine, link: &Link, to: Side, creation: &Create) -> Delivery {
    let (id, now) = (engine.clock.id(), engine.clock.now());
    let mut delivery = Delivery::planned(id, &link.id, to, "create", deliver::to_payload(creation), now);
    delivery.mark_sending(now);
    delivery
}

async fn send(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &mut Link,
    delivery: Delivery,
) -> Result<Round, SyncError> {
    let delivered = deliver::planned(engine, connection, sides, link, vec![delivery]).await?;
    Ok(if delivered.held { Round::Quiet } else { Round::Moved(None) })
}

fn agreed(decisions: &[Decision]) -> Agreed {
    decisions
        .iter()
        .filter_map(|decision| match &decision.outcome {
            Outcome::Write(write) => Some((decision.rule.clone(), write.agree.clone()?)),
            _ => None,
        })
        .collect()
}
