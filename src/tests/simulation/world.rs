//! The simulated system: the real store, engine and workers between two platforms in memory. Chance decides who goes on,
//! who dies, what is heard and how much time passes.

use super::history::{History, Step, Weather};
use super::rules::USERS;
use super::watched::{Tale, Watched};
use crate::clock::{Clock, SharedClock};
use crate::connectors::memory::{ACCOUNT, BusinessRule, Memory, Traps};
use crate::connectors::{self, Failure};
use crate::news::News;
use crate::queue::{self, Wake, Worker};
use crate::store::{Change, Connection, Link, Source, Store, Urgency, pause};
use crate::sync::{Connectors, Engine, Sides};
use crate::tests::support::{TurnedClock, connection};
use async_trait::async_trait;
use merge::{Rules, Side, Value};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

/// 2026-11-21 12:00:00.300 UTC: no whole second.
const START: i64 = 1_795_262_400_300;
const POLL_EVERY: i64 = 20_000;
const LEASE: i64 = 120_000;
const NEAR: [&str; 11] = [
    "short_description",
    "description",
    "state",
    "impact",
    "category",
    "subcategory",
    "hold_reason",
    "close_notes",
    "correlation_id",
    "assigned_to",
    "mood",
];
const FAR: [&str; 8] = ["title", "description", "status", "severity", "kind", "reference", "owner", "mood"];
/// Where the next thing is a request: what is on the wire cannot be called back.
pub const ON_THE_WIRE: &str = "before a call";
/// More turns than any history needs to come to rest.
const PATIENCE: usize = 3_000;

/// What went wrong, in a sentence.
pub type Broken = String;

type Work = Pin<Box<dyn Future<Output = crate::store::Result<bool>> + Send>>;

/// One process: it lives until it is killed, and then another one takes its place.
struct Process {
    worker: Worker,
    work: Option<Work>,
    /// Where it was stopped last.
    place: &'static str,
    /// The machine sleeps: it does not go on, and its leases end.
    asleep: bool,
    /// It found nothing to do, and nothing has happened since.
    idle: bool,
}

/// News of a change, on its way to us.
#[derive(Clone)]
pub struct Hint {
    event: String,
    record: String,
}

/// A record that a person opened.
#[derive(Clone, Debug)]
pub struct Opened {
    pub side: Side,
    pub id: String,
}

/// A record that a person removed: when, and the number of the mapping that was in force.
pub struct Removed {
    pub at: i64,
    pub mapping: usize,
}

pub struct World {
    pub clock: Arc<TurnedClock>,
    pub store: Store,
    pub connection: String,
    pub servicenow: Arc<Memory>,
    pub platform: Arc<Memory>,
    /// Every mapping that was ever in force, the last one last.
    pub mappings: Vec<Rules>,
    /// What people opened, in order.
    pub records: Vec<Opened>,
    /// What people removed.
    pub removed: BTreeMap<String, Removed>,
    /// Of those, what we had made a moment before and did not know of yet: the answer was still on its way.
    pub removed_unknown: BTreeSet<String>,
    /// Records that a person's edit may have opened again, and when last it was there.
    pub reopened: BTreeMap<String, i64>,
    /// Somebody gave something up for good.
    pub somebody_discarded: bool,
    /// Something happened of which nobody tells: only looking at everything finds it.
    pub needs_a_look: bool,
    /// Fields that people changed, and mappings that they published: what writes may answer to.
    pub edits: usize,
    /// Some person emptied a field.
    pub somebody_emptied: bool,
    /// What a person chose last for a conflict, by record and rule, until somebody edits the field again.
    pub chosen: BTreeMap<(String, String), Value>,
    engine: Engine,
    processes: Vec<Process>,
    pub(super) hints: Vec<Hint>,
    pub(super) events: u64,
    touched: Arc<Mutex<Vec<String>>>,
    weather: Weather,
    dice: StdRng,
    tale: Tale,
}

struct Two {
    servicenow: Arc<Watched>,
    platform: Arc<Watched>,
}

#[async_trait]
impl Connectors for Two {
    async fn of(&self, _connection: &Connection, _urgency: connectors::Urgency) -> Result<Sides, Failure> {
        Ok(Sides { servicenow: self.servicenow.clone(), platform: self.platform.clone() })
    }
}

impl World {
    /// A connection that was just made, on a store that may hold others which are at rest.
    pub async fn new(store: Store, history: &History, tale: Tale) -> Self {
        let mut dice = StdRng::seed_from_u64(history.seed ^ 0xF00D);
        let clock = Arc::new(TurnedClock::with_chance(START, history.seed));
        let shared: SharedClock = clock.clone();
        let (near, far) = traps(history.weather, &mut dice);
        let servicenow = Arc::new(Memory::new("INC", &NEAR, shared.clone(), near));
        let platform = Arc::new(Memory::new("TKT", &FAR, shared.clone(), far));
        let touched: Arc<Mutex<Vec<String>>> = Arc::default();
        let watch = |name, memory: &Arc<Memory>, touched| {
            Arc::new(Watched { name, memory: memory.clone(), tale: tale.clone(), touched })
        };
        let two = Two {
            servicenow: watch("servicenow", &servicenow, touched.clone()),
            platform: watch("platform", &platform, Arc::default()),
        };
        let wake = Wake::default();
        let engine =
            Engine::new(store.clone(), shared.clone(), Arc::new(two), News::default(), wake.clone(), POLL_EVERY);
        let connection = connection(&store, &clock).await;
        let mut world = Self {
            processes: Vec::new(),
            mappings: Vec::new(),
            records: Vec::new(),
            removed: BTreeMap::new(),
            removed_unknown: BTreeSet::new(),
            reopened: BTreeMap::new(),
            somebody_discarded: false,
            hints: Vec::new(),
            needs_a_look: false,
            somebody_emptied: false,
            chosen: BTreeMap::new(),
            edits: 0,
            events: 0,
            weather: history.weather,
            clock,
            store,
            connection,
            servicenow,
            platform,
            engine,
            touched,
            dice,
            tale,
        };
        world.publish(&history.mapping).await;
        let mut tx = world.store.begin().await.expect("begins");
        tx.set_connection_authorized(&world.connection, ACCOUNT, 0).await.expect("stored");
        queue::poll_at(&mut tx, &world.connection, START, &*world.clock).await.expect("stored");
        tx.commit().await.expect("committed");
        for _ in 0..history.weather.workers {
            let process = world.process();
            world.processes.push(process);
        }
        world
    }

    fn process(&self) -> Process {
        let clock: SharedClock = self.clock.clone();
        Process {
            worker: Worker::new(self.store.clone(), clock, Wake::default()),
            work: None,
            place: "",
            asleep: false,
            idle: false,
        }
    }

    pub(super) fn tell(&self, line: impl FnOnce() -> String) {
        let now = self.clock.now();
        self.tale.tell(|| format!("{} {}", crate::clock::format_moment(now, "%H:%M:%S%.3f"), line()));
    }

    /// A step of the history, and then a while in which anything may happen.
    pub async fn live(&mut self, step: &Step, seed: u64) -> Result<(), Broken> {
        self.dice = StdRng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(step.number));
        self.tell(|| format!("{}. {:?}", step.number, step.act));
        self.act(&step.act).await?;
        if step.at_once {
            return Ok(());
        }
        for _ in 0..self.dice.random_range(0..25) {
            self.chance().await?;
        }
        Ok(())
    }

    /// Whatever comes next: mostly somebody works on.
    async fn chance(&mut self) -> Result<(), Broken> {
        let who = self.dice.random_range(0..self.processes.len());
        match self.dice.random_range(0..100) {
            0..78 => self.work_on(who).await,
            78..88 => self.hear().await,
            88..96 => {
                let ms = self.dice.random_range(0..1_500);
                self.turn(ms).await;
                Ok(())
            }
            96..98 => {
                let ms = self.dice.random_range(5_000..40_000);
                self.turn(ms).await;
                Ok(())
            }
            98 => {
                if self.weather.crashes {
                    self.crash(who).await;
                }
                Ok(())
            }
            _ => {
                if self.processes[who].asleep {
                    self.wake(who);
                } else if self.weather.sleeps {
                    self.fall_asleep(who).await;
                }
                Ok(())
            }
        }
    }

    /// Lets a process go on to the next place where it may be stopped.
    async fn work_on(&mut self, who: usize) -> Result<(), Broken> {
        if self.is_at_rest(who) {
            return Ok(());
        }
        let engine = self.engine.clone();
        let process = &mut self.processes[who];
        let worker = process.worker.clone();
        let work = process.work.get_or_insert_with(|| {
            Box::pin(async move {
                let run = |job| {
                    let engine = engine.clone();
                    async move { engine.run(job).await }
                };
                worker.run_one(&run).await
            })
        });
        loop {
            // One at a time: pending without a place means that the database works, and nobody else moves meanwhile.
            pause::watch(true);
            let step = poll_fn(|context| match work.as_mut().poll(context) {
                Poll::Ready(done) => Poll::Ready(Err(done)),
                Poll::Pending => pause::take().map_or(Poll::Pending, |place| Poll::Ready(Ok(place))),
            })
            .await;
            pause::watch(false);
            match step {
                // Inside a transaction nobody else can move, but the process may die.
                Ok(pause::BEFORE_COMMIT) => {
                    if self.weather.crashes && self.dice.random_ratio(1, 60) {
                        self.crash(who).await;
                        return Ok(());
                    }
                }
                Ok(place) => {
                    self.processes[who].place = place;
                    break;
                }
                Err(done) => {
                    self.processes[who].work = None;
                    match done {
                        Ok(true) => self.stir(),
                        // Nor would anybody else.
                        Ok(false) => self.processes.iter_mut().for_each(|process| process.idle = true),
                        Err(error) => return Err(format!("the queue answered: {error}")),
                    }
                    break;
                }
            }
        }
        let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
        for id in touched {
            self.happened(&id);
        }
        Ok(())
    }

    /// The process is killed where it stands, and another one starts.
    async fn crash(&mut self, who: usize) {
        if self.processes[who].work.is_some() {
            self.tell(|| format!("process {who} is killed"));
            self.processes[who] = self.process();
            // What it left of a transaction is undone by the next one, which is this, before anybody reads.
            self.store.begin().await.expect("begins").commit().await.expect("committed");
        }
    }

    /// The process sleeps for longer than its lease, and goes on later. Not with a request on the wire, which would arrive.
    async fn fall_asleep(&mut self, who: usize) {
        if self.processes[who].work.is_some() && self.processes[who].place != ON_THE_WIRE {
            self.tell(|| format!("process {who} falls asleep"));
            self.processes[who].asleep = true;
            self.turn(LEASE + 1_000).await;
        }
    }

    fn wake(&mut self, who: usize) {
        if std::mem::take(&mut self.processes[who].asleep) {
            self.tell(|| format!("process {who} wakes up"));
        }
    }

    /// Something may be due: nobody is idle any more.
    pub(super) fn stir(&mut self) {
        for process in &mut self.processes {
            process.idle = false;
        }
    }

    /// Time passes. Processes that are awake keep their leases meanwhile; what the dead and the sleeping held becomes free.
    pub(super) async fn turn(&mut self, ms: i64) {
        let is_at_work = |process: &&Process| process.work.is_some() && !process.asleep;
        let mut keepers: Vec<Worker> =
            self.processes.iter().filter(is_at_work).map(|process| process.worker.clone()).collect();
        let mut left = ms;
        // Who holds nothing only frees what others held, and once is enough for that.
        let step = if keepers.is_empty() { ms } else { LEASE / 3 };
        if keepers.is_empty() {
            keepers.push(self.process().worker);
        }
        while left > 0 {
            let part = left.min(step);
            self.clock.turn(part);
            left -= part;
            for keeper in &keepers {
                keeper.renew_and_free().await.expect("leases are kept");
            }
        }
        self.tell(|| format!("{ms} ms later"));
        self.stir();
    }

    /// ServiceNow's business rule tells of a change: or not, or twice, or late.
    pub(super) fn happened(&mut self, record: &str) {
        self.events += 1;
        let hint = Hint { event: format!("event {}", self.events), record: record.to_owned() };
        if self.weather.lost_news && self.dice.random_bool(0.3) {
            return;
        }
        if self.weather.lost_news && self.dice.random_bool(0.2) {
            self.hints.push(hint.clone());
        }
        self.hints.push(hint);
    }

    pub(super) async fn hear(&mut self) -> Result<(), Broken> {
        if self.hints.is_empty() {
            return Ok(());
        }
        let which = if self.weather.lost_news { self.dice.random_range(0..self.hints.len()) } else { 0 };
        let hint = self.hints.remove(which);
        self.keep(&hint.event, &hint.record, Source::Webhook, Side::ServiceNow).await.map_err(|error| error.to_string())
    }

    /// As the intake keeps a webhook and Desk keeps an edit: the change and the look, in one transaction.
    pub(super) async fn keep(
        &mut self,
        event: &str,
        record: &str,
        source: Source,
        side: Side,
    ) -> crate::store::Result<()> {
        let (id, now) = (self.clock.id(), self.clock.now());
        let change = Change {
            id: &id,
            connection_id: &self.connection,
            event_key: event,
            source,
            side,
            record_id: record,
            arrived_at: now,
        };
        let mut tx = self.store.begin().await?;
        if tx.keep_change(&change).await? {
            queue::look_at(&mut tx, &self.connection, record, Urgency::Live, &*self.clock).await?;
        }
        tx.commit().await?;
        self.stir();
        Ok(())
    }

    pub async fn link(&self, opened: &Opened) -> Option<Link> {
        let link = match opened.side {
            Side::ServiceNow => self.store.link_of(&self.connection, &opened.id).await,
            Side::Platform => self.store.link_of_ticket(&opened.id).await,
        };
        link.expect("readable")
    }

    /// What is looked at: the record of ServiceNow, or the ticket that has none.
    pub async fn subject(&self, opened: &Opened) -> String {
        match (self.link(opened).await, opened.side) {
            (Some(link), _) => link.servicenow_id,
            (None, Side::ServiceNow) => opened.id.clone(),
            (None, Side::Platform) => queue::ticket(&opened.id),
        }
    }

    pub fn memory(&self, side: Side) -> &Memory {
        match side {
            Side::ServiceNow => &self.servicenow,
            Side::Platform => &self.platform,
        }
    }

    pub fn rules(&self) -> &Rules {
        self.mappings.last().expect("published")
    }

    pub fn is_closed(&self, side: Side, id: &str) -> bool {
        let rule = self.rules().rule("status").expect("mapped");
        let record = self.memory(side).truth(id).unwrap_or_default();
        rule.canonical(side, &record) == Ok(Some(Value::choice("Closed")))
    }

    /// The record on that side, if it is known there, and what is looked at for it.
    pub(super) async fn on(&self, side: Side, record: usize) -> Option<(String, String)> {
        let opened = self.records.get(record % self.records.len().max(1))?;
        let subject = self.subject(opened).await;
        if opened.side == side {
            return Some((opened.id.clone(), subject));
        }
        let link = self.link(opened).await?;
        match side {
            Side::ServiceNow => Some((link.servicenow_id, subject)),
            Side::Platform => Some((link.platform_id?, subject)),
        }
    }

    /// The dust settles: the weather is fine, everybody finishes, and every due poll has run.
    pub async fn settle(&mut self) -> Result<(), Broken> {
        self.tell(|| "the dust settles".into());
        self.weather.crashes = false;
        self.servicenow.change_traps(Traps::calm);
        self.platform.change_traps(Traps::calm);
        self.hints.clear();
        self.token_is_given().await;
        self.rest(false).await?;
        (0..self.processes.len()).for_each(|who| self.wake(who));
        // A job that the old token failed may hold the connection once more: the person comes back.
        self.rest(false).await?;
        self.token_is_given().await;
        self.rest(true).await?;
        // Leases of the dead end, what was to happen late has happened, and two polls have seen it.
        self.turn(LEASE + POLL_EVERY).await;
        self.rest(true).await?;
        self.turn(2 * POLL_EVERY).await;
        self.hints.clear();
        self.run_ends().await?;
        while self.compare_a_lost_entry().await {
            self.rest(true).await?;
        }
        Ok(())
    }

    /// Everybody works until no reconcile run is on its way.
    async fn run_ends(&mut self) -> Result<(), Broken> {
        for _ in 0..PATIENCE {
            self.rest(true).await?;
            if self.store.open_run(&self.connection).await.expect("readable").is_none() {
                return Ok(());
            }
            self.end_run(true).await;
            self.turn(1_000).await;
        }
        Err("the run never ends".into())
    }

    /// A healing run, or somebody, looks at every record.
    pub async fn look_at_everything(&mut self, by_a_run: bool) -> Result<(), Broken> {
        if by_a_run {
            self.tell(|| "a healing run looks at everything".into());
            self.begin_run(true, 1_000).await;
            return self.run_ends().await;
        }
        self.tell(|| "somebody looks at everything".into());
        let mut subjects = Vec::new();
        for opened in &self.records {
            subjects.push(self.subject(opened).await);
        }
        let mut tx = self.store.begin().await.expect("begins");
        for subject in &subjects {
            queue::look_at(&mut tx, &self.connection, subject, Urgency::Bulk, &*self.clock).await.expect("stored");
        }
        tx.commit().await.expect("committed");
        self.stir();
        self.rest(true).await
    }

    /// Everybody works until nothing is due; with `patient`, until nothing waits to be tried again.
    pub(super) async fn rest(&mut self, patient: bool) -> Result<(), Broken> {
        for _ in 0..PATIENCE {
            if let Some(who) = (0..self.processes.len()).find(|who| !self.is_at_rest(*who)) {
                self.work_on(who).await?;
                continue;
            }
            let (waiting, buried) = self.store.count_jobs(&self.connection).await.expect("readable");
            if !patient || waiting == 0 {
                return if buried == 0 { Ok(()) } else { Err("a job is buried, and nobody will try again".into()) };
            }
            // The looks of a run that stopped wait for a person.
            if self.end_run(true).await {
                continue;
            }
            let next = self.store.next_job_at().await.expect("readable").unwrap_or(0);
            let wait = (next - self.clock.now()).clamp(1_000, LEASE);
            self.turn(wait).await;
        }
        Err("it never comes to rest".into())
    }

    fn is_at_rest(&self, who: usize) -> bool {
        let process = &self.processes[who];
        process.asleep || process.idle && process.work.is_none()
    }
}

fn traps(weather: Weather, dice: &mut StdRng) -> (Traps, Traps) {
    let mut near = Traps { page: dice.random_range(1..3), ..Traps::of_servicenow() };
    near.hides_field_times = dice.random_bool(0.5);
    near.keeps_no_audit = dice.random_bool(0.5);
    near.silent_about_gone = dice.random_bool(0.5);
    near.skew_ms = dice.random_range(-3_000..3_000);
    near.business_rules.push(BusinessRule {
        on: "state".into(),
        is: Value::choice("8"),
        sets: "hold_reason".into(),
        to: Value::Empty,
    });
    let mut far = Traps::default();
    for (traps, users) in [(&mut near, USERS[0]), (&mut far, USERS[1])] {
        traps.users.extend(users.map(str::to_owned));
    }
    if weather.faults {
        near.busy = 30;
        near.limited = 20;
        near.lost_requests = 30;
        near.lost_responses = 40;
        near.late_appends = 60;
        far.busy = 20;
        far.lost_requests = 20;
        far.lost_responses = 30;
    }
    if weather.odd_fields {
        match dice.random_range(0..6) {
            0 => drop(near.drops.insert("short_description".into())),
            1 => drop(near.refuses.insert("description".into())),
            2 => drop(near.cuts.insert("short_description".into(), 6)),
            3 => near.largest_file = 10,
            4 => far.largest_file = 10,
            _ => drop(far.refuses.insert("status".into())),
        }
    }
    (near, far)
}
