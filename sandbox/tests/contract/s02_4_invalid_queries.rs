//! Contract section 2.4: queries with parts that mean nothing.

use crate::support::Instance;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const NUMBERS: &str = "/api/now/table/incident?sysparm_fields=number&sysparm_query=";

async fn found(instance: &Instance, query: &str) -> usize {
    let list = instance.get(&format!("{NUMBERS}{query}")).await;
    list.as_array().map(Vec::len).expect("a list")
}

/// 2.4: A part that names no field is dropped and the rest applied, so that a typo widens the answer.
#[tokio::test]
async fn an_invalid_part_is_dropped() {
    let instance = Instance::start().await;
    assert_eq!(found(&instance, "number=INC0000049^nothing=1").await, 1);
    assert_eq!(found(&instance, "nothing=1").await, found(&instance, "").await);
}

/// 2.4: What is dropped takes nothing else with it: an alternative stays with its own condition.
#[tokio::test]
async fn the_rest_keeps_its_meaning() {
    let instance = Instance::start().await;
    assert_eq!(found(&instance, "number=INC0000049^nothing=1^ORnumber=INC0000007").await, 0);
    assert_eq!(found(&instance, "number=INC0000049^garbage^ORnumber=INC0000007").await, 0);
    assert_eq!(found(&instance, "number=INC0000049^ORnothing=1").await, 1);
    assert_eq!(found(&instance, "number=INC0000049^NQnumber=INC0000007^caller_id.nothing=1").await, 2);
}

/// 2.4: A script that the sandbox does not allow, and a date that is none, are invalid parts as well.
#[tokio::test]
async fn values_may_be_invalid_too() {
    let instance = Instance::start().await;
    let refuse = json!({"invalid_query": "no_rows"});
    instance.switch(refuse).await;
    for query in [
        "caller_id=javascript:new%20Evil()",
        "sys_created_onRELATIVEGE@fortnight@ago@1",
        "sys_created_onONToday",
        "caller_idSAMEASnothing",
        "ORDERBYnothing",
        "RLQUERYproblem.caller_id,>=1",
    ] {
        assert_eq!(found(&instance, query).await, 0, "{query}");
    }
}

/// 2.4: With the property glide.invalid_query.returns_no_rows any invalid part makes the answer empty.
#[tokio::test]
async fn a_property_makes_the_answer_empty() {
    let instance = Instance::start().await;
    instance.set_property("glide.invalid_query.returns_no_rows", "true").await;
    assert_eq!(found(&instance, "number=INC0000049^nothing=1").await, 0);
    assert_eq!(found(&instance, "number=INC0000049").await, 1);
    let path = "/api/now/table/incident?sysparm_limit=1&sysparm_query=nothing=1";
    let answer = instance.call_as("admin", Method::GET, path, None).await;
    assert_eq!(answer.headers()["x-total-count"], "0");
}

/// 2.4: Many instances refuse with 403, and answer the same table without a query.
#[tokio::test]
async fn an_instance_may_refuse() {
    let instance = Instance::start().await;
    instance.switch(json!({"invalid_query": "refuse"})).await;
    let refused = instance.call_as("admin", Method::GET, &format!("{NUMBERS}nothing=1"), None).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let body: Value = refused.json().await.expect("JSON");
    let error = json!({
        "message": "Insufficient rights to query records",
        "detail": "Field(s) present in the query do not have permission to be read"
    });
    assert_eq!(body, json!({"error": error, "status": "failure"}));
    assert!(found(&instance, "").await > 0);
}
