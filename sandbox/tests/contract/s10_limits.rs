//! Contract section 10: rate rules, semaphores, sessions that take turns, quotas.

use crate::support::{BETH, Hand, Instance};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const INCIDENTS: &str = "/api/now/table/incident?sysparm_limit=1";

async fn call_as(instance: &Instance, user: &str, path: &str) -> Response {
    let request = instance.http.get(instance.url(path)).basic_auth(user, Some(user));
    request.send().await.expect("an answer")
}

async fn call(instance: &Instance) -> Response {
    call_as(instance, "itil", INCIDENTS).await
}

async fn rule(instance: &Instance, values: Value) -> Value {
    let mut rule = json!({"name": "Rule", "api": "Table API", "request_limit": "2"});
    for (name, value) in values.as_object().expect("an object") {
        rule[name] = value.clone();
    }
    instance.post("/api/now/table/sys_rate_limit_rules", rule).await
}

fn number(response: &Response, name: &str) -> Option<i64> {
    response.headers().get(name)?.to_str().ok()?.parse().ok()
}

/// 10: No rule, no headers.
#[tokio::test]
async fn without_a_rule_there_are_no_headers() {
    let instance = Instance::start().await;
    let answer = call(&instance).await;
    assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("x-ratelimit")));
}

/// 10: Under a rule every response says the limit, the reset in Unix seconds and the rule, and nothing of what remains.
#[tokio::test]
async fn a_rules_headers() {
    let (instance, hand) = Instance::start_with_clock().await;
    let rule = rule(&instance, json!({})).await;
    hand.turn(600);
    for status in [StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        let answer = call(&instance).await;
        assert_eq!(answer.status(), status);
        assert_eq!(number(&answer, "x-ratelimit-limit"), Some(2));
        assert_eq!(number(&answer, "x-ratelimit-reset"), Some(Hand::BEGIN + 3_600));
        assert_eq!(answer.headers()["x-ratelimit-rule"], rule["sys_id"].as_str().expect("an id"));
        assert!(!answer.headers().contains_key("x-ratelimit-remaining"));
    }
}

/// 10: One request too many gets 429 with `Retry-After` and a body that names limit and API; the next hour is free again.
#[tokio::test]
async fn one_too_many() {
    let (instance, hand) = Instance::start_with_clock().await;
    rule(&instance, json!({})).await;
    hand.turn(3_000);
    call(&instance).await;
    call(&instance).await;
    let refused = call(&instance).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(number(&refused, "retry-after"), Some(600));
    let body: Value = refused.json().await.expect("JSON");
    let detail = "Rate limit of 2 requests per hour for Table API exceeded";
    assert_eq!(body, json!({"error": {"message": "Rate limit exceeded", "detail": detail}, "status": "failure"}));
    hand.turn(600);
    assert_eq!(call(&instance).await.status(), StatusCode::OK);
}

/// 10: A limit may bite late, because counts are put together only now and then.
#[tokio::test]
async fn a_limit_bites_late() {
    let instance = Instance::start().await;
    rule(&instance, json!({"request_limit": "1"})).await;
    instance.switch(json!({"rate_limit_overshoot": 1})).await;
    for status in [StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(call(&instance).await.status(), status);
    }
}

/// 10: Limits count per user.
#[tokio::test]
async fn each_user_has_an_own_count() {
    let instance = Instance::start().await;
    rule(&instance, json!({"request_limit": "1"})).await;
    assert_eq!(call(&instance).await.status(), StatusCode::OK);
    assert_eq!(call(&instance).await.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(call_as(&instance, "beth.anglin", INCIDENTS).await.status(), StatusCode::OK);
}

/// 10: A rule for one user comes before those for roles, of which the lowest counts, and those before one for all.
#[tokio::test]
async fn the_closest_rule_counts() {
    let instance = Instance::start().await;
    let role = instance.get("/api/now/table/sys_user_role?name=itil").await;
    let role = &role[0]["sys_id"];
    rule(&instance, json!({"request_limit": "1000"})).await;
    rule(&instance, json!({"request_limit": "2000", "apply_to": "role", "role": role})).await;
    rule(&instance, json!({"request_limit": "1500", "apply_to": "role", "role": role})).await;
    rule(&instance, json!({"request_limit": "3000", "apply_to": "user", "user": BETH})).await;
    let limit = async |user| number(&call_as(&instance, user, INCIDENTS).await, "x-ratelimit-limit");
    assert_eq!(limit("beth.anglin").await, Some(3_000));
    assert_eq!(limit("itil").await, Some(1_500));
    assert_eq!(limit("employee").await, Some(1_000));
}

/// 10: A rule is about one API, and may be about one table, method or version of it.
#[tokio::test]
async fn a_rule_has_its_place() {
    let instance = Instance::start().await;
    rule(&instance, json!({"table": "sys_user", "http_method": "GET", "version": "v2"})).await;
    let is_limited = async |path| call_as(&instance, "itil", path).await.headers().contains_key("x-ratelimit-limit");
    assert!(is_limited("/api/now/v2/table/sys_user?sysparm_limit=1").await);
    assert!(!is_limited("/api/now/v2/table/incident?sysparm_limit=1").await);
    assert!(!is_limited("/api/now/v1/table/sys_user?sysparm_limit=1").await);
    assert!(!is_limited("/api/now/v2/stats/sys_user?sysparm_count=true").await);
}

/// 10: An inactive rule does nothing; changing the limit begins the count anew.
#[tokio::test]
async fn rules_are_changed_while_it_runs() {
    let instance = Instance::start().await;
    let rule = rule(&instance, json!({"request_limit": "1"})).await;
    let path = format!("/api/now/table/sys_rate_limit_rules/{}", rule["sys_id"].as_str().expect("an id"));
    call(&instance).await;
    assert_eq!(call(&instance).await.status(), StatusCode::TOO_MANY_REQUESTS);
    instance.patch(&path, json!({"request_limit": "5"})).await;
    assert_eq!(call(&instance).await.status(), StatusCode::OK);
    instance.switch(json!({"session_cookies": false})).await;
    let off =
        instance.http.patch(instance.url(&path)).basic_auth("admin", Some("admin")).json(&json!({"active": "false"}));
    assert_eq!(off.send().await.expect("an answer").status(), StatusCode::OK);
    assert!(!call(&instance).await.headers().contains_key("x-ratelimit-limit"));
}

/// 10: Counts and violations are kept as records, committed every 30 seconds.
#[tokio::test]
async fn counts_are_records() {
    let (instance, hand) = Instance::start_with_clock().await;
    rule(&instance, json!({"table": "incident"})).await;
    let counts = async || instance.get("/api/now/table/sys_rate_limit_count").await;
    call(&instance).await;
    assert_eq!(counts().await[0]["count"], "1");
    call(&instance).await;
    assert_eq!(counts().await[0]["count"], "1", "not committed yet");
    hand.turn(30);
    call(&instance).await;
    assert_eq!(counts().await[0]["count"], "3");
    assert_eq!(instance.get("/api/now/table/sys_rate_limit_violation").await[0]["violations"], "1");
}

/// Calls that are all under way together.
fn begin(instance: &Instance, calls: usize, cookie: &str) -> JoinSet<StatusCode> {
    let mut begun = JoinSet::new();
    for _ in 0..calls {
        let call = instance.http.get(instance.url(INCIDENTS)).basic_auth("itil", Some("itil"));
        let call = call.header(header::COOKIE, cookie).send();
        begun.spawn(async { call.await.expect("an answer").status() });
    }
    begun
}

/// The first of them to be answered.
async fn first(begun: &mut JoinSet<StatusCode>, count: usize) -> Vec<StatusCode> {
    let mut statuses = Vec::new();
    while statuses.len() < count
        && let Some(status) = begun.join_next().await
    {
        statuses.push(status.expect("no panic"));
    }
    statuses
}

const MINUTE: u64 = 60_000;

/// 10: With all threads of the pool busy and its queue full, a call gets 429 at once; those in the queue get their turn.
#[tokio::test]
async fn a_full_pool() {
    let instance = Instance::start().await;
    instance.switch(json!({"api_threads": 1, "api_queue": 2, "hold_ms": MINUTE})).await;
    let mut begun = begin(&instance, 6, "");
    assert_eq!(first(&mut begun, 3).await, [StatusCode::TOO_MANY_REQUESTS; 3]);
    let refused = call(&instance).await;
    assert!(refused.headers().keys().all(|name| !name.as_str().starts_with("x-ratelimit") && name != "retry-after"));
    instance.switch(json!({"hold_ms": 0})).await;
    assert_eq!(first(&mut begun, 3).await, [StatusCode::OK; 3]);
}

/// 10: Calls of one session take turns; while ten wait, the next is answered 202 and dropped. Without the cookie nobody waits.
#[tokio::test]
async fn calls_of_one_session_take_turns() {
    let instance = Instance::start().await;
    let answer = call(&instance).await;
    let cookie = answer.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
    instance.switch(json!({"hold_ms": MINUTE})).await;
    let mut begun = begin(&instance, 15, &cookie);
    assert_eq!(first(&mut begun, 3).await, [StatusCode::ACCEPTED; 3]);
    instance.switch(json!({"hold_ms": 0})).await;
    assert_eq!(first(&mut begun, 12).await, [StatusCode::OK; 12]);
    instance.switch(json!({"hold_ms": 1})).await;
    assert_eq!(first(&mut begin(&instance, 15, ""), 15).await, [StatusCode::OK; 15]);
}

/// 10: A call that takes longer than its quota gets 200 and JSON that breaks off, or an error; a write is not done.
#[tokio::test]
async fn quotas() {
    let instance = Instance::start().await;
    let cancelled = "Transaction cancelled: maximum execution time exceeded";
    for (answer, status) in [("truncated", StatusCode::OK), ("error", StatusCode::INTERNAL_SERVER_ERROR)] {
        instance.switch(json!({"delay_ms": 20, "quota_ms": 10, "quota_answer": answer})).await;
        let read = call(&instance).await;
        assert_eq!(read.status(), status);
        assert!(read.text().await.expect("text").contains(cancelled));
        let write = instance.http.post(instance.url("/api/now/table/incident")).basic_auth("itil", Some("itil"));
        let write = write.json(&json!({"short_description": "cancelled"})).send().await.expect("an answer");
        assert!(write.text().await.expect("text").contains(cancelled));
    }
    instance.switch(json!({"delay_ms": 0, "quota_ms": null})).await;
    let counted = instance.get("/api/now/stats/incident?sysparm_count=true&short_description=cancelled").await;
    assert_eq!(counted["stats"]["count"], "0");
}
