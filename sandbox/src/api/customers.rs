//! The Account and Contact APIs (contract 7.3), and what they share with the Case API.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::options::Options;
use super::shape::Shaper;
use super::table::{json_response, search};
use super::{ApiError, Caller, Version, body};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Writer};
use crate::rules::Transaction;
use crate::store::Slice;
use crate::user::User;

type Shared = State<Arc<Instance>>;

pub(super) fn router() -> Router<Arc<Instance>> {
    Router::new()
        .route("/account", get(accounts))
        .route("/account/{id}", get(account))
        .route("/contact", get(contacts).post(create_contact))
        .route("/contact/{id}", get(contact))
}

/// Records with bare sys_ids for references, and without what is secret.
pub(super) async fn shaped(
    instance: &Instance,
    user: &User,
    table: &Table,
    rows: &[Record],
    options: &Options,
) -> Result<Vec<Value>, ApiError> {
    let mut shaped = Shaper::new(instance, user, options, Version::Newest).values(table, rows).await?;
    let secrets: Vec<&str> =
        table.columns.values().filter(|column| column.kind.is_secret()).map(|column| column.name.as_str()).collect();
    for object in shaped.iter_mut().filter_map(Value::as_object_mut) {
        object.retain(|name, _| !secrets.contains(&name.as_str()));
    }
    Ok(shaped)
}

fn open<'a>(instance: &'a Instance, user: &User, table: &str) -> Result<&'a Arc<Table>, ApiError> {
    if !user.has("csm_ws_integration") {
        return Err(ApiError::not_authorized());
    }
    instance.table(table).ok_or_else(ApiError::no_record)
}

/// Ten, unless the caller wants more.
const FEW: i64 = 10;

async fn some(
    instance: &Instance,
    user: &User,
    table: &str,
    raw: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let mut options = Options { links: false, ..Options::read(raw, headers)? };
    if !options.given.iter().any(|(name, _)| name == "sysparm_limit") {
        options.limit = FEW;
    }
    let table = open(instance, user, table)?;
    let query = search(instance, user, table, &options).await?;
    let rows = instance.store.select(table, &query, Slice { limit: options.limit, offset: options.offset }).await?;
    Ok(json_response(StatusCode::OK, &shaped(instance, user, table, &rows, &options).await?.into()))
}

async fn one(
    instance: &Instance,
    user: &User,
    table: &str,
    id: &str,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let options = Options { links: false, ..Options::read(None, headers)? };
    let table = open(instance, user, table)?;
    let found = instance.store.get(table, id).await?.ok_or_else(ApiError::no_record)?;
    let shaped = shaped(instance, user, table, &[found], &options).await?.pop();
    Ok(json_response(StatusCode::OK, &shaped.unwrap_or_default()))
}

async fn accounts(
    State(instance): Shared,
    Caller(user): Caller,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    some(&instance, &user, "customer_account", raw.as_deref(), &headers).await
}

async fn account(
    State(instance): Shared,
    Caller(user): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    one(&instance, &user, "customer_account", &id, &headers).await
}

async fn contacts(
    State(instance): Shared,
    Caller(user): Caller,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    some(&instance, &user, "customer_contact", raw.as_deref(), &headers).await
}

async fn contact(
    State(instance): Shared,
    Caller(user): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    one(&instance, &user, "customer_contact", &id, &headers).await
}

/// Only the sys_id comes back, and nothing in the body is checked.
async fn create_contact(
    State(instance): Shared,
    Caller(user): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let contacts = open(&instance, &user, "customer_contact")?;
    let values = body::read(&headers, body).await?;
    let by = Writer::script(&user, &Transaction::default());
    let made = instance.insert(by, contacts, Input { values, ..Input::default() }).await?;
    Ok(json_response(StatusCode::CREATED, &json!(made.sys_id())))
}
