//! Contract sections 2.8, 3 and 4: what happens to an incident and its journals when it is written.

use crate::support::{Instance, JOE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn path(record: &Value) -> String {
    format!("/api/now/table/incident/{}", record["sys_id"].as_str().expect("an id"))
}

async fn journal(instance: &Instance, record: &Value) -> Vec<(String, String, String)> {
    let id = record["sys_id"].as_str().expect("an id");
    let query = format!("/api/now/table/sys_journal_field?sysparm_query=element_id={id}^ORDERBYsys_created_on");
    let text = |row: &Value, column: &str| row[column].as_str().unwrap_or_default().to_owned();
    let rows = instance.get(&query).await;
    let rows = rows.as_array().expect("a list");
    rows.iter().map(|row| (text(row, "element"), text(row, "value"), text(row, "sys_created_by"))).collect()
}

#[tokio::test]
async fn insert_fills_what_is_not_said() {
    let instance = Instance::start().await;
    let response = instance.call_as("itil", Method::POST, "/api/now/table/incident", Some(json!({}))).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let location = response.headers()["location"].to_str().expect("text").to_owned();
    let made = crate::support::result(response).await;
    assert_eq!(location, instance.url(&path(&made)));
    for (column, value) in [
        ("number", "INC0010001"),
        ("state", "1"),
        ("category", "inquiry"),
        ("impact", "3"),
        ("urgency", "3"),
        ("severity", "3"),
        ("priority", "5"),
        ("active", "true"),
        ("approval", "not requested"),
        ("sys_mod_count", "0"),
        ("sys_created_by", "itil"),
        ("sys_class_name", "incident"),
    ] {
        assert_eq!(made[column], value, "{column}");
    }
    assert_eq!(made["opened_by"]["value"], "681b365ec0a80164000fb0b05854a0cd");
    let second = instance.post("/api/now/table/incident", json!({"impact": 2, "urgency": "2"})).await;
    assert_eq!((second["number"].as_str(), second["priority"].as_str()), (Some("INC0010002"), Some("3")));
}

#[tokio::test]
async fn a_chosen_sys_id_is_kept_and_used_once() {
    let instance = Instance::start().await;
    let id = "AAAABBBBCCCCDDDDEEEEFFFF00001111";
    let made = instance.post("/api/now/table/incident", json!({"sys_id": id})).await;
    assert_eq!(made["sys_id"], id);
    let again = instance.call_as("admin", Method::POST, "/api/now/table/incident", Some(json!({"sys_id": id}))).await;
    assert_eq!(again.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_is_not_accepted_is_dropped_in_silence() {
    let instance = Instance::start().await;
    let long = "x".repeat(200);
    let body = json!({"short_description": long, "nothing": "x", "close_code": "No such code", "category": "payroll",
        "state": "99", "sys_mod_count": "40", "urgency": "high"});
    let made = instance.post("/api/now/table/incident", body).await;
    assert_eq!(made["short_description"].as_str().map(str::len), Some(160));
    assert_eq!(made["nothing"], Value::Null);
    assert_eq!((made["close_code"].as_str(), made["category"].as_str()), (Some(""), Some("payroll")));
    assert_eq!((made["state"].as_str(), made["urgency"].as_str()), (Some("1"), Some("3")));
    let same = instance.patch(&path(&made), json!({"category": "payroll"})).await;
    assert_eq!(same["sys_mod_count"], "0", "a write that changes nothing is none");
    let labels = format!("{}?sysparm_input_display_value=true", path(&made));
    let changed = instance.patch(&labels, json!({"state": "In Progress", "caller_id": "Joe Employee"})).await;
    assert_eq!((changed["state"].as_str(), changed["caller_id"]["value"].as_str()), (Some("2"), Some(JOE)));
    assert_eq!(changed["sys_mod_count"], "1");
}

#[tokio::test]
async fn resolving_and_closing_need_a_resolution() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/incident", json!({"short_description": "x"})).await;
    for state in ["6", "7"] {
        let refused = instance.call_as("itil", Method::PATCH, &path(&made), Some(json!({"state": state}))).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        let body: Value = refused.json().await.expect("JSON");
        let detail = "Data Policy Exception: The following fields are mandatory: Resolution code, Resolution notes";
        assert_eq!(body["error"], json!({"message": "Operation Failed", "detail": detail}));
    }
    let how = json!({"state": "6", "close_code": "Solution provided", "close_notes": "done"});
    let resolved = instance.patch(&path(&made), how).await;
    assert_eq!((resolved["active"].as_str(), resolved["incident_state"].as_str()), (Some("true"), Some("6")));
    assert_eq!(resolved["resolved_at"], resolved["sys_updated_on"]);
    assert!(resolved["resolved_by"]["value"].is_string());
    let reopened = instance.patch(&path(&made), json!({"state": "2"})).await;
    assert_eq!((reopened["resolved_at"].as_str(), reopened["reopen_count"].as_str()), (Some(""), Some("1")));
    let closed = instance.patch(&path(&made), json!({"state": "7"})).await;
    assert_eq!(closed["active"], "false");
    assert_eq!(closed["closed_at"], closed["sys_updated_on"]);
    let stays = instance.patch(&path(&made), json!({"state": "2", "short_description": "y"})).await;
    assert_eq!((stays["state"].as_str(), stays["short_description"].as_str()), (Some("7"), Some("x")));
}

#[tokio::test]
async fn journals() {
    let instance = Instance::start().await;
    let body = json!({"caller_id": JOE, "comments": "first", "work_notes": "inside"});
    let made = instance.post("/api/now/table/incident", body).await;
    assert_eq!(made["comments"], "", "a journal reads back empty");
    let changed = instance.patch(&path(&made), json!({"comments": "second"})).await;
    assert_eq!(changed["sys_mod_count"], "1", "a comment alone is an update");
    let mut rows = journal(&instance, &made).await;
    rows.sort();
    let row = |element: &str, text: &str| (element.to_owned(), text.to_owned(), "admin".to_owned());
    assert_eq!(rows, [row("comments", "first"), row("comments", "second"), row("work_notes", "inside")]);
    let shown = instance.get(&format!("{}?sysparm_display_value=true&sysparm_fields=comments", path(&made))).await;
    let shown = shown["comments"].as_str().expect("text");
    let (newest, older) = shown.split_once("\n\n").expect("two entries");
    assert!(newest.ends_with(" - System Administrator (Additional comments)\nsecond"), "{newest}");
    assert!(older.ends_with("(Additional comments)\nfirst\n\n"), "{older}");
    instance.switch(json!({"journal_hidden": true})).await;
    assert!(journal(&instance, &made).await.is_empty());
}

#[tokio::test]
async fn a_callers_comment_ends_on_hold() {
    let instance = Instance::start().await;
    let body = json!({"caller_id": JOE, "state": "3", "hold_reason": "1"});
    let made = instance.post("/api/now/table/incident", body).await;
    let agent = instance.call_as("itil", Method::PATCH, &path(&made), Some(json!({"comments": "hello?"}))).await;
    assert_eq!(crate::support::result(agent).await["state"], "3");
    let caller = instance.call_as("employee", Method::PATCH, &path(&made), Some(json!({"comments": "yes"}))).await;
    assert_eq!(caller.status(), StatusCode::OK);
    let record = crate::support::result(caller).await;
    assert_eq!((record["state"].as_str(), record["hold_reason"].as_str()), (Some("2"), Some("")));
    let stranger = instance.call_as("abel.tuter", Method::GET, &path(&made), None).await;
    assert_eq!(stranger.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn deleting_and_faults() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/incident", json!({})).await;
    let task = path(&made).replace("/incident/", "/task/");
    assert_eq!(instance.patch(&task, json!({"impact": "1"})).await["priority"], "3", "a task knows its class");
    let refused = instance.call_as("itil", Method::DELETE, &path(&made), None).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let deleted = instance.call_as("admin", Method::DELETE, &path(&made), None).await;
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);

    instance.switch(json!({"fail_next": {"status": 503, "count": 1}})).await;
    let some = "/api/now/table/incident?sysparm_limit=1";
    assert_eq!(instance.call_as("admin", Method::GET, some, None).await.status(), 503);
    instance.switch(json!({"rate_limit_next": 1, "retry_after": 7})).await;
    let limited = instance.call_as("admin", Method::GET, some, None).await;
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"7".parse().expect("a value")));
    instance.switch(json!({"html_next": 1})).await;
    let page = instance.call_as("admin", Method::GET, some, None).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.expect("text").contains("Instance Hibernating page"));
    instance.switch(json!({"lose_response_next": 1})).await;
    let body = json!({"short_description": "written but not answered"});
    let write =
        instance.http.post(instance.url("/api/now/table/incident")).basic_auth("admin", Some("admin")).json(&body);
    let broken = match write.send().await {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken, "the connection breaks off");
    let query = "/api/now/table/incident?sysparm_query=short_description=written but not answered";
    assert_eq!(instance.get(query).await.as_array().map(Vec::len), Some(1));
    let unknown = instance.call_as("admin", Method::PUT, "/sandbox/switches", Some(json!({"x": 1}))).await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
}
