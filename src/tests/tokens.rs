//! Access tokens: one refresh whoever asks, no loop of refusals, nothing lost when the access ends.

use super::support::{Database, Program, TurnedClock, on_both_databases, sqlite};
use crate::clock::{Clock, SharedClock, SystemClock};
use crate::connectors::Failure;
use crate::connectors::servicenow::Instance;
use crate::oauth::Oauth;
use crate::store::{State, Store, Tokens};
use futures::future::join_all;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use std::sync::Arc;

on_both_databases!(
    many_processes_renew_a_revoked_token_once,
    a_token_that_was_just_renewed_is_not_renewed_again,
    a_dead_process_keeps_no_one_from_refreshing,
    each_warning_of_the_end_is_given_once,
    who_was_refused_with_the_old_token_does_not_hold_what_a_person_just_regenerated,
);

/// Counts the requests for tokens: each is delayed a little, which the practice instance counts.
fn counted() -> Json {
    json!({"kind": "delay", "delay_ms": 100, "path": "/oauth_token.do"})
}

async fn token_requests(program: &Program) -> u64 {
    let asked = program.browser.get(format!("{}/sandbox/served", program.practice.address()));
    let served: Json =
        asked.basic_auth("admin", Some("admin")).send().await.expect("an answer").json().await.expect("JSON");
    served["delay"].as_u64().unwrap_or(0)
}

/// A connection that nothing else uses, and the client of one more process for it.
async fn idle(database: Database) -> (Program, String) {
    let (program, connection) = Program::connected(database).await;
    // A poll on its way goes on after the pause, and would ask for tokens too.
    program
        .until("the first poll is over", async || {
            let connection = program.database.store.connection(&connection).await.expect("readable");
            connection.expect("there").last_poll > 0
        })
        .await;
    program.ask("pause-connection", &[("id", &connection)]).await;
    // A poll that is at its work uses the token as well.
    let runs = async || {
        let jobs = program.database.store.count_jobs_by_state().await.expect("readable");
        jobs.iter().any(|(state, count)| state == "running" && *count > 0)
    };
    program.until("nothing runs", async || !runs().await).await;
    program.switch(json!({"faults": [counted()]})).await;
    (program, connection)
}

/// The tokens as one more process sees them.
async fn oauth(program: &Program) -> Oauth {
    oauth_at(program, Arc::new(SystemClock)).await
}

async fn oauth_at(program: &Program, clock: SharedClock) -> Oauth {
    let parts = &program.running.parts;
    let store = Store::open(&program.database.url).await.expect("opens");
    let redirect_url = parts.oauth.redirect_url().to_owned();
    Oauth::new(store, parts.secrets.clone(), parts.http.clone(), clock, redirect_url)
}

async fn process(program: &Program, connection: &str) -> Instance {
    let http = program.running.parts.http.clone();
    let address = http.instance_address(program.practice.address()).expect("an address");
    Instance::new(http, address, oauth(program).await.access(connection), Arc::new(SystemClock))
}

async fn ask(instance: &Instance) -> Result<(), Failure> {
    let query = [("sysparm_limit", "1")];
    instance.call(Method::GET, &["api", "now", "table", "sys_user"], &query, None).await.map(|_| ())
}

/// As a job of the queue does: put off, it asks again.
async fn ask_until_told(instance: &Instance) -> Result<(), Failure> {
    loop {
        match ask(instance).await {
            Err(Failure::Transient { .. }) => {}
            answer => return answer,
        }
    }
}

async fn ask_at_once(instances: &[Instance], times: usize) -> Vec<Result<(), Failure>> {
    join_all((0..times).flat_map(|_| instances.iter().map(ask_until_told))).await
}

async fn revoke(program: &Program, connection: &str) {
    let token = oauth(program).await.access(connection).token().await.expect("a token");
    let address = format!("{}/oauth_revoke_token.do?token={}", program.practice.address(), token.expose_secret());
    assert!(program.browser.get(address).send().await.expect("an answer").status().is_success());
}

async fn many_processes_renew_a_revoked_token_once(database: Database) {
    let (program, connection) = idle(database).await;
    let instances = [process(&program, &connection).await, process(&program, &connection).await];
    assert!(ask_at_once(&instances, 1).await.iter().all(Result::is_ok));
    for renewals in 1..=2 {
        revoke(&program, &connection).await;
        let answers = ask_at_once(&instances, 8).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!(token_requests(&program).await, renewals);
    }
}

async fn a_token_that_was_just_renewed_is_not_renewed_again(database: Database) {
    let (program, connection) = idle(database).await;
    let instances = [process(&program, &connection).await, process(&program, &connection).await];
    let refused = json!({"kind": "status", "status": 401, "path": "/api/now"});
    program.switch(json!({"faults": [counted(), refused]})).await;
    for _ in 0..3 {
        let answers = ask_at_once(&instances, 8).await;
        for answer in answers {
            assert!(matches!(answer, Err(Failure::SignedOut { .. })), "{answer:?}");
        }
        assert_eq!(token_requests(&program).await, 1);
    }
    // Put right: the token is accepted, and from then on a refused one is renewed again.
    program.switch(json!({"faults": [counted()]})).await;
    assert!(ask_at_once(&instances, 2).await.iter().all(Result::is_ok));
    assert_eq!(token_requests(&program).await, 1);
    revoke(&program, &connection).await;
    assert!(ask_at_once(&instances, 2).await.iter().all(Result::is_ok));
    assert_eq!(token_requests(&program).await, 2);
}

async fn a_dead_process_keeps_no_one_from_refreshing(database: Database) {
    let (program, connection) = idle(database).await;
    let instance = process(&program, &connection).await;
    ask(&instance).await.expect("answered");
    revoke(&program, &connection).await;
    let store = &program.database.store;
    let claim = async |now: i64, until: i64| {
        let tokens = store.tokens(&connection).await.expect("readable").expect("tokens");
        let mut tx = store.begin().await.expect("begins");
        let claimed = tx.claim_refresh(&connection, &tokens.access, "dead", now, until).await.expect("claimed");
        tx.commit().await.expect("committed");
        claimed
    };
    let (now, later) = (SystemClock.now(), SystemClock.now() + 600_000);
    assert!(claim(now, later).await);
    assert!(!claim(later - 1, later).await, "one at a time");
    // While another is at it, the work goes back to the queue.
    let answer = ask(&instance).await;
    assert!(matches!(answer, Err(Failure::Transient { retry_after_ms: Some(_), .. })), "{answer:?}");
    assert_eq!(token_requests(&program).await, 0);
    // Its time is over: the next one takes it, and is cut off at once.
    assert!(claim(later, now).await);
    ask(&instance).await.expect("answered");
    assert_eq!(token_requests(&program).await, 1);
}

#[tokio::test]
async fn a_lost_answer_to_a_refresh_costs_nothing() {
    let (program, connection) = idle(sqlite().await).await;
    let instance = process(&program, &connection).await;
    ask(&instance).await.expect("answered");
    revoke(&program, &connection).await;
    let lost = json!({"kind": "lose_response", "path": "/oauth_token.do", "count": 1});
    program.switch(json!({"faults": [lost, counted()]})).await;
    assert!(matches!(ask(&instance).await, Err(Failure::Transient { .. })));
    ask(&instance).await.expect("answered");
    assert_eq!(token_requests(&program).await, 1);
}

#[tokio::test]
async fn refusals_hold_a_connection_once_whoever_runs_into_them() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let mut tickets = Vec::new();
    for _ in 0..4 {
        let incident = program.incident(json!({})).await;
        tickets.push(program.ticket_of(&connection, &incident).await);
    }
    program.until_quiet(&connection).await;
    let refused = json!({"kind": "status", "status": 401, "path": "/api/now"});
    program.switch(json!({"faults": [counted(), refused]})).await;
    for ticket in &tickets {
        program.edit_ticket(ticket, &[("title", "while it is refused")]).await;
    }
    let store = &program.database.store;
    program
        .until("it is held", async || {
            store.connection(&connection).await.expect("readable").expect("there").state == State::Held
        })
        .await;
    let held = store.connection(&connection).await.expect("readable").expect("there");
    assert!(held.state_note.contains("must change the password"), "{}", held.state_note);
    assert_eq!(token_requests(&program).await, 1);
    assert_eq!(store.audit_count("connections.hold", false).await.expect("readable"), 1);
    // Pressing Resume without putting it right tries once more, and says it once more.
    program.ask("resume-connection", &[("id", &connection)]).await;
    program
        .until("it is held again", async || store.audit_count("connections.hold", false).await.expect("readable") == 2)
        .await;
    // A job that was on its way during the hold may be the one that says it; nobody asks for more than one token.
    assert!(token_requests(&program).await <= 2);
    program.switch(json!({"faults": []})).await;
    program.ask("resume-connection", &[("id", &connection)]).await;
    program.until_quiet(&connection).await;
    for ticket in &tickets {
        let reference = program.ticket(ticket).await.reference;
        let row = program.table(Method::GET, &format!("incident?number={reference}"), None).await;
        assert_eq!(row[0]["short_description"], "while it is refused");
    }
}

#[tokio::test]
async fn what_waits_while_the_access_has_ended_arrives_once_after_regenerating() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    let store = &program.database.store;
    // Authorized once more, for a second only.
    program.switch(json!({"access_token_seconds": 1, "refresh_token_seconds": 1})).await;
    program.authorize(&connection, true).await;
    program
        .until("the access has ended", async || {
            store.connection(&connection).await.expect("readable").expect("there").state == State::Held
        })
        .await;
    program.switch(json!({"access_token_seconds": null, "refresh_token_seconds": null})).await;
    program.edit_incident(&incident, json!({"description": "from ServiceNow", "comments": "asked there"})).await;
    program.edit_ticket(&ticket, &[("title", "from Desk")]).await;
    program.comment(&ticket, "said here", false).await;
    let entered = program.incident(json!({"short_description": "opened meanwhile"})).await;
    let back = program.authorize(&connection, true).await;
    assert!(back.ends_with("?authorized=1"), "{back}");
    program
        .until("both sides have everything", async || {
            program.incident_field(&incident, "short_description").await == "from Desk"
                && program.ticket(&ticket).await.description == "from ServiceNow"
                && program.journal(&incident, "comments").await.len() == 2
                && store.comments(&ticket).await.expect("readable").len() == 2
        })
        .await;
    program.ticket_of(&connection, &entered).await;
    program.until_quiet(&connection).await;
    assert_eq!(program.journal(&incident, "comments").await.len(), 2);
    assert_eq!(store.comments(&ticket).await.expect("readable").len(), 2);
}

async fn each_warning_of_the_end_is_given_once(database: Database) {
    const DAY: i64 = 24 * 3600 * 1000;
    let (program, connection) = idle(database).await;
    let granted = program.database.store.tokens(&connection).await.expect("readable").expect("tokens").granted_at;
    let clock = Arc::new(TurnedClock::at(granted));
    let processes = [oauth_at(&program, clock.clone()).await, oauth_at(&program, clock.clone()).await];
    let mut given = Vec::new();
    for day in 0..110 {
        for oauth in &processes {
            if oauth.warn_of_ends().await.expect("readable") > 0 {
                given.push(day);
            }
        }
        clock.turn(DAY);
    }
    assert_eq!(given, [86, 93, 99]);
    let said = program.database.store.audit_count("connections.access_ends", false).await.expect("readable");
    assert_eq!(said, 3);
}

#[tokio::test]
async fn a_person_tells_the_real_end_and_the_next_authorization_lives_as_long() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let page = program.ask("connection", &[("id", &connection)]).await;
    assert_eq!(page["row"]["days_left"], 100);
    let store = &program.database.store;
    let granted = store.tokens(&connection).await.expect("readable").expect("tokens").granted_at;
    let day = |days: i64| crate::clock::format_moment(granted + days * 24 * 3600 * 1000, "%Y-%m-%d");
    for wrong in [day(-3), "soon".to_owned()] {
        let answer = program.ask("set-access-end", &[("id", &connection), ("day", &wrong)]).await;
        assert_eq!(answer["code"], "ACCESS-END", "{answer}");
    }
    assert!(program.ask("set-access-end", &[("id", &connection), ("day", &day(10))]).await.is_null());
    let page = program.ask("connection", &[("id", &connection)]).await;
    assert_eq!((&page["row"]["days_left"], &page["tokens"]["refresh_ends_day"]), (&json!(10), &json!(day(10))));
    let shown = program.get(&format!("/settings/connections/{connection}")).await.text().await.expect("a page");
    assert!(shown.contains("ends in 10 days"), "the page warns");
    let told = store.tokens(&connection).await.expect("readable").expect("tokens");
    program.authorize(&connection, true).await;
    let again = store.tokens(&connection).await.expect("readable").expect("tokens");
    assert!(again.granted_at > told.granted_at);
    assert_eq!(again.refresh_ends - again.granted_at, told.refresh_ends - told.granted_at);
}

#[tokio::test]
async fn authorizing_as_another_user_is_told() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let back = program.authorize_as(&connection, "itil", true).await;
    assert!(back.ends_with("?authorized=1"), "{back}");
    let page = program.ask("connection", &[("id", &connection)]).await;
    assert_eq!((&page["tokens"]["acting_as"], &page["row"]["state"]), (&json!("itil"), &json!("active")));
    let checks = page["checks"].as_array().expect("checks");
    let told = checks.iter().find(|check| check["code"] == "CONN-OTHER-USER").expect("told");
    assert!(told["why"].as_str().expect("text").contains("It acted as admin"), "{told}");
    program.authorize_as(&connection, "itil", true).await;
    let page = program.ask("connection", &[("id", &connection)]).await;
    assert!(!page["checks"].to_string().contains("CONN-OTHER-USER"));
}

#[tokio::test]
async fn a_secret_that_was_changed_in_servicenow_is_told_and_taken() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    let wrong = [("id", connection.as_str()), ("client_id", "test-client"), ("client_secret", "the old one")];
    assert!(program.ask("set-client", &wrong).await.is_null());
    revoke(&program, &connection).await;
    program.edit_ticket(&ticket, &[("title", "after the change")]).await;
    let store = &program.database.store;
    program
        .until("it is held", async || {
            let row = store.connection(&connection).await.expect("readable").expect("there");
            row.state == State::Held && row.state_note.contains("the client secret is wrong")
        })
        .await;
    let right = [("id", connection.as_str()), ("client_id", "test-client"), ("client_secret", "test-secret")];
    assert!(program.ask("set-client", &right).await.is_null());
    program.ask("resume-connection", &[("id", &connection)]).await;
    program
        .until("it arrived", async || {
            program.incident_field(&incident, "short_description").await == "after the change"
        })
        .await;
}

async fn who_was_refused_with_the_old_token_does_not_hold_what_a_person_just_regenerated(database: Database) {
    let (clock, store) = (TurnedClock::at(1_800_000_000_000), &database.store);
    let connection = super::support::connection(store, &clock).await;
    let grant = async || {
        let mut tx = store.begin().await.expect("begins");
        let tokens = Tokens { granted_at: clock.now(), ..Tokens::default() };
        tx.put_grant(&connection, &tokens).await.expect("granted");
        tx.commit().await.expect("committed");
    };
    let hold = async |began| {
        let mut tx = store.begin().await.expect("begins");
        let held = tx.hold_connection(&connection, "over", began).await.expect("asked");
        tx.commit().await.expect("committed");
        held
    };
    let began = clock.now();
    clock.turn(10);
    grant().await;
    assert!(!hold(began).await, "it was refused with what was there before");
    clock.turn(10);
    assert!(hold(clock.now()).await, "and this with what is there now");
}
