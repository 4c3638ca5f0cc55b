//! Waiting for one's turn at an instance, and learning from each answer: the pace, and how its clock differs from ours.

use super::answer::retry_after;
use super::pacer::{May, Pacer, Rate, Sent, Told};
use super::skew::Skew;
use crate::clock::{self, SharedClock};
use crate::connectors::{Budget, Failure, Urgency};
use reqwest::header::{DATE, HeaderMap};
use reqwest::{Response, StatusCode};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// A worker waits so long for the next part of an hour; then its job goes back to the queue.
const PATIENCE_MS: i64 = 1_000;
/// And so long for a place among the requests that run at once: all workers together may ask a slow instance for several
/// times as many.
const PLACE_MS: u64 = 5_000;

/// What all clones of an [`super::Instance`] know together.
pub(super) struct Turns {
    clock: SharedClock,
    pacer: Mutex<Pacer>,
    skew: Mutex<Skew>,
    /// Told when a request is done, the next of those that wait.
    live: Notify,
    bulk: Notify,
}

/// A request's turn. Its place is free again when this goes.
pub(super) struct Turn {
    turns: Arc<Turns>,
    resource: String,
    sent: Sent,
    sent_at: i64,
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.turns.pacer).done(&self.sent);
        self.turns.wake_next();
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turns {
    pub fn new(clock: SharedClock) -> Arc<Self> {
        Arc::new(Self {
            clock,
            pacer: Mutex::default(),
            skew: Mutex::default(),
            live: Notify::new(),
            bulk: Notify::new(),
        })
    }

    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    pub fn skew_ms(&self) -> i64 {
        lock(&self.skew).millis()
    }

    pub fn ahead_ms(&self) -> Option<i64> {
        lock(&self.skew).known()
    }

    pub fn budget(&self) -> Option<Budget> {
        lock(&self.pacer).left_to_bulk(self.clock.now())
    }

    /// A turn, if there is one within a few seconds.
    pub async fn take(self: &Arc<Self>, resource: &str, urgency: Urgency) -> Result<Turn, Failure> {
        tokio::time::timeout(Duration::from_millis(PLACE_MS), self.wait(resource, urgency)).await.unwrap_or_else(|_| {
            Err(put_off("So many requests to ServiceNow run at once as it may be asked.", PATIENCE_MS))
        })
    }

    /// One of each urgency: bulk work may have to wait where a live edit may go. Who finds no place waits again, and there
    /// may be places for more than one.
    fn wake_next(&self) {
        self.live.notify_one();
        self.bulk.notify_one();
    }

    fn freed(&self, urgency: Urgency) -> &Notify {
        match urgency {
            Urgency::Live => &self.live,
            Urgency::Bulk => &self.bulk,
        }
    }

    async fn wait(self: &Arc<Self>, resource: &str, urgency: Urgency) -> Result<Turn, Failure> {
        let mut has_waited = false;
        loop {
            let now = self.clock.now();
            let may = lock(&self.pacer).ask(resource, urgency, now);
            match may {
                May::Go(sent) => {
                    if has_waited {
                        self.wake_next();
                    }
                    return Ok(Turn { turns: self.clone(), resource: resource.to_owned(), sent, sent_at: now });
                }
                May::At(at) if at - now <= PATIENCE_MS => {
                    tokio::time::sleep(Duration::from_millis((at - now).unsigned_abs())).await;
                }
                May::At(at) => {
                    let why = "ServiceNow limits how many requests it takes in an hour, and these are spread over it.";
                    return Err(put_off(why, at - now));
                }
                // What was freed since it was asked is not missed: it is kept for the next who listens.
                May::Full => {
                    self.freed(urgency).notified().await;
                    has_waited = true;
                }
            }
        }
    }
}

fn put_off(why: &str, retry_after_ms: i64) -> Failure {
    Failure::Transient { why: why.to_owned(), retry_after_ms: Some(retry_after_ms) }
}

impl Turn {
    /// Learns from an answer's first part.
    pub fn learn(&self, response: &Response) {
        let (headers, now) = (response.headers(), self.turns.clock.now());
        if let Some(theirs) = text(headers, DATE.as_str()).and_then(clock::read_http_date) {
            lock(&self.turns.skew).hear(theirs, self.sent_at, now);
        }
        let told = Told {
            rate: rate(headers, self.turns.skew_ms()),
            taken: response.status().is_success(),
            refused: response.status() == StatusCode::TOO_MANY_REQUESTS,
            retry_after_ms: retry_after(headers),
        };
        lock(&self.turns.pacer).told(&self.resource, &self.sent, &told, now);
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The reset is told by the instance's clock.
fn rate(headers: &HeaderMap, skew_ms: i64) -> Option<Rate> {
    let limit = text(headers, "x-ratelimit-limit")?.parse().ok().filter(|limit| (0..1 << 40).contains(limit))?;
    let resets: i64 = text(headers, "x-ratelimit-reset")?.parse().ok()?;
    let rule = text(headers, "x-ratelimit-rule").unwrap_or_default().to_owned();
    Some(Rate { rule, limit, resets_at: resets.checked_mul(1000)?.checked_sub(skew_ms)? })
}
