//! Contract section 2.2: the parameters of a list.

use crate::support::{Instance, numbers, result};
use reqwest::{Method, StatusCode, header};
use serde_json::json;

const TABLE: &str = "/api/now/table/incident";

/// 2.2: A `name=value` pair filters, by label or name too, and does not count beside `sysparm_query`.
#[tokio::test]
async fn pairs_filter_by_label_and_name() {
    let instance = Instance::start().await;
    let body = json!({"state": "3", "caller_id": "David Miller", "short_description": "pairs"});
    let made = instance.post(TABLE, body).await;
    let number = made["number"].as_str().expect("a number");
    let path = format!("{TABLE}?state=on%20hold&caller_id=David%20Miller&short_description=pairs");
    assert_eq!(numbers(&instance.get(&path).await), [number]);
    let by_value = format!("{TABLE}?state=3&short_description=pairs");
    assert_eq!(numbers(&instance.get(&by_value).await), [number]);
    let both = format!("{TABLE}?sysparm_query=number={number}&state=1");
    assert_eq!(numbers(&instance.get(&both).await), [number]);
}

/// 2.2: `sysparm_fields` is a list whose unknown names are ignored; without it all fields come.
#[tokio::test]
async fn fields_can_be_chosen() {
    let instance = Instance::start().await;
    let list = instance.get(&format!("{TABLE}?sysparm_limit=1&sysparm_fields=number,%20nonsense,,state")).await;
    let record = list[0].as_object().expect("an object");
    assert_eq!(record.keys().collect::<Vec<_>>(), ["number", "state"]);
    let whole = instance.get(&format!("{TABLE}?sysparm_limit=1&sysparm_fields=")).await;
    assert!(whole[0].as_object().expect("an object").len() > 60);
}

/// 2.2: `sysparm_limit` and `sysparm_offset` cut the list; what is no number, or below none, is as if not given.
#[tokio::test]
async fn limits_and_offsets() {
    let instance = Instance::start().await;
    let list = async |parameters: &str| {
        let path = format!("{TABLE}?sysparm_query=ORDERBYnumber&sysparm_fields=number&{parameters}");
        let list = instance.get(&path).await;
        numbers(&list).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = list("").await;
    assert_eq!(list("sysparm_limit=2&sysparm_offset=3").await, all[3..5]);
    assert!(list("sysparm_offset=100000").await.is_empty());
    for odd in ["sysparm_limit=many", "sysparm_limit=-1", "sysparm_offset=-5", "sysparm_offset=x"] {
        assert_eq!(list(odd).await, all, "{odd}");
    }
}

/// 2.2: With `sysparm_no_count` nothing is counted: no `X-Total-Count` and no last page, but a next one.
#[tokio::test]
async fn counting_can_be_left_out() {
    let instance = Instance::start().await;
    let path = format!("{TABLE}?sysparm_limit=2&sysparm_no_count=true");
    let response = instance.call_as("admin", Method::GET, &path, None).await;
    assert!(response.headers().get("x-total-count").is_none());
    let links = response.headers()[header::LINK].to_str().expect("text");
    assert!(links.contains("rel=\"next\"") && !links.contains("rel=\"last\""), "{links}");
    let beyond = instance.call_as("admin", Method::GET, &format!("{path}&sysparm_offset=100000"), None).await;
    let links = beyond.headers()[header::LINK].to_str().expect("text");
    assert!(!links.contains("rel=\"next\""), "{links}");
}

/// 2.2: `sysparm_suppress_pagination_header` keeps `Link` away and leaves the count.
#[tokio::test]
async fn links_can_be_left_out() {
    let instance = Instance::start().await;
    let path = format!("{TABLE}?sysparm_limit=2&sysparm_suppress_pagination_header=true");
    let response = instance.call_as("admin", Method::GET, &path, None).await;
    assert!(response.headers().get(header::LINK).is_none());
    assert!(response.headers().contains_key("x-total-count"));
}

/// 2.2: An address of tens of kB gets a page of HTML, not an answer of the API.
#[tokio::test]
async fn a_very_long_address_gets_a_page() {
    let instance = Instance::start().await;
    let path = format!("{TABLE}?sysparm_query=numberIN{}", "INC0000001,".repeat(4_000));
    let response = instance.call_as("admin", Method::GET, &path, None).await;
    assert_eq!(response.status(), StatusCode::URI_TOO_LONG);
    assert!(response.headers()[header::CONTENT_TYPE].to_str().expect("text").starts_with("text/html"));
}

/// 2.7: Odd addresses do no harm: they are refused, and the instance goes on.
#[tokio::test]
async fn odd_addresses_do_no_harm() {
    let instance = Instance::start().await;
    let long = format!("{TABLE}/{}", "a".repeat(5_000));
    for path in [
        "/api/now/table/..%2fsys_user",
        "/api/now/table/incident%00",
        "/api/now/table/incident/%00",
        "/api/now/table/incident/%ff%fe",
        "/api/now/table/%22;drop%20table%20task",
        "/api/now/table/INCIDENT",
        "/api/now/table/_ticket",
        "/api/now/table/sqlite_master",
        &long,
    ] {
        let response = instance.call_as("admin", Method::GET, path, None).await;
        assert!(response.status().is_client_error(), "{path}: {}", response.status());
    }
    let odd = format!(
        "{TABLE}?sysparm_query=%ff%fe=%00^number=%F0%9F&sysparm_limit=99999999999999999999&%00=%00&=&sysparm_fields=%00,..,."
    );
    let response = instance.call_as("admin", Method::GET, &odd, None).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(result(response).await.is_array());
}

/// 2.2: `sysparm_view` chooses the fields of a view, and `sysparm_fields` goes before it.
#[tokio::test]
async fn a_view_chooses_fields() {
    let instance = Instance::start().await;
    let fields = async |parameters: &str| {
        let list = instance.get(&format!("{TABLE}?sysparm_limit=1&{parameters}")).await;
        list[0].as_object().expect("an object").len()
    };
    let (mobile, desktop) = (fields("sysparm_view=mobile").await, fields("sysparm_view=desktop").await);
    assert!(mobile < desktop && desktop < fields("").await, "{mobile} {desktop}");
    assert!(fields("sysparm_view=both").await >= desktop);
    assert_eq!(fields("sysparm_view=mobile&sysparm_fields=number").await, 1);
}
