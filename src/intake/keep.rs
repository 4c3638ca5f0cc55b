//! Keeping webhooks: durable before the answer, and many in one transaction, since a commit waits for the disk. One
//! task writes whatever waits, and answers all of it.

use super::line::{Bounds, Line};
use super::sort::Inbox;
use crate::clock::SharedClock;
use crate::queue::Wake;
use crate::store::{Result, Store};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};
use tokio_util::task::AbortOnDropHandle;

/// Long enough to share a commit among many, short enough that a worker's transaction does not wait long behind it.
const BATCH: usize = 512;
/// While these are written, others are read: with all of them in one commit, nobody would come meanwhile.
const WORTH: usize = 32;
/// So few of a connection are sorted in the transaction that keeps them. More are a flood: they are put down as they are,
/// and nobody else's wait behind them. What comes before the last of a flood is sorted belongs to it.
const FEW: usize = 16;
/// What is turned away is told to come again; what was lost for good is found by the next poll.
const BOUNDS: Bounds = Bounds { all: 8192, of_one: 2048 };
/// So many may be put down and not sorted.
const UNSORTED: usize = 500_000;

/// What a webhook says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Heard {
    pub connection_id: String,
    pub event: String,
    pub record: String,
    pub arrived_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// Too much waits already.
    Busy,
    /// The database did not take it.
    Failed,
}

/// Where intake puts what it heard. (`examples/intake.rs` measures the same route with one that keeps nothing.)
#[async_trait]
pub trait Keep: Send + Sync {
    /// On disk when this answers.
    async fn keep(&self, heard: Heard) -> std::result::Result<(), NotKept>;
}

type Answer = oneshot::Sender<std::result::Result<(), NotKept>>;

struct Waiting {
    line: Mutex<Line<(Heard, Answer)>>,
    joined: Notify,
}

/// Ends its tasks when it is dropped; nobody waits for an answer then.
pub struct GroupCommit {
    waiting: Arc<Waiting>,
    inbox: Inbox,
    tasks: Vec<AbortOnDropHandle<()>>,
}

impl GroupCommit {
    pub fn start(store: Store, clock: SharedClock, wake: Wake) -> Self {
        let inbox = Inbox::new(store, clock, wake);
        let sorter = tokio::spawn(inbox.clone().sort_all());
        let mut started = Self::writing(inbox);
        started.tasks.push(AbortOnDropHandle::new(sorter));
        started
    }

    /// What a flood puts down stays as it is.
    #[cfg(test)]
    pub fn start_without_sorter(store: Store, clock: SharedClock, wake: Wake) -> Self {
        Self::writing(Inbox::new(store, clock, wake))
    }

    fn writing(inbox: Inbox) -> Self {
        let waiting = Arc::new(Waiting { line: Mutex::new(Line::new(BOUNDS)), joined: Notify::new() });
        let writer = tokio::spawn(write_all(waiting.clone(), inbox.clone()));
        Self { waiting, inbox, tasks: vec![AbortOnDropHandle::new(writer)] }
    }
}

#[async_trait]
impl Keep for GroupCommit {
    async fn keep(&self, heard: Heard) -> std::result::Result<(), NotKept> {
        let (answer, answered) = oneshot::channel();
        let connection = heard.connection_id.clone();
        let has_room = self.inbox.len() < UNSORTED && self.waiting.line().join(&connection, (heard, answer));
        if !has_room {
            return Err(NotKept::Busy);
        }
        self.waiting.joined.notify_one();
        answered.await.unwrap_or(Err(NotKept::Failed))
    }
}

impl Waiting {
    /// Whoever is just being read from the network comes along: the line is taken when it has stopped growing, or is worth
    /// a commit. In a flood most of the machine would otherwise be busy with commits for a few.
    async fn gather(&self) -> Vec<(Heard, Answer)> {
        let mut length = 0;
        loop {
            tokio::task::yield_now().await;
            let mut line = self.line();
            if line.len() <= length || line.len() >= WORTH {
                return line.take(BATCH);
            }
            length = line.len();
        }
    }

    fn line(&self) -> MutexGuard<'_, Line<(Heard, Answer)>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write_all(waiting: Arc<Waiting>, inbox: Inbox) {
    loop {
        waiting.joined.notified().await;
        loop {
            let batch = waiting.gather().await;
            if batch.is_empty() {
                break;
            }
            write_and_answer(&inbox, batch).await;
        }
    }
}

/// Where the database refuses, the batch is halved until the row is alone that it does not take: only its caller hears of it.
async fn write_and_answer(inbox: &Inbox, batch: Vec<(Heard, Answer)>) {
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        let outcome = match write(inbox, &part).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_answer() && part.len() > 1 => {
                let half = part.split_off(part.len() / 2);
                parts.extend([half, part]);
                continue;
            }
            Err(error) => {
                tracing::error!(%error, webhooks = part.len(), "webhooks could not be stored");
                Err(NotKept::Failed)
            }
        };
        for (_, answer) in part {
            // A caller that has gone needs no answer.
            let _ = answer.send(outcome);
        }
    }
}

async fn write(inbox: &Inbox, part: &[(Heard, Answer)]) -> Result<()> {
    let mut told: HashMap<&str, usize> = HashMap::new();
    for (heard, _) in part {
        *told.entry(&heard.connection_id).or_default() += 1;
    }
    told.retain(|connection, told| *told <= FEW && !inbox.has(connection));
    let (few, many): (Vec<&Heard>, Vec<&Heard>) =
        part.iter().map(|(heard, _)| heard).partition(|heard| told.contains_key(heard.connection_id.as_str()));
    inbox.keep(&few, &many).await
}
