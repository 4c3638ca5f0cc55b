//! Who calls the REST API, by whichever of its ways (contract 1.9): an API key, name and password, an
//! access token, or the cookie of a session that such a call began. Every failure is the same 401.
//! Cookies of the pages do not count, so a browser cannot be tricked into calling it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, Uri, header, request::Parts};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use url::form_urlencoded;

use super::ApiError;
use crate::instance::Instance;
use crate::limits::Session;
use crate::oauth::Client;
use crate::oauth::credentials::{Credential, Kind};
use crate::pages::session_cookie;
use crate::store;
use crate::user::User;

#[derive(Debug, Clone)]
pub(crate) struct Caller(pub User);

impl FromRequestParts<Arc<Instance>> for Caller {
    type Rejection = ApiError;

    /// Whom `admit` let in.
    async fn from_request_parts(parts: &mut Parts, _: &Arc<Instance>) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::not_authenticated)
    }
}

/// An administrator at the sandbox's own addresses, by name and password. What the instance makes of Basic
/// authentication elsewhere does not lock anybody out here.
pub(crate) struct Operator;

impl FromRequestParts<Arc<Instance>> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, instance: &Arc<Instance>) -> Result<Self, ApiError> {
        let (name, password) = basic(&parts.headers).ok_or_else(ApiError::not_authenticated)?;
        let user = instance.user_by_password(&name, &password).await?.ok_or_else(ApiError::not_authenticated)?;
        if user.has("admin") { Ok(Self) } else { Err(ApiError::not_readable()) }
    }
}

/// The token that a call came with, and whose it is.
#[derive(Clone)]
pub(super) struct Token(pub Arc<(Credential, Client)>);

/// How somebody proved who they are.
pub(super) enum Proof {
    Password,
    ApiKey,
    Token(Token),
    Session(Arc<Session>),
}

pub(super) async fn identify(instance: &Instance, headers: &HeaderMap, uri: &Uri) -> Result<(User, Proof), ApiError> {
    let parameter = |name: &str| {
        let query = uri.query().unwrap_or_default().as_bytes();
        form_urlencoded::parse(query).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let found = if let Some(key) = header("x-sn-apikey").or_else(|| parameter("x-sn-apikey")) {
        instance.user_by_api_key(&key).await?.map(|user| (user, Proof::ApiKey))
    } else if let Some((name, password)) = basic(headers) {
        let user = by_password(instance, &name, &password, header("x-mfa_token")).await?;
        user.map(|user| (user, Proof::Password))
    } else if let Some(token) = bearer(headers).map(str::to_owned).or_else(|| parameter("access_token")) {
        by_token(instance, &token).await?
    } else if headers.contains_key(header::AUTHORIZATION) {
        None
    } else {
        by_session(instance, headers).await?
    };
    found.ok_or_else(ApiError::not_authenticated)
}

async fn by_token(instance: &Instance, token: &str) -> Result<Option<(User, Proof)>, ApiError> {
    if !instance.is_oauth_on().await? {
        return Ok(None);
    }
    let Some(credential) = instance.credential(Kind::Access, token).await? else { return Ok(None) };
    let Some(client) = instance.oauth_peer(credential.peer()).await? else { return Ok(None) };
    let user = instance.user(credential.user_id()).await?;
    Ok(user.map(|user| (user, Proof::Token(Token(Arc::new((credential, client)))))))
}

/// A cookie that outlives the token that it was given for opens nothing, unless a property says so.
async fn by_session(instance: &Instance, headers: &HeaderMap) -> Result<Option<(User, Proof)>, ApiError> {
    let Some(session) = session_cookie(headers).and_then(|id| instance.sessions.find(id)) else { return Ok(None) };
    let blocked = "glide.authenticate.oauth.post.token.expiration.cookie_auth.disabled";
    if let Some(token) = &session.token {
        // With the cookie a token opens what it opens by itself, and no more.
        let by_token = by_token(instance, token).await?;
        if by_token.is_some() || instance.property(blocked).await?.as_deref() != Some("false") {
            return Ok(by_token);
        }
    }
    let user = instance.user(&session.user_id).await?;
    Ok(user.map(|user| (user, Proof::Session(session))))
}

/// Name and password, with the one-time password behind it or in a header where the user has one.
async fn by_password(
    instance: &Instance,
    name: &str,
    password: &str,
    given: Option<String>,
) -> Result<Option<User>, ApiError> {
    let known = |user: User| Some(user).filter(|user| !user.must_change_password);
    let cut = password.char_indices().rev().nth(5).map(|(at, _)| password.split_at(at));
    let (user, one_time) = match (instance.user_by_password(name, password).await?, cut) {
        (Some(user), _) => (known(user), given),
        (None, Some((password, one_time))) if one_time.bytes().all(|b| b.is_ascii_digit()) => {
            let user = instance.user_by_password(name, password).await?;
            (user.filter(|user| user.multifactor).and_then(known), Some(one_time.to_owned()))
        }
        (None, _) => (None, None),
    };
    let Some(user) = user else { return Ok(None) };
    let proven = match &one_time {
        Some(one_time) => instance.is_one_time_password(&user, one_time).await?,
        None => false,
    };
    let needed = user.multifactor && (instance.switches().mfa_for_basic_auth || one_time.is_some());
    if needed && !proven {
        return Err(ApiError::not_authenticated().with_header("x-mfa_token", "invalid"));
    }
    if !proven && !instance.lets_in_by_password(&user).await? {
        let message = format!(
            "SNCRestrictBasicAuthUserAuthenticationGate: denied basic-auth API call for interactive-login user [{name}]"
        );
        instance.log(1, "Authentication", &message).await;
        return Ok(None);
    }
    Ok(Some(user))
}

impl Instance {
    /// The restriction of Basic authentication (contract 1.9).
    async fn lets_in_by_password(&self, user: &User) -> store::Result<bool> {
        let restriction = "glide.authenticate.basic_auth.restriction";
        let by_default = self.property(&format!("{restriction}.default_decision")).await?;
        Ok(!self.is_hardened(&format!("{restriction}.enforce")).await?
            || user.web_service_only
            || user.holds("snc_basic_auth_api_access")
            || by_default.as_deref() == Some("allow"))
    }
}

fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (given, credentials) = value.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    credentials(headers, "Bearer")
}

/// Name and password of Basic authentication.
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let bytes = BASE64_STANDARD.decode(credentials(headers, "Basic")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}
