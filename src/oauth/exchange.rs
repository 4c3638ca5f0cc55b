//! The conversation with an instance's OAuth endpoints (contract 1.1 to 1.5).

use crate::connectors::http::{AddressError, HttpClient};
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, TokenResponse,
    TokenUrl,
};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Contract 1.3, where the answer names no other.
const DEFAULT_LIFE: Duration = Duration::from_secs(1799);
/// A token is a small thing; whoever waits for it holds up others.
const TIMEOUT: Duration = Duration::from_secs(20);

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    #[error("the instance's address cannot be used: {0}")]
    Address(#[from] AddressError),
    #[error("ServiceNow could not be reached for a token: {0}")]
    Unreachable(String),
    #[error("what answers at the token address is not ServiceNow: {0}")]
    NotAnInstance(String),
    /// Contract 1.5: nearly always the wire does not tell which of the causes it is.
    #[error(
        "ServiceNow answered {0} to the request for a token, which may mean that the authorization has ended or was revoked, that the client secret is wrong, or that the user is locked"
    )]
    Denied(String),
    #[error("ServiceNow answered {0} to the request for a token: the client ID or the client secret is wrong")]
    WrongClient(String),
    #[error("ServiceNow answered {0} to the request for a token: the authorization has ended or was revoked")]
    Ended(String),
    #[error("The connection has not been authorized, or ServiceNow gave no refresh token")]
    NotAuthorized,
}

/// Tokens as they came.
pub struct Grant {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    pub lasts_ms: i64,
}

/// What a browser takes along, and what stays here.
pub struct Begun {
    pub url: String,
    pub state: String,
    pub verifier: String,
}

pub struct Exchange {
    client: Client,
    http: HttpClient,
}

impl Exchange {
    pub fn new(
        http: &HttpClient,
        address: &str,
        client_id: &str,
        client_secret: &str,
        redirect_url: &str,
    ) -> Result<Self, ExchangeError> {
        let address = http.instance_address(address)?;
        let malformed = |_| AddressError::Malformed(address.to_string());
        let at = |path: &str| format!("{}{path}", address.as_str());
        let client = BasicClient::new(ClientId::new(client_id.to_owned()))
            .set_client_secret(ClientSecret::new(client_secret.to_owned()))
            // Contract 1.3: parameters in the body, never in the query.
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::new(at("oauth_auth.do")).map_err(malformed)?)
            .set_token_uri(TokenUrl::new(at("oauth_token.do")).map_err(malformed)?)
            .set_redirect_uri(RedirectUrl::new(redirect_url.to_owned()).map_err(malformed)?);
        Ok(Self { client, http: http.clone() })
    }

    /// State and PKCE challenge are fresh each time.
    pub fn authorize_url(&self) -> Begun {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state) = self.client.authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge).url();
        Begun { url: url.into(), state: state.into_secret(), verifier: verifier.into_secret() }
    }

    pub async fn code(&self, code: &str, verifier: &str) -> Result<Grant, ExchangeError> {
        let send = |request| send(self.http.clone(), request);
        let request = self
            .client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        request.request_async(&send).await.map(|answer| grant(&answer)).map_err(reason)
    }

    pub async fn refresh(&self, refresh: &str) -> Result<Grant, ExchangeError> {
        let send = |request| send(self.http.clone(), request);
        let token = RefreshToken::new(refresh.to_owned());
        self.client
            .exchange_refresh_token(&token)
            .request_async(&send)
            .await
            .map(|answer| grant(&answer))
            .map_err(reason)
    }
}

/// The token goes in the body: addresses are written to logs.
pub(super) async fn revoke(http: &HttpClient, address: &str, token: &SecretString) -> Result<(), &'static str> {
    let mut url = http.instance_address(address).map_err(|_| "its address cannot be used")?;
    url.set_path("/oauth_revoke_token.do");
    let form = [("token", token.expose_secret())];
    let sent = http.request(Method::POST, url).form(&form).timeout(TIMEOUT).send().await;
    let answer = sent.map_err(|_| "it did not answer")?;
    if answer.status().is_success() { Ok(()) } else { Err("it answered with an error") }
}

fn grant(answer: &impl TokenResponse) -> Grant {
    let lasts = answer.expires_in().unwrap_or(DEFAULT_LIFE);
    Grant {
        access: answer.access_token().secret().clone().into(),
        refresh: answer.refresh_token().map(|token| token.secret().clone().into()),
        lasts_ms: i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX / 2),
    }
}

fn reason(error: RequestTokenError<SendError, BasicErrorResponse>) -> ExchangeError {
    match error {
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => {
                ExchangeError::WrongClient(answer.to_string())
            }
            BasicErrorResponseType::InvalidGrant => ExchangeError::Ended(answer.to_string()),
            _ => ExchangeError::Denied(answer.to_string()),
        },
        RequestTokenError::Request(SendError::Unavailable(status)) => {
            ExchangeError::Unreachable(format!("it answered {status}"))
        }
        RequestTokenError::Request(SendError::NotSent(why)) => ExchangeError::Unreachable(why),
        RequestTokenError::Request(SendError::Denied(status)) => ExchangeError::Denied(status.to_string()),
        RequestTokenError::Parse(..) | RequestTokenError::Request(SendError::NotJson) => {
            ExchangeError::NotAnInstance("it sends a web page where ServiceNow sends JSON".into())
        }
        RequestTokenError::Other(why) => ExchangeError::NotAnInstance(why),
    }
}

#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("{0}")]
    NotSent(String),
    #[error("status {0}")]
    Unavailable(u16),
    #[error("status {0}")]
    Denied(u16),
    #[error("no JSON")]
    NotJson,
}

/// Our one HTTP client in the shape that the oauth2 crate asks for.
async fn send(http: HttpClient, request: HttpRequest) -> Result<HttpResponse, SendError> {
    let (parts, body) = request.into_parts();
    let url = parts.uri.to_string().parse().map_err(|_| SendError::NotSent("the address is malformed".into()))?;
    let sent = http.request(parts.method, url).headers(parts.headers).body(body).timeout(TIMEOUT).send().await;
    let response = sent.map_err(|error| {
        SendError::NotSent(
            if error.is_connect() { "the address does not answer" } else { "the connection was cut" }.into(),
        )
    })?;
    let status = response.status();
    let headers = response.headers().clone();
    let is_json =
        headers.get("content-type").and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.contains("json"));
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(SendError::Unavailable(status.as_u16()));
    }
    if !is_json {
        return Err(if status.as_u16() == 401 { SendError::Denied(401) } else { SendError::NotJson });
    }
    let body = response.bytes().await.map_err(|_| SendError::NotSent("the connection was cut".into()))?;
    // A refusal in other words than OAuth's is a refusal all the same.
    let says_error = serde_json::from_slice::<serde_json::Value>(&body).is_ok_and(|body| body["error"].is_string());
    if status.is_client_error() && !says_error {
        return Err(SendError::Denied(status.as_u16()));
    }
    let mut answer = HttpResponse::new(body.to_vec());
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}
