//! A record as the merge sees it: named fields, and who touched them when.

use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Field name to value. A field that could not be read is absent.
pub type Fields = BTreeMap<String, Value>;

/// Who changed something, and when by that side's clock (UTC milliseconds).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub at: i64,
    pub by: String,
}

/// One side's record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The side's own key: a sys_id, a ticket id.
    pub id: String,
    /// What people call it: `INC0010002`, `TKT0000012`.
    pub number: String,
    /// When the side made it, UTC milliseconds.
    pub created_at: i64,
    pub fields: Fields,
    /// The last edit of the whole record.
    pub edited: Edit,
    /// The last edit of single fields, where the side knows it.
    pub field_edits: BTreeMap<String, Edit>,
    /// Changes whenever the record does; opaque.
    pub version: String,
    /// How many milliseconds the side's clock was ahead of ours when this was read. The merge takes it off every time
    /// of this record before times of two sides are compared.
    #[serde(default)]
    pub skew_ms: i64,
}

impl Record {
    /// Who last touched this field, as far as the side can tell.
    pub fn edit_of(&self, field: &str) -> &Edit {
        self.field_edits.get(field).unwrap_or(&self.edited)
    }

    /// The last edit of any of these fields.
    pub fn edit_of_any(&self, fields: &[&str]) -> &Edit {
        fields.iter().map(|field| self.edit_of(field)).max_by_key(|edit| edit.at).unwrap_or(&self.edited)
    }

    /// A moment of this side's clock by ours.
    pub fn by_our_clock(&self, at: i64) -> i64 {
        at.saturating_sub(self.skew_ms)
    }

    /// A field by name, for conditions and templates. `number` is known even where it is no field under a rule.
    pub fn value_of(&self, field: &str) -> Option<Cow<'_, Value>> {
        match self.fields.get(field) {
            Some(value) => Some(Cow::Borrowed(value)),
            None if field == "number" && !self.number.is_empty() => Some(Cow::Owned(Value::text(&self.number))),
            None => None,
        }
    }
}
