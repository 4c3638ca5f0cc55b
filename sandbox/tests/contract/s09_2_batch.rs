//! Contract section 9.2: the Batch API.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::support::{Instance, JOE};
use reqwest::{Method, Response, StatusCode};
use sandbox::{Clock, Sandbox, Settings};
use serde_json::{Value, json};

async fn batch(instance: &Instance, items: Value) -> Value {
    let body = json!({"batch_request_id": "1", "rest_requests": items});
    let response = instance.call_as("admin", Method::POST, "/api/now/v1/batch", Some(body)).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.expect("JSON")
}

fn get(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url, "headers": [{"name": "Accept", "value": "application/json"}]})
}

fn decoded(answer: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(answer["body"].as_str().expect("text")).expect("Base64")
}

fn content(answer: &Value) -> Value {
    serde_json::from_slice(&decoded(answer)).expect("JSON")
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|item| item["id"].as_str().or(item.as_str()).expect("an id")).collect()
}

/// 9.2: Each item is answered with its id, status and body, the body in Base64; the outer status is 200.
#[tokio::test]
async fn items() {
    let instance = Instance::start().await;
    let items = json!([
        get("11", "/api/now/table/incident?sysparm_limit=1&sysparm_query=active=true^ORDERBYnumber"),
        get("12", &format!("/api/now/table/sys_user/{JOE}")),
        get("13", "/api/now/table/no_such_table"),
    ]);
    let answer = batch(&instance, items).await;
    assert_eq!(answer["batch_request_id"], "1");
    assert_eq!(ids(&answer["serviced_requests"]), ["11", "12", "13"]);
    assert_eq!(answer["unserviced_requests"], json!([]));
    let first = &answer["serviced_requests"][0];
    assert_eq!((&first["status_code"], &first["status_text"]), (&json!(200), &json!("OK")));
    assert_eq!((&first["error_message"], &first["redirect_url"]), (&json!(""), &json!("")));
    assert!(first["execution_time"].is_u64());
    assert_eq!(content(first)["result"].as_array().map(Vec::len), Some(1));
    assert_eq!(content(&answer["serviced_requests"][1])["result"]["user_name"], "employee");
    assert_eq!(answer["serviced_requests"][2]["status_code"], 400);
}

/// 9.2: Items write too, with bodies in Base64, one after the other; one that fails undoes no other.
#[tokio::test]
async fn writing() {
    let instance = Instance::start().await;
    let id = "0123456789abcdef0123456789abcdef";
    let write = |item: &str, method: &str, url: String, body: Value| {
        json!({"id": item, "method": method, "url": url, "body": BASE64_STANDARD.encode(body.to_string()),
            "headers": [{"name": "Content-Type", "value": "application/json"}]})
    };
    let record = format!("/api/now/table/incident/{id}");
    let items = json!([
        write("a", "POST", "/api/now/table/incident".into(), json!({"sys_id": id, "short_description": "one"})),
        write("b", "PATCH", record.clone(), json!({"state": "6"})),
        write("c", "put", record.clone(), json!({"short_description": "two"})),
        {"id": "d", "method": "GET", "url": record},
        {"id": "e", "method": "DELETE", "url": record},
    ]);
    let answer = batch(&instance, items).await;
    let statuses: Vec<&Value> =
        answer["serviced_requests"].as_array().expect("a list").iter().map(|item| &item["status_code"]).collect();
    assert_eq!(statuses, [201, 403, 200, 200, 204]);
    assert_eq!(content(&answer["serviced_requests"][3])["result"]["short_description"], "two");
}

/// 9.2: Headers come with each answer unless the item excludes them.
#[tokio::test]
async fn headers() {
    let instance = Instance::start().await;
    let mut quiet = get("2", "/api/now/table/incident?sysparm_limit=1");
    quiet["exclude_response_headers"] = json!(true);
    let answer = batch(&instance, json!([get("1", "/api/now/table/incident?sysparm_limit=1"), quiet])).await;
    let names: Vec<&str> = answer["serviced_requests"][0]["headers"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|header| header["name"].as_str())
        .collect();
    for name in ["Content-Type", "Content-Length", "X-Total-Count"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert_eq!(answer["serviced_requests"][1]["headers"], json!([]));
}

/// 9.2: Ids come back as text even when they were sent as numbers.
#[tokio::test]
async fn numeric_ids() {
    let instance = Instance::start().await;
    let body = json!({"batch_request_id": 7, "rest_requests": [{"id": 8, "method": "GET", "url": "/api/now/table/incident?sysparm_limit=1"}]});
    let response = instance.call_as("admin", Method::POST, "/api/now/batch", Some(body)).await;
    let answer: Value = response.json().await.expect("JSON");
    assert_eq!(answer["batch_request_id"], "7");
    assert_eq!(answer["serviced_requests"][0]["id"], "8");
}

/// 9.2: Items act for the caller of the batch, whatever credentials they carry.
#[tokio::test]
async fn rights() {
    let instance = Instance::start().await;
    let stolen = json!([{"name": "Authorization", "value": "Basic YWRtaW46YWRtaW4="}]);
    let items = json!([{"id": "1", "method": "GET", "url": "/api/now/table/sys_audit", "headers": stolen}]);
    let body = json!({"batch_request_id": "1", "rest_requests": items});
    let response = instance.call_as("employee", Method::POST, "/api/now/v1/batch", Some(body)).await;
    let answer: Value = response.json().await.expect("JSON");
    assert_eq!(answer["serviced_requests"][0]["status_code"], 403);
}

/// 9.2: An item without sense fails by itself with a message, and the others are served.
#[tokio::test]
async fn malformed_items() {
    let instance = Instance::start().await;
    let items = json!([
        {"id": "base64", "method": "POST", "url": "/api/now/table/incident", "body": "!!!"},
        {"id": "method", "method": "G E T", "url": "/api/now/table/incident"},
        {"id": "url", "method": "GET", "url": "http://elsewhere.example/api/now/table/incident"},
        {"id": "nothing"},
        {"id": "nested", "method": "POST", "url": "/api/now/v1/batch", "body": ""},
        {"id": "header", "method": "GET", "url": "/api/now/table/incident", "headers": [{"name": "a b", "value": "c"}]},
        get("fine", "/api/now/table/incident?sysparm_limit=1&sysparm_query=short_descriptionLIKEa b"),
    ]);
    let answer = batch(&instance, items).await;
    for item in answer["serviced_requests"].as_array().expect("a list") {
        let fine = item["id"] == "fine";
        assert_eq!(item["status_code"], if fine { 200 } else { 400 }, "{item}");
        assert_eq!(item["error_message"] == "", fine, "{item}");
    }
    assert_eq!(answer["serviced_requests"].as_array().map(Vec::len), Some(7));
}

/// 9.2: A body that is no batch is 400.
#[tokio::test]
async fn no_batch() {
    let instance = Instance::start().await;
    for body in [json!({}), json!([]), json!({"rest_requests": "x"})] {
        let refused = instance.call_as("admin", Method::POST, "/api/now/v1/batch", Some(body)).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    }
}

async fn limited(instance: &Instance, items: Value, limit: &str) -> Response {
    let body = json!({"batch_request_id": "1", "rest_requests": items});
    let request = instance.http.post(instance.url("/api/now/v1/batch")).basic_auth("admin", Some("admin")).json(&body);
    request.header("X-BATCHREQUEST-MAX-OUTPUT-SIZE", limit).send().await.expect("an answer")
}

/// 9.2: An answer above the output limit, which a header can lower, ends the batch; the rest is unserviced.
#[tokio::test]
async fn output_limit() {
    let instance = Instance::start().await;
    let small = "/api/now/table/incident?sysparm_limit=1&sysparm_fields=number";
    let items = json!([get("1", small), get("2", "/api/now/table/incident?sysparm_limit=20"), get("3", small)]);
    let answer: Value = limited(&instance, items, "2000").await.json().await.expect("JSON");
    assert_eq!(ids(&answer["serviced_requests"]), ["1"]);
    assert_eq!(answer["unserviced_requests"], json!(["2", "3"]));
}

/// 9.2: A body of an item above 5 MB is not served.
#[tokio::test]
async fn input_limit() {
    let instance = Instance::start().await;
    let large = json!({"description": "x".repeat(5 << 20)}).to_string();
    let items =
        json!([{"id": "1", "method": "POST", "url": "/api/now/table/incident", "body": BASE64_STANDARD.encode(large)}]);
    let answer = batch(&instance, items).await;
    assert_eq!(answer["unserviced_requests"], json!(["1"]));
}

/// 9.2: After thirty seconds of the instance's clock what is left is unserviced.
#[tokio::test]
async fn time_limit() {
    // Every look at this clock moves it on by ten seconds.
    let seconds = Arc::new(AtomicI64::new(1_800_000_000));
    let clock = Clock::turned_by(move || {
        let now = seconds.fetch_add(10, Ordering::Relaxed);
        jiff::Timestamp::from_second(now).expect("a time")
    });
    let sandbox = Sandbox::start_with(Settings::in_memory(), clock).await.expect("the sandbox starts");
    let items: Vec<Value> = (0..20).map(|n| get(&n.to_string(), "/api/now/table/incident?sysparm_limit=1")).collect();
    let instance = Instance::around(sandbox);
    let answer = batch(&instance, items.into()).await;
    let (served, left) = (ids(&answer["serviced_requests"]), ids(&answer["unserviced_requests"]));
    assert!(!left.is_empty() && served.len() + left.len() == 20, "{served:?} {left:?}");
}

/// 9.2: Files can be downloaded in a batch.
#[tokio::test]
async fn downloads() {
    let instance = Instance::start().await;
    let path = format!("/api/now/attachment/file?table_name=sys_user&table_sys_id={JOE}&file_name=f.bin");
    let request = instance.http.post(instance.url(&path)).basic_auth("admin", Some("admin"));
    let file = request.header("content-type", "application/octet-stream").body(vec![0, 159, 146, 150]).send().await;
    let file = crate::support::result(file.expect("an answer")).await;
    let url = format!("/api/now/attachment/{}/file", file["sys_id"].as_str().expect("an id"));
    let answer = batch(&instance, json!([get("1", &url)])).await;
    assert_eq!(decoded(&answer["serviced_requests"][0]), [0, 159, 146, 150]);
}
