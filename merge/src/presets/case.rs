//! S4, helpdesk and CRM: cases of customer service management (contract 7.2), with account and contact.

use super::{mapped, row, same};
use crate::convert::Convert;
use crate::entry::PullBy;
use crate::field_rule::Direction::{Both, ToPlatform, ToServicenow};
use crate::field_rule::FieldRule;
use crate::rules::Rules;
use crate::value_map::Row;

pub(super) fn rules() -> Rules {
    let named = |name: &str, field: &str, note: &str| FieldRule {
        convert: Convert::Template { text: format!("{{{field}}}") },
        ..same(name, field, field, ToPlatform, note)
    };
    let fields = vec![
        same("case number", "number", "reference", ToPlatform, "The case's number, kept on the ticket"),
        same("ticket number", "correlation_id", "number", ToServicenow, "The ticket's number, kept on the case"),
        same("title", "short_description", "title", Both, "Text, as it is"),
        same("description", "description", "description", Both, "Text, as it is"),
        mapped("status", "state", "status", "Status", statuses(), "By the status map"),
        mapped(
            "priority",
            "priority",
            "priority",
            "Priority",
            priorities(),
            "A case's priority is set by people, not computed",
        ),
        mapped("type", "category+subcategory", "kind", "Category to ticket type", categories(), "By the category map"),
        same("owner", "assigned_to", "owner", Both, "Matched by e-mail"),
        same("requestor", "contact", "requestor", ToPlatform, "The contact as a user, matched by e-mail"),
        named("account", "account", "The account's name"),
        named("contact", "contact", "The contact's name"),
        same("created", "opened_at", "created", ToPlatform, "Set on creation, read-only"),
        same("due", "due_date", "due", Both, "Date and time"),
        same("closed", "closed_at", "closed", ToPlatform, "Set by ServiceNow"),
    ];
    Rules { table: "sn_customerservice_case".into(), pull_by: PullBy::Updated, ..Rules::new(fields) }
}

fn statuses() -> Vec<Row> {
    let solution = [("resolution_code", "Solution provided"), ("close_notes", "Resolved in Desk, ticket {number}.")];
    vec![
        row("1", "New", "New"),
        row("10", "Open", "Open"),
        row("18", "Awaiting Info", "Awaiting Info"),
        row("6", "Resolved", "Resolved").requires(&solution),
        row("3", "Closed", "Closed").requires(&solution),
    ]
}

fn priorities() -> Vec<Row> {
    vec![
        row("1", "Critical", "Urgent"),
        row("2", "High", "High"),
        row("3", "Moderate", "Normal"),
        row("4", "Low", "Low"),
    ]
}

fn categories() -> Vec<Row> {
    vec![row("0", "Question", "Question"), row("1", "Issue", "Issue"), row("2", "Feature", "Feature")]
}
