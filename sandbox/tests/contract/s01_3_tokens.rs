//! Contract 1.1, 1.3 to 1.5: the token endpoint.

use crate::support::oauth::{assert_refused, authorization};
use crate::support::{CLIENT_ID, CLIENT_SECRET, Instance};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PASSWORD: [(&str, &str); 3] = [("grant_type", "password"), ("username", "itil"), ("password", "itil")];

async fn set_client(instance: &Instance, values: Value) {
    let path = format!("/api/now/table/oauth_entity?sysparm_query=client_id={CLIENT_ID}");
    let client = instance.get(&path).await;
    let id = client[0]["sys_id"].as_str().expect("an id");
    instance.patch(&format!("/api/now/table/oauth_entity/{id}"), values).await;
}

/// 1.3: A code is traded for tokens in exactly this shape.
#[tokio::test]
async fn the_success_body() {
    let instance = Instance::start().await;
    let code = instance.code(&authorization()).await;
    let response = instance.exchange(&code).await;
    assert_eq!(response.headers()["content-type"], "application/json;charset=UTF-8");
    let tokens: Value = response.json().await.expect("JSON");
    let keys: Vec<&String> = tokens.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["access_token", "refresh_token", "scope", "token_type", "expires_in"]);
    assert_eq!(tokens["scope"], "useraccount");
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 1800);
    assert!(instance.opens(&tokens["access_token"]).await);
}

/// 1.3: Lifetimes are the client's own: 1800 seconds and 100 days unless its record says otherwise.
#[tokio::test]
async fn lifetimes_are_the_clients() {
    let (instance, hand) = Instance::start_with_clock().await;
    let tokens = instance.agents_tokens().await;
    hand.turn(1_799);
    assert!(instance.opens(&tokens["access_token"]).await);
    hand.turn(1);
    assert!(!instance.opens(&tokens["access_token"]).await);
    set_client(&instance, json!({"access_token_lifespan": "10", "refresh_token_lifespan": "20"})).await;
    let tokens = instance.agents_tokens().await;
    assert_eq!(tokens["expires_in"], 10);
    hand.turn(11);
    assert!(!instance.opens(&tokens["access_token"]).await);
}

/// 1.4: The refresh token ends 100 days after the grant, however often it was used.
#[tokio::test]
async fn refreshing_does_not_extend_the_refresh_token() {
    let (instance, hand) = Instance::start_with_clock().await;
    let tokens = instance.agents_tokens().await;
    hand.turn(8_639_999);
    assert_eq!(instance.refreshed(&tokens).await.status(), StatusCode::OK);
    hand.turn(1);
    assert_refused(instance.refreshed(&tokens).await).await;
}

/// 1.4: Refreshing gives a new access token and the same refresh token.
#[tokio::test]
async fn refreshing_keeps_the_refresh_token() {
    let instance = Instance::start().await;
    let first = instance.granted().await;
    let second: Value = instance.refreshed(&first).await.json().await.expect("JSON");
    assert_eq!(second["refresh_token"], first["refresh_token"]);
    assert_ne!(second["access_token"], first["access_token"]);
    assert!(instance.opens(&second["access_token"]).await);
}

/// 1.4: Another interactive grant while a token lives gives the same one, extended, and renews the refresh token's time.
#[tokio::test]
async fn another_grant_gives_the_same_token() {
    let (instance, hand) = Instance::start_with_clock().await;
    let first = instance.agents_tokens().await;
    hand.turn(1_000);
    let second = instance.agents_tokens().await;
    assert_eq!(second["access_token"], first["access_token"]);
    assert_eq!(second["refresh_token"], first["refresh_token"]);
    hand.turn(1_000);
    assert!(instance.opens(&first["access_token"]).await, "extended by the second grant");
    hand.turn(8_640_000 - 1_500);
    assert_eq!(instance.refreshed(&first).await.status(), StatusCode::OK, "renewed by the second grant");
}

/// 1.5: Whatever is wrong, the token endpoint answers the same 401; only the system log has the cause.
#[tokio::test]
async fn every_failure_looks_the_same() {
    let instance = Instance::start().await;
    let failures: [(&[(&str, &str)], &str); 7] = [
        (&[("grant_type", "password"), ("username", "itil"), ("password", "wrong")], "wrong user name or password"),
        (&[("grant_type", "password"), ("client_secret", "wrong")], "wrong client secret"),
        (&[("grant_type", "password"), ("client_id", "nobody")], "the client is unknown"),
        (&[("grant_type", "client_credentials")], "client credentials grant is not enabled"),
        (&[("grant_type", "something")], "this grant_type is not supported"),
        (&[("grant_type", "refresh_token"), ("refresh_token", "x")], "the refresh token is unknown"),
        (&[("grant_type", "authorization_code"), ("code", "x")], "the code is unknown"),
    ];
    for (form, cause) in failures {
        assert_refused(instance.token(form).await).await;
        assert!(instance.last_cause().await.contains(cause), "{cause}");
    }
}

/// 1.1: A JSON body is answered with the same 401.
#[tokio::test]
async fn a_json_body_is_refused() {
    let instance = Instance::start().await;
    let body = json!({"grant_type": "password", "username": "itil", "password": "itil", "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET});
    let sent = instance.http.post(instance.url("/oauth_token.do")).json(&body).send().await;
    assert_refused(sent.expect("an answer")).await;
}

/// 1.3: Parameters in the address are taken unless the property or a new instance wants them in the body.
#[tokio::test]
async fn parameters_in_the_address() {
    let instance = Instance::start().await;
    let ask = async || {
        let request = instance.http.post(instance.url("/oauth_token.do")).query(&PASSWORD);
        let form = [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
        request.form(&form).send().await.expect("an answer")
    };
    assert_eq!(ask().await.status(), StatusCode::OK);
    instance.switch(json!({"zboot": true})).await;
    assert_refused(ask().await).await;
    instance.switch(json!({"zboot": false})).await;
    instance.set_property("glide.oauth.allow.parameters.in.post.body.only", "true").await;
    assert_refused(ask().await).await;
}

/// 1.3: The client may prove itself by Basic authentication.
#[tokio::test]
async fn basic_authenticates_the_client() {
    let instance = Instance::start().await;
    let request = instance.http.post(instance.url("/oauth_token.do")).basic_auth(CLIENT_ID, Some(CLIENT_SECRET));
    let response = request.form(&PASSWORD).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
}

/// 1.1: Revoking a token needs nothing but the token, by either address.
#[tokio::test]
async fn tokens_are_revoked() {
    let instance = Instance::start().await;
    let tokens = instance.agents_tokens().await;
    let access = tokens["access_token"].as_str().expect("a token");
    let refresh = tokens["refresh_token"].as_str().expect("a token");
    let revoke = instance.http.get(instance.url("/oauth_revoke_token.do")).query(&[("token", access)]);
    assert_eq!(revoke.send().await.expect("an answer").status(), StatusCode::OK);
    assert!(!instance.opens(&tokens["access_token"]).await);
    assert_eq!(instance.refreshed(&tokens).await.status(), StatusCode::OK);
    let revoke = instance.http.post(instance.url("/oauth_revoke.do")).form(&[("token", refresh)]);
    assert_eq!(revoke.send().await.expect("an answer").status(), StatusCode::OK);
    assert_refused(instance.refreshed(&tokens).await).await;
}

/// 12.24: When the user is deactivated, all tokens stop with the same answers.
#[tokio::test]
async fn tokens_of_an_inactive_user_stop() {
    let instance = Instance::start().await;
    let tokens = instance.agents_tokens().await;
    let path = "/api/now/table/sys_user/681b365ec0a80164000fb0b05854a0cd";
    instance.patch(path, json!({"active": "false"})).await;
    assert!(!instance.opens(&tokens["access_token"]).await);
    assert_refused(instance.refreshed(&tokens).await).await;
    instance.patch(path, json!({"active": "true", "password_needs_reset": "true"})).await;
    assert_refused(instance.token(&PASSWORD).await).await;
}

/// 1.3: Where the client's record says so, tokens are signed and can be checked with the published keys.
#[tokio::test]
async fn tokens_can_be_signed() {
    let instance = Instance::start().await;
    set_client(&instance, json!({"token_format": "jwt"})).await;
    let tokens = instance.agents_tokens().await;
    let access = tokens["access_token"].as_str().expect("a token");
    let keys = instance.http.get(instance.url("/api/now/oauth/jwks")).send().await.expect("an answer");
    let keys: JwkSet = keys.json().await.expect("keys");
    let kid = jsonwebtoken::decode_header(access).expect("a header").kid.expect("a kid");
    let key = DecodingKey::from_jwk(keys.find(&kid).expect("the key")).expect("a usable key");
    let mut expected = Validation::new(Algorithm::RS256);
    expected.set_audience(&[CLIENT_ID]);
    let claims = jsonwebtoken::decode::<Value>(access, &key, &expected).expect("a good signature").claims;
    assert_eq!(claims["sub"], "681b365ec0a80164000fb0b05854a0cd");
    assert!(instance.opens(&tokens["access_token"]).await);
}

/// 1.4: Tokens are records that name user, client and end but never show the token; deleting one revokes it.
#[tokio::test]
async fn tokens_are_records() {
    let instance = Instance::start().await;
    let tokens = instance.agents_tokens().await;
    let path = "/api/now/table/oauth_credential?sysparm_query=type=access_token&sysparm_exclude_reference_link=true";
    let rows = instance.get(path).await;
    let row = &rows[0];
    assert_eq!(row["user"], "681b365ec0a80164000fb0b05854a0cd");
    assert!(row["expires"].as_str().is_some_and(|text| text.len() == 19) && row["peer"] != "");
    assert!(!rows.to_string().contains(tokens["access_token"].as_str().expect("a token")));
    let id = row["sys_id"].as_str().expect("an id");
    let deleted =
        instance.call_as("admin", Method::DELETE, &format!("/api/now/table/oauth_credential/{id}"), None).await;
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert!(!instance.opens(&tokens["access_token"]).await);
    let seen = instance.call_as("itil", Method::GET, "/api/now/table/oauth_credential", None).await;
    assert_eq!(seen.status(), StatusCode::FORBIDDEN);
}
