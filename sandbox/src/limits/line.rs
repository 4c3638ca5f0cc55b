//! So many at once, and so many who wait for their turn.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Debug, Default)]
pub(crate) struct Line {
    /// How many places there are, and the places; made anew when their number is changed.
    places: Mutex<Option<(u32, Arc<Semaphore>)>>,
    waiting: AtomicU32,
}

/// One who waits; stops being counted however the wait ends.
struct Waiting<'a>(&'a AtomicU32);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Line {
    /// A place as soon as there is one, or nothing if too many wait already.
    pub async fn enter(&self, at_once: u32, may_wait: u32) -> Option<OwnedSemaphorePermit> {
        let places = self.places(at_once);
        if let Ok(place) = places.clone().try_acquire_owned() {
            return Some(place);
        }
        let before = self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Waiting(&self.waiting);
        if before >= may_wait {
            return None;
        }
        places.acquire_owned().await.ok()
    }

    fn places(&self, at_once: u32) -> Arc<Semaphore> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        match &*places {
            Some((size, places)) if *size == at_once => places.clone(),
            _ => {
                let made = Arc::new(Semaphore::new(at_once.max(1) as usize));
                *places = Some((at_once, made.clone()));
                made
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_too_many_is_sent_away() {
        let line = Arc::new(Line::default());
        let first = line.enter(1, 1).await.expect("a place");
        let waits = tokio::spawn({
            let line = line.clone();
            async move { line.enter(1, 1).await.is_some() }
        });
        while line.waiting.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        assert!(line.enter(1, 1).await.is_none());
        drop(first);
        assert!(waits.await.expect("ended"));
        assert_eq!(line.waiting.load(Ordering::SeqCst), 0);
    }
}
