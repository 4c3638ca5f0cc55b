//! How many webhooks a second are accepted, durable before the answer, and how many by the same route without the
//! write: the same server, signature, JSON and answer, in the same run, by turns.
//!
//!     cargo run --release --example intake -- sqlite:///var/tmp/bench.db     (an empty database; or postgres://...)

use app::model::ConnectDefaults;
use isthmus::cli::{DatabaseArgs, LogArgs, LogFormat, Role, ServeArgs};
use isthmus::clock::{Clock, SystemClock};
use isthmus::connectors::servicenow::signature;
use isthmus::intake::{Heard, Keep, NotKept};
use isthmus::secrets::webhook_place;
use isthmus::start;
use isthmus::store::{Connection, State, Store};
use isthmus::web;
use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

const CONNECTIONS: usize = 64;
const RECORDS: u64 = 10_000;
const TURNS: usize = 3;
const TURN: Duration = Duration::from_secs(4);
const SECRET: &str = "a secret of the bench";

type Answer<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Leaves out the write, and nothing else.
struct Nothing;

#[async_trait::async_trait]
impl Keep for Nothing {
    async fn keep(&self, _heard: Heard) -> Result<(), NotKept> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Answer<()> {
    let database_url = std::env::args().nth(1).ok_or("name an empty database: sqlite://FILE or postgres://...")?;
    let folder = std::env::temp_dir().join(format!("isthmus-bench-{}", SystemClock.id()));
    std::fs::create_dir_all(folder.join("site/pkg"))?;
    let measured = measure(database_url, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    measured
}

async fn measure(database_url: String, folder: &Path) -> Answer<()> {
    let settings = ServeArgs {
        listen: "127.0.0.1:0".parse()?,
        public_url: None,
        role: Role::All,
        database: DatabaseArgs { database_url: database_url.clone() },
        key_file: folder.join("key"),
        allow_addresses: Vec::new(),
        poll_seconds: 15,
        workers: 1,
        file_limit_mib: 1,
        site: Some(folder.join("site")),
        log: LogArgs { log: "warn".into(), log_format: LogFormat::Text },
    };
    let stop = CancellationToken::new();
    let running = start::run(&settings, Arc::new(SystemClock), ConnectDefaults::default(), stop.clone()).await?;
    let key = paused_connection(&running).await?;

    let mut without = running.web.clone();
    without.intake = without.intake.keeping(Arc::new(Nothing));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let without_address = listener.local_addr()?;
    tokio::spawn(
        axum::serve(listener, web::router(without)).with_graceful_shutdown(stop.cancelled_owned()).into_future(),
    );

    let (mut durable, mut bare, mut sorting) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        bare.push(load(without_address, &key).await?);
        durable.push(load(running.address, &key).await?);
        sorting.push(until_sorted(&running.parts.store).await?);
    }
    let kept: u64 = durable.iter().map(|(accepted, _)| accepted).sum();
    let jobs = running.parts.store.count_jobs_by_state().await?;
    running.stop().await;

    let name = if database_url.starts_with("sqlite") { "SQLite" } else { "PostgreSQL" };
    let (durable, bare) = (middle(durable), middle(bare));
    let ratio = durable / bare;
    let sorting = sorting.into_iter().max().unwrap_or_default();
    line(
        &format!("webhooks accepted, durable on {name}, {CONNECTIONS} connections"),
        &format!("{durable:.0} a second"),
        "",
    );
    line("  the same route without the write", &format!("{bare:.0} a second"), "the same run, by turns");
    let missed = if ratio < 0.5 { "   MISSED" } else { "" };
    line("  so durable, against without", &format!("{ratio:.2}"), &format!("limit 0.50{missed}"));
    line("  all of it is sorted into changes and jobs", &format!("{:.1} s later", sorting.as_secs_f64()), "");
    if jobs != [("ready".to_owned(), i64::try_from(kept.min(RECORDS))?)] {
        return Err(format!("{kept} webhooks of {RECORDS} records left {jobs:?}").into());
    }
    Ok(())
}

/// What was put down in a flood is sorted after it. How long that took.
async fn until_sorted(store: &Store) -> Answer<Duration> {
    let begun = Instant::now();
    while !store.batches::<Heard>("", i64::MAX, 1).await?.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(begun.elapsed())
}

fn line(what: &str, measured: &str, limit: &str) {
    println!("{what:58} {measured:>18}   {limit}");
}

fn middle(turns: Vec<(u64, f64)>) -> f64 {
    let mut rates: Vec<f64> = turns.into_iter().map(|(_, rate)| rate).collect();
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// A connection that takes webhooks while nobody works on them; its key is answered.
async fn paused_connection(running: &start::Running) -> Answer<String> {
    let parts = &running.parts;
    let (id, key) = (SystemClock.id(), SystemClock.secret());
    let place = webhook_place(&id);
    let connection = Connection {
        name: "Bench".into(),
        address: "https://bench.example.com".into(),
        environment: "sandbox".into(),
        client_id: String::new(),
        client_secret: String::new(),
        state: State::Paused,
        state_note: String::new(),
        rules: merge::incident_to_desk().into(),
        webhook_key: key.clone(),
        webhook_secret: parts.secrets.seal(&place, SECRET, &SystemClock)?,
        acting_as: String::new(),
        active_since: 0,
        last_webhook: 0,
        last_poll: 0,
        checks: "[]".into(),
        tested_at: 0,
        created_at: 0,
        id,
    };
    let mut tx = parts.store.begin().await?;
    tx.add_connection(&connection).await?;
    tx.commit().await?;
    Ok(key)
}

/// Webhooks as fast as they are answered, each a new event. How many were accepted, and how many a second. The callers
/// have a thread of their own: they are not the server.
async fn load(server: SocketAddr, key: &str) -> Answer<(u64, f64)> {
    let path = format!("/hooks/{key}");
    let caller = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let begun = Instant::now();
            let callers = (0..CONNECTIONS).map(|_| call_until(server, &path, begun + TURN));
            let accepted: u64 = futures::future::try_join_all(callers).await?.into_iter().sum();
            #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
            Answer::Ok((accepted, accepted as f64 / begun.elapsed().as_secs_f64()))
        })
    });
    tokio::task::spawn_blocking(move || caller.join()).await?.map_err(|_| "the callers failed")?
}

async fn call_until(server: SocketAddr, path: &str, end: Instant) -> Answer<u64> {
    static EVENTS: AtomicU64 = AtomicU64::new(0);
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let mut accepted = 0;
    let mut answer = [0; 2048];
    while Instant::now() < end {
        let number = EVENTS.fetch_add(1, Ordering::Relaxed);
        let record = format!("{:032x}", number % RECORDS);
        let body =
            format!(r#"{{"event":"{record}@2026-11-21 10:00:00#{number}","table":"incident","sys_id":"{record}"}}"#);
        let timestamp = SystemClock.now().to_string();
        let signature = signature(SECRET, &timestamp, body.as_bytes());
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {server}\r\ncontent-type: application/json\r\nx-isthmus-timestamp: {timestamp}\r\n\
             x-isthmus-signature: {signature}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        send(&stream, request.as_bytes()).await?;
        let length = receive(&stream, &mut answer).await?;
        if !answer.starts_with(b"HTTP/1.1 202") {
            return Err(String::from_utf8_lossy(&answer[..length]).into());
        }
        accepted += 1;
    }
    Ok(accepted)
}

async fn send(stream: &TcpStream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(sent) => bytes = &bytes[sent..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// An answer has no body, so it ends with an empty line.
async fn receive(stream: &TcpStream, answer: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    loop {
        stream.readable().await?;
        match stream.try_read(&mut answer[length..]) {
            Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => length += read,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if answer[..length].ends_with(b"\r\n\r\n") {
            return Ok(length);
        }
    }
}
