//! Observe, plan, store: one round over one pair of records.

use super::deliver::{self, Part, Write};
use super::letters::{self, Held, Wanted};
use super::runs::{self, Look};
use super::streams::{self, Missing};
use super::{Engine, Round, Sides, SyncError, circles, conflicts, edits, enter, files, gone, people, story};
use crate::queue;
use crate::store::{Apart, Beside, Conflict, Connection, Delivery, Link, LinkState};
use merge::{Decision, Entry, FieldRule, Outcome, Plan, Record, Resolutions, Rules, Side};

/// Both sides as they were read, outside of any transaction.
#[derive(Debug)]
pub(super) struct Observed {
    pub servicenow: Record,
    pub servicenow_entries: Vec<Entry>,
    pub platform: Record,
    pub platform_entries: Vec<Entry>,
    pub files: files::Files,
}

impl Observed {
    /// Where nobody asks for entries and files.
    pub fn of_records(servicenow: Record, platform: Record) -> Self {
        let files = Ok(files::Both::default());
        Self { servicenow, servicenow_entries: Vec::new(), platform, platform_entries: Vec::new(), files }
    }

    pub fn on(&self, side: Side) -> &Record {
        match side {
            Side::ServiceNow => &self.servicenow,
            Side::Platform => &self.platform,
        }
    }

    pub fn on_mut(&mut self, side: Side) -> &mut Record {
        match side {
            Side::ServiceNow => &mut self.servicenow,
            Side::Platform => &mut self.platform,
        }
    }

    /// A text that a side could not keep whole counts there as the whole, until somebody edits it on either side. So the
    /// short one never flows back over the long one.
    pub(super) fn take_cuts_as_whole(&mut self, link: &Link, rules: &Rules) {
        for rule in &rules.fields {
            let Some(cut) = link.cuts.get(&rule.name) else { continue };
            let kept = rule.canonical(cut.side, self.on(cut.side));
            if kept == Ok(Some(cut.kept.clone())) && link.base.get(&rule.name) == Some(&cut.whole) {
                let field = rule.field_on(cut.side).to_owned();
                self.on_mut(cut.side).fields.insert(field, cut.whole.clone());
            }
        }
    }
}

/// What a plan sends.
struct Intended {
    /// In the order of sending.
    deliveries: Vec<Delivery>,
    /// All that it would write, held back or not.
    wanted: Vec<Wanted>,
    /// What is not written because something changes it back each time, with the sentence about it.
    circling: Vec<(Wanted, String)>,
    /// What is left as it is because a side lacks a user, in sentences.
    left: Vec<String>,
}

/// A link with both its records.
#[derive(Debug)]
pub(super) struct Pair {
    link: Link,
    beside: Beside,
    seen: Observed,
}

/// What is known before a round.
pub(super) enum Known {
    Nothing,
    /// The record's link, or that there is none.
    Link(Option<Box<(Link, Beside)>>),
    /// The pair as the round before left it.
    Pair(Box<Pair>),
}

/// Sends what is open, then looks at both sides and does what the merge says.
pub(super) async fn round(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    record: &str,
    look: Option<&Look>,
    known: Known,
) -> Result<Round, SyncError> {
    let Pair { mut link, mut beside, mut seen } = if let Known::Pair(pair) = known {
        *pair
    } else {
        if let Some(ticket) = queue::ticket_of(record) {
            return enter::ticket(engine, connection, sides, ticket, look).await;
        }
        if let Some(named) = queue::Named::of(record) {
            return enter::named(engine, connection, sides, named).await;
        }
        let lane = queue::lane(&connection.id, record);
        let link = match known {
            Known::Link(link) => link.map(|link| *link),
            _ => engine.store.link_to_sync(&connection.id, record, &lane).await?,
        };
        let Some((mut link, mut beside)) = link else {
            return enter::record(engine, connection, sides, record, look).await;
        };
        if link.state == LinkState::Unlinked {
            return gone::unlinked(engine, &connection.rules, sides, &mut link).await;
        }
        if beside.deliveries > 0 {
            // What is held there is no reason not to look: other fields flow on.
            let lost = deliver::left_over(engine, connection, sides, &mut link).await?;
            if link.state == LinkState::Unlinked {
                return Ok(Round::Quiet);
            }
            if let Some(lost) = lost {
                return gone::deal_with(engine, connection, sides, &mut link, lost, look).await;
            }
            beside = Beside { letters: i64::MAX, ..beside };
        }
        if link.platform_id.is_none() || link.awaits_record() {
            return enter::complete(engine, connection, sides, &mut link, look).await;
        }
        let seen = match read_both(sides, &link).await? {
            Ok(seen) => seen,
            Err(lost) => return gone::deal_with(engine, connection, sides, &mut link, lost, look).await,
        };
        if let Some(from) = link.gone {
            gone::is_back(engine, &connection.rules, &mut link, from).await?;
        }
        Pair { link, beside, seen }
    };
    seen.take_cuts_as_whole(&link, &connection.rules);
    let open = if beside.conflicts > 0 { engine.store.conflicts_of(&link.id).await? } else { Vec::new() };
    let held = if beside.letters > 0 { Held::of(engine, &link).await? } else { Held::default() };
    let chosen = conflicts::resolutions(&open);
    let rules = &connection.rules;
    let mut plan = merge::plan(&link.base, &seen.servicenow, &seen.platform, rules, &chosen);
    if edits::learn(sides, rules, &plan, &open, &mut seen).await? {
        plan = merge::plan(&link.base, &seen.servicenow, &seen.platform, rules, &chosen);
    }
    tell(connection, &link, &plan);
    let missing = streams::missing(engine, sides, &link, &plan, &seen).await?;
    let files = files::missing(engine, &link, &seen).await?;
    let missing = (missing, files);
    let kept = keep(engine, connection, sides, &mut link, &plan, (&open, held), missing, &seen, look).await?;
    let Some(deliveries) = kept else { return Ok(Round::Quiet) };
    if plan.decisions.iter().any(|decision| matches!(decision.outcome, Outcome::Conflict { .. })) {
        beside.conflicts = i64::MAX;
    }
    if !link.note.is_empty() {
        beside.letters = i64::MAX;
    }
    let delivered = deliver::planned(engine, connection, sides, &mut link, deliveries).await?;
    if delivered.held {
        return Ok(Round::Quiet);
    }
    // A side that answered with the whole record need not be read again, nor one that nothing was written to: an edit
    // that a person made there meanwhile, or a rule of the side, is a change of its own, and brings its own job. So it
    // is only planned again, on the answers. Entries are not in an answer, hence after an append both sides are read.
    Ok(Round::Moved(delivered.shown.map(|shown| {
        for (side, record) in shown {
            *seen.on_mut(side) = record;
        }
        Box::new(Pair { link, beside, seen })
    })))
}

/// Both sides as they stand, or the side that does not show its record.
pub(super) async fn read_both(sides: &Sides, link: &Link) -> Result<Result<Observed, gone::Lost>, SyncError> {
    let ticket = link.record_on(Side::Platform);
    let (servicenow, platform) =
        tokio::try_join!(sides.servicenow.whole(&link.servicenow_id), sides.platform.whole(ticket))?;
    Ok(match (servicenow, platform) {
        (Some(servicenow), Some(platform)) => Ok(Observed {
            servicenow: servicenow.record,
            servicenow_entries: servicenow.entries,
            platform: platform.record,
            platform_entries: platform.entries,
            files: files::both(servicenow.files, platform.files),
        }),
        (None, left) => Err(gone::Lost { from: Side::ServiceNow, left: left.map(|whole| whole.record) }),
        (left, None) => Err(gone::Lost { from: Side::Platform, left: left.map(|whole| whole.record) }),
    })
}

/// Stores the plan in one transaction that checks the link's version. Answers what is to be sent, its first already
/// stored as on its way; `None` when there is nothing to send and nothing was agreed.
#[expect(clippy::too_many_arguments, reason = "all that a round knows of the pair")]
async fn keep(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &mut Link,
    plan: &Plan,
    (open, held): (&[Conflict], Held),
    missing: (Vec<Missing>, Vec<files::Missing>),
    seen: &Observed,
    look: Option<&Look>,
) -> Result<Option<Vec<Delivery>>, SyncError> {
    let now = engine.clock.now();
    let findings = look.map(|look| (look, runs::findings(connection, plan, &missing.0, &missing.1, &held)));
    let chosen = conflicts::resolutions(open);
    let Intended { deliveries, wanted, circling, left } =
        intended(engine, connection, sides, link, plan, &chosen, missing, seen, &held).await?;
    let (waiting, settled) = held.divide(&wanted);
    let both = (&seen.servicenow, &seen.platform);
    let moves = conflicts::moves(link, open, plan, both, &connection.rules, engine.clock.as_ref());
    let mut after = link.clone();
    for decision in &plan.decisions {
        if let Outcome::Agree { value } = &decision.outcome {
            after.base.insert(decision.rule.clone(), value.clone());
        }
    }
    let unlisted = seen.files.as_ref().err().map_or("", String::as_str);
    let undecided = letters::sentences(
        plan.refusals().map(|(_, sentence)| sentence).chain(left.iter().map(String::as_str)).chain([unlisted]),
    );
    let is_news = !link.note.contains(&undecided);
    let problems = waiting.iter().map(|letter| &letter.problem).chain(circling.iter().map(|(_, why)| why));
    after.note = letters::sentences(problems.map(String::as_str).chain([undecided.as_str()]));
    after.cuts.retain(|rule, cut| after.base.get(rule) == Some(&cut.whole));
    after.apart = apart(plan, open, seen, &connection.rules);
    let agrees = after.base != link.base;
    if deliveries.is_empty() && settled.is_empty() && !agrees && moves.is_empty() && after.note == link.note {
        return Ok(None);
    }
    let touched = findings.filter(|_| !deliveries.is_empty());
    let mut tx = runs::within_breaker(engine, engine.begin().await?, link, touched).await?;
    for delivery in &deliveries {
        tx.add_delivery(delivery).await?;
    }
    conflicts::keep(engine.clock.as_ref(), &mut tx, link, &moves).await?;
    for letter in &settled {
        tx.settle_letter(&letter.id, now).await?;
    }
    if is_news {
        story::problem(engine, &mut tx, link, &undecided).await?;
    }
    for (wanted, why) in &circling {
        if letters::keep(engine, &mut tx, link, wanted, 0, why).await? {
            story::problem(engine, &mut tx, link, why).await?;
        }
    }
    tx.save_link(&mut after, now).await?;
    tx.commit().await?;
    *link = after;
    engine.news.tell("failures");
    engine.news.moved(&connection.id);
    if !moves.is_empty() {
        conflicts::tell_pages(engine, link);
    }
    Ok((!deliveries.is_empty() || agrees).then_some(deliveries))
}

/// What the sides hold of the fields on which they stay apart, and of those about which somebody was asked.
fn apart(plan: &Plan, open: &[Conflict], seen: &Observed, rules: &Rules) -> Apart {
    let stays = |rule: &str| {
        open.iter().any(|conflict| conflict.rule == rule)
            || plan.decisions.iter().any(|decision| {
                let outcome = &decision.outcome;
                decision.rule == rule
                    && matches!(outcome, Outcome::Conflict { .. } | Outcome::Leave | Outcome::Refuse { .. })
            })
    };
    let held = |side: Side, rule: &FieldRule| rule.canonical(side, seen.on(side)).ok().flatten();
    let staying = rules.fields.iter().filter(|rule| stays(&rule.name));
    staying
        .filter_map(|rule| Some((rule.name.clone(), (held(Side::ServiceNow, rule)?, held(Side::Platform, rule)?))))
        .collect()
}

/// All that a plan sends: what was not taken before is held back.
#[expect(clippy::too_many_arguments, reason = "all that a round knows")]
async fn intended(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &Link,
    plan: &Plan,
    chosen: &Resolutions,
    missing: (Vec<Missing>, Vec<files::Missing>),
    seen: &Observed,
    held: &Held,
) -> Result<Intended, SyncError> {
    let rules = &connection.rules;
    let (mut wanted, mut circling, mut left) = (Vec::new(), Vec::new(), Vec::new());
    let mut written = Vec::new();
    for (side, version) in [(Side::Platform, &seen.platform.version), (Side::ServiceNow, &seen.servicenow.version)] {
        let decisions = plan.decisions_for(side);
        let part = |decision: &Decision| {
            let rule = rules.fields.iter().find(|rule| rule.name == decision.rule)?;
            let before = rule.canonical(side, seen.on(side)).ok().flatten();
            let chosen = chosen.get(&decision.rule).map(|chosen| chosen.value.clone());
            Part::of(decision, &rules.notes, chosen, before)
        };
        let parts: Vec<Part> = decisions.iter().filter_map(part).collect();
        let (mut parts, unknown) = people::known(sides.on(side), side, parts).await?;
        left.extend(unknown);
        wanted.extend(parts.iter().map(Wanted::write));
        parts.retain(|part| !held.holds(&Wanted::write(part)));
        if !parts.is_empty() {
            written.push((side, decisions, parts, version.clone()));
        }
    }
    let (entries, files) = missing;
    if written.is_empty() && entries.is_empty() && files.is_empty() {
        return Ok(Intended { deliveries: Vec::new(), wanted, circling, left });
    }
    let now = engine.clock.now();
    let past = engine.store.past(link, circles::LOOK_BACK, now).await?;
    let mut writes = Vec::new();
    for (side, mut decisions, parts, version) in written {
        let by = |rule: &str| {
            let decision = decisions.iter().find(|decision| decision.rule == rule);
            decision.map(|decision| decision.by.by.clone()).unwrap_or_default()
        };
        let (parts, turning) = circles::divide(engine, connection, link, side, parts, &past.writes, by).await?;
        circling.extend(turning);
        decisions.retain(|decision| parts.iter().any(|part| part.rule == decision.rule));
        if !parts.is_empty() {
            writes.push((side, decisions, parts, version));
        }
    }
    let begin = |decisions: &[_]| {
        let story = story::Story::begin(&connection.rules, decisions, past.heard.clone(), now).unless_dealt_with(link);
        story.of_records(&seen.servicenow, &seen.platform)
    };
    let mut deliveries = Vec::new();
    let mut planned = |side: Side, kind: &str, payload: String| {
        deliveries.push(Delivery::planned(engine.clock.id(), &link.id, side, kind, payload, now));
    };
    for (side, decisions, parts, expected) in writes {
        let story = begin(&decisions);
        planned(side, "write", deliver::to_payload(&Write { parts, expected, gone: None, story }));
    }
    // What people added crosses in the order in which they did.
    let mut added: Vec<(i64, Side, &str, String)> = Vec::new();
    for entry in entries {
        let story = begin(entry.decision.as_slice());
        let append = entry.append(story);
        let appended = Wanted::append(&append);
        if !held.holds(&appended) && !held.awaits_an_entry(append.to) {
            added.push((append.entry.at, append.to, "append", deliver::to_payload(&append)));
        }
        wanted.push(appended);
    }
    for file in files {
        let (to, at) = (file.to, file.file.at);
        let attached = Wanted::attach(to, &file.file);
        let note = held.letter(&attached).map(|letter| file.note(letter, begin(&[])));
        wanted.push(attached);
        match note {
            None => added.push((at, to, "attach", deliver::to_payload(&file.attach(begin(&[]))))),
            Some(Some(note)) => {
                let told = Wanted::append(&note);
                if !held.holds(&told) {
                    added.push((at, to, "append", deliver::to_payload(&note)));
                }
                wanted.push(told);
            }
            Some(None) => {}
        }
    }
    added.sort_by_key(|(at, ..)| *at);
    for (_, to, kind, payload) in added {
        planned(to, kind, payload);
    }
    // Deliveries go out in the order of their ids, and ids of one millisecond fall as they may.
    let mut ids: Vec<String> = deliveries.iter().map(|delivery| delivery.id.clone()).collect();
    ids.sort();
    for (delivery, id) in deliveries.iter_mut().zip(ids) {
        delivery.id = id;
    }
    if let Some(first) = deliveries.first_mut() {
        first.mark_sending(now);
    }
    Ok(Intended { deliveries, wanted, circling, left })
}

/// A line per decision, for whoever turns on debug: names only, never a value.
pub(super) fn tell(connection: &Connection, link: &Link, plan: &Plan) {
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
