//! Lists of tickets, and edits of many at once.

use serde::{Deserialize, Serialize};

/// How a ticket stands with the other side: as addresses say it, and as people do.
pub const STANDINGS: [(&str, &str); 4] =
    [("in-sync", "In sync"), ("waiting", "Waiting"), ("not-linked", "Not linked"), ("excluded", "Excluded")];

/// What tickets may be sorted by.
pub const TICKET_ORDERS: [&str; 6] = ["updated", "number", "title", "status", "priority", "owner"];

/// Stands for "nobody" where an empty owner means "as it is".
pub const NOBODY: &str = "-";

/// One edit of many tickets. What is empty stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BulkEdit {
    /// Ids.
    pub tickets: Vec<String>,
    pub status: String,
    pub priority: String,
    /// An e-mail, or [`NOBODY`].
    pub owner_email: String,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkEdited {
    pub changed: i64,
    /// They had these values already.
    pub same: i64,
    /// A sentence for each that was not changed.
    pub refused: Vec<String>,
}
