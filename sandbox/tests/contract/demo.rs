//! The demo data: published examples of ServiceNow's documentation and of public clients work as printed.

use crate::support::Instance;
use serde_json::Value;

async fn incident(instance: &Instance, sys_id: &str) -> Value {
    instance.get(&format!("/api/now/table/incident/{sys_id}?sysparm_exclude_reference_link=true")).await
}

/// Incidents that examples name by sys_id have the number and the text that the examples print.
#[tokio::test]
async fn well_known_incidents() {
    let instance = Instance::start().await;
    for (sys_id, number, text) in [
        ("9c573169c611228700193229fff72400", "INC0000001", "Can't read email"),
        ("9d385017c611228701d22104cc95c371", "INC0000002", "Network file shares access issue"),
        ("e8caedcbc0a80164017df472f39eaed1", "INC0000003", "Wireless access is down in my area"),
        ("46b66a40a9fe198101f243dfbc79033d", "INC0000009", "Reset my password"),
        ("46e3e949a9fe19810069b824ba2c761a", "INC0000016", "Rain is leaking on main DNS Server"),
        ("471bfbc7a9fe198101e77a3e10e5d47f", "INC0000039", "Trouble getting to Oregon mail server"),
        ("a9e30c7dc61122760116894de7bcc7bd", "INC0000046", "Can't access SFA software"),
        ("ef43c6d40a0a0b5700c77f9bf387afe3", "INC0000050", "Can't access Exchange server - is it down?"),
        ("d71f7935c0a8016700802b64c67c11c6", "INC0000055", "SAP Sales app is not accessible"),
        ("1c741bd70b2322007518478d83673af3", "INC0000060", "Unable to connect to email"),
        ("ed92e8d173d023002728660c4cf6a7bc", "INC0009005", "Email server is down."),
    ] {
        let record = incident(&instance, sys_id).await;
        assert_eq!((record["number"].as_str(), record["short_description"].as_str()), (Some(number), Some(text)));
    }
}

/// People and groups that examples name by sys_id are called as in the examples.
#[tokio::test]
async fn well_known_people_and_groups() {
    let instance = Instance::start().await;
    for (table, sys_id, name) in [
        ("sys_user", "6816f79cc0a8016401c5a33be04be441", "System Administrator"),
        ("sys_user", "62826bf03710200044e0bfc8bcbe5df1", "Abel Tuter"),
        ("sys_user", "46d44a23a9fe19810012d100cca80666", "Beth Anglin"),
        ("sys_user", "5137153cc611227c000bbd1bd8cd2005", "Fred Luddy"),
        ("sys_user", "681ccaf9c0a8016400b98a06818d57c7", "Joe Employee"),
        ("sys_user", "f298d2d2c611227b0106c6be7f154bc8", "Bow Ruggeri"),
        ("sys_user", "46ca0887a9fe19810191e08e51927ebf", "Howard Johnson"),
        ("sys_user_group", "d625dccec0a8016700a222a0f7900d06", "Service Desk"),
        ("sys_user_group", "8a5055c9c61122780043563ef53438e3", "Hardware"),
        ("sys_user_group", "287ebd7da9fe198100f92cc8d1d2154e", "Network"),
        ("sys_user_group", "b85d44954a3623120004689b2d5dd60a", "CAB Approval"),
    ] {
        let record = instance.get(&format!("/api/now/table/{table}/{sys_id}")).await;
        assert_eq!(record["name"], name);
    }
}

/// The example of the documentation for a query on a group's open work finds it by that group's sys_id.
#[tokio::test]
async fn a_published_query() {
    let instance = Instance::start().await;
    let query = "active=true^assignment_group=287ebd7da9fe198100f92cc8d1d2154e^ORDERBYnumber";
    let found = instance.get(&format!("/api/now/table/incident?sysparm_query={query}&sysparm_limit=3")).await;
    assert_eq!(crate::support::numbers(&found)[..3], ["INC0000002", "INC0000003", "INC0000039"]);
}

/// There are 42 users, 10 groups and 150 incidents, the same with each start, and nothing of theirs is
/// later than the day on which the demo ends.
#[tokio::test]
async fn the_same_with_each_start() {
    let (one, other) = (Instance::start().await, Instance::start().await);
    for (table, count, columns) in [
        ("sys_user", "42", "sys_id,user_name,name,email,title,phone"),
        ("sys_user_group", "10", "sys_id,name,manager"),
        ("incident", "150", ""),
        ("sys_journal_field", "", ""),
        ("sys_audit", "", ""),
    ] {
        let path = format!(
            "/api/now/table/{table}?sysparm_query=ORDERBYsys_id&sysparm_limit=10000&sysparm_fields={columns}&sysparm_exclude_reference_link=true"
        );
        let (first, second) = (one.get(&path).await, other.get(&path).await);
        assert!(first == second, "{table} differs between two starts");
        let rows = first.as_array().expect("a list");
        assert!(!rows.is_empty(), "{table} is empty");
        if table == "incident" {
            assert_eq!(rows.len().to_string(), count);
        }
        let late = rows.iter().find(|row| row["sys_updated_on"].as_str().is_some_and(|at| at > "2026-11-16"));
        assert!(late.is_none(), "{table} has a row of the future: {late:?}");
    }
    let people = one.get("/api/now/stats/sys_user?sysparm_count=true&sysparm_query=sys_class_name=sys_user").await;
    assert_eq!(people["stats"]["count"], "42");
    let groups = one.get("/api/now/stats/sys_user_group?sysparm_count=true").await;
    assert_eq!(groups["stats"]["count"], "10");
}

/// Whoever is done is done as the platform demands: a code, notes, who and when; and what happened to a
/// record stands in its audit.
#[tokio::test]
async fn finished_incidents_are_complete() {
    let instance = Instance::start().await;
    let path = "/api/now/table/incident?sysparm_query=stateIN6,7&sysparm_limit=200&sysparm_exclude_reference_link=true";
    let done = instance.get(path).await;
    let done = done.as_array().expect("a list");
    assert!(done.len() > 50);
    for record in done {
        for column in ["close_code", "close_notes", "resolved_at", "resolved_by"] {
            assert_ne!(record[column], "", "{} has no {column}", record["number"]);
        }
        let closed = record["state"] == "7";
        assert_eq!(record["active"] == "false", closed);
        assert_eq!(record["closed_at"] != "", closed, "{}", record["number"]);
        assert!(record["opened_at"].as_str() < record["resolved_at"].as_str());
    }
    let reopened = instance.get("/api/now/table/incident?sysparm_query=reopen_count>0").await;
    let id = reopened[0]["sys_id"].as_str().expect("one was reopened").to_owned();
    let history = instance
        .get(&format!("/api/now/table/sys_audit?sysparm_query=documentkey={id}^fieldname=state^ORDERBYsys_created_on"))
        .await;
    let states: Vec<&str> =
        history.as_array().expect("a list").iter().filter_map(|row| row["newvalue"].as_str()).collect();
    assert!(states.windows(2).any(|pair| pair == ["6", "2"]), "{states:?}");
}

/// Some incidents have files, whose content is there.
#[tokio::test]
async fn incidents_have_files() {
    let instance = Instance::start().await;
    let on = "9d385017c611228701d22104cc95c371";
    let files = instance.get(&format!("/api/now/attachment?sysparm_query=table_sys_id={on}")).await;
    assert_eq!(files[0]["file_name"], "switch-14.log");
    let path = format!("/api/now/attachment/{}/file", files[0]["sys_id"].as_str().expect("an id"));
    let content = instance.call_as("admin", reqwest::Method::GET, &path, None).await.text().await.expect("text");
    assert_eq!(content.len().to_string(), files[0]["size_bytes"]);
    assert!(content.starts_with("2026-01-12 08:31:07 port 14 down"));
}
