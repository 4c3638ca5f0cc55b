//! Contract section 2.5: the shapes of values in answers, and 2.2 where it is about display values.

use crate::support::{BETH, Instance, result};
use reqwest::Method;
use serde_json::{Value, json};

const TABLE: &str = "/api/now/table/incident";

fn path(record: &Value, parameters: &str) -> String {
    format!("{TABLE}/{}?{parameters}", record["sys_id"].as_str().expect("an id"))
}

async fn profile(instance: &Instance, values: Value) {
    let rows = instance.get("/api/now/table/sys_user?user_name=itil").await;
    let path = format!("/api/now/table/sys_user/{}", rows[0]["sys_id"].as_str().expect("an id"));
    instance.patch(&path, values).await;
}

/// 2.5: A plain value, a reference and an empty reference have six shapes, by `sysparm_display_value` and links.
#[tokio::test]
async fn values_have_six_shapes() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({"caller_id": BETH, "state": "2"})).await;
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
        (
            "&sysparm_display_value=all&sysparm_exclude_reference_link=true",
            json!({"state": {"display_value": "In Progress", "value": "2"},
                "caller_id": {"display_value": "Beth Anglin", "value": BETH}, "parent": {"display_value": "", "value": ""}}),
        ),
    ];
    for (parameters, expected) in expected {
        let record = instance.get(&path(&made, &format!("sysparm_fields=state,caller_id,parent{parameters}"))).await;
        assert_eq!(record, expected, "{parameters}");
    }
}

/// 2.5: Every scalar is a JSON string, and nothing is null.
#[tokio::test]
async fn every_value_is_a_string() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({"caller_id": BETH})).await;
    for (column, value) in made.as_object().expect("an object") {
        assert!(value.is_string() || value["value"].is_string(), "{column} is not text: {value}");
    }
    assert_eq!((&made["active"], &made["comments"]), (&json!("true"), &json!("")));
}

/// 2.5: A reference need not hold a sys_id: `sys_domain` is `global`, with a link to it.
#[tokio::test]
async fn a_reference_need_not_hold_a_sys_id() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({})).await;
    let link = instance.url("/api/now/table/sys_user_group/global");
    assert_eq!(made["sys_domain"], json!({"link": link, "value": "global"}));
    let shown = instance.get(&path(&made, "sysparm_display_value=true&sysparm_fields=sys_domain")).await;
    assert_eq!(shown["sys_domain"], json!({"display_value": "global", "link": link}));
}

/// 2.5: A link repeats the version of the call, and its host is the instance's configured address.
#[tokio::test]
async fn links_repeat_the_version() {
    let mut settings = sandbox::Settings::in_memory();
    settings.address = Some("https://practice.example.com".to_owned());
    let instance = Instance::with(settings).await;
    let list = instance.get("/api/now/v2/table/incident?sysparm_query=caller_idISNOTEMPTY&sysparm_limit=1").await;
    let link = list[0]["caller_id"]["link"].as_str().expect("a link");
    assert!(link.starts_with("https://practice.example.com/api/now/v2/table/sys_user/"), "{link}");
}

/// 2.5: Fields reached through references come back as flat keys with dots, empty where the way ends early.
#[tokio::test]
async fn dot_walks_are_flat() {
    let instance = Instance::start().await;
    let made = instance.post(TABLE, json!({"caller_id": BETH})).await;
    let record = instance
        .get(&path(&made, "sysparm_fields=caller_id.user_name,assigned_to.name,nonsense,caller_id.nonsense"))
        .await;
    assert_eq!(record, json!({"caller_id.user_name": "beth.anglin", "assigned_to.name": ""}));
}

/// 2.5: In display mode date-times are in the caller's zone and format, raw they are UTC.
#[tokio::test]
async fn times_are_shown_in_the_callers_zone_and_format() {
    let instance = Instance::start().await;
    instance.set_property("glide.sys.default.tz", "UTC").await;
    profile(
        &instance,
        json!({"time_zone": "America/Los_Angeles", "date_format": "MM/dd/yyyy", "time_format": "hh:mm:ss a"}),
    )
    .await;
    let made = instance.post(TABLE, json!({"due_date": "2026-07-02 05:06:07", "work_notes": "noted"})).await;
    let shown = path(&made, "sysparm_display_value=all&sysparm_fields=due_date,work_notes,sys_created_on");
    let shown = result(instance.call_as("itil", Method::GET, &shown, None).await).await;
    assert_eq!(shown["due_date"], json!({"display_value": "07/01/2026 10:06:07 PM", "value": "2026-07-02 05:06:07"}));
    let note = shown["work_notes"]["display_value"].as_str().expect("text");
    let at = shown["sys_created_on"]["display_value"].as_str().expect("text");
    assert_eq!(note, format!("{at} - System Administrator (Work notes)\nnoted\n\n"));
    let others = instance.get(&path(&made, "sysparm_display_value=true&sysparm_fields=due_date")).await;
    assert_eq!(others["due_date"], "2026-07-02 05:06:07");
}

/// 2.5: Without a format of the user's own, the instance's property decides.
#[tokio::test]
async fn the_format_can_be_the_instances() {
    let instance = Instance::start().await;
    instance.set_property("glide.sys.default.tz", "UTC").await;
    let rows = instance.get("/api/now/table/sys_properties?name=glide.sys.date_format").await;
    let property = format!("/api/now/table/sys_properties/{}", rows[0]["sys_id"].as_str().expect("an id"));
    instance.patch(&property, json!({"value": "dd.MM.yyyy"})).await;
    let made = instance.post(TABLE, json!({"due_date": "2026-07-02 05:06:07"})).await;
    let shown = instance.get(&path(&made, "sysparm_display_value=true&sysparm_fields=due_date")).await;
    assert_eq!(shown["due_date"], "02.07.2026 05:06:07");
}

/// 2.2: With `sysparm_input_display_value` labels and names are taken, and times in the user's zone and format.
#[tokio::test]
async fn input_can_be_display_values() {
    let instance = Instance::start().await;
    profile(&instance, json!({"time_zone": "Europe/Berlin", "date_format": "dd.MM.yyyy"})).await;
    let body = json!({"state": "In Progress", "caller_id": "Beth Anglin", "due_date": "02.07.2026 12:00:00", "follow_up": "2026-07-02 12:00:00"});
    let as_shown = format!("{TABLE}?sysparm_input_display_value=true");
    let made = result(instance.call_as("itil", Method::POST, &as_shown, Some(body)).await).await;
    assert_eq!((&made["state"], &made["caller_id"]["value"]), (&json!("2"), &json!(BETH)));
    assert_eq!(made["due_date"], "2026-07-02 10:00:00");
    assert_eq!(made["follow_up"], "2026-07-02 10:00:00");
    let raw =
        result(instance.call_as("itil", Method::POST, TABLE, Some(json!({"due_date": "2026-07-02 12:00:00"}))).await)
            .await;
    assert_eq!(raw["due_date"], "2026-07-02 12:00:00", "otherwise times are UTC");
}

/// 2.5: Durations are date-times from the epoch, shown in words; whole numbers are shown with their thousands apart.
#[tokio::test]
async fn durations_and_numbers_are_shown_in_words() {
    let instance = Instance::start().await;
    let body = json!({"opened_at": "2026-01-01 00:00:00", "resolved_at": "2026-01-02 04:23:17", "state": "6", "close_code": "User error", "close_notes": "x"});
    let made = instance.post(TABLE, body).await;
    let shown =
        instance.get(&path(&made, "sysparm_display_value=all&sysparm_fields=calendar_duration,calendar_stc")).await;
    assert_eq!(
        shown["calendar_duration"],
        json!({"display_value": "1 Day 4 Hours 23 Minutes", "value": "1970-01-02 04:23:17"})
    );
    assert_eq!(shown["calendar_stc"], json!({"display_value": "102,197", "value": "102197"}));
}

/// 2.5: A password is never given out: stars in display mode, nothing otherwise.
#[tokio::test]
async fn passwords_are_stars() {
    let instance = Instance::start().await;
    let path = format!("/api/now/table/sys_user/{BETH}?sysparm_fields=user_password&sysparm_display_value=");
    assert_eq!(instance.get(&format!("{path}true")).await["user_password"], "********");
    assert_eq!(instance.get(&format!("{path}false")).await["user_password"], "");
}
