//! Durable jobs: who looks at what, when. `queue` gives them their meaning.

use super::connections::CONNECTION_OF_CLAIM;
use super::links::LINK_OF_CLAIM;
use super::{About, Dialect, Result, Store, StoreError, Tx, from_rows, to_json};
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Bring one ServiceNow record and its ticket together. Subject: the sys_id, or a ticket that has no record yet.
    Sync,
    /// Ask both sides what changed. Subject: empty.
    Poll,
    /// Look after a reconcile run. Subject: its id.
    Run,
    /// Begin a reconcile run when one is due. Subject: empty.
    Timetable,
    /// Remove what is kept no longer. Subject: empty.
    Purge,
}

impl JobKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Poll => "poll",
            Self::Run => "run",
            Self::Timetable => "timetable",
            Self::Purge => "purge",
        }
    }
}

/// Who waits for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "i64")]
pub enum Urgency {
    /// A person: something was just edited.
    Live,
    /// Nobody in particular: a backfill, a reconcile run.
    Bulk,
}

impl From<Urgency> for i64 {
    fn from(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Live => 0,
            Urgency::Bulk => 1,
        }
    }
}

impl From<i64> for Urgency {
    fn from(number: i64) -> Self {
        if number == 0 { Self::Live } else { Self::Bulk }
    }
}

#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Job {
    pub id: String,
    pub connection_id: String,
    pub kind: String,
    pub lane: String,
    pub subject: String,
    #[sqlx(try_from = "i64")]
    pub urgency: Urgency,
    pub run_at: i64,
    pub attempts: i64,
    /// The reconcile run that asked; empty when news did.
    pub run_id: String,
    /// How many letters held something of its lane back when it was taken.
    #[serde(skip)]
    pub letters: i64,
    /// The claim under which it runs, another one each time it is taken; empty while it waits.
    #[sqlx(rename = "leased_by")]
    #[serde(skip)]
    pub claim: String,
    /// As it was when it was taken.
    #[serde(skip)]
    pub lease_until: i64,
    /// What was read along when it was taken.
    #[sqlx(skip)]
    #[serde(skip)]
    pub about: About,
}

/// How a job that ran goes back to waiting.
#[derive(Clone, Debug)]
pub struct Back<'a> {
    pub run_at: i64,
    /// The side's own word: news does not bring the job further forward. 0 without one.
    pub not_before: i64,
    /// Not tried again by itself.
    pub buried: bool,
    /// Whether this counts as an attempt.
    pub blamed: bool,
    pub problem: &'a str,
}

/// The best waiting job of connection `c` at one urgency: the longest due whose lane is free. It is the first entry
/// of `jobs_next`, give or take the few whose lane is taken.
macro_rules! head {
    ($urgency:literal, $due:literal) => {
        concat!(
            "(select w.run_at from jobs w where w.connection_id = c.id and w.state = 'ready' and w.urgency = ",
            $urgency,
            $due,
            " and not exists (select 1 from jobs r where r.lane = w.lane and r.state = 'running') \
             order by w.run_at, w.id limit 1)"
        )
    };
}

/// Active connections with due work and the urgency of their best job, the one to serve first at the top: the fewest
/// running jobs, then live before bulk, then the longest due.
macro_rules! connections_with_work {
    ($rest:literal) => {
        concat!(
            "with heads as materialized (select c.id, ",
            "(select count(*) from jobs r where r.connection_id = c.id and r.state = 'running') as running, ",
            head!("0", " and w.run_at <= $1"),
            " as live, ",
            head!("1", " and w.run_at <= $1"),
            " as bulk from connections c where c.state = 'active'), \
             next as materialized (select id, case when live is null then 1 else 0 end as urgency from heads \
             where live is not null or bulk is not null \
             order by running, case when live is null then 1 else 0 end, coalesce(live, bulk), id",
            $rest
        )
    };
}

const NEXT_JOB_AT: &str = concat!(
    "select min(heads.at) from (select ",
    head!("0", ""),
    " as at from connections c where c.state = 'active' union all select ",
    head!("1", ""),
    " as at from connections c where c.state = 'active') heads"
);

/// Takes the head of one connection at one urgency, both as `$connection` and `$urgency` say.
macro_rules! take_head {
    ($connection:literal, $urgency:literal, $lock:literal) => {
        concat!(
            "update jobs set state = 'running', leased_by = $2, lease_until = $3 where id = \
             (select w.id from jobs w where w.connection_id = ",
            $connection,
            " and w.state = 'ready' and w.urgency = ",
            $urgency,
            " and w.run_at <= $1 \
             and not exists (select 1 from jobs r where r.lane = w.lane and r.state = 'running') \
             order by w.run_at, w.id limit 1",
            $lock,
            ") returning id, connection_id, kind, lane, subject, urgency, run_at, attempts, run_id, leased_by, lease_until, \
             (select count(*) from dead_letters d where d.lane = jobs.lane and d.holds = 1) as letters"
        )
    };
}

const CONNECTIONS_WITH_WORK: &str = connections_with_work!(") select id, urgency from next");

/// Takes the best job of the connection that is served first.
macro_rules! take_next {
    ($lock:literal) => {
        concat!(
            connections_with_work!(" limit 1) "),
            take_head!("(select id from next)", "(select urgency from next)", $lock)
        )
    };
}

/// Only who holds it ends it.
const END_JOB: &str = "delete from jobs where id = $1 and leased_by = $2 and state = 'running'";

/// The same of a connection that is named; what another process is just taking is passed by.
const TAKE_HEAD: &str = take_head!("$4", "$5", " for update of w skip locked");

impl Dialect {
    fn take_next(self) -> &'static str {
        match self {
            Self::Sqlite => take_next!(""),
            Self::Postgres => take_next!(" for update of w skip locked"),
        }
    }
}

impl Store {
    /// When the next waiting job of an active connection is due.
    pub async fn next_job_at(&self) -> Result<Option<i64>> {
        let (at,): (Option<i64>,) = sqlx::query_as(NEXT_JOB_AT).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(at)
    }

    /// Jobs of a connection that wait or run, and those that are buried.
    pub async fn count_jobs(&self, connection: &str) -> Result<(i64, i64)> {
        let sql = "select cast(coalesce(sum(case when state <> 'buried' then 1 else 0 end), 0) as bigint), \
                   cast(coalesce(sum(case when state = 'buried' then 1 else 0 end), 0) as bigint) \
                   from jobs where connection_id = $1 and kind = 'sync'";
        Ok(sqlx::query_as(sql).bind(connection).fetch_one(&mut *self.pool.take().await?).await?)
    }

    /// Whether a lane has work waiting or running, and the last problem with it.
    pub async fn lane_state(&self, lane: &str) -> Result<Option<(String, String)>> {
        let sql = "select state, problem from jobs where lane = $1 order by case state when 'running' then 0 else 1 end limit 1";
        Ok(sqlx::query_as(sql).bind(lane).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    /// All waiting and running jobs by state, for the metrics.
    pub async fn count_jobs_by_state(&self) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as("select state, count(*) from jobs group by state")
            .fetch_all(&mut *self.pool.take().await?)
            .await?)
    }

    /// How the database finds the next job, step by step, in its own words.
    #[cfg(test)]
    pub async fn plan_of_claim(&self) -> Result<Vec<String>> {
        sqlx::query("analyze jobs").execute(&mut *self.pool.take().await?).await?;
        let mut asked = vec![self.dialect.take_next(), NEXT_JOB_AT];
        if self.dialect == Dialect::Postgres {
            asked.extend([CONNECTIONS_WITH_WORK, TAKE_HEAD]);
        }
        let values = ["1", "'me'", "1", "'c'", "0"].map(ToOwned::to_owned);
        let mut steps = Vec::new();
        for sql in asked {
            steps.extend(self.plan_of(sql, &values).await?.lines().map(ToOwned::to_owned));
        }
        Ok(steps)
    }
}

impl Tx {
    /// Makes sure that somebody looks: one waiting job a lane, however often this is asked.
    pub async fn enqueue(&mut self, job: &Job, now: i64) -> Result<()> {
        self.enqueue_all(std::slice::from_ref(job), now).await
    }

    /// The same for many, in one statement; each lane at most once, and lanes in their order, so that two transactions
    /// never wait for each other. A waiting job comes forward and becomes as urgent as the most urgent who asked;
    /// a buried one wakes up. News takes over what a run asked for, but for a backfill: only for its sake the record
    /// enters. A run wakes nobody.
    pub async fn enqueue_all(&mut self, jobs: &[Job], now: i64) -> Result<()> {
        macro_rules! enqueue {
            ($dialect:ident) => {
                concat!(
                    "insert into jobs (id, connection_id, kind, lane, subject, urgency, run_at, attempts, state, leased_by, lease_until, \
                     problem, not_before, created_at, run_id) \
                     select value->>'id', value->>'connection_id', value->>'kind', value->>'lane', value->>'subject', \
                     cast(value->>'urgency' as bigint), cast(value->>'run_at' as bigint), 0, 'ready', '', 0, '', 0, $2, value->>'run_id' from ",
                    rows!($dialect),
                    " where true on conflict (lane) where state in ('ready', 'buried') do update set \
                     attempts = case when jobs.state = 'buried' then 0 else jobs.attempts end, \
                     urgency = case when jobs.state = 'buried' or excluded.urgency < jobs.urgency then excluded.urgency else jobs.urgency end, \
                     run_at = case when jobs.state <> 'buried' and jobs.run_at <= excluded.run_at then jobs.run_at \
                     when excluded.run_at < jobs.not_before then jobs.not_before else excluded.run_at end, \
                     run_id = case when excluded.run_id <> '' and exists (select 1 from runs r where r.id = excluded.run_id and r.since > 0) \
                     then excluded.run_id when excluded.run_id = '' and not exists (select 1 from runs r where r.id = jobs.run_id and r.since > 0) \
                     then '' else jobs.run_id end, \
                     state = 'ready' where jobs.state <> 'buried' or excluded.run_id = ''"
                )
            };
        }
        if jobs.is_empty() {
            return Ok(());
        }
        let sql = match self.dialect {
            Dialect::Sqlite => enqueue!(sqlite),
            Dialect::Postgres => enqueue!(postgres),
        };
        self.write(sqlx::query(sql).bind(to_json(&jobs)).bind(now)).await?;
        if jobs.iter().any(|job| job.run_at <= now) { self.tell_of_work().await } else { Ok(()) }
    }

    /// Takes a due job of an active connection whose lane is free: of the connection with the fewest running jobs, live
    /// before bulk, then the longest due. A claim has a name of its own: who lost a job and takes it again is another.
    pub async fn claim_job(&mut self, claim: &str, now: i64, lease_until: i64) -> Result<Option<Job>> {
        let next = sqlx::query(self.dialect.take_next()).bind(now).bind(claim).bind(lease_until);
        if self.dialect == Dialect::Sqlite {
            // What the job is about comes along in the same message.
            let (connection, link) =
                (sqlx::query(CONNECTION_OF_CLAIM).bind(claim), sqlx::query(LINK_OF_CLAIM).bind(claim));
            let mut answers = self.answers(vec![next, connection, link]).await?;
            let about = answers.split_off(1);
            let job = from_rows::<Job>(&answers.pop().unwrap_or_default())?.pop();
            return Ok(job.map(|job| Job { about: About::of(about), ..job }));
        }
        let job = from_rows(&self.answer(next).await?)?.pop();
        if job.is_some() {
            return Ok(job);
        }
        // Others take jobs as well, and somebody may just have been faster.
        let connections: Vec<(String, i64)> =
            sqlx::query_as(CONNECTIONS_WITH_WORK).bind(now).fetch_all(self.now().await?).await?;
        for (connection, best) in connections {
            for urgency in best..=i64::from(Urgency::Bulk) {
                let job = sqlx::query_as(TAKE_HEAD)
                    .bind(now)
                    .bind(claim)
                    .bind(lease_until)
                    .bind(&connection)
                    .bind(urgency)
                    .fetch_optional(self.now().await?)
                    .await?;
                if job.is_some() {
                    return Ok(job);
                }
            }
        }
        Ok(None)
    }

    /// Done, if the claim still holds.
    pub async fn end_job(&mut self, id: &str, claim: &str) -> Result<()> {
        self.write(sqlx::query(END_JOB).bind(id).bind(claim)).await
    }

    /// The same. Answers whether it did.
    pub async fn complete_job(&mut self, id: &str, claim: &str) -> Result<bool> {
        let done = sqlx::query(END_JOB).bind(id).bind(claim).execute(self.now().await?).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Back to waiting, or to the dead. Where the lane has a waiting twin by now, the twin stays and this one goes; what
    /// the side asked for holds for the twin as well. Answers whether the claim still held.
    pub async fn put_back_job(&mut self, id: &str, claim: &str, back: &Back<'_>) -> Result<bool> {
        let twin = "update jobs set not_before = $3, run_at = case when run_at < $3 then $3 else run_at end \
                    where state in ('ready', 'buried') and not_before < $3 and lane = \
                    (select r.lane from jobs r where r.id = $1 and r.leased_by = $2 and r.state = 'running')";
        if back.not_before > 0 {
            sqlx::query(twin).bind(id).bind(claim).bind(back.not_before).execute(self.now().await?).await?;
        }
        // What news asked for stays asked for by news, though a run's look is the twin: that may be a dry one.
        let taken_over = "update jobs set run_id = '', run_at = case when run_at > $3 then $3 else run_at end \
                          where state in ('ready', 'buried') and run_id <> '' and lane = \
                          (select r.lane from jobs r where r.id = $1 and r.leased_by = $2 and r.state = 'running' and r.run_id = '')";
        sqlx::query(taken_over).bind(id).bind(claim).bind(back.run_at).execute(self.now().await?).await?;
        let gone = "delete from jobs where id = $1 and leased_by = $2 and state = 'running' and exists \
                    (select 1 from jobs t where t.lane = jobs.lane and t.id <> jobs.id and t.state in ('ready', 'buried'))";
        let gave_way = sqlx::query(gone).bind(id).bind(claim).execute(self.now().await?).await?.rows_affected() == 1;
        let sql = "update jobs set state = $3, run_at = $4, not_before = $5, attempts = attempts + $6, problem = $7, \
                   leased_by = '', lease_until = 0 where id = $1 and leased_by = $2 and state = 'running'";
        let done = sqlx::query(sql)
            .bind(id)
            .bind(claim)
            .bind(if back.buried { "buried" } else { "ready" })
            .bind(back.run_at)
            .bind(back.not_before)
            .bind(i64::from(back.blamed))
            .bind(back.problem)
            .execute(self.now().await?)
            .await?;
        Ok(gave_way || done.rows_affected() == 1)
    }

    /// Everything buried of a connection is tried again.
    pub async fn revive_jobs(&mut self, connection: &str, now: i64) -> Result<()> {
        let sql =
            "update jobs set state = 'ready', attempts = 0, run_at = $2 where connection_id = $1 and state = 'buried'";
        self.write(sqlx::query(sql).bind(connection).bind(now)).await?;
        self.tell_of_work().await
    }

    /// Frees what a dead worker held. Answers how many.
    pub async fn free_ended_leases(&mut self, now: i64) -> Result<u64> {
        // As in `put_back_job`.
        let taken_over = "update jobs set run_id = '', run_at = case when run_at > $1 then $1 else run_at end \
                          where state in ('ready', 'buried') and run_id <> '' and lane in \
                          (select r.lane from jobs r where r.state = 'running' and r.lease_until <= $1 and r.run_id = '')";
        sqlx::query(taken_over).bind(now).execute(self.now().await?).await?;
        let twin = "delete from jobs where state = 'running' and lease_until <= $1 and exists \
                    (select 1 from jobs t where t.lane = jobs.lane and t.id <> jobs.id and t.state in ('ready', 'buried'))";
        let gone = sqlx::query(twin).bind(now).execute(self.now().await?).await?.rows_affected();
        let sql = "update jobs set state = 'ready', leased_by = '', lease_until = 0 where state = 'running' and lease_until <= $1";
        Ok(gone + sqlx::query(sql).bind(now).execute(self.now().await?).await?.rows_affected())
    }

    /// What still runs is held longer.
    pub async fn extend_lease(&mut self, id: &str, claim: &str, until: i64) -> Result<()> {
        let sql = "update jobs set lease_until = $3 where id = $1 and leased_by = $2 and state = 'running'";
        self.write(sqlx::query(sql).bind(id).bind(claim).bind(until)).await
    }

    /// Until when a claim holds its job. Asked in the transaction that stores what follows from it: who lost the job
    /// stores nothing.
    pub async fn held_until(&mut self, id: &str, claim: &str) -> Result<i64> {
        let sql = "select lease_until from jobs where id = $1 and leased_by = $2 and state = 'running'";
        let held: Option<(i64,)> = sqlx::query_as(sql).bind(id).bind(claim).fetch_optional(self.now().await?).await?;
        held.map(|(until,)| until).ok_or(StoreError::Taken)
    }
}
