//! The sync, end to end over HTTP: the whole program beside a practice instance that has its bad days.

use super::support::Database;
use super::support::{Program, on_both_databases, sqlite};
use reqwest::Method;
use serde_json::json;

on_both_databases!(everything_of_the_field_table_goes_both_ways,);

async fn everything_of_the_field_table_goes_both_ways(database: Database) {
    let (program, connection) = Program::connected(database).await;
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    let beth = "46d44a23a9fe19810012d100cca80666";
    let incident = program
        .incident(json!({
            "short_description": "Grüße from 東京", "description": "line one\nline two", "caller_id": beth,
            "assigned_to": beth, "due_date": "2026-12-24 17:00:00", "comments": "first comment", "work_notes": "a secret note",
        }))
        .await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    let is = program.ticket(&ticket).await;
    let number = program.incident_field(&incident, "number").await;
    assert_eq!((is.title.as_str(), is.description.as_str()), ("Grüße from 東京", "line one\nline two"));
    assert_eq!(
        (is.status.as_str(), is.kind.as_str(), is.reference.as_str()),
        ("New", "General inquiry", number.as_str())
    );
    assert_eq!(is.due_at, crate::clock::read_moment("2026-12-24 17:00:00"));
    let owner = program.database.store.desk_user(is.owner_id.as_deref().expect("an owner")).await.expect("readable");
    assert_eq!(owner.expect("made").email, "beth.anglin@example.com");
    assert_eq!(is.owner_id, is.requestor_id);
    assert_eq!(program.incident_field(&incident, "correlation_id").await, is.number);
    let comments = program.database.store.comments(&ticket).await.expect("readable");
    let seen: Vec<(&str, i64)> = comments.iter().map(|row| (row.body.as_str(), row.internal)).collect();
    assert!(
        seen.contains(&("first comment", 0)) && seen.contains(&("a secret note", 1)) && seen.len() == 2,
        "{seen:?}"
    );

    // Desk to ServiceNow: fields, and a transition that requires more.
    program
        .edit_ticket(&ticket, &[("title", "Renamed in Desk"), ("status", "Resolved"), ("due", ""), ("owner_email", "")])
        .await;
    program.comment(&ticket, "done, see you", false).await;
    program.comment(&ticket, "took two minutes", true).await;
    program.until_quiet(&connection).await;
    assert_eq!(program.incident_field(&incident, "short_description").await, "Renamed in Desk");
    assert_eq!(program.incident_field(&incident, "state").await, "6");
    assert_eq!(program.incident_field(&incident, "due_date").await, "");
    assert_eq!(program.incident_field(&incident, "assigned_to").await, "");
    assert!(program.incident_field(&incident, "close_notes").await.contains(&is.number));
    let comments = program.journal(&incident, "comments").await;
    assert_eq!(comments.len(), 2);
    assert!(comments[1].starts_with("Ada wrote in Desk, ") && comments[1].ends_with("done, see you"), "{comments:?}");
    assert!(program.journal(&incident, "work_notes").await.last().expect("a note").ends_with("took two minutes"));

    // ServiceNow to Desk: a hold with its reason, then closing.
    program.edit_incident(&incident, json!({"state": "3", "hold_reason": "4"})).await;
    program.until("the hold is told", async || program.ticket(&ticket).await.status == "On Hold").await;
    program.until_quiet(&connection).await;
    let comments = program.database.store.comments(&ticket).await.expect("readable");
    let told: Vec<&str> =
        comments.iter().filter(|row| row.body.contains("Awaiting Vendor")).map(|row| row.body.as_str()).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    program
        .edit_incident(
            &incident,
            json!({"state": "7", "close_code": "Solution provided", "close_notes": "replaced", "hold_reason": ""}),
        )
        .await;
    program.until("the ticket is closed", async || program.ticket(&ticket).await.status == "Closed").await;
    program.until_quiet(&connection).await;
    let closed_at = crate::clock::read_moment(&program.incident_field(&incident, "closed_at").await);
    assert!(closed_at.is_some());
    assert_eq!(program.ticket(&ticket).await.closed_at, closed_at);
    assert_eq!(program.journal(&incident, "comments").await.len(), 2, "nothing came back as an echo");
}

#[tokio::test]
async fn polling_alone_carries_everything_when_no_webhook_comes() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.edit_incident(&incident, json!({"short_description": "changed unheard"})).await;
    program.until("polling found it", async || program.ticket(&ticket).await.title == "changed unheard").await;
}

#[tokio::test]
async fn only_mapped_categories_enter_and_nothing_from_before_the_connection() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let before = program.incident(json!({"short_description": "from before"})).await;
    // ServiceNow's clock has whole seconds; the connection must begin in a later one.
    let made = crate::clock::read_moment(&program.incident_field(&before, "sys_created_on").await).expect("a moment");
    program
        .until("the next second", async || crate::clock::Clock::now(&crate::clock::SystemClock) >= made + 1000)
        .await;
    let connection = program.connect().await;
    program.authorize(&connection, true).await;
    let unmapped = program.incident(json!({"category": "hardware"})).await;
    let entering = program.incident(json!({"category": "payroll"})).await;
    let ticket = program.ticket_of(&connection, &entering).await;
    assert_eq!(program.ticket(&ticket).await.kind, "Payroll");
    program.edit_incident(&before, json!({"short_description": "edited after"})).await;
    let last = program.incident(json!({"category": "hiring"})).await;
    program.ticket_of(&connection, &last).await;
    program.until_quiet(&connection).await;
    for id in [&unmapped, &before] {
        assert!(program.database.store.link_of(&connection, id).await.expect("readable").is_none());
    }
    // Its category is mapped later: now it enters.
    program.edit_incident(&unmapped, json!({"category": "inquiry"})).await;
    program.ticket_of(&connection, &unmapped).await;
}

#[tokio::test]
async fn a_comment_whose_answer_was_lost_is_there_once() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    program.switch(json!({"lose_response_next": 3})).await;
    program.comment(&ticket, "said once", false).await;
    program.comment(&ticket, "said once", false).await;
    program.until("both are there", async || program.journal(&incident, "comments").await.len() >= 2).await;
    program.until_quiet(&connection).await;
    let comments = program.journal(&incident, "comments").await;
    assert_eq!(comments.len(), 2, "{comments:?}");
    assert_eq!(program.database.store.comments(&ticket).await.expect("readable").len(), 2);
}

#[tokio::test]
async fn bad_days_pass_and_nothing_is_lost() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    program.switch(json!({"fail_next": {"status": 503, "count": 3}})).await;
    program.edit_ticket(&ticket, &[("title", "through the 503")]).await;
    program
        .until("it arrived", async || program.incident_field(&incident, "short_description").await == "through the 503")
        .await;
    program.until_quiet(&connection).await;
    program.switch(json!({"html_next": 2, "rate_limit_next": 1, "cut_next": 1})).await;
    program.edit_ticket(&ticket, &[("title", "through the rest")]).await;
    program
        .until("it arrived", async || {
            program.incident_field(&incident, "short_description").await == "through the rest"
        })
        .await;
}

#[tokio::test]
async fn edits_of_different_fields_on_both_sides_both_stand() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({"description": "old"})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    program.ask("pause-connection", &[("id", &connection)]).await;
    program.edit_incident(&incident, json!({"description": "from ServiceNow"})).await;
    program.edit_ticket(&ticket, &[("title", "from Desk")]).await;
    program.ask("resume-connection", &[("id", &connection)]).await;
    program
        .until("both have both", async || {
            program.incident_field(&incident, "short_description").await == "from Desk"
                && program.ticket(&ticket).await.description == "from ServiceNow"
        })
        .await;
}

#[tokio::test]
async fn an_owner_whom_servicenow_does_not_know_is_told_and_not_reverted() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    let mut tx = program.database.store.begin().await.expect("begins");
    let stranger = crate::store::User { id: "u1".into(), email: "nobody@elsewhere.test".into(), name: "Nobody".into() };
    tx.find_or_add_desk_user(&stranger, "a test", 0).await.expect("made");
    tx.commit().await.expect("committed");
    program.edit_ticket(&ticket, &[("owner_email", "nobody@elsewhere.test"), ("title", "flows on")]).await;
    program
        .until("the rest arrived", async || program.incident_field(&incident, "short_description").await == "flows on")
        .await;
    program.until_quiet(&connection).await;
    assert_eq!(program.ticket(&ticket).await.owner_id.as_deref(), Some("u1"));
    let link = program.database.store.link_of(&connection, &incident).await.expect("readable").expect("linked");
    assert!(link.note.contains("nobody@elsewhere.test"), "{}", link.note);
}

#[tokio::test]
async fn a_deleted_incident_keeps_its_ticket_and_says_so() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    program.table(Method::DELETE, &format!("incident/{incident}"), None).await;
    program.comment(&ticket, "are you there?", false).await;
    program
        .until("it is flagged", async || {
            let link = program.database.store.link_of(&connection, &incident).await.expect("readable").expect("linked");
            link.note.contains("The ticket is kept")
        })
        .await;
    assert_eq!(program.ticket(&ticket).await.title, "The printer is on fire");
}

#[tokio::test]
async fn an_access_token_that_ends_is_refreshed_and_a_revoked_one_holds_the_connection() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    program.switch(json!({"access_token_seconds": 2})).await;
    let connection = program.connect().await;
    program.authorize(&connection, true).await;
    let first = program.database.store.tokens(&connection).await.expect("readable").expect("tokens");
    program
        .until("it was refreshed", async || {
            let tokens = program.database.store.tokens(&connection).await.expect("readable").expect("tokens");
            tokens.access != first.access && tokens.refresh_ends == first.refresh_ends
        })
        .await;
    program.switch(json!({"fail_next": {"status": 401, "count": 1_000_000}})).await;
    program
        .until("it is held", async || {
            let row = program.database.store.connection(&connection).await.expect("readable").expect("there");
            row.state == crate::store::State::Held && row.state_note.contains("Regenerate token")
        })
        .await;
    // What arrives waits, and is delivered after a person authorized again.
    let incident = {
        program.switch(json!({"fail_next": null, "access_token_seconds": null})).await;
        program.incident(json!({})).await
    };
    let back = program.authorize(&connection, true).await;
    assert!(back.ends_with("?authorized=1"), "{back}");
    program.ticket_of(&connection, &incident).await;
}
