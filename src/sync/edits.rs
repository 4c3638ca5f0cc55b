//! Who changed a field, and when, where a clash hangs on it: some sides tell that only when they are asked.

use super::reconcile::Observed;
use super::{Sides, SyncError};
use crate::store::Conflict;
use merge::{FieldRule, Plan, Rules, Side};
use std::collections::BTreeSet;

/// Where it matters who changed a field and when, asks the sides whose records do not tell. Answers whether more is known
/// now. Of a conflict that is open already, all was asked before.
pub(super) async fn learn(
    sides: &Sides,
    rules: &Rules,
    plan: &Plan,
    open: &[Conflict],
    seen: &mut Observed,
) -> Result<bool, SyncError> {
    let is_known = |rule: &FieldRule| {
        open.iter().any(|conflict| {
            let stands = |side, value| rule.canonical(side, seen.on(side)).is_ok_and(|now| now.as_ref() == Some(value));
            conflict.rule == rule.name
                && stands(Side::ServiceNow, &conflict.servicenow)
                && stands(Side::Platform, &conflict.platform)
        })
    };
    let clashing: Vec<&FieldRule> =
        plan.clashes().filter_map(|decision| rules.rule(&decision.rule)).filter(|rule| !is_known(rule)).collect();
    let mut is_learnt = false;
    for side in Side::BOTH {
        let record = seen.on(side);
        let fields: BTreeSet<String> = clashing
            .iter()
            .flat_map(|rule| rule.parts(side))
            .filter(|field| !record.field_edits.contains_key(*field))
            .map(ToOwned::to_owned)
            .collect();
        if fields.is_empty() {
            continue;
        }
        let edits = sides.on(side).edits(record, &fields).await?;
        is_learnt |= !edits.is_empty();
        seen.on_mut(side).field_edits.extend(edits);
    }
    Ok(is_learnt)
}
