//! The sandbox's own small API: reading, turning and resetting the switches. It asks for an
//! administrator, and answers whatever the switches do to the instance's own calls.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use super::{Switches, quiet_edit};
use crate::api::{ApiError, Operator};
use crate::instance::Instance;

pub(crate) fn router() -> Router<Arc<Instance>> {
    Router::new()
        .route("/sandbox/switches", get(show).put(change).delete(reset))
        .route("/sandbox/switches/description", get(describe))
        .route("/sandbox/served", get(served))
        .route("/sandbox/quiet-edit", post(quiet_edit::edit))
}

async fn show(State(instance): State<Arc<Instance>>, _operator: Operator) -> Json<Switches> {
    Json(instance.switches())
}

async fn reset(State(instance): State<Arc<Instance>>, _operator: Operator) -> Result<Json<Switches>, ApiError> {
    let before = instance.switches().close_codes;
    instance.switch(|switches| *switches = Switches::default());
    instance.offer_close_codes(before).await?;
    Ok(Json(instance.switches()))
}

/// Sets the switches that are named and leaves the others.
async fn change(
    State(instance): State<Arc<Instance>>,
    _operator: Operator,
    body: Bytes,
) -> Result<Json<Switches>, ApiError> {
    let refuse = |cause: String| ApiError::new(StatusCode::BAD_REQUEST, "Not a set of switches", Some(cause));
    let named: Map<String, Value> = serde_json::from_slice(&body).map_err(|cause| refuse(cause.to_string()))?;
    let before = instance.switches().close_codes;
    instance.turn(named).map_err(|cause| refuse(cause.to_string()))?;
    instance.offer_close_codes(before).await?;
    Ok(Json(instance.switches()))
}

/// Every switch with what it means, its default and its value.
async fn describe(State(instance): State<Arc<Instance>>, _operator: Operator) -> Response {
    let (now, at_first) = (values(&instance.switches()), values(&Switches::default()));
    let described = Switches::described().into_iter().map(|switch| {
        json!({
            "name": switch.name, "area": switch.area, "meaning": switch.meaning, "section": switch.section,
            "offered": switch.offered, "default": at_first.get(switch.name), "value": now.get(switch.name),
        })
    });
    Json(described.collect::<Vec<Value>>()).into_response()
}

/// How many faults of each kind were served since the start.
async fn served(State(instance): State<Arc<Instance>>, _operator: Operator) -> Response {
    Json(instance.served.counts()).into_response()
}

/// The switches by name.
pub(crate) fn values(switches: &Switches) -> Map<String, Value> {
    match serde_json::to_value(switches) {
        Ok(Value::Object(values)) => values,
        _ => Map::new(),
    }
}

impl Instance {
    /// Sets the switches that are named, all of them or, if one is not understood, none.
    pub fn turn(&self, named: Map<String, Value>) -> serde_json::Result<()> {
        self.switch(|switches| {
            let mut all = values(switches);
            all.extend(named);
            *switches = serde_json::from_value(all.into())?;
            Ok(())
        })
    }
}
