//! The end of a connection: what goes, what stays, and the way back.

use super::support::{Database, Program, http, on_both_databases};
use crate::store::State;
use reqwest::StatusCode;
use serde_json::json;

on_both_databases!(
    disconnected_it_keeps_its_links_and_goes_on_when_connected_again,
    removed_it_leaves_both_sides_alone
);

async fn linked(database: Database) -> (Program, String, String, String) {
    let (program, id) = Program::connected(database).await;
    assert!(program.ask("install-webhook", &[("id", &id)]).await.is_null());
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&id, &incident).await;
    program.until_quiet(&id).await;
    (program, id, incident, ticket)
}

async fn disconnected_it_keeps_its_links_and_goes_on_when_connected_again(database: Database) {
    let (program, id, incident, ticket) = linked(database).await;
    let (hook, _) = program.hook(&id).await;
    assert!(program.ask("disconnect", &[("id", &id), ("keep", "all")]).await["code"].is_null());
    let store = &program.database.store;
    let row = store.connection(&id).await.expect("readable").expect("there");
    assert_eq!((row.state, row.client_secret.as_str()), (State::Disconnected, ""));
    assert!(store.tokens(&id).await.expect("readable").is_none());
    assert!(store.link_of(&id, &incident).await.expect("readable").is_some(), "the link is kept");
    let told = http().post(&hook).body("{}").send().await.expect("an answer");
    assert_eq!(told.status(), StatusCode::NOT_FOUND, "what is installed there is turned away");
    assert_eq!(store.audit_count("connections.disconnect", false).await.expect("counted"), 1);
    assert_eq!(program.ask("resume-connection", &[("id", &id)]).await["code"], "CONN-NOT-AUTHORIZED");
    assert_eq!(program.ask("connections", &[]).await[0]["state"], "disconnected");

    program.edit_incident(&incident, json!({"short_description": "Changed meanwhile"})).await;
    program.edit_ticket(&ticket, &[("description", "Changed here meanwhile")]).await;
    let form = [
        ("id", id.as_str()),
        ("name", "Again"),
        ("address", program.practice.address()),
        ("client_id", "test-client"),
        ("client_secret", "test-secret"),
    ];
    assert!(program.ask("connect", &form).await["code"].is_null());
    let back = program.authorize(&id, true).await;
    assert!(back.ends_with("/tokens?authorized=1"), "{back}");
    program
        .until("what was changed here arrives", async || {
            program.incident_field(&incident, "description").await == "Changed here meanwhile"
        })
        .await;
    program
        .until("what was changed there arrives", async || program.ticket(&ticket).await.title == "Changed meanwhile")
        .await;
    let row = store.connection(&id).await.expect("readable").expect("there");
    assert_eq!((row.state, row.name.as_str()), (State::Active, "Again"));
}

async fn removed_it_leaves_both_sides_alone(database: Database) {
    let (program, id, incident, ticket) = linked(database).await;
    program.comment(&ticket, "Thank you.", false).await;
    program.until_quiet(&id).await;
    assert!(program.ask("disconnect", &[("id", &id), ("keep", "nothing")]).await["code"].is_null());
    let store = &program.database.store;
    program.until("it is gone", async || store.connection(&id).await.expect("readable").is_none()).await;
    assert_eq!(store.count_links(&id).await.expect("counted"), 0);
    assert_eq!(program.ticket(&ticket).await.title, "The printer is on fire", "the ticket stays");
    assert_eq!(program.incident_field(&incident, "short_description").await, "The printer is on fire");
    assert_eq!(store.audit_count("connections.disconnect", false).await.expect("counted"), 1);
    let again = program.connect().await;
    assert_ne!(again, id, "the instance can be connected anew");
    assert!(program.ask("disconnect", &[("id", &again), ("keep", "nothing")]).await["code"].is_null());
    assert!(store.connections().await.expect("readable").is_empty(), "a draft is gone at once");
}
