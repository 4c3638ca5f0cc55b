//! What a caller may see of records, columns included (contract 2.5, 2.7), and which columns a query may
//! speak of (contract 2.4). Rules are looked up once a request and table.

use std::collections::HashMap;
use std::sync::Arc;

use crate::acl::{AtHand, Grant, Operation as Access};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::query::Read;
use crate::record::Record;
use crate::store;
use crate::user::User;

pub(super) struct Sight<'a> {
    instance: &'a Instance,
    user: &'a User,
    tables: HashMap<String, Arc<Rules>>,
}

pub(super) struct Rules {
    table: Grant,
    /// Of the columns that are not open with every record.
    columns: HashMap<String, Grant>,
}

impl Rules {
    /// Whether what may be seen depends on what is in a record.
    pub fn depend(&self) -> bool {
        std::iter::once(&self.table).chain(self.columns.values()).any(|grant| matches!(grant, Grant::When(_)))
    }

    /// Whether the column may be seen of every record that itself may be seen.
    pub fn open(&self, column: &str) -> bool {
        !self.columns.contains_key(column)
    }
}

impl<'a> Sight<'a> {
    pub fn new(instance: &'a Instance, user: &'a User) -> Self {
        Self { instance, user, tables: HashMap::new() }
    }

    pub async fn rules(&mut self, table: &Table) -> store::Result<Arc<Rules>> {
        if let Some(rules) = self.tables.get(&table.name) {
            return Ok(rules.clone());
        }
        let columns = self.instance.acls(table).await?.restricted(table, Access::Read, self.user);
        let rules = Arc::new(Rules { table: self.instance.grant(self.user, Access::Read, table).await?, columns });
        self.tables.insert(table.name.clone(), rules.clone());
        Ok(rules)
    }

    pub async fn of_record(&mut self, table: &Table, record: &Record) -> store::Result<bool> {
        let rules = self.rules(table).await?;
        self.instance.holds(&rules.table, self.user, table, record).await
    }

    /// The column of a record that itself may be seen.
    pub async fn of_column(&mut self, table: &Table, record: &Record, column: &str) -> store::Result<bool> {
        let rules = self.rules(table).await?;
        match rules.columns.get(column) {
            None => Ok(true),
            Some(grant) => self.instance.holds(grant, self.user, table, record).await,
        }
    }
}

/// Whether a query may use the column so. A rule for queries decides; without one it is reading the column, and
/// for a column elsewhere, its table: all of it, for the answer would tell of records that are not to be seen.
pub(super) fn may_ask(instance: &Instance, rules: &AtHand<'_>, asked: &Table, read: &Read) -> bool {
    let Some(table) = instance.table(&read.table) else {
        return true;
    };
    let access = if read.range { Access::QueryRange } else { Access::QueryMatch };
    let rule = rules.column(table, &read.column, access);
    let rule = rule.or_else(|| rules.column(table, &read.column, Access::Read));
    rule != Some(Grant::Never) && (table.name == asked.name || rules.shows_all(table))
}
