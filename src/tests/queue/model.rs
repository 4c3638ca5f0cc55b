//! The queue against a naive one: a list that is searched from end to end. Whatever people, sides, workers and deaths
//! do, both agree on who is next, and in the end everything that was asked for was done.

use crate::clock::Clock;
use crate::queue;
use crate::store::{Back, Job, State, Store, Urgency};
use crate::tests::support::{TurnedClock, connection, postgres};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};

const CONNECTIONS: usize = 3;
const RECORDS: usize = 4;
const LEASE_MS: i64 = 5000;

#[derive(Clone, Debug)]
enum Step {
    LookAt {
        connection: usize,
        record: usize,
        urgency: Urgency,
    },
    Claim,
    Done {
        which: usize,
    },
    /// The side failed, and perhaps said for how long.
    Fail {
        which: usize,
        wait_ms: i64,
        retry_after_ms: Option<i64>,
    },
    Bury {
        which: usize,
    },
    Pause {
        connection: usize,
    },
    Resume {
        connection: usize,
    },
    Turn {
        ms: i64,
    },
    FreeLeases,
}

fn step() -> impl Strategy<Value = Step> {
    let urgency = prop_oneof![Just(Urgency::Live), Just(Urgency::Bulk)];
    prop_oneof![
        6 => (0..CONNECTIONS, 0..RECORDS, urgency).prop_map(|(connection, record, urgency)| Step::LookAt { connection, record, urgency }),
        6 => Just(Step::Claim),
        3 => (0..8_usize).prop_map(|which| Step::Done { which }),
        2 => (0..8_usize, 0..3000_i64, proptest::option::of(0..3000_i64))
            .prop_map(|(which, wait_ms, retry_after_ms)| Step::Fail { which, wait_ms, retry_after_ms }),
        1 => (0..8_usize).prop_map(|which| Step::Bury { which }),
        1 => (0..CONNECTIONS).prop_map(|connection| Step::Pause { connection }),
        1 => (0..CONNECTIONS).prop_map(|connection| Step::Resume { connection }),
        3 => (1..2000_i64).prop_map(|ms| Step::Turn { ms }),
        1 => Just(Step::FreeLeases),
    ]
}

#[derive(Clone, Debug)]
struct Waiting {
    urgency: Urgency,
    run_at: i64,
    not_before: i64,
    buried: bool,
}

#[derive(Clone, Debug)]
struct Running {
    job: Job,
    not_before: i64,
    lease_until: i64,
}

/// By connection and record.
type Lane = (usize, usize);

#[derive(Default)]
struct Naive {
    paused: BTreeSet<usize>,
    waiting: BTreeMap<Lane, Waiting>,
    running: BTreeMap<Lane, Running>,
    /// Looked at, and not brought to its end since.
    owed: BTreeSet<Lane>,
}

impl Naive {
    fn look_at(&mut self, lane: Lane, urgency: Urgency, now: i64) {
        self.owed.insert(lane);
        let fresh = Waiting { urgency, run_at: now, not_before: 0, buried: false };
        let job = self.waiting.entry(lane).or_insert_with(|| fresh.clone());
        let at = now.max(job.not_before);
        if job.buried {
            *job = Waiting { run_at: at, not_before: job.not_before, ..fresh };
        } else {
            job.urgency = job.urgency.min(urgency);
            job.run_at = job.run_at.min(at);
        }
    }

    /// The place in the line of everything that may run now, the first at the top; what is equal may change places.
    fn line(&self, now: i64) -> Vec<((usize, Urgency, i64), Lane)> {
        let busy = |connection: usize| self.running.keys().filter(|lane| lane.0 == connection).count();
        let mut line: Vec<_> = self
            .waiting
            .iter()
            .filter(|(lane, job)| !job.buried && job.run_at <= now && !self.paused.contains(&lane.0))
            .filter(|(lane, _)| !self.running.contains_key(*lane))
            .map(|(lane, job)| ((busy(lane.0), job.urgency, job.run_at), *lane))
            .collect();
        line.sort();
        line
    }

    fn put_back(&mut self, lane: Lane, back: &Back<'_>) {
        let Some(ran) = self.running.remove(&lane) else { return };
        if let Some(twin) = self.waiting.get_mut(&lane) {
            if back.not_before > twin.not_before {
                twin.not_before = back.not_before;
                twin.run_at = twin.run_at.max(back.not_before);
            }
            return;
        }
        let job =
            Waiting { urgency: ran.job.urgency, run_at: back.run_at, not_before: back.not_before, buried: back.buried };
        self.waiting.insert(lane, job);
    }

    fn free_leases(&mut self, now: i64) {
        let ended: Vec<Lane> =
            self.running.iter().filter(|(_, ran)| ran.lease_until <= now).map(|(lane, _)| *lane).collect();
        for lane in ended {
            if let Some(ran) = self.running.remove(&lane) {
                self.waiting.entry(lane).or_insert(Waiting {
                    urgency: ran.job.urgency,
                    run_at: ran.job.run_at,
                    not_before: ran.not_before,
                    buried: false,
                });
            }
        }
    }

    /// The lane of a running job, whichever number a step has.
    fn nth_running(&self, which: usize) -> Option<Lane> {
        self.running.keys().nth(which % self.running.len().max(1)).copied()
    }
}

struct World<'a> {
    store: &'a Store,
    clock: &'a TurnedClock,
    connections: Vec<String>,
    naive: Naive,
}

impl World<'_> {
    async fn take(&mut self, step: &Step) {
        let now = self.clock.now();
        let mut tx = self.store.begin().await.expect("begins");
        match step {
            Step::LookAt { connection, record, urgency } => {
                let id = &self.connections[*connection];
                queue::look_at(&mut tx, id, &record.to_string(), *urgency, self.clock).await.expect("queued");
                self.naive.look_at((*connection, *record), *urgency, now);
            }
            Step::Claim => {
                let job = tx.claim_job("me", now, now + LEASE_MS).await.expect("asked");
                self.claimed(job, now);
            }
            Step::Done { which } => {
                if let Some(lane) = self.naive.nth_running(*which) {
                    let ran = self.naive.running.remove(&lane).expect("it runs");
                    tx.complete_job(&ran.job.id, "me").await.expect("completed");
                    if !self.naive.waiting.contains_key(&lane) {
                        self.naive.owed.remove(&lane);
                    }
                }
            }
            Step::Fail { which, wait_ms, retry_after_ms } => {
                let not_before = retry_after_ms.map_or(0, |wait| now + wait);
                let run_at = (now + wait_ms).max(not_before);
                let back = Back { run_at, not_before, buried: false, blamed: true, problem: "busy" };
                self.put_back(&mut tx, *which, &back).await;
            }
            Step::Bury { which } => {
                let back = Back { run_at: now, not_before: 0, buried: true, blamed: true, problem: "never" };
                self.put_back(&mut tx, *which, &back).await;
            }
            Step::Pause { connection } => {
                let id = &self.connections[*connection];
                tx.set_connection_state(id, State::Paused, "").await.expect("paused");
                self.naive.paused.insert(*connection);
            }
            Step::Resume { connection } => {
                let id = &self.connections[*connection];
                tx.set_connection_state(id, State::Active, "").await.expect("resumed");
                self.naive.paused.remove(connection);
            }
            Step::Turn { ms } => self.clock.turn(*ms),
            Step::FreeLeases => {
                tx.free_ended_leases(now).await.expect("freed");
                self.naive.free_leases(now);
            }
        }
        tx.commit().await.expect("committed");
    }

    async fn put_back(&mut self, tx: &mut crate::store::Tx, which: usize, back: &Back<'_>) {
        if let Some(lane) = self.naive.nth_running(which) {
            let id = self.naive.running[&lane].job.id.clone();
            tx.put_back_job(&id, "me", back).await.expect("put back");
            self.naive.put_back(lane, back);
        }
    }

    /// What the queue gave is first in the naive line too, and all that is said of it is true.
    fn claimed(&mut self, job: Option<Job>, now: i64) {
        let in_line = self.naive.line(now);
        let Some(job) = job else {
            assert!(in_line.is_empty(), "nothing was given, but {in_line:?} waits");
            return;
        };
        let connection = self.connections.iter().position(|id| *id == job.connection_id).expect("one of ours");
        let lane = (connection, job.subject.parse().expect("a number"));
        let (place, _) = in_line.iter().find(|(_, waiting)| *waiting == lane).expect("it waits");
        assert_eq!(*place, in_line[0].0, "{lane:?} was given, but {in_line:?} is the line");
        let waiting = self.naive.waiting.remove(&lane).expect("it waits");
        assert_eq!((job.urgency, job.run_at), (waiting.urgency, waiting.run_at));
        let running = Running { job, not_before: waiting.not_before, lease_until: now + LEASE_MS };
        assert!(self.naive.running.insert(lane, running).is_none(), "{lane:?} runs twice");
    }

    /// Everybody is awake, nothing fails any more: in the end nothing is owed.
    async fn settle(&mut self) {
        for connection in 0..CONNECTIONS {
            self.take(&Step::Resume { connection }).await;
        }
        self.clock.turn(60_000);
        self.take(&Step::FreeLeases).await;
        loop {
            self.take(&Step::Claim).await;
            if self.naive.running.is_empty() {
                break;
            }
            self.take(&Step::Done { which: 0 }).await;
        }
        let buried = |lane: &Lane| self.naive.waiting.get(lane).is_some_and(|job| job.buried);
        assert!(self.naive.owed.iter().all(buried), "{:?} was never looked at", self.naive.owed);
        assert!(self.naive.waiting.values().all(|job| job.buried));
        for connection in 0..CONNECTIONS {
            self.take(&Step::Pause { connection }).await;
        }
    }
}

fn agrees_with_the_naive_queue(store: impl AsyncFn() -> Store, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let clock = TurnedClock::at(1_800_000_000_000);
    let store = runtime.block_on(store());
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&proptest::collection::vec(step(), 1..80), |steps| {
        runtime.block_on(async {
            let mut connections = Vec::new();
            for _ in 0..CONNECTIONS {
                connections.push(connection(&store, &clock).await);
            }
            let mut world = World { store: &store, clock: &clock, connections, naive: Naive::default() };
            for step in &steps {
                world.take(step).await;
            }
            world.settle().await;
        });
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn agrees_with_the_naive_queue_on_sqlite() {
    agrees_with_the_naive_queue(async || Store::in_memory().await.expect("a database"), 100);
}

#[test]
fn agrees_with_the_naive_queue_on_postgres() {
    agrees_with_the_naive_queue(async || postgres().await.store.clone(), 15);
}
