//! Durable jobs in our own database. A lane is one record of one connection: however many changes arrive,
//! one job of it waits, and at most one runs. A lease frees what a dead process held.

mod backoff;
mod named;
mod worker;

pub use backoff::{ATTEMPTS, delay};
pub use named::Named;
pub use worker::{After, Worker};

use crate::clock::Clock;
use crate::store::{About, Job, JobKind, Result, Tx, Urgency};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// Wakes the workers of this process after a commit.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// After the next `wake`, or at once after one that nobody waited for.
    pub async fn woken(&self) {
        self.0.notified().await;
    }
}

/// The lane of a ServiceNow record, or of a ticket that has none.
pub fn lane(connection: &str, record: &str) -> String {
    format!("{connection}/{record}")
}

/// What stands for a record that is not there yet: the ticket that it may be made of. Its lane only decides whether the
/// ticket is linked; everything else happens in the lane of the record, whose id is known from then on.
pub fn ticket(id: &str) -> String {
    format!("{TICKET}{id}")
}

/// The ticket that a job's subject stands for, unless that is a record.
pub fn ticket_of(subject: &str) -> Option<&str> {
    subject.strip_prefix(TICKET)
}

const TICKET: &str = "ticket:";

/// Somebody shall look at this record. Call [`Wake::wake`] after the commit.
pub async fn look_at(tx: &mut Tx, connection: &str, record: &str, urgency: Urgency, clock: &dyn Clock) -> Result<()> {
    look_at_all(tx, [(connection, record)], urgency, clock).await
}

/// Somebody shall look at these records, each a connection and its ServiceNow record.
pub async fn look_at_all(
    tx: &mut Tx,
    records: impl IntoIterator<Item = (&str, &str)>,
    urgency: Urgency,
    clock: &dyn Clock,
) -> Result<()> {
    look_at_for(tx, records, urgency, "", clock).await
}

/// The same for a reconcile run.
pub async fn look_at_for(
    tx: &mut Tx,
    records: impl IntoIterator<Item = (&str, &str)>,
    urgency: Urgency,
    run: &str,
    clock: &dyn Clock,
) -> Result<()> {
    let now = clock.now();
    let mut jobs = BTreeMap::new();
    for (connection, record) in records {
        jobs.entry(lane(connection, record)).or_insert_with_key(|lane| Job {
            id: clock.id(),
            connection_id: connection.to_owned(),
            kind: JobKind::Sync.as_str().to_owned(),
            lane: lane.clone(),
            subject: record.to_owned(),
            urgency,
            run_at: now,
            attempts: 0,
            run_id: run.to_owned(),
            letters: 0,
            claim: String::new(),
            lease_until: 0,
            about: About::default(),
        });
    }
    let jobs: Vec<Job> = jobs.into_values().collect();
    tx.enqueue_all(&jobs, now).await
}

/// Both sides shall be asked at this time what changed.
pub async fn poll_at(tx: &mut Tx, connection: &str, at: i64, clock: &dyn Clock) -> Result<()> {
    planned(tx, connection, JobKind::Poll, "poll", "", at, clock).await
}

/// Somebody shall look after a reconcile run.
pub async fn drive_at(tx: &mut Tx, connection: &str, run: &str, at: i64, clock: &dyn Clock) -> Result<()> {
    planned(tx, connection, JobKind::Run, &format!("run/{run}"), run, at, clock).await
}

/// It shall be seen whether a reconcile run is due.
pub async fn timetable_at(tx: &mut Tx, connection: &str, at: i64, clock: &dyn Clock) -> Result<()> {
    planned(tx, connection, JobKind::Timetable, "timetable", "", at, clock).await
}

/// What is kept no longer shall be removed.
pub async fn purge_at(tx: &mut Tx, connection: &str, at: i64, clock: &dyn Clock) -> Result<()> {
    planned(tx, connection, JobKind::Purge, "purge", "", at, clock).await
}

/// Work of the timetable; each has a lane of its own, so it is there once.
async fn planned(
    tx: &mut Tx,
    connection: &str,
    kind: JobKind,
    name: &str,
    subject: &str,
    at: i64,
    clock: &dyn Clock,
) -> Result<()> {
    let job = Job {
        id: clock.id(),
        connection_id: connection.to_owned(),
        kind: kind.as_str().to_owned(),
        lane: lane(connection, name),
        subject: subject.to_owned(),
        urgency: Urgency::Live,
        run_at: at,
        attempts: 0,
        run_id: String::new(),
        letters: 0,
        claim: String::new(),
        lease_until: 0,
        about: About::default(),
    };
    tx.enqueue(&job, clock.now()).await
}
