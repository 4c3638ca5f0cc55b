//! What is wrong with a mapping, said before it is published and not by the first record that meets it.

mod fields;
mod notes;
mod value_map;

pub use value_map::demanded;

use crate::convert::Convert;
use crate::deletion::OnDeletion;
use crate::field_rule::{Direction, FieldRule};
use crate::offers::Offers;
use crate::rules::Rules;
use crate::side::Side;
use crate::template;
use std::fmt;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The rule to look at; empty where it is about the connection as a whole.
    pub rule: String,
    /// The row of its value map, counted from 0.
    pub row: Option<usize>,
    /// A choice of ServiceNow that has no row; empty for any other finding.
    pub choice: String,
    /// Names the row where there is one, and says what to do.
    pub sentence: String,
}

/// `status: The row ..`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rule.is_empty() { f.write_str(&self.sentence) } else { write!(f, "{}: {}", self.rule, self.sentence) }
    }
}

/// A finding about a rule that is still to be named.
struct About {
    row: Option<usize>,
    choice: String,
    sentence: String,
}

impl About {
    fn rule(sentence: String) -> Self {
        Self { row: None, choice: String::new(), sentence }
    }

    fn row(at: usize, sentence: String) -> Self {
        Self { row: Some(at), ..Self::rule(sentence) }
    }

    fn of(self, rule: &FieldRule) -> Finding {
        let Self { row, choice, sentence } = self;
        Finding { rule: rule.name.clone(), row, choice, sentence }
    }
}

/// Everything found, in the order of the rules. Nothing here keeps a mapping from being used.
pub fn lint(rules: &Rules) -> Vec<Finding> {
    lint_against(rules, &Offers::default(), &Offers::default())
}

/// The same beside what the two sides have.
pub fn lint_against(rules: &Rules, servicenow: &Offers, platform: &Offers) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in &rules.fields {
        let mut found = match &rule.convert {
            Convert::Map { map } => {
                let mut found = value_map::rows(rules, rule, map);
                found.extend(value_map::against(rules, rule, map, servicenow));
                found
            }
            Convert::Cut { length, mark, .. } => cut(*length, mark),
            Convert::Constant { .. } | Convert::Template { .. } => one_way(rule),
            Convert::Same | Convert::Html { .. } => Vec::new(),
        };
        found.extend(fields::against(rules, rule, servicenow, platform));
        findings.extend(found.into_iter().map(|about| about.of(rule)));
    }
    findings.extend(notes::against(rules, servicenow));
    findings.extend(fields::written_twice(rules));
    findings.extend(fields::loops(rules));
    findings.extend(unknown_rules(rules));
    findings
}

fn cut(length: usize, mark: &str) -> Vec<About> {
    let marked = mark.chars().count();
    let sentence = if mark.trim().is_empty() {
        "Text is cut without a mark, so people cannot see that something is missing. Give it one, such as \"…\".".into()
    } else if marked >= length {
        format!("Text is cut to {length} characters, which leaves no room for the mark \"{mark}\". Allow more.")
    } else {
        return Vec::new();
    };
    vec![About::rule(sentence)]
}

fn one_way(rule: &FieldRule) -> Vec<About> {
    let mut found = Vec::new();
    if rule.direction == Direction::Both {
        found.push(About::rule(
            "A constant or template cannot be read back, so it flows to the platform only. Set the direction.".into(),
        ));
    }
    if let Convert::Template { text } = &rule.convert
        && template::names_the_edit(text)
    {
        found.push(About::rule(format!("The template \"{text}\" names the time of the edit, so every edit of the record writes it anew. Leave that out.")));
    }
    found
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
            sentence: format!(
                "The connection {what} the rule \"{name}\", which is not in the mapping. Choose one that is."
            ),
            ..Finding::default()
        })
        .collect()
}

fn quoted<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;
    use crate::offers::{Choice, Offer};
    use crate::value::Value;
    use crate::value_map::Row;
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

    fn offered(fields: &[(&str, Kind, &[&str])]) -> Offers {
        let offer = |kind: Kind, choices: &[&str]| Offer {
            kind,
            choices: choices
                .iter()
                .map(|value| Choice { value: (*value).into(), label: format!("<{value}>"), ..Choice::default() })
                .collect(),
            ..Offer::default()
        };
        let fields = fields.iter().map(|(name, kind, choices)| ((*name).to_owned(), offer(*kind, choices))).collect();
        Offers { fields, is_whole: true, open: None }
    }

    fn found_beside(rules: &Rules, servicenow: &Offers) -> Vec<Finding> {
        let findings = lint_against(rules, servicenow, &Offers::default());
        findings.into_iter().filter(|finding| finding.rule == "status").collect()
    }

    #[test]
    fn rows_are_held_against_the_choices_of_the_instance() {
        let states = ["1", "2", "3", "6", "7", "8"];
        let all = offered(&[("state", Kind::Choice, &states)]);
        assert_eq!(found_beside(&incident_to_desk(), &all), []);
        let more = offered(&[("state", Kind::Choice, &["1", "2", "3", "6", "7", "9"])]);
        let found = found_beside(&incident_to_desk(), &more);
        let gone = found.iter().find(|finding| finding.row == Some(5)).expect("the row of 8");
        assert!(gone.sentence.contains("no choice \"8\""), "{}", gone.sentence);
        let open = found.iter().find(|finding| finding.choice == "9").expect("the choice 9");
        assert!(open.sentence.contains("\"<9>\" (9) has no row"), "{}", open.sentence);

        let covered = changed("status", |rule| {
            rows(rule).push(Row { servicenow: "*".into(), platform: "New".into(), ..Row::default() });
        });
        let found = found_beside(&covered, &all);
        assert!(
            found.iter().any(|finding| finding.row == Some(6) && finding.sentence.contains("nearer row")),
            "{found:?}"
        );

        let codes = offered(&[("close_code", Kind::Choice, &["Fixed"])]);
        let found = found_beside(&incident_to_desk(), &codes);
        assert_eq!(found.iter().filter_map(|finding| finding.row).collect::<Vec<_>>(), [3, 4]);
        assert!(
            found[0].sentence.contains("\"Solution provided\" into close_code")
                && found[0].sentence.contains("\"Fixed\"")
        );
    }

    #[test]
    fn a_category_without_a_row_keeps_records_out_and_is_no_fault_of_the_rule_that_lets_them_enter() {
        let categories =
            offered(&[("category", Kind::Choice, &["inquiry", "network"]), ("subcategory", Kind::Choice, &[])]);
        let about = |rules: &Rules| {
            let findings = lint_against(rules, &categories, &Offers::default());
            findings.into_iter().filter(|finding| finding.choice == "network").count()
        };
        assert_eq!(about(&incident_to_desk()), 0);
        assert_eq!(about(&Rules { entry_rule: None, ..incident_to_desk() }), 1);
    }

    #[test]
    fn fields_that_are_not_there_take_nothing_or_do_not_fit_are_told_of() {
        let mut servicenow = offered(&[("short_description", Kind::Text, &[]), ("due_date", Kind::Moment, &[])]);
        let platform = offered(&[("title", Kind::Text, &[]), ("due", Kind::Boolean, &[])]);
        let rules = Rules::new(vec![
            FieldRule::same("title", "short_description", "title"),
            FieldRule::same("due", "due_date", "due"),
            FieldRule::same("gone", "u_gone", "title.x"),
        ]);
        let of = |servicenow: &Offers, rule: &str| -> String {
            let findings = lint_against(&rules, servicenow, &platform).into_iter();
            findings.filter(|finding| finding.rule == rule).map(|finding| finding.sentence).collect()
        };
        assert_eq!(of(&servicenow, "title"), "");
        assert!(
            of(&servicenow, "due").contains("cannot be kept in Desk as true or false"),
            "{}",
            of(&servicenow, "due")
        );
        assert!(of(&servicenow, "gone").contains("ServiceNow has no field u_gone"));
        if let Some(offer) = servicenow.fields.get_mut("short_description") {
            offer.is_read_only = true;
        }
        assert!(of(&servicenow, "title").contains("read-only in ServiceNow"));
    }

    #[test]
    fn values_that_turn_in_circles_are_told_of_and_a_rule_alone_never_does() {
        let made = FieldRule {
            direction: Direction::ToPlatform,
            convert: Convert::Template { text: "{short_description} ({priority})".into() },
            ..FieldRule::same("made", "short_description", "title")
        };
        let back =
            FieldRule { direction: Direction::ToServicenow, ..FieldRule::same("back", "short_description", "title") };
        let sentences = |rules: Vec<FieldRule>| -> String {
            lint(&Rules::new(rules)).into_iter().map(|finding| finding.to_string()).collect()
        };
        let found = sentences(vec![made.clone(), back.clone()]);
        assert!(found.starts_with("made: What this rule writes comes back by \"back\""), "{found}");
        assert_eq!(sentences(vec![made]), "");
        let there =
            FieldRule { direction: Direction::ToPlatform, ..FieldRule::same("there", "short_description", "title") };
        assert_eq!(sentences(vec![there, back]), "", "copies come to rest");
    }

    proptest::proptest! {
        /// With nothing known of the sides, no finding speaks of what they have; and whatever is known, none is lost.
        #[test]
        fn knowing_more_only_finds_more(states in proptest::collection::btree_set("[1-9]", 0..6), drop in 0_usize..6) {
            let rules = changed("status", |rule| { rows(rule).remove(drop); });
            let values: Vec<&str> = states.iter().map(String::as_str).collect();
            let beside = lint_against(&rules, &offered(&[("state", Kind::Choice, &values)]), &Offers::default());
            for finding in lint(&rules) {
                proptest::prop_assert!(beside.contains(&finding));
            }
            for state in &states {
                let is_mapped = match &rules.rule("status").expect("there").convert {
                    Convert::Map { map } => map.row_of(state).is_some(),
                    _ => false,
                };
                proptest::prop_assert_eq!(beside.iter().any(|finding| finding.choice == *state), !is_mapped);
            }
        }
    }
}
