//! Value maps: rows that pair choice values, read as a lens.
//!
//! Many ServiceNow values may share one platform value. The platform's value is the canonical one.
//! Laws (property tests below): writing what was just read changes nothing; reading what was just
//! written gives it back.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One pair of values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// As stored in ServiceNow. `category` also covers `category/anything` unless that has a row.
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
}

/// A value for which there is no row, with a sentence that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmapped {
    pub value: String,
    pub sentence: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueMap {
    /// `Status`, `Category to ticket type`: named in messages.
    pub title: String,
    pub rows: Vec<Row>,
}

impl ValueMap {
    /// ServiceNow's value, read as the platform's.
    pub fn get(&self, servicenow: &str) -> Result<&str, Unmapped> {
        self.row_of(servicenow).map(|row| row.platform.as_str()).ok_or_else(|| Unmapped {
            value: servicenow.to_owned(),
            sentence: format!(
                "{} has no row for ServiceNow's value \"{servicenow}\". Add the row to the mapping, or change the value.",
                self.title
            ),
        })
    }

    /// The platform's value, written over ServiceNow's present one: kept when it already means the same,
    /// otherwise the default row, otherwise the only row.
    pub fn put(&self, present: &str, platform: &str) -> Result<Target<'_>, Unmapped> {
        if let Some(row) = self.row_of(present)
            && row.platform == platform
        {
            return Ok(Target { value: present.to_owned(), row });
        }
        let mut rows = self.rows.iter().filter(|row| row.platform == platform);
        let first = rows.next();
        let many = rows.next().is_some();
        let chosen = self.rows.iter().find(|row| row.platform == platform && row.default);
        match (chosen, first, many) {
            (Some(row), _, _) | (None, Some(row), false) => Ok(Target { value: row.servicenow.clone(), row }),
            (None, Some(_), true) => Err(Unmapped {
                value: platform.to_owned(),
                sentence: format!(
                    "{} has several ServiceNow values for \"{platform}\" and none is marked default. Mark one.",
                    self.title
                ),
            }),
            (None, None, _) => Err(Unmapped {
                value: platform.to_owned(),
                sentence: format!("{} has no row for \"{platform}\". Add the row to the mapping.", self.title),
            }),
        }
    }

    fn row_of(&self, servicenow: &str) -> Option<&Row> {
        let parent = servicenow.split('/').next().unwrap_or(servicenow);
        self.rows
            .iter()
            .find(|row| row.servicenow == servicenow)
            .or_else(|| self.rows.iter().find(|row| row.servicenow == parent))
    }
}

/// What to write, and the row that said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    pub value: String,
    pub row: &'a Row,
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
            requires: BTreeMap::new(),
        }
    }

    /// Any map, many to one included, with or without defaults.
    fn maps() -> impl Strategy<Value = ValueMap> {
        proptest::collection::btree_map("[a-d]{1,2}(/[x-z])?", ("[P-S]", any::<bool>()), 1..8).prop_map(|pairs| {
            ValueMap {
                title: "Status".into(),
                rows: pairs.iter().map(|(s, (p, default))| row(s, p, *default)).collect(),
            }
        })
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
        fn reading_what_was_written_gives_it_back(map in maps(), present in "[a-d]{1,2}(/[x-z])?", wanted in "[P-S]") {
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
        let map = ValueMap {
            title: "Status".into(),
            rows: vec![row("6", "Closed", false), row("7", "Closed", true), row("8", "Closed", false)],
        };
        assert_eq!(map.put("8", "Closed").unwrap().value, "8");
        assert_eq!(map.put("2", "Closed").unwrap().value, "7");
    }

    #[test]
    fn a_subcategory_follows_its_category_unless_it_has_a_row() {
        let map = ValueMap {
            title: "Category".into(),
            rows: vec![row("inquiry", "General inquiry", true), row("inquiry/email", "Mail", false)],
        };
        assert_eq!(map.get("inquiry/antivirus").unwrap(), "General inquiry");
        assert_eq!(map.get("inquiry/email").unwrap(), "Mail");
        assert_eq!(map.put("inquiry/antivirus", "General inquiry").unwrap().value, "inquiry/antivirus");
        assert!(map.get("hardware").unwrap_err().sentence.contains("hardware"));
    }
}
