//! The merge against the table of the design: a naive model, and the properties that make it safe.

use super::*;
use crate::rules::Strategy;
use proptest::prelude::*;
use proptest::strategy::Strategy as _;

const NONE: Resolutions = Resolutions::new();

fn rule(direction: Direction, owner: Owner, enforce: bool, against: Against) -> FieldRule {
    FieldRule {
        name: "title".into(),
        servicenow: "short_description".into(),
        platform: "title".into(),
        direction,
        owner,
        enforce,
        priority: (0, 0),
        against,
        strategy: None,
        convert: Convert::Same,
        note: String::new(),
    }
}

fn rules(rule: FieldRule) -> Rules {
    Rules {
        version: 1,
        strategy: Strategy::LastWriteWins,
        conflict_window: 5_000,
        fields: vec![rule],
        notes: vec![],
        entry_rule: None,
    }
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

fn any_rule() -> impl proptest::strategy::Strategy<Value = FieldRule> {
    (
        prop_oneof![Just(Direction::Both), Just(Direction::ToPlatform), Just(Direction::ToServicenow)],
        prop_oneof![Just(Owner::Shared), Just(Owner::Servicenow), Just(Owner::Platform)],
        any::<bool>(),
        prop_oneof![Just(Against::Leave), Just(Against::Restore)],
    )
        .prop_map(|(direction, owner, enforce, against)| rule(direction, owner, enforce, against))
}

/// The records after a plan was carried out on them.
fn carried_out(plan: &Plan, s: &Record, p: &Record, b: &Base) -> (Record, Record, Base) {
    let (mut s, mut p, mut b) = (s.clone(), p.clone(), b.clone());
    s.fields.extend(plan.fields_for(Side::ServiceNow));
    p.fields.extend(plan.fields_for(Side::Platform));
    for decision in &plan.decisions {
        match &decision.outcome {
            Outcome::Agree { value } | Outcome::Write(Write { agree: Some(value), .. }) => {
                b.insert(decision.rule.clone(), value.clone());
            }
            _ => {}
        }
    }
    (s, p, b)
}

/// What the table says about the value each side ends with: ServiceNow's and the platform's.
fn model(rule: &FieldRule, b: &str, s: (&str, i64), p: (&str, i64)) -> (String, String) {
    let (to_p, to_s) = (rule.direction.allows(Side::Platform), rule.direction.allows(Side::ServiceNow));
    let (s_owns, p_owns) =
        (rule.owner == Owner::Servicenow && rule.enforce, rule.owner == Owner::Platform && rule.enforce);
    let both = |v: &str| (v.to_owned(), v.to_owned());
    match (s.0 != b, p.0 != b) {
        (false, false) => both(b),
        (true, false) if !p_owns && to_p => both(s.0),
        (true, false) if p_owns || rule.against == Against::Restore => both(p.0),
        (false, true) if !s_owns && to_s => both(p.0),
        (false, true) if s_owns || rule.against == Against::Restore => both(s.0),
        (true, false) | (false, true) => (s.0.to_owned(), p.0.to_owned()),
        (true, true) if s.0 == p.0 => both(s.0),
        (true, true) if !to_p => both(p.0),
        (true, true) if !to_s || s_owns => both(s.0),
        (true, true) if p_owns => both(p.0),
        (true, true) if s.1 / 1000 > p.1 / 1000 => both(s.0),
        (true, true) if s.1 / 1000 < p.1 / 1000 || rule.owner == Owner::Platform => both(p.0),
        (true, true) => both(s.0),
    }
}

proptest! {
    #[test]
    fn agrees_with_the_naive_model(rule in any_rule(), b in "[abc]", s in "[abc]", p in "[abc]", s_at in 0_i64..4000, p_at in 0_i64..4000) {
        let (sr, pr) = (record("short_description", &s, s_at), record("title", &p, p_at));
        let plan = plan(&base(&b), &sr, &pr, &rules(rule.clone()), &NONE);
        let (sr, pr, _) = carried_out(&plan, &sr, &pr, &base(&b));
        let (want_s, want_p) = model(&rule, &b, (&s, s_at), (&p, p_at));
        prop_assert_eq!(sr.fields["short_description"].as_str(), want_s);
        prop_assert_eq!(pr.fields["title"].as_str(), want_p);
    }

    #[test]
    fn carrying_out_a_plan_leaves_nothing_more_to_write(rule in any_rule(), b in "[abc]", s in "[abc]", p in "[abc]", at in 0_i64..9000) {
        let rules = rules(rule);
        let (sr, pr, b) = (record("short_description", &s, at), record("title", &p, 5000), base(&b));
        let first = plan(&b, &sr, &pr, &rules, &NONE);
        let (sr, pr, b) = carried_out(&first, &sr, &pr, &b);
        let second = plan(&b, &sr, &pr, &rules, &NONE);
        prop_assert!(second.fields_for(Side::ServiceNow).is_empty() && second.fields_for(Side::Platform).is_empty());
    }

    #[test]
    fn a_clash_under_manual_review_waits_for_a_person_and_then_ends_with_the_choice(
        b in "[abc]", s in "[abc]", p in "[abc]", seen_s in "[abc]", seen_p in "[abc]", chosen in "[abcd]",
    ) {
        let by_hand = FieldRule {
            strategy: Some(Strategy::ManualReview),
            ..rule(Direction::Both, Owner::Shared, false, Against::Leave)
        };
        let (rules, b) = (rules(by_hand), base(&b));
        let (mut sr, mut pr) = (record("short_description", &s, 1), record("title", &p, 9_000_000));
        let clash = b["title"].as_str() != s && b["title"].as_str() != p && s != p;
        let unasked = plan(&b, &sr, &pr, &rules, &NONE);
        prop_assert_eq!(unasked.conflicts().count(), usize::from(clash));
        prop_assert!(!clash || unasked.fields_for(Side::ServiceNow).is_empty() && unasked.fields_for(Side::Platform).is_empty());

        let resolution = Resolution {
            value: Value::text(&chosen), servicenow: Value::text(&seen_s), platform: Value::text(&seen_p), by: "Ada".into(), at: 7,
        };
        let stands = (s == seen_s || s == chosen) && (p == seen_p || p == chosen);
        let resolutions = Resolutions::from([("title".to_owned(), resolution)]);
        let first = plan(&b, &sr, &pr, &rules, &resolutions);
        if !stands {
            // Edited since: as if nobody had chosen.
            prop_assert_eq!(&first, &unasked);
            return Ok(());
        }
        prop_assert!(first.decisions.iter().all(|decision| !matches!(&decision.outcome, Outcome::Write(write) if write.agree.is_some())));
        sr.fields.extend(first.fields_for(Side::ServiceNow));
        pr.fields.extend(first.fields_for(Side::Platform));
        prop_assert_eq!((sr.fields["short_description"].as_str(), pr.fields["title"].as_str()), (chosen.as_str(), chosen.as_str()));
        let second = plan(&b, &sr, &pr, &rules, &resolutions);
        prop_assert_eq!(&second.decisions[0].outcome, &Outcome::Agree { value: Value::text(&chosen) });
    }

    #[test]
    fn no_field_without_a_rule_is_ever_written(rule in any_rule(), s in "[abc]", p in "[abc]", extra in "[a-z]{3,8}") {
        let mut sr = record("short_description", &s, 1);
        sr.fields.insert(format!("u_{extra}"), Value::text("untouched"));
        let plan = plan(&base("a"), &sr, &record("title", &p, 2), &rules(rule), &NONE);
        for side in [Side::ServiceNow, Side::Platform] {
            let names: Vec<String> = plan.fields_for(side).into_keys().collect();
            prop_assert!(names.iter().all(|name| name == "short_description" || name == "title"));
        }
    }

    #[test]
    fn a_hidden_field_is_never_written_over(rule in any_rule(), b in "[abc]", p in "[abc]") {
        let mut hidden = record("short_description", "x", 9);
        hidden.fields.clear();
        let plan = plan(&base(&b), &hidden, &record("title", &p, 1), &rules(rule), &NONE);
        prop_assert!(plan.decisions.iter().all(|decision| decision.outcome == Outcome::Nothing));
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
    let created = plan_creation(&s, &rules);
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
