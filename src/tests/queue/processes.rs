//! Several processes on one database: any may die at any moment, and nothing is lost or done twice.

use super::{Database, clock, connection, look_at_all, on_both_databases};
use crate::queue::{After, Wake, Worker};
use crate::store::{Job, Store, Urgency};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

on_both_databases!(a_process_that_is_killed_loses_and_repeats_nothing,);

const RECORDS: usize = 60;
const LANES: usize = 4;

/// How often each record's job was begun and ended.
type Told = Arc<Mutex<BTreeMap<String, (usize, usize)>>>;

fn note(told: &Told, record: &str, ended: bool) {
    let mut told = told.lock().expect("held");
    let (begun, over) = told.entry(record.to_owned()).or_default();
    if ended { *over += 1 } else { *begun += 1 }
}

async fn a_process_that_is_killed_loses_and_repeats_nothing(database: Database) {
    let clock = Arc::new(clock());
    let connection = connection(&database.store, &clock).await;
    let records: Vec<String> = (0..RECORDS).map(|n| format!("r{n}")).collect();
    let names: Vec<&str> = records.iter().map(String::as_str).collect();
    look_at_all(&database, &clock, &connection, &names, Urgency::Live).await;
    let told = Told::default();

    // The first process takes a job in each of its lanes, and is killed while they run. Its news of it is lost.
    let doomed = Worker::new(Store::open(&database.url).await.expect("opens"), clock.clone(), Wake::default());
    let all_run = Arc::new(Barrier::new(LANES + 1));
    let mut lanes = JoinSet::new();
    for _ in 0..LANES {
        let (doomed, told, all_run) = (doomed.clone(), told.clone(), all_run.clone());
        lanes.spawn(async move {
            let run = |job: Job| {
                let (told, all_run) = (told.clone(), all_run.clone());
                async move {
                    note(&told, &job.subject, false);
                    all_run.wait().await;
                    std::future::pending::<After>().await
                }
            };
            doomed.run_one(&run).await
        });
    }
    all_run.wait().await;
    lanes.shutdown().await;

    // Two others go on, each with several lanes, until there is nothing left that is theirs to take.
    let drain = async || {
        let mut lanes = JoinSet::new();
        for _ in 0..2 {
            let store = Store::open(&database.url).await.expect("opens");
            let worker = Worker::new(store, clock.clone(), Wake::default());
            for _ in 0..LANES {
                let (worker, told) = (worker.clone(), told.clone());
                lanes.spawn(async move {
                    let run = |job: Job| {
                        let told = told.clone();
                        async move {
                            note(&told, &job.subject, false);
                            tokio::task::yield_now().await;
                            note(&told, &job.subject, true);
                            After::Done
                        }
                    };
                    while worker.run_one(&run).await.expect("goes on") {}
                });
            }
        }
        while let Some(lane) = lanes.join_next().await {
            lane.expect("no lane fails");
        }
    };
    drain().await;
    let ended = |told: &Told| told.lock().expect("held").values().map(|(_, ended)| ended).sum::<usize>();
    assert_eq!(ended(&told), RECORDS - LANES, "what the dead one held is left alone while its leases last");

    clock.turn(120_000);
    let survivor = Worker::new(database.store.clone(), clock.clone(), Wake::default());
    survivor.renew_and_free().await.expect("looked after");
    drain().await;
    let told = told.lock().expect("held").clone();
    assert!(told.len() == RECORDS && told.values().all(|(_, ended)| *ended == 1), "{told:?}");
    assert_eq!(told.values().filter(|(begun, _)| *begun == 2).count(), LANES, "only what was cut off began again");
    assert_eq!(database.store.count_jobs(&connection).await.expect("readable"), (0, 0));
}
