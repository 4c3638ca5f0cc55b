//! The HTTP side of an instance: authentication, answers, and what each refusal means (contract 1.9, 2.7, 10).

use crate::connectors::Failure;
use crate::connectors::http::HttpClient;
use async_trait::async_trait;
use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use std::sync::Arc;
use url::Url;

/// Where an access token comes from. The OAuth module implements it.
#[async_trait]
pub trait Access: Send + Sync {
    async fn token(&self) -> Result<SecretString, Failure>;

    /// A token other than the one that was just refused.
    async fn renew(&self, refused: &SecretString) -> Result<SecretString, Failure>;
}

/// An instance and the right to call it.
#[derive(Clone)]
pub struct Instance {
    pub(super) http: HttpClient,
    pub(super) address: Url,
    pub(super) access: Arc<dyn Access>,
}

/// An answer with `result` in it.
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Json,
    /// Rows that match, before ACLs hid any (contract 2.6).
    pub total: Option<usize>,
}

impl Answer {
    /// The rows of a list answer.
    pub fn rows(&self) -> &[Json] {
        self.body["result"].as_array().map_or(&[], Vec::as_slice)
    }
}

/// Whether a ServiceNow instance answers at an address, before anybody is sent there to sign in: asked
/// without credentials, its Table API answers 401 in its own words (contract 1.9).
pub async fn probe(http: &HttpClient, address: &Url) -> Result<(), Failure> {
    let mut url = address.clone();
    url.set_path("/api/now/table/sys_user");
    url.set_query(Some("sysparm_limit=1"));
    let response = http
        .request(Method::GET, url)
        .header(ACCEPT, "application/json")
        .send()
        .await
        .map_err(|error| lost(&error, false))?;
    let status = response.status();
    let text = response.text().await.map_err(|error| lost(&error, false))?;
    let body: Json = serde_json::from_str(&text).unwrap_or_default();
    let is_instance = body["error"]["message"].is_string() || body["result"].is_array();
    if is_instance { Ok(()) } else { Err(not_json(status, &text)) }
}

impl Instance {
    pub fn new(http: HttpClient, address: Url, access: Arc<dyn Access>) -> Self {
        Self { http, address, access }
    }

    /// The record's page for people.
    pub fn page_of(address: &str, table: &str, id: &str) -> String {
        format!("{}/nav_to.do?uri={table}.do%3Fsys_id%3D{id}", address.trim_end_matches('/'))
    }

    pub(super) async fn list(&self, table: &str, parameters: &[(&str, &str)]) -> Result<Answer, Failure> {
        self.call(Method::GET, table, None, parameters, None).await
    }

    pub(super) async fn read(
        &self,
        table: &str,
        id: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Option<Json>, Failure> {
        let answer = self.call(Method::GET, table, Some(id), parameters, None).await?;
        Ok((answer.status != StatusCode::NOT_FOUND).then(|| answer.body["result"].clone()))
    }

    pub(super) async fn insert(&self, table: &str, body: &Json) -> Result<Json, Failure> {
        Ok(self.call(Method::POST, table, None, &[], Some(body)).await?.body["result"].clone())
    }

    /// `None` when the record is gone or hidden.
    pub(super) async fn patch(
        &self,
        table: &str,
        id: &str,
        parameters: &[(&str, &str)],
        body: &Json,
    ) -> Result<Option<Json>, Failure> {
        let answer = self.call(Method::PATCH, table, Some(id), parameters, Some(body)).await?;
        Ok((answer.status != StatusCode::NOT_FOUND).then(|| answer.body["result"].clone()))
    }

    /// One request; a 401 renews the token once and no more, so there is no loop.
    async fn call(
        &self,
        method: Method,
        table: &str,
        id: Option<&str>,
        parameters: &[(&str, &str)],
        body: Option<&Json>,
    ) -> Result<Answer, Failure> {
        let mut url = self.address.clone();
        url.path_segments_mut()
            .map_err(|()| Failure::NotAnInstance { why: "the instance's address cannot have a path".into() })?
            .extend(["api", "now", "table", table])
            .extend(id);
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        let token = self.access.token().await?;
        match self.send(method.clone(), url.clone(), &token, table, body).await {
            Err(Failure::SignedOut { .. }) => {
                let token = self.access.renew(&token).await?;
                self.send(method, url, &token, table, body).await
            }
            answer => answer,
        }
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        token: &SecretString,
        table: &str,
        body: Option<&Json>,
    ) -> Result<Answer, Failure> {
        let writes = method != Method::GET;
        let mut request =
            self.http.request(method, url).bearer_auth(token.expose_secret()).header(ACCEPT, "application/json");
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| lost(&error, writes))?;
        let status = response.status();
        let retry_after_ms = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse::<i64>().ok())
            .map(|seconds| seconds.clamp(0, 3600) * 1000);
        let total = response.headers().get("x-total-count").and_then(|value| value.to_str().ok()?.parse().ok());
        let is_json = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/json"));
        let text = response.text().await.map_err(|error| lost(&error, writes))?;
        if status == StatusCode::TOO_MANY_REQUESTS {
            let why = "ServiceNow answered 429: too many requests. It is tried again later.".to_owned();
            return Err(Failure::Transient { why, retry_after_ms });
        }
        if status.is_server_error() {
            let why = format!("ServiceNow answered {} to a request on {table}.", status.as_u16());
            return Err(if writes { Failure::Unsure { why } } else { Failure::Transient { why, retry_after_ms } });
        }
        if status == StatusCode::ACCEPTED {
            // Contract 10: on a crowded session the platform answers 202 and drops the request.
            return Err(Failure::Unsure {
                why: "ServiceNow answered 202, which may mean that it dropped the request.".into(),
            });
        }
        if status.is_redirection() || !is_json {
            return Err(not_json(status, &text));
        }
        let body: Json = serde_json::from_str(&text).map_err(|_| {
            let why = format!("ServiceNow's answer about {table} was cut short or is no JSON.");
            if writes { Failure::Unsure { why } } else { Failure::transient(why) }
        })?;
        match status {
            status if status.is_success() || status == StatusCode::NOT_FOUND => Ok(Answer { status, body, total }),
            StatusCode::UNAUTHORIZED => Err(Failure::SignedOut {
                why: "ServiceNow answered 401: it no longer accepts the access token.".into(),
            }),
            _ => Err(refusal(status, table, &body, writes)),
        }
    }
}

/// No answer came: before the connection stood nothing can have happened, after it anything.
fn lost(error: &reqwest::Error, writes: bool) -> Failure {
    let why = if error.is_connect() {
        "ServiceNow could not be reached: the address does not answer, or this server may not call it.".to_owned()
    } else if error.is_timeout() {
        "ServiceNow did not answer in time.".to_owned()
    } else {
        "The connection to ServiceNow was cut before the answer was complete.".to_owned()
    };
    if writes && !error.is_connect() { Failure::Unsure { why } } else { Failure::transient(why) }
}

/// HTML where JSON was due (contract 12.10): a hibernating instance, a login page, a proxy. Never data.
fn not_json(status: StatusCode, text: &str) -> Failure {
    if text.contains("Hibernating") {
        return Failure::transient("The instance is hibernating. Wake it by signing in to it in a browser.");
    }
    let why = format!(
        "What answers there (status {}) sends a web page, not ServiceNow's JSON: a sign-in page, a proxy, or another site.",
        status.as_u16()
    );
    Failure::NotAnInstance { why }
}

/// ServiceNow's own words, with the table.
fn refusal(status: StatusCode, table: &str, body: &Json, writes: bool) -> Failure {
    let message = body["error"]["message"].as_str().unwrap_or("no message");
    let detail = body["error"]["detail"].as_str().unwrap_or_default();
    let why = format!("ServiceNow refused a request on table {table} ({}): {message}. {detail}", status.as_u16());
    let why = why.trim().to_owned();
    if writes { Failure::Refused { why } } else { Failure::Forbidden { why } }
}
