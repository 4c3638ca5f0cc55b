//! Who calls the REST API: a Bearer token or Basic authentication. Every failure is the same 401
//! (contract 1.9). Cookies are not looked at, so a browser cannot be tricked into calling it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};
use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::ApiError;
use crate::instance::Instance;
use crate::oauth::tickets::Kind;
use crate::user::User;

#[derive(Debug, Clone)]
pub(crate) struct Caller(pub User);

impl FromRequestParts<Arc<Instance>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, instance: &Arc<Instance>) -> Result<Self, ApiError> {
        let user = match basic(&parts.headers) {
            Some((name, password)) => instance.user_by_password(&name, &password).await?,
            None => match bearer(&parts.headers) {
                Some(token) => instance.ticket_holder(Kind::Access, token).await?,
                None => None,
            },
        };
        user.map(Self).ok_or_else(ApiError::not_authenticated)
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
