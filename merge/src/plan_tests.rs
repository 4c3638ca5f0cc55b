//! The merge against the table of the design: a naive model, and the properties that make it safe.

use super::*;
use crate::condition::Condition;
use crate::convert::Convert;
use crate::field_rule::{Against, Direction, FieldRule, Owner, Strategy, When};
use crate::resolution::Resolution;
use crate::value_map::{Row, ValueMap};
use proptest::collection::{btree_map, vec};
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

/// One field under one rule, and nothing else.
#[derive(Clone, Debug)]
struct Case {
    rule: FieldRule,
    strategy: Strategy,
    connection: Direction,
    base: Option<String>,
    servicenow: (String, i64),
    platform: (String, i64),
    window: i64,
    skew: i64,
}

fn cases() -> Any<Case> {
    let side = || ("[abc]", 0_i64..20_000);
    (policies(), strategies(), directions(), option::of("[abc]"), side(), side(), 0_i64..8_000, -3_000_i64..3_000)
        .prop_map(|(rule, strategy, connection, base, servicenow, platform, window, skew)| Case {
            rule,
            strategy,
            connection,
            base,
            servicenow,
            platform,
            window,
            skew,
        })
        .boxed()
}

impl Case {
    fn rules(&self) -> Rules {
        let new = Rules::new(vec![self.rule.clone()]);
        Rules { strategy: self.strategy, direction: self.connection, conflict_window: self.window, ..new }
    }

    fn records(&self) -> (Record, Record) {
        // ServiceNow's clock is ahead, and its times say so.
        let servicenow = record("short_description", &self.servicenow.0, self.servicenow.1 + self.skew);
        let servicenow = Record { skew_ms: self.skew, ..servicenow };
        (servicenow, record("title", &self.platform.0, self.platform.1))
    }

    fn base(&self) -> Base {
        self.base.as_deref().map(base).unwrap_or_default()
    }

    /// What the design says, read naively: what each side ends with, and whether a person must choose.
    fn model(&self) -> (String, String, bool) {
        let (s, p) = (self.servicenow.0.clone(), self.platform.0.clone());
        let rule = &self.rule;
        let stays = (s.clone(), p.clone(), false);
        let s_wins =
            if self.connection == Direction::ToServicenow { stays.clone() } else { (s.clone(), s.clone(), false) };
        let p_wins =
            if self.connection == Direction::ToPlatform { stays.clone() } else { (p.clone(), p.clone(), false) };
        let s_may_go = self.connection != Direction::ToServicenow && rule.direction != Direction::ToServicenow;
        let p_may_go = self.connection != Direction::ToPlatform && rule.direction != Direction::ToPlatform;
        let s_enforced = rule.enforce && rule.owner == Owner::Servicenow;
        let p_enforced = rule.enforce && rule.owner == Owner::Platform;
        if s == p {
            return stays;
        }
        if self.base.as_ref() == Some(&p) {
            // Only ServiceNow changed.
            if p_enforced {
                return p_wins;
            }
            if s_may_go {
                return s_wins;
            }
            return if rule.against == Against::Restore { p_wins } else { stays };
        }
        if self.base.as_ref() == Some(&s) {
            if s_enforced {
                return s_wins;
            }
            if p_may_go {
                return p_wins;
            }
            return if rule.against == Against::Restore { s_wins } else { stays };
        }
        if s_enforced {
            return s_wins;
        }
        if p_enforced {
            return p_wins;
        }
        let strategy = rule.strategy.unwrap_or(self.strategy);
        if strategy == Strategy::ManualReview && (self.base.is_some() || (s_may_go && p_may_go)) {
            return (s, p, true);
        }
        if !s_may_go && !p_may_go {
            return stays;
        }
        if !p_may_go {
            return s_wins;
        }
        if !s_may_go {
            return p_wins;
        }
        if strategy == Strategy::OwnershipPriority && rule.priority.0 > rule.priority.1 {
            return s_wins;
        }
        if strategy == Strategy::OwnershipPriority && rule.priority.0 < rule.priority.1 {
            return p_wins;
        }
        // An edit of a second may have been made at its first millisecond or at its last.
        let first = |at: i64| at - at.rem_euclid(1000);
        let last = |at: i64| first(at) + 999;
        let (s_at, p_at) = (self.servicenow.1, self.platform.1);
        if first(s_at) - last(p_at) > self.window {
            return s_wins;
        }
        if first(p_at) - last(s_at) > self.window {
            return p_wins;
        }
        if rule.owner == Owner::Platform { p_wins } else { s_wins }
    }
}

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
    fn agrees_with_the_naive_model(case in cases()) {
        let ((mut s, mut p), base) = (case.records(), case.base());
        let plan = plan(&base, &s, &p, &case.rules(), &NONE);
        s.fields.extend(plan.fields_for(Side::ServiceNow));
        p.fields.extend(plan.fields_for(Side::Platform));
        let ended = (s.fields["short_description"].as_str().to_owned(), p.fields["title"].as_str().to_owned(), plan.conflicts().count() == 1);
        prop_assert_eq!(ended, case.model());
        // Agreed is exactly what both sides hold then; an edit that stays on its side agrees to nothing.
        let agreed = advanced(&plan, &base);
        let both = (s.fields["short_description"].clone(), p.fields["title"].clone());
        prop_assert_eq!(agreed.get("title"), if both.0 == both.1 { Some(&both.0) } else { base.get("title") });
    }

    #[test]
    fn a_persons_choice_ends_a_conflict_unless_somebody_edited_since(case in cases(), seen in ("[abc]", "[abc]"), chosen in "[abcd]") {
        let ((mut s, mut p), rules, base) = (case.records(), case.rules(), case.base());
        let unasked = plan(&base, &s, &p, &rules, &NONE);
        prop_assert!(unasked.conflicts().count() == 0 || writes(&unasked).is_empty());
        let resolution = Resolution {
            value: Value::text(&chosen), servicenow: Value::text(&seen.0), platform: Value::text(&seen.1), by: "Ada".into(), at: 7,
        };
        let resolutions = Resolutions::from([("title".to_owned(), resolution)]);
        let first = plan(&base, &s, &p, &rules, &resolutions);
        let is_edited = |now: &str, seen: &str| now != seen && now != chosen;
        if is_edited(&case.servicenow.0, &seen.0) || is_edited(&case.platform.0, &seen.1) {
            prop_assert_eq!(&first, &unasked);
            return Ok(());
        }
        prop_assert!(writes(&first).iter().all(|write| write.agree.is_none() && rules.allows(&case.rule, write.to)));
        s.fields.extend(first.fields_for(Side::ServiceNow));
        p.fields.extend(first.fields_for(Side::Platform));
        let second = plan(&base, &s, &p, &rules, &resolutions);
        prop_assert!(writes(&second).is_empty() || first.refusals().count() > 0);
        if first.refusals().count() == 0 {
            prop_assert_eq!(&second.decisions[0].outcome, &Outcome::Agree { value: Value::text(&chosen) });
            prop_assert_eq!(s.fields["short_description"].as_str(), &chosen);
            prop_assert_eq!(p.fields["title"].as_str(), &chosen);
        }
    }

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

#[test]
fn a_value_without_a_row_is_refused_by_name_and_everything_else_flows() {
    let rules = crate::incident_to_desk();
    let mut s = Record { number: "INC1".into(), ..Record::default() };
    s.fields.insert("state".into(), Value::choice("42"));
    s.fields.insert("short_description".into(), Value::text("new"));
    let mut p = Record::default();
    p.fields.insert("status".into(), Value::choice("New"));
    p.fields.insert("title".into(), Value::text("old"));
    let plan = plan(&base("old"), &s, &p, &rules, &NONE);
    let refusals: Vec<&str> = plan.refusals().map(|(_, sentence)| sentence).collect();
    assert_eq!(refusals.len(), 1);
    assert!(refusals[0].contains("\"42\"") && refusals[0].contains("Status"), "{refusals:?}");
    assert_eq!(plan.fields_for(Side::Platform).get("title"), Some(&Value::text("new")));
}

#[test]
fn resolving_on_the_desk_brings_what_servicenow_requires_and_keeps_what_is_there() {
    let rules = crate::incident_to_desk();
    let base = Base::from([("status".to_owned(), Value::choice("In Progress"))]);
    let mut s = Record::default();
    s.fields.insert("state".into(), Value::choice("2"));
    s.fields.insert("close_code".into(), Value::choice("User error"));
    s.fields.insert("close_notes".into(), Value::Empty);
    let mut p = Record { number: "TKT0000007".into(), ..Record::default() };
    p.fields.insert("status".into(), Value::choice("Resolved"));
    let fields = plan(&base, &s, &p, &rules, &NONE).fields_for(Side::ServiceNow);
    assert_eq!(fields["state"], Value::choice("6"));
    assert!(fields["close_notes"].as_str().contains("TKT0000007"));
    assert!(!fields.contains_key("close_code"), "a person's close code is never overwritten");
}

#[test]
fn somebody_without_an_email_is_neither_written_nor_agreed_on() {
    let rules = crate::incident_to_desk();
    let mut s = Record::default();
    s.fields.insert("assigned_to".into(), Value::user("", "Ghost"));
    let created = plan_creation(Side::ServiceNow, &s, &rules);
    let mut p = Record::default();
    p.fields.insert("owner".into(), Value::Empty);
    for plan in [created, plan(&Base::new(), &s, &p, &rules, &NONE)] {
        assert!(!plan.fields_for(Side::Platform).contains_key("owner"));
        assert!(!plan.fields_for(Side::ServiceNow).contains_key("assigned_to"));
        assert!(plan.refusals().any(|(decision, sentence)| decision.rule == "owner" && sentence.contains("e-mail")));
    }
}

#[test]
fn an_on_hold_reason_becomes_a_comment_once() {
    let rules = crate::incident_to_desk();
    let mut s = Record::default();
    s.fields.insert("hold_reason".into(), Value::choice("1"));
    let first = plan(&Base::new(), &s, &Record::default(), &rules, &NONE);
    let note = first.decisions.iter().find_map(|decision| match &decision.outcome {
        Outcome::Note { text, agree } => Some((decision.rule.clone(), text.clone(), agree.clone())),
        _ => None,
    });
    let (rule, text, agree) = note.expect("a note");
    assert!(text.contains("Awaiting Caller"), "{text}");
    let second = plan(&Base::from([(rule, agree)]), &s, &Record::default(), &rules, &NONE);
    assert!(!second.decisions.iter().any(|decision| matches!(decision.outcome, Outcome::Note { .. })));
}
