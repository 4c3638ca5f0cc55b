//! Moves data: all effects of syncing are here, and only here are connectors and store both known.
//!
//! One job brings one pair of records together: send what is still open, observe both sides, plan,
//! store, deliver, and again until there is nothing left to do.

pub mod choice;
mod circles;
mod claim;
pub mod conflicts;
mod deliver;
mod edits;
pub mod enter;
mod files;
mod gone;
mod guard;
mod letters;
mod pace;
mod people;
mod poll;
mod preview;
pub mod pulse;
mod reconcile;
mod replay;
mod retention;
pub mod runs;
mod sides;
pub mod story;
mod streams;

pub use guard::Guard;
pub use pace::floor as shortest_pause;
pub use preview::{Example, Look, Preview};
pub use pulse::Pulse;
pub use replay::{Otherwise, Replay};
pub use sides::{Connectors, Live, Sides};

use crate::clock::SharedClock;
use crate::connectors::{Failure, Urgency};
use crate::news::News;
use crate::queue::{After, Wake};
use crate::store::{self, About, AuditEntry, Job, JobKind, Link, NEVER, State, Store, StoreError};
use reconcile::Known;
use std::mem;
use std::sync::Arc;

/// A pair that still moves after so many rounds waits for the next news instead of turning in circles.
const ROUNDS: usize = 5;

#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The breaker: the run that asked for the look would touch too many links.
    #[error("the reconcile run is stopped")]
    Stopped,
}

/// Whether a round left something to look at again.
#[derive(Debug)]
enum Round {
    /// With the pair as it stands now, where nothing needs to be read again.
    Moved(Option<Box<reconcile::Pair>>),
    Quiet,
}

/// Everything that syncing needs. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    store: Store,
    clock: SharedClock,
    connectors: Arc<dyn Connectors>,
    news: News,
    wake: Wake,
    /// The longest pause between two polls of one connection, milliseconds.
    poll_every: i64,
    /// Of the job that runs; none where a person asks.
    claim: Option<Arc<claim::Claim>>,
    guard: Guard,
    pulse: Pulse,
}

impl Engine {
    pub fn new(
        store: Store,
        clock: SharedClock,
        connectors: Arc<dyn Connectors>,
        news: News,
        wake: Wake,
        poll_every: i64,
    ) -> Self {
        let guard = Guard::new(store.clone(), clock.clone(), None);
        Self { store, clock, connectors, news, wake, poll_every, claim: None, guard, pulse: Pulse::default() }
    }

    /// The same engine, with a guard that others share.
    #[must_use]
    pub fn guarded_by(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    /// What it writes is counted by.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Runs one job of the queue.
    pub async fn run(&self, mut job: Job) -> After {
        let about = mem::take(&mut job.about);
        let began = self.clock.now();
        let claimed = Self { claim: Some(Arc::new(claim::Claim::of(&job))), ..self.clone() };
        match claimed.run_unless_stopped(&job, about).await {
            Ok(after) => after,
            Err(SyncError::Failure(failure)) => self.after_failure(&job, failure, began).await,
            Err(SyncError::Stopped) => After::Again { at: NEVER },
            Err(SyncError::Store(error)) => After::Retry { why: error.to_string(), after_ms: None },
        }
    }

    /// Pages that show a record as waiting look again.
    pub fn tell_settled(&self, job: &Job) {
        if job.kind != JobKind::Sync.as_str() || !self.news.is_followed() {
            return;
        }
        let (engine, connection, record) = (self.clone(), job.connection_id.clone(), job.subject.clone());
        tokio::spawn(async move {
            engine.news.tell(format!("connection:{connection}"));
            if let Ok(Some(Link { platform_id: Some(ticket), .. })) = engine.store.link_of(&connection, &record).await {
                engine.news.tell(format!("ticket:{ticket}"));
            }
        });
    }

    async fn run_unless_stopped(&self, job: &Job, about: About) -> Result<After, SyncError> {
        let read = self.store.connection_and_link(job, about).await?;
        let Some((connection, link)) = read else { return Ok(After::Done) };
        if connection.state != State::Active {
            return Ok(stopped());
        }
        // The timetable comes early in the queue, and yet may not eat into what ServiceNow grants to edits.
        let is_bulk = job.kind != "sync" || job.urgency == store::Urgency::Bulk;
        let urgency = if is_bulk { Urgency::Bulk } else { Urgency::Live };
        let sides = self.connectors.of(&connection, urgency).await?;
        let touches_servicenow = !matches!(job.kind.as_str(), "timetable" | "purge");
        if touches_servicenow && let Some(why) = self.guard.objection(&connection, sides.servicenow.as_ref()).await? {
            // Polls wait too: a cursor that followed another instance's rows would pass over this one's.
            self.hold(&connection.id, &why, &why, i64::MAX).await?;
            return Ok(After::Wait { why });
        }
        match job.kind.as_str() {
            "poll" => return poll::poll(self, &connection, &sides).await,
            "run" => return runs::drive(self, &connection, &sides, &job.subject).await,
            "timetable" => return runs::timetable(self, &connection).await,
            "purge" => return retention::purge(self).await,
            _ => {}
        }
        let look = match runs::Look::of(self, &connection, &sides, job).await? {
            runs::Begun::Look(look) => look,
            runs::Begun::Over(after) => return Ok(after),
        };
        let mut known = Known::Link(link.map(Box::new));
        for _ in 0..ROUNDS {
            let known_now = mem::replace(&mut known, Known::Nothing);
            match reconcile::round(self, &connection, &sides, &job.subject, look.as_ref(), known_now).await {
                Ok(Round::Quiet) => {
                    letters::settle_job(self, job).await?;
                    return Ok(After::Done);
                }
                Ok(Round::Moved(Some(pair))) => known = Known::Pair(pair),
                Ok(Round::Moved(None)) | Err(SyncError::Failure(Failure::Moved)) => {}
                Err(SyncError::Store(StoreError::Stale)) => {
                    self.store.end_dropped().await?;
                    if !self.is_active(&connection.id).await? {
                        return Ok(stopped());
                    }
                }
                Err(other) => return Err(other),
            }
        }
        tracing::warn!(connection.id = %connection.id, record = %job.subject, "the pair still moves; it waits for the next news");
        Ok(After::Done)
    }

    async fn is_active(&self, connection: &str) -> Result<bool, StoreError> {
        Ok(self.store.connection(connection).await?.is_some_and(|connection| connection.state == State::Active))
    }

    async fn after_failure(&self, job: &Job, failure: Failure, began: i64) -> After {
        match failure {
            Failure::SignedOut { why } => {
                let note = format!("{why} Press \"Regenerate token\"; what arrives meanwhile waits.");
                match self.hold(&job.connection_id, &why, &note, began).await {
                    Ok(()) => After::Wait { why },
                    Err(error) => After::Retry { why: error.to_string(), after_ms: None },
                }
            }
            Failure::Transient { why, retry_after_ms } => After::Retry { why, after_ms: retry_after_ms },
            Failure::Unsure { why }
            | Failure::NotAnInstance { why }
            | Failure::Refused { why }
            | Failure::Forbidden { why } => After::Retry { why, after_ms: None },
            Failure::Moved => After::Retry { why: "the record kept moving".into(), after_ms: None },
        }
    }

    /// The connection waits for a person; said once, with the cause, however many jobs ran into it. Not where a person
    /// authorized since the job began: what was refused is not what is there now.
    async fn hold(&self, connection: &str, why: &str, note: &str, began: i64) -> Result<(), StoreError> {
        let entry = AuditEntry {
            id: &self.clock.id(),
            at: self.clock.now(),
            person: "isthmus",
            token: "",
            action: "connections.hold",
            subject: connection,
            detail: why,
            refused: false,
        };
        let mut tx = self.store.begin().await?;
        let is_news = tx.hold_connection(connection, note, began).await?;
        if is_news {
            tx.note_audit(&entry).await?;
        }
        tx.commit().await?;
        if is_news {
            tracing::error!(connection.id = connection, problem = why, "the connection is held until a person acts");
            self.news.connection(connection);
        }
        Ok(())
    }
}

/// Somebody stopped the connection, perhaps while the job ran: what it found waits with it.
fn stopped() -> After {
    After::Wait { why: "the connection is stopped".into() }
}
