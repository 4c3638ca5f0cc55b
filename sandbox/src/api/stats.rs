//! The Aggregate API, as far as counting goes (contract 9.3).

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::options::Options;
use super::{ApiError, Caller, table};
use crate::instance::Instance;

pub(super) async fn read(
    State(instance): State<Arc<Instance>>,
    Caller(user): Caller,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let options = Options::read(raw.as_deref(), &headers)?;
    let opened = table::open(&instance, &user, &name)?;
    let query = table::search(&instance, &user, opened, &options)?;
    // With neither count nor an aggregate no numbers come back.
    let stats = if options.is_true("sysparm_count") {
        json!({"count": instance.store.count(opened, &query).await?.to_string()})
    } else {
        json!({})
    };
    Ok(table::json_response(StatusCode::OK, &json!({"stats": stats})))
}
