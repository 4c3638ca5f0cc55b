//! What holds for every mapping and every pair of records.

use super::{Any, NONE, advanced, directions, policies, strategies, writes};
use crate::condition::Condition;
use crate::convert::Convert;
use crate::field_rule::{FieldRule, NoMatch, Strategy, When};
use crate::record::{Edit, Record};
use crate::value_map::{Row, ValueMap};
use crate::{Base, Outcome, Plan, Resolution, Resolutions, Rules, Side, Value, plan, plan_creation};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use std::collections::BTreeMap;

/// A mapping of several rules of every kind, and two records: fields `a0+b0`, `a1`, .. and `A0`, `A1`, ..; `z` and `Z` are
/// read by templates and conditions and written by nobody.
#[derive(Clone, Debug)]
struct World {
    rules: Rules,
    base: Base,
    servicenow: Record,
    platform: Record,
}

fn natives() -> Any<Value> {
    prop_oneof![
        1 => Just(Value::Empty),
        4 => "[abPQ]".prop_map(|choice| Value::choice(&choice)),
        2 => "§(<p>|</p>|&amp;|[ab /\n]){0,9}".prop_map(|text| Value::text(&text)),
        1 => "§(<p>|<br>|&nbsp;|[ab]){0,6}".prop_map(|text| Value::html(&text)),
        1 => (0_i64..4).prop_map(|second| Value::Moment(second * 1000)),
        1 => prop_oneof![Just(("a@x", "A")), Just(("b@x", "§")), Just(("", "§"))].prop_map(|(email, name)| Value::user(email, name)),
        1 => any::<bool>().prop_map(Value::Boolean),
        1 => "[ab]".prop_map(|id| Value::reference(&id, "§")),
    ]
    .boxed()
}

fn converts() -> Any<Convert> {
    let side = || prop_oneof![Just(Side::ServiceNow), Just(Side::Platform)];
    prop_oneof![
        3 => Just(Convert::Same),
        3 => btree_map("([ab]|\\*)(/[ab*])?", ("[PQ]", any::<bool>()), 1..5).prop_map(|rows| {
            let row = |(servicenow, (platform, default))| Row {
                requires: BTreeMap::from([("need".to_owned(), "because of {number}".to_owned())]),
                platform_requires: BTreeMap::from([("until".to_owned(), "{edited+2h}".to_owned())]),
                servicenow,
                platform,
                default,
                ..Row::default()
            };
            Convert::Map { map: ValueMap { title: "Map".into(), rows: rows.into_iter().map(row).collect() } }
        }),
        1 => (side(), 2_usize..8).prop_map(|(on, length)| Convert::Cut { on, length, mark: "…".into() }),
        1 => side().prop_map(|on| Convert::Html { on }),
        1 => Just(Convert::Constant { value: Value::text("always") }),
        1 => prop_oneof![Just("{z}"), Just("<{Z}>")].prop_map(|text| Convert::Template { text: text.into() }),
    ]
    .boxed()
}

fn mappings() -> Any<Rules> {
    let when = option::weighted(0.2, prop_oneof![Just((Side::ServiceNow, "z")), Just((Side::Platform, "Z"))]).prop_map(
        |when| when.map(|(on, field)| When { on, holds: Condition::Is { field: field.into(), value: "on".into() } }),
    );
    let no_match = prop_oneof![
        Just(NoMatch::Create),
        Just(NoMatch::LeaveEmpty),
        Just(NoMatch::StandIn { email: "stand.in@x".into() })
    ];
    let rule = (policies(), converts(), any::<bool>(), when, no_match);
    (vec(rule, 1..4), strategies(), directions())
        .prop_map(|(parts, strategy, direction)| {
            let rule =
                |(at, (policy, convert, joined, when, no_match)): (usize, (FieldRule, _, bool, _, _))| FieldRule {
                    name: format!("rule {at}"),
                    servicenow: if joined { format!("a{at}+b{at}") } else { format!("a{at}") },
                    platform: format!("A{at}"),
                    convert,
                    when,
                    no_match,
                    ..policy
                };
            Rules { strategy, direction, ..Rules::new(parts.into_iter().enumerate().map(rule).collect()) }
        })
        .boxed()
}

fn worlds() -> Any<World> {
    let side = |names: [&'static str; 7]| {
        let fields = vec(option::weighted(0.85, natives()), 6);
        let z = option::weighted(0.9, prop_oneof![Just("on"), Just("off"), Just("")]);
        (fields, z, 0_i64..9_000).prop_map(move |(values, z, at)| {
            let values = values.into_iter().chain([z.map(Value::choice)]);
            let shown = names.into_iter().zip(values).filter_map(|(name, value)| Some((name.to_owned(), value?)));
            Record {
                number: "N1".into(),
                fields: shown.collect(),
                edited: Edit { at, by: "someone".into() },
                ..Record::default()
            }
        })
    };
    let base = vec(option::of(natives()), 3);
    (
        mappings(),
        base,
        side(["a0", "b0", "a1", "b1", "a2", "need", "z"]),
        side(["A0", "A1", "A2", "until", "x", "y", "Z"]),
    )
        .prop_map(|(rules, base, servicenow, platform)| World {
            rules,
            base: (0..).zip(base).filter_map(|(at, value)| Some((format!("rule {at}"), value?))).collect(),
            servicenow,
            platform,
        })
        .boxed()
}

impl World {
    fn plan(&self, resolutions: &Resolutions) -> Plan {
        plan(&self.base, &self.servicenow, &self.platform, &self.rules, resolutions)
    }

    /// Both sides said yes. The platform keeps what it gets as text, whatever it was.
    fn carry_out(&mut self, plan: &Plan) {
        self.servicenow.fields.extend(plan.fields_for(Side::ServiceNow));
        let kept = |value: Value| match value {
            Value::Empty | Value::Moment(_) => value,
            other => Value::Text(other.plain().into_owned()),
        };
        self.platform
            .fields
            .extend(plan.fields_for(Side::Platform).into_iter().map(|(field, value)| (field, kept(value))));
        self.base = advanced(plan, &self.base);
    }

    /// Somebody chose something for every conflict.
    fn resolutions(&self, plan: &Plan, chosen: &Value) -> Resolutions {
        plan.conflicts()
            .filter_map(|(decision, _)| {
                let rule = self.rules.rule(&decision.rule)?;
                let mut as_chosen = self.platform.clone();
                as_chosen.fields.insert(rule.platform.clone(), chosen.clone());
                let resolution = Resolution {
                    value: rule.canonical(Side::Platform, &as_chosen).ok()??,
                    servicenow: rule.canonical(Side::ServiceNow, &self.servicenow).ok()??,
                    platform: rule.canonical(Side::Platform, &self.platform).ok()??,
                    by: "Ada".into(),
                    at: 7,
                };
                Some((decision.rule.clone(), resolution))
            })
            .collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_more_to_write(mut world in worlds()) {
        let first = world.plan(&NONE);
        world.carry_out(&first);
        let second = world.plan(&NONE);
        prop_assert!(writes(&second).is_empty(), "{first:#?}\n{second:#?}");
        world.carry_out(&second);
        let third = world.plan(&NONE);
        prop_assert!(writes(&third).is_empty(), "{second:#?}\n{third:#?}");
    }

    #[test]
    fn what_people_chose_is_carried_out_once(mut world in worlds(), chosen in natives()) {
        world.rules.strategy = Strategy::ManualReview;
        world.rules.fields.iter_mut().for_each(|rule| rule.strategy = None);
        let asked = world.plan(&NONE);
        let resolutions = world.resolutions(&asked, &chosen);
        let first = world.plan(&resolutions);
        world.carry_out(&first);
        let second = world.plan(&resolutions);
        prop_assert!(writes(&second).is_empty(), "{first:#?}\n{second:#?}");
        for (rule, chosen) in &resolutions {
            let refused = first.refusals().any(|(decision, _)| &decision.rule == rule);
            let agreed = second.decisions.iter().any(|decision| &decision.rule == rule && decision.outcome == Outcome::Agree { value: chosen.value.clone() });
            prop_assert!(refused != agreed);
        }
        world.carry_out(&second);
        prop_assert!(writes(&world.plan(&NONE)).is_empty());
    }

    #[test]
    fn a_new_record_and_the_one_it_came_from_have_nothing_more_to_tell_each_other(mut world in worlds(), from in prop_oneof![Just(Side::ServiceNow), Just(Side::Platform)]) {
        // The new record shows every field from the start.
        let blank = |names: &[&str]| Record { fields: names.iter().map(|name| ((*name).to_owned(), Value::Empty)).collect(), number: "N2".into(), ..Record::default() };
        match from {
            Side::ServiceNow => world.platform = blank(&["A0", "A1", "A2", "until", "Z"]),
            Side::Platform => world.servicenow = blank(&["a0", "b0", "a1", "b1", "a2", "b2", "need", "z"]),
        }
        world.base = Base::new();
        // Conditions and templates of the other side's fields come to life with the record.
        world.rules.fields.retain(|rule| rule.when.is_none() && !rule.convert.is_one_way());
        // An owner that is enforced against the direction takes effect with the first plan for both.
        world.rules.fields.iter_mut().for_each(|rule| rule.enforce = false);
        let source = if from == Side::ServiceNow { &world.servicenow } else { &world.platform };
        let created = plan_creation(from, source, &world.rules);
        prop_assert!(created.fields_for(from).is_empty());
        world.carry_out(&created);
        for write in writes(&world.plan(&NONE)) {
            prop_assert!(world.rules.direction.allows(write.to));
            prop_assert!(write.to == from, "{created:#?}\n{write:#?}");
        }
    }

    #[test]
    fn only_fields_under_a_rule_are_written_and_only_where_the_connection_lets(world in worlds()) {
        let plan = world.plan(&NONE);
        for write in writes(&plan) {
            prop_assert!(world.rules.direction.allows(write.to));
            let known = match write.to {
                Side::ServiceNow => world.rules.servicenow_fields(),
                Side::Platform => world.rules.platform_fields(),
            };
            for field in write.fields.keys().chain(write.also.keys()) {
                prop_assert!(known.contains(field) && !["x", "y", "z", "Z"].contains(&field.as_str()), "{field}");
            }
        }
    }

    #[test]
    fn what_is_hidden_on_one_side_is_never_cleared_or_written_over(world in worlds()) {
        let plan = world.plan(&NONE);
        for decision in &plan.decisions {
            let rule = world.rules.rule(&decision.rule).expect("a rule");
            let Outcome::Write(write) = &decision.outcome else { continue };
            let source = if write.to == Side::ServiceNow { &world.platform } else { &world.servicenow };
            let target = if write.to == Side::ServiceNow { &world.servicenow } else { &world.platform };
            prop_assert!(rule.parts(write.to).iter().all(|part| target.fields.contains_key(*part)));
            if let Convert::Template { text } = &rule.convert {
                prop_assert!(crate::template::fields(text).all(|field| source.fields.contains_key(field)));
            } else if !rule.convert.is_one_way() {
                prop_assert!(rule.parts(write.to.other()).iter().all(|part| source.fields.contains_key(*part)));
            }
        }
    }

    #[test]
    fn every_decision_is_explained_and_the_part_that_is_logged_tells_no_value(world in worlds()) {
        for decision in world.plan(&NONE).decisions {
            prop_assert!(decision.why.contains(&decision.rule) && decision.why.contains("mapping version 1"));
            prop_assert!(!decision.why.contains('§'), "{}", decision.why);
            let whole = decision.sentence(&world.rules);
            prop_assert!(whole.ends_with(&decision.why) && whole.contains("ServiceNow") && whole.contains("Desk"));
        }
    }
}
