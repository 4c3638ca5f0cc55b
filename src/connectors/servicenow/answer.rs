//! What an answer of an instance means (contract 1.9, 2.7, 10, 12): the rows that were asked for, or the kind of
//! failure, in words that name the table.

use crate::connectors::Failure;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde_json::Value as Json;

/// What [`About::subject`] calls the Attachment API.
const ATTACHMENTS: &str = "/api/now/attachment";

/// An answer that says what was asked for; 404 among them, since a record that is gone or hidden is no failure.
#[derive(Clone, Debug)]
pub struct Answer {
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

    /// Whether the pages up to this one, counted from 0, are all. A short page is not the end: ACLs hide rows after the
    /// limit was applied (contract 12.4).
    pub fn is_last(&self, limit: usize, page: usize) -> bool {
        self.total.map_or(self.rows().is_empty(), |total| (page + 1) * limit >= total)
    }

    /// The record, unless it is gone or hidden.
    pub fn record(self) -> Option<Json> {
        (self.status != StatusCode::NOT_FOUND).then(|| self.body["result"].clone())
    }
}

/// What a request was about, for the sentences about it.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// `table incident`, or the first segments of another API.
    pub subject: String,
    /// With the method: what a rate rule can be about.
    pub resource: String,
    /// Whether it may have changed something there.
    pub writes: bool,
}

impl About {
    pub fn new(method: &Method, path: &[&str]) -> Self {
        let subject = match path {
            ["api", "now", "table", table, ..] => format!("table {table}"),
            ["api", space, api, ..] => format!("/api/{space}/{api}"),
            other => format!("/{}", other.join("/")),
        };
        Self { resource: format!("{method} {subject}"), subject, writes: *method != Method::GET }
    }

    /// Nobody can tell whether it was done: a write must be looked up before it is sent again, a read is just repeated.
    fn in_doubt(&self, why: String, retry_after_ms: Option<i64>) -> Failure {
        if self.writes { Failure::Unsure { why } } else { Failure::Transient { why, retry_after_ms } }
    }

    /// No answer came: before the connection stood nothing can have happened, after it anything.
    pub fn lost(&self, error: &reqwest::Error) -> Failure {
        if error.is_connect() {
            let why = "ServiceNow could not be reached: the address does not answer, or this server may not call it.";
            return Failure::transient(why);
        }
        let why = if error.is_timeout() {
            "ServiceNow did not answer in time."
        } else {
            "The connection to ServiceNow was cut before the answer was complete."
        };
        self.in_doubt(why.to_owned(), None)
    }

    /// What the first part of an answer tells already: everything but the body's own words.
    pub fn opened(&self, status: StatusCode, headers: &HeaderMap) -> Result<(), Failure> {
        let retry_after_ms = retry_after(headers);
        match status {
            StatusCode::TOO_MANY_REQUESTS => {
                let why = "ServiceNow answered 429: too many requests. It is tried again later.".to_owned();
                Err(Failure::Transient { why, retry_after_ms })
            }
            StatusCode::ACCEPTED => {
                // Contract 10: on a crowded session the platform answers 202 and drops the request.
                let why = "ServiceNow answered 202, which may mean that it dropped the request.".to_owned();
                Err(self.in_doubt(why, retry_after_ms))
            }
            StatusCode::REQUEST_TIMEOUT => {
                Err(self.in_doubt("ServiceNow answered 408: it waited too long.".into(), None))
            }
            StatusCode::URI_TOO_LONG => Err(self.too_long()),
            StatusCode::PAYLOAD_TOO_LARGE => Err(self.too_large()),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => Err(Failure::NotAnInstance {
                why:
                    "A proxy before ServiceNow answered 407: it lets this server through only with credentials of its \
                      own. Let the operator of this server set it up, or allow the instance's address there."
                        .into(),
            }),
            status if status.is_server_error() => {
                let why = format!("ServiceNow answered {} to a request on {}.", status.as_u16(), self.subject);
                Err(self.in_doubt(why, retry_after_ms))
            }
            StatusCode::UNAUTHORIZED if is_json(headers) => Err(Failure::SignedOut {
                why: "ServiceNow answered 401: it no longer accepts the access token.".into(),
            }),
            _ => Ok(()),
        }
    }

    pub fn too_long(&self) -> Failure {
        Failure::Refused {
            why: format!(
                "The request on {} has an address longer than ServiceNow takes: it names too much at once.",
                self.subject
            ),
        }
    }

    /// An instance names its limit (contract 2.7, 5); a proxy before it has its own and says so in HTML.
    fn too_large(&self) -> Failure {
        let limit = if self.subject == ATTACHMENTS {
            "The property com.glide.attachment.max_size limits files, 1024 MB unless it says otherwise"
        } else {
            "ServiceNow takes at most 10485760 bytes of JSON"
        };
        let why = format!(
            "ServiceNow refused a request on {} (413): it is too large. {limit}; a proxy before it may take less. Send less at \
             once, or let the limit be raised there.",
            self.subject
        );
        Failure::Refused { why }
    }

    /// The whole of an answer whose first part was in order.
    pub fn read(&self, status: StatusCode, headers: &HeaderMap, text: &str) -> Result<Answer, Failure> {
        let total = headers.get("x-total-count").and_then(|value| value.to_str().ok()?.parse().ok());
        if status == StatusCode::NO_CONTENT {
            return Ok(Answer { status, body: Json::Null, total });
        }
        if status.is_redirection() || !is_json(headers) {
            return Err(not_json(status, text));
        }
        let cut_short =
            || self.in_doubt(format!("ServiceNow's answer about {} was cut short or is no JSON.", self.subject), None);
        let body: Json = serde_json::from_str(text).map_err(|_| cut_short())?;
        if status.is_success() && !body["error"].is_null() {
            // Contract 2.7: a quota ends a request in the midst of a good answer.
            return Err(cut_short());
        }
        if status.is_success() || status == StatusCode::NOT_FOUND {
            return Ok(Answer { status, body, total });
        }
        Err(self.refusal(status, &body))
    }

    /// ServiceNow's own words, with the table.
    fn refusal(&self, status: StatusCode, body: &Json) -> Failure {
        let message = body["error"]["message"].as_str().unwrap_or("no message");
        let detail = body["error"]["detail"].as_str().unwrap_or_default();
        let why =
            format!("ServiceNow refused a request on {} ({}): {message}. {detail}", self.subject, status.as_u16());
        let why = why.trim();
        let why = if why.ends_with('.') { why.to_owned() } else { format!("{why}.") };
        // Contract 1.8, 2.7: these are about the account whatever was written, not about this record.
        let is_about_account = ["User Not Authorized", "Missing required api access scope"].contains(&message);
        if self.writes && !is_about_account { Failure::Refused { why } } else { Failure::Forbidden { why } }
    }
}

pub(super) fn retry_after(headers: &HeaderMap) -> Option<i64> {
    let seconds: i64 = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(seconds.clamp(0, 3600) * 1000)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/json"))
}

/// HTML where JSON was due (contract 12.10): a hibernating instance, a login page, a proxy. Never data.
pub(super) fn not_json(status: StatusCode, text: &str) -> Failure {
    if text.contains("Hibernating") {
        return Failure::transient("The instance is hibernating. Wake it by signing in to it in a browser.");
    }
    let why = format!(
        "What answers there (status {}) sends a web page, not ServiceNow's JSON: a sign-in page, a proxy, or another site.",
        status.as_u16()
    );
    Failure::NotAnInstance { why }
}
