//! The Batch API (contract 9.2): several calls in one, run one after the other with the caller's rights,
//! each by itself. What no longer fits into the limits is named as unserviced.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::caller::Token;
use super::media::acceptable;
use super::{ApiError, Caller, JSON, body};
use crate::instance::Instance;
use crate::store;

#[derive(Debug, Deserialize)]
struct Batch {
    #[serde(default)]
    batch_request_id: Value,
    rest_requests: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    method: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    headers: Vec<Header>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    exclude_response_headers: bool,
}

#[derive(Debug, Deserialize)]
struct Header {
    name: String,
    value: String,
}

/// How long all items together may take, by the instance's clock.
const LONGEST_SECONDS: i64 = 30;
const MEGABYTE: usize = 1 << 20;

struct Limits {
    input: usize,
    output: usize,
}

impl Limits {
    async fn of(instance: &Instance, headers: &HeaderMap) -> store::Result<Self> {
        let megabytes = async |name: &str, default: usize, most: usize| -> store::Result<usize> {
            let set = instance.property(name).await?.and_then(|value| value.trim().parse().ok());
            Ok(set.unwrap_or(default).min(most) * MEGABYTE)
        };
        let output = megabytes("glide.rest.batch.max.outputSize", 10, 1_024).await?;
        let lower = headers.get("x-batchrequest-max-output-size");
        let lower = lower.and_then(|value| value.to_str().ok()?.trim().parse().ok()).unwrap_or(output);
        let input = megabytes("glide.rest.batch.max.inputSize", 5, 10).await?;
        Ok(Self { input, output: output.min(lower) })
    }
}

pub(super) async fn run(
    State(instance): State<Arc<Instance>>,
    caller: Caller,
    token: Option<Extension<Token>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let mut on_behalf = Extensions::new();
    on_behalf.insert(caller);
    if let Some(Extension(token)) = token {
        on_behalf.insert(token);
    }
    acceptable(&headers)?;
    let bytes = body::bytes(&headers, body).await?;
    let unreadable = |cause: serde_json::Error| {
        ApiError::new(StatusCode::BAD_REQUEST, "Exception while reading request", Some(cause.to_string()))
    };
    let batch: Batch = serde_json::from_slice(&bytes).map_err(unreadable)?;
    let limits = Limits::of(&instance, &headers).await?;
    let calls = super::within(&instance);
    let began = instance.clock.now();
    let mut serviced = Vec::new();
    let mut left = batch.rest_requests.into_iter();
    let mut unserviced = Vec::new();
    for item in left.by_ref() {
        let id = text(&item.id);
        let late = instance.clock.now().as_second() - began.as_second() >= LONGEST_SECONDS;
        let answer = if late { None } else { service(&calls, &on_behalf, item, &limits).await };
        let Some(answer) = answer else {
            // The limit ends the batch: this item and all that come after it are to be sent again.
            unserviced.push(id);
            break;
        };
        serviced.push(answer);
    }
    unserviced.extend(left.map(|item| text(&item.id)));
    let answer = json!({
        "batch_request_id": text(&batch.batch_request_id),
        "serviced_requests": serviced,
        "unserviced_requests": unserviced,
    });
    Ok(([(header::CONTENT_TYPE, JSON)], answer.to_string()).into_response())
}

/// Ids come back as text even when they were sent as numbers.
fn text(id: &Value) -> String {
    match id {
        Value::String(id) => id.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The answer to one item; nothing if it, or what it reads, is larger than the limits allow.
async fn service(calls: &Router, on_behalf: &Extensions, item: Item, limits: &Limits) -> Option<Value> {
    let id = text(&item.id);
    let began = Instant::now();
    let excluded = item.exclude_response_headers;
    let request = match request(on_behalf, item) {
        Ok(request) => request,
        Err(problem) => return Some(refused(&id, &problem)),
    };
    let (parts, content) = request.into_parts();
    if content.len() > limits.input {
        return None;
    }
    let is_read = matches!(parts.method, Method::GET | Method::HEAD);
    // A router has no error of its own: whatever happens is an answer.
    let Ok(response) = calls.clone().oneshot(Request::from_parts(parts, Body::from(content))).await;
    let (parts, body) = response.into_parts();
    let (body, problem) = match to_bytes(body, limits.output).await {
        Ok(body) => (body, ""),
        Err(_) if is_read => return None,
        // A write that has run must not be sent again because its answer has no room here.
        Err(_) => (Bytes::new(), "The response is larger than a batch may hold"),
    };
    let mut headers = Vec::new();
    if !excluded {
        let named = |name: &str, value: &str| json!({"name": name, "value": value});
        let given = parts.headers.iter().filter(|(name, _)| *name != header::CONTENT_LENGTH);
        headers.extend(given.map(|(name, value)| named(&spelled(name), &String::from_utf8_lossy(value.as_bytes()))));
        headers.push(named("Content-Length", &body.len().to_string()));
    }
    Some(json!({
        "id": id,
        "body": BASE64_STANDARD.encode(&body),
        "status_code": parts.status.as_u16(),
        "status_text": parts.status.canonical_reason().unwrap_or_default(),
        "headers": headers,
        "execution_time": u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "error_message": problem,
        "redirect_url": "",
    }))
}

/// An item that cannot be sent on fails by itself.
fn refused(id: &str, problem: &str) -> Value {
    let status = StatusCode::BAD_REQUEST;
    json!({
        "id": id,
        "body": "",
        "status_code": status.as_u16(),
        "status_text": status.canonical_reason().unwrap_or_default(),
        "headers": [],
        "execution_time": 0,
        "error_message": problem,
        "redirect_url": "",
    })
}

fn request(on_behalf: &Extensions, item: Item) -> Result<Request<Vec<u8>>, String> {
    let method: Method = item.method.trim().to_ascii_uppercase().parse().map_err(|_| "The method is not known")?;
    if !item.url.starts_with('/') || item.url.starts_with("//") {
        return Err("The url is not a path on this instance".to_owned());
    }
    let uri: Uri = encoded(&item.url).parse().map_err(|_| "The url is not understood")?;
    if uri.path().trim_end_matches('/').ends_with("/batch") {
        return Err("A batch cannot hold a batch".to_owned());
    }
    // Line breaks are no part of the content.
    let content: String = item.body.unwrap_or_default().chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let content = BASE64_STANDARD.decode(content).map_err(|cause| format!("The body is not Base64: {cause}"))?;
    let mut request = Request::new(content);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    for Header { name, value } in item.headers {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value)) else {
            return Err(format!("The header {name} is not understood"));
        };
        // Items act for the caller of the batch and for nobody else.
        if ![header::AUTHORIZATION, header::COOKIE, header::CONTENT_LENGTH, header::HOST].contains(&name) {
            request.headers_mut().append(name, value);
        }
    }
    request.extensions_mut().extend(on_behalf.clone());
    Ok(request)
}

/// An address as people write it, with what may not stand in one escaped.
fn encoded(url: &str) -> String {
    let stays = |byte: u8| byte.is_ascii_graphic() && !b"\"<>`{}|\\#".contains(&byte);
    let mut text = String::with_capacity(url.len());
    for byte in url.bytes() {
        if stays(byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// `content-type` as `Content-Type`.
fn spelled(name: &HeaderName) -> String {
    let words = name.as_str().split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}
