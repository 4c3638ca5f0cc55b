//! The token endpoint and revocation (contract 1.3 to 1.6). Every failure is the same 401; the cause
//! goes to the instance's log only.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::Client;
use super::authorize::Granted;
use super::tickets::Kind;
use crate::api::{ApiError, basic};
use crate::instance::Instance;

type Form = HashMap<String, String>;

/// Why no token is given.
enum Failure {
    Refused(&'static str),
    Store(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(cause: sqlx::Error) -> Self {
        Self::Store(cause)
    }
}

pub(super) fn refused(cause: &str) -> Response {
    tracing::info!(cause, "no token was given");
    let body = json!({"error_description": "access_denied", "error": "server_error"});
    (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, crate::api::JSON)], body.to_string()).into_response()
}

struct Tokens {
    access: String,
    refresh: Option<String>,
    scope: String,
    expires_in: i64,
}

pub(super) async fn grant(State(instance): State<Arc<Instance>>, headers: HeaderMap, body: Bytes) -> Response {
    match granted(&instance, &headers, &body).await {
        Ok(tokens) => {
            let mut answer = json!({
                "access_token": tokens.access, "scope": tokens.scope,
                "token_type": "Bearer", "expires_in": tokens.expires_in,
            });
            if let Some(refresh) = tokens.refresh {
                answer["refresh_token"] = refresh.into();
            }
            let headers = [(header::CONTENT_TYPE, crate::api::JSON), (header::CACHE_CONTROL, NO_STORE)];
            (headers, answer.to_string()).into_response()
        }
        Err(Failure::Refused(cause)) => {
            instance.log(1, "OAuth", &format!("No token was given: {cause}")).await;
            refused(cause)
        }
        Err(Failure::Store(cause)) => ApiError::from(cause).into_response(),
    }
}

const NO_STORE: header::HeaderValue = header::HeaderValue::from_static("no-store");

async fn granted(instance: &Instance, headers: &HeaderMap, body: &[u8]) -> Result<Tokens, Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Failure::Refused("the parameters are not a form body"));
    }
    let mut form: Form = form_urlencoded::parse(body).into_owned().collect();
    if let Some((id, secret)) = basic(headers) {
        form.insert("client_id".into(), id);
        form.insert("client_secret".into(), secret);
    }
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let client = instance.oauth_client(field("client_id")).await?.ok_or(Failure::Refused("unknown client"))?;
    let knows_secret = client.has_secret(field("client_secret"));
    let by_code = field("grant_type") == "authorization_code";
    if !knows_secret && !(client.is_public() && (by_code || field("grant_type") == "refresh_token")) {
        return Err(Failure::Refused("wrong client secret"));
    }
    match field("grant_type") {
        "authorization_code" => by_authorization(instance, &client, &form).await,
        "refresh_token" => by_refresh(instance, &client, field("refresh_token")).await,
        "password" => {
            if instance.property_is_true("glide.oauth.inbound.ropc.grant_type.disabled") {
                return Err(Failure::Refused("the password grant is disabled"));
            }
            let user = instance.user_by_password(field("username"), field("password")).await?;
            let user = user.ok_or(Failure::Refused("wrong user name or password, or a locked user"))?;
            interactive(instance, &client, &user.sys_id, "useraccount").await
        }
        "client_credentials" => by_credentials(instance, &client).await,
        _ => Err(Failure::Refused("this grant_type is not supported")),
    }
}

async fn by_authorization(instance: &Instance, client: &Client, form: &Form) -> Result<Tokens, Failure> {
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let code = instance.redeem(Kind::Code, field("code")).await?;
    let code = code.ok_or(Failure::Refused("the code is unknown, used or too old"))?;
    if code.client_id != client.id() {
        return Err(Failure::Refused("the code belongs to another client"));
    }
    let granted: Granted =
        serde_json::from_str(&code.detail).map_err(|_| Failure::Refused("the code's own record is damaged"))?;
    if !granted.redirect_uris.iter().any(|uri| uri == field("redirect_uri")) {
        return Err(Failure::Refused("redirect_uri is not that of the authorization"));
    }
    // A challenge that was given is verified, from a confidential client too (contract 1.2).
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier")));
    if !granted.challenge.is_empty() && granted.challenge != challenge {
        return Err(Failure::Refused("code_verifier does not fit the challenge"));
    }
    let scope = if granted.scope.is_empty() { "useraccount" } else { &granted.scope };
    interactive(instance, client, &code.user_id, scope).await
}

/// A grant with the user's part in it: a token that still lives is given again, extended, and the
/// refresh token's time begins anew (contract 1.4).
async fn interactive(instance: &Instance, client: &Client, user_id: &str, scope: &str) -> Result<Tokens, Failure> {
    let expires_in = instance.access_seconds(client);
    let lifetimes = [(Kind::Access, expires_in), (Kind::Refresh, instance.refresh_seconds(client))];
    let mut secrets = Vec::new();
    for (kind, seconds) in lifetimes {
        secrets.push(match instance.held(kind, user_id, client.id()).await? {
            Some(held) => {
                instance.extend(&held.secret, seconds).await?;
                held.secret
            }
            None => instance.issue(kind, user_id, client.id(), seconds, scope).await?,
        });
    }
    let refresh = secrets.pop();
    let access = secrets.pop().unwrap_or_default();
    Ok(Tokens { access, refresh, scope: scope.to_owned(), expires_in })
}

/// The refresh token stays the same and lives no longer (contract 1.4).
async fn by_refresh(instance: &Instance, client: &Client, refresh: &str) -> Result<Tokens, Failure> {
    let held = instance.ticket(Kind::Refresh, refresh).await?.filter(|held| held.client_id == client.id());
    let held = held.ok_or(Failure::Refused("the refresh token is unknown, revoked or too old"))?;
    if instance.user(&held.user_id).await?.is_none() {
        return Err(Failure::Refused("the user is locked or inactive"));
    }
    let expires_in = instance.access_seconds(client);
    let access = instance.issue(Kind::Access, &held.user_id, client.id(), expires_in, &held.detail).await?;
    Ok(Tokens { access, refresh: Some(held.secret), scope: held.detail, expires_in })
}

async fn by_credentials(instance: &Instance, client: &Client) -> Result<Tokens, Failure> {
    if !instance.property_is_true("glide.oauth.inbound.client.credential.grant_type.enabled") {
        return Err(Failure::Refused("the client credentials grant is not enabled"));
    }
    let user = instance.user(client.user()).await?;
    let user = user.ok_or(Failure::Refused("the client has no OAuth Application User"))?;
    let expires_in = instance.access_seconds(client);
    let access = instance.issue(Kind::Access, &user.sys_id, client.id(), expires_in, "useraccount").await?;
    Ok(Tokens { access, refresh: None, scope: "useraccount".into(), expires_in })
}

/// The token is in the query or in the form; there is no other proof (contract 1.1).
pub(super) async fn revoke(State(instance): State<Arc<Instance>>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let query = query.unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(&body));
    for (name, token) in pairs {
        if name == "token"
            && let Err(cause) = instance.withdraw(&token).await
        {
            return ApiError::from(cause).into_response();
        }
    }
    StatusCode::OK.into_response()
}
