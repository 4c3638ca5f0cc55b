//! The Aggregate API (contract 9.3): numbers about the records that a query finds, in groups or all together.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::options::{Options, Show};
use super::{ApiError, Caller, Displays, table, tiny};
use crate::acl::{AtHand, Grant, Operation as Access};
use crate::attachments;
use crate::dictionary::{Column, Table};
use crate::instance::Instance;
use crate::query::Compiled;
use crate::record::Record;
use crate::store::{Aggregate, Function, Having, Operand, Sorting, Statistics};
use crate::user::User;

pub(super) async fn read(
    State(instance): State<Arc<Instance>>,
    Caller(user): Caller,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let options = Options::read(tiny::expand(&instance, raw).await?.as_deref(), &headers)?;
    let opened = table::open(&instance, &user, &name).await?;
    let mut query = table::search(&instance, &user, opened, &options).await?;
    within_rights(&instance, &user, opened, &mut query).await?;
    // All that may be the name of a field in the parameters.
    let paths = options.given.iter().flat_map(|(_, value)| value.split([',', '^', ' ']));
    let spoken_of = paths.flat_map(|path| instance.tables_along(opened, path)).collect();
    let rules = instance.rules_at_hand(&user, spoken_of).await?;
    let asked = Asked { instance: &instance, rules: &rules, table: opened, options: &options };
    let what = asked.statistics();
    if what.groups.is_empty() && what.aggregates.is_empty() {
        return Ok(table::json_response(StatusCode::OK, &json!({"stats": {}})));
    }
    let rows = instance.store.statistics(opened, &query, &what).await?;
    let mut shown = Vec::with_capacity(rows.len());
    let mut displays = Displays::new(&instance);
    for mut row in rows {
        let numbers = row.split_off(what.groups.len());
        let mut group = Map::from_iter([("stats".to_owned(), stats(&what.aggregates, numbers))]);
        if !what.groups.is_empty() {
            let fields = asked.group_fields().zip(&what.groups).zip(row);
            let mut named = Vec::new();
            for ((path, operand), value) in fields {
                named.push(group_field(&mut displays, options.show, path, operand, value).await?);
            }
            group.insert("groupby_fields".to_owned(), named.into());
        }
        shown.push(Value::Object(group));
    }
    let result = if what.groups.is_empty() { shown.pop().unwrap_or(json!({"stats": {}})) } else { shown.into() };
    Ok(table::json_response(StatusCode::OK, &result))
}

/// Sums tell of the records behind them, so only those count that the caller may read. Whose file may be read is
/// a question for each, and an administrator's alone.
async fn within_rights(instance: &Instance, user: &User, table: &Table, query: &mut Compiled) -> Result<(), ApiError> {
    if table.name == attachments::TABLE && !user.has("admin") {
        return Err(ApiError::not_readable());
    }
    instance.narrow(user, table, query).await?;
    Ok(())
}

/// `{"count": "3", "avg": {"priority": "2.5000"}}`
fn stats(aggregates: &[Aggregate], numbers: Vec<String>) -> Value {
    let mut stats = Map::new();
    for (aggregate, number) in aggregates.iter().zip(numbers) {
        let name = aggregate.function.name();
        match &aggregate.operand {
            None => {
                stats.insert(name.to_owned(), number.into());
            }
            Some(operand) => {
                let of = stats.entry(name).or_insert_with(|| json!({}));
                of[operand.path.as_str()] = number.into();
            }
        }
    }
    stats.into()
}

async fn group_field(
    displays: &mut Displays<'_>,
    show: Show,
    path: &str,
    operand: &Operand<'_>,
    value: String,
) -> Result<Value, ApiError> {
    if show == Show::Values {
        return Ok(json!({"field": path, "value": value}));
    }
    let record: Record = [(operand.column.name.as_str(), value.as_str())].into_iter().collect();
    let label = displays.of(operand.table, &record, &operand.column.name).await?;
    // With `true` both are the label: readers differ in which they take.
    let value = if show == Show::Both { value } else { label.clone() };
    Ok(json!({"field": path, "value": value, "display_value": label}))
}

/// What the parameters ask for. Fields that are not there, or that the caller may not read, are left out.
struct Asked<'a> {
    instance: &'a Instance,
    rules: &'a AtHand<'a>,
    table: &'a Table,
    options: &'a Options,
}

impl<'a> Asked<'a> {
    fn list(&self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let value = self.options.parameter(name).unwrap_or_default();
        value.split(',').map(str::trim).filter(|part| !part.is_empty())
    }

    fn operand(&self, path: &str) -> Option<Operand<'a>> {
        let may = |table: &Table, column: &Column| {
            let of_column = self.rules.column(table, &column.name, Access::Read);
            self.rules.shows(table) && of_column != Some(Grant::Never)
        };
        self.instance.store.operand(self.table, path, &may)
    }

    fn group_fields(&self) -> impl Iterator<Item = &'a str> {
        self.list("sysparm_group_by").filter(|path| self.operand(path).is_some())
    }

    fn aggregate(&self, function: &str, field: &str) -> Option<Aggregate<'a>> {
        let function = Function::read(function)?;
        let operand = if function == Function::Count { None } else { Some(self.operand(field)?) };
        Some(Aggregate { function, operand })
    }

    fn statistics(&self) -> Statistics<'a> {
        let mut what = Statistics {
            groups: self.group_fields().filter_map(|path| self.operand(path)).collect(),
            ..Statistics::default()
        };
        // With neither count nor an aggregate no numbers come back.
        if self.options.is_true("sysparm_count") {
            what.aggregates.extend(self.aggregate("count", ""));
        }
        for function in ["avg", "min", "max", "sum"] {
            let fields = self.list(&format!("sysparm_{function}_fields"));
            what.aggregates.extend(fields.filter_map(|field| self.aggregate(function, field)));
        }
        what.having = self.list("sysparm_having").filter_map(|text| self.having(text)).collect();
        let order = self.list("sysparm_order_by").chain(self.list("sysparm_orderby"));
        what.order = order.filter_map(|text| self.sorting(text)).collect();
        what
    }

    /// `count^priority^>^3`; a count is one of rows, whichever field it names.
    fn having(&self, text: &str) -> Option<Having<'a>> {
        let mut parts = text.splitn(4, '^');
        let aggregate = self.aggregate(parts.next()?, parts.next()?)?;
        let sign = match parts.next()? {
            "=" => "=",
            "!=" => "<>",
            "<" => "<",
            "<=" => "<=",
            ">" => ">",
            ">=" => ">=",
            _ => return None,
        };
        Some(Having { aggregate, sign, value: parts.next()?.to_owned() })
    }

    /// `COUNT`, `AVG^state`, `state`, each with `^DESC` or without.
    fn sorting(&self, text: &str) -> Option<(Sorting<'a>, bool)> {
        let mut parts: Vec<&str> = text.split(['^', ' ']).filter(|part| !part.is_empty()).collect();
        let descending = parts.last().is_some_and(|last| last.eq_ignore_ascii_case("desc"));
        if descending || parts.last().is_some_and(|last| last.eq_ignore_ascii_case("asc")) {
            parts.pop();
        }
        let by = match parts.as_slice() {
            [field] if !field.eq_ignore_ascii_case("count") => Sorting::Field(self.grouped(field)?),
            [function] => Sorting::Number(self.aggregate(function, "")?),
            [function, field] => Sorting::Number(self.aggregate(function, field)?),
            _ => return None,
        };
        Some((by, descending))
    }

    /// Groups can be sorted by what they are grouped by, and by nothing else of their rows.
    fn grouped(&self, field: &str) -> Option<Operand<'a>> {
        self.group_fields().any(|group| group == field).then(|| self.operand(field)).flatten()
    }
}
