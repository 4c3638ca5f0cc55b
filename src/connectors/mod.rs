//! The connectors: each speaks to one kind of platform and turns its records into neutral ones and back.
//! None of them knows the store.

mod changes;
#[cfg(test)]
pub mod conformance;
pub mod dry_run;
pub mod exchanges;
pub mod http;
pub mod memory;
pub mod servicenow;

pub use changes::{Budget, ChangeStream, Page, Place, Seen, Sight};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use merge::{Edit, Entry, Fields, Record, Stream, User, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a side did not do. The kinds are never mixed: each has its own consequence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing was changed; later it may work.
    #[error("{why}")]
    Transient { why: String, retry_after_ms: Option<i64> },
    /// It was sent and may have happened. Look before trying again.
    #[error("{why}")]
    Unsure { why: String },
    /// The side will not take it: data policy, business rule, ACL, validation.
    #[error("{why}")]
    Refused { why: String },
    /// The access is over; a person must authorize again.
    #[error("{why}")]
    SignedOut { why: String },
    /// The account lacks a right.
    #[error("{why}")]
    Forbidden { why: String },
    /// What answered does not speak as this platform does.
    #[error("{why}")]
    NotAnInstance { why: String },
    /// The record was changed after it was read: read again.
    #[error("the record changed in the meantime")]
    Moved,
}

impl Failure {
    pub fn transient(why: impl Into<String>) -> Self {
        Self::Transient { why: why.into(), retry_after_ms: None }
    }
}

/// Whether somebody waits for a request, or it is one of many that may take their time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// An edit of a person on its way.
    #[default]
    Live,
    /// Polls, reconcile runs, backfill.
    Bulk,
}

/// A write that a side took: the record as it stands there now.
#[derive(Clone, Debug)]
pub struct Applied {
    pub record: Record,
    /// What could not be taken as it came, in sentences. What was stored otherwise than sent, the record shows.
    pub notes: Vec<String>,
    /// Fields that could not be sent at all; a note says why. The sides do not agree on them.
    pub left_out: BTreeSet<String>,
}

/// A field that a side stored otherwise than it was sent, with a friendly answer.
#[derive(Clone, Copy, Debug)]
pub struct Difference<'a> {
    /// The record as it stands there now.
    pub record: &'a Record,
    pub field: &'a str,
    pub sent: &'a Value,
    /// Whether the old value is still there.
    pub is_old: bool,
}

/// A comment or work note to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Where it comes from; appended again with the same key, it is there once.
    pub key: String,
    pub stream: Stream,
    pub author: String,
    /// UTC milliseconds.
    pub at: i64,
    pub body: String,
    /// The side it was written on, as people call it.
    pub from: String,
}

/// A file of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The side's own key.
    pub id: String,
    pub name: String,
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    /// Of the content, lower-case hex; empty where the side does not tell before the file is read.
    pub sha256: String,
    pub author: String,
    /// UTC milliseconds.
    pub at: i64,
}

/// A file to attach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Where it comes from; attached again with the same key, it is there once, on sides that keep keys.
    pub key: String,
    pub name: String,
    pub content_type: String,
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
    pub author: String,
    /// UTC milliseconds.
    pub at: i64,
    /// The side it was added on, as people call it.
    pub from: String,
}

/// A file's bytes on their way: never whole in memory.
pub type Content = BoxStream<'static, Result<Bytes, Failure>>;

/// A record with what belongs to it.
#[derive(Clone, Debug)]
pub struct Whole {
    pub record: Record,
    pub entries: Vec<Entry>,
    /// Or why the side does not list them.
    pub files: Result<Vec<File>, Failure>,
}

/// Why a record that was there is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gone {
    Deleted {
        at: i64,
        by: String,
    },
    /// It is there, and this account may not see it.
    Hidden,
    /// Nothing tells the two apart; the sentence says what would.
    Unknown {
        why: String,
    },
}

/// Begins the id of an entry whose side gives it none: the id is made of the content, so it is the same each time.
pub const MADE_ID: &str = "text:";

/// How comments and work notes can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journal {
    /// Entry by entry, with ids.
    Entries,
    /// As one text of all entries, which is taken apart: ids are made of the content.
    Text,
    /// Not at all.
    Closed,
}

/// Begins the name of the mark that an account is there; its name follows.
pub const OF_ACCOUNT: &str = "id of account ";

/// One side. All that the engine knows of a platform; `memory` is the smallest one, and the conformance suite in
/// `connectors/conformance.rs` is what each must pass.
#[async_trait]
pub trait Connector: Send + Sync {
    /// The record as it stands; `None` when it is gone or hidden, which can look alike (contract 2.7).
    async fn fetch(&self, id: &str) -> Result<Option<Record>, Failure>;

    /// The same with its entries and its files, for a look at a pair. A side that can tell all of it at once does so.
    async fn whole(&self, id: &str) -> Result<Option<Whole>, Failure> {
        let files = async {
            match self.files(id).await {
                Err(failure @ (Failure::Refused { .. } | Failure::Forbidden { .. })) => Ok(Err(failure)),
                files => files.map(Ok),
            }
        };
        let (record, entries, files) = futures::try_join!(self.fetch(id), self.entries(id), files)?;
        Ok(record.map(|record| Whole { record, entries, files }))
    }

    /// Asked when `fetch` found nothing of a record that was there.
    async fn gone(&self, id: &str) -> Result<Gone, Failure>;

    /// The record that people call by this number, for a side whose webhooks may name it so.
    async fn find_by_number(&self, _number: &str) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    /// All comments and work notes that this account may read, oldest first.
    async fn entries(&self, id: &str) -> Result<Vec<Entry>, Failure>;

    /// How entries can be read here and now.
    async fn journal(&self) -> Result<Journal, Failure>;

    /// Makes a record, or finds the one made with this key before.
    async fn create(&self, key: &str, fields: &Fields) -> Result<Applied, Failure>;

    /// The id of the record that `create` makes with this key, where the side lets it be chosen.
    fn id_of_new(&self, key: &str) -> Option<String>;

    /// The id of the record that was made with this key, if it is there.
    async fn find_new(&self, key: &str) -> Result<Option<String>, Failure>;

    /// Writes these fields and no other. `expected` is the version they were planned on.
    async fn write(&self, id: &str, fields: &Fields, expected: &str) -> Result<Applied, Failure>;

    /// Whether the side has this user. Asked only where a rule says what to write otherwise. A side without a list of users
    /// has whoever is named.
    async fn has_user(&self, _user: &User) -> Result<bool, Failure> {
        Ok(true)
    }

    /// Why a field is not as it was sent, in a sentence with the way out; `None` where the side does not tell. Asked only
    /// when there is a difference, so it may cost requests.
    async fn why_other(&self, _difference: &Difference<'_>) -> Option<String> {
        None
    }

    /// Who changed these fields last, and when, for a side whose records do not tell. Asked only when a clash hangs on it;
    /// a field of which the side says nothing is left out.
    async fn edits(&self, _record: &Record, _fields: &BTreeSet<String>) -> Result<BTreeMap<String, Edit>, Failure> {
        Ok(BTreeMap::new())
    }

    async fn delete(&self, id: &str) -> Result<(), Failure>;

    /// Adds an entry. Answers its own id where the side tells it: a record that is hidden a moment later shows it no more.
    async fn append(&self, id: &str, entry: &NewEntry) -> Result<Option<String>, Failure>;

    /// The appended entry's own id, if it is there and not among `taken`.
    async fn find_entry(&self, id: &str, entry: &NewEntry, taken: &BTreeSet<String>)
    -> Result<Option<String>, Failure>;

    /// Whether an entry that is shown is the one that was sent: by its key, or by author, text and time.
    fn is_same(&self, shown: &Entry, sent: &NewEntry) -> bool;

    /// The record's files, oldest first.
    async fn files(&self, id: &str) -> Result<Vec<File>, Failure>;

    async fn read_file(&self, id: &str, file: &str) -> Result<Content, Failure>;

    /// Adds a file; what is read from it must match its SHA-256, or nothing is kept.
    async fn attach(&self, id: &str, file: &NewFile, content: Content) -> Result<File, Failure>;

    /// The streams that together tell of every change. On a side that counts a comment, a file and a deletion as a change
    /// of the record, its records tell of all.
    fn streams(&self) -> &'static [ChangeStream] {
        &[ChangeStream::Records]
    }

    /// One page of a stream's rows from `since` on, oldest first, by keyset: `after` is the place of the last row of the
    /// page before. Without `after`, a stream that was asked before shows its newest row again if nothing came since.
    async fn changed(&self, stream: ChangeStream, since: i64, after: Option<&Place>) -> Result<Page, Failure>;

    /// Asked when a stream showed no row. A side that needs no right to be read is open.
    async fn sight(&self, _stream: ChangeStream) -> Result<Sight, Failure> {
        Ok(Sight::Open)
    }

    /// Milliseconds that the side's clock is ahead of ours; `None` before that is known.
    fn ahead_ms(&self) -> Option<i64> {
        Some(0)
    }

    /// What is left of the side's limits, if it told of any.
    fn budget(&self) -> Option<Budget> {
        None
    }

    /// What tells this platform from another of its kind, by name, as far as the account may read it. What is not there
    /// tells nothing; what depends on who asks has a name of its own for each.
    async fn marks(&self) -> Result<BTreeMap<String, String>, Failure> {
        Ok(BTreeMap::new())
    }

    /// Whether none of these records is there, and that is known not to be a matter of rights.
    async fn has_none_of(&self, _ids: &[String]) -> Result<bool, Failure> {
        Ok(false)
    }

    /// Records that some Isthmus made from this moment on, newest first, with when. Not all need be told.
    async fn made_by_isthmus(&self, _since: i64) -> Result<Vec<(String, i64)>, Failure> {
        Ok(Vec::new())
    }

    /// For so long, in milliseconds, a write whose answer was lost may still come true there.
    fn settles_ms(&self) -> i64;
}
