//! `IN_HIERARCHY`: a record or anything below it.

use super::super::script::Value;
use super::{Compiler, Sql};
use crate::dictionary::{Column, Kind, Table};

impl Compiler<'_> {
    /// Whether the cell names the start or a record below it, however deep. A ring of parents does no harm.
    pub(super) fn below(&self, start: &Value, cell: &str, column: &Column) -> Sql {
        let Some((table, up)) = self.target(column).and_then(|table| Some((table, parent(table)?))) else {
            return Sql::never();
        };
        let start = match (self.lookup(start), start) {
            (Some(found), _) => found,
            (None, Value::Text(text)) => Sql::new("SELECT ").bind(text),
            (None, _) => return Sql::never(),
        };
        Sql::new(format!("({cell} <> '' AND {cell} IN (WITH RECURSIVE below(id) AS (")).then(start).with(format!(
            r#" UNION SELECT h."sys_id" FROM "{}" AS h JOIN below ON h."{up}" = below.id) SELECT id FROM below))"#,
            table.root
        ))
    }
}

/// The column by which a record names the one above it.
fn parent(table: &Table) -> Option<&str> {
    let refers_to_itself = |column: &&Column| {
        let target = column.reference.as_deref();
        column.kind == Kind::Reference && target.is_some_and(|target| table.ancestors.iter().any(|name| name == target))
    };
    ["parent", "manager"].into_iter().find(|name| table.column(name).as_ref().is_some_and(refers_to_itself))
}
