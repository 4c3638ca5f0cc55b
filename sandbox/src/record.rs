//! One record: column names and their raw text. In ServiceNow every value is a string and a missing
//! one is the empty string (contract 2.5), so reading never fails.

use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record(BTreeMap<String, String>);

impl Record {
    /// A row that the instance makes for itself, with its stamps.
    pub fn made_by_the_system(now: &str, values: &[(&str, &str)]) -> Self {
        let by = [("sys_created_by", "system"), ("sys_updated_by", "system"), ("sys_mod_count", "0")];
        let on = [("sys_created_on", now), ("sys_updated_on", now)];
        by.iter().chain(&on).chain(values).copied().collect()
    }

    pub fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    pub fn set(&mut self, column: &str, value: impl Into<String>) {
        self.0.insert(column.to_owned(), value.into());
    }

    /// Sets a value only where there is none.
    pub fn fill(&mut self, column: &str, value: impl Into<String>) {
        if self.get(column).is_empty() {
            self.set(column, value);
        }
    }

    pub fn take(&mut self, column: &str) -> String {
        self.0.remove(column).unwrap_or_default()
    }

    pub fn number(&self, column: &str) -> i64 {
        self.get(column).parse().unwrap_or(0)
    }

    pub fn is_true(&self, column: &str) -> bool {
        self.get(column) == "true"
    }

    pub fn sys_id(&self) -> &str {
        self.get("sys_id")
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(column, value)| (column.as_str(), value.as_str()))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Record {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(column, value)| (column.into(), value.into())).collect())
    }
}
