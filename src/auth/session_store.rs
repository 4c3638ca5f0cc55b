//! Browser sessions in our own database, for tower-sessions.

use crate::clock::SharedClock;
use crate::secrets::fingerprint;
use crate::store::{SessionRow, Store, StoreError};
use async_trait::async_trait;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{ExpiredDeletion, SessionStore};

#[derive(Clone)]
pub struct SqlSessions {
    store: Store,
    clock: SharedClock,
}

impl std::fmt::Debug for SqlSessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqlSessions")
    }
}

fn failed(error: StoreError) -> Error {
    Error::Backend(error.to_string())
}

/// Only a hash is kept: whoever reads the table cannot take over a session.
fn key(id: &Id) -> String {
    fingerprint(id.0.to_be_bytes())
}

impl SqlSessions {
    pub fn new(store: Store, clock: SharedClock) -> Self {
        Self { store, clock }
    }

    fn row(record: &Record) -> Result<SessionRow> {
        let text = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        let expires_at = record.expiry_date.unix_timestamp() * 1000;
        Ok(SessionRow { id: key(&record.id), record: text, expires_at })
    }
}

#[async_trait]
impl SessionStore for SqlSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let mut tx = self.store.begin().await.map_err(failed)?;
            let added = tx.add_session(&Self::row(record)?).await.map_err(failed)?;
            tx.commit().await.map_err(failed)?;
            if added {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let mut tx = self.store.begin().await.map_err(failed)?;
        tx.put_session(&Self::row(record)?).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row = self.store.session(&key(id), self.clock.now()).await.map_err(failed)?;
        row.map(|row| {
            let data = serde_json::from_str(&row.record).map_err(|error| Error::Decode(error.to_string()))?;
            let expiry_date = time::OffsetDateTime::from_unix_timestamp(row.expires_at / 1000)
                .map_err(|error| Error::Decode(error.to_string()))?;
            Ok(Record { id: *id, data, expiry_date })
        })
        .transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut tx = self.store.begin().await.map_err(failed)?;
        tx.delete_session(&key(id)).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }
}

#[async_trait]
impl ExpiredDeletion for SqlSessions {
    async fn delete_expired(&self) -> Result<()> {
        let mut tx = self.store.begin().await.map_err(failed)?;
        tx.delete_ended_sessions(self.clock.now()).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }
}
