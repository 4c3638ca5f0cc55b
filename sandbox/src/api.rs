//! The REST API: routes, who is calling, and the errors that every call shares (contract 1.9, 2.1, 2.7).

mod admission;
pub(crate) mod attachment;
mod attribute;
mod batch;
mod body;
mod caller;
mod case;
mod customers;
mod display;
mod faults;
mod headers;
mod import;
mod knowledge;
mod media;
mod options;
mod resource;
mod shape;
mod sight;
mod stats;
mod table;
mod tiny;
mod xml;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::json;

use crate::instance::Instance;

pub(crate) use admission::admit;
pub(crate) use caller::{Caller, Operator, basic};
pub(crate) use display::Displays;
pub(crate) use faults::{Served, inject};
pub(crate) use headers::dress;
pub(crate) use media::speak;
pub(crate) use resource::Resource;

/// The version in the path of the request: links repeat it, and an empty list is an error in v1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Newest,
    V1,
    V2,
}

impl Version {
    pub fn path(self) -> &'static str {
        match self {
            Self::Newest => "/api/now",
            Self::V1 => "/api/now/v1",
            Self::V2 => "/api/now/v2",
        }
    }
}

pub(crate) fn router() -> Router<Arc<Instance>> {
    let record = get(table::read).patch(table::update).put(table::update).delete(table::delete).post(table::overridden);
    let calls = Router::new()
        .route("/table/{table}", get(table::list).post(table::create))
        .route("/table/{table}/{sys_id}", record)
        .route("/stats/{table}", get(stats::read))
        .route("/batch", post(batch::run))
        .route("/import/{table}", post(import::create))
        .route("/import/{table}/insertMultiple", post(import::create_many))
        .route("/import/{table}/{sys_id}", get(import::read))
        .route("/tinyurl", post(tiny::create))
        .merge(attachment::router())
        .merge(customers::router())
        .method_not_allowed_fallback(async || {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method is not supported", None)
        })
        .layer(DefaultBodyLimit::disable());
    let versions = [Version::Newest, Version::V1, Version::V2];
    let all = versions
        .into_iter()
        .fold(Router::new(), |all, version| all.nest(version.path(), calls.clone().layer(Extension(version))));
    let all = ["", "/v1"].into_iter().fold(all, |all, version| {
        all.nest(&format!("/api/sn_customerservice{version}"), case::router())
            .nest(&format!("/api/sn_km_api{version}"), knowledge::router())
    });
    all.route("/api/{*rest}", axum::routing::any(unknown))
}

/// The API for calls that the instance makes itself on behalf of somebody who was let in.
fn within(instance: &Arc<Instance>) -> Router {
    let calls = router().layer(from_fn_with_state(instance.clone(), admit));
    let calls =
        calls.layer(from_fn_with_state(instance.clone(), speak)).layer(from_fn_with_state(instance.clone(), dress));
    calls.with_state(instance.clone())
}

async fn unknown(_caller: Caller) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "Requested URI does not represent any resource", None)
}

/// ServiceNow's error envelope.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
    detail: Option<String>,
    headers: Vec<(&'static str, String)>,
}

impl ApiError {
    pub fn new(status: StatusCode, message: impl Into<String>, detail: Option<String>) -> Self {
        Self { status, message: message.into(), detail, headers: Vec::new() }
    }

    pub fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub fn not_authenticated() -> Self {
        let detail = "Required to provide Auth information".to_owned();
        Self::new(StatusCode::UNAUTHORIZED, "User Not Authenticated", Some(detail))
            .with_header("www-authenticate", "BASIC realm=\"Service-now\"")
    }

    pub fn no_record() -> Self {
        let detail = "Record doesn't exist or ACL restricts the record retrieval".to_owned();
        Self::new(StatusCode::NOT_FOUND, "No Record found", Some(detail))
    }

    /// What the instance itself could not do; the cause goes to its log only.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "the sandbox failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The instance failed", None)
    }

    pub fn fields_not_readable() -> Self {
        let detail = "Field(s) present in the query do not have permission to be read".to_owned();
        Self::new(StatusCode::FORBIDDEN, "Insufficient rights to query records", Some(detail))
    }

    /// The rule in front of a whole API, not of its records.
    pub fn not_authorized() -> Self {
        let detail = "Failed API level ACL Validation".to_owned();
        Self::new(StatusCode::FORBIDDEN, "User Not Authorized", Some(detail))
    }

    pub fn not_readable() -> Self {
        Self::new(StatusCode::FORBIDDEN, "Insufficient rights to query records", None)
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(cause: sqlx::Error) -> Self {
        Self::internal(&cause)
    }
}

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({"error": {"message": self.message, "detail": self.detail}, "status": "failure"});
        let mut response = (self.status, [(header::CONTENT_TYPE, JSON)], body.to_string()).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
