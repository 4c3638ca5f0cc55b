//! Why ServiceNow stored something else than was sent: the cause named by what the instance says of itself.

use super::support::Practice;
use crate::connectors::servicenow::ServiceNow;
use crate::connectors::{Connector, Difference, Failure};
use merge::{Fields, Value};
use reqwest::Method;
use serde_json::{Value as Json, json};

/// An incident, the side that writes it, and the administrator's way to furnish its instance.
struct Desk {
    practice: Practice,
    side: ServiceNow,
    incident: String,
}

impl Desk {
    async fn of(user: &str) -> Self {
        let practice = Practice::start_as(user).await;
        let names = ["short_description", "description", "category", "state", "close_code", "close_notes"];
        let fields = names.map(str::to_owned).into();
        let side = ServiceNow::new(practice.instance.clone(), "incident", fields, practice.clock.clone());
        let body = json!({"short_description": "a printer", "description": "as it was"});
        let made = practice.ask(Method::POST, "/api/now/table/incident", Some(body)).await;
        Self { incident: made["sys_id"].as_str().expect("an id").to_owned(), practice, side }
    }

    async fn add(&self, table: &str, row: Json) -> String {
        let made = self.practice.ask(Method::POST, &format!("/api/now/table/{table}"), Some(row)).await;
        made["sys_id"].as_str().expect("an id").to_owned()
    }

    async fn allow_only(&self, name: &str, operation: &str, role: &str) {
        let acl = json!({"name": name, "operation": operation, "condition": "", "admin_overrides": "false"});
        let acl = self.add("sys_security_acl", acl).await;
        let grant = json!({"sys_security_acl": acl, "sys_user_role": self.role(role).await});
        self.add("sys_security_acl_role", grant).await;
    }

    async fn role(&self, name: &str) -> String {
        let found = format!("/api/now/table/sys_user_role?name={name}");
        let found = self.practice.ask(Method::GET, &found, None).await;
        found[0]["sys_id"].as_str().unwrap_or_else(|| panic!("no role {name}")).to_owned()
    }

    /// Writes a value, and asks why another is there. The old one is known to the test.
    async fn why(&self, field: &str, sent: Value, old: &str) -> String {
        let fields = Fields::from([(field.to_owned(), sent.clone())]);
        let applied = self.side.write(&self.incident, &fields, "").await.expect("taken");
        let is_old = applied.record.fields[field].plain() == old;
        assert!(!applied.record.fields[field].means(&sent), "{field} is as it was sent");
        let difference = Difference { record: &applied.record, field, sent: &sent, is_old };
        self.side.why_other(&difference).await.expect("a cause")
    }
}

fn assert_names(why: &str, names: &[&str]) {
    assert!(names.iter().all(|name| why.contains(name)), "{names:?} in {why:?}");
}

#[tokio::test]
async fn a_text_that_is_cut_names_the_columns_length() {
    let long = Value::text(&"x".repeat(300));
    let why = Desk::of("admin").await.why("short_description", long.clone(), "a printer").await;
    assert_names(&why, &["short_description", "incident", "160 characters", "max_length"]);
    let why = Desk::of("itil").await.why("short_description", long, "a printer").await;
    assert_names(&why, &["short_description", "holds no more"]);
}

#[tokio::test]
async fn a_value_that_is_no_choice_is_named_with_those_that_are() {
    for user in ["admin", "itil"] {
        let desk = Desk::of(user).await;
        let why = desk.why("category", Value::choice("nonsense"), "inquiry").await;
        assert_names(&why, &["\"nonsense\" is no choice of category", "sys_choice", "\"inquiry\"", "value map"]);
        // A choice of the parent's, which the child does not say anew.
        let why = desk.why("state", Value::choice("42"), "1").await;
        assert_names(&why, &["\"42\" is no choice of state", "\"1\""]);
    }
}

#[tokio::test]
async fn a_refusal_for_a_missing_field_names_the_choice_that_was_dropped() {
    let desk = Desk::of("itil").await;
    let resolved = [("state", "6"), ("close_code", "Solved by magic"), ("close_notes", "done")];
    let resolved: Fields = resolved.map(|(field, value)| (field.to_owned(), Value::choice(value))).into();
    let refused = desk.side.write(&desk.incident, &resolved, "").await.map(|_| ()).expect_err("refused");
    let Failure::Refused { why } = refused else { panic!("{refused:?}") };
    assert_names(&why, &["Resolution code", "\"Solved by magic\" is no choice of close_code", "Solution provided"]);
}

#[tokio::test]
async fn a_column_that_only_a_role_may_write_names_the_role() {
    let desk = Desk::of("itil").await;
    desk.allow_only("incident.description", "write", "itil_admin").await;
    let why = desk.why("description", Value::text("new"), "as it was").await;
    assert_names(&why, &["\"incident.description\" (write)", "personalize_dictionary"]);
    // To an account that may read the rules, more is said.
    for table in ["sys_security_acl", "sys_security_acl_role", "sys_user_role"] {
        desk.allow_only(table, "read", "itil").await;
    }
    desk.practice.clock.turn(3_600_000);
    let why = desk.why("description", Value::text("new"), "as it was").await;
    assert_names(&why, &["\"incident.description\" (write)", "role \"itil_admin\"", "table incident"]);
}

#[tokio::test]
async fn a_column_that_is_read_only_by_override_or_by_policy_says_so() {
    let desk = Desk::of("admin").await;
    // What the form shows as read-only is closed to the API by the same ACL.
    desk.allow_only("incident.description", "write", "nobody").await;
    let policy =
        json!({"short_description": "Hands off", "model_table": "incident", "conditions": "", "active": "true"});
    let policy = desk.add("sys_data_policy2", policy).await;
    let rule = json!({"sys_data_policy": policy, "table": "incident", "field": "description", "disabled": "true"});
    desk.add("sys_data_policy_rule", rule).await;
    let why = desk.why("description", Value::text("new"), "as it was").await;
    assert_names(&why, &["data policy \"Hands off\"", "description", "incident"]);
    let said = json!({"name": "incident", "base_table": "task", "element": "description", "read_only_override": "true", "read_only": "true"});
    desk.add("sys_dictionary_override", said).await;
    desk.practice.clock.turn(3_600_000);
    let why = desk.why("description", Value::text("new"), "as it was").await;
    assert_names(&why, &["read-only in its dictionary", "description", "incident"]);
}

#[tokio::test]
async fn a_business_rule_that_names_the_column_is_named() {
    let desk = Desk::of("admin").await;
    let rule = json!({
        "name": "Shouts", "collection": "task", "when": "before", "active": "true", "advanced": "true", "action_update": "true",
        "script": "current.description = 'SHOUTED';",
    });
    desk.add("sys_script", rule).await;
    let why = desk.why("description", Value::text("new"), "as it was").await;
    assert_names(&why, &["business rule of table incident", "\"Shouts\"", "description"]);
}

#[tokio::test]
async fn a_closed_record_is_told_as_closed() {
    let desk = Desk::of("itil").await;
    let closed = json!({"state": "7", "close_code": "Solution provided", "close_notes": "done"});
    desk.practice.ask(Method::PATCH, &format!("/api/now/table/incident/{}", desk.incident), Some(closed)).await;
    let why = desk.why("description", Value::text("new"), "as it was").await;
    assert_names(&why, &["the record is closed", "table incident", "Reopen"]);
}
