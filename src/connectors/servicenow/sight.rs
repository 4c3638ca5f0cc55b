//! Hidden is not empty. Instances leave a column that this account may not read out of the answer, or show it blank
//! (contract 2.5); a blank one is asked about before it is taken for cleared.

use super::ServiceNow;
use super::side::{RAW, text};
use crate::connectors::Failure;
use merge::Record;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// ACLs seldom change; until then a column that was in sight is not asked about again.
const REMEMBER_MS: i64 = 5 * 60 * 1000;

/// Columns in this account's sight, and when that was seen. Shared by clones.
pub(super) type InSight = Arc<Mutex<BTreeMap<String, i64>>>;

impl ServiceNow {
    /// The record without the blank columns that are not in sight.
    pub(super) async fn in_sight(&self, mut record: Record, row: &Json) -> Result<Record, Failure> {
        let now = self.clock.now();
        let doubtful: Vec<String> = {
            let mut seen = self.in_sight.lock().await;
            let (blank, filled): (Vec<&String>, Vec<&String>) =
                record.fields.keys().partition(|field| text(row, field).is_empty());
            seen.extend(filled.into_iter().map(|field| (field.clone(), now)));
            let is_forgotten = |field: &&String| seen.get(*field).is_none_or(|at| now - at >= REMEMBER_MS);
            blank.into_iter().filter(is_forgotten).cloned().collect()
        };
        if doubtful.is_empty() {
            return Ok(record);
        }
        let blank = if self.are_blank(&self.table.name, &record.id, &doubtful).await? {
            doubtful
        } else {
            let mut blank = Vec::new();
            for field in doubtful {
                if self.are_blank(&self.table.name, &record.id, std::slice::from_ref(&field)).await? {
                    blank.push(field);
                } else {
                    record.fields.remove(&field);
                }
            }
            blank
        };
        self.in_sight.lock().await.extend(blank.into_iter().map(|field| (field, now)));
        Ok(record)
    }

    /// Whether the instance itself calls all these columns empty. Asked about one that may not be read it refuses, finds
    /// nothing, or drops that part of the query (contract 2.4): then it finds the record both as empty and as filled.
    pub(super) async fn are_blank(&self, table: &str, id: &str, fields: &[String]) -> Result<bool, Failure> {
        let empty: Vec<String> = fields.iter().map(|field| format!("{field}ISEMPTY")).collect();
        let filled: Vec<String> = fields.iter().map(|field| format!("sys_id={id}^{field}ISNOTEMPTY")).collect();
        let empty = format!("sys_id={id}^{}", empty.join("^"));
        Ok(self.finds(table, id, &empty).await? && !self.finds(table, id, &filled.join("^NQ")).await?)
    }

    async fn finds(&self, table: &str, id: &str, query: &str) -> Result<bool, Failure> {
        let parameters =
            [("sysparm_query", query), ("sysparm_fields", "sys_id"), ("sysparm_limit", "1"), RAW[0], RAW[1]];
        match self.instance.list(table, &parameters).await {
            Ok(answer) => Ok(answer.rows().iter().any(|row| text(row, "sys_id") == id)),
            Err(Failure::Forbidden { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }
}
