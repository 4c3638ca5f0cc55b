//! Which form a body has: JSON or XML, of the request and of the answer (contract 2.1). Calls make
//! JSON; where the caller prefers XML, the answer is rewritten on its way out.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{ApiError, JSON, xml};
use crate::instance::Instance;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Xml,
}

const XML: HeaderValue = HeaderValue::from_static("application/xml;charset=UTF-8");

impl Media {
    /// The form of the request's body; nothing if it is none that is understood.
    pub fn sent(headers: &HeaderMap) -> Option<Self> {
        let Some(value) = headers.get(header::CONTENT_TYPE) else {
            return Some(Self::Json);
        };
        match value.to_str().ok()?.split(';').next()?.trim().to_ascii_lowercase().as_str() {
            "" | "application/json" => Some(Self::Json),
            "application/xml" | "text/xml" => Some(Self::Xml),
            _ => None,
        }
    }

    /// The form that the caller likes best; nothing if it takes neither.
    pub fn wanted(headers: &HeaderMap) -> Option<Self> {
        let mut ranges = headers.get_all(header::ACCEPT).into_iter().peekable();
        if ranges.peek().is_none() {
            return Some(Self::Json);
        }
        let (mut best, mut weight) = (None, 0.0);
        for range in ranges.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let media = match parts.next().map(str::to_ascii_lowercase).as_deref() {
                Some("" | "*/*" | "application/*" | "application/json") => Self::Json,
                Some("application/xml" | "text/xml" | "text/*") => Self::Xml,
                _ => continue,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f32>().ok());
            if let Some(quality) = quality.filter(|&quality| quality > weight) {
                (best, weight) = (Some(media), quality);
            }
        }
        best
    }
}

/// Refuses an `Accept` that names neither form.
pub(super) fn acceptable(headers: &HeaderMap) -> Result<(), ApiError> {
    if Media::wanted(headers).is_some() {
        return Ok(());
    }
    let accept = headers.get(header::ACCEPT).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let detail = format!("Requested response media types are not supported: {}", accept.unwrap_or_default());
    Err(ApiError::new(StatusCode::NOT_ACCEPTABLE, "Not Acceptable", Some(detail)))
}

/// Rewrites JSON as XML for those who prefer it, and asks for the headers where the instance is strict.
pub(crate) async fn speak(State(instance): State<Arc<Instance>>, request: Request, next: Next) -> Response {
    let wants_xml = Media::wanted(request.headers()) == Some(Media::Xml);
    let response = match missing_header(&request) {
        Some(name) if instance.switches().headers_required => {
            let detail = format!("The request header {name} is missing");
            ApiError::new(StatusCode::BAD_REQUEST, "Invalid headers", Some(detail)).into_response()
        }
        _ => next.run(request).await,
    };
    // A file stays as it was kept, whatever is in it.
    let is_file = response.headers().contains_key(header::CONTENT_DISPOSITION);
    if wants_xml && !is_file && response.headers().get(header::CONTENT_TYPE) == Some(&JSON) {
        return in_xml(response).await;
    }
    response
}

fn missing_header(request: &Request) -> Option<&'static str> {
    let has = |name| request.headers().contains_key(name);
    let has_body = !matches!(*request.method(), Method::GET | Method::HEAD | Method::DELETE);
    if !has(header::ACCEPT) {
        return Some("Accept");
    }
    (has_body && !has(header::CONTENT_TYPE)).then_some("Content-Type")
}

async fn in_xml(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Ok(value) = serde_json::from_slice(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    parts.headers.insert(header::CONTENT_TYPE, XML);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(xml::write(&value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: &str) -> Option<Media> {
        let headers = [(header::ACCEPT, accept.parse().expect("a header"))].into_iter().collect();
        Media::wanted(&headers)
    }

    #[test]
    fn the_best_liked_form_wins_and_the_first_of_equals() {
        assert_eq!(wanted("application/json;q=0.9, */*"), Some(Media::Json));
        assert_eq!(wanted("application/json;q=0.5, text/xml;q=0.8"), Some(Media::Xml));
        assert_eq!(wanted("text/html,application/xml;q=0.9,*/*;q=0.8"), Some(Media::Xml));
        assert_eq!(wanted("application/xml;q=0, application/json;q=0.1"), Some(Media::Json));
        assert_eq!(wanted(""), Some(Media::Json));
        assert_eq!(wanted("text/html, image/png"), None);
        assert_eq!(wanted("application/json;q=never"), None);
    }
}
