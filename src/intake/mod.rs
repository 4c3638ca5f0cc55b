//! Webhooks: authenticate, keep, answer 202 in one transaction. A change is a hint that a record moved,
//! never the truth about it: nothing else of the body is believed.

use crate::clock::SharedClock;
use crate::connectors::servicenow::is_signed;
use crate::queue::{self, Wake};
use crate::secrets::Secrets;
use crate::store::{Change, Connection, Source, Store, Urgency};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use merge::Side;
use secrecy::ExposeSecret;
use serde::Deserialize;

/// The rule sends identifiers only; a body longer than this is not ours.
const BODY_LIMIT: usize = 64 * 1024;
/// How far ServiceNow's clock may be from ours.
const WINDOW_MS: i64 = 5 * 60 * 1000;

#[derive(Clone)]
pub struct Intake {
    pub store: Store,
    pub clock: SharedClock,
    pub secrets: Secrets,
    pub wake: Wake,
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
    #[error("The change could not be stored. Send it again.")]
    NotStored,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        metrics::counter!("isthmus_webhooks_total", "outcome" => format!("{self:?}")).increment(1);
        let status = match self {
            Self::UnknownAddress => StatusCode::NOT_FOUND,
            Self::Unsigned | Self::OutOfTime => StatusCode::UNAUTHORIZED,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NotStored => StatusCode::SERVICE_UNAVAILABLE,
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
    let found = intake.store.connection_by_webhook_key(&key).await.map_err(|_| Refused::NotStored)?;
    let connection = found.ok_or(Refused::UnknownAddress)?;
    verify(&intake, &connection, &headers, &body)?;
    let hint: Hint = serde_json::from_slice(&body).map_err(|_| Refused::Malformed)?;
    let is_id = hint.sys_id.len() == 32 && hint.sys_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if hint.table != "incident" || !is_id || hint.event.len() > 200 {
        return Err(Refused::Malformed);
    }
    keep(&intake, &connection, &hint, arrived_at).await.map_err(|error| {
        tracing::error!(%error, connection.id = %connection.id, "a webhook could not be stored");
        Refused::NotStored
    })?;
    metrics::counter!("isthmus_webhooks_total", "outcome" => "Accepted").increment(1);
    intake.wake.wake();
    Ok(StatusCode::ACCEPTED)
}

fn verify(intake: &Intake, connection: &Connection, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Refused::Unsigned);
    let (timestamp, signature) = (header("x-isthmus-timestamp")?, header("x-isthmus-signature")?);
    let place = format!("connections.webhook_secret/{}", connection.id);
    let secret = intake.secrets.open(&place, &connection.webhook_secret).map_err(|_| Refused::NotStored)?;
    if !is_signed(secret.expose_secret(), timestamp, body, signature) {
        return Err(Refused::Unsigned);
    }
    let sent_at: i64 = timestamp.parse().map_err(|_| Refused::Malformed)?;
    // Within the window a repeated call is known by its event and changes nothing.
    if (sent_at.saturating_sub(intake.clock.now())).abs() > WINDOW_MS { Err(Refused::OutOfTime) } else { Ok(()) }
}

async fn keep(intake: &Intake, connection: &Connection, hint: &Hint, arrived_at: i64) -> crate::store::Result<()> {
    let id = intake.clock.id();
    let change = Change {
        id: &id,
        connection_id: &connection.id,
        event_key: &hint.event,
        source: Source::Webhook,
        side: Side::ServiceNow,
        record_id: &hint.sys_id,
        arrived_at,
    };
    let mut tx = intake.store.begin().await?;
    if tx.keep_change(&change).await? {
        queue::look_at(&mut tx, &connection.id, &hint.sys_id, Urgency::Live, intake.clock.as_ref()).await?;
    }
    tx.set_last_webhook(&connection.id, arrived_at).await?;
    tx.commit().await
}
