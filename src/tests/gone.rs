//! Deletions, end to end: what the rules say about the record that is left is done once, and only where a side calls its
//! record deleted.

use super::support::{Database, Pair, Program, on_both_databases};
use crate::store::{Link, LinkState, RunState, Upkeep};
use merge::{OnDeletion, Side, Value};
use reqwest::Method;
use serde_json::{Value as Json, json};

on_both_databases!(each_policy_is_carried_out_once_and_told,);

fn closing() -> OnDeletion {
    OnDeletion::Close { rule: "status".into(), value: Value::choice("Closed") }
}

/// Rules of which a deletion in ServiceNow, and one in Desk, has these consequences.
async fn publish(pair: &Pair, in_servicenow: OnDeletion, on_platform: OnDeletion) {
    pair.publish(|rules| {
        rules.deletions.in_servicenow = in_servicenow;
        rules.deletions.on_platform = on_platform;
    })
    .await;
}

async fn delete_incident(program: &Program, incident: &str) {
    program.table(Method::DELETE, &format!("incident/{incident}"), None).await;
}

async fn is_there(program: &Program, incident: &str) -> bool {
    !program.incident_field(incident, "number").await.is_empty()
}

/// Somebody looks at the pair, as a reconcile run or news would.
async fn look(program: &Program, connection: &str, incident: &str) {
    let mut tx = program.database.store.begin().await.expect("begins");
    let clock = crate::clock::SystemClock;
    crate::queue::look_at(&mut tx, connection, incident, crate::store::Urgency::Live, &clock).await.expect("kept");
    tx.commit().await.expect("committed");
    program.until_quiet(connection).await;
}

async fn pairs(pair: &Pair, count: usize) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for _ in 0..count {
        let incident = pair.program.incident(json!({})).await;
        pairs.push((incident.clone(), pair.program.ticket_of(&pair.connection, &incident).await));
    }
    pair.quiet().await;
    pairs
}

async fn link(pair: &Pair, incident: &str) -> Link {
    pair.program.database.store.link_of(&pair.connection, incident).await.expect("readable").expect("kept")
}

async fn tickets(pair: &Pair) -> i64 {
    pair.program.database.store.count_tickets(&crate::store::TicketSearch::default(), 100).await.expect("readable")
}

/// The history's sentences about deletions of a pair, oldest first.
async fn told(pair: &Pair, ticket: &str) -> Vec<String> {
    let search = crate::store::HistorySearch { ticket, limit: 100, ..Default::default() };
    let mut lines = pair.program.database.store.history(&search).await.expect("readable");
    lines.reverse();
    lines.into_iter().filter(|line| line.kind == "deletion").map(|line| line.summary).collect()
}

async fn each_policy_is_carried_out_once_and_told(database: Database) {
    let pair = Pair::on(database, json!({})).await;
    let program = &pair.program;

    // Close: the ticket is closed, once. A person who opens it again is not fought.
    publish(&pair, closing(), OnDeletion::Delete).await;
    delete_incident(program, &pair.incident).await;
    look(program, &pair.connection, &pair.incident).await;
    assert_eq!(program.ticket(&pair.ticket).await.status, "Closed");
    let closed = pair.link().await;
    assert_eq!((closed.gone, closed.state, closed.note.as_str()), (Some(Side::ServiceNow), LinkState::Linked, ""));
    assert!(told(&pair, &pair.ticket).await[0].contains("closed"));
    program.edit_ticket(&pair.ticket, &[("status", "In Progress")]).await;
    pair.quiet().await;
    assert_eq!(program.ticket(&pair.ticket).await.status, "In Progress");
    let page = program.get(&format!("/tickets/{}", pair.ticket)).await.text().await.expect("a page");
    assert!(page.contains("Partner gone"), "{page}");

    let others = pairs(&pair, 3).await;

    // Delete, from Desk's side: the incident goes as well, and later news makes no second ticket.
    let (incident, ticket) = &others[0];
    let answer = program.ask("delete-ticket", &[("ticket", ticket)]).await;
    assert!(answer.is_null(), "{answer}");
    pair.quiet().await;
    assert!(!is_there(program, incident).await, "the incident is deleted too");
    let over = link(&pair, incident).await;
    assert_eq!((over.gone, over.state, over.note.as_str()), (Some(Side::Platform), LinkState::Unlinked, ""));
    let says = told(&pair, ticket).await;
    assert!(says.len() == 1 && says[0].starts_with("Ada deleted the record in Desk on "), "{says:?}");
    assert!(says[0].contains("ServiceNow's is deleted too"), "{says:?}");
    let sent = program.database.store.deliveries_of(&over.id, "delete").await.expect("readable");
    assert!(sent.len() == 1 && sent[0].state == "done", "{sent:?}");

    // Unlink: the ticket stays, and nothing flows any more.
    publish(&pair, OnDeletion::Unlink, OnDeletion::Keep).await;
    let (incident, ticket) = &others[1];
    let links = program.database.store.count_links(&pair.connection).await.expect("readable");
    delete_incident(program, incident).await;
    look(program, &pair.connection, incident).await;
    let over = link(&pair, incident).await;
    assert_eq!((over.gone, over.state, over.note.as_str()), (Some(Side::ServiceNow), LinkState::Unlinked, ""));
    assert!(told(&pair, ticket).await[0].contains("no longer linked"));
    let left = program.database.store.count_links(&pair.connection).await.expect("readable");
    assert_eq!(left, links - 1);
    // The incident comes back under its old sys_id: the same two are kept the same again.
    let made = json!({"sys_id": incident, "short_description": "back again", "category": "inquiry"});
    program.table(Method::POST, "incident", Some(made)).await;
    look(program, &pair.connection, incident).await;
    assert_eq!(program.ticket(ticket).await.title, "back again");
    assert_eq!((link(&pair, incident).await.state, link(&pair, incident).await.gone), (LinkState::Linked, None));
    assert!(told(&pair, ticket).await[1].contains("is back in ServiceNow"));

    // Keep, the default: nothing is done, and a person is told.
    let (incident, ticket) = &others[2];
    let answer = program.ask("delete-ticket", &[("ticket", ticket)]).await;
    assert!(answer.is_null(), "{answer}");
    pair.quiet().await;
    assert!(is_there(program, incident).await);
    let kept = link(&pair, incident).await;
    assert_eq!((kept.gone, kept.state), (Some(Side::Platform), LinkState::Linked));
    assert!(kept.note.contains("ServiceNow's is kept, as the connection says"), "{}", kept.note);
    // What was dealt with stays so, whatever is published later.
    publish(&pair, OnDeletion::Delete, OnDeletion::Delete).await;
    look(program, &pair.connection, incident).await;
    assert!(is_there(program, incident).await);
    assert_eq!(tickets(&pair).await, 2, "no second ticket for any of them");
}

#[tokio::test]
async fn a_hidden_record_has_no_consequences_and_neither_has_one_of_which_nobody_can_tell() {
    let pair = Pair::linked().await;
    let program = &pair.program;
    publish(&pair, OnDeletion::Delete, OnDeletion::Delete).await;
    let quiet_edit = async |values: Json| {
        let path = format!("{}/sandbox/quiet-edit", program.practice.address());
        let body = json!({"table": "incident", "sys_id": pair.incident, "values": values});
        let request = program.browser.post(path).basic_auth("admin", Some("admin")).json(&body);
        assert!(request.send().await.expect("an answer").status().is_success());
    };
    quiet_edit(json!({"sys_domain": "another"})).await;
    program.switch(json!({"hidden_domain": "another"})).await;
    program.comment(&pair.ticket, "are you there?", false).await;
    pair.quiet().await;
    let hidden = pair.link().await;
    assert_eq!((hidden.gone, hidden.state), (None, LinkState::Linked));
    assert!(hidden.note.contains("no longer shows it to this account"), "{}", hidden.note);
    assert_eq!(program.ticket(&pair.ticket).await.title, "The printer is on fire");

    // It shows again: the note goes, and what waited crosses.
    program.switch(json!({"hidden_domain": ""})).await;
    look(program, &pair.connection, &pair.incident).await;
    assert_eq!(pair.link().await.note, "");
    assert_eq!(program.journal(&pair.incident, "comments").await.len(), 1);

    // Deleted without a trace, it might as well be hidden.
    program.switch(json!({"delete_audit": "off"})).await;
    delete_incident(program, &pair.incident).await;
    look(program, &pair.connection, &pair.incident).await;
    let unknown = pair.link().await;
    assert_eq!((unknown.gone, unknown.state), (None, LinkState::Linked));
    assert!(unknown.note.contains("Desk's is kept"), "{}", unknown.note);
    assert_eq!(program.ticket(&pair.ticket).await.title, "The printer is on fire");
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_looked_up_and_not_sent_again() {
    let pair = Pair::linked().await;
    let program = &pair.program;
    publish(&pair, OnDeletion::Keep, OnDeletion::Delete).await;
    let lost = json!({"kind": "lose_response", "path": "/api/now/table/incident", "method": "DELETE", "count": 1});
    let counted = json!({"kind": "delay", "path": "/api/now/table/incident", "method": "DELETE", "delay_ms": 0});
    program.switch(json!({"faults": [lost, counted]})).await;
    let answer = program.ask("delete-ticket", &[("ticket", &pair.ticket)]).await;
    assert!(answer.is_null(), "{answer}");
    pair.quiet().await;
    assert_eq!(pair.link().await.state, LinkState::Unlinked);
    let sent = program.database.store.deliveries_of(&pair.link().await.id, "delete").await.expect("readable");
    assert_eq!(sent.iter().map(|one| (one.state.as_str(), one.attempts)).collect::<Vec<_>>(), [("done", 1)]);
    assert_eq!(pair.told("deletion").await.len(), 1);
}

#[tokio::test]
async fn a_refused_deletion_waits_for_a_person() {
    let pair = Pair::linked().await;
    let program = &pair.program;
    publish(&pair, OnDeletion::Keep, OnDeletion::Delete).await;
    let refused = json!({"kind": "status", "status": 403, "path": "/api/now/table/incident", "method": "DELETE"});
    program.switch(json!({"faults": [refused]})).await;
    let answer = program.ask("delete-ticket", &[("ticket", &pair.ticket)]).await;
    assert!(answer.is_null(), "{answer}");
    pair.quiet().await;
    let search = crate::store::LetterSearch { connection: &pair.connection, limit: 10, ..Default::default() };
    let letters = program.database.store.open_letters(&search).await.expect("readable");
    assert_eq!(letters.len(), 1, "{letters:?}");
    let letter = &letters[0].letter;
    assert_eq!((letter.kind.as_str(), letter.side.as_str()), ("delete", "servicenow"));
    let page = program.get(&format!("/failures/{}", letter.id)).await.text().await.expect("a page");
    assert!(page.contains("Deleting the record in ServiceNow"), "{page}");
    // Held back until a person acts.
    look(program, &pair.connection, &pair.incident).await;
    let tried = program.database.store.deliveries_of(&pair.link().await.id, "delete").await.expect("readable");
    assert_eq!(tried.len(), 1);
    program.switch(json!({"faults": []})).await;
    assert!(program.ask("retry-failure", &[("id", &letter.id)]).await.is_null());
    pair.quiet().await;
    assert!(!is_there(program, &pair.incident).await);
    let over = pair.link().await;
    assert_eq!((over.state, over.note.as_str()), (LinkState::Unlinked, ""));
    assert!(program.database.store.open_letters(&search).await.expect("readable").is_empty());
}

#[tokio::test]
async fn a_discarded_deletion_keeps_the_record_and_a_conflict_of_an_ended_pair_asks_nobody() {
    let pair = Pair::linked().await;
    let program = &pair.program;
    pair.publish(|rules| rules.strategy = merge::Strategy::ManualReview).await;
    pair.disagree("one", "another").await;
    pair.quiet().await;
    assert_eq!(pair.conflicts().await.len(), 1);
    publish(&pair, OnDeletion::Unlink, OnDeletion::Keep).await;
    delete_incident(program, &pair.incident).await;
    look(program, &pair.connection, &pair.incident).await;
    assert!(pair.conflicts().await.is_empty());
    assert!(pair.told("conflict").await.last().expect("told").contains("nobody needs to choose"));

    let other = &pairs(&pair, 1).await[0];
    publish(&pair, OnDeletion::Keep, OnDeletion::Delete).await;
    let refused = json!({"kind": "status", "status": 403, "path": "/api/now/table/incident", "method": "DELETE"});
    program.switch(json!({"faults": [refused]})).await;
    assert!(program.ask("delete-ticket", &[("ticket", &other.1)]).await.is_null());
    pair.quiet().await;
    let search = crate::store::LetterSearch { connection: &pair.connection, limit: 10, ..Default::default() };
    let letter = program.database.store.open_letters(&search).await.expect("readable").remove(0).letter.id;
    assert!(program.ask("discard-failure", &[("id", &letter), ("reason", "we keep it")]).await.is_null());
    program.switch(json!({"faults": []})).await;
    pair.quiet().await;
    look(program, &pair.connection, &other.0).await;
    let kept = link(&pair, &other.0).await;
    assert_eq!((kept.gone, kept.state, kept.note.as_str()), (Some(Side::Platform), LinkState::Linked, ""));
    assert!(is_there(program, &other.0).await);
    assert!(told(&pair, &other.1).await.last().expect("told").ends_with("Ada gave that up: we keep it"));
}

/// To polling, the deletions look as if they had just been read.
async fn polling_overlooks_deletions(pair: &Pair) {
    let (store, connection) = (&pair.program.database.store, pair.connection.as_str());
    let far = crate::clock::Clock::now(&crate::clock::SystemClock) + 3_600_000;
    let polled = async || store.connection(connection).await.expect("readable").expect("there").last_poll;
    pair.program
        .until("it is left alone", async || {
            let mut cursor = store.cursor(connection, "deletions").await.expect("readable").unwrap_or_default();
            if cursor.read_at == far {
                return true;
            }
            (cursor.stream, cursor.read_at) = ("deletions".to_owned(), far);
            let before = polled().await;
            let mut tx = store.begin().await.expect("begins");
            tx.put_cursor(connection, &cursor).await.expect("kept");
            tx.commit().await.expect("committed");
            pair.program.until("there was a poll", async || polled().await > before).await;
            false
        })
        .await;
}

#[tokio::test]
async fn a_run_that_would_delete_too_much_stops_and_a_dry_one_only_tells() {
    let pair = Pair::linked().await;
    let program = &pair.program;
    let others = pairs(&pair, 4).await;
    publish(&pair, OnDeletion::Delete, OnDeletion::Keep).await;
    let upkeep = Upkeep { share: 20, least: 1, ..Upkeep::default() };
    let mut tx = program.database.store.begin().await.expect("begins");
    tx.put_upkeep(&pair.connection, &upkeep).await.expect("kept");
    tx.commit().await.expect("committed");
    polling_overlooks_deletions(&pair).await;
    for (incident, _) in &others {
        delete_incident(program, incident).await;
    }
    let newest = async || program.database.store.runs(&pair.connection, 1, 0).await.expect("readable").remove(0);
    program.ask("begin-run", &[("connection", &pair.connection), ("how", "dry")]).await;
    program.until("the run is done", async || newest().await.state == RunState::Done).await;
    let dry = newest().await;
    assert_eq!((dry.touched, dry.differences), (4, 4));
    let found = program.database.store.findings(&dry.id, 1, 0).await.expect("readable").remove(0);
    assert_eq!((found.finding.rule.as_str(), found.finding.servicenow.as_str()), ("deletion", "deleted"));
    assert_eq!(tickets(&pair).await, 5);

    program.ask("begin-run", &[("connection", &pair.connection), ("how", "healing")]).await;
    program.until("the breaker stops it", async || newest().await.state == RunState::Stopped).await;
    program.until("the one that was allowed is gone", async || tickets(&pair).await == 4).await;
    assert_eq!(newest().await.touched, 1);
    let run = newest().await.id;
    assert!(program.ask("continue-run", &[("id", &run)]).await.is_null());
    program.until("the run is done", async || newest().await.state == RunState::Done).await;
    assert_eq!(tickets(&pair).await, 1);
}

#[tokio::test]
async fn both_records_deleted_is_the_end_of_the_pair_and_asks_nobody() {
    let pair = Pair::linked().await;
    let program = &pair.program;
    pair.meanwhile(async || {
        delete_incident(program, &pair.incident).await;
        assert!(program.ask("delete-ticket", &[("ticket", &pair.ticket)]).await.is_null());
    })
    .await;
    pair.quiet().await;
    let over = pair.link().await;
    assert_eq!((over.state, over.note.as_str()), (LinkState::Unlinked, ""));
    assert!(pair.told("deletion").await[0].ends_with("The pair is over."));
    // ServiceNow's comes back alone: told once, and no second ticket.
    let made = json!({"sys_id": pair.incident, "short_description": "back again", "category": "inquiry"});
    program.table(Method::POST, "incident", Some(made)).await;
    for _ in 0..2 {
        look(program, &pair.connection, &pair.incident).await;
        assert_eq!(pair.told("problem").await.len(), 1);
    }
    assert_eq!(tickets(&pair).await, 0);
}
