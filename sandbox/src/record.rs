//! One record: column names and their raw text. In ServiceNow every value is a string and a missing
//! one is the empty string (contract 2.5), so reading never fails.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};

/// A page may hold thousands of records of a hundred columns, so those of one page share the names, and
/// each has its values in one piece.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// In their order.
    columns: Arc<[String]>,
    text: String,
    /// Where the value of each column ends in the text.
    ends: Vec<usize>,
}

impl Default for Record {
    fn default() -> Self {
        Self { columns: Arc::from([]), text: String::new(), ends: Vec::new() }
    }
}

impl Record {
    /// From a JSON array of the values of these columns, which are in their order.
    pub fn read(columns: &Arc<[String]>, json: &str) -> serde_json::Result<Self> {
        let record = Self {
            columns: columns.clone(),
            text: String::with_capacity(json.len()),
            ends: Vec::with_capacity(columns.len()),
        };
        serde_json::Deserializer::from_str(json).deserialize_seq(Values(record))
    }

    /// A row that the instance makes for itself, with its stamps.
    pub fn made_by_the_system(now: &str, values: &[(&str, &str)]) -> Self {
        let by = [("sys_created_by", "system"), ("sys_updated_by", "system"), ("sys_mod_count", "0")];
        let on = [("sys_created_on", now), ("sys_updated_on", now)];
        by.iter().chain(&on).chain(values).copied().collect()
    }

    fn place(&self, column: &str) -> Result<usize, usize> {
        self.columns.binary_search_by(|name| name.as_str().cmp(column))
    }

    fn value(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.text[start..self.ends[place]]
    }

    fn put(&mut self, place: usize, value: &str) {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        let end = self.ends[place];
        self.text.replace_range(start..end, value);
        for later in &mut self.ends[place..] {
            *later = *later - (end - start) + value.len();
        }
    }

    /// Where in the record the column is.
    pub fn place_of(&self, column: &str) -> usize {
        self.place(column).unwrap_or_else(|place| place)
    }

    /// The value of a column that most likely is at this place, as in the other records of a page.
    pub fn get_at(&self, place: usize, column: &str) -> &str {
        if self.columns.get(place).is_some_and(|name| name == column) { self.value(place) } else { self.get(column) }
    }

    pub fn get(&self, column: &str) -> &str {
        self.place(column).map_or("", |place| self.value(place))
    }

    pub fn set(&mut self, column: &str, value: impl AsRef<str>) {
        let place = self.place(column).unwrap_or_else(|place| {
            let mut columns = self.columns.to_vec();
            columns.insert(place, column.to_owned());
            self.columns = columns.into();
            let start = if place == 0 { 0 } else { self.ends[place - 1] };
            self.ends.insert(place, start);
            place
        });
        self.put(place, value.as_ref());
    }

    /// Sets a value only where there is none.
    pub fn fill(&mut self, column: &str, value: impl AsRef<str>) {
        if self.get(column).is_empty() {
            self.set(column, value);
        }
    }

    /// The value; the record is left with an empty one.
    pub fn take(&mut self, column: &str) -> String {
        let Ok(place) = self.place(column) else { return String::new() };
        let value = self.value(place).to_owned();
        self.put(place, "");
        value
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
        self.columns.iter().enumerate().map(|(place, column)| (column.as_str(), self.value(place)))
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.ends == other.ends && self.text == other.text && self.columns == other.columns
    }
}

/// Of a column that comes twice the last value counts.
impl<K: Into<String>, V: AsRef<str>> FromIterator<(K, V)> for Record {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let values: BTreeMap<String, V> = pairs.into_iter().map(|(k, v)| (k.into(), v)).collect();
        let mut record = Self::default();
        record.ends.reserve(values.len());
        for value in values.values() {
            record.text.push_str(value.as_ref());
            record.ends.push(record.text.len());
        }
        record.columns = values.into_keys().collect();
        record
    }
}

struct Values(Record);

impl<'de> Visitor<'de> for Values {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a text for each column")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<Record, A::Error> {
        while let Some(end) = values.next_element_seed(Appended(&mut self.0.text))? {
            self.0.ends.push(end);
        }
        if self.0.ends.len() == self.0.columns.len() {
            Ok(self.0)
        } else {
            Err(A::Error::invalid_length(self.0.ends.len(), &self))
        }
    }
}

/// Appends a text, and says where it then ends.
struct Appended<'a>(&'a mut String);

impl<'de> serde::de::DeserializeSeed<'de> for Appended<'_> {
    type Value = usize;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Appended<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<usize, E> {
        self.0.push_str(text);
        Ok(self.0.len())
    }
}
