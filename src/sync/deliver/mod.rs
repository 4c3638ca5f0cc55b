//! Sends a link's stored writes in order, and advances the base only after a side said yes.
//!
//! The intent is on disk before a request goes out. An answer that never came is looked up before
//! anything is sent again: appended entries by their text, files by their content, created tickets by their key, and field
//! writes and deletions by reading both sides anew.

mod append;
mod attach;
mod create;
mod delete;
mod readback;
mod write;

pub(super) use append::{Append, UNSEEN, new_entry};
pub(super) use attach::{Attach, new_file, note, note_id};
pub(super) use create::{Create, key_of_record};
pub(super) use delete::Delete;
pub(super) use write::{Part, Write};

use super::letters::{self, Wanted};
use super::{Engine, Sides, SyncError, gone, story};
use crate::connectors::{Connector, Failure, exchanges};
use crate::store::{Attempt, Connection, Delivery, DeliveryState, Link, StoreError, Tx};
use merge::{Record, Side, Value};
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Per rule, what the base becomes when the delivery is done.
pub(super) type Agreed = BTreeMap<String, Value>;

/// What became of some deliveries.
pub(super) struct Delivered {
    /// Something waits for a person; going round again would not help.
    pub held: bool,
    /// The written records as their sides answered; `None` when an answer did not show all that may have moved.
    pub shown: Option<Vec<(Side, Record)>>,
}

/// What became of one delivery that a side answered.
enum Sent {
    /// The side answered with the whole record.
    Shown(Box<Record>),
    /// The answer tells too little: the side must be read again.
    Unseen,
    /// The side did not take it, and shall be told so: the sides must be read again.
    Left,
    /// A person must act.
    Held,
}

/// What is the same on both sides from now on: ServiceNow's id and the platform's.
enum Paired {
    Entries((String, String)),
    Files((String, String)),
}

/// A delivery on its way out.
struct Outgoing<'a> {
    delivery: &'a Delivery,
    /// An earlier run may have sent it, and its answer is not known.
    unsure: bool,
    /// That it goes out is on disk already.
    marked: bool,
    /// The one after it: marked in the transaction that ends this one.
    next: Option<&'a Delivery>,
}

pub(super) fn to_payload<T: Serialize>(payload: &T) -> String {
    serde_json::to_string(payload).unwrap_or_default()
}

pub(super) fn read<T: serde::de::DeserializeOwned>(delivery: &Delivery) -> Result<T, SyncError> {
    serde_json::from_str(&delivery.payload)
        .map_err(|_| StoreError::Unreadable { table: "deliveries", column: "payload", row: delivery.id.clone() }.into())
}

/// One delivery with all that is needed to end it.
struct Ending<'a> {
    out: &'a Outgoing<'a>,
    to: Side,
    kind: &'static str,
    summary: String,
    story: story::Story,
    notes: Vec<String>,
    /// What the side did not take, each with the reason.
    refused: Vec<(Wanted, String)>,
    /// Whether anything moved; where nothing did, the same note is not told twice.
    moved: bool,
}

/// Sends what an earlier run left open, oldest first. The sides may have moved since, so field writes and deletions give
/// way to a new plan. A side that does not show its record takes nothing, nor does it show what it has taken: what is for
/// it stays open until the record is back. Answers which record is not shown.
pub(super) async fn left_over(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &mut Link,
) -> Result<Option<gone::Lost>, SyncError> {
    let mut lost_on = None;
    let mut hidden = BTreeMap::new();
    for delivery in engine.store.open_deliveries(&link.id).await? {
        let side = sides.on(delivery.to());
        match (delivery.kind.as_str(), delivery.is_unsure()) {
            ("write", true) => {
                write::look_up(engine, connection, side, link, &delivery).await?;
                continue;
            }
            ("delete", true) => {
                delete::look_up(engine, side, link, &delivery).await?;
                continue;
            }
            ("write" | "delete", false) => {
                supersede(engine, &delivery).await?;
                continue;
            }
            // What people wrote after an entry that may be missing waits with it, and is planned anew.
            ("append", false) if lost_on == Some(delivery.to()) => {
                supersede(engine, &delivery).await?;
                continue;
            }
            ("append" | "attach", _) => {
                if let Entry::Vacant(unknown) = hidden.entry(delivery.to()) {
                    unknown.insert(gone::Lost::of(sides, link, delivery.to()).await?);
                }
                if hidden[&delivery.to()].is_some() {
                    continue;
                }
            }
            _ => {}
        }
        let out = Outgoing { delivery: &delivery, unsure: delivery.is_unsure(), marked: false, next: None };
        let sent = send(engine, connection, sides, link, &out).await?;
        match (sent, delivery.kind.as_str()) {
            (Sent::Held, "create") => break,
            (Sent::Held, "append") => lost_on = Some(delivery.to()),
            _ => {}
        }
    }
    Ok(hidden.into_values().flatten().next())
}

/// Sends what was just planned and stored, in order.
pub(super) async fn planned(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &mut Link,
    deliveries: Vec<Delivery>,
) -> Result<Delivered, SyncError> {
    let mut delivered = Delivered { held: false, shown: Some(Vec::new()) };
    let mut marked = true;
    for (at, delivery) in deliveries.iter().enumerate() {
        let out = Outgoing { delivery, unsure: false, marked, next: deliveries.get(at + 1) };
        let sent = send(engine, connection, sides, link, &out).await?;
        marked = !matches!(sent, Sent::Held | Sent::Left);
        match sent {
            Sent::Shown(record) => {
                if let Some(shown) = &mut delivered.shown {
                    shown.push((delivery.to(), *record));
                }
            }
            Sent::Unseen | Sent::Left => delivered.shown = None,
            Sent::Held => delivered.held = true,
        }
    }
    Ok(delivered)
}

/// Sends one delivery, and keeps what became of it and how the side was asked.
async fn send(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &mut Link,
    out: &Outgoing<'_>,
) -> Result<Sent, SyncError> {
    exchanges::overhear(Box::pin(attempt(engine, connection, sides, link, out))).await
}

async fn attempt(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &mut Link,
    out: &Outgoing<'_>,
) -> Result<Sent, SyncError> {
    let delivery = out.delivery;
    let started = engine.clock.now();
    let side = sides.on(delivery.to());
    let result = match delivery.kind.as_str() {
        "create" => create::create(engine, connection, side, link, out).await,
        "append" => append::append(engine, side, link, out).await,
        "attach" => attach::attach(engine, sides, link, out).await,
        "delete" => delete::delete(engine, side, link, out).await,
        _ => write::write(engine, connection, side, link, out).await,
    };
    let outcome = match &result {
        Ok(Sent::Shown(_) | Sent::Unseen) => "done",
        Ok(Sent::Left | Sent::Held) => "held",
        Err(_) => "failed",
    };
    metrics::counter!("isthmus_deliveries_total", "side" => delivery.side.clone(), "kind" => delivery.kind.clone(), "outcome" => outcome).increment(1);
    tracing::debug!(connection.id = %connection.id, link.id = %link.id, delivery.id = %delivery.id, side = %delivery.side, kind = %delivery.kind, outcome, duration_ms = engine.clock.now() - started, "delivered");
    match result {
        Err(SyncError::Failure(Failure::Refused { .. } | Failure::Forbidden { .. }))
            if delivery.kind != "create" && !is_shown(side, link, delivery.to()).await? =>
        {
            // The record, and not the side, says no, and that is dealt with otherwise. What may be there stays open.
            if !out.unsure {
                supersede(engine, delivery).await?;
            }
            Err(Failure::Moved.into())
        }
        Err(SyncError::Failure(Failure::Refused { why } | Failure::Forbidden { why })) => {
            refuse(engine, link, delivery, &why).await?;
            Ok(if delivery.kind == "attach" { Sent::Left } else { Sent::Held })
        }
        Err(SyncError::Failure(Failure::Moved)) => {
            supersede(engine, delivery).await?;
            Err(Failure::Moved.into())
        }
        Err(SyncError::Failure(failure)) => {
            if !exchanges::heard().is_empty() {
                let mut tx = engine.begin().await?;
                keep_attempt(engine, &mut tx, delivery, "failed", &failure.to_string()).await?;
                tx.commit().await?;
            }
            Err(failure.into())
        }
        other => other,
    }
}

/// Whether a record is there and this account may see it.
pub(super) async fn is_shown(side: &dyn Connector, link: &Link, to: Side) -> Result<bool, Failure> {
    Ok(side.fetch(link.record_on(to)).await?.is_some())
}

/// How the side was asked and what it answered, for whoever wants to know it exactly.
async fn keep_attempt(
    engine: &Engine,
    tx: &mut Tx,
    delivery: &Delivery,
    outcome: &str,
    problem: &str,
) -> Result<(), StoreError> {
    let heard = exchanges::heard();
    let attempt = Attempt {
        id: engine.clock.id(),
        delivery_id: delivery.id.clone(),
        at: engine.clock.now(),
        took_ms: heard.iter().map(|exchange| exchange.took_ms).sum(),
        outcome: outcome.to_owned(),
        problem: problem.to_owned(),
        exchanges: serde_json::to_string(&heard).unwrap_or_default(),
    };
    tx.add_attempt(&attempt).await
}

/// The intent is on disk when this returns, and nobody else can have taken the job over.
async fn mark_sending(engine: &Engine, side: &dyn Connector, out: &Outgoing<'_>) -> Result<(), SyncError> {
    if !out.marked {
        let mut tx = engine.begin().await?;
        tx.delivery_sending(&out.delivery.id, engine.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(engine.may_send_to(side)?)
}

/// What is known of a request that failed: it surely did not happen, and nothing needs to be looked up next time; or it may
/// still come true. A request may have waited since it was marked, so what may come of it counts from the lost answer.
/// (Who dies before this is kept holds the link until the lease ends, which is longer.)
async fn not_sent(engine: &Engine, delivery: &Delivery, failure: &Failure) -> Result<(), StoreError> {
    if !matches!(failure, Failure::Transient { .. } | Failure::Unsure { .. }) {
        return Ok(());
    }
    let mut tx = engine.begin().await?;
    if matches!(failure, Failure::Transient { .. }) {
        tx.delivery_unsent(&delivery.id).await?;
    } else {
        tx.delivery_doubted(&delivery.id, engine.clock.now()).await?;
    }
    tx.commit().await
}

/// Done: delivery, link, base, pair and history in one transaction.
async fn end(
    engine: &Engine,
    link: &mut Link,
    mut after: Link,
    ending: Ending<'_>,
    pair: Option<Paired>,
) -> Result<(), SyncError> {
    let now = engine.clock.now();
    let Ending { out, to, kind, summary, mut story, notes, refused, moved } = ending;
    story.delivery.clone_from(&out.delivery.id);
    let notes = notes.join(" ");
    if !notes.is_empty() {
        story = story.step(now, notes.clone());
    }
    let is_news = !notes.is_empty() && !link.note.contains(&notes);
    after.note = letters::sentences([after.note.as_str(), notes.as_str()]);
    let mut tx = engine.begin().await?;
    tx.finish_delivery(&out.delivery.id, DeliveryState::Done, &notes, now).await?;
    if let Some(next) = out.next {
        tx.delivery_sending(&next.id, now).await?;
    }
    match &pair {
        Some(Paired::Entries((servicenow, platform))) => tx.pair_entries(&link.id, servicenow, platform).await?,
        Some(Paired::Files((servicenow, platform))) => tx.pair_files(&link.id, servicenow, platform).await?,
        None => {}
    }
    keep_attempt(engine, &mut tx, out.delivery, "done", &notes).await?;
    if moved || is_news {
        story::tell(engine.clock.as_ref(), &mut tx, link, Some(to), kind, &summary, &story).await?;
    }
    if is_news {
        story::problem_of(engine, &mut tx, link, &notes, &out.delivery.id).await?;
    }
    for (wanted, why) in &refused {
        letters::keep(engine, &mut tx, link, wanted, out.delivery.attempts + 1, why).await?;
    }
    tx.save_link(&mut after, now).await?;
    tx.commit().await?;
    if story.heard_at > 0 {
        let lag = (now - story.heard_at).max(0);
        engine.pulse.wrote(&link.connection_id, now, lag);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of one change")]
        let seconds = lag as f64 / 1000.0;
        metrics::histogram!("isthmus_news_to_write_seconds", "side" => to.as_str()).record(seconds);
    }
    *link = after;
    tell_pages(engine, link);
    Ok(())
}

/// The side will not take it: it becomes dead letters, and waits for a person.
async fn refuse(engine: &Engine, link: &mut Link, delivery: &Delivery, why: &str) -> Result<(), SyncError> {
    let now = engine.clock.now();
    let wanted = Wanted::of(delivery)?;
    let mut after = link.clone();
    after.note = letters::sentences([link.note.as_str(), why]);
    let mut tx = engine.begin().await?;
    tx.finish_delivery(&delivery.id, DeliveryState::Refused, why, now).await?;
    keep_attempt(engine, &mut tx, delivery, "refused", why).await?;
    let mut is_news = false;
    for wanted in &wanted {
        is_news |= letters::keep(engine, &mut tx, link, wanted, delivery.attempts + 1, why).await?;
    }
    if is_news {
        story::problem_of(engine, &mut tx, link, why, &delivery.id).await?;
    }
    tx.save_link(&mut after, now).await?;
    tx.commit().await?;
    tracing::warn!(link.id = %link.id, record = %link.servicenow_number, side = %delivery.side, problem = %why, "a side refused a write");
    *link = after;
    tell_pages(engine, link);
    Ok(())
}

async fn supersede(engine: &Engine, delivery: &Delivery) -> Result<(), SyncError> {
    let mut tx = engine.begin().await?;
    tx.finish_delivery(&delivery.id, DeliveryState::Superseded, "", engine.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Leaves a note on the link, said once.
pub(super) async fn flag(engine: &Engine, link: &mut Link, why: &str) -> Result<(), SyncError> {
    if link.note == why {
        return Ok(());
    }
    let mut after = link.clone();
    why.clone_into(&mut after.note);
    let mut tx = engine.begin().await?;
    story::problem(engine, &mut tx, link, why).await?;
    tx.save_link(&mut after, engine.clock.now()).await?;
    tx.commit().await?;
    *link = after;
    tell_pages(engine, link);
    Ok(())
}

pub(super) fn tell_pages(engine: &Engine, link: &Link) {
    if let Some(ticket) = &link.platform_id {
        engine.news.ticket(ticket);
    }
    engine.news.tell("history");
    engine.news.tell("failures");
    engine.news.moved(&link.connection_id);
}

/// Until then a write whose answer was lost may still happen, so "not there" means nothing yet. What counts is when the
/// look began, in milliseconds: its answer may have been long on the way.
fn wait_until_settled(
    engine: &Engine,
    side: &dyn Connector,
    delivery: &Delivery,
    looked_at: i64,
    what: &str,
) -> Result<(), Failure> {
    let settled_at = delivery.sent_at + side.settles_ms();
    let Some(left) = too_early(looked_at, settled_at, engine.clock.now()) else { return Ok(()) };
    let why = format!(
        "An answer was lost, and the {what} may still be on its way there. It is looked for again before it is sent again."
    );
    Err(Failure::Transient { why, retry_after_ms: Some(left) })
}

/// How long to wait before one that began too early is done again.
fn too_early(looked_at: i64, settled_at: i64, now: i64) -> Option<i64> {
    (looked_at < settled_at).then(|| (settled_at - now).max(1))
}

#[cfg(test)]
mod tests {
    use super::too_early;

    #[test]
    fn a_look_counts_as_of_when_it_began() {
        assert_eq!(too_early(1_000, 5_000, 2_000), Some(3_000));
        assert_eq!(too_early(4_999, 5_000, 90_000), Some(1), "its answer was long on the way");
        assert_eq!(too_early(5_000, 5_000, 5_000), None);
    }
}
