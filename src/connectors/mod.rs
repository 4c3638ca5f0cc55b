//! The connectors: each speaks to one kind of platform and turns its records into neutral ones and back.
//! None of them knows the store.

pub mod http;
pub mod servicenow;

use async_trait::async_trait;
use merge::{Entry, Fields, Record, Stream};
use std::collections::BTreeSet;

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

/// A write that a side took: the record as it stands there now.
#[derive(Clone, Debug)]
pub struct Applied {
    pub record: Record,
    /// What it took differently, in sentences.
    pub notes: Vec<String>,
    /// Fields that could not be sent at all; a note says why. The sides do not agree on them.
    pub left_out: BTreeSet<String>,
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

/// One side.
#[async_trait]
pub trait Connector: Send + Sync {
    /// The record as it stands; `None` when it is gone or hidden, which look alike (contract 2.7).
    async fn fetch(&self, id: &str) -> Result<Option<Record>, Failure>;

    /// All comments and work notes that this account may read, oldest first.
    async fn entries(&self, id: &str) -> Result<Vec<Entry>, Failure>;

    /// Makes a record, or finds the one made with this key before.
    async fn create(&self, key: &str, fields: &Fields) -> Result<Applied, Failure>;

    /// Writes these fields and no other. `expected` is the version they were planned on.
    async fn write(&self, id: &str, fields: &Fields, expected: &str) -> Result<Applied, Failure>;

    async fn append(&self, id: &str, entry: &NewEntry) -> Result<(), Failure>;

    /// The appended entry's own id, if it is there and not among `taken`.
    async fn find_entry(&self, id: &str, entry: &NewEntry, taken: &BTreeSet<String>)
    -> Result<Option<String>, Failure>;
}
