//! For whoever watches the process.

use super::Web;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The process runs.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// It can do its work: the database answers, and it is not stopping.
pub async fn ready(State(web): State<Web>) -> Response {
    if web.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match web.parts.store.ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

/// Prometheus text. Counts only, no names of people or records.
pub async fn metrics(State(web): State<Web>) -> Response {
    for state in ["ready", "running", "buried"] {
        metrics::gauge!("isthmus_jobs", "state" => state).set(0.0);
    }
    if let Ok(counts) = web.parts.store.count_jobs_by_state().await {
        for (state, count) in counts {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
            metrics::gauge!("isthmus_jobs", "state" => state).set(count as f64);
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], web.metrics.render()).into_response()
}
