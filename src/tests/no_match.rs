//! A user whom the other side does not have: what the rule says is done, and told.

use super::support::Pair;
use crate::clock::{Clock, SystemClock};
use crate::store::User;
use merge::NoMatch;
use reqwest::Method;
use serde_json::json;

async fn owners_have(pair: &Pair, policy: NoMatch) {
    pair.publish(|rules| {
        for rule in rules.fields.iter_mut().filter(|rule| rule.name == "owner") {
            rule.no_match = policy.clone();
        }
    })
    .await;
}

/// The sys_id of a new user of ServiceNow.
async fn hire(pair: &Pair, email: &str) -> String {
    let user = json!({"user_name": email, "first_name": "New", "last_name": "Comer", "email": email, "active": "true"});
    let made = pair.program.table(Method::POST, "sys_user", Some(user)).await;
    made["sys_id"].as_str().unwrap_or_else(|| panic!("no sys_id in {made}")).to_owned()
}

/// Desk has this user from now on.
async fn join_desk(pair: &Pair, email: &str) {
    let user = User { id: SystemClock.id(), email: email.into(), name: "New Comer".into() };
    let mut tx = pair.program.database.store.begin().await.expect("begins");
    tx.find_or_add_desk_user(&user, "Ada", 1).await.expect("kept");
    tx.commit().await.expect("committed");
}

async fn assign(pair: &Pair, sys_id: &str) {
    pair.program.edit_incident(&pair.incident, json!({"assigned_to": sys_id})).await;
}

/// The e-mail of the ticket's owner; empty for nobody.
async fn owner(pair: &Pair) -> String {
    match pair.program.ticket(&pair.ticket).await.owner_id {
        Some(id) => pair.program.database.store.desk_user(&id).await.expect("readable").expect("a user").email,
        None => String::new(),
    }
}

async fn assignee(pair: &Pair) -> String {
    pair.program.incident_field(&pair.incident, "assigned_to").await
}

#[tokio::test]
async fn a_stand_in_takes_the_ticket_and_never_the_incident() {
    let pair = Pair::linked().await;
    owners_have(&pair, NoMatch::StandIn { email: "desk@example.com".into() }).await;
    let new = hire(&pair, "new@example.com").await;
    assign(&pair, &new).await;
    pair.program.until("somebody stands in", async || owner(&pair).await == "desk@example.com").await;
    pair.quiet().await;
    assert_eq!((assignee(&pair).await, pair.link().await.note), (new.clone(), String::new()));
    let stories = pair.stories().await;
    assert!(stories.contains("nobody with the e-mail new@example.com") && stories.contains("stands in"), "{stories}");
    // Another one whom Desk does not have, and other fields, leave the stand-in where it is.
    let newer = hire(&pair, "newer@example.com").await;
    assign(&pair, &newer).await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "flows on")]).await;
    pair.program.until("it flows", async || pair.titles().await.0 == "flows on").await;
    pair.quiet().await;
    assert_eq!((assignee(&pair).await, owner(&pair).await), (newer, "desk@example.com".to_owned()));
    // A person of Desk takes it over: an edit like any other.
    join_desk(&pair, "beth.anglin@example.com").await;
    pair.program.edit_ticket(&pair.ticket, &[("owner_email", "beth.anglin@example.com")]).await;
    let beth = "46d44a23a9fe19810012d100cca80666";
    pair.program.until("it goes to ServiceNow", async || assignee(&pair).await == beth).await;
}

#[tokio::test]
async fn a_field_that_is_left_is_told_and_flows_once_the_user_is_there() {
    let pair = Pair::linked().await;
    owners_have(&pair, NoMatch::LeaveEmpty).await;
    let new = hire(&pair, "new@example.com").await;
    assign(&pair, &new).await;
    pair.program.until("it is told", async || pair.link().await.note.contains("new@example.com")).await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "flows on")]).await;
    pair.program.until("it flows", async || pair.titles().await.0 == "flows on").await;
    pair.quiet().await;
    assert_eq!((owner(&pair).await, assignee(&pair).await), (String::new(), new));
    assert_eq!(pair.told("problem").await.len(), 1, "it is said once");
    join_desk(&pair, "new@example.com").await;
    pair.program.edit_incident(&pair.incident, json!({"description": "looked at again"})).await;
    pair.program.until("it flows", async || owner(&pair).await == "new@example.com").await;
    pair.quiet().await;
    assert_eq!(pair.link().await.note, "");
}

#[tokio::test]
async fn a_new_ticket_is_made_without_the_user_and_gets_the_stand_in() {
    let pair = Pair::linked().await;
    owners_have(&pair, NoMatch::StandIn { email: "desk@example.com".into() }).await;
    let new = hire(&pair, "new@example.com").await;
    let incident = pair.program.incident(json!({"assigned_to": new})).await;
    let ticket = pair.program.ticket_of(&pair.connection, &incident).await;
    let pair = Pair { incident, ticket, ..pair };
    pair.program.until("somebody stands in", async || owner(&pair).await == "desk@example.com").await;
    pair.quiet().await;
    assert_eq!(assignee(&pair).await, new);
}

#[tokio::test]
async fn servicenow_gets_a_stand_in_too() {
    let pair = Pair::linked().await;
    owners_have(&pair, NoMatch::StandIn { email: "beth.anglin@example.com".into() }).await;
    join_desk(&pair, "only@desk.example").await;
    pair.program.edit_ticket(&pair.ticket, &[("owner_email", "only@desk.example")]).await;
    let beth = "46d44a23a9fe19810012d100cca80666";
    pair.program.until("somebody stands in", async || assignee(&pair).await == beth).await;
    pair.quiet().await;
    assert_eq!((owner(&pair).await, pair.link().await.note), ("only@desk.example".to_owned(), String::new()));
}
