//! Records that enter: tickets that become records in ServiceNow, what a person sends and pulls one by one, and records
//! from before the connection.

use super::support::{Database, Program, on_both_databases, sqlite};
use crate::store::{Link, RunState};
use merge::{PullBy, Trigger};
use reqwest::Method;
use serde_json::{Value as Json, json};

on_both_databases!(
    a_ticket_of_desk_becomes_an_incident_with_all_that_it_has,
    many_tickets_at_once_become_one_incident_each,
    what_is_told_while_the_answer_is_lost_makes_no_second_record,
    older_records_are_pulled_with_all_that_people_said,
);

/// Connected, with tickets of Desk going to ServiceNow.
async fn creating(database: Database) -> (Program, String) {
    let (program, connection) = Program::connected(database).await;
    program.publish(&connection, |rules| rules.create_in_servicenow = true).await.expect("kept");
    (program, connection)
}

async fn new_ticket(program: &Program, title: &str) -> String {
    let form = [
        ("form[title]", title),
        ("form[description]", "made in Desk"),
        ("form[kind]", "Payroll"),
        ("form[priority]", "Normal"),
    ];
    let answer = program.post("/fn/create-ticket", &form).await;
    super::support::location(&answer).rsplit('/').next().expect("an id").to_owned()
}

async fn link_of(program: &Program, ticket: &str) -> Option<Link> {
    program.database.store.link_of_ticket(ticket).await.expect("readable")
}

/// The id of the incident that a ticket became, once it has.
async fn incident_of(program: &Program, ticket: &str) -> String {
    let mut found = None;
    program
        .until("the incident is made", async || {
            found = link_of(program, ticket).await.filter(|link| !link.awaits_record()).map(|link| link.servicenow_id);
            found.is_some()
        })
        .await;
    found.expect("an incident")
}

async fn incidents_called(program: &Program, title: &str) -> Vec<Json> {
    let query = format!("incident?sysparm_query=short_description={title}");
    program.table(Method::GET, &query, None).await.as_array().cloned().unwrap_or_default()
}

async fn tickets_called(program: &Program, title: &str) -> i64 {
    let search = crate::store::TicketSearch { search: title, limit: 1, ..Default::default() };
    program.database.store.count_tickets(&search, i64::MAX).await.expect("readable")
}

async fn a_ticket_of_desk_becomes_an_incident_with_all_that_it_has(database: Database) {
    let (program, connection) = creating(database).await;
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    // What the ticket has before it goes over comes along.
    program.ask("pause-connection", &[("id", &connection)]).await;
    let ticket = new_ticket(&program, "Wages are late").await;
    program.comment(&ticket, "since Monday", false).await;
    program.comment(&ticket, "a bank holiday?", true).await;
    let answer = program.attach(&ticket, "slip.txt", "text/plain", b"gross and net").await;
    assert!(answer.status().is_redirection(), "{}", answer.status());
    program.ask("resume-connection", &[("id", &connection)]).await;
    let incident = incident_of(&program, &ticket).await;
    program.until_quiet(&connection).await;
    let is = program.ticket(&ticket).await;
    for (field, value) in [
        ("short_description", "Wages are late"),
        ("description", "made in Desk"),
        ("category", "payroll"),
        ("state", "1"),
        ("correlation_id", &is.number),
        ("number", &is.reference),
    ] {
        assert_eq!(program.incident_field(&incident, field).await, value, "{field}");
    }
    assert!(is.reference.starts_with("INC"), "the number comes back: {is:?}");
    assert!(program.journal(&incident, "comments").await[0].ends_with("since Monday"));
    assert!(program.journal(&incident, "work_notes").await[0].ends_with("a bank holiday?"));
    let files = format!("sys_attachment?sysparm_query=table_sys_id={incident}");
    assert_eq!(program.table(Method::GET, &files, None).await[0]["file_name"], "slip.txt");
    // The pair lives on as any other, and its own news made no second ticket.
    program.edit_ticket(&ticket, &[("title", "Wages came")]).await;
    program.edit_incident(&incident, json!({"description": "solved by the bank"})).await;
    program.until("it flows", async || program.ticket(&ticket).await.description == "solved by the bank").await;
    program.until_quiet(&connection).await;
    assert_eq!(program.incident_field(&incident, "short_description").await, "Wages came");
    assert_eq!(tickets_called(&program, "Wages").await, 1);
    let link = link_of(&program, &ticket).await.expect("linked");
    assert_eq!((link.servicenow_id, link.note.as_str()), (incident, ""));
}

async fn many_tickets_at_once_become_one_incident_each(database: Database) {
    let (program, connection) = creating(database).await;
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    let titles: Vec<String> = (0..8).map(|number| format!("rush {number}")).collect();
    // Each is told of again and again while it is on its way.
    let all = titles.iter().map(async |title| {
        let ticket = new_ticket(&program, title).await;
        program.comment(&ticket, "one", false).await;
        program.comment(&ticket, "two", false).await;
        ticket
    });
    let tickets = futures::future::join_all(all).await;
    for ticket in &tickets {
        incident_of(&program, ticket).await;
    }
    program.until_quiet(&connection).await;
    for (ticket, title) in tickets.iter().zip(&titles) {
        let found = incidents_called(&program, title).await;
        assert_eq!(found.len(), 1, "{title}: {found:?}");
        assert_eq!(tickets_called(&program, title).await, 1, "{title}");
        let incident = found[0]["sys_id"].as_str().expect("an id");
        assert_eq!(link_of(&program, ticket).await.expect("linked").servicenow_id, incident);
        assert_eq!(program.journal(incident, "comments").await.len(), 2, "{title}");
    }
}

async fn what_is_told_while_the_answer_is_lost_makes_no_second_record(database: Database) {
    let (program, connection) = creating(database).await;
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    // The record is made and its business rule tells of it, and no answer ever says so.
    program.switch(json!({"lose_response_next": 2})).await;
    let ticket = new_ticket(&program, "lost answer").await;
    let incident = incident_of(&program, &ticket).await;
    program.until_quiet(&connection).await;
    let found = incidents_called(&program, "lost answer").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["sys_id"], incident.as_str());
    assert_eq!(tickets_called(&program, "lost answer").await, 1);
    assert_eq!(program.ticket(&ticket).await.reference, found[0]["number"]);
}

#[tokio::test]
async fn a_ticket_enters_only_if_the_connection_lets_it() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let kept = new_ticket(&program, "stays in Desk").await;
    program.until_quiet(&connection).await;
    let answer = program.ask("send-ticket", &[("ticket", &kept), ("connection", &connection)]).await;
    assert_eq!(answer["code"], "NOT-ENTERING", "{answer}");
    program
        .publish(&connection, |rules| {
            rules.create_in_servicenow = true;
            rules.triggers.to_servicenow = Trigger::Manual;
        })
        .await
        .expect("kept");
    program.comment(&kept, "still here", false).await;
    program.until_quiet(&connection).await;
    assert!(link_of(&program, &kept).await.is_none(), "nothing enters by itself");
    let page = program.get(&format!("/tickets/{kept}")).await.text().await.expect("a page");
    assert!(page.contains("Send to ServiceNow"), "{page}");

    // As a browser without JavaScript sends it.
    let answer = program.post("/fn/send-ticket", &[("ticket", &kept), ("connection", &connection)]).await;
    assert!(answer.status().is_redirection(), "{}", answer.status());
    let incident = incident_of(&program, &kept).await;
    program.until_quiet(&connection).await;
    assert_eq!(program.incident_field(&incident, "short_description").await, "stays in Desk");
    assert_eq!(program.journal(&incident, "comments").await.len(), 1);
    let again = program.ask("send-ticket", &[("ticket", &kept), ("connection", &connection)]).await;
    assert_eq!(again["code"], "NOT-ENTERING", "{again}");
    assert_eq!(program.database.store.audit_count("tickets.send", false).await.expect("readable"), 1);
}

#[tokio::test]
async fn a_record_that_a_person_pulls_enters_whatever_the_trigger_says() {
    let (program, connection) = Program::connected(sqlite().await).await;
    program.publish(&connection, |rules| rules.triggers.to_platform = Trigger::Manual).await.expect("kept");
    let first = program.incident(json!({"short_description": "pulled by number"})).await;
    let second = program.incident(json!({"short_description": "pulled by id"})).await;
    let filtered = program.incident(json!({"category": "hardware"})).await;
    let polled = program.database.store.connection(&connection).await.expect("readable").expect("there").last_poll;
    program
        .until("it was polled since", async || {
            let row = program.database.store.connection(&connection).await.expect("readable").expect("there");
            row.last_poll > polled
        })
        .await;
    program.until_quiet(&connection).await;
    for incident in [&first, &second] {
        assert!(program.database.store.link_of(&connection, incident).await.expect("readable").is_none());
    }
    let page = program.get(&format!("/settings/connections/{connection}")).await.text().await.expect("a page");
    assert!(page.contains("Pull this incident"), "{page}");
    let number = program.incident_field(&first, "number").await;
    let answer = program.post("/fn/pull-record", &[("connection", &connection), ("record", &number)]).await;
    assert_eq!(super::support::location(&answer), format!("/tickets?search={number}"));
    assert!(program.ask("pull-record", &[("connection", &connection), ("record", &second)]).await.is_null());
    for (incident, title) in [(&first, "pulled by number"), (&second, "pulled by id")] {
        let ticket = program.ticket_of(&connection, incident).await;
        assert_eq!(program.ticket(&ticket).await.title, title);
    }
    for (record, word) in
        [(number.as_str(), "already"), (&filtered, "hardware"), ("INC9999999", "INC9999999"), ("a'b", "letters")]
    {
        let answer = program.ask("pull-record", &[("connection", &connection), ("record", record)]).await;
        let said = format!("{} {}", answer["what"], answer["why"]);
        assert!(answer["code"] == "NOT-ENTERING" && said.contains(word), "{record}: {answer}");
    }
    assert_eq!(program.database.store.audit_count("connections.pull", false).await.expect("readable"), 2);
}

#[tokio::test]
async fn what_servicenow_drops_of_a_new_record_is_told_and_stands_in_desk() {
    let (program, connection) = creating(sqlite().await).await;
    let mut tx = program.database.store.begin().await.expect("begins");
    let stranger = crate::store::User { id: "u1".into(), email: "nobody@elsewhere.test".into(), name: "Nobody".into() };
    tx.find_or_add_desk_user(&stranger, "a test", 0).await.expect("made");
    tx.commit().await.expect("committed");
    program.ask("pause-connection", &[("id", &connection)]).await;
    let ticket = new_ticket(&program, "owned by a stranger").await;
    program.edit_ticket(&ticket, &[("owner_email", "nobody@elsewhere.test")]).await;
    program.ask("resume-connection", &[("id", &connection)]).await;
    let incident = incident_of(&program, &ticket).await;
    program.until_quiet(&connection).await;
    assert_eq!(program.incident_field(&incident, "assigned_to").await, "");
    assert_eq!(program.ticket(&ticket).await.owner_id.as_deref(), Some("u1"));
    let link = link_of(&program, &ticket).await.expect("linked");
    assert!(link.note.contains("nobody@elsewhere.test"), "{}", link.note);
}

/// Beyond the second in which an incident was made: ServiceNow's clock has whole ones.
async fn until_later_than(program: &Program, incident: &str) {
    let made = program.incident_field(incident, "sys_updated_on").await;
    let made = crate::clock::read_moment(&made).expect("a moment");
    program
        .until("the next second", async || crate::clock::Clock::now(&crate::clock::SystemClock) >= made + 1000)
        .await;
}

async fn older_records_are_pulled_with_all_that_people_said(database: Database) {
    let mut program = Program::start(database).await;
    program.become_admin().await;
    let mut older = Vec::new();
    for number in 0..4 {
        let title = format!("older {number}");
        older.push(
            program.incident(json!({"short_description": title, "comments": "first", "work_notes": "a note"})).await,
        );
    }
    until_later_than(&program, &older[3]).await;
    for incident in &older {
        program.edit_incident(incident, json!({"comments": "second"})).await;
    }
    let filtered = program.incident(json!({"short_description": "older and unmapped", "category": "hardware"})).await;
    until_later_than(&program, &filtered).await;
    let connection = program.connect().await;
    program.authorize(&connection, true).await;
    program.publish(&connection, |rules| rules.pull_by = PullBy::Created).await.expect("kept");
    let drift = [
        ("form[connection]", connection.as_str()),
        ("form[every_minutes]", "0"),
        ("form[heals]", "false"),
        ("form[share]", "0"),
        ("form[least]", "2"),
    ];
    assert!(program.ask("save-drift", &drift).await.is_null());
    let day = |at: i64| crate::clock::format_moment(at, "%Y-%m-%d");
    let now = crate::clock::Clock::now(&crate::clock::SystemClock);
    let answer = program.ask("begin-backfill", &[("connection", &connection), ("day", "tomorrow")]).await;
    assert_eq!(answer["code"], "BACKFILL-DAY", "{answer}");
    let answer = program.post("/fn/begin-backfill", &[("connection", &connection), ("day", &day(now))]).await;
    assert!(answer.status().is_redirection(), "{}", answer.status());
    let newest = async || program.database.store.runs(&connection, 1, 0).await.expect("readable").remove(0);
    program.until("the breaker asks", async || newest().await.state == RunState::Stopped).await;
    let run = newest().await;
    assert_eq!(run.touched, 2, "{run:?}");
    let page = program.get(&format!("/drift/{}", run.id)).await.text().await.expect("a page");
    assert!(page.contains("backfill") && page.contains("Continue"), "{page}");
    assert!(program.ask("continue-run", &[("id", &run.id)]).await.is_null());
    program.until("it is done", async || newest().await.state == RunState::Done).await;
    program.until_quiet(&connection).await;
    for (number, incident) in older.iter().enumerate() {
        let ticket = program.ticket_of(&connection, incident).await;
        assert_eq!(program.ticket(&ticket).await.title, format!("older {number}"));
        let comments = program.database.store.comments(&ticket).await.expect("readable");
        let mut said: Vec<(&str, i64)> = comments.iter().map(|row| (row.body.as_str(), row.internal)).collect();
        assert_eq!(said.pop(), Some(("second", 0)), "in order: {comments:?}");
        said.sort_unstable();
        assert_eq!(said, [("a note", 1), ("first", 0)], "each once");
        let journal = format!("sys_journal_field?sysparm_query=element_id={incident}^valueSTARTSWITHsecond");
        let row = program.table(Method::GET, &journal, None).await;
        let at = crate::clock::read_moment(row[0]["sys_created_on"].as_str().expect("a time"));
        let last = comments.last().expect("a comment");
        assert_eq!((Some(last.at), last.author.as_str()), (at, "System Administrator"));
    }
    assert!(program.database.store.link_of(&connection, &filtered).await.expect("readable").is_none());
    assert_eq!(program.database.store.audit_count("drift.backfill", false).await.expect("readable"), 1);
}

#[tokio::test]
async fn a_person_stops_a_backfill_and_lets_it_go_on() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let older = program.incident(json!({"short_description": "from before"})).await;
    until_later_than(&program, &older).await;
    let connection = program.connect().await;
    program.authorize(&connection, true).await;
    // ServiceNow lets nobody in for now, so the run is on its way.
    program.switch(json!({"fail_next": {"status": 503, "count": 1_000_000}})).await;
    let now = crate::clock::Clock::now(&crate::clock::SystemClock);
    let day = crate::clock::format_moment(now, "%Y-%m-%d");
    assert!(program.ask("begin-backfill", &[("connection", &connection), ("day", &day)]).await.is_null());
    let run = program.database.store.open_run(&connection).await.expect("readable").expect("running");
    assert!(program.ask("stop-run", &[("id", &run.id)]).await.is_null());
    let again = program.ask("stop-run", &[("id", &run.id)]).await;
    assert_eq!(again["code"], "RUN-OVER", "{again}");
    program.switch(json!({"fail_next": null})).await;
    let page = program.get(&format!("/drift/{}", run.id)).await.text().await.expect("a page");
    assert!(page.contains("A person stopped it"), "{page}");
    assert!(program.ask("continue-run", &[("id", &run.id)]).await.is_null());
    let run = program.database.store.run(&run.id).await.expect("readable").expect("there");
    assert!(run.allowed < i64::MAX, "the breaker is still there");
    let ticket = program.ticket_of(&connection, &older).await;
    assert_eq!(program.ticket(&ticket).await.title, "from before");
}

#[tokio::test]
async fn news_of_desk_that_was_lost_is_found_by_polling() {
    let (program, connection) = creating(sqlite().await).await;
    program.ask("pause-connection", &[("id", &connection)]).await;
    let entering = new_ticket(&program, "never told of").await;
    let store = &program.database.store;
    // As if the process had died before it could tell anybody.
    store
        .run_script("delete from jobs where kind = 'sync'; delete from changes where side = 'platform';")
        .await
        .expect("lost");
    program.ask("resume-connection", &[("id", &connection)]).await;
    let incident = incident_of(&program, &entering).await;
    program.until_quiet(&connection).await;
    program.ask("pause-connection", &[("id", &connection)]).await;
    program.comment(&entering, "nor of this", false).await;
    store
        .run_script("delete from jobs where kind = 'sync'; delete from changes where side = 'platform';")
        .await
        .expect("lost");
    program.ask("resume-connection", &[("id", &connection)]).await;
    program.until("it was found", async || program.journal(&incident, "comments").await.len() == 1).await;
}
