//! Contract sections 2.7 (data policies), 2.8 and 3.3 to 3.4: what becomes of values that are written.

use crate::support::{BETH, Instance, result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const TABLE: &str = "/api/now/table/incident";

fn path(record: &Value) -> String {
    format!("{TABLE}/{}", record["sys_id"].as_str().expect("an id"))
}

async fn refusal(instance: &Instance, user: &str, method: Method, path: &str, body: Value) -> (u16, Value) {
    let response = instance.call_as(user, method, path, Some(body)).await;
    let status = response.status().as_u16();
    let mut body: Value = response.json().await.expect("JSON");
    assert_eq!(body["error"]["message"], "Operation Failed");
    (status, body["error"]["detail"].take())
}

/// A row of a metadata table, changed.
async fn change(instance: &Instance, table: &str, query: &str, values: Value) {
    let rows = instance.get(&format!("/api/now/table/{table}?sysparm_query={query}")).await;
    let id = rows[0]["sys_id"].as_str().unwrap_or_else(|| panic!("no row of {table} with {query}"));
    instance.patch(&format!("/api/now/table/{table}/{id}"), values).await;
}

/// 2.8: Unknown fields in a body are ignored without error, and so are the system's own columns.
#[tokio::test]
async fn unknown_and_system_fields_are_ignored() {
    let instance = Instance::start().await;
    let body = json!({"nonsense": "x", "sys_mod_count": "99", "sys_created_by": "nobody",
        "sys_created_on": "2001-01-01 00:00:00", "short_description": "kept"});
    let made = instance.post(TABLE, body).await;
    assert_eq!((&made["short_description"], &made["sys_mod_count"]), (&json!("kept"), &json!("0")));
    assert_eq!(made["sys_created_by"], "admin");
    assert_ne!(made["sys_created_on"], "2001-01-01 00:00:00");
    assert!(made.get("nonsense").is_none());
}

/// 2.8: A value that is no choice is dropped, unless the property lets it in.
#[tokio::test]
async fn a_value_that_is_no_choice_is_dropped() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({"category": "astrology"})).await;
    assert_eq!(made["category"], "inquiry");
    change(&instance, "sys_properties", "name=glide.rest.choice.allow_non_existing_value", json!({"value": "true"}))
        .await;
    assert_eq!(instance.patch(&path(&made), json!({"category": "astrology"})).await["category"], "astrology");
}

/// 2.8: What the dictionary calls mandatory is not enforced: an empty body makes a record.
#[tokio::test]
async fn an_empty_body_makes_a_record() {
    let instance = Instance::start().await;
    for body in [json!({}), json!({"caller_id": ""})] {
        let made = instance.call_as("itil", Method::POST, TABLE, Some(body)).await;
        assert_eq!(made.status(), StatusCode::CREATED);
    }
}

/// 2.8: A value is cleared by `""` and, as far as is known, by null.
#[tokio::test]
async fn values_can_be_cleared() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({"description": "a", "correlation_id": "b", "caller_id": BETH})).await;
    let cleared =
        instance.patch(&path(&made), json!({"description": "", "correlation_id": null, "caller_id": ""})).await;
    assert_eq!(
        (&cleared["description"], &cleared["correlation_id"], &cleared["caller_id"]),
        (&json!(""), &json!(""), &json!(""))
    );
}

/// 2.8: Numbers and booleans may come as JSON's own, and a reference in the shape in which it was read.
#[tokio::test]
async fn values_may_have_their_json_type() {
    let instance = Instance::start().await;
    let body = json!({"impact": 2, "knowledge": true, "caller_id": {"link": "http://elsewhere/x", "value": BETH}});
    let made = instance.post(TABLE, body).await;
    assert_eq!(
        (&made["impact"], &made["knowledge"], &made["caller_id"]["value"]),
        (&json!("2"), &json!("true"), &json!(BETH))
    );
}

/// 3.1: A value that is too long is cut without a word.
#[tokio::test]
async fn a_long_value_is_cut() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({"short_description": "é".repeat(300)})).await;
    assert_eq!(made["short_description"].as_str().map(|text| text.chars().count()), Some(160));
}

/// 2.8: A number that is none, and a time that is none, leave the value as it was.
#[tokio::test]
async fn values_of_the_wrong_kind_are_dropped() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({"order": "7", "due_date": "2026-05-01 10:00:00"})).await;
    let same = instance.patch(&path(&made), json!({"order": "many", "due_date": "soon"})).await;
    assert_eq!((&same["order"], &same["due_date"]), (&json!("7"), &json!("2026-05-01 10:00:00")));
}

/// 2.8: Two users cannot have the same `user_name`; the database's words say so with 403.
#[tokio::test]
async fn a_unique_value_is_used_once() {
    let instance = Instance::start().await;
    let body = json!({"user_name": "beth.anglin", "last_name": "Another"});
    let refused = refusal(&instance, "admin", Method::POST, "/api/now/table/sys_user", body).await;
    let detail = "Unique Key violation detected by database (Duplicate entry 'beth.anglin' for key 'user_name')";
    assert_eq!(refused, (403, json!(detail)));
}

/// 2.7: Resolving without code and notes is 403, and the data policy names the fields by their labels.
#[tokio::test]
async fn resolving_asks_for_code_and_notes() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({})).await;
    let refused = refusal(&instance, "itil", Method::PATCH, &path(&made), json!({"state": "6"})).await;
    let words = "Data Policy Exception: The following fields are mandatory: ";
    assert_eq!(refused, (403, json!(format!("{words}Resolution code, Resolution notes"))));
    let body = json!({"state": "6", "close_notes": "x", "close_code": "Solved (Permanently)"});
    let refused = refusal(&instance, "itil", Method::PATCH, &path(&made), body).await;
    assert_eq!(refused, (403, json!(format!("{words}Resolution code"))), "a code of old days is dropped first");
    assert_eq!(instance.get(&path(&made)).await["state"], "1");
}

/// 2.7: Data policies are rows: one that is turned off does not bind, another can be made.
#[tokio::test]
async fn data_policies_are_rows() {
    let instance = Instance::start().await;
    change(&instance, "sys_data_policy2", "short_descriptionSTARTSWITHResolution", json!({"active": "false"})).await;
    let made = instance.post(TABLE, json!({})).await;
    assert_eq!(instance.patch(&path(&made), json!({"state": "6"})).await["state"], "6");
    let policy = json!({"model_table": "incident", "conditions": "impact=1", "short_description": "Serious"});
    let policy = instance.post("/api/now/table/sys_data_policy2", policy).await;
    for (field, aspect) in [("description", "mandatory"), ("category", "disabled")] {
        let rule = json!({"sys_data_policy": policy["sys_id"], "field": field, aspect: "true"});
        instance.post("/api/now/table/sys_data_policy_rule", rule).await;
    }
    let refused = refusal(&instance, "itil", Method::POST, TABLE, json!({"impact": "1"})).await;
    assert_eq!(refused, (403, json!("Data Policy Exception: The following fields are mandatory: Description")));
    let made = instance.post(TABLE, json!({"impact": "1", "description": "x"})).await;
    let refused = refusal(&instance, "itil", Method::PATCH, &path(&made), json!({"category": "network"})).await;
    assert_eq!(refused, (403, json!("Data Policy Exception: The following fields are read only: Category")));
}

/// 3.4: The reason of an incident on hold is mandatory where its data policy is active.
#[tokio::test]
async fn the_reason_on_hold_can_be_mandatory() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({})).await;
    assert_eq!(instance.patch(&path(&made), json!({"state": "3"})).await["state"], "3");
    change(&instance, "sys_data_policy2", "short_descriptionLIKEon hold", json!({"active": "true"})).await;
    let refused = refusal(&instance, "itil", Method::POST, TABLE, json!({"state": "3"})).await;
    assert_eq!(refused, (403, json!("Data Policy Exception: The following fields are mandatory: On hold reason")));
}

/// 3.4: What may not be changed on a closed incident is skipped, or by switch the whole write is 403.
#[tokio::test]
async fn a_closed_incident_is_read_only() {
    let instance = Instance::start().await;
    let closed = json!({"state": "7", "close_code": "User error", "close_notes": "x", "impact": "3"});
    let made = instance.post(TABLE, closed).await;
    let body = json!({"impact": "1", "description": "an administrator's"});
    let same = instance.call_as("itil", Method::PATCH, &path(&made), Some(body.clone())).await;
    assert_eq!(same.status(), StatusCode::OK);
    let same = result(same).await;
    assert_eq!((&same["impact"], &same["description"]), (&json!("3"), &json!("")));
    instance.switch(json!({"closed_record": "refuse"})).await;
    let refused = refusal(&instance, "itil", Method::PATCH, &path(&made), body).await;
    assert_eq!(refused, (403, json!("ACL Exception Update Failed due to security constraints")));
    let changed = instance.patch(&path(&made), json!({"description": "an administrator's"})).await;
    assert_eq!(changed["description"], "an administrator's");
}

/// 3.4: Where the switch asks for it, only `itil_admin` closes an incident.
#[tokio::test]
async fn closing_can_need_a_role() {
    let instance = Instance::start().await;
    instance.switch(json!({"closing_needs_role": true})).await;
    let made = instance.post(TABLE, json!({})).await;
    let body = json!({"state": "7", "close_code": "User error", "close_notes": "x"});
    let agent = instance.call_as("itil", Method::PATCH, &path(&made), Some(body.clone())).await;
    assert_eq!(result(agent).await["state"], "1");
    assert_eq!(instance.patch(&path(&made), body).await["state"], "7");
}

/// 3.4: A new group alone leaves the assignee, or by switch clears it as the form does.
#[tokio::test]
async fn a_new_group_can_clear_the_assignee() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({"assignment_group": "Network", "assigned_to": BETH})).await;
    let kept = instance.patch(&path(&made), json!({"assignment_group": "Database"})).await;
    assert_eq!(kept["assigned_to"]["value"], BETH);
    instance.switch(json!({"group_clears_assignee": true})).await;
    assert_eq!(instance.patch(&path(&made), json!({"assignment_group": "Network"})).await["assigned_to"], "");
    let both = instance.patch(&path(&made), json!({"assignment_group": "Database", "assigned_to": BETH})).await;
    assert_eq!(both["assigned_to"]["value"], BETH);
}

/// 3.3: The instance offers the resolution codes of new releases, of old ones, or both, as the switch says.
#[tokio::test]
async fn resolution_codes_follow_the_switch() {
    let instance = Instance::start().await;
    let offered = async || {
        let query = "name=incident^element=close_code^inactive=false^language=en^ORDERBYsequence";
        let rows = instance.get(&format!("/api/now/table/sys_choice?sysparm_query={query}")).await;
        rows.as_array().map(Vec::len)
    };
    assert_eq!(offered().await, Some(10));
    for (set, count) in [("old", 7), ("both", 17), ("new", 10)] {
        instance.switch(json!({"close_codes": set})).await;
        assert_eq!(offered().await, Some(count), "{set}");
    }
    instance.switch(json!({"close_codes": "old"})).await;
    let body = json!({"state": "6", "close_code": "Solved (Permanently)", "close_notes": "x"});
    let made = instance.post(TABLE, body).await;
    assert_eq!(made["close_code"], "Solved (Permanently)");
}

/// 3.4: A PATCH that changes nothing saves nothing; one that does counts one more.
#[tokio::test]
async fn only_changes_are_saved() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({"short_description": "a"})).await;
    let same = instance.patch(&path(&made), json!({"short_description": "a"})).await;
    assert_eq!(same["sys_mod_count"], "0");
    assert_eq!(instance.patch(&path(&made), json!({"short_description": "b"})).await["sys_mod_count"], "1");
}
