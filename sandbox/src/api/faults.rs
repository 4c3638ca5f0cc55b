//! The faults that the switches ask for, in front of the REST API and the token endpoint.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::ApiError;
use crate::instance::Instance;
use crate::switches::{FaultKind, QuotaAnswer, Switches};

const HIBERNATING: &str = "<!DOCTYPE html><html><head><title>Instance Hibernating page</title></head>\
<body><h1>Your instance is hibernating</h1><p>Sign in to the developer site to wake it up.</p></body></html>";

const SIGN_IN: &str = "<!DOCTYPE html><html><head><title>Sign in to your account</title></head>\
<body><h1>Sign in</h1><form method=\"post\" action=\"https://login.example.com/saml2\">\
<input type=\"hidden\" name=\"SAMLRequest\" value=\"\"><button>Continue</button></form></body></html>";

const GATEWAY: &str =
    "<html><head><title>Error</title></head><body><h1>The service is not available</h1></body></html>";

/// What PySNC looks for in any answer (contract 10).
pub(super) const CANCELLED: &str = "Transaction cancelled: maximum execution time exceeded";

/// How many faults of each kind were served.
#[derive(Default)]
pub(crate) struct Served(Mutex<BTreeMap<&'static str, u64>>);

impl Served {
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn count(&self, kind: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
    }
}

/// One fault for one call.
enum Due {
    Delay(u64),
    Status(u16, bool),
    RateLimit(Option<u64>),
    Hibernating,
    SignIn,
    Accepted,
    Cut,
    LoseResponse,
    Truncated,
}

impl Due {
    fn name(&self) -> &'static str {
        match self {
            Self::Delay(_) => "delay",
            Self::Status(..) => "status",
            Self::RateLimit(_) => "rate_limit",
            Self::Hibernating => "hibernating",
            Self::SignIn => "sign_in",
            Self::Accepted => "accepted",
            Self::Cut => "cut",
            Self::LoseResponse => "lose_response",
            Self::Truncated => "truncated",
        }
    }
}

pub(crate) async fn inject(State(instance): State<Arc<Instance>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let switches = instance.switches();
    let due = instance.switch(|switches| due(switches, request.method(), request.uri().path()));
    if let Some(due) = &due {
        instance.served.count(due.name());
    }
    let delay = switches.delay_ms + if let Some(Due::Delay(more)) = due { more } else { 0 };
    let quota = switches.quota_ms.unwrap_or(u64::MAX);
    wait(delay.min(quota)).await;
    if delay >= quota && is_write(request.method()) {
        return cancelled(switches.quota_answer, StatusCode::OK.into_response()).await;
    }
    let response = match due {
        None | Some(Due::Delay(_)) => next.run(request).await,
        Some(Due::Status(status, html)) => failed(status, html),
        Some(Due::RateLimit(retry_after)) => rate_limited(&instance, retry_after),
        Some(Due::Hibernating) => Html(HIBERNATING).into_response(),
        Some(Due::SignIn) => Html(SIGN_IN).into_response(),
        Some(Due::Accepted) => StatusCode::ACCEPTED.into_response(),
        Some(Due::Cut) => cut(),
        Some(Due::LoseResponse) => {
            next.run(request).await;
            cut()
        }
        Some(Due::Truncated) => truncated(next.run(request).await).await,
    };
    if began.elapsed().as_millis() >= u128::from(quota) {
        return cancelled(switches.quota_answer, response).await;
    }
    response
}

/// What a call gets that took longer than its quota.
async fn cancelled(answer: QuotaAnswer, response: Response) -> Response {
    match answer {
        QuotaAnswer::Truncated => truncated(response).await,
        QuotaAnswer::Error => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, CANCELLED, None).into_response(),
    }
}

fn is_write(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

async fn wait(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

/// The fault for this call, if one is due: the counted ones first, then the first of the list that fits.
fn due(switches: &mut Switches, method: &Method, path: &str) -> Option<Due> {
    fn spend(count: &mut u32) -> bool {
        let left = *count > 0;
        *count = count.saturating_sub(1);
        left
    }
    if let Some(fail) = &mut switches.fail_next
        && path.starts_with(&fail.path)
        && spend(&mut fail.count)
    {
        return Some(Due::Status(fail.status, fail.html));
    }
    if spend(&mut switches.rate_limit_next) {
        return Some(Due::RateLimit(switches.retry_after));
    }
    if spend(&mut switches.html_next) {
        return Some(Due::Hibernating);
    }
    if spend(&mut switches.cut_next) {
        return Some(Due::Cut);
    }
    if is_write(method) && spend(&mut switches.lose_response_next) {
        return Some(Due::LoseResponse);
    }
    let fault = switches.faults.iter_mut().find_map(|fault| fault.hits(method, path).then_some(fault))?;
    Some(match fault.kind {
        FaultKind::Delay => Due::Delay(fault.delay_ms),
        FaultKind::Status => Due::Status(fault.status, fault.html),
        FaultKind::RateLimit => Due::RateLimit(fault.retry_after),
        FaultKind::Hibernating => Due::Hibernating,
        FaultKind::SignIn => Due::SignIn,
        FaultKind::Accepted => Due::Accepted,
        FaultKind::Cut => Due::Cut,
        FaultKind::LoseResponse => Due::LoseResponse,
        FaultKind::Truncated => Due::Truncated,
    })
}

fn failed(status: u16, html: bool) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    if html {
        return (status, Html(GATEWAY)).into_response();
    }
    ApiError::new(status, "Simulated failure", None).into_response()
}

/// As a rate rule refuses if there are seconds to wait, as a full semaphore does if not (contract 10).
fn rate_limited(instance: &Instance, retry_after: Option<u64>) -> Response {
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

/// A body that breaks off makes the server close the connection.
fn cut() -> Response {
    let broken = futures::stream::once(async { Err::<Bytes, _>(io::Error::other("cut by a switch")) });
    Body::from_stream(broken).into_response()
}

/// The largest answer that is worth cutting in two.
const LARGEST: usize = 64 << 20;

/// Half of what was to be said, and then that the transaction was cancelled: no valid JSON.
pub(super) async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, LARGEST).await.unwrap_or_default();
    let half = String::from_utf8_lossy(&whole[..whole.len() / 2]).into_owned();
    let error = format!(
        r#","error":{{"message":"{CANCELLED}","detail":"maximum execution time exceeded"}},"status":"failure""#
    );
    parts.status = StatusCode::OK;
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(half + &error))
}
