//! What one mapping says and another does not, in words: field rules, rows of value maps, notes. What the connection as a
//! whole lets through is a form of its own and is told by that.

use crate::convert::Convert;
use crate::field_rule::{Against, Direction, FieldRule, NoMatch, Owner, Strategy};
use crate::rules::{NoteRule, Rules};
use crate::side::Side;
use crate::value_map::{Row, ValueMap};
use std::collections::BTreeMap;

/// Each with the rule that it is about; empty for the connection as a whole.
pub fn differences(before: &Rules, after: &Rules) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for rule in &after.fields {
        let sentences = match before.rule(&rule.name) {
            None => vec![format!("New: {}.", after.in_words(rule))],
            Some(was) => changed(before, was, after, rule),
        };
        told.extend(sentences.into_iter().map(|sentence| (rule.name.clone(), sentence)));
    }
    for rule in before.fields.iter().filter(|rule| after.rule(&rule.name).is_none()) {
        let sentence = format!(
            "Removed: {}. What both sides hold stays; it is not kept the same any more.",
            before.in_words(rule)
        );
        told.push((rule.name.clone(), sentence));
    }
    told.extend(notes(before, after));
    let whole = [
        ("Platform", before.platform_name.clone(), after.platform_name.clone()),
        ("Conflict window", milliseconds(before.conflict_window), milliseconds(after.conflict_window)),
    ];
    told.extend(whole.into_iter().filter_map(|(what, was, is)| Some((String::new(), moved(what, &was, &is)?))));
    told
}

fn milliseconds(count: i64) -> String {
    format!("{count} ms")
}

fn moved(what: &str, was: &str, is: &str) -> Option<String> {
    (was != is).then(|| format!("{what}: {is}. Until now: {was}."))
}

fn changed(before: &Rules, was: &FieldRule, after: &Rules, is: &FieldRule) -> Vec<String> {
    let mut sentences: Vec<String> = aspects(before, was)
        .into_iter()
        .zip(aspects(after, is))
        .filter_map(|((what, was), (_, is))| moved(what, &was, &is))
        .collect();
    if let (Convert::Map { map: was }, Convert::Map { map: is }) = (&was.convert, &is.convert) {
        sentences.extend(rows(was, is));
    }
    sentences
}

/// Everything that a rule says, part by part, in words.
pub fn aspects(rules: &Rules, rule: &FieldRule) -> Vec<(&'static str, String)> {
    let name_of = |side: Side| rules.name_of(side).to_owned();
    let platform = &rules.platform_name;
    vec![
        ("ServiceNow's field", rule.servicenow.clone()),
        ("The other field", rule.platform.clone()),
        (
            "Direction",
            match rule.direction {
                Direction::Both => "both ways".into(),
                Direction::ToPlatform => format!("ServiceNow to {platform} only"),
                Direction::ToServicenow => format!("{platform} to ServiceNow only"),
            },
        ),
        ("Transform", said(rule.convert.in_words(name_of), "as it is")),
        (
            "Owner",
            match rule.owner {
                Owner::Shared => "nobody".into(),
                Owner::Servicenow => "ServiceNow".into(),
                Owner::Platform => platform.clone(),
            },
        ),
        ("Enforced", if rule.enforce { "yes: the owner's value comes back" } else { "no" }.into()),
        ("Priority", format!("ServiceNow {}, {platform} {}", rule.priority.0, rule.priority.1)),
        ("When both sides changed it", rule.strategy.map_or("as the connection says", strategy).into()),
        (
            "An edit that may not cross",
            match rule.against {
                Against::Leave => "stands where it is",
                Against::Restore => "is undone",
            }
            .into(),
        ),
        (
            "A user whom the other side has not got",
            match &rule.no_match {
                NoMatch::Create => "is made there".into(),
                NoMatch::StandIn { email } => format!("is replaced by {email}"),
                NoMatch::LeaveEmpty => "is left out, with a warning".into(),
            },
        ),
        (
            "Applies",
            rule.when.as_ref().map_or_else(
                || "always".into(),
                |when| format!("when in {} {}", rules.name_of(when.on), when.holds.in_words()),
            ),
        ),
        ("Note", said(rule.note.clone(), "none")),
    ]
}

fn said(words: String, otherwise: &str) -> String {
    if words.is_empty() { otherwise.into() } else { words }
}

fn strategy(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::LastWriteWins => "the later edit stands",
        Strategy::OwnershipPriority => "the side with the higher priority stands",
        Strategy::ManualReview => "a person is asked",
    }
}

fn rows(before: &ValueMap, after: &ValueMap) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.extend(moved("Name of the value map", &before.title, &after.title));
    let find = |map: &ValueMap, value: &str| map.rows.iter().find(|row| row.servicenow == value).cloned();
    for row in &after.rows {
        match find(before, &row.servicenow) {
            None => sentences.push(format!("New row: {}.", row_in_words(row))),
            Some(was) if was != *row => {
                sentences.push(format!("Row: {}. Until now: {}.", row_in_words(row), row_in_words(&was)));
            }
            Some(_) => {}
        }
    }
    let gone = before.rows.iter().filter(|row| find(after, &row.servicenow).is_none());
    sentences.extend(gone.map(|row| format!("Row removed: {}.", row_in_words(row))));
    sentences
}

/// `"Resolved" (6) is "Closed", written back, with close_code: Fixed`
fn row_in_words(row: &Row) -> String {
    let label = if row.label.is_empty() { &row.servicenow } else { &row.label };
    let mut words = vec![format!("\"{label}\" ({}) is \"{}\"", row.servicenow, row.platform)];
    if row.default {
        words.push("written back".to_owned());
    }
    for (what, fields) in [("with", &row.requires), ("there with", &row.platform_requires), ("written as", &row.writes)]
    {
        if !fields.is_empty() {
            words.push(format!("{what} {}", listed(fields)));
        }
    }
    words.join(", ")
}

fn listed(fields: &BTreeMap<String, String>) -> String {
    fields.iter().map(|(field, value)| format!("{field}: {value}")).collect::<Vec<_>>().join(", ")
}

fn notes(before: &Rules, after: &Rules) -> Vec<(String, String)> {
    let find = |rules: &Rules, name: &str| rules.notes.iter().find(|note| note.name == name).cloned();
    let words = |note: &NoteRule| {
        let labels = if note.labels.is_empty() { String::new() } else { format!(", with {}", listed(&note.labels)) };
        format!("{} becomes the comment \"{}\"{labels}", note.servicenow, note.text)
    };
    let mut told = Vec::new();
    for note in &after.notes {
        match find(before, &note.name) {
            None => told.push((note.name.clone(), format!("New: {}.", words(note)))),
            Some(was) if was != *note => {
                told.push((note.name.clone(), format!("{}. Until now: {}.", words(note), words(&was))));
            }
            Some(_) => {}
        }
    }
    let gone = before.notes.iter().filter(|note| find(after, &note.name).is_none());
    told.extend(gone.map(|note| (note.name.clone(), format!("Removed: {}.", words(note)))));
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{incident_to_desk, presets};

    #[test]
    fn a_mapping_differs_from_itself_in_nothing_and_from_every_other_in_something() {
        let all = presets();
        for one in &all {
            for other in &all {
                let told = differences(&one.rules, &other.rules);
                assert_eq!(told.is_empty(), one.id == other.id, "{} {}", one.id, other.id);
            }
        }
    }

    #[test]
    fn what_changed_is_said_with_what_was() {
        let before = incident_to_desk();
        let mut after = before.clone();
        after.fields.remove(0);
        let rule = |name: &str| after.fields.iter().position(|rule| rule.name == name).expect("there");
        let (title, status) = (rule("title"), rule("status"));
        after.fields[title].direction = Direction::ToPlatform;
        after.fields[title].strategy = Some(Strategy::ManualReview);
        if let Convert::Map { map } = &mut after.fields[status].convert {
            map.rows[5].platform = "Closed".into();
            map.rows[4].default = true;
            map.rows.remove(0);
        }
        after.fields.push(FieldRule::same("room", "location", "custom.room"));
        after.notes.clear();
        after.conflict_window = 0;
        let told: Vec<String> =
            differences(&before, &after).into_iter().map(|(rule, sentence)| format!("{rule}: {sentence}")).collect();
        for words in [
            "title: Direction: ServiceNow to Desk only. Until now: both ways.",
            "title: When both sides changed it: a person is asked. Until now: as the connection says.",
            "status: Row: \"Canceled\" (8) is \"Closed\". Until now: \"Canceled\" (8) is \"Cancelled\".",
            "status: Row removed: \"New\" (1) is \"New\".",
            "room: New: rule \"room\" (location to custom.room, both ways).",
            "on-hold reason: Removed: hold_reason becomes the comment",
            ": Conflict window: 0 ms. Until now: 5000 ms.",
        ] {
            assert!(told.iter().any(|sentence| sentence.starts_with(words)), "{words} is not in {told:#?}");
        }
        assert!(told.iter().any(|sentence| sentence.contains("(7) is \"Closed\", written back, with close_code")));
        assert!(
            told.iter().any(|sentence| sentence.starts_with("incident number: Removed") && sentence.contains("stays"))
        );
    }
}
