//! A comment whose answer was lost, where the account may not look it up: a person is asked, until a person has looked.

use super::support::{ForwardClock, Pair, Program, sqlite};
use crate::cli::Role;
use crate::queue;
use crate::store::{Delivery, LetterLine, LetterSearch, Urgency};
use reqwest::Method;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Rows of ServiceNow, as its administrator.
async fn rows(program: &Program, path: &str) -> Vec<Json> {
    program.table(Method::GET, path, None).await.as_array().cloned().unwrap_or_default()
}

async fn role(program: &Program, name: &str) -> Json {
    rows(program, &format!("sys_user_role?name={name}")).await[0]["sys_id"].clone()
}

/// Whether `itil` may read journals by row.
async fn open_journal(program: &Program, is_open: bool) {
    let itil = role(program, "itil").await;
    let path = "sys_security_acl?sysparm_query=name=sys_journal_field^operation=read";
    for rule in rows(program, path).await {
        let rule = rule["sys_id"].as_str().expect("an id");
        let grants = format!("sys_security_acl_role?sysparm_query=sys_security_acl={rule}");
        let grants = rows(program, &grants).await;
        if grants.is_empty() {
            continue;
        }
        if is_open {
            let grant = json!({"sys_security_acl": rule, "sys_user_role": itil});
            program.table(Method::POST, "sys_security_acl_role", Some(grant)).await;
        }
        for grant in grants.iter().filter(|grant| !is_open && grant["sys_user_role"]["value"] == itil) {
            let grant = grant["sys_id"].as_str().expect("an id");
            program.table(Method::DELETE, &format!("sys_security_acl_role/{grant}"), None).await;
        }
    }
}

/// A pair whose account may read no journal in any way.
async fn closed() -> (Pair, Arc<ForwardClock>) {
    let clock = Arc::new(ForwardClock::default());
    let mut program = Program::start_by(clock.clone(), sqlite().await, Role::All).await;
    program.become_admin().await;
    let connection = program.connect().await;
    program.authorize_as(&connection, "itil", true).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    open_journal(&program, false).await;
    for column in ["comments", "work_notes"] {
        let rule = json!({"name": format!("incident.{column}"), "operation": "read", "condition": ""});
        let rule = program.table(Method::POST, "sys_security_acl", Some(rule)).await;
        let grant = json!({"sys_security_acl": rule["sys_id"], "sys_user_role": role(&program, "itil_admin").await});
        program.table(Method::POST, "sys_security_acl_role", Some(grant)).await;
    }
    (Pair { program, connection, incident, ticket }, clock)
}

async fn letters(pair: &Pair) -> Vec<LetterLine> {
    let search = LetterSearch { connection: &pair.connection, limit: 100, ..LetterSearch::default() };
    pair.program.database.store.open_letters(&search).await.expect("readable")
}

/// A comment is sent, and the fault takes its answer, or the request. Answers the letter about it, which comes when the
/// request can no longer come true.
async fn lost(pair: &Pair, clock: &ForwardClock, fault: &str) -> LetterLine {
    let fault = json!({"kind": fault, "method": "PATCH", "path": "/api/now/table/incident", "count": 1});
    pair.program.switch(json!({"faults": [fault]})).await;
    pair.program.comment(&pair.ticket, "is it there?", false).await;
    let lane = queue::lane(&pair.connection, &pair.incident);
    let (store, link) = (&pair.program.database.store, pair.link().await.id);
    pair.program
        .until("the answer is lost", async || {
            let open = store.open_deliveries(&link).await.expect("readable");
            let state = store.lane_state(&lane).await.expect("readable");
            open.iter().any(Delivery::is_unsure) && state.is_some_and(|(state, _)| state == "ready")
        })
        .await;
    clock.turn(70_000);
    look(pair).await;
    pair.program.until("somebody is asked", async || !letters(pair).await.is_empty()).await;
    pair.quiet().await;
    letters(pair).await.remove(0)
}

async fn look(pair: &Pair) {
    let parts = &pair.program.running.parts;
    let mut tx = parts.store.begin().await.expect("begins");
    let clock = parts.clock.as_ref();
    queue::look_at(&mut tx, &pair.connection, &pair.incident, Urgency::Live, clock).await.expect("kept");
    tx.commit().await.expect("committed");
    parts.wake.wake();
}

async fn flows_on(pair: &Pair, title: &str) {
    pair.program.edit_ticket(&pair.ticket, &[("title", title)]).await;
    pair.program.until("it flows", async || pair.titles().await.0 == title).await;
    pair.quiet().await;
}

async fn said(pair: &Pair) -> usize {
    pair.program.journal(&pair.incident, "comments").await.len()
}

#[tokio::test]
async fn what_is_missing_is_sent_again_when_a_person_says_so() {
    let (pair, clock) = closed().await;
    let LetterLine { letter, .. } = lost(&pair, &clock, "cut").await;
    assert!(letter.kind == "lost" && letter.problem.contains("may be missing"), "{letter:?}");
    assert!(letter.wanted.contains("is it there?"), "{letter:?}");
    // Nothing clears it but a person.
    for title in ["one", "two"] {
        flows_on(&pair, title).await;
        assert_eq!((letters(&pair).await.len(), said(&pair).await), (1, 0));
        assert!(pair.link().await.note.contains("may be missing"));
    }
    assert!(pair.program.ask("retry-failure", &[("id", &letter.id)]).await.is_null());
    pair.program.until("it is there", async || said(&pair).await == 1).await;
    pair.quiet().await;
    flows_on(&pair, "three").await;
    assert_eq!((letters(&pair).await.len(), said(&pair).await, pair.link().await.note), (0, 1, String::new()));
}

#[tokio::test]
async fn what_was_written_after_it_does_not_come_before_it() {
    let (pair, clock) = closed().await;
    let LetterLine { letter, .. } = lost(&pair, &clock, "cut").await;
    pair.program.comment(&pair.ticket, "and then?", true).await;
    flows_on(&pair, "one").await;
    assert_eq!(pair.program.journal(&pair.incident, "work_notes").await.len(), 0, "it waits");
    assert!(pair.program.ask("retry-failure", &[("id", &letter.id)]).await.is_null());
    pair.program
        .until("it is there", async || pair.program.journal(&pair.incident, "work_notes").await.len() == 1)
        .await;
    assert_eq!(said(&pair).await, 1, "and what was written first came first");
    pair.quiet().await;
    assert_eq!((letters(&pair).await.len(), pair.link().await.note), (0, String::new()));
}

#[tokio::test]
async fn what_is_there_is_left_when_a_person_says_so() {
    let (pair, clock) = closed().await;
    let LetterLine { letter, .. } = lost(&pair, &clock, "lose_response").await;
    let form = [("id", letter.id.as_str()), ("reason", "it is there")];
    assert!(pair.program.ask("discard-failure", &form).await.is_null());
    pair.quiet().await;
    flows_on(&pair, "flows on").await;
    assert_eq!((letters(&pair).await.len(), said(&pair).await, pair.link().await.note), (0, 1, String::new()));
}

#[tokio::test]
async fn what_comes_to_light_asks_nobody_any_more() {
    let (pair, clock) = closed().await;
    let LetterLine { letter, .. } = lost(&pair, &clock, "lose_response").await;
    open_journal(&pair.program, true).await;
    flows_on(&pair, "flows on").await;
    let row = pair.program.database.store.letter(&letter.id).await.expect("readable").expect("kept");
    assert_eq!((row.letter.state.as_str(), said(&pair).await, pair.link().await.note), ("settled", 1, String::new()));
    let there = pair.program.database.store.comments(&pair.ticket).await.expect("readable");
    assert_eq!(there.len(), 1, "it does not come back");
}
