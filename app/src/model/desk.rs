//! Tickets: lists of them, one with everything on it, and edits of one or many.

use super::When;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// What the tickets list is asked for. All of it lives in the page's address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TicketFilter {
    /// Words in title, number or reference.
    pub search: String,
    /// A status, or empty for all.
    pub status: String,
    /// A connection's id, or empty for all.
    pub connection: String,
    /// One of [`STANDINGS`], or empty for all.
    pub standing: String,
    /// One of [`TICKET_ORDERS`], or empty for the last updated first.
    pub order: String,
    /// From 1.
    pub page: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TicketRow {
    pub id: String,
    /// `TKT0000012`
    pub number: String,
    /// The ServiceNow number; empty when not linked.
    pub reference: String,
    pub title: String,
    pub status: String,
    pub kind: String,
    pub priority: String,
    pub owner: String,
    pub updated: When,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketList {
    pub rows: Vec<TicketRow>,
    pub total: i64,
    /// From 1.
    pub page: i64,
    pub pages: i64,
    pub statuses: Vec<String>,
    pub priorities: Vec<String>,
    pub connections: Vec<(String, String)>,
    /// E-mail and name of each who may own a ticket.
    pub owners: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentRow {
    pub id: String,
    pub author: String,
    pub at: When,
    pub body: String,
    /// Internal notes are for the desk's own people.
    pub internal: bool,
    /// The side on which it was written: `Desk` or `ServiceNow`.
    pub from: String,
}

/// A file on a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    pub id: String,
    pub name: String,
    /// In words: `1.4 MiB`.
    pub size: String,
    pub author: String,
    pub at: When,
    /// The side on which it was added: `Desk` or `ServiceNow`.
    pub from: String,
}

/// One edit of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketEdit {
    pub at: When,
    pub who: String,
    pub fields: Vec<FieldMove>,
}

/// A field that moved from one value to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldMove {
    pub field: String,
    pub from: String,
    pub to: String,
    /// The merge's explanation; empty for a person's own edit.
    pub why: String,
}

/// How a ticket is linked, in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncLine {
    pub link: String,
    pub connection_id: String,
    pub connection: String,
    /// The incident's number.
    pub reference: String,
    /// The incident's page on the instance.
    pub record_url: String,
    /// `in sync`, `waiting`, `needs you`
    pub state: String,
    /// Why, when it is not in sync.
    pub note: String,
    /// A conflict that waits for a person; empty when none.
    pub conflict: String,
    pub since: When,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskUser {
    pub id: String,
    pub name: String,
    pub email: String,
}

/// A field that a mapping brought, or that has a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoreField {
    /// As mappings name it: `labels`, `custom.service`
    pub name: String,
    pub label: String,
    /// As its input wants it.
    pub value: String,
    /// What an input of its kind is called: `text`, `datetime-local`, `select`
    pub kind: String,
    /// For a choice.
    pub choices: Vec<String>,
    pub hint: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketPage {
    pub id: String,
    pub number: String,
    pub title: String,
    pub description: String,
    pub status: String,
    pub kind: String,
    pub priority: String,
    /// E-mail of the owner; empty when nobody owns it.
    pub owner_email: String,
    pub requestor: String,
    /// In which its form shows and takes moments.
    pub zone: String,
    /// `2026-11-30T17:00`, as a date-time input wants it; empty when none.
    pub due: String,
    pub more: Vec<MoreField>,
    pub labels: Vec<String>,
    pub created: When,
    pub updated: When,
    pub closed: Option<When>,
    pub comments: Vec<CommentRow>,
    pub files: Vec<FileRow>,
    /// How large a file may be, in words.
    pub file_limit: String,
    pub edits: Vec<TicketEdit>,
    pub sync: Option<SyncLine>,
    /// Connections that may make a record of it in ServiceNow, by id and name; none once it is linked.
    pub may_go_to: Vec<(String, String)>,
    pub statuses: Vec<String>,
    pub kinds: Vec<String>,
    pub priorities: Vec<String>,
    pub users: Vec<DeskUser>,
}

/// A ticket that a person makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTicket {
    pub title: String,
    #[serde(default)]
    pub description: String,
    pub kind: String,
    pub priority: String,
}

/// What a new ticket can be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTicketChoices {
    pub kinds: Vec<String>,
    pub priorities: Vec<String>,
}

/// What a person changed on a ticket's form. Fields as on the form, all sent;
/// [`TicketForm::changed`] tells which ones the person really edited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketForm {
    pub id: String,
    /// In which its moments were shown and typed; empty for UTC.
    #[serde(default)]
    pub zone: String,
    pub title: String,
    pub description: String,
    pub status: String,
    pub kind: String,
    pub priority: String,
    pub owner_email: String,
    pub due: String,
    /// By the names of [`MoreField`].
    #[serde(default)]
    pub more: BTreeMap<String, String>,
    /// The values that the form showed before the person typed. Without them (an API call), every field counts.
    #[serde(default)]
    pub shown: Option<ShownFields>,
}

/// The values that a ticket's form started from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShownFields {
    pub title: String,
    pub description: String,
    pub status: String,
    pub kind: String,
    pub priority: String,
    pub owner_email: String,
    pub due: String,
    pub more: BTreeMap<String, String>,
}

impl TicketForm {
    /// The fields that the person edited, by the form's names, with the new values. A field left alone is not
    /// here, so saving an old page does not undo what the other side wrote meanwhile.
    pub fn changed(&self) -> Vec<(String, String)> {
        let shown = self.shown.as_ref();
        let fixed = [
            ("title", &self.title, shown.map(|s| &s.title)),
            ("description", &self.description, shown.map(|s| &s.description)),
            ("status", &self.status, shown.map(|s| &s.status)),
            ("kind", &self.kind, shown.map(|s| &s.kind)),
            ("priority", &self.priority, shown.map(|s| &s.priority)),
            ("owner_email", &self.owner_email, shown.map(|s| &s.owner_email)),
            ("due", &self.due, shown.map(|s| &s.due)),
        ];
        let more = self.more.iter().map(|(name, now)| (name.as_str(), now, shown.and_then(|s| s.more.get(name))));
        fixed
            .into_iter()
            .chain(more)
            // Browsers send line ends as CR LF; the stored text has LF.
            .map(|(name, now, before)| (name, now.replace("\r\n", "\n"), before.map(|text| text.replace("\r\n", "\n"))))
            .filter(|(_, now, before)| before.as_ref() != Some(now))
            .map(|(name, now, _)| (name.to_owned(), now))
            .collect()
    }
}
