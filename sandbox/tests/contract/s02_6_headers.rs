//! Contract section 2.6: the headers of answers.

use crate::support::{Instance, result};
use reqwest::{Method, Response, StatusCode, header};
use serde_json::json;

const PAGE: &str = "/api/now/table/incident?sysparm_query=ORDERBYnumber&sysparm_limit=8&sysparm_offset=";

async fn page(instance: &Instance, offset: &str) -> Response {
    instance.call_as("admin", Method::GET, &format!("{PAGE}{offset}"), None).await
}

fn links(instance: &Instance, pages: &[(&str, u8)]) -> String {
    let link = |&(relation, offset): &(&str, u8)| format!("<{}{offset}>;rel=\"{relation}\"", instance.url(PAGE));
    pages.iter().map(link).collect::<Vec<_>>().join(",")
}

/// 2.6: `X-Total-Count` is what matches, however small the page.
#[tokio::test]
async fn the_total_is_counted() {
    let instance = Instance::start().await;
    let response = page(&instance, "0").await;
    assert_eq!(response.headers()["x-total-count"], "150");
    assert_eq!(result(response).await.as_array().map(Vec::len), Some(8));
}

/// 2.6: `Link` is one header joined by commas alone, with `prev` and `next` only where there is such a page.
#[tokio::test]
async fn pages_are_linked() {
    let instance = Instance::start().await;
    let first = page(&instance, "0").await;
    assert_eq!(first.headers()[header::LINK], links(&instance, &[("first", 0), ("next", 8), ("last", 144)]).as_str());
    let middle = page(&instance, "8").await;
    let expected = links(&instance, &[("first", 0), ("prev", 0), ("next", 16), ("last", 144)]);
    assert_eq!(middle.headers()[header::LINK], expected.as_str());
    let last = page(&instance, "144").await;
    assert_eq!(last.headers()[header::LINK], links(&instance, &[("first", 0), ("prev", 136), ("last", 144)]).as_str());
}

/// 2.6: A single page has no `Link`.
#[tokio::test]
async fn a_single_page_has_no_links() {
    let instance = Instance::start().await;
    let response = instance.call_as("admin", Method::GET, "/api/now/table/incident?sysparm_limit=150", None).await;
    assert!(response.headers().get(header::LINK).is_none());
}

/// 2.6: The type is JSON in UTF-8, the server says who it is, and every answer has a transaction's id.
#[tokio::test]
async fn answers_carry_the_platforms_headers() {
    let instance = Instance::start().await;
    let response = page(&instance, "0").await;
    let headers = response.headers();
    assert_eq!(headers[header::CONTENT_TYPE], "application/json;charset=UTF-8");
    assert_eq!(headers[header::SERVER], "ServiceNow");
    assert_eq!(headers["x-is-logged-in"], "true");
    assert_eq!(headers["x-transaction-id"].len(), 12);
    assert_eq!(headers[header::CACHE_CONTROL], "no-cache,no-store,must-revalidate,max-age=-1");
    assert_eq!(headers[header::PRAGMA], "no-store,no-cache");
    let other = page(&instance, "0").await;
    assert_ne!(other.headers()["x-transaction-id"], headers["x-transaction-id"]);
    let stranger = instance.http.get(instance.url(PAGE)).send().await.expect("an answer");
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(stranger.headers()["x-is-logged-in"], "false");
}

/// 2.6: `Location` of a new record repeats the version of the call.
#[tokio::test]
async fn the_location_repeats_the_version() {
    let instance = Instance::start().await;
    let made = instance.call_as("admin", Method::POST, "/api/now/v2/table/incident", Some(json!({}))).await;
    let place = made.headers()[header::LOCATION].to_str().expect("text").to_owned();
    let id = result(made).await["sys_id"].as_str().expect("an id").to_owned();
    assert_eq!(place, instance.url(&format!("/api/now/v2/table/incident/{id}")));
}
