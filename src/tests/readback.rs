//! What ServiceNow really stored: cut, changed and changed back, over HTTP.

use super::support::Pair;
use crate::queue;
use crate::store::Urgency;
use merge::{Owner, Strategy};
use reqwest::Method;
use serde_json::json;

/// A business rule of the instance that runs before each update of an incident.
async fn business_rule(pair: &Pair, script: &str) {
    let body = json!({
        "name": "Interferes", "collection": "incident", "when": "before", "active": "true", "advanced": "true",
        "action_insert": "false", "action_update": "true", "order": "100", "script": script,
    });
    let made = pair.program.table(Method::POST, "sys_script", Some(body)).await;
    assert!(made["sys_id"].is_string(), "{made}");
}

#[tokio::test]
async fn a_text_that_servicenow_cuts_stays_whole_in_desk() {
    let pair = Pair::linked().await;
    // Desk's own form takes no more than ServiceNow keeps; another platform may.
    let long = "x".repeat(200);
    let parts = &pair.program.running.parts;
    let before = pair.program.ticket(&pair.ticket).await;
    let mut after = before.clone();
    after.title.clone_from(&long);
    let mut tx = parts.store.begin().await.expect("begins");
    crate::desk::save_edited(&mut tx, &before, after, "Ada", parts.clock.as_ref()).await.expect("kept");
    queue::look_at(&mut tx, &pair.connection, &pair.incident, Urgency::Live, parts.clock.as_ref()).await.expect("kept");
    tx.commit().await.expect("committed");
    parts.wake.wake();
    pair.program.until("its beginning arrives", async || pair.titles().await.0 == "x".repeat(160)).await;
    pair.quiet().await;
    assert!(pair.stories().await.contains("160 of the 200 characters"), "the difference is explained");
    // Other edits on either side leave it alone.
    pair.program.edit_incident(&pair.incident, json!({"description": "touched there"})).await;
    pair.program
        .until("it flows", async || pair.program.ticket(&pair.ticket).await.description == "touched there")
        .await;
    pair.program.edit_ticket(&pair.ticket, &[("description", "touched here")]).await;
    pair.quiet().await;
    assert_eq!(pair.titles().await, ("x".repeat(160), long));
    assert_eq!(pair.link().await.note, "");
    // A person's edit of the short one is an edit like any other.
    pair.program.edit_incident(&pair.incident, json!({"short_description": "short"})).await;
    pair.program.until("it flows", async || pair.titles().await.1 == "short").await;
}

#[tokio::test]
async fn a_value_that_a_business_rule_changes_comes_back_explained() {
    let pair = Pair::linked().await;
    business_rule(&pair, "current.short_description = 'set by a rule';").await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "from Desk")]).await;
    pair.quiet().await;
    assert_eq!(pair.titles().await, ("set by a rule".to_owned(), "set by a rule".to_owned()));
    let steps = pair.stories().await;
    assert!(steps.contains("a business rule of table incident changed it") && steps.contains("Interferes"), "{steps}");
    assert_eq!(pair.link().await.note, "");
}

/// Desk owns the title, and the rule enforces that.
async fn enforce_the_title(pair: &Pair) {
    pair.publish(|rules| {
        for rule in rules.fields.iter_mut().filter(|rule| rule.name == "title") {
            rule.owner = Owner::Platform;
            rule.enforce = true;
        }
    })
    .await;
}

#[tokio::test]
async fn a_rule_that_puts_the_old_value_back_is_told_and_not_fought_over() {
    let pair = Pair::linked().await;
    enforce_the_title(&pair).await;
    business_rule(&pair, "current.short_description = 'set by a rule';").await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "from Desk")]).await;
    pair.program.until("it is told", async || pair.link().await.note.contains("kept the old value")).await;
    pair.quiet().await;
    assert_eq!(pair.titles().await, ("set by a rule".to_owned(), "from Desk".to_owned()));
}

#[tokio::test]
async fn what_turns_in_circles_is_told_and_not_fought_over() {
    let pair = Pair::linked().await;
    enforce_the_title(&pair).await;
    // Something in ServiceNow, under the account that Isthmus acts as, changes each write back a moment later.
    pair.program.edit_ticket(&pair.ticket, &[("title", "from Desk")]).await;
    for _ in 0..2 {
        pair.program.until("it is written", async || pair.titles().await.0 == "from Desk").await;
        pair.program.edit_incident(&pair.incident, json!({"short_description": "changed back"})).await;
    }
    pair.program.until("it is told", async || pair.link().await.note.contains("2 times in a row")).await;
    pair.quiet().await;
    // Other fields flow on, and the title is left alone.
    pair.program.edit_ticket(&pair.ticket, &[("description", "flows on")]).await;
    pair.quiet().await;
    assert_eq!(pair.program.incident_field(&pair.incident, "description").await, "flows on");
    assert_eq!(pair.titles().await, ("changed back".to_owned(), "from Desk".to_owned()));
    // Another value is another try.
    pair.program.edit_ticket(&pair.ticket, &[("title", "another")]).await;
    pair.program.until("it is written", async || pair.titles().await.0 == "another").await;
    pair.quiet().await;
    assert_eq!(pair.link().await.note, "");
}

/// Desk's edit reached ServiceNow, and the answer was lost. A person edits again before anybody looks.
#[tokio::test]
async fn what_came_true_of_a_lost_write_is_no_edit_of_that_side() {
    let pair = Pair::linked().await;
    let program = &pair.program;
    pair.publish(|rules| {
        let title = rules.fields.iter_mut().find(|rule| rule.name == "title").expect("there");
        // Were it taken for an edit of ServiceNow, it would win.
        (title.strategy, title.priority) = (Some(Strategy::OwnershipPriority), (10, 5));
    })
    .await;
    pair.quiet().await;
    let lost = json!({"kind": "lose_response", "path": "/api/now/table/incident", "method": "PATCH", "count": 1});
    program.switch(json!({"faults": [lost]})).await;
    program.edit_ticket(&pair.ticket, &[("title", "first")]).await;
    program.until("it arrives", async || pair.titles().await.0 == "first").await;
    program.edit_ticket(&pair.ticket, &[("title", "second")]).await;
    pair.quiet().await;
    assert_eq!(pair.titles().await, ("second".to_owned(), "second".to_owned()));
    let sent = program.database.store.deliveries_of(&pair.link().await.id, "write").await.expect("readable");
    let [.., first, second] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((first.state.as_str(), second.state.as_str()), ("superseded", "done"));
}
