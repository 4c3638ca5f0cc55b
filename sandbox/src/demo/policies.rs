//! The data policies of a new instance. Those that instances differ in are there, and not active.

use super::{add, fixed_id};
use crate::instance::Instance;
use crate::store::Write;

struct Policy {
    name: &'static str,
    table: &'static str,
    condition: &'static str,
    mandatory: &'static [&'static str],
    active: bool,
}

const POLICIES: &[Policy] = &[
    Policy {
        name: "Resolution of an incident",
        table: "incident",
        condition: "stateIN6,7",
        mandatory: &["close_code", "close_notes"],
        active: true,
    },
    Policy {
        name: "Reason of an incident on hold",
        table: "incident",
        condition: "state=3",
        mandatory: &["hold_reason"],
        active: false,
    },
];

pub(super) fn furnish(instance: &Instance, write: &mut Write) {
    for policy in POLICIES {
        let id = fixed_id(&format!("data policy {}", policy.name));
        let values = [
            ("short_description", policy.name),
            ("model_table", policy.table),
            ("conditions", policy.condition),
            ("active", if policy.active { "true" } else { "false" }),
        ];
        add(instance, write, "sys_data_policy2", &id, &values);
        for field in policy.mandatory {
            let rule =
                [("sys_data_policy", id.as_str()), ("table", policy.table), ("field", field), ("mandatory", "true")];
            add(instance, write, "sys_data_policy_rule", &fixed_id(&format!("{id} {field}")), &rule);
        }
    }
}
