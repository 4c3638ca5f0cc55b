//! One span a request, with its id. Never a query string (it may hold an authorization code) nor a
//! webhook's path (it is half of a secret).

use crate::clock::SharedClock;
use axum::http::{HeaderValue, Response};
use std::time::Duration;
use tower_http::classify::{ServerErrorsAsFailures, SharedClassifier};
use tower_http::request_id::{MakeRequestId, RequestId};
use tower_http::trace::{DefaultOnBodyChunk, DefaultOnEos, MakeSpan, OnRequest, OnResponse, TraceLayer};
use tracing::Span;

#[derive(Clone)]
pub struct Ids(pub SharedClock);

impl MakeRequestId for Ids {
    fn make_request_id<B>(&mut self, _request: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&self.0.id()).ok().map(RequestId::new)
    }
}

#[derive(Clone, Copy)]
pub struct Spans;

impl<B> MakeSpan<B> for Spans {
    fn make_span(&mut self, request: &axum::http::Request<B>) -> Span {
        let id = request.headers().get(super::REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
        let path = request.uri().path();
        // Ids of tickets and connections may be logged; the key of a webhook's address may not.
        let path = if path.starts_with("/hooks/") { "/hooks/{key}" } else { path };
        tracing::info_span!("request", id, method = %request.method(), path)
    }
}

#[derive(Clone, Copy)]
pub struct Answered;

impl<B> OnResponse<B> for Answered {
    fn on_response(self, response: &Response<B>, latency: Duration, _span: &Span) {
        let (status, duration_ms) = (response.status().as_u16(), latency.as_millis());
        tracing::debug!(status, duration_ms, "answered");
    }
}

impl<B> OnRequest<B> for Answered {
    fn on_request(&mut self, _request: &axum::http::Request<B>, _span: &Span) {}
}

type Layer =
    TraceLayer<SharedClassifier<ServerErrorsAsFailures>, Spans, Answered, Answered, DefaultOnBodyChunk, DefaultOnEos>;

pub fn layer() -> Layer {
    TraceLayer::new_for_http().make_span_with(Spans).on_request(Answered).on_response(Answered)
}
