//! The records that are made for load.

use sandbox::Settings;
use serde_json::Value;

use crate::support::Instance;

const MANY: &str = "/api/now/table/incident?sysparm_query=numberSTARTSWITHINC100^ORDERBYsys_id&sysparm_limit=20000";

async fn with(data: Option<&std::path::Path>, records: u64) -> Instance {
    Instance::with(Settings { records, data: data.map(Into::into), ..Settings::in_memory() }).await
}

async fn many(instance: &Instance) -> Vec<Value> {
    let mut records = instance.get(&format!("{MANY}&sysparm_exclude_reference_link=true")).await;
    records.as_array_mut().map(std::mem::take).unwrap_or_default()
}

/// 13: Two instances that are asked for as many records have the same ones.
#[tokio::test]
async fn they_are_always_the_same() {
    let records = many(&with(None, 300).await).await;
    assert_eq!(records.len(), 300);
    assert_eq!(records[0]["number"], "INC1000000");
    assert_eq!(records[299]["number"], "INC1000299");
    assert_eq!(records, many(&with(None, 300).await).await);
    for column in ["state", "caller_id", "assignment_group", "category", "priority"] {
        let values: std::collections::BTreeSet<&str> = records.iter().filter_map(|r| r[column].as_str()).collect();
        assert!(values.len() > 3, "{column} hardly differs: {values:?}");
    }
}

/// 13: A file that has the records keeps them, and is only given those that it lacks.
#[tokio::test]
async fn a_file_gets_them_once() {
    let file = std::env::temp_dir().join(format!("sandbox-many-{}.db", std::process::id()));
    let mut before = Vec::new();
    for records in [200, 200, 0, 6_000] {
        let instance = with(Some(&file), records).await;
        let now = many(&instance).await;
        assert_eq!(now.len(), usize::try_from(records).expect("a few").max(before.len()));
        assert_eq!(&now[..before.len()], before);
        before = now;
        instance.stop().await;
    }
    for end in ["", "-wal", "-shm"] {
        std::fs::remove_file(format!("{}{end}", file.display())).ok();
    }
}
