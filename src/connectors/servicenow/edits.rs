//! Who set a field last, and when: the record tells only when it was touched at all, the audit tells it of each field
//! (contract 8), to accounts that may read it and for tables that are audited.

use super::ServiceNow;
use super::side::{RAW, text};
use crate::clock;
use crate::connectors::Failure;
use merge::{Edit, Kind, Record, Value};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Two edits within one second differ in the record's count (contract 12.2).
const NEWEST_FIRST: &str = "ORDERBYDESCsys_created_on^ORDERBYDESCrecord_checkpoint";

impl ServiceNow {
    /// The last edits of those fields whose audit is whole: what was done past it (contract 12.5) leaves its newest row
    /// with another value than the record has, and then nothing is known.
    pub(super) async fn field_edits(
        &self,
        record: &Record,
        fields: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Edit>, Failure> {
        let columns = self.columns().await?;
        let mut edits = BTreeMap::new();
        for field in fields {
            let Some(row) = self.last_audit(&record.id, field).await? else { continue };
            let stored = record.fields.get(field);
            let is_current = match (columns.kind_of(field), stored) {
                // The audit has ids where the record tells e-mails.
                (Kind::User, Some(stored)) => stored.is_empty() == text(&row, "newvalue").is_empty(),
                (kind, Some(stored)) => {
                    Value::read(kind, &text(&row, "newvalue")).is_ok_and(|audited| audited.means(stored))
                }
                (_, None) => false,
            };
            if let Some(at) = clock::read_moment(&text(&row, "sys_created_on")).filter(|_| is_current) {
                edits.insert(field.clone(), Edit { at, by: text(&row, "user") });
            }
        }
        Ok(edits)
    }

    /// The table is huge: all of it that is indexed is named. A query that names a column which is not there may be
    /// widened (contract 2.4), so the row is looked at again.
    async fn last_audit(&self, id: &str, field: &str) -> Result<Option<Json>, Failure> {
        let table = &self.table.name;
        let query = format!("tablename={table}^documentkey={id}^fieldname={field}^{NEWEST_FIRST}");
        let parameters = [
            ("sysparm_query", query.as_str()),
            ("sysparm_fields", "tablename,documentkey,fieldname,user,newvalue,sys_created_on"),
            ("sysparm_limit", "1"),
            ("sysparm_no_count", "true"),
            RAW[0],
            RAW[1],
        ];
        let answer = match self.instance.list("sys_audit", &parameters).await {
            Err(Failure::Forbidden { .. }) => return Ok(None),
            answer => answer?,
        };
        let row = answer.rows().first().filter(|row| text(row, "documentkey") == id && text(row, "fieldname") == field);
        Ok(row.cloned())
    }
}
