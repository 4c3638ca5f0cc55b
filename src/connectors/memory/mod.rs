//! A whole platform in memory: the smallest connector, and the hardest to sync with. Every trap of a real platform is a
//! setting, so it stands for ServiceNow as well as for the platform in the simulation, and for either in a try-out.
//! All time and chance come from the clock that it is given.

mod news;
mod people;
mod side;
mod traps;

pub use traps::{BusinessRule, Traps};

use super::{Applied, Failure, File, Gone, NewEntry};
use crate::clock::{self, SharedClock};
use bytes::Bytes;
use merge::{Edit, Entry, Fields, Record, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who the account is on this platform.
pub const ACCOUNT: &str = "isthmus";
const MANY: usize = 100;

pub struct Memory {
    name: String,
    /// The fields that every record has, beside its number.
    columns: Vec<String>,
    clock: SharedClock,
    traps: Mutex<Traps>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<String, Row>,
    /// The key that a record was made with, to its id.
    made: BTreeMap<String, String>,
    deleted: BTreeMap<String, Gone>,
    later: Vec<Later>,
    written: Vec<Written>,
}

struct Row {
    record: Record,
    touched: u64,
    entries: Vec<Line>,
    files: Vec<Stored>,
    hidden: bool,
    /// What people, and the platform's own rules, set last: never the account.
    said: Fields,
}

struct Line {
    entry: Entry,
    key: String,
    /// By the account.
    is_sent: bool,
    /// When it was added here, by the platform's time.
    added: i64,
}

struct Stored {
    file: File,
    key: String,
    content: Bytes,
    added: i64,
}

/// What was begun and is not to be seen yet.
struct Later {
    due: i64,
    effect: Effect,
}

enum Effect {
    Edit { id: String, by: String, fields: Fields, at: i64 },
    Append { id: String, entry: NewEntry },
}

/// A field that the account set, whether or not that changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub id: String,
    pub field: String,
    pub value: Value,
    /// Whether another value stood there.
    pub changed: bool,
}

/// What becomes of a request on its way.
enum Journey {
    Arrives,
    Fails(Failure),
    RequestLost,
    ResponseLost,
}

impl Memory {
    pub fn new(name: &str, columns: &[&str], clock: SharedClock, traps: Traps) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { name: name.to_owned(), columns, clock, traps: Mutex::new(traps), state: Mutex::default() }
    }

    pub fn traps(&self) -> Traps {
        self.traps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn change_traps(&self, change: impl FnOnce(&mut Traps)) {
        change(&mut self.traps.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The platform's own time, as precise as it keeps it.
    pub fn time(&self) -> i64 {
        let traps = self.traps();
        let now = self.clock.now() + traps.skew_ms;
        if traps.whole_seconds { now.div_euclid(1000) * 1000 } else { now }
    }

    fn id(&self) -> String {
        let mut random = [0; 16];
        self.clock.fill(&mut random);
        format!("{:032x}", u128::from_be_bytes(random))
    }

    fn happens(&self, in_a_thousand: u32) -> bool {
        if in_a_thousand == 0 {
            return false;
        }
        let mut random = [0; 4];
        self.clock.fill(&mut random);
        u32::from_be_bytes(random) % 1000 < in_a_thousand
    }

    /// The state, after what is due by now has come true.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        while let Some(at) = state.later.iter().position(|later| later.due <= now) {
            match state.later.remove(at).effect {
                Effect::Edit { id, by, fields, at } => self.put(&mut state, &id, &fields, &by, at),
                Effect::Append { id, entry } => {
                    self.take_entry(&mut state, &id, &entry);
                }
            }
        }
        state
    }

    fn is_signed_out(&self) -> bool {
        self.traps().token_until.is_some_and(|until| until <= self.clock.now())
    }

    fn journey(&self) -> Journey {
        let traps = self.traps();
        if self.is_signed_out() {
            return Journey::Fails(Failure::SignedOut { why: format!("{} refuses the token.", self.name) });
        }
        if self.happens(traps.busy) {
            return Journey::Fails(Failure::transient(format!("{} answered 503.", self.name)));
        }
        if self.happens(traps.limited) {
            let why = format!("{} answered 429.", self.name);
            return Journey::Fails(Failure::Transient { why, retry_after_ms: Some(3_000) });
        }
        if self.happens(traps.lost_requests) {
            return Journey::RequestLost;
        }
        if self.happens(traps.lost_responses) { Journey::ResponseLost } else { Journey::Arrives }
    }

    fn read<T>(&self, look: impl FnOnce(&State, &Traps) -> T) -> Result<T, Failure> {
        match self.journey() {
            Journey::Arrives => Ok(look(&self.state(), &self.traps())),
            Journey::Fails(failure) => Err(failure),
            Journey::RequestLost | Journey::ResponseLost => {
                Err(Failure::transient(format!("{} did not answer.", self.name)))
            }
        }
    }

    fn change<T>(&self, act: impl FnOnce(&mut State) -> Result<T, Failure>) -> Result<T, Failure> {
        let unsure = || Failure::Unsure { why: format!("The answer of {} was lost.", self.name) };
        match self.journey() {
            Journey::Arrives => act(&mut self.state()),
            Journey::Fails(failure) => Err(failure),
            Journey::RequestLost => Err(unsure()),
            Journey::ResponseLost => {
                let _lost = act(&mut self.state());
                Err(unsure())
            }
        }
    }

    fn missing(&self) -> Failure {
        Failure::Refused { why: format!("{} has no such record, or does not show it to this account.", self.name) }
    }

    /// The record as the account sees it.
    fn shown(row: &Row, traps: &Traps) -> Record {
        let mut record = row.record.clone();
        record.fields.retain(|field, _| !traps.hides.contains(field));
        if traps.hides_field_times {
            record.field_edits.clear();
        }
        record.version = version(row);
        record
    }

    /// The id of the record that the account makes with a key.
    fn made_for(&self, key: &str) -> String {
        sha256(format!("{} {key}", self.name).as_bytes())[..32].to_owned()
    }

    fn add_row(&self, state: &mut State, id: String, by: &str, fields: &Fields) {
        let at = self.time();
        let number = format!("{}{:04}", self.name.to_uppercase(), state.rows.len() + state.deleted.len() + 1);
        let mut blank: Fields = self.columns.iter().map(|column| (column.clone(), Value::Empty)).collect();
        blank.insert("number".to_owned(), Value::text(&number));
        let said = Fields::from([("number".to_owned(), Value::text(&number))]);
        let record = Record { id: id.clone(), number, created_at: at, fields: blank, ..Record::default() };
        let row = Row { record, touched: 0, entries: Vec::new(), files: Vec::new(), hidden: false, said };
        state.rows.insert(id.clone(), row);
        self.put(state, &id, fields, by, at);
    }

    /// Sets fields as the platform keeps them, and lets its business rules run. Touches nothing when nothing changes.
    fn put(&self, state: &mut State, id: &str, fields: &Fields, by: &str, at: i64) {
        let traps = self.traps();
        let Some(row) = state.rows.get_mut(id) else { return };
        let mut changed = BTreeSet::new();
        let mut set = |row: &mut Row, field: &str, value: Value| {
            if row.record.fields.get(field).unwrap_or(&Value::Empty) != &value {
                row.record.field_edits.insert(field.to_owned(), Edit { at, by: by.to_owned() });
                changed.insert(field.to_owned());
            }
            row.record.fields.insert(field.to_owned(), value);
        };
        for (field, value) in fields {
            let kept = cut(value, traps.cuts.get(field));
            if by != ACCOUNT || &kept != value {
                row.said.insert(field.clone(), kept.clone());
            }
            set(row, field, kept);
        }
        for rule in &traps.business_rules {
            if changed.contains(&rule.on) && row.record.fields.get(&rule.on) == Some(&rule.is) {
                row.said.insert(rule.sets.clone(), rule.to.clone());
                row.record.fields.insert(rule.sets.clone(), rule.to.clone());
                row.record.field_edits.insert(rule.sets.clone(), Edit { at, by: by.to_owned() });
            }
        }
        if !changed.is_empty() || row.touched == 0 {
            row.touch(by, at);
        }
    }

    /// What the account sends, without what the platform drops, and on record for whoever checks.
    fn put_as_account(&self, state: &mut State, id: &str, fields: &Fields) {
        let traps = self.traps();
        let mut kept = fields.clone();
        kept.retain(|field, _| !traps.drops.contains(field));
        for (field, value) in fields {
            let before = state.rows.get(id).and_then(|row| row.record.fields.get(field)).unwrap_or(&Value::Empty);
            let changed = kept.contains_key(field) && before != value;
            state.written.push(Written { id: id.to_owned(), field: field.clone(), value: value.clone(), changed });
        }
        let at = self.time();
        self.put(state, id, &kept, ACCOUNT, at);
    }

    fn refuse(&self, fields: &Fields) -> Result<(), Failure> {
        let refuses = self.traps().refuses;
        fields.keys().find(|field| refuses.contains(*field)).map_or(Ok(()), |field| {
            Err(Failure::Refused { why: format!("{} does not take {field}: a data policy forbids it.", self.name) })
        })
    }

    /// What was taken, as it stands now.
    fn applied(&self, row: &Row) -> Applied {
        Applied { record: Self::shown(row, &self.traps()), notes: Vec::new(), left_out: BTreeSet::new() }
    }

    fn add_entry(&self, state: &mut State, id: &str, line: Line, by: &str) {
        let at = self.time();
        if let Some(row) = state.rows.get_mut(id) {
            row.entries.push(line);
            row.touch(by, at);
        }
    }

    /// An entry of the account's: with its author, time and key, or as the account's own text.
    /// Answers its id, or that of the one with the same key; not where keys are forgotten.
    fn take_entry(&self, state: &mut State, id: &str, new: &NewEntry) -> Option<String> {
        let traps = self.traps();
        let (own, at) = (self.id(), self.time());
        if traps.forgets_keys {
            let entry = Entry { id: own, stream: new.stream, author: ACCOUNT.into(), at, body: as_own_text(new) };
            self.add_entry(state, id, Line { entry, key: String::new(), is_sent: true, added: at }, ACCOUNT);
            return None;
        }
        let before = state.rows.get(id).and_then(|row| row.entries.iter().find(|line| line.key == new.key));
        if let Some(line) = before {
            return Some(line.entry.id.clone());
        }
        let (author, body) = (new.author.clone(), new.body.clone());
        let entry = Entry { id: own.clone(), stream: new.stream, author, at: new.at, body };
        self.add_entry(state, id, Line { entry, key: new.key.clone(), is_sent: true, added: at }, ACCOUNT);
        Some(own)
    }

    fn add_content(&self, state: &mut State, id: &str, file: File, key: &str, by: &str, content: Bytes) {
        let (at, leaves_no_mark) = (self.time(), self.traps().files_leave_no_mark);
        if let Some(row) = state.rows.get_mut(id) {
            row.files.push(Stored { file, key: key.to_owned(), content, added: at });
            if !leaves_no_mark {
                row.touch(by, at);
            }
        }
    }
}

fn visible<'a>(state: &'a State, id: &str) -> Option<&'a Row> {
    state.rows.get(id).filter(|row| !row.hidden)
}

fn version(row: &Row) -> String {
    format!("{}@{}#{}", row.record.id, row.record.edited.at, row.touched)
}

fn cut(value: &Value, letters: Option<&usize>) -> Value {
    match (value, letters) {
        (Value::Text(text), Some(letters)) => Value::text(&text.chars().take(*letters).collect::<String>()),
        _ => value.clone(),
    }
}

/// The text of an entry on a platform that knows no author but the account.
fn as_own_text(entry: &NewEntry) -> String {
    let moment = format!("{} UTC", clock::in_words(entry.at));
    merge::attributed(&entry.author, &moment, &entry.from, &entry.body)
}

fn sha256(content: &[u8]) -> String {
    format!("{:x}", Bytes::copy_from_slice(&Sha256::digest(content)))
}
