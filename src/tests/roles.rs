//! Several processes on one PostgreSQL, in their roles; and a SQLite file that is for one alone.

use super::support::{Database, Program, TurnedClock, connection, postgres, sqlite};
use crate::cli::{DatabaseArgs, Role, ServeArgs};
use crate::clock::{Clock, SystemClock};
use crate::neighbours::keep_in_touch;
use crate::news::{EVERYTHING, News};
use crate::queue::{self, Wake};
use crate::start::{self, Running, StartError};
use crate::store::{Messages, Store, Urgency};
use app::model::ConnectDefaults;
use reqwest::StatusCode;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Far below the workers' own tick would prove nothing; far above it would only make a failure slow.
const PATIENCE: Duration = Duration::from_secs(20);

async fn start(settings: &ServeArgs) -> Result<Running, StartError> {
    start::run(settings, Arc::new(SystemClock), ConnectDefaults::default(), CancellationToken::new()).await
}

async fn hears(news: &mut Receiver<String>, topic: &str) {
    let heard = tokio::time::timeout(PATIENCE, async { while news.recv().await.expect("told") != topic {} });
    assert!(heard.await.is_ok(), "{topic} was never told");
}

#[tokio::test]
async fn a_web_process_takes_webhooks_and_a_worker_does_the_work_and_open_pages_hear_of_it() {
    let (program, connection) = Program::connected_as(postgres().await, Role::Web).await;
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    let incident = program.incident(json!({})).await;
    program
        .until("the webhook is kept", async || {
            let lane = queue::lane(&connection, &incident);
            program.database.store.lane_state(&lane).await.expect("readable").is_some_and(|(state, _)| state == "ready")
        })
        .await;

    let mut pages = program.running.parts.news.subscribe();
    let listen = "127.0.0.1:0".parse().expect("an address");
    let settings = ServeArgs { role: Role::Worker, listen, site: None, ..program.settings.clone() };
    let worker = start(&settings).await.expect("a second process");
    let ticket = program.ticket_of(&connection, &incident).await;
    hears(&mut pages, &format!("ticket:{ticket}")).await;

    let status = async |path: &str| {
        let answer = program.browser.get(format!("http://{}{path}", worker.address)).send().await;
        answer.expect("an answer").status()
    };
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(status(path).await, StatusCode::OK, "{path}");
    }
    for path in ["/", "/tickets", "/hooks/x", "/events"] {
        assert_eq!(status(path).await, StatusCode::NOT_FOUND, "{path}");
    }
    worker.stop().await;
}

/// A process as far as its neighbours notice it.
struct Neighbour {
    store: Store,
    news: News,
    wake: Wake,
    _listening: AbortOnDropHandle<()>,
}

impl Neighbour {
    async fn on(database: &Database) -> Self {
        let store = Store::open(&database.url).await.expect("opens");
        let (news, wake) = (News::default(), Wake::default());
        let messages = Messages::listen(&database.url, &store).await.expect("answered").expect("on PostgreSQL");
        let me = SystemClock.id();
        let listening = keep_in_touch(messages, store.clone(), me, news.clone(), wake.clone());
        Self { store, news, wake, _listening: AbortOnDropHandle::new(tokio::spawn(listening)) }
    }
}

#[tokio::test]
async fn neighbours_wake_each_other_and_say_nothing_twice() {
    let database = postgres().await;
    let clock = TurnedClock::at(1_800_000_000_000);
    let connection = connection(&database.store, &clock).await;
    let (here, there) = (Neighbour::on(&database).await, Neighbour::on(&database).await);
    let mut tx = here.store.begin().await.expect("begins");
    queue::look_at(&mut tx, &connection, "r1", Urgency::Live, &clock).await.expect("queued");
    let early = tokio::time::timeout(Duration::from_millis(50), there.wake.woken()).await;
    assert!(early.is_err(), "nobody is woken before the commit");
    tx.commit().await.expect("committed");
    tokio::time::timeout(PATIENCE, there.wake.woken()).await.expect("woken");

    let (mut own, mut others) = (here.news.subscribe(), there.news.subscribe());
    // What is told before the neighbour listens to itself is not passed on: told until it is heard.
    let mut told = 0;
    let telling = async {
        loop {
            here.news.tell("ticket:t1");
            told += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = hears(&mut others, "ticket:t1") => {}
        () = telling => {}
    }
    there.news.tell("last");
    let mut heard = 0;
    while own.recv().await.expect("told") != "last" {
        heard += 1;
    }
    assert_eq!(heard, told, "its own words do not come back to it");
}

#[tokio::test]
async fn a_cut_connection_comes_back_and_says_that_something_was_missed() {
    let database = postgres().await;
    let there = Neighbour::on(&database).await;
    let mut pages = there.news.subscribe();
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'LISTEN%'";
    database.store.run_script(cut).await.expect("cut");
    hears(&mut pages, EVERYTHING).await;
    tokio::time::timeout(PATIENCE, there.wake.woken()).await.expect("woken to look itself");
    database.store.tell_news("another\ntickets").await.expect("told");
    hears(&mut pages, "tickets").await;
}

#[tokio::test]
async fn a_sqlite_file_is_for_one_process_and_free_again_when_it_ends() {
    let program = Program::start(sqlite().await).await;
    let listen = "127.0.0.1:0".parse().expect("an address");
    let settings = ServeArgs { listen, ..program.settings.clone() };
    let refused = start(&settings).await.err().expect("refused").to_string();
    let (path, me) = (program.database.url.trim_start_matches("sqlite://"), std::process::id().to_string());
    assert!(refused.contains(path) && refused.contains(&me) && refused.contains("postgres://"), "{refused}");

    let settings = ServeArgs { database: a_file_of_its_own(&program), ..settings };
    for _ in 0..2 {
        start(&settings).await.expect("free, and free again").stop().await;
    }
}

fn a_file_of_its_own(program: &Program) -> DatabaseArgs {
    DatabaseArgs { database_url: format!("{}-of-its-own", program.database.url) }
}

#[tokio::test]
async fn roles_are_for_postgres() {
    let program = Program::start(sqlite().await).await;
    for role in [Role::Web, Role::Worker] {
        let listen = "127.0.0.1:0".parse().expect("an address");
        let settings = ServeArgs { role, listen, database: a_file_of_its_own(&program), ..program.settings.clone() };
        let refused = start(&settings).await.err().expect("refused").to_string();
        assert!(refused.contains("--role") && refused.contains("PostgreSQL"), "{refused}");
    }
}
