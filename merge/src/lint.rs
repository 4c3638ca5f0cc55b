//! What is wrong with a mapping, said before it is published and not by the first record that meets it.

use crate::convert::Convert;
use crate::deletion::OnDeletion;
use crate::field_rule::{Direction, FieldRule};
use crate::rules::Rules;
use crate::side::Side;
use crate::template;
use crate::value_map::{Row, ValueMap};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule to look at; empty where it is about the connection as a whole.
    pub rule: String,
    /// Names the row where there is one, and says what to do.
    pub sentence: String,
}

/// `status: The row ..`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rule.is_empty() { f.write_str(&self.sentence) } else { write!(f, "{}: {}", self.rule, self.sentence) }
    }
}

/// What a table demands before it takes a state (contract 3.4, 7.2).
const TRANSITIONS: [(&str, &str, &[&str]); 4] = [
    ("incident", "3", &["hold_reason"]),
    ("incident", "6", &["close_code", "close_notes"]),
    ("incident", "7", &["close_code", "close_notes"]),
    ("sn_customerservice_case", "6", &["resolution_code", "close_notes"]),
];

/// Everything found, in the order of the rules. Nothing here keeps a mapping from being used.
pub fn lint(rules: &Rules) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in &rules.fields {
        let sentences = match &rule.convert {
            Convert::Map { map } => value_map(rules, rule, map),
            Convert::Cut { length, mark, .. } => cut(*length, mark),
            Convert::Constant { .. } | Convert::Template { .. } => one_way(rule),
            _ => Vec::new(),
        };
        findings.extend(sentences.into_iter().map(|sentence| Finding { rule: rule.name.clone(), sentence }));
    }
    findings.extend(written_twice(rules));
    findings.extend(unknown_rules(rules));
    findings
}

fn value_map(rules: &Rules, rule: &FieldRule, map: &ValueMap) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut seen = BTreeSet::new();
    let mut by_platform: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &map.rows {
        if !seen.insert(&row.servicenow) {
            sentences.push(format!(
                "The second row for \"{}\" is never reached: the first one counts. Remove one of them.",
                row.servicenow
            ));
        }
        by_platform.entry(&row.platform).or_default().push(row);
    }
    if !rules.allows(rule, Side::ServiceNow) {
        return sentences;
    }
    for (platform, rows) in by_platform {
        let defaults: Vec<&str> = rows.iter().filter(|row| row.default).map(|row| row.servicenow.as_str()).collect();
        match (rows.len(), &defaults[..]) {
            (2.., []) => sentences.push(format!(
                "{} all read as \"{platform}\" and none is marked default, so nobody knows which to write back. Mark one.",
                quoted(rows.iter().map(|row| row.servicenow.as_str()))
            )),
            (_, [_, _, ..]) => sentences.push(format!(
                "{} are all marked default for \"{platform}\". Only the first counts; unmark the others.",
                quoted(defaults.iter().copied())
            )),
            _ => {}
        }
    }
    let written =
        |row: &&Row| row.default || map.rows.iter().filter(|other| other.platform == row.platform).count() == 1;
    for row in map.rows.iter().filter(written) {
        sentences.extend(row_written(rules, rule, row));
    }
    sentences
}

/// A row that is taken on the way to ServiceNow.
fn row_written(rules: &Rules, rule: &FieldRule, row: &Row) -> Vec<String> {
    let mut sentences = Vec::new();
    let parts = rule.parts(Side::ServiceNow);
    if parts == ["state"] {
        for (table, state, fields) in TRANSITIONS {
            let missing: Vec<&str> =
                fields.iter().copied().filter(|field| !row.requires.contains_key(*field)).collect();
            if rules.table == table && row.servicenow == state && !missing.is_empty() {
                sentences.push(format!(
                    "The row \"{}\" ({state}) writes a state for which ServiceNow requires {}. Give the row a template for each.",
                    row.label,
                    missing.join(" and ")
                ));
            }
        }
    }
    if rules.table == "incident" && parts.contains(&"priority") && row.writes.is_empty() {
        sentences.push(format!(
            "The row \"{}\" would write priority, which ServiceNow computes from impact and urgency. Name the two in what the row writes.",
            row.servicenow
        ));
    }
    if row.servicenow.split('/').all(|part| part == "*") && row.writes.is_empty() {
        sentences.push(format!(
            "The row \"{}\" stands for any value, so \"{}\" has nothing to write back. Name the fields to write in that row.",
            row.servicenow, row.platform
        ));
    }
    sentences
}

fn cut(length: usize, mark: &str) -> Vec<String> {
    let marked = mark.chars().count();
    if mark.trim().is_empty() {
        vec![
            "Text is cut without a mark, so people cannot see that something is missing. Give it one, such as \"…\"."
                .into(),
        ]
    } else if marked >= length {
        vec![format!("Text is cut to {length} characters, which leaves no room for the mark \"{mark}\". Allow more.")]
    } else {
        Vec::new()
    }
}

fn one_way(rule: &FieldRule) -> Vec<String> {
    let mut sentences = Vec::new();
    if rule.direction == Direction::Both {
        sentences.push(
            "A constant or template cannot be read back, so it flows to the platform only. Set the direction.".into(),
        );
    }
    if let Convert::Template { text } = &rule.convert
        && template::names_the_edit(text)
    {
        sentences.push(format!("The template \"{text}\" names the time of the edit, so every edit of the record writes it anew. Leave that out."));
    }
    sentences
}

fn written_twice(rules: &Rules) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut names = BTreeSet::new();
    let mut writers: BTreeMap<(Side, &str), &str> = BTreeMap::new();
    for rule in &rules.fields {
        if !names.insert(&rule.name) {
            let sentence =
                format!("Two rules are named \"{}\", and what was agreed on is kept by name. Rename one.", rule.name);
            findings.push(Finding { rule: rule.name.clone(), sentence });
        }
        for side in Side::BOTH.into_iter().filter(|side| rules.allows(rule, *side)) {
            for field in written_fields(rule, side) {
                if let Some(first) = writers.insert((side, field), &rule.name).filter(|first| *first != rule.name) {
                    let sentence = format!(
                        "\"{first}\" and \"{}\" both write {field} in {}, and would overwrite each other. Make one of them one-way.",
                        rule.name,
                        rules.name_of(side)
                    );
                    findings.push(Finding { rule: rule.name.clone(), sentence });
                }
            }
        }
    }
    findings
}

fn written_fields(rule: &FieldRule, side: Side) -> BTreeSet<&str> {
    match (&rule.convert, side) {
        (Convert::Map { map }, Side::ServiceNow) if map.rows.iter().all(|row| !row.writes.is_empty()) => {
            map.rows.iter().flat_map(|row| row.writes.keys().map(String::as_str)).collect()
        }
        _ => rule.parts(side).into_iter().collect(),
    }
}

/// Settings that name a rule which is not there.
fn unknown_rules(rules: &Rules) -> Vec<Finding> {
    let closing = Side::BOTH.into_iter().filter_map(|side| match rules.deletions.of(side) {
        OnDeletion::Close { rule, .. } => Some(("closes what is left by", rule)),
        _ => None,
    });
    rules
        .entry_rule
        .iter()
        .map(|rule| ("lets records enter by", rule))
        .chain(closing)
        .filter(|(_, name)| rules.rule(name).is_none())
        .map(|(what, name)| Finding {
            rule: String::new(),
            sentence: format!(
                "The connection {what} the rule \"{name}\", which is not in the mapping. Choose one that is."
            ),
        })
        .collect()
}

fn quoted<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;
    use crate::{incident_to_desk, presets::presets};

    fn found(rules: &Rules, rule: &str) -> String {
        lint(rules).into_iter().filter(|finding| finding.rule == rule).map(|finding| finding.sentence).collect()
    }

    /// Changes the rule of that name in S1's mapping.
    fn changed(name: &str, change: impl Fn(&mut FieldRule)) -> Rules {
        let mut rules = incident_to_desk();
        rules.fields.iter_mut().filter(|rule| rule.name == name).for_each(change);
        rules
    }

    fn rows(rule: &mut FieldRule) -> &mut Vec<Row> {
        match &mut rule.convert {
            Convert::Map { map } => &mut map.rows,
            _ => panic!("a value map"),
        }
    }

    #[test]
    fn the_presets_are_clean() {
        for preset in presets() {
            assert_eq!(lint(&preset.rules), [], "{}", preset.id);
        }
    }

    #[test]
    fn rows_are_named() {
        let twice = changed("status", |rule| {
            let first = rows(rule)[0].clone();
            rows(rule).push(first);
        });
        assert!(found(&twice, "status").contains("\"1\" is never reached"), "{}", found(&twice, "status"));
        let many = changed("status", |rule| rows(rule)[5].platform = "Closed".into());
        assert!(found(&many, "status").contains("\"7\", \"8\" all read as \"Closed\""));
        let both = changed("status", |rule| {
            for at in [4, 5] {
                rows(rule)[at].platform = "Closed".into();
                rows(rule)[at].default = true;
            }
        });
        assert!(found(&both, "status").contains("all marked default"));
        let bare = changed("status", |rule| {
            rows(rule)[3].requires.remove("close_code");
            rows(rule)[2].requires.clear();
        });
        let sentences = found(&bare, "status");
        assert!(sentences.contains("\"Resolved\" (6)") && sentences.contains("requires close_code."), "{sentences}");
        assert!(sentences.contains("\"On Hold\" (3)") && sentences.contains("hold_reason"));
    }

    #[test]
    fn what_only_comes_from_servicenow_needs_no_way_back() {
        let one_way = changed("status", |rule| {
            rule.direction = Direction::ToPlatform;
            for row in rows(rule) {
                row.platform = "Closed".into();
                row.requires.clear();
            }
        });
        assert_eq!(found(&one_way, "status"), "");
    }

    #[test]
    fn computed_wild_cut_and_one_way_rules_are_told_of() {
        let computed = changed("status", |rule| rule.servicenow = "priority".into());
        assert!(found(&computed, "status").contains("ServiceNow computes"));
        let wild = changed("type", |rule| rows(rule)[0].servicenow = "*/*".into());
        assert!(found(&wild, "type").contains("nothing to write back"));
        let cut = |length, mark: &str| {
            changed("title", |rule| rule.convert = Convert::Cut { on: Side::ServiceNow, length, mark: mark.into() })
        };
        assert!(found(&cut(160, ""), "title").contains("without a mark"));
        assert!(found(&cut(3, "..."), "title").contains("no room"));
        assert_eq!(found(&cut(160, "…"), "title"), "");
        assert!(lint(&cut(160, ""))[0].to_string().starts_with("title: Text is cut"));
        let made = changed("title", |rule| rule.convert = Convert::Template { text: "{number} {edited}".into() });
        assert!(found(&made, "title").contains("read back") && found(&made, "title").contains("time of the edit"));
    }

    #[test]
    fn two_writers_of_one_field_and_rules_that_are_missing_are_told_of() {
        let twice = changed("description", |rule| rule.platform = "title".into());
        assert!(found(&twice, "description").contains("both write title in Desk"));
        let named = changed("description", |rule| rule.name = "title".into());
        assert!(found(&named, "title").contains("named \"title\""));
        let mut rules = incident_to_desk();
        rules.entry_rule = Some("gone".into());
        rules.deletions.on_platform = OnDeletion::Close { rule: "away".into(), value: Value::choice("Closed") };
        assert!(found(&rules, "").contains("\"gone\"") && found(&rules, "").contains("\"away\""));
    }
}
