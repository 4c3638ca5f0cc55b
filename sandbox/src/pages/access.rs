//! What the access rules leave a signed-in user to do on the pages. The instance asks them again at each write.

use std::collections::HashSet;
use std::sync::Arc;

use axum::http::StatusCode;

use super::{Failure, no_such_page};
use crate::acl::{Grant, Operation};
use crate::dictionary::{Column, Table};
use crate::instance::Instance;
use crate::record::Record;
use crate::store;
use crate::user::User;

/// A table of which the user may see at least some records.
pub(super) async fn readable<'a>(instance: &'a Instance, user: &User, name: &str) -> Result<&'a Arc<Table>, Failure> {
    let table = instance.table(name).ok_or_else(no_such_page)?;
    if instance.grant(user, Operation::Read, table).await? == Grant::Never {
        return Err(Failure::new(StatusCode::FORBIDDEN, format!("You may not see the table {}.", table.label)));
    }
    Ok(table)
}

pub(super) async fn may_create(instance: &Instance, user: &User, table: &Table) -> store::Result<bool> {
    Ok(instance.grant(user, Operation::Create, table).await? != Grant::Never)
}

/// What is open on the form of one record.
pub(super) struct Rights {
    pub change: bool,
    pub delete: bool,
    hidden: HashSet<String>,
    locked: HashSet<String>,
}

impl Rights {
    pub async fn of(instance: &Instance, user: &User, table: &Table, record: &Record) -> store::Result<Self> {
        let is_new = record.sys_id().is_empty();
        let closed = async |operation| -> store::Result<HashSet<String>> {
            let mut closed = HashSet::new();
            for (name, grant) in instance.acls(table).await?.restricted(table, operation, user) {
                if !instance.holds(&grant, user, table, record).await? {
                    closed.insert(name);
                }
            }
            Ok(closed)
        };
        let change = if is_new {
            may_create(instance, user, table).await?
        } else {
            instance.may(user, Operation::Write, table, record).await?
        };
        Ok(Self {
            change,
            delete: !is_new && instance.may(user, Operation::Delete, table, record).await?,
            hidden: closed(Operation::Read).await?,
            locked: closed(if is_new { Operation::Create } else { Operation::Write }).await?,
        })
    }

    pub fn shows(&self, column: &Column) -> bool {
        !self.hidden.contains(&column.name)
    }

    /// What the platform itself keeps up is shown only.
    pub fn opens(&self, table: &Table, column: &Column) -> bool {
        let kept = column.read_only || column.name.starts_with("sys_") || is_calculated(table, &column.name);
        self.change && !kept && self.shows(column) && !self.locked.contains(&column.name)
    }
}

/// Numbers and stamps of a task come from the platform, and an incident's priority from its lookup.
fn is_calculated(table: &Table, column: &str) -> bool {
    const STAMPS: &[&str] = &[
        "number",
        "opened_at",
        "opened_by",
        "resolved_at",
        "resolved_by",
        "closed_at",
        "closed_by",
        "reassignment_count",
        "reopen_count",
    ];
    table.is_task() && (STAMPS.contains(&column) || (column == "priority" && table.name == "incident"))
}
