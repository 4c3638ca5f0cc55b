//! The faults that the switches ask for, in front of the REST API and the token endpoint.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::ApiError;
use crate::instance::Instance;
use crate::switches::Switches;

const HIBERNATING: &str = "<!DOCTYPE html><html><head><title>Instance Hibernating page</title></head>\
<body><h1>Your instance is hibernating</h1><p>Sign in to the developer site to wake it up.</p></body></html>";

enum Fault {
    Status(StatusCode),
    RateLimit(Option<u64>),
    Page,
    Cut,
    LostAnswer,
}

pub(crate) async fn inject(State(instance): State<Arc<Instance>>, request: Request, next: Next) -> Response {
    let delay = instance.switches().delay_ms;
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let fault = instance.switch(|switches| due(switches, &request));
    match fault {
        None => finish(next, request).await,
        Some(Fault::Status(status)) => ApiError::new(status, "Simulated failure", None).into_response(),
        Some(Fault::RateLimit(retry_after)) => {
            let detail = "Rate limit of 100 requests per hour for Table API exceeded".to_owned();
            let mut refusal = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded", Some(detail));
            if let Some(seconds) = retry_after {
                let reset = instance.clock.now().as_second().saturating_add_unsigned(seconds);
                refusal = refusal
                    .with_header("retry-after", seconds)
                    .with_header("x-ratelimit-limit", 100)
                    .with_header("x-ratelimit-reset", reset)
                    .with_header("x-ratelimit-rule", "dc9b6e3a0a0a0b1e00a1b2c3d4e5f607");
            }
            refusal.into_response()
        }
        Some(Fault::Page) => Html(HIBERNATING).into_response(),
        Some(Fault::Cut) => cut(),
        Some(Fault::LostAnswer) => {
            finish(next, request).await;
            cut()
        }
    }
}

/// Once begun, a call is finished even when its client has gone away, as on the platform: a write is
/// never left between its commit and its business rules.
async fn finish(next: Next, request: Request) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(cause) => {
            tracing::error!(%cause, "a call to the API ended badly");
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "The instance failed", None).into_response()
        }
    }
}

fn due(switches: &mut Switches, request: &Request) -> Option<Fault> {
    fn spend(count: &mut u32) -> bool {
        let left = *count > 0;
        *count = count.saturating_sub(1);
        left
    }
    if let Some(fail) = &mut switches.fail_next
        && request.uri().path().starts_with(&fail.path)
        && spend(&mut fail.count)
    {
        return Some(Fault::Status(StatusCode::from_u16(fail.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)));
    }
    if spend(&mut switches.rate_limit_next) {
        return Some(Fault::RateLimit(switches.retry_after));
    }
    if spend(&mut switches.html_next) {
        return Some(Fault::Page);
    }
    if spend(&mut switches.cut_next) {
        return Some(Fault::Cut);
    }
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    (writes && spend(&mut switches.lose_response_next)).then_some(Fault::LostAnswer)
}

/// A body that breaks off makes the server close the connection.
fn cut() -> Response {
    let broken = futures::stream::once(async { Err::<Bytes, _>(io::Error::other("cut by a switch")) });
    Body::from_stream(broken).into_response()
}
