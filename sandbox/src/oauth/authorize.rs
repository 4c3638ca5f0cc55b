//! The browser's part of the authorization code flow: sign in, Allow or Deny, back to the client
//! (contract 1.2).

use std::sync::Arc;

use axum::Form;
use axum::extract::{OriginalUri, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::Client;
use super::tickets::Kind;
use crate::instance::Instance;
use crate::pages::{Failure, SignedIn, layout, sign_in_first};
use crate::store;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Request {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: String,
    scope: String,
    code_challenge: String,
    code_challenge_method: String,
}

/// What the token request will be held against.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Granted {
    /// What was asked for and where the browser was really sent; either may be repeated.
    pub redirect_uris: [String; 2],
    pub challenge: String,
    pub challenge_method: String,
    pub scope: String,
}

/// How the client is given what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Code,
    /// The token itself, behind a `#`; only for the clients that a property names.
    Implicit,
}

/// A request that can be put to the user.
async fn checked(instance: &Instance, request: &Request) -> Result<(Client, Url, Flow), Failure> {
    let refuse = |text: &str| Failure::new(StatusCode::BAD_REQUEST, text);
    if !instance.is_oauth_on().await? {
        return Err(refuse("OAuth is not active on this instance."));
    }
    let client = instance.oauth_client(&request.client_id).await?;
    let client = client.ok_or_else(|| refuse("No active OAuth client is registered under this client_id."))?;
    let flow = match request.response_type.as_str() {
        "code" => Flow::Code,
        "token" if instance.lets_implicitly(&client).await? => Flow::Implicit,
        _ => return Err(refuse("Only response_type=code is supported.")),
    };
    if request.state.is_empty() && instance.is_hardened("glide.oauth.state.parameter.required").await? {
        return Err(refuse("Missing State parameter in request."));
    }
    let plain = request.code_challenge_method == "plain" && instance.switches().pkce_plain;
    if !request.code_challenge.is_empty() && request.code_challenge_method != "S256" && !plain {
        return Err(refuse("Only code_challenge_method=S256 is supported."));
    }
    if request.code_challenge.is_empty() && client.is_public() && flow == Flow::Code {
        return Err(refuse("A public client must send a code_challenge."));
    }
    let redirect = client.redirect(&request.redirect_uri).and_then(|url| Url::parse(&url).ok());
    let redirect = redirect.ok_or_else(|| refuse("The OAuth client has no usable redirect URL."))?;
    Ok((client, redirect, flow))
}

impl Instance {
    async fn lets_implicitly(&self, client: &Client) -> store::Result<bool> {
        let listed = self.property("glide.oauth.clients.allowed.for.implicit.grant").await?.unwrap_or_default();
        Ok(listed.split(',').any(|id| id.trim() == client.id() || id.trim() == client.sys_id()))
    }
}

pub(super) async fn ask(
    State(instance): State<Arc<Instance>>,
    OriginalUri(uri): OriginalUri,
    signed_in: Option<SignedIn>,
    Query(request): Query<Request>,
) -> Result<Response, Failure> {
    let (client, redirect, _) = checked(&instance, &request).await?;
    let Some(SignedIn(user)) = signed_in else {
        return Ok(sign_in_first(&uri));
    };
    let fields = [
        ("response_type", &request.response_type),
        ("client_id", &request.client_id),
        ("redirect_uri", &request.redirect_uri),
        ("state", &request.state),
        ("scope", &request.scope),
        ("code_challenge", &request.code_challenge),
        ("code_challenge_method", &request.code_challenge_method),
    ];
    let hidden: String = fields.iter().map(|(name, value)| layout::hidden(name, value)).collect();
    let name = layout::escape(client.name());
    let target = redirect.origin().ascii_serialization();
    let body = format!(
        r#"<div class="card narrow">
<h1>{name} would like to connect to your account</h1>
<p>It will be able to read and change everything that <strong>{}</strong> may read and change here.
Afterwards your browser goes to <code>{}</code>.</p>
<form method="post" action="/oauth_auth.do">{hidden}
<div class="actions"><button class="primary" name="answer" value="allow">Allow</button>
<button name="answer" value="deny">Deny</button></div></form></div>"#,
        layout::escape(&user.name),
        layout::escape(&target),
    );
    Ok(layout::page("Authorize", Some(&user), &body).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    answer: String,
    #[serde(flatten)]
    request: Request,
}

pub(super) async fn answer(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Form(Answer { answer, request }): Form<Answer>,
) -> Result<Redirect, Failure> {
    let (client, mut redirect, flow) = checked(&instance, &request).await?;
    let switches = instance.switches();
    let mut parameters: Vec<(&str, String)> = Vec::new();
    if answer != "allow" {
        parameters.push(("error", "access_denied".into()));
        if switches.deny_description {
            parameters.push(("error_description", "access_denied".into()));
        }
    } else if flow == Flow::Implicit {
        let tokens = instance.access_only(&user, &client, &request.scope).await;
        let tokens = tokens.map_err(|refused| Failure::new(StatusCode::BAD_REQUEST, refused.to_string()))?;
        parameters.push(("access_token", tokens.access));
        parameters.push(("token_type", "Bearer".into()));
        parameters.push(("expires_in", tokens.expires_in.to_string()));
        parameters.push(("scope", tokens.scope));
    } else {
        let granted = Granted {
            redirect_uris: [request.redirect_uri, redirect.to_string()],
            challenge: request.code_challenge,
            challenge_method: request.code_challenge_method,
            scope: request.scope,
        };
        let detail = serde_json::to_string(&granted).map_err(|cause| Failure::internal(&cause))?;
        let code = instance.issue(Kind::Code, &user.sys_id, client.id(), switches.code_seconds, &detail).await?;
        parameters.push(("code", code));
    }
    if !request.state.is_empty() {
        parameters.push(("state", request.state));
    }
    if flow == Flow::Implicit {
        let fragment = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        redirect.set_fragment(Some(&fragment));
    } else {
        redirect.query_pairs_mut().extend_pairs(parameters);
    }
    Ok(Redirect::to(redirect.as_str()))
}
