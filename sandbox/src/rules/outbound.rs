//! `sn_ws.RESTMessageV2`'s way to the network (contract 11.2): really sends, never repeats, and leaves
//! a row in `sys_outbound_http_log` for the administrator.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use url::Url;

use super::host::data::attached;
use super::host::{Answer, Session, Source, arguments};
use crate::instance::Instance;
use crate::random;
use crate::switches::Webhooks;

#[derive(Debug, Clone, Deserialize)]
struct Request {
    endpoint: String,
    method: String,
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Option<String>,
    /// The sys_id of a file that is the body instead.
    attachment: Option<String>,
    timeout_ms: Option<u64>,
}

/// Who sends: the rows of the log name it.
#[derive(Debug, Clone)]
struct Sender {
    source: Source,
    user: String,
}

/// The longest that a script waits (`glide.http.outbound.max_timeout`).
const LONGEST: Duration = Duration::from_secs(30);

/// Answers on their way, by the number that the script has for each.
pub(super) type Waiting = Mutex<HashMap<usize, oneshot::Receiver<Value>>>;

/// Sends, and waits for the answer or not. The answer is what the script's response object reads from;
/// without waiting, it is the number to ask for it by.
pub(super) fn send(session: &Session, text: &str) -> Answer {
    let (request, wait): (Request, bool) = arguments(text)?;
    let sender = Sender { source: session.source.clone(), user: session.user.user_name.clone() };
    let sent = exchange(session.instance.clone(), request, sender);
    if wait {
        return Ok(session.handle.block_on(sent));
    }
    let logging = session.instance.clone();
    let (tell, answer) = oneshot::channel();
    session.instance.background.spawn_on(
        async move {
            let answer = sent.await;
            if let Some(message) = answer["error"].as_str() {
                logging.log(2, "sn_ws.RESTMessageV2", message).await;
            }
            // The script may be over.
            tell.send(answer).ok();
        },
        &session.handle,
    );
    let mut waiting = session.waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let number = waiting.len();
    waiting.insert(number, answer);
    Ok(number.into())
}

/// The answer, or nothing if it has not come after so many seconds.
pub(super) fn wait(session: &Session, text: &str) -> Answer {
    let (number, seconds): (usize, u64) = arguments(text)?;
    let Some(mut answer) = session.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&number) else {
        return Ok(Value::Null);
    };
    let patience = Duration::from_secs(seconds).min(LONGEST);
    let came = session.handle.block_on(async { tokio::time::timeout(patience, &mut answer).await });
    if let Ok(came) = came {
        return Ok(came.unwrap_or_default());
    }
    session.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(number, answer);
    Ok(Value::Null)
}

async fn exchange(instance: Arc<Instance>, request: Request, sender: Sender) -> Value {
    let switches = instance.switches();
    if switches.webhook_delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(switches.webhook_delay_ms)).await;
    }
    let number = instance.posts.begin();
    if switches.webhooks == Webhooks::Off || random::draw(switches.webhook_seed, number) < switches.webhook_loss {
        instance.served.count("lost_post");
        let answer = failure("The request timed out (a switch loses it)");
        keep_trace(&instance, &request, &sender, &answer, 0).await;
        return answer;
    }
    match switches.webhooks {
        Webhooks::Twice => {
            attempt(&instance, &request, &sender).await;
        }
        Webhooks::OutOfOrder if number % 2 == 1 => {
            instance.served.count("held_post");
            instance.posts.another_ends_after(number).await;
        }
        Webhooks::On | Webhooks::Off | Webhooks::OutOfOrder => {}
    }
    let answer = attempt(&instance, &request, &sender).await;
    instance.posts.end(number);
    answer
}

async fn attempt(instance: &Arc<Instance>, request: &Request, sender: &Sender) -> Value {
    let started = instance.clock.now();
    let answer = post(instance, request).await;
    let took = instance.clock.now().duration_since(started).as_millis();
    keep_trace(instance, request, sender, &answer, took).await;
    answer
}

async fn post(instance: &Arc<Instance>, request: &Request) -> Value {
    let Ok(method) = request.method.to_uppercase().parse() else {
        return failure("The HTTP method is not known");
    };
    let timeout = request.timeout_ms.map_or(LONGEST, Duration::from_millis).min(LONGEST);
    let client = match &*instance.http {
        Ok(client) => client,
        Err(cause) => return failure(&format!("The instance cannot prepare its HTTP client: {cause}")),
    };
    let mut outgoing = client.request(method, &request.endpoint).query(&request.query).timeout(timeout);
    for (name, value) in &request.headers {
        outgoing = outgoing.header(name, value);
    }
    if let Some(file) = &request.attachment {
        match attached(instance, file).await {
            Ok(content) => outgoing = outgoing.body(content),
            Err(cause) => return failure(&cause),
        }
    } else if let Some(body) = &request.body {
        outgoing = outgoing.body(body.clone());
    }
    let answer = async {
        let response = outgoing.send().await?;
        let status = response.status().as_u16();
        let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            Some((name.to_string(), value.to_str().ok()?.to_owned()))
        };
        let headers: Vec<_> = response.headers().iter().filter_map(header).collect();
        Ok::<_, reqwest::Error>((status, headers, response.text().await?))
    };
    match answer.await {
        Ok((status, headers, body)) => {
            // The script's haveError() is true for an answer of 400 and above, too.
            let path = || Url::parse(&request.endpoint).map_or_else(|_| String::new(), |url| url.path().to_owned());
            let error = (status >= 400).then(|| format!("Method failed: ({}) with code: {status}", path()));
            json!({"status": status, "headers": headers, "body": body, "error": error})
        }
        Err(cause) => failure(&format!("The request to the endpoint failed: {}", cause.without_url())),
    }
}

fn failure(message: &str) -> Value {
    json!({"status": 0, "headers": [], "body": "", "error": message})
}

/// Without the query, which may hold secrets: the log's basic level.
async fn keep_trace(instance: &Instance, request: &Request, sender: &Sender, answer: &Value, took: i128) {
    let url = Url::parse(&request.endpoint).ok();
    let part = |read: fn(&Url) -> &str| url.as_ref().map_or("", read);
    let bare = url.clone().map(|mut url| {
        url.set_query(None);
        url.set_username("").ok();
        url.set_password(None).ok();
        url.to_string()
    });
    let length = |text: Option<&str>| text.map_or(0, str::len).to_string();
    let row = [
        ("method", request.method.to_uppercase()),
        ("url", bare.unwrap_or_else(|| request.endpoint.clone())),
        ("scheme", part(Url::scheme).to_owned()),
        ("hostname", part(|url| url.host_str().unwrap_or_default()).to_owned()),
        ("url_path", part(Url::path).to_owned()),
        ("response_status", answer["status"].to_string()),
        ("response_time", took.to_string()),
        ("request_length", length(request.body.as_deref())),
        ("response_length", length(answer["body"].as_str())),
        ("error_message", answer["error"].as_str().unwrap_or_default().to_owned()),
        ("source_table", sender.source.table.clone()),
        ("source_record", sender.source.sys_id.clone()),
        ("source_name", sender.source.name.clone()),
        ("sys_created_by", sender.user.clone()),
        ("sys_updated_by", sender.user.clone()),
    ];
    instance.note("sys_outbound_http_log", row.iter().map(|(column, value)| (*column, value.as_str()))).await;
}
