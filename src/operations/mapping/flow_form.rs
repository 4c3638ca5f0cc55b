//! What a connection as a whole lets through, as a form: what it shows, and what was chosen on it.

use super::rule_form::{DIRECTIONS, STRATEGIES};
use super::{Typed, conditions, map_form, no_such, one_of, options, spelled};
use app::api::Answer;
use app::error::Trouble;
use app::model::{FormInput, FormInputKind, FormSection};
use merge::{Condition, Convert, Direction, OnDeletion, PullBy, Rules, Side, Trigger, Value};

const PULL_BY: [(&str, PullBy); 2] = [("created", PullBy::Created), ("updated", PullBy::Updated)];
/// Begins the choice that sets a status: `close Closed`.
const CLOSE: &str = "close ";
/// The rule whose values say that a record is closed.
const STATUS: &str = "status";

/// The form, with what was typed or else what the rules say.
pub(super) fn sections(rules: &Rules, typed: &Typed) -> Vec<FormSection> {
    let platform = &rules.platform_name;
    let input = |name: &str, label: &str, hint: &str, kind: FormInputKind| FormInput {
        name: name.into(),
        label: label.into(),
        hint: hint.into(),
        only: String::new(),
        kind,
    };
    let choice = |name: &str, label: &str, hint: &str, now: String, options: Vec<(String, String)>| {
        let value = typed.get(name).cloned().unwrap_or(now);
        input(name, label, hint, FormInputKind::Choice { value, options })
    };
    let conditions = |name: &str, label: &str, hint: &str, now: &Condition| {
        let rows = conditions::shown(name, now, typed);
        let kept = if conditions::rows(now).is_none() { now.in_words() } else { String::new() };
        input(name, label, hint, FormInputKind::Conditions { rows, kept })
    };
    let what = FormSection {
        folded: false,
        title: "What is kept the same".into(),
        inputs: vec![
            input(
                "table",
                "Table in ServiceNow",
                "Its name, such as incident. It can be another only while no pair is linked.",
                FormInputKind::Text(typed.get("table").cloned().unwrap_or_else(|| rules.table.clone())),
            ),
            choice(
                "direction",
                "Direction",
                "No field rule goes against this.",
                spelled(rules.direction, &DIRECTIONS),
                options(&[
                    ("both", "Both ways: an edit on either side goes to the other"),
                    ("to_platform", &format!("ServiceNow to {platform} only: nothing is ever written to ServiceNow")),
                    ("to_servicenow", &format!("{platform} to ServiceNow only: nothing is ever written to {platform}")),
                ]),
            ),
            choice(
                "strategy",
                "When both sides changed a field",
                "Single fields may say otherwise, under Fields.",
                spelled(rules.strategy, &STRATEGIES),
                options(&[
                    ("last_write_wins", "The later edit stands"),
                    ("ownership_priority", "The side with the higher priority stands"),
                    ("manual_review", "A person is asked, and the field stays as it is on both sides"),
                ]),
            ),
        ],
    };
    let enters = FormSection {
        folded: false,
        title: format!("Which records of ServiceNow enter {platform}"),
        inputs: vec![
            conditions(
                "entry_servicenow",
                "Only records with",
                "A record that does not meet all of these never enters, whoever asks. Pairs that are linked stay linked.",
                &rules.entry.servicenow,
            ),
            choice(
                "entry_rule",
                "And whose value has a row",
                "In the value map of that rule: a value without a row keeps its records out.",
                rules.entry_rule.clone().unwrap_or_default(),
                entry_rules(rules),
            ),
            choice(
                "trigger_to_platform",
                "They enter",
                "A filter above holds either way.",
                trigger(&rules.triggers.to_platform),
                triggers(),
            ),
            conditions(
                "when_to_platform",
                "By themselves when",
                "Checked whenever the record changes; without a row, at once. Nobody needs them who asks for a record.",
                when(&rules.triggers.to_platform),
            ),
            choice(
                "pull_by",
                "Records from before the connection",
                "What was made earlier can also be brought in by a person.",
                spelled(rules.pull_by, &PULL_BY),
                options(&[
                    ("created", "Stay outside: only records made since then enter"),
                    ("updated", "Enter once they change"),
                ]),
            ),
        ],
    };
    let creates = FormSection {
        folded: false,
        title: format!("Which records of {platform} enter ServiceNow"),
        inputs: vec![
            choice(
                "create_in_servicenow",
                "Creation in ServiceNow",
                "Whether a record that begins in the other system gets a partner in ServiceNow's table.",
                rules.create_in_servicenow.to_string(),
                options(&[
                    ("false", "Off: nothing is created in ServiceNow"),
                    ("true", &format!("On: {platform}'s records are created in ServiceNow")),
                ]),
            ),
            conditions(
                "entry_platform",
                "Only records with",
                "A record that does not meet all of these never enters, whoever asks.",
                &rules.entry.platform,
            ),
            choice(
                "trigger_to_servicenow",
                "They enter",
                "Only where creation is on.",
                trigger(&rules.triggers.to_servicenow),
                triggers(),
            ),
            conditions(
                "when_to_servicenow",
                "By themselves when",
                "Checked whenever the record changes; without a row, at once.",
                when(&rules.triggers.to_servicenow),
            ),
        ],
    };
    let deletions = FormSection {
        folded: false,
        title: "When a record is deleted".into(),
        inputs: Side::BOTH
            .map(|side| {
                let label = format!("In {}: then {}'s", rules.name_of(side), rules.name_of(side.other()));
                let hint = "Only for what is known to be deleted: a record that is hidden from the account never counts. \
                            It is done once, and the history tells it.";
                let now = policy(rules.deletions.of(side));
                choice(deletion_name(side), &label, hint, now, policies(rules))
            })
            .into(),
    };
    vec![what, enters, creates, deletions]
}

/// The rules with what was chosen; what was not on the form stays.
pub(super) fn read(mut rules: Rules, typed: &Typed) -> Answer<Rules> {
    if let Some(table) = typed.get("table") {
        rules.table = table_name(table)?;
    }
    if let Some(chosen) = typed.get("direction") {
        rules.direction = one_of("direction", chosen, &DIRECTIONS)?;
    }
    if let Some(chosen) = typed.get("strategy") {
        rules.strategy = one_of("strategy", chosen, &STRATEGIES)?;
    }
    if let Some(chosen) = typed.get("pull_by") {
        rules.pull_by = one_of("pull_by", chosen, &PULL_BY)?;
    }
    if let Some(chosen) = typed.get("entry_rule") {
        if entry_rules(&rules).iter().all(|(there, _)| there != chosen) {
            return Err(no_such("entry_rule", chosen));
        }
        rules.entry_rule = (!chosen.is_empty()).then(|| chosen.clone());
    }
    if let Some(chosen) = typed.get("create_in_servicenow") {
        rules.create_in_servicenow = one_of("create_in_servicenow", chosen, &[("true", true), ("false", false)])?;
    }
    rules.entry.servicenow = conditions::read("entry_servicenow", typed, &rules.entry.servicenow)?;
    rules.entry.platform = conditions::read("entry_platform", typed, &rules.entry.platform)?;
    rules.triggers.to_platform =
        read_trigger(&rules.triggers.to_platform, typed, "trigger_to_platform", "when_to_platform")?;
    rules.triggers.to_servicenow =
        read_trigger(&rules.triggers.to_servicenow, typed, "trigger_to_servicenow", "when_to_servicenow")?;
    for side in Side::BOTH {
        let name = deletion_name(side);
        let Some(chosen) = typed.get(name) else { continue };
        if policies(&rules).iter().all(|(value, _)| value != chosen) {
            return Err(no_such(name, chosen));
        }
        let policy = read_policy(chosen);
        match side {
            Side::ServiceNow => rules.deletions.in_servicenow = policy,
            Side::Platform => rules.deletions.on_platform = policy,
        }
    }
    if rules.create_in_servicenow && rules.direction == Direction::ToPlatform {
        return Err(Trouble::new(
            "RULES-DIRECTION",
            "Nothing can be created in ServiceNow.",
            "The direction lets nothing be written there.",
            "Choose another direction, or turn the creation off.",
        )
        .about("create_in_servicenow"));
    }
    Ok(rules)
}

/// What was chosen differently, in words.
pub(super) fn differences(before: &Rules, after: &Rules) -> Vec<String> {
    let said = |rules: &Rules| -> Vec<(String, String)> {
        sections(rules, &Typed::new()).into_iter().flat_map(|section| section.inputs).map(in_words).collect()
    };
    let (was, is) = (said(before), said(after));
    was.into_iter()
        .zip(is)
        .filter(|((_, was), (_, is))| was != is)
        .map(|((label, was), (_, is))| format!("{label}: {is}. Until now: {was}."))
        .collect()
}

fn in_words(input: FormInput) -> (String, String) {
    let words = match input.kind {
        FormInputKind::Text(value) | FormInputKind::Lines(value) | FormInputKind::Field { value, .. } => value,
        FormInputKind::Choice { value, options } => {
            let words = options.into_iter().find(|(option, _)| *option == value).map(|(_, words)| words);
            words.unwrap_or(value)
        }
        FormInputKind::Conditions { rows, kept } => {
            let rows = rows.iter().filter(|row| !row.field.is_empty());
            let said: Vec<String> = rows
                .map(|row| format!("{} {} {}", row.field, row.operator.replace('_', " "), row.value).trim().to_owned())
                .collect();
            let none = if kept.is_empty() { "no condition".to_owned() } else { kept };
            if said.is_empty() { none } else { said.join(" and ") }
        }
    };
    (input.label, words)
}

/// A plain name, so that nothing else can be asked for by it.
fn table_name(text: &str) -> Answer<String> {
    let table = text.trim();
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if table.starts_with(|first: char| first.is_ascii_lowercase()) && table.chars().all(is_plain) {
        return Ok(table.to_owned());
    }
    Err(Trouble::new(
        "RULES-TABLE",
        "This is no name of a table.",
        "A table's name in ServiceNow has small letters, digits and underscores, such as sn_customerservice_case.",
        "Take the name, and not the label, from System Definition > Tables.",
    )
    .about("table"))
}

/// The rules with a value map, and none.
fn entry_rules(rules: &Rules) -> Vec<(String, String)> {
    let maps = rules.fields.iter().filter_map(|rule| Some((rule.name.clone(), map_form::map_of(rule)?.title.clone())));
    let mut options = vec![(String::new(), "Any value".to_owned())];
    options.extend(maps);
    // One that is gone is shown until somebody chooses another.
    if let Some(gone) = rules.entry_rule.as_ref().filter(|name| options.iter().all(|(there, _)| there != *name)) {
        options.push((gone.clone(), format!("{gone} (there is no such rule)")));
    }
    options
}

fn triggers() -> Vec<(String, String)> {
    options(&[
        ("automatic", "By themselves, when the conditions below hold"),
        ("manual", "When a person asks for it, record by record"),
    ])
}

fn trigger(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Automatic { .. } => "automatic",
        Trigger::Manual => "manual",
    }
    .to_owned()
}

fn when(trigger: &Trigger) -> &Condition {
    const ALWAYS: &Condition = &Condition::All(Vec::new());
    match trigger {
        Trigger::Automatic { when } => when,
        Trigger::Manual => ALWAYS,
    }
}

fn read_trigger(now: &Trigger, typed: &Typed, name: &str, when_name: &str) -> Answer<Trigger> {
    match typed.get(name).map(String::as_str) {
        None => Ok(now.clone()),
        Some("manual") => Ok(Trigger::Manual),
        Some("automatic") => Ok(Trigger::Automatic { when: conditions::read(when_name, typed, when(now))? }),
        Some(other) => Err(no_such(name, other)),
    }
}

/// By the side that the record is gone from.
fn deletion_name(gone: Side) -> &'static str {
    match gone {
        Side::ServiceNow => "deletion_in_servicenow",
        Side::Platform => "deletion_on_platform",
    }
}

fn policies(rules: &Rules) -> Vec<(String, String)> {
    let mut policies = options(&[
        ("keep", "Is kept, and a person is told"),
        ("unlink", "Is kept and no longer linked; nobody is told"),
        ("delete", "Is deleted too, for good"),
    ]);
    if let Some(Convert::Map { map }) = rules.rule(STATUS).map(|rule| &rule.convert) {
        for row in &map.rows {
            let value = format!("{CLOSE}{}", row.platform);
            if policies.iter().all(|(there, _)| *there != value) {
                policies.push((value, format!("Gets the status \"{}\"", row.platform)));
            }
        }
    }
    policies
}

fn policy(policy: &OnDeletion) -> String {
    match policy {
        OnDeletion::Keep => "keep".to_owned(),
        OnDeletion::Unlink => "unlink".to_owned(),
        OnDeletion::Delete => "delete".to_owned(),
        OnDeletion::Close { value, .. } => format!("{CLOSE}{}", value.plain()),
    }
}

fn read_policy(chosen: &str) -> OnDeletion {
    match chosen {
        "unlink" => OnDeletion::Unlink,
        "delete" => OnDeletion::Delete,
        other => match other.strip_prefix(CLOSE) {
            Some(value) => OnDeletion::Close { rule: STATUS.to_owned(), value: Value::choice(value) },
            None => OnDeletion::Keep,
        },
    }
}
