//! The store: SQLite tables made from the data dictionary, one per family of tables, every column text.
//! The only place that speaks SQL, apart from the translation of queries and the tickets of `oauth`.

mod aggregate;
mod content;
mod image;
mod open;
mod write;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::TryStreamExt as _;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _};

use crate::dictionary::{Column, Dictionary, Table};
use crate::query::Compiled;
use crate::record::Record;

pub(crate) use aggregate::{Aggregate, Function, Having, Operand, Sorting, Statistics};
pub(crate) use open::OpenError;
pub(crate) use write::Write;

pub(crate) type Result<T> = std::result::Result<T, sqlx::Error>;

pub(crate) struct Store {
    pub dictionary: Arc<Dictionary>,
    pub pool: SqlitePool,
    /// One writer at a time, so that what is read before a write still holds when it is written.
    writing: tokio::sync::Mutex<()>,
    /// How often each family was written to since the start.
    writes: HashMap<String, AtomicU64>,
}

/// Which part of the matching rows to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    pub limit: i64,
    pub offset: i64,
}

impl Slice {
    pub fn first(limit: i64) -> Self {
        Self { limit, offset: 0 }
    }
}

/// The rows that belong to a table among those of its family.
fn family(table: &Table) -> String {
    if table.name == table.root {
        return "1".to_owned();
    }
    // Names come from the dictionary, never from a request.
    let classes: Vec<String> = table.classes.iter().map(|class| format!("'{class}'")).collect();
    match classes.as_slice() {
        [class] => format!(r#"t0."sys_class_name" = {class}"#),
        // The plus sign keeps SQLite from finding rows by their class, which most of them share.
        classes => format!(r#"+t0."sys_class_name" IN ({})"#, classes.join(", ")),
    }
}

/// How the database compares the column's texts, and orders them in an index (contract 2.3).
fn collation(column: &Column) -> &'static str {
    if column.kind.ignores_case() { " COLLATE NOCASE" } else { "" }
}

fn record(columns: &Arc<[String]>, row: &SqliteRow) -> Result<Record> {
    Record::read(columns, row.try_get(0)?).map_err(|cause| sqlx::Error::Decode(cause.into()))
}

/// Reads values of the rows that a query finds. Which rows is decided first, where possible in an index
/// alone; then each is read as one text, which takes a fraction of the time that a hundred values take on
/// their way.
pub(crate) fn page(table: &Table, query: &Compiled, slice: Slice, columns: &[String]) -> String {
    let (root, family, columns) = (&table.root, family(table), columns.join(r#"", t0.""#));
    let Compiled { condition, order, .. } = query;
    // Were the limit a parameter, SQLite would plan the query anew each time.
    let Slice { limit, offset } = slice;
    format!(
        r#"SELECT json_array(t0."{columns}") FROM
           (SELECT t0.rowid AS id FROM "{root}" AS t0
            WHERE {family} AND {condition} ORDER BY {order} LIMIT {limit} OFFSET {offset}) AS found
           CROSS JOIN "{root}" AS t0 ON t0.rowid = found.id"#
    )
}

impl Store {
    fn new(dictionary: Arc<Dictionary>, pool: SqlitePool) -> Self {
        let roots = dictionary.tables().map(|table| (table.root.clone(), AtomicU64::default())).collect();
        Self { dictionary, pool, writing: tokio::sync::Mutex::default(), writes: roots }
    }

    /// Grows with every write to one of these tables or to their relatives.
    pub fn writes_to(&self, tables: &[&str]) -> u64 {
        let writes = |name: &&str| self.writes.get(&self.dictionary.table(name)?.root);
        tables.iter().filter_map(writes).map(|count| count.load(Ordering::SeqCst)).sum()
    }

    /// Grows with every write.
    pub fn writes(&self) -> u64 {
        self.writes.values().map(|count| count.load(Ordering::SeqCst)).sum()
    }

    fn count_write(&self, root: &str) {
        if let Some(count) = self.writes.get(root) {
            count.fetch_add(1, Ordering::SeqCst);
        }
    }

    pub async fn select(&self, table: &Table, query: &Compiled, slice: Slice) -> Result<Vec<Record>> {
        self.read(table, query, slice, table.stored.clone()).await
    }

    /// Reads only the columns that are wanted, `sys_id` among them.
    pub async fn select_columns(
        &self,
        table: &Table,
        query: &Compiled,
        slice: Slice,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<Record>> {
        let columns: Arc<[String]> =
            table.stored.iter().filter(|name| wanted(name) || *name == "sys_id").cloned().collect();
        self.read(table, query, slice, columns).await
    }

    async fn read(&self, table: &Table, query: &Compiled, slice: Slice, columns: Arc<[String]>) -> Result<Vec<Record>> {
        let sql = page(table, query, slice, &columns);
        let mut statement = sqlx::query(AssertSqlSafe(sql));
        for parameter in &query.parameters {
            statement = statement.bind(parameter);
        }
        let mut rows = statement.fetch(&self.pool);
        let mut records = Vec::new();
        while let Some(row) = rows.try_next().await? {
            records.push(record(&columns, &row)?);
        }
        Ok(records)
    }

    pub async fn count(&self, table: &Table, query: &Compiled) -> Result<i64> {
        let sql =
            format!(r#"SELECT count(*) FROM "{}" AS t0 WHERE {} AND {}"#, table.root, family(table), query.condition);
        let mut statement = sqlx::query_scalar(AssertSqlSafe(sql));
        for parameter in &query.parameters {
            statement = statement.bind(parameter);
        }
        statement.fetch_one(&self.pool).await
    }

    /// Whether a record, saved or not, fits the query: its values stand in for a row of the table.
    pub async fn holds(&self, table: &Table, record: &Record, query: &Compiled) -> Result<bool> {
        let columns: Vec<&str> = table.stored_columns().map(|column| column.name.as_str()).collect();
        let row: Vec<String> = columns.iter().map(|column| format!(r#"? AS "{column}""#)).collect();
        let sql =
            format!("SELECT count(*) FROM (SELECT 0 AS rowid, {}) AS t0 WHERE {}", row.join(", "), query.condition);
        let mut statement = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql));
        for column in columns {
            statement = statement.bind(record.get(column).to_owned());
        }
        for parameter in &query.parameters {
            statement = statement.bind(parameter);
        }
        Ok(statement.fetch_one(&self.pool).await? > 0)
    }

    pub async fn get(&self, table: &Table, sys_id: &str) -> Result<Option<Record>> {
        self.find(table, "sys_id", sys_id).await
    }

    /// The oldest record whose column has exactly this value.
    pub async fn find(&self, table: &Table, column: &str, value: &str) -> Result<Option<Record>> {
        let Some(column) = table.column(column) else {
            return Ok(None);
        };
        let query = Compiled {
            // The first half finds it in an index, the second is what is asked.
            condition: format!(r#"t0."{name}" = ?{} AND t0."{name}" = ?"#, collation(column), name = column.name),
            order: "t0.rowid".to_owned(),
            parameters: vec![value.to_owned(), value.to_owned()],
            ..Compiled::default()
        };
        Ok(self.select(table, &query, Slice::first(1)).await?.pop())
    }

    /// Waits for its turn to write. Nothing else writes records until the returned value is gone.
    pub async fn write(&self) -> Write<'_> {
        Write::new(self.writing.lock().await, self)
    }
}
