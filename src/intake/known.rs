//! The connections that webhooks come for, remembered with their opened secrets: most calls then read nothing.
//!
//! What this process changes is forgotten at once, since whoever changes a connection's settings tells `news`; what another
//! process changes, when its news comes, and after [`REMEMBER_MS`] at the latest.

use crate::clock::SharedClock;
use crate::news::{self, EVERYTHING, News};
use crate::secrets::{Secrets, webhook_place};
use crate::store::{Connection, Hooks, Store};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

const REMEMBER_MS: i64 = 2000;
/// More connections than this are not remembered at the same time.
const CONNECTIONS: usize = 1000;

/// A connection, and what its webhooks are signed with.
pub struct Caller {
    pub connection: Connection,
    pub hooks: Hooks,
    secret: SecretString,
    /// The one before it.
    former: Option<SecretString>,
}

impl Caller {
    /// The number of the valid secret that a signature fits.
    pub fn signed_with(&self, now: i64, fits: impl Fn(&str) -> bool) -> Option<i64> {
        if fits(self.secret.expose_secret()) {
            return Some(self.hooks.serial);
        }
        let former = self.former.as_ref().filter(|_| self.hooks.has_former(now))?;
        fits(former.expose_secret()).then_some(self.hooks.former_serial)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    #[error("the database did not answer: {0}")]
    Store(#[from] crate::store::StoreError),
    #[error("the secret of the connection's webhooks cannot be opened: {0}")]
    Secret(#[from] crate::secrets::SecretError),
}

pub struct Known {
    store: Store,
    clock: SharedClock,
    secrets: Secrets,
    memory: Mutex<Memory>,
}

struct Memory {
    news: Receiver<String>,
    /// By the unguessable part of the address, with the moment of reading.
    callers: HashMap<String, (Arc<Caller>, i64)>,
    /// Goes up whenever something is forgotten: what was read before that may be old.
    forgotten: u64,
}

impl Known {
    pub fn new(store: Store, clock: SharedClock, secrets: Secrets, news: &News) -> Self {
        let memory = Memory { news: news.inside(), callers: HashMap::new(), forgotten: 0 };
        Self { store, clock, secrets, memory: Mutex::new(memory) }
    }

    /// The connection at this address, if there is one.
    pub async fn find(&self, key: &str) -> Result<Option<Arc<Caller>>, NotFound> {
        let now = self.clock.now();
        let forgotten = {
            let memory = self.memory();
            match memory.callers.get(key) {
                Some((caller, read_at)) if (0..REMEMBER_MS).contains(&(now - read_at)) => {
                    return Ok(Some(caller.clone()));
                }
                _ => memory.forgotten,
            }
        };
        let Some(connection) = self.store.connection_by_webhook_key(key).await? else { return Ok(None) };
        let place = webhook_place(&connection.id);
        let secret = self.secrets.open(&place, &connection.webhook_secret)?;
        let hooks = self.store.hooks(&connection.id).await?;
        let former = if hooks.has_former(now) {
            let place = format!("hooks.former/{}", connection.id);
            Some(self.secrets.open(&place, &hooks.former)?)
        } else {
            None
        };
        let caller = Arc::new(Caller { connection, hooks, secret, former });
        let mut memory = self.memory();
        if memory.forgotten == forgotten {
            if memory.callers.len() >= CONNECTIONS {
                memory.callers.clear();
            }
            memory.callers.insert(key.to_owned(), (caller.clone(), now));
        }
        Ok(Some(caller))
    }

    /// The memory, after everything that was told so far.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match memory.news.try_recv() {
                Ok(topic) => {
                    if topic == EVERYTHING {
                        memory.callers.clear();
                        memory.forgotten += 1;
                    } else if let Some(id) = news::settings_of(&topic) {
                        memory.callers.retain(|_, (caller, _)| caller.connection.id != id);
                        memory.forgotten += 1;
                    }
                }
                Err(TryRecvError::Lagged(_)) => {
                    memory.callers.clear();
                    memory.forgotten += 1;
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => return memory,
            }
        }
    }
}
