//! Webhooks: authenticate, keep, answer 202 once they are on disk. A change is a hint that a record moved,
//! never the truth about it: nothing else of the body is believed.

mod formats;
mod keep;
mod known;
mod line;
mod notes;
mod recent;
mod signature;
mod sort;

pub use keep::{GroupCommit, Heard, Keep, NotKept};

use crate::clock::SharedClock;
use crate::news::News;
use crate::secrets::Secrets;
use crate::store::{Sample, Store, TurnedAway};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use formats::Hint;
use known::{Caller, Known};
use notes::Notes;
use recent::Recent;
use serde_json::{Map, Value as Json};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Senders send one record at most, and most of them identifiers only; a body longer than this is not theirs.
const BODY_LIMIT: usize = 64 * 1024;
/// When a caller that was turned away shall come again.
const AGAIN_SECONDS: &str = "5";

#[derive(Clone)]
pub struct Intake {
    clock: SharedClock,
    known: Arc<Known>,
    recent: Arc<Recent>,
    notes: Notes,
    keep: Arc<dyn Keep>,
}

impl Intake {
    pub fn new(store: Store, clock: SharedClock, secrets: Secrets, news: &News, keep: Arc<dyn Keep>) -> Self {
        let notes = Notes::start(store.clone(), news.clone());
        let known = Arc::new(Known::new(store, clock.clone(), secrets, news));
        Self { clock, known, recent: Arc::default(), notes, keep }
    }

    /// The same door, with another place to put what it hears.
    #[must_use]
    pub fn keeping(self, keep: Arc<dyn Keep>) -> Self {
        Self { keep, ..self }
    }

    async fn take(&self, key: &str, call: &Call) -> Result<StatusCode, Refused> {
        let now = self.clock.now();
        let found = self.known.find(key).await.map_err(|error| {
            tracing::error!(%error, "a webhook could not be looked at");
            Refused::TurnedAway(TurnedAway::NotStored)
        })?;
        let caller = found.ok_or(Refused::UnknownAddress)?;
        self.take_from(&caller, call, now).await.map_err(|reason| {
            self.notes.turned_away(&caller.connection.id, reason, now, || call.sample());
            Refused::TurnedAway(reason)
        })?;
        metrics::counter!("isthmus_webhooks_total", "outcome" => "Accepted").increment(1);
        Ok(StatusCode::ACCEPTED)
    }

    async fn take_from(&self, caller: &Caller, call: &Call, now: i64) -> Result<(), TurnedAway> {
        let body = call.body.as_ref().map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => TurnedAway::TooLarge,
            _ => TurnedAway::Malformed,
        })?;
        let signed = signature::verify(caller, &call.headers, body, now)?;
        let hint = formats::read(body).ok_or(TurnedAway::Malformed)?;
        let hint = Hint { is_asked: hint.is_asked || call.is_asked, ..hint };
        if hint.table.as_ref().is_some_and(|table| *table != caller.connection.rules.table) {
            return Err(TurnedAway::OtherTable);
        }
        if signed.is_some_and(|signed| !self.recent.is_first(signed.mark, now)) {
            return Err(TurnedAway::Repeated);
        }
        // Whoever signs nothing, or signs it in a format without an event, has no say in what was heard before.
        let event = match signed {
            Some(signed) if signed.is_ours => hint.event.clone(),
            _ => None,
        };
        let heard = Heard {
            connection_id: caller.connection.id.clone(),
            event: event.unwrap_or_else(|| self.clock.id()),
            record: hint.subject(),
            arrived_at: now,
        };
        let kept = self.keep.keep(heard).await;
        if let Some(signed) = signed {
            match kept {
                Ok(()) => self.notes.used(&caller.connection.id, signed.serial, now),
                Err(_) => self.recent.forget(signed.mark),
            }
        }
        kept.map_err(|not_kept| match not_kept {
            NotKept::Busy => TurnedAway::Busy,
            NotKept::Failed => TurnedAway::NotStored,
        })
    }
}

/// A call as it came.
struct Call {
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
    peer: Option<SocketAddr>,
    /// It came to the address of a person's button.
    is_asked: bool,
}

impl Call {
    /// Names of members, never a value: what a call says is nobody's to read here.
    fn sample(&self) -> Sample {
        let (length, excerpt) = match &self.body {
            Ok(body) => (Some(body.len()), shape(body)),
            Err(_) => (self.header("content-length").and_then(|length| length.parse().ok()), String::new()),
        };
        let mut peer = self.peer.map(|peer| peer.ip().to_string()).unwrap_or_default();
        // The last one was written by our own proxy, if there is one.
        let forwarded =
            self.header("x-forwarded-for").and_then(|all| all.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
        if let Some(forwarded) = forwarded {
            peer = format!("{forwarded}, by way of {peer}");
        }
        Sample { bytes: length.and_then(|length| i64::try_from(length).ok()).unwrap_or_default(), peer, excerpt }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What kind of text a body is; of an object, how its members are called.
fn shape(body: &[u8]) -> String {
    const MEMBERS: usize = 12;
    let is_name =
        |name: &str| name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    match serde_json::from_slice::<Json>(body) {
        Ok(Json::Object(members)) => {
            let name = |(name, _): (&String, &Json)| if is_name(name) { name.clone() } else { "…".to_owned() };
            let more = if members.len() > MEMBERS { ", …" } else { "" };
            let names: Vec<String> = Map::iter(&members).take(MEMBERS).map(name).collect();
            format!("JSON: {}{more}", names.join(", "))
        }
        Ok(_) => "JSON, but no object".to_owned(),
        Err(_) if body.is_empty() => "nothing".to_owned(),
        Err(_) if std::str::from_utf8(body).is_err() => "no text".to_owned(),
        Err(_) => "text that is no JSON".to_owned(),
    }
}

/// Why a call was not taken, in one plain line.
#[derive(Clone, Copy, Debug)]
enum Refused {
    UnknownAddress,
    TurnedAway(TurnedAway),
}

impl Refused {
    fn answer(self) -> (StatusCode, &'static str) {
        let Self::TurnedAway(reason) = self else {
            return (StatusCode::NOT_FOUND, "There is no connection at this address.");
        };
        match reason {
            TurnedAway::Unsigned => (
                StatusCode::UNAUTHORIZED,
                "The call carries no signature. Install what the connection's page ServiceNow side offers, which signs, \
                 or have an administrator allow calls without one there.",
            ),
            TurnedAway::WrongSignature => (
                StatusCode::UNAUTHORIZED,
                "The signature does not fit the body. Install again what the connection's page ServiceNow side offers.",
            ),
            TurnedAway::OutOfTime => (
                StatusCode::UNAUTHORIZED,
                "The time stamp is more than five minutes away from this server's clock. Set both clocks.",
            ),
            TurnedAway::Repeated => {
                (StatusCode::CONFLICT, "This very call was taken before. There is nothing to send again.")
            }
            TurnedAway::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "The body is larger than 64 KiB. Send the record's table and sys_id, and leave its text away.",
            ),
            TurnedAway::Malformed => (
                StatusCode::BAD_REQUEST,
                "The body names no record: it must be a JSON object with sys_id, number, element_id or table_sys_id.",
            ),
            TurnedAway::OtherTable => (
                StatusCode::BAD_REQUEST,
                "The connection syncs another table than the one that this tells of. Install again what the \
                 connection's page ServiceNow side offers.",
            ),
            TurnedAway::NotStored => {
                (StatusCode::SERVICE_UNAVAILABLE, "The change could not be stored. Send it again.")
            }
            TurnedAway::Busy => {
                (StatusCode::SERVICE_UNAVAILABLE, "More changes wait here than can be stored at once. Send it again.")
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let outcome = match self {
            Self::UnknownAddress => "UnknownAddress".to_owned(),
            Self::TurnedAway(reason) => format!("{reason:?}"),
        };
        metrics::counter!("isthmus_webhooks_total", "outcome" => outcome).increment(1);
        let (status, words) = self.answer();
        let body = format!("{words}\n");
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return (status, [(header::RETRY_AFTER, AGAIN_SECONDS)], body).into_response();
        }
        (status, body).into_response()
    }
}

/// A person's button posts to `/send`, where the format itself does not tell: its record enters though the trigger waits
/// for a person.
pub fn router(intake: Intake) -> Router {
    Router::new()
        .route("/hooks/{key}", post(receive::<false>))
        .route("/hooks/{key}/send", post(receive::<true>))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(intake)
}

async fn receive<const IS_ASKED: bool>(
    State(intake): State<Intake>,
    Path(key): Path<String>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Refused> {
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer);
    intake.take(&key, &Call { headers, body, peer, is_asked: IS_ASKED }).await
}
