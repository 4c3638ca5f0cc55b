//! The console's pages and its server functions.

use super::Web;
use crate::operations::{Caller, Operations};
use app::api::Console;
use axum::Extension;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use std::net::SocketAddr;
use std::sync::Arc;
use tower_sessions::Session;

/// The browser's half puts the name of the browser's time zone here.
const ZONE_COOKIE: &str = "isthmus_zone";

/// What a request tells of who asks, besides the session.
pub(super) fn caller(request: &Request) -> Caller {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let cookies = request.headers().get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let zone = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == ZONE_COOKIE).then(|| value.to_owned()));
    Caller { address: peer, zone }
}

/// Puts the operations, with the person, beside the request.
pub async fn find_out_who_asks(State(web): State<Web>, session: Session, mut request: Request, next: Next) -> Response {
    let caller = caller(&request);
    match Operations::of_request(web.parts.clone(), session, caller).await {
        Ok(operations) => {
            request.extensions_mut().insert(operations);
            next.run(request).await
        }
        Err(trouble) => (StatusCode::SERVICE_UNAVAILABLE, trouble.to_string()).into_response(),
    }
}

/// What a page and a server function find beside their request.
fn context(operations: Operations) -> impl Fn() + Clone + Send + Sync + 'static {
    let zone = operations.reader_zone();
    let console: Arc<dyn Console> = Arc::new(operations);
    move || {
        provide_context(console.clone());
        provide_context(zone.clone());
    }
}

pub async fn server_function(Extension(operations): Extension<Operations>, request: Request) -> Response {
    let context = context(operations);
    leptos_axum::handle_server_fns_with_context(context, request).await.into_response()
}

/// A page that `public/page.js` asks for by itself, to follow the server or to look at what is typed, says so by this.
const BY_ITSELF: &str = "isthmus-by-itself";

/// Every page is rendered whole, with its real status.
pub async fn page(State(web): State<Web>, Extension(operations): Extension<Operations>, request: Request) -> Response {
    let options = web.leptos.clone();
    // What a form was answered is for the page that the person goes on to.
    let answered =
        if request.headers().contains_key(BY_ITSELF) { None } else { operations.kept_answer().await.ok().flatten() };
    let context = context(operations);
    let context = move || {
        context();
        if let Some(answered) = answered.clone() {
            provide_context(answered);
        }
    };
    let render = leptos_axum::render_app_async_with_context(context, move || app::shell(options.clone()));
    render(request).await
}
