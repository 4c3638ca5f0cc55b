//! A value that a person types in place of both sides' values.

use crate::clock;
use crate::store::Conflict;
use app::api::Answer;
use app::error::Trouble;
use app::model::ValueInput;
use merge::{Convert, FieldRule, Kind, Value};

/// How it is typed.
pub(super) fn input(rule: Option<&FieldRule>, conflict: &Conflict) -> ValueInput {
    if let Some(Convert::Map { map }) = rule.map(|rule| &rule.convert) {
        let mut choices: Vec<String> = map.rows.iter().map(|row| row.platform.clone()).collect();
        choices.sort();
        choices.dedup();
        return ValueInput::Choice(choices);
    }
    match example(conflict) {
        Some(Value::Moment(_)) => ValueInput::Moment,
        Some(Value::Date(_)) => ValueInput::Date,
        Some(Value::Number(_)) => ValueInput::Number,
        Some(Value::Boolean(_)) => ValueInput::Boolean,
        Some(Value::User(_)) => ValueInput::Email,
        _ => ValueInput::Text,
    }
}

/// A value of the field's kind: at most one side is empty in a conflict.
fn example(conflict: &Conflict) -> Option<&Value> {
    [&conflict.servicenow, &conflict.platform].into_iter().find(|value| !value.is_empty())
}

/// What was typed, in canonical form.
pub(super) fn read(rule: Option<&FieldRule>, conflict: &Conflict, text: &str) -> Answer<Value> {
    let unreadable = |why: &str, todo: &str| {
        let what = format!("This value of {} cannot be taken.", conflict.rule);
        Err(Trouble::new("CONFLICT-VALUE", &what, why, todo).about(&conflict.id))
    };
    let text = text.trim_end();
    if text.is_empty() {
        return Ok(Value::Empty);
    }
    let kind = match input(rule, conflict) {
        ValueInput::Choice(choices) if !choices.iter().any(|choice| choice == text) => {
            let why = format!("\"{text}\" is not among: {}.", choices.join(", "));
            return unreadable(&why, "Choose one of them.");
        }
        ValueInput::Choice(_) => return Ok(Value::choice(text)),
        ValueInput::Moment => {
            return match clock::read_moment(text) {
                Some(at) => Ok(Value::moment(Some(at))),
                None => unreadable("It is not a date with a time.", "Type it as 2026-11-30T17:00, in UTC."),
            };
        }
        ValueInput::Email if !text.contains('@') => {
            return unreadable("It is no e-mail address, and people are matched by that.", "Type the person's e-mail.");
        }
        ValueInput::Email => return Ok(Value::user(text.trim(), "")),
        ValueInput::Date => Kind::Date,
        ValueInput::Number => Kind::Number,
        ValueInput::Boolean => Kind::Boolean,
        ValueInput::Text => match example(conflict) {
            Some(Value::Choice(_)) => Kind::Choice,
            Some(Value::Html(_)) => Kind::Html,
            _ => Kind::Text,
        },
    };
    match Value::read(kind, text) {
        Ok(value) => Ok(value),
        Err(_) => unreadable(&format!("The field takes {}.", kind.in_words()), "Type it in that form."),
    }
}
