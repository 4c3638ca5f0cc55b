//! Contract 11.2: scripts really send, wait or do not wait, and never send again by themselves.

use serde_json::{Value, json};

use crate::support::scripts::Receiver;
use crate::support::{Instance, JOE};

/// The rule that the second seed tells its readers to paste in, with an address put in.
const PASTED: &str = r#"(function executeRule(current, previous) {
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
        var operation = current.operation() || 'unknown';
        var isPreviousNull = previous === null;
        var createdOn = current.getValue('sys_created_on');
        var updatedOn = current.getValue('sys_updated_on');
        var isNewRecord = createdOn === updatedOn;
        var action = 'update';
        if (isPreviousNull && isNewRecord) {
            action = 'insert';
        }
        var body = {
            action_type: action,
            number: current.getValue("number"),
            sys_id: current.getUniqueValue(),
            short_description: current.getValue("short_description"),
            description: current.getValue("description"),
            state: current.getDisplayValue("state"),
            impact: current.getDisplayValue("impact"),
            urgency: current.getDisplayValue("urgency"),
            comments: getLastComment(current.getUniqueValue())
        };
        try {
            var endpoint = 'ENDPOINT';
            var request = new sn_ws.RESTMessageV2();
            request.setHttpMethod("POST");
            request.setEndpoint(endpoint);
            request.setRequestHeader("Content-Type", "application/json");
            request.setRequestBody(JSON.stringify(body));
            request.executeAsync();
        } catch (ex) {
            gs.error("Error sending webhook: " + ex.message);
        }
})(current, previous);"#;

/// 11.2: The asynchronous rule that a public integration guide prints posts the incident and its last comment.
#[tokio::test]
async fn a_pasted_rule_posts() {
    let instance = Instance::start().await;
    let mut receiver = Receiver::start().await;
    instance.rule("async", "incident", &PASTED.replace("ENDPOINT", &receiver.address), json!({})).await;
    let made = instance
        .post("/api/now/table/incident", json!({"short_description": "Mail", "comments": "the last word"}))
        .await;
    let posted = receiver.next().await;
    let expected = json!({"action_type": "insert", "number": made["number"], "sys_id": made["sys_id"],
        "short_description": "Mail", "description": null, "state": "New", "impact": "3 - Low", "urgency": "3 - Low",
        "comments": "the last word"});
    assert_eq!((posted.json(), posted.header("content-type")), (expected, "application/json"));
    instance.stop().await;
    assert_eq!(receiver.rest(), 0, "one write, one post");
}

const HELPER: &str = r#"var IncidentWebhookHelper = Class.create();
    IncidentWebhookHelper.prototype = {
    initialize: function() {},
    sendIncidentWebhook: function(current) {
        var body = { action_type: current.isNewRecord() ? 'insert' : 'update', number: current.getValue("number") };
        try {
            var request = new sn_ws.RESTMessageV2();
            request.setHttpMethod("POST");
            request.setEndpoint("ENDPOINT");
            request.setRequestBody(JSON.stringify(body));
            request.executeAsync();
            } catch (ex) {
            gs.error("Webhook Call failed: " + ex.message);
        }
    },
    type: 'IncidentWebhookHelper'
    };"#;

const AJAX: &str = r"var IncidentWebhookHelperAjax = Class.create();
    IncidentWebhookHelperAjax.prototype = Object.extendsObject(global.AbstractAjaxProcessor, {
    sendWebhook: function() {
        var sysId = this.getParameter('sysparm_sys_id');
        var gr = new GlideRecord('incident');
        if (gr.get(sysId)) {
            var helper = new IncidentWebhookHelper();
            helper.sendIncidentWebhook(gr);
                return 'Success';
        }
        return 'Request failed';
    }
    });";

/// 11.2: Script includes that build on `AbstractAjaxProcessor` and on each other post, too.
#[tokio::test]
async fn pasted_script_includes_post() {
    let instance = Instance::start().await;
    let mut receiver = Receiver::start().await;
    for (name, script) in [("IncidentWebhookHelper", HELPER), ("IncidentWebhookHelperAjax", AJAX)] {
        let script = script.replace("ENDPOINT", &receiver.address);
        let body =
            json!({"name": name, "api_name": format!("global.{name}"), "client_callable": "true", "script": script});
        instance.post("/api/now/table/sys_script_include", body).await;
    }
    let made = instance.post("/api/now/table/incident", json!({})).await;
    let call = format!(
        "return new IncidentWebhookHelperAjax({{sysparm_sys_id: '{}'}}).sendWebhook();",
        made["sys_id"].as_str().expect("an id")
    );
    assert_eq!(instance.evaluate(&call).await, "Success");
    assert_eq!(receiver.next().await.json(), json!({"action_type": "update", "number": made["number"]}));
}

/// 11.2: A script that calls a function which is not there, as a public guide prints it, sends nothing and is in the log.
#[tokio::test]
async fn a_missing_function_is_in_the_log() {
    let instance = Instance::start().await;
    let mut receiver = Receiver::start().await;
    let script = format!(
        "(function executeRule(current, previous) {{
        var payload = {{ sys_id: current.sys_id.toString(), assigned_to: current.assigned_to.getDisplayValue() }};
        var request = new sn_ws.RESTMessageV2();
        request.setEndpoint('{}');
        request.setHttpMethod('POST');
        request.setRequestHeader('X-ServiceNow-Signature', generateSignature(JSON.stringify(payload)));
        request.setRequestBody(JSON.stringify(payload));
        request.execute();
        }})(current, previous);",
        receiver.address
    );
    instance.rule("after", "incident", &script, json!({"name": "Unsigned"})).await;
    instance.post("/api/now/table/incident", json!({"caller_id": JOE})).await;
    let log = instance.log_of("Unsigned").await;
    assert!(log.len() == 1 && log[0].contains("generateSignature is not defined"), "{log:?}");
    assert_eq!(receiver.rest(), 0);
}

/// 11.2: The response has status, body and headers, and an error from 400 on.
#[tokio::test]
async fn responses_are_read() {
    let instance = Instance::start().await;
    let mut receiver = Receiver::start().await;
    let script = format!(
        "function call(path) {{
            var request = new sn_ws.RESTMessageV2(); request.setEndpoint('{}' + path); request.setHttpMethod('put');
            request.setQueryParameter('a', 'b c'); request.setRequestHeader('X-One', '1'); request.setRequestHeader('x-one', '2');
            request.setBasicAuth('me', 'secret'); request.setRequestBody('grüezi');
            var answer = request.execute();
            return [answer.getStatusCode(), answer.getBody(), answer.getHeader('X-Answer'), answer.getHeaders()['x-answer'],
                answer.haveError(), answer.getErrorMessage()];
        }}
        return [call('/ok'), call('/status/404')];",
        receiver.address
    );
    let expected = json!([[200, "thanks", "42", "42", false, ""], [200, "thanks", "42", "42", false, ""]]);
    let said = instance.evaluate(&script).await;
    let posted = receiver.next().await;
    let sent = (posted.method.as_str(), posted.path.as_str(), posted.body.as_str(), posted.header("x-one"));
    assert_eq!(sent, ("PUT", "/ok?a=b+c", "grüezi", "2"));
    assert_eq!(posted.header("authorization"), "Basic bWU6c2VjcmV0");
    assert_eq!(said[0], expected[0]);
    let failed = "var r = new sn_ws.RESTMessageV2(); r.setEndpoint('ADDRESS/status/404'); r.setHttpMethod('get');
        var a = r.execute(); return [a.getStatusCode(), a.haveError(), a.getErrorMessage()];";
    let said = instance.evaluate(&failed.replace("ADDRESS", &receiver.address)).await;
    assert_eq!(said, json!([404, true, "Method failed: (/status/404) with code: 404"]));
}

/// 11.2: `executeAsync` goes on at once; `waitForResponse` and reading the body wait for the answer.
#[tokio::test]
async fn asynchronous_answers_are_waited_for() {
    let instance = Instance::start().await;
    let receiver = Receiver::start().await;
    let script = format!(
        "function start(path) {{ var r = new sn_ws.RESTMessageV2(); r.setEndpoint('{}' + path); r.setHttpMethod('post'); r.setHttpTimeout(3000); return r.executeAsync(); }}
        var silent = start('/silent'), quick = start('/quick');
        quick.waitForResponse(10); var said = [quick.getStatusCode(), quick.getBody()];
        return said.concat([silent.getStatusCode(), silent.haveError()]);",
        receiver.address
    );
    assert_eq!(instance.evaluate(&script).await, json!([200, "thanks", 0, true]));
}

/// 11.2: An endpoint that does not answer costs the script its timeout and nobody else anything, and is not tried again.
#[tokio::test]
async fn silence_times_out() {
    let instance = Instance::start().await;
    let mut receiver = Receiver::start().await;
    let script = format!(
        "var r = new sn_ws.RESTMessageV2(); r.setEndpoint('{}/silent'); r.setHttpMethod('post'); r.setHttpTimeout(300);
         var a = r.execute(); return [a.getStatusCode(), a.haveError(), a.getErrorMessage() !== ''];",
        receiver.address
    );
    assert_eq!(instance.evaluate(&script).await, json!([0, true, true]));
    assert_eq!(receiver.rest(), 1);
}

/// 11.2: Each call leaves a row in `sys_outbound_http_log` with method, host, status and the rule that sent it, and no secrets.
#[tokio::test]
async fn calls_leave_a_trace() {
    let instance = Instance::start().await;
    let receiver = Receiver::start().await;
    let script = format!(
        "var r = new sn_ws.RESTMessageV2(); r.setEndpoint('{}/status/503?token=hidden'); r.setHttpMethod('post'); r.setRequestBody('12345'); r.execute();",
        receiver.address
    );
    let rule = instance.rule("after", "incident", &script, json!({"name": "Sender"})).await;
    instance.post("/api/now/table/incident", json!({})).await;
    let rows = instance.get("/api/now/table/sys_outbound_http_log").await;
    let row = &rows[0];
    let expected = json!({"method": "POST", "url": format!("{}/status/503", receiver.address), "hostname": "127.0.0.1",
        "response_status": "503", "request_length": "5", "source_table": "sys_script", "source_record": rule["sys_id"],
        "source_name": "Sender", "sys_created_by": "admin"});
    for (column, value) in expected.as_object().expect("an object") {
        assert_eq!(&row[column], value, "{column}");
    }
    assert!(!row.to_string().contains("hidden"), "{row}");
}

/// 11.2: A message that an administrator has put down is sent by its name, with the script's values filled in.
#[tokio::test]
async fn messages_are_sent_by_name() {
    let instance = Instance::start().await;
    let mut receiver = Receiver::start().await;
    let body = json!({"name": "Console", "rest_endpoint": format!("{}/base", receiver.address)});
    let message = instance.post("/api/now/table/sys_rest_message", body).await;
    let endpoint = format!("{}/tickets/${{id}}", receiver.address);
    let body = json!({"rest_message": message["sys_id"], "function_name": "update", "http_method": "patch",
        "rest_endpoint": endpoint, "content": r#"{"title": "${title}"}"#});
    let function = instance.post("/api/now/table/sys_rest_message_fn", body).await;
    let header = json!({"rest_message_function": function["sys_id"], "name": "X-Ticket", "value": "${id}"});
    instance.post("/api/now/table/sys_rest_message_fn_headers", header).await;
    let script = "var r = new sn_ws.RESTMessageV2('Console', 'update'); r.setStringParameterNoEscape('id', '7'); r.setStringParameter('title', 'a < b');
        return r.execute().getStatusCode();";
    assert_eq!(instance.evaluate(script).await, 200);
    let posted = receiver.next().await;
    let sent = (posted.method.as_str(), posted.path.as_str(), posted.header("x-ticket"), posted.body.as_str());
    assert_eq!(sent, ("PATCH", "/tickets/7", "7", r#"{"title": "a &lt; b"}"#));
    let missing = "try { new sn_ws.RESTMessageV2('Console', 'none'); } catch (e) { return e.message; }";
    let said: Value = instance.evaluate(missing).await;
    assert!(said.as_str().is_some_and(|text| text.contains("none")), "{said}");
}

/// 11.2: A script finds the files of a record, reads them and sends one as the body.
#[tokio::test]
async fn files_are_read_and_sent() {
    let instance = Instance::start().await;
    let mut receiver = Receiver::start().await;
    let made = instance.post("/api/now/table/incident", json!({})).await;
    let id = made["sys_id"].as_str().expect("an id");
    let path = format!("/api/now/attachment/file?table_name=incident&table_sys_id={id}&file_name=a.txt");
    let upload = instance.http.post(instance.url(&path)).basic_auth("admin", Some("admin"));
    let uploaded = upload.header("content-type", "text/plain").body("grüezi").send().await.expect("an answer");
    assert_eq!(uploaded.status(), reqwest::StatusCode::CREATED);
    let script = format!(
        "var file = new GlideRecord('sys_attachment'); file.addQuery('table_sys_id', '{id}'); file.query(); file.next();
         var r = new sn_ws.RESTMessageV2(); r.setEndpoint('{}'); r.setHttpMethod('post'); r.setRequestBodyFromAttachment(file.getUniqueValue()); r.execute();
         return [file.getValue('file_name'), new GlideSysAttachment().getContentBase64(file), new GlideSysAttachment().getContent(file)];",
        receiver.address
    );
    assert_eq!(instance.evaluate(&script).await, json!(["a.txt", "Z3LDvGV6aQ==", "grüezi"]));
    assert_eq!(receiver.next().await.body, "grüezi");
}
