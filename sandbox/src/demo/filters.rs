//! The dynamic filters that every instance has, with the sys_ids by which queries everywhere name them.

use super::add;
use crate::instance::Instance;
use crate::store::Write;

const FILTERS: &[(&str, &str, &str, &str)] = &[
    ("90d1921e5f510100a9ad2572f2b477fe", "Me", "gs.getUserID()", "sys_user"),
    ("d6435e965f510100a9ad2572f2b47744", "One of My Groups", "gs.getUser().getMyGroups()", "sys_user_group"),
    ("0f63961e5f510100a9ad2572f2b47745", "One of My Assignments", "getMyAssignments()", "sys_user"),
    ("54635e965f510100a9ad2572f2b4774c", "One of My Approvals", "getMyApprovals()", "sys_user"),
];

pub(super) fn furnish(instance: &Instance, write: &mut Write) {
    for (sys_id, label, script, table) in FILTERS {
        let values = [("label", *label), ("script", script), ("table", table)];
        add(instance, write, "sys_filter_option_dynamic", sys_id, &values);
    }
}
