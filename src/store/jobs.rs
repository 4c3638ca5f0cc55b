//! Durable jobs: who looks at what, when. `queue` gives them their meaning.

use super::{Dialect, Result, Store, Tx};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Bring one ServiceNow record and its ticket together. Subject: the sys_id.
    Sync,
    /// Ask ServiceNow what changed. Subject: empty.
    Poll,
}

impl JobKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Poll => "poll",
        }
    }
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Job {
    pub id: String,
    pub connection_id: String,
    pub kind: String,
    pub lane: String,
    pub subject: String,
    pub run_at: i64,
    pub attempts: i64,
}

impl Store {
    /// When the next waiting job of an active connection is due.
    pub async fn next_job_at(&self) -> Result<Option<i64>> {
        let sql = "select min(j.run_at) from jobs j join connections c on c.id = j.connection_id \
                   where j.state = 'ready' and c.state = 'active'";
        let (at,): (Option<i64>,) = sqlx::query_as(sql).fetch_one(&self.pool).await?;
        Ok(at)
    }

    /// Jobs of a connection that wait or run, and those that are buried.
    pub async fn count_jobs(&self, connection: &str) -> Result<(i64, i64)> {
        let sql = "select cast(coalesce(sum(case when state <> 'buried' then 1 else 0 end), 0) as bigint), \
                   cast(coalesce(sum(case when state = 'buried' then 1 else 0 end), 0) as bigint) \
                   from jobs where connection_id = $1 and kind = 'sync'";
        Ok(sqlx::query_as(sql).bind(connection).fetch_one(&self.pool).await?)
    }

    /// Whether a lane has work waiting or running, and the last problem with it.
    pub async fn lane_state(&self, lane: &str) -> Result<Option<(String, String)>> {
        let sql = "select state, problem from jobs where lane = $1 order by case state when 'running' then 0 else 1 end limit 1";
        Ok(sqlx::query_as(sql).bind(lane).fetch_optional(&self.pool).await?)
    }

    /// All waiting and running jobs by state, for the metrics.
    pub async fn count_jobs_by_state(&self) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as("select state, count(*) from jobs group by state").fetch_all(&self.pool).await?)
    }
}

impl Tx {
    /// Makes sure that somebody looks: one waiting job a lane, however often this is asked.
    /// A buried one wakes up.
    pub async fn enqueue(&mut self, job: &Job, now: i64) -> Result<()> {
        let sql = "insert into jobs (id, connection_id, kind, lane, subject, run_at, attempts, state, leased_by, lease_until, problem, created_at) \
                   values ($1, $2, $3, $4, $5, $6, 0, 'ready', '', 0, '', $7) \
                   on conflict (lane) where state in ('ready', 'buried') do update set \
                   attempts = case when jobs.state = 'buried' then 0 else jobs.attempts end, \
                   run_at = case when jobs.state = 'buried' or excluded.run_at < jobs.run_at then excluded.run_at else jobs.run_at end, \
                   state = 'ready'";
        sqlx::query(sql)
            .bind(&job.id)
            .bind(&job.connection_id)
            .bind(&job.kind)
            .bind(&job.lane)
            .bind(&job.subject)
            .bind(job.run_at)
            .bind(now)
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// Takes the longest-due job whose lane is free and whose connection is active.
    pub async fn claim_job(&mut self, me: &str, now: i64, lease_until: i64) -> Result<Option<Job>> {
        macro_rules! due {
            ($lock:literal) => {
                concat!(
                    "select j.id, j.connection_id, j.kind, j.lane, j.subject, j.run_at, j.attempts \
                     from jobs j join connections c on c.id = j.connection_id \
                     where j.state = 'ready' and j.run_at <= $1 and c.state = 'active' \
                     and not exists (select 1 from jobs r where r.lane = j.lane and r.state = 'running') \
                     order by j.run_at, j.id limit 1",
                    $lock
                )
            };
        }
        let sql = match self.dialect {
            Dialect::Sqlite => due!(""),
            Dialect::Postgres => due!(" for update of j skip locked"),
        };
        let Some(job) = sqlx::query_as::<_, Job>(sql).bind(now).fetch_optional(&mut *self.inner).await? else {
            return Ok(None);
        };
        let sql =
            "update jobs set state = 'running', leased_by = $2, lease_until = $3 where id = $1 and state = 'ready'";
        let done = sqlx::query(sql).bind(&job.id).bind(me).bind(lease_until).execute(&mut *self.inner).await?;
        Ok((done.rows_affected() == 1).then_some(job))
    }

    /// Done, if the lease is still ours.
    pub async fn complete_job(&mut self, id: &str, me: &str) -> Result<()> {
        let sql = "delete from jobs where id = $1 and leased_by = $2 and state = 'running'";
        sqlx::query(sql).bind(id).bind(me).execute(&mut *self.inner).await?;
        Ok(())
    }

    /// Back to waiting (`ready`) or to the dead (`buried`). Where the lane has a waiting twin by now, the
    /// twin stays and this one goes.
    pub async fn put_back_job(&mut self, id: &str, me: &str, run_at: i64, buried: bool, problem: &str) -> Result<()> {
        let twin = "delete from jobs where id = $1 and leased_by = $2 and state = 'running' and exists \
                    (select 1 from jobs t where t.lane = jobs.lane and t.id <> jobs.id and t.state in ('ready', 'buried'))";
        sqlx::query(twin).bind(id).bind(me).execute(&mut *self.inner).await?;
        let sql = "update jobs set state = $3, run_at = $4, attempts = attempts + 1, problem = $5, leased_by = '', lease_until = 0 \
                   where id = $1 and leased_by = $2 and state = 'running'";
        sqlx::query(sql)
            .bind(id)
            .bind(me)
            .bind(if buried { "buried" } else { "ready" })
            .bind(run_at)
            .bind(problem)
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// Everything buried of a connection is tried again.
    pub async fn revive_jobs(&mut self, connection: &str, now: i64) -> Result<()> {
        let sql =
            "update jobs set state = 'ready', attempts = 0, run_at = $2 where connection_id = $1 and state = 'buried'";
        sqlx::query(sql).bind(connection).bind(now).execute(&mut *self.inner).await?;
        Ok(())
    }

    /// Frees what a dead worker held. Answers how many.
    pub async fn free_ended_leases(&mut self, now: i64) -> Result<u64> {
        let twin = "delete from jobs where state = 'running' and lease_until <= $1 and exists \
                    (select 1 from jobs t where t.lane = jobs.lane and t.id <> jobs.id and t.state in ('ready', 'buried'))";
        let gone = sqlx::query(twin).bind(now).execute(&mut *self.inner).await?.rows_affected();
        let sql = "update jobs set state = 'ready', leased_by = '', lease_until = 0 where state = 'running' and lease_until <= $1";
        Ok(gone + sqlx::query(sql).bind(now).execute(&mut *self.inner).await?.rows_affected())
    }

    /// What I still run, I hold longer.
    pub async fn extend_lease(&mut self, id: &str, me: &str, until: i64) -> Result<()> {
        let sql = "update jobs set lease_until = $3 where id = $1 and leased_by = $2 and state = 'running'";
        sqlx::query(sql).bind(id).bind(me).bind(until).execute(&mut *self.inner).await?;
        Ok(())
    }
}
