//! Contract section 9.1: the Import Set API.

use std::time::{Duration, Instant};

use crate::support::Instance;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const INCIDENTS: &str = "/api/now/import/u_incident_import";

async fn send(instance: &Instance, path: &str, body: Value) -> Value {
    let response = instance.call_as("admin", Method::POST, path, Some(body)).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    response.json().await.expect("JSON")
}

/// The one incident with this correlation id.
async fn incident(instance: &Instance, correlation: &str) -> Value {
    let found = instance.get(&format!("/api/now/table/incident?correlation_id={correlation}")).await;
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    found[0].clone()
}

/// 9.1: A row for a staging table becomes a record of the map's target, and 201 says which.
#[tokio::test]
async fn inserted() {
    let instance = Instance::start().await;
    let row = json!({"first_name": "John", "last_name": "Public", "user_id": "john.public", "email": "john.public@company.com"});
    let answer = send(&instance, "/api/now/import/imp_user", row).await;
    assert!(answer["import_set"].as_str().expect("text").starts_with("ISET00"));
    assert_eq!(answer["staging_table"], "imp_user");
    let made = &answer["result"][0];
    for (key, value) in [
        ("transform_map", "User"),
        ("table", "sys_user"),
        ("display_name", "name"),
        ("display_value", "John Public"),
        ("status", "inserted"),
    ] {
        assert_eq!(made[key], value, "{key}");
    }
    let id = made["sys_id"].as_str().expect("an id");
    assert_eq!(made["record_link"], instance.url(&format!("/api/now/table/sys_user/{id}")));
    assert_eq!(instance.get(&format!("/api/now/table/sys_user/{id}")).await["user_name"], "john.public");
}

/// 9.1: A field to coalesce on finds the record again: it is updated, or ignored if nothing changes.
#[tokio::test]
async fn coalesced() {
    let instance = Instance::start().await;
    let row = |text: &str| json!({"u_correlation_id": "X-1", "u_short_description": text});
    let mut ids = Vec::new();
    for (text, status) in [("one", "inserted"), ("two", "updated"), ("two", "ignored")] {
        let answer = send(&instance, INCIDENTS, row(text)).await;
        assert_eq!(answer["result"][0]["status"], status);
        ids.push(answer["result"][0]["sys_id"].clone());
        let message = &answer["result"][0]["status_message"];
        assert_eq!(*message == "No field values changed", status == "ignored", "{message}");
    }
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(incident(&instance, "X-1").await["short_description"], "two");
}

/// 9.1: Labels and names are understood; the record is written in the name of the caller.
#[tokio::test]
async fn display_values() {
    let instance = Instance::start().await;
    let row = json!({"u_correlation_id": "X-2", "u_caller": "Joe Employee", "u_state": "In Progress", "u_impact": "1"});
    let sent = instance.call_as("itil", Method::POST, INCIDENTS, Some(row)).await;
    assert_eq!(sent.status(), StatusCode::CREATED);
    let made = incident(&instance, "X-2").await;
    assert_eq!(made["caller_id"]["value"], crate::support::JOE);
    assert_eq!((&made["state"], &made["impact"], &made["sys_created_by"]), (&json!("2"), &json!("1"), &json!("itil")));
}

/// 9.1: A transform that fails answers 201 with the status error and what was wrong.
#[tokio::test]
async fn failing() {
    let instance = Instance::start().await;
    let answer = send(&instance, INCIDENTS, json!({"u_correlation_id": "X-3", "u_state": "Resolved"})).await;
    let failed = &answer["result"][0];
    assert_eq!(failed["status"], "error");
    let message = failed["error_message"].as_str().expect("text");
    assert!(message.contains("The following fields are mandatory: Resolution code"), "{message}");
    assert!(failed["sys_id"].is_null() && failed["record_link"].is_null());
}

/// 9.1: A value that a map rejects skips the row.
#[tokio::test]
async fn skipped() {
    let instance = Instance::start().await;
    let answer = send(&instance, INCIDENTS, json!({"u_correlation_id": "X-4", "u_state": "Dancing"})).await;
    assert_eq!(answer["result"][0]["status"], "skipped");
    assert_eq!(instance.get("/api/now/table/incident?correlation_id=X-4").await, json!([]));
}

/// 9.1: Each active map of the staging table gives a result, in their order; a broken one fails alone.
#[tokio::test]
async fn several_maps() {
    let instance = Instance::start().await;
    let broken =
        json!({"name": "Broken", "source_table": "u_incident_import", "target_table": "no_such", "order": "50"});
    instance.post("/api/now/table/sys_transform_map", broken).await;
    let answer = send(&instance, INCIDENTS, json!({"u_correlation_id": "X-5"})).await;
    let statuses: Vec<&str> =
        answer["result"].as_array().expect("a list").iter().filter_map(|one| one["status"].as_str()).collect();
    assert_eq!(statuses, ["error", "inserted"]);
    assert_eq!(answer["result"][0]["error_message"], "Invalid table");
}

/// 9.1: What came of a row can be read again by the row's sys_id, and stands on the row itself.
#[tokio::test]
async fn reading() {
    let instance = Instance::start().await;
    let sent = send(&instance, INCIDENTS, json!({"u_correlation_id": "X-6", "u_short_description": "again"})).await;
    let rows = instance.get("/api/now/table/u_incident_import?u_correlation_id=X-6").await;
    assert_eq!(rows[0]["sys_import_state"], "inserted");
    assert_eq!(rows[0]["sys_target_sys_id"], sent["result"][0]["sys_id"]);
    let path = format!("{INCIDENTS}/{}", rows[0]["sys_id"].as_str().expect("an id"));
    let read = instance.call_as("admin", Method::GET, &path, None).await;
    assert_eq!(read.status(), StatusCode::OK);
    assert_eq!(read.json::<Value>().await.expect("JSON"), sent);
    let missing = instance.call_as("admin", Method::GET, &format!("{INCIDENTS}/nothing"), None).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

/// 9.1: Many rows are taken at once, by labels or names, answered with the ids of their sets, and transformed later.
#[tokio::test]
async fn many_rows() {
    let instance = Instance::start().await;
    let records = json!({"records": [
        {"Correlation ID": "M-1", "Short description": "first"},
        {"u_correlation_id": "M-2", "u_short_description": "second"},
        {"u_correlation_id": "M-1", "u_short_description": "first, later"},
    ]});
    let ids = send(&instance, &format!("{INCIDENTS}/insertMultiple"), records).await;
    let set = format!("/api/now/table/sys_import_set/{}", ids["import_set_id"].as_str().expect("an id"));
    let deadline = Instant::now() + Duration::from_secs(20);
    while instance.get(&set).await["state"] != "processed" {
        assert!(Instant::now() < deadline, "the rows are never transformed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(incident(&instance, "M-1").await["short_description"], "first, later");
    assert_eq!(incident(&instance, "M-2").await["short_description"], "second");
    let multi = ids["multi_import_set_id"].as_str().expect("an id");
    assert_eq!(instance.get(&format!("/api/now/table/sys_multi_import_set/{multi}")).await["sys_id"], multi);
    let again = json!({"records": [{"u_correlation_id": "M-3"}]});
    let more = send(&instance, &format!("{INCIDENTS}/insertMultiple?multi_import_set_id={multi}"), again).await;
    assert_eq!(more["multi_import_set_id"], multi);
}

/// 9.1: A nested value becomes text as Java prints a map.
#[tokio::test]
async fn nested_values() {
    let instance = Instance::start().await;
    let row = json!({"u_correlation_id": "X-7", "u_short_description": {"a": 1, "b": ["c", null]}});
    send(&instance, INCIDENTS, row).await;
    assert_eq!(incident(&instance, "X-7").await["short_description"], "{a=1, b=[c, ]}");
}

/// 9.1: Unknown tables, tables that are no staging tables, bodies without sense and missing rights are refused.
#[tokio::test]
async fn refused() {
    let instance = Instance::start().await;
    for (user, path, body, status) in [
        ("admin", "/api/now/import/no_such_table", json!({}), StatusCode::BAD_REQUEST),
        ("admin", "/api/now/import/incident", json!({}), StatusCode::BAD_REQUEST),
        ("admin", INCIDENTS, json!([]), StatusCode::BAD_REQUEST),
        ("admin", "/api/now/import/u_incident_import/insertMultiple", json!([]), StatusCode::BAD_REQUEST),
        ("admin", "/api/now/import/u_incident_import/insertMultiple", json!({"records": 1}), StatusCode::BAD_REQUEST),
        ("employee", INCIDENTS, json!({"u_correlation_id": "X-8"}), StatusCode::FORBIDDEN),
    ] {
        let refused = instance.call_as(user, Method::POST, path, Some(body.clone())).await;
        assert_eq!(refused.status(), status, "{user} {path} {body}");
    }
}

/// 9.1: A row cannot set what the import itself notes on it.
#[tokio::test]
async fn own_columns_only() {
    let instance = Instance::start().await;
    let row = json!({"u_correlation_id": "X-9", "sys_import_state": "error", "template_import_log": "[]"});
    send(&instance, INCIDENTS, row).await;
    let rows = instance.get("/api/now/table/u_incident_import?u_correlation_id=X-9").await;
    assert_eq!(rows[0]["sys_import_state"], "inserted");
}
