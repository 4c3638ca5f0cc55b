//! The sync, end to end over HTTP: the whole program beside a practice instance that has its bad days.

use super::support::Database;
use super::support::{Pair, Program, on_both_databases, sqlite};
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

/// The look began before the pause, and its answers come after it.
#[tokio::test]
async fn a_pause_holds_for_what_is_under_way() {
    let pair = Pair::linked().await;
    let lane = crate::queue::lane(&pair.connection, &pair.incident);
    let lane_state =
        async || pair.program.database.store.lane_state(&lane).await.expect("readable").map(|(state, _)| state);
    pair.program.switch(json!({"delay_ms": 1500})).await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "after the pause")]).await;
    pair.program.until("the look began", async || lane_state().await.as_deref() == Some("running")).await;
    pair.program.ask("pause-connection", &[("id", &pair.connection)]).await;
    pair.program.until("the look is over", async || lane_state().await.as_deref() != Some("running")).await;
    pair.program.switch(json!({"delay_ms": 0})).await;
    assert_eq!(lane_state().await.as_deref(), Some("ready"), "it waits");
    assert_eq!(pair.titles().await, ("The printer is on fire".into(), "after the pause".into()));
    pair.program.ask("resume-connection", &[("id", &pair.connection)]).await;
    pair.quiet().await;
    assert_eq!(pair.titles().await, ("after the pause".into(), "after the pause".into()));
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
            link.note.contains("Desk's is kept")
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

/// The lines of history that a person must act on.
async fn problems(program: &Program, ticket: &str) -> Vec<String> {
    let search = crate::store::HistorySearch { ticket, limit: 100, ..Default::default() };
    let lines = program.database.store.history(&search).await.expect("readable");
    lines.into_iter().filter(|line| line.kind == "problem").map(|line| line.summary).collect()
}

#[tokio::test]
async fn a_user_without_an_email_stays_assigned_and_is_told() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let user = program.table(Method::POST, "sys_user", Some(json!({"user_name": "ghost", "name": "Ghost"}))).await;
    let user = user["sys_id"].as_str().expect("a user").to_owned();
    let incident = program.incident(json!({"assigned_to": user})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    assert_eq!(program.incident_field(&incident, "assigned_to").await, user);
    assert_eq!(program.ticket(&ticket).await.owner_id, None);
    let problems = problems(&program, &ticket).await;
    assert!(problems.len() == 1 && problems[0].contains("without an e-mail"), "{problems:?}");
}

#[tokio::test]
async fn holding_and_resolving_in_desk_is_no_problem_and_makes_no_comment() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    for (status, state) in [("On Hold", "3"), ("Resolved", "6")] {
        program.edit_ticket(&ticket, &[("status", status)]).await;
        program.until_quiet(&connection).await;
        assert_eq!(program.incident_field(&incident, "state").await, state);
    }
    assert_eq!(problems(&program, &ticket).await, Vec::<String>::new());
    assert!(program.database.store.comments(&ticket).await.expect("readable").is_empty());
}

#[tokio::test]
async fn a_write_that_servicenow_drops_is_told_and_not_undone_in_desk() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    program.edit_ticket(&ticket, &[("status", "Closed")]).await;
    program.until_quiet(&connection).await;
    assert_eq!(program.incident_field(&incident, "state").await, "7");
    // A closed incident takes no title: ServiceNow answers 200 and keeps the old one.
    program.edit_ticket(&ticket, &[("title", "too late")]).await;
    program.until_quiet(&connection).await;
    assert_eq!(program.incident_field(&incident, "short_description").await, "The printer is on fire");
    assert_eq!(program.ticket(&ticket).await.title, "too late");
    let link = program.database.store.link_of(&connection, &incident).await.expect("readable").expect("linked");
    assert!(link.note.contains("short_description"), "{}", link.note);
}

#[tokio::test]
async fn one_refused_field_keeps_no_other_back() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    // The template's close code is no choice of this instance any longer, so resolving breaks its data policy.
    let choices = program
        .table(Method::GET, "sys_choice?sysparm_query=name=incident^element=close_code^value=Solution provided", None)
        .await;
    for row in choices.as_array().expect("rows") {
        let id = row["sys_id"].as_str().expect("an id");
        program.table(Method::DELETE, &format!("sys_choice/{id}"), None).await;
    }
    program.edit_ticket(&ticket, &[("status", "Resolved"), ("title", "flows on")]).await;
    program.until_quiet(&connection).await;
    assert_eq!(program.incident_field(&incident, "short_description").await, "flows on");
    assert_eq!(program.incident_field(&incident, "state").await, "1");
    assert_eq!(program.ticket(&ticket).await.status, "Resolved");
    let problems = problems(&program, &ticket).await;
    assert!(problems.len() == 1 && problems[0].contains("Resolution code"), "{problems:?}");
}

#[tokio::test]
async fn comments_that_waited_cross_in_their_order() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    program.ask("pause-connection", &[("id", &connection)]).await;
    let words: Vec<String> = (0..8).map(|i| format!("word {i}")).collect();
    for word in &words {
        program.comment(&ticket, word, false).await;
    }
    program.ask("resume-connection", &[("id", &connection)]).await;
    program.until("all are there", async || program.journal(&incident, "comments").await.len() >= words.len()).await;
    program.until_quiet(&connection).await;
    // The journal's own order within a second is not told: deliveries are done one after the other, so their
    // history is in the order of sending.
    let search = crate::store::HistorySearch { ticket: &ticket, limit: 100, ..Default::default() };
    let lines = program.database.store.history(&search).await.expect("readable");
    let sent = lines.iter().filter(|line| line.kind == "comment").count();
    assert_eq!(sent, words.len());
    let deliveries = program.database.store.appended(&lines[0].link_id).await.expect("readable");
    for (payload, word) in deliveries.iter().zip(&words) {
        assert!(payload.contains(word.as_str()), "{word} is not at its place: {deliveries:?}");
    }
}

#[tokio::test]
async fn comments_sent_while_the_journal_was_hidden_do_not_come_back_when_it_shows() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    program.until_quiet(&connection).await;
    program.switch(json!({"journal_hidden": true})).await;
    program.comment(&ticket, "said blindly", false).await;
    program.until_quiet(&connection).await;
    program.switch(json!({"journal_hidden": false})).await;
    program.comment(&ticket, "said seeing", false).await;
    program.until_quiet(&connection).await;
    assert_eq!(program.journal(&incident, "comments").await.len(), 2);
    assert_eq!(program.database.store.comments(&ticket).await.expect("readable").len(), 2);
}
