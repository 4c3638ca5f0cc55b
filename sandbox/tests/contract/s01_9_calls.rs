//! Contract 1.8 and 1.9: who may call the API, and with what.

use crate::support::oauth::assert_unknown;
use crate::support::{CLIENT_ID, Hand, Instance};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};

const ITIL: &str = "681b365ec0a80164000fb0b05854a0cd";
const INCIDENTS: &str = "/api/now/table/incident?sysparm_limit=1";

fn get(instance: &Instance) -> RequestBuilder {
    instance.http.get(instance.url(INCIDENTS))
}

async fn sent(request: RequestBuilder) -> Response {
    request.send().await.expect("an answer")
}

async fn by_password(instance: &Instance, password: &str) -> Response {
    sent(get(instance).basic_auth("itil", Some(password))).await
}

async fn set_itil(instance: &Instance, values: Value) {
    instance.patch(&format!("/api/now/table/sys_user/{ITIL}"), values).await;
}

/// 1.9: Whoever is not known gets the same 401, whatever was wrong.
#[tokio::test]
async fn every_failure_is_the_same_401() {
    let instance = Instance::start().await;
    assert_unknown(sent(get(&instance)).await).await;
    assert_unknown(by_password(&instance, "wrong").await).await;
    assert_unknown(sent(get(&instance).basic_auth("nobody", Some("x"))).await).await;
    assert_unknown(sent(get(&instance).bearer_auth("nothing")).await).await;
    assert_unknown(sent(get(&instance).header(header::AUTHORIZATION, "Digest x")).await).await;
    assert_unknown(sent(instance.http.get(instance.url("/api/no/such/thing"))).await).await;
}

/// 1.9: Locked and inactive users and those who must change their password get it too.
#[tokio::test]
async fn users_who_may_not_call() {
    let instance = Instance::start().await;
    for column in ["locked_out", "password_needs_reset"] {
        set_itil(&instance, json!({column: "true"})).await;
        assert_unknown(by_password(&instance, "itil").await).await;
        set_itil(&instance, json!({column: "false"})).await;
    }
    set_itil(&instance, json!({"active": "false"})).await;
    assert_unknown(by_password(&instance, "itil").await).await;
}

/// 1.9: A token also works in the address, as old documentation has it.
#[tokio::test]
async fn a_token_in_the_address() {
    let instance = Instance::start().await;
    let tokens = instance.agents_tokens().await;
    let access = tokens["access_token"].as_str().expect("a token");
    assert_eq!(sent(get(&instance).query(&[("access_token", access)])).await.status(), StatusCode::OK);
    assert_unknown(sent(get(&instance).query(&[("access_token", "wrong")])).await).await;
}

/// 1.6: An API key acts as its user while it is active and has not ended.
#[tokio::test]
async fn api_keys() {
    let (instance, hand) = Instance::start_with_clock().await;
    let ends = jiff::Timestamp::from_second(Hand::BEGIN + 100).expect("a time").strftime("%Y-%m-%d %H:%M:%S");
    let body = json!({"name": "Key", "user": ITIL, "token": "a-key", "expires": ends.to_string()});
    let key = instance.post("/api/now/table/api_key", body).await;
    assert_ne!(key["token"], "a-key", "never read back");
    let call = async |key: &str| sent(get(&instance).header("x-sn-apikey", key)).await;
    assert_eq!(call("a-key").await.status(), StatusCode::OK);
    assert_unknown(call("another").await).await;
    hand.turn(100);
    assert_unknown(call("a-key").await).await;
}

/// 1.9: On a new instance Basic authentication is refused, but for those who are named as its users.
#[tokio::test]
async fn basic_authentication_can_be_restricted() {
    let instance = Instance::start().await;
    let allowed = json!({"user_name": "robot", "user_password": "robot", "web_service_access_only": "true"});
    instance.post("/api/now/table/sys_user", allowed).await;
    let role = instance.get("/api/now/table/sys_user_role?name=snc_basic_auth_api_access").await;
    let grant = json!({"user": "46d44a23a9fe19810012d100cca80666", "role": role[0]["sys_id"]});
    instance.post("/api/now/table/sys_user_has_role", grant).await;
    instance.switch(json!({"zboot": true})).await;
    assert_unknown(by_password(&instance, "itil").await).await;
    for name in ["robot", "beth.anglin"] {
        assert_eq!(sent(get(&instance).basic_auth(name, Some(name))).await.status(), StatusCode::OK, "{name}");
    }
    instance.switch(json!({"zboot": false})).await;
    let log = instance.get("/api/now/table/syslog?sysparm_query=source=Authentication").await;
    let denied = "denied basic-auth API call for interactive-login user [itil]";
    assert!(log[0]["message"].as_str().is_some_and(|message| message.contains(denied)), "{log}");
    instance.set_property("glide.authenticate.basic_auth.restriction.enforce", "true").await;
    assert_unknown(by_password(&instance, "itil").await).await;
}

/// 1.9: A user for web services only may not sign in to the pages.
#[tokio::test]
async fn web_service_users_have_no_pages() {
    let instance = Instance::start().await;
    set_itil(&instance, json!({"web_service_access_only": "true"})).await;
    let form = [("user_name", "itil"), ("user_password", "itil")];
    let response = sent(instance.http.post(instance.url("/login.do")).form(&form)).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(by_password(&instance, "itil").await.status(), StatusCode::OK);
}

/// 1.9: With multifactor authentication the right password alone gets 401 with `X-MFA_TOKEN: invalid`, a wrong one without it.
#[tokio::test]
async fn one_time_passwords() {
    let (instance, hand) = Instance::start_with_clock().await;
    set_itil(&instance, json!({"enable_multifactor_authn": "true"})).await;
    let secret = json!({"user": ITIL, "multifactor_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"});
    instance.post("/api/now/table/user_multifactor_auth", secret).await;
    assert_eq!(by_password(&instance, "itil").await.status(), StatusCode::OK, "not asked for since Yokohama");
    instance.switch(json!({"mfa_for_basic_auth": true})).await;
    let missing = by_password(&instance, "itil").await;
    assert_eq!(missing.headers()["x-mfa_token"], "invalid");
    assert_unknown(missing).await;
    assert!(!by_password(&instance, "wrong").await.headers().contains_key("x-mfa_token"));
    let secret = totp_rs::Secret::try_from_base32("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").expect("a secret");
    let totp = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
    let now = totp.generate(u64::try_from(Hand::BEGIN).expect("positive")).to_string();
    assert_eq!(by_password(&instance, &format!("itil{now}")).await.status(), StatusCode::OK);
    let by_header = get(&instance).basic_auth("itil", Some("itil")).header("X-MFA_TOKEN", &now);
    assert_eq!(sent(by_header).await.status(), StatusCode::OK);
    hand.turn(600);
    assert_eq!(by_password(&instance, &format!("itil{now}")).await.headers()["x-mfa_token"], "invalid");
}

fn cookie(response: &Response) -> Option<String> {
    let mut cookies =
        response.headers().get_all(header::SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    Some(cookies.find(|cookie| cookie.starts_with("JSESSIONID="))?.split(';').next()?.to_owned())
}

/// 1.9: A call gives out the cookie of a session, which opens the API by itself.
#[tokio::test]
async fn a_session_opens_the_api() {
    let instance = Instance::start().await;
    let first = by_password(&instance, "itil").await;
    let session = cookie(&first).expect("a cookie");
    let second = sent(get(&instance).header(header::COOKIE, &session)).await;
    assert_eq!(second.status(), StatusCode::OK);
    assert!(cookie(&second).is_none(), "it is the same session");
    assert!(cookie(&sent(get(&instance)).await).is_none());
    instance.switch(json!({"session_cookies": false})).await;
    assert!(cookie(&by_password(&instance, "itil").await).is_none());
}

/// 1.9: The session of a page does not open the API, so that a page elsewhere cannot call it.
#[tokio::test]
async fn a_pages_session_does_not_open_the_api() {
    let instance = Instance::start().await;
    let session = instance.sign_in("admin").await;
    assert_unknown(sent(get(&instance).header(header::COOKIE, session)).await).await;
}

/// 1.9: A session does not outlive the token that it began with, unless the property lets it.
#[tokio::test]
async fn a_session_ends_with_its_token() {
    let (instance, hand) = Instance::start_with_clock().await;
    let tokens = instance.agents_tokens().await;
    let session = cookie(&instance.call_with(&tokens["access_token"], INCIDENTS).await).expect("a cookie");
    let call = async || sent(get(&instance).header(header::COOKIE, &session)).await;
    assert_eq!(call().await.status(), StatusCode::OK);
    hand.turn(1_800);
    assert_unknown(call().await).await;
    instance.set_property("glide.authenticate.oauth.post.token.expiration.cookie_auth.disabled", "false").await;
    assert_eq!(call().await.status(), StatusCode::OK);
}

/// A scope that guards the Table API, and its sys_id.
async fn guard_the_table_api(instance: &Instance) -> String {
    let scope = instance.post("/api/now/table/sys_auth_scope", json!({"name": "tables"})).await;
    let scope = scope["sys_id"].as_str().expect("an id").to_owned();
    let gate = json!({"name": "Tables", "api": "now/table", "auth_scope": scope, "http_method": "GET",
        "apply_all_methods": "false"});
    instance.post("/api/now/table/sys_api_access_scope", gate).await;
    scope
}

async fn map(instance: &Instance, scope: &str) {
    let client = instance.get(&format!("/api/now/table/oauth_entity?sysparm_query=client_id={CLIENT_ID}")).await;
    let mapping = json!({"oauth_entity": client[0]["sys_id"], "auth_scope": scope});
    instance.post("/api/now/table/oauth_entity_auth_scope_mapping", mapping).await;
}

/// 1.8: A token whose scope lacks what an API asks for gets 403, for the methods that are guarded.
#[tokio::test]
async fn a_token_without_the_scope_is_refused() {
    let instance = Instance::start().await;
    let scope = guard_the_table_api(&instance).await;
    let other = instance.post("/api/now/table/sys_auth_scope", json!({"name": "other"})).await;
    map(&instance, other["sys_id"].as_str().expect("an id")).await;
    let tokens = instance.agents_tokens().await;
    assert_eq!(tokens["scope"], "other");
    let refused = instance.call_with(&tokens["access_token"], INCIDENTS).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let body: Value = refused.json().await.expect("JSON");
    assert_eq!(body["error"]["message"], "Missing required api access scope");
    let counted = instance.call_with(&tokens["access_token"], "/api/now/stats/incident?sysparm_count=true").await;
    assert_eq!(counted.status(), StatusCode::OK, "another API is open");
    let access = tokens["access_token"].as_str().expect("a token");
    let write = instance.http.post(instance.url("/api/now/table/incident")).bearer_auth(access).json(&json!({}));
    assert_eq!(sent(write).await.status(), StatusCode::CREATED, "another method is open");
    map(&instance, &scope).await;
    assert!(instance.opens(&tokens["access_token"]).await, "a scope given to the client helps tokens that are out");
}

/// 1.8: A part of a batch opens no more than its token does by itself.
#[tokio::test]
async fn a_batch_widens_no_scope() {
    let instance = Instance::start().await;
    guard_the_table_api(&instance).await;
    let other = instance.post("/api/now/table/sys_auth_scope", json!({"name": "other"})).await;
    map(&instance, other["sys_id"].as_str().expect("an id")).await;
    let tokens = instance.agents_tokens().await;
    let access = tokens["access_token"].as_str().expect("a token");
    let parts = [INCIDENTS, "/api/now/stats/incident?sysparm_count=true"];
    let parts: Vec<Value> = parts.iter().map(|url| json!({"id": url, "method": "GET", "url": url})).collect();
    let batch = json!({"batch_request_id": "1", "rest_requests": parts});
    let call = instance.http.post(instance.url("/api/now/v1/batch")).bearer_auth(access).json(&batch);
    let answer: Value = sent(call).await.json().await.expect("JSON");
    let statuses: Vec<&Value> = (0..2).map(|part| &answer["serviced_requests"][part]["status_code"]).collect();
    assert_eq!(statuses, [&json!(403), &json!(200)]);
}

/// 1.8: The cookie of a session that a token began opens no more than the token.
#[tokio::test]
async fn a_cookie_widens_no_scope() {
    let instance = Instance::start().await;
    guard_the_table_api(&instance).await;
    let other = instance.post("/api/now/table/sys_auth_scope", json!({"name": "other"})).await;
    map(&instance, other["sys_id"].as_str().expect("an id")).await;
    let tokens = instance.agents_tokens().await;
    let open = instance.call_with(&tokens["access_token"], "/api/now/stats/incident?sysparm_count=true").await;
    let cookie = open.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
    let by_cookie =
        async |path: &str| sent(instance.http.get(instance.url(path)).header("cookie", &cookie)).await.status();
    assert_eq!(by_cookie("/api/now/stats/incident?sysparm_count=true").await, StatusCode::OK);
    assert_eq!(by_cookie(INCIDENTS).await, StatusCode::FORBIDDEN);
}

/// 1.8: `useraccount` opens everything; a client without any scope has it, or nothing.
#[tokio::test]
async fn clients_without_a_scope() {
    let instance = Instance::start().await;
    guard_the_table_api(&instance).await;
    let tokens = instance.agents_tokens().await;
    assert_eq!(tokens["scope"], "useraccount");
    assert!(instance.opens(&tokens["access_token"]).await);
    instance.switch(json!({"clients_without_scope": "nothing"})).await;
    assert!(!instance.opens(&tokens["access_token"]).await);
}

/// 1.8: Scopes are asked of OAuth tokens only, and not at all with the property false.
#[tokio::test]
async fn scopes_are_for_tokens() {
    let instance = Instance::start().await;
    guard_the_table_api(&instance).await;
    instance.switch(json!({"clients_without_scope": "nothing"})).await;
    assert_eq!(by_password(&instance, "itil").await.status(), StatusCode::OK);
    let tokens = instance.agents_tokens().await;
    assert!(!instance.opens(&tokens["access_token"]).await);
    instance.set_property("com.glide.rest.api.auth.scope.check.enable", "false").await;
    assert!(instance.opens(&tokens["access_token"]).await);
}

/// 1.8: A client held to its scopes is shut out of APIs that have none.
#[tokio::test]
async fn a_client_held_to_its_scopes() {
    let instance = Instance::start().await;
    let scope = guard_the_table_api(&instance).await;
    map(&instance, &scope).await;
    let client = instance.get(&format!("/api/now/table/oauth_entity?sysparm_query=client_id={CLIENT_ID}")).await;
    let path = format!("/api/now/table/oauth_entity/{}", client[0]["sys_id"].as_str().expect("an id"));
    let body = Some(json!({"enforce_token_restriction": "true"}));
    instance.call_as("admin", Method::PATCH, &path, body).await;
    let tokens = instance.agents_tokens().await;
    assert!(instance.opens(&tokens["access_token"]).await);
    let counted = instance.call_with(&tokens["access_token"], "/api/now/stats/incident?sysparm_count=true").await;
    assert_eq!(counted.status(), StatusCode::FORBIDDEN);
}

/// 1.5: A scope that is not the client's is refused like every failure.
#[tokio::test]
async fn a_scope_that_is_not_the_clients() {
    let instance = Instance::start().await;
    let scope = guard_the_table_api(&instance).await;
    map(&instance, &scope).await;
    let form = [("grant_type", "password"), ("username", "itil"), ("password", "itil")];
    let ask = async |scope| {
        let form: Vec<_> = form.into_iter().chain([("scope", scope)]).collect();
        instance.token(&form).await
    };
    assert_eq!(ask("tables").await.status(), StatusCode::OK);
    assert_eq!(ask("everything").await.status(), StatusCode::UNAUTHORIZED);
}
