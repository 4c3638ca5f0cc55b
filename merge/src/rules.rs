//! A connection's mapping: its field rules, and what the connection as a whole lets through. Plain data, kept as JSON
//! with the connection. Everything that a stored mapping may lack has the meaning that it had before it existed.

use crate::convert::Convert;
use crate::deletion::Deletions;
use crate::entry::{Entry, PullBy, Triggers};
use crate::field_rule::{Direction, FieldRule, Strategy};
use crate::side::Side;
use crate::template;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Counts up with every publication; named in explanations.
    pub version: i64,
    pub strategy: Strategy,
    /// Edits that may lie no further apart than this are simultaneous, in milliseconds.
    pub conflict_window: i64,
    pub fields: Vec<FieldRule>,
    pub notes: Vec<NoteRule>,
    /// A record enters only if this rule's value map has a row for it (S1, limitations).
    pub entry_rule: Option<String>,
    /// The table in ServiceNow.
    #[serde(default = "incident")]
    pub table: String,
    /// What people call the platform.
    #[serde(default = "desk")]
    pub platform_name: String,
    /// No write goes against this, whatever a field rule says.
    #[serde(default)]
    pub direction: Direction,
    #[serde(default)]
    pub entry: Entry,
    #[serde(default)]
    pub triggers: Triggers,
    /// Whether the platform's records are created in ServiceNow.
    #[serde(default)]
    pub create_in_servicenow: bool,
    #[serde(default)]
    pub pull_by: PullBy,
    #[serde(default)]
    pub deletions: Deletions,
}

fn incident() -> String {
    "incident".to_owned()
}

fn desk() -> String {
    "Desk".to_owned()
}

impl Rules {
    pub fn new(fields: Vec<FieldRule>) -> Self {
        Self {
            version: 1,
            strategy: Strategy::LastWriteWins,
            conflict_window: 5_000,
            fields,
            notes: Vec::new(),
            entry_rule: None,
            table: incident(),
            platform_name: desk(),
            direction: Direction::Both,
            entry: Entry::default(),
            triggers: Triggers::default(),
            create_in_servicenow: false,
            pull_by: PullBy::default(),
            deletions: Deletions::default(),
        }
    }

    pub fn rule(&self, name: &str) -> Option<&FieldRule> {
        self.fields.iter().find(|rule| rule.name == name)
    }

    /// What people call a side.
    pub fn name_of(&self, side: Side) -> &str {
        match side {
            Side::ServiceNow => "ServiceNow",
            Side::Platform => &self.platform_name,
        }
    }

    /// Whether edits flow to a side by this rule.
    pub fn allows(&self, rule: &FieldRule, to: Side) -> bool {
        self.direction.allows(to) && rule.allows(to)
    }

    /// Whether anything may be written to a side by this rule, restored values included.
    pub fn may_write(&self, rule: &FieldRule, to: Side) -> bool {
        self.direction.allows(to) && rule.can_hold(to)
    }

    /// Whether the platform's records may become records in ServiceNow at all.
    pub fn creates_in_servicenow(&self) -> bool {
        self.create_in_servicenow && self.direction.allows(Side::ServiceNow)
    }

    /// Every single ServiceNow field that a plan may look at or write.
    pub fn servicenow_fields(&self) -> BTreeSet<String> {
        let mut fields = self.fields_on(Side::ServiceNow);
        fields.extend(self.notes.iter().map(|note| note.servicenow.clone()));
        fields
    }

    /// Every single platform field that a plan may look at or write.
    pub fn platform_fields(&self) -> BTreeSet<String> {
        self.fields_on(Side::Platform)
    }

    fn fields_on(&self, side: Side) -> BTreeSet<String> {
        let mut fields: BTreeSet<&str> = self.entry.on(side).fields();
        fields.extend(self.triggers.to(side.other()).fields());
        for rule in &self.fields {
            fields.extend(rule.parts(side));
            if let Some(when) = rule.when.as_ref().filter(|when| when.on == side) {
                fields.extend(when.holds.fields());
            }
            match &rule.convert {
                Convert::Template { text } if rule.can_hold(side.other()) && !rule.can_hold(side) => {
                    fields.extend(template::fields(text).filter(|field| *field != "number"));
                }
                Convert::Map { map } => {
                    for row in &map.rows {
                        let (required, filled_from) = match side {
                            Side::ServiceNow => (&row.requires, &row.platform_requires),
                            Side::Platform => (&row.platform_requires, &row.requires),
                        };
                        fields.extend(required.keys().map(String::as_str));
                        let named = filled_from.values().flat_map(|template| template::fields(template));
                        fields.extend(named.filter(|field| *field != "number"));
                        if side == Side::ServiceNow {
                            fields.extend(row.writes.keys().map(String::as_str));
                        }
                    }
                }
                _ => {}
            }
        }
        fields.into_iter().map(str::to_owned).collect()
    }

    /// A rule in half a sentence, for explanations.
    pub fn in_words(&self, rule: &FieldRule) -> String {
        let platform = &self.platform_name;
        let direction = match rule.direction {
            Direction::Both => "both ways".to_owned(),
            Direction::ToPlatform => format!("ServiceNow to {platform} only"),
            Direction::ToServicenow => format!("{platform} to ServiceNow only"),
        };
        format!("rule \"{}\" ({} to {}, {direction})", rule.name, rule.servicenow, rule.platform)
    }
}
