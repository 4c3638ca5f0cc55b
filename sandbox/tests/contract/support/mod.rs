//! An instance to test against, and the few calls that every test makes.
#![allow(dead_code)] // each test file uses its part of it
#![allow(clippy::disallowed_methods)] // its client only ever calls the instance under test

pub mod oauth;
pub mod scripts;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use reqwest::{Client, Method, Response, StatusCode, redirect::Policy};
use sandbox::{Clock, Sandbox, Settings};
use serde_json::Value;

pub const CLIENT_ID: &str = "0c5f3cece1b12010f877971dea0b1449";
pub const CLIENT_SECRET: &str = "practice-secret";
pub const JOE: &str = "681ccaf9c0a8016400b98a06818d57c7";
pub const BETH: &str = "46d44a23a9fe19810012d100cca80666";

pub struct Instance {
    sandbox: Sandbox,
    pub http: Client,
}

/// Turns the clock of an instance, which begins on a full hour.
#[derive(Clone, Default)]
pub struct Hand(Arc<AtomicI64>);

impl Hand {
    /// A moment in 2026, in Unix seconds, divisible by 3600.
    pub const BEGIN: i64 = 1_795_255_200;

    pub fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Instance {
    pub async fn start() -> Self {
        Self::with(Settings::in_memory()).await
    }

    /// With a clock that stands until it is turned.
    pub async fn start_with_clock() -> (Self, Hand) {
        let hand = Hand::default();
        let turned = hand.clone();
        let clock = Clock::turned_by(move || {
            let seconds = Hand::BEGIN + turned.0.load(Ordering::SeqCst);
            jiff::Timestamp::from_second(seconds).expect("a time")
        });
        let sandbox = Sandbox::start_with(Settings::in_memory(), clock).await.expect("the sandbox starts");
        (Self { sandbox, http: Client::builder().redirect(Policy::none()).build().expect("a client") }, hand)
    }

    pub async fn with(settings: Settings) -> Self {
        Self::around(Sandbox::start(settings).await.expect("the sandbox starts"))
    }

    /// For an instance that was started in another way.
    pub fn around(sandbox: Sandbox) -> Self {
        // Without the machine's certificates, which take longer to read than the instance takes to start.
        let http = Client::builder().redirect(Policy::none()).tls_certs_only([]).build().expect("a client");
        Self { sandbox, http }
    }

    /// With a clock that the test turns.
    pub async fn with_clock(settings: Settings, clock: Clock) -> Self {
        let sandbox = Sandbox::start_with(settings, clock).await.expect("the sandbox starts");
        Self { sandbox, http: Client::builder().redirect(Policy::none()).tls_certs_only([]).build().expect("a client") }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.address())
    }

    pub async fn stop(self) {
        self.sandbox.stop().await;
    }

    pub async fn call_as(&self, user: &str, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.http.request(method, self.url(path)).basic_auth(user, Some(user));
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.expect("an answer")
    }

    /// As the administrator; the `result` of the answer.
    pub async fn get(&self, path: &str) -> Value {
        let response = self.call_as("admin", Method::GET, path, None).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        result(response).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let response = self.call_as("admin", Method::POST, path, Some(body)).await;
        assert_eq!(response.status(), StatusCode::CREATED, "{path}");
        result(response).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Value {
        let response = self.call_as("admin", Method::PATCH, path, Some(body)).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        result(response).await
    }

    /// Sets a system property, made if it is not there.
    pub async fn set_property(&self, name: &str, value: &str) {
        let found = self.get(&format!("/api/now/table/sys_properties?sysparm_query=name={name}")).await;
        let body = serde_json::json!({"name": name, "value": value});
        match found[0]["sys_id"].as_str() {
            Some(id) => self.patch(&format!("/api/now/table/sys_properties/{id}"), body).await,
            None => self.post("/api/now/table/sys_properties", body).await,
        };
    }

    /// The rows of a list as soon as there are any: something in the background makes them.
    pub async fn wait_for(&self, path: &str) -> Value {
        for _ in 0..500 {
            let rows = self.get(path).await;
            if rows.as_array().is_some_and(|rows| !rows.is_empty()) {
                return rows;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("nothing came: {path}");
    }

    pub async fn switch(&self, switches: Value) {
        let response = self.call_as("admin", Method::PUT, "/sandbox/switches", Some(switches)).await;
        assert_eq!(response.status(), StatusCode::OK);
    }

    /// Signs in on the page; the session's cookie.
    pub async fn sign_in(&self, user: &str) -> String {
        let form = [("user_name", user), ("user_password", user), ("uri", "/incident_list.do")];
        let response = self.http.post(self.url("/login.do")).form(&form).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let cookie = response.headers()["set-cookie"].to_str().expect("text");
        cookie.split(';').next().expect("a cookie").to_owned()
    }
}

pub async fn result(response: Response) -> Value {
    let mut body: Value = response.json().await.expect("JSON");
    body["result"].take()
}

/// The numbers of listed incidents.
pub fn numbers(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(|record| record["number"].as_str()).collect()
}
