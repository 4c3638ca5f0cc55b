//! OAuth 2.0 as ServiceNow does it (contract 1): what is registered, and the three addresses.

mod assertion;
mod authorize;
pub(crate) mod credentials;
mod grants;
mod metadata;
pub(crate) mod scopes;
mod signing;
pub(crate) mod tickets;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{get, post};

use crate::instance::Instance;
use crate::record::Record;
use crate::store;

/// The pages of the browser's part; they belong behind the check of the request's origin.
pub(crate) fn pages() -> Router<Arc<Instance>> {
    Router::new().route("/oauth_auth.do", get(authorize::ask).post(authorize::answer))
}

/// What programs call.
pub(crate) fn calls() -> Router<Arc<Instance>> {
    let wrong_method = || async { token::refused("the token endpoint takes POST") };
    Router::new()
        .route("/oauth_token.do", post(token::answer).fallback(wrong_method))
        .route("/oauth_revoke_token.do", get(token::revoke).post(token::revoke))
        .route("/oauth_revoke.do", post(token::revoke))
        .route("/api/now/oauth/jwks", get(signing::keys))
        .route("/.well-known/oauth-authorization-server", get(metadata::show))
}

/// PySNC sends its assertion in a header of this name (contract 1.3).
fn assertion_header(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("authentication")?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(|jwt| jwt.trim().to_owned())
}

/// A registered client: a row of `oauth_entity`.
pub(crate) struct Client(Record);

impl Client {
    pub fn sys_id(&self) -> &str {
        self.0.sys_id()
    }

    pub fn id(&self) -> &str {
        self.0.get("client_id")
    }

    pub fn name(&self) -> &str {
        self.0.get("name")
    }

    pub fn is_public(&self) -> bool {
        self.0.is_true("public_client")
    }

    pub fn has_secret(&self, secret: &str) -> bool {
        let kept = self.0.get("client_secret");
        !kept.is_empty() && kept == secret
    }

    fn wants_signed_tokens(&self) -> bool {
        self.0.get("token_format") == "jwt"
    }

    /// "Allow access only to APIs in selected scope".
    fn is_held_to_scopes(&self) -> bool {
        self.0.is_true("enforce_token_restriction")
    }

    /// The user that client credentials act as.
    pub fn user(&self) -> &str {
        self.0.get("user")
    }

    /// Where to send the browser: what was asked for if it is registered, the first one registered
    /// otherwise, without an error (contract 1.2).
    pub fn redirect(&self, wanted: &str) -> Option<String> {
        let registered =
            || self.0.get("redirect_url").split([',', '\n', ' ', '\r', '\t']).filter(|url| !url.is_empty());
        registered().find(|url| *url == wanted).or_else(|| registered().next()).map(str::to_owned)
    }

    fn lifespan(&self, column: &str, default: i64) -> i64 {
        self.0.get(column).parse().ok().filter(|&seconds| seconds > 0).unwrap_or(default)
    }
}

impl Instance {
    pub(crate) async fn oauth_client(&self, client_id: &str) -> store::Result<Option<Client>> {
        let Some(table) = self.table("oauth_entity").filter(|_| !client_id.is_empty()) else {
            return Ok(None);
        };
        let found = self.store.find(table, "client_id", client_id).await?;
        Ok(found.filter(|row| row.is_true("active")).map(Client))
    }

    /// The active client with this sys_id, as a token names it.
    pub(crate) async fn oauth_peer(&self, sys_id: &str) -> store::Result<Option<Client>> {
        let Some(table) = self.table("oauth_entity") else { return Ok(None) };
        let found = self.store.get(table, sys_id).await?;
        Ok(found.filter(|row| row.is_true("active")).map(Client))
    }

    pub(crate) async fn is_oauth_on(&self) -> store::Result<bool> {
        Ok(self.property("com.snc.platform.security.oauth.is.active").await?.as_deref() != Some("false"))
    }

    fn access_seconds(&self, client: &Client) -> i64 {
        let switched = self.switches().access_token_seconds;
        switched.unwrap_or_else(|| client.lifespan("access_token_lifespan", 1_800))
    }

    fn refresh_seconds(&self, client: &Client) -> i64 {
        let switched = self.switches().refresh_token_seconds;
        switched.unwrap_or_else(|| client.lifespan("refresh_token_lifespan", 8_640_000))
    }
}
