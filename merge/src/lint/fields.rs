//! The fields of the rules: who writes which, whether they are there, and whether values can turn in circles.

use super::{About, Finding};
use crate::convert::Convert;
use crate::field_rule::FieldRule;
use crate::offers::Offers;
use crate::rules::Rules;
use crate::side::Side;
use crate::template;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn written_twice(rules: &Rules) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut names = BTreeSet::new();
    let mut writers: BTreeMap<(Side, &str), &str> = BTreeMap::new();
    for rule in &rules.fields {
        if !names.insert(&rule.name) {
            let sentence =
                format!("Two rules are named \"{}\", and what was agreed on is kept by name. Rename one.", rule.name);
            findings.push(About::rule(sentence).of(rule));
        }
        for side in Side::BOTH.into_iter().filter(|side| rules.allows(rule, *side)) {
            for field in written_fields(rule, side) {
                if let Some(first) = writers.insert((side, field), &rule.name).filter(|first| *first != rule.name) {
                    let sentence = format!(
                        "\"{first}\" and \"{}\" both write {field} in {}, and would overwrite each other. Make one of them one-way.",
                        rule.name,
                        rules.name_of(side)
                    );
                    findings.push(About::rule(sentence).of(rule));
                }
            }
        }
    }
    findings
}

fn written_fields(rule: &FieldRule, side: Side) -> BTreeSet<&str> {
    match (&rule.convert, side) {
        (Convert::Map { map }, Side::ServiceNow)
            if !map.rows.is_empty() && map.rows.iter().all(|row| !row.writes.is_empty()) =>
        {
            map.rows.iter().flat_map(|row| row.writes.keys().map(String::as_str)).collect()
        }
        _ => rule.parts(side).into_iter().collect(),
    }
}

fn read_fields(rule: &FieldRule, side: Side) -> BTreeSet<&str> {
    match &rule.convert {
        Convert::Constant { .. } => BTreeSet::new(),
        Convert::Template { text } => template::fields(text).collect(),
        _ => rule.parts(side).into_iter().collect(),
    }
}

/// Values that come back changed by other rules than they went by, and go again: each time another value.
pub(super) fn loops(rules: &Rules) -> Vec<Finding> {
    struct Way<'a> {
        rule: &'a FieldRule,
        reads: BTreeSet<(Side, &'a str)>,
        writes: BTreeSet<(Side, &'a str)>,
    }
    let ways: Vec<Way> = rules
        .fields
        .iter()
        .flat_map(|rule| {
            Side::BOTH.into_iter().filter(|to| rules.allows(rule, *to)).map(move |to| Way {
                rule,
                reads: read_fields(rule, to.other()).into_iter().map(|field| (to.other(), field)).collect(),
                writes: written_fields(rule, to).into_iter().map(|field| (to, field)).collect(),
            })
        })
        .collect();
    // A rule does not go in circles by itself: its transform is a lens.
    let follows = |from: usize, to: usize| {
        ways[from].rule.name != ways[to].rule.name && !ways[from].writes.is_disjoint(&ways[to].reads)
    };
    let mut findings = Vec::new();
    let mut told = BTreeSet::new();
    for (start, way) in ways.iter().enumerate() {
        if matches!(way.rule.convert, Convert::Same) || told.contains(&way.rule.name) {
            continue;
        }
        if let Some(circle) = circle(start, ways.len(), follows) {
            let names: Vec<&str> = circle.iter().map(|at| ways[*at].rule.name.as_str()).collect();
            told.extend(circle.iter().map(|at| &ways[*at].rule.name));
            let sentence = format!(
                "What this rule writes comes back by \"{}\" and is changed again each time it goes round. Make one of them \
                 a rule in both directions, or let it read another field.",
                names[1..].join("\", \"")
            );
            findings.push(About::rule(sentence).of(way.rule));
        }
    }
    findings
}

/// The shortest way from a place back to itself.
fn circle(start: usize, places: usize, follows: impl Fn(usize, usize) -> bool) -> Option<Vec<usize>> {
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = way[way.len() - 1];
        if way.len() > 1 && follows(last, start) {
            return Some(way);
        }
        for next in (0..places).filter(|next| *next != start && follows(last, *next)) {
            if seen.insert(next) {
                ways.push_back([way.as_slice(), &[next]].concat());
            }
        }
    }
    None
}

/// Fields that a side has not got, that take nothing, or whose values the other side cannot hold.
pub(super) fn against(rules: &Rules, rule: &FieldRule, servicenow: &Offers, platform: &Offers) -> Vec<About> {
    let mut found = Vec::new();
    for (side, offers) in [(Side::ServiceNow, servicenow), (Side::Platform, platform)] {
        let here = rules.name_of(side);
        for field in rule.parts(side) {
            if !offers.has(field) {
                found.push(About::rule(format!(
                    "{here} has no field {field} that this account may know of. Correct the name, or add the field there."
                )));
            } else if rules.allows(rule, side) && offers.fields.get(field).is_some_and(|offer| offer.is_read_only) {
                found.push(About::rule(format!(
                    "{field} is read-only in {here}, so what is written there is dropped. Let the rule go the other way only."
                )));
            }
        }
    }
    let is_plain = matches!(rule.convert, Convert::Same);
    if let ([one], [other]) = (&rule.parts(Side::ServiceNow)[..], &rule.parts(Side::Platform)[..])
        && let (Some(theirs), Some(ours)) = (servicenow.kind(one), platform.kind(other))
        && is_plain
    {
        let ways = [(Side::Platform, theirs, ours), (Side::ServiceNow, ours, theirs)];
        for (to, from_kind, to_kind) in ways.into_iter().filter(|(to, ..)| rules.allows(rule, *to)) {
            if !from_kind.fits(to_kind) {
                found.push(About::rule(format!(
                    "What is {} cannot be kept in {} as {}. Choose another field or a transform.",
                    from_kind.in_words(),
                    rules.name_of(to),
                    to_kind.in_words()
                )));
            }
        }
    }
    found
}
