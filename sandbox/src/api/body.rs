//! Reading the body of a write (contract 2.1, 2.7, 2.8): one record in JSON or XML, or several of which
//! the first counts.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use super::media::Media;
use super::{ApiError, xml};
use crate::random;

const LARGEST: usize = 10_485_760;

pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<(String, String)>, ApiError> {
    let Some(media) = Media::sent(headers) else {
        let kind =
            headers.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let detail = format!("Media type {} is not supported", kind.unwrap_or_default());
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type", Some(detail)));
    };
    let bytes = bytes(headers, body).await?;
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    match media {
        Media::Json => object(&bytes).ok_or_else(undecodable),
        Media::Xml => xml::read(&bytes).map_err(unreadable),
    }
}

/// All of a body, unless it is larger than the platform takes (contract 2.7).
pub(super) async fn bytes(headers: &HeaderMap, body: Body) -> Result<Bytes, ApiError> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = length.filter(|&length| length > LARGEST as u64) {
        return Err(too_large(length));
    }
    to_bytes(body, LARGEST).await.map_err(|_| too_large(LARGEST as u64 + 1))
}

fn unreadable(detail: String) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "Exception while reading request", Some(detail))
}

fn too_large(length: u64) -> ApiError {
    unreadable(format!(
        "Rejected large REST payload with content-length = {length} bytes. Max allowed: {LARGEST} bytes."
    ))
}

/// The platform names its own object rather than the mistake.
fn undecodable() -> ApiError {
    unreadable(format!("Cannot decode: java.io.StringReader@{}", &random::transaction_id()[..8]))
}

/// The record in a JSON body; nothing if there is none.
fn object(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let object = match serde_json::from_slice(bytes).ok()? {
        Value::Object(object) => object,
        Value::Array(several) => match several.into_iter().next() {
            None => Map::new(),
            Some(Value::Object(object)) => object,
            Some(_) => return None,
        },
        _ => return None,
    };
    Some(object.into_iter().map(|(column, value)| (column, text(value))).collect())
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
