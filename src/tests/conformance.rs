//! Each connector against the suite in `connectors/conformance.rs`.

use super::support::{Database, TurnedClock, postgres, sqlite};
use crate::clock::SystemClock;
use crate::connectors::Connector;
use crate::connectors::conformance::{Promises, Subject, conforms};
use crate::connectors::memory::{Memory, Traps};
use crate::desk::{self, DeskSide};
use crate::store::Ticket;
use async_trait::async_trait;
use merge::{Fields, Stream, Value};
use std::sync::Arc;

conforms!(memory, Remembered::with(Traps::default()));
conforms!(memory_as_servicenow, Remembered::with(Traps { page: 2, ..Traps::of_servicenow() }));
conforms!(desk_on_sqlite, Desk::on(sqlite().await));
conforms!(desk_on_postgres, Desk::on(postgres().await));

struct Remembered(Memory);

impl Remembered {
    async fn with(traps: Traps) -> Self {
        Self(Memory::new("MEM", Arc::new(TurnedClock::at(1_795_262_400_000)), traps))
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
    async fn on(database: Database) -> Self {
        Self { side: DeskSide::new(database.store.clone(), Arc::new(SystemClock), 1 << 20), database }
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

    fn promises(&self) -> Promises {
        Promises { lists_changes: false, ..Promises::default() }
    }

    async fn open(&self, fields: &Fields) -> String {
        let key = crate::clock::Clock::id(&SystemClock);
        self.side.create(&key, fields).await.expect("made").record.id
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
    }

    async fn comment(&self, id: &str, stream: Stream, body: &str) {
        let mut tx = self.database.store.begin().await.expect("begins");
        let internal = stream == Stream::Internal;
        desk::add_comment(&mut tx, id, "Beth", body, internal, &SystemClock).await.expect("kept");
        tx.commit().await.expect("committed");
    }

    async fn remove(&self, _id: &str) -> bool {
        false
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
    let memory = Memory::new("MEM", Arc::new(TurnedClock::at(0)), traps);
    let id = memory.open("Beth", Fields::from([("text".to_owned(), Value::text("hers"))]));
    let fields = [("title", Value::text("abcdef")), ("text", Value::text("ours")), ("state", Value::choice("closed"))];
    let fields: Fields = fields.map(|(field, value)| (field.to_owned(), value)).into();
    let version = memory.fetch(&id).await.expect("readable").expect("there").version;
    let applied = memory.write(&id, &fields, &version).await.expect("taken");
    let stored = |field: &str| applied.record.fields[field].as_str().to_owned();
    assert_eq!((stored("title"), stored("text"), stored("stage")), ("abc".into(), "hers".into(), "done".into()));
    assert!(applied.notes.is_empty(), "what was stored otherwise than sent, the record shows: {:?}", applied.notes);
}
