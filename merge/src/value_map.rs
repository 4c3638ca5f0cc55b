//! Value maps: rows that pair choice values, read as a lens.
//!
//! Many ServiceNow values may share one platform value. The platform's value is the canonical one.
//! Laws (property tests below): writing what was just read changes nothing; reading what was just
//! written gives it back.
//!
//! Where a rule joins several ServiceNow fields, their values are joined with `/`, and so are the parts of a row:
//! `inquiry/email`. A part `*` stands for any value, and parts left out at the end do as well: `inquiry` covers
//! `inquiry/email` unless that has a row of its own. The row that names most parts counts; among equals the first.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const ANY: &str = "*";

/// One pair of values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// As stored in ServiceNow.
    pub servicenow: String,
    /// What people see for it there.
    pub label: String,
    pub platform: String,
    /// Taken on the way back when several rows share the platform value.
    #[serde(default)]
    pub default: bool,
    /// Fields that ServiceNow requires with this value, each with its template.
    #[serde(default)]
    pub requires: BTreeMap<String, String>,
    /// The same for the platform: `snoozed_until: {edited+2h}`.
    #[serde(default)]
    pub platform_requires: BTreeMap<String, String>,
    /// Written to ServiceNow instead of the value itself, where that is computed there: a priority follows from
    /// `impact: 1` and `urgency: 1`.
    #[serde(default)]
    pub writes: BTreeMap<String, String>,
}

/// A value that cannot cross, with a sentence that says why and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmapped {
    pub value: String,
    pub sentence: String,
    /// The rule says to go on without it: a warning, and nobody must act.
    pub is_warning: bool,
}

impl Unmapped {
    pub(crate) fn new(value: &str, sentence: String) -> Self {
        Self { value: value.to_owned(), sentence, is_warning: false }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueMap {
    /// `Status`, `Category to ticket type`: named in messages.
    pub title: String,
    pub rows: Vec<Row>,
}

/// What to write, and the row that said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    pub value: String,
    pub row: &'a Row,
}

impl ValueMap {
    /// ServiceNow's value, read as the platform's.
    pub fn get(&self, servicenow: &str) -> Result<&str, Unmapped> {
        self.row_of(servicenow).map(|row| row.platform.as_str()).ok_or_else(|| {
            let sentence = format!(
                "{} has no row for ServiceNow's value \"{servicenow}\". Add the row to the mapping, or change the value.",
                self.title
            );
            Unmapped::new(servicenow, sentence)
        })
    }

    /// The platform's value, written over ServiceNow's present one: kept when it already means the same,
    /// otherwise the default row, otherwise the only row.
    pub fn put(&self, present: &str, platform: &str) -> Result<Target<'_>, Unmapped> {
        if let Some(row) = self.row_of(present).filter(|row| row.platform == platform) {
            return Ok(Target { value: present.to_owned(), row });
        }
        let mut rows = self.rows.iter().filter(|row| row.platform == platform);
        let first = rows.next();
        let many = rows.next().is_some();
        let chosen = self.rows.iter().find(|row| row.platform == platform && row.default);
        match (chosen, first, many) {
            (Some(row), _, _) | (None, Some(row), false) => self.target(row, present),
            (None, Some(_), true) => Err(Unmapped::new(
                platform,
                format!(
                    "{} has several ServiceNow values for \"{platform}\" and none is marked default. Mark one.",
                    self.title
                ),
            )),
            (None, None, _) => Err(Unmapped::new(
                platform,
                format!("{} has no row for \"{platform}\". Add the row to the mapping.", self.title),
            )),
        }
    }

    /// The row that reads a ServiceNow value.
    pub fn row_of(&self, servicenow: &str) -> Option<&Row> {
        // `max_by_key` takes the last of equals, and the first row counts.
        self.rows
            .iter()
            .rev()
            .filter_map(|row| Some((row, likeness(&row.servicenow, servicenow)?)))
            .max_by_key(|(_, likeness)| *likeness)
            .map(|(row, _)| row)
    }

    /// What a row writes: its parts, with the present ones where it says any.
    fn target<'a>(&'a self, row: &'a Row, present: &str) -> Result<Target<'a>, Unmapped> {
        if !row.writes.is_empty() || !row.servicenow.split('/').any(|part| part == ANY) {
            let value = row.servicenow.clone();
            // Another row may be nearer to what this one would write.
            return if row.writes.is_empty() { self.checked(row, value) } else { Ok(Target { value, row }) };
        }
        let mut there = present.split('/');
        let parts: Vec<&str> = row
            .servicenow
            .split('/')
            .map(|part| {
                let present = there.next().unwrap_or_default();
                if part == ANY { present } else { part }
            })
            .collect();
        self.checked(row, parts.join("/").trim_end_matches('/').to_owned())
    }

    fn checked<'a>(&'a self, row: &'a Row, value: String) -> Result<Target<'a>, Unmapped> {
        match self.row_of(&value) {
            Some(read) if read.platform == row.platform => Ok(Target { value, row }),
            _ => Err(Unmapped::new(
                &row.platform,
                format!(
                    "{}: the row \"{}\" for \"{}\" would write \"{value}\", which does not read as that. Name the \
                     fields to write in that row.",
                    self.title, row.servicenow, row.platform
                ),
            )),
        }
    }
}

/// How near a row's value is to a given one: the same above all, then by the parts that it names. `None` for another
/// value.
fn likeness(row: &str, value: &str) -> Option<usize> {
    if row == value {
        return Some(usize::MAX);
    }
    if value.is_empty() {
        return None;
    }
    let mut parts = value.split('/');
    let mut named = 0;
    for part in row.split('/') {
        let there = parts.next().unwrap_or_default();
        if part == there {
            named += 1;
        } else if part != ANY {
            return None;
        }
    }
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(servicenow: &str, platform: &str, default: bool) -> Row {
        Row {
            servicenow: servicenow.into(),
            label: servicenow.into(),
            platform: platform.into(),
            default,
            ..Row::default()
        }
    }

    fn map(rows: &[(&str, &str, bool)]) -> ValueMap {
        ValueMap { title: "Status".into(), rows: rows.iter().map(|(s, p, default)| row(s, p, *default)).collect() }
    }

    /// Any map, many to one and wildcards included, with or without defaults.
    fn maps() -> impl Strategy<Value = ValueMap> {
        proptest::collection::btree_map("([a-c]{1,2}|\\*)(/[x-z*])?", ("[P-S]", any::<bool>()), 1..8).prop_map(
            |pairs| ValueMap {
                title: "Status".into(),
                rows: pairs.iter().map(|(s, (p, default))| row(s, p, *default)).collect(),
            },
        )
    }

    proptest! {
        #[test]
        fn writing_what_was_read_changes_nothing(map in maps(), value in "[a-d]{1,2}(/[x-z])?") {
            if let Ok(read) = map.get(&value) {
                let read = read.to_owned();
                prop_assert_eq!(map.put(&value, &read).unwrap().value, value);
            }
        }

        #[test]
        fn reading_what_was_written_gives_it_back(map in maps(), present in "([a-d]{1,2}(/[x-z])?)?", wanted in "[P-S]") {
            if let Ok(target) = map.put(&present, &wanted) {
                prop_assert_eq!(map.get(&target.value).unwrap(), wanted);
            }
        }

        #[test]
        fn a_refusal_names_the_value(map in maps(), present in "[a-d]{1,2}", wanted in "[P-Z]") {
            if let Err(unmapped) = map.put(&present, &wanted) {
                prop_assert!(unmapped.sentence.contains(&wanted));
            }
        }
    }

    #[test]
    fn a_present_value_that_still_fits_is_kept() {
        let map = map(&[("6", "Closed", false), ("7", "Closed", true), ("8", "Closed", false)]);
        assert_eq!(map.put("8", "Closed").unwrap().value, "8");
        assert_eq!(map.put("2", "Closed").unwrap().value, "7");
    }

    #[test]
    fn a_subcategory_follows_its_category_unless_it_has_a_row() {
        let map = map(&[("inquiry", "General inquiry", true), ("inquiry/email", "Mail", false)]);
        assert_eq!(map.get("inquiry/antivirus").unwrap(), "General inquiry");
        assert_eq!(map.get("inquiry/email").unwrap(), "Mail");
        assert_eq!(map.put("inquiry/antivirus", "General inquiry").unwrap().value, "inquiry/antivirus");
        assert!(map.get("hardware").unwrap_err().sentence.contains("hardware"));
    }

    #[test]
    fn any_stands_for_what_is_there_and_the_nearest_row_counts() {
        let map =
            map(&[("*/1", "Loud", false), ("1/*", "Critical", false), ("1/3", "Odd", false), ("*", "Rest", false)]);
        assert_eq!(map.get("1/2").unwrap(), "Critical");
        assert_eq!(map.get("1/3").unwrap(), "Odd");
        assert_eq!(map.get("1/1").unwrap(), "Loud", "equally near: the first");
        assert_eq!(map.get("4/4").unwrap(), "Rest");
        assert_eq!(map.put("4/2", "Critical").unwrap().value, "1/2");
        let unmapped = map.put("4/3", "Critical").unwrap_err();
        assert!(unmapped.sentence.contains("\"1/3\""), "it would read as Odd: {}", unmapped.sentence);
    }
}
