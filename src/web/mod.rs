//! The router, and the layers around it in order. Webhooks stay outside of sessions and of the CSRF check:
//! they carry their own signature.

pub mod api;
mod audit;
mod console;
mod events;
mod files;
mod health;
mod kit;
mod log;
mod mapping;
mod oauth;
mod servicenow;

use crate::auth::SqlSessions;
use crate::intake::{self, Intake};
use crate::operations::Parts;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::routing::{get, post};
use leptos::config::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, SessionManagerLayer};

/// Forms are small; files have a route of their own.
const FORM_LIMIT: usize = 1024 * 1024;
/// A working day; then a person signs in again.
const SESSION_HOURS: i64 = 12;
/// What is too large is still read, so that the browser hears why; but not without end.
const FILES_READ: u64 = 8;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the router is built from.
#[derive(Clone)]
pub struct Web {
    pub parts: Arc<Parts>,
    pub intake: Intake,
    /// The folder with the browser's files.
    pub site: PathBuf,
    pub metrics: PrometheusHandle,
    pub stop: CancellationToken,
    leptos: LeptosOptions,
    pace: Arc<api::Pace>,
}

impl Web {
    pub fn new(
        parts: Arc<Parts>,
        intake: Intake,
        site: PathBuf,
        metrics: PrometheusHandle,
        stop: CancellationToken,
    ) -> Self {
        // Leptos sets up its way to start tasks when it lists the routes; the list itself is not needed.
        let _ = leptos_axum::generate_route_list(app::App);
        let leptos = leptos_options(&site);
        Self { parts, intake, site, metrics, stop, leptos, pace: Arc::default() }
    }
}

/// For whoever watches the process: all that a worker serves.
pub fn health(web: Web) -> Router {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .with_state(web)
}

pub fn router(web: Web) -> Router {
    let is_https = web.parts.public_url.starts_with("https://");
    let hooks = intake::router(web.intake.clone());
    let app = Router::new()
        .merge(hooks)
        .merge(health(web.clone()))
        .merge(api::router(&web))
        .merge(static_files(&web))
        .merge(pages(&web, is_https));
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(REQUEST_ID, log::Ids(web.parts.clock.clone())))
        .layer(log::layer())
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(CatchPanicLayer::new())
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::X_FRAME_OPTIONS, "DENY"))
        // Not `no-referrer`: the CSRF check wants the Origin of our own forms.
        .layer(always(header::REFERRER_POLICY, "same-origin"))
        .layer(always(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .option_layer(is_https.then(|| always(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000")));
    app.layer(layers)
}

fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

/// Everything that knows who asks.
fn pages(web: &Web, is_https: bool) -> Router {
    let sessions = SqlSessions::new(web.parts.store.clone(), web.parts.clock.clone());
    let session_layer = SessionManagerLayer::new(sessions)
        .with_name("isthmus")
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(is_https)
        .with_expiry(Expiry::OnInactivity(Duration::hours(SESSION_HOURS)));
    Router::new()
        .route("/fn/{*name}", post(console::server_function).get(console::server_function))
        .route("/events", get(events::stream))
        .route("/oauth/authorize/{connection}", get(oauth::authorize))
        .route("/oauth/callback", get(oauth::callback))
        .route("/tickets/{id}/servicenow", get(servicenow::record))
        .route("/settings/audit/export.csv", get(audit::table))
        .route("/settings/audit/export.jsonl", get(audit::lines))
        .route("/settings/connections/{id}/isthmus-install.xml", get(kit::install))
        .route("/settings/connections/{id}/isthmus-uninstall.xml", get(kit::uninstall))
        .route("/settings/connections/{id}/mapping.json", get(mapping::export).post(mapping::import))
        .route("/settings/connections/{id}/rules", get(mapping::moved))
        .fallback(get(console::page))
        .layer(RequestBodyLimitLayer::new(FORM_LIMIT))
        .merge(files(web))
        .layer(axum::middleware::from_fn_with_state(web.clone(), console::find_out_who_asks))
        .layer(session_layer)
        .layer(CsrfLayer::new())
        // Its own rule leaves event streams alone: they must not wait in a compressor's buffer.
        .layer(CompressionLayer::new())
        // A page shows what is true now and belongs to one person.
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .with_state(web.clone())
}

fn files(web: &Web) -> Router<Web> {
    let most = usize::try_from(web.parts.file_limit.saturating_mul(FILES_READ)).unwrap_or(usize::MAX);
    Router::new()
        .route("/tickets/{id}/files", post(files::attach))
        .route("/tickets/{id}/files/{file}", get(files::download))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(most))
}

/// Files with a hash in their name never change; they lie compressed beside the plain ones.
fn static_files(web: &Web) -> Router {
    let package = ServeDir::new(web.site.join("pkg")).precompressed_br().precompressed_gzip();
    let forever = SetResponseHeaderLayer::if_not_present(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    let file = |name: &str| ServeFile::new(web.site.join(name));
    // These have no hash: each use asks whether there is a newer one.
    let asked = SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let script = |name: &str| {
        ServiceBuilder::new().layer(asked.clone()).service(file(name).precompressed_br().precompressed_gzip())
    };
    Router::new()
        .nest_service("/pkg", ServiceBuilder::new().layer(forever).service(package))
        .route_service("/favicon.svg", file("favicon.svg"))
        .route_service("/idiomorph.min.js", script("idiomorph.min.js"))
        .route_service("/page.js", script("page.js"))
        .route_service("/robots.txt", file("robots.txt"))
}

/// Where Leptos finds the names of its files: `hash.txt` lies beside the site's folder. Without it (a build
/// without the browser's half) the names are plain.
fn leptos_options(site: &Path) -> LeptosOptions {
    let hash_file = site.with_file_name("hash.txt");
    LeptosOptions::builder()
        .output_name("isthmus")
        .site_root(site.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .hash_files(hash_file.exists())
        .hash_file(Arc::from(hash_file.to_string_lossy()))
        .env(leptos::config::Env::PROD)
        .build()
}
