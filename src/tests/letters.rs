//! Dead letters, end to end: a refused write waits for a person, and nothing else waits with it.

use super::support::{Database, Program, on_both_databases, sqlite};
use crate::clock::{Clock, SystemClock};
use crate::store::{LetterLine, LetterSearch, PersonRow};
use reqwest::Method;
use serde_json::{Value as Json, json};

on_both_databases!(a_refused_write_is_kept_once_and_flows_after_a_retry_of_its_cause,);

/// A connection with a linked incident, and an instance that refuses every resolution.
async fn refusing(database: Database) -> (Program, String, String, String) {
    let (program, connection) = Program::connected(database).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    // The template's close code is no choice any longer, so resolving breaks the data policy.
    let query = "sys_choice?sysparm_query=name=incident^element=close_code^value=Solution provided";
    for row in program.table(Method::GET, query, None).await.as_array().expect("rows") {
        let id = row["sys_id"].as_str().expect("an id");
        program.table(Method::PATCH, &format!("sys_choice/{id}"), Some(json!({"inactive": "true"}))).await;
    }
    (program, connection, incident, ticket)
}

async fn repair(program: &Program) {
    let query = "sys_choice?sysparm_query=name=incident^element=close_code^value=Solution provided";
    for row in program.table(Method::GET, query, None).await.as_array().expect("rows") {
        let id = row["sys_id"].as_str().expect("an id");
        program.table(Method::PATCH, &format!("sys_choice/{id}"), Some(json!({"inactive": "false"}))).await;
    }
}

async fn letters(program: &Program, connection: &str) -> Vec<LetterLine> {
    let search = LetterSearch { connection, limit: 100, ..LetterSearch::default() };
    program.database.store.open_letters(&search).await.expect("readable")
}

/// Counts the writes to incidents from here on: a fault that does nothing but count.
async fn count_writes(program: &Program) {
    program
        .switch(
            json!({"faults": [{"kind": "delay", "path": "/api/now/table/incident", "method": "PATCH", "delay_ms": 0}]}),
        )
        .await;
}

async fn writes(program: &Program) -> u64 {
    let answer = program
        .browser
        .get(format!("{}/sandbox/switches", program.practice.address()))
        .basic_auth("admin", Some("admin"))
        .send()
        .await
        .expect("an answer");
    let switches: Json = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
    switches["faults"][0]["met"].as_u64().expect("a count")
}

async fn a_refused_write_is_kept_once_and_flows_after_a_retry_of_its_cause(database: Database) {
    let (program, connection, incident, ticket) = refusing(database).await;
    program.edit_ticket(&ticket, &[("status", "Resolved"), ("title", "flows on")]).await;
    program.until_quiet(&connection).await;
    let found = letters(&program, &connection).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let letter = &found[0].letter;
    assert_eq!((letter.rule.as_str(), letter.kind.as_str(), letter.side.as_str()), ("status", "write", "servicenow"));
    assert!(letter.problem.contains("Resolution code"), "{}", letter.problem);
    assert_eq!(program.incident_field(&incident, "short_description").await, "flows on");

    // News repeats: the title goes out, the status does not.
    count_writes(&program).await;
    for title in ["flows on still", "and on"] {
        program.edit_ticket(&ticket, &[("title", title)]).await;
        program.until_quiet(&connection).await;
    }
    assert_eq!(writes(&program).await, 2, "one write for each title, none for the status");
    let again = letters(&program, &connection).await;
    assert_eq!((again.len(), again[0].letter.id.as_str()), (1, letter.id.as_str()));
    let link = program.database.store.link_of(&connection, &incident).await.expect("readable").expect("linked");
    assert!(link.note.contains("Resolution code"), "{}", link.note);

    // The page shows it, with what to do, to a browser without scripts.
    let page = program.get(&format!("/failures?connection={connection}")).await.text().await.expect("a page");
    assert!(page.contains("Writing status to ServiceNow") && page.contains("Retry all"), "{page}");
    let page = program.get(&format!("/failures/{}", letter.id)).await.text().await.expect("a page");
    let link = letter.link_id.as_deref().expect("linked");
    assert!(page.contains(&format!("/links/{link}")), "{page}");
    assert!(page.contains("Resolved") || page.contains(">6<"), "{page}");

    repair(&program).await;
    let form = [("connection", connection.as_str()), ("cause", letter.cause.as_str())];
    let answer = program.post("/fn/retry-failures", &form).await;
    assert!(answer.status().is_redirection(), "{}", answer.status());
    program.until("it flows", async || program.incident_field(&incident, "state").await == "6").await;
    program.until_quiet(&connection).await;
    assert!(letters(&program, &connection).await.is_empty());
    let link = program.database.store.link_of(&connection, &incident).await.expect("readable").expect("linked");
    assert_eq!(link.note, "");
    assert_eq!(program.database.store.audit_count("failures.retry_cause", false).await.expect("readable"), 1);
}

#[tokio::test]
async fn a_discarded_write_is_given_up_until_something_else_is_wanted() {
    let (program, connection, incident, ticket) = refusing(sqlite().await).await;
    program.edit_ticket(&ticket, &[("status", "Resolved")]).await;
    program.until_quiet(&connection).await;
    let id = letters(&program, &connection).await[0].letter.id.clone();
    let answer = program.ask("discard-failure", &[("id", &id), ("reason", " ")]).await;
    assert_eq!(answer["field"], "reason", "{answer}");
    let answer = program.ask("discard-failure", &[("id", &id), ("reason", "resolved by hand")]).await;
    assert!(answer.is_null(), "{answer}");
    repair(&program).await;
    program.edit_ticket(&ticket, &[("title", "flows on")]).await;
    program.until_quiet(&connection).await;
    assert_eq!(program.incident_field(&incident, "short_description").await, "flows on");
    assert_eq!(program.incident_field(&incident, "state").await, "1", "given up");
    assert_eq!(program.ticket(&ticket).await.status, "Resolved");
    let page = program.get(&format!("/tickets/{ticket}")).await.text().await.expect("a page");
    assert!(page.contains("was given up by Ada: resolved by hand"), "{page}");
    let link = program.database.store.link_of(&connection, &incident).await.expect("readable").expect("linked");
    assert_eq!(link.note, "", "nobody needs to act");
    let search = crate::store::HistorySearch { ticket: &ticket, limit: 100, ..Default::default() };
    let lines = program.database.store.history(&search).await.expect("readable");
    assert_eq!(lines.iter().filter(|line| line.kind == "given_up" && line.who == "Ada").count(), 1);

    // Another value is written as ever, and then the first one is as well.
    for (status, state) in [("In Progress", "2"), ("Resolved", "6")] {
        program.edit_ticket(&ticket, &[("status", status)]).await;
        program.until_quiet(&connection).await;
        assert_eq!(program.incident_field(&incident, "state").await, state);
    }
}

#[tokio::test]
async fn a_letter_settles_by_itself_when_the_sides_become_equal() {
    let (program, connection, incident, ticket) = refusing(sqlite().await).await;
    program.edit_ticket(&ticket, &[("status", "Resolved")]).await;
    program.until_quiet(&connection).await;
    let id = letters(&program, &connection).await[0].letter.id.clone();
    program.edit_ticket(&ticket, &[("status", "New")]).await;
    program.until_quiet(&connection).await;
    assert!(letters(&program, &connection).await.is_empty());
    let closed = program.database.store.letter(&id).await.expect("readable").expect("kept").letter;
    assert_eq!(closed.state, "settled");
    assert_eq!(program.incident_field(&incident, "state").await, "1");
}

#[tokio::test]
async fn only_an_operator_retries_and_a_refusal_is_in_the_audit() {
    let (mut program, connection, _, ticket) = refusing(sqlite().await).await;
    program.edit_ticket(&ticket, &[("status", "Resolved")]).await;
    program.until_quiet(&connection).await;
    let id = letters(&program, &connection).await[0].letter.id.clone();
    let admin = program.database.store.person_by_email(super::support::EMAIL).await.expect("readable").expect("Ada");
    let mut tx = program.database.store.begin().await.expect("begins");
    let viewer = PersonRow { id: SystemClock.id(), email: "eve@example.com".into(), role: "viewer".into(), ..admin };
    tx.add_person(&viewer).await.expect("added");
    tx.commit().await.expect("committed");
    let form = [("email", "eve@example.com"), ("password", super::support::PASSWORD), ("next", "/")];
    let answer = program.post("/fn/sign-in", &form).await;
    let cookie = answer.headers().get("set-cookie").expect("a session").to_str().expect("text").to_owned();
    program.cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let answer = program.ask("retry-failure", &[("id", &id)]).await;
    assert_eq!(answer["code"], "AUTH-FORBIDDEN", "{answer}");
    let answer = program.ask("discard-failure", &[("id", &id), ("reason", "no")]).await;
    assert_eq!(answer["code"], "AUTH-FORBIDDEN", "{answer}");
    assert_eq!(program.database.store.audit_count("failures.retry", true).await.expect("readable"), 1);
    assert_eq!(letters(&program, &connection).await.len(), 1);
}
