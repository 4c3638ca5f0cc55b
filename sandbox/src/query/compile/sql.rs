//! A piece of SQL with its parameters in their order and the columns that it uses.

use super::Read;

#[derive(Debug, Default, Clone)]
pub(super) struct Sql {
    pub text: String,
    pub parameters: Vec<String>,
    pub reads: Vec<Read>,
}

impl Sql {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub fn never() -> Self {
        Self::new("0")
    }

    pub fn with(mut self, text: impl AsRef<str>) -> Self {
        self.text.push_str(text.as_ref());
        self
    }

    pub fn bind(mut self, value: impl Into<String>) -> Self {
        self.text.push('?');
        self.parameters.push(value.into());
        self
    }

    pub fn then(mut self, other: Self) -> Self {
        self.text.push_str(&other.text);
        self.parameters.extend(other.parameters);
        self.reads.extend(other.reads);
        self
    }

    pub fn reading(mut self, table: &str, column: &str, range: bool) -> Self {
        self.reads.push(Read { table: table.to_owned(), column: column.to_owned(), range });
        self
    }

    pub fn negated(self) -> Self {
        Self::new("NOT (").then(self).with(")")
    }

    /// True whatever the row, and still a use of its columns.
    pub fn made_certain(self) -> Self {
        Self { text: "1".to_owned(), parameters: Vec::new(), reads: self.reads }
    }

    pub fn all(parts: Vec<Self>) -> Self {
        Self::joined(parts, " AND ").unwrap_or_else(|| Self::new("1"))
    }

    pub fn any(parts: Vec<Self>) -> Self {
        Self::joined(parts, " OR ").unwrap_or_else(Self::never)
    }

    /// As a balanced tree, because SQLite counts how deep an expression goes.
    fn joined(mut parts: Vec<Self>, word: &str) -> Option<Self> {
        if parts.len() < 2 {
            return parts.pop();
        }
        let right = Self::joined(parts.split_off(parts.len() / 2), word)?;
        let left = Self::joined(parts, word)?;
        Some(Self::new("(").then(left).with(word).then(right).with(")"))
    }
}
