//! The HTTP side of an instance: authentication, requests and their answers (contract 1.9, 2, 5, 10).

use super::answer::{About, Answer, not_json};
use super::turn::{Turn, Turns};
use crate::clock::SharedClock;
use crate::connectors::exchanges::{self, Exchange};
use crate::connectors::http::HttpClient;
use crate::connectors::{Budget, Content, Failure, Urgency};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{Stream, StreamExt};
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use std::error::Error;
use std::sync::Arc;
use url::Url;

/// The server of the contract's captures takes 16 KiB; what is longer gets a page of HTML (contract 2.2).
const LONGEST_ADDRESS: usize = 16_000;
const JSON: &str = "application/json";

/// Contract 1.9: a 401 does not tell which of the causes it is.
pub const REFUSED_AGAIN: &str = "ServiceNow refused an access token that it had just given: the user who authorized \
    is locked, inactive or must change the password, or may not use the REST API. Put that right there and press \
    Resume, or authorize as another user";

/// Where an access token comes from. The OAuth module implements it.
#[async_trait]
pub trait Access: Send + Sync {
    async fn token(&self) -> Result<SecretString, Failure>;

    /// A token other than the one that was just refused.
    async fn renew(&self, refused: &SecretString) -> Result<SecretString, Failure>;

    /// ServiceNow took a call with this token.
    async fn accepted(&self, token: &SecretString);
}

/// An instance and the right to call it. Clones share what they know of it.
#[derive(Clone)]
pub struct Instance {
    http: HttpClient,
    address: Url,
    access: Arc<dyn Access>,
    turns: Arc<Turns>,
    urgency: Urgency,
}

/// Whether a ServiceNow instance answers at an address, before anybody is sent there to sign in: asked
/// without credentials, its Table API answers 401 in its own words (contract 1.9).
pub async fn probe(http: &HttpClient, address: &Url) -> Result<(), Failure> {
    let mut url = address.clone();
    url.set_path("/api/now/table/sys_user");
    url.set_query(Some("sysparm_limit=1"));
    let about = About::new(&Method::GET, &["api", "now", "table", "sys_user"]);
    let asked = http.request(Method::GET, url).header(ACCEPT, JSON).send().await;
    let response = asked.map_err(|error| about.lost(&error))?;
    let status = response.status();
    let text = response.text().await.map_err(|error| about.lost(&error))?;
    let body: Json = serde_json::from_str(&text).unwrap_or_default();
    let is_instance = body["error"]["message"].is_string() || body["result"].is_array();
    if is_instance { Ok(()) } else { Err(not_json(status, &text)) }
}

/// The Table API.
impl Instance {
    pub(super) async fn list(&self, table: &str, parameters: &[(&str, &str)]) -> Result<Answer, Failure> {
        self.call(Method::GET, &["api", "now", "table", table], parameters, None).await
    }

    /// `None` when the record is gone or hidden.
    pub(super) async fn read(
        &self,
        table: &str,
        id: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Option<Json>, Failure> {
        Ok(self.call(Method::GET, &["api", "now", "table", table, id], parameters, None).await?.record())
    }

    pub(super) async fn insert(&self, table: &str, body: &Json) -> Result<Json, Failure> {
        let answer = self.call(Method::POST, &["api", "now", "table", table], &[], Some(body)).await?;
        Ok(answer.body["result"].clone())
    }

    /// `None` when the record is gone or hidden.
    pub(super) async fn patch(
        &self,
        table: &str,
        id: &str,
        parameters: &[(&str, &str)],
        body: &Json,
    ) -> Result<Option<Json>, Failure> {
        Ok(self.call(Method::PATCH, &["api", "now", "table", table, id], parameters, Some(body)).await?.record())
    }
}

impl Instance {
    pub fn new(http: HttpClient, address: Url, access: Arc<dyn Access>, clock: SharedClock) -> Self {
        Self { http, address, access, turns: Turns::new(clock), urgency: Urgency::Live }
    }

    /// The same instance, for requests that are as urgent as this.
    #[must_use]
    pub fn with_urgency(&self, urgency: Urgency) -> Self {
        Self { urgency, ..self.clone() }
    }

    /// How far the instance's clock is ahead of ours.
    pub fn skew_ms(&self) -> i64 {
        self.turns.skew_ms()
    }

    /// The same; `None` before its first answer.
    pub fn ahead_ms(&self) -> Option<i64> {
        self.turns.ahead_ms()
    }

    /// What its rate rules leave to bulk work, of the rule that leaves least.
    pub fn budget(&self) -> Option<Budget> {
        self.turns.budget()
    }

    /// The record's page for people.
    pub fn page_of(address: &str, table: &str, id: &str) -> String {
        format!("{}/nav_to.do?uri={table}.do%3Fsys_id%3D{id}", address.trim_end_matches('/'))
    }

    /// One request of any JSON API, by the segments of its path from the root: `["api", "now", "table", "incident"]`.
    pub async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Json>,
    ) -> Result<Answer, Failure> {
        let about = About::new(&method, path);
        let url = self.address_of(path, query, &about)?;
        let asked = Asked::new(self, &method, &url, || body.map(exchanges::shown).unwrap_or_default());
        let opened = self
            .open(&about, || {
                let request = self.http.request(method.clone(), url.clone()).header(ACCEPT, JSON);
                if let Some(body) = body { request.json(body) } else { request }
            })
            .await;
        asked.finish(&about, opened).await
    }

    /// A file, read as it comes; `None` when there is none, or none for this account.
    pub async fn download(&self, path: &[&str]) -> Result<Option<Content>, Failure> {
        let about = About::new(&Method::GET, path);
        let url = self.address_of(path, &[], &about)?;
        let (response, turn) =
            self.open(&about, || self.http.request(Method::GET, url.clone()).header(ACCEPT, "*/*")).await?;
        // A file may be a page of HTML itself; this header tells it from a page that stands in the way.
        if response.status() == StatusCode::OK && response.headers().contains_key("x-attachment-metadata") {
            // The turn is over with the last byte.
            let lost = move |error| (about.lost(&error), &turn).0;
            let bytes = response.bytes_stream().map(move |part| part.map_err(&lost));
            return Ok(Some(bytes.boxed()));
        }
        let (_, _, answer) = finish(&about, response).await?;
        let answer = answer?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Err(Failure::NotAnInstance {
            why: format!("What answers at {} sends no file where one was asked for.", about.subject),
        })
    }

    /// Sends a file of this length. Its bytes come once, so that a refused token means sending again later.
    pub async fn upload<S, E>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        content_type: &str,
        length: u64,
        bytes: S,
    ) -> Result<Answer, Failure>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let about = About::new(&Method::POST, path);
        let url = self.address_of(path, query, &about)?;
        let asked = Asked::new(self, &Method::POST, &url, || format!("a file of {length} bytes"));
        let token = self.access.token().await?;
        let request = self
            .http
            .request(Method::POST, url.clone())
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, content_type)
            .header(CONTENT_LENGTH, length)
            .body(Body::wrap_stream(bytes));
        match self.send(&about, request, &token).await {
            Err(Failure::SignedOut { .. }) => {
                self.access.renew(&token).await?;
                let why =
                    "ServiceNow no longer accepted the access token; the file is sent again with a new one.".into();
                Err(Failure::Transient { why, retry_after_ms: Some(0) })
            }
            opened => asked.finish(&about, opened).await,
        }
    }

    fn address_of(&self, path: &[&str], query: &[(&str, &str)], about: &About) -> Result<Url, Failure> {
        let mut url = self.address.clone();
        url.path_segments_mut()
            .map_err(|()| Failure::NotAnInstance { why: "the instance's address cannot have a path".into() })?
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        if url.as_str().len() > LONGEST_ADDRESS { Err(about.too_long()) } else { Ok(url) }
    }

    /// The first part of an answer, and the turn that lasts until its end. A 401 renews the token once and no more, so
    /// there is no loop here; [`Access`] sees to it that there is none over many requests.
    async fn open(
        &self,
        about: &About,
        request: impl Fn() -> RequestBuilder + Send + Sync,
    ) -> Result<(Response, Turn), Failure> {
        let token = self.access.token().await?;
        match self.send(about, request(), &token).await {
            Err(Failure::SignedOut { .. }) => {
                let renewed = self.access.renew(&token).await?;
                match self.send(about, request(), &renewed).await {
                    Err(Failure::SignedOut { .. }) => Err(Failure::SignedOut { why: format!("{REFUSED_AGAIN}.") }),
                    answer => answer,
                }
            }
            answer => answer,
        }
    }

    async fn send(
        &self,
        about: &About,
        request: RequestBuilder,
        token: &SecretString,
    ) -> Result<(Response, Turn), Failure> {
        let turn = self.turns.take(&about.resource, self.urgency).await?;
        let response = request.bearer_auth(token.expose_secret()).send().await.map_err(|error| about.lost(&error))?;
        turn.learn(&response);
        about.opened(response.status(), response.headers())?;
        if response.status().is_success() {
            self.access.accepted(token).await;
        }
        Ok((response, turn))
    }
}

/// The rest of an answer.
async fn finish(about: &About, response: Response) -> Result<(StatusCode, String, Result<Answer, Failure>), Failure> {
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.map_err(|error| about.lost(&error))?;
    let answer = about.read(status, &headers, &text);
    Ok((status, text, answer))
}

/// A request as an attempt tells of it later.
struct Asked<'a> {
    instance: &'a Instance,
    method: &'a Method,
    url: &'a Url,
    request: String,
    at: i64,
}

impl<'a> Asked<'a> {
    fn new(instance: &'a Instance, method: &'a Method, url: &'a Url, request: impl FnOnce() -> String) -> Self {
        let request = if exchanges::is_overheard() { request() } else { String::new() };
        Self { instance, method, url, request, at: instance.turns.now() }
    }

    /// The rest of the answer, told of whether it came or not.
    async fn finish(self, about: &About, opened: Result<(Response, Turn), Failure>) -> Result<Answer, Failure> {
        let finished = match opened {
            Ok((response, _turn)) => finish(about, response).await,
            Err(failure) => Err(failure),
        };
        match finished {
            Ok((status, text, answer)) => {
                self.tell(status.as_u16(), || exchanges::shown_text(&text));
                answer
            }
            Err(failure) => {
                self.tell(0, || failure.to_string());
                Err(failure)
            }
        }
    }

    fn tell(self, status: u16, response: impl FnOnce() -> String) {
        exchanges::note(|| Exchange {
            method: self.method.to_string(),
            address: exchanges::shown_text(&self.url[url::Position::BeforePath..]),
            request: self.request,
            status,
            took_ms: self.instance.turns.now() - self.at,
            response: response(),
        });
    }
}
