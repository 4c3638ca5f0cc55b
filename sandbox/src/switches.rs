//! Behaviours that differ between real instances, and faults, as switches that a test or a person can
//! turn while the instance runs (contract 13). To add one: a field here, a row in the README's table,
//! and the place where it bites.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, body::Bytes};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

use crate::api::{ApiError, Caller};
use crate::instance::Instance;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Switches {
    /// Every request to the REST API and the token endpoint waits so long first.
    pub delay_ms: u64,
    pub fail_next: Option<FailNext>,
    /// So many requests are refused with 429 (contract 10).
    pub rate_limit_next: u32,
    pub retry_after: Option<u64>,
    /// So many requests get the hibernation page with status 200 (contract 12.10).
    pub html_next: u32,
    /// So many writes are done and then the connection is cut before the answer.
    pub lose_response_next: u32,
    /// So many requests are cut before anything is done.
    pub cut_next: u32,
    /// `sys_journal_field` answers 200 with no rows (contract 4, the access trap).
    pub journal_hidden: bool,
    pub invalid_query: InvalidQuery,
    pub webhooks: Webhooks,
    pub webhook_delay_ms: u64,
    pub access_token_seconds: Option<i64>,
    pub refresh_token_seconds: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailNext {
    pub status: u16,
    pub count: u32,
    /// Only requests whose path begins so; all of the API and the token endpoint if left out.
    #[serde(default)]
    pub path: String,
}

/// What becomes of a query that names a field that is not there (contract 2.4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InvalidQuery {
    #[default]
    Ignore,
    NoRows,
    Refuse,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Webhooks {
    #[default]
    On,
    /// Never sent; the script sees a time-out.
    Off,
    /// Each is sent twice.
    Twice,
}

pub(crate) fn router() -> Router<Arc<Instance>> {
    Router::new().route("/sandbox/switches", get(show).put(change).delete(reset))
}

async fn show(State(instance): State<Arc<Instance>>, caller: Caller) -> Result<Response, ApiError> {
    caller.must_have("admin")?;
    Ok(Json(instance.switches()).into_response())
}

async fn reset(State(instance): State<Arc<Instance>>, caller: Caller) -> Result<Response, ApiError> {
    caller.must_have("admin")?;
    instance.switch(|switches| *switches = Switches::default());
    Ok(Json(instance.switches()).into_response())
}

/// Sets the switches that are named and leaves the others.
async fn change(State(instance): State<Arc<Instance>>, caller: Caller, body: Bytes) -> Result<Response, ApiError> {
    caller.must_have("admin")?;
    let refuse = |cause: String| ApiError::new(StatusCode::BAD_REQUEST, "Not a set of switches", Some(cause));
    let named: serde_json::Map<String, Value> =
        serde_json::from_slice(&body).map_err(|cause| refuse(cause.to_string()))?;
    instance.switch(|switches| {
        let mut all = serde_json::to_value(&*switches).map_err(|cause| refuse(cause.to_string()))?;
        for (name, value) in named {
            all[name] = value;
        }
        *switches = serde_json::from_value(all).map_err(|cause| refuse(cause.to_string()))?;
        Ok::<_, ApiError>(())
    })?;
    Ok(Json(instance.switches()).into_response())
}
