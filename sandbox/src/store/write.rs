//! One turn at writing: reads may go on meanwhile, other writers wait. Changes are collected and then
//! stored in a single transaction.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Sqlite, Transaction};
use tokio::sync::MutexGuard;

use super::{Result, Store};
use crate::dictionary::Table;
use crate::record::Record;

enum Step {
    Insert { table: String, rows: Vec<Record> },
    Update { table: String, columns: Vec<String>, values: Vec<String>, sys_id: String },
    Delete { table: String, sys_id: String },
    DeleteWhere { table: String, column: String, value: String },
    Clear { table: String, columns: Vec<String>, value: String },
    DeleteContent { attachment: String },
}

impl Step {
    fn table(&self) -> Option<&str> {
        match self {
            Self::Insert { table, .. }
            | Self::Update { table, .. }
            | Self::Delete { table, .. }
            | Self::DeleteWhere { table, .. }
            | Self::Clear { table, .. } => Some(table),
            Self::DeleteContent { .. } => None,
        }
    }
}

pub(crate) struct Write<'a> {
    _turn: MutexGuard<'a, ()>,
    store: &'a Store,
    steps: Vec<Step>,
}

impl<'a> Write<'a> {
    pub(super) fn new(turn: MutexGuard<'a, ()>, store: &'a Store) -> Self {
        Self { _turn: turn, store, steps: Vec::new() }
    }

    pub fn insert(&mut self, table: &Table, record: &Record) {
        let is_stored = |name: &str| table.column(name).is_some_and(|column| !column.kind.is_journal());
        let row = record.iter().filter(|(column, value)| !value.is_empty() && is_stored(column)).collect();
        // What is new at the same time may be stored in any order, so the rows of a table go together.
        for step in self.steps.iter_mut().rev() {
            match step {
                Step::Insert { table: name, rows } if *name == table.root => return rows.push(row),
                Step::Insert { .. } => {}
                _ => break,
            }
        }
        self.steps.push(Step::Insert { table: table.root.clone(), rows: vec![row] });
    }

    /// Stores the columns in which the two differ.
    pub fn update(&mut self, table: &Table, before: &Record, after: &Record) {
        let changed = table.stored_columns().filter(|column| before.get(&column.name) != after.get(&column.name));
        let (columns, values) = changed.map(|column| (column.name.clone(), after.get(&column.name).to_owned())).unzip();
        let sys_id = before.sys_id().to_owned();
        self.steps.push(Step::Update { table: table.root.clone(), columns, values, sys_id });
    }

    pub fn delete(&mut self, table: &Table, sys_id: &str) {
        self.steps.push(Step::Delete { table: table.root.clone(), sys_id: sys_id.to_owned() });
    }

    /// Every row of the table with this value.
    pub fn delete_where(&mut self, table: &Table, column: &str, value: &str) {
        let (table, column, value) = (table.root.clone(), column.to_owned(), value.to_owned());
        self.steps.push(Step::DeleteWhere { table, column, value });
    }

    /// Takes the value out of these columns wherever it stands, and changes nothing else of those rows.
    pub fn clear(&mut self, root: &str, columns: &[&str], value: &str) {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        self.steps.push(Step::Clear { table: root.to_owned(), columns, value: value.to_owned() });
    }

    pub fn delete_content(&mut self, attachment: &str) {
        self.steps.push(Step::DeleteContent { attachment: attachment.to_owned() });
    }

    /// The next number of a sequence, such as 10002 for INC0010002. Taken at once, as ServiceNow does:
    /// a write that fails afterwards leaves a gap.
    pub async fn next_number(&self, prefix: &str) -> Result<i64> {
        let sql = "INSERT INTO \"_number\" (prefix, last) VALUES (?, 10001)
                   ON CONFLICT (prefix) DO UPDATE SET last = last + 1 RETURNING last";
        sqlx::query_scalar(sql).bind(prefix).fetch_one(&self.store.pool).await
    }

    pub async fn commit(self) -> Result<()> {
        let mut written = BTreeSet::new();
        let mut transaction = self.store.pool.begin().await?;
        for step in self.steps {
            written.extend(step.table().map(str::to_owned));
            run(&mut transaction, step).await?;
        }
        transaction.commit().await?;
        for table in written {
            self.store.count_write(&table);
        }
        Ok(())
    }
}

async fn run(transaction: &mut Transaction<'_, Sqlite>, step: Step) -> Result<()> {
    let (sql, values) = match step {
        Step::Insert { table, rows } => insertion(&table, &rows)?,
        Step::Update { columns, .. } if columns.is_empty() => return Ok(()),
        Step::Update { table, columns, mut values, sys_id } => {
            values.push(sys_id);
            (format!(r#"UPDATE "{table}" SET "{}" = ? WHERE "sys_id" = ?"#, columns.join("\" = ?, \"")), values)
        }
        Step::Delete { table, sys_id } => (format!(r#"DELETE FROM "{table}" WHERE "sys_id" = ?"#), vec![sys_id]),
        Step::DeleteWhere { table, column, value } => {
            (format!(r#"DELETE FROM "{table}" WHERE "{column}" = ?"#), vec![value])
        }
        Step::Clear { table, columns, value } => {
            let set: Vec<String> = columns.iter().map(|c| format!(r#""{c}" = iif("{c}" = ?1, '', "{c}")"#)).collect();
            let any: Vec<String> = columns.iter().map(|c| format!(r#""{c}" = ?1"#)).collect();
            (format!(r#"UPDATE "{table}" SET {} WHERE {}"#, set.join(", "), any.join(" OR ")), vec![value])
        }
        Step::DeleteContent { attachment } => {
            (r#"DELETE FROM "_content" WHERE attachment = ?"#.to_owned(), vec![attachment])
        }
    };
    let mut statement = sqlx::query(AssertSqlSafe(sql));
    for value in values {
        statement = statement.bind(value);
    }
    statement.execute(&mut **transaction).await.map(drop)
}

/// All rows in one statement, as one JSON array of arrays: thousands of rows cost as much as dozens one
/// by one. Columns in which no row has a value are left to their default, the empty string.
fn insertion(table: &str, rows: &[Record]) -> Result<(String, Vec<String>)> {
    let columns: BTreeSet<&str> = rows.iter().flat_map(|row| row.iter().map(|(column, _)| column)).collect();
    let arrays: Vec<Vec<&str>> =
        rows.iter().map(|row| columns.iter().map(|column| row.get(column)).collect()).collect();
    let names: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    let values: Vec<String> = (0..columns.len()).map(|place| format!("row ->> {place}")).collect();
    let sql = format!(
        r#"INSERT INTO "{table}" ({}) WITH rows (row) AS MATERIALIZED (SELECT value FROM json_each(?)) SELECT {} FROM rows"#,
        names.join(", "),
        values.join(", ")
    );
    let rows = serde_json::to_string(&arrays).map_err(|cause| sqlx::Error::Encode(cause.into()))?;
    Ok((sql, vec![rows]))
}
