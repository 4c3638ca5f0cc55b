//! Single decisions that a reader of the design would look for.

use super::{NONE, base};
use crate::{Base, Fields, Outcome, Record, Side, Value, Write, plan, plan_creation};

#[test]
fn a_write_of_the_first_release_is_still_read() {
    let stored = r#"{"to":"servicenow","field":"state","value":{"type":"choice","value":"6"},"also":{"close_code":{"type":"text","value":"Solution provided"}},"agree":{"type":"choice","value":"Resolved"}}"#;
    let write: Write = serde_json::from_str(stored).expect("a stored write");
    assert_eq!(write.fields, Fields::from([("state".to_owned(), Value::choice("6"))]));
    assert_eq!((write.also.len(), write.agree.clone()), (1, Some(Value::choice("Resolved"))));
    let again: Write = serde_json::from_str(&serde_json::to_string(&write).expect("JSON")).expect("a write");
    assert_eq!(again, write);
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

#[test]
fn a_reference_means_its_id_and_where_the_other_side_keeps_texts_its_label() {
    let network = Value::reference("287ebd7d", "Network");
    assert!(network.means(&Value::text("Network")) && Value::choice("287ebd7d").means(&network));
    assert!(network.means(&Value::reference("287ebd7d", "renamed")), "the same record");
    assert!(!network.means(&Value::reference("another", "Network")) && !network.means(&Value::text("Hardware")));
}

#[test]
fn a_reference_under_joined_fields_reads_as_its_id_and_gives_way_to_a_text_that_is_its_label() {
    let rule = crate::FieldRule::same("joined", "a+b", "A");
    let present =
        Record { fields: Fields::from([("A".to_owned(), Value::reference("id", "label"))]), ..Record::default() };
    let written = rule.put(Side::Platform, &Value::text("label"), &present, &Record::default()).expect("fields").fields;
    let after = Record { fields: written, ..Record::default() };
    assert_eq!(rule.canonical(Side::Platform, &after), Ok(Some(Value::text("label"))));
}
