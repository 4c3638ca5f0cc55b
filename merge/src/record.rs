//! A record as the merge sees it: named fields, and who touched them when.

use crate::value::Value;
use serde::{Deserialize, Serialize};
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
}

impl Record {
    /// Who last touched this field, as far as the side can tell.
    pub fn edit_of(&self, field: &str) -> &Edit {
        self.field_edits.get(field).unwrap_or(&self.edited)
    }
}
