//! The row that a condition speaks of: a table, and what the row is called in the SQL.

use crate::dictionary::Table;

#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub table: &'a Table,
    depth: usize,
}

/// Far more than any real dot-walk, and far less than SQLite can nest.
const DEEPEST: usize = 16;

impl<'a> Place<'a> {
    pub fn root(table: &'a Table) -> Self {
        Self { table, depth: 0 }
    }

    /// A row of another table, looked for from here.
    pub fn inside(self, table: &'a Table) -> Option<Self> {
        (self.depth < DEEPEST).then_some(Self { table, depth: self.depth + 1 })
    }

    /// The same row, seen as a table that extends the one it was found in.
    pub fn seen_as(self, table: &'a Table) -> Self {
        Self { table, ..self }
    }

    fn row(self) -> String {
        format!("t{}", self.depth)
    }

    pub fn cell(self, column: &str) -> String {
        format!(r#"t{}."{column}""#, self.depth)
    }

    /// `FROM` and what tells the table's rows from those of its family.
    pub fn rows(self) -> String {
        let from = self.family_rows();
        if self.table.name == self.table.root {
            return from;
        }
        format!("{from}{} AND ", self.is_of_class(self.table))
    }

    /// `FROM` all rows of the family: where a record is found by its sys_id, its class is known.
    pub fn family_rows(self) -> String {
        format!(r#"FROM "{}" AS {} WHERE "#, self.table.root, self.row())
    }

    pub fn is_of_class(self, table: &Table) -> String {
        // Names come from the dictionary, never from a request. The plus sign keeps SQLite from finding rows by
        // their class, which most of them share.
        let classes: Vec<String> = table.classes.iter().map(|class| format!("'{class}'")).collect();
        format!("+{} IN ({})", self.cell("sys_class_name"), classes.join(", "))
    }
}
