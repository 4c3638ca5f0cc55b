//! The steps of OAuth that tests take.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::{CLIENT_ID, CLIENT_SECRET, Instance};

pub const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-specification-1234";
pub const REDIRECT: &str = "http://localhost/";

pub type Pairs = Vec<(&'static str, String)>;

/// A request for an authorization code as most clients send it.
pub fn authorization() -> Pairs {
    vec![
        ("response_type", "code".into()),
        ("client_id", CLIENT_ID.into()),
        ("redirect_uri", REDIRECT.into()),
        ("state", "abc_123-".into()),
        ("code_challenge", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))),
        ("code_challenge_method", "S256".into()),
    ]
}

/// The request with another value; without the parameter if the value is empty.
pub fn with(mut request: Pairs, name: &'static str, value: &str) -> Pairs {
    request.retain(|(key, _)| *key != name);
    if !value.is_empty() {
        request.push((name, value.to_owned()));
    }
    request
}

impl Instance {
    /// What the signed-in administrator's browser gets for it.
    pub async fn ask(&self, request: &Pairs) -> Response {
        let cookie = self.sign_in("admin").await;
        let asked = self.http.get(self.url("/oauth_auth.do")).query(request);
        asked.header(header::COOKIE, cookie).send().await.expect("an answer")
    }

    /// The address to which the browser is sent after Allow or Deny.
    pub async fn answered(&self, request: &Pairs, answer: &str) -> Url {
        let cookie = self.sign_in("admin").await;
        let mut form = request.clone();
        form.push(("answer", answer.into()));
        let answered = self.http.post(self.url("/oauth_auth.do")).form(&form);
        let response = answered.header(header::COOKIE, cookie).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        Url::parse(response.headers()["location"].to_str().expect("text")).expect("an address")
    }

    pub async fn code(&self, request: &Pairs) -> String {
        parameter(&self.answered(request, "allow").await, "code").expect("a code")
    }

    /// A token request of the practice client.
    pub async fn token(&self, form: &[(&str, &str)]) -> Response {
        let mut all = vec![("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
        all.retain(|(name, _)| !form.iter().any(|(given, _)| given == name));
        all.extend(form.iter().filter(|(_, value)| !value.is_empty()));
        self.http.post(self.url("/oauth_token.do")).form(&all).send().await.expect("an answer")
    }

    pub async fn tokens(&self, form: &[(&str, &str)]) -> Value {
        let response = self.token(form).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.expect("JSON")
    }

    pub async fn exchange(&self, code: &str) -> Response {
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT)];
        let form: Vec<_> = form.into_iter().chain([("code_verifier", VERIFIER)]).collect();
        self.token(&form).await
    }

    /// Tokens of the administrator by the whole flow.
    pub async fn granted(&self) -> Value {
        let code = self.code(&authorization()).await;
        self.exchange(&code).await.json().await.expect("JSON")
    }

    /// Tokens of an agent by the password grant.
    pub async fn agents_tokens(&self) -> Value {
        self.tokens(&[("grant_type", "password"), ("username", "itil"), ("password", "itil")]).await
    }

    pub async fn refreshed(&self, tokens: &Value) -> Response {
        let refresh = tokens["refresh_token"].as_str().expect("a refresh token");
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await
    }

    pub async fn call_with(&self, access: &Value, path: &str) -> Response {
        let access = access.as_str().expect("a token");
        self.http.get(self.url(path)).bearer_auth(access).send().await.expect("an answer")
    }

    pub async fn opens(&self, access: &Value) -> bool {
        self.call_with(access, "/api/now/table/incident?sysparm_limit=1").await.status() == StatusCode::OK
    }

    /// Why no token was given, as the system log says it.
    pub async fn last_cause(&self) -> String {
        let query = "sysparm_query=source=OAuth^ORDERBYDESCsys_created_on&sysparm_fields=message";
        let lines = self.get(&format!("/api/now/table/syslog?{query}")).await;
        let all: Vec<&str> = lines.as_array().expect("a list").iter().filter_map(|l| l["message"].as_str()).collect();
        all.join("\n")
    }
}

pub fn parameter(address: &Url, name: &str) -> Option<String> {
    address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The one answer of the token endpoint to every failure.
pub async fn assert_refused(response: Response) {
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let body: Value = response.json().await.expect("JSON");
    assert_eq!(body, json!({"error_description": "access_denied", "error": "server_error"}));
}

/// The one answer of the API to everybody whom it does not know.
pub async fn assert_unknown(response: Response) {
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let body: Value = response.json().await.expect("JSON");
    let error = json!({"message": "User Not Authenticated", "detail": "Required to provide Auth information"});
    assert_eq!(body, json!({"error": error, "status": "failure"}));
}
