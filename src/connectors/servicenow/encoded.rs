//! A condition of ours as ServiceNow's encoded query (contract 2.3), to count what it finds.

use super::dictionary::Columns;
use merge::{Condition, Kind};

/// `None` for a condition that an encoded query cannot say without meaning something else.
pub(super) fn encoded(condition: &Condition, columns: &Columns) -> Option<String> {
    match condition {
        Condition::All(tests) => {
            let tests: Option<Vec<String>> = tests.iter().map(|test| encoded(test, columns)).collect();
            Some(tests?.into_iter().filter(|test| !test.is_empty()).collect::<Vec<_>>().join("^"))
        }
        Condition::Is { field, value } => Some(format!("{}={}", asked(field, columns), escaped(value))),
        Condition::IsNot { field, value } => Some(format!("{}!={}", asked(field, columns), escaped(value))),
        // A list is split at its commas, and nothing escapes one.
        Condition::OneOf { field, values } if values.iter().all(|value| !value.contains(',')) => {
            let values: Vec<String> = values.iter().map(|value| escaped(value)).collect();
            Some(format!("{}IN{}", asked(field, columns), values.join(",")))
        }
        Condition::Contains { field, text } => Some(format!("{}LIKE{}", asked(field, columns), escaped(text))),
        Condition::Empty { field } => Some(format!("{field}ISEMPTY")),
        Condition::Not(inner) => match inner.as_ref() {
            Condition::Empty { field } => Some(format!("{field}ISNOTEMPTY")),
            _ => None,
        },
        Condition::Any(_) | Condition::OneOf { .. } => None,
    }
}

/// Users are compared by their e-mail.
fn asked(field: &str, columns: &Columns) -> String {
    if columns.kind_of(field) == Kind::User { format!("{field}.email") } else { field.to_owned() }
}

/// `^` begins a new condition; doubled, it stands for itself.
fn escaped(value: &str) -> String {
    value.replace('^', "^^")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_tests_are_said_and_nothing_else_is_guessed() {
        let is = |field: &str, value: &str| Condition::Is { field: field.into(), value: value.into() };
        let all = Condition::All(vec![
            is("priority", "1"),
            is("assigned_to", "beth@example.com"),
            Condition::Contains { field: "short_description".into(), text: "a^b".into() },
            Condition::OneOf { field: "state".into(), values: vec!["1".into(), "2".into()] },
            Condition::Not(Box::new(Condition::Empty { field: "due_date".into() })),
        ]);
        let columns = Columns::default();
        assert_eq!(
            encoded(&all, &columns).expect("said"),
            "priority=1^assigned_to.email=beth@example.com^short_descriptionLIKEa^^b^stateIN1,2^due_dateISNOTEMPTY"
        );
        assert_eq!(encoded(&Condition::default(), &columns).as_deref(), Some(""));
        assert_eq!(encoded(&Condition::Any(vec![is("a", "1"), is("b", "2")]), &columns), None);
        assert_eq!(encoded(&Condition::OneOf { field: "a".into(), values: vec!["1,2".into()] }, &columns), None);
    }
}
