//! The loop that claims jobs and runs them, and gives each the end that its outcome asks for.

use super::{ATTEMPTS, Wake, delay};
use crate::clock::SharedClock;
use crate::store::{Back, DeadLetter, Job, LetterState, Result, Store, StoreError, Tx, cause_of};
use futures::FutureExt;
use std::collections::BTreeSet;
use std::future::Future;
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Longer than any one request may take; extended while the process lives.
const LEASE_MS: i64 = 120_000;
/// Without being woken, look this often: the net under wakes of other processes that were lost.
const TICK: Duration = Duration::from_secs(2);
/// How often leases are extended, and those that ended are freed.
const LEASES: Duration = Duration::from_secs(5);

/// What becomes of a job that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing more to do.
    Done,
    /// It shall run again at this time, as planned work.
    Again { at: i64 },
    /// Something passing was in the way.
    Retry { why: String, after_ms: Option<i64> },
    /// The connection was stopped meanwhile: it waits, and is not blamed.
    Wait { why: String },
}

/// Claims and runs jobs. `run` does the work of one.
#[derive(Clone)]
pub struct Worker {
    pub store: Store,
    pub clock: SharedClock,
    pub wake: Wake,
    /// The jobs that run here now, each with its claim. Only these are extended: one whose end could not be stored
    /// becomes free again when its lease ends, instead of blocking its lane.
    held: Arc<Mutex<BTreeSet<(String, String)>>>,
    settled: Arc<dyn Fn(&Job) + Send + Sync>,
}

/// A job that runs here; its lease is extended until this is dropped.
struct Running {
    job: Job,
    held: Arc<Mutex<BTreeSet<(String, String)>>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let claimed = (self.job.id.clone(), self.job.claim.clone());
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&claimed);
    }
}

impl Worker {
    pub fn new(store: Store, clock: SharedClock, wake: Wake) -> Self {
        Self { store, clock, wake, held: Arc::default(), settled: Arc::new(|_| {}) }
    }

    /// Hears of each job whose end is stored: until then it counts as one that waits.
    #[must_use]
    pub fn when_settled(self, hear: impl Fn(&Job) + Send + Sync + 'static) -> Self {
        Self { settled: Arc::new(hear), ..self }
    }

    /// Runs up to `lanes` jobs at a time until stopped; those that run are finished.
    pub async fn work<R, F>(self, lanes: usize, stop: CancellationToken, run: R)
    where
        R: Fn(Job) -> F + Send + Sync + 'static,
        F: Future<Output = After> + Send + 'static,
    {
        let run = Arc::new(run);
        let tasks = TaskTracker::new();
        let leases = tokio::spawn(self.clone().keep_leases());
        for _ in 0..lanes {
            tasks.spawn(self.clone().one_lane(stop.clone(), run.clone()));
        }
        tasks.close();
        tasks.wait().await;
        leases.abort();
    }

    async fn one_lane<R, F>(self, stop: CancellationToken, run: Arc<R>)
    where
        R: Fn(Job) -> F + Send + Sync + 'static,
        F: Future<Output = After> + Send + 'static,
    {
        let mut ended = None;
        while !stop.is_cancelled() {
            match self.settle_and_claim(ended.as_ref()).await {
                Ok(Some(mut next)) => {
                    // There may be more: another lane looks while this one works.
                    self.wake.wake();
                    let after = self.run(&mut next, run.as_ref()).await;
                    ended = Some((next, after));
                }
                Ok(None) => {
                    ended = None;
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.wake.woken() => {}
                        () = tokio::time::sleep(self.until_due().await) => {}
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the queue could not be read; trying again");
                    if let Some((running, after)) = ended.take() {
                        self.settle_alone(&running, &after).await;
                    }
                    tokio::time::sleep(TICK).await;
                }
            }
        }
        if let Some((running, after)) = ended {
            self.settle_alone(&running, &after).await;
        }
    }

    /// Runs the next due job. Answers whether there was one.
    pub async fn run_one<R, F>(&self, run: &R) -> Result<bool>
    where
        R: Fn(Job) -> F,
        F: Future<Output = After>,
    {
        let Some(mut running) = self.settle_and_claim(None).await? else { return Ok(false) };
        let after = self.run(&mut running, run).await;
        let mut tx = self.store.begin().await?;
        self.settle(&mut tx, &running.job, &after).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives what ran its end and takes the next job, in one transaction: a commit is what a job costs most.
    async fn settle_and_claim(&self, ended: Option<&(Running, After)>) -> Result<Option<Running>> {
        let mut tx = self.store.begin().await?;
        if let Some((running, after)) = ended {
            self.settle(&mut tx, &running.job, after).await?;
        }
        let now = self.clock.now();
        let job = tx.claim_job(&self.clock.id(), now, now + LEASE_MS).await?;
        tx.commit().await?;
        if let Some((running, _)) = ended {
            (self.settled)(&running.job);
        }
        Ok(job.map(|job| {
            let claimed = (job.id.clone(), job.claim.clone());
            self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(claimed);
            Running { job, held: self.held.clone() }
        }))
    }

    async fn run<R, F>(&self, running: &mut Running, run: &R) -> After
    where
        R: Fn(Job) -> F,
        F: Future<Output = After>,
    {
        let about = mem::take(&mut running.job.about);
        let job = Job { about, ..running.job.clone() };
        AssertUnwindSafe(run(job)).catch_unwind().await.unwrap_or_else(|_| After::Retry {
            why: "Syncing this record failed inside; the cause is in the server's log.".into(),
            after_ms: None,
        })
    }

    /// Without an end the job runs again when its lease is over.
    async fn settle_alone(&self, running: &Running, after: &After) {
        let settled = async {
            let mut tx = self.store.begin().await?;
            self.settle(&mut tx, &running.job, after).await?;
            tx.commit().await?;
            (self.settled)(&running.job);
            Ok::<_, StoreError>(())
        };
        if let Err(error) = settled.await {
            tracing::error!(%error, lane = %running.job.lane, "the end of a job could not be stored; it will run again");
        }
    }

    /// Who lost the job meanwhile, because the lease ended, decides nothing about it, not even who has it again.
    async fn settle(&self, tx: &mut Tx, job: &Job, after: &After) -> Result<()> {
        let now = self.clock.now();
        match after {
            After::Done => tx.end_job(&job.id, &job.claim).await,
            After::Again { at } => {
                if !tx.complete_job(&job.id, &job.claim).await? {
                    return Ok(());
                }
                tx.enqueue(&Job { id: self.clock.id(), run_at: *at, attempts: 0, ..job.clone() }, now).await
            }
            After::Wait { why } => {
                let back = Back { run_at: now, not_before: 0, buried: false, blamed: false, problem: why };
                tx.put_back_job(&job.id, &job.claim, &back).await.map(drop)
            }
            After::Retry { why, after_ms } => {
                let mut chance = [0; 4];
                self.clock.fill(&mut chance);
                let run_at = now + delay(job.attempts, *after_ms, u32::from_ne_bytes(chance));
                let buried = job.attempts + 1 >= ATTEMPTS && job.kind == "sync";
                if buried {
                    tracing::error!(lane = %job.lane, problem = %why, attempts = job.attempts + 1, "a job is buried until something new arrives");
                } else {
                    tracing::warn!(lane = %job.lane, problem = %why, wait_ms = run_at - now, "a job is tried again later");
                }
                let not_before = after_ms.map_or(0, |wait| now + wait);
                let back = Back { run_at, not_before, buried, blamed: true, problem: why };
                if tx.put_back_job(&job.id, &job.claim, &back).await? && buried {
                    tx.open_letter(&letter(self.clock.id(), job, why, now)).await?;
                }
                Ok(())
            }
        }
    }

    async fn until_due(&self) -> Duration {
        match self.store.next_job_at().await {
            Ok(Some(at)) => {
                let wait = u64::try_from((at - self.clock.now()).max(1)).unwrap_or(1);
                Duration::from_millis(wait).min(TICK)
            }
            _ => TICK,
        }
    }

    /// Extends what this process holds, and frees what others let go of. Goes on while the last jobs are
    /// finished after a stop.
    async fn keep_leases(self) {
        let mut every = tokio::time::interval(LEASES);
        loop {
            every.tick().await;
            if let Err(error) = self.renew_and_free().await {
                tracing::error!(%error, "leases could not be kept; trying again");
            }
        }
    }

    /// Extends the leases of what runs here, and frees those that ended.
    pub async fn renew_and_free(&self) -> std::result::Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (job, claim) in held {
            tx.extend_lease(&job, &claim, now + LEASE_MS).await?;
        }
        let freed = tx.free_ended_leases(now).await?;
        tx.commit().await?;
        if freed > 0 {
            tracing::warn!(freed, "jobs of a process that died are free again");
            self.wake.wake();
        }
        Ok(())
    }
}

/// Its attempts are used up: a person must act, or something new arrive.
fn letter(id: String, job: &Job, why: &str, now: i64) -> DeadLetter {
    DeadLetter {
        id,
        connection_id: job.connection_id.clone(),
        link_id: None,
        lane: job.lane.clone(),
        side: String::new(),
        kind: "job".to_owned(),
        rule: String::new(),
        wanted: String::new(),
        cause: cause_of("", "job", "", why),
        problem: why.to_owned(),
        attempts: job.attempts + 1,
        state: LetterState::Open.as_str().to_owned(),
        reason: String::new(),
        closed_by: String::new(),
        opened_at: now,
        closed_at: 0,
    }
}
