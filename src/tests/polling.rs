//! What polling claims to be certain of is true: an instance with every bad day that a reading can meet, people of whom
//! all edits are known, and after each step the question whether each edit inside of a certain interval was seen.

use super::support::{Database, Practice, Program, TurnedClock, connection, on_both_databases, sqlite};
use crate::clock::{Clock, SystemClock, read_moment};
use crate::connectors::servicenow::ServiceNow;
use crate::connectors::{ChangeStream, Failure, Urgency};
use crate::desk::DeskSide;
use crate::news::News;
use crate::queue::{After, Wake};
use crate::store::{self, Connection, Cursor, Job};
use crate::sync::{Connectors, Engine, Sides};
use async_trait::async_trait;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// 2026-11-21 12:00:00.300 UTC: no whole second.
const START: i64 = 1_795_262_400_300;
const LIMIT: i64 = 15_000;
const STEPS: usize = 60;
/// Of both sides.
const STREAMS: usize = 5;

on_both_databases!(with_half_of_the_webhooks_lost_everything_arrives_once,);

struct Two(Sides);

#[async_trait]
impl Connectors for Two {
    async fn of(&self, _connection: &Connection, _urgency: Urgency) -> Result<Sides, Failure> {
        Ok(self.0.clone())
    }
}

/// Something that a person or a script did there.
#[derive(Debug)]
struct Done {
    stream: ChangeStream,
    record: String,
    /// As the stream names it.
    event: String,
    /// By our clock.
    at: i64,
}

/// An instance, a connection to it, and all that was done there.
struct Watch {
    practice: Practice,
    clock: Arc<TurnedClock>,
    database: Database,
    connection: String,
    engine: Engine,
    records: Vec<String>,
    deleted: Vec<String>,
    done: Vec<Done>,
}

impl Watch {
    async fn begin(user: &str, seed: u64) -> Self {
        let clock = Arc::new(TurnedClock::with_chance(START, seed));
        let practice = Practice::turned_by(user, clock.clone()).await;
        let database = sqlite().await;
        let connection = connection(&database.store, &clock).await;
        let mut tx = database.store.begin().await.expect("begins");
        tx.set_connection_authorized(&connection, user, clock.now()).await.expect("stored");
        tx.commit().await.expect("committed");
        let engine = engine(&practice, &database, &clock);
        Self {
            practice,
            clock,
            database,
            connection,
            engine,
            records: Vec::new(),
            deleted: Vec::new(),
            done: Vec::new(),
        }
    }

    /// The process ends, and another one takes its place.
    fn restart(&mut self) {
        self.engine = engine(&self.practice, &self.database, &self.clock);
    }

    async fn poll(&self) -> After {
        let poll = Job {
            id: self.clock.id(),
            connection_id: self.connection.clone(),
            kind: "poll".into(),
            lane: crate::queue::lane(&self.connection, "poll"),
            subject: String::new(),
            urgency: store::Urgency::Live,
            run_at: 0,
            attempts: 0,
            run_id: String::new(),
            letters: 0,
            claim: String::new(),
            lease_until: i64::MAX,
            about: store::About::default(),
        };
        self.engine.run(poll).await
    }

    fn add(&mut self, stream: ChangeStream, record: &str, event: String) {
        self.done.push(Done { stream, record: record.to_owned(), event, at: self.clock.now() });
    }

    async fn rows(&self, table: &str, query: &str) -> Vec<Json> {
        let path = format!("/api/now/table/{table}?sysparm_query={query}");
        self.practice.ask(Method::GET, &path, None).await.as_array().cloned().unwrap_or_default()
    }

    async fn open(&mut self) {
        let made = self.practice.ask(Method::POST, "/api/now/table/incident", Some(json!({}))).await;
        let id = text(&made, "sys_id");
        self.add(ChangeStream::Records, &id, version(&made));
        self.records.push(id);
    }

    async fn edit(&mut self, record: &str, to: i64) {
        let body = json!({"short_description": to.to_string()});
        let made = self.practice.ask(Method::PATCH, &format!("/api/now/table/incident/{record}"), Some(body)).await;
        self.add(ChangeStream::Records, record, version(&made));
    }

    /// A script stamps the record, and no business rule runs.
    async fn edit_without_rules(&mut self, record: &str, to: i64) {
        let values = json!({"short_description": format!("by a script, {to}")});
        let edit = json!({"table": "incident", "sys_id": record, "values": values, "auto_sys_fields": true});
        let made = self.practice.ask(Method::POST, "/sandbox/quiet-edit", Some(edit)).await;
        self.add(ChangeStream::Records, record, version(&made));
    }

    /// A journal entry that leaves its record as it is.
    async fn note(&mut self, record: &str) {
        let row = json!({"element_id": record, "element": "work_notes", "name": "incident", "value": "a note"});
        let made = self.practice.ask(Method::POST, "/api/now/table/sys_journal_field", Some(row)).await;
        let event = format!("journal {}", text(&made, "sys_id"));
        self.add(ChangeStream::Journals, record, event);
    }

    async fn attach(&mut self, record: &str) {
        let file = self.practice.attach("incident", record, "a.txt", "hello").await;
        self.add(ChangeStream::Attachments, record, format!("file {}", version(&file)));
    }

    async fn delete(&mut self, record: &str) {
        self.practice.ask(Method::DELETE, &format!("/api/now/table/incident/{record}"), None).await;
        let rows = self.rows("sys_audit_delete", &format!("documentkey={record}")).await;
        let event = format!("deleted {record}@{}", text(&rows[0], "sys_created_on"));
        self.add(ChangeStream::Deletions, record, event);
        self.records.retain(|other| other != record);
        self.deleted.push(record.to_owned());
    }

    async fn cursor(&self, stream: ChangeStream) -> Cursor {
        let cursor = self.database.store.cursor(&self.connection, stream.as_str()).await.expect("readable");
        cursor.unwrap_or_else(|| panic!("{stream:?} was never read"))
    }

    /// Whether every stream was read, or found closed, later than this.
    async fn was_read_since(&self, at: i64) -> bool {
        let cursors = self.database.store.cursors(&self.connection).await.expect("readable");
        cursors.len() == STREAMS && cursors.iter().all(|cursor| cursor.read_at > at && cursor.problem.is_empty())
    }

    /// Whether it was told of, or else a later state of the same record.
    async fn was_seen(&self, done: &Done) -> bool {
        let mut seen = false;
        let later = self.done.iter().filter(|other| {
            let is_state = done.stream == ChangeStream::Records && other.at >= done.at;
            other.stream == done.stream && other.record == done.record && (is_state || other.event == done.event)
        });
        for other in later {
            seen |= self.database.store.knows_event(&self.connection, &other.event).await.expect("readable");
        }
        // Nobody can see what a record said and had that is gone.
        seen || (done.stream != ChangeStream::Deletions && self.deleted.contains(&done.record))
    }

    async fn claims_are_true(&self) {
        for stream in ChangeStream::ALL {
            let cursor = self.database.store.cursor(&self.connection, stream.as_str()).await.expect("readable");
            // Before the first whole reading nothing is claimed.
            let Some(cursor) = cursor.filter(|cursor| cursor.certain_to > cursor.certain_from) else { continue };
            for done in self.done.iter().filter(|done| done.stream == stream) {
                if (cursor.certain_from..=cursor.certain_to).contains(&done.at) {
                    assert!(self.was_seen(done).await, "{done:?} was missed, and yet {cursor:?}");
                }
            }
        }
    }
}

fn engine(practice: &Practice, database: &Database, clock: &Arc<TurnedClock>) -> Engine {
    let fields = merge::incident_to_desk().servicenow_fields();
    let servicenow = ServiceNow::new(practice.found_anew(), "incident", fields, clock.clone());
    let desk = DeskSide::new(database.store.clone(), clock.clone(), 1 << 20);
    let sides = Two(Sides { servicenow: Arc::new(servicenow), platform: Arc::new(desk) });
    Engine::new(database.store.clone(), clock.clone(), Arc::new(sides), News::default(), Wake::default(), LIMIT)
}

fn text(row: &Json, column: &str) -> String {
    row[column].as_str().unwrap_or_else(|| panic!("no {column} in {row}")).to_owned()
}

fn version(row: &Json) -> String {
    format!("{}@{}#{}", text(row, "sys_id"), text(row, "sys_updated_on"), text(row, "sys_mod_count"))
}

/// A fresh seed, printed: a failing history can be had again.
fn seed() -> u64 {
    let mut fresh = [0; 4];
    SystemClock.fill(&mut fresh);
    let seed = u64::from(u32::from_be_bytes(fresh));
    println!("seed {seed}");
    seed
}

#[tokio::test]
async fn everything_inside_of_a_certain_interval_was_seen_whatever_happens() {
    let seed = seed();
    let mut dice = StdRng::seed_from_u64(seed);
    let mut watch = Watch::begin("admin", seed).await;
    watch.open().await;
    let (mut polls, mut put_off, mut skew, mut set_at) = (0, 0, 0, 0);
    for step in 0..STEPS {
        let at = dice.random_range(0..watch.records.len().max(1));
        let record = watch.records.get(at).cloned();
        match (dice.random_range(0..16), record) {
            (0..3, _) | (_, None) => watch.open().await,
            (3..6, Some(record)) => watch.edit(&record, i64::try_from(step).expect("few")).await,
            (6, Some(record)) => watch.edit_without_rules(&record, i64::try_from(step).expect("few")).await,
            (7..10, Some(record)) => watch.note(&record).await,
            (10..13, Some(record)) => watch.attach(&record).await,
            (13, Some(record)) => watch.delete(&record).await,
            // Rights come and go: who cannot see must not be certain.
            (14, Some(_)) => watch.practice.switch(json!({"journal_hidden": dice.random_bool(0.5)})).await,
            (_, Some(_)) => watch.restart(),
        }
        if dice.random_bool(0.6) {
            watch.clock.turn(dice.random_range(0..20_000));
        }
        if dice.random_bool(0.7) {
            // A clock that is set and set back before anybody asked leaves no trace.
            if dice.random_bool(0.15) && watch.was_read_since(set_at).await {
                (skew, set_at) = ([0, 90, -90, 600][dice.random_range(0..4)], watch.clock.now());
                watch.practice.switch(json!({"clock_skew_seconds": skew})).await;
            }
            let mut fault = [
                json!({"kind": "status", "status": 502}),
                json!({"kind": "truncated"}),
                json!({"kind": "rate_limit"}),
                json!({"kind": "cut"}),
                json!({"kind": "hibernating"}),
                json!({"kind": "accepted"}),
            ][dice.random_range(0..6)]
            .clone();
            fault["path"] = "/api/now/".into();
            fault["share"] = [0.0, 0.0, 0.3, 0.6][dice.random_range(0..4)].into();
            fault["seed"] = dice.random_range(0..1000).into();
            watch.practice.switch(json!({"faults": [fault]})).await;
            let after = watch.poll().await;
            watch.practice.switch(json!({"faults": []})).await;
            polls += 1;
            put_off += usize::from(matches!(after, After::Retry { .. }));
            watch.claims_are_true().await;
        }
    }
    // The dust settles: then all is seen, and all is certain.
    watch.practice.switch(json!({"journal_hidden": false})).await;
    for stream in ChangeStream::ALL {
        let record = watch.records.first().cloned();
        match (stream, record) {
            (ChangeStream::Journals, Some(record)) => watch.note(&record).await,
            (ChangeStream::Attachments, Some(record)) => watch.attach(&record).await,
            (ChangeStream::Deletions, Some(record)) => watch.delete(&record).await,
            _ => {}
        }
    }
    watch.open().await;
    let last = watch.clock.now();
    for _ in 0..6 {
        watch.clock.turn(40_000);
        watch.poll().await;
    }
    watch.claims_are_true().await;
    for done in &watch.done {
        assert!(watch.was_seen(done).await, "{done:?} was never seen");
    }
    for stream in ChangeStream::ALL {
        let cursor = watch.cursor(stream).await;
        let is_told_of = watch.done.iter().any(|done| done.stream == stream);
        assert!(!is_told_of || cursor.certain_to >= last, "{stream:?}: {cursor:?}, and the last edit was at {last}");
    }
    println!("{polls} polls, {put_off} put off, clock {skew} s ahead at the end, {} edits", watch.done.len());
    assert!(polls > STEPS / 4 && watch.done.len() > STEPS / 4, "next to nothing happened");
}

#[tokio::test]
async fn a_stream_that_shows_nothing_is_named_and_not_taken_for_quiet() {
    let mut watch = Watch::begin("itil", 1).await;
    watch.open().await;
    let record = watch.records[0].clone();
    watch.note(&record).await;
    watch.delete(&record).await;
    watch.open().await;
    let begun = watch.clock.now();
    watch.clock.turn(60_000);
    assert!(matches!(watch.poll().await, After::Again { .. }), "what is closed is no failure");
    let records = watch.cursor(ChangeStream::Records).await;
    assert!(records.closed.is_empty() && records.certain_to > begun, "{records:?}");
    assert!(watch.cursor(ChangeStream::Journals).await.closed.is_empty(), "this account may read them");
    let deletions = watch.cursor(ChangeStream::Deletions).await;
    assert!(deletions.closed.contains("audit_viewer"), "{deletions:?}");
    assert_eq!(deletions.certain_to, deletions.certain_from, "nothing is claimed");

    watch.practice.switch(json!({"journal_hidden": true})).await;
    let certain_to = watch.cursor(ChangeStream::Journals).await.certain_to;
    watch.clock.turn(60_000);
    watch.poll().await;
    let journals = watch.cursor(ChangeStream::Journals).await;
    assert!(journals.closed.contains("sys_journal_field"), "{journals:?}");
    assert_eq!(journals.certain_to, certain_to, "certainty ended with the right");

    watch.practice.switch(json!({"journal_hidden": false})).await;
    watch.clock.turn(60_000);
    watch.poll().await;
    let journals = watch.cursor(ChangeStream::Journals).await;
    assert!(
        journals.closed.is_empty() && journals.certain_to > certain_to + 60_000,
        "and goes on with it: {journals:?}"
    );
}

/// Where a query ACL takes the condition on time away, an instance answers with any rows, or with none (contract 2.4).
#[tokio::test]
async fn a_query_that_is_not_permitted_makes_nothing_certain() {
    for answers in ["ignore", "no_rows", "refuse"] {
        let mut watch = Watch::begin("itil", 2).await;
        watch.open().await;
        watch.clock.turn(60_000);
        watch.poll().await;
        let before = watch.cursor(ChangeStream::Records).await;
        assert!(before.closed.is_empty() && before.certain_to > START, "{before:?}");
        watch.practice.switch(json!({"unreadable_query": answers})).await;
        let rule = json!({"name": "incident.sys_updated_on", "operation": "query_range", "condition": ""});
        let rule = watch.practice.ask(Method::POST, "/api/now/table/sys_security_acl", Some(rule)).await;
        let grant = json!({"sys_security_acl": rule["sys_id"], "sys_user_role": "itil_admin"});
        watch.practice.ask(Method::POST, "/api/now/table/sys_security_acl_role", Some(grant)).await;
        watch.open().await;
        watch.clock.turn(60_000);
        watch.poll().await;
        let after = watch.cursor(ChangeStream::Records).await;
        assert!(!after.closed.is_empty(), "{answers}: {after:?}");
        assert_eq!(after.certain_to, before.certain_to, "{answers}");
    }
}

/// Records that this account may not see fill whole pages before those that it may (contract 12.4).
#[tokio::test]
async fn records_behind_pages_of_hidden_ones_are_found() {
    let mut watch = Watch::begin("itil", 3).await;
    let rule = json!({"name": "incident", "operation": "read", "condition": "short_descriptionNOT LIKEsecret"});
    let there = watch.rows("sys_security_acl", "name=incident^operation=read").await;
    for row in there {
        let path = format!("/api/now/table/sys_security_acl/{}", text(&row, "sys_id"));
        watch.practice.ask(Method::DELETE, &path, None).await;
    }
    watch.practice.ask(Method::POST, "/api/now/table/sys_security_acl", Some(rule)).await;
    for _ in 0..210 {
        let secret = json!({"short_description": "secret"});
        watch.practice.ask(Method::POST, "/api/now/table/incident", Some(secret)).await;
    }
    watch.clock.turn(1_000);
    watch.open().await;
    watch.clock.turn(60_000);
    watch.poll().await;
    watch.claims_are_true().await;
    let seen = watch.was_seen(&watch.done[0]).await;
    assert!(seen, "{:?}", watch.cursor(ChangeStream::Records).await);
    assert!(watch.cursor(ChangeStream::Records).await.certain_to > watch.done[0].at);
}

/// After a restart in the midst of a reading, what was seen is not seen as news again, and nothing is passed over.
#[tokio::test]
async fn a_restart_leaves_no_gap_and_the_start_of_the_connection_is_where_it_begins() {
    let mut watch = Watch::begin("admin", 4).await;
    for _ in 0..3 {
        watch.open().await;
        watch.clock.turn(10_000);
    }
    watch.practice.switch(json!({"faults": [{"kind": "cut", "path": "/api/now/", "skip": 2}]})).await;
    assert!(matches!(watch.poll().await, After::Retry { .. }));
    let records = watch.cursor(ChangeStream::Records).await;
    assert!(!watch.cursor(ChangeStream::Journals).await.problem.is_empty());
    watch.practice.switch(json!({"faults": []})).await;
    watch.restart();
    watch.clock.turn(60_000);
    assert!(matches!(watch.poll().await, After::Again { .. }));
    watch.claims_are_true().await;
    let after = watch.cursor(ChangeStream::Records).await;
    assert_eq!((records.certain_from, after.certain_from), (START, START));
    assert!(after.certain_to > records.certain_to && after.problem.is_empty(), "{after:?}");
    assert!(read_moment("2026-11-21 12:00:00").is_some_and(|start| after.at > start));
}

/// People on both sides edit, comment and add files, and half of ServiceNow's webhooks never arrive.
async fn with_half_of_the_webhooks_lost_everything_arrives_once(database: Database) {
    let seed = seed();
    let (program, connection) = Program::connected(database).await;
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    let mut pairs = Vec::new();
    for _ in 0..3 {
        let incident = program.incident(json!({})).await;
        pairs.push((incident.clone(), program.ticket_of(&connection, &incident).await));
    }
    program.until_quiet(&connection).await;
    program.switch(json!({"webhook_loss": 0.5, "webhook_seed": seed})).await;
    // A form is refused where the sync wrote to the ticket in that moment, so fields are edited here before any flow here.
    for (_, ticket) in &pairs {
        program.edit_ticket(ticket, &[("description", "said in Desk")]).await;
    }
    for round in 0..3 {
        for (incident, ticket) in &pairs {
            program.edit_incident(incident, json!({"short_description": format!("title {round}")})).await;
            program.edit_incident(incident, json!({"comments": format!("comment {round} there")})).await;
            program.comment(ticket, &format!("comment {round} here"), true).await;
        }
    }
    for (incident, ticket) in &pairs {
        program.attach_there(incident, "there.txt", b"from there".to_vec()).await;
        program.attach(ticket, "here.txt", "text/plain", b"from here").await;
    }
    for (incident, ticket) in &pairs {
        program.until("the title arrived", async || program.ticket(ticket).await.title == "title 2").await;
        program.until("the files arrived", async || program.here(ticket).await.len() == 2).await;
        program.until("they arrived there", async || program.there(incident).await.len() == 2).await;
        program
            .until("the description arrived", async || {
                program.incident_field(incident, "description").await == "said in Desk"
            })
            .await;
        program
            .until("the comments arrived", async || {
                let here = program.database.store.comments(ticket).await.expect("readable");
                here.len() == 6 && program.journal(incident, "work_notes").await.len() == 3
            })
            .await;
    }
    // Two polls later nothing came twice.
    let polled =
        async || program.database.store.connection(&connection).await.expect("readable").expect("there").last_poll;
    for _ in 0..2 {
        let before = polled().await;
        program.until("there was a poll", async || polled().await > before).await;
        program.until_quiet(&connection).await;
    }
    for (incident, ticket) in &pairs {
        let here = program.database.store.comments(ticket).await.expect("readable");
        for round in 0..3 {
            let once = |said: String| here.iter().filter(|comment| comment.body == said).count();
            assert_eq!((once(format!("comment {round} there")), once(format!("comment {round} here"))), (1, 1));
        }
        let there = (program.journal(incident, "comments").await, program.journal(incident, "work_notes").await);
        assert_eq!((there.0.len(), there.1.len()), (3, 3), "{there:?}");
        assert_eq!((program.here(ticket).await.len(), program.there(incident).await.len()), (2, 2));
    }
    let page = program.get(&format!("/settings/connections/{connection}")).await.text().await.expect("a page");
    assert!(page.contains("What polling is certain of") && page.contains("Comments and work notes"), "{page}");
    let recovered = program.get(&format!("/history?connection={connection}&found=polling")).await;
    let recovered = recovered.text().await.expect("a page");
    assert!(recovered.contains("Only what polling found"), "{recovered}");
}
