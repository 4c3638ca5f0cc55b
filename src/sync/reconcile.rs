//! Observe, plan, store: one round over one pair of records.

use super::deliver::{self, Agreed, Append, Create, Delivered, Part, Planned, UNSEEN, Write};
use super::letters::{self, Held, Wanted};
use super::{Engine, Round, Sides, SyncError, story};
use crate::connectors::MADE_ID;
use crate::store::{Connection, Delivery, Link, Tx};
use merge::{Decision, Entry, Outcome, Plan, Record, Side, Stream};
use std::collections::BTreeSet;

/// Both sides as they were read, outside of any transaction.
struct Observed {
    servicenow: Record,
    servicenow_entries: Vec<Entry>,
    platform: Record,
    platform_entries: Vec<Entry>,
}

/// Sends what is open, then looks at both sides and does what the merge says.
pub(super) async fn round(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    record: &str,
) -> Result<Round, SyncError> {
    let Some(mut link) = engine.store.link_of(&connection.id, record).await? else {
        return enter(engine, connection, sides, record).await;
    };
    // What is held there is no reason not to look: other fields flow on.
    deliver::open(engine, connection, sides, &mut link, Planned::Before).await?;
    if link.platform_id.is_none() {
        return create(engine, connection, sides, &mut link).await;
    }
    let Some(seen) = observe(engine, sides, &mut link).await? else {
        return Ok(Round::Quiet);
    };
    let plan = merge::plan(&link.base, &seen.servicenow, &seen.platform, &connection.rules, &merge::Resolutions::new());
    tell(connection, &link, &plan);
    if !keep(engine, connection, sides, &mut link, &plan, &seen).await? {
        return Ok(Round::Quiet);
    }
    sent(deliver::open(engine, connection, sides, &mut link, Planned::Now).await?)
}

/// A record without a link: it enters if the rules say so.
async fn enter(engine: &Engine, connection: &Connection, sides: &Sides, id: &str) -> Result<Round, SyncError> {
    let Some(record) = sides.servicenow.fetch(id).await? else {
        return Ok(Round::Quiet);
    };
    // ServiceNow's clock has whole seconds: one made in the second of the activation is new.
    if record.created_at < connection.active_since.div_euclid(1000) * 1000 {
        tracing::debug!(connection.id = %connection.id, record = %record.number, "not entering: made before the connection was");
        return Ok(Round::Quiet);
    }
    if let Err(reason) = connection.rules.enters(&record) {
        tracing::debug!(connection.id = %connection.id, record = %record.number, %reason, "not entering");
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
        version: 1,
        note: String::new(),
        created_at: now,
        changed_at: now,
    };
    let creation = creation(engine, connection, &link, &record).await?;
    let mut tx = engine.store.begin().await?;
    if !tx.add_link(&link).await? {
        return Ok(Round::Moved);
    }
    add_creation(engine, &mut tx, &link, &creation).await?;
    tx.commit().await?;
    sent(deliver::open(engine, connection, sides, &mut link, Planned::Now).await?)
}

/// A link whose ticket could not be made: it is tried anew when something else is to be in it, or when a person asks.
async fn create(engine: &Engine, connection: &Connection, sides: &Sides, link: &mut Link) -> Result<Round, SyncError> {
    let Some(record) = sides.servicenow.fetch(&link.servicenow_id).await? else {
        return Ok(Round::Quiet);
    };
    let creation = creation(engine, connection, link, &record).await?;
    if Held::of(engine, link).await?.holds(&Wanted::create(&creation)) {
        return Ok(Round::Quiet);
    }
    let mut tx = engine.store.begin().await?;
    add_creation(engine, &mut tx, link, &creation).await?;
    tx.commit().await?;
    sent(deliver::open(engine, connection, sides, link, Planned::Now).await?)
}

async fn creation(engine: &Engine, connection: &Connection, link: &Link, record: &Record) -> Result<Create, SyncError> {
    let plan = merge::plan_creation(record, &connection.rules);
    tell(connection, link, &plan);
    let decisions = plan.decisions_for(Side::Platform);
    Ok(Create {
        fields: plan.fields_for(Side::Platform),
        agreed: agreed(&decisions),
        story: begin_story(engine, connection, link, &decisions).await?,
    })
}

async fn add_creation(engine: &Engine, tx: &mut Tx, link: &Link, creation: &Create) -> Result<(), SyncError> {
    let (id, now) = (engine.clock.id(), engine.clock.now());
    let delivery = Delivery::planned(id, &link.id, Side::Platform, "create", deliver::to_payload(creation), now);
    Ok(tx.add_delivery(&delivery).await?)
}

fn sent(delivered: Delivered) -> Result<Round, SyncError> {
    Ok(match delivered {
        Delivered::Held => Round::Quiet,
        Delivered::All => Round::Moved,
    })
}

/// Reads both sides fresh. `None` when one is gone: that is flagged, and nothing is deleted.
async fn observe(engine: &Engine, sides: &Sides, link: &mut Link) -> Result<Option<Observed>, SyncError> {
    let ticket = link.platform_id.clone().unwrap_or_default();
    let (record, entries) =
        tokio::try_join!(sides.servicenow.fetch(&link.servicenow_id), sides.servicenow.entries(&link.servicenow_id))?;
    let (platform, platform_entries) =
        tokio::try_join!(sides.platform.fetch(&ticket), sides.platform.entries(&ticket))?;
    match (record, platform) {
        (Some(servicenow), Some(platform)) => {
            Ok(Some(Observed { servicenow, servicenow_entries: entries, platform, platform_entries }))
        }
        (record, _) => {
            let why = if record.is_none() {
                "ServiceNow no longer shows the incident: it was deleted, or this account lost the right to see it. The ticket is kept."
            } else {
                "The ticket is no longer in Desk. The incident is kept."
            };
            deliver::flag(engine, link, why).await?;
            Ok(None)
        }
    }
}

/// Stores the plan in one transaction that checks the link's version. Answers whether there is anything to send
/// or anything was agreed.
async fn keep(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &mut Link,
    plan: &Plan,
    seen: &Observed,
) -> Result<bool, SyncError> {
    let now = engine.clock.now();
    let held = Held::of(engine, link).await?;
    let mut wanted = Vec::new();
    let mut deliveries = Vec::new();
    let mut planned = |side: Side, kind: &str, payload: String| {
        deliveries.push(Delivery::planned(engine.clock.id(), &link.id, side, kind, payload, now));
    };
    for (side, version) in [(Side::Platform, &seen.platform.version), (Side::ServiceNow, &seen.servicenow.version)] {
        let mut decisions = plan.decisions_for(side);
        let mut parts: Vec<Part> =
            decisions.iter().filter_map(|decision| Part::of(decision, &connection.rules.notes)).collect();
        wanted.extend(parts.iter().map(Wanted::write));
        parts.retain(|part| !held.holds(&Wanted::write(part)));
        decisions.retain(|decision| parts.iter().any(|part| part.rule == decision.rule));
        if !parts.is_empty() {
            let story = begin_story(engine, connection, link, &decisions).await?;
            planned(side, "write", deliver::to_payload(&Write { parts, expected: version.clone(), story }));
        }
    }
    for append in appends(engine, connection, sides, link, plan, seen).await? {
        let appended = Wanted::append(&append);
        if !held.holds(&appended) {
            planned(append.to, "append", deliver::to_payload(&append));
        }
        wanted.push(appended);
    }
    let (waiting, settled) = held.divide(&wanted);
    let mut after = link.clone();
    for decision in &plan.decisions {
        if let Outcome::Agree { value } = &decision.outcome {
            after.base.insert(decision.rule.clone(), value.clone());
        }
    }
    let undecided = letters::sentences(plan.refusals().chain(plan.conflicts()).map(|(_, sentence)| sentence));
    let is_news = !link.note.contains(&undecided);
    after.note = letters::sentences(waiting.iter().map(|letter| letter.problem.as_str()).chain([undecided.as_str()]));
    // Deliveries go out in the order of their ids, and ids of one millisecond fall as they may.
    let mut ids: Vec<String> = deliveries.iter().map(|delivery| delivery.id.clone()).collect();
    ids.sort();
    for (delivery, id) in deliveries.iter_mut().zip(ids) {
        delivery.id = id;
    }
    let agrees = after.base != link.base;
    if deliveries.is_empty() && settled.is_empty() && !agrees && after.note == link.note {
        return Ok(false);
    }
    let mut tx = engine.store.begin().await?;
    for delivery in &deliveries {
        tx.add_delivery(delivery).await?;
    }
    for letter in &settled {
        tx.settle_letter(&letter.id, now).await?;
    }
    if is_news {
        story::problem(engine, &mut tx, link, &undecided).await?;
    }
    tx.save_link(&mut after, now).await?;
    tx.commit().await?;
    *link = after;
    engine.news.tell("failures");
    engine.news.connection(&connection.id);
    Ok(!deliveries.is_empty() || agrees)
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

/// Comments and notes that one side has and the other has not.
async fn appends(
    engine: &Engine,
    connection: &Connection,
    both: &Sides,
    link: &Link,
    plan: &Plan,
    seen: &Observed,
) -> Result<Vec<Append>, SyncError> {
    let known = known_entries(engine, both, link, seen).await?;
    let mut appends = Vec::new();
    for decision in &plan.decisions {
        if let Outcome::Note { text, agree } = &decision.outcome {
            let entry = Entry {
                id: format!("note:{}", engine.clock.id()),
                stream: Stream::Internal,
                author: if decision.by.by.is_empty() { "ServiceNow".into() } else { decision.by.by.clone() },
                at: decision.by.at,
                body: text.clone(),
            };
            let agreed = Agreed::from([(decision.rule.clone(), agree.clone())]);
            let story = begin_story(engine, connection, link, std::slice::from_ref(decision)).await?;
            appends.push(Append { to: Side::Platform, entry, agreed, story });
        }
    }
    let (servicenow_known, platform_known) = known;
    let sides: [(Side, &[Entry], &BTreeSet<String>); 2] = [
        (Side::Platform, &seen.servicenow_entries, &servicenow_known),
        (Side::ServiceNow, &seen.platform_entries, &platform_known),
    ];
    for (to, entries, known) in sides {
        for entry in merge::missing(entries, known) {
            let story = begin_story(engine, connection, link, &[]).await?;
            appends.push(Append { to, entry: entry.clone(), agreed: Agreed::new(), story });
        }
    }
    Ok(appends)
}

/// The ids on each side of entries that are on both. An entry that ServiceNow shows by another id than the one it was
/// paired by, because it was sent unseen or because the journal is read in another way now, is recognised by its
/// content, so that it does not cross again.
async fn known_entries(
    engine: &Engine,
    sides: &Sides,
    link: &Link,
    seen: &Observed,
) -> Result<(BTreeSet<String>, BTreeSet<String>), SyncError> {
    let pairs = engine.store.paired_entries(&link.id).await?;
    let (mut servicenow, platform): (BTreeSet<String>, BTreeSet<String>) = pairs.iter().cloned().unzip();
    let mut lost: Vec<(&str, &Entry)> = pairs
        .iter()
        .filter(|(paired_by, _)| !seen.servicenow_entries.iter().any(|entry| &entry.id == paired_by))
        .filter_map(|(paired_by, ticket_entry)| {
            let there = seen.platform_entries.iter().find(|entry| &entry.id == ticket_entry)?;
            Some((paired_by.as_str(), there))
        })
        .collect();
    let is_same = |written_in: Side, shown: &Entry, there: &Entry| match written_in {
        Side::Platform => sides.servicenow.is_same(shown, &deliver::new_entry(Side::ServiceNow, there)),
        Side::ServiceNow => sides.platform.is_same(there, &deliver::new_entry(Side::Platform, shown)),
    };
    let mut found = Vec::new();
    // Those that were sent to ServiceNow first: their text there says more, and the others' may be the rest of it.
    for written_in in [Side::Platform, Side::ServiceNow] {
        lost.retain(|(paired_by, there)| {
            let shown = seen.servicenow_entries.iter().find(|shown| {
                !servicenow.contains(&shown.id)
                    && is_another_kind(paired_by, &shown.id)
                    && is_same(written_in, shown, there)
            });
            if let Some(shown) = shown {
                servicenow.insert(shown.id.clone());
                found.push(((*paired_by).to_owned(), shown.id.clone()));
            }
            shown.is_none()
        });
    }
    if !found.is_empty() {
        let mut tx = engine.store.begin().await?;
        for (paired_by, shown) in found {
            tx.see_entry(&link.id, &paired_by, &shown).await?;
        }
        tx.commit().await?;
    }
    Ok((servicenow, platform))
}

/// Whether two ids of one entry may differ: one is none, or one is the side's own and the other made of the content.
fn is_another_kind(paired_by: &str, shown: &str) -> bool {
    paired_by.starts_with(UNSEEN) || paired_by.starts_with(MADE_ID) != shown.starts_with(MADE_ID)
}

async fn begin_story(
    engine: &Engine,
    connection: &Connection,
    link: &Link,
    decisions: &[Decision],
) -> Result<story::Story, SyncError> {
    let now = engine.clock.now();
    let heard = engine.store.last_heard(&connection.id, &link.servicenow_id, now).await?;
    Ok(story::Story::begin(&connection.rules, decisions, heard, now))
}

/// A line per decision, for whoever turns on debug: names only, never a value.
fn tell(connection: &Connection, link: &Link, plan: &Plan) {
    for decision in &plan.decisions {
        let outcome = match &decision.outcome {
            Outcome::Nothing => "nothing",
            Outcome::Agree { .. } => "agree",
            Outcome::Write(write) => write.to.as_str(),
            Outcome::Note { .. } => "note",
            Outcome::Leave => "leave",
            Outcome::Refuse { .. } => "refuse",
            Outcome::Conflict { .. } => "conflict",
        };
        tracing::debug!(connection.id = %connection.id, link.id = %link.id, record = %link.servicenow_number, rule = %decision.rule, outcome, why = %decision.why, "decided");
    }
}
