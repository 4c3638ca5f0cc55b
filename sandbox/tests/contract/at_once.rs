//! What an administrator changes holds for the very next call, whatever the instance remembers of what was
//! before.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{BETH, CLIENT_ID, CLIENT_SECRET, Instance, result};

const INCIDENTS: &str = "/api/now/table/incident";

async fn status(instance: &Instance, user: &str) -> StatusCode {
    instance.call_as(user, Method::GET, &format!("{INCIDENTS}?sysparm_limit=1"), None).await.status()
}

/// 6: A choice is accepted and shown as soon as it is added, and neither any more when it is inactive.
#[tokio::test]
async fn choices() {
    let instance = Instance::start().await;
    let path = format!("{INCIDENTS}?sysparm_display_value=true");
    let shown = async || instance.post(&path, json!({"category": "garden"})).await["category"].clone();
    assert_eq!(shown().await, "Inquiry / Help", "what is no choice is dropped");
    let choice = json!({"name": "incident", "element": "category", "value": "garden", "label": "Garden"});
    let choice = instance.post("/api/now/table/sys_choice", choice).await;
    assert_eq!(shown().await, "Garden");
    let choice = format!("/api/now/table/sys_choice/{}", choice["sys_id"].as_str().expect("an id"));
    instance.patch(&choice, json!({"label": "Gardens"})).await;
    assert_eq!(shown().await, "Gardens");
    instance.patch(&choice, json!({"inactive": "true"})).await;
    assert_eq!(shown().await, "Inquiry / Help");
}

/// 1.9: A user who is locked, deactivated or has another password is let in, or not, from the next call on.
#[tokio::test]
async fn users() {
    let instance = Instance::start().await;
    let beth = format!("/api/now/table/sys_user/{BETH}");
    assert_eq!(status(&instance, "beth.anglin").await, StatusCode::OK);
    for (closed, open) in [
        (json!({"locked_out": "true"}), json!({"locked_out": "false"})),
        (json!({"active": "false"}), json!({"active": "true"})),
        (json!({"user_password": "another"}), json!({"user_password": "beth.anglin"})),
    ] {
        instance.patch(&beth, closed).await;
        assert_eq!(status(&instance, "beth.anglin").await, StatusCode::UNAUTHORIZED);
        instance.patch(&beth, open).await;
        assert_eq!(status(&instance, "beth.anglin").await, StatusCode::OK);
    }
}

/// 12.24: The token of a user who is deactivated opens nothing from the next call on.
#[tokio::test]
async fn users_behind_tokens() {
    let instance = Instance::start().await;
    let form = [
        ("grant_type", "password"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("username", "beth.anglin"),
        ("password", "beth.anglin"),
    ];
    let token = instance.http.post(instance.url("/oauth_token.do")).form(&form).send().await.expect("an answer");
    let token: Value = token.json().await.expect("JSON");
    let token = token["access_token"].as_str().expect("a token");
    let status = async || {
        let url = instance.url(&format!("{INCIDENTS}?sysparm_limit=1"));
        instance.http.get(url).bearer_auth(token).send().await.expect("an answer").status()
    };
    assert_eq!(status().await, StatusCode::OK);
    instance.patch(&format!("/api/now/table/sys_user/{BETH}"), json!({"active": "false"})).await;
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
}

/// 6: A role counts from the moment it is granted until it is taken away.
#[tokio::test]
async fn roles() {
    let instance = Instance::start().await;
    let properties = async || {
        let path = "/api/now/table/sys_script?sysparm_limit=1";
        instance.call_as("beth.anglin", Method::GET, path, None).await.status()
    };
    let refused = properties().await;
    assert_ne!(refused, StatusCode::OK);
    let role = instance.get("/api/now/table/sys_user_role?name=admin").await;
    let grant = json!({"user": BETH, "role": role[0]["sys_id"]});
    let grant = instance.post("/api/now/table/sys_user_has_role", grant).await;
    assert_eq!(properties().await, StatusCode::OK);
    let grant = format!("/api/now/table/sys_user_has_role/{}", grant["sys_id"].as_str().expect("an id"));
    let deleted = instance.call_as("admin", Method::DELETE, &grant, None).await;
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert_eq!(properties().await, refused);
}

/// 11.1: A business rule runs from the moment it is there until it is inactive.
#[tokio::test]
async fn rules() {
    let instance = Instance::start().await;
    let said = async || instance.post(INCIDENTS, json!({})).await["description"].clone();
    assert_eq!(said().await, "");
    let rule = json!({
        "name": "Says so", "collection": "task", "when": "before", "action_insert": "true", "advanced": "true",
        "script": "current.description = 'by a rule';",
    });
    let rule = instance.post("/api/now/table/sys_script", rule).await;
    assert_eq!(said().await, "by a rule");
    let rule = format!("/api/now/table/sys_script/{}", rule["sys_id"].as_str().expect("an id"));
    instance.patch(&rule, json!({"active": "false"})).await;
    assert_eq!(said().await, "");
}

/// 2.6: X-Total-Count knows of a record as soon as it is there.
#[tokio::test]
async fn counts() {
    let instance = Instance::start().await;
    let count = async || {
        let path = format!("{INCIDENTS}?sysparm_query=caller_id.user_name=beth.anglin&sysparm_limit=1");
        let response = instance.call_as("admin", Method::GET, &path, None).await;
        let count: u32 = response.headers()["x-total-count"].to_str().expect("text").parse().expect("a number");
        result(response).await;
        count
    };
    let before = count().await;
    instance.post(INCIDENTS, json!({"caller_id": BETH})).await;
    assert_eq!(count().await, before + 1);
    // The query asks about another table, too.
    instance.patch(&format!("/api/now/table/sys_user/{BETH}"), json!({"user_name": "beth"})).await;
    assert_eq!(count().await, 0);
}
