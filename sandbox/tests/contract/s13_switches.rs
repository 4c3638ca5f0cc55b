//! Contract section 13: what differs between instances, and what goes wrong, can be turned on by request.

use crate::support::Instance;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

const INCIDENTS: &str = "/api/now/table/incident";

async fn call(instance: &Instance, method: Method, path: &str) -> Result<Response, reqwest::Error> {
    instance.http.request(method, instance.url(path)).basic_auth("admin", Some("admin")).send().await
}

async fn status(instance: &Instance, path: &str) -> StatusCode {
    call(instance, Method::GET, path).await.expect("an answer").status()
}

async fn switches(instance: &Instance, path: &str) -> Value {
    instance.call_as("admin", Method::GET, path, None).await.json().await.expect("JSON")
}

/// 13: Every switch says in words what it means, what it is at first and what it is now.
#[tokio::test]
async fn switches_describe_themselves() {
    let instance = Instance::start().await;
    instance.switch(json!({"delay_ms": 1})).await;
    let described = switches(&instance, "/sandbox/switches/description").await;
    let described = described.as_array().expect("a list");
    let one = |name: &str| described.iter().find(|switch| switch["name"] == name).expect("a switch");
    assert_eq!((&one("delay_ms")["default"], &one("delay_ms")["value"]), (&json!(0), &json!(1)));
    assert_eq!(one("html_next")["section"], "12.10");
    assert_eq!(one("invalid_query")["offered"], json!(["ignore", "no_rows", "refuse"]));
    for switch in described {
        let meaning = switch["meaning"].as_str().expect("text");
        assert!(meaning.len() > 20 && !meaning.contains("(contract"), "{switch}");
        assert!(switch["section"].as_str().is_some_and(|section| !section.is_empty()), "{switch}");
    }
}

/// 13: Switches are the administrator's; a set with a name that is not known changes nothing.
#[tokio::test]
async fn only_an_administrator_turns_what_is_there() {
    let instance = Instance::start().await;
    let refused = instance.call_as("itil", Method::PUT, "/sandbox/switches", Some(json!({"html_next": 1}))).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let body = json!({"html_next": 1, "no_such_switch": true});
    let unknown = instance.call_as("admin", Method::PUT, "/sandbox/switches", Some(body)).await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    assert_eq!(switches(&instance, "/sandbox/switches").await["html_next"], 0);
}

/// 13: Resetting puts every switch back.
#[tokio::test]
async fn reset_puts_everything_back() {
    let instance = Instance::start().await;
    let at_first = switches(&instance, "/sandbox/switches").await;
    instance.switch(json!({"html_next": 3, "zboot": true, "faults": [{"kind": "cut"}]})).await;
    instance.call_as("admin", Method::DELETE, "/sandbox/switches", None).await;
    assert_eq!(switches(&instance, "/sandbox/switches").await, at_first);
}

/// 13: A fault meets only the calls of its method and path, so many of them, after letting some pass.
#[tokio::test]
async fn faults_have_a_place_and_a_measure() {
    let instance = Instance::start().await;
    let fault = json!({"kind": "status", "status": 502, "path": INCIDENTS, "method": "GET", "skip": 1, "count": 2});
    instance.switch(json!({"faults": [fault]})).await;
    assert_eq!(status(&instance, "/api/now/table/sys_user?sysparm_limit=1").await, StatusCode::OK);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(status(&instance, INCIDENTS).await.as_u16());
    }
    assert_eq!(seen, [200, 502, 502, 200]);
    assert_eq!(switches(&instance, "/sandbox/served").await["status"], 2);
}

/// 13: Random faults are drawn from a seed: the same calls fail each time.
#[tokio::test]
async fn random_faults_repeat() {
    let instance = Instance::start().await;
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        instance.switch(json!({"faults": [{"kind": "status", "share": 0.5, "seed": seed}]})).await;
        let mut run = Vec::new();
        for _ in 0..24 {
            run.push(status(&instance, "/api/now/table/sys_user_role").await.is_success());
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    assert!(runs[0].contains(&true) && runs[0].contains(&false));
}

/// 13: A failing gateway answers in HTML or with the error envelope, as asked.
#[tokio::test]
async fn failures_with_and_without_html() {
    let instance = Instance::start().await;
    for (html, kind) in [(true, "text/html"), (false, "application/json")] {
        instance.switch(json!({"fail_next": {"status": 503, "count": 1, "html": html}})).await;
        let answer = call(&instance, Method::GET, INCIDENTS).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers()["content-type"].to_str().expect("text").starts_with(kind));
    }
}

/// 12.10: A hibernating instance and a single sign-on page answer with HTML and status 200.
#[tokio::test]
async fn pages_instead_of_data() {
    let instance = Instance::start().await;
    for (kind, title) in [("hibernating", "Instance Hibernating page"), ("sign_in", "Sign in to your account")] {
        instance.switch(json!({"faults": [{"kind": kind, "count": 1}]})).await;
        let answer = call(&instance, Method::GET, INCIDENTS).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers()["content-type"].to_str().expect("text").starts_with("text/html"));
        assert!(answer.text().await.expect("text").contains(title));
    }
}

/// 12.17: A response lost after the write leaves the write done; a connection cut before leaves nothing.
#[tokio::test]
async fn lost_responses_and_cut_connections() {
    let instance = Instance::start().await;
    for (kind, done) in [("lose_response", "1"), ("cut", "0")] {
        instance.switch(json!({"faults": [{"kind": kind, "method": "POST", "count": 1}]})).await;
        let write = instance.http.post(instance.url(INCIDENTS)).basic_auth("admin", Some("admin"));
        let sent = write.json(&json!({"short_description": kind})).send().await;
        assert!(match sent {
            Ok(answer) => answer.bytes().await.is_err(),
            Err(_) => true,
        });
        let counted =
            instance.get(&format!("/api/now/stats/incident?sysparm_count=true&short_description={kind}")).await;
        assert_eq!(counted["stats"]["count"], done, "{kind}");
    }
}

/// 2.7: A cancelled transaction can answer 200 with JSON that breaks off and says so.
#[tokio::test]
async fn truncated_answers() {
    let instance = Instance::start().await;
    instance.switch(json!({"faults": [{"kind": "truncated", "count": 1}]})).await;
    let answer = call(&instance, Method::GET, INCIDENTS).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let text = answer.text().await.expect("text");
    assert!(
        text.starts_with("{\"result\":[") && text.contains("Transaction cancelled: maximum execution time exceeded")
    );
    assert!(serde_json::from_str::<Value>(&text).is_err());
}

/// 10: A dropped request is answered 202 and does nothing.
#[tokio::test]
async fn accepted_and_dropped() {
    let instance = Instance::start().await;
    instance.switch(json!({"faults": [{"kind": "accepted", "method": "POST", "count": 1}]})).await;
    let made = instance.call_as("admin", Method::POST, INCIDENTS, Some(json!({"short_description": "dropped"}))).await;
    assert_eq!(made.status(), StatusCode::ACCEPTED);
    let counted = instance.get("/api/now/stats/incident?sysparm_count=true&short_description=dropped").await;
    assert_eq!(counted["stats"]["count"], "0");
}

/// 13: The instance's clock can differ from the caller's.
#[tokio::test]
async fn the_clock_can_be_off() {
    let instance = Instance::start().await;
    let before = instance.post(INCIDENTS, json!({})).await;
    instance.switch(json!({"clock_skew_seconds": -86_400})).await;
    let after = instance.post(INCIDENTS, json!({})).await;
    let (before, after) = (before["sys_created_on"].as_str(), after["sys_created_on"].as_str());
    assert!(after < before, "{after:?} {before:?}");
    let answer = instance.call_as("admin", Method::GET, INCIDENTS, None).await;
    let date = answer.headers()["date"].to_str().expect("text");
    let date = jiff::fmt::rfc2822::parse(date).expect("a date").strftime("%Y-%m-%d %H:%M:%S").to_string();
    assert!(Some(date.as_str()) < before, "{date} {before:?}");
}

/// 12.5: An edit without workflow and stamps changes the record and nothing that a cursor sees; with them it is ordinary.
#[tokio::test]
async fn quiet_edits() {
    let instance = Instance::start().await;
    let made = instance.post(INCIDENTS, json!({"short_description": "loud"})).await;
    let path = format!("{INCIDENTS}/{}", made["sys_id"].as_str().expect("an id"));
    let edit = async |body: Value| {
        let mut all = json!({"table": "incident", "sys_id": made["sys_id"]});
        all.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
        instance.call_as("admin", Method::POST, "/sandbox/quiet-edit", Some(all)).await.status()
    };
    assert_eq!(edit(json!({"values": {"short_description": "quiet"}})).await, StatusCode::OK);
    let quiet = instance.get(&path).await;
    assert_eq!(quiet["short_description"], "quiet");
    for stamp in ["sys_updated_on", "sys_mod_count", "sys_updated_by"] {
        assert_eq!(quiet[stamp], made[stamp], "{stamp}");
    }
    let body = json!({"values": {"short_description": "loud again"}, "workflow": true, "auto_sys_fields": true});
    assert_eq!(edit(body).await, StatusCode::OK);
    assert_eq!(instance.get(&path).await["sys_mod_count"], "1");
    assert_eq!(edit(json!({"values": {}, "no_such_part": 1})).await, StatusCode::BAD_REQUEST);
}

/// 12.15: Records of another domain are missing from lists and 404 by their sys_id; a role and a parameter show them in lists.
#[tokio::test]
async fn records_of_another_domain() {
    let instance = Instance::start().await;
    let made = instance.post(INCIDENTS, json!({"short_description": "elsewhere"})).await;
    let body = json!({"table": "incident", "sys_id": made["sys_id"], "values": {"sys_domain": "another"}});
    instance.call_as("admin", Method::POST, "/sandbox/quiet-edit", Some(body)).await;
    let list = format!("{INCIDENTS}?sysparm_query=short_description=elsewhere");
    let path = format!("{INCIDENTS}/{}", made["sys_id"].as_str().expect("an id"));
    assert_eq!(instance.get(&list).await.as_array().map(Vec::len), Some(1));
    instance.switch(json!({"hidden_domain": "another"})).await;
    assert_eq!(instance.get(&list).await, json!([]));
    assert_eq!(status(&instance, &path).await, StatusCode::NOT_FOUND);
    let patched = instance.call_as("admin", Method::PATCH, &path, Some(json!({"urgency": "1"}))).await;
    assert_eq!(patched.status(), StatusCode::NOT_FOUND);
    let all = format!("{list}&sysparm_query_no_domain=true");
    assert_eq!(instance.get(&all).await.as_array().map(Vec::len), Some(1));
    let agent = instance.call_as("itil", Method::GET, &all, None).await;
    assert_eq!(agent.json::<Value>().await.expect("JSON")["result"], json!([]));
}
