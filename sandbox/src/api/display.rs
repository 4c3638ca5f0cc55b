//! What a person sees instead of a stored value: labels of choices, names of records referred to,
//! the text of journals (contract 2.5, 4). Records that are looked up are remembered for the request.

use std::collections::HashMap;
use std::sync::Arc;

use crate::choices::{self, Choice};
use crate::clock;
use crate::dictionary::{Column, Kind, Table};
use crate::instance::Instance;
use crate::record::Record;
use crate::store;
use crate::user::User;

pub(crate) struct Displays<'a> {
    instance: &'a Instance,
    /// Whose zone and format times are shown in; as stored, without one.
    reader: Option<&'a User>,
    found: HashMap<(String, String), Option<Record>>,
    /// By table and column.
    choices: HashMap<String, HashMap<String, Arc<[Choice]>>>,
}

impl<'a> Displays<'a> {
    pub fn new(instance: &'a Instance) -> Self {
        Self { instance, reader: None, found: HashMap::new(), choices: HashMap::new() }
    }

    pub fn read_by(self, user: &'a User) -> Self {
        Self { reader: Some(user), ..self }
    }

    /// The display value of a column; of the record itself if no column is named.
    pub async fn of(&mut self, table: &Table, record: &Record, column: &str) -> store::Result<String> {
        let column = if column.is_empty() { table.display.as_str() } else { column };
        let Some(column) = table.column(column) else {
            return Ok(String::new());
        };
        let value = record.get(&column.name);
        if column.kind.is_journal() {
            return self.instance.journal_text(self.reader, record.sys_id(), &column.name).await;
        }
        if value.is_empty() {
            return Ok(String::new());
        }
        if column.choice {
            let depends_on = column.dependent.as_deref().map_or("", |other| record.get(other));
            let choices = self.choices(table, &column.name).await?;
            return Ok(choices::label(&choices, value, depends_on).unwrap_or(value).to_owned());
        }
        Ok(match column.kind {
            Kind::Reference => self.name(column, value).await?,
            Kind::GlideList => {
                let mut names = Vec::new();
                for one in value.split(',') {
                    names.push(self.name(column, one.trim()).await?);
                }
                names.join(", ")
            }
            Kind::SysClassName => self.instance.table(value).map_or(value, |class| class.label.as_str()).to_owned(),
            Kind::GlideDateTime => self.reader.map_or_else(|| value.to_owned(), |user| user.sees_time(value)),
            Kind::GlideDate => self.reader.map_or_else(|| value.to_owned(), |user| user.sees_date(value)),
            Kind::GlideDuration => duration(value),
            Kind::Integer | Kind::Decimal | Kind::Float => grouped(value),
            Kind::Currency => format!("${}", grouped(value)),
            Kind::Password | Kind::Password2 => "********".to_owned(),
            _ => value.to_owned(),
        })
    }

    async fn choices(&mut self, table: &Table, column: &str) -> store::Result<Arc<[Choice]>> {
        if let Some(known) = self.choices.get(&table.name).and_then(|columns| columns.get(column)) {
            return Ok(known.clone());
        }
        let choices = self.instance.choices(table, column).await?;
        self.choices.entry(table.name.clone()).or_default().insert(column.to_owned(), choices.clone());
        Ok(choices)
    }

    /// The name of a record; what is stored, if there is no such record.
    async fn name(&mut self, column: &Column, value: &str) -> store::Result<String> {
        let target = column.reference.as_deref().and_then(|name| self.instance.table(name)).cloned();
        let Some(target) = target else {
            return Ok(value.to_owned());
        };
        let found = self.record(&target, value).await?;
        Ok(found.map_or(value, |record| record.get(&target.display)).to_owned())
    }

    pub async fn record(&mut self, table: &Table, sys_id: &str) -> store::Result<Option<&Record>> {
        let key = (table.name.clone(), sys_id.to_owned());
        if !self.found.contains_key(&key) {
            let record = self.instance.store.get(table, sys_id).await?;
            self.found.insert(key.clone(), record);
        }
        Ok(self.found.get(&key).and_then(Option::as_ref))
    }
}

/// `-1234567.5` is shown as `-1,234,567.5`; what is no number stays as it is.
fn grouped(value: &str) -> String {
    let (sign, digits) = value.split_at(usize::from(value.starts_with('-')));
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return value.to_owned();
    }
    let first = (whole.len() - 1) % 3 + 1;
    let groups: Vec<&str> =
        std::iter::once(&whole[..first]).chain((first..whole.len()).step_by(3).map(|at| &whole[at..at + 3])).collect();
    format!("{sign}{}{fraction}", groups.join(","))
}

/// `1970-01-02 03:04:05` is shown as `1 Day 3 Hours 4 Minutes`.
fn duration(value: &str) -> String {
    let Some(time) = clock::parse(value) else {
        return value.to_owned();
    };
    let seconds = time.as_second();
    let parts = [(seconds / 86_400, "Day"), (seconds / 3_600 % 24, "Hour"), (seconds / 60 % 60, "Minute")];
    let shown: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
        .collect();
    if shown.is_empty() { format!("{seconds} Seconds") } else { shown.join(" ") }
}
