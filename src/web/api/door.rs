//! Who may ask: a token, and only so often.

use super::answer::Failed;
use crate::operations::Operations;
use crate::web::{Web, console};
use app::error::Trouble;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Requests of one token in a minute, in each process.
pub const A_MINUTE: u32 = 600;
const MINUTE: i64 = 60 * 1000;

/// The requests of this minute, by token.
#[derive(Debug, Default)]
pub struct Pace(Mutex<(i64, HashMap<String, u32>)>);

impl Pace {
    /// Counts a request. Where it is one too many: the seconds until the next minute.
    fn count(&self, token: &str, now: i64) -> Result<(), i64> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (minute, by_token) = &mut *counted;
        if *minute != now / MINUTE {
            *minute = now / MINUTE;
            by_token.clear();
        }
        let requests = by_token.entry(token.to_owned()).or_default();
        *requests += 1;
        if *requests > A_MINUTE { Err((MINUTE - now % MINUTE + 999) / 1000) } else { Ok(()) }
    }
}

/// Puts the operations, with the token's person, beside the request. A session does not count here.
pub async fn find_out_whose_program_asks(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let caller = console::caller(&request);
    let found = match bearer(request.headers()) {
        Some(token) => Operations::of_token(web.parts.clone(), token, caller).await,
        None => Ok(None),
    };
    let operations = match found {
        Ok(Some(operations)) => operations,
        Ok(None) => return no_token().into_response(),
        Err(trouble) => return Failed::from(trouble).with(StatusCode::SERVICE_UNAVAILABLE).into_response(),
    };
    if let Err(seconds) = web.pace.count(operations.token(), web.parts.clock.now()) {
        let mut answer = too_many(seconds).into_response();
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return answer;
    }
    request.extensions_mut().insert(operations);
    next.run(request).await
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn no_token() -> Failed {
    let failed: Failed = Trouble::new(
        "API-TOKEN",
        "The request was not taken.",
        "It carries no API token, or one that has ended or was revoked, or whose person's account is closed.",
        "Make a token in the console under Settings > API tokens, and send it as \"Authorization: Bearer TOKEN\".",
    )
    .into();
    failed.with(StatusCode::UNAUTHORIZED)
}

fn too_many(seconds: i64) -> Failed {
    Trouble::new(
        "API-TOO-MANY",
        "The request was not taken.",
        &format!("This token has made {A_MINUTE} requests in this minute, and may not make more."),
        &format!("Wait {seconds} seconds, as Retry-After says, and send it again."),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_so_many_requests_for_each_token() {
        let pace = Pace::default();
        let now = 10 * MINUTE + 15_000;
        for _ in 0..A_MINUTE {
            assert_eq!(pace.count("a", now), Ok(()));
        }
        assert_eq!(pace.count("a", now), Err(45));
        assert_eq!(pace.count("b", now), Ok(()));
        assert_eq!(pace.count("a", now + 45_000), Ok(()));
    }
}
