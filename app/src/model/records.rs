//! A pair of records: how it stands, how it stood, and what would bring a value back.

use super::{ChangeRow, Preview, When};
use serde::{Deserialize, Serialize};

/// A pair that was found by a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRow {
    pub link: String,
    pub reference: String,
    pub ticket_number: String,
    pub connection: String,
}

/// What the page of a pair is asked for. All of it lives in the page's address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordQuestion {
    pub link: String,
    /// A moment of the past, as `2026-11-30T17:00`, UTC; empty for now.
    pub at: String,
    /// Whether to read both sides for it.
    pub fresh: bool,
    /// Lines of the timeline older than this one.
    pub before: String,
}

/// One field rule with what the sides hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordField {
    pub field: String,
    /// As each side calls it.
    pub servicenow_field: String,
    pub platform_field: String,
    /// `both`, `to_platform`, `to_servicenow`
    pub direction: String,
    /// Whose field it is, as people call that side; empty when nobody's.
    pub owner: String,
    /// `None` where nothing is known of it.
    pub servicenow: Option<String>,
    pub base: Option<String>,
    pub platform: Option<String>,
    pub equal: bool,
    /// Why the sides are not equal, or what just reading them would lead to.
    pub why: String,
    /// An open conflict about it; empty when there is none.
    pub conflict: String,
}

/// One pair of records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPage {
    pub link: String,
    pub connection_id: String,
    pub connection: String,
    /// What people call the platform.
    pub platform: String,
    pub reference: String,
    pub record_url: String,
    pub ticket_id: String,
    pub ticket_number: String,
    /// Whether the two are kept the same.
    pub linked: bool,
    /// What a person must act on; empty when nothing.
    pub note: String,
    pub refusals: i64,
    /// From when on the past is known; `None` where nothing is.
    pub known_since: Option<When>,
    /// The moment of the past that is shown.
    pub at: Option<When>,
    /// When both sides were read for this page.
    pub read: Option<When>,
    pub fields: Vec<RecordField>,
    pub timeline: Vec<TimelineRow>,
    /// Where the timeline goes on; empty at its end.
    pub next: String,
}

/// One line of a pair's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineRow {
    pub change: ChangeRow,
    /// Its moment, as a question takes it.
    pub at: String,
}

/// Which values of the past shall come back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RestoreQuestion {
    pub link: String,
    pub at: String,
    /// One field rule; empty for all.
    pub field: String,
    /// Whose value, where the sides differed then: `servicenow`, `platform` or `base`.
    pub take: String,
}

/// What restoring would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePage {
    pub question: RestoreQuestion,
    pub reference: String,
    pub ticket_number: String,
    pub at: When,
    /// Each field with the value that shall come back.
    pub values: Vec<(String, String)>,
    pub preview: Preview,
    /// Goes back with the confirmation: it is for the records as they were shown.
    pub seen: String,
}
