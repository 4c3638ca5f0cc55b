//! What a condition asks of a value, with its own value evaluated.

use super::super::calendar::{self, Unit};
use super::super::script::{self, Value};
use super::super::{Condition, Operator};
use super::Scope;
use super::dates::Part;
use crate::dictionary::Kind;

/// A test that no empty value passes. That lets a dot-walk stop at the first reference that is empty; what a
/// condition says of emptiness is said around the test.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Filled,
    Is(Value),
    /// As `Is`, or one of them in a list.
    Has(Value),
    Among(Vec<String>),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    /// By one of `<`, `<=`, `>` and `>=`.
    Compared(&'static str, Value),
    Between(Value, Value),
    DatePart(Part),
    InstanceOf(String),
    Below(Value),
}

pub(super) struct Asked {
    pub test: Test,
    /// An empty value will do as well.
    pub or_empty: bool,
    /// The condition holds where the rest does not.
    pub negated: bool,
}

impl Asked {
    /// Nothing for the operators that ask something else, or with a value that means nothing.
    pub fn read(condition: &Condition, scope: &Scope) -> Option<Self> {
        let given = condition.value.as_str();
        let value = || Value::read(given, scope);
        let words = || value()?.into_text();
        let relative = |operator| Some(Test::Compared(operator, Value::Time(relative(given, scope)?.0)));
        let (test, negated) = match condition.operator {
            Operator::Is | Operator::IsNot => (Test::Is(value()?), condition.operator == Operator::IsNot),
            Operator::In | Operator::NotIn => (among(value()?), condition.operator == Operator::NotIn),
            Operator::Contains | Operator::NotContains => {
                (Test::Contains(words()?), condition.operator == Operator::NotContains)
            }
            Operator::StartsWith => (Test::StartsWith(words()?), false),
            Operator::EndsWith => (Test::EndsWith(words()?), false),
            Operator::IsEmpty => (Test::Filled, true),
            Operator::IsNotEmpty => (Test::Filled, false),
            Operator::Anything => return Some(Self { test: Test::Filled, or_empty: true, negated: false }),
            Operator::Less => (Test::Compared("<", value()?), false),
            Operator::LessOrEqual => (Test::Compared("<=", value()?), false),
            Operator::Greater => (Test::Compared(">", value()?), false),
            Operator::GreaterOrEqual => (Test::Compared(">=", value()?), false),
            Operator::Between => {
                let (low, high) = given.split_once('@')?;
                (Test::Between(Value::read(low, scope)?, Value::read(high, scope)?), false)
            }
            Operator::On | Operator::NotOn => (on(given, scope)?, condition.operator == Operator::NotOn),
            Operator::DatePart => (Test::DatePart(Part::read(given)?), false),
            Operator::RelativeAfter => (relative(">")?, false),
            Operator::RelativeOnOrAfter => (relative(">=")?, false),
            Operator::RelativeBefore => (relative("<")?, false),
            Operator::RelativeOnOrBefore => (relative("<=")?, false),
            Operator::RelativeOn => {
                let (time, unit) = self::relative(given, scope)?;
                let zone = &scope.user.time_zone;
                let (from, to) = (calendar::start(time, zone, unit, 0)?, calendar::end(time, zone, unit, 0)?);
                (Test::Between(Value::Time(from), Value::Time(to)), false)
            }
            Operator::Dynamic => (Test::Has(dynamic(given, scope)?), false),
            Operator::InHierarchy => (Test::Below(Value::Text(after_name(given).to_owned())), false),
            Operator::InHierarchyDynamic => (Test::Below(dynamic(after_name(given), scope)?), false),
            Operator::InstanceOf => (Test::InstanceOf(given.to_owned()), false),
            _ => return None,
        };
        Some(Self { test, or_empty: false, negated }.with_emptiness())
    }

    /// Takes what a test says of the empty value out of the test.
    fn with_emptiness(self) -> Self {
        let negated = self.negated;
        match self.test {
            // `=` with nothing, or with the word that addNullQuery leaves, asks for the empty value.
            Test::Is(Value::Text(text)) if text.is_empty() || text == "NULL" => {
                Self { test: Test::Filled, or_empty: false, negated: !negated }
            }
            // Every text contains the empty one.
            Test::Contains(text) | Test::StartsWith(text) | Test::EndsWith(text) if text.is_empty() => {
                Self { test: Test::Filled, or_empty: true, negated }
            }
            Test::Among(mut values) => {
                let all = values.len();
                values.retain(|value| !value.is_empty());
                Self { or_empty: values.len() < all, test: Test::Among(values), negated }
            }
            test => Self { test, ..self },
        }
    }

    /// The least value that a record can have of which all this is true.
    pub fn least(&self, kind: Kind, scope: &Scope) -> Option<String> {
        let value = match &self.test {
            _ if self.negated || self.or_empty => return None,
            Test::Is(value) | Test::Compared(">" | ">=", value) | Test::Between(value, _) => value,
            _ => return None,
        };
        super::leaf::stored(value, kind, scope)
    }
}

fn among(value: Value) -> Test {
    match value.clone().into_text() {
        Some(text) => Test::Among(text.split(',').map(|one| one.trim().to_owned()).collect()),
        None => Test::Is(value),
    }
}

/// `Label@start@end`, or a day alone, which is one on the user's calendar.
fn on(text: &str, scope: &Scope) -> Option<Test> {
    let Some((_, ends)) = text.split_once('@') else {
        let (first, last) = script::day(text, &scope.user.time_zone)?;
        return Some(Test::Between(Value::Time(first), Value::Time(last)));
    };
    let (start, end) = ends.split_once('@')?;
    Some(Test::Between(Value::read(start, scope)?, Value::read(end, scope)?))
}

/// `@hour@ago@2`, and its mirror image `@day@ahead@1`.
fn relative(text: &str, scope: &Scope) -> Option<(jiff::Timestamp, Unit)> {
    let mut parts = text.strip_prefix('@').unwrap_or(text).split('@');
    let unit = Unit::named(parts.next()?)?;
    let ahead = match parts.next()? {
        "ahead" => 1,
        "ago" => -1,
        _ => return None,
    };
    let count: i64 = parts.next()?.parse().ok()?;
    Some((calendar::moved(scope.now, &scope.user.time_zone, unit, count.checked_mul(ahead)?)?, unit))
}

/// The value that the filter's script has for the caller. A filter that is not there finds nothing.
fn dynamic(filter: &str, scope: &Scope) -> Option<Value> {
    match scope.filters.get(filter) {
        Some(script) => Value::evaluate(script.strip_prefix("javascript:").unwrap_or(script), scope),
        None => Some(Value::Nothing),
    }
}

/// A hierarchy stands before the record that it starts at. Which column it goes by is known without it.
fn after_name(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, start)| start)
}
