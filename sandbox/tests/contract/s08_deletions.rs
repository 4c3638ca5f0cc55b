//! Contract section 8, and 4 on auditing: what `sys_audit` and `sys_audit_delete` say afterwards.

use crate::support::{BETH, Instance, JOE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn incident(instance: &Instance) -> String {
    let body = json!({"short_description": "to be watched", "caller_id": JOE});
    let made = instance.post("/api/now/table/incident", body).await;
    made["sys_id"].as_str().expect("an id").to_owned()
}

async fn audit(instance: &Instance, key: &str) -> Vec<Value> {
    let path = format!("/api/now/table/sys_audit?sysparm_query=documentkey={key}^ORDERBYfieldname");
    instance.get(&path).await.as_array().expect("a list").clone()
}

async fn delete(instance: &Instance, path: &str) {
    let response = instance.call_as("admin", Method::DELETE, path, None).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT, "{path}");
}

/// 8: A changed field of an audited table leaves one row with old and new value, references as sys_ids.
#[tokio::test]
async fn a_change_is_audited() {
    let instance = Instance::start().await;
    let id = incident(&instance).await;
    assert!(audit(&instance, &id).await.is_empty(), "inserts are not audited");
    instance.patch(&format!("/api/now/table/incident/{id}"), json!({"assigned_to": BETH})).await;
    let rows = audit(&instance, &id).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    for (column, value) in [
        ("tablename", "incident"),
        ("fieldname", "assigned_to"),
        ("oldvalue", ""),
        ("newvalue", BETH),
        ("user", "admin"),
        ("record_checkpoint", "1"),
    ] {
        assert_eq!(rows[0][column], value, "{column}");
    }
    assert_ne!(rows[0]["internal_checkpoint"], "");
}

/// 8: With glide.sys.audit_inserts the fields of a new record are audited too.
#[tokio::test]
async fn inserts_are_audited_where_the_property_says_so() {
    let instance = Instance::start().await;
    let property = instance.get("/api/now/table/sys_properties?name=glide.sys.audit_inserts").await;
    let path = format!("/api/now/table/sys_properties/{}", property[0]["sys_id"].as_str().expect("an id"));
    instance.patch(&path, json!({"value": "true"})).await;
    let id = incident(&instance).await;
    let rows = audit(&instance, &id).await;
    assert!(rows.iter().any(|row| row["fieldname"] == "caller_id" && row["newvalue"] == JOE));
    assert!(!rows.iter().any(|row| row["fieldname"] == "sys_created_on"), "system fields are not audited");
}

/// 4: A journal addition is audited with the old value JOURNAL FIELD ADDITION.
#[tokio::test]
async fn a_comment_is_audited() {
    let instance = Instance::start().await;
    let id = incident(&instance).await;
    instance.patch(&format!("/api/now/table/incident/{id}"), json!({"comments": "on its way"})).await;
    let rows = audit(&instance, &id).await;
    let row = rows.iter().find(|row| row["fieldname"] == "comments").expect("a row");
    assert_eq!((&row["oldvalue"], &row["newvalue"]), (&json!("JOURNAL FIELD ADDITION"), &json!("on its way")));
}

/// 8: A delete writes one row of DELETED, DELETED, DELETED with the checkpoint -1.
#[tokio::test]
async fn a_deletion_is_audited() {
    let instance = Instance::start().await;
    let id = incident(&instance).await;
    delete(&instance, &format!("/api/now/table/incident/{id}")).await;
    let rows = audit(&instance, &id).await;
    assert_eq!(rows.len(), 1);
    for (column, value) in [
        ("tablename", "incident"),
        ("fieldname", "DELETED"),
        ("oldvalue", "DELETED"),
        ("newvalue", "DELETED"),
        ("record_checkpoint", "-1"),
        ("user", "admin"),
    ] {
        assert_eq!(rows[0][column], value, "{column}");
    }
}

/// 8: A delete leaves its row for a table that is not audited, too.
#[tokio::test]
async fn a_deletion_of_an_unaudited_table_is_audited() {
    let instance = Instance::start().await;
    let group = instance.post("/api/now/table/sys_user_group", json!({"name": "Short-lived"})).await;
    let id = group["sys_id"].as_str().expect("an id");
    delete(&instance, &format!("/api/now/table/sys_user_group/{id}")).await;
    assert_eq!(audit(&instance, id).await[0]["fieldname"], "DELETED");
}

/// 8: sys_audit_delete keeps the deleted record with its display value and, as XML, its fields.
#[tokio::test]
async fn a_deleted_record_is_kept() {
    let instance = Instance::start().await;
    let id = incident(&instance).await;
    instance.patch(&format!("/api/now/table/incident/{id}"), json!({"short_description": "<&>"})).await;
    let number = instance.get(&format!("/api/now/table/incident/{id}")).await["number"].clone();
    delete(&instance, &format!("/api/now/table/incident/{id}")).await;
    let kept = instance.get(&format!("/api/now/table/sys_audit_delete?documentkey={id}")).await;
    assert_eq!(kept[0]["tablename"], "incident");
    assert_eq!(kept[0]["display_value"], number);
    let payload = kept[0]["payload"].as_str().expect("text");
    assert!(payload.contains(&format!("<caller_id display_value=\"Joe Employee\">{JOE}</caller_id>")), "{payload}");
    assert!(payload.contains("<short_description>&lt;&amp;&gt;</short_description>"), "{payload}");
}

/// 8: The switch delete_audit takes away the copy (row_only) or every trace (off).
#[tokio::test]
async fn deletions_can_go_without_a_trace() {
    let instance = Instance::start().await;
    for (mode, rows, copies) in [("row_only", 1, 0), ("off", 0, 0)] {
        instance.switch(json!({"delete_audit": mode})).await;
        let id = incident(&instance).await;
        delete(&instance, &format!("/api/now/table/incident/{id}")).await;
        assert_eq!(audit(&instance, &id).await.len(), rows, "{mode}");
        let kept = instance.get(&format!("/api/now/table/sys_audit_delete?documentkey={id}")).await;
        assert_eq!(kept.as_array().map(Vec::len), Some(copies), "{mode}");
    }
}

/// 8: A reference to a deleted record is emptied, and the record that held it stays.
#[tokio::test]
async fn references_to_a_deleted_record_are_cleared() {
    let instance = Instance::start().await;
    let parent = incident(&instance).await;
    let child = instance.post("/api/now/table/incident", json!({"parent_incident": parent, "parent": parent})).await;
    delete(&instance, &format!("/api/now/table/incident/{parent}")).await;
    let left = instance.get(&format!("/api/now/table/incident/{}", child["sys_id"].as_str().expect("an id"))).await;
    assert_eq!((&left["parent_incident"], &left["parent"]), (&json!(""), &json!("")));
    assert_eq!(left["sys_mod_count"], "0", "clearing is no update");
}

/// 8: A row that only joins two records goes with either; the audit names `system` for it.
#[tokio::test]
async fn memberships_go_with_the_user() {
    let instance = Instance::start().await;
    let members = instance.get(&format!("/api/now/table/sys_user_grmember?user={BETH}")).await;
    let member = members[0]["sys_id"].as_str().expect("an id").to_owned();
    delete(&instance, &format!("/api/now/table/sys_user/{BETH}")).await;
    let gone =
        instance.call_as("admin", Method::GET, &format!("/api/now/table/sys_user_grmember/{member}"), None).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    let rows = audit(&instance, &member).await;
    assert_eq!((&rows[0]["user"], &rows[0]["fieldname"]), (&json!("system"), &json!("DELETED")));
}

/// 8: The journal of a deleted record goes with it.
#[tokio::test]
async fn journals_go_with_the_record() {
    let instance = Instance::start().await;
    let id = incident(&instance).await;
    instance.patch(&format!("/api/now/table/incident/{id}"), json!({"work_notes": "gone soon"})).await;
    delete(&instance, &format!("/api/now/table/incident/{id}")).await;
    assert_eq!(instance.get(&format!("/api/now/table/sys_journal_field?element_id={id}")).await, json!([]));
}

/// 8: Only audit_viewer and administrators read sys_audit; nobody writes to it.
#[tokio::test]
async fn the_audit_is_for_auditors() {
    let instance = Instance::start().await;
    for table in ["sys_audit", "sys_audit_delete"] {
        let path = format!("/api/now/table/{table}");
        let refused = instance.call_as("itil", Method::GET, &path, None).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{table}");
        let refused = instance.call_as("admin", Method::POST, &path, Some(json!({"tablename": "incident"}))).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{table}");
    }
}

/// 8: Which tables are audited stands in sys_dictionary, in the row of the table itself.
#[tokio::test]
async fn the_dictionary_says_what_is_audited() {
    let instance = Instance::start().await;
    let query = "/api/now/table/sys_dictionary?internal_type=collection&sysparm_fields=audit&name=";
    assert_eq!(instance.get(&format!("{query}incident")).await, json!([{"audit": "true"}]));
    assert_eq!(instance.get(&format!("{query}sys_user_group")).await, json!([{"audit": "false"}]));
}
