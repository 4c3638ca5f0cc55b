//! All SQL, and nothing else has any. One text for SQLite and PostgreSQL: `$n`, plain types
//! (text, bigint, blob), times as UTC milliseconds.
//!
//! Reads are methods of [`Store`], writes are methods of [`Tx`], which is one transaction.

/// Many rows in one statement: the JSON array `$1` as rows with the column `value`, one text however many they are.
macro_rules! rows {
    (sqlite) => {
        "json_each($1)"
    };
    (postgres) => {
        "json_array_elements(cast($1 as json)) as sent (value)"
    };
}

mod alone;
mod api_tokens;
mod attempts;
mod audit;
mod changes;
mod conflicts;
mod connecting;
mod connections;
mod dead_letters;
mod deliveries;
mod desk;
mod drafts;
mod files;
mod group;
mod history;
mod hooks;
mod identities;
mod inbox;
mod jobs;
mod links;
mod listing;
mod mappings;
mod messages;
mod moments;
mod past;
#[cfg(test)]
pub mod pause;
mod people;
#[cfg(test)]
mod plans;
mod pool;
mod presences;
mod pulse;
mod removal;
mod retention;
mod runs;
mod sign_in_attempts;
mod statements;
mod tokens;
mod upkeep;
mod versions;
mod whole_ticket;

pub use alone::Alone;
pub use api_tokens::{ApiToken, TokenLine};
pub use attempts::Attempt;
pub use audit::{AuditEntry, AuditLine, AuditSearch};
pub use changes::{Change, Cursor, Heard as HeardChange, Source};
pub use conflicts::{AlikeConflicts, Conflict, ConflictState, ListedConflict};
pub use connecting::{Connecting, Probe};
pub use connections::{Authorization, Connection, State};
pub use dead_letters::{DeadLetter, LOST, LetterGroup, LetterLine, LetterSearch, LetterState, NotedLink, cause_of};
pub use deliveries::{Delivery, DeliveryState};
pub use desk::{
    CommentLine, EditLine, Ticket, TicketOrder, TicketSearch, TicketStanding, TicketSummary, Tombstone, Touched, User,
};
pub use drafts::{Draft, Preview};
pub use files::FileLine;
pub use history::{HistoryLine, HistoryPage, HistorySearch, NewLine};
pub use hooks::{Hooks, Sample, TurnedAway, TurnedAwayCalls};
pub use identities::{Identity, Remembered};
pub use inbox::Batch;
pub use jobs::{Back, Job, JobKind, Urgency};
pub use links::{About, Beside, CalledLink, Cut, Link, LinkState, Was};
pub use messages::{Heard, Messages};
pub use moments::{Apart, Moment, Standing};
pub use past::Past;
pub use people::{PersonRow, SessionRow};
pub use presences::Presence;
pub use pulse::Beat;
pub use retention::{Purge, Purgeable, Retention};
pub use runs::{Finding, FindingLine, NEVER, Run, RunState};
pub use tokens::{Ending, Refreshed, Tokens};
pub use upkeep::Upkeep;
pub use versions::Version;
pub use whole_ticket::WholeTicket;

use statements::{Statement, Statements};

use sqlx::any::{AnyArguments, AnyPoolOptions, AnyQueryResult, AnyRow};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, Executor, FromRow, SqlSafeStr};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database could not be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("{table}.{column} of row {row} holds something that cannot be read")]
    Unreadable { table: &'static str, column: &'static str, row: String },
    #[error("DATABASE_URL must begin with sqlite:// or postgres://, and does not")]
    UnknownDatabase,
    #[error("the database file {path} cannot be used: {source}. Check that its folder is there and may be written.")]
    File { path: String, source: std::io::Error },
    #[error(
        "the database file {path} is in use by another process ({process}). A SQLite file is for one process: stop that one, \
         or let all of them use PostgreSQL, with --database-url postgres://..."
    )]
    InUse { path: String, process: String },
    #[error("the row was changed by someone else in the meantime")]
    Stale,
    #[error("the job was taken over by another process: this one was away for longer than its lease")]
    Taken,
    #[error("the connection has links to records of table {table}")]
    TableInUse { table: String },
    #[error("another connection to the same instance has table {table}")]
    TableTaken { table: String },
    #[error("the database lost a transaction that was shared with others: nothing of it was kept")]
    Lost,
}

impl StoreError {
    /// Whether an insert failed because the row is there already.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// Whether the database answered, and did not take what it was given: something smaller may go through.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(_)))
    }
}

pub type Result<T> = std::result::Result<T, StoreError>;

type QueryAs<'q, T> = sqlx::query::QueryAs<'q, sqlx::Any, T, AnyArguments>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: pool::Pool,
    dialect: Dialect,
    /// Of SQLite.
    writer: group::Writer,
    mappings: mappings::Mappings,
}

/// One transaction. Dropped without [`Tx::commit`], it never happened.
pub struct Tx {
    inner: Inner,
    dialect: Dialect,
}

/// A transaction of its own, or a part of one that is shared.
enum Inner {
    Own(pool::Taken),
    Shared(group::Member),
}

impl Store {
    /// Opens `sqlite://FILE` or `postgres://…`; the file is made where there is none.
    pub async fn open(url: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let (dialect, url) = if url.starts_with("sqlite:") {
            make_private_file(url)?;
            (Dialect::Sqlite, url.to_owned())
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            (Dialect::Postgres, url.to_owned())
        } else {
            return Err(StoreError::UnknownDatabase);
        };
        let options = AnyPoolOptions::new().max_connections(16).acquire_timeout(Duration::from_secs(30));
        let options = match dialect {
            Dialect::Sqlite => with_pragmas(options),
            Dialect::Postgres => options,
        };
        Ok(Self::on(options.connect(&url).await?, dialect))
    }

    /// An empty SQLite database with its tables, gone with the last clone: for the simulation and for tests. Its one
    /// connection is the database, so it never ends.
    pub async fn in_memory() -> Result<Self> {
        sqlx::any::install_default_drivers();
        let options = AnyPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let store = Self::on(with_pragmas(options).connect("sqlite::memory:").await?, Dialect::Sqlite);
        store.migrate().await?;
        Ok(store)
    }

    fn on(pool: AnyPool, dialect: Dialect) -> Self {
        Self {
            pool: pool::Pool::new(pool),
            dialect,
            writer: group::Writer::default(),
            mappings: mappings::Mappings::default(),
        }
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Brings the tables up to date. Safe to call from several processes at once.
    pub async fn migrate(&self) -> Result<()> {
        Ok(Migrator::with_migrations(migrations(self.dialect)).run(self.pool.made()).await?)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&mut *self.pool.take().await?).await?;
        Ok(())
    }

    pub async fn begin(&self) -> Result<Tx> {
        #[cfg(test)]
        pause::at("before a transaction").await;
        let inner = match self.dialect {
            Dialect::Sqlite => Inner::Shared(self.writer.begin(&self.pool).await?),
            Dialect::Postgres => {
                let mut own = self.pool.take().await?;
                own.begin().await?;
                Inner::Own(own)
            }
        };
        Ok(Tx { inner, dialect: self.dialect })
    }

    /// For one statement that is a transaction of its own: on disk when it has been answered.
    async fn single(&self) -> Result<group::Single> {
        Ok(match self.dialect {
            Dialect::Sqlite => {
                let turn = self.writer.turn_alone().await?;
                group::Single { connection: self.pool.take_to_write().await?, _turn: Some(turn) }
            }
            Dialect::Postgres => group::Single { connection: self.pool.take().await?, _turn: None },
        })
    }

    /// Reads that belong together. What each answered, in their order.
    async fn read_all(&self, reads: Vec<Statement<'_>>) -> Result<Vec<Vec<AnyRow>>> {
        let mut connection = self.pool.take().await?;
        if self.dialect == Dialect::Sqlite {
            let mut together = Statements::default();
            for read in reads {
                together.add(read, false)?;
            }
            return together.send(&mut connection).await;
        }
        one_by_one(&mut connection, reads).await
    }

    /// A transaction that was dropped holds up others until the next one begins, or until this.
    pub async fn end_dropped(&self) -> Result<()> {
        match self.dialect {
            Dialect::Sqlite => self.writer.end_dropped().await,
            Dialect::Postgres => Ok(()),
        }
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// As a release of the past left it.
    #[cfg(test)]
    pub async fn migrate_up_to(&self, version: i64) -> Result<()> {
        let past = migrations(self.dialect).into_iter().filter(|migration| migration.version <= version).collect();
        Ok(Migrator::with_migrations(past).run(self.pool.made()).await?)
    }

    /// Statements of a test.
    #[cfg(test)]
    pub async fn run_script(&self, script: &str) -> Result<()> {
        sqlx::raw_sql(sqlx::AssertSqlSafe(script.to_owned())).execute(&mut *self.pool.take().await?).await?;
        Ok(())
    }

    /// A database of a test's own.
    #[cfg(test)]
    pub async fn create_database(&self, name: &str) -> Result<()> {
        sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}")))
            .execute(&mut *self.pool.take().await?)
            .await?;
        Ok(())
    }
}

impl Tx {
    /// For a statement whose answer is needed now: all writes before it are made.
    async fn now(&mut self) -> Result<&mut AnyConnection> {
        match &mut self.inner {
            Inner::Own(own) => Ok(own),
            Inner::Shared(member) => member.now().await,
        }
    }

    /// What each of these answers, which go along with the writes before them.
    async fn answers(&mut self, asked: Vec<Statement<'_>>) -> Result<Vec<Vec<AnyRow>>> {
        match &mut self.inner {
            Inner::Own(own) => one_by_one(own, asked).await,
            Inner::Shared(member) => {
                let before = member.writes.len();
                for one in asked {
                    member.writes.add(one, false)?;
                }
                Ok(member.send().await?.split_off(before))
            }
        }
    }

    /// The same of one.
    async fn answer(&mut self, asked: Statement<'_>) -> Result<Vec<AnyRow>> {
        Ok(self.answers(vec![asked]).await?.pop().unwrap_or_default())
    }

    /// A write whose answer nobody needs: made before the next statement that is answered, or with the commit.
    async fn write(&mut self, write: Statement<'_>) -> Result<()> {
        match &mut self.inner {
            Inner::Own(own) => write.execute(&mut **own).await.map(drop).map_err(StoreError::from),
            Inner::Shared(member) => member.writes.add(write, false),
        }
    }

    /// The same for one that must find exactly one row: another number means that someone was faster.
    async fn write_one(&mut self, write: Statement<'_>) -> Result<()> {
        match &mut self.inner {
            Inner::Own(own) => exactly_one(&write.execute(&mut **own).await?),
            Inner::Shared(member) => member.writes.add(write, true),
        }
    }

    /// A statement of a test.
    #[cfg(test)]
    pub async fn run_script(&mut self, script: &str) -> Result<()> {
        sqlx::raw_sql(sqlx::AssertSqlSafe(script.to_owned())).execute(self.now().await?).await?;
        Ok(())
    }

    /// It never happened. Dropped instead, it holds up others until the next one begins.
    pub async fn undo(self) -> Result<()> {
        match self.inner {
            Inner::Own(own) => drop(own),
            Inner::Shared(member) => member.undo().await?,
        }
        Ok(())
    }

    pub async fn commit(self) -> Result<()> {
        #[cfg(test)]
        pause::at(pause::BEFORE_COMMIT).await;
        match self.inner {
            Inner::Own(own) => own.commit().await?,
            Inner::Shared(member) => member.commit().await?,
        }
        #[cfg(test)]
        pause::at("after a commit").await;
        Ok(())
    }
}

/// What every connection to SQLite is told first. FULL: an answered webhook is on disk, whatever happens next. What was
/// committed is moved into the database file each 8,000 pages instead of each 1,000: most of it was written again by then,
/// and whoever commits waits for the move.
fn with_pragmas(options: AnyPoolOptions) -> AnyPoolOptions {
    options.after_connect(|connection, _| {
        Box::pin(async move {
            let pragmas = "pragma journal_mode = wal; pragma synchronous = full; \
                           pragma foreign_keys = on; pragma busy_timeout = 10000; pragma wal_autocheckpoint = 8000;";
            connection.execute(pragmas).await.map(|_| ())
        })
    })
}

/// The file of `sqlite://FILE`, made where there is none, for this user alone: it holds people's names, password
/// hashes and tickets. SQLite gives its companions the same mode.
fn make_private_file(url: &str) -> Result<()> {
    let path = sqlite_file(url).unwrap_or_default();
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map(|_| ())
        .map_err(|source| StoreError::File { path: path.to_owned(), source })
}

/// `FILE` of `sqlite://FILE`.
fn sqlite_file(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite:")?.trim_start_matches("//").split('?').next()
}

/// What each of these answers, on a database that takes one statement at a time.
async fn one_by_one(connection: &mut AnyConnection, asked: Vec<Statement<'_>>) -> Result<Vec<Vec<AnyRow>>> {
    let mut answers = Vec::new();
    for one in asked {
        answers.push(one.fetch_all(&mut *connection).await?);
    }
    Ok(answers)
}

/// An update that must find exactly one row: another number means that someone was faster.
fn exactly_one(done: &AnyQueryResult) -> Result<()> {
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

fn from_rows<T: for<'r> FromRow<'r, AnyRow>>(rows: &[AnyRow]) -> Result<Vec<T>> {
    Ok(rows.iter().map(T::from_row).collect::<std::result::Result<_, _>>()?)
}

/// Reads a column of JSON.
fn read_json<T: serde::de::DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
    row: &str,
) -> Result<T> {
    serde_json::from_str(text).map_err(|_| StoreError::Unreadable { table, column, row: row.to_owned() })
}

/// Writes a column of JSON. Our own types always serialize.
fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Both folders hold the same numbers and names; a test compares them.
fn migrations(dialect: Dialect) -> Vec<Migration> {
    macro_rules! pair {
        ($version:literal, $name:literal) => {
            (
                $version,
                $name,
                include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
                include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
            )
        };
    }
    let texts: &[(i64, &'static str, &'static str, &'static str)] = &[
        pair!(1, "0001_first"),
        pair!(2, "0002_engine"),
        pair!(3, "0003_queue"),
        pair!(4, "0004_desk"),
        pair!(5, "0005_tokens"),
        pair!(6, "0006_letters"),
        pair!(7, "0007_sync"),
        pair!(8, "0008_gone"),
        pair!(9, "0009_enter"),
        pair!(11, "0011_inbox"),
        pair!(12, "0012_hooks"),
        pair!(13, "0013_polling"),
        pair!(14, "0014_identity"),
        pair!(15, "0015_inbox"),
        pair!(16, "0016_mapping"),
        pair!(17, "0017_connect"),
        pair!(18, "0018_people"),
        pair!(19, "0019_records"),
        pair!(20, "0020_pulse"),
        pair!(21, "0021_lists"),
        pair!(22, "0022_links"),
        pair!(23, "0023_claims"),
    ];
    texts
        .iter()
        .map(|&(version, name, sqlite, postgres)| {
            let text = match dialect {
                Dialect::Sqlite => sqlite,
                Dialect::Postgres => postgres,
            };
            Migration::new(version, name[5..].to_owned().into(), MigrationType::Simple, text.into_sql_str(), false)
        })
        .collect()
}
