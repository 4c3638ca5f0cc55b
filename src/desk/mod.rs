//! Desk, the built-in ticket platform: what a ticket is, and its own rules. Kept in our database.

mod fields;
pub mod files;
mod side;

pub use fields::{CUSTOM, More, MoreValue, choices, custom, labels, more_fields, offers, set_custom};
pub use side::DeskSide;

use crate::clock::Clock;
use crate::store::{CommentLine, EditLine, Result, Ticket, Tx, User};
use merge::Edit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const STATUSES: [&str; 6] = ["New", "In Progress", "On Hold", "Resolved", "Closed", "Cancelled"];
/// A ticket that has this status sleeps until a moment of its own.
pub const SNOOZED: &str = "Snoozed";
pub const PRIORITIES: [&str; 4] = ["Urgent", "High", "Normal", "Low"];
pub const KINDS: [&str; 5] = ["General inquiry", "Payroll", "Hiring", "Employee Help", "Access Request"];
/// ServiceNow keeps no more of a short description (contract 3.1); longer titles would come back cut.
pub const TITLE_LENGTH: usize = 160;
/// The same for its description.
pub const DESCRIPTION_LENGTH: usize = 4000;

/// Further fields are one line each.
pub const MORE_LENGTH: usize = 255;

/// A field of a ticket that changed, for its own history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub field: String,
    pub from: String,
    pub to: String,
}

/// Who edited each field last.
pub fn field_edits(ticket: &Ticket) -> BTreeMap<String, Edit> {
    serde_json::from_str(&ticket.field_edits).unwrap_or_default()
}

/// Keeps an edited ticket: stamps it, writes its history, closes and reopens. Nothing is kept when
/// nothing changed. Answers what moved.
pub async fn save_edited(
    tx: &mut Tx,
    before: &Ticket,
    mut after: Ticket,
    who: &str,
    clock: &dyn Clock,
) -> Result<(Ticket, Vec<Moved>)> {
    let now = clock.now();
    // A closing date that came with the edit stands; otherwise reaching Closed sets it, leaving clears it.
    if after.status != before.status && after.closed_at == before.closed_at {
        after.closed_at = (after.status == "Closed").then_some(now);
    }
    if before.status == SNOOZED && after.status != SNOOZED && after.snoozed_until == before.snoozed_until {
        after.snoozed_until = None;
    }
    let moved = moved(tx, before, &after).await?;
    if moved.is_empty() {
        return Ok((before.clone(), moved));
    }
    let mut edits = field_edits(before);
    for field in &moved {
        edits.insert(field.field.clone(), Edit { at: now, by: who.to_owned() });
    }
    after.field_edits = serde_json::to_string(&edits).unwrap_or_default();
    after.version = before.version + 1;
    after.updated_at = now;
    who.clone_into(&mut after.updated_by);
    tx.save_ticket(&after).await?;
    let fields = serde_json::to_string(&moved).unwrap_or_default();
    tx.add_edit(&EditLine { id: clock.id(), ticket_id: after.id.clone(), at: now, who: who.to_owned(), fields })
        .await?;
    Ok((after, moved))
}

/// Names one state of a ticket for whoever looks for changes: how often people had touched it.
pub fn state_key(ticket: &str, touches: i64) -> String {
    format!("desk {ticket}#{touches}")
}

/// Adds a comment written here, and touches nothing else.
pub async fn add_comment(
    tx: &mut Tx,
    ticket: &str,
    author: &str,
    body: &str,
    internal: bool,
    clock: &dyn Clock,
) -> Result<()> {
    tx.add_comment(&CommentLine {
        id: clock.id(),
        ticket_id: ticket.to_owned(),
        origin: String::new(),
        author: author.to_owned(),
        body: body.to_owned(),
        internal: i64::from(internal),
        written_in: "Desk".into(),
        at: clock.now(),
    })
    .await?;
    Ok(())
}

async fn moved(tx: &mut Tx, before: &Ticket, after: &Ticket) -> Result<Vec<Moved>> {
    let mut moved = Vec::new();
    let mut note = |field: &str, from: String, to: String| {
        if from != to {
            moved.push(Moved { field: field.to_owned(), from, to });
        }
    };
    note("title", before.title.clone(), after.title.clone());
    note("description", before.description.clone(), after.description.clone());
    note("status", before.status.clone(), after.status.clone());
    note("kind", before.kind.clone(), after.kind.clone());
    note("priority", before.priority.clone(), after.priority.clone());
    note("reference", before.reference.clone(), after.reference.clone());
    note("severity", before.severity.clone(), after.severity.clone());
    note("labels", before.labels.clone(), after.labels.clone());
    note("account", before.account.clone(), after.account.clone());
    note("contact", before.contact.clone(), after.contact.clone());
    note("snoozed_until", shown(before.snoozed_until), shown(after.snoozed_until));
    let (was, mut is) = (custom(before), custom(after));
    for (name, was) in was {
        let is = is.remove(&name).unwrap_or_default();
        note(&format!("{CUSTOM}{name}"), was, is);
    }
    for (name, is) in is {
        note(&format!("{CUSTOM}{name}"), String::new(), is);
    }
    note("due", shown(before.due_at), shown(after.due_at));
    note("created", shown(Some(before.opened_at)), shown(Some(after.opened_at)));
    note("closed", shown(before.closed_at), shown(after.closed_at));
    for (field, was, is) in
        [("owner", &before.owner_id, &after.owner_id), ("requestor", &before.requestor_id, &after.requestor_id)]
    {
        if was != is {
            note(field, name_of(tx, was.as_deref()).await?, name_of(tx, is.as_deref()).await?);
        }
    }
    Ok(moved)
}

fn shown(at: Option<i64>) -> String {
    at.map(crate::clock::in_words).unwrap_or_default()
}

async fn name_of(tx: &mut Tx, user: Option<&str>) -> Result<String> {
    let Some(id) = user else { return Ok(String::new()) };
    Ok(tx.desk_user(id).await?.map_or_else(String::new, |User { name, email, .. }| format!("{name} <{email}>")))
}
