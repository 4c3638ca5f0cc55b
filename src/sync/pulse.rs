//! How much is written, and how long after the news of it: counted in memory, so that no write waits for it, and put
//! down every few seconds.

use crate::store::{Beat, Result, Store};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const HOUR_MS: i64 = 3600 * 1000;
const EVERY: Duration = Duration::from_secs(10);

/// Cheap to clone; clones count together.
#[derive(Clone, Default)]
pub struct Pulse {
    beats: Arc<Mutex<HashMap<(String, i64), Beat>>>,
}

/// The hour of a moment, since 1970.
pub fn hour(at: i64) -> i64 {
    at.div_euclid(HOUR_MS)
}

impl Pulse {
    pub(super) fn wrote(&self, connection: &str, at: i64, lag_ms: i64) {
        let mut beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        let beat = beats.entry((connection.to_owned(), hour(at))).or_default();
        beat.writes += 1;
        beat.lag_ms += lag_ms;
        beat.slowest_ms = beat.slowest_ms.max(lag_ms);
    }

    /// Until the stop, and once more after it.
    pub async fn keep(self, store: Store, stop: CancellationToken) {
        let mut is_last = false;
        while !is_last {
            is_last = stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none();
            if let Err(error) = self.put_down(&store).await {
                tracing::warn!(%error, "the charts lack some writes");
            }
        }
    }

    pub async fn put_down(&self, store: &Store) -> Result<()> {
        let beats = std::mem::take(&mut *self.beats.lock().unwrap_or_else(PoisonError::into_inner));
        if beats.is_empty() {
            return Ok(());
        }
        let mut tx = store.begin().await?;
        for ((connection, hour), beat) in beats {
            tx.add_to_pulse(&connection, &Beat { hour, ..beat }).await?;
        }
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_begins_with_its_first_millisecond() {
        assert_eq!([0, HOUR_MS - 1, HOUR_MS, -1].map(hour), [0, 0, 1, -1]);
    }
}
