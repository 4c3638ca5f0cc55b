//! S1: ServiceNow incidents and Desk tickets: its field table, its default status map and its example category map.
//! Attachments are a stream, not a field.

use super::{mapped, row, same};
use crate::field_rule::Direction::{Both, ToPlatform, ToServicenow};
use crate::rules::{NoteRule, Rules};
use crate::value_map::Row;

/// The mapping that a new connection starts with.
pub fn incident_to_desk() -> Rules {
    let fields = vec![
        same("incident number", "number", "reference", ToPlatform, "The incident's number, kept on the ticket"),
        same("ticket number", "correlation_id", "number", ToServicenow, "The ticket's number, kept on the incident"),
        same("title", "short_description", "title", Both, "Text, as it is"),
        same("description", "description", "description", Both, "Text, as it is"),
        mapped("status", "state", "status", "Status", statuses(), "By the status map"),
        same("owner", "assigned_to", "owner", Both, "Matched by e-mail; Desk creates who is missing"),
        same("requestor", "caller_id", "requestor", ToPlatform, "Matched by e-mail; Desk creates who is missing"),
        mapped(
            "type",
            "category+subcategory",
            "kind",
            "Category to ticket type",
            categories(),
            "By the category map; only mapped categories enter",
        ),
        same("created", "opened_at", "created", ToPlatform, "Set on creation, read-only"),
        same("due", "due_date", "due", Both, "Date and time"),
        same("closed", "closed_at", "closed", Both, "Set when the status reaches Closed"),
    ];
    Rules { notes: vec![on_hold_reason()], entry_rule: Some("type".into()), ..Rules::new(fields) }
}

/// With the fields that ServiceNow demands on the way (contract 3.4).
fn statuses() -> Vec<Row> {
    vec![
        row("1", "New", "New"),
        row("2", "In Progress", "In Progress"),
        row("3", "On Hold", "On Hold").requires(&[("hold_reason", "1")]),
        row("6", "Resolved", "Resolved").resolved(),
        row("7", "Closed", "Closed").resolved(),
        row("8", "Canceled", "Cancelled"),
    ]
}

/// The values other than `inquiry` are choices that a customer adds.
fn categories() -> Vec<Row> {
    vec![
        row("inquiry", "Inquiry / Help", "General inquiry"),
        row("payroll", "Payroll", "Payroll"),
        row("hiring", "Hiring", "Hiring"),
        row("employee_help", "Employee Help", "Employee Help"),
        row("access_request", "Access Request", "Access Request"),
    ]
}

pub(super) fn on_hold_reason() -> NoteRule {
    // Contract 3.2; there is no 2.
    let labels =
        [("1", "Awaiting Caller"), ("3", "Awaiting Problem"), ("4", "Awaiting Vendor"), ("5", "Awaiting Change")];
    NoteRule {
        name: "on-hold reason".into(),
        servicenow: "hold_reason".into(),
        text: "Put on hold in ServiceNow: {value}".into(),
        labels: labels.map(|(value, label)| (value.to_owned(), label.to_owned())).into(),
    }
}
