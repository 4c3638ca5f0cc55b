//! Fields about which two people disagree, and what a person chooses.

use super::When;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictFilter {
    /// A connection's id, or empty for all.
    pub connection: String,
    /// From 1.
    pub page: i64,
}

/// A part of a text; `changed` where its words are not those of the base.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Piece {
    pub text: String,
    pub changed: bool,
}

/// What one side holds, and who put it there as far as the side tells.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConflictSide {
    /// Nothing for an empty value.
    pub value: Vec<Piece>,
    pub who: String,
    pub at: Option<When>,
}

/// How a value of a field is typed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueInput {
    Text,
    /// One of these.
    Choice(Vec<String>),
    Moment,
    Date,
    Number,
    Boolean,
    Email,
}

/// A field about which two people disagree.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConflictRow {
    pub id: String,
    pub field: String,
    /// Whose field it is, as people call that side; empty when nobody's.
    pub owner: String,
    pub servicenow: ConflictSide,
    /// `None` where the sides never agreed.
    pub base: Option<Vec<Piece>>,
    pub platform: ConflictSide,
    pub input: ValueInput,
    pub why: String,
    /// `open`, `chosen`, `resolved`, `withdrawn`
    pub state: String,
    pub choice: String,
    pub chosen_by: String,
    pub opened: When,
    /// Other conflicts about the same field of the same connection that nobody chose for.
    pub alike: i64,
    /// Goes back with a choice: it is for these values and no others.
    pub version: i64,
}

impl ConflictRow {
    /// What a form calls the choice for it.
    pub fn key(&self) -> String {
        key_of(&self.id)
    }

    pub fn is_over(&self) -> bool {
        !matches!(self.state.as_str(), "open" | "chosen")
    }
}

/// A record with all its conflicts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConflictRecord {
    pub link: String,
    pub connection_id: String,
    pub connection: String,
    /// What people call the platform.
    pub platform: String,
    /// The record's number in ServiceNow.
    pub reference: String,
    pub record_url: String,
    pub ticket_id: String,
    pub ticket_number: String,
    pub conflicts: Vec<ConflictRow>,
    /// The other fields, with the value that both sides agreed on.
    pub agreed: Vec<(String, String)>,
    /// What a side would not take of this record.
    pub refusals: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictList {
    pub records: Vec<ConflictRecord>,
    /// On all records together.
    pub conflicts: i64,
    /// Records with a conflict.
    pub total: i64,
    pub page: i64,
    pub pages: i64,
    /// The connections to filter by: id and name.
    pub connections: Vec<(String, String)>,
    /// When the sides were last asked what changed.
    pub looked: Option<When>,
}

/// What a person takes for one conflict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The version that the person saw.
    #[serde(default)]
    pub version: i64,
    /// `servicenow`, `base`, `platform` or `value`; empty for the typed value, if there is one.
    #[serde(default)]
    pub take: String,
    /// With `value`: as typed.
    #[serde(default)]
    pub value: String,
}

impl Taken {
    /// Whether anything was chosen. Who types a value and ticks nothing means the value.
    pub fn is_some(&self) -> bool {
        !self.take.is_empty() || !self.value.trim().is_empty()
    }
}

/// What a person chose for a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    pub link: String,
    /// By [`ConflictRow::key`].
    #[serde(default)]
    pub fields: BTreeMap<String, Taken>,
}

impl Choices {
    pub fn of(&self, conflict: &str) -> Option<&Taken> {
        self.fields.get(&key_of(conflict))
    }
}

/// A form's name that began with a digit would be read as a place in a list, and ids begin with one.
fn key_of(conflict: &str) -> String {
    format!("c{conflict}")
}

/// A field that a write would touch on a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedWrite {
    /// The side, as people call it.
    pub to: String,
    /// As the side calls it.
    pub field: String,
    pub from: String,
    pub value: String,
    /// Not chosen by anybody: the side demands it along with the others.
    pub demanded: bool,
}

/// What would be written, found by reading both sides just now. Nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub at: When,
    pub writes: Vec<PlannedWrite>,
    /// What stands in the way, in sentences.
    pub refused: Vec<String>,
}

/// The same answer for all conflicts about a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlikeQuestion {
    /// The connection's id.
    pub connection: String,
    pub field: String,
    /// `servicenow`, `base` or `platform`
    pub take: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlikeRow {
    /// The conflict's id.
    pub conflict: String,
    pub reference: String,
    pub ticket_number: String,
    pub servicenow: String,
    pub base: String,
    pub platform: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alike {
    pub question: AlikeQuestion,
    pub connection: String,
    pub platform: String,
    /// How many conflicts the answer is for.
    pub count: i64,
    /// The longest open ones.
    pub rows: Vec<AlikeRow>,
    /// The change of the mapping by which nobody is asked again; `None` where no rule says this.
    pub rule: Option<AlikeRule>,
}

/// An answer as a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlikeRule {
    /// What it would mean, in a sentence.
    pub words: String,
    /// What becomes another in the mapping, part by part, in sentences.
    pub changes: Vec<String>,
    pub standing: RuleStanding,
    /// Whether the reader may put it into the draft.
    pub may_edit: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleStanding {
    /// Nothing says it yet.
    Offered,
    /// The draft does, and waits to be published.
    Drafted,
    InForce,
}
