//! The client of an instance beside a real practice instance, with nothing of the program between.

use super::TurnedClock;
use super::program::http;
use crate::clock::{Clock, SystemClock};
use crate::connectors::Failure;
use crate::connectors::http::{Allowed, HttpClient};
use crate::connectors::servicenow::{Access, Instance};
use async_trait::async_trait;
use reqwest::Method;
use sandbox::{OauthClient, Sandbox, Settings};
use secrecy::SecretString;
use serde_json::Value as Json;
use std::sync::Arc;

/// A token that its user got by name and password, and no other.
struct Signed(SecretString);

#[async_trait]
impl Access for Signed {
    async fn token(&self) -> Result<SecretString, Failure> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _refused: &SecretString) -> Result<SecretString, Failure> {
        Err(Failure::SignedOut { why: "there is one token only".into() })
    }

    async fn accepted(&self, _token: &SecretString) {}
}

pub struct Practice {
    pub instance: Instance,
    access: Arc<Signed>,
    http: HttpClient,
    pub sandbox: Sandbox,
    pub clock: Arc<TurnedClock>,
}

impl Practice {
    /// Acts as the administrator. The clock stands at the machine's time until it is turned.
    pub async fn start() -> Self {
        Self::start_as("admin").await
    }

    /// Acts as a user whose password is the name.
    pub async fn start_as(user: &str) -> Self {
        Self::begin(user, Arc::new(TurnedClock::at(SystemClock.now())), sandbox::Clock::real()).await
    }

    /// The instance's time is that of a clock as well, so nothing passes there unless it is turned.
    pub async fn turned_by(user: &str, clock: Arc<TurnedClock>) -> Self {
        let read = clock.clone();
        let moment = move || jiff::Timestamp::from_millisecond(read.now()).expect("in the calendar");
        Self::begin(user, clock, sandbox::Clock::turned_by(moment)).await
    }

    async fn begin(user: &str, clock: Arc<TurnedClock>, its_clock: sandbox::Clock) -> Self {
        let client = OauthClient {
            name: "Isthmus".into(),
            client_id: "test-client".into(),
            client_secret: "test-secret".into(),
            redirect_urls: vec!["http://127.0.0.1/".into()],
        };
        let settings = Settings { oauth_clients: vec![client], ..Settings::in_memory() };
        let sandbox = Sandbox::start_with(settings, its_clock).await.expect("a practice instance");
        // The one token has to last.
        let lasting = http().put(format!("{}/sandbox/switches", sandbox.address())).basic_auth("admin", Some("admin"));
        lasting.json(&serde_json::json!({"access_token_seconds": 86_400})).send().await.expect("switched");
        let form = [
            ("grant_type", "password"),
            ("username", user),
            ("password", user),
            ("client_id", "test-client"),
            ("client_secret", "test-secret"),
        ];
        let asked = http().post(format!("{}/oauth_token.do", sandbox.address())).form(&form).send().await;
        let token: Json = asked.expect("an answer").json().await.expect("JSON");
        let token = token["access_token"].as_str().expect("a token").to_owned();
        let allowed = Allowed::new(vec!["127.0.0.0/8".parse().expect("a net")]);
        let http = HttpClient::new(allowed).expect("a client");
        let address = http.instance_address(sandbox.address()).expect("an address");
        let access = Arc::new(Signed(token.into()));
        let instance = Instance::new(http.clone(), address, access.clone(), clock.clone());
        Self { instance, access, http, sandbox, clock }
    }

    /// As a process that was just started finds it: nothing is known of its pace and clock.
    pub fn found_anew(&self) -> Instance {
        let address = self.http.instance_address(self.sandbox.address()).expect("an address");
        Instance::new(self.http.clone(), address, self.access.clone(), self.clock.clone())
    }

    /// The administrator adds a file to a record.
    pub async fn attach(&self, table: &str, record: &str, name: &str, content: &'static str) -> Json {
        let place = [("table_name", table), ("table_sys_id", record), ("file_name", name)];
        let request = http().post(format!("{}/api/now/attachment/file", self.sandbox.address())).query(&place);
        let request = request.basic_auth("admin", Some("admin")).header("accept", "application/json");
        let answer = request.header("content-type", "text/plain").body(content).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.json::<Json>().await.expect("JSON")["result"].take()
    }

    /// The administrator's own request, past the client that is tested.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Json>) -> Json {
        let request = http().request(method, format!("{}{path}", self.sandbox.address()));
        let request = request.basic_auth("admin", Some("admin")).header("accept", "application/json");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json::<Json>().await.map(|mut body| body["result"].take()).unwrap_or_default()
    }

    pub async fn switch(&self, switches: Json) {
        self.ask(Method::PUT, "/sandbox/switches", Some(switches)).await;
    }
}
