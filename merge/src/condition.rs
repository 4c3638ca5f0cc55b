//! Conditions on a record's fields: which records enter, which triggers fire, when a rule applies.
//!
//! A field that is hidden from the account makes a test neither true nor false: [`Condition::holds`] answers `None`
//! unless the rest of the condition decides alone, and nothing is done on a guess.

use crate::record::Record;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// `{"all": [{"is": {"field": "priority", "value": "1"}}, {"not": {"empty": {"field": "assigned_to"}}}]}`
///
/// Values are compared as the side stores them: a choice by its value, a user by e-mail, a reference by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Is {
        field: String,
        value: String,
    },
    IsNot {
        field: String,
        value: String,
    },
    OneOf {
        field: String,
        values: Vec<String>,
    },
    /// Anywhere in the value, upper and lower case alike.
    Contains {
        field: String,
        text: String,
    },
    Empty {
        field: String,
    },
}

/// No condition at all: it holds for every record.
impl Default for Condition {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Condition {
    /// `None` when it depends on a field that the side did not show.
    pub fn holds(&self, record: &Record) -> Option<bool> {
        let test = |field: &str, passes: &dyn Fn(&Value) -> bool| record.value_of(field).map(|value| passes(&value));
        match self {
            Self::All(conditions) => all(conditions.iter().map(|condition| condition.holds(record))),
            Self::Any(conditions) => {
                all(conditions.iter().map(|condition| condition.holds(record).map(|is| !is))).map(|none| !none)
            }
            Self::Not(condition) => condition.holds(record).map(|is| !is),
            Self::Is { field, value } => test(field, &|present| present.plain() == value.as_str()),
            Self::IsNot { field, value } => test(field, &|present| present.plain() != value.as_str()),
            Self::OneOf { field, values } => {
                test(field, &|present| values.iter().any(|value| present.plain() == value.as_str()))
            }
            Self::Contains { field, text } => {
                test(field, &|present| present.plain().to_lowercase().contains(&text.to_lowercase()))
            }
            Self::Empty { field } => test(field, &Value::is_empty),
        }
    }

    /// Every field that it asks for.
    pub fn fields(&self) -> BTreeSet<&str> {
        match self {
            Self::All(conditions) | Self::Any(conditions) => conditions.iter().flat_map(Self::fields).collect(),
            Self::Not(condition) => condition.fields(),
            Self::Is { field, .. }
            | Self::IsNot { field, .. }
            | Self::OneOf { field, .. }
            | Self::Contains { field, .. }
            | Self::Empty { field } => BTreeSet::from([field.as_str()]),
        }
    }

    /// The condition as the end of a sentence: `priority is 1 and assigned_to is not empty`.
    pub fn in_words(&self) -> String {
        let joined = |conditions: &[Self], word: &str| {
            let parts: Vec<String> = conditions
                .iter()
                .map(|condition| match condition {
                    Self::All(inner) | Self::Any(inner) if inner.len() > 1 => format!("({})", condition.in_words()),
                    _ => condition.in_words(),
                })
                .collect();
            parts.join(word)
        };
        match self {
            Self::All(conditions) if conditions.is_empty() => "always".into(),
            Self::Any(conditions) if conditions.is_empty() => "never".into(),
            Self::All(conditions) => joined(conditions, " and "),
            Self::Any(conditions) => joined(conditions, " or "),
            Self::Not(condition) => match condition.as_ref() {
                Self::Empty { field } => format!("{field} is not empty"),
                other => format!("not ({})", other.in_words()),
            },
            Self::Is { field, value } => format!("{field} is {value}"),
            Self::IsNot { field, value } => format!("{field} is not {value}"),
            Self::OneOf { field, values } => format!("{field} is one of {}", values.join(", ")),
            Self::Contains { field, text } => format!("{field} contains \"{text}\""),
            Self::Empty { field } => format!("{field} is empty"),
        }
    }
}

/// One that fails decides; otherwise one that nobody knows leaves it open.
fn all(results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut is_known = true;
    for result in results {
        match result {
            Some(false) => return Some(false),
            Some(true) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Fields;
    use proptest::prelude::*;

    fn conditions() -> impl Strategy<Value = Condition> {
        let field = || "[abc]".prop_map(String::from);
        let leaf = prop_oneof![
            (field(), "[xy]").prop_map(|(field, value)| Condition::Is { field, value }),
            (field(), "[xy]").prop_map(|(field, value)| Condition::IsNot { field, value }),
            (field(), proptest::collection::vec("[xyz]", 0..3))
                .prop_map(|(field, values)| Condition::OneOf { field, values }),
            (field(), "[xyXY]").prop_map(|(field, text)| Condition::Contains { field, text }),
            field().prop_map(|field| Condition::Empty { field }),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Condition::All),
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Condition::Any),
                inner.prop_map(|inner| Condition::Not(Box::new(inner))),
            ]
        })
    }

    fn record(fields: &[(&str, &str)]) -> Record {
        let fields: Fields = fields.iter().map(|(name, value)| ((*name).to_owned(), Value::choice(value))).collect();
        Record { fields, ..Record::default() }
    }

    proptest! {
        #[test]
        fn an_answer_with_a_hidden_field_is_right_whatever_the_field_holds(condition in conditions(), b in "[xyz]?", c in "[xyz]?") {
            if let Some(answer) = condition.holds(&record(&[("b", &b), ("c", &c)])) {
                for a in ["", "x", "y", "z"] {
                    prop_assert_eq!(condition.holds(&record(&[("a", a), ("b", &b), ("c", &c)])), Some(answer));
                }
            }
        }

        #[test]
        fn with_all_fields_shown_there_is_always_an_answer_and_it_reads_back_from_json(condition in conditions(), a in "[xyz]?") {
            let record = record(&[("a", &a), ("b", "x"), ("c", "")]);
            let answer = condition.holds(&record);
            prop_assert!(answer.is_some());
            let json = serde_json::to_string(&condition).expect("JSON");
            let back: Condition = serde_json::from_str(&json).expect("a condition");
            prop_assert_eq!(back.holds(&record), answer);
            prop_assert_eq!(Condition::Not(Box::new(condition)).holds(&record), answer.map(|is| !is));
        }
    }

    #[test]
    fn it_is_said_in_words() {
        let json = r#"{"all": [{"any": [{"is": {"field": "priority", "value": "1"}}, {"contains": {"field": "title", "text": "VIP"}}]}, {"not": {"empty": {"field": "assigned_to"}}}]}"#;
        let condition: Condition = serde_json::from_str(json).expect("a condition");
        assert_eq!(condition.in_words(), "(priority is 1 or title contains \"VIP\") and assigned_to is not empty");
        assert_eq!(Condition::default().in_words(), "always");
        assert_eq!(condition.fields(), BTreeSet::from(["assigned_to", "priority", "title"]));
    }
}
