//! The browser's way to ServiceNow's consent page and back.

use crate::operations::{Operations, Returned};
use app::error::Trouble;
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

/// Only from a page of ours, or typed: another site shall not begin an authorization in somebody's name.
pub async fn authorize(
    Extension(operations): Extension<Operations>,
    Path(connection): Path<String>,
    headers: HeaderMap,
) -> Response {
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok()).unwrap_or("none");
    if !matches!(site, "same-origin" | "none") {
        return (StatusCode::FORBIDDEN, "Begin this from the connection's page.\n").into_response();
    }
    match operations.begin_authorization(&connection).await {
        Ok(url) => Redirect::to(&url).into_response(),
        Err(trouble) => told(&trouble, &format!("/settings/connections/{connection}")),
    }
}

pub async fn callback(Extension(operations): Extension<Operations>, Query(returned): Query<Returned>) -> Response {
    match operations.finish_authorization(returned).await {
        Ok(page) => Redirect::to(&page).into_response(),
        Err(trouble) => told(&trouble, "/settings/connections"),
    }
}

fn told(trouble: &Trouble, next: &str) -> Response {
    if trouble.is_signed_out() {
        return Redirect::to(&format!("/sign-in?next={next}")).into_response();
    }
    Redirect::to(&format!("{next}?problem={}", trouble.code)).into_response()
}
