//! What a choice or reference of a case may be: labels and values for the lists of a form (contract 7.1).

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{Shared, add_pages, find, is_paged, open, options, parameter};
use crate::api::options::Options;
use crate::api::table::{json_response, search};
use crate::api::{ApiError, Caller};
use crate::dictionary::{Column, Table};
use crate::instance::Instance;
use crate::query::Query;
use crate::record::Record;
use crate::store;
use crate::store::Slice;
use crate::user::User;

pub(super) async fn of_any_case(
    State(instance): Shared,
    Caller(user): Caller,
    Path(field): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let options = options(raw.as_deref(), &headers)?;
    open(&instance, &user)?;
    values(&instance, &user, &Record::default(), &field, &options, "/case/field_values").await
}

pub(super) async fn of_one_case(
    State(instance): Shared,
    Caller(user): Caller,
    Path((id, field)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let options = options(raw.as_deref(), &headers)?;
    let cases = open(&instance, &user)?;
    let case = find(&instance, &user, cases, &id).await?;
    values(&instance, &user, &case, &field, &options, &format!("/case/{id}/field_values")).await
}

async fn values(
    instance: &Arc<Instance>,
    user: &User,
    case: &Record,
    field: &str,
    options: &Options,
    path: &str,
) -> Result<Response, ApiError> {
    let cases = open(instance, user)?;
    let wrong = || {
        let detail = format!("{field} is neither a choice nor a reference of {}", cases.name);
        ApiError::new(StatusCode::BAD_REQUEST, "Invalid field", Some(detail))
    };
    let column = cases.column(field).ok_or_else(wrong)?;
    let (values, total) = if column.choice {
        choices(instance, cases, case, column, options).await?
    } else {
        let target = column.reference.as_deref().and_then(|name| instance.table(name)).ok_or_else(wrong)?;
        references(instance, user, case, column, target, options).await?
    };
    let mut response = json_response(StatusCode::OK, &values.into());
    if is_paged(options) {
        add_pages(instance, &mut response, &format!("{path}/{field}"), options, total);
    }
    Ok(response)
}

async fn choices(
    instance: &Instance,
    cases: &Table,
    case: &Record,
    column: &Column,
    options: &Options,
) -> store::Result<(Vec<Value>, i64)> {
    let of_case = column.dependent.as_deref().map(|other| case.get(other)).filter(|value| !value.is_empty());
    let depends_on = parameter(options, "sysparm_dependent_value").or(of_case);
    let choices = instance.choices(cases, &column.name).await?;
    let fitting: Vec<Value> = choices
        .iter()
        .filter(|choice| depends_on.is_none_or(|value| choice.dependent_value == value))
        .map(|choice| json!({"label": choice.label, "value": choice.value}))
        .collect();
    let total = i64::try_from(fitting.len()).unwrap_or(i64::MAX);
    let skipped = usize::try_from(options.offset).unwrap_or(usize::MAX);
    let page = fitting.into_iter().skip(skipped).take(usize::try_from(options.limit).unwrap_or_default());
    Ok((page.collect(), total))
}

async fn references(
    instance: &Arc<Instance>,
    user: &User,
    case: &Record,
    column: &Column,
    target: &Table,
    options: &Options,
) -> Result<(Vec<Value>, i64), ApiError> {
    let asked = parameter(options, "sysparm_query").unwrap_or_default();
    let query = match qualifier(case, column, options) {
        Some(own) if asked.is_empty() => own,
        // The caller's own conditions are added, whatever alternatives they have.
        Some(own) => asked.split("^NQ").map(|part| format!("{own}^{part}")).collect::<Vec<_>>().join("^NQ"),
        None => asked.to_owned(),
    };
    let mut compiled = search(instance, user, target, &Options { query: Some(query), ..options.complete() }).await?;
    if Query::parse(asked).order.is_empty() && target.column(&target.display).is_some() {
        compiled.order = format!(r#"t0."{}", t0."sys_id""#, target.display);
    }
    let slice = Slice { limit: options.limit, offset: options.offset };
    let rows = instance.store.select(target, &compiled, slice).await?;
    let rows = instance.readable(user, target, rows).await?;
    let more: Vec<&str> = parameter(options, "sysparm_reference_field_columns")
        .into_iter()
        .flat_map(|names| names.split(','))
        .map(str::trim)
        .filter(|name| target.column(name).is_some_and(|column| !column.kind.is_secret()))
        .collect();
    let values = rows.iter().map(|row| {
        let mut value = json!({"label": row.get(&target.display), "value": row.sys_id()});
        for &name in &more {
            value[name] = json!(row.get(name));
        }
        value
    });
    Ok((values.collect(), instance.store.count(target, &compiled).await?))
}

/// Which records of the other table fit the case: those of its account.
fn qualifier(case: &Record, column: &Column, options: &Options) -> Option<String> {
    let of_account = matches!(column.name.as_str(), "contact" | "asset" | "contract" | "entitlement");
    let said = parameter(options, "sysparm_ref_qual_input").into_iter().flat_map(|said| said.split('^'));
    let said = said.filter_map(|part| part.strip_prefix("account=")).next_back();
    let account = said.unwrap_or_else(|| case.get("account"));
    (of_account && !account.is_empty()).then(|| format!("account={account}"))
}
