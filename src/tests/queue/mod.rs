//! The queue's promises, on SQLite and on PostgreSQL. `model` holds them against a naive queue.

mod fairness;
mod model;
mod processes;
mod retries;

use super::support::{Database, TurnedClock, connection, on_both_databases};
use crate::clock::Clock;
use crate::queue::{self, After, Wake, Worker};
use crate::store::{Back, Job, State, Urgency};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

on_both_databases!(
    many_changes_of_a_record_are_one_job,
    no_two_jobs_of_a_lane_run_at_once_and_every_job_runs_once,
    a_dead_workers_job_is_free_after_its_lease,
    who_lost_a_job_decides_nothing_about_it,
    who_takes_again_what_it_lost_is_another,
    a_lane_that_is_taken_has_nothing_due,
    a_look_of_a_run_never_stands_in_for_news,
    news_while_a_job_runs_makes_another_job,
    a_buried_job_wakes_up_with_news,
    a_job_that_panics_is_tried_again,
    a_job_whose_end_was_not_stored_becomes_free,
    jobs_of_a_stopped_connection_wait,
    a_worker_ends_one_job_and_takes_the_next_until_it_is_stopped,
);

fn clock() -> TurnedClock {
    TurnedClock::at(1_800_000_000_000)
}

fn back(run_at: i64) -> Back<'static> {
    Back { run_at, not_before: 0, buried: false, blamed: true, problem: "busy" }
}

async fn look_at(database: &Database, clock: &TurnedClock, connection: &str, record: &str) {
    look_at_all(database, clock, connection, &[record], Urgency::Live).await;
}

async fn look_at_all(database: &Database, clock: &TurnedClock, connection: &str, records: &[&str], urgency: Urgency) {
    let mut tx = database.store.begin().await.expect("begins");
    let records = records.iter().map(|record| (connection, *record));
    queue::look_at_all(&mut tx, records, urgency, clock).await.expect("queued");
    tx.commit().await.expect("committed");
}

async fn claim(database: &Database, clock: &TurnedClock, me: &str) -> Option<Job> {
    let mut tx = database.store.begin().await.expect("begins");
    let job = tx.claim_job(me, clock.now(), clock.now() + 1000).await.expect("asked");
    tx.commit().await.expect("committed");
    job
}

async fn set_state(database: &Database, connection: &str, state: State) {
    let mut tx = database.store.begin().await.expect("begins");
    tx.set_connection_state(connection, state, "").await.expect("set");
    tx.commit().await.expect("committed");
}

async fn many_changes_of_a_record_are_one_job(database: Database) {
    let clock = clock();
    let connection = connection(&database.store, &clock).await;
    for _ in 0..20 {
        look_at(&database, &clock, &connection, "r1").await;
    }
    assert_eq!(database.store.count_jobs(&connection).await.expect("readable"), (1, 0));
}

async fn no_two_jobs_of_a_lane_run_at_once_and_every_job_runs_once(database: Database) {
    let clock = std::sync::Arc::new(clock());
    let connection = connection(&database.store, &clock).await;
    for record in 0..30 {
        look_at(&database, &clock, &connection, &format!("r{record}")).await;
    }
    let running = std::sync::Arc::new(std::sync::Mutex::new((BTreeSet::new(), BTreeMap::<String, usize>::new())));
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..6 {
        let (store, clock, running) = (database.store.clone(), clock.clone(), running.clone());
        workers.spawn(async move {
            let me = format!("w{worker}");
            loop {
                let mut tx = store.begin().await.expect("begins");
                match tx.claim_job(&me, clock.now(), clock.now() + 1000).await {
                    Err(error) if error.is_duplicate() => {}
                    Err(error) => panic!("{error}"),
                    Ok(None) => break,
                    Ok(Some(job)) => {
                        if tx.commit().await.is_err() {
                            continue;
                        }
                        assert!(running.lock().expect("held").0.insert(job.lane.clone()), "{} runs twice", job.lane);
                        tokio::task::yield_now().await;
                        {
                            let mut both = running.lock().expect("held");
                            both.0.remove(&job.lane);
                            *both.1.entry(job.subject.clone()).or_default() += 1;
                        }
                        let mut tx = store.begin().await.expect("begins");
                        tx.complete_job(&job.id, &me).await.expect("completed");
                        tx.commit().await.expect("committed");
                    }
                }
            }
        });
    }
    while let Some(done) = workers.join_next().await {
        done.expect("no worker fails");
    }
    let ran = running.lock().expect("held").1.clone();
    assert_eq!(ran.len(), 30);
    assert!(ran.values().all(|times| *times == 1), "{ran:?}");
}

async fn a_dead_workers_job_is_free_after_its_lease(database: Database) {
    let clock = clock();
    let connection = connection(&database.store, &clock).await;
    look_at(&database, &clock, &connection, "r1").await;
    assert!(claim(&database, &clock, "dead").await.is_some());
    assert!(claim(&database, &clock, "alive").await.is_none());
    clock.turn(1001);
    let mut tx = database.store.begin().await.expect("begins");
    assert_eq!(tx.free_ended_leases(clock.now()).await.expect("freed"), 1);
    tx.commit().await.expect("committed");
    let job = claim(&database, &clock, "alive").await.expect("free again");
    // The dead one comes back late: its word no longer counts.
    let mut tx = database.store.begin().await.expect("begins");
    tx.complete_job(&job.id, "dead").await.expect("asked");
    tx.commit().await.expect("committed");
    assert_eq!(database.store.count_jobs(&connection).await.expect("readable"), (1, 0));
}

async fn who_lost_a_job_decides_nothing_about_it(database: Database) {
    let clock = std::sync::Arc::new(clock());
    let connection = connection(&database.store, &clock).await;
    let worker = Worker::new(database.store.clone(), clock.clone(), Wake::default());
    for after in [After::Again { at: 0 }, After::Done, After::Retry { why: "late".into(), after_ms: None }] {
        look_at(&database, &clock, &connection, "r1").await;
        // It sleeps for longer than its lease, and somebody else does the work meanwhile.
        let run = |_| async {
            clock.turn(120_001);
            let mut tx = database.store.begin().await.expect("begins");
            assert_eq!(tx.free_ended_leases(clock.now()).await.expect("freed"), 1);
            tx.commit().await.expect("committed");
            let job = claim(&database, &clock, "other").await.expect("free");
            let mut tx = database.store.begin().await.expect("begins");
            assert!(tx.complete_job(&job.id, "other").await.expect("asked"));
            tx.commit().await.expect("committed");
            after.clone()
        };
        assert!(worker.run_one(&run).await.expect("goes on"));
        assert_eq!(database.store.count_jobs(&connection).await.expect("readable"), (0, 0), "{after:?}");
    }
}

async fn who_takes_again_what_it_lost_is_another(database: Database) {
    let clock = std::sync::Arc::new(clock());
    let connection = connection(&database.store, &clock).await;
    look_at(&database, &clock, &connection, "r1").await;
    let worker = Worker::new(database.store.clone(), clock.clone(), Wake::default());
    // It sleeps for longer than its lease; another task of the same process takes the job, and has not ended it yet.
    let taken = Arc::new(tokio::sync::Notify::new());
    let again = || {
        let (worker, taken) = (worker.clone(), taken.clone());
        let run = move |_| {
            taken.notify_one();
            std::future::pending::<After>()
        };
        tokio::spawn(async move { worker.run_one(&run).await })
    };
    let run = |_| async {
        clock.turn(120_001);
        let mut tx = database.store.begin().await.expect("begins");
        assert_eq!(tx.free_ended_leases(clock.now()).await.expect("freed"), 1);
        tx.commit().await.expect("committed");
        again();
        taken.notified().await;
        After::Done
    };
    assert!(worker.run_one(&run).await.expect("goes on"));
    assert_eq!(database.store.count_jobs(&connection).await.expect("readable"), (1, 0), "it still runs");
}

async fn a_look_of_a_run_never_stands_in_for_news(database: Database) {
    let clock = clock();
    let connection = connection(&database.store, &clock).await;
    for dies in [true, false] {
        look_at(&database, &clock, &connection, "r1").await;
        let job = claim(&database, &clock, "me").await.expect("what news asked for");
        let mut tx = database.store.begin().await.expect("begins");
        let record = [(connection.as_str(), "r1")];
        queue::look_at_for(&mut tx, record, Urgency::Bulk, "a dry run", &clock).await.expect("queued");
        if !dies {
            tx.put_back_job(&job.id, "me", &back(clock.now())).await.expect("put back");
        }
        tx.commit().await.expect("committed");
        clock.turn(1001);
        let mut tx = database.store.begin().await.expect("begins");
        tx.free_ended_leases(clock.now()).await.expect("freed");
        tx.commit().await.expect("committed");
        let again = claim(&database, &clock, "me").await.expect("somebody looks");
        assert_eq!(again.run_id, "", "and not for the run alone");
        let mut tx = database.store.begin().await.expect("begins");
        tx.complete_job(&again.id, "me").await.expect("completed");
        tx.commit().await.expect("committed");
        assert_eq!(database.store.count_jobs(&connection).await.expect("readable"), (0, 0));
    }
}

async fn a_lane_that_is_taken_has_nothing_due(database: Database) {
    let clock = clock();
    let connection = connection(&database.store, &clock).await;
    look_at(&database, &clock, &connection, "r1").await;
    claim(&database, &clock, "me").await.expect("a job");
    look_at(&database, &clock, &connection, "r1").await;
    // A worker that was told otherwise would ask again and again.
    assert_eq!(database.store.next_job_at().await.expect("readable"), None);
    look_at(&database, &clock, &connection, "r2").await;
    assert_eq!(database.store.next_job_at().await.expect("readable"), Some(clock.now()));
}

async fn news_while_a_job_runs_makes_another_job(database: Database) {
    let clock = clock();
    let connection = connection(&database.store, &clock).await;
    look_at(&database, &clock, &connection, "r1").await;
    let first = claim(&database, &clock, "me").await.expect("the first");
    look_at(&database, &clock, &connection, "r1").await;
    assert!(claim(&database, &clock, "me").await.is_none(), "the lane is taken");
    // Put back for a retry, it meets its waiting twin and gives way.
    let mut tx = database.store.begin().await.expect("begins");
    tx.put_back_job(&first.id, "me", &back(clock.now() + 60_000)).await.expect("put back");
    tx.commit().await.expect("committed");
    assert_eq!(database.store.count_jobs(&connection).await.expect("readable"), (1, 0));
    assert!(claim(&database, &clock, "me").await.is_some(), "the twin is due at once");
}

async fn a_buried_job_wakes_up_with_news(database: Database) {
    let clock = clock();
    let connection = connection(&database.store, &clock).await;
    look_at(&database, &clock, &connection, "r1").await;
    let job = claim(&database, &clock, "me").await.expect("a job");
    let mut tx = database.store.begin().await.expect("begins");
    tx.put_back_job(&job.id, "me", &Back { buried: true, problem: "it never worked", ..back(clock.now()) })
        .await
        .expect("buried");
    tx.commit().await.expect("committed");
    assert_eq!(database.store.count_jobs(&connection).await.expect("readable"), (0, 1));
    let lane = database.store.lane_state(&job.lane).await.expect("readable");
    assert_eq!(lane, Some(("buried".to_owned(), "it never worked".to_owned())));
    look_at(&database, &clock, &connection, "r1").await;
    let again = claim(&database, &clock, "me").await.expect("awake");
    assert_eq!(again.attempts, 0);
}

async fn a_job_that_panics_is_tried_again(database: Database) {
    let clock = std::sync::Arc::new(clock());
    let connection = connection(&database.store, &clock).await;
    look_at(&database, &clock, &connection, "r1").await;
    let worker = Worker::new(database.store.clone(), clock.clone(), Wake::default());
    assert!(worker.run_one(&|_| async { panic!("a fault of ours") }).await.expect("goes on"));
    clock.turn(3_600_000);
    assert_eq!(claim(&database, &clock, "me").await.expect("free again").attempts, 1);
}

async fn a_job_whose_end_was_not_stored_becomes_free(database: Database) {
    let clock = std::sync::Arc::new(clock());
    let connection = connection(&database.store, &clock).await;
    look_at(&database, &clock, &connection, "r1").await;
    let worker = Worker::new(database.store.clone(), clock.clone(), Wake::default());
    // Claimed, but not running in the worker: as after an end that the database did not take.
    assert!(claim(&database, &clock, "a claim of its").await.is_some());
    clock.turn(1001);
    worker.renew_and_free().await.expect("looked after");
    assert!(claim(&database, &clock, "me").await.is_some());
}

async fn jobs_of_a_stopped_connection_wait(database: Database) {
    let clock = clock();
    let connection = connection(&database.store, &clock).await;
    look_at(&database, &clock, &connection, "r1").await;
    set_state(&database, &connection, State::Held).await;
    assert!(claim(&database, &clock, "me").await.is_none());
    assert_eq!(database.store.next_job_at().await.expect("readable"), None);
    set_state(&database, &connection, State::Active).await;
    assert!(claim(&database, &clock, "me").await.is_some());
}

async fn a_worker_ends_one_job_and_takes_the_next_until_it_is_stopped(database: Database) {
    let clock = Arc::new(clock());
    let connection = connection(&database.store, &clock).await;
    let records: Vec<String> = (0..20).map(|n| format!("r{n:02}")).collect();
    let names: Vec<&str> = records.iter().map(String::as_str).collect();
    look_at_all(&database, &clock, &connection, &names, Urgency::Live).await;
    let (hear, mut heard_of) = tokio::sync::mpsc::unbounded_channel();
    let worker = Worker::new(database.store.clone(), clock.clone(), Wake::default())
        .when_settled(move |job| hear.send(job.subject.clone()).expect("heard"));
    let stop = tokio_util::sync::CancellationToken::new();
    let ran = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (heard, last) = (ran.clone(), stop.clone());
    let run = move |job: Job| {
        let mut ran = heard.lock().expect("held");
        ran.push(job.subject);
        if ran.len() == 20 {
            last.cancel();
        }
        std::future::ready(After::Done)
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), worker.work(1, stop, run)).await.expect("it ends");
    assert_eq!(*ran.lock().expect("held"), records, "one lane keeps the order of what is equally due");
    assert_eq!(database.store.count_jobs(&connection).await.expect("readable"), (0, 0), "the last end is stored too");
    let mut settled = Vec::new();
    while let Some(record) = heard_of.recv().await {
        settled.push(record);
    }
    assert_eq!(settled, records, "pages hear of each end, once it is stored");
}
