//! The agent's and the administrator's pages, as a browser without script uses them.

use crate::support::{Instance, JOE};
use reqwest::{Response, StatusCode, header};
use serde_json::json;

async fn open(instance: &Instance, cookie: &str, path: &str) -> String {
    let response = instance.http.get(instance.url(path)).header(header::COOKIE, cookie).send().await;
    let response = response.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.expect("text")
}

async fn submit(instance: &Instance, cookie: &str, path: &str, form: &[(&str, &str)]) -> Response {
    let request = instance.http.post(instance.url(path)).header(header::COOKIE, cookie).form(form);
    request.send().await.expect("an answer")
}

/// An agent opens an incident, comments and resolves it; what others changed meanwhile and what was typed stays.
#[tokio::test]
async fn an_agent_opens_comments_and_resolves() {
    let instance = Instance::start().await;
    let cookie = instance.sign_in("itil").await;
    let list = open(&instance, &cookie, "/incident_list.do?text=storage").await;
    assert!(list.contains("INC0000049") && !list.contains("INC0007001"));
    let blank = open(&instance, &cookie, "/incident.do?sys_id=-1").await;
    for label in [
        "Caller",
        "Category",
        "Short description",
        "Description",
        "State",
        "On hold reason",
        "Assigned to",
        "Due date",
        "Resolution code",
        "Resolution notes",
        "Additional comments",
        "Work notes",
    ] {
        assert!(blank.contains(&format!(">{label}</label>")), "{label}");
    }
    let form = [
        ("sys_id", "-1"),
        ("action", "save"),
        ("short_description", "<b>bold</b>"),
        ("caller_id", JOE),
        ("impact", "1"),
    ];
    let made = submit(&instance, &cookie, "/incident.do", &form).await;
    assert_eq!(made.status(), StatusCode::SEE_OTHER);
    let path = made.headers()["location"].to_str().expect("text").to_owned();
    let page = open(&instance, &cookie, &path).await;
    assert!(page.contains("&lt;b&gt;bold&lt;/b&gt;") && page.contains("3 - Moderate"));
    let id = path.rsplit('=').next().expect("an id");
    let shown = json!({"impact": "1", "urgency": "3"}).to_string();
    // Another party changes a field while the form is open; what the agent did not touch stays.
    instance.patch(&format!("/api/now/table/incident/{id}"), json!({"impact": "2"})).await;
    let post = [
        ("sys_id", id),
        ("action", "save"),
        ("impact", "1"),
        ("urgency", "3"),
        ("shown", &shown),
        ("comments", "one\r\ntwo"),
    ];
    assert_eq!(submit(&instance, &cookie, "/incident.do", &post).await.status(), StatusCode::SEE_OTHER);
    let record = instance.get(&format!("/api/now/table/incident/{id}")).await;
    assert_eq!(record["impact"], "2");
    assert!(open(&instance, &cookie, &path).await.contains("one\ntwo"));
    let resolve = [("sys_id", id), ("action", "resolve"), ("close_notes", "kept text"), ("work_notes", "kept note")];
    let refused = submit(&instance, &cookie, "/incident.do", &resolve).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let text = refused.text().await.expect("text");
    assert!(text.contains("The following fields are mandatory: Resolution code"));
    assert!(text.contains("kept text") && text.contains("kept note"), "what was typed stays");
}

/// An administrator registers an OAuth client and turns a business rule off; agents do not see the rules.
#[tokio::test]
async fn an_administrator_registers_a_client_and_turns_a_rule_off() {
    let instance = Instance::start().await;
    let cookie = instance.sign_in("admin").await;
    let form = [("name", "Console"), ("redirect_url", "https://console.example/callback\nhttp://localhost:3000/x")];
    let page = submit(&instance, &cookie, "/oauth_entity_list.do", &form).await.text().await.expect("text");
    assert!(page.contains("id=\"client_id\"") && page.contains("id=\"client_secret\""));
    let rule = json!({"name": "Rule", "collection": "incident", "script": "1"});
    let rule = instance.post("/api/now/table/sys_script", rule).await;
    let id = rule["sys_id"].as_str().expect("an id");
    assert!(open(&instance, &cookie, "/sys_script_list.do").await.contains(">Rule</a>"));
    let shown = json!({"active": "true"}).to_string();
    let off = [("sys_id", id), ("action", "save"), ("active", "false"), ("shown", &shown)];
    assert_eq!(submit(&instance, &cookie, "/sys_script.do", &off).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(instance.get(&format!("/api/now/table/sys_script/{id}")).await["active"], "false");
    let agent = instance.sign_in("itil").await;
    let refused = instance.http.get(instance.url("/sys_script_list.do")).header(header::COOKIE, agent).send().await;
    assert_eq!(refused.expect("an answer").status(), StatusCode::FORBIDDEN);
}

/// A form of another site is refused, and signing in never leads to another site.
#[tokio::test]
async fn forms_from_elsewhere_are_refused() {
    let instance = Instance::start().await;
    let cookie = instance.sign_in("admin").await;
    let request = instance.http.post(instance.url("/incident.do")).header(header::COOKIE, cookie);
    let request = request.header("sec-fetch-site", "cross-site").header("origin", "https://attacker.example");
    let response = request.form(&[("sys_id", "-1"), ("action", "save")]).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let form = [("user_name", "admin"), ("user_password", "admin"), ("uri", "//attacker.example")];
    let response = instance.http.post(instance.url("/login.do")).form(&form).send().await.expect("an answer");
    assert_eq!(response.headers()["location"], "/incident_list.do");
}

/// A list takes an encoded query, says it in words, orders by a heading and pages.
#[tokio::test]
async fn a_list_is_filtered_ordered_and_paged() {
    let instance = Instance::start().await;
    let cookie = instance.sign_in("itil").await;
    let list = open(&instance, &cookie, "/incident_list.do?sysparm_query=state=2^priority=1^ORDERBYnumber").await;
    assert!(list.contains("State is In Progress</a>") && list.contains("Priority is 1 - Critical</a>"));
    assert!(list.contains("INC0000003") && !list.contains("INC0000002"));
    let (third, fifteenth) = (list.find(">INC0000003<"), list.find(">INC0000015<"));
    assert!(third.is_some() && third < fifteenth, "in the order that was asked for");
    assert!(list.contains("ORDERBYDESCnumber"), "the heading turns the order round");
    let second = open(&instance, &cookie, "/incident_list.do?sysparm_first_row=141").await;
    assert!(second.contains("141 to 150 of 150") && second.contains("Previous page</a>"));
    let few = open(&instance, &cookie, "/sys_user_list.do?column=email&column=title&text=beth").await;
    assert!(few.contains("beth.anglin@example.com") && !few.contains("abel.tuter"));
    let nothing = open(&instance, &cookie, "/incident_list.do?sysparm_query=number=INC9999999").await;
    assert!(nothing.contains("No records to display."));
}

/// Each table that the user may read has a list and a form; others have neither.
#[tokio::test]
async fn any_table_has_pages() {
    let instance = Instance::start().await;
    let admin = instance.sign_in("admin").await;
    for table in ["problem", "change_request", "sn_customerservice_case", "kb_knowledge", "cmdb_ci", "sys_properties"] {
        open(&instance, &admin, &format!("/{table}_list.do")).await;
        open(&instance, &admin, &format!("/{table}.do?sys_id=-1")).await;
    }
    let agent = instance.sign_in("itil").await;
    let get = async |cookie: &str, path: &str| {
        let response = instance.http.get(instance.url(path)).header(header::COOKIE, cookie).send().await;
        response.expect("an answer").status()
    };
    assert_eq!(get(&agent, "/sys_properties_list.do").await, StatusCode::FORBIDDEN);
    assert_eq!(get(&agent, "/no_such_table_list.do").await, StatusCode::NOT_FOUND);
    assert_eq!(get(&agent, "/incident.do?sys_id=nonsense").await, StatusCode::NOT_FOUND);
    let joe = instance.sign_in("employee").await;
    assert_eq!(get(&joe, "/incident.do?sys_id=471bfbc7a9fe198101e77a3e10e5d47f").await, StatusCode::NOT_FOUND);
    let own = open(&instance, &joe, "/incident_list.do?rows=500").await;
    assert!(own.contains("INC0000003") && !own.contains("INC0000039"));
}

/// A reference takes a name; a name that nobody has is refused in words, and what was typed stays.
#[tokio::test]
async fn references_are_typed_by_name() {
    let instance = Instance::start().await;
    instance.set_property("glide.sys.default.tz", "UTC").await;
    let cookie = instance.sign_in("itil").await;
    let id = "471bfbc7a9fe198101e77a3e10e5d47f";
    let shown = json!({"assigned_to": "", "due_date": ""}).to_string();
    let by_name = [
        ("sys_id", id),
        ("action", "save"),
        ("shown", &shown),
        ("assigned_to", "Howard Johnson"),
        ("due_date", "2026-11-20T17:00"),
    ];
    assert_eq!(submit(&instance, &cookie, "/incident.do", &by_name).await.status(), StatusCode::SEE_OTHER);
    let record = instance.get(&format!("/api/now/table/incident/{id}?sysparm_display_value=all")).await;
    assert_eq!(record["assigned_to"]["display_value"], "Howard Johnson");
    assert_eq!(record["due_date"]["value"], "2026-11-20 17:00:00");
    let nobody = [("sys_id", id), ("action", "save"), ("shown", &shown), ("assigned_to", "Nobody Atall")];
    let refused = submit(&instance, &cookie, "/incident.do", &nobody).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let text = refused.text().await.expect("text");
    assert!(text.contains("Assigned to: nothing is called") && text.contains(r#"value="Nobody Atall""#));
}

/// The activity stream tells changes of fields with what they were, and comments to people who see no work notes.
#[tokio::test]
async fn the_stream_tells_what_changed() {
    let instance = Instance::start().await;
    let agent = instance.sign_in("itil").await;
    let id = "e8caedcbc0a80164017df472f39eaed1";
    let path = format!("/incident.do?sys_id={id}");
    let body = json!({"impact": "2", "work_notes": "Only for agents.", "comments": "For everybody."});
    instance.patch(&format!("/api/now/table/incident/{id}"), body).await;
    let page = open(&instance, &agent, &path).await;
    assert!(page.contains("<dt>Impact</dt><dd>2 - Medium"), "the change is told by its labels");
    assert_eq!(page.matches("Only for agents.").count(), 1, "the audit's own copy of a note is left out");
    let joe = instance.sign_in("employee").await;
    let page = open(&instance, &joe, &path).await;
    assert!(page.contains("For everybody.") && !page.contains("Only for agents.") && !page.contains("Work notes"));
}

/// A file is attached, listed, given back and removed with the browser's session.
#[tokio::test]
async fn files_are_attached_on_the_form() {
    let instance = Instance::start().await;
    let cookie = instance.sign_in("itil").await;
    let id = "471bfbc7a9fe198101e77a3e10e5d47f";
    let boundary = "practice-boundary";
    let part = |head: &str, content: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
    };
    let body = [
        part(r#"name="table_name""#, "incident"),
        part(r#"name="table_sys_id""#, id),
        part("name=\"file\"; filename=\"trace.txt\"\r\nContent-Type: text/plain", "three hops"),
        format!("--{boundary}--\r\n"),
    ];
    let request = instance.http.post(instance.url("/sys_attachment.do")).header(header::COOKIE, &cookie);
    let request = request.header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"));
    let response = request.body(body.concat()).send().await.expect("an answer");
    assert_eq!(response.headers()["location"], format!("/incident.do?sys_id={id}").as_str());
    let page = open(&instance, &cookie, &format!("/incident.do?sys_id={id}")).await;
    assert!(page.contains("trace.txt") && page.contains("10 bytes"));
    let files = instance.get(&format!("/api/now/attachment?sysparm_query=table_sys_id={id}")).await;
    let file = files[0]["sys_id"].as_str().expect("an id");
    assert_eq!(open(&instance, &cookie, &format!("/sys_attachment.do?sys_id={file}")).await, "three hops");
    submit(&instance, &cookie, "/attachment_remove.do", &[("sys_id", file)]).await;
    assert!(!open(&instance, &cookie, &format!("/incident.do?sys_id={id}")).await.contains("trace.txt"));
}

/// Links to ServiceNow's frames lead to the page inside, and never out of the instance.
#[tokio::test]
async fn links_to_frames_lead_to_the_page() {
    let instance = Instance::start().await;
    for (link, page) in [
        (
            "/nav_to.do?uri=incident.do?sys_id=9c573169c611228700193229fff72400",
            "/incident.do?sys_id=9c573169c611228700193229fff72400",
        ),
        (
            "/nav_to.do?uri=%2Fincident_list.do%3Fsysparm_query%3Dactive%3Dtrue",
            "/incident_list.do?sysparm_query=active=true",
        ),
        (
            "/now/nav/ui/classic/params/target/incident.do%3Fsys_id%3D9c573169c611228700193229fff72400",
            "/incident.do?sys_id=9c573169c611228700193229fff72400",
        ),
    ] {
        let response = instance.http.get(instance.url(link)).send().await.expect("an answer");
        assert_eq!(response.headers()["location"], page, "{link}");
    }
    for link in ["/nav_to.do?uri=//attacker.example/x.do", "/nav_to.do?uri=https://attacker.example/x.do"] {
        let response = instance.http.get(instance.url(link)).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{link}");
    }
}

/// A UI action is a button where its condition holds: its script finds what is typed in `current`, may send it
/// elsewhere or save it, and speaks to the person on the form.
#[tokio::test]
async fn ui_actions_are_buttons() {
    let instance = Instance::start().await;
    let action = json!({"name": "Send to partner", "table": "incident", "form_button": "true",
        "condition": "current.state != 7",
        "script": "current.correlation_id = 'sent'; current.update(); gs.addInfoMessage('Sent ' + current.getValue('short_description'));"});
    let action = instance.post("/api/now/table/sys_ui_action", action).await;
    let cookie = instance.sign_in("itil").await;
    let id = "471bfbc7a9fe198101e77a3e10e5d47f";
    let page = open(&instance, &cookie, &format!("/incident.do?sys_id={id}")).await;
    assert!(page.contains(">Send to partner</button>"));
    let closed = open(&instance, &cookie, "/incident.do?sys_id=9c573169c611228700193229fff72400").await;
    assert!(!closed.contains("Send to partner"), "its condition does not hold");
    let pressed = format!("ui:{}", action["sys_id"].as_str().expect("an id"));
    let shown = json!({"short_description": "Trouble getting to Oregon mail server"}).to_string();
    let form =
        [("sys_id", id), ("action", pressed.as_str()), ("shown", &shown), ("short_description", "Oregon mail is back")];
    let answer = submit(&instance, &cookie, "/incident.do", &form).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.text().await.expect("text").contains("Sent Oregon mail is back"));
    let record = instance.get(&format!("/api/now/table/incident/{id}")).await;
    assert_eq!(
        (&record["correlation_id"], &record["short_description"]),
        (&json!("sent"), &json!("Oregon mail is back"))
    );
    let elsewhere = [("sys_id", "9c573169c611228700193229fff72400"), ("action", pressed.as_str())];
    let refused = submit(&instance, &cookie, "/incident.do", &elsewhere).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

/// A UI action that leads back to its own record shows the form, with what its script said.
#[tokio::test]
async fn ui_actions_speak_on_the_form_that_they_lead_back_to() {
    let instance = Instance::start().await;
    let action = json!({"name": "Say", "table": "incident", "form_button": "true",
        "script": "current.update(); gs.addInfoMessage('Said ' + current.getValue('number')); action.setRedirectURL(current);"});
    let action = instance.post("/api/now/table/sys_ui_action", action).await;
    let cookie = instance.sign_in("itil").await;
    let pressed = format!("ui:{}", action["sys_id"].as_str().expect("an id"));
    let form = [("sys_id", "471bfbc7a9fe198101e77a3e10e5d47f"), ("action", pressed.as_str())];
    let answer = submit(&instance, &cookie, "/incident.do", &form).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.text().await.expect("text").contains("Said INC"));
}

/// A time is shown and taken in the user's own zone.
#[tokio::test]
async fn times_are_in_the_users_zone() {
    let instance = Instance::start().await;
    let itil = "681b365ec0a80164000fb0b05854a0cd";
    instance.patch(&format!("/api/now/table/sys_user/{itil}"), json!({"time_zone": "Europe/Berlin"})).await;
    let cookie = instance.sign_in("itil").await;
    let id = "471bfbc7a9fe198101e77a3e10e5d47f";
    let path = format!("/api/now/table/incident/{id}");
    instance.patch(&path, json!({"due_date": "2026-07-01 10:00:00"})).await;
    assert!(open(&instance, &cookie, &format!("/incident.do?sys_id={id}")).await.contains("2026-07-01T12:00:00"));
    let shown = json!({"due_date": "2026-07-01 10:00:00"}).to_string();
    let form = [("sys_id", id), ("action", "save"), ("shown", &shown), ("due_date", "2026-12-01T12:00")];
    submit(&instance, &cookie, "/incident.do", &form).await;
    assert_eq!(instance.get(&path).await["due_date"], "2026-12-01 11:00:00");
}
