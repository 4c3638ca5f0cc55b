//! The connections to the database. sqlx asks a connection whether it lives before each use of it and after: two more
//! round trips for a statement. Here it is asked once a second.
//!
//! On SQLite a connection forgets the pages it has read as soon as another one wrote. So one is kept for writing, and never
//! has to forget anything.

use super::Result;
use sqlx::{AnyConnection, AnyPool, Connection, Executor};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// After the database was away, a connection that it ended answers with errors for no longer than this.
const ASKED_AGAIN: Duration = Duration::from_secs(1);
/// Who waits longer for a connection is told so.
const PATIENCE: Duration = Duration::from_secs(30);

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// Makes connections; those here it does not know any more.
    made: AnyPool,
    idle: Arc<Mutex<Vec<Idle>>>,
    /// One for each connection that there may be.
    turns: Arc<Semaphore>,
}

/// What a connection is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Reading,
    Writing,
}

#[derive(Debug)]
struct Idle {
    connection: AnyConnection,
    asked_at: Instant,
    last: Use,
}

/// A connection in use.
#[derive(Debug)]
pub(super) struct Taken {
    /// There until it is dropped.
    idle: Option<Idle>,
    /// A transaction was begun on it. Dropped then, it is rolled back.
    is_open: bool,
    pool: Pool,
    turn: Option<OwnedSemaphorePermit>,
}

impl Pool {
    pub fn new(made: AnyPool) -> Self {
        let turns = usize::try_from(made.options().get_max_connections()).unwrap_or(1);
        Self { made, idle: Arc::default(), turns: Arc::new(Semaphore::new(turns)) }
    }

    /// What makes the connections, for what takes nothing else.
    pub fn made(&self) -> &AnyPool {
        &self.made
    }

    pub async fn take(&self) -> Result<Taken> {
        self.take_for(Use::Reading).await
    }

    /// For whoever writes, one at a time.
    pub async fn take_to_write(&self) -> Result<Taken> {
        self.take_for(Use::Writing).await
    }

    async fn take_for(&self, purpose: Use) -> Result<Taken> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = loop {
            let Some(mut idle) = self.idle_for(purpose) else {
                let connection = self.made.acquire().await?.detach();
                break Idle { connection, asked_at: Instant::now(), last: purpose };
            };
            if idle.asked_at.elapsed() < ASKED_AGAIN {
                break idle;
            }
            if idle.connection.ping().await.is_ok() {
                idle.asked_at = Instant::now();
                break idle;
            }
        };
        Ok(Taken { idle: Some(idle), is_open: false, pool: self.clone(), turn: Some(turn) })
    }

    /// The one that was used last, of those that were used for the same. The only connection that there may be serves both.
    fn idle_for(&self, purpose: Use) -> Option<Idle> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let is_only = self.made.options().get_max_connections() == 1;
        let at = idle.iter().rposition(|one| is_only || one.last == purpose)?;
        Some(idle.remove(at))
    }

    fn give_back(&self, idle: Idle) {
        if !self.turns.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
        }
    }

    pub async fn close(&self) {
        self.turns.close();
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for Idle { connection, .. } in idle {
            // It ends either way.
            let _ = connection.close().await;
        }
        self.made.close().await;
    }
}

impl Taken {
    pub async fn begin(&mut self) -> Result<()> {
        self.is_open = true;
        self.execute("begin").await?;
        Ok(())
    }

    pub async fn commit(mut self) -> Result<()> {
        self.execute("commit").await?;
        self.is_open = false;
        Ok(())
    }
}

impl Deref for Taken {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.idle.as_ref().expect("a connection in use is there").connection
    }
}

impl DerefMut for Taken {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.idle.as_mut().expect("a connection in use is there").connection
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let Some(mut idle) = self.idle.take() else { return };
        if !self.is_open {
            return self.pool.give_back(idle);
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (pool, turn) = (self.pool.clone(), self.turn.take());
        runtime.spawn(async move {
            if idle.connection.execute("rollback").await.is_ok() {
                pool.give_back(idle);
            }
            drop(turn);
        });
    }
}
