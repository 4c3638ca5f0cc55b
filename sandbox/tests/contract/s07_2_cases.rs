//! Contract section 7.2 and the escalations of 7.3: what happens to a customer's case when it is written.

use crate::support::{Instance, result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const CASES: &str = "/api/now/table/sn_customerservice_case";
const ESCALATIONS: &str = "/api/now/table/sn_customerservice_escalation";

fn id(record: &Value) -> &str {
    record["sys_id"].as_str().expect("an id")
}

fn path(record: &Value) -> String {
    format!("{CASES}/{}", id(record))
}

/// A customer who may sign in, and the account.
async fn customer(instance: &Instance) -> (Value, Value) {
    let account = instance.post("/api/now/table/customer_account", json!({"name": "Boxes and More"})).await;
    let body = json!({"first_name": "Cleo", "last_name": "Marsh", "user_name": "cleo.marsh", "user_password": "cleo.marsh",
        "email": "cleo@boxes.example", "account": id(&account)});
    (instance.post("/api/now/table/customer_contact", body).await, account)
}

async fn refused(instance: &Instance, record: &Value, body: Value) -> String {
    let response = instance.call_as("admin", Method::PATCH, &path(record), Some(body)).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let body: Value = response.json().await.expect("JSON");
    body["error"]["detail"].as_str().unwrap_or_default().to_owned()
}

async fn in_state(instance: &Instance, state: &str, contact: &str) -> Value {
    instance.post(CASES, json!({"short_description": "Printer", "state": state, "contact": contact})).await
}

/// 7.2: A new case has a CS number, state New, category Issue, priority 4 and its name with its number.
#[tokio::test]
async fn a_new_case_has_its_defaults() {
    let instance = Instance::start().await;
    let made = instance.post(CASES, json!({"short_description": "Printer"})).await;
    for (column, value) in [
        ("number", "CS0010001"),
        ("state", "1"),
        ("priority", "4"),
        ("category", "1"),
        ("active", "true"),
        ("case", "PrinterCS0010001"),
        ("sys_class_name", "sn_customerservice_case"),
    ] {
        assert_eq!(made[column], value, "{column}");
    }
}

/// 7.2: The states of a case are New, Open, Awaiting Info, Resolved and Closed, with their numbers in `sys_choice`.
#[tokio::test]
async fn the_states_are_choices() {
    let instance = Instance::start().await;
    let query = "/api/now/table/sys_choice?sysparm_fields=value,label&sysparm_query=name=sn_customerservice_case^element=state^ORDERBYsequence";
    let states = json!([{"label": "New", "value": "1"}, {"label": "Open", "value": "10"}, {"label": "Awaiting Info", "value": "18"},
        {"label": "Resolved", "value": "6"}, {"label": "Closed", "value": "3"}]);
    assert_eq!(instance.get(query).await, states);
}

/// 7.2: The account of a case is its contact's, unless the writer says otherwise.
#[tokio::test]
async fn the_account_is_the_contacts() {
    let instance = Instance::start().await;
    let (contact, account) = customer(&instance).await;
    let made = instance.post(CASES, json!({"contact": id(&contact)})).await;
    assert_eq!(made["account"]["value"], account["sys_id"]);
    let other = instance.post("/api/now/table/customer_account", json!({"name": "Somebody else"})).await;
    let said = instance.post(CASES, json!({"contact": id(&contact), "account": id(&other)})).await;
    assert_eq!(said["account"]["value"], other["sys_id"]);
}

/// 7.2: A solution is proposed with a resolution code and resolution notes, or the data policy refuses it.
#[tokio::test]
async fn a_solution_needs_code_and_notes() {
    let instance = Instance::start().await;
    let made = in_state(&instance, "10", "").await;
    let detail = "Data Policy Exception: The following fields are mandatory: Resolution code, Resolution notes";
    assert_eq!(refused(&instance, &made, json!({"state": "6"})).await, detail);
    let how = json!({"state": "6", "resolution_code": "1", "close_notes": "New cable"});
    let resolved = instance.patch(&path(&made), how).await;
    assert_eq!((resolved["state"].as_str(), resolved["active"].as_str()), (Some("6"), Some("true")));
    assert_eq!(resolved["resolved_at"], resolved["sys_updated_on"]);
    assert_eq!(resolved["resolved_by"]["value"], "6816f79cc0a8016401c5a33be04be441");
}

/// 7.2: A rejected solution opens the case again and takes the stamps of the resolution from it.
#[tokio::test]
async fn a_rejected_solution_opens_the_case() {
    let instance = Instance::start().await;
    let body = json!({"state": "6", "resolution_code": "1", "close_notes": "New cable"});
    let made = instance.post(CASES, body).await;
    let opened = instance.patch(&path(&made), json!({"state": "10"})).await;
    assert_eq!((opened["resolved_at"].as_str(), opened["resolved_by"].as_str()), (Some(""), Some("")));
}

/// 7.2: A customer's update of a case that awaits information opens it; an agent's does not.
#[tokio::test]
async fn a_customers_update_opens_the_case() {
    let instance = Instance::start().await;
    let (contact, _) = customer(&instance).await;
    let made = in_state(&instance, "18", id(&contact)).await;
    let asked = instance.patch(&path(&made), json!({"comments": "Which model is it?"})).await;
    assert_eq!(asked["state"], "18");
    let answer = json!({"comments": "The blue one."});
    let response = instance.call_as("cleo.marsh", Method::PATCH, &path(&made), Some(answer)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(result(response).await["state"], "10");
}

/// 7.2: A closed case is inactive and stamped, and cannot be updated.
#[tokio::test]
async fn a_closed_case_stays_as_it_is() {
    let instance = Instance::start().await;
    let made = in_state(&instance, "10", "").await;
    assert!(refused(&instance, &made, json!({"state": "3"})).await.ends_with("Resolution notes"));
    let closed = instance.patch(&path(&made), json!({"state": "3", "close_notes": "Not needed"})).await;
    assert_eq!((closed["active"].as_str(), &closed["closed_at"]), (Some("false"), &closed["sys_updated_on"]));
    for body in [json!({"state": "10"}), json!({"comments": "One more thing"}), json!({"priority": "1"})] {
        let said = refused(&instance, &made, body).await;
        assert_eq!(said, "ACL Exception Update Failed due to security constraints");
    }
}

/// 7.2: A customer may close a case without resolution notes.
#[tokio::test]
async fn a_customer_closes_without_a_word() {
    let instance = Instance::start().await;
    let (contact, _) = customer(&instance).await;
    let made = in_state(&instance, "10", id(&contact)).await;
    let response = instance.call_as("cleo.marsh", Method::PATCH, &path(&made), Some(json!({"state": "3"}))).await;
    assert_eq!(result(response).await["active"], "false");
}

/// 7.2: Cases are hidden from agents of other departments and from other people.
#[tokio::test]
async fn cases_are_for_customer_service() {
    let instance = Instance::start().await;
    let (contact, _) = customer(&instance).await;
    let made = in_state(&instance, "1", id(&contact)).await;
    for (user, status) in [("itil", 404), ("employee", 404), ("cleo.marsh", 200), ("admin", 200)] {
        assert_eq!(instance.call_as(user, Method::GET, &path(&made), None).await.status(), status, "{user}");
    }
}

async fn severity(instance: &Instance) -> String {
    let body = json!({"name": "High Severity"});
    id(&instance.post("/api/now/table/sn_customerservice_escalation_severity", body).await).to_owned()
}

/// 7.3: An escalation that was approved shows on its case as the active one until it is closed.
#[tokio::test]
async fn an_approved_escalation_shows_on_the_case() {
    let instance = Instance::start().await;
    let case = in_state(&instance, "10", "").await;
    let body = json!({"source_table": "sn_customerservice_case", "source_record": id(&case), "reason": 1,
        "escalation_severity": severity(&instance).await, "escalation_justification": "No answer for a week"});
    let escalation = instance.post(ESCALATIONS, body).await;
    assert_eq!((escalation["state"].as_str(), escalation["number"].as_str()), (Some("1"), Some("ESC0010001")));
    assert_eq!(instance.get(&path(&case)).await["active_escalation"], "");
    let at = format!("{ESCALATIONS}/{}", id(&escalation));
    let approved = instance.patch(&at, json!({"state": "2"})).await;
    assert_eq!(approved["approved_by"]["value"], "6816f79cc0a8016401c5a33be04be441");
    assert_eq!(instance.get(&path(&case)).await["active_escalation"]["value"], escalation["sys_id"]);
    let closed = instance.patch(&at, json!({"state": "4"})).await;
    assert_eq!(closed["active"], "false");
    assert_eq!(instance.get(&path(&case)).await["active_escalation"], "");
}

/// 7.3: A template without approval escalates at once and gives its severity; an account shows it too.
#[tokio::test]
async fn a_template_escalates_an_account_at_once() {
    let instance = Instance::start().await;
    let (_, account) = customer(&instance).await;
    let severity = severity(&instance).await;
    let template = json!({"name": "Account escalation", "table": "customer_account", "escalation_severity": severity});
    let template = instance.post("/api/now/table/sn_customerservice_escalation_template", template).await;
    let body = json!({"source_table": "customer_account", "source_record": id(&account), "type": id(&template)});
    let escalation = instance.post(ESCALATIONS, body).await;
    assert_eq!(escalation["state"], "2");
    assert_eq!(escalation["escalation_severity"]["value"], severity);
    let shown = instance.get(&format!("/api/now/table/customer_account/{}", id(&account))).await;
    assert_eq!(shown["active_escalation"]["value"], escalation["sys_id"]);
}

/// 7.3: What is said about the escalation of a case stands in the case's work notes.
#[tokio::test]
async fn updates_of_an_escalation_are_work_notes_of_the_case() {
    let instance = Instance::start().await;
    let case = in_state(&instance, "10", "").await;
    let body =
        json!({"source_table": "sn_customerservice_case", "source_record": id(&case), "comments": "Calling them now"});
    instance.post(ESCALATIONS, body).await;
    let query = format!("/api/now/table/sys_journal_field?sysparm_query=element_id={}", id(&case));
    let notes = instance.get(&query).await;
    assert_eq!(
        (notes[0]["element"].as_str(), notes[0]["value"].as_str()),
        (Some("work_notes"), Some("Calling them now"))
    );
}
