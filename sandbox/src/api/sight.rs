//! What a caller may see of records, columns included (contract 2.5, 2.7), and which columns a query may
//! speak of (contract 2.4). Rules are looked up once a request and table.

use std::collections::HashMap;
use std::sync::Arc;

use super::ApiError;
use crate::acl::{Grant, Operation as Access};
use crate::dictionary::{Kind, Table};
use crate::instance::Instance;
use crate::query::{Operator, Query};
use crate::record::Record;
use crate::store;
use crate::switches::InvalidQuery;
use crate::user::User;

pub(super) struct Sight<'a> {
    instance: &'a Instance,
    user: &'a User,
    tables: HashMap<String, Arc<Rules>>,
}

struct Rules {
    table: Grant,
    /// Of the columns that are not open with every record.
    columns: HashMap<String, Grant>,
}

impl<'a> Sight<'a> {
    pub fn new(instance: &'a Instance, user: &'a User) -> Self {
        Self { instance, user, tables: HashMap::new() }
    }

    fn rules(&mut self, table: &Table) -> Arc<Rules> {
        if let Some(rules) = self.tables.get(&table.name) {
            return rules.clone();
        }
        let columns = self.instance.settled().acls.restricted(table, Access::Read, self.user);
        let rules = Arc::new(Rules { table: self.instance.grant(self.user, Access::Read, table), columns });
        self.tables.insert(table.name.clone(), rules.clone());
        rules
    }

    pub async fn of_record(&mut self, table: &Table, record: &Record) -> store::Result<bool> {
        let rules = self.rules(table);
        self.instance.holds(&rules.table, self.user, table, record).await
    }

    /// The column of a record that itself may be seen.
    pub async fn of_column(&mut self, table: &Table, record: &Record, column: &str) -> store::Result<bool> {
        let rules = self.rules(table);
        match rules.columns.get(column) {
            None => Ok(true),
            Some(grant) => self.instance.holds(grant, self.user, table, record).await,
        }
    }
}

/// Takes the parts out of a query that its caller may not ask, or refuses it, as the instance is switched.
/// Nothing if the query must find nothing.
pub(super) fn askable(
    instance: &Instance,
    user: &User,
    table: &Table,
    mut query: Query,
) -> Result<Option<Query>, ApiError> {
    let may = |field: &str, access: Access| may_ask(instance, user, table, field, access);
    let parts = |query: &Query| query.groups.iter().flatten().flatten().count() + query.order.len();
    let asked = parts(&query);
    query.groups.iter_mut().flatten().for_each(|any| any.retain(|one| may(&one.field, class(one.operator))));
    query.groups.iter_mut().for_each(|group| group.retain(|any| !any.is_empty()));
    query.order.retain(|by| may(&by.field, Access::QueryRange));
    if parts(&query) == asked {
        return Ok(Some(query));
    }
    match instance.switches().unreadable_query {
        InvalidQuery::Ignore => Ok(Some(query)),
        InvalidQuery::NoRows => Ok(None),
        InvalidQuery::Refuse => Err(ApiError::fields_not_readable()),
    }
}

/// Which of the two query operations a comparison is (contract 2.4).
fn class(operator: Operator) -> Access {
    match operator {
        Operator::Is
        | Operator::IsNot
        | Operator::In
        | Operator::NotIn
        | Operator::SameAs
        | Operator::NotSameAs
        | Operator::Anything
        | Operator::IsEmpty
        | Operator::IsNotEmpty
        | Operator::EmptyString => Access::QueryMatch,
        _ => Access::QueryRange,
    }
}

/// A query rule decides; without one it is reading the column. What is not there is another question.
fn may_ask(instance: &Instance, user: &User, table: &Table, field: &str, access: Access) -> bool {
    let settled = instance.settled();
    let column = |table: &Table, name: &str| {
        let rule = settled.acls.column(table, name, access, user);
        rule.or_else(|| settled.acls.column(table, name, Access::Read, user)) != Some(Grant::Never)
    };
    let Some((first, rest)) = field.split_once('.') else {
        return column(table, field);
    };
    let reference = table.column(first).filter(|column| column.kind == Kind::Reference);
    let Some(target) = reference.and_then(|column| instance.table(column.reference.as_deref()?)) else {
        return true;
    };
    column(table, first)
        && instance.grant(user, Access::Read, target) != Grant::Never
        && may_ask(instance, user, target, rest, access)
}
