//! The console's pages and its server functions.

use super::Web;
use crate::operations::Operations;
use app::api::Console;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use std::sync::Arc;
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
