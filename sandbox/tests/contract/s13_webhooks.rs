//! Contract section 13: webhooks that are lost, doubled or out of order.

use crate::support::Instance;
use axum::{Router, extract::State, routing::post};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// A listener, and the texts that are posted to it.
async fn listener() -> (String, mpsc::UnboundedReceiver<String>) {
    async fn take(State(posts): State<mpsc::UnboundedSender<String>>, body: String) {
        posts.send(body).ok();
    }
    let (sender, posts) = mpsc::unbounded_channel();
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/", socket.local_addr().expect("an address"));
    let app = Router::new().route("/", post(take)).with_state(sender);
    tokio::spawn(async move { axum::serve(socket, app).await });
    (address, posts)
}

/// An instance whose new incidents post their short description.
async fn telling(when: &str) -> (Instance, mpsc::UnboundedReceiver<String>) {
    let instance = Instance::start().await;
    let (address, posts) = listener().await;
    let script = format!(
        "(function executeRule(current, previous) {{ var r = new sn_ws.RESTMessageV2(); r.setEndpoint('{address}');
        r.setHttpMethod('POST'); r.setRequestBody(current.getValue('short_description')); r.execute(); }})(current, previous);"
    );
    let rule = json!({"name": "Tell", "collection": "incident", "when": when, "active": "true", "advanced": "true",
        "action_insert": "true", "script": script});
    instance.post("/api/now/table/sys_script", rule).await;
    (instance, posts)
}

async fn report(instance: &Instance, text: &str) {
    instance.post("/api/now/table/incident", json!({"short_description": text})).await;
}

/// 13: With the order turned around, the second of two posts arrives first.
#[tokio::test]
async fn posts_out_of_order() {
    let (instance, mut posts) = telling("async").await;
    instance.switch(json!({"webhooks": "out_of_order"})).await;
    report(&instance, "one").await;
    // The first one is under way as soon as it is held.
    loop {
        let served = instance.call_as("admin", reqwest::Method::GET, "/sandbox/served", None).await;
        let served: Value = served.json().await.expect("JSON");
        if served["held_post"] == 1 {
            break;
        }
        tokio::task::yield_now().await;
    }
    report(&instance, "two").await;
    assert_eq!(posts.recv().await.as_deref(), Some("two"));
    assert_eq!(posts.recv().await.as_deref(), Some("one"));
}

async fn arrived(seed: u64) -> Vec<String> {
    let (instance, mut posts) = telling("after").await;
    instance.switch(json!({"webhook_loss": 0.5, "webhook_seed": seed})).await;
    for number in 0..12 {
        report(&instance, &number.to_string()).await;
    }
    instance.switch(json!({"webhook_loss": 0.0})).await;
    report(&instance, "last").await;
    let mut texts = Vec::new();
    while let Some(text) = posts.recv().await.filter(|text| text != "last") {
        texts.push(text);
    }
    texts
}

/// 13: A share of the posts can be lost, the same ones with the same seed.
#[tokio::test]
async fn lost_posts_repeat() {
    let first = arrived(3).await;
    assert!(!first.is_empty() && first.len() < 12, "{first:?}");
    assert_eq!(arrived(3).await, first);
    assert_ne!(arrived(4).await, first);
}

/// 13: All posts can be lost, or doubled.
#[tokio::test]
async fn posts_off_and_twice() {
    let (instance, mut posts) = telling("after").await;
    for (webhooks, text) in [("off", "lost"), ("twice", "doubled")] {
        instance.switch(json!({"webhooks": webhooks})).await;
        report(&instance, text).await;
    }
    assert_eq!(posts.recv().await.as_deref(), Some("doubled"));
    assert_eq!(posts.recv().await.as_deref(), Some("doubled"));
}
