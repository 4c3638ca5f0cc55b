//! Rows of value maps.

use super::{About, quoted};
use crate::field_rule::FieldRule;
use crate::offers::Offers;
use crate::rules::Rules;
use crate::side::Side;
use crate::value_map::{Row, ValueMap};
use std::collections::{BTreeMap, BTreeSet};

/// What a table demands before it takes a state (contract 3.4, 7.2).
const TRANSITIONS: [(&str, &str, &[&str]); 4] = [
    ("incident", "3", &["hold_reason"]),
    ("incident", "6", &["close_code", "close_notes"]),
    ("incident", "7", &["close_code", "close_notes"]),
    ("sn_customerservice_case", "6", &["resolution_code", "close_notes"]),
];

/// The fields that ServiceNow demands along with a state of a table.
pub fn demanded(table: &str, state: &str) -> &'static [&'static str] {
    let found = TRANSITIONS.iter().find(|(of, with, _)| *of == table && *with == state);
    found.map(|(_, _, fields)| *fields).unwrap_or_default()
}

pub(super) fn rows(rules: &Rules, rule: &FieldRule, map: &ValueMap) -> Vec<About> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut by_platform: BTreeMap<&str, Vec<(usize, &Row)>> = BTreeMap::new();
    for (at, row) in map.rows.iter().enumerate() {
        if !seen.insert(&row.servicenow) {
            found.push(About::row(
                at,
                format!(
                    "The second row for \"{}\" is never reached: the first one counts. Remove one of them.",
                    row.servicenow
                ),
            ));
        }
        if row.platform.is_empty() {
            found.push(About::row(
                at,
                format!(
                    "The row \"{}\" has no value for {}. Name one, or remove the row.",
                    row.servicenow, rules.platform_name
                ),
            ));
        }
        by_platform.entry(&row.platform).or_default().push((at, row));
    }
    if !rules.allows(rule, Side::ServiceNow) {
        return found;
    }
    for (platform, rows) in by_platform.into_iter().filter(|(platform, _)| !platform.is_empty()) {
        let defaults: Vec<_> = rows.iter().filter(|(_, row)| row.default).collect();
        match (&rows[..], &defaults[..]) {
            ([(first, _), _, ..], []) => found.push(About::row(
                *first,
                format!(
                    "{} all read as \"{platform}\" and none is marked default, so nobody knows which to write back. Mark one.",
                    quoted(rows.iter().map(|(_, row)| row.servicenow.as_str()))
                ),
            )),
            (_, [_, (second, _), ..]) => found.push(About::row(
                *second,
                format!(
                    "{} are all marked default for \"{platform}\". Only the first counts; unmark the others.",
                    quoted(defaults.iter().map(|(_, row)| row.servicenow.as_str()))
                ),
            )),
            _ => {}
        }
    }
    for (at, row) in map.rows.iter().enumerate().filter(|(_, row)| is_written(map, row)) {
        found.extend(written(rules, rule, row).into_iter().map(|sentence| About::row(at, sentence)));
    }
    found
}

/// Whether a row is taken on the way to ServiceNow.
fn is_written(map: &ValueMap, row: &Row) -> bool {
    row.default || map.rows.iter().filter(|other| other.platform == row.platform).count() == 1
}

fn written(rules: &Rules, rule: &FieldRule, row: &Row) -> Vec<String> {
    let mut sentences = Vec::new();
    let parts = rule.parts(Side::ServiceNow);
    if parts == ["state"] {
        let demanded = demanded(&rules.table, &row.servicenow).iter().copied();
        let missing: Vec<&str> = demanded.filter(|field| !row.requires.contains_key(*field)).collect();
        if !missing.is_empty() {
            sentences.push(format!(
                "The row \"{}\" ({}) writes a state for which ServiceNow requires {}. Give the row a template for each.",
                row.label,
                row.servicenow,
                missing.join(" and ")
            ));
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

/// The rows beside the choices that the instance has.
pub(super) fn against(rules: &Rules, rule: &FieldRule, map: &ValueMap, offers: &Offers) -> Vec<About> {
    let values = offers.joined(&rule.parts(Side::ServiceNow));
    let mut found = Vec::new();
    if !values.is_empty() {
        let nearest: BTreeSet<usize> =
            values.iter().filter_map(|(value, _)| position(map, map.row_of(value)?)).collect();
        for (at, row) in map.rows.iter().enumerate().filter(|(at, _)| !nearest.contains(at)) {
            // The same value twice is told of already.
            if map.rows[..at].iter().any(|earlier| earlier.servicenow == row.servicenow) {
                continue;
            }
            let alone = ValueMap { title: String::new(), rows: vec![row.clone()] };
            let sentence = if values.iter().any(|(value, _)| alone.row_of(value).is_some()) {
                format!(
                    "The row \"{}\" is never reached: every choice that it stands for has a nearer row. Remove it.",
                    row.servicenow
                )
            } else {
                format!(
                    "ServiceNow has no choice \"{}\" for {} (any more). Remove the row, or correct its value.",
                    row.servicenow, rule.servicenow
                )
            };
            found.push(About::row(at, sentence));
        }
        found.extend(unmapped(rules, rule, map, &values));
    }
    for (at, row) in map.rows.iter().enumerate() {
        for (field, value) in row.requires.iter().chain(&row.writes) {
            let choices = offers.choices(field);
            if !value.contains('{') && !choices.is_empty() && choices.iter().all(|choice| choice.value != *value) {
                let sentence = format!(
                    "The row \"{}\" writes \"{value}\" into {field}, which is no choice of that field in ServiceNow. \
                     There are {}.",
                    row.servicenow,
                    quoted(choices.iter().take(12).map(|choice| choice.value.as_str()))
                );
                found.push(About::row(at, sentence));
            }
        }
    }
    found
}

/// Choices without a row. Where records enter by this rule, that is how they are kept out.
fn unmapped(rules: &Rules, rule: &FieldRule, map: &ValueMap, values: &[(String, String)]) -> Vec<About> {
    if rules.entry_rule.as_ref() == Some(&rule.name) || !rules.allows(rule, Side::Platform) {
        return Vec::new();
    }
    let is_open = |value: &str| map.row_of(value).is_none();
    let is_told = |value: &str| {
        value
            .rsplit_once('/')
            .is_some_and(|(first, _)| is_open(first) && values.iter().any(|(other, _)| other == first))
    };
    let open = values.iter().filter(|(value, _)| is_open(value) && !is_told(value));
    open.map(|(value, label)| About {
        choice: value.clone(),
        ..About::rule(format!(
            "ServiceNow's choice \"{label}\" ({value}) has no row: a record that has it waits for a person. Add a row."
        ))
    })
    .collect()
}

fn position(map: &ValueMap, row: &Row) -> Option<usize> {
    map.rows.iter().position(|other| std::ptr::eq(other, row))
}
