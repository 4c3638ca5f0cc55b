//! What a new instance holds for customer service, knowledge and the rest: the same on every machine, and
//! with the records that public documentation prints.

use crate::support::Instance;
use serde_json::Value;
use std::collections::BTreeSet;

const TABLES: &[(&str, usize)] = &[
    ("cmn_location", 15),
    ("cmn_department", 8),
    ("cmdb_ci", 25),
    ("customer_account", 12),
    ("customer_contact", 25),
    ("sn_customerservice_case", 40),
    ("kb_knowledge_base", 3),
    ("kb_knowledge", 30),
    ("problem", 12),
    ("change_request", 12),
];

#[tokio::test]
async fn there_are_records_of_many_kinds_and_each_refers_to_what_is_there() {
    let instance = Instance::start().await;
    for (table, count) in TABLES {
        let rows = instance.get(&format!("/api/now/table/{table}?sysparm_display_value=all")).await;
        let rows = rows.as_array().expect("a list");
        assert_eq!(rows.len(), *count, "{table}");
        for (column, value) in rows.iter().filter_map(Value::as_object).flatten() {
            let astray =
                value.get("link").is_some() && column != "sys_domain" && value["value"] == value["display_value"];
            assert!(!astray, "{table}.{column} {value}");
        }
    }
}

#[tokio::test]
async fn there_are_cases_and_articles_in_every_state() {
    let instance = Instance::start().await;
    for (table, column) in [
        ("sn_customerservice_case", "state"),
        ("kb_knowledge", "workflow_state"),
        ("problem", "state"),
        ("change_request", "state"),
    ] {
        let values = async |path: String, key: &str| -> BTreeSet<String> {
            let list = instance.get(&path).await;
            let list = list.as_array().expect("a list").iter();
            list.map(|row| row[key].as_str().unwrap_or_default().to_owned()).collect()
        };
        let offered =
            values(format!("/api/now/table/sys_choice?sysparm_query=name={table}^element={column}"), "value").await;
        assert_eq!(values(format!("/api/now/table/{table}?sysparm_fields={column}"), column).await, offered, "{table}");
    }
}

#[tokio::test]
async fn more_published_examples_work_as_printed() {
    let instance = Instance::start().await;
    for (path, key, value) in [
        ("/api/sn_customerservice/case/f352dc9387632300d6b0a7da0acb0b60", "number", "CS0001401"),
        ("/api/sn_customerservice/case/CS0000871", "sys_id", "ba325dbe64f01300964fae39b050e9a6"),
        ("/api/now/account/bf60bef46f0331003b3c498f5d3ee41a", "number", "ACCT0000009"),
        ("/api/now/contact/ddce70866f9331003b3c498f5d3ee417", "user_name", "george.warren"),
        ("/api/sn_km_api/knowledge/articles/0b48fd75474321009db4b5b08b9a71c2", "number", "KB0000011"),
        ("/api/now/table/problem/62304320731823002728660c4cf6a7e8", "number", "PRB0007601"),
        ("/api/now/table/cmdb_ci/109562a3c611227500a7b7ff98cc0dc7", "name", "Storage Area Network 001"),
    ] {
        assert_eq!(instance.get(path).await[key], value, "{path}");
    }
}
