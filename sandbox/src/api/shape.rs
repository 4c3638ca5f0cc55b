//! Records as JSON in the six shapes that the parameters ask for (contract 2.5).

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::display::Displays;
use super::options::{Options, Show};
use super::{ApiError, Version};
use crate::dictionary::{Column, Kind, Table};
use crate::instance::Instance;
use crate::record::Record;
use crate::store;

pub(super) async fn records(
    instance: &Instance,
    table: &Table,
    rows: &[Record],
    options: &Options,
    version: Version,
) -> Result<Vec<Value>, ApiError> {
    let mut displays = Displays::new(instance);
    let all: Vec<String> = table.columns.keys().cloned().collect();
    let fields = options.fields.as_ref().unwrap_or(&all);
    let mut shaped = Vec::with_capacity(rows.len());
    for row in rows {
        let mut object = Map::new();
        for field in fields {
            if let Some(value) = path(instance, &mut displays, table, row, field, options, version).await? {
                object.insert(field.clone(), value);
            }
        }
        shaped.push(Value::Object(object));
    }
    Ok(shaped)
}

/// The value of a field, walking through references; nothing if there is no such field. A walk through
/// an empty reference ends in `""`.
async fn path(
    instance: &Instance,
    displays: &mut Displays<'_>,
    table: &Table,
    row: &Record,
    path: &str,
    options: &Options,
    version: Version,
) -> Result<Option<Value>, ApiError> {
    let mut table = table;
    let mut row = Cow::Borrowed(row);
    let mut names: Vec<&str> = path.split('.').collect();
    let Some(last) = names.pop() else { return Ok(None) };
    for name in names {
        let reference = table.column(name).filter(|column| column.kind == Kind::Reference);
        let target = reference.and_then(|column| column.reference.as_deref()).and_then(|name| instance.table(name));
        let Some(target) = target else { return Ok(None) };
        row = Cow::Owned(displays.record(target, row.get(name)).await?.cloned().unwrap_or_default());
        table = target;
    }
    let Some(column) = table.column(last) else {
        return Ok(None);
    };
    if row.sys_id().is_empty() {
        return Ok(Some(empty(options.show)));
    }
    value(instance, displays, table, &row, column, options, version).await.map(Some).map_err(Into::into)
}

fn empty(show: Show) -> Value {
    if show == Show::Both { json!({"display_value": "", "value": ""}) } else { json!("") }
}

async fn value(
    instance: &Instance,
    displays: &mut Displays<'_>,
    table: &Table,
    row: &Record,
    column: &Column,
    options: &Options,
    version: Version,
) -> store::Result<Value> {
    // What is written to a secret column is not read back.
    let stored = if column.kind.is_secret() { "" } else { row.get(&column.name) };
    let is_reference = matches!(column.kind, Kind::Reference | Kind::DomainId);
    let link = column.reference.as_deref().filter(|_| options.links && is_reference && !stored.is_empty());
    let link = link.map(|target| format!("{}{}/table/{target}/{stored}", instance.address, version.path()));
    let shown = match options.show {
        Show::Values => String::new(),
        Show::Labels | Show::Both => displays.of(table, row, &column.name).await?,
    };
    Ok(match (options.show, link) {
        (Show::Values, None) => json!(stored),
        (Show::Values, Some(link)) => json!({"link": link, "value": stored}),
        (Show::Labels, None) => json!(shown),
        (Show::Labels, Some(link)) => json!({"display_value": shown, "link": link}),
        (Show::Both, None) => json!({"display_value": shown, "value": stored}),
        (Show::Both, Some(link)) => json!({"display_value": shown, "value": stored, "link": link}),
    })
}
