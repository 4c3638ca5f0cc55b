//! A connection's mapping: what the editor shows, and what a person does there.

use super::{ConditionRow, FindingRow, When};
use crate::address::with_pairs;
use crate::error::Trouble;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the address of the editor says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingAsk {
    /// The connection's id.
    pub connection: String,
    /// `fields`, `values`, `flow`, `preview`, `versions`
    pub tab: String,
    /// Its query: which form is open, which versions are compared.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// What was typed into the open form, by the inputs' names; nothing where it begins with what is.
    #[serde(default)]
    pub typed: BTreeMap<String, String>,
    /// The part that the form was opened with.
    #[serde(default)]
    pub seen: String,
}

/// Something that a person does to the mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingChange {
    /// The connection's id.
    pub connection: String,
    /// To the draft: `rule`, `turn`, `stands`, `note`, `remove`, `map`, `flow`, `preset`, `version`, `discard`. With it: `look`,
    /// `publish`.
    pub what: String,
    /// The rule's name, a side or a direction before it, the preset, the version, the draft's revision, how far to look.
    #[serde(default)]
    pub of: String,
    /// What the form showed of that part: nobody writes over what they have not seen.
    #[serde(default)]
    pub seen: String,
    /// By the inputs' names.
    #[serde(default)]
    pub typed: BTreeMap<String, String>,
}

/// One part of the editor, with what stands above every part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingPage {
    pub connection_id: String,
    pub connection: String,
    /// What people call the other side.
    pub platform: String,
    pub tab: String,
    pub may_edit: bool,
    /// In force.
    pub version: i64,
    pub published_by: String,
    pub published: Option<When>,
    pub draft: Option<MappingDraft>,
    /// The reconcile run that is not over; empty when there is none.
    pub run: String,
    /// What is wrong with it, counted.
    pub findings: usize,
    /// Why the instance's fields and choices are not known; empty when they are.
    pub unknown: String,
    pub part: MappingPart,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingDraft {
    pub revision: i64,
    pub by: String,
    pub at: When,
    pub differences: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MappingPart {
    Fields(MappingFields),
    Values(MappingValues),
    Flow(MappingFlow),
    Preview(Box<MappingPreview>),
    Versions(MappingVersions),
}

/// What the connection's page says of its mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingLine {
    pub version: i64,
    pub rules: usize,
    pub maps: usize,
    pub findings: usize,
    pub draft: Option<MappingDraft>,
}

/// Something to look at, at its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingFinding {
    /// The row of the form, counted from 0; nothing for the whole of it.
    pub at: Option<usize>,
    pub sentence: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingFields {
    pub rows: Vec<MappingRow>,
    /// What belongs to no rule.
    pub findings: Vec<String>,
    /// A field rule's form, or a note rule's.
    pub open: Option<MappingForm>,
}

/// One field rule, or what crosses beside the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingRow {
    /// Empty for what no rule can change.
    pub name: String,
    /// It becomes a comment, and is no field of the platform.
    pub is_note: bool,
    /// Names its row on the page.
    pub anchor: String,
    pub servicenow: String,
    pub platform: String,
    /// `both`, `to_platform`, `to_servicenow`
    pub direction: String,
    /// Owner, priority and whether it is enforced, in words.
    pub owner: String,
    /// How the value changes on the way, and what else is special, in words.
    pub on_the_way: String,
    /// `new`, `changed`, or empty.
    pub change: String,
    pub findings: Vec<String>,
}

/// A rule's form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingForm {
    /// Of a note rule.
    pub is_note: bool,
    /// Empty for a new one.
    pub rule: String,
    /// The row it stands at.
    pub anchor: String,
    pub seen: String,
    pub sections: Vec<FormSection>,
    pub check: MappingCheck,
}

/// What is to be said of a form as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingCheck {
    /// Why it cannot be kept.
    pub trouble: Option<Trouble>,
    pub findings: Vec<MappingFinding>,
    /// Who changed the same part since the form was opened; empty when nobody did.
    pub moved: String,
    /// Fields that fit: name and label each.
    pub servicenow: Vec<(String, String)>,
    pub platform: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormSection {
    pub title: String,
    /// Seldom needed: folded away.
    pub folded: bool,
    pub inputs: Vec<FormInput>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormInput {
    pub name: String,
    pub label: String,
    pub hint: String,
    /// The choice of the transform with which alone it is shown; empty for always.
    pub only: String,
    pub kind: FormInputKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FormInputKind {
    Text(String),
    /// One thing a line.
    Lines(String),
    /// The name of a field on a side: `servicenow` or `platform`.
    Field {
        value: String,
        side: String,
    },
    Choice {
        value: String,
        /// Value and words.
        options: Vec<(String, String)>,
    },
    /// Rows that must all hold.
    Conditions {
        rows: Vec<ConditionRow>,
        /// A condition that rows cannot say, in words; empty when there is none.
        kept: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingValues {
    pub maps: Vec<MapShown>,
    pub open: Option<MapForm>,
}

/// A value map by the platform's values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapShown {
    pub rule: String,
    pub anchor: String,
    pub title: String,
    pub servicenow: String,
    pub platform: String,
    /// `both`, `to_platform`, `to_servicenow`
    pub direction: String,
    pub change: String,
    pub groups: Vec<MapGroup>,
    /// What is about no row, or about a choice that has none.
    pub findings: Vec<String>,
    /// Choices that keep a record out, where records enter by this map.
    pub kept_out: Vec<String>,
}

/// ServiceNow's values that are one value on the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapGroup {
    pub platform: String,
    pub rows: Vec<MapLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapLine {
    pub label: String,
    pub value: String,
    /// What the way back does with it, in words.
    pub back: String,
    /// Fields that are written along with it, in words.
    pub along: String,
    pub findings: Vec<String>,
}

/// The form of a whole value map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapForm {
    pub rule: String,
    pub anchor: String,
    pub seen: String,
    pub title: String,
    /// ServiceNow's field, or fields.
    pub servicenow: String,
    pub platform: String,
    pub rows: Vec<MapRow>,
    /// ServiceNow's choices and the platform's: value and label each.
    pub servicenow_choices: Vec<(String, String)>,
    pub platform_choices: Vec<(String, String)>,
    pub check: MappingCheck,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRow {
    pub servicenow: String,
    pub label: String,
    pub platform: String,
    pub is_default: bool,
    /// One field a line, `close_code: Fixed`: what ServiceNow demands, what the platform demands, what is written instead.
    pub requires: String,
    pub platform_requires: String,
    pub writes: String,
    /// A choice of the instance that has no row yet.
    pub is_open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingFlow {
    pub seen: String,
    pub sections: Vec<FormSection>,
    /// Id and words.
    pub presets: Vec<(String, String)>,
    pub check: MappingCheck,
}

/// What publishing the draft would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingPreview {
    pub revision: i64,
    /// What is another than now: the rule, and a sentence.
    pub differences: Vec<(String, String)>,
    pub findings: Vec<(String, String)>,
    /// Links of the connection.
    pub links: i64,
    /// So many a run may touch before a person is asked.
    pub allowed: i64,
    /// Why no record can be looked at; empty when some can.
    pub problem: String,
    /// Why nothing can be published; empty when something can.
    pub not_yet: String,
    /// Why nobody has seen what it would do; empty when somebody has.
    pub unseen: String,
    pub look: Option<MappingLook>,
}

/// A look at real records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingLook {
    /// `running`, `done`, `failed`, `cut off`
    pub state: String,
    /// It was of this draft as it is now.
    pub is_current: bool,
    pub begun_by: String,
    pub begun: When,
    /// Links to look at; those that were; those of them that would be written to.
    pub links: i64,
    pub looked: i64,
    pub touched: i64,
    /// Each field with how often it would be written, and how often it would wait for a person.
    pub by_field: Vec<(String, i64, i64)>,
    pub written: Vec<FindingRow>,
    pub waiting: Vec<FindingRow>,
    /// The changes of some days, decided again; `None` where none were asked for.
    pub replay: Option<MappingReplay>,
    pub problem: String,
}

/// What the draft would have made of the changes of some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingReplay {
    /// The span that was asked for, and the oldest change in it that was decided again.
    pub from: When,
    pub to: When,
    pub reached: Option<When>,
    /// Whether there were more than one look decides again.
    pub is_cut: bool,
    /// Fields of changes that were decided again, and those of which too little is kept.
    pub decided: i64,
    pub unknown: i64,
    /// Each field with how often it would have gone otherwise.
    pub by_field: Vec<(String, i64)>,
    pub examples: Vec<OtherwiseRow>,
}

/// A change that would have gone otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherwiseRow {
    /// The line of the history.
    pub change: String,
    pub at: When,
    pub link: String,
    pub reference: String,
    pub ticket_id: String,
    pub ticket_number: String,
    pub field: String,
    /// What was done, and what would have been.
    pub was: String,
    pub would: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingVersions {
    pub rows: Vec<MappingVersion>,
    pub total: i64,
    pub page: i64,
    pub pages: i64,
    /// The two that are compared.
    pub from: i64,
    pub to: i64,
    /// The rule, and a sentence.
    pub differences: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingVersion {
    pub version: i64,
    pub by: String,
    pub at: Option<When>,
    pub note: String,
}

impl MappingDraft {
    /// `3 differences`
    pub fn counted(&self) -> String {
        if self.differences == 1 { "1 difference".to_owned() } else { format!("{} differences", self.differences) }
    }
}

impl MappingChange {
    /// Where the form is open with what was typed into it; empty for what is no form.
    pub fn address(&self) -> String {
        let base = format!("/settings/connections/{}/mappings", self.connection);
        let (page, open) = match self.what.as_str() {
            "rule" if self.of.is_empty() => (base, ("add", "1")),
            "rule" => (base, ("edit", self.of.as_str())),
            "note" if self.of.is_empty() => (base, ("add", "note")),
            "note" => (base, ("note", self.of.as_str())),
            "map" => (format!("{base}/values"), ("edit", self.of.as_str())),
            "flow" => (format!("{base}/flow"), ("edit", "1")),
            _ => return String::new(),
        };
        let typed: Vec<(String, &str)> =
            self.typed.iter().map(|(name, value)| (format!("form[typed][{name}]"), value.as_str())).collect();
        let pairs: Vec<(&str, &str)> = [open, ("form[seen]", self.seen.as_str())]
            .into_iter()
            .chain(typed.iter().map(|(name, value)| (name.as_str(), *value)))
            .collect();
        with_pairs(&page, &pairs)
    }
}
