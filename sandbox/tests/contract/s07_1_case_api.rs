//! Contract section 7.1: the Case API.

use crate::support::{Instance, result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const API: &str = "/api/sn_customerservice/case";

fn id(record: &Value) -> &str {
    record["sys_id"].as_str().expect("an id")
}

/// An account, a customer of it who may use the API, and a program that may.
struct Party {
    account: Value,
    contact: Value,
}

async fn grant(instance: &Instance, user: &Value, role: &str) {
    let query = format!("/api/now/table/sys_user_role?sysparm_query=name={role}");
    let found = instance.get(&query).await;
    let role = match found.get(0) {
        Some(role) => role.clone(),
        None => instance.post("/api/now/table/sys_user_role", json!({"name": role})).await,
    };
    let body = json!({"user": id(user), "role": id(&role)});
    instance.post("/api/now/table/sys_user_has_role", body).await;
}

async fn party(instance: &Instance) -> Party {
    let account = instance.post("/api/now/table/customer_account", json!({"name": "Boxes and More"})).await;
    let body = json!({"name": "Cleo Marsh", "user_name": "cleo.marsh", "user_password": "cleo.marsh", "account": id(&account)});
    let contact = instance.post("/api/now/table/customer_contact", body).await;
    grant(instance, &contact, "sn_customerservice.customer").await;
    let body = json!({"name": "A Program", "user_name": "program", "user_password": "program"});
    let program = instance.post("/api/now/table/sys_user", body).await;
    grant(instance, &program, "csm_ws_integration").await;
    Party { account, contact }
}

async fn get_as(instance: &Instance, user: &str, path: &str) -> Value {
    let response = instance.call_as(user, Method::GET, path, None).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    result(response).await
}

/// 7.1: POST answers 201 with the sys_id and the number and nothing else.
#[tokio::test]
async fn a_new_case_is_named_by_two_keys() {
    let instance = Instance::start().await;
    party(&instance).await;
    let body = json!({"short_description": "Printer", "nothing": "x", "state": "77"});
    let response = instance.call_as("program", Method::POST, API, Some(body)).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let made = result(response).await;
    assert_eq!(made.as_object().map(serde_json::Map::len), Some(2));
    assert_eq!(made["number"], "CS0010001");
    let kept = get_as(&instance, "program", &format!("{API}/{}", id(&made))).await;
    assert_eq!(kept["state"], "77", "the body is not validated");
}

/// 7.1: PUT answers 201 with the same two keys, takes a number instead of a sys_id, and there is no PATCH.
#[tokio::test]
async fn put_answers_like_post() {
    let instance = Instance::start().await;
    party(&instance).await;
    let made = instance.post(API, json!({"short_description": "Printer"})).await;
    let path = format!("{API}/CS0010001");
    let response =
        instance.call_as("program", Method::PUT, &path, Some(json!({"priority": "1", "work_notes": "Urgent"}))).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(result(response).await, json!({"sys_id": made["sys_id"], "number": "CS0010001"}));
    assert_eq!(get_as(&instance, "program", &path).await["priority"], "1");
    let response = instance.call_as("program", Method::PATCH, &path, Some(json!({"priority": "2"}))).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

/// 7.1: A case is read by its sys_id or its number, and 404 is the answer where there is none.
#[tokio::test]
async fn a_case_is_read_by_id_or_number() {
    let instance = Instance::start().await;
    let made = instance.post(API, json!({"short_description": "Printer"})).await;
    let by_id = instance.get(&format!("{API}/{}", id(&made))).await;
    assert_eq!(by_id, instance.get("/api/sn_customerservice/v1/case/CS0010001").await);
    let missing = instance.call_as("admin", Method::GET, &format!("{API}/CS9999999"), None).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

/// 7.1: References are bare sys_ids, while account and contact are whole records without secrets.
#[tokio::test]
async fn account_and_contact_are_whole() {
    let instance = Instance::start().await;
    let party = party(&instance).await;
    let body = json!({"contact": id(&party.contact), "assigned_to": crate::support::BETH});
    let made = instance.post(API, body).await;
    let case = get_as(&instance, "program", &format!("{API}/{}", id(&made))).await;
    assert_eq!(
        (case["assigned_to"].as_str(), case["sys_domain"].as_str()),
        (Some(crate::support::BETH), Some("global"))
    );
    assert_eq!(
        (case["account"]["name"].as_str(), &case["account"]["sys_id"]),
        (Some("Boxes and More"), &party.account["sys_id"])
    );
    assert_eq!(
        (case["contact"]["name"].as_str(), &case["contact"]["account"]),
        (Some("Cleo Marsh"), &party.account["sys_id"])
    );
    assert_eq!(case["contact"].get("user_password"), None);
    assert_eq!(case["consumer"], "");
}

/// 7.1: With `sysparm_reference_fields=false` account and contact are sys_ids as well.
#[tokio::test]
async fn reference_fields_can_be_left_out() {
    let instance = Instance::start().await;
    let party = party(&instance).await;
    instance.post(API, json!({"contact": id(&party.contact)})).await;
    for name in ["sysparm_reference_fields", "reference_fields"] {
        let list = get_as(&instance, "program", &format!("{API}?{name}=false&sysparm_query=number=CS0010001")).await;
        assert_eq!((&list[0]["contact"], &list[0]["account"]), (&party.contact["sys_id"], &party.account["sys_id"]));
    }
}

/// 7.1: Parameters do without their prefix, and the total and the links are told with a limit or an offset.
#[tokio::test]
async fn parameters_do_without_their_prefix() {
    let instance = Instance::start().await;
    for text in ["one", "two", "three"] {
        instance.post(API, json!({"short_description": text})).await;
    }
    let query = "query=numberSTARTSWITHCS001^ORDERBYnumber&fields=short_description&offset=1&limit=1";
    let response = instance.call_as("admin", Method::GET, &format!("{API}?{query}"), None).await;
    assert_eq!(response.headers()["x-total-count"], "3");
    let links = response.headers()["link"].to_str().expect("text").to_owned();
    assert!(
        links.contains("/api/sn_customerservice/case?") && links.contains("sysparm_offset=2>;rel=\"next\""),
        "{links}"
    );
    assert_eq!(result(response).await, json!([{"short_description": "two"}]));
    let all = instance.call_as("admin", Method::GET, &format!("{API}?fields=number"), None).await;
    assert_eq!(all.headers().get("x-total-count"), None);
}

/// 7.1: Display values are given alone or beside the values.
#[tokio::test]
async fn display_values_are_given() {
    let instance = Instance::start().await;
    instance.post(API, json!({"state": "18", "assigned_to": crate::support::BETH})).await;
    let query = "query=number=CS0010001&fields=state,assigned_to&display_value=";
    let shown = instance.get(&format!("{API}?{query}true")).await;
    assert_eq!(shown, json!([{"state": "Awaiting Info", "assigned_to": "Beth Anglin"}]));
    let both = instance.get(&format!("{API}?{query}all")).await;
    assert_eq!(both[0]["state"], json!({"value": "18", "display_value": "Awaiting Info"}));
    assert_eq!(both[0]["assigned_to"], json!({"value": crate::support::BETH, "display_value": "Beth Anglin"}));
}

/// 7.1: The role csm_ws_integration opens the API; without it or a customer's role it is 403.
#[tokio::test]
async fn the_api_asks_for_its_role() {
    let instance = Instance::start().await;
    party(&instance).await;
    for (user, status) in [("program", 200), ("cleo.marsh", 200), ("itil", 403), ("employee", 403)] {
        assert_eq!(instance.call_as(user, Method::GET, API, None).await.status(), status, "{user}");
    }
}

/// 7.1: A customer sees the own cases only, and changes their comments and state only.
#[tokio::test]
async fn a_customer_is_limited() {
    let instance = Instance::start().await;
    let party = party(&instance).await;
    instance.post(API, json!({"short_description": "Somebody else's"})).await;
    let body = json!({"short_description": "Mine", "assigned_to": crate::support::BETH, "work_notes": "psst"});
    let made = instance.call_as("cleo.marsh", Method::POST, API, Some(body)).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let mine = format!("{API}/{}", id(&result(made).await));
    let cases =
        get_as(&instance, "cleo.marsh", &format!("{API}?query=numberSTARTSWITHCS001&reference_fields=false")).await;
    assert_eq!(cases.as_array().map(Vec::len), Some(1));
    assert_eq!((&cases[0]["contact"], &cases[0]["account"]), (&party.contact["sys_id"], &party.account["sys_id"]));
    assert_eq!((cases[0]["short_description"].as_str(), cases[0]["assigned_to"].as_str()), (Some("Mine"), Some("")));
    let body = json!({"comments": "Hello?", "short_description": "Changed", "priority": "1"});
    instance.call_as("cleo.marsh", Method::PUT, &mine, Some(body)).await;
    let case = instance.get(&mine).await;
    assert_eq!((case["short_description"].as_str(), case["priority"].as_str()), (Some("Mine"), Some("4")));
    let stream = instance.get(&format!("{mine}/activities")).await;
    assert_eq!(stream["entries"][0]["value"], "Hello?");
    let other = instance.call_as("cleo.marsh", Method::GET, &format!("{API}/CS0010001"), None).await;
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
}

async fn discussed(instance: &Instance) -> String {
    let made = instance.post(API, json!({"short_description": "Printer", "comments": "It smells."})).await;
    let path = format!("{API}/{}", id(&made));
    let response =
        instance.call_as("admin", Method::PUT, &path, Some(json!({"work_notes": "[code]<b>Fire</b>[/code]"}))).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    format!("{path}/activities")
}

/// 7.1: The stream of a case has its number, its caller, its journals and its entries with their sys_ids.
#[tokio::test]
async fn activities_have_ids() {
    let instance = Instance::start().await;
    instance.set_property("glide.sys.default.tz", "UTC").await;
    let path = discussed(&instance).await;
    let stream = instance.get(&path).await;
    assert_eq!(
        (stream["display_value"].as_str(), stream["table"].as_str()),
        (Some("CS0010001"), Some("sn_customerservice_case"))
    );
    assert_eq!((stream["label"].as_str(), stream["user_login"].as_str()), (Some("Case"), Some("admin")));
    assert_eq!(stream["user_full_name"], "System Administrator");
    let journal =
        json!({"can_read": true, "can_write": true, "color": "gold", "label": "Work notes", "name": "work_notes"});
    assert_eq!(stream["journal_fields"][1], journal);
    let rows =
        instance.get(&format!("/api/now/table/sys_journal_field?sysparm_query=element_id={}", id(&stream))).await;
    let ids = |list: &Value| {
        let mut ids: Vec<String> = list.as_array().expect("a list").iter().map(|one| id(one).to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&stream["entries"]), ids(&rows));
    let comment = stream["entries"].as_array().expect("entries").iter().find(|entry| entry["element"] == "comments");
    let comment = comment.expect("the comment");
    for (key, value) in [
        ("field_label", "Additional comments"),
        ("value", "It smells."),
        ("name", "System Administrator"),
        ("login_name", "System Administrator"),
        ("initials", "SA"),
        ("contains_code", "false"),
        ("user_sys_id", "6816f79cc0a8016401c5a33be04be441"),
    ] {
        assert_eq!(comment[key], value, "{key}");
    }
    assert_eq!(comment["sys_created_on"], comment["sys_created_on_adjusted"], "this caller's zone is UTC");
}

/// 7.1: The stream can be narrowed to some kinds of activity and cut into pages.
#[tokio::test]
async fn activities_can_be_narrowed() {
    let instance = Instance::start().await;
    let path = discussed(&instance).await;
    let notes = instance.get(&format!("{path}?sysparm_activity_type=attachment,work_notes")).await;
    let entries = notes["entries"].as_array().expect("entries");
    assert_eq!((entries.len(), entries[0]["contains_code"].as_str()), (1, Some("true")));
    let response = instance.call_as("admin", Method::GET, &format!("{path}?limit=1"), None).await;
    assert_eq!(response.headers()["x-total-count"], "2");
    assert!(response.headers()["link"].to_str().expect("text").contains("/activities?"));
    assert_eq!(result(response).await["entries"].as_array().map(Vec::len), Some(1));
}

/// 7.1: A file on the case is an activity with its name, its size and its state.
#[tokio::test]
async fn files_are_activities() {
    let instance = Instance::start().await;
    let path = discussed(&instance).await;
    let case = instance.get(&path).await;
    let upload = format!(
        "/api/now/attachment/file?table_name=sn_customerservice_case&file_name=smoke.txt&table_sys_id={}",
        id(&case)
    );
    let request = instance.http.post(instance.url(&upload)).basic_auth("admin", Some("admin"));
    let sent = request.header("content-type", "text/plain").body("x".repeat(1_536)).send().await.expect("an answer");
    assert_eq!(sent.status(), StatusCode::CREATED);
    let file = result(sent).await;
    let stream = instance.get(&format!("{path}?activity_type=attachment")).await;
    let entry = &stream["entries"][0];
    assert_eq!((&entry["sys_id"], entry["element"].as_str()), (&file["sys_id"], Some("attachment")));
    let about = &entry["attachment"];
    for (key, value) in [
        ("sys_id", file["sys_id"].clone()),
        ("file_name", json!("smoke.txt")),
        ("content_type", json!("text/plain")),
        ("size", json!("1.5 KB")),
        ("size_bytes", json!(1_536)),
        ("state", json!("Available")),
    ] {
        assert_eq!(about[key], value, "{key}");
    }
}

/// 7.1: The values of a choice have their labels.
#[tokio::test]
async fn a_choice_has_its_values() {
    let instance = Instance::start().await;
    let values = instance.get(&format!("{API}/field_values/category")).await;
    let expected = json!([{"label": "Question", "value": "0"}, {"label": "Issue", "value": "1"}, {"label": "Feature", "value": "2"}]);
    assert_eq!(values, expected);
    let page = instance.get(&format!("{API}/field_values/category?limit=1&offset=2")).await;
    assert_eq!(page[0]["label"], "Feature");
    let wrong = instance.call_as("admin", Method::GET, &format!("{API}/field_values/short_description"), None).await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
}

/// 7.1: The values of a reference are records that can be searched; those of a case are of its account.
#[tokio::test]
async fn a_reference_has_its_records() {
    let instance = Instance::start().await;
    let party = party(&instance).await;
    let stranger = instance
        .post("/api/now/table/customer_contact", json!({"name": "Ann Other", "email": "ann@other.example"}))
        .await;
    let query = "query=nameINAnn Other,Cleo Marsh&reference_field_columns=email,user_password";
    let any = instance.get(&format!("{API}/field_values/contact?{query}")).await;
    assert_eq!(any[0], json!({"label": "Ann Other", "value": stranger["sys_id"], "email": "ann@other.example"}));
    assert_eq!(any.as_array().map(Vec::len), Some(2));
    let made = instance.post(API, json!({"contact": id(&party.contact)})).await;
    let of_case = instance.get(&format!("{API}/{}/field_values/contact", id(&made))).await;
    assert_eq!(of_case, json!([{"label": "Cleo Marsh", "value": party.contact["sys_id"]}]));
}
