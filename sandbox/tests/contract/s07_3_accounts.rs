//! Contract section 7.3: the Account and Contact APIs.

use crate::support::{Instance, result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn account(instance: &Instance, name: &str) -> Value {
    instance.post("/api/now/table/customer_account", json!({"name": name, "city": "Bromley"})).await
}

/// 7.3: An account has bare sys_ids for references and the columns of companies and accounts.
#[tokio::test]
async fn an_account_is_flat() {
    let instance = Instance::start().await;
    let parent = account(&instance, "Whole").await;
    let body = json!({"name": "Part", "account_parent": parent["sys_id"]});
    let part = instance.post("/api/now/table/customer_account", body).await;
    let read = instance.get(&format!("/api/now/account/{}", part["sys_id"].as_str().expect("an id"))).await;
    assert_eq!(read["account_parent"], parent["sys_id"]);
    assert_eq!((read["customer"].as_str(), read["sys_class_name"].as_str()), (Some("true"), Some("customer_account")));
    for key in [
        "account_code",
        "account_path",
        "registration_code",
        "primary_contact",
        "num_employees",
        "stock_symbol",
        "banner_text",
    ] {
        assert!(read[key].is_string(), "{key}");
    }
}

/// 7.3: A list of accounts has ten unless more are asked for, and is searched with an encoded query.
#[tokio::test]
async fn accounts_come_in_tens() {
    let instance = Instance::start().await;
    for number in 0..12 {
        account(&instance, &format!("Account {number:02}")).await;
    }
    let query = "sysparm_query=nameSTARTSWITHAccount ^ORDERBYname";
    let few = instance.get(&format!("/api/now/account?{query}")).await;
    assert_eq!(few.as_array().map(Vec::len), Some(10));
    let rest = instance.get(&format!("/api/now/v1/account?{query}&sysparm_offset=10&sysparm_limit=50")).await;
    assert_eq!((rest.as_array().map(Vec::len), rest[0]["name"].as_str()), (Some(2), Some("Account 10")));
}

/// 7.3: Accounts are read only, for those with the role of an integration, and 404 where there is none.
#[tokio::test]
async fn accounts_are_read_only() {
    let instance = Instance::start().await;
    let posted = instance.call_as("admin", Method::POST, "/api/now/account", Some(json!({"name": "x"}))).await;
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(instance.call_as("itil", Method::GET, "/api/now/account", None).await.status(), StatusCode::FORBIDDEN);
    let missing = instance.call_as("admin", Method::GET, "/api/now/account/nobody", None).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

/// 7.3: A new contact is answered with its sys_id alone, and is read with its account and without its password.
#[tokio::test]
async fn a_contact_is_created_and_read() {
    let instance = Instance::start().await;
    let account = account(&instance, "Whole").await;
    let body = json!({"name": "Dora Warren", "user_name": "dora.warren", "account": account["sys_id"], "social_channel": "Twitter"});
    let response = instance.call_as("admin", Method::POST, "/api/now/contact", Some(body)).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let id = result(response).await;
    let contact = instance.get(&format!("/api/now/contact/{}", id.as_str().expect("a sys_id"))).await;
    assert_eq!((contact["last_name"].as_str(), &contact["account"]), (Some("Warren"), &account["sys_id"]));
    assert_eq!(
        (contact["notification"].as_str(), contact["sys_class_name"].as_str()),
        (Some("2"), Some("customer_contact"))
    );
    assert_eq!(contact.get("user_password"), None);
    let query = format!("/api/now/contact?sysparm_query=account={}", account["sys_id"].as_str().expect("an id"));
    assert_eq!(instance.get(&query).await[0]["sys_id"], id);
}
