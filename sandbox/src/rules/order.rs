//! The order of posts, for the switch that turns it around.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

/// How long a post waits for another one to go before it.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Posts {
    begun: AtomicU64,
    /// The number of the last post that was answered.
    ended: watch::Sender<u64>,
}

impl Default for Posts {
    fn default() -> Self {
        Self { begun: AtomicU64::new(0), ended: watch::Sender::new(0) }
    }
}

impl Posts {
    /// The number of a post, from 1.
    pub fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn end(&self, number: u64) {
        self.ended.send_if_modified(|last| {
            let newer = number > *last;
            *last = number.max(*last);
            newer
        });
    }

    /// Waits until a later post is through, or until none has come for a while.
    pub async fn another_ends_after(&self, number: u64) {
        let mut ended = self.ended.subscribe();
        let later = ended.wait_for(|&last| last > number);
        tokio::time::timeout(PATIENCE, later).await.map(drop).ok();
    }
}
