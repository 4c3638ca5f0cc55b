//! A ticket on its way to ServiceNow whose process is killed at each place where it can be: the record is made once, and
//! all that the ticket has is on it once.

use super::alone;
use super::watched::{Tale, Watched};
use super::world::ON_THE_WIRE;
use crate::clock::SharedClock;
use crate::connectors::memory::{ACCOUNT, Memory, Traps};
use crate::connectors::{Failure, Urgency as Pace};
use crate::news::News;
use crate::queue::{self, Wake, Worker};
use crate::store::{Connection, Finding, Job, Link, RunState, Store, Upkeep, Urgency, pause};
use crate::sync::{Connectors, Engine, Sides, runs};
use crate::tests::support::{TurnedClock, connection};
use async_trait::async_trait;
use merge::{Rules, Side, Stream, Value};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

/// 2026-11-21 12:00:00.300 UTC: no whole second.
const START: i64 = 1_795_262_400_300;
/// Longer than a lease, and than a lost request may live on.
pub(super) const LONG: i64 = 130_000;

pub(super) type Work = Pin<Box<dyn Future<Output = crate::store::Result<()>>>>;

/// Two platforms in memory, joined by a connection.
pub(super) struct Joined {
    pub clock: Arc<TurnedClock>,
    pub store: Store,
    pub connection: String,
    pub servicenow: Arc<Memory>,
    pub platform: Arc<Memory>,
    pub engine: Engine,
    /// Records of ServiceNow that we touched: its business rule tells of that as well.
    touched: Arc<Mutex<Vec<String>>>,
}

struct Two(Sides);

#[async_trait]
impl Connectors for Two {
    async fn of(&self, _connection: &Connection, _pace: Pace) -> Result<Sides, Failure> {
        Ok(self.0.clone())
    }
}

impl Joined {
    pub async fn by(rules: &Rules, seed: u64) -> Self {
        let store = Store::in_memory().await.expect("a database");
        let clock = Arc::new(TurnedClock::with_chance(START, seed));
        let shared: SharedClock = clock.clone();
        let memory = |name: &str, side: Side, traps: Traps| {
            let fields = if side == Side::ServiceNow { rules.servicenow_fields() } else { rules.platform_fields() };
            let columns: Vec<&str> = fields.iter().map(String::as_str).collect();
            Arc::new(Memory::new(name, &columns, shared.clone(), traps))
        };
        let servicenow = memory("INC", Side::ServiceNow, Traps::of_servicenow());
        let platform = memory("TKT", Side::Platform, Traps::default());
        let touched: Arc<Mutex<Vec<String>>> = Arc::default();
        let watch = |name, memory: &Arc<Memory>, touched: &Arc<Mutex<Vec<String>>>| {
            Arc::new(Watched { name, memory: memory.clone(), tale: Tale::default(), touched: touched.clone() })
        };
        let two = Two(Sides {
            servicenow: watch("servicenow", &servicenow, &touched),
            platform: watch("platform", &platform, &Arc::default()),
        });
        let engine = Engine::new(store.clone(), shared, Arc::new(two), News::default(), Wake::default(), 20_000);
        let connection = connection(&store, &clock).await;
        let mut tx = store.begin().await.expect("begins");
        tx.publish_rules(&connection, rules).await.expect("kept");
        tx.commit().await.expect("committed");
        Self { clock, store, connection, servicenow, platform, engine, touched }
    }

    pub fn worker(&self) -> Worker {
        Worker::new(self.store.clone(), self.clock.clone(), Wake::default())
    }

    /// A process that does all that is due.
    pub fn work(&self) -> Work {
        let (worker, engine) = (self.worker(), self.engine.clone());
        Box::pin(async move {
            let run = |job: Job| {
                let engine = engine.clone();
                async move { engine.run(job).await }
            };
            while worker.run_one(&run).await? {}
            Ok(())
        })
    }

    pub async fn look_at(&self, record: &str) {
        let mut tx = self.store.begin().await.expect("begins");
        queue::look_at(&mut tx, &self.connection, record, Urgency::Live, &*self.clock).await.expect("queued");
        tx.commit().await.expect("committed");
    }

    /// A record of ServiceNow with its ticket.
    pub async fn pair(&self) -> (String, String) {
        let fields = [("category", Value::choice("inquiry")), ("short_description", Value::text("as it began"))];
        let record = self.servicenow.open("Beth", fields.map(|(field, value)| (field.to_owned(), value)).into());
        self.look_at(&record).await;
        self.settle().await;
        let link = self.link_of(&record).await;
        (record, link.platform_id.expect("made"))
    }

    pub async fn link_of(&self, record: &str) -> Link {
        self.store.link_of(&self.connection, record).await.expect("readable").expect("linked")
    }

    /// A process dies where it stands.
    pub async fn kill(&self, work: Work) {
        drop(work);
        self.store.begin().await.expect("begins").commit().await.expect("what it left is undone");
    }

    /// Whether a comment of the record was sent, and nobody knows what became of it.
    pub async fn is_appending(&self, record: &str) -> bool {
        let link = self.link_of(record).await;
        let open = self.store.open_deliveries(&link.id).await.expect("readable");
        open.iter().any(|delivery| delivery.kind == "append" && delivery.is_unsure())
    }

    /// Lets a process work until it is about to send a comment of the record.
    pub async fn work_up_to_append(&self, work: &mut Work, record: &str) {
        while work_up_to(work, 0).await != Some(ON_THE_WIRE) || !self.is_appending(record).await {}
    }

    /// How many comments we have sent to ServiceNow.
    pub fn sent(&self, record: &str) -> usize {
        self.servicenow.true_entries(record).into_iter().filter(|entry| entry.author == ACCOUNT).count()
    }

    /// ServiceNow tells of what we did there, leases end, and another process does the rest.
    pub async fn settle(&self) {
        for _ in 0..4 {
            let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
            for record in touched {
                self.look_at(&record).await;
            }
            self.clock.turn(LONG);
            self.worker().renew_and_free().await.expect("freed");
            let rest = work_up_to(&mut self.work(), usize::MAX).await;
            assert_eq!(rest, None, "it came to rest");
        }
    }
}

/// Lets a process work up to its so-many-eth place; `None` when it came to its end before.
pub(super) async fn work_up_to(work: &mut Work, last: usize) -> Option<&'static str> {
    let mut passed = 0;
    loop {
        pause::watch(true);
        let step = poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Err(done)),
            Poll::Pending => pause::take().map_or(Poll::Pending, |place| Poll::Ready(Ok(place))),
        })
        .await;
        pause::watch(false);
        match step {
            Ok(place) if passed == last => return Some(place),
            Ok(_) => passed += 1,
            Err(done) => {
                done.expect("the queue answers");
                return None;
            }
        }
    }
}

/// Answers whether the work was done before the place.
async fn enters_once(place: usize) -> bool {
    let rules = Rules { create_in_servicenow: true, ..merge::incident_to_desk() };
    let joined = Joined::by(&rules, place as u64).await;
    let fields = [
        ("title", Value::text("Wages are late")),
        ("status", Value::choice("New")),
        ("kind", Value::choice("Payroll")),
    ];
    let ticket = joined.platform.open("Ada", fields.map(|(field, value)| (field.to_owned(), value)).into());
    joined.platform.comment(&ticket, Stream::Public, "Ada", "since Monday");
    joined.look_at(&queue::ticket(&ticket)).await;
    let mut first = joined.work();
    let at = work_up_to(&mut first, place).await;
    joined.kill(first).await;
    joined.look_at(&queue::ticket(&ticket)).await;
    joined.settle().await;
    let link = joined.store.link_of_ticket(&ticket).await.expect("readable").expect("linked");
    assert_eq!((joined.servicenow.made(), joined.platform.made()), (1, 0), "place {place}, {at:?}");
    assert_eq!(joined.store.count_links(&joined.connection).await.expect("readable"), 1, "place {place}, {at:?}");
    let record = joined.servicenow.truth(&link.servicenow_id).expect("made");
    assert_eq!(record.fields["short_description"], Value::text("Wages are late"));
    assert_eq!(joined.servicenow.true_entries(&record.id).len(), 1, "place {place}, {at:?}");
    assert_eq!(joined.platform.true_entries(&ticket).len(), 1, "place {place}, {at:?}");
    let there = joined.platform.truth(&ticket).expect("there");
    assert_eq!(there.fields["reference"].as_str(), record.number, "the number came back: place {place}, {at:?}");
    joined.store.close().await;
    at.is_none()
}

/// Begins a run and lets it come to its end; answers what it found.
async fn run(joined: &Joined, how: runs::How) -> Vec<Finding> {
    let mut tx = joined.store.begin().await.expect("begins");
    let begun = runs::begin(&mut tx, &joined.connection, 0, &Upkeep::default(), how, "Ada", &*joined.clock).await;
    assert!(begun.expect("stored"), "no other is open");
    tx.commit().await.expect("committed");
    let run = joined.store.open_run(&joined.connection).await.expect("readable").expect("begun");
    for _ in 0..20 {
        assert_eq!(work_up_to(&mut joined.work(), usize::MAX).await, None);
        joined.clock.turn(1_000);
    }
    assert_eq!(joined.store.run(&run.id).await.expect("readable").expect("there").state, RunState::Done);
    let lines = joined.store.findings(&run.id, 100, 0).await.expect("readable");
    lines.into_iter().map(|line| line.finding).collect()
}

#[test]
fn a_run_finds_a_ticket_of_which_nobody_heard() {
    alone(async {
        let rules = Rules { create_in_servicenow: true, ..merge::incident_to_desk() };
        let joined = Joined::by(&rules, 5).await;
        let ticket = |kind: &str| {
            let fields =
                [("title", Value::text("Wages")), ("status", Value::choice("New")), ("kind", Value::choice(kind))];
            joined.platform.open("Ada", fields.map(|(field, value)| (field.to_owned(), value)).into())
        };
        let (enters, stays) = (ticket("Payroll"), ticket("no such kind"));
        let found = run(&joined, runs::How::Dry).await;
        assert_eq!(found.iter().map(|one| one.platform.as_str()).collect::<Vec<_>>(), ["TKT0001"]);
        assert_eq!(joined.servicenow.made(), 0, "it was dry");
        let found = run(&joined, runs::How::Healing).await;
        assert_eq!(found.iter().map(|one| one.platform.as_str()).collect::<Vec<_>>(), ["TKT0001"]);
        assert_eq!(joined.servicenow.made(), 1);
        let link = joined.store.link_of_ticket(&enters).await.expect("readable").expect("linked");
        assert_eq!(link.servicenow_number, "INC0001");
        assert!(joined.store.link_of_ticket(&stays).await.expect("readable").is_none());
        assert!(run(&joined, runs::How::Healing).await.is_empty(), "and only once");
        joined.store.close().await;
    });
}

#[test]
fn a_ticket_becomes_one_record_wherever_its_process_dies() {
    let places = (0..10_000).find(|place| alone(enters_once(*place))).expect("an end");
    assert!(places > 20, "there were {places} places only");
}
