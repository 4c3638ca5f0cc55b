//! Opening the store: makes what the dictionary asks for and the file does not have yet.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Row as _};

use super::{Store, collation, image};
use crate::Settings;
use crate::dictionary::{Column, Dictionary, DictionaryError, Table};

#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Dictionary(#[from] DictionaryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What the instance keeps besides its tables. A ticket is anything secret that ends by itself: an
/// access or refresh token, an authorization code, a browser session. The content of a file lies beside
/// its row of `sys_attachment`, in parts.
const OWN_TABLES: &str = r#"
CREATE TABLE IF NOT EXISTS "_ticket" (
    secret TEXT PRIMARY KEY, kind TEXT NOT NULL, user_id TEXT NOT NULL, client_id TEXT NOT NULL,
    ends BIGINT NOT NULL, detail TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS "_ticket_holder" ON "_ticket" (client_id, user_id, kind);
CREATE TABLE IF NOT EXISTS "_content" (
    attachment TEXT NOT NULL, part BIGINT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (attachment, part)
);
CREATE TABLE IF NOT EXISTS "_number" (prefix TEXT PRIMARY KEY, last BIGINT NOT NULL) WITHOUT ROWID;
"#;

impl Store {
    pub async fn open(settings: &Settings) -> Result<Self, OpenError> {
        if settings.is_plain()
            && let Some(copy) = Self::copied().await?
        {
            return Ok(copy);
        }
        let dictionary = Dictionary::load(&settings.tables)?;
        let pool = match &settings.data {
            None => image::pool().await?,
            Some(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Normal)
                    .busy_timeout(Duration::from_secs(10));
                SqlitePoolOptions::new().max_connections(4).connect_with(options).await?
            }
        };
        sqlx::raw_sql(OWN_TABLES).execute(&pool).await?;
        for root in dictionary.tables().filter(|table| table.name == table.root) {
            let family: Vec<&Table> =
                root.classes.iter().filter_map(|class| dictionary.table(class)).map(AsRef::as_ref).collect();
            prepare(&pool, root, &family).await?;
        }
        let store = Self::new(Arc::new(dictionary), pool);
        store.tidy_files().await?;
        Ok(store)
    }
}

async fn prepare(pool: &SqlitePool, root: &Table, family: &[&Table]) -> Result<(), sqlx::Error> {
    let mut columns: Vec<&Column> = root.stored_columns().collect();
    for column in family.iter().flat_map(|table| table.stored_columns()) {
        if !columns.iter().any(|known| known.name == column.name) {
            columns.push(column);
        }
    }
    let name = &root.name;
    let declared: Vec<String> = columns.iter().map(|column| declaration(column)).collect();
    let create = format!(r#"CREATE TABLE IF NOT EXISTS "{name}" ({})"#, declared.join(", "));
    sqlx::query(AssertSqlSafe(create)).execute(pool).await?;
    // A file from an earlier version lacks the columns that the dictionary has gained since.
    let there = sqlx::query("SELECT name FROM pragma_table_info(?)").bind(name).fetch_all(pool).await?;
    let there = there.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
    for column in columns.iter().filter(|column| !there.contains(&column.name)) {
        let add = format!(r#"ALTER TABLE "{name}" ADD COLUMN {}"#, declaration(column));
        sqlx::query(AssertSqlSafe(add)).execute(pool).await?;
    }
    for index in indexes(family, &columns) {
        let keys: Vec<String> = index.iter().map(|column| key(column)).collect();
        let names: Vec<&str> = index.iter().map(|column| column.name.as_str()).collect();
        let (names, keys) = (names.join("_"), keys.join(", "));
        let sql = format!(r#"CREATE INDEX IF NOT EXISTS "{name}_{names}" ON "{name}" ({keys})"#);
        sqlx::query(AssertSqlSafe(sql)).execute(pool).await?;
    }
    Ok(())
}

/// The columns of each index. Where a family has several classes the class is in all of them, so that the
/// records of one class are found and counted without reading them.
fn indexes<'a>(family: &[&'a Table], columns: &[&'a Column]) -> Vec<Vec<&'a Column>> {
    let named = |name: &str| columns.iter().find(|column| column.name == name).copied();
    let class = if family.len() > 1 { named("sys_class_name") } else { None };
    let single = columns.iter().filter(|column| column.index || column.name == "sys_created_on");
    let mut indexes: Vec<Vec<&Column>> = single.map(|column| vec![*column]).collect();
    // What a client that follows a table with a cursor reads: rows in the order of their last change (contract 12.2).
    indexes.push(["sys_updated_on", "sys_id"].into_iter().filter_map(named).collect());
    let several = family.iter().flat_map(|table| &table.indexes);
    indexes.extend(several.map(|index| index.iter().filter_map(|name| named(name)).collect()));
    for index in &mut indexes {
        if !index.iter().any(|column| column.name == "sys_class_name") {
            index.extend(class);
        }
    }
    indexes
}

fn key(column: &Column) -> String {
    format!(r#""{}"{}"#, column.name, collation(column))
}

fn declaration(column: &Column) -> String {
    if column.name == "sys_id" {
        return r#""sys_id" TEXT NOT NULL PRIMARY KEY"#.to_owned();
    }
    format!(r#""{}" TEXT NOT NULL DEFAULT ''"#, column.name)
}
