//! The probe of the account's rights, through access rules that are turned on and off on the instance.

use super::support::{Program, sqlite};
use reqwest::Method;
use serde_json::{Value as Json, json};

async fn probe(program: &Program, id: &str) -> Json {
    let tried = program.ask("probe-permissions", &[("id", id)]).await;
    assert!(tried["code"].is_null(), "{tried}");
    program.ask("permissions", &[("id", id)]).await
}

fn right<'a>(page: &'a Json, field: &str, operation: &str) -> &'a Json {
    let is_it =
        |right: &&Json| right["table"] == "incident" && right["field"] == field && right["operation"] == operation;
    page["rights"]
        .as_array()
        .and_then(|rights| rights.iter().find(is_it))
        .unwrap_or_else(|| panic!("no {field} in {page}"))
}

/// A rule that nobody passes; answers its path.
async fn forbid(program: &Program, name: &str, operation: &str) -> String {
    let rule = json!({"name": name, "type": "record", "operation": operation, "active": "true",
        "admin_overrides": "false", "condition": "sys_idISEMPTY"});
    let made = program.table(Method::POST, "sys_security_acl", Some(rule)).await;
    format!("sys_security_acl/{}", made["sys_id"].as_str().unwrap_or_else(|| panic!("no rule: {made}")))
}

#[tokio::test]
async fn hidden_is_told_from_empty_and_the_letter_names_the_smallest_right() {
    let (program, id) = Program::connected(sqlite().await).await;
    let back = program.authorize_as(&id, "itil", true).await;
    assert!(back.ends_with("/tokens?authorized=1"), "{back}");
    program.incident(json!({"description": "As told on the phone."})).await;
    let page = probe(&program, &id).await;
    assert_eq!(right(&page, "description", "read")["standing"], "granted", "{page}");
    let empty = right(&page, "correlation_id", "read");
    assert_eq!(empty["standing"], "granted", "empty is not hidden: {empty}");
    assert_eq!(right(&page, "work_notes", "read")["standing"], "granted", "{page}");
    let letter = page["letter"].as_str().expect("text");
    assert!(!letter.contains("Needed:\n") && letter.contains("personalize_dictionary"), "{letter}");

    let rule = forbid(&program, "incident.description", "read").await;
    for (hidden, unreadable) in [("absent", "refuse"), ("empty", "refuse"), ("empty", "ignore"), ("absent", "no_rows")]
    {
        program.switch(json!({"hidden_field": hidden, "unreadable_query": unreadable})).await;
        let page = probe(&program, &id).await;
        let description = right(&page, "description", "read");
        assert_eq!(description["standing"], "missing", "{hidden}, {unreadable}: {description}");
        let letter = page["letter"].as_str().expect("text");
        assert!(
            letter.contains("ACL \"incident.description\", operation read") && letter.contains("(or itil)"),
            "{letter}"
        );
        assert_eq!(right(&page, "short_description", "read")["standing"], "granted");
    }
    program.table(Method::PATCH, &rule, Some(json!({"active": "false"}))).await;
    let page = probe(&program, &id).await;
    assert!(
        !page["letter"].as_str().expect("text").contains("incident.description"),
        "given, it is not asked for any more"
    );
    let all = page["rights"].as_array().expect("rights");
    let is_number = |right: &&Json| right["field"] == "number" && right["operation"] == "write";
    assert!(!all.iter().any(|right| is_number(&right)), "what is never written needs no right");
}

#[tokio::test]
async fn writes_are_judged_without_changing_anything() {
    let (program, id) = Program::connected(sqlite().await).await;
    let back = program.authorize_as(&id, "itil", true).await;
    assert!(back.ends_with("/tokens?authorized=1"), "{back}");
    let page = probe(&program, &id).await;
    for field in ["", "short_description"] {
        let write = right(&page, field, "write");
        assert_eq!(write["standing"], "unknown", "this account may not read the access rules: {write}");
    }
    assert!(program.ask("run-live-test", &[("id", &id)]).await["code"].is_null());
    let mut number = String::new();
    program
        .until("the live test is over", async || {
            let step = program.ask("connect-step", &[("id", &id), ("step", "6")]).await;
            let test = &step["content"]["Servicenow"]["test"];
            test["number"].as_str().unwrap_or_default().clone_into(&mut number);
            test["runs"] == false
        })
        .await;
    program.until_quiet(&id).await;
    let row = async || program.table(Method::GET, &format!("incident?number={number}"), None).await[0].clone();
    let before = row().await;
    let page = probe(&program, &id).await;
    assert_eq!(row().await, before, "not even its count of changes moved");
    let title = right(&page, "short_description", "write");
    assert_eq!(title["standing"], "granted", "{title}");
    assert!(title["how"].as_str().expect("text").contains("live test"), "{title}");
    assert_eq!(right(&page, "due_date", "write")["standing"], "unknown", "nobody wrote it yet");
}

#[tokio::test]
async fn an_account_that_reads_the_access_rules_learns_the_role() {
    let (program, id) = Program::connected(sqlite().await).await;
    let roles = program.table(Method::GET, "sys_user_role?name=itil_admin", None).await;
    let rule = json!({"name": "incident.due_date", "type": "record", "operation": "write", "active": "true",
        "admin_overrides": "false"});
    let made = program.table(Method::POST, "sys_security_acl", Some(rule)).await;
    let grant = json!({"sys_security_acl": made["sys_id"], "sys_user_role": roles[0]["sys_id"]});
    assert!(program.table(Method::POST, "sys_security_acl_role", Some(grant)).await["sys_id"].is_string());
    let page = probe(&program, &id).await;
    let due = right(&page, "due_date", "write");
    assert_eq!(due["standing"], "missing", "{due}");
    assert!(due["ask"].as_str().expect("text").contains("a role that has it: itil_admin"), "{due}");
    assert_eq!(right(&page, "", "write")["standing"], "granted", "{page}");
}
