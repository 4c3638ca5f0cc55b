//! Note rules: whether the field is there, and whether people can read what the comment will say.

use super::{Finding, quoted};
use crate::offers::Offers;
use crate::rules::{NoteRule, Rules};
use crate::side::Side;

pub(super) fn against<'a>(rules: &'a Rules, servicenow: &'a Offers) -> impl Iterator<Item = Finding> + 'a {
    rules.notes.iter().flat_map(move |note| {
        let sentences = one(rules, note, servicenow);
        sentences.into_iter().map(|sentence| Finding { rule: note.name.clone(), sentence, ..Finding::default() })
    })
}

fn one(rules: &Rules, note: &NoteRule, servicenow: &Offers) -> Vec<String> {
    let platform = &rules.platform_name;
    let mut found = Vec::new();
    if !rules.direction.allows(Side::Platform) {
        found.push(format!("The connection lets nothing go to {platform}, so it never becomes a comment there."));
    }
    if !note.text.contains("{value}") {
        found.push("The comment does not say the value. Write {value} where it shall stand.".to_owned());
    }
    if !servicenow.has(&note.servicenow) {
        found.push(format!("ServiceNow's table has no field {}. Choose one that is there.", note.servicenow));
        return found;
    }
    let choices = servicenow.choices(&note.servicenow);
    if choices.is_empty() {
        return found;
    }
    let bare = choices.iter().filter(|choice| !note.labels.contains_key(&choice.value) && choice.label != choice.value);
    let bare: Vec<&str> = bare.map(|choice| choice.value.as_str()).collect();
    if !bare.is_empty() {
        let values = quoted(bare.into_iter());
        found.push(format!("No label says what {values} is called, so the comment has the bare value. Add one."));
    }
    let gone = note.labels.keys().filter(|value| choices.iter().all(|choice| choice.value != **value));
    let gone: Vec<&str> = gone.map(String::as_str).collect();
    if !gone.is_empty() {
        let values = quoted(gone.into_iter());
        found.push(format!("{} has no choice {values} any more. Take the label out.", note.servicenow));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::{Choice, Finding, Kind, Offer, Offers, incident_to_desk, lint, lint_against};

    fn with_reasons(reasons: &[&str]) -> Offers {
        let choice =
            |value: &&str| Choice { value: (*value).into(), label: format!("Reason {value}"), ..Choice::default() };
        let choices = reasons.iter().map(choice).collect();
        let offer = Offer { kind: Kind::Choice, choices, ..Offer::default() };
        Offers { fields: [("hold_reason".to_owned(), offer)].into(), is_whole: true, open: None }
    }

    fn told(findings: Vec<Finding>) -> Vec<String> {
        findings
            .into_iter()
            .filter(|finding| finding.rule == "on-hold reason")
            .map(|finding| finding.sentence)
            .collect()
    }

    #[test]
    fn a_note_is_held_against_the_instance() {
        let mut rules = incident_to_desk();
        assert!(told(lint(&rules)).is_empty());
        let against = |rules: &crate::Rules, reasons: &[&str]| {
            told(lint_against(rules, &with_reasons(reasons), &Offers::default()))
        };
        assert!(against(&rules, &["1", "3", "4", "5"]).is_empty());
        let found = against(&rules, &["1", "3", "4", "9"]);
        assert!(found.len() == 2 && found[0].contains("\"9\"") && found[1].contains("\"5\""), "{found:?}");
        rules.notes[0].servicenow = "u_gone".into();
        rules.notes[0].text = "On hold".into();
        let found = against(&rules, &["1"]);
        assert!(found.len() == 2 && found[0].contains("{value}") && found[1].contains("no field u_gone"), "{found:?}");
    }
}
