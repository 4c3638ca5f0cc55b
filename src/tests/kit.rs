//! What is installed in ServiceNow, as a practice instance really runs it: imported as a file or written by the account,
//! telling of each change, trying again, and gone again.

use super::support::{Practice, Program, http, postgres, sqlite};
use crate::clock::{Clock, SystemClock};
use crate::connectors::servicenow::is_signed;
use crate::connectors::servicenow::kit::{Kind, Kit, Piece, Streams, uninstall_set, update_set};
use crate::secrets::webhook_place;
use crate::store::PersonRow;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use reqwest::Method;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const SECRET: &str = "a secret & more";
/// Nothing here takes so long; a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What somebody posted to us.
#[derive(Debug)]
struct Call {
    timestamp: String,
    signature: String,
    body: String,
}

impl Call {
    fn hint(&self) -> Json {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn is_signed(&self) -> bool {
        is_signed(SECRET, &self.timestamp, self.body.as_bytes(), &self.signature)
    }
}

/// An endpoint for webhooks that answers as it is told to.
struct Endpoint {
    address: String,
    answer: Arc<AtomicU16>,
    calls: UnboundedReceiver<Call>,
}

impl Endpoint {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}/hooks/key", listener.local_addr().expect("an address"));
        let (tell, calls) = unbounded_channel();
        let answer = Arc::new(AtomicU16::new(202));
        let app = axum::Router::new().route("/hooks/key", post(hear)).with_state((answer.clone(), tell));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, answer, calls }
    }

    async fn next(&mut self) -> Call {
        tokio::time::timeout(PATIENCE, self.calls.recv()).await.expect("a webhook comes").expect("listening")
    }

    /// The next call of a kind, past those of other rules about the same change.
    async fn next_of(&mut self, kind: &str) -> Call {
        loop {
            let call = self.next().await;
            assert!(call.is_signed() && call.body.is_ascii(), "{call:?}");
            if call.hint()["kind"] == kind {
                return call;
            }
        }
    }
}

async fn hear(
    State((answer, tell)): State<(Arc<AtomicU16>, UnboundedSender<Call>)>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let header = |name: &str| headers[name].to_str().expect("text").to_owned();
    let call = Call { timestamp: header("x-isthmus-timestamp"), signature: header("x-isthmus-signature"), body };
    // The test may be over.
    tell.send(call).ok();
    StatusCode::from_u16(answer.load(Ordering::SeqCst)).expect("a status")
}

fn kit(endpoint: &str) -> Kit {
    Kit {
        connection: "01JDKIT".into(),
        name: "It's <the> \"practice\" ]]> Zürich".into(),
        table: "incident".into(),
        streams: Streams::ALL,
        endpoint: endpoint.into(),
        secret: SECRET.into(),
    }
}

/// As an administrator does it in System Update Sets: import, preview, commit. No problem may be found.
async fn import(sandbox: &str, xml: &str) {
    let form = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"attachFile\"; filename=\"isthmus.xml\"\r\n\
         Content-Type: text/xml\r\n\r\n{xml}\r\n--cut--\r\n"
    );
    let request = http().post(format!("{sandbox}/sys_upload.do")).basic_auth("admin", Some("admin"));
    let request = request.header("content-type", "multipart/form-data; boundary=cut").body(form);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let set = super::support::location(&answer).rsplit('=').next().expect("an id").to_owned();
    for action in ["preview", "commit"] {
        let form = [("sys_id", set.as_str()), ("action", action)];
        let request = http().post(format!("{sandbox}/sys_remote_update_set.do")).basic_auth("admin", Some("admin"));
        let answer = request.form(&form).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{action}");
    }
    let request = http().get(format!("{sandbox}/api/now/table/sys_remote_update_set/{set}"));
    let answer = request.basic_auth("admin", Some("admin")).send().await.expect("an answer");
    let state: Json = answer.json().await.expect("JSON");
    assert_eq!(state["result"]["state"], "committed", "{state}");
}

impl Practice {
    async fn import(&self, xml: &str) {
        import(self.sandbox.address(), xml).await;
    }

    /// How many records of the kit are there.
    async fn installed(&self, pieces: &[Piece]) -> usize {
        let mut there = 0;
        for piece in pieces {
            let path = format!("/api/now/table/{}?sysparm_query=sys_id={}", piece.kind.table(), piece.sys_id);
            there += self.ask(Method::GET, &path, None).await.as_array().map_or(0, Vec::len);
        }
        there
    }

    async fn incident(&self) -> String {
        let made = self.ask(Method::POST, "/api/now/table/incident", Some(json!({"short_description": "Old"}))).await;
        made["sys_id"].as_str().expect("an id").to_owned()
    }

    /// The kit's events that wait for their time.
    async fn waiting(&self, kit: &Kit) -> Vec<Json> {
        let path = format!("/api/now/table/sysevent?sysparm_query=name=isthmus.{}.send^state=ready", kit.tag());
        self.ask(Method::GET, &path, None).await.as_array().cloned().unwrap_or_default()
    }

    /// Does what an agent with a browser does: signs in, and presses a button on the incident's form.
    async fn press(&self, incident: &str, button: &str, title: &str) -> String {
        let (address, browser) = (self.sandbox.address(), http());
        let post = |path: &str| browser.post(format!("{address}{path}")).header("sec-fetch-site", "same-origin");
        let form = [("user_name", "itil"), ("user_password", "itil"), ("uri", "/")];
        let entered = post("/login.do").form(&form).send().await.expect("an answer");
        let cookie = entered.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie");
        let shown = json!({"short_description": "Old"}).to_string();
        let pressed = format!("ui:{button}");
        let form = [("sys_id", incident), ("action", &pressed), ("shown", &shown), ("short_description", title)];
        let answer = post("/incident.do").header("cookie", cookie).form(&form).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await.expect("a page")
    }
}

#[tokio::test]
async fn an_imported_kit_tells_of_every_kind_of_change_with_a_signature() {
    let (practice, mut endpoint) = (Practice::start().await, Endpoint::start().await);
    let kit = kit(&endpoint.address);
    practice.import(&update_set(&kit, SystemClock.now()).expect("written")).await;
    assert_eq!(practice.installed(&kit.pieces()).await, kit.pieces().len());

    let incident = practice.incident().await;
    let told = endpoint.next_of("record").await;
    let hint = told.hint();
    assert_eq!((&hint["table"], &hint["sys_id"]), (&json!("incident"), &json!(incident)));
    let late = SystemClock.now() - told.timestamp.parse::<i64>().expect("a number");
    assert!((0..60_000).contains(&late), "{late}");

    let path = format!("/api/now/table/incident/{incident}");
    practice.ask(Method::PATCH, &path, Some(json!({"description": "Grüße from 東京 ]]>"}))).await;
    let again = endpoint.next_of("record").await.hint();
    assert_ne!(again["event"], hint["event"]);

    for comment in ["Grüße from 東京 😀".to_owned(), "ü\"\\\n".repeat(2_500)] {
        practice.ask(Method::PATCH, &path, Some(json!({"comments": comment}))).await;
        assert_eq!(endpoint.next_of("journal").await.hint()["sys_id"], json!(incident));
    }

    let place = format!("{}/api/now/attachment/file", practice.sandbox.address());
    let file = [("table_name", "incident"), ("table_sys_id", &incident), ("file_name", "Übersicht.txt")];
    let sent = http().post(place).query(&file).basic_auth("itil", Some("itil")).header("content-type", "text/plain");
    assert_eq!(sent.body("text").send().await.expect("an answer").status(), StatusCode::CREATED);
    assert_eq!(endpoint.next_of("attachment").await.hint()["sys_id"], json!(incident));

    let button = kit.pieces().into_iter().find(|piece| piece.kind == Kind::UiAction).expect("a button").sys_id;
    let page = practice.press(&incident, &button, "Saved by the button").await;
    assert!(page.contains("Isthmus will look at this record"), "{page}");
    assert_eq!(endpoint.next_of("manual").await.hint()["sys_id"], json!(incident));
    assert_eq!(practice.ask(Method::GET, &path, None).await["short_description"], "Saved by the button");

    practice.ask(Method::DELETE, &path, None).await;
    let gone = endpoint.next_of("deleted").await.hint();
    assert_eq!((&gone["table"], &gone["sys_id"]), (&json!("incident"), &json!(incident)));
}

#[tokio::test]
async fn entries_of_other_tables_are_not_told_of() {
    let (practice, mut endpoint) = (Practice::start().await, Endpoint::start().await);
    practice.import(&update_set(&kit(&endpoint.address), SystemClock.now()).expect("written")).await;
    let problem = json!({"short_description": "Why", "work_notes": "elsewhere"});
    practice.ask(Method::POST, "/api/now/table/problem", Some(problem)).await;
    let incident = practice.incident().await;
    let mut heard = vec![endpoint.next().await.hint()];
    while let Ok(call) = endpoint.calls.try_recv() {
        heard.push(call.hint());
    }
    assert!(heard.iter().all(|hint| hint["sys_id"] == json!(incident)), "{heard:?}");
}

#[tokio::test]
async fn importing_again_updates_and_the_uninstall_file_leaves_nothing() {
    let (practice, mut endpoint) = (Practice::start().await, Endpoint::start().await);
    let old = kit("http://127.0.0.1:9/nowhere");
    practice.import(&update_set(&old, SystemClock.now() - 60_000).expect("written")).await;
    let new = kit(&endpoint.address);
    practice.import(&update_set(&new, SystemClock.now()).expect("written")).await;
    for (table, column) in
        [("sys_script", "name"), ("sys_properties", "name"), ("sysevent_script_action", "event_name")]
    {
        let expected = new.pieces().iter().filter(|piece| piece.kind.table() == table).count();
        let path = format!("/api/now/table/{table}?sysparm_query={column}LIKE{}", new.tag());
        assert_eq!(practice.ask(Method::GET, &path, None).await.as_array().map(Vec::len), Some(expected), "{table}");
    }
    let incident = practice.incident().await;
    assert_eq!(endpoint.next_of("record").await.hint()["sys_id"], json!(incident));

    practice.import(&uninstall_set(&new, SystemClock.now()).expect("written")).await;
    assert_eq!(practice.installed(&new.pieces()).await, 0);
    // Taking it away twice is no problem.
    practice.import(&uninstall_set(&new, SystemClock.now()).expect("written")).await;
}

#[tokio::test]
async fn what_the_endpoint_does_not_take_is_tried_again_and_then_left() {
    let (practice, mut endpoint) = (Practice::start().await, Endpoint::start().await);
    let kit = kit(&endpoint.address);
    practice.import(&update_set(&kit, SystemClock.now()).expect("written")).await;
    endpoint.answer.store(503, Ordering::SeqCst);
    let incident = practice.incident().await;
    let first = endpoint.next_of("record").await;
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let mut waiting = Vec::new();
        let looked = tokio::time::timeout(PATIENCE, async {
            while waiting.is_empty() {
                waiting = practice.waiting(&kit).await;
            }
        });
        assert!(looked.await.is_ok(), "a further try is planned");
        let event = &waiting[0];
        let time = |name: &str| crate::clock::read_moment(event[name].as_str().expect("text")).expect("a moment");
        pauses.push((time("process_on") - time("sys_created_on")) / 1_000);
        // Its time comes.
        let path = format!("/api/now/table/sysevent/{}", event["sys_id"].as_str().expect("an id"));
        let due = json!({"process_on": event["sys_created_on"]});
        practice.ask(Method::PATCH, &path, Some(due)).await;
        let again = endpoint.next_of("record").await;
        assert_eq!(again.body, first.body);
        practice.ask(Method::POST, "/sandbox/run-jobs", None).await;
    }
    for (pause, expected) in pauses.iter().zip([30, 120, 600, 3_600]) {
        assert!((expected - 2..=expected + 2).contains(pause), "{pauses:?}");
    }
    assert_eq!(practice.waiting(&kit).await, Vec::<Json>::new(), "it is left to polling");
    let log = format!("/api/now/table/syslog?sysparm_query=level=1^messageLIKE{incident}");
    let said = practice.ask(Method::GET, &log, None).await;
    assert!(said[0]["message"].as_str().is_some_and(|line| line.contains("after 5 tries: 503")), "{said}");

    // A try that is taken ends it.
    endpoint.answer.store(202, Ordering::SeqCst);
    practice.incident().await;
    endpoint.next_of("record").await;
    assert_eq!(practice.waiting(&kit).await, Vec::<Json>::new());
}

#[tokio::test]
async fn the_role_lets_an_ordinary_account_read_what_it_needs() {
    let practice = Practice::start().await;
    let kit = kit("http://127.0.0.1:9/nowhere");
    let user = json!({"user_name": "sync", "user_password": "sync", "active": "true"});
    let user = practice.ask(Method::POST, "/api/now/table/sys_user", Some(user)).await;
    let read = async |table: &str| {
        let request = http().get(format!("{}/api/now/table/{table}?sysparm_limit=1", practice.sandbox.address()));
        let answer = request.basic_auth("sync", Some("sync")).send().await.expect("an answer");
        let rows: Json = answer.json().await.expect("JSON");
        rows["result"].as_array().map_or(0, Vec::len)
    };
    let incident = practice.incident().await;
    let path = format!("/api/now/table/incident/{incident}");
    practice.ask(Method::PATCH, &path, Some(json!({"comments": "seen?", "state": "2"}))).await;
    practice.ask(Method::DELETE, &path, None).await;
    let guarded = ["sys_journal_field", "sys_audit", "sys_audit_delete", "sys_dictionary", "sys_db_object"];
    for table in guarded {
        assert_eq!(read(table).await, 0, "{table} is closed at first");
    }
    practice.import(&update_set(&kit, SystemClock.now()).expect("written")).await;
    let role = kit.pieces().into_iter().find(|piece| piece.kind == Kind::Role).expect("a role").sys_id;
    let given = json!({"user": user["sys_id"], "role": role});
    practice.ask(Method::POST, "/api/now/table/sys_user_has_role", Some(given)).await;
    for table in guarded {
        assert_eq!(read(table).await, 1, "{table}");
    }
}

/// The pieces of a program's connection, as it would install them.
async fn pieces_of(program: &Program, connection: &str) -> Vec<Piece> {
    let row = program.database.store.connection(connection).await.expect("readable").expect("there");
    let place = webhook_place(connection);
    let secret = program.running.parts.secrets.open(&place, &row.webhook_secret).expect("opens");
    let endpoint = program.url(&format!("/hooks/{}", row.webhook_key));
    let (name, table) = (row.name.clone(), row.rules.table.clone());
    Kit { connection: row.id, name, table, streams: Streams::ALL, endpoint, secret }.pieces()
}

async fn differences(program: &Program, pieces: &[Piece]) -> Vec<String> {
    let mut different = Vec::new();
    for piece in pieces {
        let path = format!("{}/{}?sysparm_exclude_reference_link=true", piece.kind.table(), piece.sys_id);
        let there = program.table(Method::GET, &path, None).await;
        for (column, value) in &piece.fields {
            if there[*column] != json!(value) {
                different.push(format!("{} {}: {column} is {}", piece.kind.in_words(), piece.name, there[*column]));
            }
        }
    }
    different
}

#[tokio::test]
async fn the_account_installs_what_the_file_does_and_takes_over_what_is_there() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let pieces = pieces_of(&program, &connection).await;
    // What an earlier version left, and what a person made by hand.
    let rule = pieces.iter().find(|piece| piece.field("collection") == "incident").expect("a rule");
    let old = json!({"sys_id": rule.sys_id, "name": "Isthmus: tell Practice", "collection": "incident", "when": "async",
        "active": "true", "advanced": "true", "action_insert": "true", "script": "gs.info('old');"});
    program.table(Method::POST, "sys_script", Some(old)).await;
    let include = pieces.iter().find(|piece| piece.kind == Kind::ScriptInclude).expect("an include");
    let by_hand = json!({"name": include.name, "script": "var x;", "active": "true"});
    let by_hand = program.table(Method::POST, "sys_script_include", Some(by_hand)).await;

    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    let includes = format!("sys_script_include?sysparm_query=name={}", include.name);
    let includes = program.table(Method::GET, &includes, None).await;
    assert_eq!(includes.as_array().map(Vec::len), Some(1), "one, not two");
    assert_eq!((&includes[0]["sys_id"], &includes[0]["script"]), (&by_hand["sys_id"], &json!(include.script())));
    let others: Vec<Piece> = pieces.iter().filter(|piece| piece.kind != Kind::ScriptInclude).cloned().collect();
    assert_eq!(differences(&program, &others).await, Vec::<String>::new());
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null(), "again");
    program.incident(json!({})).await;
    told(&program, &connection).await;
}

#[tokio::test]
async fn an_account_without_the_right_is_told_what_to_do_and_installs_nothing() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let connection = program.connect().await;
    program.authorize_as(&connection, "itil", true).await;
    let trouble = program.ask("install-webhook", &[("id", &connection)]).await;
    assert_eq!(trouble["code"], "KIT-NOT-INSTALLED", "{trouble}");
    let said = trouble.to_string();
    assert!(said.contains("System Property isthmus.") && said.contains("sys_properties"), "{said}");
    let pieces = pieces_of(&program, &connection).await;
    assert!(differences(&program, &pieces).await.len() >= pieces.len());
}

#[tokio::test]
async fn rights_that_the_instance_keeps_to_itself_are_named_and_stop_nothing() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let guard = json!({"name": "Elevate first", "collection": "sys_security_acl", "when": "before", "active": "true",
        "advanced": "true", "action_insert": "true", "script": "current.setAbortAction(true);"});
    program.table(Method::POST, "sys_script", Some(guard)).await;
    let left_out = program.ask("install-webhook", &[("id", &connection)]).await;
    let left_out = left_out.as_str().expect("a sentence");
    assert!(
        left_out.contains("Access Control sys_audit:") && !left_out.contains("Business Rule Isthmus"),
        "{left_out}"
    );
    program.incident(json!({})).await;
    told(&program, &connection).await;
}

async fn told(program: &Program, connection: &str) {
    program
        .until("a signed webhook arrived", async || {
            let row = program.database.store.connection(connection).await.expect("readable");
            row.expect("there").last_webhook > 0
        })
        .await;
}

#[tokio::test]
async fn an_administrator_downloads_the_files_which_the_audit_says_and_they_work() {
    let (mut program, connection) = Program::connected(postgres().await).await;
    let path = |name: &str| format!("/settings/connections/{connection}/isthmus-{name}.xml");
    let page = program.get(&format!("/settings/connections/{connection}")).await.text().await.expect("a page");
    assert!(page.contains(&path("install")) && page.contains(&path("uninstall")), "the page leads to both");
    let answer = program.get(&path("install")).await;
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-disposition"), "attachment; filename=\"isthmus-install.xml\"");
    assert_eq!((header("cache-control"), header("content-type")), ("no-store".into(), "application/xml".into()));
    import(program.practice.address(), &answer.text().await.expect("a file")).await;
    let pieces = pieces_of(&program, &connection).await;
    assert_eq!(differences(&program, &pieces).await, Vec::<String>::new());
    program.incident(json!({})).await;
    told(&program, &connection).await;
    let uninstall = program.get(&path("uninstall")).await.text().await.expect("a file");
    import(program.practice.address(), &uninstall).await;
    assert!(differences(&program, &pieces).await.len() >= pieces.len());
    assert_eq!(program.database.store.audit_count("connections.fetch_kit", false).await.expect("counted"), 2);

    let admin = program.database.store.person_by_email(super::support::EMAIL).await.expect("readable").expect("there");
    let operator =
        PersonRow { id: SystemClock.id(), email: "eve@example.com".into(), role: "operator".into(), ..admin };
    let mut tx = program.database.store.begin().await.expect("begins");
    tx.add_person(&operator).await.expect("added");
    tx.commit().await.expect("committed");
    program.cookie.clear();
    assert!(program.get(&path("install")).await.status().is_redirection(), "a stranger signs in first");
    let form = [("email", "eve@example.com"), ("password", super::support::PASSWORD), ("next", "/")];
    let entered = program.post("/fn/sign-in", &form).await;
    let cookie = entered.headers()["set-cookie"].to_str().expect("text").to_owned();
    program.cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let refused = program.get(&path("install")).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(!refused.text().await.expect("a line").contains("hooks"));
    assert_eq!(program.database.store.audit_count("connections.fetch_kit", true).await.expect("counted"), 1);
}
