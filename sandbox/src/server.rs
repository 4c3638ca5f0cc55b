//! Puts the parts together behind one address.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::instance::Instance;
use crate::{api, cors, jobs, oauth, pages, switches};

/// Nothing on the pages comes from elsewhere, and nobody may frame them.
const CONTENT_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'");

pub(crate) fn router(instance: Arc<Instance>) -> Router {
    let api = api::router().layer(from_fn_with_state(instance.clone(), api::admit));
    let api = api
        .layer(from_fn_with_state(instance.clone(), api::speak))
        .layer(from_fn_with_state(instance.clone(), api::dress));
    let calls = api.layer(cors::for_api(instance.clone()));
    let calls = calls.merge(oauth::calls().layer(cors::for_oauth(instance.clone())));
    let calls = calls.layer(from_fn_with_state(instance.clone(), api::inject));
    // Only the pages trust a cookie, so only they must know where a form came from.
    let pages = pages::router()
        .merge(oauth::pages())
        .layer(CsrfLayer::new())
        .layer(SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    calls
        .merge(pages)
        .merge(switches::router())
        .merge(jobs::router())
        .fallback(async || (StatusCode::NOT_FOUND, "There is no such page.").into_response())
        .layer(SetResponseHeaderLayer::overriding(header::SERVER, HeaderValue::from_static("ServiceNow")))
        .layer(from_fn_with_state(instance.clone(), finish))
        .layer(CatchPanicLayer::new())
        .with_state(instance)
}

/// Once begun, a request is finished even when its client has gone away, as on the platform, or the instance is
/// to stop: a write is never left between its commit and its business rules. A store in memory needs it, too: it ends with its
/// connection, which is given up when a query is broken off.
async fn finish(State(instance): State<Arc<Instance>>, request: Request, next: Next) -> Response {
    match instance.background.spawn(next.run(request)).await {
        Ok(response) => response,
        Err(cause) => {
            tracing::error!(%cause, "a request ended badly");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// reqwest brings no cryptography of its own here; a second call finds the first one's choice.
pub(crate) fn choose_cryptography() {
    rustls::crypto::ring::default_provider().install_default().ok();
}

/// For the posts of business rules. Redirects are the script's business, and it goes wherever the
/// instance's administrator sends it, as on the platform.
#[allow(clippy::disallowed_methods)] // the sandbox's one client
pub(crate) fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).user_agent("ServiceNow/1.0").build()
}
