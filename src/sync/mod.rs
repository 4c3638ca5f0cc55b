//! Moves data: all effects of syncing are here, and only here are connectors and store both known.
//!
//! One job brings one pair of records together: send what is still open, observe both sides, plan,
//! store, deliver, and again until there is nothing left to do.

mod deliver;
mod poll;
mod reconcile;
pub mod story;

use crate::clock::SharedClock;
use crate::connectors::Failure;
use crate::connectors::http::HttpClient;
use crate::connectors::servicenow::{Instance, ServiceNow};
use crate::desk::DeskSide;
use crate::news::News;
use crate::oauth::Oauth;
use crate::queue::{After, Wake};
use crate::store::{Connection, Job, State, Store, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A pair that still moves after so many rounds waits for the next news instead of turning in circles.
const ROUNDS: usize = 5;

#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Whether a round left something to look at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Moved,
    Quiet,
}

/// Everything that syncing needs. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    store: Store,
    clock: SharedClock,
    http: HttpClient,
    oauth: Oauth,
    desk: DeskSide,
    news: News,
    wake: Wake,
    /// Milliseconds between polls of one connection.
    poll_every: i64,
    /// Connectors by connection, so that what they remember lasts; made anew when the mapping changes.
    sides: Arc<Mutex<HashMap<String, (i64, ServiceNow)>>>,
}

impl Engine {
    pub fn new(
        store: Store,
        clock: SharedClock,
        http: HttpClient,
        oauth: Oauth,
        news: News,
        wake: Wake,
        poll_every: i64,
    ) -> Self {
        let desk = DeskSide::new(store.clone(), clock.clone());
        Self { store, clock, http, oauth, desk, news, wake, poll_every, sides: Arc::default() }
    }

    /// Runs one job of the queue.
    pub async fn run(&self, job: Job) -> After {
        match self.run_unless_stopped(&job).await {
            Ok(after) => after,
            Err(SyncError::Failure(failure)) => self.after_failure(&job, failure).await,
            Err(SyncError::Store(error)) => After::Retry { why: error.to_string(), after_ms: None },
        }
    }

    async fn run_unless_stopped(&self, job: &Job) -> Result<After, SyncError> {
        let Some(connection) = self.store.connection(&job.connection_id).await? else {
            return Ok(After::Done);
        };
        if connection.state != State::Active {
            return Ok(After::Wait { why: "the connection is stopped".into() });
        }
        let servicenow = self.servicenow(&connection).await?;
        if job.kind == "poll" {
            return poll::poll(self, &connection, &servicenow).await;
        }
        for _ in 0..ROUNDS {
            match reconcile::round(self, &connection, &servicenow, &job.subject).await {
                Ok(Round::Quiet) => return Ok(After::Done),
                Ok(Round::Moved) | Err(SyncError::Failure(Failure::Moved) | SyncError::Store(StoreError::Stale)) => {}
                Err(other) => return Err(other),
            }
        }
        tracing::warn!(connection.id = %connection.id, record = %job.subject, "the pair still moves; it waits for the next news");
        Ok(After::Done)
    }

    async fn after_failure(&self, job: &Job, failure: Failure) -> After {
        match failure {
            Failure::SignedOut { why } => {
                let note = format!("{why}. Press \"Regenerate token\"; what arrives meanwhile waits.");
                tracing::error!(connection.id = %job.connection_id, problem = %why, "the connection is held until a person authorizes it again");
                if let Err(error) = self.oauth.hold(&job.connection_id, &note).await {
                    return After::Retry { why: error.to_string(), after_ms: None };
                }
                self.news.connection(&job.connection_id);
                After::Wait { why }
            }
            Failure::Transient { why, retry_after_ms } => After::Retry { why, after_ms: retry_after_ms },
            Failure::Unsure { why }
            | Failure::NotAnInstance { why }
            | Failure::Refused { why }
            | Failure::Forbidden { why } => After::Retry { why, after_ms: None },
            Failure::Moved => After::Retry { why: "the record kept moving".into(), after_ms: None },
        }
    }

    /// The connector of a connection's ServiceNow side.
    pub async fn servicenow(&self, connection: &Connection) -> Result<ServiceNow, Failure> {
        let mut sides = self.sides.lock().await;
        if let Some((version, side)) = sides.get(&connection.id)
            && *version == connection.rules.version
        {
            return Ok(side.clone());
        }
        let address = self
            .http
            .instance_address(&connection.address)
            .map_err(|error| Failure::NotAnInstance { why: error.to_string() })?;
        let instance = Instance::new(self.http.clone(), address, self.oauth.access(&connection.id));
        let side = ServiceNow::new(instance, connection.rules.servicenow_fields(), self.clock.clone());
        sides.insert(connection.id.clone(), (connection.rules.version, side.clone()));
        Ok(side)
    }
}
