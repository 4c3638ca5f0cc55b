//! Transform maps to try imports with: users, as in ServiceNow's own examples, and incidents that an
//! outside system sends, told apart by their correlation id.

use super::add;
use crate::instance::Instance;
use crate::random::fixed_id;
use crate::store::Write;

/// Source field, target field and whether it finds the record.
type Entry = (&'static str, &'static str, bool);

const USER: &[Entry] = &[
    ("user_id", "user_name", true),
    ("first_name", "first_name", false),
    ("last_name", "last_name", false),
    ("email", "email", false),
    ("title", "title", false),
    ("phone", "phone", false),
];

const INCIDENT: &[Entry] = &[
    ("u_correlation_id", "correlation_id", true),
    ("u_number", "number", false),
    ("u_short_description", "short_description", false),
    ("u_description", "description", false),
    ("u_caller", "caller_id", false),
    ("u_category", "category", false),
    ("u_impact", "impact", false),
    ("u_urgency", "urgency", false),
    ("u_state", "state", false),
    ("u_assignment_group", "assignment_group", false),
    ("u_close_code", "close_code", false),
    ("u_close_notes", "close_notes", false),
    ("u_comments", "comments", false),
    ("u_work_notes", "work_notes", false),
];

pub(super) fn furnish(instance: &Instance, write: &mut Write) {
    map(instance, write, "User", "imp_user", "sys_user", USER);
    map(instance, write, "Incident Import", "u_incident_import", "incident", INCIDENT);
}

fn map(instance: &Instance, write: &mut Write, name: &str, source: &str, target: &str, entries: &[Entry]) {
    let id = fixed_id(&format!("transform map {name}"));
    let values = [("name", name), ("source_table", source), ("target_table", target)];
    add(instance, write, "sys_transform_map", &id, &values);
    for &(from, to, coalesce) in entries {
        // A state that nobody knows is a mistake of the sender, and not one to pass over.
        let action = if to == "state" { "reject" } else { "ignore" };
        let values = [
            ("map", id.as_str()),
            ("source_table", source),
            ("source_field", from),
            ("target_table", target),
            ("target_field", to),
            ("coalesce", if coalesce { "true" } else { "false" }),
            ("choice_action", action),
        ];
        add(instance, write, "sys_transform_entry", &fixed_id(&format!("transform entry {name}.{from}")), &values);
    }
}
