//! Contract sections 2.4 (query rules), 2.5 (hidden fields) and 2.7: what is refused, to whom and in which words.

use crate::support::{BETH, Instance, JOE, numbers, result};
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};

const TABLE: &str = "/api/now/table/incident";
const ACL: &str = "/api/now/table/sys_security_acl";
const OWN: &str = "caller_id=javascript:gs.getUserID()";

async fn told(response: Response) -> (u16, String, Value) {
    let status = response.status().as_u16();
    let mut body: Value = response.json().await.expect("JSON");
    assert_eq!(body["status"], "failure");
    (status, body["error"]["message"].as_str().expect("a message").to_owned(), body["error"]["detail"].take())
}

async fn error(
    instance: &Instance,
    user: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (u16, String, Value) {
    told(instance.call_as(user, method, path, body).await).await
}

/// An access rule for the roles named, any of which will do.
async fn rule(instance: &Instance, name: &str, operation: &str, roles: &[&str], condition: &str) {
    let rule = json!({"name": name, "operation": operation, "condition": condition});
    let rule = instance.post(ACL, rule).await;
    for role in roles {
        let grant = json!({"sys_security_acl": rule["sys_id"], "sys_user_role": role});
        instance.post("/api/now/table/sys_security_acl_role", grant).await;
    }
}

async fn remove_rules(instance: &Instance, query: &str) {
    let rules = instance.get(&format!("{ACL}?sysparm_query={query}")).await;
    for rule in rules.as_array().expect("a list") {
        let path = format!("{ACL}/{}", rule["sys_id"].as_str().expect("an id"));
        assert_eq!(instance.call_as("admin", Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);
    }
}

/// 2.7: An unknown table is 400 and named, an unknown address 400 too.
#[tokio::test]
async fn what_is_not_there_is_a_bad_request() {
    let instance = Instance::start().await;
    let unknown = error(&instance, "itil", Method::GET, "/api/now/table/nothing", None).await;
    assert_eq!(unknown, (400, "Invalid table nothing".into(), Value::Null));
    let no_api = error(&instance, "itil", Method::GET, "/api/now/nothing", None).await;
    assert_eq!(no_api, (400, "Requested URI does not represent any resource".into(), Value::Null));
}

/// 2.7: A record that is not there and one that the caller may not read are the same 404, whatever the verb.
#[tokio::test]
async fn deleted_and_hidden_look_the_same() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({"caller_id": JOE})).await;
    let hidden = format!("{TABLE}/{}", made["sys_id"].as_str().expect("an id"));
    let gone = (404, "No Record found".to_owned(), json!("Record doesn't exist or ACL restricts the record retrieval"));
    for path in [hidden.as_str(), &format!("{TABLE}/0")] {
        for method in [Method::GET, Method::PATCH, Method::PUT, Method::DELETE] {
            let body = matches!(method, Method::PATCH | Method::PUT).then(|| json!({}));
            assert_eq!(error(&instance, "abel.tuter", method, path, body).await, gone);
        }
    }
}

/// 2.7: A table that the caller may not read is 403, `Insufficient rights to query records`.
#[tokio::test]
async fn a_table_can_be_closed_to_reading() {
    let instance = Instance::start().await;
    let refused = error(&instance, "itil", Method::GET, "/api/now/table/sys_properties", None).await;
    assert_eq!(refused, (403, "Insufficient rights to query records".into(), Value::Null));
}

/// 2.7: A write that a rule forbids is 403, `Operation Failed`, and says whether it was Insert, Update or Delete.
#[tokio::test]
async fn a_forbidden_write_is_named() {
    let instance = Instance::start().await;
    let record = format!("/api/now/table/sys_user/{BETH}");
    for (method, path, word) in [
        (Method::POST, "/api/now/table/sys_user", "Insert"),
        (Method::PATCH, record.as_str(), "Update"),
        (Method::DELETE, &record, "Delete"),
    ] {
        let body = (method != Method::DELETE).then(|| json!({"title": "x"}));
        let detail = json!(format!("ACL Exception {word} Failed due to security constraints"));
        assert_eq!(error(&instance, "itil", method, path, body).await, (403, "Operation Failed".into(), detail));
    }
}

/// 2.7: A body that is no record is 400, `Exception while reading request`.
#[tokio::test]
async fn a_malformed_body_is_a_bad_request() {
    let instance = Instance::start().await;
    for body in ["{", "[1]", "\"text\"", "12", "{\"a\":}", "\u{0}"] {
        let request = instance.http.post(instance.url(TABLE)).basic_auth("itil", Some("itil"));
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        let (status, message, detail) = told(request.send().await.expect("an answer")).await;
        assert_eq!((status, message.as_str()), (400, "Exception while reading request"), "{body}");
        assert!(detail.as_str().is_some_and(|detail| detail.starts_with("Cannot decode: ")), "{detail}");
    }
}

/// 2.7: A body above 10 MB is refused with its length.
#[tokio::test]
async fn a_body_can_be_too_large() {
    let instance = Instance::start().await;
    let body = json!({"description": "x".repeat(10_485_760)});
    let length = body.to_string().len();
    let refused = error(&instance, "itil", Method::POST, TABLE, Some(body)).await;
    let detail = json!(format!(
        "Rejected large REST payload with content-length = {length} bytes. Max allowed: 10485760 bytes."
    ));
    assert_eq!(refused, (400, "Exception while reading request".into(), detail));
}

/// 2.7: Where the rule in front of the Table API is active, callers without its role get 403, `User Not Authorized`.
#[tokio::test]
async fn the_whole_api_can_be_closed() {
    let instance = Instance::start().await;
    assert_eq!(instance.call_as("itil", Method::GET, TABLE, None).await.status(), StatusCode::OK);
    let rules = instance.get(&format!("{ACL}?name=Table API&type=REST_Endpoint")).await;
    instance.patch(&format!("{ACL}/{}", rules[0]["sys_id"].as_str().expect("an id")), json!({"active": "true"})).await;
    let refused = error(&instance, "itil", Method::GET, TABLE, None).await;
    assert_eq!(refused, (403, "User Not Authorized".into(), json!("Failed API level ACL Validation")));
    let role = json!({"user": "itil", "role": "snc_platform_rest_api_access"});
    instance.post("/api/now/table/sys_user_has_role", role).await;
    assert_eq!(instance.call_as("itil", Method::GET, TABLE, None).await.status(), StatusCode::OK);
}

/// 6: A table whose `ws_access` is false is closed to REST, for administrators too.
#[tokio::test]
async fn a_table_can_be_closed_to_web_services() {
    let instance = Instance::start().await;
    let objects = "/api/now/table/sys_db_object";
    let object = instance.get(&format!("{objects}?name=problem")).await;
    assert_eq!(object[0]["ws_access"], "true");
    let path = format!("{objects}/{}", object[0]["sys_id"].as_str().expect("an id"));
    instance.patch(&path, json!({"ws_access": "false"})).await;
    assert_eq!(error(&instance, "admin", Method::GET, "/api/now/table/problem", None).await.0, 403);
}

/// 6: The role `snc_read_only` blocks every write.
#[tokio::test]
async fn a_read_only_account_writes_nothing() {
    let instance = Instance::start().await;
    instance.post("/api/now/table/sys_user_has_role", json!({"user": "itil", "role": "snc_read_only"})).await;
    assert_eq!(instance.call_as("itil", Method::GET, TABLE, None).await.status(), StatusCode::OK);
    let refused = error(&instance, "itil", Method::POST, TABLE, Some(json!({}))).await;
    assert_eq!((refused.0, refused.1.as_str()), (403, "Operation Failed"));
}

/// 2.7: Rules are rows: the most special table's decide, any of several with the same name will do.
#[tokio::test]
async fn rules_are_rows_that_can_be_changed() {
    let instance = Instance::start().await;
    let employee = async || instance.call_as("employee", Method::GET, &format!("{TABLE}?sysparm_limit=1"), None).await;
    remove_rules(&instance, "name=incident^operation=read").await;
    rule(&instance, "incident", "read", &["itil_admin"], "").await;
    assert_eq!(employee().await.status(), StatusCode::FORBIDDEN, "the rule of `task` is not asked any more");
    rule(&instance, "incident", "read", &[], "").await;
    assert_eq!(result(employee().await).await.as_array().map(Vec::len), Some(1));
}

/// 2.2: The limit is applied before the rights: a page may hold fewer rows than asked, while all are counted.
#[tokio::test]
async fn hidden_rows_leave_short_pages() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({"caller_id": JOE, "short_description": "short page"})).await;
    instance.post(TABLE, json!({"short_description": "short page"})).await;
    let path = format!("{TABLE}?short_description=short%20page&sysparm_limit=2");
    let response = instance.call_as("employee", Method::GET, &path, None).await;
    assert_eq!(response.headers()["x-total-count"], "2");
    assert_eq!(numbers(&result(response).await), [made["number"].as_str().expect("a number")]);
}

/// 2.5: A field that the caller may not read is absent, or by switch empty; others see it.
#[tokio::test]
async fn a_hidden_field_is_absent_or_empty() {
    let instance = Instance::start().await;
    rule(&instance, "incident.close_notes", "read", &["itil_admin"], "").await;
    rule(&instance, "sys_user.email", "read", &["itil_admin"], "").await;
    let path = format!(
        "{TABLE}?sysparm_query=caller_id.name=Beth Anglin&sysparm_limit=1&sysparm_fields=number,close_notes,caller_id.email"
    );
    let seen = async || result(instance.call_as("itil", Method::GET, &path, None).await).await[0].take();
    let record = seen().await;
    assert!(record["number"].is_string() && record.get("close_notes").is_none(), "{record}");
    assert!(record.get("caller_id.email").is_none(), "{record}");
    instance.switch(json!({"hidden_field": "empty"})).await;
    let record = seen().await;
    assert_eq!((&record["close_notes"], &record["caller_id.email"]), (&json!(""), &json!("")));
    assert!(instance.get(&path).await[0]["caller_id.email"].as_str().is_some_and(|mail| mail.contains('@')));
}

/// 2.5: A field's rule can hold for some records only.
#[tokio::test]
async fn a_field_can_be_hidden_by_condition() {
    let instance = Instance::start().await;
    rule(&instance, "incident.description", "read", &["itil"], "impact=3").await;
    for (impact, shown) in [("3", true), ("1", false)] {
        let made = instance.post(TABLE, json!({"impact": impact, "description": "x"})).await;
        let path = format!("{TABLE}/{}", made["sys_id"].as_str().expect("an id"));
        let seen = result(instance.call_as("itil", Method::GET, &path, None).await).await;
        assert_eq!(seen.get("description").is_some(), shown, "impact {impact}");
    }
}

/// 2.8: A value for a column that the caller may not write is skipped, the rest is saved, and the answer is 200.
#[tokio::test]
async fn a_forbidden_column_is_skipped_in_silence() {
    let instance = Instance::start().await;
    rule(&instance, "incident.category", "write", &["itil_admin"], "").await;
    let made = instance.post(TABLE, json!({"category": "software"})).await;
    let path = format!("{TABLE}/{}", made["sys_id"].as_str().expect("an id"));
    let body = json!({"category": "network", "short_description": "saved"});
    let response = instance.call_as("itil", Method::PATCH, &path, Some(body)).await;
    assert_eq!(response.status(), StatusCode::OK);
    let record = result(response).await;
    assert_eq!((&record["category"], &record["short_description"]), (&json!("software"), &json!("saved")));
}

/// 2.8: Columns' rules see the record as it is being changed, in alphabetical order, or as it was, by property.
#[tokio::test]
async fn the_order_of_checks_is_a_property() {
    let instance = Instance::start().await;
    rule(&instance, "incident.urgency", "write", &["itil"], "impact=1").await;
    let query = "name=glide.security.checkacl.before.setvalue";
    let property = instance.get(&format!("/api/now/table/sys_properties?{query}")).await;
    let property = format!("/api/now/table/sys_properties/{}", property[0]["sys_id"].as_str().expect("an id"));
    for (expected, next) in [("1", Some("true")), ("3", None)] {
        let made = instance.post(TABLE, json!({"impact": "3", "urgency": "3"})).await;
        let path = format!("{TABLE}/{}", made["sys_id"].as_str().expect("an id"));
        let body = json!({"urgency": "1", "impact": "1"});
        let changed = result(instance.call_as("itil", Method::PATCH, &path, Some(body)).await).await;
        assert_eq!(changed["urgency"], expected);
        if let Some(value) = next {
            instance.patch(&property, json!({"value": value})).await;
        }
    }
}

/// 2.4: A query about a field that the caller may not read is 403, or by switch finds nothing or loses that part.
#[tokio::test]
async fn a_query_may_not_ask_about_hidden_fields() {
    let instance = Instance::start().await;
    rule(&instance, "incident.correlation_id", "read", &["itil_admin"], "").await;
    instance.post(TABLE, json!({"short_description": "asked", "correlation_id": "a"})).await;
    let path = format!("{TABLE}?sysparm_query=short_description=asked^correlation_id=b");
    let detail = json!("Field(s) present in the query do not have permission to be read");
    let refused = error(&instance, "itil", Method::GET, &path, None).await;
    assert_eq!(refused, (403, "Insufficient rights to query records".into(), detail));
    for (mode, found) in [("no_rows", 0), ("ignore", 1)] {
        instance.switch(json!({"unreadable_query": mode})).await;
        let list = result(instance.call_as("itil", Method::GET, &path, None).await).await;
        assert_eq!(list.as_array().map(Vec::len), Some(found), "{mode}");
    }
}

/// 2.4: A `query_range` rule that is not met closes comparing by range and sorting, and leaves equality open.
#[tokio::test]
async fn ranges_have_a_right_of_their_own() {
    let instance = Instance::start().await;
    rule(&instance, "incident.sys_updated_on", "query_range", &["itil_admin"], "").await;
    let asks = async |query: &str| {
        let path = format!("{TABLE}?sysparm_limit=1&sysparm_query={query}");
        instance.call_as("itil", Method::GET, &path, None).await.status().as_u16()
    };
    assert_eq!(asks("sys_updated_on=2026-01-01 00:00:00^sys_updated_onISNOTEMPTY").await, 200);
    assert_eq!(asks("sys_updated_on>=2026-01-01 00:00:00").await, 403);
    assert_eq!(asks("ORDERBYsys_updated_on").await, 403);
    assert_eq!(asks("ORDERBYsys_created_on").await, 200);
}

/// 2.4: A query rule that is met goes before the right to read the column.
#[tokio::test]
async fn a_query_rule_goes_before_reading() {
    let instance = Instance::start().await;
    rule(&instance, "incident.correlation_id", "read", &["itil_admin"], "").await;
    rule(&instance, "incident.correlation_id", "query_match", &["itil"], "").await;
    let asks = async |query: &str| {
        let path = format!("{TABLE}?sysparm_limit=1&sysparm_query={query}");
        instance.call_as("itil", Method::GET, &path, None).await.status().as_u16()
    };
    assert_eq!((asks("correlation_id=a").await, asks("correlation_idSTARTSWITHa").await), (200, 403));
}

/// 4: An ordinary account finds `sys_journal_field` empty rather than closed; `audit_viewer` reads it.
#[tokio::test]
async fn the_journal_is_empty_for_ordinary_accounts() {
    let instance = Instance::start().await;
    let path = "/api/now/table/sys_journal_field?sysparm_limit=1";
    let seen = async || result(instance.call_as("employee", Method::GET, path, None).await).await;
    assert_eq!(seen().await, json!([]));
    instance.post("/api/now/table/sys_user_has_role", json!({"user": "employee", "role": "audit_viewer"})).await;
    assert_eq!(seen().await.as_array().map(Vec::len), Some(1));
}

/// 2.7: Rules with a condition hold for the rows that the condition finds.
#[tokio::test]
async fn a_rule_can_ask_for_a_condition() {
    let instance = Instance::start().await;
    remove_rules(&instance, "name=incident^operation=read").await;
    rule(&instance, "incident", "read", &[], OWN).await;
    let made = instance.post(TABLE, json!({"caller_id": JOE})).await;
    let path = format!("{TABLE}/{}", made["sys_id"].as_str().expect("an id"));
    let status = async |user| instance.call_as(user, Method::GET, &path, None).await.status().as_u16();
    assert_eq!((status("employee").await, status("itil").await, status("admin").await), (200, 404, 200));
}
