//! Starting and stopping.

use crate::support::Instance;
use sandbox::{Sandbox, Settings};
use serde_json::json;

#[tokio::test]
async fn tokens_and_records_survive_a_restart() {
    let folder = std::env::temp_dir().join(format!("sandbox-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let settings = Settings { data: Some(folder.join("data.db")), ..Settings::in_memory() };
    let instance = Instance::with(settings.clone()).await;
    let tokens = instance.granted().await;
    let made = instance.post("/api/now/table/incident", json!({"short_description": "kept"})).await;
    instance.stop().await;
    let instance = Instance::with(settings).await;
    assert!(instance.opens(&tokens["access_token"]).await);
    let path = format!("/api/now/table/incident/{}", made["sys_id"].as_str().expect("an id"));
    assert_eq!(instance.get(&path).await["short_description"], "kept");
    instance.stop().await;
    std::fs::remove_dir_all(folder).expect("removed");
}

#[tokio::test]
async fn a_port_in_use_is_said_in_a_sentence() {
    let instance = Instance::start().await;
    let address = instance.url("");
    let listen = address.trim_start_matches("http://").parse().expect("an address");
    let second = Sandbox::start(Settings { listen, ..Settings::in_memory() }).await;
    let error = second.err().expect("refused").to_string();
    assert!(error.contains("cannot listen on") && error.contains("Is another program using that port?"), "{error}");
}
