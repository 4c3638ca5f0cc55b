//! Keeping webhooks: durable before the answer, and many in one transaction, since a commit waits for the disk. One
//! task writes whatever waits, and answers all of it.

use super::line::{Bounds, Line};
use crate::clock::SharedClock;
use crate::queue::{self, Wake};
use crate::store::{Change, Result, Source, Store, Urgency};
use async_trait::async_trait;
use merge::Side;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, oneshot};
use tokio_util::task::AbortOnDropHandle;

/// Long enough to share a commit among many, short enough that a worker's transaction does not wait long behind it.
const BATCH: usize = 512;
/// What is turned away is told to come again; what was lost for good is found by the next poll.
const BOUNDS: Bounds = Bounds { all: 8192, of_one: 2048 };

/// What a webhook says.
#[derive(Clone, Debug)]
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

/// Ends its writer when it is dropped; nobody waits for an answer then.
pub struct GroupCommit {
    waiting: Arc<Waiting>,
    _writer: AbortOnDropHandle<()>,
}

impl GroupCommit {
    pub fn start(store: Store, clock: SharedClock, wake: Wake) -> Self {
        let waiting = Arc::new(Waiting { line: Mutex::new(Line::new(BOUNDS)), joined: Notify::new() });
        let writer = tokio::spawn(write_all(waiting.clone(), store, clock, wake));
        Self { waiting, _writer: AbortOnDropHandle::new(writer) }
    }
}

#[async_trait]
impl Keep for GroupCommit {
    async fn keep(&self, heard: Heard) -> std::result::Result<(), NotKept> {
        let (answer, answered) = oneshot::channel();
        let connection = heard.connection_id.clone();
        let has_room =
            self.waiting.line.lock().unwrap_or_else(PoisonError::into_inner).join(&connection, (heard, answer));
        if !has_room {
            return Err(NotKept::Busy);
        }
        self.waiting.joined.notify_one();
        answered.await.unwrap_or(Err(NotKept::Failed))
    }
}

async fn write_all(waiting: Arc<Waiting>, store: Store, clock: SharedClock, wake: Wake) {
    loop {
        waiting.joined.notified().await;
        // Whoever is just being read from the network comes along.
        tokio::task::yield_now().await;
        loop {
            let batch = waiting.line.lock().unwrap_or_else(PoisonError::into_inner).take(BATCH);
            if batch.is_empty() {
                break;
            }
            write_and_answer(&store, &clock, batch).await;
            wake.wake();
        }
    }
}

/// Where the database refuses, the batch is halved until the row is alone that it does not take: only its caller hears of it.
async fn write_and_answer(store: &Store, clock: &SharedClock, batch: Vec<(Heard, Answer)>) {
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        let outcome = match write(store, clock, part.iter().map(|(heard, _)| heard)).await {
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

/// The changes, somebody to look at those that are new, and when each connection was last heard: one transaction.
async fn write(store: &Store, clock: &SharedClock, batch: impl Iterator<Item = &Heard> + Clone) -> Result<()> {
    let ids: Vec<String> = batch.clone().map(|_| clock.id()).collect();
    let changes: Vec<Change<'_>> = ids
        .iter()
        .zip(batch.clone())
        .map(|(id, heard)| Change {
            id,
            connection_id: &heard.connection_id,
            event_key: &heard.event,
            source: Source::Webhook,
            side: Side::ServiceNow,
            record_id: &heard.record,
            arrived_at: heard.arrived_at,
        })
        .collect();
    let mut last = BTreeMap::new();
    for heard in batch {
        let at = last.entry(&heard.connection_id).or_insert(heard.arrived_at);
        *at = heard.arrived_at.max(*at);
    }
    let mut tx = store.begin().await?;
    let new = tx.keep_changes(&changes).await?;
    let records =
        changes.iter().filter(|change| new.contains(change.id)).map(|change| (change.connection_id, change.record_id));
    queue::look_at_all(&mut tx, records, Urgency::Live, clock.as_ref()).await?;
    for (connection, at) in last {
        tx.set_last_webhook(connection, at).await?;
    }
    tx.commit().await
}
