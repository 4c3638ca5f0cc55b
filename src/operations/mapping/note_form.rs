//! A note rule as a form: the field of ServiceNow that becomes a comment, the comment, and what people call the values.

use super::Typed;
use super::rule_form::{field_name, input, missing, unique_name};
use app::api::Answer;
use app::error::Trouble;
use app::model::{FormInput, FormInputKind, FormSection};
use merge::{NoteRule, Rules};
use std::collections::BTreeMap;

/// One that says nothing yet.
pub(super) fn blank() -> NoteRule {
    let (name, servicenow, text) = (String::new(), String::new(), "{value}".to_owned());
    NoteRule { name, servicenow, text, labels: BTreeMap::new() }
}

/// The form, with what was typed or else what the rule says.
pub(super) fn sections(note: &NoteRule, typed: &Typed) -> Vec<FormSection> {
    let there = |name: &str, now: &str| typed.get(name).cloned().unwrap_or_else(|| now.to_owned());
    let field = FormInputKind::Field { value: there("servicenow", &note.servicenow), side: "servicenow".into() };
    let labels: Vec<String> = note.labels.iter().map(|(value, label)| format!("{value}: {label}")).collect();
    let mut inputs: Vec<FormInput> = vec![
        input("servicenow", "Field in ServiceNow", "Whenever it gets a value, that is told as a comment.", field),
        input(
            "text",
            "Comment",
            "An internal note. {value} stands for the value.",
            FormInputKind::Text(there("text", &note.text)),
        ),
    ];
    if note.name.is_empty() {
        inputs.push(input(
            "name",
            "Name of the rule",
            "Stands in the history. Without one, the rule is named after its field.",
            FormInputKind::Text(there("name", "")),
        ));
    }
    inputs.push(input(
        "labels",
        "What people call the values",
        "One value a line, such as 1: Awaiting Caller. A value without a line stands in the comment as ServiceNow stores it.",
        FormInputKind::Lines(there("labels", &labels.join("\n"))),
    ));
    vec![FormSection { title: String::new(), folded: false, inputs }]
}

/// The rule as it was typed. `note` is the one that is there, a blank one for a new one.
pub(super) fn read(rules: &Rules, note: &NoteRule, typed: &Typed) -> Answer<NoteRule> {
    let text = |name: &str, now: &str| typed.get(name).map_or(now, |text| text.trim()).to_owned();
    let servicenow = field_name("servicenow", "ServiceNow", &text("servicenow", &note.servicenow))?;
    let comment = text("text", &note.text);
    if comment.is_empty() {
        return Err(missing("text", "The comment is empty."));
    }
    let labels = match typed.get("labels") {
        Some(lines) => read_labels(lines)?,
        None => note.labels.clone(),
    };
    let name = if note.name.is_empty() {
        unique_name(rules, &text("name", ""), &[servicenow.replace(['_', '.', '+'], " ")])?
    } else {
        note.name.clone()
    };
    Ok(NoteRule { name, servicenow, text: comment, labels })
}

fn read_labels(text: &str) -> Answer<BTreeMap<String, String>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let pair = line.split_once(':').map(|(value, label)| (value.trim().to_owned(), label.trim().to_owned()));
            pair.filter(|(value, label)| !value.is_empty() && !label.is_empty()).ok_or_else(|| {
                Trouble::new(
                    "MAPPING-LABEL",
                    "What people call a value cannot be read.",
                    &format!("\"{line}\" is not a value, a colon and a label."),
                    "Write one value a line, such as 1: Awaiting Caller.",
                )
                .about("labels")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_untouched_form_says_what_the_rule_says() {
        for preset in merge::presets() {
            for note in &preset.rules.notes {
                let inputs = sections(note, &Typed::new()).into_iter().flat_map(|section| section.inputs);
                let typed = inputs.filter_map(|input| match input.kind {
                    FormInputKind::Text(value) | FormInputKind::Lines(value) | FormInputKind::Field { value, .. } => {
                        Some((input.name, value))
                    }
                    _ => None,
                });
                assert_eq!(read(&preset.rules, note, &typed.collect()).expect("readable"), *note, "{}", preset.id);
            }
        }
    }

    #[test]
    fn a_new_one_is_named_after_its_field_and_never_like_another() {
        let rules = merge::incident_to_desk();
        let new = |pairs: &[(&str, &str)]| read(&rules, &blank(), &typed(pairs));
        assert_eq!(new(&[("servicenow", "close_code")]).expect("a rule").name, "close code");
        assert_eq!(new(&[("servicenow", "status")]).expect("a rule").name, "status 2", "a field rule is called so");
        assert_eq!(new(&[("servicenow", "close_code"), ("name", "title")]).expect_err("taken").field, "name");
    }

    #[test]
    fn what_cannot_be_read_names_its_field() {
        let rules = merge::incident_to_desk();
        for (name, value) in [("servicenow", ""), ("servicenow", "a/b"), ("text", " "), ("labels", "1 Awaiting Caller")]
        {
            let trouble = read(&rules, &rules.notes[0], &typed(&[(name, value)])).expect_err(name);
            assert_eq!(trouble.field, name);
        }
    }
}
