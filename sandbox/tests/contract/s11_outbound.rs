//! Contract section 11: business rules run their scripts and really post.

use crate::support::{Instance, JOE};
use axum::http::HeaderMap;
use axum::{Router, extract::State, routing::post};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::mpsc;

struct Posted {
    signature: String,
    body: String,
}

/// A listener that hands over what is posted to it.
async fn listener() -> (String, mpsc::UnboundedReceiver<Posted>) {
    async fn take(State(posts): State<mpsc::UnboundedSender<Posted>>, headers: HeaderMap, body: String) {
        let signature = headers.get("x-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
        posts.send(Posted { signature: signature.to_owned(), body }).ok();
    }
    let (sender, posts) = mpsc::unbounded_channel();
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/hook", socket.local_addr().expect("an address"));
    let app = Router::new().route("/hook", post(take)).with_state(sender);
    tokio::spawn(async move { axum::serve(socket, app).await });
    (address, posts)
}

async fn install(instance: &Instance, collection: &str, filter: &str, script: &str) -> Value {
    let rule = json!({"name": "Tell the console", "collection": collection, "when": "async", "active": "true",
        "advanced": "true", "action_insert": "true", "action_update": "true", "action_delete": "false",
        "filter_condition": filter, "script": script});
    instance.post("/api/now/table/sys_script", rule).await
}

const SIGNED: &str = r"(function executeRule(current, previous /*null when async*/) {
    if (gs.getUserName() === 'itil') return;
    var body = JSON.stringify({
        number: current.number.toString(), state: current.getDisplayValue('state'), id: current.sys_id.toString(),
        text: current.getValue('short_description'), caller: current.caller_id.getDisplayValue(),
        email: current.caller_id.email + '', table: current.getTableName(), operation: current.operation(),
        previous: previous === null, missing: current.getValue('parent')
    });
    var key = GlideStringUtil.base64Encode(gs.getProperty('x_isthmus.secret'));
    var request = new sn_ws.RESTMessageV2();
    request.setEndpoint(gs.getProperty('x_isthmus.url'));
    request.setHttpMethod('POST');
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestHeader('X-Signature', new GlideCertificateEncryption().generateMac(key, 'HmacSHA256', body));
    request.setRequestBody(body);
    var response = request.execute();
    gs.info('answered ' + response.getStatusCode());
})(current, previous);";

#[tokio::test]
async fn a_signed_webhook_arrives() {
    let instance = Instance::start().await;
    let (address, mut posts) = listener().await;
    for (name, value) in [("x_isthmus.secret", "s3cret-ü"), ("x_isthmus.url", address.as_str())] {
        instance.post("/api/now/table/sys_properties", json!({"name": name, "value": value})).await;
    }
    install(&instance, "incident", "", SIGNED).await;
    let body = json!({"short_description": "Zürich → naïve", "caller_id": JOE});
    let made = instance.post("/api/now/table/incident", body).await;
    let posted = posts.recv().await.expect("a post");
    let mac = Hmac::<Sha256>::new_from_slice("s3cret-ü".as_bytes()).expect("a key").chain_update(&posted.body);
    assert_eq!(posted.signature, BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    let said: Value = serde_json::from_str(&posted.body).expect("JSON");
    let expected = json!({"number": made["number"], "state": "New", "id": made["sys_id"], "text": "Zürich → naïve",
        "caller": "Joe Employee", "email": "employee@example.com", "table": "incident", "operation": "insert",
        "previous": true, "missing": null});
    assert_eq!(said, expected);
    instance.stop().await;
    assert!(posts.try_recv().is_err(), "one write, one post");
}

/// The rule of the second seed, as its page prints it, with the address put in.
const LAST_COMMENT: &str = r#"(function executeRule(current, previous) {
    function getLastComment(recordSysId) {
        var journalGR = new GlideRecord('sys_journal_field');
        journalGR.addQuery('element_id', recordSysId);
        journalGR.addQuery('element', 'comments');
        journalGR.orderByDesc('sys_created_on');
        journalGR.setLimit(1);
        journalGR.query();
        if (journalGR.next()) {
            var comment = journalGR.getValue('value');
            return comment;
        }
        return '';
    }
    var isNewRecord = current.getValue('sys_created_on') === current.getValue('sys_updated_on');
    var body = {
        action_type: previous === null && isNewRecord ? 'insert' : 'update',
        urgency: current.getDisplayValue("urgency"),
        comments: getLastComment(current.getUniqueValue())
    };
    try {
        var request = new sn_ws.RESTMessageV2();
        request.setHttpMethod("POST");
        request.setEndpoint('ENDPOINT');
        request.setRequestBody(JSON.stringify(body));
        request.executeAsync();
    } catch (ex) {
        gs.error("Error sending webhook: " + ex.message);
    }
})(current, previous);"#;

#[tokio::test]
async fn scripts_read_other_tables() {
    let instance = Instance::start().await;
    let (address, mut posts) = listener().await;
    install(&instance, "incident", "", &LAST_COMMENT.replace("ENDPOINT", &address)).await;
    instance.post("/api/now/table/incident", json!({"comments": "the last word"})).await;
    let posted: Value = serde_json::from_str(&posts.recv().await.expect("a post").body).expect("JSON");
    assert_eq!(posted, json!({"action_type": "insert", "urgency": "3 - Low", "comments": "the last word"}));
}

#[tokio::test]
async fn filters_decide_and_journal_rows_are_inserts() {
    let instance = Instance::start().await;
    let (address, mut posts) = listener().await;
    let say = |what: &str| {
        format!(
            "var r = new sn_ws.RESTMessageV2(); r.setEndpoint('{address}'); r.setHttpMethod('post');
             r.setRequestBody('{what} ' + current.getValue('element') + current.getValue('number')); r.execute();"
        )
    };
    let made = instance.post("/api/now/table/incident", json!({})).await;
    install(&instance, "incident", "stateVALCHANGES^category=payroll", &say("state")).await;
    install(&instance, "sys_journal_field", "element=work_notes", &say("note")).await;
    let path = format!("/api/now/table/incident/{}", made["sys_id"].as_str().expect("an id"));
    instance.patch(&path, json!({"category": "payroll"})).await;
    instance.patch(&path, json!({"comments": "not this one"})).await;
    instance.patch(&path, json!({"state": "2"})).await;
    assert_eq!(posts.recv().await.expect("a post").body, "state nullINC0010001");
    instance.patch(&path, json!({"work_notes": "this one"})).await;
    assert_eq!(posts.recv().await.expect("a post").body, "note work_notesnull");
    instance.stop().await;
    assert!(posts.try_recv().is_err());
}

#[tokio::test]
async fn a_broken_or_endless_script_harms_nothing_but_itself() {
    let instance = Instance::start().await;
    for script in ["nonsense(", "while (true) {}", "var s = 'x'; while (true) s += s;", "null.x"] {
        let rule = install(&instance, "incident", "", script).await;
        let path = format!("/api/now/table/sys_script/{}", rule["sys_id"].as_str().expect("an id"));
        // An after rule ends before the answer, so the log can be read right then.
        instance.patch(&path, json!({"when": "after"})).await;
        instance.post("/api/now/table/incident", json!({})).await;
        let log = instance.get("/api/now/table/syslog?sysparm_query=level=2^ORDERBYDESCsys_created_on").await;
        let failed =
            |row: &Value| row["message"].as_str().is_some_and(|text| text.starts_with("The business rule failed"));
        assert!(log.as_array().expect("a list").iter().any(failed), "{script}: {log}");
        instance.call_as("admin", reqwest::Method::DELETE, &path, None).await;
    }
}
