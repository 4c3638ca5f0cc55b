//! Contract section 2: queries, shapes, headers and errors of the Table API.

use crate::support::{BETH, Instance, numbers};
use serde_json::json;

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
