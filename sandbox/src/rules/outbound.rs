//! `sn_ws.RESTMessageV2`'s way to the network (contract 11.2): really sends, never repeats.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::instance::Instance;
use crate::switches::Webhooks;

#[derive(Debug, Clone, Deserialize)]
struct Request {
    endpoint: String,
    method: String,
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Option<String>,
    timeout_ms: Option<u64>,
}

/// The longest that a script waits (`glide.http.outbound.max_timeout`).
const LONGEST: Duration = Duration::from_secs(30);

/// Sends, and waits for the answer or not. The answer is what the script's response object reads from.
pub(super) fn send(instance: &Arc<Instance>, handle: &Handle, request: &str, wait: bool) -> Value {
    let request: Request = match serde_json::from_str(request) {
        Ok(request) => request,
        Err(cause) => return failure(&format!("The request is incomplete: {cause}")),
    };
    let sent = exchange(instance.clone(), request);
    if wait {
        return handle.block_on(sent);
    }
    let logging = instance.clone();
    instance.background.spawn_on(
        async move {
            let answer = sent.await;
            if let Some(message) = answer["error"].as_str() {
                logging.log(2, "sn_ws.RESTMessageV2", message).await;
            }
        },
        handle,
    );
    json!({"status": 0, "body": "", "error": null})
}

async fn exchange(instance: Arc<Instance>, request: Request) -> Value {
    let switches = instance.switches();
    if switches.webhook_delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(switches.webhook_delay_ms)).await;
    }
    match switches.webhooks {
        Webhooks::On => attempt(&instance, &request).await,
        Webhooks::Off => failure("The request timed out (the switch `webhooks` is off)"),
        Webhooks::Twice => {
            attempt(&instance, &request).await;
            attempt(&instance, &request).await
        }
    }
}

async fn attempt(instance: &Instance, request: &Request) -> Value {
    let Ok(method) = request.method.to_uppercase().parse() else {
        return failure("The HTTP method is not known");
    };
    let timeout = request.timeout_ms.map_or(LONGEST, Duration::from_millis).min(LONGEST);
    let mut outgoing = instance.http.request(method, &request.endpoint).query(&request.query).timeout(timeout);
    for (name, value) in &request.headers {
        outgoing = outgoing.header(name, value);
    }
    if let Some(body) = &request.body {
        outgoing = outgoing.body(body.clone());
    }
    let answer = async {
        let response = outgoing.send().await?;
        let status = response.status().as_u16();
        Ok::<_, reqwest::Error>((status, response.text().await?))
    };
    match answer.await {
        Ok((status, body)) => json!({"status": status, "body": body, "error": null}),
        Err(cause) => failure(&format!("The request to the endpoint failed: {cause}")),
    }
}

fn failure(message: &str) -> Value {
    json!({"status": 0, "body": "", "error": message})
}
