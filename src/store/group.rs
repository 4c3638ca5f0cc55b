//! SQLite has one writer at a time, and each commit waits for the disk. So transactions that come together share one:
//! each is a savepoint inside it, and whoever comes back first commits for all. No commit returns before the disk has
//! it. PostgreSQL does the same by itself.
//!
//! Turns are taken in order. A member that is done queues once more, behind those who came meanwhile; when its turn
//! comes, either one of them has committed the group, or it does so itself. So a lone writer commits at once.

use super::{Result, StoreError};
use sqlx::{Any, AnyPool, Executor, Transaction};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

#[derive(Clone, Debug, Default)]
pub(super) struct Writer(Arc<Mutex<Option<Group>>>);

/// One transaction of the database, and what its members must know of its end.
#[derive(Debug)]
pub(super) struct Group {
    tx: Transaction<'static, Any>,
    /// Members that are done and wait for the commit.
    done: usize,
    /// Set while a member is at work. One that was dropped leaves it set, and the next to come undoes its part.
    at_work: bool,
    /// Whether the group was committed; nothing while it is open.
    outcome: Arc<OnceLock<bool>>,
}

/// A member at work: nobody else writes meanwhile.
pub(super) struct Member {
    group: OwnedMappedMutexGuard<Option<Group>, Group>,
    writer: Writer,
}

impl Deref for Member {
    type Target = Transaction<'static, Any>;

    fn deref(&self) -> &Self::Target {
        &self.group.tx
    }
}

impl DerefMut for Member {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.group.tx
    }
}

impl Writer {
    pub async fn begin(&self, pool: &AnyPool) -> Result<Member> {
        let mut turn = self.turn().await?;
        match turn.as_mut() {
            None => {
                let tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                *turn = Some(Group { tx, done: 0, at_work: true, outcome: Arc::default() });
            }
            Some(group) => {
                group.at_work = true;
                group.tx.execute("savepoint member").await?;
            }
        }
        let group = OwnedMutexGuard::try_map(turn, Option::as_mut).map_err(|_| StoreError::Lost)?;
        Ok(Member { group, writer: self.clone() })
    }

    /// The next turn, with whatever a dropped member left undone.
    async fn turn(&self) -> Result<OwnedMutexGuard<Option<Group>>> {
        let mut turn = self.0.clone().lock_owned().await;
        let Some(group) = turn.as_mut().filter(|group| group.at_work) else { return Ok(turn) };
        let undone = if group.done == 0 {
            // It was alone, so all of it goes.
            Err(StoreError::Lost)
        } else {
            group.tx.execute("rollback to member; release member").await.map_err(StoreError::from)
        };
        match undone {
            Ok(_) => group.at_work = false,
            Err(_) => {
                if let Some(group) = turn.take() {
                    let _ = group.outcome.set(false);
                    group.tx.rollback().await?;
                }
            }
        }
        Ok(turn)
    }
}

impl Member {
    /// On disk when it returns.
    pub async fn commit(self) -> Result<()> {
        let Self { mut group, writer } = self;
        if group.done > 0 {
            group.tx.execute("release member").await?;
        }
        group.done += 1;
        group.at_work = false;
        let outcome = group.outcome.clone();
        drop(group);
        let mut turn = writer.turn().await?;
        if outcome.get().is_none()
            && let Some(group) = turn.take()
        {
            let committed = group.tx.commit().await;
            let _ = outcome.set(committed.is_ok());
            committed?;
        }
        if outcome.get() == Some(&true) { Ok(()) } else { Err(StoreError::Lost) }
    }
}
