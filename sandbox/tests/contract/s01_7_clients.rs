//! Contract 1.7: registering clients, and the pages of clients, tokens and switches.

use crate::support::Instance;
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};

async fn open(instance: &Instance, cookie: &str, path: &str) -> Response {
    let request = instance.http.get(instance.url(path)).header(header::COOKIE, cookie);
    request.send().await.expect("an answer")
}

async fn read(instance: &Instance, cookie: &str, path: &str) -> String {
    let response = open(instance, cookie, path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.expect("text")
}

async fn submit(instance: &Instance, cookie: &str, path: &str, form: &[(&str, &str)]) -> Response {
    let request = instance.http.post(instance.url(path)).header(header::COOKIE, cookie).form(form);
    request.send().await.expect("an answer")
}

async fn client(instance: &Instance, name: &str) -> Value {
    let found = instance.get(&format!("/api/now/table/oauth_entity?sysparm_query=name={name}")).await;
    found[0].clone()
}

/// 1.7: Registering a client makes up its id and its secret and shows both.
#[tokio::test]
async fn a_registered_client_has_id_and_secret() {
    let instance = Instance::start().await;
    let admin = instance.sign_in("admin").await;
    let form = [("name", "Console"), ("redirect_url", "https://console.example/callback")];
    let page = submit(&instance, &admin, "/oauth_entity_list.do", &form).await.text().await.expect("text");
    let shown = |id: &str| {
        let rest = page.split_once(&format!(r#"<code id="{id}">"#)).expect("a code").1;
        rest.split('<').next().expect("text").to_owned()
    };
    let (id, secret) = (shown("client_id"), shown("client_secret"));
    assert_eq!((id.len(), client(&instance, "Console").await["client_id"].as_str()), (32, Some(id.as_str())));
    let form = [("client_id", id.as_str()), ("client_secret", &secret), ("grant_type", "password")];
    let form: Vec<_> = form.into_iter().chain([("username", "itil"), ("password", "itil")]).collect();
    assert_eq!(instance.token(&form).await.status(), StatusCode::OK);
}

/// 1.7: A client is a record too: id and secret are made up, and the secret is never read back in clear.
#[tokio::test]
async fn a_client_is_a_record() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/oauth_entity", json!({"name": "Record"})).await;
    assert_eq!(made["client_id"].as_str().map(str::len), Some(32));
    let given = json!({"name": "Given", "client_id": "mine", "client_secret": "chosen-secret"});
    assert_eq!(instance.post("/api/now/table/oauth_entity", given).await["client_id"], "mine");
    let all = instance.get("/api/now/table/oauth_entity?sysparm_display_value=all").await.to_string();
    assert!(!all.contains("chosen-secret") && !all.contains("practice-secret"));
}

/// 1.7: The form changes redirect URLs, lifespans, application user, scopes and format, and deletes the client.
#[tokio::test]
async fn a_client_is_edited_and_deleted() {
    let instance = Instance::start().await;
    let admin = instance.sign_in("admin").await;
    let scope = instance.post("/api/now/table/sys_auth_scope", json!({"name": "tables"})).await;
    let made = instance.post("/api/now/table/oauth_entity", json!({"name": "Old", "client_secret": "kept"})).await;
    let id = made["sys_id"].as_str().expect("an id");
    let form = [
        ("sys_id", id),
        ("action", "save"),
        ("name", "New"),
        ("redirect_url", "https://one.example/\r\nhttps://two.example/"),
        ("access_token_lifespan", "60"),
        ("refresh_token_lifespan", "120"),
        ("user", "itil"),
        ("active", "true"),
        ("token_format", "jwt"),
        ("scope", scope["sys_id"].as_str().expect("an id")),
    ];
    assert_eq!(submit(&instance, &admin, "/oauth_entity.do", &form).await.status(), StatusCode::SEE_OTHER);
    let changed = client(&instance, "New").await;
    assert_eq!(changed["redirect_url"], "https://one.example/,https://two.example/");
    assert_eq!((&changed["access_token_lifespan"], &changed["token_format"]), (&json!("60"), &json!("jwt")));
    let page = read(&instance, &admin, &format!("/oauth_entity.do?sys_id={id}")).await;
    assert!(page.contains(r#"value="kept""#) && page.contains(r#"value="itil""#), "the secret and the user stay");
    assert_eq!(instance.get("/api/now/table/oauth_entity_auth_scope_mapping").await.as_array().map(Vec::len), Some(1));
    let mut unknown = form.to_vec();
    unknown.retain(|(name, _)| *name != "user");
    unknown.push(("user", "nobody-at-all"));
    let refused = submit(&instance, &admin, "/oauth_entity.do", &unknown).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    submit(&instance, &admin, "/oauth_entity.do", &[("sys_id", id), ("action", "delete")]).await;
    let gone = open(&instance, &admin, &format!("/oauth_entity.do?sys_id={id}")).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

/// 1.7: A key for assertions is pasted on the form of a JWT endpoint: a PEM becomes a certificate, other text a shared key.
#[tokio::test]
async fn keys_are_pasted() {
    let instance = Instance::start().await;
    let admin = instance.sign_in("admin").await;
    let form = [("name", "Assertions"), ("redirect_url", "https://one.example/"), ("kind", "oauth_jwt")];
    submit(&instance, &admin, "/oauth_entity_list.do", &form).await;
    let made = client(&instance, "Assertions").await;
    let id = made["sys_id"].as_str().expect("an id");
    for (key, kid) in [("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "one"), ("a shared key", "two")] {
        let form = [("sys_id", id), ("action", "save"), ("name", "Assertions"), ("active", "true"), ("key", key)];
        let form: Vec<_> = form.into_iter().chain([("kid", kid), ("user_field", "user_name")]).collect();
        assert_eq!(submit(&instance, &admin, "/oauth_jwt.do", &form).await.status(), StatusCode::SEE_OTHER);
    }
    let keys = instance.get("/api/now/table/jwt_verifier_map?sysparm_query=ORDERBYkid").await;
    assert_eq!((&keys[0]["kid"], &keys[1]["kid"]), (&json!("one"), &json!("two")));
    assert_ne!(keys[0]["sys_certificate"], "");
    assert_eq!(keys[1]["sys_certificate"], "");
    let endpoint = instance.get(&format!("/api/now/table/oauth_jwt/{id}")).await;
    assert_eq!(endpoint["user_field"], "user_name");
}

/// 1.1: A user sees the tokens given out in the own name, never their text, and takes them back; an administrator sees all.
#[tokio::test]
async fn users_see_and_revoke_their_tokens() {
    let instance = Instance::start().await;
    let tokens = instance.agents_tokens().await;
    let agent = instance.sign_in("itil").await;
    let page = read(&instance, &agent, "/oauth_credential_list.do").await;
    assert!(page.contains("Practice client") && page.contains("Access Token"));
    assert!(!page.contains(tokens["access_token"].as_str().expect("a token")));
    let employee = instance.sign_in("employee").await;
    assert!(!read(&instance, &employee, "/oauth_credential_list.do").await.contains("Practice client"));
    let admin = instance.sign_in("admin").await;
    assert!(read(&instance, &admin, "/oauth_credential_list.do").await.contains("ITIL User"));
    let row = instance.get("/api/now/table/oauth_credential?sysparm_query=type=access_token").await;
    let revoke = [("sys_id", row[0]["sys_id"].as_str().expect("an id"))];
    let others = submit(&instance, &employee, "/oauth_credential_list.do", &revoke).await;
    assert_eq!(others.status(), StatusCode::NOT_FOUND);
    assert!(instance.opens(&tokens["access_token"]).await);
    submit(&instance, &agent, "/oauth_credential_list.do", &revoke).await;
    assert!(!instance.opens(&tokens["access_token"]).await);
}

/// 13: The page of switches shows each with its meaning, marks what was changed, takes new values and resets all.
#[tokio::test]
async fn the_page_of_switches() {
    let instance = Instance::start().await;
    let admin = instance.sign_in("admin").await;
    let page = read(&instance, &admin, "/sandbox").await;
    assert!(page.contains("hibernation page") && !page.contains("<strong>changed</strong>"));
    let form = [("action", "save"), ("html_next", "1"), ("webhooks", "twice"), ("zboot", "true"), ("retry_after", "")];
    assert_eq!(submit(&instance, &admin, "/sandbox", &form).await.status(), StatusCode::SEE_OTHER);
    let now = async || -> Value {
        let answer = instance.call_as("admin", reqwest::Method::GET, "/sandbox/switches", None).await;
        answer.json().await.expect("JSON")
    };
    let turned = now().await;
    assert_eq!(
        (&turned["html_next"], &turned["webhooks"], &turned["zboot"]),
        (&json!(1), &json!("twice"), &json!(true))
    );
    assert!(read(&instance, &admin, "/sandbox").await.contains("<strong>changed</strong>"));
    let wrong = submit(&instance, &admin, "/sandbox", &[("action", "save"), ("html_next", "many")]).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(now().await["html_next"], 1);
    instance.http.get(instance.url("/api/now/table/incident")).send().await.expect("the hibernation page");
    assert!(read(&instance, &admin, "/sandbox").await.contains("hibernating 1"));
    submit(&instance, &admin, "/sandbox", &[("action", "reset")]).await;
    assert_eq!(now().await["webhooks"], "on");
    let agent = instance.sign_in("itil").await;
    assert_eq!(open(&instance, &agent, "/sandbox").await.status(), StatusCode::FORBIDDEN);
}

/// 1.6: The token of an API key is made up by the instance; REST does not read it back, the record's form shows it.
#[tokio::test]
async fn an_api_keys_token_is_copied_from_its_form() {
    let instance = Instance::start().await;
    let body = json!({"name": "Key", "user": "681b365ec0a80164000fb0b05854a0cd"});
    let made = instance.post("/api/now/table/api_key", body).await;
    assert_eq!(made["token"], "");
    let admin = instance.sign_in("admin").await;
    let path = format!("/api_key.do?sys_id={}", made["sys_id"].as_str().expect("an id"));
    let page = read(&instance, &admin, &path).await;
    let rest = page.split_once(r#"name="token" value=""#).expect("the column").1;
    let token = rest.split('"').next().expect("a token");
    let call = instance.http.get(instance.url("/api/now/table/incident?sysparm_limit=1")).header("x-sn-apikey", token);
    assert_eq!(call.send().await.expect("an answer").status(), StatusCode::OK);
}
