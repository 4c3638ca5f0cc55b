//! Asking the rules about a user and a record.

use std::sync::Arc;

use super::{Acls, Grant, Operation};
use crate::attachments;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::query::{Compiled, Query};
use crate::record::Record;
use crate::store;
use crate::user::User;

impl Instance {
    /// The active rules that can bear on a table: its own, its ancestors' and those for all tables.
    pub async fn acls(&self, table: &Table) -> store::Result<Arc<Acls>> {
        self.acls_of(&table.name, super::lineage(table)).await
    }

    /// Whether the rule in front of an API, such as `Table API`, lets the user pass; without one it is open.
    pub async fn opens_api(&self, user: &User, api: &str) -> store::Result<bool> {
        Ok(self.acls_of(api, [api]).await?.api(api, user))
    }

    async fn acls_of(&self, key: &str, names: impl IntoIterator<Item = &str>) -> store::Result<Arc<Acls>> {
        let read = async {
            let mut rules = Vec::new();
            for name in names {
                let query = format!("active=true^name={name}^ORnameSTARTSWITH{name}.");
                rules.extend(self.rows("sys_security_acl", &query).await?);
            }
            let ids: Vec<&str> = rules.iter().map(Record::sys_id).collect();
            let grants = self.rows("sys_security_acl_role", &format!("sys_security_aclIN{}", ids.join(","))).await?;
            let ids: Vec<&str> = grants.iter().map(|grant| grant.get("sys_user_role")).collect();
            let held = self.rows("sys_user_role", &format!("sys_idIN{}", ids.join(","))).await?;
            Ok(Arc::new(Acls::new(rules, &grants, &held)))
        };
        self.known.acls.to(key, &self.store, read).await
    }

    /// What the table's rule grants, columns aside.
    pub async fn grant(&self, user: &User, operation: Operation, table: &Table) -> store::Result<Grant> {
        let changes = !matches!(operation, Operation::Read | Operation::QueryMatch | Operation::QueryRange);
        if changes && user.is_read_only() {
            return Ok(Grant::Never);
        }
        if let Some(grant) = self.acls(table).await?.table(table, operation, user) {
            return Ok(grant);
        }
        let denies = self.property("glide.sm.default_mode").await?.is_some_and(|mode| mode == "deny");
        Ok(if denies && !user.has("admin") { Grant::Never } else { Grant::Always })
    }

    pub async fn may(&self, user: &User, operation: Operation, table: &Table, record: &Record) -> store::Result<bool> {
        let grant = self.grant(user, operation, table).await?;
        let granted = self.holds(&grant, user, table, record).await?;
        Ok(granted && (table.name != attachments::TABLE || self.may_with_file(user, operation, record).await?))
    }

    pub async fn may_read(&self, user: &User, table: &Table, record: &Record) -> store::Result<bool> {
        if !user.is_trusted() && self.hidden_domain(table).is_some_and(|domain| record.get("sys_domain") == domain) {
            return Ok(false);
        }
        self.may(user, Operation::Read, table, record).await
    }

    /// The domain whose records are out of sight, for a table that has domains (contract 12.15).
    pub fn hidden_domain(&self, table: &Table) -> Option<String> {
        Some(self.switches().hidden_domain).filter(|domain| !domain.is_empty() && table.column("sys_domain").is_some())
    }

    /// Those of the records that the user may read.
    pub async fn readable(&self, user: &User, table: &Table, rows: Vec<Record>) -> store::Result<Vec<Record>> {
        let grant = self.grant(user, Operation::Read, table).await?;
        // A file has the rights of the record that it is on, so each is asked about (contract 5).
        let files = table.name == attachments::TABLE;
        if grant == Grant::Always && !files {
            return Ok(rows);
        }
        let mut readable = Vec::new();
        for row in rows {
            let granted = self.holds(&grant, user, table, &row).await?;
            if granted && (!files || self.may_with_file(user, Operation::Read, &row).await?) {
                readable.push(row);
            }
        }
        Ok(readable)
    }

    /// Narrows the query to the records that the rule of the table lets the user read.
    pub async fn narrow(&self, user: &User, table: &Table, query: &mut Compiled) -> store::Result<()> {
        let allowed = match self.grant(user, Operation::Read, table).await? {
            Grant::Always => return Ok(()),
            Grant::Never => None,
            Grant::When(condition) => Some(self.compile(&Query::parse(&condition), table, user).await?),
        };
        // A rule that means nothing here protects rather than opens.
        let Some(allowed) = allowed.filter(|allowed| allowed.invalid.is_empty()) else {
            query.condition = format!("({}) AND 0", query.condition);
            return Ok(());
        };
        query.condition = format!("({}) AND ({})", query.condition, allowed.condition);
        query.parameters.extend(allowed.parameters);
        Ok(())
    }

    pub async fn holds(&self, grant: &Grant, user: &User, table: &Table, record: &Record) -> store::Result<bool> {
        match grant {
            Grant::Always => Ok(true),
            Grant::Never => Ok(false),
            Grant::When(condition) => {
                let compiled = self.compile(&Query::parse(condition), table, user).await?;
                // A rule that means nothing here protects rather than opens.
                Ok(compiled.invalid.is_empty() && self.store.holds(table, record, &compiled).await?)
            }
        }
    }
}
