//! The mappings of the simulation: small, with one rule for each way in which a field can flow.

use merge::{Deletions, OnDeletion, Rules, Side, Value};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;
use std::collections::BTreeSet;

/// Who is known on one side only, and who stands in for them.
pub const USERS: [[&str; 3]; 2] =
    [["ann@example.com", "bob@example.com", STAND_IN], ["ann@example.com", "cem@example.com", STAND_IN]];
const STAND_IN: &str = "desk@example.com";

/// What a mapping can say, as people choose it.
#[derive(Clone, Debug)]
pub struct Mapping {
    variant: usize,
    creates_in_servicenow: bool,
    deletions: Deletions,
}

impl Mapping {
    pub fn drawn(dice: &mut StdRng) -> Self {
        let variant = dice.random_range(0..4);
        let mut policy = || match dice.random_range(0..4) {
            0 => OnDeletion::Keep,
            1 => closing(),
            2 => OnDeletion::Unlink,
            _ => OnDeletion::Delete,
        };
        let deletions = Deletions { in_servicenow: policy(), on_platform: policy() };
        Self { variant, creates_in_servicenow: dice.random_bool(0.7), deletions }
    }
}

fn closing() -> OnDeletion {
    OnDeletion::Close { rule: "status".into(), value: Value::choice("Closed") }
}

/// The mapping as people publish it, as data.
pub fn rules(mapping: &Mapping, version: i64) -> Rules {
    let Mapping { variant, creates_in_servicenow, ref deletions } = *mapping;
    let strategy = ["last_write_wins", "manual_review", "ownership_priority", "last_write_wins"][variant];
    let against = ["leave", "restore", "leave", "restore"][variant];
    let kinds = [
        json!([{"servicenow": "inquiry", "label": "Inquiry", "platform": "General inquiry"},
               {"servicenow": "payroll", "label": "Payroll", "platform": "Payroll"}]),
        json!([{"servicenow": "inquiry", "label": "Inquiry", "platform": "General inquiry"}]),
    ];
    let no_match = [
        json!("create"),
        json!({"stand_in": {"email": STAND_IN}}),
        json!("leave_empty"),
        json!({"stand_in": {"email": STAND_IN}}),
    ];
    let one_way = ["both", "both", "to_platform", "to_servicenow"][variant];
    let rules = json!({
        "version": version,
        "strategy": strategy,
        "conflict_window": 5000,
        "entry_rule": "kind",
        "create_in_servicenow": creates_in_servicenow,
        "deletions": deletions,
        "fields": [
            same("title", "short_description", "title", "both"),
            {"name": "text", "servicenow": "description", "platform": "description", "direction": one_way,
             "strategy": "manual_review", "convert": {"how": "same"}},
            {"name": "status", "servicenow": "state", "platform": "status", "direction": "both", "priority": [2, 1],
             "convert": {"how": "map", "map": {"title": "Status", "rows": [
                {"servicenow": "1", "label": "New", "platform": "New"},
                {"servicenow": "2", "label": "In Progress", "platform": "In Progress"},
                {"servicenow": "3", "label": "On Hold", "platform": "On Hold", "requires": {"hold_reason": "1"}},
                {"servicenow": "6", "label": "Resolved", "platform": "Closed",
                 "requires": {"close_notes": "Closed as {number}."}},
                {"servicenow": "7", "label": "Closed", "platform": "Closed", "default": true,
                 "requires": {"close_notes": "Closed as {number}."}},
                {"servicenow": "8", "label": "Canceled", "platform": "Closed"}]}}},
            {"name": "severity", "servicenow": "impact", "platform": "severity", "direction": "to_platform",
             "against": against, "convert": {"how": "same"}},
            {"name": "kind", "servicenow": "category", "platform": "kind", "direction": "both",
             "convert": {"how": "map", "map": {"title": "Kind", "rows": kinds[usize::from(variant == 2)]}}},
            {"name": "incident number", "servicenow": "number", "platform": "reference", "direction": "to_platform",
             "owner": "servicenow", "enforce": variant == 0, "convert": {"how": "same"}},
            same("ticket number", "correlation_id", "number", "to_servicenow"),
            {"name": "assignee", "servicenow": "assigned_to", "platform": "owner", "direction": "both",
             "no_match": no_match[variant], "convert": {"how": "same"}},
        ],
        "notes": [{"name": "hold reason", "servicenow": "hold_reason", "text": format!("{NOTE}{{value}}"), "labels": {}}],
    });
    serde_json::from_value(rules).expect("a mapping")
}

/// How a comment begins that a note rule makes.
pub const NOTE: &str = "Put on hold in ServiceNow: ";

fn same(name: &str, servicenow: &str, platform: &str, direction: &str) -> serde_json::Value {
    json!({"name": name, "servicenow": servicenow, "platform": platform, "direction": direction, "convert": {"how": "same"}})
}

/// The fields that a mapping may ever write on a side.
pub fn may_write(rules: &Rules, side: Side) -> BTreeSet<String> {
    let mut fields: BTreeSet<String> = rules
        .fields
        .iter()
        .filter(|rule| rule.direction.allows(side) || rule.enforce || rule.against == merge::Against::Restore)
        .flat_map(|rule| rule.parts(side))
        .map(str::to_owned)
        .collect();
    if side == Side::ServiceNow {
        fields.extend(["hold_reason", "close_notes"].map(str::to_owned));
    }
    fields
}
