//! The merge held to its word.

mod examples;
mod laws;
mod table;

use crate::field_rule::{Against, Direction, FieldRule, Owner, Strategy};
use crate::record::{Edit, Fields, Record};
use crate::side::Side;
use crate::{Base, Outcome, Plan, Resolutions, Value, Write};
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::Strategy as _;

type Any<T> = BoxedStrategy<T>;

const NONE: Resolutions = Resolutions::new();

fn directions() -> Any<Direction> {
    prop_oneof![3 => Just(Direction::Both), 1 => Just(Direction::ToPlatform), 1 => Just(Direction::ToServicenow)]
        .boxed()
}

fn strategies() -> Any<Strategy> {
    prop_oneof![Just(Strategy::LastWriteWins), Just(Strategy::OwnershipPriority), Just(Strategy::ManualReview)].boxed()
}

/// Everything about a rule but its fields and its transform.
fn policies() -> Any<FieldRule> {
    let owner = prop_oneof![Just(Owner::Shared), Just(Owner::Servicenow), Just(Owner::Platform)];
    let against = prop_oneof![Just(Against::Leave), Just(Against::Restore)];
    (directions(), owner, any::<bool>(), against, option::of(strategies()), (0..3, 0..3))
        .prop_map(|(direction, owner, enforce, against, strategy, priority)| FieldRule {
            direction,
            owner,
            enforce,
            priority,
            against,
            strategy,
            ..FieldRule::same("title", "short_description", "title")
        })
        .boxed()
}

fn record(field: &str, value: &str, at: i64) -> Record {
    Record {
        id: "1".into(),
        fields: Fields::from([(field.to_owned(), Value::text(value))]),
        edited: Edit { at, by: "someone".into() },
        ..Record::default()
    }
}

fn base(value: &str) -> Base {
    Base::from([("title".to_owned(), Value::text(value))])
}

/// The base after every agreement and every write that a side said yes to.
fn advanced(plan: &Plan, base: &Base) -> Base {
    let mut base = base.clone();
    for decision in &plan.decisions {
        if let Outcome::Agree { value }
        | Outcome::Write(Write { agree: Some(value), .. })
        | Outcome::Note { agree: value, .. } = &decision.outcome
        {
            base.insert(decision.rule.clone(), value.clone());
        }
    }
    base
}

fn writes(plan: &Plan) -> Vec<&Write> {
    Side::BOTH.into_iter().flat_map(|side| plan.writes_to(side)).collect()
}
