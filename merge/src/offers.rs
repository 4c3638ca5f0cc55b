//! What a side offers to a mapping: its fields and their choices, as far as anybody may know them.

use crate::kind::Kind;
use std::collections::BTreeMap;

/// One choice of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// The value of another field with which alone it can be chosen; empty where it always can.
    pub depends_on: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// What people call it.
    pub label: String,
    pub kind: Kind,
    pub is_read_only: bool,
    /// In the side's order; empty where anything can be typed or nothing is known.
    pub choices: Vec<Choice>,
}

/// By the fields' names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    pub fields: BTreeMap<String, Offer>,
    /// Whether these are all of them.
    pub is_whole: bool,
    /// A field whose name begins so may be made by a mapping.
    pub open: Option<&'static str>,
}

impl Offers {
    /// Whether the side has such a field. Nothing is known to be missing where not all are known; a field of a record that
    /// is referred to is the other record's.
    pub fn has(&self, field: &str) -> bool {
        let is_open = self.open.is_some_and(|open| field.strip_prefix(open).is_some_and(|name| !name.is_empty()));
        let first = field.split('.').next().unwrap_or_default();
        !self.is_whole || is_open || self.fields.contains_key(field) || self.fields.contains_key(first)
    }

    pub fn kind(&self, field: &str) -> Option<Kind> {
        self.fields.get(field).map(|offer| offer.kind)
    }

    pub fn choices(&self, field: &str) -> &[Choice] {
        self.fields.get(field).map(|offer| offer.choices.as_slice()).unwrap_or_default()
    }

    /// The values that joined fields can have, as rows of a value map spell them, each with its label. A choice that
    /// depends on another stands with that one; the first field's choices stand alone as well.
    pub fn joined(&self, fields: &[&str]) -> Vec<(String, String)> {
        let mut values: Vec<(String, String)> = Vec::new();
        for (place, field) in fields.iter().enumerate() {
            let choices = self.choices(field);
            if place == 0 {
                values = choices.iter().map(|choice| (choice.value.clone(), choice.label.clone())).collect();
                continue;
            }
            let is_dependent = choices.iter().any(|choice| !choice.depends_on.is_empty());
            let longer =
                values.iter().filter(|(value, _)| value.split('/').count() == place).flat_map(|(value, label)| {
                    let last = value.rsplit('/').next().unwrap_or_default();
                    let fits = choices.iter().filter(move |choice| !is_dependent || choice.depends_on == last);
                    fits.map(move |choice| (format!("{value}/{}", choice.value), format!("{label} / {}", choice.label)))
                });
            let longer: Vec<_> = longer.collect();
            // Without dependence no part can be left out.
            if !is_dependent && !longer.is_empty() {
                values.clear();
            }
            values.extend(longer);
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(value: &str, depends_on: &str) -> Choice {
        Choice { value: value.into(), label: value.to_uppercase(), depends_on: depends_on.into() }
    }

    fn offers(fields: &[(&str, &[Choice])]) -> Offers {
        let offer = |choices: &[Choice]| Offer { choices: choices.to_vec(), ..Offer::default() };
        let fields = fields.iter().map(|(name, choices)| ((*name).to_owned(), offer(choices))).collect();
        Offers { fields, is_whole: true, open: Some("custom.") }
    }

    #[test]
    fn dependent_choices_stand_with_what_they_depend_on_and_others_with_all() {
        let offers = offers(&[
            ("category", &[choice("inquiry", ""), choice("network", "")]),
            ("subcategory", &[choice("email", "inquiry"), choice("vpn", "network")]),
            ("impact", &[choice("1", ""), choice("2", "")]),
        ]);
        let values = |fields: &[&str]| offers.joined(fields).into_iter().map(|(value, _)| value).collect::<Vec<_>>();
        assert_eq!(values(&["category", "subcategory"]), ["inquiry", "network", "inquiry/email", "network/vpn"]);
        assert_eq!(values(&["impact", "impact"]), ["1/1", "1/2", "2/1", "2/2"]);
        assert_eq!(values(&["impact", "free"]), ["1", "2"]);
        assert_eq!(offers.joined(&["category", "subcategory"])[2].1, "INQUIRY / EMAIL");
    }

    #[test]
    fn where_not_all_is_known_nothing_is_missing() {
        assert!(Offers::default().has("anything"));
        let offers = offers(&[("caller_id", &[])]);
        assert!(offers.has("caller_id.email") && offers.has("custom.room"));
        assert!(!offers.has("caller") && !offers.has("custom."));
    }
}
