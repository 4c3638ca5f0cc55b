//! Contract section 1: the flow in the browser, tokens, and what goes wrong with them.

use crate::support::{CLIENT_ID, CLIENT_SECRET, Instance};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use reqwest::{Response, StatusCode, header};
use sandbox::{Sandbox, Settings};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-specification-1234";

fn authorization(redirect_uri: &str) -> Vec<(&'static str, String)> {
    vec![
        ("response_type", "code".into()),
        ("client_id", CLIENT_ID.into()),
        ("redirect_uri", redirect_uri.into()),
        ("state", "abc_123-".into()),
        ("code_challenge", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))),
        ("code_challenge_method", "S256".into()),
    ]
}

/// Signs in, answers the page, and gives the parameters that the browser carries back.
async fn consent(instance: &Instance, redirect_uri: &str, answer: &str) -> (Url, Vec<(String, String)>) {
    let cookie = instance.sign_in("admin").await;
    let asked = instance.http.get(instance.url("/oauth_auth.do")).query(&authorization(redirect_uri));
    let page = asked.header(header::COOKIE, &cookie).send().await.expect("an answer");
    assert_eq!(page.status(), StatusCode::OK);
    let text = page.text().await.expect("text");
    assert!(text.contains(">Allow<") && text.contains(">Deny<"));
    let mut form = authorization(redirect_uri);
    form.push(("answer", answer.into()));
    let answered = instance.http.post(instance.url("/oauth_auth.do")).form(&form);
    let response = answered.header(header::COOKIE, cookie).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let target = Url::parse(response.headers()["location"].to_str().expect("text")).expect("an address");
    let pairs = target.query_pairs().into_owned().collect();
    (target, pairs)
}

fn value(pairs: &[(String, String)], name: &str) -> String {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

async fn token(instance: &Instance, form: &[(&str, &str)]) -> Response {
    let mut all = vec![("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
    all.extend_from_slice(form);
    instance.http.post(instance.url("/oauth_token.do")).form(&all).send().await.expect("an answer")
}

async fn tokens(instance: &Instance) -> Value {
    let (_, pairs) = consent(instance, "http://localhost/", "allow").await;
    let code = value(&pairs, "code");
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", "http://localhost/")];
    let form: Vec<_> = form.into_iter().chain([("code_verifier", VERIFIER)]).collect();
    let response = token(instance, &form).await;
    assert_eq!(response.status(), StatusCode::OK);
    // A code is good for one use.
    assert_refused(token(instance, &form).await).await;
    response.json().await.expect("JSON")
}

async fn assert_refused(response: Response) {
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let body: Value = response.json().await.expect("JSON");
    assert_eq!(body, json!({"error_description": "access_denied", "error": "server_error"}));
}

async fn works(instance: &Instance, access: &Value) -> bool {
    let access = access.as_str().expect("a token");
    let call = instance.http.get(instance.url("/api/now/table/incident?sysparm_limit=1")).bearer_auth(access);
    call.send().await.expect("an answer").status() == StatusCode::OK
}

/// 1.2: An authorization code, with PKCE, is traded for tokens that open the API.
#[tokio::test]
async fn the_flow_gives_tokens_that_work() {
    let instance = Instance::start().await;
    let (target, pairs) = consent(&instance, "http://localhost/", "allow").await;
    assert_eq!(target.host_str(), Some("localhost"));
    assert_eq!(value(&pairs, "state"), "abc_123-");
    let tokens = tokens(&instance).await;
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["scope"], "useraccount");
    assert_eq!(tokens["expires_in"], 1800);
    assert!(works(&instance, &tokens["access_token"]).await);
    // Another interactive grant while the token lives gives the same one (1.4).
    let again = self::tokens(&instance).await;
    assert_eq!(again["access_token"], tokens["access_token"]);
    instance.stop().await;
}

#[tokio::test]
async fn without_a_session_the_sign_in_page_comes_first_and_leads_back() {
    let instance = Instance::start().await;
    let asked = instance.http.get(instance.url("/oauth_auth.do")).query(&authorization("http://localhost/"));
    let response = asked.send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = response.headers()["location"].to_str().expect("text");
    assert!(location.starts_with("/login.do?uri=%2Foauth_auth.do%3Fresponse_type%3Dcode"), "{location}");
}

/// 1.2: Deny leads back with `error=access_denied`; an unregistered redirect address is replaced by the first registered one.
#[tokio::test]
async fn deny_and_an_unregistered_redirect() {
    let instance = Instance::start().await;
    let (target, pairs) = consent(&instance, "http://attacker.example/", "deny").await;
    assert_eq!(target.host_str(), Some("localhost"), "the first registered address is used");
    assert_eq!(value(&pairs, "error"), "access_denied");
    assert_eq!(value(&pairs, "state"), "abc_123-");
    assert_eq!(value(&pairs, "code"), "");
}

/// 1.2: A challenge that was given is verified.
#[tokio::test]
async fn a_wrong_verifier_is_refused() {
    let instance = Instance::start().await;
    let (_, pairs) = consent(&instance, "http://localhost/", "allow").await;
    let code = value(&pairs, "code");
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", "http://localhost/")];
    let form: Vec<_> = form.into_iter().chain([("code_verifier", "another")]).collect();
    assert_refused(token(&instance, &form).await).await;
}

/// 1.4: Refreshing gives a new access token and the same refresh token.
#[tokio::test]
async fn refreshing_keeps_the_refresh_token() {
    let instance = Instance::start().await;
    let first = tokens(&instance).await;
    let refresh = first["refresh_token"].as_str().expect("a refresh token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let second: Value = token(&instance, &form).await.json().await.expect("JSON");
    assert_eq!(second["refresh_token"], first["refresh_token"]);
    assert_ne!(second["access_token"], first["access_token"]);
    assert!(works(&instance, &second["access_token"]).await);
    let revoke = format!("/oauth_revoke_token.do?token={refresh}");
    instance.http.get(instance.url(&revoke)).send().await.expect("an answer");
    assert_refused(token(&instance, &form).await).await;
}

/// 1.5: Every failure at the token endpoint is the same 401.
#[tokio::test]
async fn every_failure_looks_the_same() {
    let instance = Instance::start().await;
    let password = [("grant_type", "password"), ("username", "admin"), ("password", "wrong")];
    assert_refused(token(&instance, &password).await).await;
    assert_refused(token(&instance, &[("grant_type", "client_credentials")]).await).await;
    assert_refused(token(&instance, &[("grant_type", "something")]).await).await;
    let secret = [("grant_type", "password"), ("client_secret", "wrong"), ("username", "admin"), ("password", "admin")];
    assert_refused(token(&instance, &secret).await).await;
    let as_json = instance.http.post(instance.url("/oauth_token.do")).json(&json!({"grant_type": "password"}));
    assert_refused(as_json.send().await.expect("an answer")).await;
    let response = instance.http.get(instance.url("/api/now/table/incident")).bearer_auth("nothing").send().await;
    let response = response.expect("an answer");
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let body: Value = response.json().await.expect("JSON");
    let expected = json!({"error": {"message": "User Not Authenticated", "detail": "Required to provide Auth information"},
        "status": "failure"});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn lifetimes_can_be_shortened_and_basic_authenticates_the_client() {
    let instance = Instance::start().await;
    instance.switch(json!({"access_token_seconds": 0})).await;
    let form = [("grant_type", "password"), ("username", "beth.anglin"), ("password", "beth.anglin")];
    let request = instance.http.post(instance.url("/oauth_token.do")).basic_auth(CLIENT_ID, Some(CLIENT_SECRET));
    let tokens: Value = request.form(&form).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(tokens["expires_in"], 0);
    assert!(!works(&instance, &tokens["access_token"]).await);
}

#[tokio::test]
async fn tokens_and_records_survive_a_restart() {
    let folder = std::env::temp_dir().join(format!("sandbox-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let settings = Settings { data: Some(folder.join("data.db")), ..Settings::in_memory() };
    let instance = Instance::with(settings.clone()).await;
    let tokens = tokens(&instance).await;
    let made = instance.post("/api/now/table/incident", json!({"short_description": "kept"})).await;
    instance.stop().await;
    let instance = Instance::with(settings).await;
    assert!(works(&instance, &tokens["access_token"]).await);
    let path = format!("/api/now/table/incident/{}", made["sys_id"].as_str().expect("an id"));
    assert_eq!(instance.get(&path).await["short_description"], "kept");
    instance.stop().await;
    std::fs::remove_dir_all(folder).expect("removed");
}

#[tokio::test]
async fn a_port_in_use_is_said_in_a_sentence() {
    let instance = Instance::start().await;
    let address = instance.url("");
    let listen = address.trim_start_matches("http://").parse().expect("an address");
    let second = Sandbox::start(Settings { listen, ..Settings::in_memory() }).await;
    let error = second.err().expect("refused").to_string();
    assert!(error.contains("cannot listen on") && error.contains("Is another program using that port?"), "{error}");
}
