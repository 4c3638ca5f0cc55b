//! Reading the body of a write (contract 2.1, 2.7, 2.8): one JSON object of scalars, or an array of
//! which the first counts.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use super::ApiError;

const LARGEST: usize = 10_485_760;

pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<(String, String)>, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("application/json");
    if !kind.to_ascii_lowercase().starts_with("application/json") {
        let message = "Unsupported media type";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, Some(format!("Content-Type {kind}"))));
    }
    let unreadable =
        |detail: String| ApiError::new(StatusCode::BAD_REQUEST, "Exception while reading request", Some(detail));
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let too_large = |length: u64| {
        unreadable(format!(
            "Rejected large REST payload with content-length = {length} bytes. Max allowed: {LARGEST} bytes."
        ))
    };
    if let Some(length) = length.filter(|&length| length > LARGEST as u64) {
        return Err(too_large(length));
    }
    let bytes = to_bytes(body, LARGEST).await.map_err(|_| too_large(LARGEST as u64 + 1))?;
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let value: Value = serde_json::from_slice(&bytes).map_err(|cause| unreadable(cause.to_string()))?;
    let object = match value {
        Value::Object(object) => object,
        Value::Array(mut array) if array.first().is_some_and(Value::is_object) => match array.swap_remove(0) {
            Value::Object(object) => object,
            _ => Map::new(),
        },
        _ => return Err(unreadable("The body is not a JSON object".to_owned())),
    };
    Ok(object.into_iter().map(|(column, value)| (column, text(value))).collect())
}

/// Every value is text in the end. A reference may be sent back in the shape in which it was read.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        Value::Object(mut object) => match object.remove("value").or_else(|| object.remove("display_value")) {
            Some(value) if !value.is_object() => text(value),
            _ => String::new(),
        },
        other => other.to_string(),
    }
}
