//! S2: state to progress, urgency to severity, labels and custom fields. Either side creates.
//!
//! Severity follows urgency alone: the rule names no other field, so an impact that changes the priority changes no
//! severity.

use super::{mapped, row, same};
use crate::field_rule::Direction::{Both, ToPlatform, ToServicenow};
use crate::rules::Rules;
use crate::value_map::Row;

pub(super) fn rules() -> Rules {
    let fields = vec![
        same("incident number", "number", "reference", ToPlatform, "The incident's number, kept on the ticket"),
        same("title", "short_description", "title", Both, "Text, as it is"),
        same("description", "description", "description", Both, "Text, as it is"),
        mapped(
            "progress",
            "state",
            "status",
            "State to progress",
            progress(),
            "On Hold is snoozed, for two hours unless told otherwise",
        ),
        mapped(
            "severity",
            "urgency",
            "severity",
            "Urgency to severity",
            severities(),
            "Changes only when the urgency does",
        ),
        same("labels", "u_labels", "labels", ToServicenow, "All labels, into a text column of your own"),
        same("service", "u_service", "custom.service", Both, "A custom field; text columns only"),
    ];
    Rules { create_in_servicenow: true, ..Rules::new(fields) }
}

fn progress() -> Vec<Row> {
    let snoozed = [("snoozed_until".to_owned(), "{edited+2h}".to_owned())].into();
    vec![
        row("1", "New", "Trigger"),
        row("2", "In Progress", "Processing"),
        Row { platform_requires: snoozed, ..row("3", "On Hold", "Snoozed").requires(&[("hold_reason", "1")]) },
        row("6", "Resolved", "Closed").default_row().resolved(),
        row("7", "Closed", "Closed").resolved(),
        row("8", "Canceled", "Closed"),
    ]
}

fn severities() -> Vec<Row> {
    vec![row("1", "High", "Critical"), row("2", "Medium", "Warning"), row("3", "Low", "Info")]
}
