//! The Case API (contract 7.1): cases in a shape of their own, where references are bare sys_ids and the
//! account and the contact are whole records.

mod activities;
mod field_values;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::options::Options;
use super::table::{json_response, page_links, search};
use super::{ApiError, Caller, body, customers};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Writer};
use crate::rules::Transaction;
use crate::store::Slice;
use crate::user::User;

type Shared = State<Arc<Instance>>;

const TABLE: &str = "sn_customerservice_case";
const INTEGRATION: &str = "csm_ws_integration";
const CUSTOMERS: &[&str] = &["sn_customerservice.customer", "sn_customerservice.consumer"];

pub(super) fn router() -> Router<Arc<Instance>> {
    Router::new()
        .route("/case", get(list).post(create))
        .route("/case/{id}", get(read).put(update))
        .route("/case/{id}/activities", get(activities::read))
        .route("/case/field_values/{field}", get(field_values::of_any_case))
        .route("/case/{id}/field_values/{field}", get(field_values::of_one_case))
        .method_not_allowed_fallback(async || {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method is not supported", None)
        })
        .layer(DefaultBodyLimit::disable())
}

/// What may be said with its prefix `sysparm_` or without.
const PARAMETERS: &[&str] = &[
    "query",
    "limit",
    "offset",
    "fields",
    "display_value",
    "reference_fields",
    "activity_type",
    "dependent_value",
    "ref_qual_input",
    "reference_field_columns",
];

fn options(raw: Option<&str>, headers: &HeaderMap) -> Result<Options, ApiError> {
    let mut spelled = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
        if PARAMETERS.contains(&name.strip_prefix("sysparm_").unwrap_or(&name)) {
            let prefix = if name.starts_with("sysparm_") { "" } else { "sysparm_" };
            spelled.append_pair(&format!("{prefix}{name}"), &value);
        }
    }
    Ok(Options { links: false, ..Options::read(Some(&spelled.finish()), headers)? })
}

fn parameter<'a>(options: &'a Options, name: &str) -> Option<&'a str> {
    options.given.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
}

/// The table of cases, for those who may call this API.
fn open<'a>(instance: &'a Instance, user: &User) -> Result<&'a Arc<Table>, ApiError> {
    if !user.has(INTEGRATION) && !CUSTOMERS.iter().any(|role| user.has(role)) {
        return Err(ApiError::not_authorized());
    }
    instance.table(TABLE).ok_or_else(ApiError::no_record)
}

/// The case with this sys_id or number.
async fn find(instance: &Instance, user: &User, cases: &Table, id: &str) -> Result<Record, ApiError> {
    let mut found = instance.store.get(cases, id).await?;
    if found.is_none() {
        found = instance.store.find(cases, "number", id).await?;
    }
    let found = found.ok_or_else(ApiError::no_record)?;
    if instance.may_read(user, cases, &found).await? { Ok(found) } else { Err(ApiError::no_record()) }
}

async fn list(
    State(instance): Shared,
    Caller(user): Caller,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let options = options(raw.as_deref(), &headers)?;
    let cases = open(&instance, &user)?;
    let query = search(&instance, &user, cases, &options).await?;
    let slice = Slice { limit: options.limit, offset: options.offset };
    let rows = instance.store.select(cases, &query, slice).await?;
    let rows = instance.readable(&user, cases, rows).await?;
    let mut response = json_response(StatusCode::OK, &shaped(&instance, &user, cases, &rows, &options).await?.into());
    if is_paged(&options) {
        let total = instance.store.count(cases, &query).await?;
        add_pages(&instance, &mut response, "/case", &options, total);
    }
    Ok(response)
}

/// The total is told to those who ask for a part.
fn is_paged(options: &Options) -> bool {
    ["sysparm_limit", "sysparm_offset"].iter().any(|name| parameter(options, name).is_some())
}

fn add_pages(instance: &Instance, response: &mut Response, path: &str, options: &Options, total: i64) {
    response.headers_mut().insert("x-total-count", total.into());
    if let Some(links) = page_links(instance, &format!("/api/sn_customerservice{path}"), options, Some(total), 0) {
        response.headers_mut().insert(header::LINK, links);
    }
}

async fn read(
    State(instance): Shared,
    Caller(user): Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let options = options(raw.as_deref(), &headers)?;
    let cases = open(&instance, &user)?;
    let case = find(&instance, &user, cases, &id).await?;
    let mut shaped = shaped(&instance, &user, cases, std::slice::from_ref(&case), &options).await?;
    Ok(json_response(StatusCode::OK, &shaped.pop().unwrap_or_default()))
}

/// Whose records stand in the case instead of their sys_ids.
const WHOLE: &[&str] = &["account", "contact", "consumer"];

async fn shaped(
    instance: &Instance,
    user: &User,
    cases: &Table,
    rows: &[Record],
    options: &Options,
) -> Result<Vec<Value>, ApiError> {
    let mut shaped = customers::shaped(instance, user, cases, rows, options).await?;
    if parameter(options, "sysparm_reference_fields") == Some("false") {
        return Ok(shaped);
    }
    let complete = options.complete();
    for (row, case) in rows.iter().zip(&mut shaped) {
        for &column in WHOLE {
            let Some(place) = case.get_mut(column) else { continue };
            let target = cases.column(column).and_then(|column| instance.table(column.reference.as_deref()?));
            if let Some(target) = target
                && let Some(record) = instance.store.get(target, row.get(column)).await?
                && instance.may_read(user, target, &record).await?
                && let Some(whole) =
                    customers::shaped(instance, user, target, std::slice::from_ref(&record), &complete).await?.pop()
            {
                *place = whole;
            }
        }
    }
    Ok(shaped)
}

/// What an external user may say of a new case, and later.
const CUSTOMER_CREATES: &[&str] = &[
    "short_description",
    "description",
    "priority",
    "category",
    "subcategory",
    "product",
    "asset",
    "contact_type",
    "business_impact",
    "comments",
];
const CUSTOMER_UPDATES: &[&str] = &["comments", "state"];

async fn create(
    State(instance): Shared,
    Caller(user): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let cases = open(&instance, &user)?;
    let mut values = body::read(&headers, body).await?;
    if !user.has(INTEGRATION) {
        values.retain(|(column, _)| CUSTOMER_CREATES.contains(&column.as_str()));
        values.push(("contact".to_owned(), user.sys_id.clone()));
    }
    // Nothing in the body is checked: what is no column is ignored, what is no choice is kept.
    let by = Writer::script(&user, &Transaction::default());
    let case = instance.insert(by, cases, Input { values, ..Input::default() }).await?;
    Ok(named(&case))
}

async fn update(
    State(instance): Shared,
    Caller(user): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let cases = open(&instance, &user)?;
    let case = find(&instance, &user, cases, &id).await?;
    let mut values = body::read(&headers, body).await?;
    if !user.has(INTEGRATION) {
        values.retain(|(column, _)| CUSTOMER_UPDATES.contains(&column.as_str()));
    }
    let by = Writer::script(&user, &Transaction::default());
    let case = instance.update(by, cases, case.sys_id(), Input { values, ..Input::default() }).await?;
    Ok(named(&case))
}

/// All that is said of a case that was written, and with 201 whether it is new or not.
fn named(case: &Record) -> Response {
    json_response(StatusCode::CREATED, &json!({"sys_id": case.sys_id(), "number": case.get("number")}))
}
