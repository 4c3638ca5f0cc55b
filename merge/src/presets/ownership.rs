//! S3: each field has an owner and a priority, and the higher priority wins a clash. Work notes are a stream.

use super::{mapped, row, same};
use crate::field_rule::Direction::{Both, ToPlatform};
use crate::field_rule::{FieldRule, Owner, Strategy};
use crate::rules::Rules;
use crate::value_map::Row;

const PLATFORM: i32 = 10;
const SERVICENOW: i32 = 5;

pub(super) fn rules() -> Rules {
    let fields = vec![
        same("incident number", "number", "reference", ToPlatform, "The incident's number, kept on the ticket"),
        platform_owns(same("title", "short_description", "title", Both, "Text, as it is")),
        platform_owns(same("description", "description", "description", Both, "Text, as it is")),
        platform_owns(mapped(
            "severity",
            "priority+impact",
            "severity",
            "Severity",
            severities(),
            "Read from priority and impact; written as impact and urgency, from which ServiceNow computes the priority",
        )),
        platform_owns(mapped("status", "state", "status", "Status", statuses(), "By the status map")),
        servicenow_owns(same("assigned to", "assigned_to", "owner", Both, "Matched by e-mail")),
    ];
    Rules { strategy: Strategy::OwnershipPriority, create_in_servicenow: true, ..Rules::new(fields) }
}

fn platform_owns(rule: FieldRule) -> FieldRule {
    FieldRule { owner: Owner::Platform, priority: (0, PLATFORM), ..rule }
}

fn servicenow_owns(rule: FieldRule) -> FieldRule {
    FieldRule { owner: Owner::Servicenow, priority: (SERVICENOW, 0), ..rule }
}

fn statuses() -> Vec<Row> {
    vec![
        row("1", "New", "Open"),
        // A ticket that is open again is worked on: ServiceNow reopens to this state (contract 3.4).
        row("2", "In Progress", "Open").default_row(),
        row("3", "On Hold", "Mitigated").default_row().requires(&[("hold_reason", "1")]),
        row("4", "Pending", "Mitigated"),
        row("6", "Resolved", "Resolved").resolved(),
        row("7", "Closed", "Closed").default_row().resolved(),
        row("8", "Canceled", "Closed"),
    ]
}

/// Priority and impact are read; impact and urgency are written, by the matrix of contract 3.2. A moderate priority with
/// a high impact touches many people, so it is High.
fn severities() -> Vec<Row> {
    vec![
        row("1/*", "Critical", "Critical").writes(&[("impact", "1"), ("urgency", "1")]),
        row("2/*", "High", "High").default_row().writes(&[("impact", "2"), ("urgency", "1")]),
        row("3/1", "Moderate, high impact", "High").writes(&[("impact", "1"), ("urgency", "3")]),
        row("3/*", "Moderate", "Medium").writes(&[("impact", "2"), ("urgency", "2")]),
        row("4/*", "Low", "Low").default_row().writes(&[("impact", "3"), ("urgency", "2")]),
        row("5/*", "Planning", "Low").writes(&[("impact", "3"), ("urgency", "3")]),
    ]
}
