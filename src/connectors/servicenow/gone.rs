//! Why a record is not shown any more: 404 means deleted and hidden alike (contract 2.7, 8), but an instance says more
//! to an account that may ask.

use super::ServiceNow;
use super::side::{RAW, text};
use crate::clock;
use crate::connectors::{Failure, Gone};
use serde_json::Value as Json;
use std::collections::BTreeSet;

impl ServiceNow {
    pub(super) async fn why_gone(&self, id: &str) -> Result<Gone, Failure> {
        if self.is_hidden(id).await? {
            return Ok(Gone::Hidden);
        }
        let (deleted, may_read) = self.deletion(id).await?;
        if let Some((at, user_name)) = deleted {
            let names = self.people.names(&self.instance, BTreeSet::from([user_name.clone()])).await?;
            return Ok(Gone::Deleted { at, by: names.get(&user_name).cloned().unwrap_or(user_name) });
        }
        let table = &self.table.name;
        let why = if may_read {
            format!(
                "ServiceNow answers 404, and its Deleted Records (table sys_audit_delete) do not name the record: either \
                 this account may not see it any more, by an ACL of table {table} or by its domain, or deletions of \
                 table {table} leave no trace there."
            )
        } else {
            format!(
                "ServiceNow answers 404, for deleted and for hidden records of table {table} alike. To tell them apart, \
                 give this account the role audit_viewer, which reads tables sys_audit and sys_audit_delete."
            )
        };
        Ok(Gone::Unknown { why })
    }

    /// Rows are counted before ACLs hide them (contract 2.6), and a role sees other domains' rows in lists (12.15).
    async fn is_hidden(&self, id: &str) -> Result<bool, Failure> {
        let query = format!("sys_id={id}");
        let parameters = [
            ("sysparm_query", query.as_str()),
            ("sysparm_fields", "sys_id"),
            ("sysparm_limit", "2"),
            ("sysparm_query_no_domain", "true"),
            RAW[0],
            RAW[1],
        ];
        match self.instance.list(&self.table.name, &parameters).await {
            Ok(answer) if answer.rows().is_empty() => Ok(answer.total == Some(1)),
            Ok(answer) => Ok(answer.rows().iter().any(|row| text(row, "sys_id") == id)),
            Err(Failure::Forbidden { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// When it was deleted, and by which user name, and whether either list of deletions can be read at all.
    async fn deletion(&self, id: &str) -> Result<(Option<(i64, String)>, bool), Failure> {
        let query = format!("documentkey={id}^ORDERBYDESCsys_created_on");
        let (rows, reads_deleted) = self.audit("sys_audit_delete", &query).await?;
        if let Some(row) = rows.iter().find(|row| text(row, "documentkey") == id) {
            return Ok((deleted_in(row), true));
        }
        // The other table is huge, so all of it that is indexed is named (contract 8).
        let table = &self.table.name;
        let query = format!("tablename={table}^documentkey={id}^fieldname=DELETED^ORDERBYDESCsys_created_on");
        let (rows, reads_audit) = self.audit("sys_audit", &query).await?;
        let row = rows.iter().find(|row| text(row, "documentkey") == id && text(row, "fieldname") == "DELETED");
        Ok((row.and_then(deleted_in), reads_deleted || reads_audit))
    }

    /// The rows of a query, which may be widened when a column is not there (contract 2.4), and whether the table shows
    /// any row at all: closed, it may answer 200 with none.
    async fn audit(&self, table: &str, query: &str) -> Result<(Vec<Json>, bool), Failure> {
        let fields = ("sysparm_fields", "documentkey,fieldname,user,sys_created_on,sys_created_by");
        let asked = |query| [("sysparm_query", query), fields, ("sysparm_limit", "5"), RAW[0], RAW[1]];
        match self.instance.list(table, &asked(query)).await {
            Ok(answer) if answer.rows().is_empty() => {
                let any = [("sysparm_fields", "sys_id"), ("sysparm_limit", "1"), ("sysparm_no_count", "true")];
                let any = self.instance.list(table, &any).await?;
                Ok((Vec::new(), !any.rows().is_empty()))
            }
            Ok(answer) => Ok((answer.rows().to_vec(), true)),
            Err(Failure::Forbidden { .. }) => Ok((Vec::new(), false)),
            Err(other) => Err(other),
        }
    }
}

fn deleted_in(row: &Json) -> Option<(i64, String)> {
    let at = clock::read_moment(&text(row, "sys_created_on"))?;
    let user = Some(text(row, "user")).filter(|user| !user.is_empty());
    Some((at, user.unwrap_or_else(|| text(row, "sys_created_by"))))
}
