//! Contract section 2.2: short names for long addresses.

use crate::support::{Instance, result};
use reqwest::{Method, StatusCode};
use serde_json::json;

/// 2.2: A long address gets a short name at tinyurl, and sysparm_tiny stands for its parameters.
#[tokio::test]
async fn tiny_urls() {
    let instance = Instance::start().await;
    let long = "incident_list.do?sysparm_query=numberININC0000049,INC0007001^ORDERBYnumber&sysparm_fields=number&sysparm_limit=1";
    let made = instance.call_as("itil", Method::POST, "/api/now/tinyurl", Some(json!({"url": long}))).await;
    assert_eq!(made.status(), StatusCode::OK);
    let short = result(made).await;
    let tiny = short.as_str().and_then(|url| url.strip_prefix("incident_list.do?")).expect("the same page").to_owned();
    assert!(tiny.starts_with("sysparm_tiny=") && tiny.len() == 45, "{tiny}");
    assert_eq!(instance.get(&format!("/api/now/table/incident?{tiny}")).await, json!([{"number": "INC0000049"}]));
    let next = instance.get(&format!("/api/now/table/incident?{tiny}&sysparm_offset=1")).await;
    assert_eq!(next, json!([{"number": "INC0007001"}]));
}

/// 2.2: Page links repeat the short name, not the long parameters.
#[tokio::test]
async fn page_links_stay_short() {
    let instance = Instance::start().await;
    let long = json!({"url": "incident_list.do?sysparm_query=active=true"});
    let short = instance.call_as("itil", Method::POST, "/api/now/tinyurl", Some(long)).await;
    let short = result(short).await;
    let tiny = short.as_str().and_then(|url| url.split_once('?')).expect("a parameter").1.to_owned();
    let path = format!("/api/now/table/incident?{tiny}&sysparm_limit=1");
    let page = instance.call_as("itil", Method::GET, &path, None).await;
    let links = page.headers()["link"].to_str().expect("text");
    assert!(links.contains(&tiny) && !links.contains("sysparm_query"), "{links}");
}

/// 2.2: An address without a url to shorten is 400, and a name that nobody gave stands for nothing.
#[tokio::test]
async fn unknown_names() {
    let instance = Instance::start().await;
    let refused = instance.call_as("itil", Method::POST, "/api/now/tinyurl", Some(json!({}))).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let all =
        instance.call_as("itil", Method::GET, "/api/now/table/incident?sysparm_tiny=none&sysparm_limit=1", None).await;
    assert_eq!(all.status(), StatusCode::OK);
}
