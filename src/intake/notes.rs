//! What is noted about calls: those that were turned away, and which secret others were signed with. Added up in memory
//! and written together every now and then, off the way of any call: a flood of bad calls costs the database one small
//! transaction each time.

use crate::news::News;
use crate::store::{Result, Sample, Store, TurnedAway, TurnedAwayCalls};
use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

const EVERY: Duration = Duration::from_secs(2);
/// A sample is not made of each call of a flood.
const SAMPLE_MS: i64 = 1000;
/// So long after the first call that was signed with a new secret, the one before it ends: what was signed before that is
/// still on its way, or tried again.
const OVERLAP_MS: i64 = 60 * 60 * 1000;

/// Ends its task with the last clone.
#[derive(Clone)]
pub(super) struct Notes {
    shared: Arc<Shared>,
    _task: Arc<AbortOnDropHandle<()>>,
}

#[derive(Default)]
struct Shared {
    memory: Mutex<Memory>,
    noted: Notify,
}

#[derive(Default)]
struct Memory {
    /// By connection and reason, with the moment of the sample.
    away: BTreeMap<(String, TurnedAway), (TurnedAwayCalls, i64)>,
    /// By connection: the numbers of secrets, and when a call signed with them last came.
    used: HashMap<String, BTreeMap<i64, i64>>,
}

impl Notes {
    pub fn start(store: Store, news: News) -> Self {
        let shared = Arc::<Shared>::default();
        let task = AbortOnDropHandle::new(tokio::spawn(write_all(shared.clone(), store, news)));
        Self { shared, _task: Arc::new(task) }
    }

    pub fn turned_away(&self, connection: &str, reason: TurnedAway, at: i64, sample: impl FnOnce() -> Sample) {
        let mut memory = self.shared.memory();
        let (calls, sampled_at) = memory.away.entry((connection.to_owned(), reason)).or_insert_with(|| {
            (TurnedAwayCalls { reason, calls: 0, first_at: at, last_at: at, sample: Sample::default() }, i64::MIN)
        });
        calls.calls += 1;
        calls.last_at = at;
        if at.saturating_sub(*sampled_at) >= SAMPLE_MS {
            calls.sample = sample();
            *sampled_at = at;
        }
        drop(memory);
        self.shared.noted.notify_one();
    }

    pub fn used(&self, connection: &str, serial: i64, at: i64) {
        let mut memory = self.shared.memory();
        if let Some(used) = memory.used.get_mut(connection) {
            used.insert(serial, at);
        } else {
            memory.used.insert(connection.to_owned(), BTreeMap::from([(serial, at)]));
        }
        drop(memory);
        self.shared.noted.notify_one();
    }
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// What could not be written waits along with what came since.
    fn put_back(&mut self, before: Self) {
        for (key, (calls, sampled_at)) in before.away {
            match self.away.get_mut(&key) {
                Some((since, _)) => {
                    since.calls += calls.calls;
                    since.first_at = calls.first_at;
                }
                None => drop(self.away.insert(key, (calls, sampled_at))),
            }
        }
        for (connection, used) in before.used {
            let since = self.used.entry(connection).or_default();
            for (serial, at) in used {
                since.entry(serial).or_insert(at);
            }
        }
    }
}

async fn write_all(shared: Arc<Shared>, store: Store, news: News) {
    loop {
        shared.noted.notified().await;
        tokio::time::sleep(EVERY).await;
        let noted = mem::take(&mut *shared.memory());
        if let Err(error) = write(&store, &noted).await {
            tracing::warn!(%error, "what was noted of webhooks could not be written; trying again");
            shared.memory().put_back(noted);
            shared.noted.notify_one();
            continue;
        }
        for (connection, _) in noted.away.keys() {
            news.tell(format!("connection:{connection}"));
        }
    }
}

async fn write(store: &Store, noted: &Memory) -> Result<()> {
    let mut tx = store.begin().await?;
    for ((connection, _), (calls, _)) in &noted.away {
        tx.note_turned_away(connection, calls).await?;
    }
    for (connection, used) in &noted.used {
        for (serial, at) in used {
            tx.note_secret_used(connection, *serial, *at, at + OVERLAP_MS).await?;
        }
    }
    tx.commit().await
}
