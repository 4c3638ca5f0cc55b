//! What every answer of the REST API carries in its headers (contract 2.6), and the page that stands
//! before it for an address that is too long (contract 2.2).

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::Caller;
use crate::instance::Instance;
use crate::random;
use std::sync::Arc;

/// Longer addresses never reach the API.
const LONGEST_ADDRESS: usize = 16_384;

const TOO_LONG: &str = "<!DOCTYPE html><html><head><title>414 Request-URI Too Large</title></head>\
<body><center><h1>414 Request-URI Too Large</h1></center><hr><center>snow_adc</center></body></html>";

const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache,no-store,must-revalidate,max-age=-1")),
    (header::PRAGMA, HeaderValue::from_static("no-store,no-cache")),
    (header::EXPIRES, HeaderValue::from_static("0")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("server-timing"), HeaderValue::from_static("sem_wait;dur=0, sesh_wait;dur=0")),
];

pub(crate) async fn dress(State(instance): State<Arc<Instance>>, request: Request, next: Next) -> Response {
    // A part of a batch comes in a body, where an address may have any length.
    let is_part = request.extensions().get::<Caller>().is_some();
    if !is_part && request.uri().path_and_query().map_or(0, |address| address.as_str().len()) > LONGEST_ADDRESS {
        return (StatusCode::URI_TOO_LONG, Html(TOO_LONG)).into_response();
    }
    let mut response = next.run(request).await;
    let logged_in = response.status() != StatusCode::UNAUTHORIZED;
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(value);
    }
    let date = instance.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::try_from(date) {
        headers.insert(header::DATE, date);
    }
    headers.insert("x-is-logged-in", HeaderValue::from_static(if logged_in { "true" } else { "false" }));
    if let Ok(id) = HeaderValue::try_from(random::transaction_id()) {
        headers.insert("x-transaction-id", id);
    }
    response
}
