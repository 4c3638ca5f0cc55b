//! Runs. A reconcile run looks at every link, and every record that has none, for drift; dry or healing. A backfill
//! pulls records from before the connection. The looks are jobs of the queue, so a link is held by one worker whoever
//! asked. A breaker stops a run that would touch too much.

use super::deliver::{new_entry, new_file};
use super::enter::{self, Asked};
use super::letters::{Held, Wanted};
use super::streams::{self, Missing};
use super::{Engine, Sides, SyncError, conflicts, files, gone, poll, reconcile, story};
use crate::clock::Clock;
use crate::connectors::dry_run::DryRun;
use crate::connectors::{ChangeStream, Seen};
use crate::queue::{self, After};
use crate::store::{
    Connection, Finding, Job, Link, LinkState, NEVER, Result as Stored, Run, RunState, StoreError, Tx, Upkeep, Urgency,
};
use futures::StreamExt;
use merge::{Decision, Outcome, Plan, Side, Write};
use std::sync::Arc;

/// Looks of one run that wait at a time, so that the queue stays short however many links there are.
const ROOM: i64 = 400;
const PAGE: i64 = 200;
/// How soon a run is looked after again while its looks are on their way.
const STEP_MS: i64 = 250;
/// Where a run is in the platform's list, this stands before the place.
const TICKETS: &str = "tickets";
/// Who begins a run that nobody asked for.
const TIMETABLE: &str = "the timetable";

/// What a run does about what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is only written down.
    Dry,
    Healing,
    /// Only records without a link are looked at, those made or updated from this moment on; they enter.
    Backfill {
        since: i64,
    },
}

/// Begins a run over all links, or a backfill; false while another of the connection is not over. Call `Wake::wake` after the commit.
pub async fn begin(
    tx: &mut Tx,
    connection: &str,
    links: i64,
    upkeep: &Upkeep,
    how: How,
    by: &str,
    clock: &dyn Clock,
) -> Stored<bool> {
    let now = clock.now();
    let (scan, since) = match how {
        How::Dry | How::Healing => ("links", 0),
        How::Backfill { since } => ("records", since),
    };
    let run = Run {
        id: clock.id(),
        connection_id: connection.to_owned(),
        dry: i64::from(how == How::Dry),
        state: RunState::Running,
        begun_by: by.to_owned(),
        begun_at: now,
        ended_at: 0,
        scan: scan.to_owned(),
        link_at: String::new(),
        record_at: String::new(),
        links,
        allowed: upkeep.allowed(links),
        queued: 0,
        touched: 0,
        differences: 0,
        since,
    };
    let begun = tx.add_run(&run).await?;
    if begun {
        queue::drive_at(tx, connection, &run.id, now, clock).await?;
    }
    Ok(begun)
}

/// The timetable of a connection: begins a run when one is due.
pub(super) async fn timetable(engine: &Engine, connection: &Connection) -> Result<After, SyncError> {
    let upkeep = engine.store.upkeep(&connection.id).await?;
    if upkeep.every_minutes <= 0 {
        return Ok(After::Done);
    }
    let now = engine.clock.now();
    let due = engine.store.last_run_at(&connection.id, TIMETABLE).await? + upkeep.every_minutes * 60_000;
    if now < due {
        return Ok(After::Again { at: due });
    }
    let links = engine.store.count_links(&connection.id).await?;
    let mut tx = engine.begin().await?;
    let how = if upkeep.heals { How::Healing } else { How::Dry };
    let begun = begin(&mut tx, &connection.id, links, &upkeep, how, TIMETABLE, engine.clock.as_ref()).await?;
    tx.commit().await?;
    if !begun {
        tracing::warn!(connection.id = %connection.id, "a reconcile run is due and another is not over; it is skipped");
    }
    engine.news.tell("drift");
    Ok(After::Again { at: now + upkeep.every_minutes * 60_000 })
}

/// Looks after a run: queues the next looks, takes up or drops those that were put aside, and ends it.
pub(super) async fn drive(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    id: &str,
) -> Result<After, SyncError> {
    let Some(mut run) = engine.store.run(id).await? else { return Ok(After::Done) };
    let soon = After::Again { at: engine.clock.now() + STEP_MS };
    let looks = engine.store.count_looks(id).await?;
    match run.state {
        // A person lets a stopped one go on and brings this job back.
        RunState::Done | RunState::Stopped => return Ok(After::Done),
        RunState::Cancelled => {
            let mut tx = engine.begin().await?;
            tx.drop_looks(id).await?;
            tx.commit().await?;
            return Ok(if looks == 0 { After::Done } else { soon });
        }
        RunState::Running => {}
    }
    if run.scan != "all" && looks < ROOM {
        queue_next(engine, connection, sides, &mut run).await?;
        engine.wake.wake();
        return Ok(soon);
    }
    let mut tx = engine.begin().await?;
    let is_over = run.scan == "all" && looks == 0;
    if is_over {
        tx.end_run(id, RunState::Done, engine.clock.now()).await?;
    } else {
        tx.take_up_looks(id, engine.clock.now()).await?;
    }
    tx.commit().await?;
    engine.news.tell("drift");
    Ok(if is_over { After::Done } else { soon })
}

/// The next page of links, or of records that have none.
async fn queue_next(engine: &Engine, connection: &Connection, sides: &Sides, run: &mut Run) -> Result<(), SyncError> {
    let records: Vec<String> = if run.scan == "links" {
        let page = engine.store.links_after(&connection.id, &run.link_at, PAGE).await?;
        match page.last() {
            Some((id, _)) => run.link_at.clone_from(id),
            None => "records".clone_into(&mut run.scan),
        }
        page.into_iter().map(|(_, record)| record).collect()
    } else {
        without_link(engine, connection, sides, run).await?
    };
    let mut tx = engine.begin().await?;
    // A run that was stopped or cancelled meanwhile queues nothing.
    match tx.advance_run(run, i64::try_from(records.len()).unwrap_or_default()).await {
        Err(StoreError::Stale) => return Ok(tx.undo().await?),
        other => other?,
    }
    let records = records.iter().map(|record| (connection.id.as_str(), record.as_str()));
    queue::look_at_for(&mut tx, records, Urgency::Bulk, &run.id, engine.clock.as_ref()).await?;
    Ok(tx.commit().await?)
}

/// Those of the next page of records that have no link: of ServiceNow's, and then of the platform's where they become
/// records.
async fn without_link(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    run: &mut Run,
) -> Result<Vec<String>, SyncError> {
    let (side, place) = match run.record_at.strip_prefix(TICKETS) {
        Some(place) => (Side::Platform, place),
        None => (Side::ServiceNow, run.record_at.as_str()),
    };
    // Whatever may enter was made, and so updated, since then.
    let since = if run.is_backfill() { run.since } else { connection.active_since };
    let page = sides.on(side).changed(ChangeStream::Records, since, poll::read_place(place).as_ref()).await?.seen;
    let tickets_follow = side == Side::ServiceNow && !run.is_backfill() && connection.rules.creates_in_servicenow();
    match (page.last(), side) {
        (Some(last), Side::ServiceNow) => run.record_at = poll::write_place(&last.place),
        (Some(last), Side::Platform) => run.record_at = format!("{TICKETS}{}", poll::write_place(&last.place)),
        (None, _) if tickets_follow => TICKETS.clone_into(&mut run.record_at),
        (None, _) => "all".clone_into(&mut run.scan),
    }
    let mut subjects = Vec::new();
    for Seen { id, .. } in page {
        let (link, subject) = match side {
            Side::ServiceNow => (engine.store.link_of(&connection.id, &id).await?, id),
            Side::Platform => (engine.store.link_of_ticket(&id).await?, queue::ticket(&id)),
        };
        if link.is_none() {
            subjects.push(subject);
        }
    }
    Ok(subjects)
}

/// One look that a run asked for.
pub(super) struct Look {
    run: Box<Run>,
    lane: String,
}

/// What a run's look finds when it begins.
pub(super) enum Begun {
    /// News asked, or a healing run does.
    Look(Option<Look>),
    Over(After),
}

impl Look {
    /// Of a job: a dry one is looked at here and now, a stopped run's waits, an ended one's is dropped.
    pub async fn of(engine: &Engine, connection: &Connection, sides: &Sides, job: &Job) -> Result<Begun, SyncError> {
        if job.run_id.is_empty() {
            return Ok(Begun::Look(None));
        }
        let Some(run) = engine.store.run(&job.run_id).await? else { return Ok(Begun::Over(After::Done)) };
        let look = Self { run: Box::new(run), lane: job.lane.clone() };
        let has_news = job.urgency == Urgency::Live;
        Ok(match look.run.state {
            RunState::Stopped if has_news && engine.store.link_of(&connection.id, &job.subject).await?.is_some() => {
                Begun::Look(None)
            }
            RunState::Stopped => Begun::Over(After::Again { at: NEVER }),
            RunState::Done | RunState::Cancelled if has_news => Begun::Look(None),
            RunState::Done | RunState::Cancelled => Begun::Over(After::Done),
            RunState::Running if look.run.is_dry() => {
                look.dry(engine, connection, sides, &job.subject).await?;
                Begun::Over(After::Done)
            }
            RunState::Running => Begun::Look(Some(look)),
        })
    }

    /// From when on records enter for it, if it is of a backfill.
    pub fn backfills_since(&self) -> Option<i64> {
        self.run.is_backfill().then_some(self.run.since)
    }

    /// A record that has no partner and enters.
    pub fn entering(&self, from: Side, number: &str) -> Finding {
        let (servicenow, platform) = match from {
            Side::ServiceNow => (number, ""),
            Side::Platform => ("", number),
        };
        let why = match (self.run.is_backfill(), from) {
            (true, _) => "It is from before the connection, and enters.",
            (false, Side::ServiceNow) => "The record may enter and has no ticket: the news of it was lost.",
            (false, Side::Platform) => "The ticket goes to ServiceNow, and its record is not made yet.",
        };
        Finding {
            rule: "link".to_owned(),
            servicenow: servicenow.to_owned(),
            platform: platform.to_owned(),
            why: why.to_owned(),
        }
    }

    /// In the transaction that stores the plan: whether the run may touch one more record.
    async fn touch(&self, tx: &mut Tx, link: Option<&str>, findings: &[Finding]) -> Stored<bool> {
        tx.touch(&self.run.id, &self.lane, link, findings).await
    }

    /// The breaker: nothing more is touched until a person says so.
    async fn stop(&self, engine: &Engine) -> Stored<SyncError> {
        let mut tx = engine.begin().await?;
        let stopped = tx.trip_breaker(&self.run.id).await?;
        tx.commit().await?;
        if stopped {
            tracing::error!(connection.id = %self.run.connection_id, run.id = %self.run.id, allowed = self.run.allowed, "a reconcile run would touch too many links; it is stopped until a person says whether it goes on");
        }
        engine.news.tell("drift");
        engine.news.moved(&self.run.connection_id);
        Ok(SyncError::Stopped)
    }

    /// Both sides are read, the merge decides, and what it would write is held back and written down.
    async fn dry(
        &self,
        engine: &Engine,
        connection: &Connection,
        sides: &Sides,
        record: &str,
    ) -> Result<(), SyncError> {
        let sides = Sides {
            servicenow: Arc::new(DryRun::new(sides.servicenow.clone())),
            platform: Arc::new(DryRun::new(sides.platform.clone())),
        };
        let link = engine.store.link_of(&connection.id, record).await?;
        let findings = match &link {
            None => would_enter(engine, self, connection, &sides, record).await?,
            Some(link) if link.state == LinkState::Unlinked => Vec::new(),
            Some(link) => drift_of(engine, connection, &sides, link).await?.writes,
        };
        if findings.is_empty() {
            return Ok(());
        }
        let mut tx = engine.begin().await?;
        self.touch(&mut tx, link.as_ref().map(|link| link.id.as_str()), &findings).await?;
        Ok(tx.commit().await?)
    }
}

/// The plan's transaction, if the run that asked for the look may touch the link as well; the breaker stops it otherwise.
/// `touched` is the look with what it found: without one, or with nothing found, there is nothing to count.
pub(super) async fn within_breaker(
    engine: &Engine,
    mut tx: Tx,
    link: &Link,
    touched: Option<(&Look, Vec<Finding>)>,
) -> Result<Tx, SyncError> {
    let Some((look, findings)) = touched.filter(|(_, findings)| !findings.is_empty()) else { return Ok(tx) };
    if look.touch(&mut tx, Some(&link.id), &findings).await? {
        return Ok(tx);
    }
    tx.undo().await?;
    Err(look.stop(engine).await?)
}

/// A record without a link that a lost change kept out.
async fn would_enter(
    engine: &Engine,
    look: &Look,
    connection: &Connection,
    sides: &Sides,
    record: &str,
) -> Result<Vec<Finding>, SyncError> {
    let asked = Asked::by(connection, Some(look));
    if let Some(ticket) = queue::ticket_of(record) {
        let (store, clock) = (&engine.store, engine.clock.as_ref());
        let entering = enter::link_of_ticket(store, clock, connection, sides, ticket, asked).await?;
        return Ok(entering.map(|(_, record)| look.entering(Side::Platform, &record.number)).into_iter().collect());
    }
    let Some(record) = sides.servicenow.fetch(record).await? else { return Ok(Vec::new()) };
    if enter::may_enter(connection, Side::ServiceNow, &record, asked).is_err() {
        return Ok(Vec::new());
    }
    let plan = merge::plan_creation(Side::ServiceNow, &record, &connection.rules);
    sides.platform.create(&record.id, &plan.fields_for(Side::Platform)).await?;
    Ok(vec![look.entering(Side::ServiceNow, &record.number)])
}

/// What a look at a link finds.
#[derive(Default)]
pub(super) struct Drift {
    pub writes: Vec<Finding>,
    /// Fields that wait for a person.
    pub waits: Vec<Finding>,
}

pub(super) async fn drift_of(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    link: &Link,
) -> Result<Drift, SyncError> {
    let mut seen = match reconcile::read_both(sides, link).await? {
        Ok(seen) => seen,
        Err(lost) => {
            let writes = gone::would(engine, &connection.rules, sides, link, lost).await?;
            return Ok(Drift { writes, ..Drift::default() });
        }
    };
    seen.take_cuts_as_whole(link, &connection.rules);
    let chosen = conflicts::resolutions(&engine.store.conflicts_of(&link.id).await?);
    let plan = merge::plan(&link.base, &seen.servicenow, &seen.platform, &connection.rules, &chosen);
    let held = Held::of(engine, link).await?;
    for (side, record) in [(Side::ServiceNow, &seen.servicenow), (Side::Platform, &seen.platform)] {
        let fields = merge::fields_of(writes(&plan, &held).map(|(_, write)| write).filter(|write| write.to == side));
        if !fields.is_empty() {
            sides.on(side).write(&record.id, &fields, &record.version).await?;
        }
    }
    let missing = streams::missing(engine, sides, link, &plan, &seen).await?;
    for entry in &missing {
        sides.on(entry.to).append(link.record_on(entry.to), &new_entry(entry.to, &entry.entry)).await?;
    }
    let files = files::missing(engine, link, &seen).await?;
    for file in files.iter().filter(|file| !held.holds(&Wanted::attach(file.to, &file.file))) {
        let nothing = futures::stream::empty().boxed();
        sides.on(file.to).attach(link.record_on(file.to), &new_file(file.to, &file.file), nothing).await?;
    }
    let waits = plan
        .refusals()
        .chain(plan.conflicts())
        .map(|(decision, sentence)| Finding { why: sentence.to_owned(), ..finding(connection, decision) });
    Ok(Drift { waits: waits.collect(), writes: findings(connection, &plan, &missing, &files, &held) })
}

fn finding(connection: &Connection, decision: &Decision) -> Finding {
    let line = story::line(&connection.rules, decision);
    let why = match &decision.outcome {
        Outcome::Write(write) => {
            format!("{} gets \"{}\". {}", connection.rules.name_of(write.to), line.result, line.why)
        }
        _ => line.why,
    };
    Finding { rule: line.field, servicenow: line.servicenow, platform: line.platform, why }
}

/// The field writes of a plan that no dead letter holds back, each with its rule.
fn writes<'a>(plan: &'a Plan, held: &'a Held) -> impl Iterator<Item = (&'a Decision, &'a Write)> + Clone + 'a {
    plan.decisions.iter().filter_map(move |decision| match &decision.outcome {
        Outcome::Write(write) if !held.holds(&Wanted::field(&decision.rule, write)) => Some((decision, write)),
        _ => None,
    })
}

/// What a plan would write, as drift: each field, and the entries and files that one side has not got.
pub(super) fn findings(
    connection: &Connection,
    plan: &Plan,
    entries: &[Missing],
    files: &[files::Missing],
    held: &Held,
) -> Vec<Finding> {
    let notes = plan.decisions.iter().filter(|decision| matches!(decision.outcome, Outcome::Note { .. }));
    let mut findings: Vec<Finding> = writes(plan, held)
        .map(|(decision, _)| decision)
        .chain(notes)
        .map(|decision| finding(connection, decision))
        .collect();
    for side in [Side::Platform, Side::ServiceNow] {
        let comments = entries.iter().filter(|entry| entry.to == side && entry.decision.is_none()).count();
        let files =
            files.iter().filter(|file| file.to == side && !held.holds(&Wanted::attach(side, &file.file))).count();
        for (what, count) in [("comments", comments), ("files", files)] {
            if count > 0 {
                findings.push(Finding {
                    rule: format!("{what} to {side}"),
                    servicenow: String::new(),
                    platform: String::new(),
                    why: format!("{side} has not got {count} of the {what} yet."),
                });
            }
        }
    }
    findings
}
