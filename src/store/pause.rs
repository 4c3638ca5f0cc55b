//! Where the simulation stops whoever works, or kills it: here, around every transaction, and around every call of its sides.
//! Only on a thread that watches.

use std::cell::Cell;
use std::future::poll_fn;
use std::task::Poll;

/// A place inside a transaction, where nobody else can move.
pub const BEFORE_COMMIT: &str = "before a commit";

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static PLACE: Cell<Option<&'static str>> = const { Cell::new(None) };
}

pub fn watch(watched: bool) {
    WATCHED.set(watched);
}

/// Where somebody stopped, once.
pub fn take() -> Option<&'static str> {
    PLACE.take()
}

/// Stops here until polled again, which is the simulation's business alone: nobody is woken.
pub async fn at(place: &'static str) {
    let mut has_stopped = !WATCHED.get();
    poll_fn(|_| {
        if has_stopped {
            return Poll::Ready(());
        }
        has_stopped = true;
        PLACE.set(Some(place));
        Poll::Pending
    })
    .await;
}
