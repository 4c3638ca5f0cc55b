//! The mapping that a new connection starts with: S1's tables, as data.

use crate::rules::{Against, Convert, Direction, FieldRule, NoteRule, Owner, Rules, Strategy};
use crate::value_map::{Row, ValueMap};
use std::collections::BTreeMap;

/// ServiceNow incidents and Desk tickets: S1's field table, its default status map and its example
/// category map. Attachments are a stream, not a field.
pub fn incident_to_desk() -> Rules {
    use Direction::{Both, ToPlatform, ToServicenow};
    Rules {
        version: 1,
        strategy: Strategy::LastWriteWins,
        conflict_window: 5_000,
        fields: vec![
            same("incident number", "number", "reference", ToPlatform, "The incident's number, kept on the ticket"),
            same(
                "ticket number",
                "correlation_id",
                "number",
                ToServicenow,
                "The ticket's number, kept on the incident",
            ),
            same("title", "short_description", "title", Both, "Text, as it is"),
            same("description", "description", "description", Both, "Text, as it is"),
            mapped("status", "state", "status", status(), "By the status map"),
            same("owner", "assigned_to", "owner", Both, "Matched by e-mail; Desk creates who is missing"),
            same("requestor", "caller_id", "requestor", ToPlatform, "Matched by e-mail; Desk creates who is missing"),
            mapped("type", "category", "kind", category(), "By the category map; only mapped categories enter"),
            same("created", "opened_at", "created", ToPlatform, "Set on creation, read-only"),
            same("due", "due_date", "due", Both, "Date and time"),
            same("closed", "closed_at", "closed", Both, "Set when the status reaches Closed"),
        ],
        notes: vec![NoteRule {
            name: "on-hold reason".into(),
            servicenow: "hold_reason".into(),
            text: "Put on hold in ServiceNow: {value}".into(),
            // Contract 3.2; there is no 2.
            labels: [
                ("1", "Awaiting Caller"),
                ("3", "Awaiting Problem"),
                ("4", "Awaiting Vendor"),
                ("5", "Awaiting Change"),
            ]
            .map(|(value, label)| (value.to_owned(), label.to_owned()))
            .into(),
        }],
        entry_rule: Some("type".into()),
    }
}

fn same(name: &str, servicenow: &str, platform: &str, direction: Direction, note: &str) -> FieldRule {
    FieldRule {
        name: name.into(),
        servicenow: servicenow.into(),
        platform: platform.into(),
        direction,
        owner: Owner::Shared,
        enforce: false,
        priority: (0, 0),
        against: Against::Leave,
        strategy: None,
        convert: Convert::Same,
        note: note.into(),
    }
}

fn mapped(name: &str, servicenow: &str, platform: &str, map: ValueMap, note: &str) -> FieldRule {
    FieldRule { convert: Convert::Map { map }, ..same(name, servicenow, platform, Direction::Both, note) }
}

/// S1's status map with the fields that ServiceNow demands on the way (contract 3.4).
fn status() -> ValueMap {
    let resolution: &[(&str, &str)] =
        &[("close_code", "Solution provided"), ("close_notes", "Resolved in Desk, ticket {number}.")];
    ValueMap {
        title: "Status".into(),
        rows: vec![
            row("1", "New", "New", &[]),
            row("2", "In Progress", "In Progress", &[]),
            row("3", "On Hold", "On Hold", &[("hold_reason", "1")]),
            row("6", "Resolved", "Resolved", resolution),
            row("7", "Closed", "Closed", resolution),
            row("8", "Canceled", "Cancelled", &[]),
        ],
    }
}

/// S1's example category map. The values other than `inquiry` are choices that a customer adds.
fn category() -> ValueMap {
    ValueMap {
        title: "Category to ticket type".into(),
        rows: vec![
            row("inquiry", "Inquiry / Help", "General inquiry", &[]),
            row("payroll", "Payroll", "Payroll", &[]),
            row("hiring", "Hiring", "Hiring", &[]),
            row("employee_help", "Employee Help", "Employee Help", &[]),
            row("access_request", "Access Request", "Access Request", &[]),
        ],
    }
}

fn row(servicenow: &str, label: &str, platform: &str, requires: &[(&str, &str)]) -> Row {
    Row {
        servicenow: servicenow.into(),
        label: label.into(),
        platform: platform.into(),
        default: false,
        requires: requires
            .iter()
            .map(|(field, template)| ((*field).to_owned(), (*template).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}
