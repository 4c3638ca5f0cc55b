//! Opening the store: makes what the dictionary asks for and the file does not have yet.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Row as _};

use super::{Store, image};
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
    for column in columns.iter().filter(|column| column.index || column.name == "sys_created_on") {
        let index = &column.name;
        let collation = if column.kind.ignores_case() { " COLLATE NOCASE" } else { "" };
        let sql = format!(r#"CREATE INDEX IF NOT EXISTS "{name}_{index}" ON "{name}" ("{index}"{collation})"#);
        sqlx::query(AssertSqlSafe(sql)).execute(pool).await?;
    }
    index_cursor(pool, name, root.classes.len() > 1).await
}

/// What a client that follows a table with a cursor reads: rows in the order of their last change
/// (contract 12.2), found and counted in the index alone.
async fn index_cursor(pool: &SqlitePool, name: &str, has_classes: bool) -> Result<(), sqlx::Error> {
    let class = if has_classes { r#", "sys_class_name""# } else { "" };
    let sql = format!(r#"CREATE INDEX IF NOT EXISTS "{name}_cursor" ON "{name}" ("sys_updated_on", "sys_id"{class})"#);
    sqlx::query(AssertSqlSafe(sql)).execute(pool).await.map(drop)
}

fn declaration(column: &Column) -> String {
    if column.name == "sys_id" {
        return r#""sys_id" TEXT NOT NULL PRIMARY KEY"#.to_owned();
    }
    format!(r#""{}" TEXT NOT NULL DEFAULT ''"#, column.name)
}
