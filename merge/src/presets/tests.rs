//! What each preset does with a record, and that stored mappings keep their meaning.

use super::*;
use crate::record::{Edit, Fields, Record};
use crate::resolution::Resolutions;
use crate::side::Side;
use crate::value::Value;
use crate::{Base, plan, plan_creation};

fn preset(id: &str) -> Rules {
    presets().into_iter().find(|preset| preset.id == id).expect("a preset").rules
}

fn record(fields: &[(&str, Value)]) -> Record {
    let fields: Fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Record { fields, number: "TKT0000007".into(), edited: Edit { at: 1_000, by: "Ada".into() }, ..Record::default() }
}

fn choices(fields: &[(&str, &str)]) -> Record {
    record(&fields.iter().map(|(name, value)| (*name, Value::choice(value))).collect::<Vec<_>>())
}

fn base(rule: &str, value: &str) -> Base {
    Base::from([(rule.to_owned(), Value::choice(value))])
}

#[test]
fn on_hold_becomes_snoozed_for_two_hours_and_comes_back_as_on_hold() {
    let rules = preset("on_call");
    let held = choices(&[("state", "3")]);
    let ticket = choices(&[("status", "Processing"), ("snoozed_until", "")]);
    let fields =
        plan(&base("progress", "Processing"), &held, &ticket, &rules, &Resolutions::new()).fields_for(Side::Platform);
    assert_eq!(fields["status"], Value::choice("Snoozed"));
    assert_eq!(fields["snoozed_until"], Value::Moment(1_000 + 2 * 3_600_000));

    let chosen = record(&[("status", Value::choice("Processing")), ("snoozed_until", Value::Moment(9_000_000))]);
    let fields =
        plan(&base("progress", "Processing"), &held, &chosen, &rules, &Resolutions::new()).fields_for(Side::Platform);
    assert!(!fields.contains_key("snoozed_until"), "a person's time stands");

    let working = choices(&[("state", "2"), ("hold_reason", "")]);
    let snoozed = choices(&[("status", "Snoozed")]);
    let fields = plan(&base("progress", "Processing"), &working, &snoozed, &rules, &Resolutions::new())
        .fields_for(Side::ServiceNow);
    assert_eq!((&fields["state"], &fields["hold_reason"]), (&Value::choice("3"), &Value::text("1")));
}

#[test]
fn severity_follows_urgency_and_not_what_impact_makes_of_the_priority() {
    let rules = preset("on_call");
    let agreed = base("severity", "Warning");
    let ticket = choices(&[("severity", "Warning")]);
    let louder = choices(&[("urgency", "2"), ("impact", "1"), ("priority", "2")]);
    let nothing = plan(&agreed, &louder, &ticket, &rules, &Resolutions::new());
    assert!(nothing.fields_for(Side::Platform).is_empty() && nothing.fields_for(Side::ServiceNow).is_empty());
    let urgent = choices(&[("urgency", "1"), ("impact", "3"), ("priority", "3")]);
    let fields = plan(&agreed, &urgent, &ticket, &rules, &Resolutions::new()).fields_for(Side::Platform);
    assert_eq!(fields["severity"], Value::choice("Critical"));
}

/// The matrix of contract 3.2, by which ServiceNow computes the priority.
fn priority(impact: i64, urgency: i64) -> i64 {
    impact + urgency - 1
}

#[test]
fn what_a_severity_writes_reads_as_that_severity_once_servicenow_has_computed_the_priority() {
    let rules = preset("ownership");
    let rule = rules.rule("severity").expect("a rule");
    for severity in ["Critical", "High", "Medium", "Low"] {
        for (impact, urgency) in (1..=3).flat_map(|impact| (1..=3).map(move |urgency| (impact, urgency))) {
            let mut incident = choices(&[
                ("impact", &impact.to_string()),
                ("urgency", &urgency.to_string()),
                ("priority", &priority(impact, urgency).to_string()),
            ]);
            let put = rule.put(Side::ServiceNow, &Value::choice(severity), &incident, &Record::default());
            incident.fields.extend(put.expect("every severity can be written").fields);
            let number = |field: &str| incident.fields[field].as_str().parse::<i64>().expect("a number");
            let computed = priority(number("impact"), number("urgency"));
            incident.fields.insert("priority".into(), Value::choice(&computed.to_string()));
            assert_eq!(rule.canonical(Side::ServiceNow, &incident), Ok(Some(Value::choice(severity))));
        }
    }
}

#[test]
fn in_a_clash_the_owner_of_the_field_wins() {
    let rules = preset("ownership");
    let mut incident =
        record(&[("short_description", Value::text("theirs")), ("assigned_to", Value::user("a@x", "A"))]);
    incident.edited.at = 1;
    let mut ticket = record(&[("title", Value::text("ours")), ("owner", Value::user("b@x", "B"))]);
    ticket.edited.at = 9_000_000;
    let agreed = Base::from([("title".into(), Value::text("before")), ("assigned to".into(), Value::user("c@x", "C"))]);
    let plan = plan(&agreed, &incident, &ticket, &rules, &Resolutions::new());
    assert_eq!(plan.fields_for(Side::ServiceNow)["short_description"], Value::text("ours"));
    assert_eq!(plan.fields_for(Side::Platform)["owner"], Value::user("a@x", "A"));
}

#[test]
fn a_case_enters_with_its_account_and_contact() {
    let rules = preset("case");
    let case = record(&[
        ("state", Value::choice("18")),
        ("category", Value::choice("1")),
        ("subcategory", Value::Empty),
        ("account", Value::reference("abc", "Boxeo")),
        ("contact", Value::user("ada@example.com", "Ada")),
    ]);
    assert_eq!(rules.enters(Side::ServiceNow, &case, false), Ok(()));
    let fields = plan_creation(Side::ServiceNow, &case, &rules).fields_for(Side::Platform);
    assert_eq!(fields["account"], Value::text("Boxeo"));
    assert_eq!(fields["contact"], Value::text("Ada"));
    assert_eq!(fields["requestor"], Value::user("ada@example.com", "Ada"));
    assert_eq!((&fields["status"], &fields["kind"]), (&Value::choice("Awaiting Info"), &Value::choice("Issue")));
}

#[test]
fn an_article_comes_as_plain_text_and_nothing_goes_back() {
    let rules = preset("article");
    let article = record(&[
        ("text", Value::html("<p>Turn it <b>off</b></p><p>and on</p>")),
        ("workflow_state", Value::choice("published")),
    ]);
    let fields = plan_creation(Side::ServiceNow, &article, &rules).fields_for(Side::Platform);
    assert_eq!(fields["description"], Value::text("Turn it off\n\nand on"));
    let edited = record(&[("description", Value::text("Leave it")), ("status", Value::choice("New"))]);
    let plan = plan(&Base::new(), &article, &edited, &rules, &Resolutions::new());
    assert!(plan.fields_for(Side::ServiceNow).is_empty());
}

#[test]
fn either_side_creates_where_the_preset_says_so() {
    let rules = preset("on_call");
    let ticket = choices(&[("title", "Down"), ("status", "Processing"), ("severity", "Critical"), ("labels", "a, b")]);
    assert_eq!(rules.enters(Side::Platform, &ticket, false), Ok(()));
    let fields = plan_creation(Side::Platform, &ticket, &rules).fields_for(Side::ServiceNow);
    assert_eq!((&fields["state"], &fields["urgency"]), (&Value::choice("2"), &Value::choice("1")));
    assert_eq!(fields["u_labels"].as_str(), "a, b");
    assert!(!fields.contains_key("number"));
}

#[test]
fn a_rules_fields_are_single_names() {
    let fields = preset("ownership").servicenow_fields();
    for field in ["priority", "impact", "urgency", "state", "hold_reason", "close_code"] {
        assert!(fields.contains(field), "{field}");
    }
    assert!(preset("on_call").platform_fields().contains("snoozed_until"));
    assert!(fields.iter().all(|field| !field.contains('+')));
}

/// As a database of the first release holds it.
const STORED: &str = include_str!("stored_0001.json");

#[test]
fn a_mapping_of_the_first_release_keeps_its_meaning() {
    let stored: Rules = serde_json::from_str(STORED).expect("stored rules");
    let now = incident_to_desk();
    assert_eq!(stored.servicenow_fields(), now.servicenow_fields());
    let incident =
        choices(&[("category", "inquiry"), ("subcategory", "email"), ("state", "2"), ("short_description", "x")]);
    assert_eq!(stored.enters(Side::ServiceNow, &incident, false), Ok(()));
    let fields = |rules: &Rules| plan_creation(Side::ServiceNow, &incident, rules).fields_for(Side::Platform);
    assert_eq!(fields(&stored), fields(&now));
    assert_eq!(fields(&stored)["kind"], Value::choice("General inquiry"));
    // Only the spelling of the joined field differs, and what did not exist then has its default.
    let mut respelled = stored;
    respelled
        .fields
        .iter_mut()
        .filter(|rule| rule.name == "type")
        .for_each(|rule| rule.servicenow = "category+subcategory".into());
    assert_eq!(respelled, now);
}

#[test]
fn a_base_of_the_first_release_is_still_agreed_on() {
    let stored = r#"{"title":{"type":"text","value":"Printer"},"status":{"type":"choice","value":"New"},"owner":{"type":"user","value":{"email":"ada@example.com","name":"Ada"}},"due":{"type":"moment","value":1700000000000},"description":{"type":"empty"},"type":{"type":"choice","value":"Payroll"}}"#;
    let base: Base = serde_json::from_str(stored).expect("a stored base");
    let incident = record(&[
        ("short_description", Value::text("Printer")),
        ("state", Value::choice("1")),
        ("assigned_to", Value::user("ada@example.com", "Ada L.")),
        ("due_date", Value::Moment(1_700_000_000_000)),
        ("description", Value::Empty),
        ("category", Value::choice("payroll")),
        ("subcategory", Value::Empty),
    ]);
    let ticket = record(&[
        ("title", Value::text("Printer")),
        ("status", Value::choice("New")),
        ("owner", Value::user("ada@example.com", "Ada")),
        ("due", Value::Moment(1_700_000_000_000)),
        ("description", Value::Empty),
        ("kind", Value::choice("Payroll")),
    ]);
    let plan = plan(&base, &incident, &ticket, &incident_to_desk(), &Resolutions::new());
    assert!(plan.decisions.iter().all(|decision| decision.outcome == crate::Outcome::Nothing), "{plan:#?}");
}
