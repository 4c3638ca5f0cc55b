//! Desk: the fields that mappings bring, and tickets that are deleted.

use super::support::{Database, Program, TurnedClock, location, on_both_databases, sqlite};
use crate::connectors::{Connector, Failure, Gone, NewEntry};
use crate::desk::DeskSide;
use crate::store::{Ticket, TicketSearch};
use merge::{Fields, Stream, Value};
use reqwest::StatusCode;
use std::sync::Arc;

on_both_databases!(a_ticket_holds_the_fields_of_a_mapping, a_deleted_ticket_leaves_a_tombstone,);

fn side(database: &Database) -> DeskSide {
    DeskSide::new(database.store.clone(), Arc::new(TurnedClock::at(1_800_000_000_000)), 1 << 20)
}

async fn a_ticket_holds_the_fields_of_a_mapping(database: Database) {
    let side = side(&database).with_fields(["title", "custom.service", "custom.room"].into_iter());
    let fields = Fields::from([
        ("title".to_owned(), Value::text("Printer")),
        ("severity".to_owned(), Value::choice("Critical")),
        ("labels".to_owned(), Value::text("vip,printer, vip")),
        ("account".to_owned(), Value::text("Boxeo")),
        ("contact".to_owned(), Value::text("Joe")),
        ("snoozed_until".to_owned(), Value::Moment(1_800_000_600_000)),
        ("custom.service".to_owned(), Value::text("E-mail")),
        ("colour".to_owned(), Value::text("red")),
    ]);
    let made = side.create("key", &fields).await.expect("made");
    assert_eq!(made.left_out.iter().collect::<Vec<_>>(), ["colour"]);
    assert!(made.notes[0].contains("colour"), "{:?}", made.notes);
    let read = side.fetch(&made.record.id).await.expect("readable").expect("there");
    for (field, value) in &fields {
        let expected = match field.as_str() {
            "colour" => None,
            "labels" => Some(Value::text("printer, vip")),
            _ => Some(value.clone()),
        };
        assert_eq!(read.fields.get(field), expected.as_ref(), "{field}");
    }
    assert_eq!(read.fields.get("custom.room"), Some(&Value::Empty), "empty, not hidden");
    let clear = Fields::from([("custom.service".to_owned(), Value::Empty), ("snoozed_until".to_owned(), Value::Empty)]);
    let cleared = side.write(&read.id, &clear, &read.version).await.expect("taken").record;
    assert_eq!(cleared.fields["custom.service"], Value::Empty);
    assert_eq!(cleared.fields["snoozed_until"], Value::Empty);
    assert!(cleared.field_edits.contains_key("custom.service") && !cleared.field_edits.contains_key("account"));
}

async fn a_deleted_ticket_leaves_a_tombstone(database: Database) {
    let (store, side) = (&database.store, side(&database));
    let fields = Fields::from([("title".to_owned(), Value::text("Printer"))]);
    let id = side.create("key", &fields).await.expect("made").record.id;
    let entry = NewEntry {
        key: "servicenow:1".into(),
        stream: Stream::Public,
        author: "Beth".into(),
        at: 1,
        body: "Hurry".into(),
        from: "ServiceNow".into(),
    };
    side.append(&id, &entry).await.expect("taken");
    assert!(matches!(side.gone("never").await, Ok(Gone::Unknown { .. })));
    let mut tx = store.begin().await.expect("begins");
    tx.delete_ticket(&id, "Ada", 7).await.expect("deleted");
    tx.commit().await.expect("committed");
    assert_eq!(side.gone(&id).await, Ok(Gone::Deleted { at: 7, by: "Ada".into() }));
    assert_eq!(side.fetch(&id).await, Ok(None));
    assert!(matches!(side.append(&id, &entry).await, Err(Failure::Refused { .. })));
    assert!(store.comments(&id).await.expect("readable").is_empty(), "nothing that people wrote is left");
    let all = TicketSearch { limit: 10, ..TicketSearch::default() };
    assert!(store.tickets(&all).await.expect("readable").is_empty());
    assert_eq!(store.count_tickets(&all, 10).await.expect("readable"), 0);
    side.delete(&id).await.expect("deleted twice is deleted");
    // The answer of its creation was lost, and it is asked for again: it is not made anew.
    assert_eq!(side.create("key", &fields).await.expect("found").record.id, id);
}

async fn ticket(program: &Program) -> String {
    let ticket = Ticket {
        id: "t1".into(),
        number: "TKT0000001".into(),
        title: "Printer".into(),
        status: "New".into(),
        kind: "Payroll".into(),
        priority: "Normal".into(),
        version: 1,
        custom: r#"{"room":"12"}"#.into(),
        ..Ticket::default()
    };
    let mut tx = program.database.store.begin().await.expect("begins");
    tx.add_ticket(&ticket).await.expect("added");
    tx.commit().await.expect("committed");
    ticket.id
}

#[tokio::test]
async fn a_person_edits_the_further_fields() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let id = ticket(&program).await;
    let page = program.get(&format!("/tickets/{id}")).await.text().await.expect("a page");
    assert!(page.contains("form[more][labels]") && page.contains("form[shown][more][custom.room]"), "{page}");
    program.edit_ticket(&id, &[("labels", "vip, new"), ("custom.room", "13")]).await;
    let after = program.ticket(&id).await;
    assert_eq!((after.labels.as_str(), after.custom.as_str()), ("new, vip", r#"{"room":"13"}"#));
    let page = program.get(&format!("/tickets/{id}")).await.text().await.expect("a page");
    assert!(page.contains("aria-label=\"Labels\""));
    let form = [("form[id]", id.as_str()), ("form[more][custom.nonsense]", "x")];
    let fixed = ["title", "description", "status", "kind", "priority", "owner_email", "due"];
    let fixed: Vec<(String, String)> = fixed
        .iter()
        .flat_map(|name| [(format!("form[{name}]"), String::new()), (format!("form[shown][{name}]"), String::new())])
        .collect();
    let form: Vec<(&str, &str)> =
        form.into_iter().chain(fixed.iter().map(|(name, value)| (name.as_str(), value.as_str()))).collect();
    assert_eq!(program.ask("edit-ticket", &form).await["code"], "FIELD-NOT-FOUND");
}

#[tokio::test]
async fn the_form_of_a_new_ticket_is_no_ticket_called_new() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let page = program.get("/tickets/new").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.expect("a page").contains("Make the ticket"));
}

#[tokio::test]
async fn the_due_date_is_typed_and_shown_in_the_readers_zone() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let id = ticket(&program).await;
    let utc = program.cookie.clone();
    program.edit_ticket(&id, &[("due", "2026-12-24T17:00")]).await;
    assert_eq!(program.ticket(&id).await.due_at, crate::clock::read_moment("2026-12-24 17:00:00"), "no zone is UTC");

    program.cookie = format!("{utc}; isthmus_zone=Asia/Kolkata");
    let page = program.get(&format!("/tickets/{id}")).await.text().await.expect("a page").replace("<!>", "");
    for words in ["Time zone: Asia/Kolkata", "name=\"form[zone]\" value=\"Asia/Kolkata\"", "value=\"2026-12-24T22:30\""]
    {
        assert!(page.contains(words), "{words} is not on {page}");
    }
    // The form says in which zone it was typed: the browser may be elsewhere by then.
    program.cookie = utc;
    let same = program.ticket(&id).await;
    let fixed = [
        ("title", same.title.as_str()),
        ("description", &same.description),
        ("status", &same.status),
        ("kind", &same.kind),
        ("priority", &same.priority),
        ("owner_email", ""),
    ];
    let mut form = vec![("form[id]".to_owned(), id.clone()), ("form[zone]".to_owned(), "Asia/Kolkata".to_owned())];
    for (name, value) in fixed {
        form.push((format!("form[{name}]"), value.to_owned()));
        form.push((format!("form[shown][{name}]"), value.to_owned()));
    }
    form.push(("form[due]".to_owned(), "2026-12-25T09:00".to_owned()));
    form.push(("form[shown][due]".to_owned(), "2026-12-24T22:30".to_owned()));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = program.ask("edit-ticket", &form).await;
    assert!(answer.is_null(), "{answer}");
    assert_eq!(program.ticket(&id).await.due_at, crate::clock::read_moment("2026-12-25 03:30:00"));
}

#[tokio::test]
async fn a_person_deletes_a_ticket_after_being_asked() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let id = ticket(&program).await;
    let asked = program.get(&format!("/tickets/{id}/delete")).await.text().await.expect("a page");
    assert!(asked.contains("cannot be undone"), "{asked}");
    let answer = program.post("/fn/delete-ticket", &[("ticket", &id)]).await;
    assert_eq!(location(&answer), "/tickets");
    let page = program.get(&format!("/tickets/{id}")).await;
    assert_eq!(page.status(), StatusCode::GONE);
    assert!(page.text().await.expect("a page").contains("TKT0000001 was deleted."));
    let stone = program.database.store.tombstone(&id).await.expect("readable").expect("a tombstone");
    assert_eq!(stone.deleted_by, "Ada");
}
