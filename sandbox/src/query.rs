//! Encoded queries (contract 2.3): the parsed form, shared by the parser and the translation to SQL.

mod calendar;
mod compile;
mod operator;
mod parse;
mod script;
#[cfg(test)]
mod tests;

pub(crate) use compile::{Changes, Compiled, Read, Scope, compile};
pub(crate) use operator::Operator;

/// Groups are joined by `^NQ`; a record matches if any group does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub groups: Vec<Group>,
    pub order: Vec<Order>,
}

impl Query {
    /// Whether words are to be found in whatever column.
    pub fn searches_text(&self) -> bool {
        self.groups.iter().flatten().flatten().any(|condition| condition.operator == Operator::Text)
    }
}

/// All of these must hold, and each holds if any of its alternatives (`^OR`) does.
pub(crate) type Group = Vec<Vec<Condition>>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub field: String,
    pub operator: Operator,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub field: String,
    pub descending: bool,
}
