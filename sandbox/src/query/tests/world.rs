//! A few users in a ring of managers, groups, tickets and bugs with few different values, so that conditions
//! often find something. The rows are made from a seed.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::Settings;
use crate::dictionary::Table;
use crate::query::{Compiled, Query, Scope, compile};
use crate::record::Record;
use crate::store::{Slice, Store};
use crate::user::User;

pub const USERS: [&str; 5] = ["u1", "u2", "u3", "u4", "u5"];
pub const TAGS: [&str; 2] = ["red", "blue"];
const NAMES: [&str; 8] = ["", "alpha", "Alpha beta", "BETA", "gamma^delta", "100%", "o'neil", "12"];
const NUMBERS: [&str; 7] = ["", "0", "1", "2", "-3", "10", "200"];
const SIZES: [&str; 6] = ["", "0", "1.5", "2", "10.25", "-0.5"];
/// Around the change of the clocks in Berlin, the turn of a year, and now.
const TIMES: [&str; 10] = [
    "",
    "2026-03-15 12:00:00",
    "2026-03-15 22:59:59",
    "2026-03-15 23:00:00",
    "2026-03-14 08:30:00",
    "2026-03-29 00:30:00",
    "2026-03-29 01:30:00",
    "2025-12-31 23:30:00",
    "2025-10-26 00:30:00",
    "2026-02-28 10:00:00",
];
const DAYS: [&str; 5] = ["", "2026-03-15", "2026-03-16", "2025-12-31", "2026-01-01"];

pub struct World {
    pub store: Store,
    pub rows: BTreeMap<&'static str, Vec<Record>>,
    pub user: User,
    pub now: Timestamp,
    pub filters: HashMap<String, String>,
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }

    fn of<'v>(&mut self, values: &[&'v str]) -> &'v str {
        values[self.roll(values.len())]
    }
}

impl World {
    pub async fn new(seed: u64) -> Self {
        let tables = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/query/tests/tables.json");
        let settings = Settings { tables: vec![tables], ..Settings::in_memory() };
        let store = Store::open(&settings).await.expect("a store in memory");
        let mut user = User::named("u2", "second");
        user.time_zone = TimeZone::get("Europe/Berlin").expect("a known zone");
        let filters = [("me", "gs.getUserID()"), ("mine", "gs.getUser().getMyGroups()"), ("broken", "gs.boom()")];
        let world = Self {
            rows: rows(&mut Dice(seed)),
            store,
            user,
            now: "2026-03-15T12:00:00Z".parse().expect("a time"),
            filters: filters.map(|(id, script)| (id.to_owned(), script.to_owned())).into(),
        };
        let mut write = world.store.write().await;
        for (table, rows) in &world.rows {
            for row in rows {
                let class = row.get("sys_class_name");
                let table = if class.is_empty() { table } else { class };
                write.insert(world.table(table), row);
            }
        }
        write.commit().await.expect("the rows are stored");
        world
    }

    pub fn table(&self, name: &str) -> &Table {
        self.store.dictionary.table(name).expect("a table")
    }

    pub fn scope(&self) -> Scope<'_> {
        Scope {
            dictionary: &self.store.dictionary,
            user: &self.user,
            now: self.now,
            filters: &self.filters,
            changes: None,
            permits: &|_| true,
        }
    }

    pub fn compile(&self, table: &str, text: &str) -> Compiled {
        compile(&Query::parse(text), self.table(table), &self.scope())
    }

    /// The sys_ids that the store finds, in order, and how many parts of the query were dropped.
    pub async fn found(&self, table: &str, text: &str) -> (Vec<String>, usize) {
        let compiled = self.compile(table, text);
        let rows = self.store.select(self.table(table), &compiled, Slice::first(1_000)).await;
        let rows = rows.unwrap_or_else(|cause| panic!("{text}: {cause}\n{}", compiled.condition));
        (rows.iter().map(|row| row.sys_id().to_owned()).collect(), compiled.invalid.len())
    }
}

fn rows(dice: &mut Dice) -> BTreeMap<&'static str, Vec<Record>> {
    let record = |values: &[(&str, &str)]| -> Record { values.iter().copied().collect() };
    let mut rows = BTreeMap::new();
    let managers = ["", "u1", "u2", "u5", "u4"];
    let names = ["Ada Alpha", "Bob Beta", "cy gamma", "Dee", "Eve Alpha"];
    let users = (0..5).map(|i| {
        let (id, active) = (USERS[i], if i % 2 == 0 { "true" } else { "false" });
        record(&[("sys_id", id), ("name", names[i]), ("manager", managers[i]), ("active", active), ("email", NAMES[i])])
    });
    rows.insert("sys_user", users.collect());
    let groups = [("g1", "Net", "", "u1"), ("g2", "Data", "g1", "u9"), ("g3", "desk", "g2", "")];
    let groups = groups.map(|(id, name, parent, manager)| {
        record(&[("sys_id", id), ("name", name), ("parent", parent), ("manager", manager)])
    });
    rows.insert("sys_user_group", groups.into());
    let members = [("m1", "u2", "g2"), ("m2", "u2", "g3"), ("m3", "u1", "g1")];
    let members = members.map(|(id, user, group)| record(&[("sys_id", id), ("user", user), ("group", group)]));
    rows.insert("sys_user_grmember", members.into());
    let (mut tickets, mut entries, mut journals) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..40 {
        let id = format!("t{i:02}");
        let parent = format!("t{:02}", dice.roll(45));
        let bug = dice.roll(3) == 0;
        let watchers = ["", "u2", "u1,u2", "u1, u2", "u3,u22"][dice.roll(5)];
        let mut row = record(&[
            ("sys_id", &id),
            ("sys_class_name", if bug { "practice_bug" } else { "practice_ticket" }),
            ("name", dice.of(&NAMES)),
            ("note", dice.of(&NAMES)),
            ("count", dice.of(&NUMBERS)),
            ("other_count", dice.of(&NUMBERS)),
            ("size", dice.of(&SIZES)),
            ("done", dice.of(&["", "true", "false"])),
            ("day", dice.of(&DAYS)),
            ("at", dice.of(&TIMES)),
            ("seen", dice.of(&TIMES)),
            // One of them is nobody.
            ("owner", dice.of(&["", "u1", "u2", "u3", "u4", "u5", "u9"])),
            ("team", dice.of(&["", "g1", "g2", "g3"])),
            ("parent", if dice.roll(3) == 0 { "" } else { &parent }),
            ("watchers", watchers),
        ]);
        if bug {
            row.set("severity", dice.of(&NUMBERS));
            row.set("found_by", dice.of(&["", "u1", "u2"]));
        }
        tickets.push(row);
        for tag in TAGS {
            if dice.roll(3) == 0 {
                entries.push(record(&[("sys_id", &format!("{id}{tag}")), ("label", tag), ("table_key", &id)]));
            }
        }
        for element in ["comments", "work_notes"] {
            if dice.roll(3) == 0 {
                let values = [
                    ("sys_id", &*format!("{id}{element}")),
                    ("element", element),
                    ("element_id", &id),
                    ("value", dice.of(&NAMES)),
                ];
                journals.push(record(&values));
            }
        }
    }
    rows.insert("practice_ticket", tickets);
    rows.insert("label_entry", entries);
    rows.insert("sys_journal_field", journals);
    rows
}
