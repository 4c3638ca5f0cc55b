//! A job that fails: tried again by itself, as late as the side asked, and never twice for one failure.

use super::{Database, clock, connection, look_at, on_both_databases, set_state};
use crate::clock::Clock;
use crate::queue::{After, Wake, Worker, delay};
use crate::store::State;
use std::cell::RefCell;
use std::sync::Arc;

on_both_databases!(
    a_failing_job_waits_as_long_as_asked_and_is_done_once,
    a_job_that_met_a_stopped_connection_is_not_blamed,
);

async fn a_failing_job_waits_as_long_as_asked_and_is_done_once(database: Database) {
    let clock = Arc::new(clock());
    let connection = connection(&database.store, &clock).await;
    look_at(&database, &clock, &connection, "r1").await;
    let worker = Worker::new(database.store.clone(), clock.clone(), Wake::default());
    let asked = [None, Some(5000), None, Some(0), Some(3_600_000), None];
    let answers = RefCell::new(asked.iter());
    let tries = RefCell::new(0);
    let run = |_| {
        *tries.borrow_mut() += 1;
        let after = match answers.borrow_mut().next() {
            Some(after_ms) => After::Retry { why: "busy".into(), after_ms: *after_ms },
            None => After::Done,
        };
        std::future::ready(after)
    };
    for (attempts, asked) in (0..).zip(asked) {
        let failed_at = clock.now();
        assert!(worker.run_one(&run).await.expect("goes on"));
        let again = database.store.next_job_at().await.expect("readable").expect("it waits");
        let wait = again - failed_at;
        assert!(asked.unwrap_or(0) <= wait && wait <= delay(attempts, asked, u32::MAX), "{wait} after {attempts}");
        if wait > 0 {
            clock.turn(wait - 1);
            assert!(!worker.run_one(&run).await.expect("goes on"), "not before its time");
            clock.turn(1);
        }
        // Stopped and started in between, it neither runs nor is forgotten.
        set_state(&database, &connection, State::Paused).await;
        assert!(!worker.run_one(&run).await.expect("goes on"));
        set_state(&database, &connection, State::Active).await;
    }
    assert!(worker.run_one(&run).await.expect("goes on"));
    assert!(!worker.run_one(&run).await.expect("goes on"), "done is done");
    assert_eq!(*tries.borrow(), asked.len() + 1);
    assert_eq!(database.store.count_jobs(&connection).await.expect("readable"), (0, 0));
}

async fn a_job_that_met_a_stopped_connection_is_not_blamed(database: Database) {
    let clock = Arc::new(clock());
    let connection = connection(&database.store, &clock).await;
    look_at(&database, &clock, &connection, "r1").await;
    let worker = Worker::new(database.store.clone(), clock.clone(), Wake::default());
    let attempts = RefCell::new(Vec::new());
    let run = |job: crate::store::Job| {
        attempts.borrow_mut().push(job.attempts);
        std::future::ready(After::Wait { why: "stopped".into() })
    };
    for _ in 0..3 {
        assert!(worker.run_one(&run).await.expect("goes on"));
    }
    assert_eq!(*attempts.borrow(), [0, 0, 0]);
}
