//! The clone guard: another instance or another console on the same links stops the writing, and nothing else does.

use super::support::{ForwardClock, Pair, Program, sqlite};
use crate::cli::{DatabaseArgs, Role, ServeArgs};
use crate::clock::SystemClock;
use crate::start::{self, Running};
use crate::store::State;
use app::model::ConnectDefaults;
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// After so long the guard looks again.
const LATER: i64 = 4 * 60 * 60 * 1000 + 1;

async fn linked() -> (Pair, Arc<ForwardClock>) {
    let clock = Arc::new(ForwardClock::default());
    let mut program = Program::start_by(clock.clone(), sqlite().await, Role::All).await;
    program.become_admin().await;
    let connection = program.connect().await;
    assert!(program.authorize(&connection, true).await.ends_with("?authorized=1"));
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    (Pair { program, connection, incident, ticket }, clock)
}

/// A property of the instance gets another value, or none.
async fn change_property(program: &Program, name: &str, value: Option<&str>) {
    let found = program.table(Method::GET, &format!("sys_properties?sysparm_query=name={name}"), None).await;
    let path = format!("sys_properties/{}", found[0]["sys_id"].as_str().expect("a property"));
    match value {
        Some(value) => program.table(Method::PATCH, &path, Some(json!({"value": value}))).await,
        None => program.table(Method::DELETE, &path, None).await,
    };
}

async fn is_held(program: &Program, connection: &str) -> Option<String> {
    let connection = program.database.store.connection(connection).await.expect("readable").expect("there");
    (connection.state == State::Held).then_some(connection.state_note)
}

async fn held(program: &Program, connection: &str) -> String {
    let mut note = None;
    program
        .until("the connection is held", async || {
            note = is_held(program, connection).await;
            note.is_some()
        })
        .await;
    note.expect("a note")
}

#[tokio::test]
async fn another_instance_under_the_same_address_gets_nothing_until_a_person_says_so() {
    let (pair, clock) = linked().await;
    let Pair { program, connection, incident, ticket } = &pair;
    change_property(program, "instance_id", Some("another")).await;
    clock.turn(LATER);
    program.edit_ticket(ticket, &[("title", "From Desk")]).await;
    program.comment(ticket, "Said in Desk", false).await;
    let note = held(program, connection).await;
    assert!(note.contains("the instance_id was") && note.contains("is another"), "{note}");
    // What ServiceNow tells is kept meanwhile, and a person who just resumes is told why not.
    program.edit_incident(incident, json!({"description": "From ServiceNow"})).await;
    let refused = program.ask("resume-connection", &[("id", connection)]).await;
    assert!(refused.to_string().contains("CONN-INSTANCE"), "{refused}");
    assert!(is_held(program, connection).await.is_some());
    assert_eq!(program.incident_field(incident, "short_description").await, "The printer is on fire");
    assert!(program.journal(incident, "comments").await.is_empty());
    let page = program.get(&format!("/settings/connections/{connection}")).await.text().await.expect("a page");
    assert!(page.contains("It is the same: go on") && page.contains("the instance_id was"));

    assert!(program.ask("confirm-instance", &[("id", connection)]).await.is_null());
    program
        .until("both edits arrived", async || {
            program.incident_field(incident, "short_description").await == "From Desk"
                && program.ticket(ticket).await.description == "From ServiceNow"
        })
        .await;
    pair.quiet().await;
    assert_eq!(program.journal(incident, "comments").await.len(), 1);
    assert_eq!(program.database.store.audit_count("connections.confirm_instance", false).await.expect("readable"), 1);
    // It is the remembered one now.
    clock.turn(LATER);
    program.edit_ticket(ticket, &[("title", "Again from Desk")]).await;
    program
        .until("it flows on", async || program.incident_field(incident, "short_description").await == "Again from Desk")
        .await;
}

#[tokio::test]
async fn a_mistake_that_was_put_right_needs_nobody_to_vouch_for_it() {
    let (pair, clock) = linked().await;
    let Pair { program, connection, incident, ticket } = &pair;
    change_property(program, "instance_name", Some("test")).await;
    clock.turn(LATER);
    held(program, connection).await;
    program.edit_ticket(ticket, &[("title", "From Desk")]).await;
    change_property(program, "instance_name", Some("practice")).await;
    assert!(program.ask("resume-connection", &[("id", connection)]).await.is_null());
    program
        .until("it flows on", async || program.incident_field(incident, "short_description").await == "From Desk")
        .await;
}

#[tokio::test]
async fn an_authorization_at_another_instance_does_not_start_the_writing() {
    let (pair, _clock) = linked().await;
    let Pair { program, connection, .. } = &pair;
    change_property(program, "instance_id", Some("another")).await;
    let back = program.authorize(connection, true).await;
    assert!(back.ends_with("?problem=CONN-INSTANCE"), "{back}");
    assert!(is_held(program, connection).await.is_some_and(|note| note.contains("instance_id")));
}

#[tokio::test]
async fn what_cannot_be_read_any_more_and_another_account_are_no_other_instance() {
    let (pair, clock) = linked().await;
    let Pair { program, connection, incident, ticket } = &pair;
    let reads = async |title: &str| {
        program.edit_ticket(ticket, &[("title", title)]).await;
        program
            .until("it flows", async || {
                assert_eq!(is_held(program, connection).await, None);
                program.incident_field(incident, "short_description").await == title
            })
            .await;
    };
    // The agent reads no properties, and is another user.
    let back = program.authorize_as(connection, "itil", true).await;
    assert!(back.ends_with("?authorized=1"), "{back}");
    reads("As an agent").await;
    change_property(program, "instance_id", None).await;
    change_property(program, "instance_name", None).await;
    let back = program.authorize(connection, true).await;
    assert!(back.ends_with("?authorized=1"), "{back}");
    clock.turn(LATER);
    reads("Without properties").await;
}

#[tokio::test]
async fn linked_records_that_are_all_gone_without_a_trace_are_another_instances() {
    let (pair, clock) = linked().await;
    let Pair { program, connection, incident, .. } = &pair;
    let mut incidents = vec![incident.clone()];
    for _ in 0..4 {
        incidents.push(program.incident(json!({})).await);
    }
    for incident in &incidents {
        program.ticket_of(connection, incident).await;
    }
    pair.quiet().await;
    program.switch(json!({"delete_audit": "off"})).await;
    for incident in &incidents {
        program.table(Method::DELETE, &format!("incident/{incident}"), None).await;
    }
    clock.turn(LATER);
    let note = held(program, connection).await;
    assert!(note.contains("none of the last 5 linked records of table incident"), "{note}");
    assert!(program.ask("confirm-instance", &[("id", connection)]).await.is_null());
    let later = program.incident(json!({})).await;
    program.ticket_of(connection, &later).await;
    assert_eq!(is_held(program, connection).await, None, "it was said once");
}

/// The same database and key, started elsewhere.
async fn copied(program: &Program, public_url: &str) -> (Running, std::path::PathBuf) {
    let file = std::env::temp_dir().join(format!("isthmus-copy-{}.db", crate::clock::Clock::id(&SystemClock)));
    program.database.store.run_script(&format!("vacuum into '{}'", file.display())).await.expect("copied");
    let settings = ServeArgs {
        listen: "127.0.0.1:0".parse().expect("an address"),
        public_url: Some(public_url.to_owned()),
        database: DatabaseArgs { database_url: format!("sqlite://{}", file.display()) },
        ..program.settings.clone()
    };
    let clock = Arc::new(SystemClock);
    let running = start::run(&settings, clock, ConnectDefaults::default(), CancellationToken::new()).await;
    (running.expect("the copy starts"), file)
}

#[tokio::test]
async fn a_copy_of_the_database_at_another_address_writes_nothing() {
    let (pair, _clock) = linked().await;
    let Pair { program, connection, .. } = &pair;
    let (copy, file) = copied(program, "https://copy.example.com").await;
    let mut note = String::new();
    program
        .until("the copy is held", async || {
            let kept = copy.parts.store.connection(connection).await.expect("readable").expect("there");
            note = kept.state_note;
            kept.state == State::Held
        })
        .await;
    assert!(note.contains("is https://copy.example.com"), "{note}");
    assert_eq!(is_held(program, connection).await, None, "the first goes on");
    copy.stop().await;
    std::fs::remove_file(file).expect("removed");
}

#[tokio::test]
async fn a_copy_that_answers_to_the_same_address_is_known_by_the_records_that_it_makes() {
    let (pair, clock) = linked().await;
    let Pair { program, connection, .. } = &pair;
    program.publish(connection, |rules| rules.create_in_servicenow = true).await.expect("kept");
    let (copy, file) = copied(program, program.settings.public_url.as_deref().expect("an address")).await;
    let make = async |at: std::net::SocketAddr, title: &str| {
        let request = program.browser.post(format!("http://{at}/fn/create-ticket")).header("cookie", &program.cookie);
        let request = request.header("sec-fetch-site", "same-origin").header("accept", "text/html");
        let form = [("form[title]", title), ("form[kind]", "Payroll"), ("form[priority]", "Normal")];
        request.form(&form).send().await.expect("an answer");
        program
            .until("the incident is made", async || {
                let query = format!("incident?sysparm_query=short_description={title}");
                let rows = program.table(Method::GET, &query, None).await;
                rows.as_array().is_some_and(|rows| !rows.is_empty())
            })
            .await;
    };
    make(program.running.address, "ours").await;
    clock.turn(LATER);
    program.until_quiet(connection).await;
    assert_eq!(is_held(program, connection).await, None, "its own records are no news");
    make(copy.address, "theirs").await;
    clock.turn(LATER);
    let note = held(program, connection).await;
    assert!(note.contains("another Isthmus makes records in table incident"), "{note}");
    copy.stop().await;
    std::fs::remove_file(file).expect("removed");
}
