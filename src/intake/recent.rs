//! Signatures of calls that were taken a short while ago: the same bytes again are a replay. Bounded, and of this process
//! alone; what slips through, because another process took it or too much came since, is known by its event.

use super::signature::WINDOW_MS;
use std::collections::HashSet;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// From the earliest moment that a time stamp may have to the latest.
const SPAN_MS: i64 = 2 * WINDOW_MS;
/// So many of each generation.
const MOST: usize = 100_000;

#[derive(Default)]
pub(super) struct Recent(Mutex<Generations>);

/// The young become the old when their time is over or there are too many of them.
#[derive(Default)]
struct Generations {
    young: HashSet<u128>,
    old: HashSet<u128>,
    since: i64,
}

impl Recent {
    /// Whether it is seen for the first time; from now on it is not.
    pub fn is_first(&self, mark: u128, now: i64) -> bool {
        let mut all = self.lock();
        if all.young.len() >= MOST || !(0..SPAN_MS).contains(&(now - all.since)) {
            all.old = mem::take(&mut all.young);
            all.since = now;
        }
        !all.old.contains(&mark) && all.young.insert(mark)
    }

    /// It was not taken after all, and may come again.
    pub fn forget(&self, mark: u128) {
        let mut all = self.lock();
        all.young.remove(&mark);
        all.old.remove(&mark);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_again_is_known_while_it_could_still_be_replayed() {
        let recent = Recent::default();
        assert!(recent.is_first(1, 1_000_000));
        assert!(!recent.is_first(1, 1_000_000 + SPAN_MS), "a generation later");
        assert!(recent.is_first(2, 1_000_000 + SPAN_MS));
        recent.forget(2);
        assert!(recent.is_first(2, 1_000_000 + SPAN_MS));
        assert!(recent.is_first(1, 1_000_000 + 2 * SPAN_MS), "and then no longer");
    }

    #[test]
    fn a_flood_does_not_fill_the_memory() {
        let recent = Recent::default();
        for mark in 0..5 * MOST as u128 {
            assert!(recent.is_first(mark, 0));
        }
        let all = recent.lock();
        assert!(all.young.len() + all.old.len() <= 2 * MOST);
    }
}
