//! What moved, when, and why.

use super::{PurgeRow, When};
use serde::{Deserialize, Serialize};

/// What is asked for; what is empty is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryFilter {
    /// A connection's id.
    pub connection: String,
    /// A ticket's id.
    pub ticket: String,
    /// What people call a record, on either side.
    pub record: String,
    /// A person's name.
    pub person: String,
    /// A field rule's name.
    pub field: String,
    /// A kind of line.
    pub kind: String,
    /// As `2026-11-30T17:00`, UTC.
    pub from: String,
    pub to: String,
    /// Only what polling found and no webhook had told of; of a connection.
    pub recovered: bool,
    /// Lines older than this one.
    pub before: String,
}

/// One line of the history: something that moved, or was decided not to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChangeRow {
    pub id: String,
    pub at: When,
    pub connection: String,
    pub link: String,
    /// The incident's number.
    pub reference: String,
    pub ticket_id: String,
    pub ticket_number: String,
    /// `to_platform`, `to_servicenow`, or empty
    pub direction: String,
    /// One of [`KINDS`].
    pub kind: String,
    /// One sentence: what moved.
    pub summary: String,
    /// Who made the edit, when a side told.
    pub who: String,
    pub problem: bool,
}

/// The kinds of lines, and what people call them.
pub const KINDS: [(&str, &str); 10] = [
    ("fields", "Fields written"),
    ("comment", "Comments and notes"),
    ("file", "Files"),
    ("linked", "Records linked"),
    ("unlinked", "Links ended"),
    ("deletion", "Deletions"),
    ("conflict", "Conflicts"),
    ("restored", "Values restored"),
    ("problem", "Problems"),
    ("given_up", "Given up"),
];

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeList {
    pub rows: Vec<ChangeRow>,
    /// Where the next page begins; empty at the end. There may be more to look through although few rows were found.
    pub next: String,
    /// The connections to filter by: id and name.
    pub connections: Vec<(String, String)>,
    /// The field rules to filter by.
    pub fields: Vec<String>,
    /// What retention removed, the newest first.
    pub purged: Vec<PurgeRow>,
}

/// What one side held when it was decided, and who put it there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldStory {
    pub field: String,
    pub base: String,
    pub servicenow: String,
    pub platform: String,
    pub result: String,
    /// The rule and the reasoning, in sentences.
    pub why: String,
}

/// A request and its answer, secrets masked and texts cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeRow {
    pub method: String,
    /// Path and query, without the host.
    pub address: String,
    pub request: String,
    /// 0 when no answer came.
    pub status: i64,
    pub took_ms: i64,
    pub response: String,
}

/// One try to write something on a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRow {
    pub at: When,
    pub took_ms: i64,
    /// `done`, `refused`, `failed`
    pub outcome: String,
    pub problem: String,
    pub exchanges: Vec<ExchangeRow>,
}

/// The news that a change follows from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    pub at: When,
    /// `webhook`, `poll`, `person`
    pub source: String,
    /// The side that it came from, as people call it.
    pub side: String,
    /// What names the event.
    pub event: String,
}

/// One change, opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeStory {
    pub row: ChangeRow,
    /// The record's page in ServiceNow.
    pub record_url: String,
    /// What people call the platform.
    pub platform: String,
    /// What was heard; nothing where nobody told.
    pub arrived: Vec<Arrival>,
    /// The versions of the two records that were read, as the sides name them; empty where that was not kept.
    pub servicenow_version: String,
    pub platform_version: String,
    pub fields: Vec<FieldStory>,
    /// What led to it and what followed, in order: arrived, read, decided, written.
    pub steps: Vec<(When, String)>,
    pub attempts: Vec<AttemptRow>,
    /// What came next for the same record, the first of it first.
    pub next: Vec<ChangeRow>,
}
