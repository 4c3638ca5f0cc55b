//! Field rules: one row of a mapping each.

use crate::condition::Condition;
use crate::convert::Convert;
use crate::record::{Edit, Fields, Record};
use crate::side::Side;
use crate::template;
use crate::value::Value;
use crate::value_map::{Row, Unmapped};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which way something may flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    #[default]
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
    pub fn side(self) -> Option<Side> {
        match self {
            Self::Shared => None,
            Self::Servicenow => Some(Side::ServiceNow),
            Self::Platform => Some(Side::Platform),
        }
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

/// What decides when both sides changed a field to different values.
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

/// What is written for a user whom the other side does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoMatch {
    /// The user is made there. A side that makes no users leaves the field as it is and says so.
    #[default]
    Create,
    StandIn {
        email: String,
    },
    /// The field stays as it is, empty on a new record, with a warning.
    LeaveEmpty,
}

/// A rule that is asleep unless one side's record meets a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    pub on: Side,
    pub holds: Condition,
}

/// One row of a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRule {
    /// Names the rule in the base and in explanations; unique within a mapping.
    pub name: String,
    /// A field, or several joined by `+` that are read as one choice: `impact+urgency`. Under a value map `category`
    /// alone means `category+subcategory`, as it did before there were joined fields.
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
    #[serde(default)]
    pub when: Option<When>,
    #[serde(default)]
    pub no_match: NoMatch,
}

/// A canonical value spelled for a side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    /// The rule's own fields.
    pub fields: Fields,
    /// What the side requires along with them and has not got.
    pub also: Fields,
}

impl FieldRule {
    /// A two-way rule that copies the value; the start of every other.
    pub fn same(name: &str, servicenow: &str, platform: &str) -> Self {
        Self {
            name: name.into(),
            servicenow: servicenow.into(),
            platform: platform.into(),
            direction: Direction::Both,
            owner: Owner::Shared,
            enforce: false,
            priority: (0, 0),
            against: Against::Leave,
            strategy: None,
            convert: Convert::Same,
            note: String::new(),
            when: None,
            no_match: NoMatch::Create,
        }
    }

    /// As the mapping spells it.
    pub fn field_on(&self, side: Side) -> &str {
        match side {
            Side::ServiceNow => &self.servicenow,
            Side::Platform => &self.platform,
        }
    }

    /// The single fields that the rule reads and writes on a side.
    pub fn parts(&self, side: Side) -> Vec<&str> {
        match (side, &self.convert) {
            (Side::ServiceNow, Convert::Map { .. }) if self.servicenow == "category" => vec!["category", "subcategory"],
            _ => self.field_on(side).split('+').map(str::trim).filter(|part| !part.is_empty()).collect(),
        }
    }

    /// Where the value of a transform that cannot be read back comes from.
    fn only_source(&self) -> Option<Side> {
        let source = if self.direction == Direction::ToServicenow { Side::Platform } else { Side::ServiceNow };
        self.convert.is_one_way().then_some(source)
    }

    /// Whether edits may flow to a side by this rule. A one-way transform never flows back, whatever the rule says.
    pub fn allows(&self, to: Side) -> bool {
        self.direction.allows(to) && self.can_hold(to)
    }

    /// Whether a value can be written to a side at all.
    pub fn can_hold(&self, to: Side) -> bool {
        self.only_source() != Some(to)
    }

    /// What the side holds, joined where the rule joins fields. `None` when any of them is hidden.
    pub fn native(&self, side: Side, record: &Record) -> Option<Value> {
        match self.parts(side)[..] {
            [] => None,
            [field] => record.fields.get(field).cloned(),
            ref fields => {
                let parts: Option<Vec<_>> = fields
                    .iter()
                    .map(|field| record.fields.get(*field).map(|value| value.plain().into_owned()))
                    .collect();
                Some(Value::choice(parts?.join("/").trim_end_matches('/')))
            }
        }
    }

    /// Who last touched the rule's fields on a side.
    pub fn edit<'a>(&self, side: Side, record: &'a Record) -> &'a Edit {
        record.edit_of_any(&self.parts(side))
    }

    /// The side's value in canonical form; `None` when the side did not show the field.
    pub fn canonical(&self, side: Side, record: &Record) -> Result<Option<Value>, Unmapped> {
        if self.only_source() == Some(side) {
            return Ok(self.made_from(record, side));
        }
        let Some(native) = self.native(side, record) else { return Ok(None) };
        match &native {
            // Somebody is there whom nobody can match: neither empty nor a value to agree on.
            Value::User(user) if user.email.is_empty() => self.convert.get(side, &self.nobody(side)?).map(Some),
            native => self.convert.get(side, native).map(|value| Some(self.joinable(value))),
        }
    }

    /// Joined fields cannot tell an empty last part from none.
    fn joinable(&self, value: Value) -> Value {
        let is_joined = Side::BOTH.into_iter().any(|side| self.parts(side).len() > 1);
        if is_joined && !matches!(self.convert, Convert::Map { .. }) {
            return Value::text(value.plain().trim_end_matches(|end: char| end == '/' || end.is_whitespace()));
        }
        value
    }

    /// A canonical value as a side spells it, over its present record, with what the side requires along with it.
    /// Templates are filled from `source`, the other side's record.
    pub fn put(&self, to: Side, value: &Value, target: &Record, source: &Record) -> Result<Put, Unmapped> {
        let present = self.native(to, target);
        if let Some(present) = &present
            && self.canonical(to, target).is_ok_and(|read| read.is_some_and(|read| read.means(value)))
        {
            return Ok(Put { fields: self.spread(to, present), also: Fields::new() });
        }
        // What is there reads otherwise, so only a value map can still make use of it; and somebody whom nobody can match
        // is no value at all.
        let present = present.filter(|value| {
            matches!(self.convert, Convert::Map { .. }) && !matches!(value, Value::User(user) if user.email.is_empty())
        });
        let (native, row) = self.convert.put(to, value, present.as_ref())?;
        let fields = match row {
            Some(Row { writes, .. }) if !writes.is_empty() => {
                writes.iter().map(|(field, value)| (field.clone(), Value::choice(value))).collect()
            }
            _ => self.spread(to, &native),
        };
        Ok(Put { fields, also: self.required(to, row, target, source) })
    }

    /// The templates' values for fields that a side requires and that are still empty there, or over already.
    fn required(&self, to: Side, row: Option<&Row>, target: &Record, source: &Record) -> Fields {
        let none = BTreeMap::new();
        let requires = match (&self.convert, to) {
            (Convert::Map { .. }, Side::ServiceNow) => row.map_or(&none, |row| &row.requires),
            (Convert::Map { map }, Side::Platform) => {
                let theirs = self.native(Side::ServiceNow, source);
                let row = theirs.and_then(|value| map.row_of(&value.plain()));
                row.map_or(&none, |row| &row.platform_requires)
            }
            _ => &none,
        };
        let edited = source.by_our_clock(self.edit(to.other(), source).at);
        requires
            .iter()
            .map(|(field, template)| (field, template::fill(template, source, edited).value))
            .filter(|(_, value)| !value.is_empty())
            .filter(|(field, value)| match (target.fields.get(*field), value) {
                (None | Some(Value::Empty), _) => true,
                // A moment that lies before the edit is left from another time.
                (Some(Value::Moment(present)), Value::Moment(_)) => *present <= edited,
                _ => false,
            })
            .map(|(field, value)| (field.clone(), value))
            .collect()
    }

    /// The value of a one-way transform; `None` when a field in it is hidden. A template whose fields are all empty is
    /// empty.
    fn made_from(&self, record: &Record, side: Side) -> Option<Value> {
        match &self.convert {
            Convert::Template { text } => {
                let filled = template::fill(text, record, record.by_our_clock(self.edit(side, record).at));
                let value = if filled.is_blank { Value::Empty } else { filled.value };
                filled.is_whole.then_some(value)
            }
            Convert::Constant { value } => Some(value.clone()),
            _ => self.native(side, record),
        }
    }

    fn nobody(&self, side: Side) -> Result<Value, Unmapped> {
        let field = self.field_on(side);
        match &self.no_match {
            NoMatch::StandIn { email } => Ok(Value::user(email, "")),
            NoMatch::Create => Err(Unmapped::new(
                "",
                format!(
                    "{field} is somebody without an e-mail that this account may read, so nobody can be matched. \
                     Give the user an e-mail, or the account the right to read it."
                ),
            )),
            NoMatch::LeaveEmpty => Err(Unmapped {
                is_warning: true,
                ..Unmapped::new(
                    "",
                    format!("{field} is somebody without an e-mail, and the rule leaves the other side as it is then."),
                )
            }),
        }
    }

    /// A value over the rule's single fields.
    pub(crate) fn spread(&self, side: Side, value: &Value) -> Fields {
        match self.parts(side)[..] {
            [field] => Fields::from([(field.to_owned(), value.clone())]),
            ref fields => {
                let plain = value.plain();
                let mut parts = plain.splitn(fields.len().max(1), '/');
                fields
                    .iter()
                    .map(|field| ((*field).to_owned(), Value::choice(parts.next().unwrap_or_default())))
                    .collect()
            }
        }
    }
}
