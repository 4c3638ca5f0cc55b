//! Desk's tickets as a list: how they stand with the other side, in which order, and many edited at once. And what the
//! charts of the overview are made of.

use super::support::{Database, Program, TurnedClock, connection, on_both_databases, sqlite};
use crate::clock::Clock;
use crate::queue;
use crate::store::{Apart, Beat, Link, LinkState, Ticket, TicketOrder, TicketSearch, TicketStanding, Urgency, Was};
use merge::Base;

on_both_databases!(tickets_are_found_by_how_they_stand_and_sorted, hours_are_added_up);

fn ticket(clock: &TurnedClock, number: &str, title: &str, priority: &str) -> Ticket {
    Ticket {
        id: clock.id(),
        number: number.into(),
        title: title.into(),
        status: "New".into(),
        priority: priority.into(),
        version: 1,
        updated_at: clock.now(),
        field_edits: "{}".into(),
        ..Ticket::default()
    }
}

fn link(clock: &TurnedClock, connection: &str, ticket: &Ticket) -> Link {
    Link {
        id: clock.id(),
        connection_id: connection.to_owned(),
        servicenow_id: format!("record of {}", ticket.number),
        servicenow_number: "INC0010001".into(),
        platform_id: Some(ticket.id.clone()),
        base: Base::new(),
        cuts: std::collections::BTreeMap::new(),
        was: Was::default(),
        apart: Apart::new(),
        state: LinkState::Linked,
        gone: None,
        version: 1,
        note: String::new(),
        created_at: clock.now(),
        changed_at: clock.now(),
    }
}

/// A ticket is looked up beside its links, and never the other way round: a connection may have a million of them.
#[tokio::test]
async fn no_ticket_looks_through_the_links_of_a_connection() {
    use TicketStanding::{Any, Excluded, InSync, NotLinked, Waiting};
    let clock = TurnedClock::at(1_800_000_000_000);
    let database = sqlite().await;
    let connection = connection(&database.store, &clock).await;
    for standing in [Any, InSync, Waiting, NotLinked, Excluded] {
        let search = TicketSearch { connection: &connection, standing, limit: 50, ..TicketSearch::default() };
        for plan in database.store.plans_of_tickets(&search).await.expect("explained") {
            let is_of_connection = |line: &&str| line.starts_with("SEARCH l") && line.contains("(connection_id=?)");
            assert_eq!(plan.lines().find(is_of_connection), None, "{standing:?}:\n{plan}");
            assert!(plan.contains("(platform_id=? AND connection_id=?)"), "{standing:?}:\n{plan}");
            let is_whole = |line: &&str| ["SCAN l", "SCAN c"].contains(line);
            assert_eq!(plan.lines().find(is_whole), None, "{standing:?}:\n{plan}");
        }
    }
}

async fn tickets_are_found_by_how_they_stand_and_sorted(database: Database) {
    let clock = TurnedClock::at(1_800_000_000_000);
    let (store, connection) = (&database.store, connection(&database.store, &clock).await);
    let mut tx = store.begin().await.expect("begins");
    let mut tickets = Vec::new();
    for (number, title, priority) in [("1", "bold", "P3"), ("2", "Calm", "P1"), ("3", "apt", "P2"), ("4", "dry", "P1")]
    {
        clock.turn(1);
        tickets.push(ticket(&clock, number, title, priority));
        tx.add_ticket(&tickets[tickets.len() - 1]).await.expect("added");
    }
    // The first is in sync, the second waits, the third was taken apart, the fourth was never linked.
    for ticket in &tickets[..3] {
        let mut link = link(&clock, &connection, ticket);
        assert!(tx.add_link(&link).await.expect("added"));
        if ticket.number == "3" {
            link.state = LinkState::Unlinked;
            tx.save_link(&mut link, clock.now()).await.expect("saved");
        }
    }
    queue::look_at(&mut tx, &connection, "record of 2", Urgency::Live, &clock).await.expect("queued");
    tx.commit().await.expect("committed");
    let found = async |connection: &str, standing: TicketStanding, order: TicketOrder| {
        let search = TicketSearch { connection, standing, order, limit: 10, ..TicketSearch::default() };
        let rows = store.tickets(&search).await.expect("readable");
        assert_eq!(store.count_tickets(&search, 10).await.expect("counted"), i64::try_from(rows.len()).expect("few"));
        rows.into_iter().map(|row| row.number).collect::<Vec<_>>()
    };
    let by = TicketOrder::Updated;
    assert_eq!(found("", TicketStanding::Any, by).await, ["4", "3", "2", "1"]);
    assert_eq!(found(&connection, TicketStanding::Any, by).await, ["3", "2", "1"]);
    assert_eq!(found("another", TicketStanding::Any, by).await, Vec::<String>::new());
    assert_eq!(found("", TicketStanding::InSync, by).await, ["1"]);
    assert_eq!(found(&connection, TicketStanding::Waiting, by).await, ["2"]);
    assert_eq!(found("", TicketStanding::NotLinked, by).await, ["4", "3"]);
    assert_eq!(found("", TicketStanding::Excluded, by).await, ["3"]);
    assert_eq!(store.count_excluded_links(&connection).await.expect("counted"), 1);
    assert_eq!(found("", TicketStanding::Any, TicketOrder::Title).await, ["3", "1", "2", "4"]);
    assert_eq!(found("", TicketStanding::Any, TicketOrder::Number).await, ["1", "2", "3", "4"]);
    assert_eq!(found("", TicketStanding::Any, TicketOrder::Priority).await, ["4", "2", "3", "1"]);
    assert_eq!(found("", TicketStanding::Any, TicketOrder::Owner).await, ["4", "3", "2", "1"]);
}

async fn hours_are_added_up(database: Database) {
    let clock = TurnedClock::at(1_800_000_000_000);
    let connection = connection(&database.store, &clock).await;
    let beat = |hour, writes, lag_ms, slowest_ms| Beat { hour, writes, lag_ms, slowest_ms };
    let mut tx = database.store.begin().await.expect("begins");
    for one in [beat(6, 9, 9, 9), beat(7, 2, 100, 80), beat(7, 1, 900, 900), beat(7, 1, 5, 5), beat(8, 1, 1, 1)] {
        tx.add_to_pulse(&connection, &one).await.expect("added");
    }
    tx.commit().await.expect("committed");
    let seen = database.store.pulse(&connection, 7).await.expect("readable");
    assert_eq!(seen, [beat(7, 4, 1005, 900), beat(8, 1, 1, 1)]);
}

#[tokio::test]
async fn many_tickets_are_edited_at_once_and_each_for_itself() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let clock = TurnedClock::at(1_800_000_000_000);
    let (one, two) = (ticket(&clock, "1", "a", "P1"), ticket(&clock, "2", "b", "P1"));
    let mut tx = program.database.store.begin().await.expect("begins");
    for ticket in [&one, &two] {
        tx.add_ticket(ticket).await.expect("added");
    }
    tx.commit().await.expect("committed");
    let all =
        [("edit[tickets][]", one.id.as_str()), ("edit[tickets][]", "never"), ("edit[tickets][]", two.id.as_str())];
    let edit = async |fields: &[(&str, &str)]| {
        let form: Vec<(&str, &str)> = all.iter().chain(fields).copied().collect();
        program.ask("edit-tickets", &form).await
    };
    let answer = edit(&[("edit[status]", "Closed"), ("edit[priority]", ""), ("edit[owner_email]", "")]).await;
    assert_eq!((&answer["changed"], &answer["same"]), (&2.into(), &0.into()), "{answer}");
    assert!(answer["refused"][0].as_str().expect("a sentence").starts_with("There is no such ticket."), "{answer}");
    for ticket in [&one, &two] {
        let now = program.ticket(&ticket.id).await;
        assert_eq!((now.status.as_str(), now.priority.as_str()), ("Closed", "P1"));
    }
    assert_eq!(edit(&[("edit[status]", "Closed")]).await["same"], 2);
    // A value that Desk has not got changes nothing, and each ticket says so.
    let answer = edit(&[("edit[status]", "Asleep")]).await;
    assert_eq!((&answer["changed"], answer["refused"].as_array().expect("a list").len()), (&0.into(), 3), "{answer}");
    assert_eq!(edit(&[]).await["code"], "BULK-SAME");
    assert_eq!(program.ask("edit-tickets", &[("edit[status]", "New")]).await["code"], "BULK-NOTHING");
    let page = program.get("/tickets?order=title&standing=not-linked").await.text().await.expect("a page");
    assert!(page.contains("aria-sort=\"ascending\"") && page.contains("edit[tickets][]"), "{page}");
}
