//! Records as JSON in the six shapes that the parameters ask for (contract 2.5).

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::display::Displays;
use super::options::{Options, Show};
use super::sight::Sight;
use super::{ApiError, Version};
use crate::dictionary::{Column, Kind, Table};
use crate::instance::Instance;
use crate::pages::View;
use crate::record::Record;
use crate::store;
use crate::switches::HiddenField;
use crate::user::User;

/// What a view shows: `mobile` a few columns, as a list has them, `both` those and the form's, and any other
/// the form's (contract 2.2).
fn columns_of_view(table: &Table, name: &str) -> Vec<String> {
    let view = View::of(table);
    let form = view.columns().chain(&view.journals).filter(|_| name != "mobile");
    let list = view.list.iter().filter(|_| matches!(name, "mobile" | "both"));
    let mut columns: Vec<String> = Vec::new();
    for column in form.chain(list) {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    columns
}

/// Shapes the records of one answer.
pub(super) struct Shaper<'a> {
    instance: &'a Instance,
    options: &'a Options,
    version: Version,
    displays: Displays<'a>,
    sight: Sight<'a>,
    hidden: HiddenField,
}

impl<'a> Shaper<'a> {
    pub fn new(instance: &'a Instance, user: &'a User, options: &'a Options, version: Version) -> Self {
        let (displays, sight) = (Displays::new(instance).read_by(user), Sight::new(instance, user));
        Self { instance, options, version, displays, sight, hidden: instance.switches().hidden_field }
    }

    pub async fn records(&mut self, table: &Table, rows: &[Record]) -> Result<Vec<Value>, ApiError> {
        let options = self.options;
        let all = options.fields.clone().unwrap_or_else(|| match &options.view {
            None => table.columns.keys().cloned().collect(),
            Some(view) => columns_of_view(table, view),
        });
        let fields = &all;
        let mut shaped = Vec::with_capacity(rows.len());
        for row in rows {
            let mut object = Map::new();
            for field in fields {
                if let Some(value) = self.path(table, row, field).await? {
                    object.insert(field.clone(), value);
                }
            }
            shaped.push(Value::Object(object));
        }
        Ok(shaped)
    }

    pub async fn record(&mut self, table: &Table, row: &Record) -> Result<Value, ApiError> {
        Ok(self.records(table, std::slice::from_ref(row)).await?.pop().unwrap_or_default())
    }

    /// The value of a field, walking through references; nothing if there is no such field. A walk through
    /// an empty reference ends in `""`.
    async fn path(&mut self, table: &Table, row: &Record, path: &str) -> Result<Option<Value>, ApiError> {
        let mut table = table;
        let mut row = Cow::Borrowed(row);
        let mut names: Vec<&str> = path.split('.').collect();
        let Some(last) = names.pop() else { return Ok(None) };
        for name in names {
            let reference = table.column(name).filter(|column| column.kind == Kind::Reference);
            let target = reference.and_then(|column| column.reference.as_deref());
            let Some(target) = target.and_then(|name| self.instance.table(name)) else { return Ok(None) };
            if !row.sys_id().is_empty() && !self.sight.of_column(table, &row, name).await? {
                return Ok(self.hidden());
            }
            row = Cow::Owned(self.displays.record(target, row.get(name)).await?.cloned().unwrap_or_default());
            table = target;
            if !row.sys_id().is_empty() && !self.sight.of_record(table, &row).await? {
                return Ok(self.hidden());
            }
        }
        let Some(column) = table.column(last) else {
            return Ok(None);
        };
        if row.sys_id().is_empty() {
            return Ok(Some(self.empty()));
        }
        if !self.sight.of_column(table, &row, last).await? {
            return Ok(self.hidden());
        }
        self.value(table, &row, column).await.map(Some).map_err(Into::into)
    }

    fn empty(&self) -> Value {
        if self.options.show == Show::Both { json!({"display_value": "", "value": ""}) } else { json!("") }
    }

    /// What stands for a value that the caller may not read.
    fn hidden(&self) -> Option<Value> {
        (self.hidden == HiddenField::Empty).then(|| self.empty())
    }

    async fn value(&mut self, table: &Table, row: &Record, column: &Column) -> store::Result<Value> {
        // What is written to a secret column is not read back.
        let stored = if column.kind.is_secret() { "" } else { row.get(&column.name) };
        let is_reference = matches!(column.kind, Kind::Reference | Kind::DomainId);
        let link = column.reference.as_deref().filter(|_| self.options.links && is_reference && !stored.is_empty());
        let link =
            link.map(|target| format!("{}{}/table/{target}/{stored}", self.instance.address, self.version.path()));
        let shown = match self.options.show {
            Show::Values => String::new(),
            Show::Labels | Show::Both => self.displays.of(table, row, &column.name).await?,
        };
        Ok(match (self.options.show, link) {
            (Show::Values, None) => json!(stored),
            (Show::Values, Some(link)) => json!({"link": link, "value": stored}),
            (Show::Labels, None) => json!(shown),
            (Show::Labels, Some(link)) => json!({"display_value": shown, "link": link}),
            (Show::Both, None) => json!({"display_value": shown, "value": stored}),
            (Show::Both, Some(link)) => json!({"display_value": shown, "value": stored, "link": link}),
        })
    }
}
