//! From an answer to a rule: a side's value stands from then on whenever both sides changed a field. It goes into the
//! draft, to be looked at and published like any other edit.

use super::{Work, no_such, one_of, rule_form};
use crate::operations::Operations;
use crate::store::Connection;
use app::api::Answer;
use app::error::Trouble;
use app::model::{AlikeRule, Role, RuleStanding};
use merge::{FieldRule, Rules, Side, Strategy};

/// What the two sides' priorities become where they do not decide so yet.
const HIGHER: i32 = 10;
const LOWER: i32 = 5;

/// The rule by which this side's value stands; `None` where no edit of this side crosses, or where the other side's
/// always comes back.
fn standing(rules: &Rules, rule: &FieldRule, side: Side) -> Option<FieldRule> {
    let is_owned_there = rule.enforce && rule.owner.side() == Some(side.other());
    if is_owned_there || !rules.allows(rule, side.other()) {
        return None;
    }
    let (servicenow, platform) = rule.priority;
    let priority = match side {
        Side::ServiceNow if servicenow <= platform => (HIGHER, LOWER),
        Side::Platform if platform <= servicenow => (LOWER, HIGHER),
        _ => rule.priority,
    };
    Some(FieldRule { strategy: Some(Strategy::OwnershipPriority), priority, ..rule.clone() })
}

/// `servicenow title`: the side, and the rule whose field it is about.
pub(super) fn named(of: &str) -> Answer<(Side, &str)> {
    let (side, rule) = of.split_once(' ').ok_or_else(|| no_such("of", of))?;
    Ok((one_of("of", side, &rule_form::SIDES)?, rule))
}

pub(super) fn put(rules: &mut Rules, at: usize, side: Side) -> Answer<()> {
    rules.fields[at] = standing(rules, &rules.fields[at], side).ok_or_else(|| {
        let name = rules.name_of(side);
        Trouble::new(
            "MAPPING-STANDS",
            &format!("{name}'s value cannot stand for {}.", rules.fields[at].name),
            &format!("The rule, or the connection as a whole, lets no edit of {name} cross, or the other side owns the field."),
            "Open the rule in the mapping, and change its direction or its owner.",
        )
    })?;
    Ok(())
}

impl Operations {
    /// The change of the mapping by which nobody is asked about a field again; `None` where there is none.
    pub(in crate::operations) async fn rule_for(
        &self,
        connection: &Connection,
        field: &str,
        take: &str,
    ) -> Answer<Option<AlikeRule>> {
        let Ok(side) = one_of("take", take, &rule_form::SIDES) else { return Ok(None) };
        let may_edit = self.person.as_ref().is_some_and(|person| person.role >= Role::Admin);
        let work = self.work(&connection.id).await?;
        Ok(offered(&work, field, side).map(|offered| AlikeRule { may_edit, ..offered }))
    }
}

fn offered(work: &Work, field: &str, side: Side) -> Option<AlikeRule> {
    let rules = work.rules();
    let rule = rules.rule(field)?;
    let wanted = standing(rules, rule, side)?;
    let in_force = work.connection.rules.rule(field).is_some_and(|now| *now == wanted);
    let name = rules.name_of(side);
    let standing = match (wanted == *rule, in_force) {
        (false, _) => RuleStanding::Offered,
        (true, false) => RuleStanding::Drafted,
        (true, true) => RuleStanding::InForce,
    };
    let changes = merge::aspects(rules, rule).into_iter().zip(merge::aspects(rules, &wanted));
    let changes = changes.filter(|((_, was), (_, is))| was != is);
    Some(AlikeRule {
        words: format!("{name}'s value of {field} stands whenever both sides changed it, and nobody is asked."),
        changes: changes.map(|((what, was), (_, is))| format!("{what}: {is}. Until now: {was}.")).collect(),
        standing,
        may_edit: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use merge::{Direction, Outcome, Owner, Record, Resolutions, Value};
    use proptest::prelude::*;

    fn record(field: &str, value: &str, at: i64) -> Record {
        let fields = [(field.to_owned(), Value::text(value))].into();
        Record { fields, edited: merge::Edit { at, by: String::new() }, ..Record::default() }
    }

    proptest! {
        /// Whatever the rule said before, and whoever edited last.
        #[test]
        fn the_sides_value_stands(
            side in prop_oneof![Just(Side::ServiceNow), Just(Side::Platform)],
            priority in (0..20, 0..20),
            direction in prop_oneof![Just(Direction::Both), Just(Direction::ToPlatform), Just(Direction::ToServicenow)],
            owner in prop_oneof![Just(Owner::Shared), Just(Owner::Servicenow), Just(Owner::Platform)],
            enforce: bool,
            times in (0_i64..100_000, 0_i64..100_000),
        ) {
            let rule = FieldRule { priority, direction, owner, enforce, ..FieldRule::same("title", "s", "p") };
            let mut rules = Rules::new(vec![rule.clone()]);
            match standing(&rules, &rule, side) {
                None => prop_assert!(!direction.allows(side.other()) || enforce && owner.side() == Some(side.other())),
                Some(wanted) => {
                    rules.fields = vec![wanted];
                    let base = [("title".to_owned(), Value::text("base"))].into();
                    let (s, p) = (record("s", "theirs", times.0), record("p", "ours", times.1));
                    let plan = merge::plan(&base, &s, &p, &rules, &Resolutions::new());
                    let Outcome::Write(write) = &plan.decisions[0].outcome else { panic!("{plan:?}") };
                    prop_assert_eq!(write.to, side.other());
                }
            }
        }
    }
}
