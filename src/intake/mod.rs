//! Webhooks: authenticate, keep, answer 202 once they are on disk. A change is a hint that a record moved,
//! never the truth about it: nothing else of the body is believed.

mod keep;
mod known;
mod line;
mod sort;

pub use keep::{GroupCommit, Heard, Keep, NotKept};

use crate::clock::SharedClock;
use crate::connectors::servicenow::is_signed;
use crate::news::News;
use crate::secrets::Secrets;
use crate::store::Store;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use known::{Caller, Known};
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::sync::Arc;

/// The rule sends identifiers only; a body longer than this is not ours.
const BODY_LIMIT: usize = 64 * 1024;
/// How far ServiceNow's clock may be from ours.
const WINDOW_MS: i64 = 5 * 60 * 1000;

/// When a caller that was turned away shall come again.
const AGAIN_SECONDS: &str = "5";

#[derive(Clone)]
pub struct Intake {
    clock: SharedClock,
    known: Arc<Known>,
    keep: Arc<dyn Keep>,
}

impl Intake {
    pub fn new(store: Store, clock: SharedClock, secrets: Secrets, news: &News, keep: Arc<dyn Keep>) -> Self {
        let known = Arc::new(Known::new(store, clock.clone(), secrets, news));
        Self { clock, known, keep }
    }

    /// The same door, with another place to put what it hears.
    #[must_use]
    pub fn keeping(self, keep: Arc<dyn Keep>) -> Self {
        Self { keep, ..self }
    }
}

/// What the business rule sends.
#[derive(Deserialize)]
struct Hint {
    event: String,
    table: String,
    sys_id: String,
}

/// Why a call was not taken, in one plain line.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("There is no connection at this address.")]
    UnknownAddress,
    #[error(
        "The signature is missing or does not fit the body. Install the business rule again from the connection's page."
    )]
    Unsigned,
    #[error("The time stamp is more than five minutes away from this server's clock. Set both clocks.")]
    OutOfTime,
    #[error("The body is not what the business rule sends: event, table and sys_id.")]
    Malformed,
    #[error(
        "The connection syncs another table than the one that this tells of. Install the business rule again from the \
         connection's page."
    )]
    OtherTable,
    #[error("The change could not be stored. Send it again.")]
    NotStored,
    #[error("More changes wait here than can be stored at once. Send it again.")]
    Busy,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        metrics::counter!("isthmus_webhooks_total", "outcome" => format!("{self:?}")).increment(1);
        let status = match self {
            Self::UnknownAddress => StatusCode::NOT_FOUND,
            Self::Unsigned | Self::OutOfTime => StatusCode::UNAUTHORIZED,
            Self::Malformed | Self::OtherTable => StatusCode::BAD_REQUEST,
            Self::NotStored | Self::Busy => {
                let again = [(header::RETRY_AFTER, AGAIN_SECONDS)];
                return (StatusCode::SERVICE_UNAVAILABLE, again, format!("{self}\n")).into_response();
            }
        };
        (status, format!("{self}\n")).into_response()
    }
}

pub fn router(intake: Intake) -> Router {
    Router::new().route("/hooks/{key}", post(receive)).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(intake)
}

async fn receive(
    State(intake): State<Intake>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let arrived_at = intake.clock.now();
    let found = intake.known.find(&key).await.map_err(|error| {
        tracing::error!(%error, "a webhook could not be looked at");
        Refused::NotStored
    })?;
    let caller = found.ok_or(Refused::UnknownAddress)?;
    verify(&caller, &headers, &body, arrived_at)?;
    let hint: Hint = serde_json::from_slice(&body).map_err(|_| Refused::Malformed)?;
    let is_id = hint.sys_id.len() == 32 && hint.sys_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_event = hint.event.len() <= 200 && !hint.event.contains(char::is_control);
    if !is_id || !is_event {
        return Err(Refused::Malformed);
    }
    if hint.table != caller.connection.rules.table {
        return Err(Refused::OtherTable);
    }
    let heard =
        Heard { connection_id: caller.connection.id.clone(), event: hint.event, record: hint.sys_id, arrived_at };
    intake.keep.keep(heard).await.map_err(|not_kept| match not_kept {
        NotKept::Busy => Refused::Busy,
        NotKept::Failed => Refused::NotStored,
    })?;
    metrics::counter!("isthmus_webhooks_total", "outcome" => "Accepted").increment(1);
    Ok(StatusCode::ACCEPTED)
}

fn verify(caller: &Caller, headers: &HeaderMap, body: &[u8], now: i64) -> Result<(), Refused> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Refused::Unsigned);
    let (timestamp, signature) = (header("x-isthmus-timestamp")?, header("x-isthmus-signature")?);
    if !is_signed(caller.secret.expose_secret(), timestamp, body, signature) {
        return Err(Refused::Unsigned);
    }
    let sent_at: i64 = timestamp.parse().map_err(|_| Refused::Malformed)?;
    // Within the window a repeated call is known by its event and changes nothing.
    if sent_at.saturating_sub(now).abs() > WINDOW_MS { Err(Refused::OutOfTime) } else { Ok(()) }
}
