//! Records without a link: whether they enter, and what is made of them on the other side.

use super::deliver::{self, Agreed, Create};
use super::letters::{Held, Wanted};
use super::runs::{self, Look};
use super::{Engine, Round, Sides, SyncError, people, reconcile, story};
use crate::store::{Connection, Delivery, Link, LinkState};
use merge::{Decision, Outcome, Record, Side};

/// A record without a link: it enters if the rules say so.
pub(super) async fn enter(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    id: &str,
    look: Option<&Look>,
) -> Result<Round, SyncError> {
    let Some(record) = sides.servicenow.fetch(id).await? else {
        return Ok(Round::Quiet);
    };
    if !may_enter(connection, &record) {
        return Ok(Round::Quiet);
    }
    let now = engine.clock.now();
    let mut link = Link {
        id: engine.clock.id(),
        connection_id: connection.id.clone(),
        servicenow_id: record.id.clone(),
        servicenow_number: record.number.clone(),
        platform_id: None,
        base: merge::Base::new(),
        cuts: std::collections::BTreeMap::new(),
        state: LinkState::Linked,
        version: 1,
        note: String::new(),
        created_at: now,
        changed_at: now,
    };
    let creation = creation(engine, connection, sides, &link, &record).await?;
    let delivery = on_its_way(engine, &link, &creation);
    let mut tx = engine.store.begin().await?;
    if !tx.add_link(&link).await? {
        return Ok(Round::Moved(None));
    }
    if let Some(look) = look
        && !look.touch(&mut tx, Some(&link.id), &[runs::entering(&record.number)]).await?
    {
        drop(tx);
        return Err(look.stop(engine).await?);
    }
    tx.add_delivery(&delivery).await?;
    tx.commit().await?;
    send(engine, connection, sides, &mut link, delivery).await
}

/// Whether a record that has no link becomes a ticket.
pub(super) fn may_enter(connection: &Connection, record: &Record) -> bool {
    // ServiceNow's clock has whole seconds: one made in the second of the activation is new.
    if connection.rules.pull_by.moment(record) < connection.active_since.div_euclid(1000) * 1000 {
        tracing::debug!(connection.id = %connection.id, record = %record.number, "not entering: older than the connection");
        return false;
    }
    if let Err(reason) = connection.rules.enters(Side::ServiceNow, record, false) {
        tracing::debug!(connection.id = %connection.id, record = %record.number, %reason, "not entering");
        return false;
    }
    true
}

/// A link whose ticket could not be made: it is tried anew when something else is to be in it, or when a person asks.
pub(super) async fn complete(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &mut Link,
    look: Option<&Look>,
) -> Result<Round, SyncError> {
    let Some(record) = sides.servicenow.fetch(&link.servicenow_id).await? else {
        return Ok(Round::Quiet);
    };
    let creation = creation(engine, connection, sides, link, &record).await?;
    if Held::of(engine, link).await?.holds(&Wanted::create(&creation)) {
        return Ok(Round::Quiet);
    }
    let delivery = on_its_way(engine, link, &creation);
    let mut tx = engine.store.begin().await?;
    if let Some(look) = look
        && !look.touch(&mut tx, Some(&link.id), &[runs::entering(&record.number)]).await?
    {
        drop(tx);
        return Err(look.stop(engine).await?);
    }
    tx.add_delivery(&delivery).await?;
    tx.commit().await?;
    send(engine, connection, sides, link, delivery).await
}

async fn creation(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &Link,
    record: &Record,
) -> Result<Create, SyncError> {
    let plan = merge::plan_creation(Side::ServiceNow, record, &connection.rules);
    let plan = people::without_unknown(sides.platform.as_ref(), plan).await?;
    reconcile::tell(connection, link, &plan);
    let decisions = plan.decisions_for(Side::Platform);
    let now = engine.clock.now();
    let heard = engine.store.last_heard(&connection.id, &link.servicenow_id, now).await?;
    Ok(Create {
        fields: plan.fields_for(Side::Platform),
        agreed: agreed(&decisions),
        story: story::Story::begin(&connection.rules, &decisions, heard, now),
    })
}

fn on_its_way(engine: &Engine, link: &Link, creation: &Create) -> Delivery {
    let (id, now) = (engine.clock.id(), engine.clock.now());
    let mut delivery = Delivery::planned(id, &link.id, Side::Platform, "create", deliver::to_payload(creation), now);
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
