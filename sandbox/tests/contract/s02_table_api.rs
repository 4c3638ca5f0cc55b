//! Contract section 2: queries, shapes, headers and errors of the Table API.

use crate::support::{BETH, Instance, numbers};
use reqwest::{Method, StatusCode};
use serde_json::json;

const LIST: &str = "/api/now/table/incident?sysparm_fields=number&sysparm_query=";

async fn found(instance: &Instance, query: &str) -> Vec<String> {
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let list = instance.get(&format!("{LIST}{query}")).await;
    numbers(&list).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn queries() {
    let instance = Instance::start().await;
    // ^OR binds to the condition before it; ^NQ begins anew.
    let both = found(&instance, "caller_id.user_name=david.miller^state=1^ORstate=8^ORDERBYnumber").await;
    let expected = ["INC0000163", "INC0000183", "INC0007001", "INC0007002", "INC0009001", "INC0009005", "INC0009009"];
    assert_eq!(both, expected);
    let new_query = found(&instance, "category=payroll^state=6^NQnumber=INC0000049^ORDERBYDESCnumber").await;
    assert_eq!(new_query, ["INC0000173", "INC0000130", "INC0000049"]);
    for (query, expected) in [
        ("caller_id.user_name=howard.johnson", "INC0000037"),
        ("caller_idSTARTSWITHHoward", "INC0000037"),
        ("caller_id.nameLIKEward joh", "INC0000037"),
        ("short_descriptionLIKEWIKI PAGE", "INC0009001"),
        ("short_description*wiki page", "INC0009001"),
        ("short_descriptionENDSWITHdns server", "INC0000016"),
        ("numberIN INC0000010,INC9999999", "INC0000010"),
        ("numberBETWEENINC0000009@INC0000009", "INC0000009"),
        ("priority<2^state=3^category=database^impact<2^caller_id.name=Joe Employee", "INC0000007"),
        ("sys_created_onON2026-01-06@2026-01-06 00:00:00@2026-01-06 23:59:59", "INC0000001"),
    ] {
        assert_eq!(found(&instance, query).await, [expected], "{query}");
    }
    assert_eq!(found(&instance, "stateNOT IN1,2,3,6,7^numberENDSWITH12").await, ["INC0000112"]);
    assert_eq!(found(&instance, "assigned_toISEMPTY").await.len(), 15);
    assert!(found(&instance, "sys_created_on>javascript:gs.beginningOfToday()^number=INC0000002").await.is_empty());
    let me = instance.get("/api/now/table/sys_user?sysparm_query=sys_id=javascript:gs.getUserID()").await;
    assert_eq!(me[0]["user_name"], "admin");
    // An invalid part is dropped and the rest applied, so a typo widens the result (2.4).
    assert_eq!(found(&instance, "nonsense=1^state=8^numberENDSWITH12").await, ["INC0000112"]);
    instance.switch(json!({"invalid_query": "refuse"})).await;
    let refused = instance.call_as("admin", Method::GET, &format!("{LIST}nonsense=1"), None).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn name_value_filters_take_labels() {
    let instance = Instance::start().await;
    let list = instance.get("/api/now/table/incident?state=on%20hold&caller_id=Carol%20Coughlin").await;
    assert_eq!(numbers(&list), ["INC0000048"]);
}

#[tokio::test]
async fn shapes() {
    let instance = Instance::start().await;
    let path = "/api/now/table/incident?number=INC0000049&sysparm_fields=state,caller_id,caller_id.email,parent,x";
    let link = instance.url(&format!("/api/now/table/sys_user/{BETH}"));
    let expected = [
        ("", json!({"state": "2", "caller_id": {"link": link, "value": BETH}, "parent": ""})),
        ("&sysparm_exclude_reference_link=true", json!({"state": "2", "caller_id": BETH, "parent": ""})),
        (
            "&sysparm_display_value=true",
            json!({"state": "In Progress", "caller_id": {"display_value": "Beth Anglin", "link": link}, "parent": ""}),
        ),
        (
            "&sysparm_display_value=true&sysparm_exclude_reference_link=true",
            json!({"state": "In Progress", "caller_id": "Beth Anglin", "parent": ""}),
        ),
        (
            "&sysparm_display_value=all",
            json!({"state": {"display_value": "In Progress", "value": "2"},
                "caller_id": {"display_value": "Beth Anglin", "value": BETH, "link": link},
                "parent": {"display_value": "", "value": ""}}),
        ),
    ];
    for (parameters, expected) in expected {
        let mut record = instance.get(&format!("{path}{parameters}")).await[0].take();
        let email = record.as_object_mut().expect("an object").remove("caller_id.email").expect("the e-mail");
        let all = json!({"display_value": "beth.anglin@example.com", "value": "beth.anglin@example.com"});
        assert_eq!(email, if parameters.ends_with("all") { all } else { "beth.anglin@example.com".into() });
        assert_eq!(record, expected, "{parameters}");
    }
    let versioned = instance.get(&path.replace("/now/", "/now/v2/")).await;
    let link = versioned[0]["caller_id"]["link"].as_str().expect("a link");
    assert!(link.contains("/api/now/v2/table/sys_user/"), "the link repeats the version: {link}");
    let whole = instance.get("/api/now/table/incident?number=INC0000049").await;
    for (column, value) in whole[0].as_object().expect("an object") {
        assert!(value.is_string() || value["value"].is_string(), "{column} is not text: {value}");
    }
}

#[tokio::test]
async fn odd_queries_do_no_harm() {
    let instance = Instance::start().await;
    let many = "^ORstate=1".repeat(2_000);
    let deep = "caller_id.manager.".repeat(40);
    for query in [
        "^^^",
        "=",
        "state",
        "state=1'; DROP TABLE task;--",
        "\"=1",
        "ORDERBY",
        "ORDERBYx\"y",
        "NQ^NQ",
        "stateBETWEEN1",
        "sys_created_on>javascript:gs.daysAgo(99999999999999)",
        "sys_created_onRELATIVEGE@year@ago@999999999",
        &many,
        &deep,
        "état=1",
    ] {
        let _ = found(&instance, query).await;
    }
    assert_eq!(found(&instance, "").await.len(), 150);
}
