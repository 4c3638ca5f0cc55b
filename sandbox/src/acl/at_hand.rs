//! The rules of some tables, fetched beforehand for questions that are asked while a query is put
//! together and cannot wait for the store.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Acls, Grant, Operation};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::store;
use crate::user::User;

pub(crate) struct AtHand<'a> {
    user: &'a User,
    tables: HashMap<&'a str, (Grant, Arc<Acls>)>,
}

impl AtHand<'_> {
    /// Whether the user may read at least some records of the table.
    pub fn shows(&self, table: &Table) -> bool {
        self.tables.get(table.name.as_str()).is_some_and(|(grant, _)| *grant != Grant::Never)
    }

    /// Whether the user may read every record of the table.
    pub fn shows_all(&self, table: &Table) -> bool {
        self.tables.get(table.name.as_str()).is_some_and(|(grant, _)| *grant == Grant::Always)
    }

    /// What the rule of a column grants, if there is one.
    pub fn column(&self, table: &Table, column: &str, operation: Operation) -> Option<Grant> {
        let (_, acls) = self.tables.get(table.name.as_str())?;
        acls.column(table, column, operation, self.user)
    }
}

impl Instance {
    pub async fn rules_at_hand<'a>(&'a self, user: &'a User, tables: Vec<&'a Table>) -> store::Result<AtHand<'a>> {
        let mut fetched = HashMap::new();
        for table in tables {
            if !fetched.contains_key(table.name.as_str()) {
                let rules = (self.grant(user, Operation::Read, table).await?, self.acls(table).await?);
                fetched.insert(table.name.as_str(), rules);
            }
        }
        Ok(AtHand { user, tables: fetched })
    }

    /// The tables that a path such as `caller_id.manager.name` leads through.
    pub fn tables_along<'a>(&'a self, table: &'a Table, path: &str) -> Vec<&'a Table> {
        let mut tables = vec![table];
        let mut here = table;
        for name in path.split('.') {
            let target = here.column(name).and_then(|column| self.table(column.reference.as_deref()?));
            let Some(target) = target else { break };
            tables.push(target);
            here = target;
        }
        tables
    }
}
