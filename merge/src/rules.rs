//! Field rules: one row of a mapping each. Plain data, kept as JSON with the connection.

use crate::record::{Fields, Record};
use crate::value::{Side, Value};
use crate::value_map::{Unmapped, ValueMap};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Which way a field may flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Both,
    ToPlatform,
    ToServicenow,
}

impl Direction {
    pub fn allows(self, to: Side) -> bool {
        match self {
            Self::Both => true,
            Self::ToPlatform => to == Side::Platform,
            Self::ToServicenow => to == Side::ServiceNow,
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Both => "both ways",
            Self::ToPlatform => "ServiceNow to Desk only",
            Self::ToServicenow => "Desk to ServiceNow only",
        }
    }
}

/// Whose field it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    #[default]
    Shared,
    Servicenow,
    Platform,
}

impl Owner {
    pub fn is(self, side: Side) -> bool {
        matches!((self, side), (Self::Servicenow, Side::ServiceNow) | (Self::Platform, Side::Platform))
    }
}

/// What happens to an edit that may not cross.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// It stands on its own side.
    #[default]
    Leave,
    /// The other side's value comes back.
    Restore,
}

/// Who wins when both sides changed a field to different values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The later edit by the sides' own clocks.
    #[default]
    LastWriteWins,
    /// The side with the higher priority; equal priorities fall back to the last write.
    OwnershipPriority,
    /// A person chooses; until then the field stays as it is on both sides.
    ManualReview,
}

/// How a value changes on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Convert {
    Same,
    Map { map: ValueMap },
}

/// One row of a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRule {
    /// Names the rule in the base and in explanations; unique within a mapping.
    pub name: String,
    pub servicenow: String,
    pub platform: String,
    pub direction: Direction,
    #[serde(default)]
    pub owner: Owner,
    /// The owner's value comes back when the other side edits it.
    #[serde(default)]
    pub enforce: bool,
    /// For `ownership_priority`: ServiceNow's and the platform's.
    #[serde(default)]
    pub priority: (i32, i32),
    #[serde(default)]
    pub against: Against,
    #[serde(default)]
    pub strategy: Option<Strategy>,
    pub convert: Convert,
    /// Shown beside the rule.
    #[serde(default)]
    pub note: String,
}

impl FieldRule {
    pub fn field_on(&self, side: Side) -> &str {
        match side {
            Side::ServiceNow => &self.servicenow,
            Side::Platform => &self.platform,
        }
    }

    /// The side's value in canonical form; `None` when the side did not show the field.
    pub fn canonical(&self, side: Side, record: &Record) -> Result<Option<Value>, Unmapped> {
        let Some(value) = record.fields.get(self.field_on(side)) else {
            return Ok(None);
        };
        match (&self.convert, side) {
            // Somebody is there whom nobody can match: neither empty nor a value to agree on.
            _ if matches!(value, Value::User(user) if user.email.is_empty()) => Err(Unmapped {
                value: String::new(),
                sentence: format!(
                    "{} is somebody without an e-mail that this account may read, so nobody can be matched. \
                     Give the user an e-mail, or the account the right to read it.",
                    self.field_on(side)
                ),
            }),
            (Convert::Map { map }, Side::ServiceNow) if !value.is_empty() => {
                map.get(value.as_str()).map(|platform| Some(Value::choice(platform)))
            }
            _ => Ok(Some(value.clone())),
        }
    }

    /// The rule in half a sentence, for explanations.
    pub fn in_words(&self) -> String {
        format!("rule \"{}\" ({} to {}, {})", self.name, self.servicenow, self.platform, self.direction.in_words())
    }
}

/// A ServiceNow field that becomes a comment on the platform whenever it gets a value (S1: on-hold reason).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteRule {
    pub name: String,
    pub servicenow: String,
    /// `On hold: {value}`
    pub text: String,
    /// What people call the values.
    pub labels: BTreeMap<String, String>,
}

/// A connection's mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Counts up with every publication; named in explanations.
    pub version: i64,
    pub strategy: Strategy,
    /// Edits closer than this are simultaneous, in milliseconds.
    pub conflict_window: i64,
    pub fields: Vec<FieldRule>,
    pub notes: Vec<NoteRule>,
    /// A record enters only if this rule's value map has a row for it (S1, limitations).
    pub entry_rule: Option<String>,
}

impl Rules {
    /// Every ServiceNow field that a plan may look at.
    pub fn servicenow_fields(&self) -> BTreeSet<String> {
        let mut fields: BTreeSet<String> = self.fields.iter().map(|rule| rule.servicenow.clone()).collect();
        fields.extend(self.notes.iter().map(|note| note.servicenow.clone()));
        for rule in &self.fields {
            if let Convert::Map { map } = &rule.convert {
                fields.extend(map.rows.iter().flat_map(|row| row.requires.keys().cloned()));
            }
        }
        fields
    }

    /// Whether an unlinked ServiceNow record may become a ticket, with the reason if not.
    pub fn enters(&self, record: &Record) -> Result<(), String> {
        let Some(name) = &self.entry_rule else { return Ok(()) };
        let Some(rule) = self.fields.iter().find(|rule| &rule.name == name) else {
            return Ok(());
        };
        match rule.canonical(Side::ServiceNow, record) {
            Ok(Some(value)) if !value.is_empty() => Ok(()),
            Ok(_) => Err(format!("{} is empty or hidden, so the record does not enter.", rule.servicenow)),
            Err(unmapped) => Err(unmapped.sentence),
        }
    }

    /// The templates' values for a ServiceNow value's required fields that are still empty there.
    pub fn required(&self, rule: &FieldRule, value: &str, servicenow: &Record, platform: &Record) -> Fields {
        let Convert::Map { map } = &rule.convert else {
            return Fields::new();
        };
        let Some(row) = map.rows.iter().find(|row| row.servicenow == value) else {
            return Fields::new();
        };
        row.requires
            .iter()
            .filter(|(field, _)| servicenow.fields.get(*field).is_none_or(Value::is_empty))
            .map(|(field, template)| (field.clone(), Value::text(&fill(template, platform))))
            .collect()
    }
}

/// Fills `{number}` and `{field}` of the platform's record into a template.
fn fill(template: &str, record: &Record) -> String {
    let mut text = template.replace("{number}", &record.number);
    for (field, value) in &record.fields {
        let shown = match value {
            Value::User(user) => &user.name,
            other => other.as_str(),
        };
        text = text.replace(&format!("{{{field}}}"), shown);
    }
    text
}
