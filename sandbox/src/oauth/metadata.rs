//! What the authorization server can do, for client libraries that ask first (RFC 8414).

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::JSON;
use crate::instance::Instance;

pub(super) async fn show(State(instance): State<Arc<Instance>>) -> Response {
    let address = &instance.address;
    let metadata = json!({
        "issuer": address,
        "authorization_endpoint": format!("{address}/oauth_auth.do"),
        "token_endpoint": format!("{address}/oauth_token.do"),
        "revocation_endpoint": format!("{address}/oauth_revoke_token.do"),
        "response_types_supported": ["code"],
        "jwks_uri": format!("{address}/api/now/oauth/jwks"),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", "password",
            "urn:ietf:params:oauth:grant-type:jwt-bearer"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
        "scopes_supported": ["useraccount"],
    });
    ([(header::CONTENT_TYPE, JSON)], metadata.to_string()).into_response()
}
