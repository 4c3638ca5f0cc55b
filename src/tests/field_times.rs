//! A clash is decided by who set the field last, where ServiceNow's audit tells it, and says so where it does not.

use super::support::{Pair, Program, sqlite};
use crate::clock::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value as Json, json};

async fn linked_as(user: &str) -> Pair {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let connection = program.connect().await;
    program.authorize_as(&connection, user, true).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    Pair { program, connection, incident, ticket }
}

/// ServiceNow's clock has whole seconds: what follows is surely later.
async fn next_second(pair: &Pair) {
    let now = SystemClock.now() / 1000;
    pair.program.until("the next second", async || SystemClock.now() / 1000 > now).await;
}

/// The title is set in ServiceNow, then in Desk, and then another field of the incident.
async fn touched_after_the_clash(pair: &Pair) {
    pair.publish(|rules| rules.conflict_window = 0).await;
    pair.meanwhile(async || {
        pair.program.edit_incident(&pair.incident, json!({"short_description": "from ServiceNow"})).await;
        next_second(pair).await;
        pair.program.edit_ticket(&pair.ticket, &[("title", "from Desk")]).await;
        next_second(pair).await;
        pair.program.edit_incident(&pair.incident, json!({"description": "touched later"})).await;
    })
    .await;
    pair.program
        .until("they agree", async || {
            let (servicenow, desk) = pair.titles().await;
            servicenow == desk
        })
        .await;
    pair.quiet().await;
}

/// Counts the questions to the audit from here on: a fault that does nothing but count. Polling asks for deletions, and is
/// counted apart, once it has found where they are.
async fn count_questions(pair: &Pair) {
    let other = pair.program.incident(json!({"category": "hardware"})).await;
    let gone = pair.program.table(Method::DELETE, &format!("incident/{other}"), None).await;
    assert!(gone.is_null(), "{gone}");
    pair.program
        .until("polling knows where deletions are", async || {
            let cursor = pair.program.database.store.cursor(&pair.connection, "deletions").await.expect("readable");
            cursor.is_some_and(|cursor| cursor.closed.is_empty() && cursor.found_at > 0)
        })
        .await;
    let count = |path: &str| json!({"kind": "delay", "path": path, "method": "GET", "delay_ms": 0});
    let faults = [count("/api/now/table/sys_audit_delete"), count("/api/now/table/sys_audit")];
    pair.program.switch(json!({"faults": faults})).await;
}

async fn questions(pair: &Pair) -> u64 {
    let address = format!("{}/sandbox/switches", pair.program.practice.address());
    let asked = pair.program.browser.get(address).basic_auth("admin", Some("admin")).send().await.expect("an answer");
    let switches: Json = serde_json::from_str(&asked.text().await.expect("a body")).expect("JSON");
    switches["faults"][1]["met"].as_u64().expect("a count")
}

#[tokio::test]
async fn the_later_edit_of_the_field_wins_and_not_the_record_that_was_touched_last() {
    let pair = linked_as("admin").await;
    count_questions(&pair).await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "alone")]).await;
    pair.quiet().await;
    assert_eq!(questions(&pair).await, 0, "nothing clashes, so nothing is asked");
    touched_after_the_clash(&pair).await;
    assert_eq!(pair.titles().await, ("from Desk".to_owned(), "from Desk".to_owned()));
    assert_eq!(questions(&pair).await, 1, "one field clashed, once");
    let stories = pair.stories().await;
    assert!(stories.contains("Desk's edit is the later, so it stands. By rule"), "{stories}");
}

#[tokio::test]
async fn where_the_audit_is_closed_the_explanation_says_that_the_records_time_was_used() {
    let pair = linked_as("itil").await;
    touched_after_the_clash(&pair).await;
    assert_eq!(pair.titles().await, ("from ServiceNow".to_owned(), "from ServiceNow".to_owned()));
    let stories = pair.stories().await;
    assert!(stories.contains("by the time of ServiceNow's record"), "{stories}");
}

#[tokio::test]
async fn an_open_conflict_names_who_set_the_field_and_asks_once() {
    let pair = linked_as("admin").await;
    pair.publish(|rules| rules.strategy = merge::Strategy::ManualReview).await;
    count_questions(&pair).await;
    pair.disagree("from ServiceNow", "from Desk").await;
    pair.program.until("a conflict is open", async || !pair.conflicts().await.is_empty()).await;
    pair.quiet().await;
    let edit = pair.conflicts().await.remove(0).servicenow_edit;
    assert!(edit.by == "admin" && edit.at > 0, "{edit:?}");
    let before = questions(&pair).await;
    pair.program.edit_ticket(&pair.ticket, &[("description", "flows on")]).await;
    pair.quiet().await;
    assert_eq!((before, questions(&pair).await), (1, 1), "it is known by now");
}
