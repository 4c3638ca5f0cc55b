//! Field writes. The base advances by what the side really stored.

use super::readback::{self, Stored};
use super::{Agreed, Ending, Outgoing, Sent, end, is_shown, mark_sending, read};
use crate::connectors::{Applied, Connector, Failure};
use crate::store::{Connection, Cut, Delivery, DeliveryState, Link};
use crate::sync::letters::Wanted;
use crate::sync::{Engine, SyncError, story};
use merge::{Decision, FieldRule, Fields, NoteRule, Outcome, Record, Side, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one rule writes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sync) struct Part {
    pub rule: String,
    pub write: merge::Write,
    /// What becomes the base when it is done.
    agreed: Agreed,
    /// The canonical value that goes out.
    #[serde(default)]
    sent: Option<Value>,
    /// What the side held when this was planned.
    #[serde(default)]
    before: Option<Value>,
    /// Written for a user whom the side does not have.
    #[serde(default)]
    stand_in: Option<Value>,
}

/// All that one plan writes on a side.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sync) struct Write {
    pub parts: Vec<Part>,
    /// The version of the record that the plan was made on.
    pub expected: String,
    /// The side whose record was deleted, where this closes the one that is left.
    #[serde(default)]
    pub gone: Option<Side>,
    pub story: story::Story,
}

impl Part {
    /// `None` for a decision that writes nothing. `chosen` is what a person chose for a conflict, and `before` what the
    /// side holds now.
    pub(in crate::sync) fn of(
        decision: &Decision,
        notes: &[NoteRule],
        chosen: Option<Value>,
        before: Option<Value>,
    ) -> Option<Self> {
        let Outcome::Write(write) = &decision.outcome else { return None };
        let mut agreed: Agreed = write.agree.iter().map(|value| (decision.rule.clone(), value.clone())).collect();
        // What a row demanded is ours as well: a note rule must not tell of it as if a person had set it.
        for note in notes {
            if let (Side::ServiceNow, Some(value)) = (write.to, write.also.get(&note.servicenow)) {
                agreed.insert(note.name.clone(), value.clone());
            }
        }
        let sent = write.agree.clone().or(chosen);
        Some(Self { rule: decision.rule.clone(), write: write.clone(), agreed, sent, before, stand_in: None })
    }

    /// What the side holds of it.
    fn stored(&self, rule: &FieldRule, to: Side, record: &Record) -> Stored {
        match (&self.sent, &self.stand_in) {
            (None, _) => Stored::AsSent,
            (Some(sent), Some(stand_in)) => readback::compare_stand_in(rule, to, stand_in, sent, record),
            (Some(sent), None) => readback::compare(rule, to, self.before.as_ref(), sent, record),
        }
    }

    /// Somebody else goes out, and counts there as the user who is meant.
    pub(in crate::sync) fn takes_stand_in(&mut self, field: &str, stand_in: Value) {
        self.write.fields.insert(field.to_owned(), stand_in.clone());
        self.stand_in = Some(stand_in);
    }
}

/// What became of some parts.
#[derive(Default)]
pub(super) struct Outcomes {
    pub agreed: Agreed,
    moved: Vec<String>,
    pub notes: Vec<String>,
    /// What was taken differently, for history only: nobody needs to act.
    pub remarks: Vec<String>,
    pub cuts: BTreeMap<String, Cut>,
    /// Each with the reason; a person must act.
    pub refused: Vec<(Wanted, String)>,
    /// The record after the last write.
    shown: Option<Record>,
}

pub(super) async fn write(
    engine: &Engine,
    connection: &Connection,
    side: &dyn Connector,
    link: &mut Link,
    out: &Outgoing<'_>,
) -> Result<Sent, SyncError> {
    let Write { parts, expected, gone, story } = read(out.delivery)?;
    let to = out.delivery.to();
    let id = link.record_on(to).to_owned();
    mark_sending(engine, side, out).await?;
    let mut outcomes = Outcomes::default();
    match side.write(&id, &fields(&parts), &expected).await {
        Ok(applied) => outcomes.add(connection, side, to, &parts, &applied).await,
        // One field that the side refuses must not keep the others back.
        Err(Failure::Refused { .. })
            if parts.len() > 1 && to == Side::ServiceNow && is_shown(side, link, to).await? =>
        {
            for part in &parts {
                engine.may_send_to(side)?;
                match side.write(&id, &fields(std::slice::from_ref(part)), &expected).await {
                    Ok(applied) => outcomes.add(connection, side, to, std::slice::from_ref(part), &applied).await,
                    Err(Failure::Refused { why }) => outcomes.refuse(part, why),
                    Err(other) => return Err(other.into()),
                }
            }
        }
        Err(other) => return Err(other.into()),
    }
    let Outcomes { agreed, moved, notes, remarks, cuts, refused, shown } = outcomes;
    let held = !refused.is_empty();
    let mut after = link.clone();
    after.base.extend(agreed);
    after.cuts.extend(cuts);
    let is_moved = !moved.is_empty();
    let summary = match gone {
        _ if !is_moved => format!("Nothing could be written to {to}"),
        None => format!("{} went to {to}", story::list(&moved)),
        Some(gone) => {
            after.gone = Some(gone);
            after.note.clear();
            format!("The record is gone from {gone}: {to}'s was closed")
        }
    };
    let kind = if gone.is_some() { "deletion" } else { "fields" };
    let now = engine.clock.now();
    let story = story.step(now, format!("{to} answered and was read back."));
    let story = remarks.into_iter().fold(story, |story, remark| story.step(now, remark));
    end(engine, link, after, Ending { out, to, kind, summary, story, notes, refused, moved: is_moved }, None).await?;
    Ok(match shown {
        Some(record) if !held => Sent::Shown(Box::new(record)),
        _ => Sent::Held,
    })
}

/// A write whose answer never came gives way to a new plan. But what the side holds of it came true and is agreed on: it
/// must not look like an edit of that side, which could win over what a person has set since on the other.
pub(super) async fn look_up(
    engine: &Engine,
    connection: &Connection,
    side: &dyn Connector,
    link: &mut Link,
    delivery: &Delivery,
) -> Result<(), SyncError> {
    let (Write { parts, gone, .. }, to) = (read(delivery)?, delivery.to());
    let record = side.fetch(link.record_on(to)).await?.unwrap_or_default();
    let mut after = link.clone();
    for part in parts {
        let Some(rule) = connection.rules.rule(&part.rule) else { continue };
        let holds = rule.canonical(to, &record).ok().flatten();
        let is_there = holds.is_some() && holds.as_ref() == part.agreed.get(&part.rule);
        match part.stored(rule, to, &record) {
            Stored::Cut(cut) | Stored::StandsIn(cut) => {
                after.cuts.insert(part.rule.clone(), cut);
                after.base.extend(part.agreed);
            }
            _ if is_there => after.base.extend(part.agreed),
            _ => continue,
        }
        if gone.is_some() {
            after.gone = gone;
            after.note.clear();
        }
    }
    let now = engine.clock.now();
    let mut tx = engine.begin().await?;
    tx.finish_delivery(&delivery.id, DeliveryState::Superseded, "", now).await?;
    tx.save_link(&mut after, now).await?;
    tx.commit().await?;
    *link = after;
    Ok(())
}

fn fields(parts: &[Part]) -> Fields {
    merge::fields_of(parts.iter().map(|part| &part.write))
}

impl Outcomes {
    fn refuse(&mut self, part: &Part, why: String) {
        self.refused.push((Wanted::write(part), why.clone()));
        if !self.notes.contains(&why) {
            self.notes.push(why);
        }
    }

    /// What was left out or dropped is not agreed on: the edit that asked for it stands, and a person is told.
    pub(super) async fn add(
        &mut self,
        connection: &Connection,
        side: &dyn Connector,
        to: Side,
        parts: &[Part],
        applied: &Applied,
    ) {
        self.notes.extend(applied.notes.iter().cloned());
        self.shown = Some(applied.record.clone());
        for part in parts {
            let rule = connection.rules.fields.iter().find(|rule| rule.name == part.rule);
            let fields = rule.map(|rule| rule.parts(to)).unwrap_or_default();
            if let Some(field) = fields.iter().find(|field| applied.left_out.contains(**field)) {
                let told = applied.notes.iter().find(|note| note.contains(field)).cloned();
                self.refuse(part, told.unwrap_or_else(|| format!("{to} could not be sent a value for {field}.")));
                continue;
            }
            if let (Some(rule), Some(sent)) = (rule, &part.sent) {
                let stored = part.stored(rule, to, &applied.record);
                if stored != Stored::AsSent {
                    let cause = readback::cause(side, &part.write.fields, &applied.record, &stored).await;
                    let why = readback::sentence(&stored, rule, to, sent, cause.as_deref());
                    match stored {
                        Stored::Dropped => {
                            self.refuse(part, why);
                            continue;
                        }
                        Stored::Cut(cut) | Stored::StandsIn(cut) => {
                            self.cuts.insert(part.rule.clone(), cut);
                        }
                        Stored::Changed(_) | Stored::AsSent => {}
                    }
                    self.remarks.push(why);
                }
            }
            self.agreed.extend(part.agreed.clone());
            self.moved.push(part.rule.clone());
        }
    }
}
