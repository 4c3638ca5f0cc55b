//! Contract section 6: the tables that describe the instance, and who reads them.

use crate::support::Instance;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn one(instance: &Instance, table: &str, query: &str) -> Value {
    let rows = instance.get(&format!("/api/now/table/{table}?sysparm_query={query}")).await;
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{table}: {query}");
    rows[0].clone()
}

/// 6: A dictionary row tells type, length, reference, choices and default of a column.
#[tokio::test]
async fn a_column_is_described() {
    let instance = Instance::start().await;
    let caller = one(&instance, "sys_dictionary", "name=incident^element=caller_id").await;
    assert_eq!((&caller["internal_type"], &caller["reference"]), (&json!("reference"), &json!("sys_user")));
    assert_eq!(caller["max_length"], "32");
    let text = one(&instance, "sys_dictionary", "name=task^element=short_description").await;
    assert_eq!((&text["internal_type"], &text["max_length"]), (&json!("string"), &json!("160")));
    let sub = one(&instance, "sys_dictionary", "name=incident^element=subcategory").await;
    assert_eq!((&sub["choice"], &sub["dependent"]), (&json!("1"), &json!("category")));
    let category = one(&instance, "sys_dictionary", "name=incident^element=category").await;
    assert_eq!((&category["choice"], &category["default_value"]), (&json!("1"), &json!("inquiry")));
    let key = one(&instance, "sys_dictionary", "name=task^element=sys_id").await;
    assert_eq!(
        (&key["primary"], &key["unique"], &key["internal_type"]),
        (&json!("true"), &json!("true"), &json!("GUID"))
    );
    let name = one(&instance, "sys_dictionary", "name=sys_user^element=user_name").await;
    assert_eq!(name["unique"], "true");
}

/// 6: A table has a row of type `collection` without an element, and its own columns only; the rest stand under its parent.
#[tokio::test]
async fn inherited_columns_stand_under_the_parent() {
    let instance = Instance::start().await;
    let collection = one(&instance, "sys_dictionary", "name=incident^internal_type=collection").await;
    assert_eq!(collection["element"], "");
    let none =
        instance.get("/api/now/table/sys_dictionary?sysparm_query=name=incident^element=short_description").await;
    assert_eq!(none, json!([]));
    let incident = one(&instance, "sys_db_object", "name=incident").await;
    let parent = incident["super_class"]["value"].as_str().expect("a parent");
    assert_eq!(one(&instance, "sys_db_object", &format!("sys_id={parent}")).await["name"], "task");
}

/// 6: Numbers have their prefix in `sys_number`, to which the table refers.
#[tokio::test]
async fn prefixes_are_rows() {
    let instance = Instance::start().await;
    let incident = one(&instance, "sys_db_object", "name=incident").await;
    let number = incident["number_ref"]["value"].as_str().expect("a number");
    let number = one(&instance, "sys_number", &format!("sys_id={number}")).await;
    assert_eq!(
        (&number["category"], &number["prefix"], &number["maximum_digits"]),
        (&json!("incident"), &json!("INC"), &json!("7"))
    );
}

/// 6: What a child table says differently of an inherited column is a row of `sys_dictionary_override`.
#[tokio::test]
async fn overrides_are_rows() {
    let instance = Instance::start().await;
    let rows = instance.get("/api/now/table/sys_dictionary_override?sysparm_limit=200").await;
    let rows = rows.as_array().expect("a list");
    assert!(!rows.is_empty());
    for row in rows {
        let (name, base) = (row["name"].as_str().expect("text"), row["base_table"].as_str().expect("text"));
        assert_ne!(name, base, "{row}");
        let says = ["default_value_override", "mandatory_override", "read_only_override"];
        assert!(says.iter().any(|aspect| row[aspect] == "true"), "{row}");
    }
}

/// 6: Metadata is closed to an ordinary agent with 403; `personalize_dictionary` reads the dictionary.
#[tokio::test]
async fn metadata_is_not_for_everybody() {
    let instance = Instance::start().await;
    let status = async |table: &str| {
        instance.call_as("itil", Method::GET, &format!("/api/now/table/{table}?sysparm_limit=1"), None).await.status()
    };
    for table in ["sys_dictionary", "sys_db_object", "sys_properties", "sys_security_acl", "sys_dictionary_override"] {
        assert_eq!(status(table).await, StatusCode::FORBIDDEN, "{table}");
    }
    instance.post("/api/now/table/sys_user_has_role", json!({"user": "itil", "role": "personalize_dictionary"})).await;
    assert_eq!((status("sys_dictionary").await, status("sys_db_object").await), (StatusCode::OK, StatusCode::OK));
}

/// 6: Choices are rows in their order, in one language, and those that are not offered any more are inactive.
#[tokio::test]
async fn choices_are_rows() {
    let instance = Instance::start().await;
    let query = "name=incident^element=state^inactive=false^language=en^ORDERBYsequence";
    let rows = instance.get(&format!("/api/now/table/sys_choice?sysparm_query={query}")).await;
    let labels: Vec<_> = rows.as_array().expect("a list").iter().filter_map(|row| row["label"].as_str()).collect();
    assert_eq!(labels, ["New", "In Progress", "On Hold", "Resolved", "Closed", "Canceled"]);
    let dns = one(&instance, "sys_choice", "name=incident^element=subcategory^value=dns").await;
    assert_eq!(dns["dependent_value"], "network");
    let old = one(&instance, "sys_choice", "name=incident^element=close_code^value=Solved (Permanently)").await;
    assert_eq!(old["inactive"], "true");
}
