//! The claim under which a job runs. A process may sleep for longer than its lease, and another takes the job over: who then
//! wakes up stores nothing and sends nothing.

use super::Engine;
use crate::connectors::Connector;
use crate::store::{Job, Result, StoreError, Tx};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// With so much left of the lease nobody else can have the job, and nobody need be asked. More than `settles_ms` of any
/// side, and than clocks of two machines may differ.
const SURE_MS: i64 = 90_000;

pub(super) struct Claim {
    job: String,
    name: String,
    /// When the lease ends, as far as is known here: it is extended while the process is awake.
    until: AtomicI64,
}

impl Claim {
    pub fn of(job: &Job) -> Self {
        Self { job: job.id.clone(), name: job.claim.clone(), until: AtomicI64::new(job.lease_until) }
    }
}

impl Engine {
    /// A transaction of the job that runs, which holds its claim.
    pub(super) async fn begin(&self) -> Result<Tx> {
        let mut tx = self.store.begin().await?;
        let is_sure = |claim: &&Arc<Claim>| self.clock.now() + SURE_MS < claim.until.load(Ordering::SeqCst);
        let Some(claim) = self.claim.as_ref().filter(|claim| !is_sure(claim)) else { return Ok(tx) };
        match tx.held_until(&claim.job, &claim.name).await {
            Ok(until) => {
                claim.until.store(until, Ordering::SeqCst);
                Ok(tx)
            }
            Err(error) => {
                tx.undo().await?;
                Err(error)
            }
        }
    }

    /// Asked after the intent is stored and before the request goes out: who slept in between, until somebody else may look
    /// for what was sent, sends no more. What was stored says that it may have been sent.
    pub(super) fn may_send_to(&self, side: &dyn Connector) -> Result<()> {
        let until = self.claim.as_ref().map_or(i64::MAX, |claim| claim.until.load(Ordering::SeqCst));
        if self.clock.now().saturating_add(side.settles_ms()) < until { Ok(()) } else { Err(StoreError::Taken) }
    }
}
