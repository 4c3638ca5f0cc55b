//! What is decided for a link: one decision for each field rule, with everything that led to it.

use crate::cut::cut;
use crate::decide::Field;
use crate::field_rule::NoMatch;
use crate::notes::notes;
use crate::record::{Edit, Fields, Record};
use crate::resolution::Resolutions;
use crate::rules::Rules;
use crate::side::Side;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Per rule, the canonical value that both sides last agreed on.
pub type Base = BTreeMap<String, Value>;

/// What one rule writes on a side, as that side spells it, with the fields that the side demands along with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredWrite")]
pub struct Write {
    pub to: Side,
    pub fields: Fields,
    pub also: Fields,
    /// What the base becomes once the side has said yes. `None` while a person's choice is on its way: the base
    /// moves when both sides are seen to hold it.
    pub agree: Option<Value>,
    /// For a user whom the side does not have.
    pub no_match: NoMatch,
}

/// As it may be stored: before rules joined fields, a write had one field and its value.
#[derive(Deserialize)]
struct StoredWrite {
    to: Side,
    #[serde(default)]
    fields: Fields,
    field: Option<String>,
    value: Option<Value>,
    #[serde(default)]
    also: Fields,
    agree: Option<Value>,
    #[serde(default)]
    no_match: NoMatch,
}

impl From<StoredWrite> for Write {
    fn from(stored: StoredWrite) -> Self {
        let StoredWrite { to, mut fields, field, value, also, agree, no_match } = stored;
        fields.extend(field.zip(value));
        Self { to, fields, also, agree, no_match }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Neither side moved, the field is hidden, or the rule is asleep.
    Nothing,
    /// Both hold the same: the base moves, nothing is written.
    Agree {
        value: Value,
    },
    Write(Write),
    /// Becomes a comment on the platform; then the base moves.
    Note {
        text: String,
        agree: Value,
    },
    /// An edit that may not cross and stands where it is.
    Leave,
    /// A person must act; the sentence says on what.
    Refuse {
        sentence: String,
    },
    /// Two people disagree and a person must choose. Nothing is written for this field on either side.
    Conflict {
        sentence: String,
    },
}

/// What was decided for one field, with everything that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub rule: String,
    pub base: Option<Value>,
    /// What each side holds, as it spells it.
    pub servicenow: Option<Value>,
    pub platform: Option<Value>,
    pub outcome: Outcome,
    /// Whose edit it was, as far as that side tells.
    pub by: Edit,
    /// The last edit on each side, as far as it tells.
    #[serde(default)]
    pub servicenow_edit: Edit,
    #[serde(default)]
    pub platform_edit: Edit,
    /// Whether both sides changed the field, and who did it when decides or is told to the person who must choose.
    #[serde(default)]
    pub is_clash: bool,
    /// Reasoning, rule and mapping version, in sentences. Holds no value of a record, so it may be logged.
    pub why: String,
}

impl Decision {
    /// The whole explanation: base, both values, who and when, why, rule and mapping version. For people's eyes only:
    /// it holds what the records hold.
    pub fn sentence(&self, rules: &Rules) -> String {
        let quoted = |value: &Value| format!("\"{}\"", cut(&value.to_string(), 80, "…"));
        let agreed = match &self.base {
            None => "Nothing was agreed on before.".to_owned(),
            Some(Value::Empty) => "Both sides agreed on nothing.".to_owned(),
            Some(base) => format!("Both sides agreed on {}.", quoted(base)),
        };
        let side = |side: Side, value: &Option<Value>, edit: &Edit| {
            let holds = match value {
                None => "does not show it".to_owned(),
                Some(Value::Empty) => "has nothing".to_owned(),
                Some(value) => format!("has {}", quoted(value)),
            };
            format!("{} {holds}{}.", rules.name_of(side), in_words(edit))
        };
        format!(
            "{agreed} {} {} {}",
            side(Side::ServiceNow, &self.servicenow, &self.servicenow_edit),
            side(Side::Platform, &self.platform, &self.platform_edit),
            self.why
        )
    }
}

/// ` (last edit by Ada, 2026-11-21 10:00:00 UTC)`, as much of it as is known.
pub(crate) fn in_words(edit: &Edit) -> String {
    match (edit.by.is_empty(), edit.at) {
        (true, 0) => String::new(),
        (true, at) => format!(" (last edit {})", Value::Moment(at)),
        (false, 0) => format!(" (last edit by {})", edit.by),
        (false, at) => format!(" (last edit by {}, {})", edit.by, Value::Moment(at)),
    }
}

/// Everything decided for one link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub decisions: Vec<Decision>,
}

impl Plan {
    /// All fields to write on a side, required ones included.
    pub fn fields_for(&self, side: Side) -> Fields {
        fields_of(self.writes_to(side))
    }

    pub fn decisions_for(&self, side: Side) -> Vec<Decision> {
        self.decisions
            .iter()
            .filter(|decision| matches!(&decision.outcome, Outcome::Write(write) if write.to == side))
            .cloned()
            .collect()
    }

    /// The fields about which it matters who changed them, and when.
    pub fn clashes(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|decision| decision.is_clash)
    }

    pub fn conflicts(&self) -> impl Iterator<Item = (&Decision, &str)> {
        self.decisions.iter().filter_map(|decision| match &decision.outcome {
            Outcome::Conflict { sentence } => Some((decision, sentence.as_str())),
            _ => None,
        })
    }

    pub fn refusals(&self) -> impl Iterator<Item = (&Decision, &str)> {
        self.decisions.iter().filter_map(|decision| match &decision.outcome {
            Outcome::Refuse { sentence } => Some((decision, sentence.as_str())),
            _ => None,
        })
    }

    pub(crate) fn writes_to(&self, side: Side) -> impl Iterator<Item = &Write> + Clone {
        self.decisions.iter().filter_map(move |decision| match &decision.outcome {
            Outcome::Write(write) if write.to == side => Some(write),
            _ => None,
        })
    }
}

/// The fields of some writes, required ones included; a value that a person set goes before a template's.
pub fn fields_of<'a>(writes: impl Iterator<Item = &'a Write> + Clone) -> Fields {
    let templates = writes.clone().flat_map(|write| write.also.clone());
    let own = writes.flat_map(|write| write.fields.clone());
    templates.chain(own).collect()
}

/// Decides every rule of a link that has both its records.
pub fn plan(base: &Base, servicenow: &Record, platform: &Record, rules: &Rules, resolutions: &Resolutions) -> Plan {
    let fields = rules.fields.iter().flat_map(|rule| {
        let field = Field { rules, rule, base: base.get(&rule.name), servicenow, platform };
        field.decide(resolutions.get(&rule.name))
    });
    Plan { decisions: fields.chain(notes(base, servicenow, rules)).collect() }
}

/// Decides what a new record on the other side gets from one that enters.
pub fn plan_creation(from: Side, record: &Record, rules: &Rules) -> Plan {
    let new = Record::default();
    let (servicenow, platform) = if from == Side::ServiceNow { (record, &new) } else { (&new, record) };
    let flowing = rules.fields.iter().filter(|rule| rules.allows(rule, from.other()));
    let fields = flowing.map(|rule| Field { rules, rule, base: None, servicenow, platform }.begin(from));
    Plan { decisions: fields.chain(notes(&Base::new(), servicenow, rules)).collect() }
}
