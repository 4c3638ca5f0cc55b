//! A record that was there is not shown any longer: what its side says about that, and what the rules do then about the
//! record that is left. Only a record that its side calls deleted has consequences, and each deletion has them once; a
//! hidden one, and one of which nobody can tell, is only told of on the link.

use super::deliver::{self, Delete, Part, Write};
use super::letters::{Held, Wanted};
use super::runs::{self, Look};
use super::story::{self, Story};
use super::{Engine, Round, Sides, SyncError};
use crate::clock;
use crate::connectors::{Failure, Gone};
use crate::queue;
use crate::store::{self, Connection, Delivery, Finding, Link, LinkState, Tx};
use merge::{Decision, Edit, Left, OnDeletion, Outcome, Record, Rules, Side};

/// What the history calls these lines.
pub(super) const KIND: &str = "deletion";

/// A pair of which at least one record is not shown.
pub(super) struct Lost {
    pub from: Side,
    /// `None` when neither is shown.
    pub left: Option<Record>,
}

impl Lost {
    /// Of a pair whose record is not shown on that side.
    pub async fn of(sides: &Sides, link: &Link, from: Side) -> Result<Option<Self>, Failure> {
        if deliver::is_shown(sides.on(from), link, from).await? {
            return Ok(None);
        }
        let to = from.other();
        Ok(Some(Self { from, left: sides.on(to).fetch(link.record_on(to)).await? }))
    }
}

/// What is to be done about the record that is left.
enum Then {
    /// It stays, and a person is told.
    Keep,
    /// It is as it shall be.
    Nothing,
    Close(Box<Part>, Box<Decision>),
    Unlink,
    Delete,
}

/// A deletion that nobody dealt with yet.
struct Deletion {
    from: Side,
    left: Record,
    then: Then,
    /// Who deleted the other record, and what the rules say, in sentences.
    why: String,
}

/// Deals with a deletion as the rules say. Anything else is a note on the link, which goes when the record shows again.
pub(super) async fn deal_with(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &mut Link,
    lost: Lost,
    look: Option<&Look>,
) -> Result<Round, SyncError> {
    let rules = &connection.rules;
    match lost.left {
        None => neither_is_shown(engine, rules, sides, link).await?,
        Some(_) if link.gone == Some(lost.from) => {}
        Some(left) => match decide(rules, sides, link, lost.from, left).await? {
            Ok(deletion) => carry_out(engine, connection, sides, link, deletion, look).await?,
            Err(note) => deliver::flag(engine, link, &note).await?,
        },
    }
    Ok(Round::Quiet)
}

/// What a dry run finds about a pair of which a record is not shown.
pub(super) async fn would(
    engine: &Engine,
    rules: &Rules,
    sides: &Sides,
    link: &Link,
    lost: Lost,
) -> Result<Vec<Finding>, SyncError> {
    let Some(left) = lost.left.filter(|_| link.gone != Some(lost.from)) else { return Ok(Vec::new()) };
    let Ok(deletion) = decide(rules, sides, link, lost.from, left).await? else { return Ok(Vec::new()) };
    let held = Held::of(engine, link).await?;
    let is_held = deletion.wanted().is_some_and(|wanted| held.holds(&wanted));
    Ok(if is_held { Vec::new() } else { deletion.findings() })
}

/// The deletion and what the rules say about it; a note for people where a side does not call its record deleted.
async fn decide(
    rules: &Rules,
    sides: &Sides,
    link: &Link,
    from: Side,
    left: Record,
) -> Result<Result<Deletion, String>, SyncError> {
    let gone = sides.on(from).gone(link.record_on(from)).await?;
    let Gone::Deleted { at, by } = gone else {
        return Ok(Err(format!("{} {}'s is kept.", in_words(rules, from, &gone), rules.name_of(from.other()))));
    };
    let decided = merge::on_deletion(rules, from, &remembered(rules, link, from), &left);
    let why = format!("{} {}", in_words(rules, from, &Gone::Deleted { at, by: by.clone() }), decided.sentence);
    let then = match decided.left {
        Left::Keep => Then::Keep,
        Left::Unlink => Then::Unlink,
        Left::Delete => Then::Delete,
        Left::Write(write) if write.fields.iter().all(|(field, value)| left.fields.get(field) == Some(value)) => {
            Then::Nothing
        }
        Left::Write(write) => closing(rules, link, &left, write, Edit { at, by }, &why),
    };
    Ok(Ok(Deletion { from, left, then, why }))
}

/// A side's own words about its record.
fn in_words(rules: &Rules, from: Side, gone: &Gone) -> String {
    let there = rules.name_of(from);
    match gone {
        Gone::Deleted { at, by } => {
            let who = if by.is_empty() { "Somebody" } else { by };
            format!("{who} deleted the record in {there} on {} UTC.", clock::in_words(*at))
        }
        Gone::Hidden => {
            format!(
                "{there} has the record and no longer shows it to this account. Give the account the right to read it."
            )
        }
        Gone::Unknown { why } => {
            format!(
                "{there} no longer shows the record: it was deleted, or this account lost the right to see it. {why}"
            )
        }
    }
}

/// What the pair last agreed on, as the side that lost its record spelt it: templates may ask for its number.
fn remembered(rules: &Rules, link: &Link, from: Side) -> Record {
    let mut lost = Record { id: link.record_on(from).to_owned(), ..Record::default() };
    for rule in &rules.fields {
        let base = link.base.get(&rule.name);
        let put = base.and_then(|base| rule.put(from, base, &Record::default(), &Record::default()).ok());
        lost.fields.extend(put.map(|put| put.fields).unwrap_or_default());
    }
    lost.number = match from {
        Side::ServiceNow => link.servicenow_number.clone(),
        Side::Platform => lost.fields.get("number").map(ToString::to_string).unwrap_or_default(),
    };
    lost
}

fn closing(rules: &Rules, link: &Link, left: &Record, write: merge::Write, by: Edit, why: &str) -> Then {
    let OnDeletion::Close { rule, .. } = rules.deletions.of(write.to.other()) else { return Then::Keep };
    let Some(row) = rules.rule(rule) else { return Then::Keep };
    let to = write.to;
    let holds = left.fields.get(row.field_on(to)).cloned();
    let (servicenow, platform) = match to {
        Side::ServiceNow => (holds, None),
        Side::Platform => (None, holds),
    };
    let decision = Decision {
        rule: rule.clone(),
        base: link.base.get(rule).cloned(),
        servicenow,
        platform,
        outcome: Outcome::Write(write),
        by,
        servicenow_edit: Edit::default(),
        platform_edit: Edit::default(),
        is_clash: false,
        why: why.to_owned(),
    };
    let before = row.canonical(to, left).ok().flatten();
    match Part::of(&decision, &rules.notes, None, before) {
        Some(part) => Then::Close(Box::new(part), Box::new(decision)),
        None => Then::Keep,
    }
}

impl Deletion {
    fn to(&self) -> Side {
        self.from.other()
    }

    /// What a side might refuse.
    fn wanted(&self) -> Option<Wanted> {
        match &self.then {
            Then::Close(part, _) => Some(Wanted::write(part)),
            Then::Delete => Some(Wanted::delete(self.to())),
            Then::Keep | Then::Nothing | Then::Unlink => None,
        }
    }

    /// What a run counts as touching the pair.
    fn findings(&self) -> Vec<Finding> {
        if matches!(self.then, Then::Keep | Then::Nothing) {
            return Vec::new();
        }
        let (gone, left) = ("deleted".to_owned(), self.left.number.clone());
        let (servicenow, platform) = match self.from {
            Side::ServiceNow => (gone, left),
            Side::Platform => (left, gone),
        };
        vec![Finding { rule: KIND.to_owned(), servicenow, platform, why: self.why.clone() }]
    }
}

async fn carry_out(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &mut Link,
    mut deletion: Deletion,
    look: Option<&Look>,
) -> Result<(), SyncError> {
    let held = Held::of(engine, link).await?;
    if let Some(letter) = deletion.wanted().and_then(|wanted| held.letter(&wanted).cloned()) {
        if letter.is_open() {
            return Ok(());
        }
        deletion.why = format!("{} {} gave that up: {}", deletion.why, letter.closed_by, letter.reason);
        deletion.then = Then::Nothing;
    }
    let now = engine.clock.now();
    let heard = engine.store.last_heard(&connection.id, &link.servicenow_id, now).await?;
    let story = |decisions: &[Decision]| {
        let story = Story::begin(&connection.rules, decisions, heard, now).unless_dealt_with(link);
        story.step(now, deletion.why.clone())
    };
    let (from, to) = (deletion.from, deletion.to());
    let planned = |kind: &str, payload: String| {
        let mut delivery = Delivery::planned(engine.clock.id(), &link.id, to, kind, payload, now);
        delivery.mark_sending(now);
        delivery
    };
    let touched = look.map(|look| (look, deletion.findings()));
    let mut tx = runs::within_breaker(engine, engine.begin().await?, link, touched).await?;
    // It cannot be taken back, so the mapping counts that is in force now, and not the one that the job began with.
    let in_force = tx.rules_for_edit(&connection.id).await?;
    if in_force.is_none_or(|rules| rules.version != connection.rules.version) {
        tx.undo().await?;
        return Err(Failure::transient("Another mapping was published meanwhile.").into());
    }
    let mut after = link.clone();
    let mut delivery = None;
    match deletion.then {
        Then::Keep => {
            deletion.why.clone_into(&mut after.note);
            story::problem(engine, &mut tx, link, &deletion.why).await?;
            settle(engine, &mut tx, &mut after, from).await?;
        }
        Then::Nothing => {
            after.note.clear();
            story::tell(engine.clock.as_ref(), &mut tx, link, None, KIND, &deletion.why, &story(&[])).await?;
            settle(engine, &mut tx, &mut after, from).await?;
        }
        Then::Unlink => {
            story::tell(engine.clock.as_ref(), &mut tx, link, None, KIND, &deletion.why, &story(&[])).await?;
            after = take_apart(engine, &mut tx, link, from).await?;
        }
        Then::Close(part, decision) => {
            let write = Write {
                parts: vec![*part],
                expected: deletion.left.version,
                gone: Some(from),
                story: story(std::slice::from_ref(&*decision)),
            };
            delivery = Some(planned("write", deliver::to_payload(&write)));
        }
        Then::Delete => {
            let delete = Delete { gone: from, why: deletion.why.clone(), story: story(&[]) };
            delivery = Some(planned("delete", deliver::to_payload(&delete)));
        }
    }
    if let Some(delivery) = &delivery {
        tx.add_delivery(delivery).await?;
        tx.save_link(&mut after, now).await?;
    }
    tx.commit().await?;
    *link = after;
    deliver::tell_pages(engine, link);
    if let Some(delivery) = delivery {
        deliver::planned(engine, connection, sides, link, vec![delivery]).await?;
    }
    Ok(())
}

/// Both deleted: the pair is over, whatever the rules say. Otherwise it is told why it is not known to be.
async fn neither_is_shown(engine: &Engine, rules: &Rules, sides: &Sides, link: &mut Link) -> Result<(), SyncError> {
    let (servicenow, platform) = tokio::try_join!(
        sides.servicenow.gone(&link.servicenow_id),
        sides.platform.gone(link.record_on(Side::Platform)),
    )?;
    let of = [(Side::ServiceNow, &servicenow), (Side::Platform, &platform)];
    let [near, far] = of.map(|(side, gone)| in_words(rules, side, gone));
    if of.iter().any(|(_, gone)| !matches!(gone, Gone::Deleted { .. })) {
        return deliver::flag(engine, link, &format!("{near} {far}")).await;
    }
    let why = format!("{near} {far} The pair is over.");
    let story = Story::default().step(engine.clock.now(), why.clone());
    let mut tx = engine.begin().await?;
    story::tell(engine.clock.as_ref(), &mut tx, link, None, KIND, &why, &story).await?;
    let after = take_apart(engine, &mut tx, link, Side::ServiceNow).await?;
    tx.commit().await?;
    *link = after;
    deliver::tell_pages(engine, link);
    Ok(())
}

/// The deletion is dealt with; what was not taken before is not wanted any longer.
async fn settle(engine: &Engine, tx: &mut Tx, after: &mut Link, from: Side) -> store::Result<()> {
    let now = engine.clock.now();
    after.gone = Some(from);
    tx.settle_letters(&queue::lane(&after.connection_id, &after.servicenow_id), now).await?;
    tx.save_link(after, now).await
}

/// The pair is not kept the same any longer, and asks nobody for anything. Answers the link as it is then.
pub(super) async fn take_apart(engine: &Engine, tx: &mut Tx, link: &Link, from: Side) -> store::Result<Link> {
    let mut after = Link { state: LinkState::Unlinked, note: String::new(), ..link.clone() };
    for rule in tx.withdraw_conflicts(&link.id, engine.clock.now()).await? {
        let says = format!("The pair is over, so nobody needs to choose a value for {rule}.");
        let story = Story::default().step(engine.clock.now(), says.clone());
        story::tell(engine.clock.as_ref(), tx, link, None, "conflict", &says, &story).await?;
    }
    settle(engine, tx, &mut after, from).await?;
    engine.news.tell("conflicts");
    Ok(after)
}

/// A deleted record shows again, and its partner stayed: the deletion is forgotten.
pub(super) async fn is_back(engine: &Engine, rules: &Rules, link: &mut Link, from: Side) -> Result<(), SyncError> {
    let says = format!("The record is back in {}: the pair is kept the same again.", rules.name_of(from));
    let story = Story::default().step(engine.clock.now(), says.clone());
    let mut after = Link { state: LinkState::Linked, gone: None, note: String::new(), ..link.clone() };
    let mut tx = engine.begin().await?;
    story::tell(engine.clock.as_ref(), &mut tx, link, None, KIND, &says, &story).await?;
    tx.save_link(&mut after, engine.clock.now()).await?;
    tx.commit().await?;
    *link = after;
    deliver::tell_pages(engine, link);
    Ok(())
}

/// News of a pair that is not kept the same any longer. A record that a deletion took out of it may be back: then the
/// pair goes on if both are there, and otherwise that is told once. A second partner is never made.
pub(super) async fn unlinked(
    engine: &Engine,
    rules: &Rules,
    sides: &Sides,
    link: &mut Link,
) -> Result<Round, SyncError> {
    let Some(from) = link.gone else { return Ok(Round::Quiet) };
    let to = from.other();
    if sides.on(from).fetch(link.record_on(from)).await?.is_none() {
        return Ok(Round::Quiet);
    }
    if sides.on(to).fetch(link.record_on(to)).await?.is_some() {
        is_back(engine, rules, link, from).await?;
        return Ok(Round::Moved(None));
    }
    let why = format!(
        "The record is back in {}, and {}'s is not: the two are not kept the same. Make a new record if the work goes on.",
        rules.name_of(from),
        rules.name_of(to)
    );
    let mut after = Link { gone: Some(to), ..link.clone() };
    let mut tx = engine.begin().await?;
    story::problem(engine, &mut tx, link, &why).await?;
    tx.save_link(&mut after, engine.clock.now()).await?;
    tx.commit().await?;
    *link = after;
    deliver::tell_pages(engine, link);
    Ok(Round::Quiet)
}
