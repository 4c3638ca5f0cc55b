//! The browser's part of the authorization code flow: sign in, Allow or Deny, back to the client
//! (contract 1.2).

use std::sync::Arc;

use axum::Form;
use axum::extract::{OriginalUri, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use url::Url;

use super::Client;
use super::tickets::Kind;
use crate::instance::Instance;
use crate::pages::{Failure, SignedIn, layout, sign_in_first};

/// Contract 1.2 says that a code's life is commonly quoted as a minute.
const CODE_SECONDS: i64 = 60;

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
    pub scope: String,
}

/// A request that can be put to the user.
async fn checked(instance: &Instance, request: &Request) -> Result<(Client, Url), Failure> {
    let refuse = |text: &str| Failure::new(StatusCode::BAD_REQUEST, text);
    let client = instance.oauth_client(&request.client_id).await?;
    let client = client.ok_or_else(|| refuse("No active OAuth client is registered under this client_id."))?;
    if request.response_type != "code" {
        return Err(refuse("Only response_type=code is supported."));
    }
    if request.state.is_empty() && instance.property_is_true("glide.oauth.state.parameter.required") {
        return Err(refuse("Missing State parameter in request."));
    }
    if !request.code_challenge.is_empty() && request.code_challenge_method != "S256" {
        return Err(refuse("Only code_challenge_method=S256 is supported."));
    }
    if request.code_challenge.is_empty() && client.is_public() {
        return Err(refuse("A public client must send a code_challenge."));
    }
    let redirect = client.redirect(&request.redirect_uri).and_then(|url| Url::parse(&url).ok());
    let redirect = redirect.ok_or_else(|| refuse("The OAuth client has no usable redirect URL."))?;
    Ok((client, redirect))
}

pub(super) async fn ask(
    State(instance): State<Arc<Instance>>,
    OriginalUri(uri): OriginalUri,
    signed_in: Option<SignedIn>,
    Query(request): Query<Request>,
) -> Result<Response, Failure> {
    let (client, redirect) = checked(&instance, &request).await?;
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
    let (client, mut redirect) = checked(&instance, &request).await?;
    if answer == "allow" {
        let granted = Granted {
            redirect_uris: [request.redirect_uri, redirect.to_string()],
            challenge: request.code_challenge,
            scope: request.scope,
        };
        let detail = serde_json::to_string(&granted).map_err(|cause| Failure::internal(&cause))?;
        let code = instance.issue(Kind::Code, &user.sys_id, client.id(), CODE_SECONDS, &detail).await?;
        redirect.query_pairs_mut().append_pair("code", &code);
    } else {
        redirect.query_pairs_mut().append_pair("error", "access_denied");
    }
    if !request.state.is_empty() {
        redirect.query_pairs_mut().append_pair("state", &request.state);
    }
    Ok(Redirect::to(redirect.as_str()))
}
