//! Contract 1.2: the browser's part of the authorization code flow.

use crate::support::oauth::{REDIRECT, VERIFIER, assert_refused, authorization, parameter, with};
use crate::support::{CLIENT_ID, Instance};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// 1.2: The page of an authorization request offers Allow and Deny.
#[tokio::test]
async fn the_page_offers_allow_and_deny() {
    let instance = Instance::start().await;
    let page = instance.ask(&authorization()).await;
    assert_eq!(page.status(), StatusCode::OK);
    let text = page.text().await.expect("text");
    assert!(text.contains(">Allow<") && text.contains(">Deny<") && text.contains("Practice client"));
}

/// 1.2: Without a session the sign-in page comes first and leads back to the request.
#[tokio::test]
async fn without_a_session_the_sign_in_page_comes_first_and_leads_back() {
    let instance = Instance::start().await;
    let asked = instance.http.get(instance.url("/oauth_auth.do")).query(&authorization());
    let response = asked.send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = response.headers()["location"].to_str().expect("text");
    assert!(location.starts_with("/login.do?uri=%2Foauth_auth.do%3Fresponse_type%3Dcode"), "{location}");
}

/// 1.2: Allow leads back with a code and the state as it was sent.
#[tokio::test]
async fn allow_leads_back_with_a_code() {
    let instance = Instance::start().await;
    let back = instance.answered(&authorization(), "allow").await;
    assert_eq!(back.host_str(), Some("localhost"));
    assert_eq!(parameter(&back, "state").as_deref(), Some("abc_123-"));
    assert!(parameter(&back, "code").is_some_and(|code| !code.is_empty()));
}

/// 1.2: Deny leads back with `error=access_denied` and the state, with a description only where the instance has one.
#[tokio::test]
async fn deny_leads_back_with_an_error() {
    let instance = Instance::start().await;
    let back = instance.answered(&authorization(), "deny").await;
    let parameters: Vec<(String, String)> = back.query_pairs().into_owned().collect();
    assert_eq!(parameters, [("error".into(), "access_denied".into()), ("state".into(), "abc_123-".into())]);
    instance.switch(json!({"deny_description": true})).await;
    let back = instance.answered(&authorization(), "deny").await;
    assert!(parameter(&back, "error_description").is_some());
}

/// 1.2: A redirect address that is not registered is replaced by the first registered one, without an error.
#[tokio::test]
async fn an_unregistered_redirect_is_replaced() {
    let instance = Instance::start().await;
    let request = with(authorization(), "redirect_uri", "http://attacker.example/");
    assert_eq!(instance.answered(&request, "allow").await.host_str(), Some("localhost"));
}

/// 1.2: A registered redirect address is used even if it is not the first.
#[tokio::test]
async fn each_registered_redirect_works() {
    let instance = Instance::start().await;
    let body = json!({"name": "Two", "redirect_url": "https://one.example/a,https://two.example/b"});
    let client = instance.post("/api/now/table/oauth_entity", body).await;
    let request = with(authorization(), "client_id", client["client_id"].as_str().expect("an id"));
    let request = with(request, "redirect_uri", "https://two.example/b");
    assert_eq!(instance.answered(&request, "allow").await.host_str(), Some("two.example"));
}

/// 1.2: A state is asked for where the property says so, or on a new instance.
#[tokio::test]
async fn a_missing_state_can_be_refused() {
    let instance = Instance::start().await;
    let request = with(authorization(), "state", "");
    assert_eq!(instance.ask(&request).await.status(), StatusCode::OK);
    instance.switch(json!({"zboot": true})).await;
    let refused = instance.ask(&request).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert!(refused.text().await.expect("text").contains("Missing State parameter in request."));
    instance.switch(json!({"zboot": false})).await;
    instance.set_property("glide.oauth.state.parameter.required", "true").await;
    assert_eq!(instance.ask(&request).await.status(), StatusCode::BAD_REQUEST);
    instance.set_property("glide.oauth.state.parameter.required", "false").await;
    instance.switch(json!({"zboot": true})).await;
    assert_eq!(instance.ask(&request).await.status(), StatusCode::OK, "a property that is set wins");
}

/// 1.2: A code is good for one use.
#[tokio::test]
async fn a_code_is_good_once() {
    let instance = Instance::start().await;
    let code = instance.code(&authorization()).await;
    assert_eq!(instance.exchange(&code).await.status(), StatusCode::OK);
    assert_refused(instance.exchange(&code).await).await;
}

/// 1.2: A code ends after a minute, or after what the instance says.
#[tokio::test]
async fn a_code_ends() {
    let (instance, hand) = Instance::start_with_clock().await;
    for (seconds, switch) in [(60, json!({})), (5, json!({"code_seconds": 5}))] {
        instance.switch(switch).await;
        let (in_time, late) = (instance.code(&authorization()).await, instance.code(&authorization()).await);
        hand.turn(seconds - 1);
        assert_eq!(instance.exchange(&in_time).await.status(), StatusCode::OK);
        hand.turn(1);
        assert_refused(instance.exchange(&late).await).await;
    }
}

/// 1.2: A challenge that a confidential client gave is verified.
#[tokio::test]
async fn a_wrong_verifier_is_refused() {
    let instance = Instance::start().await;
    let code = instance.code(&authorization()).await;
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)];
    let form: Vec<_> = form.into_iter().chain([("code_verifier", "another")]).collect();
    assert_refused(instance.token(&form).await).await;
    assert!(instance.last_cause().await.contains("code_verifier does not fit"));
}

/// 1.2: A confidential client needs no challenge.
#[tokio::test]
async fn without_a_challenge_the_secret_is_enough() {
    let instance = Instance::start().await;
    let request = with(with(authorization(), "code_challenge", ""), "code_challenge_method", "");
    let code = instance.code(&request).await;
    assert_eq!(instance.exchange(&code).await.status(), StatusCode::OK);
}

/// 1.2: A public client must send a challenge, and gets tokens with the verifier and no secret.
#[tokio::test]
async fn a_public_client_must_use_pkce() {
    let instance = Instance::start().await;
    let body = json!({"name": "Public", "redirect_url": REDIRECT, "public_client": "true"});
    let client = instance.post("/api/now/table/oauth_entity", body).await;
    let id = client["client_id"].as_str().expect("an id");
    let request = with(authorization(), "client_id", id);
    assert_eq!(instance.ask(&with(request.clone(), "code_challenge", "")).await.status(), StatusCode::BAD_REQUEST);
    let code = instance.code(&request).await;
    let form = [("grant_type", "authorization_code"), ("client_id", id), ("client_secret", ""), ("code", &code)];
    let form: Vec<_> = form.into_iter().chain([("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)]).collect();
    let tokens: Value = instance.tokens(&form).await;
    assert!(instance.opens(&tokens["access_token"]).await);
}

/// 1.2: The method plain is refused unless the instance takes it.
#[tokio::test]
async fn plain_is_a_switch() {
    let instance = Instance::start().await;
    let request = with(with(authorization(), "code_challenge", VERIFIER), "code_challenge_method", "plain");
    assert_eq!(instance.ask(&request).await.status(), StatusCode::BAD_REQUEST);
    instance.switch(json!({"pkce_plain": true})).await;
    let code = instance.code(&request).await;
    assert_eq!(instance.exchange(&code).await.status(), StatusCode::OK);
}

/// 1.6: The implicit grant is only for the clients that the property lists.
#[tokio::test]
async fn the_implicit_grant_is_off_unless_listed() {
    let instance = Instance::start().await;
    let request = with(authorization(), "response_type", "token");
    assert_eq!(instance.ask(&request).await.status(), StatusCode::BAD_REQUEST);
    instance.set_property("glide.oauth.clients.allowed.for.implicit.grant", CLIENT_ID).await;
    let back = instance.answered(&request, "allow").await;
    let fragment = format!("http://localhost/?{}", back.fragment().expect("a fragment"));
    let back = url::Url::parse(&fragment).expect("an address");
    assert_eq!(parameter(&back, "token_type").as_deref(), Some("Bearer"));
    assert!(instance.opens(&json!(parameter(&back, "access_token"))).await);
}

/// 1.6: With OAuth turned off as a whole nothing of it works.
#[tokio::test]
async fn oauth_can_be_turned_off() {
    let instance = Instance::start().await;
    let tokens = instance.agents_tokens().await;
    instance.set_property("com.snc.platform.security.oauth.is.active", "false").await;
    assert_eq!(instance.ask(&authorization()).await.status(), StatusCode::BAD_REQUEST);
    assert_refused(instance.refreshed(&tokens).await).await;
    assert!(!instance.opens(&tokens["access_token"]).await);
}
