//! Contract section 6: tables that extend others, and what belongs to each of them.

use crate::support::{Instance, numbers};
use reqwest::{Method, StatusCode};
use sandbox::{Sandbox, Settings};
use serde_json::{Value, json};

fn id(record: &Value) -> &str {
    record["sys_id"].as_str().expect("an id")
}

/// One new record of each kind of task.
async fn tasks(instance: &Instance) -> Vec<Value> {
    let mut made = Vec::new();
    for table in ["incident", "problem", "change_request", "sn_customerservice_case", "sc_req_item"] {
        let body = json!({"short_description": "One of each"});
        made.push(instance.post(&format!("/api/now/table/{table}"), body).await);
    }
    made
}

/// 6: A query on `task` finds incidents, problems, changes, requested items and cases.
#[tokio::test]
async fn a_query_on_task_finds_all_that_extend_it() {
    let instance = Instance::start().await;
    tasks(&instance).await;
    let query = "/api/now/table/task?sysparm_query=short_description=One of each^ORDERBYnumber&sysparm_fields=number";
    let found = instance.get(query).await;
    assert_eq!(numbers(&found), ["CHG0010001", "CS0010001", "INC0010001", "PRB0010001", "RITM0010001"]);
}

/// 6: A query on a table finds none of the records of its brothers and sisters.
#[tokio::test]
async fn a_query_on_a_class_finds_only_its_own() {
    let instance = Instance::start().await;
    tasks(&instance).await;
    let query = "/api/now/table/problem?sysparm_query=short_description=One of each";
    assert_eq!(numbers(&instance.get(query).await), ["PRB0010001"]);
    let incident = instance.get("/api/now/table/incident?sysparm_limit=1").await;
    let elsewhere = format!("/api/now/table/problem/{}", id(&incident[0]));
    let response = instance.call_as("admin", Method::GET, &elsewhere, None).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

/// 6: A record that is reached through `task` has its class and the columns of that class.
#[tokio::test]
async fn a_record_through_task_has_its_class() {
    let instance = Instance::start().await;
    for made in tasks(&instance).await {
        let through = instance.get(&format!("/api/now/table/task/{}", id(&made))).await;
        assert_eq!(through["sys_class_name"], made["sys_class_name"]);
        assert_eq!(through.as_object().map(serde_json::Map::len), made.as_object().map(serde_json::Map::len));
    }
}

/// 6: A contact is a user: found through `sys_user`, by any reference to a user, and with its own class.
#[tokio::test]
async fn a_contact_is_found_through_users() {
    let instance = Instance::start().await;
    let body = json!({"name": "Dora Warren", "email": "dora@warren.example", "user_name": "dora.warren"});
    let contact = instance.post("/api/now/table/customer_contact", body).await;
    assert_eq!((contact["first_name"].as_str(), contact["last_name"].as_str()), (Some("Dora"), Some("Warren")));
    let found = instance.get("/api/now/table/sys_user?sysparm_query=email=dora@warren.example").await;
    assert_eq!(
        (found[0]["sys_id"].clone(), found[0]["sys_class_name"].as_str()),
        (contact["sys_id"].clone(), Some("customer_contact"))
    );
    let users = instance.get("/api/now/table/customer_contact?sysparm_query=user_name=beth.anglin").await;
    assert_eq!(users, json!([]), "an employee is no contact");
}

/// 6: An account is a company: found through `core_company`, which has no columns of accounts.
#[tokio::test]
async fn an_account_is_a_company() {
    let instance = Instance::start().await;
    let parent =
        instance.post("/api/now/table/customer_account", json!({"name": "Whole", "number": "ACCT0004711"})).await;
    assert_eq!((parent["account_code"].as_str(), parent["country"].as_str()), (Some("~~~~4711"), Some("USA")));
    let child = json!({"name": "Part", "account_parent": id(&parent)});
    let child = instance.post("/api/now/table/customer_account", child).await;
    assert_eq!(
        (child["number"].as_str(), child["account_path"].as_str()),
        (Some("ACCT0010001"), Some("~~~~4711/~~~~10001"))
    );
    let company = instance.get("/api/now/table/core_company?sysparm_query=name=Part").await;
    assert_eq!(company[0]["sys_class_name"], "customer_account");
    assert_eq!(company[0].get("account_path"), None);
}

/// 6: A server is a configuration item by four steps of inheritance, and `sys_db_object` says each step.
#[tokio::test]
async fn inheritance_may_have_many_steps() {
    let instance = Instance::start().await;
    let server = instance.post("/api/now/table/cmdb_ci_linux_server", json!({"name": "lnx100", "ram": "2048"})).await;
    let item = instance.get("/api/now/table/cmdb_ci?sysparm_query=name=lnx100").await;
    assert_eq!(
        (&item[0]["sys_id"], item[0]["sys_class_name"].as_str()),
        (&server["sys_id"], Some("cmdb_ci_linux_server"))
    );
    let mut name = "cmdb_ci_linux_server".to_owned();
    let mut steps = Vec::new();
    while !name.is_empty() {
        let query = format!("/api/now/table/sys_db_object?sysparm_query=name={name}&sysparm_fields=super_class.name");
        steps.push(name);
        name = instance.get(&query).await[0]["super_class.name"].as_str().unwrap_or_default().to_owned();
    }
    let expected =
        ["cmdb_ci_linux_server", "cmdb_ci_server", "cmdb_ci_computer", "cmdb_ci_hardware", "cmdb_ci", "cmdb"];
    assert_eq!(steps, expected);
}

/// 3.4: A problem has its states, its calculated priority and the stamps of its resolution.
#[tokio::test]
async fn a_problem_is_resolved_and_closed() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/problem", json!({"impact": "1", "urgency": "2"})).await;
    assert_eq!((made["state"].as_str(), made["problem_state"].as_str()), (Some("101"), Some("101")));
    assert_eq!(made["priority"], "2");
    let path = format!("/api/now/table/problem/{}", id(&made));
    let resolved = instance.patch(&path, json!({"state": "106", "resolution_code": "fix_applied"})).await;
    assert_eq!((&resolved["resolved_at"], resolved["active"].as_str()), (&resolved["sys_updated_on"], Some("true")));
    let closed = instance.patch(&path, json!({"problem_state": "107"})).await;
    assert_eq!((closed["state"].as_str(), closed["active"].as_str()), (Some("107"), Some("false")));
    let again = instance.patch(&path, json!({"state": "103"})).await;
    assert_eq!(
        (again["reopen_count"].as_str(), again["resolved_at"].as_str(), again["closed_at"].as_str()),
        (Some("1"), Some(""), Some(""))
    );
}

/// 3.4: A change begins as New, stamps the start and end of its work, and is inactive when closed or canceled.
#[tokio::test]
async fn a_change_goes_through_its_states() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/change_request", json!({})).await;
    for (column, value) in [("state", "-5"), ("type", "normal"), ("risk", "3"), ("active", "true")] {
        assert_eq!(made[column], value, "{column}");
    }
    let path = format!("/api/now/table/change_request/{}", id(&made));
    let begun = instance.patch(&path, json!({"state": "-1"})).await;
    assert_eq!(begun["work_start"], begun["sys_updated_on"]);
    let done = instance.patch(&path, json!({"state": "0"})).await;
    assert_eq!(done["work_end"], done["sys_updated_on"]);
    let closed = instance.patch(&path, json!({"state": "3", "close_code": "successful"})).await;
    assert_eq!((closed["active"].as_str(), &closed["closed_at"]), (Some("false"), &closed["sys_updated_on"]));
    let other = instance.post("/api/now/table/change_request", json!({"state": "4", "type": "emergency"})).await;
    assert_eq!(other["active"], "false");
}

/// 6: Each kind of record has numbers with its own prefix.
#[tokio::test]
async fn numbers_have_the_prefix_of_their_table() {
    let instance = Instance::start().await;
    for (table, number) in [
        ("change_task", "CTASK0010001"),
        ("problem_task", "PTASK0010001"),
        ("sc_request", "REQ0010001"),
        ("sc_task", "SCTASK0010001"),
        ("kb_knowledge", "KB0010001"),
        ("ast_contract", "CNTR0010001"),
    ] {
        assert_eq!(instance.post(&format!("/api/now/table/{table}"), json!({})).await["number"], number);
    }
}

fn with_file(name: &str, content: &str) -> Settings {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.json", std::process::id()));
    std::fs::write(&path, content).expect("a file");
    Settings { tables: vec![path], ..Settings::in_memory() }
}

/// 6: A file adds a table with its numbers, columns and choices, open to REST at once and described like the rest.
#[tokio::test]
async fn a_file_adds_a_table() {
    let file = r#"{"name": "u_parcel", "label": "Parcel", "super_class": "task", "display": "number", "number_prefix": "PCL",
        "columns": [{"name": "u_size", "label": "Size", "type": "string", "choice": true, "default": "s"}],
        "choices": {"u_size": [{"value": "s", "label": "Small"}, {"value": "l", "label": "Large"}]}}"#;
    let instance = Instance::with(with_file("table", file)).await;
    let made = instance.post("/api/now/table/u_parcel?sysparm_display_value=true", json!({"u_size": "l"})).await;
    assert_eq!((made["number"].as_str(), made["u_size"].as_str()), (Some("PCL0010001"), Some("Large")));
    let described = instance
        .get(
            "/api/now/table/sys_dictionary?sysparm_query=name=u_parcel^elementISNOTEMPTY&sysparm_fields=element,choice",
        )
        .await;
    assert_eq!(described, json!([{"element": "u_size", "choice": "1"}]));
    let through =
        instance.get("/api/now/table/task?sysparm_query=number=PCL0010001&sysparm_fields=sys_class_name").await;
    assert_eq!(through, json!([{"sys_class_name": "u_parcel"}]));
}

/// 6: A file adds columns and choices to a table that is there.
#[tokio::test]
async fn a_file_adds_columns() {
    let file = r#"[{"name": "incident", "label": "Incident", "columns": [{"name": "u_floor", "label": "Floor", "type": "integer"}]}]"#;
    let instance = Instance::with(with_file("columns", file)).await;
    let made = instance.post("/api/now/table/incident", json!({"u_floor": 3})).await;
    assert_eq!((made["u_floor"].as_str(), made["state"].as_str()), (Some("3"), Some("1")));
}

/// 6: An instance does not start with a file that it does not understand, and names the file and the cause.
#[tokio::test]
async fn a_bad_file_stops_the_start() {
    let Err(refused) = Sandbox::start(with_file("bad", r#"{"name": "u_x"}"#)).await else { panic!("it starts") };
    let said = refused.to_string();
    assert!(said.contains("bad-") && said.contains("missing field `label`"), "{said}");
}
