//! A whole store in memory, kept as one block of bytes. To copy it takes a hundredth of the time that
//! making and furnishing a new one takes, and a test suite starts hundreds of instances.

use std::sync::{Arc, OnceLock};

use sqlx::sqlite::{SqliteConnectOptions, SqliteOwnedBuf, SqlitePool, SqlitePoolOptions};

use super::{Result, Store};
use crate::dictionary::Dictionary;

struct Image {
    dictionary: Arc<Dictionary>,
    bytes: SqliteOwnedBuf,
}

static KEPT: OnceLock<Image> = OnceLock::new();

/// One connection, kept for ever: a database in memory ends with its last connection.
pub(super) async fn pool() -> Result<SqlitePool> {
    let options = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    options.connect_with(SqliteConnectOptions::new().in_memory(true)).await
}

impl Store {
    /// Keeps this store, as it is now, for the instances that this process starts later on.
    pub async fn keep(&self) -> Result<()> {
        if KEPT.get().is_none() {
            let bytes = self.pool.acquire().await?.serialize(None).await?;
            // Of two that try at once one is kept; they are the same.
            KEPT.set(Image { dictionary: self.dictionary.clone(), bytes }).ok();
        }
        Ok(())
    }

    /// A new store in memory that holds what the kept one does, if there is one.
    pub async fn copied() -> Result<Option<Self>> {
        let Some(image) = KEPT.get() else { return Ok(None) };
        let pool = pool().await?;
        let bytes = SqliteOwnedBuf::try_from(&image.bytes[..])?;
        pool.acquire().await?.deserialize(None, bytes, false).await?;
        Ok(Some(Self::new(image.dictionary.clone(), pool)))
    }
}
