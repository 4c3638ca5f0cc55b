//! The client of an instance: what each answer means, files as they come.

use super::support::Practice;
use crate::connectors::Failure;
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
