//! Key and value pairs on a file (contract 5), rows of `sys_attachment_attribute` with the file's rights.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{ApiError, Caller, body, table};
use crate::acl::Operation as Access;
use crate::attachments::Rejection;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Refusal};
use crate::store;
use crate::user::User;

type Shared = State<Arc<Instance>>;

fn attributes(instance: &Instance) -> Result<&Arc<Table>, ApiError> {
    instance.table("sys_attachment_attribute").ok_or_else(ApiError::no_record)
}

fn shown(attribute: &Record) -> Value {
    json!({"key": attribute.get("key"), "value": attribute.get("value")})
}

async fn of(instance: &Instance, file: &Record) -> store::Result<Vec<Record>> {
    let query = format!("attachment={}^ORDERBYkey", file.sys_id());
    instance.query("sys_attachment_attribute", &query, &User::system(), 1_000).await
}

async fn one(instance: &Instance, file: &Record, key: &str) -> Result<Record, ApiError> {
    let found = of(instance, file).await?.into_iter().find(|attribute| attribute.get("key") == key);
    found.ok_or_else(ApiError::no_record)
}

/// The file, for somebody who wants to change what is said of it.
async fn writable(instance: &Instance, user: &User, sys_id: &str) -> Result<Record, Refusal> {
    let file = instance.file(user, sys_id).await?;
    if instance.may_with_file(user, Access::Write, &file).await? { Ok(file) } else { Err(Refusal::Denied("Update")) }
}

async fn given<const N: usize>(
    headers: &HeaderMap,
    body: Body,
    wanted: [&'static str; N],
) -> Result<[String; N], ApiError> {
    let values = body::read(headers, body).await?;
    let mut found = [const { String::new() }; N];
    for (place, name) in found.iter_mut().zip(wanted) {
        let value = values.iter().find(|(given, value)| given == name && !value.is_empty());
        place.clone_from(&value.ok_or(Rejection::Missing(name))?.1);
    }
    Ok(found)
}

pub(super) async fn list(
    State(instance): Shared,
    Caller(user): Caller,
    Path(sys_id): Path<String>,
) -> Result<Response, ApiError> {
    let file = instance.file(&user, &sys_id).await?;
    let all: Vec<Value> = of(&instance, &file).await?.iter().map(shown).collect();
    Ok(table::json_response(StatusCode::OK, &all.into()))
}

pub(super) async fn read(
    State(instance): Shared,
    Caller(user): Caller,
    Path((sys_id, key)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let file = instance.file(&user, &sys_id).await?;
    Ok(table::json_response(StatusCode::OK, &shown(&one(&instance, &file, &key).await?)))
}

pub(super) async fn create(
    State(instance): Shared,
    Caller(user): Caller,
    Path(sys_id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let [key, value] = given(&headers, body, ["key", "value"]).await?;
    let file = writable(&instance, &user, &sys_id).await?;
    if one(&instance, &file, &key).await.is_ok() {
        let detail = format!("The attachment has an attribute {key} already");
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "Operation Failed", Some(detail)));
    }
    let input = Input::new([("attachment", sys_id), ("key", key), ("value", value)]);
    let made = instance.insert(&User::system(), attributes(&instance)?, input).await?;
    Ok(table::json_response(StatusCode::CREATED, &shown(&made)))
}

pub(super) async fn update(
    State(instance): Shared,
    Caller(user): Caller,
    Path((sys_id, key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let [value] = given(&headers, body, ["value"]).await?;
    let file = writable(&instance, &user, &sys_id).await?;
    let found = one(&instance, &file, &key).await?;
    let input = Input::new([("value", value)]);
    let now = instance.update(&User::system(), attributes(&instance)?, found.sys_id(), input).await?;
    Ok(table::json_response(StatusCode::OK, &shown(&now)))
}

pub(super) async fn delete(
    State(instance): Shared,
    Caller(user): Caller,
    Path((sys_id, key)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let file = writable(&instance, &user, &sys_id).await?;
    let found = one(&instance, &file, &key).await?;
    instance.delete(&User::system(), attributes(&instance)?, found.sys_id()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete_all(
    State(instance): Shared,
    Caller(user): Caller,
    Path(sys_id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let file = writable(&instance, &user, &sys_id).await?;
    for attribute in of(&instance, &file).await? {
        instance.delete(&User::system(), attributes(&instance)?, attribute.sys_id()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
