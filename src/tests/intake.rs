//! Webhooks as they are kept: durable, together, fairly, and with nothing remembered for too long.

use super::support::{Database, TurnedClock, connection, on_both_databases};
use crate::clock::{Clock, SharedClock};
use crate::connectors::servicenow::signature;
use crate::intake::{self, GroupCommit, Heard, Intake, Keep, NotKept};
use crate::news::News;
use crate::queue::Wake;
use crate::secrets::{Secrets, webhook_place};
use crate::store::{Change, Connection, Dialect, Source, Store};
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use merge::Side;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tower::ServiceExt;

on_both_databases!(
    what_was_answered_is_there_and_each_event_once,
    a_row_that_the_database_refuses_is_its_own_callers_trouble,
    what_a_flood_put_down_is_sorted_by_whoever_is_there,
    a_flood_of_one_connection_is_turned_away_and_another_is_served,
    what_comes_before_a_flood_is_sorted_belongs_to_it,
    a_flood_has_an_end,
    a_changed_secret_counts_at_once_here_and_soon_elsewhere,
    a_connection_that_is_gone_is_forgotten,
    what_could_not_be_stored_may_be_sent_again_and_what_was_may_not,
);

fn clock() -> Arc<TurnedClock> {
    Arc::new(TurnedClock::at(1_800_000_000_000))
}

fn keeper(database: &Database, clock: &Arc<TurnedClock>) -> Arc<GroupCommit> {
    Arc::new(GroupCommit::start(database.store.clone(), clock.clone(), Wake::default()))
}

fn heard(clock: &TurnedClock, connection: &str, event: &str, record: &str) -> Heard {
    Heard { connection_id: connection.into(), event: event.into(), record: record.into(), arrived_at: clock.now() }
}

async fn what_was_answered_is_there_and_each_event_once(database: Database) {
    let clock = clock();
    let keeper = keeper(&database, &clock);
    let connections = [connection(&database.store, &clock).await, connection(&database.store, &clock).await];
    let mut callers = JoinSet::new();
    for number in 0..300_usize {
        let (keeper, clock, id) = (keeper.clone(), clock.clone(), connections[number % 2].clone());
        // Each event is told three times by each connection, of ten records.
        let (event, record) = (format!("e{}", number / 6), format!("r{}", number / 6 % 10));
        callers.spawn(async move { keeper.keep(heard(&clock, &id, &event, &record)).await });
    }
    let answers = callers.join_all().await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    until_sorted(&database.store).await;
    for id in &connections {
        assert_eq!(database.store.count_jobs(id).await.expect("readable"), (10, 0), "one job a record");
        let row = database.store.connection(id).await.expect("readable").expect("there");
        assert_eq!(row.last_webhook, clock.now());
        // Told again, each is known.
        let mut tx = database.store.begin().await.expect("begins");
        for event in 0..50 {
            let (fresh, event) = (clock.id(), format!("e{event}"));
            let change = Change {
                id: &fresh,
                connection_id: id,
                event_key: &event,
                source: Source::Poll,
                side: Side::ServiceNow,
                record_id: "r1",
                arrived_at: 0,
            };
            assert!(!tx.keep_change(&change).await.expect("asked"), "{event} is there");
        }
    }
}

async fn a_row_that_the_database_refuses_is_its_own_callers_trouble(database: Database) {
    let clock = clock();
    let keeper = keeper(&database, &clock);
    let id = connection(&database.store, &clock).await;
    // Nothing is written while this lasts, so that they wait together.
    let held = hold(&database.store, &clock, &id).await;
    let mut callers = JoinSet::new();
    for number in 0..12 {
        let (keeper, clock) = (keeper.clone(), clock.clone());
        let own = if number == 7 { "no such connection".to_owned() } else { id.clone() };
        callers.spawn(async move {
            (number, keeper.keep(heard(&clock, &own, &format!("e{number}"), &format!("r{number}"))).await)
        });
    }
    drop(held);
    for (number, answer) in callers.join_all().await {
        assert_eq!(answer, if number == 7 { Err(NotKept::Failed) } else { Ok(()) }, "{number}");
    }
    assert_eq!(database.store.count_jobs(&id).await.expect("readable"), (11, 0));
}

/// The process that answered is gone before it sorted; among what it left is a webhook of a connection that is no more.
async fn what_a_flood_put_down_is_sorted_by_whoever_is_there(database: Database) {
    let clock = clock();
    let id = connection(&database.store, &clock).await;
    let mut left: Vec<Heard> =
        (0..600).map(|number| heard(&clock, &id, &format!("e{number}"), &format!("r{}", number % 50))).collect();
    left.insert(300, heard(&clock, "no such connection", "e", "r"));
    for part in left.chunks(100) {
        database.store.put_batch(&clock.id(), "a process that was killed", part, clock.now()).await.expect("put");
    }
    clock.turn(60_000);
    let keeper = keeper(&database, &clock);
    until_sorted(&database.store).await;
    assert_eq!(database.store.count_jobs(&id).await.expect("readable"), (50, 0));
    assert_eq!(keeper.keep(heard(&clock, &id, "e9", "another")).await, Ok(()));
    assert_eq!(database.store.count_jobs(&id).await.expect("readable"), (50, 0), "the event was known");
}

async fn until_sorted(store: &Store) {
    let nothing_waits = async {
        let mut look = tokio::time::interval(Duration::from_millis(5));
        while !store.batches::<Heard>("", i64::MAX, 1).await.expect("readable").is_empty() {
            look.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), nothing_waits).await.expect("sorted");
}

/// A transaction that the writer has to wait for: on PostgreSQL for the event `e0` and for the inbox, on SQLite anyway.
async fn hold(store: &Store, clock: &TurnedClock, connection: &str) -> crate::store::Tx {
    let mut tx = store.begin().await.expect("begins");
    let id = clock.id();
    let change = Change {
        id: &id,
        connection_id: connection,
        event_key: "e0",
        source: Source::Poll,
        side: Side::ServiceNow,
        record_id: "r0",
        arrived_at: 0,
    };
    assert!(tx.keep_change(&change).await.expect("kept"));
    if store.dialect() == Dialect::Postgres {
        tx.run_script("lock table inbox in share mode").await.expect("locked");
    }
    tx
}

async fn a_flood_of_one_connection_is_turned_away_and_another_is_served(database: Database) {
    let clock = clock();
    let keeper = keeper(&database, &clock);
    let flooded = connection(&database.store, &clock).await;
    let quiet = connection(&database.store, &clock).await;
    let held = hold(&database.store, &clock, &flooded).await;
    let mut flood = JoinSet::new();
    for number in 0..4000 {
        let (keeper, clock, id) = (keeper.clone(), clock.clone(), flooded.clone());
        let call = async move { keeper.keep(heard(&clock, &id, &format!("e{number}"), "r1")).await };
        flood.spawn(call);
    }
    // Those for whom there is no room are told at once, while the others wait.
    for _ in 0..1000 {
        let turned_away = flood.join_next().await.expect("many").expect("no caller fails");
        assert_eq!(turned_away, Err(NotKept::Busy));
    }
    let single = keeper.keep(heard(&clock, &quiet, "q1", "r1"));
    let (answer, ()) = tokio::join!(single, async { drop(held) });
    assert_eq!(answer, Ok(()));
    let waiting = database.store.count_jobs(&quiet).await.expect("readable");
    assert_eq!(waiting, (1, 0), "it does not wait behind the flood that was put down");
    let rest = flood.join_all().await;
    let kept = rest.iter().filter(|answer| answer.is_ok()).count();
    assert!((2000..3000).contains(&kept), "{kept}");
    assert!(rest.iter().all(|answer| matches!(answer, Ok(()) | Err(NotKept::Busy))));
    assert_eq!(keeper.keep(heard(&clock, &flooded, "again", "r1")).await, Ok(()), "and then there is room again");
}

/// All of them at once, and all are answered.
async fn flood(database: &Database, clock: &Arc<TurnedClock>, keeper: &Arc<GroupCommit>, connection: &str) {
    let held = hold(&database.store, clock, connection).await;
    let mut callers = JoinSet::new();
    for number in 0..60 {
        let (keeper, clock, id) = (keeper.clone(), clock.clone(), connection.to_owned());
        callers.spawn(async move { keeper.keep(heard(&clock, &id, &format!("e{number}"), "r1")).await });
    }
    // Each has its place in the line before anything is written.
    tokio::task::yield_now().await;
    drop(held);
    assert!(callers.join_all().await.iter().all(Result::is_ok));
}

async fn what_comes_before_a_flood_is_sorted_belongs_to_it(database: Database) {
    let clock = clock();
    let (flooded, quiet) = (connection(&database.store, &clock).await, connection(&database.store, &clock).await);
    let jobs = async |id: &str| database.store.count_jobs(id).await.expect("readable").0;

    let keeper = Arc::new(GroupCommit::start_without_sorter(database.store.clone(), clock.clone(), Wake::default()));
    flood(&database, &clock, &keeper, &flooded).await;
    let before = jobs(&flooded).await;
    assert_eq!(keeper.keep(heard(&clock, &flooded, "later", "another")).await, Ok(()));
    assert_eq!(keeper.keep(heard(&clock, &quiet, "q1", "r1")).await, Ok(()));
    assert_eq!(
        (jobs(&flooded).await, jobs(&quiet).await),
        (before, 1),
        "it waits with the flood, and nobody else does"
    );
}

async fn a_flood_has_an_end(database: Database) {
    let clock = clock();
    let id = connection(&database.store, &clock).await;
    let keeper = keeper(&database, &clock);
    flood(&database, &clock, &keeper, &id).await;
    let is_over = async {
        for number in 0.. {
            until_sorted(&database.store).await;
            let record = format!("after {number}");
            assert_eq!(keeper.keep(heard(&clock, &id, &record, &record)).await, Ok(()));
            let jobs = database.store.count_jobs(&id).await.expect("readable").0;
            if jobs == number + 2 {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), is_over).await.expect("what comes is sorted at once again");
}

/// The route over a database, and what its caller signs with.
struct Door {
    intake: Intake,
    clock: Arc<TurnedClock>,
    secrets: Secrets,
    news: News,
    store: Store,
    connection: Connection,
    events: std::cell::Cell<u32>,
}

impl Door {
    async fn of(database: &Database) -> Self {
        let clock = clock();
        let key_file = std::env::temp_dir().join(format!("isthmus-key-{}", crate::clock::SystemClock.id()));
        let secrets = Secrets::open_or_create(&key_file, clock.as_ref()).expect("a key");
        std::fs::remove_file(&key_file).expect("removed");
        let id = connection(&database.store, &clock).await;
        let shared: SharedClock = clock.clone();
        let (store, news) = (database.store.clone(), News::default());
        let intake = Intake::new(store.clone(), shared, secrets.clone(), &news, keeper(database, &clock));
        let connection = store.connection(&id).await.expect("readable").expect("there");
        let door = Self { intake, clock, secrets, news, store, connection, events: std::cell::Cell::new(0) };
        door.set_secret("first").await;
        door
    }

    async fn set_secret(&self, secret: &str) {
        let place = webhook_place(&self.connection.id);
        let sealed = self.secrets.seal(&place, secret, self.clock.as_ref()).expect("sealed");
        let statement = format!("update connections set webhook_secret = '{sealed}'");
        self.store.run_script(&statement).await.expect("changed");
    }

    async fn call(&self, secret: &str) -> Response<Body> {
        self.events.set(self.events.get() + 1);
        self.call_again(secret, &self.intake).await
    }

    /// The last call once more, byte for byte.
    async fn call_again(&self, secret: &str, intake: &Intake) -> Response<Body> {
        let body = format!(
            r#"{{"event":"e{}","table":"incident","sys_id":"0123456789abcdef0123456789abcdef"}}"#,
            self.events.get()
        );
        let timestamp = self.clock.now().to_string();
        let request = Request::post(format!("/hooks/{}", self.connection.webhook_key))
            .header("x-isthmus-signature", signature(secret, &timestamp, body.as_bytes()))
            .header("x-isthmus-timestamp", timestamp)
            .body(Body::from(body))
            .expect("a request");
        intake::router(intake.clone()).oneshot(request).await.expect("an answer")
    }

    async fn accepts(&self, secret: &str) -> bool {
        let status = self.call(secret).await.status();
        assert!(matches!(status, StatusCode::ACCEPTED | StatusCode::UNAUTHORIZED), "{status}");
        status == StatusCode::ACCEPTED
    }
}

async fn a_changed_secret_counts_at_once_here_and_soon_elsewhere(database: Database) {
    let door = Door::of(&database).await;
    assert!(door.accepts("first").await && !door.accepts("second").await);
    // As another process changes it: nothing is told here.
    door.set_secret("second").await;
    door.clock.turn(2000);
    assert!(door.accepts("second").await && !door.accepts("first").await);
    // As an operation of this process does, and tells it.
    door.set_secret("third").await;
    door.news.connection(&door.connection.id);
    assert!(door.accepts("third").await && !door.accepts("second").await);
}

async fn a_connection_that_is_gone_is_forgotten(database: Database) {
    let door = Door::of(&database).await;
    assert!(!door.accepts("wrong").await, "and it is remembered now");
    door.store.run_script("delete from connections").await.expect("deleted");
    // Within the two seconds the signature still fits, but nothing can be kept for it.
    let answer = door.call("first").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "5");
    door.clock.turn(2000);
    assert_eq!(door.call("first").await.status(), StatusCode::NOT_FOUND);
}

/// A database that takes nothing.
struct Nothing;

#[async_trait::async_trait]
impl Keep for Nothing {
    async fn keep(&self, _heard: Heard) -> Result<(), NotKept> {
        Err(NotKept::Failed)
    }
}

async fn what_could_not_be_stored_may_be_sent_again_and_what_was_may_not(database: Database) {
    let door = Door::of(&database).await;
    let broken = door.intake.clone().keeping(Arc::new(Nothing));
    for _ in 0..2 {
        assert_eq!(door.call_again("first", &broken).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(door.call_again("first", &door.intake).await.status(), StatusCode::ACCEPTED);
    assert_eq!(door.call_again("first", &door.intake).await.status(), StatusCode::CONFLICT);
    assert!(door.accepts("first").await, "another event");
    // Another process took it: the event is known, and counts once.
    let (shared, keep): (SharedClock, _) = (door.clock.clone(), keeper(&database, &door.clock));
    let other = Intake::new(door.store.clone(), shared, door.secrets.clone(), &door.news, keep);
    let jobs = door.store.count_jobs(&door.connection.id).await.expect("readable");
    assert_eq!(door.call_again("first", &other).await.status(), StatusCode::ACCEPTED);
    assert_eq!(door.store.count_jobs(&door.connection.id).await.expect("readable"), jobs);
}

#[tokio::test]
async fn a_writer_that_is_gone_answers_those_who_wait() {
    let database = super::support::sqlite().await;
    let clock = clock();
    let id = connection(&database.store, &clock).await;
    let keeper = keeper(&database, &clock);
    database.store.close().await;
    let answer = tokio::time::timeout(Duration::from_secs(20), keeper.keep(heard(&clock, &id, "e1", "r1")));
    assert_eq!(answer.await.expect("answered"), Err(NotKept::Failed));
}
