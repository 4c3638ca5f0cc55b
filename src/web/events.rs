//! `GET /events`: names of what changed, for pages that are open.

use super::Web;
use crate::news::EVERYTHING;
use crate::operations::Operations;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use std::convert::Infallible;
use tokio_stream::wrappers::BroadcastStream;

/// Ends when the server stops, and when this page missed something and must ask for everything:
/// the browser comes back by itself, and does.
pub async fn stream(State(web): State<Web>, Extension(operations): Extension<Operations>) -> Response {
    if operations.who_asks().is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let news = BroadcastStream::new(web.parts.news.subscribe())
        .take_while(|topic| futures::future::ready(topic.as_ref().is_ok_and(|topic| topic != EVERYTHING)))
        .filter_map(|topic| futures::future::ready(topic.ok()))
        .map(|topic| Ok::<_, Infallible>(Event::default().data(topic)))
        .take_until(web.stop.cancelled_owned());
    Sse::new(news).keep_alive(KeepAlive::default()).into_response()
}
