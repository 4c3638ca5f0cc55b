//! A clock that stands until it is turned. Chance is counted up, or scattered from a seed: so a run repeats itself.

use crate::clock::{Clock, SystemClock};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

pub struct TurnedClock {
    now: AtomicI64,
    count: AtomicU64,
    seed: Option<u64>,
}

impl TurnedClock {
    pub fn at(millis: i64) -> Self {
        Self { now: AtomicI64::new(millis), count: AtomicU64::new(1), seed: None }
    }

    /// Chance comes as it falls, the same for the same seed: ids of one moment are in no order.
    pub fn with_chance(millis: i64, seed: u64) -> Self {
        Self { seed: Some(seed), ..Self::at(millis) }
    }

    pub fn turn(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }
}

/// The machine's clock, which can be put forward: for programs that must go on running.
#[derive(Default)]
pub struct ForwardClock(AtomicI64);

impl ForwardClock {
    pub fn turn(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ForwardClock {
    fn now(&self) -> i64 {
        SystemClock.now() + self.0.load(Ordering::SeqCst)
    }

    fn fill(&self, bytes: &mut [u8]) {
        SystemClock.fill(bytes);
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    fn fill(&self, bytes: &mut [u8]) {
        let count = self.count.fetch_add(1, Ordering::SeqCst);
        if let Some(seed) = self.seed {
            // A seed's neighbours must have nothing in common.
            let mut scattered = StdRng::seed_from_u64(seed.rotate_left(32) ^ count);
            scattered.fill_bytes(bytes);
            return;
        }
        let count = count.to_be_bytes();
        for (at, byte) in bytes.iter_mut().rev().enumerate() {
            *byte = count[7 - at % 8];
        }
    }
}
