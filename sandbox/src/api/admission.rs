//! In front of every call of the REST API: who it is, what the token opens, and whether there is room
//! (contract 1.8, 1.9, 10).

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::caller::{Proof, Token, identify};
use super::{ApiError, Caller, Resource};
use crate::instance::Instance;
use crate::limits::Session;
use crate::pages::{COOKIE, session_cookie};

pub(crate) async fn admit(State(instance): State<Arc<Instance>>, request: Request, next: Next) -> Response {
    let admitted = if request.extensions().get::<Caller>().is_some() {
        part(&instance, request, next).await
    } else {
        whole(&instance, request, next).await
    };
    admitted.unwrap_or_else(IntoResponse::into_response)
}

/// What the instance asks itself on behalf of a call, such as a part of a batch, was let in with it; but its
/// token opens no more than it would by itself.
async fn part(instance: &Instance, request: Request, next: Next) -> Result<Response, ApiError> {
    if let Some(token) = request.extensions().get::<Token>() {
        must_open(instance, token, &Resource::of(request.method(), request.uri().path())).await?;
    }
    Ok(next.run(request).await)
}

async fn must_open(instance: &Instance, Token(token): &Token, resource: &Resource<'_>) -> Result<(), ApiError> {
    let (credential, client) = token.as_ref();
    if instance.opens(credential, client, resource).await? {
        return Ok(());
    }
    Err(ApiError::new(StatusCode::FORBIDDEN, "Missing required api access scope", None))
}

async fn whole(instance: &Instance, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let switches = instance.switches();
    let (user, proof) = identify(instance, request.headers(), request.uri()).await?;
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let resource = Resource::of(&method, &path);
    if let Proof::Token(token) = &proof {
        must_open(instance, token, &resource).await?;
        request.extensions_mut().insert(token.clone());
    }
    let session = session(instance, &user.sys_id, request.headers(), &proof);
    // Requests of one session take turns, and the one that would wait too long is dropped.
    let _turn = match &session {
        Some((session, _)) => match session.line.enter(switches.session_threads, switches.session_queue).await {
            Some(turn) => Some(turn),
            None => return Ok(dropped(instance)),
        },
        None => None,
    };
    let rate = instance.rate(&user, &resource).await?;
    let mut response = if let Some(rate) = rate.as_ref().filter(|rate| rate.refused) {
        rate.refusal().into_response()
    } else {
        let _thread = match switches.api_threads {
            Some(threads) => Some(instance.threads.enter(threads, switches.api_queue).await.ok_or_else(full)?),
            None => None,
        };
        hold(instance).await;
        request.extensions_mut().insert(Caller(user));
        next.run(request).await
    };
    let headers = response.headers_mut();
    if let Some(rate) = &rate {
        rate.mark(headers);
    }
    if let Some((session, true)) = &session {
        for (name, value) in [(COOKIE, session.id.as_str()), ("glide_user_route", "glide.practice")] {
            if let Ok(cookie) = HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")) {
                headers.append(header::SET_COOKIE, cookie);
            }
        }
    }
    Ok(response)
}

/// Waits as the switch says, and no longer than it says so.
async fn hold(instance: &Instance) {
    let began = Instant::now();
    loop {
        let turned = instance.turned.notified();
        let left = Duration::from_millis(instance.switches().hold_ms).saturating_sub(began.elapsed());
        if left.is_zero() {
            return;
        }
        tokio::time::timeout(left, turned).await.ok();
    }
}

/// The session of the call's cookie, or a new one to be told of; none where cookies are not given out.
fn session(instance: &Instance, user_id: &str, headers: &HeaderMap, proof: &Proof) -> Option<(Arc<Session>, bool)> {
    if let Proof::Session(session) = proof {
        return Some((session.clone(), false));
    }
    let known = session_cookie(headers).and_then(|id| instance.sessions.find(id));
    if let Some(session) = known.filter(|session| session.user_id == user_id) {
        return Some((session, false));
    }
    let token = if let Proof::Token(Token(token)) = proof { Some(token.0.token()) } else { None };
    instance.switches().session_cookies.then(|| (instance.sessions.begin(user_id, token), true))
}

fn dropped(instance: &Instance) -> Response {
    instance.served.count("accepted");
    StatusCode::ACCEPTED.into_response()
}

/// A full queue has no headers that say when to come again.
fn full() -> ApiError {
    let detail = "The queue of the semaphore set API_INT is full".to_owned();
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded", Some(detail))
}
