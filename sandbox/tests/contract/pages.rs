//! The agent's and the administrator's pages, as a browser without script uses them.

use crate::support::{Instance, JOE};
use reqwest::{Response, StatusCode, header};
use serde_json::json;

async fn open(instance: &Instance, cookie: &str, path: &str) -> String {
    let response = instance.http.get(instance.url(path)).header(header::COOKIE, cookie).send().await;
    let response = response.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.expect("text")
}

async fn submit(instance: &Instance, cookie: &str, path: &str, form: &[(&str, &str)]) -> Response {
    let request = instance.http.post(instance.url(path)).header(header::COOKIE, cookie).form(form);
    request.send().await.expect("an answer")
}

#[tokio::test]
async fn an_agent_opens_comments_and_resolves() {
    let instance = Instance::start().await;
    let cookie = instance.sign_in("itil").await;
    let list = open(&instance, &cookie, "/incident_list.do?text=storage").await;
    assert!(list.contains("INC0000049") && !list.contains("INC0007001"));
    let blank = open(&instance, &cookie, "/incident.do?sys_id=-1").await;
    for label in [
        "Caller",
        "Category",
        "Short description",
        "Description",
        "State",
        "On hold reason",
        "Assigned to",
        "Due date",
        "Resolution code",
        "Resolution notes",
        "Additional comments",
        "Work notes",
    ] {
        assert!(blank.contains(&format!(">{label}</label>")), "{label}");
    }
    let form = [
        ("sys_id", "-1"),
        ("action", "save"),
        ("short_description", "<b>bold</b>"),
        ("caller_id", JOE),
        ("impact", "1"),
    ];
    let made = submit(&instance, &cookie, "/incident.do", &form).await;
    assert_eq!(made.status(), StatusCode::SEE_OTHER);
    let path = made.headers()["location"].to_str().expect("text").to_owned();
    let page = open(&instance, &cookie, &path).await;
    assert!(page.contains("&lt;b&gt;bold&lt;/b&gt;") && page.contains("3 - Moderate"));
    let id = path.rsplit('=').next().expect("an id");
    let shown = json!({"impact": "1", "urgency": "3"}).to_string();
    // Another party changes a field while the form is open; what the agent did not touch stays.
    instance.patch(&format!("/api/now/table/incident/{id}"), json!({"impact": "2"})).await;
    let post = [
        ("sys_id", id),
        ("action", "save"),
        ("impact", "1"),
        ("urgency", "3"),
        ("shown", &shown),
        ("comments", "one\r\ntwo"),
    ];
    assert_eq!(submit(&instance, &cookie, "/incident.do", &post).await.status(), StatusCode::SEE_OTHER);
    let record = instance.get(&format!("/api/now/table/incident/{id}")).await;
    assert_eq!(record["impact"], "2");
    assert!(open(&instance, &cookie, &path).await.contains("one\ntwo"));
    let resolve = [("sys_id", id), ("action", "resolve"), ("close_notes", "kept text"), ("work_notes", "kept note")];
    let refused = submit(&instance, &cookie, "/incident.do", &resolve).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let text = refused.text().await.expect("text");
    assert!(text.contains("The following fields are mandatory: Resolution code"));
    assert!(text.contains("kept text") && text.contains("kept note"), "what was typed stays");
}

#[tokio::test]
async fn an_administrator_registers_a_client_and_turns_a_rule_off() {
    let instance = Instance::start().await;
    let cookie = instance.sign_in("admin").await;
    let form = [("name", "Console"), ("redirect_url", "https://console.example/callback\nhttp://localhost:3000/x")];
    let page = submit(&instance, &cookie, "/oauth_entity_list.do", &form).await.text().await.expect("text");
    assert!(page.contains("id=\"client_id\"") && page.contains("id=\"client_secret\""));
    let rule = json!({"name": "Rule", "collection": "incident", "script": "1"});
    let rule = instance.post("/api/now/table/sys_script", rule).await;
    let id = rule["sys_id"].as_str().expect("an id");
    assert!(open(&instance, &cookie, "/sys_script_list.do").await.contains(">Rule</a>"));
    let shown = json!({"active": "true"}).to_string();
    let off = [("sys_id", id), ("action", "save"), ("active", "false"), ("shown", &shown)];
    assert_eq!(submit(&instance, &cookie, "/sys_script.do", &off).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(instance.get(&format!("/api/now/table/sys_script/{id}")).await["active"], "false");
    let agent = instance.sign_in("itil").await;
    let refused = instance.http.get(instance.url("/sys_script_list.do")).header(header::COOKIE, agent).send().await;
    assert_eq!(refused.expect("an answer").status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn forms_from_elsewhere_are_refused() {
    let instance = Instance::start().await;
    let cookie = instance.sign_in("admin").await;
    let request = instance.http.post(instance.url("/incident.do")).header(header::COOKIE, cookie);
    let request = request.header("sec-fetch-site", "cross-site").header("origin", "https://attacker.example");
    let response = request.form(&[("sys_id", "-1"), ("action", "save")]).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let form = [("user_name", "admin"), ("user_password", "admin"), ("uri", "//attacker.example")];
    let response = instance.http.post(instance.url("/login.do")).form(&form).send().await.expect("an answer");
    assert_eq!(response.headers()["location"], "/incident_list.do");
}
