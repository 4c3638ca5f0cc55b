//! The client of an instance: what each answer means, files as they come, the pace, the clock.

use super::support::Practice;
use crate::connectors::servicenow::Instance;
use crate::connectors::{Failure, Urgency};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde_json::json;

const INCIDENTS: [&str; 4] = ["api", "now", "table", "incident"];

async fn incident(practice: &Practice) -> String {
    let body = json!({"short_description": "a printer"});
    let made = practice.instance.call(Method::POST, &INCIDENTS, &[], Some(&body)).await.expect("made");
    made.body["result"]["sys_id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_file_goes_and_comes_in_parts() {
    let practice = Practice::start().await;
    let incident = incident(&practice).await;
    let parts: Vec<Bytes> = (0..40_u8).map(|part| Bytes::from(vec![part; 50_000])).collect();
    let sent = stream::iter(parts.clone()).map(Ok::<_, std::io::Error>);
    let query = [("table_name", "incident"), ("table_sys_id", incident.as_str()), ("file_name", "parts.html")];
    let path = ["api", "now", "attachment", "file"];
    let answer = practice.instance.upload(&path, &query, "text/html", 2_000_000, sent).await.expect("taken");
    assert_eq!(answer.body["result"]["size_bytes"], "2000000");
    let id = answer.body["result"]["sys_id"].as_str().expect("an id");
    let path = ["api", "now", "attachment", id, "file"];
    let file = practice.instance.download(&path).await.expect("answered").expect("a file");
    let came: Vec<Bytes> = file.try_collect().await.expect("whole");
    assert_eq!(came.concat(), parts.concat());
    let path = ["api", "now", "attachment", "0123456789abcdef0123456789abcdef", "file"];
    assert!(practice.instance.download(&path).await.expect("answered").is_none());
    practice.switch(json!({"html_next": 1})).await;
    let path = ["api", "now", "attachment", id, "file"];
    assert!(matches!(practice.instance.download(&path).await.err(), Some(Failure::Transient { .. })));
}

#[tokio::test]
async fn an_upload_that_breaks_off_may_have_happened() {
    let practice = Practice::start().await;
    let incident = incident(&practice).await;
    let broken = stream::iter([Ok(Bytes::from_static(b"half")), Err(std::io::Error::other("the disk"))]);
    let query = [("table_name", "incident"), ("table_sys_id", incident.as_str()), ("file_name", "half.txt")];
    let path = ["api", "now", "attachment", "file"];
    let failure = practice.instance.upload(&path, &query, "text/plain", 8, broken).await.expect_err("broken");
    assert!(matches!(failure, Failure::Unsure { .. }), "{failure:?}");
}

/// The kind of what came of a request.
fn kind<T>(answer: &Result<T, Failure>) -> &'static str {
    match answer {
        Ok(_) => "taken",
        Err(Failure::Transient { .. }) => "transient",
        Err(Failure::Unsure { .. }) => "unsure",
        Err(Failure::Refused { .. }) => "refused",
        Err(Failure::SignedOut { .. }) => "signed out",
        Err(Failure::Forbidden { .. }) => "forbidden",
        Err(Failure::NotAnInstance { .. }) => "not an instance",
        Err(Failure::Moved) => "moved",
    }
}

#[tokio::test]
async fn each_answer_is_its_kind_of_failure() {
    let practice = Practice::start().await;
    let incident = incident(&practice).await;
    let path = ["api", "now", "table", "incident", &incident];
    let status = |status: u16| json!({"kind": "status", "status": status});
    let page = |status: u16| json!({"kind": "status", "status": status, "html": true});
    // The fault, what a read makes of it, and what a write makes of it.
    let table = [
        (json!({"kind": "delay"}), "taken", "taken"),
        (status(500), "transient", "unsure"),
        (status(503), "transient", "unsure"),
        (page(502), "transient", "unsure"),
        (status(408), "transient", "unsure"),
        (status(429), "transient", "transient"),
        (json!({"kind": "rate_limit"}), "transient", "transient"),
        (json!({"kind": "hibernating"}), "transient", "transient"),
        (json!({"kind": "sign_in"}), "not an instance", "not an instance"),
        (page(403), "not an instance", "not an instance"),
        (page(401), "not an instance", "not an instance"),
        (status(302), "not an instance", "not an instance"),
        (json!({"kind": "accepted"}), "transient", "unsure"),
        (json!({"kind": "cut"}), "transient", "unsure"),
        (json!({"kind": "lose_response"}), "taken", "unsure"),
        (json!({"kind": "truncated"}), "transient", "unsure"),
        (status(401), "signed out", "signed out"),
        (status(400), "forbidden", "refused"),
        (status(403), "forbidden", "refused"),
        (page(414), "refused", "refused"),
        (page(413), "refused", "refused"),
        (page(503), "transient", "unsure"),
        (page(504), "transient", "unsure"),
        (page(407), "not an instance", "not an instance"),
        // Gone or hidden, which is for the connector to tell.
        (status(404), "taken", "taken"),
    ];
    for (fault, read, write) in table {
        practice.switch(json!({"faults": [fault]})).await;
        let answer = practice.instance.call(Method::GET, &path, &[], None).await;
        assert_eq!(kind(&answer), read, "reading under {fault}: {answer:?}");
        let body = json!({"short_description": fault.to_string()});
        let answer = practice.instance.call(Method::PATCH, &path, &[], Some(&body)).await;
        assert_eq!(kind(&answer), write, "writing under {fault}: {answer:?}");
    }
}

#[tokio::test]
async fn what_servicenow_says_is_told_with_the_table() {
    let practice = Practice::start().await;
    let incident = incident(&practice).await;
    let call = practice.instance.call(Method::GET, &["api", "now", "table", "no_such_table"], &[], None).await;
    assert!(matches!(&call, Err(Failure::Forbidden { why }) if why.contains("table no_such_table (400)")), "{call:?}");
    let path = ["api", "now", "table", "incident", &incident];
    let call = practice.instance.call(Method::PATCH, &path, &[], Some(&json!({"state": "6"}))).await;
    assert!(matches!(&call, Err(Failure::Refused { why }) if why.contains("Resolution code")), "{call:?}");
    // Too long an address is not sent at all.
    let query = format!("user_nameIN{}", "somebody,".repeat(2_000));
    let call = practice.instance.call(Method::GET, &INCIDENTS, &[("sysparm_query", &query)], None).await;
    assert!(matches!(&call, Err(Failure::Refused { why }) if why.contains("table incident")), "{call:?}");
    practice.switch(json!({"faults": [{"kind": "status", "status": 413, "html": true}]})).await;
    let call = practice.instance.call(Method::PATCH, &path, &[], Some(&json!({"description": "long"}))).await;
    assert!(
        matches!(&call, Err(Failure::Refused { why }) if why.contains("too large") && why.contains("10485760") && why.contains("incident")),
        "{call:?}"
    );
    practice.switch(json!({"faults": []})).await;
    assert!(practice.instance.call(Method::DELETE, &path, &[], None).await.is_ok(), "204 without a body");
}

#[tokio::test]
async fn bulk_work_leaves_a_rules_reserve_to_live_edits() {
    let practice = Practice::start().await;
    let rule = json!({"name": "few", "api": "Table API", "request_limit": "50", "active": "true", "apply_to": "all"});
    practice.ask(Method::POST, "/api/now/table/sys_rate_limit_rules", Some(rule)).await;
    let bulk = practice.instance.with_urgency(Urgency::Bulk);
    let ask = async |instance: &Instance| instance.call(Method::GET, &INCIDENTS, &[("sysparm_limit", "1")], None).await;
    let mut sent = 0;
    let put_off = loop {
        match ask(&bulk).await {
            Ok(_) => sent += 1,
            Err(failure) => break failure,
        }
        assert!(sent <= 40, "bulk work is put off");
    };
    assert!(matches!(put_off, Failure::Transient { retry_after_ms: Some(1..=3_600_000), .. }), "{put_off:?}");
    for edit in 0..10 {
        let answer = ask(&practice.instance).await;
        assert!(answer.is_ok(), "edit {edit}: {answer:?}");
    }
    assert_eq!(kind(&ask(&bulk).await), "transient");
    practice.clock.turn(3_600_000);
    assert_eq!(kind(&ask(&bulk).await), "taken", "the next hour is free");
}

#[tokio::test]
async fn a_refusal_closes_until_the_moment_that_it_names() {
    let practice = Practice::start().await;
    practice.switch(json!({"rate_limit_next": 1, "retry_after": 1200})).await;
    let ask = async || practice.instance.call(Method::GET, &INCIDENTS, &[("sysparm_limit", "1")], None).await;
    let wait = Some(1_200_000);
    assert!(matches!(ask().await, Err(Failure::Transient { retry_after_ms, .. }) if retry_after_ms == wait));
    // The second is not sent at all.
    assert!(matches!(ask().await, Err(Failure::Transient { retry_after_ms, .. }) if retry_after_ms == wait));
    practice.clock.turn(1_200_000);
    assert_eq!(kind(&ask().await), "taken");
}

#[tokio::test]
async fn the_instances_clock_is_measured() {
    let practice = Practice::start().await;
    practice.switch(json!({"clock_skew_seconds": 900})).await;
    for _ in 0..3 {
        incident(&practice).await;
    }
    let ahead = practice.instance.skew_ms();
    assert!((890_000..920_000).contains(&ahead), "{ahead}");
    assert_eq!(practice.instance.with_urgency(Urgency::Bulk).skew_ms(), ahead, "clones know the same");
}
