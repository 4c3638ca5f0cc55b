//! Rows in which an instance describes itself, remembered for a while: they seldom change, and are asked for only when
//! something needs an explanation. Few accounts may read all of them.

use super::ServiceNow;
use super::side::RAW;
use crate::connectors::Failure;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

const REMEMBER_MS: i64 = 10 * 60 * 1000;
/// Questions that are remembered; a mapping has fewer fields than that asks for.
const MOST: usize = 256;
const ROWS: &str = "1000";

type Answers = BTreeMap<(String, String), (Arc<Vec<Json>>, i64)>;

/// What was asked, what came, and when. Shared by clones.
pub(super) type Metadata = Arc<Mutex<Answers>>;

impl ServiceNow {
    /// The rows of a table that this query finds; none where this account may not read them.
    pub(super) async fn described(&self, table: &str, query: &str, fields: &str) -> Result<Arc<Vec<Json>>, Failure> {
        let (question, now) = ((table.to_owned(), query.to_owned()), self.clock.now());
        if let Some((rows, read_at)) = self.metadata.lock().await.get(&question)
            && now - read_at < REMEMBER_MS
        {
            return Ok(rows.clone());
        }
        let parameters =
            [("sysparm_query", query), ("sysparm_fields", fields), ("sysparm_limit", ROWS), RAW[0], RAW[1]];
        let rows = match self.instance.list(table, &parameters).await {
            // Refused, or with too few rights answered like a table without rows.
            Err(Failure::Forbidden { .. } | Failure::Refused { .. }) => Vec::new(),
            answer => answer?.rows().to_vec(),
        };
        let rows = Arc::new(rows);
        let mut known = self.metadata.lock().await;
        known.retain(|_, (_, read_at)| now - *read_at < REMEMBER_MS);
        if known.len() < MOST {
            known.insert(question, (rows.clone(), now));
        }
        Ok(rows)
    }
}
