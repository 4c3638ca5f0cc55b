//! Work that waits for its time: events (`sysevent`) with their script actions, and scheduled jobs
//! (`sys_trigger`, `sysauto_script`). Everything waits as a row of the store, so it survives a restart; a
//! worker looks every second, or when woken, by the instance's own clock.

mod event;
mod trigger;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;
use tokio::sync::{Mutex, Notify, RwLock, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::api::{ApiError, Operator};
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Refusal, Writer};
use crate::rules::{Script, Source, Transaction};
use crate::user::User;

pub(crate) use event::Queued;

/// So many jobs run at the same time.
const WORKERS: usize = 4;
const PAUSE: Duration = Duration::from_secs(1);
/// A call to run what is due ends even if jobs queue each other for ever.
const ROUNDS: usize = 50;

pub(crate) struct Jobs {
    wake: Notify,
    /// Held while jobs are taken, so that none is taken twice.
    taking: Mutex<()>,
    workers: Semaphore,
    /// Each job that runs holds it shared; whoever gets it alone knows that none does.
    running: Arc<RwLock<()>>,
    pub stopping: CancellationToken,
}

impl Default for Jobs {
    fn default() -> Self {
        let (wake, taking, stopping) = (Notify::new(), Mutex::new(()), CancellationToken::new());
        Self { wake, taking, workers: Semaphore::new(WORKERS), running: Arc::default(), stopping }
    }
}

/// A row that is due, now marked as taken.
enum Due {
    Event(Record),
    Trigger(Record),
}

impl Instance {
    pub async fn start_jobs(self: &Arc<Self>) {
        // What a stopped instance had taken is taken again, before anything else takes: a job runs at least once.
        self.release_jobs().await;
        let instance = self.clone();
        self.background.spawn(async move {
            loop {
                if let Err(cause) = instance.take_and_run().await {
                    tracing::error!(%cause, "due jobs could not be taken");
                }
                tokio::select! {
                    () = instance.jobs.stopping.cancelled() => break,
                    () = instance.jobs.wake.notified() => {}
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        });
    }

    async fn release_jobs(self: &Arc<Self>) {
        for (table, taken, ready) in [("sysevent", "processing", "ready"), ("sys_trigger", "1", "0")] {
            let rows = self.query(table, &format!("state={taken}"), &User::system(), 10_000).await.unwrap_or_default();
            for row in rows {
                self.mark(table, &row, &[("state", ready)]).await;
            }
        }
    }

    /// Starts what is due, each in a task of its own; how many they were.
    async fn take_and_run(self: &Arc<Self>) -> Result<usize, Refusal> {
        let _turn = self.jobs.taking.lock().await;
        self.run_taken().await
    }

    async fn run_taken(self: &Arc<Self>) -> Result<usize, Refusal> {
        let mut taken: Vec<Due> = self.take_events().await?.into_iter().map(Due::Event).collect();
        taken.extend(self.take_triggers().await?.into_iter().map(Due::Trigger));
        let count = taken.len();
        for due in taken {
            let instance = self.clone();
            let running = self.jobs.running.clone().read_owned().await;
            self.background.spawn(async move {
                let Ok(_place) = instance.jobs.workers.acquire().await else { return };
                match due {
                    Due::Event(event) => instance.run_event(event).await,
                    Due::Trigger(trigger) => instance.run_trigger(trigger).await,
                }
                drop(running);
            });
        }
        Ok(count)
    }

    /// Runs what is due, and what becomes due by that, and waits until no job runs. How many it started.
    async fn run_due_jobs(self: &Arc<Self>) -> Result<usize, Refusal> {
        let mut ran = 0;
        for _ in 0..ROUNDS {
            let _turn = self.jobs.taking.lock().await;
            // What the worker had taken may make more jobs.
            drop(self.jobs.running.write().await);
            match self.run_taken().await? {
                0 => break,
                started => ran += started,
            }
        }
        Ok(ran)
    }

    /// Notes on a job's own row how far it is. No rules run for that.
    async fn mark(self: &Arc<Self>, table: &str, row: &Record, values: &[(&str, &str)]) {
        let Some(table) = self.table(table) else { return };
        let system = User::system();
        let by = Writer { rules: false, ..Writer::script(&system, &Transaction::default()) };
        let values = Input::new(values.iter().map(|&(column, value)| (column, value)));
        if let Err(cause) = self.update(by, table, row.sys_id(), values).await {
            tracing::warn!(%cause, table = table.name, "a job could not be marked");
        }
    }

    /// Runs a job's script as the system.
    async fn run_job(self: &Arc<Self>, script: Script, source: Source) -> Result<(), String> {
        let name = source.name.clone();
        let outcome = self.run_script(script, source, User::system(), Transaction::default()).await;
        if let Err(failure) = &outcome {
            self.log(2, &name, &format!("The job failed: {failure}")).await;
        }
        outcome.map(drop)
    }
}

/// For tests and people with a turned clock: `POST /sandbox/run-jobs` runs everything that is due before
/// it answers, and says how many jobs it were.
pub(crate) fn router() -> Router<Arc<Instance>> {
    Router::new().route("/sandbox/run-jobs", post(run))
}

async fn run(State(instance): State<Arc<Instance>>, _: Operator) -> Result<Response, ApiError> {
    let ran = instance.run_due_jobs().await?;
    Ok(Json(json!({"result": {"ran": ran}})).into_response())
}
