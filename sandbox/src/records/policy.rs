//! Data policies (contract 2.7, 3.4): which fields a record must have, or must not change, while a condition
//! holds. They bind every write, REST and scripts alike, because they guard the data and not a form.

use std::sync::Arc;

use super::{Draft, Refusal};
use crate::dictionary::{Kind, Table};
use crate::instance::Instance;
use crate::query::Query;
use crate::record::Record;
use crate::store;

/// An active row of `sys_data_policy2` with its rows of `sys_data_policy_rule`.
#[derive(Debug)]
pub(crate) struct Policy {
    condition: String,
    mandatory: Vec<String>,
    read_only: Vec<String>,
}

impl Policy {
    /// From the row and the rules of all policies, in the order in which they are named in a refusal.
    fn new(policy: &Record, rules: &[Record]) -> Self {
        let fields = |aspect: &str| {
            let own = rules.iter().filter(|rule| rule.get("sys_data_policy") == policy.sys_id());
            own.filter(|rule| rule.is_true(aspect)).map(|rule| rule.get("field").to_owned()).collect()
        };
        Self {
            condition: policy.get("conditions").to_owned(),
            mandatory: fields("mandatory"),
            read_only: fields("disabled"),
        }
    }
}

impl Instance {
    /// The active policies of a table: its own, and its ancestors' that are inherited.
    async fn policies(&self, table: &Table) -> store::Result<Arc<[Policy]>> {
        let read = async {
            let query = format!(
                "active=true^model_table={}^NQactive=true^inherit=true^model_tableIN{}",
                table.name,
                table.ancestors.join(",")
            );
            let policies = self.rows("sys_data_policy2", &query).await?;
            let ids: Vec<&str> = policies.iter().map(Record::sys_id).collect();
            let rules =
                self.rows("sys_data_policy_rule", &format!("sys_data_policyIN{}^ORDERBYfield", ids.join(","))).await?;
            Ok(policies.iter().map(|policy| Policy::new(policy, &rules)).collect())
        };
        self.known.policies.to(table.name.as_str(), &self.store, read).await
    }

    pub(super) async fn policies_hold(&self, draft: &Draft<'_>) -> Result<(), Refusal> {
        let (mut missing, mut changed) = (Vec::new(), Vec::new());
        for policy in self.policies(draft.table).await?.iter() {
            let condition = self.compile(&Query::parse(&policy.condition), draft.table, draft.user).await?;
            if !condition.invalid.is_empty() || !self.store.holds(draft.table, &draft.after, &condition).await? {
                continue;
            }
            missing.extend(policy.mandatory.iter().filter(|field| draft.lacks(field)).cloned());
            changed.extend(policy.read_only.iter().filter(|field| !draft.is_new() && draft.changes(field)).cloned());
        }
        match (missing.is_empty(), changed.is_empty()) {
            (false, _) => Err(Refusal::Mandatory(draft.labels(&missing))),
            (true, false) => Err(Refusal::ReadOnly(draft.labels(&changed))),
            (true, true) => Ok(()),
        }
    }

    /// No two records may have the same value in a unique column.
    pub(super) async fn is_unique(&self, draft: &Draft<'_>) -> Result<(), Refusal> {
        for column in draft.table.columns.values().filter(|column| column.unique && draft.changes(&column.name)) {
            let value = draft.after.get(&column.name);
            if value.is_empty() {
                continue;
            }
            let other = self.store.find(draft.table, &column.name, value).await?;
            if other.is_some_and(|other| other.sys_id() != draft.after.sys_id()) {
                return Err(Refusal::Duplicate { value: value.to_owned(), key: column.name.clone() });
            }
        }
        Ok(())
    }
}

impl Draft<'_> {
    /// An entry for a journal counts, for it has no other value.
    fn lacks(&self, field: &str) -> bool {
        match self.table.column(field) {
            None => false,
            Some(column) if column.kind == Kind::JournalInput => !self.entries.iter().any(|(name, _)| name == field),
            Some(_) => self.after.get(field).trim().is_empty(),
        }
    }

    fn labels(&self, fields: &[String]) -> String {
        let labels: Vec<&str> =
            fields.iter().filter_map(|field| Some(self.table.column(field)?.label.as_str())).collect();
        labels.join(", ")
    }
}
