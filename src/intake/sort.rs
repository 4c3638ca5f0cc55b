//! Webhooks become changes and jobs: at once, or, in a flood, after they were put down and answered.

use super::Heard;
use crate::clock::SharedClock;
use crate::queue::{self, Wake};
use crate::store::{Batch, Change, Result, Source, Store, Tx, Urgency};
use merge::Side;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// So many are sorted in one transaction: those who wait for an answer wait behind it.
const MOST: i64 = 512;
/// In a flood, sorting rests so many times as long as it took, and the writing that callers wait for goes on.
const REST: u32 = 24;
/// What a process put down and did not sort for so long, milliseconds, another one sorts: it has ended, or its clock
/// is far off; sorted twice, each event still counts once.
const LEFT_MS: i64 = 20_000;
/// How often it is looked for.
const LOOK: Duration = Duration::from_secs(5);

/// The part of intake that was answered and is not sorted yet.
#[derive(Clone)]
pub(super) struct Inbox {
    store: Store,
    clock: SharedClock,
    wake: Wake,
    /// Names what this process put down.
    me: Arc<str>,
    unsorted: Arc<Mutex<Unsorted>>,
    added: Arc<Notify>,
}

/// How many webhooks this process put down and has not sorted, by connection; those that have none are not here.
#[derive(Default)]
struct Unsorted(HashMap<String, usize>);

impl Inbox {
    pub fn new(store: Store, clock: SharedClock, wake: Wake) -> Self {
        let me = clock.id().into();
        Self { store, clock, wake, me, unsorted: Arc::default(), added: Arc::default() }
    }

    pub fn len(&self) -> usize {
        self.unsorted().0.values().sum()
    }

    /// Whether something of this connection waits to be sorted.
    pub fn has(&self, connection: &str) -> bool {
        self.unsorted().0.contains_key(connection)
    }

    fn unsorted(&self) -> MutexGuard<'_, Unsorted> {
        self.unsorted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sorts the few now, and puts the others down: on disk when it returns.
    pub async fn keep(&self, few: &[&Heard], many: &[&Heard]) -> Result<()> {
        if !few.is_empty() {
            let mut tx = self.store.begin().await?;
            sort(&mut tx, few, &self.clock).await?;
            tx.commit().await?;
            self.wake.wake();
        }
        if !many.is_empty() {
            // Counted first: it may be sorted before this goes on.
            self.unsorted().add(many);
            let put = self.store.put_batch(&self.clock.id(), &self.me, many, self.clock.now()).await;
            if put.is_err() {
                self.unsorted().remove(many.iter().copied());
            }
            put?;
            self.added.notify_one();
        }
        Ok(())
    }

    /// Sorts what was put down, for ever.
    pub async fn sort_all(self) {
        loop {
            if let Err(error) = self.sort_what_waits().await {
                tracing::error!(%error, "webhooks could not be sorted; trying again");
            }
            tokio::select! {
                () = self.added.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn sort_what_waits(&self) -> Result<()> {
        loop {
            let (begun, length) = (Instant::now(), self.len());
            let batches: Vec<Batch<Heard>> = self.store.batches(&self.me, self.clock.now() - LEFT_MS, MOST).await?;
            if batches.is_empty() {
                return Ok(());
            }
            match self.sort_batches(&batches).await {
                Err(error) if error.is_answer() => self.sort_one_by_one(&batches).await?,
                other => other?,
            }
            self.wake.wake();
            let before = self.len();
            self.unsorted().remove(batches.iter().flat_map(|batch| &batch.heard));
            // More came than went.
            if before > length {
                tokio::time::sleep(begun.elapsed() * REST).await;
            }
        }
    }

    async fn sort_batches(&self, batches: &[Batch<Heard>]) -> Result<()> {
        let heard: Vec<&Heard> = batches.iter().flat_map(|batch| &batch.heard).collect();
        let mut tx = self.store.begin().await?;
        sort(&mut tx, &heard, &self.clock).await?;
        tx.drop_batches(batches).await?;
        tx.commit().await
    }

    /// The database does not take one of them: a connection that was removed meanwhile. The others are not its concern.
    async fn sort_one_by_one(&self, batches: &[Batch<Heard>]) -> Result<()> {
        for heard in batches.iter().flat_map(|batch| &batch.heard) {
            match self.keep(&[heard], &[]).await {
                Err(error) if error.is_answer() => {
                    tracing::error!(%error, connection.id = %heard.connection_id, "a webhook could not be sorted, and is dropped");
                }
                other => other?,
            }
        }
        let mut tx = self.store.begin().await?;
        tx.drop_batches(batches).await?;
        tx.commit().await
    }
}

impl Unsorted {
    fn add(&mut self, heard: &[&Heard]) {
        for heard in heard {
            *self.0.entry(heard.connection_id.clone()).or_default() += 1;
        }
    }

    /// What another process had put down was never counted here.
    fn remove<'a>(&mut self, heard: impl Iterator<Item = &'a Heard>) {
        for heard in heard {
            let Some(of) = self.0.get_mut(&heard.connection_id) else { continue };
            *of -= 1;
            if *of == 0 {
                self.0.remove(&heard.connection_id);
            }
        }
    }
}

/// Changes, jobs, and when each connection was last heard.
async fn sort(tx: &mut Tx, heard: &[&Heard], clock: &SharedClock) -> Result<()> {
    let ids: Vec<String> = heard.iter().map(|_| clock.id()).collect();
    let changes: Vec<Change<'_>> = ids
        .iter()
        .zip(heard)
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
    for heard in heard {
        let at = last.entry(&heard.connection_id).or_insert(heard.arrived_at);
        *at = heard.arrived_at.max(*at);
    }
    let new = tx.keep_changes(&changes).await?;
    let records =
        changes.iter().filter(|change| new.contains(change.id)).map(|change| (change.connection_id, change.record_id));
    queue::look_at_all(tx, records, Urgency::Live, clock.as_ref()).await?;
    for (connection, at) in last {
        tx.set_last_webhook(connection, at).await?;
    }
    Ok(())
}
