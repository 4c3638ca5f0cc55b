//! Contract section 2.1: verbs, addresses, and the forms of bodies.

use crate::support::{Instance, result};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};

const TABLE: &str = "/api/now/table/incident";
const ID: &str = "0123456789ABCDEF0123456789ABCDEF";

async fn send(
    instance: &Instance,
    method: Method,
    path: &str,
    more: impl FnOnce(RequestBuilder) -> RequestBuilder,
) -> Response {
    let request = instance.http.request(method, instance.url(path)).basic_auth("admin", Some("admin"));
    more(request).send().await.expect("an answer")
}

async fn xml(response: Response) -> String {
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/xml;charset=UTF-8");
    response.text().await.expect("text")
}

/// 2.1: Creating answers 201 with the whole record and its address, changing 200, deleting 204 with nothing.
#[tokio::test]
async fn each_verb_has_its_status() {
    let instance = Instance::start().await;
    let made = instance.call_as("admin", Method::POST, TABLE, Some(json!({"short_description": "a"}))).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let place = made.headers()[header::LOCATION].to_str().expect("text").to_owned();
    let made = result(made).await;
    let path = format!("{TABLE}/{}", made["sys_id"].as_str().expect("an id"));
    assert_eq!(place, instance.url(&path));
    for method in [Method::PATCH, Method::PUT] {
        let changed = instance.call_as("admin", method.clone(), &path, Some(json!({"impact": "1"}))).await;
        assert_eq!(changed.status(), StatusCode::OK);
        assert_eq!(result(changed).await["short_description"], "a", "{method} leaves what is not mentioned");
    }
    let gone = instance.call_as("admin", Method::DELETE, &path, None).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(gone.text().await.expect("text"), "");
}

/// 2.1: HEAD answers as GET does, without a body.
#[tokio::test]
async fn head_has_no_body() {
    let instance = Instance::start().await;
    let head = instance.call_as("admin", Method::HEAD, TABLE, None).await;
    assert_eq!((head.status(), &head.headers()["x-total-count"]), (StatusCode::OK, &"150".parse().expect("a value")));
    assert_eq!(head.text().await.expect("text"), "");
}

/// 2.1: An empty list is 404 in v1 and an empty result in v2 and without a version.
#[tokio::test]
async fn an_empty_list_is_an_error_in_v1_only() {
    let instance = Instance::start().await;
    let none = "table/incident?sysparm_query=number=none";
    let old = instance.call_as("admin", Method::GET, &format!("/api/now/v1/{none}"), None).await;
    assert_eq!(old.status(), StatusCode::NOT_FOUND);
    for path in [format!("/api/now/v2/{none}"), format!("/api/now/{none}")] {
        assert_eq!(instance.get(&path).await, json!([]));
    }
}

/// 2.1: A client may choose the sys_id of a record, in capitals too, and a second insert with it fails.
#[tokio::test]
async fn the_client_may_choose_the_sys_id() {
    let instance = Instance::start().await;
    assert_eq!(instance.post(TABLE, json!({"sys_id": ID})).await["sys_id"], ID);
    let again = instance.call_as("admin", Method::POST, TABLE, Some(json!({"sys_id": ID}))).await;
    assert_eq!(again.status(), StatusCode::FORBIDDEN);
    let all = instance.get(&format!("{TABLE}?sysparm_query=sys_id={ID}")).await;
    assert_eq!(all.as_array().map(Vec::len), Some(1));
}

/// 2.1: Of an array in the body only the first record is processed.
#[tokio::test]
async fn the_first_of_an_array_counts() {
    let instance = Instance::start().await;
    let body = json!([{"short_description": "first"}, {"short_description": "second"}]);
    assert_eq!(instance.post(TABLE, body).await["short_description"], "first");
    let second = instance.get(&format!("{TABLE}?short_description=second")).await;
    assert_eq!(second, json!([]));
}

/// 2.1: `X-http-method-override` makes a POST a PATCH, a PUT or a DELETE.
#[tokio::test]
async fn a_post_can_stand_for_another_verb() {
    let instance = Instance::start().await;
    let path = format!("{TABLE}/{ID}");
    instance.post(TABLE, json!({"sys_id": ID})).await;
    let body = json!({"short_description": "by override"});
    let changed =
        send(&instance, Method::POST, &path, |r| r.header("X-http-method-override", "PATCH").json(&body)).await;
    assert_eq!(result(changed).await["short_description"], "by override");
    let plain = send(&instance, Method::POST, &path, |r| r.json(&body)).await;
    assert_eq!(plain.status(), StatusCode::METHOD_NOT_ALLOWED);
    let gone = send(&instance, Method::POST, &path, |r| r.header("x-http-method-override", "delete")).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
}

/// 2.1: `X-no-response-body: true` keeps the body of the answer to a write away.
#[tokio::test]
async fn the_answer_can_do_without_its_body() {
    let instance = Instance::start().await;
    let body = json!({"short_description": "quiet"});
    let made = send(&instance, Method::POST, TABLE, |r| r.header("X-no-response-body", "true").json(&body)).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    assert!(made.headers().contains_key(header::LOCATION));
    assert_eq!(made.text().await.expect("text"), "");
}

/// 2.1: Asked for XML the instance answers in XML: a list repeats `result`, a reference has `link` and `value`.
#[tokio::test]
async fn answers_can_be_xml() {
    let instance = Instance::start().await;
    let path = format!(
        "{TABLE}?sysparm_query=numberININC0000039,INC0000040^ORDERBYnumber&sysparm_fields=number,caller_id,parent"
    );
    let list = send(&instance, Method::GET, &path, |r| r.header(header::ACCEPT, "application/xml")).await;
    let list = xml(list).await;
    let user = instance.url("/api/now/table/sys_user/62826bf03710200044e0bfc8bcbe5df1");
    let begin = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><response><result><number>INC0000039</number><caller_id><link>{user}</link><value>62826bf03710200044e0bfc8bcbe5df1</value></caller_id><parent/></result><result><number>INC0000040</number>"#
    );
    assert!(list.starts_with(&begin), "{list}");
    assert!(list.ends_with("<parent/></result></response>"), "{list}");
    let both = format!("{path}&sysparm_display_value=all");
    let both = xml(send(&instance, Method::GET, &both, |r| r.header(header::ACCEPT, "text/xml")).await).await;
    assert!(
        both.contains("<number><display_value>INC0000039</display_value><value>INC0000039</value></number>"),
        "{both}"
    );
}

/// 2.1: Errors are told in XML to those who asked for XML.
#[tokio::test]
async fn errors_can_be_xml() {
    let instance = Instance::start().await;
    let path = format!("{TABLE}/{ID}");
    let missing = send(&instance, Method::GET, &path, |r| r.header(header::ACCEPT, "text/xml")).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let text = xml(missing).await;
    assert!(text.starts_with(r#"<?xml version="1.0" encoding="UTF-8"?><response><error>"#), "{text}");
    assert!(text.contains("<message>No Record found</message>"), "{text}");
    assert!(text.ends_with("</error><status>failure</status></response>"), "{text}");
}

/// 2.1: A record can be written in XML, as `request` with an `entry`.
#[tokio::test]
async fn bodies_can_be_xml() {
    let instance = Instance::start().await;
    let body = "<request><entry><short_description>R&amp;D is &lt;down&gt;</short_description><impact>1</impact></entry></request>";
    for kind in ["application/xml", "text/xml; charset=utf-8"] {
        let made = send(&instance, Method::POST, TABLE, |r| r.header(header::CONTENT_TYPE, kind).body(body)).await;
        assert_eq!(made.status(), StatusCode::CREATED);
        let made = result(made).await;
        assert_eq!((&made["short_description"], &made["impact"]), (&json!("R&D is <down>"), &json!("1")));
    }
    let broken =
        send(&instance, Method::POST, TABLE, |r| r.header(header::CONTENT_TYPE, "text/xml").body("<request>")).await;
    assert_eq!(broken.status(), StatusCode::BAD_REQUEST);
}

/// 2.1: `Accept` is read with its weights, and missing headers mean JSON.
#[tokio::test]
async fn accept_is_read_with_its_weights() {
    let instance = Instance::start().await;
    for accept in
        ["application/json;q=0.9, */*", "*/*", "application/json, text/plain, */*", "text/xml;q=0.1,application/json"]
    {
        let list = send(&instance, Method::GET, TABLE, |r| r.header(header::ACCEPT, accept)).await;
        assert_eq!(list.headers()[header::CONTENT_TYPE], "application/json;charset=UTF-8", "{accept}");
    }
    let made = send(&instance, Method::POST, TABLE, |r| r.body(r#"{"short_description":"no header"}"#)).await;
    assert_eq!(result(made).await["short_description"], "no header");
}

/// 2.1: Where the switch asks for it, a call without `Accept` or `Content-Type` is refused with 400.
#[tokio::test]
async fn headers_can_be_required() {
    let instance = Instance::start().await;
    instance.switch(json!({"headers_required": true})).await;
    // This client sends `Accept: */*` of itself.
    let made = send(&instance, Method::POST, TABLE, |r| r.body("{}")).await;
    assert_eq!(made.status(), StatusCode::BAD_REQUEST);
    let made = send(&instance, Method::POST, TABLE, |r| r.json(&json!({}))).await;
    assert_eq!(made.status(), StatusCode::CREATED);
}

/// 2.1: An `Accept` that is not understood is 406, a `Content-Type` 415, another method 405; all in the usual envelope.
#[tokio::test]
async fn what_is_not_supported_is_refused() {
    let instance = Instance::start().await;
    let refused = [
        (406, send(&instance, Method::GET, TABLE, |r| r.header(header::ACCEPT, "text/html")).await),
        (415, send(&instance, Method::POST, TABLE, |r| r.header(header::CONTENT_TYPE, "text/plain").body("x")).await),
        (405, send(&instance, Method::PATCH, TABLE, |r| r.json(&json!({}))).await),
    ];
    for (status, response) in refused {
        assert_eq!(response.status().as_u16(), status);
        let body: Value = response.json().await.expect("JSON");
        assert_eq!(body["status"], "failure");
        assert!(body["error"]["message"].is_string());
    }
}
