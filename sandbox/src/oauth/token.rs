//! The token endpoint and revocation (contract 1.1, 1.3, 1.5). Every failure is the same 401; the cause
//! goes to the instance's log only.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use url::form_urlencoded;

use super::grants::{Refused, Tokens};
use super::{Client, assertion_header};
use crate::api::{ApiError, JSON, basic};
use crate::instance::Instance;

/// The parameters of a token request, the client's included.
pub(super) struct Asked(HashMap<String, String>);

impl Asked {
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// From the body and, where the instance allows it, the address; Basic authentication is the client's.
    async fn read(instance: &Instance, query: &str, headers: &HeaderMap, body: &[u8]) -> Result<Self, Refused> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") && !body.is_empty() {
            return Err("the parameters are not a form body".into());
        }
        let mut asked: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        if !asked.is_empty() && instance.is_hardened("glide.oauth.allow.parameters.in.post.body.only").await? {
            return Err("parameters are taken from the body only".into());
        }
        asked.extend(form_urlencoded::parse(body).into_owned());
        if let Some((id, secret)) = basic(headers) {
            asked.insert("client_id".into(), id);
            asked.insert("client_secret".into(), secret);
        }
        if let Some(jwt) = assertion_header(headers) {
            asked.entry("assertion".into()).or_insert(jwt);
        }
        Ok(Self(asked))
    }
}

pub(super) fn refused(cause: &str) -> Response {
    tracing::info!(cause, "no token was given");
    let body = json!({"error_description": "access_denied", "error": "server_error"});
    (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, JSON)], body.to_string()).into_response()
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

pub(super) async fn answer(
    State(instance): State<Arc<Instance>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match tokens(&instance, &query.unwrap_or_default(), &headers, &body).await {
        Ok(tokens) => {
            let headers = [(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, NO_STORE)];
            (headers, shown(&tokens).to_string()).into_response()
        }
        Err(Refused::Because(cause)) => {
            instance.log(1, "OAuth", &format!("No token was given: {cause}")).await;
            refused(&cause)
        }
        Err(Refused::Store(cause)) => ApiError::from(cause).into_response(),
    }
}

fn shown(tokens: &Tokens) -> serde_json::Value {
    let mut shown = json!({"access_token": tokens.access});
    if let Some(refresh) = &tokens.refresh {
        shown["refresh_token"] = refresh.as_str().into();
    }
    shown["scope"] = tokens.scope.as_str().into();
    shown["token_type"] = "Bearer".into();
    shown["expires_in"] = tokens.expires_in.into();
    shown
}

async fn tokens(instance: &Instance, query: &str, headers: &HeaderMap, body: &[u8]) -> Result<Tokens, Refused> {
    if !instance.is_oauth_on().await? {
        return Err("com.snc.platform.security.oauth.is.active is false".into());
    }
    let asked = Asked::read(instance, query, headers, body).await?;
    let client = instance.oauth_client(asked.get("client_id")).await?.ok_or("the client is unknown or inactive")?;
    if !may_ask(&client, &asked) {
        return Err("wrong client secret".into());
    }
    instance.tokens_for(&client, &asked).await
}

/// A confidential client proves itself with its secret, a public one has none to prove (contract 1.3).
fn may_ask(client: &Client, asked: &Asked) -> bool {
    let without = matches!(
        asked.get("grant_type"),
        "authorization_code" | "refresh_token" | "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    client.has_secret(asked.get("client_secret")) || client.is_public() && without
}

/// The token is in the query or in the form; there is no other proof (contract 1.1).
pub(super) async fn revoke(State(instance): State<Arc<Instance>>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let query = query.unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(&body));
    for (name, token) in pairs {
        if name == "token"
            && let Err(cause) = instance.revoke(&token).await
        {
            return ApiError::from(cause).into_response();
        }
    }
    StatusCode::OK.into_response()
}
