//! The real program beside a real practice instance, over HTTP, on free ports. A person's steps are methods.

use super::Database;
use crate::cli::{DatabaseArgs, LogArgs, LogFormat, Role, ServeArgs};
use crate::clock::{Clock, SharedClock, SystemClock};
use crate::connectors::http::{Allowed, HttpClient};
use crate::secrets::webhook_place;
use crate::start::{self, Running};
use crate::store::{PersonRow, StoreError};
use app::model::ConnectDefaults;
use merge::Rules;
use reqwest::{Client, Method, Response};
use sandbox::{OauthClient, Sandbox, Settings};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "a long password";
const CLIENT_ID: &str = "test-client";
const CLIENT_SECRET: &str = "test-secret";
/// The largest file that Desk takes here.
pub const FILE_LIMIT_MIB: u32 = 6;
/// Nothing here takes so long; a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_mins(1);
const STEP: Duration = Duration::from_millis(20);

pub struct Program {
    pub running: Running,
    pub practice: Sandbox,
    pub browser: Client,
    pub database: Database,
    pub cookie: String,
    pub settings: ServeArgs,
    site: PathBuf,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.site);
    }
}

impl Program {
    /// Started on a fresh database, with nobody in it.
    pub async fn start(database: Database) -> Self {
        Self::start_as(database, Role::All).await
    }

    async fn start_as(database: Database, role: Role) -> Self {
        Self::start_by(Arc::new(SystemClock), database, role).await
    }

    /// By another clock than the machine's.
    pub async fn start_by(clock: SharedClock, database: Database, role: Role) -> Self {
        // The redirect URL must be known to ServiceNow before the console listens: find a free port first.
        let listen = free_address();
        let client = OauthClient {
            name: "Isthmus".into(),
            client_id: CLIENT_ID.into(),
            client_secret: CLIENT_SECRET.into(),
            redirect_urls: vec![format!("http://{listen}/oauth/callback")],
        };
        let practice = Sandbox::start(Settings { oauth_clients: vec![client], ..Settings::in_memory() })
            .await
            .expect("a practice instance");
        let id = Clock::id(&SystemClock);
        let site = std::env::temp_dir().join(format!("isthmus-site-{id}"));
        std::fs::create_dir_all(site.join("pkg")).expect("a folder");
        let settings = ServeArgs {
            listen,
            public_url: Some(format!("http://{listen}")),
            role,
            database: DatabaseArgs { database_url: database.url.clone() },
            key_file: site.join("key"),
            allow_addresses: vec!["127.0.0.0/8".parse().expect("a net")],
            poll_seconds: 1,
            workers: 4,
            file_limit_mib: FILE_LIMIT_MIB,
            site: Some(site.clone()),
            log: LogArgs { log: "warn".into(), log_format: LogFormat::Text },
        };
        let running = start::run(&settings, clock, ConnectDefaults::default(), CancellationToken::new())
            .await
            .expect("the program starts");
        let browser = http();
        Self { running, practice, browser, database, cookie: String::new(), settings, site }
    }

    /// Started, with an administrator signed in and an authorized connection, whose id is answered.
    pub async fn connected(database: Database) -> (Self, String) {
        Self::connected_as(database, Role::All).await
    }

    pub async fn connected_as(database: Database, role: Role) -> (Self, String) {
        let mut program = Self::start_as(database, role).await;
        program.become_admin().await;
        let id = program.connect().await;
        let back = program.authorize(&id, true).await;
        assert!(back.ends_with("?authorized=1"), "{back}");
        (program, id)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address)
    }

    pub async fn become_admin(&mut self) {
        let link = self.running.first_run.clone().expect("nobody is there yet");
        let token = link.rsplit('=').next().expect("a token").to_owned();
        let answer = self
            .post(
                "/fn/create-first-admin",
                &[("token", &token), ("name", "Ada"), ("email", EMAIL), ("password", PASSWORD)],
            )
            .await;
        let cookie = answer.headers().get("set-cookie").expect("a session").to_str().expect("text");
        self.cookie = cookie.split(';').next().expect("a cookie").to_owned();
    }

    /// Another person of this role signs in; from now on it is that person who acts.
    pub async fn sign_in_as(&mut self, name: &str, role: &str) {
        let store = &self.database.store;
        let admin = store.person_by_email(EMAIL).await.expect("readable").expect("there");
        let email = format!("{}@example.com", name.to_lowercase());
        let person = PersonRow {
            id: Clock::id(&SystemClock),
            name: name.to_owned(),
            email: email.clone(),
            role: role.to_owned(),
            ..admin
        };
        let mut tx = store.begin().await.expect("begins");
        tx.add_person(&person).await.expect("added");
        tx.commit().await.expect("committed");
        self.cookie.clear();
        let entered = self.post("/fn/sign-in", &[("email", &email), ("password", PASSWORD), ("next", "/")]).await;
        let cookie = entered.headers().get("set-cookie").expect("a session").to_str().expect("text");
        self.cookie = cookie.split(';').next().expect("a cookie").to_owned();
    }

    /// A form as a browser without JavaScript sends it.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.browser
            .post(self.url(path))
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html")
            .form(form)
            .send()
            .await
            .expect("an answer")
    }

    pub async fn get(&self, path: &str) -> Response {
        let request = self.browser.get(self.url(path)).header("cookie", &self.cookie);
        request.header("sec-fetch-site", "same-origin").send().await.expect("an answer")
    }

    /// Asks a server function as the page's own script does.
    pub async fn ask(&self, name: &str, form: &[(&str, &str)]) -> Json {
        let request = self.browser.post(self.url(&format!("/fn/{name}"))).header("cookie", &self.cookie);
        let answer = request.header("accept", "application/json").form(form).send().await.expect("an answer");
        let text = answer.text().await.expect("a body");
        serde_json::from_str(&text).unwrap_or(Json::String(text))
    }

    pub async fn connect(&self) -> String {
        self.connect_with(CLIENT_SECRET).await
    }

    pub async fn connect_with(&self, secret: &str) -> String {
        let address = self.practice.address().to_owned();
        let form =
            [("name", "Practice"), ("address", address.as_str()), ("client_id", CLIENT_ID), ("client_secret", secret)];
        let answer = self.post("/fn/connect", &form).await;
        let page = location(&answer);
        let id = page.strip_prefix("/settings/connections/").and_then(|rest| rest.strip_suffix("/connect/2"));
        id.unwrap_or_else(|| panic!("to the second step, not {page}")).to_owned()
    }

    /// The way through ServiceNow's pages, as a person's browser goes it. Answers where it ends up.
    pub async fn authorize(&self, connection: &str, allow: bool) -> String {
        self.authorize_as(connection, "admin", allow).await
    }

    /// The same as another user, whose password is the name. A new connection begins to sync.
    pub async fn authorize_as(&self, connection: &str, user: &str, allow: bool) -> String {
        let back = self.let_in(connection, user, allow).await;
        if back.ends_with("/connect/3?authorized=1") {
            let started = self.ask("start-sync", &[("id", connection)]).await;
            assert!(started["code"].is_null(), "{started}");
        }
        back
    }

    /// The same, and no more than that.
    pub async fn let_in(&self, connection: &str, user: &str, allow: bool) -> String {
        let begun = self.get(&format!("/oauth/authorize/{connection}")).await;
        let consent = location(&begun);
        let servicenow = self.practice.address();
        let signed_in = self
            .browser
            .post(format!("{servicenow}/login.do"))
            .header("origin", servicenow)
            .header("sec-fetch-site", "same-origin")
            .form(&[("user_name", user), ("user_password", user), ("uri", "/")])
            .send()
            .await
            .expect("an answer");
        let cookie = signed_in.headers().get("set-cookie").expect("a session").to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a cookie").to_owned();
        let (_, query) = consent.split_once('?').expect("a query");
        let mut form: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        form.insert("answer".into(), if allow { "allow" } else { "deny" }.into());
        let answered = self
            .browser
            .post(format!("{servicenow}/oauth_auth.do"))
            .header("cookie", cookie)
            .header("origin", servicenow)
            .header("sec-fetch-site", "same-origin")
            .form(&form)
            .send()
            .await
            .expect("an answer");
        let back = location(&answered);
        let path = back.strip_prefix(&self.url("")).unwrap_or_else(|| panic!("back to {back}")).to_owned();
        location(&self.get(&path).await)
    }

    /// Where a connection's webhooks go, and what they are signed with.
    pub async fn hook(&self, connection: &str) -> (String, String) {
        let row = self.database.store.connection(connection).await.expect("readable").expect("there");
        let place = webhook_place(connection);
        let secret = self.running.parts.secrets.open(&place, &row.webhook_secret).expect("opens");
        (self.url(&format!("/hooks/{}", row.webhook_key)), secret.expose_secret().to_owned())
    }

    /// Publishes a changed mapping.
    pub async fn publish(&self, connection: &str, change: impl FnOnce(&mut Rules)) -> Result<(), StoreError> {
        let mut tx = self.database.store.begin().await?;
        let mut rules = tx.rules_for_edit(connection).await?.expect("a connection");
        let version = rules.version;
        change(&mut rules);
        rules.version = version + 1;
        tx.publish_rules(connection, &rules).await?;
        tx.commit().await
    }

    /// ServiceNow's Table API, as its administrator. Null when a fault that was turned on hits this request.
    pub async fn table(&self, method: Method, path: &str, body: Option<Json>) -> Json {
        let request = self
            .browser
            .request(method, format!("{}/api/now/table/{path}", self.practice.address()))
            .basic_auth("admin", Some("admin"))
            .header("accept", "application/json");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let Ok(answer) = request.send().await else {
            return Json::Null;
        };
        let text = answer.text().await.unwrap_or_default();
        serde_json::from_str::<Json>(&text).map(|body| body["result"].clone()).unwrap_or_default()
    }

    /// Turns on faults of the practice instance.
    pub async fn switch(&self, switches: Json) {
        let answer = self
            .browser
            .put(format!("{}/sandbox/switches", self.practice.address()))
            .basic_auth("admin", Some("admin"))
            .json(&switches)
            .send()
            .await
            .expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Opens an incident as a person would, and answers its sys_id.
    pub async fn incident(&self, fields: Json) -> String {
        let mut body = json!({"short_description": "The printer is on fire", "category": "inquiry"});
        if let (Some(body), Some(fields)) = (body.as_object_mut(), fields.as_object()) {
            body.extend(fields.clone());
        }
        let made = self.table(Method::POST, "incident", Some(body)).await;
        made["sys_id"].as_str().unwrap_or_else(|| panic!("no sys_id in {made}")).to_owned()
    }

    pub async fn edit_incident(&self, id: &str, fields: Json) {
        let stored = self.table(Method::PATCH, &format!("incident/{id}"), Some(fields.clone())).await;
        assert_eq!(stored["sys_id"], id, "{fields}");
    }

    pub async fn incident_field(&self, id: &str, field: &str) -> String {
        let row = self.table(Method::GET, &format!("incident/{id}?sysparm_exclude_reference_link=true"), None).await;
        row[field].as_str().unwrap_or_default().to_owned()
    }

    /// The texts of an incident's journal, oldest first.
    pub async fn journal(&self, id: &str, element: &str) -> Vec<String> {
        let query = format!("sys_journal_field?sysparm_query=element_id={id}^element={element}^ORDERBYsys_created_on");
        let rows = self.table(Method::GET, &query, None).await;
        let rows = rows.as_array().cloned().unwrap_or_default();
        rows.iter().map(|row| row["value"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The id of the ticket that an incident became, once it has.
    pub async fn ticket_of(&self, connection: &str, incident: &str) -> String {
        let mut found = None;
        self.until("the ticket is made", async || {
            let link = self.database.store.link_of(connection, incident).await.expect("readable");
            found = link.and_then(|link| link.platform_id);
            found.is_some()
        })
        .await;
        found.expect("a ticket")
    }

    pub async fn ticket(&self, id: &str) -> crate::store::Ticket {
        self.database.store.ticket(id).await.expect("readable").expect("a ticket")
    }

    /// Edits a ticket through its form: these fields touched, the others as shown. Who was not fast enough looks at the
    /// new values and saves again, as the form says.
    pub async fn edit_ticket(&self, id: &str, fields: &[(&str, &str)]) {
        let mut answer = self.try_edit_ticket(id, fields).await;
        while answer["code"] == "EDIT-STALE" {
            answer = self.try_edit_ticket(id, fields).await;
        }
        assert!(answer.is_null(), "{answer}");
    }

    async fn try_edit_ticket(&self, id: &str, fields: &[(&str, &str)]) -> Json {
        let ticket = self.ticket(id).await;
        let owner = match &ticket.owner_id {
            Some(owner) => self.database.store.desk_user(owner).await.expect("readable").expect("a user").email,
            None => String::new(),
        };
        let due = ticket.due_at.map(|at| crate::clock::format_moment(at, "%Y-%m-%dT%H:%M")).unwrap_or_default();
        let shown = [
            ("title", ticket.title.as_str()),
            ("description", &ticket.description),
            ("status", &ticket.status),
            ("kind", &ticket.kind),
            ("priority", &ticket.priority),
            ("owner_email", &owner),
            ("due", &due),
        ];
        let mut form = vec![("form[id]".to_owned(), id.to_owned())];
        for (name, value) in shown {
            let is = fields.iter().find(|(field, _)| *field == name).map_or(value, |(_, value)| value);
            form.push((format!("form[{name}]"), is.to_owned()));
            form.push((format!("form[shown][{name}]"), value.to_owned()));
        }
        let more = fields.iter().filter(|(field, _)| shown.iter().all(|(name, _)| name != field));
        form.extend(more.map(|(field, value)| (format!("form[more][{field}]"), (*value).to_owned())));
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.ask("edit-ticket", &form).await
    }

    pub async fn comment(&self, ticket: &str, body: &str, internal: bool) {
        let mut form = vec![("ticket", ticket), ("body", body)];
        if internal {
            form.push(("internal", "on"));
        }
        let answer = self.ask("comment", &form).await;
        assert!(answer.is_null(), "{answer}");
    }

    /// Waits for something to become true, by looking again and again; fails after a good while.
    pub async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
        let looked = tokio::time::timeout(PATIENCE, async {
            while !is_so().await {
                tokio::time::sleep(STEP).await;
            }
        });
        assert!(looked.await.is_ok(), "it never came true that {what}");
    }

    /// Waits until nothing is queued or running for any record of the connection.
    pub async fn until_quiet(&self, connection: &str) {
        self.until("all work is done", async || {
            let (waiting, _) = self.database.store.count_jobs(connection).await.expect("readable");
            waiting == 0
        })
        .await;
    }
}

/// An address that nobody listens at. The system gives ports from elsewhere to whoever asks for any, so that nothing takes
/// this one before the program does; other test processes begin at other ports.
fn free_address() -> SocketAddr {
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 20_000;
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let begins_at = std::process::id().wrapping_mul(331);
    (0..COUNT)
        .map(|_| FIRST + begins_at.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % COUNT)
        .filter_map(|port| u16::try_from(port).ok())
        .map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
        .find(|address| std::net::TcpListener::bind(address).is_ok())
        .expect("a free port")
}

/// Where an answer sends the browser.
pub fn location(answer: &Response) -> String {
    let header = answer.headers().get("location").unwrap_or_else(|| panic!("no redirect, but {}", answer.status()));
    header.to_str().expect("text").to_owned()
}

/// A client of a test's own: a person's browser, ServiceNow's outside.
pub fn http() -> Client {
    // Also installs what TLS needs, once.
    let _ = HttpClient::new(Allowed::default());
    #[expect(clippy::disallowed_methods, reason = "this one stands for a browser, which is not ours")]
    Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build().expect("a client")
}
