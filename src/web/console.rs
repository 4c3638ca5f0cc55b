//! The console's pages and its server functions.

use super::Web;
use crate::operations::Operations;
use app::api::Console;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use std::sync::Arc;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
use tower_sessions::Session;

/// Puts the operations, with the person, beside the request.
pub async fn find_out_who_asks(State(web): State<Web>, session: Session, mut request: Request, next: Next) -> Response {
    match Operations::of_request(web.parts.clone(), session).await {
        Ok(operations) => {
            request.extensions_mut().insert(operations);
            next.run(request).await
        }
        Err(trouble) => (StatusCode::SERVICE_UNAVAILABLE, trouble.to_string()).into_response(),
    }
}

pub async fn server_function(Extension(operations): Extension<Operations>, request: Request) -> Response {
    let console: Arc<dyn Console> = Arc::new(operations);
    let context = move || provide_context(console.clone());
    leptos_axum::handle_server_fns_with_context(context, request).await.into_response()
}

/// Every page is rendered whole, with its real status.
pub async fn page(State(web): State<Web>, Extension(operations): Extension<Operations>, request: Request) -> Response {
    let console: Arc<dyn Console> = Arc::new(operations);
    let options = web.leptos.clone();
    let context = move || provide_context(console.clone());
    let render = leptos_axum::render_app_async_with_context(context, move || app::shell(options.clone()));
    render(request).await
}

/// Pages are compressed; a stream of events must not wait in a compressor's buffer.
pub fn is_page(
    status: StatusCode,
    version: axum::http::Version,
    headers: &axum::http::HeaderMap,
    extensions: &axum::http::Extensions,
) -> bool {
    let is_stream =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let answer = Response::builder().status(status).version(version).body(Body::empty()).map(|mut answer| {
        *answer.headers_mut() = headers.clone();
        *answer.extensions_mut() = extensions.clone();
        answer
    });
    !is_stream && answer.is_ok_and(|answer| DefaultPredicate::new().should_compress(&answer))
}
