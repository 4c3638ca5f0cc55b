//! Contract section 9.3: the Aggregate API.

use crate::support::{BETH, Instance, JOE, result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Four incidents that nothing else is like: reassignments 1, 2, 10 and none, in two categories.
async fn instance() -> Instance {
    let instance = Instance::start().await;
    for (category, count, caller) in
        [("network", "1", JOE), ("network", "2", BETH), ("network", "10", JOE), ("hardware", "", "")]
    {
        let body = json!({"correlation_id": "numbers", "category": category, "reassignment_count": count, "caller_id": caller});
        instance.post("/api/now/table/incident", body).await;
    }
    instance
}

async fn stats(instance: &Instance, parameters: &str) -> Value {
    instance.get(&format!("/api/now/stats/incident?sysparm_query=correlation_id=numbers&{parameters}")).await
}

/// 9.3: sysparm_count counts what the query finds, as text.
#[tokio::test]
async fn counting() {
    let instance = instance().await;
    assert_eq!(stats(&instance, "sysparm_count=true").await, json!({"stats": {"count": "4"}}));
}

/// 9.3: Filters by name and value work in place of a query.
#[tokio::test]
async fn name_and_value() {
    let instance = instance().await;
    let path = "/api/now/stats/incident?correlation_id=numbers&category=network&sysparm_count=true";
    assert_eq!(instance.get(path).await, json!({"stats": {"count": "3"}}));
}

/// 9.3: With neither a count nor an aggregate no numbers come back.
#[tokio::test]
async fn nothing_asked() {
    let instance = instance().await;
    assert_eq!(stats(&instance, "").await, json!({"stats": {}}));
}

/// 9.3: Averages have four decimals; sum, least and greatest compare as numbers; empty values do not count.
#[tokio::test]
async fn numbers() {
    let instance = instance().await;
    let fields = ["avg", "sum", "min", "max"].map(|name| format!("sysparm_{name}_fields=reassignment_count")).join("&");
    let expected = json!({"stats": {
        "avg": {"reassignment_count": "4.3333"}, "sum": {"reassignment_count": "13"},
        "min": {"reassignment_count": "1"}, "max": {"reassignment_count": "10"},
    }});
    assert_eq!(stats(&instance, &fields).await, expected);
}

/// 9.3: An aggregate of nothing is empty, and its count zero.
#[tokio::test]
async fn nothing_found() {
    let instance = Instance::start().await;
    let found = stats(&instance, "sysparm_count=true&sysparm_avg_fields=reassignment_count").await;
    assert_eq!(found, json!({"stats": {"count": "0", "avg": {"reassignment_count": ""}}}));
}

/// 9.3: Several fields may be asked for at once, dates among them.
#[tokio::test]
async fn several_fields() {
    let instance = instance().await;
    let found = stats(&instance, "sysparm_max_fields=reassignment_count,sys_created_on").await;
    assert_eq!(found["stats"]["max"]["reassignment_count"], "10");
    assert_eq!(found["stats"]["max"]["sys_created_on"].as_str().map(str::len), Some(19));
}

/// 9.3: Groups come as a list, each with the fields that it is grouped by.
#[tokio::test]
async fn groups() {
    let instance = instance().await;
    let found = stats(&instance, "sysparm_count=true&sysparm_group_by=category").await;
    let expected = json!([
        {"stats": {"count": "1"}, "groupby_fields": [{"field": "category", "value": "hardware"}]},
        {"stats": {"count": "3"}, "groupby_fields": [{"field": "category", "value": "network"}]},
    ]);
    assert_eq!(found, expected);
}

/// 9.3: Grouping takes several fields, and fields of records referred to.
#[tokio::test]
async fn groups_of_several_fields() {
    let instance = instance().await;
    let found = stats(&instance, "sysparm_count=true&sysparm_group_by=category,caller_id.user_name").await;
    let groups: Vec<(&str, &str, &str)> = found
        .as_array()
        .expect("a list")
        .iter()
        .map(|group| {
            let value = |place: usize| group["groupby_fields"][place]["value"].as_str().expect("text");
            (value(0), value(1), group["stats"]["count"].as_str().expect("text"))
        })
        .collect();
    assert_eq!(groups, [("hardware", "", "1"), ("network", "beth.anglin", "1"), ("network", "employee", "2")]);
}

/// 9.3: sysparm_display_value shows labels and names of the groups; `all` both.
#[tokio::test]
async fn display_values() {
    let instance = instance().await;
    let both = stats(&instance, "sysparm_count=true&sysparm_group_by=caller_id&sysparm_display_value=all").await;
    let joe = json!({"field": "caller_id", "value": JOE, "display_value": "Joe Employee"});
    assert!(both.as_array().expect("a list").iter().any(|group| group["groupby_fields"][0] == joe), "{both}");
    let labels = stats(&instance, "sysparm_count=true&sysparm_group_by=category&sysparm_display_value=true").await;
    assert_eq!(labels[0]["groupby_fields"][0]["value"], "Hardware");
}

/// 9.3: sysparm_having keeps the groups whose numbers compare so; several conditions hold together.
#[tokio::test]
async fn having() {
    let instance = instance().await;
    let base = "sysparm_count=true&sysparm_group_by=category&sysparm_having=";
    for (having, found) in [
        ("count^category^%3E^1", 1),
        ("count^category^%3E=^1", 2),
        ("count^category^=^1", 1),
        ("avg^reassignment_count^%3C^4", 0),
        ("avg^reassignment_count^%3E^4", 1),
        ("count^category^%3E=^1,avg^reassignment_count^%3E^4", 1),
        ("count^category^!=^1,count^category^!=^3", 0),
    ] {
        let groups = stats(&instance, &format!("{base}{having}")).await;
        assert_eq!(groups.as_array().map(Vec::len), Some(found), "{having}");
    }
}

/// 9.3: Groups are ordered by COUNT, by an aggregate or by a field, ascending unless ^DESC is said.
#[tokio::test]
async fn order() {
    let instance = instance().await;
    for (order, first) in [
        ("COUNT", "hardware"),
        ("COUNT^DESC", "network"),
        ("category^DESC", "network"),
        ("AVG^reassignment_count", "hardware"),
        ("AVG^reassignment_count^DESC", "network"),
        ("SUM^reassignment_count^DESC", "network"),
    ] {
        let path = format!("sysparm_count=true&sysparm_group_by=category&sysparm_order_by={order}");
        assert_eq!(stats(&instance, &path).await[0]["groupby_fields"][0]["value"], first, "{order}");
    }
}

/// 9.3: Durations are added up as durations.
#[tokio::test]
async fn durations() {
    let instance = instance().await;
    let found = stats(&instance, "sysparm_sum_fields=calendar_duration").await;
    assert_eq!(found["stats"]["sum"]["calendar_duration"], "");
    let done = json!({"state": "6", "close_code": "Solution provided", "close_notes": "x"});
    let list = instance.get("/api/now/table/incident?correlation_id=numbers&sysparm_fields=sys_id").await;
    for row in list.as_array().expect("a list") {
        let path = format!("/api/now/table/incident/{}", row["sys_id"].as_str().expect("an id"));
        instance.patch(&path, done.clone()).await;
    }
    let found = stats(&instance, "sysparm_sum_fields=calendar_duration").await;
    let sum = found["stats"]["sum"]["calendar_duration"].as_str().expect("text");
    assert!(sum.starts_with("1970-01-01 00:0"), "{sum}");
}

/// 9.3: Errors are those of the Table API: 400 for an unknown table, 403 where reading is not allowed.
#[tokio::test]
async fn errors() {
    let instance = Instance::start().await;
    for (user, table, status) in
        [("admin", "no_such_table", StatusCode::BAD_REQUEST), ("itil", "sys_audit", StatusCode::FORBIDDEN)]
    {
        let path = format!("/api/now/stats/{table}?sysparm_count=true");
        let refused = instance.call_as(user, Method::GET, &path, None).await;
        assert_eq!(refused.status(), status, "{table}");
    }
}

/// 9.3: Fields that are not there, or are secret, are left out; nothing that is sent becomes SQL.
#[tokio::test]
async fn unknown_fields() {
    let instance = Instance::start().await;
    for field in ["no_such", "user_password", "name%22)--", "manager.user_password", "a.b.c.d.e.f.g.h.i.j", "."] {
        let path = format!(
            "/api/now/stats/sys_user?sysparm_count=true&sysparm_group_by={field}&sysparm_max_fields={field}\
             &sysparm_order_by=MAX^{field}&sysparm_having=max^{field}^%3E^'"
        );
        let found = instance.call_as("admin", Method::GET, &path, None).await;
        assert_eq!(found.status(), StatusCode::OK, "{field}");
        assert!(result(found).await["stats"]["max"].is_null(), "{field}");
    }
}
