//! What somebody may not see is not told in another way either.

use reqwest::header::{COOKIE, LOCATION};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Instance, result};

const ADMIN: &str = "6816f79cc0a8016401c5a33be04be441";

/// 2.6: Aggregates count the records that the caller may read, so that groups tell nothing of others.
#[tokio::test]
async fn aggregates_keep_to_what_may_be_read() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/incident", json!({"caller_id": ADMIN, "work_notes": "secret"})).await;
    let sys_id = made["sys_id"].as_str().expect("an id");
    let count = format!("sysparm_count=true&sysparm_query=sys_id={sys_id}");
    for (user, expected) in [("itil", "1"), ("employee", "0")] {
        let answer = instance.call_as(user, Method::GET, &format!("/api/now/stats/incident?{count}"), None).await;
        assert_eq!(result(answer).await["stats"]["count"], expected, "{user}");
    }
    let notes = "/api/now/stats/sys_journal_field?sysparm_count=true&sysparm_group_by=value";
    assert_eq!(result(instance.call_as("employee", Method::GET, notes, None).await).await, json!([]));
    let files =
        instance.call_as("employee", Method::GET, "/api/now/stats/sys_attachment?sysparm_count=true", None).await;
    assert_eq!(files.status(), StatusCode::FORBIDDEN);
}

/// 2.4: A query asks nothing of journals, or of other tables' records, that its caller may not read.
#[tokio::test]
async fn queries_ask_nothing_that_may_not_be_read() {
    let instance = Instance::start().await;
    let joe = json!({"caller_id": crate::support::JOE, "short_description": "plain", "work_notes": "xyzzy"});
    instance.post("/api/now/table/incident", joe).await;
    let found = async |user: &str, query: &str| {
        let path =
            format!("/api/now/table/incident?sysparm_fields=number&sysparm_query=short_description=plain^{query}");
        let answer = instance.call_as(user, Method::GET, &path, None).await;
        let list: Value = answer.json().await.expect("JSON");
        list["result"].as_array().map_or(0, Vec::len)
    };
    for query in ["123TEXTQUERY321=xyzzy", "JOINincident.sys_id=sys_journal_field.element_id!valueLIKExyzzy"] {
        assert_eq!(found("itil", query).await, 1, "{query}");
        assert_eq!(found("employee", query).await, 0, "{query}");
    }
    assert_eq!(found("employee", "123TEXTQUERY321=plain").await, 1);
}

/// 5: A file is renamed by the Table API, and neither moved nor let out of its scan.
#[tokio::test]
async fn a_file_is_not_moved_by_the_table_api() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/incident", json!({})).await;
    let place = format!("table_name=incident&table_sys_id={}&file_name=a.txt", made["sys_id"].as_str().expect("an id"));
    let address = instance.url(&format!("/api/now/attachment/file?{place}"));
    let upload = instance.http.post(address).basic_auth("admin", Some("admin")).header("content-type", "text/plain");
    let file = result(upload.body("x").send().await.expect("an answer")).await;
    let path = format!("/api/now/table/sys_attachment/{}", file["sys_id"].as_str().expect("an id"));
    let body = json!({"file_name": "b.txt", "table_sys_id": ADMIN, "table_name": "sys_user", "state": "pending"});
    let changed = instance.patch(&path, body).await;
    assert_eq!(changed["file_name"], "b.txt");
    assert_eq!(changed["table_sys_id"], made["sys_id"]);
    assert_eq!(changed["state"], file["state"]);
}

/// 9.2: An item that has run is never among the unserviced ones, which are to be sent again.
#[tokio::test]
async fn what_a_batch_has_run_is_not_to_be_run_again() {
    let instance = Instance::start().await;
    let item = json!({"id": "1", "method": "POST", "url": "/api/now/table/incident", "body": "e30="});
    let call = instance.http.post(instance.url("/api/now/v1/batch")).basic_auth("admin", Some("admin"));
    let call = call.header("x-batchrequest-max-output-size", "10").json(&json!({"rest_requests": [item]}));
    let answer: Value = call.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer["unserviced_requests"], json!([]));
    assert_eq!(answer["serviced_requests"][0]["status_code"], 201);
    assert_ne!(answer["serviced_requests"][0]["error_message"], "");
}

#[tokio::test]
async fn a_form_tells_no_more_than_it_shows() {
    let instance = Instance::start().await;
    let cookie = instance.sign_in("employee").await;
    let form = instance.http.get(instance.url(&format!("/sys_user.do?sys_id={ADMIN}"))).header(COOKIE, &cookie);
    let html = form.send().await.expect("an answer").text().await.expect("text");
    assert!(html.contains("System Administrator"));
    assert!(!html.contains("&quot;user_password"), "the digest is not among the values that the form keeps");
}

#[tokio::test]
async fn signing_in_leads_nowhere_else() {
    let instance = Instance::start().await;
    for uri in ["//evil.example/", "/\t/evil.example/", "/\\evil.example/", "https://evil.example/"] {
        let form = [("user_name", "itil"), ("user_password", "itil"), ("uri", uri)];
        let answer = instance.http.post(instance.url("/login.do")).form(&form).send().await.expect("an answer");
        assert_eq!(answer.headers()[LOCATION], "/incident_list.do", "{uri:?}");
    }
}
