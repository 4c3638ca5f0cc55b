//! Business rules to install, scripts to try, and a system elsewhere that they post to.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::routing::any;
use axum::{Router, body};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Instance;

/// What was posted.
pub struct Posted {
    pub method: String,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Posted {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A listener that hands over what is posted to it. It answers `/status/500` with 500, `/silent` never, and
/// everything else with `thanks`.
pub struct Receiver {
    pub address: String,
    posts: mpsc::UnboundedReceiver<Posted>,
}

impl Receiver {
    pub async fn start() -> Self {
        let (sender, posts) = mpsc::unbounded_channel();
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", socket.local_addr().expect("an address"));
        let app = Router::new().fallback(any(take)).with_state(sender);
        tokio::spawn(async move { axum::serve(socket, app).await });
        Self { address, posts }
    }

    pub async fn next(&mut self) -> Posted {
        self.posts.recv().await.expect("a post")
    }

    /// What has come so far. After `Instance::stop`, nothing more can come.
    pub fn rest(&mut self) -> usize {
        std::iter::from_fn(|| self.posts.try_recv().ok()).count()
    }
}

async fn take(
    State(posts): State<mpsc::UnboundedSender<Posted>>,
    request: Request,
) -> (axum::http::StatusCode, [(&'static str, &'static str); 1], &'static str) {
    let (parts, content) = request.into_parts();
    let content = body::to_bytes(content, usize::MAX).await.expect("a body");
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let status = parts.uri.path().strip_prefix("/status/").and_then(|status| status.parse().ok());
    let silent = path == "/silent";
    let body = String::from_utf8(content.to_vec()).expect("text");
    posts.send(Posted { method: parts.method.to_string(), path, headers: parts.headers, body }).ok();
    if silent {
        std::future::pending::<()>().await;
    }
    (status.unwrap_or(axum::http::StatusCode::OK), [("x-answer", "42")], "thanks")
}

impl Instance {
    /// A business rule for inserts and updates; `more` says what is different.
    pub async fn rule(&self, when: &str, collection: &str, script: &str, more: Value) -> Value {
        let mut rule = json!({"name": "A rule", "collection": collection, "when": when, "active": "true",
            "advanced": "true", "action_insert": "true", "action_update": "true", "script": script});
        for (column, value) in more.as_object().expect("an object") {
            rule[column] = value.clone();
        }
        self.post("/api/now/table/sys_script", rule).await
    }

    /// What a script returns: it runs in a rule, with `current` a new incident.
    pub async fn evaluate(&self, script: &str) -> Value {
        let script = format!("current.description = JSON.stringify((function () {{ {script} }})());");
        let rule = self.rule("before", "incident", &script, json!({"name": "Evaluate"})).await;
        let made = self.post("/api/now/table/incident", json!({})).await;
        let path = format!("/api/now/table/sys_script/{}", rule["sys_id"].as_str().expect("an id"));
        let deleted = self.call_as("admin", reqwest::Method::DELETE, &path, None).await;
        assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
        let said = made["description"].as_str().expect("text");
        let log = self.get("/api/now/table/syslog?sysparm_query=source=Evaluate^ORDERBYDESCsys_created_on").await;
        serde_json::from_str(said).unwrap_or_else(|_| panic!("the script said {said:?}; the log says {log}"))
    }

    /// Runs everything that is due; how many jobs it were.
    pub async fn run_jobs(&self) -> u64 {
        let response = self.call_as("admin", reqwest::Method::POST, "/sandbox/run-jobs", None).await;
        assert_eq!(response.status(), StatusCode::OK);
        super::result(response).await["ran"].as_u64().expect("a number")
    }

    /// The messages in the system log that a record with this name wrote.
    pub async fn log_of(&self, source: &str) -> Vec<String> {
        let rows =
            self.get(&format!("/api/now/table/syslog?sysparm_query=source={source}^ORDERBYsys_created_on")).await;
        let text = |row: &Value| row["message"].as_str().expect("text").to_owned();
        rows.as_array().expect("rows").iter().map(text).collect()
    }
}
