//! `POST /sandbox/quiet-edit`: an edit as a script on the instance makes it, with `setWorkflow(false)` and
//! `autoSysFields(false)` if asked (contract 12.5), so that a test can make changes that no cursor sees.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::api::{ApiError, Operator};
use crate::instance::Instance;
use crate::records::{Input, Writer};
use crate::user::User;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuietEdit {
    table: String,
    sys_id: String,
    values: Map<String, Value>,
    /// Whether business rules run and changes are audited.
    #[serde(default)]
    workflow: bool,
    /// Whether `sys_updated_on`, `sys_updated_by` and `sys_mod_count` follow.
    #[serde(default)]
    auto_sys_fields: bool,
}

pub(super) async fn edit(
    State(instance): State<Arc<Instance>>,
    _operator: Operator,
    body: Bytes,
) -> Result<Response, ApiError> {
    let refuse = |cause: String| ApiError::new(StatusCode::BAD_REQUEST, "Not a quiet edit", Some(cause));
    let edit: QuietEdit = serde_json::from_slice(&body).map_err(|cause| refuse(cause.to_string()))?;
    let table = instance.table(&edit.table).ok_or_else(|| refuse(format!("there is no table {}", edit.table)))?;
    let text = |value: Value| if let Value::String(text) = value { text } else { value.to_string() };
    let input = Input::new(edit.values.into_iter().map(|(column, value)| (column, text(value))));
    let system = User::system();
    let by = Writer { script: true, rules: edit.workflow, stamps: edit.auto_sys_fields, ..Writer::from(&system) };
    let record = instance.update(by, table, &edit.sys_id, input).await?;
    let result: Map<String, Value> = record.iter().map(|(column, value)| (column.to_owned(), value.into())).collect();
    Ok(Json(json!({"result": result})).into_response())
}
