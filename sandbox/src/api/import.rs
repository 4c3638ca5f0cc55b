//! The Import Set API (contract 9.1): rows for a staging table, transformed at once or, for many, later.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::media::acceptable;
use super::{ApiError, Caller, JSON, Version, body, table};
use crate::dictionary::Table;
use crate::imports::{self, Outcome};
use crate::instance::Instance;
use crate::records::{Input, Refusal};
use crate::user::User;

type Shared = State<Arc<Instance>>;
type Versioned = Extension<Version>;

async fn staging<'a>(instance: &'a Instance, user: &User, name: &str) -> Result<&'a Arc<Table>, ApiError> {
    let found = table::open(instance, user, name).await?;
    if imports::is_staging(found) {
        return Ok(found);
    }
    let detail = Some(format!("{name} is not an import set table"));
    Err(ApiError::new(StatusCode::BAD_REQUEST, "Invalid staging table", detail))
}

fn unreadable(detail: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "Exception while reading request", Some(detail.to_owned()))
}

/// Every value becomes text; what is nested looks as Java prints it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Object(object) => {
            let pairs: Vec<String> = object.iter().map(|(key, value)| format!("{key}={}", text(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Array(array) => format!("[{}]", array.iter().map(text).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// The values of a row; a field may be called by its name or, as in a spreadsheet, by its label.
fn values(staging: &Table, row: &Map<String, Value>) -> Vec<(String, String)> {
    let name = |key: &String| {
        let labelled = || staging.columns.values().find(|column| column.label.eq_ignore_ascii_case(key));
        staging.column(key).or_else(labelled).map_or_else(|| key.clone(), |column| column.name.clone())
    };
    row.iter().map(|(key, value)| (name(key), text(value))).collect()
}

async fn json_body(headers: &HeaderMap, body: Body) -> Result<Value, ApiError> {
    let bytes = body::bytes(headers, body).await?;
    if bytes.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(&bytes).map_err(|cause| unreadable(&cause.to_string()))
}

fn shown(instance: &Instance, version: Version, set: &str, staging: &Table, outcomes: &[Outcome]) -> Value {
    let each = outcomes.iter().map(|outcome| {
        let mut one = json!({"transform_map": outcome.transform_map, "table": outcome.table, "status": outcome.status});
        let link = format!("{}{}/table/{}/{}", instance.address, version.path(), outcome.table, outcome.sys_id);
        let about = [("display_name", &outcome.display_name), ("display_value", &outcome.display_value)];
        let about = about.into_iter().chain([("record_link", &link), ("sys_id", &outcome.sys_id)]);
        for (name, value) in about.filter(|_| !outcome.sys_id.is_empty()) {
            one[name] = value.as_str().into();
        }
        let said = [("status_message", &outcome.status_message), ("error_message", &outcome.error_message)];
        for (name, message) in said.into_iter().filter(|(_, message)| !message.is_empty()) {
            one[name] = message.as_str().into();
        }
        one
    });
    json!({"import_set": set, "staging_table": staging.name, "result": each.collect::<Vec<_>>()})
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, JSON)], body.to_string()).into_response()
}

/// 201 even if nothing came of the row: the result says what did (contract 9.1).
pub(super) async fn create(
    State(instance): Shared,
    Extension(version): Versioned,
    Caller(user): Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    acceptable(&headers)?;
    let staging = staging(&instance, &user, &name).await?;
    let Value::Object(row) = json_body(&headers, body).await? else {
        return Err(unreadable("The body is not a JSON object"));
    };
    let set = instance.new_import_set(&user, staging, "").await?;
    let row = instance.stage(&user, staging, &set, 0, values(staging, &row)).await?;
    let outcomes = instance.transform(&user, staging, &row).await?;
    instance.import_set_done(&user, &set).await?;
    Ok(answer(StatusCode::CREATED, &shown(&instance, version, set.get("number"), staging, &outcomes)))
}

/// Many rows: they are stored at once and transformed afterwards, in their order.
pub(super) async fn create_many(
    State(instance): Shared,
    Caller(user): Caller,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    acceptable(&headers)?;
    let staging = staging(&instance, &user, &name).await?.clone();
    let mut body = json_body(&headers, body).await?;
    let Some(Value::Array(rows)) = body.get_mut("records").map(Value::take) else {
        return Err(unreadable("The body has no array called records"));
    };
    let parameters = form_urlencoded::parse(raw.as_deref().unwrap_or_default().as_bytes());
    let multi = parameters.into_iter().find(|(name, _)| name == "multi_import_set_id").map(|(_, id)| id.into_owned());
    let multi = match multi {
        Some(id) => id,
        None => new_multi(&instance).await?,
    };
    let set = instance.new_import_set(&user, &staging, &multi).await?;
    let mut staged = Vec::with_capacity(rows.len());
    for (position, row) in rows.iter().enumerate() {
        let Value::Object(row) = row else { continue };
        staged.push(instance.stage(&user, &staging, &set, position, values(&staging, row)).await?);
    }
    let ids = json!({"import_set_id": set.sys_id(), "multi_import_set_id": multi});
    let later = instance.clone();
    instance.background.spawn(async move { later.import_rows(&user, &staging, &set, staged).await });
    Ok(answer(StatusCode::CREATED, &ids))
}

async fn new_multi(instance: &Arc<Instance>) -> Result<String, ApiError> {
    let table = instance.table("sys_multi_import_set").ok_or(Refusal::NotFound)?;
    Ok(instance.insert(&User::system(), table, Input::default()).await?.sys_id().to_owned())
}

pub(super) async fn read(
    State(instance): Shared,
    Extension(version): Versioned,
    Caller(user): Caller,
    Path((name, sys_id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    acceptable(&headers)?;
    let staging = staging(&instance, &user, &name).await?;
    let row = instance.store.get(staging, &sys_id).await?.ok_or_else(ApiError::no_record)?;
    if instance.class(staging, &row).name != staging.name || !instance.may_read(&user, staging, &row).await? {
        return Err(ApiError::no_record());
    }
    let sets = instance.table("sys_import_set").ok_or(Refusal::NotFound)?;
    let set = instance.store.get(sets, row.get("sys_import_set")).await?.unwrap_or_default();
    let outcomes = Instance::outcomes(&row);
    Ok(answer(StatusCode::OK, &shown(&instance, version, set.get("number"), staging, &outcomes)))
}
