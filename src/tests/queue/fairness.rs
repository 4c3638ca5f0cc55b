//! Who is served first, and what it costs to find out.

use super::{Database, claim, clock, connection, look_at, look_at_all, on_both_databases};
use crate::clock::Clock;
use crate::store::{Back, Urgency};

on_both_databases!(
    a_flood_of_one_connection_does_not_keep_another_waiting,
    live_work_goes_before_bulk_and_makes_a_bulk_job_live,
    news_does_not_shorten_what_the_side_asked_for,
    the_next_job_of_a_hundred_thousand_is_found_in_indexes,
);

async fn a_flood_of_one_connection_does_not_keep_another_waiting(database: Database) {
    let clock = clock();
    let flooded = connection(&database.store, &clock).await;
    let quiet = connection(&database.store, &clock).await;
    for record in 0..20 {
        look_at(&database, &clock, &flooded, &format!("r{record}")).await;
    }
    assert!(claim(&database, &clock, "me").await.is_some());
    clock.turn(60_000);
    look_at_all(&database, &clock, &quiet, &["r1", "r2"], Urgency::Bulk).await;
    let mut served = Vec::new();
    for _ in 0..4 {
        served.push(claim(&database, &clock, "me").await.expect("a job").connection_id);
    }
    let expected = [&quiet, &flooded, &quiet, &flooded];
    assert_eq!(served.iter().collect::<Vec<_>>(), expected, "the fewest running jobs first, then live before bulk");
}

async fn live_work_goes_before_bulk_and_makes_a_bulk_job_live(database: Database) {
    let clock = clock();
    let connection = connection(&database.store, &clock).await;
    look_at_all(&database, &clock, &connection, &["b1", "b2", "b3"], Urgency::Bulk).await;
    clock.turn(1000);
    look_at(&database, &clock, &connection, "live").await;
    look_at(&database, &clock, &connection, "b3").await;
    // Bulk that asks for a live job leaves it as urgent as it was.
    look_at_all(&database, &clock, &connection, &["live"], Urgency::Bulk).await;
    let mut served = Vec::new();
    while let Some(job) = claim(&database, &clock, "me").await {
        served.push((job.subject, job.urgency));
    }
    let expected = [("b3", Urgency::Live), ("live", Urgency::Live), ("b1", Urgency::Bulk), ("b2", Urgency::Bulk)];
    assert_eq!(served, expected.map(|(subject, urgency)| (subject.to_owned(), urgency)));
}

async fn news_does_not_shorten_what_the_side_asked_for(database: Database) {
    let clock = clock();
    let connection = connection(&database.store, &clock).await;
    let asked = clock.now() + 30_000;
    for twin_waits in [false, true] {
        look_at(&database, &clock, &connection, "r1").await;
        let job = claim(&database, &clock, "me").await.expect("a job");
        if twin_waits {
            look_at(&database, &clock, &connection, "r1").await;
        }
        let mut tx = database.store.begin().await.expect("begins");
        let asked = clock.now() + 30_000;
        let back = Back { run_at: asked, not_before: asked, buried: false, blamed: true, problem: "429" };
        tx.put_back_job(&job.id, "me", &back).await.expect("put back");
        tx.commit().await.expect("committed");
        look_at(&database, &clock, &connection, "r1").await;
        assert!(claim(&database, &clock, "me").await.is_none(), "not before it may");
        assert_eq!(database.store.next_job_at().await.expect("readable"), Some(asked));
        clock.turn(30_000);
        let job = claim(&database, &clock, "me").await.expect("now it may");
        let mut tx = database.store.begin().await.expect("begins");
        tx.complete_job(&job.id, "me").await.expect("completed");
        tx.commit().await.expect("committed");
    }
    assert!(clock.now() > asked);
}

async fn the_next_job_of_a_hundred_thousand_is_found_in_indexes(database: Database) {
    let clock = clock();
    let connection = connection(&database.store, &clock).await;
    let records: Vec<String> = (0..100_000).map(|n| format!("r{n}")).collect();
    for part in records.chunks(10_000) {
        let names: Vec<&str> = part.iter().map(String::as_str).collect();
        look_at_all(&database, &clock, &connection, &names, Urgency::Bulk).await;
    }
    look_at(&database, &clock, &connection, "live").await;
    assert_eq!(claim(&database, &clock, "me").await.expect("a job").subject, "live");
    let plan = database.store.plan_of_claim().await.expect("explained");
    for step in &plan {
        // SQLite's word, then PostgreSQL's.
        assert!(!step.starts_with("SCAN w") && !step.starts_with("SCAN r"), "{plan:#?}");
        assert!(!step.contains("Seq Scan on jobs") && !step.contains("Sort Key: w."), "{plan:#?}");
    }
    assert!(plan.iter().any(|step| step.contains("jobs_next")), "{plan:#?}");
}
