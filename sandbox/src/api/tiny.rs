//! Short names for long addresses (contract 2.2, `sysparm_tiny`): the parameters are kept, and found again
//! by the name.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;
use url::form_urlencoded;

use super::{ApiError, Caller, body, table};
use crate::instance::Instance;
use crate::random;
use crate::records::Input;
use crate::store;
use crate::user::User;

const PARAMETER: &str = "sysparm_tiny";

/// `{"url": "incident_list.do?sysparm_query=..."}` becomes `incident_list.do?sysparm_tiny=<name>`.
pub(super) async fn create(
    State(instance): State<Arc<Instance>>,
    Caller(_): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let values = body::read(&headers, body).await?;
    let url = values.into_iter().find(|(name, _)| name == "url").map(|(_, url)| url).filter(|url| !url.is_empty());
    let missing = || ApiError::new(StatusCode::BAD_REQUEST, "Missing mandatory parameter: url", None);
    let url = url.ok_or_else(missing)?;
    let (page, parameters) = url.split_once('?').unwrap_or((&url, ""));
    let kept = instance.table("sys_tiny_url").ok_or_else(ApiError::no_record)?;
    let name = random::sys_id();
    let input = Input::new([("sys_id", name.as_str()), ("tiny_url", &name), ("data", parameters)]);
    instance.insert(&User::system(), kept, input).await?;
    let tiny = format!("{page}?{PARAMETER}={name}");
    Ok(table::json_response(StatusCode::OK, &Value::from(tiny)))
}

/// The parameters of a call with those that a tiny name stands for; what the call says itself wins.
pub(super) async fn expand(instance: &Instance, raw: Option<String>) -> store::Result<Option<String>> {
    let given = form_urlencoded::parse(raw.as_deref().unwrap_or_default().as_bytes());
    let Some(name) = given.clone().find(|(key, _)| key == PARAMETER).map(|(_, name)| name.into_owned()) else {
        return Ok(raw);
    };
    let Some(table) = instance.table("sys_tiny_url") else {
        return Ok(raw);
    };
    let found = instance.store.find(table, "tiny_url", &name).await?.unwrap_or_default();
    let given: Vec<_> = given.filter(|(key, _)| key != PARAMETER).collect();
    let kept = form_urlencoded::parse(found.get("data").as_bytes());
    let kept = kept.filter(|(key, _)| !given.iter().any(|(known, _)| known == key));
    let mut all = form_urlencoded::Serializer::new(String::new());
    all.extend_pairs(&given).extend_pairs(kept);
    Ok(Some(all.finish()))
}
