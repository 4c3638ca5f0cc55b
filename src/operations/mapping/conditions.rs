//! Conditions as rows of a form: field, operator, value, all of which must hold.

use app::api::Answer;
use app::error::Trouble;
use app::model::ConditionRow;
use merge::Condition;
use std::collections::BTreeMap;

/// As many rows as a form may have; two of them are offered empty.
const ROWS: usize = 10;
const SPARE: usize = 2;

/// The rows of a condition that is nothing but tests which all must hold; `None` for any other.
pub(in crate::operations) fn rows(condition: &Condition) -> Option<Vec<ConditionRow>> {
    match condition {
        Condition::All(tests) => tests.iter().map(row).collect(),
        test => row(test).map(|row| vec![row]),
    }
}

fn row(test: &Condition) -> Option<ConditionRow> {
    let (field, operator, value) = match test {
        Condition::Is { field, value } => (field, "is", value.clone()),
        Condition::IsNot { field, value } => (field, "is_not", value.clone()),
        Condition::OneOf { field, values } if values.iter().all(|value| !value.contains(',')) => {
            (field, "one_of", values.join(", "))
        }
        Condition::Contains { field, text } => (field, "contains", text.clone()),
        Condition::Empty { field } => (field, "empty", String::new()),
        Condition::Not(inner) => match inner.as_ref() {
            Condition::Empty { field } => (field, "not_empty", String::new()),
            _ => return None,
        },
        _ => return None,
    };
    Some(ConditionRow { field: field.clone(), operator: operator.to_owned(), value })
}

/// The rows to show: as typed, or else of the condition, with some to fill in.
pub(in crate::operations) fn shown(
    group: &str,
    condition: &Condition,
    typed: &BTreeMap<String, String>,
) -> Vec<ConditionRow> {
    let mut shown = if is_typed(group, typed) {
        typed_rows(group, typed).filter(|row| !row.field.is_empty() || !row.value.is_empty()).collect()
    } else {
        rows(condition).unwrap_or_default()
    };
    let blank = ConditionRow { operator: "is".to_owned(), ..ConditionRow::default() };
    shown.resize((shown.len() + SPARE).min(ROWS.max(shown.len())), blank);
    shown
}

/// The condition that the rows say. Without any row, one that rows cannot say is kept.
pub(in crate::operations) fn read(group: &str, typed: &BTreeMap<String, String>, now: &Condition) -> Answer<Condition> {
    if !is_typed(group, typed) {
        return Ok(now.clone());
    }
    let mut tests = Vec::new();
    for row in typed_rows(group, typed).filter(|row| !row.field.is_empty() || !row.value.is_empty()) {
        tests.push(test(row).map_err(|trouble| trouble.about(group))?);
    }
    if tests.is_empty() && rows(now).is_none() {
        return Ok(now.clone());
    }
    Ok(Condition::All(tests))
}

fn is_typed(group: &str, typed: &BTreeMap<String, String>) -> bool {
    typed.contains_key(&format!("{group}.0.field"))
}

fn typed_rows<'a>(group: &'a str, typed: &'a BTreeMap<String, String>) -> impl Iterator<Item = ConditionRow> + 'a {
    let part = move |at: usize, part: &str| {
        typed.get(&format!("{group}.{at}.{part}")).map(|text| text.trim().to_owned()).unwrap_or_default()
    };
    (0..ROWS).map(move |at| ConditionRow {
        field: part(at, "field"),
        operator: part(at, "operator"),
        value: part(at, "value"),
    })
}

fn test(row: ConditionRow) -> Answer<Condition> {
    let ConditionRow { field, operator, value } = row;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_.: -".contains(letter);
    if field.is_empty() || !field.chars().all(is_plain) {
        return Err(Trouble::new(
            "RULES-CONDITION",
            "A condition names no field.",
            &format!("\"{field}\" is no name of a field: names have letters, digits, dots and underscores."),
            "Type the field's name as the side spells it, such as priority or assignment_group, or empty the row.",
        ));
    }
    if value.is_empty() && !matches!(operator.as_str(), "empty" | "not_empty") {
        return Err(Trouble::new(
            "RULES-CONDITION",
            &format!("The condition on {field} has no value."),
            "It would compare with nothing.",
            "Type a value, or choose \"is empty\".",
        ));
    }
    Ok(match operator.as_str() {
        "is" => Condition::Is { field, value },
        "is_not" => Condition::IsNot { field, value },
        "one_of" => {
            let values = value.split(',').map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
            Condition::OneOf { field, values: values.collect() }
        }
        "contains" => Condition::Contains { field, text: value },
        "empty" => Condition::Empty { field },
        "not_empty" => Condition::Not(Box::new(Condition::Empty { field })),
        other => {
            return Err(Trouble::new(
                "RULES-CONDITION",
                "There is no such comparison.",
                &format!("\"{other}\" is not one of the six."),
                "Choose one from the list.",
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(rows: &[(&str, &str, &str)]) -> BTreeMap<String, String> {
        let parts = rows.iter().enumerate().flat_map(|(at, (field, operator, value))| {
            [("field", field), ("operator", operator), ("value", value)]
                .map(|(part, text)| (format!("g.{at}.{part}"), (*text).to_owned()))
        });
        parts.collect()
    }

    #[test]
    fn what_is_typed_is_shown_again_and_means_what_it_says() {
        let typed = typed(&[
            ("priority", "one_of", "1, 2"),
            ("", "is", ""),
            ("assigned_to", "not_empty", ""),
            ("title", "contains", "VIP"),
        ]);
        let condition = read("g", &typed, &Condition::default()).expect("a condition");
        assert_eq!(
            condition.in_words(),
            "priority is one of 1, 2 and assigned_to is not empty and title contains \"VIP\""
        );
        let again = rows(&condition).expect("rows");
        assert_eq!(shown("g", &condition, &typed)[..3], again[..]);
        assert_eq!(shown("g", &condition, &BTreeMap::new())[..3], again[..]);
    }

    #[test]
    fn a_condition_that_rows_cannot_say_is_kept_until_rows_replace_it() {
        let other = Condition::Any(vec![Condition::Empty { field: "a".into() }]);
        assert_eq!(rows(&other), None);
        assert_eq!(read("g", &typed(&[("", "is", "")]), &other), Ok(other.clone()));
        let replaced = read("g", &typed(&[("b", "empty", "")]), &other).expect("a condition");
        assert_eq!(replaced.in_words(), "b is empty");
        assert_eq!(read("g", &BTreeMap::new(), &replaced), Ok(replaced));
    }

    #[test]
    fn a_row_that_says_nothing_is_named() {
        for row in [("", "is", "1"), ("a field!", "is", "1"), ("a", "is", ""), ("a", "like", "1")] {
            let trouble = read("g", &typed(&[row]), &Condition::default()).expect_err("nothing to compare");
            assert_eq!(trouble.field, "g", "{row:?}");
        }
    }
}
