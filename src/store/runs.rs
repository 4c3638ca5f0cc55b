//! Reconcile runs: how far each has come, what it found, and the breaker that stops it.

use super::{Result, Store, Tx, exactly_one};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    Running,
    /// The breaker stopped it: a person says whether it goes on.
    Stopped,
    Done,
    Cancelled,
}

impl RunState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    fn read(text: String) -> Self {
        match text.as_str() {
            "running" => Self::Running,
            "stopped" => Self::Stopped,
            "cancelled" => Self::Cancelled,
            _ => Self::Done,
        }
    }
}

impl From<String> for RunState {
    fn from(text: String) -> Self {
        Self::read(text)
    }
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Run {
    pub id: String,
    pub connection_id: String,
    /// 1: nothing is written.
    pub dry: i64,
    #[sqlx(try_from = "String")]
    pub state: RunState,
    pub begun_by: String,
    pub begun_at: i64,
    pub ended_at: i64,
    /// What is being scanned: `links`, then `records` without a link, then `all` was.
    pub scan: String,
    /// The last link that was queued, and the last record.
    pub link_at: String,
    pub record_at: String,
    /// The links when it began.
    pub links: i64,
    /// So many may be touched before a person is asked.
    pub allowed: i64,
    /// Looks that were queued; those that do not wait any more are done.
    pub queued: i64,
    pub touched: i64,
    pub differences: i64,
    /// A backfill: records without a link, from this moment on. 0 for a reconcile run.
    pub since: i64,
}

impl Run {
    pub fn is_backfill(&self) -> bool {
        self.since > 0
    }

    pub fn is_dry(&self) -> bool {
        self.dry != 0
    }
}

/// A difference that no change explains.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Finding {
    pub rule: String,
    pub servicenow: String,
    pub platform: String,
    pub why: String,
}

/// A finding with what people call its record.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct FindingLine {
    #[sqlx(flatten)]
    pub finding: Finding,
    pub lane: String,
    pub link_id: Option<String>,
    pub reference: Option<String>,
    pub ticket_id: Option<String>,
    pub ticket_number: Option<String>,
}

/// Beyond any time: until the run goes on.
pub const NEVER: i64 = i64::MAX;

macro_rules! select_run {
    ($rest:literal) => {
        concat!(
            "select id, connection_id, dry, state, begun_by, begun_at, ended_at, scan, link_at, record_at, links, allowed, \
             queued, touched, differences, since from runs ",
            $rest
        )
    };
}

impl Store {
    pub async fn run(&self, id: &str) -> Result<Option<Run>> {
        Ok(sqlx::query_as(select_run!("where id = $1")).bind(id).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    /// The run of a connection that is not over yet.
    pub async fn open_run(&self, connection: &str) -> Result<Option<Run>> {
        let sql = select_run!("where connection_id = $1 and state in ('running', 'stopped')");
        Ok(sqlx::query_as(sql).bind(connection).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    /// The newest first.
    pub async fn runs(&self, connection: &str, limit: i64, offset: i64) -> Result<Vec<Run>> {
        let sql = select_run!("where connection_id = $1 order by id desc limit $2 offset $3");
        Ok(sqlx::query_as(sql)
            .bind(connection)
            .bind(limit)
            .bind(offset)
            .fetch_all(&mut *self.pool.take().await?)
            .await?)
    }

    pub async fn count_runs(&self, connection: &str) -> Result<i64> {
        let sql = "select count(*) from runs where connection_id = $1";
        let (count,): (i64,) = sqlx::query_as(sql).bind(connection).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    /// When the last scheduled run began; 0 for never.
    pub async fn last_run_at(&self, connection: &str, begun_by: &str) -> Result<i64> {
        let sql = "select coalesce(max(begun_at), 0) from runs where connection_id = $1 and begun_by = $2";
        let (at,): (i64,) =
            sqlx::query_as(sql).bind(connection).bind(begun_by).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(at)
    }

    /// Looks of a run that still wait or run.
    pub async fn count_looks(&self, run: &str) -> Result<i64> {
        let sql = "select count(*) from jobs where run_id = $1 and run_id <> '' and state in ('ready', 'running')";
        let (count,): (i64,) = sqlx::query_as(sql).bind(run).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    /// The next links of a connection: id and ServiceNow record.
    pub async fn links_after(&self, connection: &str, after: &str, limit: i64) -> Result<Vec<(String, String)>> {
        let sql = "select id, servicenow_id from links where connection_id = $1 and id > $2 and state = 'linked' \
                   order by id limit $3";
        Ok(sqlx::query_as(sql)
            .bind(connection)
            .bind(after)
            .bind(limit)
            .fetch_all(&mut *self.pool.take().await?)
            .await?)
    }

    pub async fn findings(&self, run: &str, limit: i64, offset: i64) -> Result<Vec<FindingLine>> {
        let sql = "select f.rule, f.servicenow, f.platform, f.why, f.lane, l.id as link_id, l.servicenow_number as reference, t.id as ticket_id, \
                   t.number as ticket_number from findings f left join links l on l.id = f.link_id \
                   left join desk_tickets t on t.id = l.platform_id \
                   where f.run_id = $1 order by f.lane, f.rule limit $2 offset $3";
        Ok(sqlx::query_as(sql).bind(run).bind(limit).bind(offset).fetch_all(&mut *self.pool.take().await?).await?)
    }

    /// Differences by field.
    pub async fn findings_by_rule(&self, run: &str) -> Result<Vec<(String, i64)>> {
        let sql = "select rule, count(*) from findings where run_id = $1 group by rule order by count(*) desc, rule";
        Ok(sqlx::query_as(sql).bind(run).fetch_all(&mut *self.pool.take().await?).await?)
    }
}

impl Tx {
    /// Begins a run; false while another of the connection is not over.
    pub async fn add_run(&mut self, run: &Run) -> Result<bool> {
        let sql = "insert into runs (id, connection_id, dry, state, begun_by, begun_at, ended_at, scan, link_at, record_at, links, \
                   allowed, queued, touched, differences, since) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
                   on conflict (connection_id) where state in ('running', 'stopped') do nothing";
        let done = sqlx::query(sql)
            .bind(&run.id)
            .bind(&run.connection_id)
            .bind(run.dry)
            .bind(run.state.as_str())
            .bind(&run.begun_by)
            .bind(run.begun_at)
            .bind(run.ended_at)
            .bind(&run.scan)
            .bind(&run.link_at)
            .bind(&run.record_at)
            .bind(run.links)
            .bind(run.allowed)
            .bind(run.queued)
            .bind(run.touched)
            .bind(run.differences)
            .bind(run.since)
            .execute(self.now().await?)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// How far a running run has queued looks.
    pub async fn advance_run(&mut self, run: &Run, queued: i64) -> Result<()> {
        let sql = "update runs set scan = $2, link_at = $3, record_at = $4, queued = queued + $5 \
                   where id = $1 and state = 'running'";
        let done = sqlx::query(sql)
            .bind(&run.id)
            .bind(&run.scan)
            .bind(&run.link_at)
            .bind(&run.record_at)
            .bind(queued)
            .execute(self.now().await?)
            .await?;
        exactly_one(&done)
    }

    /// The breaker. Counts a record as touched, once, together with the plan that touches it, and writes down what was
    /// found. False when that would be one too many, or the run does not run any more: then nothing may be stored.
    pub async fn touch(&mut self, run: &str, lane: &str, link: Option<&str>, findings: &[Finding]) -> Result<bool> {
        let sql = "select count(*) from findings where run_id = $1 and lane = $2";
        let (known,): (i64,) = sqlx::query_as(sql).bind(run).bind(lane).fetch_one(self.now().await?).await?;
        if known == 0 {
            let sql = "update runs set touched = touched + 1 \
                       where id = $1 and state = 'running' and (dry = 1 or touched < allowed)";
            if sqlx::query(sql).bind(run).execute(self.now().await?).await?.rows_affected() == 0 {
                return Ok(false);
            }
        }
        let mut new = 0;
        for finding in findings {
            let sql = "insert into findings (run_id, lane, rule, link_id, servicenow, platform, why) \
                       values ($1, $2, $3, $4, $5, $6, $7) on conflict (run_id, lane, rule) do nothing";
            let done = sqlx::query(sql)
                .bind(run)
                .bind(lane)
                .bind(&finding.rule)
                .bind(link)
                .bind(&finding.servicenow)
                .bind(&finding.platform)
                .bind(&finding.why)
                .execute(self.now().await?)
                .await?;
            new += i64::try_from(done.rows_affected()).unwrap_or_default();
        }
        let sql = "update runs set differences = differences + $2 where id = $1";
        sqlx::query(sql).bind(run).bind(new).execute(self.now().await?).await?;
        Ok(true)
    }

    /// A person stops it. Whether this did.
    pub async fn stop_run(&mut self, run: &str) -> Result<bool> {
        self.stop_by(run, "update runs set state = 'stopped' where id = $1 and state = 'running'").await
    }

    /// The breaker stops it, unless a person has let it go on since the look was refused. Whether this did.
    pub async fn trip_breaker(&mut self, run: &str) -> Result<bool> {
        let sql = "update runs set state = 'stopped' where id = $1 and state = 'running' and touched >= allowed";
        self.stop_by(run, sql).await
    }

    /// The looks that wait stay aside until it goes on.
    async fn stop_by(&mut self, run: &str, sql: &'static str) -> Result<bool> {
        let stopped = sqlx::query(sql).bind(run).execute(self.now().await?).await?.rows_affected() == 1;
        if stopped {
            let sql =
                "update jobs set run_at = $2 where run_id = $1 and run_id <> '' and kind = 'sync' and state = 'ready'";
            sqlx::query(sql).bind(run).bind(NEVER).execute(self.now().await?).await?;
        }
        Ok(stopped)
    }

    /// A person lets a stopped run go on; past the breaker, if that is what stopped it.
    pub async fn continue_run(&mut self, run: &str) -> Result<()> {
        let sql = "update runs set state = 'running', allowed = case when touched < allowed then allowed else $2 end \
                   where id = $1 and state = 'stopped'";
        exactly_one(&sqlx::query(sql).bind(run).bind(NEVER).execute(self.now().await?).await?)
    }

    /// Looks that were put aside are due.
    pub async fn take_up_looks(&mut self, run: &str, now: i64) -> Result<()> {
        let sql = "update jobs set run_at = $2 where run_id = $1 and run_id <> '' and state = 'ready' and run_at = $3";
        sqlx::query(sql).bind(run).bind(now).bind(NEVER).execute(self.now().await?).await?;
        Ok(())
    }

    /// Those into which news came as well remain, for the news.
    pub async fn drop_looks(&mut self, run: &str) -> Result<()> {
        let news = "update jobs set run_id = '', run_at = case when run_at = $2 then 0 else run_at end \
                    where run_id = $1 and run_id <> '' and kind = 'sync' and state = 'ready' and urgency = 0";
        sqlx::query(news).bind(run).bind(NEVER).execute(self.now().await?).await?;
        let sql = "delete from jobs where run_id = $1 and run_id <> '' and kind = 'sync' and state = 'ready'";
        sqlx::query(sql).bind(run).execute(self.now().await?).await?;
        Ok(())
    }

    /// Done, or cancelled by a person.
    pub async fn end_run(&mut self, run: &str, state: RunState, now: i64) -> Result<()> {
        let sql = "update runs set state = $2, ended_at = $3 where id = $1 and state in ('running', 'stopped')";
        let done = sqlx::query(sql).bind(run).bind(state.as_str()).bind(now).execute(self.now().await?).await?;
        exactly_one(&done)
    }
}
