//! Which calls count: secrets that are rotated, replays, and what was turned away, as the connection's page shows it.

use super::support::{Database, ForwardClock, Program, on_both_databases};
use crate::cli::Role;
use crate::clock::{Clock, SystemClock};
use crate::connectors::servicenow::signature;
use crate::store::{HistorySearch, TurnedAway};
use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use std::sync::Arc;

const RECORD: &str = "0123456789abcdef0123456789abcdef";
const HOUR_MS: i64 = 60 * 60 * 1000;

on_both_databases!(
    a_rotated_secret_leaves_the_old_one_valid_until_the_new_one_is_in_use,
    a_person_ends_the_old_secret_at_once,
    a_secret_that_was_never_used_gives_way_to_the_next,
    what_was_turned_away_is_shown_without_what_it_said,
    what_the_network_sends_twice_syncs_once,
    a_flood_of_bad_calls_costs_one_row_and_starves_nobody,
);

/// One event, signed for a moment.
struct Told {
    body: String,
    timestamp: String,
}

impl Told {
    fn at(now: i64) -> Self {
        let event = SystemClock.id();
        Self {
            body: json!({"event": event, "table": "incident", "sys_id": RECORD, "kind": "record"}).to_string(),
            timestamp: now.to_string(),
        }
    }

    async fn send(&self, program: &Program, url: &str, secret: &str) -> StatusCode {
        let signature = signature(secret, &self.timestamp, self.body.as_bytes());
        let request = program.browser.post(url).header("x-isthmus-timestamp", &self.timestamp);
        let request = request.header("x-isthmus-signature", signature).body(self.body.clone());
        request.send().await.expect("an answer").status()
    }
}

/// A program whose clock can be put forward, with a connection that nobody authorized: calls are taken all the same.
async fn ahead(database: Database) -> (Program, Arc<ForwardClock>, String) {
    let clock = Arc::<ForwardClock>::default();
    let mut program = Program::start_by(clock.clone(), database, Role::All).await;
    program.become_admin().await;
    let connection = program.connect().await;
    (program, clock, connection)
}

async fn shown(program: &Program, connection: &str) -> Json {
    program.ask("connection", &[("id", connection)]).await["webhooks"].clone()
}

async fn do_for(program: &Program, name: &str, connection: &str) {
    let answer = program.ask(name, &[("id", connection)]).await;
    assert!(answer.is_null(), "{name}: {answer}");
}

/// Pages are not asked after the clock is put forward: a session would be over.
async fn use_is_noted(program: &Program, connection: &str) {
    program
        .until("its use is noted", async || {
            program.database.store.hooks(connection).await.expect("readable").last_used > 0
        })
        .await;
}

async fn a_rotated_secret_leaves_the_old_one_valid_until_the_new_one_is_in_use(database: Database) {
    let (program, clock, connection) = ahead(database).await;
    let (url, old) = program.hook(&connection).await;
    let taken = async |secret: &str| Told::at(clock.now()).send(&program, &url, secret).await;
    assert_eq!(taken(&old).await, StatusCode::ACCEPTED);
    use_is_noted(&program, &connection).await;
    assert!(!shown(&program, &connection).await["secret_used"].is_null());
    do_for(&program, "rotate-webhook-secret", &connection).await;
    let (_, new) = program.hook(&connection).await;
    assert_ne!(old, new);
    let page = shown(&program, &connection).await;
    assert!(page["secret_used"].is_null() && !page["former"]["used"].is_null(), "{page}");
    clock.turn(6 * 24 * HOUR_MS);
    assert_eq!(taken(&old).await, StatusCode::ACCEPTED, "days later, as nobody has installed the new one");
    assert_eq!(taken(&new).await, StatusCode::ACCEPTED);
    use_is_noted(&program, &connection).await;
    assert_eq!(taken(&old).await, StatusCode::ACCEPTED, "what was signed before is still on its way");
    clock.turn(HOUR_MS + 10_000);
    assert_eq!(taken(&old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(taken(&new).await, StatusCode::ACCEPTED);
    assert_eq!(program.database.store.audit_count("connections.rotate_secret", false).await.expect("counted"), 1);
}

async fn a_person_ends_the_old_secret_at_once(database: Database) {
    let (program, clock, connection) = ahead(database).await;
    let (url, old) = program.hook(&connection).await;
    let taken = async |secret: &str| Told::at(clock.now()).send(&program, &url, secret).await;
    do_for(&program, "rotate-webhook-secret", &connection).await;
    assert_eq!(taken(&old).await, StatusCode::ACCEPTED);
    do_for(&program, "end-former-secret", &connection).await;
    assert_eq!(taken(&old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(taken(&program.hook(&connection).await.1).await, StatusCode::ACCEPTED);
    assert!(shown(&program, &connection).await["former"].is_null());
    let again = program.ask("end-former-secret", &[("id", &connection)]).await;
    assert_eq!(again["code"], "SECRET-NOT-FOUND", "{again}");
    assert_eq!(program.database.store.audit_count("connections.end_former_secret", false).await.expect("counted"), 1);
}

async fn a_secret_that_was_never_used_gives_way_to_the_next(database: Database) {
    let (program, clock, connection) = ahead(database).await;
    let (url, installed) = program.hook(&connection).await;
    do_for(&program, "rotate-webhook-secret", &connection).await;
    let (_, lost) = program.hook(&connection).await;
    do_for(&program, "rotate-webhook-secret", &connection).await;
    let taken = async |secret: &str| Told::at(clock.now()).send(&program, &url, secret).await;
    assert_eq!(taken(&installed).await, StatusCode::ACCEPTED, "it is the one in use");
    assert_eq!(taken(&lost).await, StatusCode::UNAUTHORIZED);
    clock.turn(7 * 24 * HOUR_MS);
    assert_eq!(taken(&installed).await, StatusCode::UNAUTHORIZED, "a week after the rotation at the latest");
    assert_eq!(taken(&program.hook(&connection).await.1).await, StatusCode::ACCEPTED);
}

async fn what_was_turned_away_is_shown_without_what_it_said(database: Database) {
    let (program, clock, connection) = ahead(database).await;
    let (url, secret) = program.hook(&connection).await;
    let now = clock.now();
    let post = async |headers: Vec<(&str, String)>, body: Vec<u8>| {
        let request = program.browser.post(&url);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let answer = request.body(body).send().await.expect("an answer");
        let status = answer.status();
        (status, answer.text().await.expect("a body"))
    };
    let signed_at = |at: i64, body: &[u8]| {
        let timestamp = at.to_string();
        vec![("x-isthmus-signature", signature(&secret, &timestamp, body)), ("x-isthmus-timestamp", timestamp)]
    };
    let private = json!({"sys_id": RECORD, "short_description": "the salary of Ada"}).to_string().into_bytes();
    let elsewhere = json!({"event": "e", "table": "problem", "sys_id": RECORD}).to_string().into_bytes();
    let cases = [
        (Vec::new(), private.clone(), StatusCode::UNAUTHORIZED),
        (vec![("x-isthmus-signature", "AAAA".into())], private.clone(), StatusCode::UNAUTHORIZED),
        (vec![("x-servicenow-signature", "ümlaut".into())], private.clone(), StatusCode::UNAUTHORIZED),
        (signed_at(now - HOUR_MS, &private), private.clone(), StatusCode::UNAUTHORIZED),
        (signed_at(now, b"\xff\xfe"), b"\xff\xfe".to_vec(), StatusCode::BAD_REQUEST),
        (signed_at(now, b"<html>the salary</html>"), b"<html>the salary</html>".to_vec(), StatusCode::BAD_REQUEST),
        (signed_at(now, b"{\"sys_id\": 7}"), b"{\"sys_id\": 7}".to_vec(), StatusCode::BAD_REQUEST),
        (signed_at(now, &elsewhere), elsewhere, StatusCode::BAD_REQUEST),
        (Vec::new(), vec![b'x'; 70_000], StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (headers, body, expected) in cases {
        let (status, words) = post(headers, body).await;
        assert_eq!(status, expected, "{words}");
        assert!(words.ends_with(".\n") && !words.contains('<'), "a plain line: {words}");
    }
    assert_eq!(
        program.browser.post(format!("{url}x")).body("{}").send().await.expect("an answer").status(),
        StatusCode::NOT_FOUND
    );
    let mut away = Vec::new();
    program
        .until("all of it is noted", async || {
            away = program.database.store.turned_away(&connection).await.expect("readable");
            away.iter().map(|away| away.calls).sum::<i64>() == 9
        })
        .await;
    let calls = |reason: TurnedAway| away.iter().find(|away| away.reason == reason).map(|away| away.calls);
    for (reason, times) in [
        (TurnedAway::Unsigned, 1),
        (TurnedAway::WrongSignature, 2),
        (TurnedAway::OutOfTime, 1),
        (TurnedAway::Malformed, 3),
        (TurnedAway::OtherTable, 1),
        (TurnedAway::TooLarge, 1),
    ] {
        assert_eq!(calls(reason), Some(times), "{reason:?}");
    }
    let unsigned = away.iter().find(|away| away.reason == TurnedAway::Unsigned).expect("there");
    assert_eq!(unsigned.sample.excerpt, "JSON: sys_id, short_description");
    assert_eq!(unsigned.sample.peer, "127.0.0.1");
    assert_eq!(unsigned.sample.bytes, i64::try_from(private.len()).expect("small"));
    let page = program.get(&format!("/settings/connections/{connection}")).await.text().await.expect("a page");
    assert!(page.contains("Without a signature") && page.contains("JSON: sys_id, short_description"), "{page}");
    assert!(!page.contains("salary"), "nothing that was said");
}

async fn what_the_network_sends_twice_syncs_once(database: Database) {
    let (program, connection) = Program::connected(database).await;
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    program.switch(json!({"webhooks": "twice"})).await;
    let incident = program.incident(json!({"short_description": "twice"})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.edit_incident(&incident, json!({"comments": "said once"})).await;
    program
        .until("the second of each was turned away", async || {
            let away = program.database.store.turned_away(&connection).await.expect("readable");
            away.iter().any(|away| away.reason == TurnedAway::Repeated && away.calls >= 2)
        })
        .await;
    program.until_quiet(&connection).await;
    assert_eq!(program.database.store.comments(&ticket).await.expect("readable").len(), 1);
    let search = HistorySearch { connection: &connection, limit: 10, ..HistorySearch::default() };
    let lines = program.database.store.history(&search).await.expect("readable");
    assert_eq!(lines.iter().filter(|line| line.kind == "linked").count(), 1, "{lines:?}");
}

async fn a_flood_of_bad_calls_costs_one_row_and_starves_nobody(database: Database) {
    const CALLS: usize = 600;
    let (program, connection) = Program::connected(database).await;
    let (url, secret) = program.hook(&connection).await;
    let bad = async || program.browser.post(&url).body("{}").send().await.expect("an answer").status();
    let flood = async {
        for _ in 0..CALLS / 20 {
            for status in futures::future::join_all((0..20).map(|_| bad())).await {
                assert_eq!(status, StatusCode::UNAUTHORIZED);
            }
        }
    };
    let good = async {
        for _ in 0..10 {
            let told = Told::at(SystemClock.now());
            assert_eq!(told.send(&program, &url, &secret).await, StatusCode::ACCEPTED);
        }
    };
    tokio::join!(flood, good);
    program
        .until("each call is counted", async || {
            let away = program.database.store.turned_away(&connection).await.expect("readable");
            away.len() == 1 && away[0].calls == i64::try_from(CALLS).expect("few")
        })
        .await;
}
