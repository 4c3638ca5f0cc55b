//! Contract 11.4: an administrator imports an update set from XML, previews it and commits it.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::support::Instance;
use crate::support::scripts::Receiver;

const SET: &str = "5e7000000000000000000000000000aa";
const RULE: &str = "5e7000000000000000000000000000b1";
const INCLUDE: &str = "5e7000000000000000000000000000b2";
const PROPERTY: &str = "5e7000000000000000000000000000b3";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// One `sys_update_xml`; its payload is escaped or, as exports do it for long ones, in CDATA.
fn update(number: usize, table: &str, action: &str, fields: &[(&str, &str)], cdata: bool) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escape(value))).collect();
    let fields = fields.concat();
    let payload = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><record_update sys_domain=\"global\" table=\"{table}\"><{table} action=\"{action}\">{fields}</{table}><sys_translated_text action=\"delete_multiple\" query=\"documentkey=x\"/></record_update>"
    );
    wrapped(number, table, action, &if cdata { format!("<![CDATA[{payload}]]>") } else { escape(&payload) })
}

fn wrapped(number: usize, table: &str, action: &str, payload: &str) -> String {
    format!(
        "<sys_update_xml action=\"INSERT_OR_UPDATE\"><action>{action}</action><category>customer</category><name>{table}_{number}</name><payload>{payload}</payload><payload_hash/><remote_update_set display_value=\"Test\">{SET}</remote_update_set><sys_id>5e70000000000000000000000000c{number:03}</sys_id><target_name>Update {number}</target_name><type>{table}</type><update_set display_value=\"\"/></sys_update_xml>\n"
    )
}

fn unload(updates: &[String]) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<unload unload_date=\"2026-01-01 00:00:00\">\n<sys_remote_update_set action=\"INSERT_OR_UPDATE\"><application display_value=\"Global\">global</application><application_name>Global</application_name><application_scope>global</application_scope><commit_date/><deleted/><inserted/><name>Console &amp; friends</name><remote_sys_id>5e7000000000000000000000000000ab</remote_sys_id><state>loaded</state><sys_id>{SET}</sys_id><updated/></sys_remote_update_set>\n{}</unload>",
        updates.concat()
    )
}

const STAMPS: [(&str, &str); 4] = [
    ("sys_created_by", "maker"),
    ("sys_created_on", "2026-01-01 00:00:00"),
    ("sys_updated_by", "maker"),
    ("sys_updated_on", "2026-01-02 00:00:00"),
];

fn with_stamps<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().copied().chain(STAMPS).collect()
}

fn property(value: &str) -> String {
    let fields = with_stamps(&[("sys_id", PROPERTY), ("name", "x_console.url"), ("value", value), ("type", "string")]);
    update(3, "sys_properties", "INSERT_OR_UPDATE", &fields, false)
}

/// A rule, the script include that it uses and the property that this one reads.
fn console(url: &str) -> String {
    let rule = with_stamps(&[
        ("sys_id", RULE),
        ("name", "Console: tell"),
        ("collection", "incident"),
        ("when", "async"),
        ("advanced", "true"),
        ("action_insert", "true"),
        (
            "script",
            "(function executeRule(current, previous /*null when async*/) { if (1 < 2 && current) new ConsoleSender().send(current); })(current, previous);",
        ),
    ]);
    let include = with_stamps(&[
        ("sys_id", INCLUDE),
        ("name", "ConsoleSender"),
        ("api_name", "global.ConsoleSender"),
        (
            "script",
            "var ConsoleSender = Class.create(); ConsoleSender.prototype = { initialize: function () {}, send: function (record) { var r = new sn_ws.RESTMessageV2(); r.setEndpoint(gs.getProperty('x_console.url')); r.setHttpMethod('post'); r.setRequestBody(record.getValue('number')); r.execute(); }, type: 'ConsoleSender' };",
        ),
    ]);
    unload(&[
        update(1, "sys_script", "INSERT_OR_UPDATE", &rule, true),
        update(2, "sys_script_include", "INSERT_OR_UPDATE", &include, false),
        property(url),
    ])
}

async fn upload(instance: &Instance, user: &str, xml: &str) -> Response {
    let form = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"sysparm_target\"\r\n\r\nsys_remote_update_set\r\n--cut\r\nContent-Disposition: form-data; name=\"attachFile\"; filename=\"set.xml\"\r\nContent-Type: text/xml\r\n\r\n{xml}\r\n--cut--\r\n"
    );
    let request = instance.http.post(instance.url("/sys_upload.do")).basic_auth(user, Some(user));
    let request = request.header("content-type", "multipart/form-data; boundary=cut").body(form);
    request.send().await.expect("an answer")
}

async fn press(instance: &Instance, action: &str, problem: &str) -> StatusCode {
    let form = [("sys_id", SET), ("action", action), ("problem", problem)];
    let request = instance.http.post(instance.url("/sys_remote_update_set.do")).basic_auth("admin", Some("admin"));
    request.form(&form).send().await.expect("an answer").status()
}

async fn install(instance: &Instance, xml: &str) {
    assert_eq!(upload(instance, "admin", xml).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(press(instance, "preview", "").await, StatusCode::SEE_OTHER);
    assert_eq!(press(instance, "commit", "").await, StatusCode::SEE_OTHER);
}

async fn set(instance: &Instance) -> Value {
    instance.get(&format!("/api/now/table/sys_remote_update_set/{SET}")).await
}

async fn problems(instance: &Instance) -> Value {
    instance.get("/api/now/table/sys_update_preview_problem").await
}

/// 11.4: What a committed set brings works at once: the rule runs, finds its script include, and that its property.
#[tokio::test]
async fn committed_sets_work_at_once() {
    let instance = Instance::start().await;
    let mut receiver = Receiver::start().await;
    install(&instance, &console(&receiver.address)).await;
    let made = instance.post("/api/now/table/incident", json!({})).await;
    assert_eq!(receiver.next().await.body, made["number"].as_str().expect("a number"));
}

/// 11.4: Import brings the set to Loaded, preview to Previewed and commit to Committed, and it counts what it did.
#[tokio::test]
async fn sets_go_through_their_states() {
    let instance = Instance::start().await;
    let answer = upload(&instance, "admin", &console("http://127.0.0.1:9/")).await;
    assert_eq!(answer.headers()["location"], format!("/sys_remote_update_set.do?sys_id={SET}"));
    let loaded = set(&instance).await;
    assert_eq!((&loaded["state"], &loaded["name"]), (&json!("loaded"), &json!("Console & friends")));
    assert_eq!(instance.get("/api/now/table/sys_update_xml").await.as_array().map(Vec::len), Some(3));
    assert_eq!(press(&instance, "commit", "").await, StatusCode::CONFLICT, "it was not previewed");
    press(&instance, "preview", "").await;
    assert_eq!((&set(&instance).await["state"], problems(&instance).await), (&json!("previewed"), json!([])));
    press(&instance, "commit", "").await;
    let done = set(&instance).await;
    let counts = ["state", "inserted", "updated", "deleted", "collisions"].map(|column| done[column].clone());
    assert_eq!(json!(counts), json!(["committed", "3", "0", "0", "0"]));
    let local = instance.get("/api/now/table/sys_update_set?sysparm_query=name=Console %26 friends").await;
    assert_eq!((&local[0]["state"], &local[0]["sys_id"]), (&json!("complete"), &done["update_set"]["value"]));
}

/// 11.4: Records keep their sys_ids and the stamps of where they were made, so that a second import changes nothing twice.
#[tokio::test]
async fn a_second_import_updates() {
    let instance = Instance::start().await;
    install(&instance, &console("http://127.0.0.1:9/one")).await;
    install(&instance, &console("http://127.0.0.1:9/two")).await;
    let done = set(&instance).await;
    assert_eq!((&done["inserted"], &done["updated"]), (&json!("0"), &json!("3")));
    let rows = instance.get("/api/now/table/sys_properties?sysparm_query=name=x_console.url").await;
    assert_eq!(rows.as_array().map(Vec::len), Some(1));
    let row = ["sys_id", "value", "sys_updated_by", "sys_updated_on"].map(|column| rows[0][column].clone());
    assert_eq!(json!(row), json!([PROPERTY, "http://127.0.0.1:9/two", "maker", "2026-01-02 00:00:00"]));
}

/// 11.4: A property that is here under another sys_id is the same property: its name counts.
#[tokio::test]
async fn properties_coalesce_on_their_name() {
    let instance = Instance::start().await;
    instance.post("/api/now/table/sys_properties", json!({"name": "x_console.url", "value": "mine"})).await;
    upload(&instance, "admin", &unload(&[property("theirs")])).await;
    press(&instance, "preview", "").await;
    let open = problems(&instance).await;
    press(&instance, "accept", open[0]["sys_id"].as_str().expect("a problem: the local one is newer")).await;
    press(&instance, "commit", "").await;
    let rows = instance.get("/api/now/table/sys_properties?sysparm_query=name=x_console.url").await;
    assert_eq!((rows.as_array().map(Vec::len), &rows[0]["value"]), (Some(1), &json!("theirs")));
}

/// 11.4: A record that was changed here later is a collision; it must be accepted or skipped before the commit.
#[tokio::test]
async fn collisions_are_decided_first() {
    let instance = Instance::start().await;
    install(&instance, &unload(&[property("one")])).await;
    instance.patch(&format!("/api/now/table/sys_properties/{PROPERTY}"), json!({"value": "local"})).await;
    upload(&instance, "admin", &unload(&[property("two")])).await;
    press(&instance, "preview", "").await;
    let open = problems(&instance).await;
    assert_eq!(open[0]["description"], "Found a local update that is newer than this one");
    assert_eq!(set(&instance).await["collisions"], "1");
    assert_eq!(press(&instance, "commit", "").await, StatusCode::CONFLICT);
    press(&instance, "skip", open[0]["sys_id"].as_str().expect("an id")).await;
    assert_eq!(press(&instance, "commit", "").await, StatusCode::SEE_OTHER);
    let value = instance.get(&format!("/api/now/table/sys_properties/{PROPERTY}")).await;
    assert_eq!(value["value"], "local");
}

/// 11.4: The preview names tables that are not there, records that are missing and payloads that cannot be read.
#[tokio::test]
async fn previews_find_problems() {
    let instance = Instance::start().await;
    let nowhere = "5e7000000000000000000000000000ff";
    let updates = [
        update(1, "x_nowhere_table", "INSERT_OR_UPDATE", &[("sys_id", nowhere)], false),
        update(
            2,
            "sys_user_group",
            "INSERT_OR_UPDATE",
            &[("sys_id", RULE), ("name", "G"), ("manager", INCLUDE)],
            false,
        ),
        wrapped(3, "sys_script", "INSERT_OR_UPDATE", "&lt;record_update&gt;"),
        wrapped(4, "sys_script", "INSERT_OR_UPDATE", "<![CDATA[<!DOCTYPE x [<!ENTITY a \"b\">]><record_update/>]]>"),
    ];
    upload(&instance, "admin", &unload(&updates)).await;
    press(&instance, "preview", "").await;
    let found = problems(&instance).await;
    let found: Vec<&str> =
        found.as_array().expect("rows").iter().filter_map(|row| row["description"].as_str()).collect();
    let expected = [
        "Table 'x_nowhere_table' does not exist",
        "Could not find a record in sys_user for column manager referenced in this update",
        "The payload cannot be read: the XML ends too early",
        "The payload cannot be read: a document type is not allowed here",
    ];
    for problem in expected {
        assert!(found.contains(&problem), "{problem}: {found:?}");
    }
}

/// 11.4: A reference to a record that the same set brings is no problem.
#[tokio::test]
async fn references_within_a_set_hold() {
    let instance = Instance::start().await;
    let (acl, role) = ("5e7000000000000000000000000000d1", "5e7000000000000000000000000000d2");
    let updates = [
        update(
            1,
            "sys_security_acl_role",
            "INSERT_OR_UPDATE",
            &[("sys_id", RULE), ("sys_security_acl", acl), ("sys_user_role", role)],
            true,
        ),
        update(
            2,
            "sys_security_acl",
            "INSERT_OR_UPDATE",
            &[
                ("sys_id", acl),
                ("name", "sys_outbound_http_log"),
                ("operation", "read"),
                ("type", "record"),
                ("active", "true"),
            ],
            true,
        ),
        update(3, "sys_user_role", "INSERT_OR_UPDATE", &[("sys_id", role), ("name", "x_console.user")], true),
    ];
    upload(&instance, "admin", &unload(&updates)).await;
    press(&instance, "preview", "").await;
    assert_eq!(problems(&instance).await, json!([]));
    press(&instance, "commit", "").await;
    let held = instance.get(&format!("/api/now/table/sys_security_acl_role/{RULE}")).await;
    assert_eq!(held["sys_user_role"]["value"], role);
}

/// 11.4: An update whose action is DELETE removes its record, and one that is gone already is no problem.
#[tokio::test]
async fn sets_delete() {
    let instance = Instance::start().await;
    install(&instance, &unload(&[property("one")])).await;
    let gone =
        update(3, "sys_properties", "DELETE", &with_stamps(&[("sys_id", PROPERTY), ("name", "x_console.url")]), false);
    for deleted in ["1", "0"] {
        install(&instance, &unload(std::slice::from_ref(&gone))).await;
        assert_eq!(set(&instance).await["deleted"], deleted);
    }
    assert_eq!(instance.get("/api/now/table/sys_properties?sysparm_query=name=x_console.url").await, json!([]));
}

/// 11.4: Exports wrap some kinds of records once more, in an element of the same name; they are found inside.
#[tokio::test]
async fn wrapped_records_are_found() {
    let instance = Instance::start().await;
    let payload = "<record_update><sys_choice field=\"state\" table=\"incident\"><sys_choice action=\"INSERT_OR_UPDATE\"><element>state</element><inactive>false</inactive><label>Parked</label><language>en</language><name>incident</name><sequence>99</sequence><sys_id>5e7000000000000000000000000000e1</sys_id><value>99</value></sys_choice></sys_choice></record_update>";
    install(&instance, &unload(&[wrapped(1, "sys_choice", "INSERT_OR_UPDATE", &escape(payload))])).await;
    let made = instance.post("/api/now/table/incident?sysparm_display_value=true", json!({"state": "99"})).await;
    assert_eq!(made["state"], "Parked");
}

/// 11.3: The value of a private property stays as it is on the instance, whatever the set says.
#[tokio::test]
async fn private_properties_keep_their_value() {
    let instance = Instance::start().await;
    let secret = |value: &'static str| {
        let fields = with_stamps(&[
            ("sys_id", PROPERTY),
            ("name", "x_console.secret"),
            ("value", value),
            ("is_private", "true"),
        ]);
        unload(&[update(3, "sys_properties", "INSERT_OR_UPDATE", &fields, false)])
    };
    install(&instance, &secret("")).await;
    let path = format!("/api/now/table/sys_properties/{PROPERTY}");
    instance.patch(&path, json!({"value": "typed here"})).await;
    upload(&instance, "admin", &secret("")).await;
    press(&instance, "preview", "").await;
    let open = problems(&instance).await;
    press(&instance, "accept", open[0]["sys_id"].as_str().expect("an id")).await;
    press(&instance, "commit", "").await;
    assert_eq!(instance.get(&path).await["value"], "typed here");
}

/// 11.4: A file that is no update set, is broken or tries to be clever is refused with the reason, and nothing is kept.
#[tokio::test]
async fn strange_files_are_refused() {
    let instance = Instance::start().await;
    let deep = format!("<unload>{}{}</unload>", "<a>".repeat(10_000), "</a>".repeat(10_000));
    let bomb = "<!DOCTYPE unload [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><unload>&b;</unload>";
    let cut = console("x");
    for file in ["", "hello", "<incident/>", "<unload/>", deep.as_str(), bomb, &cut[..cut.len() - 20]] {
        let refused = upload(&instance, "admin", file).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{}", &file[..file.len().min(40)]);
        let said = refused.text().await.expect("a page");
        assert!(said.contains("This is not an update set"), "{said}");
    }
    assert_eq!(instance.get("/api/now/table/sys_remote_update_set").await, json!([]));
}

/// 11.4: Only an administrator imports and commits update sets.
#[tokio::test]
async fn update_sets_are_for_administrators() {
    let instance = Instance::start().await;
    assert_eq!(upload(&instance, "itil", &console("x")).await.status(), StatusCode::FORBIDDEN);
    let anonymous =
        instance.http.post(instance.url("/sys_remote_update_set.do")).form(&[("sys_id", SET), ("action", "commit")]);
    assert_eq!(anonymous.send().await.expect("an answer").status(), StatusCode::SEE_OTHER, "sign in first");
}

/// 11.4: The pages list the sets, say what they bring and what speaks against it, and offer what may be done next.
#[tokio::test]
async fn pages_lead_through_an_import() {
    let instance = Instance::start().await;
    let cookie = instance.sign_in("admin").await;
    let page = async |path: &str| {
        let answer = instance.http.get(instance.url(path)).header("cookie", &cookie).send().await.expect("an answer");
        answer.text().await.expect("a page")
    };
    upload(&instance, "admin", &console("x")).await;
    assert!(page("/upload.do?sysparm_target=sys_remote_update_set").await.contains("multipart/form-data"));
    assert!(page("/sys_remote_update_set_list.do").await.contains("Console &amp; friends"));
    let path = format!("/sys_remote_update_set.do?sys_id={SET}");
    let loaded = page(&path).await;
    assert!(loaded.contains("Preview Update Set") && !loaded.contains("Commit Update Set"));
    press(&instance, "preview", "").await;
    assert!(page(&path).await.contains("Commit Update Set"));
    press(&instance, "commit", "").await;
    assert!(!page(&path).await.contains("Commit Update Set"));
}
