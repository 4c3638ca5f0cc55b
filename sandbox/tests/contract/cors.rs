//! Pages of other origins: what a browser is told that they may do.

use reqwest::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::Instance;

const APP: &str = "https://app.example.com";

async fn allowed(instance: &Instance, path: &str, method: &str) -> bool {
    let preflight = instance.http.request(Method::OPTIONS, instance.url(path)).header(ORIGIN, APP);
    let answer = preflight.header(ACCESS_CONTROL_REQUEST_METHOD, method).send().await.expect("an answer");
    answer.headers().get(ACCESS_CONTROL_ALLOW_ORIGIN).is_some_and(|origin| origin == APP)
}

#[tokio::test]
async fn a_property_lets_pages_of_an_origin_ask_for_tokens() {
    let instance = Instance::start().await;
    assert!(!allowed(&instance, "/oauth_token.do", "POST").await);
    let name = "name=glide.oauth.cors.allowed.origin";
    let found = instance.get(&format!("/api/now/table/sys_properties?sysparm_query={name}")).await;
    let property = format!("/api/now/table/sys_properties/{}", found[0]["sys_id"].as_str().expect("an id"));
    for (value, expected) in
        [("app.example.com", true), (APP, true), ("*", true), ("other.example.com", false), ("", false)]
    {
        instance.patch(&property, json!({"value": value})).await;
        assert_eq!(allowed(&instance, "/oauth_token.do", "POST").await, expected, "{value}");
        assert_eq!(allowed(&instance, "/.well-known/oauth-authorization-server", "GET").await, expected, "{value}");
    }
}

#[tokio::test]
async fn a_rule_lets_pages_of_a_domain_call_the_api() {
    let instance = Instance::start().await;
    let table = "/api/now/table/incident";
    assert!(!allowed(&instance, table, "GET").await);
    let rule = json!({"name": "The app", "domain": APP, "http_methods": "GET,POST"});
    instance.post("/api/now/table/sys_cors_rule", rule).await;
    assert!(allowed(&instance, table, "GET").await);
    assert!(!allowed(&instance, table, "DELETE").await);
    let read = instance.http.get(instance.url(table)).header(ORIGIN, APP).send().await.expect("an answer");
    assert_eq!(read.status(), StatusCode::UNAUTHORIZED, "a rule is no right");
}

#[tokio::test]
async fn the_metadata_names_the_addresses() {
    let instance = Instance::start().await;
    let answer = instance.http.get(instance.url("/.well-known/oauth-authorization-server")).send().await;
    let metadata: serde_json::Value = answer.expect("an answer").json().await.expect("JSON");
    assert_eq!(metadata["issuer"], instance.url(""));
    assert_eq!(metadata["token_endpoint"], instance.url("/oauth_token.do"));
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
}
