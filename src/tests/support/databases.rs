//! A database of its own for each test, with the tables in it.

use crate::clock::{Clock, SystemClock};
use crate::store::Store;
use std::path::PathBuf;

/// An open store and, for SQLite, the folder that goes with it.
pub struct Database {
    pub store: Store,
    pub url: String,
    folder: Option<PathBuf>,
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

pub async fn sqlite() -> Database {
    let database = empty_sqlite().await;
    database.store.migrate().await.expect("migrates");
    database
}

/// Without any table yet.
pub async fn empty_sqlite() -> Database {
    let folder = std::env::temp_dir().join(format!("isthmus-test-{}", SystemClock.id()));
    std::fs::create_dir(&folder).expect("a folder");
    let url = format!("sqlite://{}/isthmus.db", folder.display());
    Database { store: Store::open(&url).await.expect("opens"), url, folder: Some(folder) }
}

/// Needs `ISTHMUS_TEST_POSTGRES`, which `scripts/with-postgres.sh` sets. There is no silent skipping.
pub async fn postgres() -> Database {
    let database = empty_postgres().await;
    database.store.migrate().await.expect("migrates");
    database
}

/// Without any table yet.
pub async fn empty_postgres() -> Database {
    #[expect(clippy::disallowed_methods, reason = "the test's own setting")]
    let server = std::env::var("ISTHMUS_TEST_POSTGRES")
        .expect("no PostgreSQL for the tests: run `make test`, or scripts/with-postgres.sh cargo test");
    let name = format!("t_{}", SystemClock.id().to_lowercase());
    let admin = Store::open(&server).await.expect("PostgreSQL answers");
    admin.create_database(&name).await.expect("a database");
    admin.close().await;
    let (base, _) = server.rsplit_once('/').expect("a database in the address");
    let url = format!("{base}/{name}");
    Database { store: Store::open(&url).await.expect("opens"), url, folder: None }
}
