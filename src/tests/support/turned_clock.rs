//! A clock that stands until it is turned. Chance is counted up, so a run repeats itself.

use crate::clock::Clock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

pub struct TurnedClock {
    now: AtomicI64,
    count: AtomicU64,
}

impl TurnedClock {
    pub fn at(millis: i64) -> Self {
        Self { now: AtomicI64::new(millis), count: AtomicU64::new(1) }
    }

    pub fn turn(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    fn fill(&self, bytes: &mut [u8]) {
        let count = self.count.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (at, byte) in bytes.iter_mut().rev().enumerate() {
            *byte = count[7 - at % 8];
        }
    }
}
