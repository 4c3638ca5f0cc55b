//! SQLite has one writer at a time, and each commit waits for the disk. So transactions that come together share one:
//! each is a savepoint inside it, and whoever comes back first commits for all. No commit returns before the disk has
//! it. PostgreSQL does the same by itself.
//!
//! Turns are taken in order. A member that is done queues once more, behind those who came meanwhile; when its turn
//! comes, either one of them has committed the group, or it does so itself. So a lone writer commits at once. Anybody
//! may be dropped at any moment: the next to have a turn finishes or undoes what was left.

use super::pool::{Pool, Taken};
use super::statements::Statements;
use super::{Result, StoreError};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Executor};
use std::mem;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

/// The savepoints of the members, by turns.
const ODD: &str = "odd";
const EVEN: &str = "even";

#[derive(Clone, Debug, Default)]
pub(super) struct Writer(Arc<Mutex<Option<Group>>>);

/// Who has a turn now, and the open group, if there is one.
pub(super) type Turn = OwnedMutexGuard<Option<Group>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// Nobody is at work: members wait for the commit. Or who has the turn has sent nothing yet.
    Nothing,
    /// A member writes. One that was dropped leaves this behind, and its part is undone.
    Work,
    /// The commit was sent. If its sender was dropped, it may have happened.
    Commit,
}

/// One transaction of the database, and what its members must know of its end.
#[derive(Debug)]
pub(super) struct Group {
    connection: Taken,
    /// Members that are done and wait for the commit.
    done: usize,
    doing: Doing,
    /// The savepoint of the last member that wrote; the next one lets it go. The first has none: its part is the transaction.
    savepoint: Option<&'static str>,
    /// Whether the group was committed; nothing while it is open.
    outcome: Arc<OnceLock<bool>>,
}

/// For a statement without a transaction around it. Nobody else writes meanwhile.
pub(super) struct Single {
    pub connection: Taken,
    pub _turn: Option<Turn>,
}

/// A member at work: nobody else writes meanwhile.
pub(super) struct Member {
    group: OwnedMappedMutexGuard<Option<Group>, Group>,
    writer: Writer,
    /// None of the first.
    savepoint: Option<&'static str>,
    /// What was not sent yet. It begins with what opens the member's part.
    pub writes: Statements,
    has_failed: bool,
}

impl Writer {
    pub async fn begin(&self, pool: &Pool) -> Result<Member> {
        let mut turn = self.turn().await?;
        let mut writes = Statements::default();
        let mut savepoint = None;
        if let Some(group) = turn.as_ref() {
            // Not the name of the one before: what never opened its own must not undo that one.
            let name = if group.savepoint == Some(ODD) { EVEN } else { ODD };
            if let Some(before) = group.savepoint {
                writes.add_plain(&format!("release {before}"));
            }
            writes.add_plain(&format!("savepoint {name}"));
            savepoint = Some(name);
        } else {
            let connection = pool.take_to_write().await?;
            let outcome = Arc::default();
            *turn = Some(Group { connection, done: 0, doing: Doing::Nothing, savepoint, outcome });
            writes.add_plain("begin immediate");
        }
        let group = OwnedMutexGuard::try_map(turn, Option::as_mut).map_err(|_| StoreError::Lost)?;
        Ok(Member { group, writer: self.clone(), savepoint, writes, has_failed: false })
    }

    /// A turn outside of any group: those that wait for a commit have it first.
    pub async fn turn_alone(&self) -> Result<Turn> {
        let mut turn = self.turn().await?;
        commit(&mut turn).await?;
        Ok(turn)
    }

    /// Somebody who was dropped may have left a transaction open; it ends.
    pub async fn end_dropped(&self) -> Result<()> {
        self.turn().await.map(drop)
    }

    /// The next turn, after whatever was left by somebody who was dropped.
    async fn turn(&self) -> Result<Turn> {
        let mut turn = self.0.clone().lock_owned().await;
        match turn.as_ref().map(|group| (group.doing, group.done)) {
            // Who had the turn before sent nothing, and the transaction was not begun.
            Some((Doing::Nothing, 0)) => *turn = None,
            None | Some((Doing::Nothing, _)) => {}
            Some((Doing::Commit, _)) => commit(&mut turn).await?,
            // It was alone, so all of it goes.
            Some((Doing::Work, 0)) => end(&mut turn, false).await,
            Some((Doing::Work, _)) => {
                let Some(group) = turn.as_mut() else { return Ok(turn) };
                let name = group.savepoint.unwrap_or_default();
                let undo = AssertSqlSafe(format!("rollback to {name}; release {name}"));
                let mut is_undone = group.connection.execute(undo).await.is_ok();
                if !is_undone {
                    // It was dropped before its savepoint was opened, so nothing of it ran; the one before may be open still.
                    // Unless there is no transaction any more: then this begins one, and all of it goes.
                    let before = if name == ODD { EVEN } else { ODD };
                    let _ = group.connection.execute(AssertSqlSafe(format!("release {before}"))).await;
                    is_undone = group.connection.execute("begin").await.is_err();
                }
                if is_undone {
                    (group.savepoint, group.doing) = (None, Doing::Nothing);
                } else {
                    end(&mut turn, false).await;
                }
            }
        }
        Ok(turn)
    }
}

impl Member {
    /// The connection, after all that was to be written until now.
    pub async fn now(&mut self) -> Result<&mut AnyConnection> {
        if self.has_failed || !self.writes.is_empty() {
            self.send().await?;
        }
        Ok(&mut self.group.connection)
    }

    /// What each statement answered. Whoever goes on after an error loses the rest: nothing of it may be committed
    /// without what failed.
    pub async fn send(&mut self) -> Result<Vec<Vec<AnyRow>>> {
        self.group.doing = Doing::Work;
        self.group.savepoint = self.savepoint;
        if mem::replace(&mut self.has_failed, true) {
            return Err(StoreError::Lost);
        }
        let answers = mem::take(&mut self.writes).send(&mut self.group.connection).await?;
        self.has_failed = false;
        Ok(answers)
    }

    /// Nothing of it happened: who has the next turn sees to that, which is this one.
    pub async fn undo(self) -> Result<()> {
        let Self { group, writer, .. } = self;
        drop(group);
        writer.turn().await.map(drop)
    }

    /// On disk when it returns.
    pub async fn commit(mut self) -> Result<()> {
        self.now().await?;
        let Self { mut group, writer, .. } = self;
        group.done += 1;
        group.doing = Doing::Nothing;
        let outcome = group.outcome.clone();
        drop(group);
        let mut turn = writer.turn().await?;
        if outcome.get().is_none() {
            commit(&mut turn).await?;
        }
        if outcome.get() == Some(&true) { Ok(()) } else { Err(StoreError::Lost) }
    }
}

/// Commits the open group for all of its members.
async fn commit(turn: &mut Turn) -> Result<()> {
    let Some(group) = turn.as_mut() else { return Ok(()) };
    // Sent before, by somebody who was dropped: then there is nothing left to commit, and nothing to roll back.
    let again = group.doing == Doing::Commit;
    group.doing = Doing::Commit;
    let committed = group.connection.execute("commit").await;
    let happened = committed.is_ok() || again && group.connection.execute("rollback").await.is_err();
    end(turn, happened).await;
    if happened { Ok(()) } else { committed.map(|_| ()).map_err(StoreError::from) }
}

async fn end(turn: &mut Turn, committed: bool) {
    let Some(mut group) = turn.take() else { return };
    if !committed {
        // What was not begun, or is rolled back already, answers with an error.
        let _ = group.connection.execute("rollback").await;
    }
    let _ = group.outcome.set(committed);
}
