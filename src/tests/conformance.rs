//! Each connector against the suite in `connectors/conformance.rs`.

use super::support::{Database, Practice, TurnedClock, postgres, sqlite};
use crate::clock::SystemClock;
use crate::connectors::Connector;
use crate::connectors::conformance::{Promises, Subject, conforms};
use crate::connectors::memory::{Memory, Traps};
use crate::connectors::servicenow::ServiceNow;
use crate::desk::{self, DeskSide};
use crate::store::Ticket;
use async_trait::async_trait;
use merge::{Fields, Stream, Value};
use reqwest::Method;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

conforms!(memory, async { Remembered::with(Traps::default()) });
conforms!(memory_as_servicenow, async { Remembered::with(Traps { page: 2, ..Traps::of_servicenow() }) });
conforms!(servicenow, OnPractice::with("itil", json!({})));
conforms!(servicenow_with_closed_journals, OnPractice::with("itil", json!({"journal_hidden": true})));
conforms!(servicenow_as_admin, OnPractice::with("admin", json!({})));
conforms!(desk_on_sqlite, async { Desk::on(sqlite().await) });
conforms!(desk_on_postgres, async { Desk::on(postgres().await) });

struct Remembered(Memory);

impl Remembered {
    fn with(traps: Traps) -> Self {
        Self(Memory::new(
            "MEM",
            &["title", "text", "state", "stage"],
            Arc::new(TurnedClock::at(1_795_262_400_000)),
            traps,
        ))
    }
}

#[async_trait]
impl Subject for Remembered {
    fn connector(&self) -> &dyn Connector {
        &self.0
    }

    fn fields(&self) -> [&'static str; 2] {
        ["title", "text"]
    }

    fn values(&self) -> Fields {
        named([
            ("title", Value::text("a title")),
            ("text", Value::html("<p>text</p>")),
            ("state", Value::choice("open")),
            ("stage", Value::Moment(1_795_262_400_000)),
        ])
    }

    fn promises(&self) -> Promises {
        let traps = self.0.traps();
        Promises { versions: !traps.unconditional, keeps_keys: !traps.forgets_keys, ..Promises::default() }
    }

    async fn open(&self, fields: &Fields) -> String {
        self.0.open("Beth", fields.clone())
    }

    async fn edit(&self, id: &str, fields: &Fields) {
        self.0.edit(id, "Beth", fields);
    }

    async fn comment(&self, id: &str, stream: Stream, body: &str) {
        self.0.comment(id, stream, "Beth", body);
    }

    async fn remove(&self, id: &str) -> bool {
        self.0.remove(id, "Beth");
        true
    }

    async fn hide(&self, id: &str) -> bool {
        self.0.hide(id, true);
        true
    }

    async fn hide_field(&self, field: &str) -> bool {
        self.0.change_traps(|traps| {
            traps.hides.insert(field.to_owned());
        });
        true
    }
}

struct Desk {
    side: DeskSide,
    database: Database,
}

impl Desk {
    fn on(database: Database) -> Self {
        let side = DeskSide::new(database.store.clone(), Arc::new(SystemClock), 1 << 20);
        Self { side: side.with_fields(["custom.vip", "custom.floor", "custom.since"].into_iter()), database }
    }

    /// As every operation of a person does.
    async fn touch(&self, id: &str) {
        let mut tx = self.database.store.begin().await.expect("begins");
        tx.touch_ticket(id, crate::clock::Clock::now(&SystemClock)).await.expect("touched");
        tx.commit().await.expect("committed");
    }
}

#[async_trait]
impl Subject for Desk {
    fn connector(&self) -> &dyn Connector {
        &self.side
    }

    fn fields(&self) -> [&'static str; 2] {
        ["title", "description"]
    }

    fn values(&self) -> Fields {
        named([
            ("status", Value::choice("In Progress")),
            ("owner", Value::user("beth.anglin@example.com", "Beth Anglin")),
            ("due", Value::Moment(1_795_262_400_000)),
            ("labels", Value::text("one, two")),
            // What has no type of its own here is kept as its text.
            ("account", Value::reference("86837a386f0331003b3c498f5d3ee4ca", "Boxeo")),
            ("custom.vip", Value::Boolean(true)),
            ("custom.floor", Value::number("17").expect("a number")),
            ("custom.since", Value::date("2026-11-21").expect("a date")),
        ])
    }

    async fn open(&self, fields: &Fields) -> String {
        let key = crate::clock::Clock::id(&SystemClock);
        let id = self.side.create(&key, fields).await.expect("made").record.id;
        self.touch(&id).await;
        id
    }

    async fn edit(&self, id: &str, fields: &Fields) {
        let before = self.database.store.ticket(id).await.expect("readable").expect("there");
        let mut after: Ticket = before.clone();
        for (field, value) in fields {
            match field.as_str() {
                "title" => value.as_str().clone_into(&mut after.title),
                _ => value.as_str().clone_into(&mut after.description),
            }
        }
        let mut tx = self.database.store.begin().await.expect("begins");
        desk::save_edited(&mut tx, &before, after, "Beth", &SystemClock).await.expect("kept");
        tx.commit().await.expect("committed");
        self.touch(id).await;
    }

    async fn comment(&self, id: &str, stream: Stream, body: &str) {
        let mut tx = self.database.store.begin().await.expect("begins");
        let internal = stream == Stream::Internal;
        desk::add_comment(&mut tx, id, "Beth", body, internal, &SystemClock).await.expect("kept");
        tx.commit().await.expect("committed");
        self.touch(id).await;
    }

    async fn remove(&self, id: &str) -> bool {
        self.touch(id).await;
        let mut tx = self.database.store.begin().await.expect("begins");
        tx.delete_ticket(id, "Beth", 1).await.expect("deleted");
        tx.commit().await.expect("committed");
        true
    }

    async fn hide(&self, _id: &str) -> bool {
        false
    }

    async fn hide_field(&self, _field: &str) -> bool {
        false
    }
}

#[tokio::test]
async fn the_memory_cuts_drops_and_lets_its_business_rules_run() {
    use crate::connectors::memory::BusinessRule;
    let rule = BusinessRule {
        on: "state".into(),
        is: Value::choice("closed"),
        sets: "stage".into(),
        to: Value::choice("done"),
    };
    let traps = Traps {
        cuts: [("title".to_owned(), 3)].into(),
        drops: ["text".to_owned()].into(),
        business_rules: vec![rule],
        ..Traps::default()
    };
    let memory = Memory::new("MEM", &["title", "text", "state", "stage"], Arc::new(TurnedClock::at(0)), traps);
    let id = memory.open("Beth", Fields::from([("text".to_owned(), Value::text("hers"))]));
    let fields = [("title", Value::text("abcdef")), ("text", Value::text("ours")), ("state", Value::choice("closed"))];
    let fields: Fields = fields.map(|(field, value)| (field.to_owned(), value)).into();
    let version = memory.fetch(&id).await.expect("readable").expect("there").version;
    let applied = memory.write(&id, &fields, &version).await.expect("taken");
    let stored = |field: &str| applied.record.fields[field].as_str().to_owned();
    assert_eq!((stored("title"), stored("text"), stored("stage")), ("abc".into(), "hers".into(), "done".into()));
    assert!(applied.notes.is_empty(), "what was stored otherwise than sent, the record shows: {:?}", applied.notes);
}

/// A column of each kind that an incident has, with a value.
fn columns() -> Fields {
    named([
        ("category", Value::choice("software")),
        ("assigned_to", Value::user("beth.anglin@example.com", "")),
        // By what people call it, as a side sends it that has no such records.
        ("assignment_group", Value::text("Network")),
        ("due_date", Value::Moment(1_795_262_400_000)),
        ("order", Value::number("17").expect("a number")),
        ("knowledge", Value::Boolean(true)),
        ("close_notes", Value::text("two\nlines")),
    ])
}

fn named<const N: usize>(fields: [(&str, Value); N]) -> Fields {
    fields.map(|(field, value)| (field.to_owned(), value)).into()
}

struct OnPractice {
    side: ServiceNow,
    practice: Practice,
}

const INCIDENTS: &str = "/api/now/table/incident";

impl OnPractice {
    async fn with(user: &str, switches: Json) -> Self {
        let practice = Practice::start_as(user).await;
        practice.switch(switches).await;
        let texts = ["short_description", "description"].map(str::to_owned);
        let fields = columns().into_keys().chain(texts).collect();
        Self { side: ServiceNow::new(practice.instance.clone(), "incident", fields, practice.clock.clone()), practice }
    }

    async fn patch(&self, id: &str, body: Json) {
        self.practice.ask(Method::PATCH, &format!("{INCIDENTS}/{id}"), Some(body)).await;
    }
}

fn as_body(fields: &Fields) -> Json {
    fields.iter().map(|(field, value)| (field.clone(), Json::from(value.as_str()))).collect::<Map<_, _>>().into()
}

#[async_trait]
impl Subject for OnPractice {
    fn connector(&self) -> &dyn Connector {
        &self.side
    }

    fn fields(&self) -> [&'static str; 2] {
        ["short_description", "description"]
    }

    fn values(&self) -> Fields {
        columns()
    }

    fn promises(&self) -> Promises {
        Promises { versions: false, keeps_keys: false, ..Promises::default() }
    }

    async fn open(&self, fields: &Fields) -> String {
        let made = self.practice.ask(Method::POST, INCIDENTS, Some(as_body(fields))).await;
        made["sys_id"].as_str().expect("an id").to_owned()
    }

    async fn edit(&self, id: &str, fields: &Fields) {
        self.patch(id, as_body(fields)).await;
    }

    async fn comment(&self, id: &str, stream: Stream, body: &str) {
        let column = if stream == Stream::Public { "comments" } else { "work_notes" };
        self.patch(id, json!({ column: body })).await;
    }

    async fn remove(&self, id: &str) -> bool {
        self.practice.ask(Method::DELETE, &format!("{INCIDENTS}/{id}"), None).await;
        true
    }

    async fn hide(&self, id: &str) -> bool {
        let moved = json!({"table": "incident", "sys_id": id, "values": {"sys_domain": "another"}});
        self.practice.ask(Method::POST, "/sandbox/quiet-edit", Some(moved)).await;
        self.practice.switch(json!({"hidden_domain": "another"})).await;
        true
    }

    /// No role opens everything to an administrator.
    async fn hide_field(&self, field: &str) -> bool {
        let me = self.side.who_am_i().await.expect("answered");
        let rule = json!({"name": format!("incident.{field}"), "operation": "read", "condition": ""});
        let rule = self.practice.ask(Method::POST, "/api/now/table/sys_security_acl", Some(rule)).await;
        let grant = json!({"sys_security_acl": rule["sys_id"], "sys_user_role": "itil_admin"});
        self.practice.ask(Method::POST, "/api/now/table/sys_security_acl_role", Some(grant)).await;
        me != "admin"
    }
}
