//! Drift: reconcile runs as people begin, read, continue and cancel them, and when they begin by themselves.

use super::show::{finding, pages, when, when_any};
use super::{Operations, OrTrouble, not_found};
use crate::clock;
use crate::queue;
use crate::store::{Run, RunState, Upkeep};
use crate::sync::runs::{self, How};
use app::api::Answer;
use app::error::Trouble;
use app::model::{DriftPage, DriftSettings, FindingRow, Role, RunPage, RunRow};

const PAGE: i64 = 50;

impl Operations {
    pub async fn see_drift(&self, connection: &str, page: i64) -> Answer<DriftPage> {
        self.require(Role::Viewer, "drift.read", connection).await?;
        let store = &self.parts.store;
        let connection = self.connection_of(connection).await?;
        let page = page.max(1);
        let total = store.count_runs(&connection.id).await.or_trouble()?;
        let mut runs = Vec::new();
        for run in store.runs(&connection.id, PAGE, (page - 1) * PAGE).await.or_trouble()? {
            runs.push(self.run_row(run).await?);
        }
        let Upkeep { every_minutes, heals, share, least } = store.upkeep(&connection.id).await.or_trouble()?;
        Ok(DriftPage {
            settings: DriftSettings { connection: connection.id.clone(), every_minutes, heals, share, least },
            connection_id: connection.id,
            connection: connection.name,
            runs,
            total,
            page,
            pages: pages(total, PAGE),
        })
    }

    pub async fn see_run(&self, id: &str, page: i64) -> Answer<RunPage> {
        self.require(Role::Viewer, "drift.read", id).await?;
        let store = &self.parts.store;
        let run = self.run_of(id).await?;
        let connection = self.connection_of(&run.connection_id).await?;
        let page = page.max(1);
        let total = run.differences;
        let lines = store.findings(id, PAGE, (page - 1) * PAGE).await.or_trouble()?;
        let findings = lines
            .into_iter()
            .map(|line| FindingRow {
                link: line.link_id.unwrap_or_default(),
                reference: line.reference.unwrap_or_default(),
                ticket_id: line.ticket_id.unwrap_or_default(),
                ticket_number: line.ticket_number.unwrap_or_default(),
                ..finding(line.finding)
            })
            .collect();
        Ok(RunPage {
            by_field: store.findings_by_rule(id).await.or_trouble()?,
            connection_id: connection.id,
            connection: connection.name,
            row: self.run_row(run).await?,
            findings,
            total,
            page,
            pages: pages(total, PAGE),
        })
    }

    pub async fn begin_reconcile(&self, connection: &str, heals: bool) -> Answer<()> {
        let who = self.require(Role::Operator, "drift.begin", connection).await?.name.clone();
        let (how, detail) = if heals { (How::Healing, "healing") } else { (How::Dry, "dry") };
        self.begin_by(&who, connection, how, "drift.begin", detail).await
    }

    /// Pulls records from before the connection, as many as the breaker lets through before it asks.
    pub async fn backfill(&self, connection: &str, day: &str) -> Answer<()> {
        let who = self.require(Role::Admin, "drift.backfill", connection).await?.name.clone();
        let now = self.parts.clock.now();
        let since = clock::read_moment(&format!("{day} 00:00:00")).filter(|since| (1..now).contains(since));
        let since = since.ok_or_else(|| {
            let (what, why) = ("This is no day to pull records from.", "It must be a date that is not in the future.");
            Trouble::new("BACKFILL-DAY", what, why, "Type it as 2026-11-30.").about("day")
        })?;
        self.begin_by(&who, connection, How::Backfill { since }, "drift.backfill", day).await
    }

    async fn begin_by(&self, who: &str, connection: &str, how: How, action: &str, detail: &str) -> Answer<()> {
        let connection = self.connection_of(connection).await?;
        let store = &self.parts.store;
        let links = store.count_links(&connection.id).await.or_trouble()?;
        let upkeep = store.upkeep(&connection.id).await.or_trouble()?;
        let mut tx = self.begin().await?;
        let clock = self.parts.clock.as_ref();
        if !runs::begin(&mut tx, &connection.id, links, &upkeep, how, who, clock).await.or_trouble()? {
            return Err(Trouble::new(
                "RUN-OPEN",
                "No run was begun.",
                "Another run of this connection is not over.",
                "Wait for its end, or cancel it.",
            ));
        }
        self.audit(&mut tx, action, &connection.id, detail, false).await?;
        self.commit(tx).await?;
        self.tell_drift(&connection.id);
        Ok(())
    }

    /// Until a person lets it go on.
    pub async fn put_run_aside(&self, id: &str) -> Answer<()> {
        self.require(Role::Operator, "drift.stop", id).await?;
        let run = self.run_of(id).await?;
        let mut tx = self.begin().await?;
        if !tx.stop_run(id).await.or_trouble()? {
            return Err(Trouble::new(
                "RUN-OVER",
                "Nothing was stopped.",
                "The run does not run any more.",
                "Reload the page.",
            ));
        }
        self.audit(&mut tx, "drift.stop", id, &format!("{} touched", run.touched), false).await?;
        self.commit(tx).await?;
        self.tell_drift(&run.connection_id);
        Ok(())
    }

    /// Past the breaker: the run may touch every link.
    pub async fn let_run_go_on(&self, id: &str) -> Answer<()> {
        self.require(Role::Admin, "drift.continue", id).await?;
        let run = self.run_of(id).await?;
        let clock = self.parts.clock.as_ref();
        let mut tx = self.begin().await?;
        tx.continue_run(id).await.or_trouble()?;
        queue::drive_at(&mut tx, &run.connection_id, id, clock.now(), clock).await.or_trouble()?;
        self.audit(&mut tx, "drift.continue", id, &format!("{} touched", run.touched), false).await?;
        self.commit(tx).await?;
        self.tell_drift(&run.connection_id);
        Ok(())
    }

    /// What was written stays; nothing more is.
    pub async fn end_run(&self, id: &str) -> Answer<()> {
        self.require(Role::Admin, "drift.cancel", id).await?;
        let run = self.run_of(id).await?;
        let clock = self.parts.clock.as_ref();
        let mut tx = self.begin().await?;
        tx.end_run(id, RunState::Cancelled, clock.now()).await.or_trouble()?;
        queue::drive_at(&mut tx, &run.connection_id, id, clock.now(), clock).await.or_trouble()?;
        self.audit(&mut tx, "drift.cancel", id, &format!("{} touched", run.touched), false).await?;
        self.commit(tx).await?;
        self.tell_drift(&run.connection_id);
        Ok(())
    }

    pub async fn keep_upkeep(&self, form: DriftSettings) -> Answer<()> {
        self.require(Role::Admin, "drift.settings", &form.connection).await?;
        let connection = self.connection_of(&form.connection).await?;
        let DriftSettings { every_minutes, heals, share, least, .. } = form;
        if !(0..=100).contains(&share) || least < 0 || every_minutes < 0 {
            return Err(Trouble::new(
                "FORM-RANGE",
                "These numbers cannot be used.",
                "A share is 0 to 100 percent, and the others are not below 0.",
                "Correct them and save again.",
            )
            .about("share"));
        }
        let upkeep = Upkeep { every_minutes, heals, share, least };
        let clock = self.parts.clock.as_ref();
        let mut tx = self.begin().await?;
        tx.put_upkeep(&connection.id, &upkeep).await.or_trouble()?;
        queue::timetable_at(&mut tx, &connection.id, clock.now(), clock).await.or_trouble()?;
        let detail = serde_json::to_string(&upkeep).unwrap_or_default();
        self.audit(&mut tx, "drift.settings", &connection.id, &detail, false).await?;
        self.commit(tx).await?;
        self.tell_drift(&connection.id);
        Ok(())
    }

    async fn run_of(&self, id: &str) -> Answer<Run> {
        self.parts.store.run(id).await.or_trouble()?.ok_or_else(|| not_found("run"))
    }

    async fn run_row(&self, run: Run) -> Answer<RunRow> {
        let waiting = self.parts.store.count_looks(&run.id).await.or_trouble()?;
        Ok(RunRow {
            kind: match (run.is_backfill(), run.is_dry()) {
                (true, _) => "backfill",
                (false, true) => "dry",
                (false, false) => "healing",
            }
            .to_owned(),
            since: when_any(run.since),
            state: run.state.as_str().to_owned(),
            begun_by: run.begun_by,
            begun: when(run.begun_at),
            ended: when_any(run.ended_at),
            links: run.links,
            looked: (run.queued - waiting).max(0),
            touched: run.touched,
            differences: run.differences,
            allowed: run.allowed,
            id: run.id,
        })
    }

    fn tell_drift(&self, connection: &str) {
        self.parts.wake.wake();
        self.parts.news.tell("drift");
        self.parts.news.moved(connection);
    }
}

/// What a connection says while its run waits for a person.
pub(super) fn stopped_note(run: &Run) -> String {
    if run.is_dry() || run.touched < run.allowed {
        return "A run was stopped by a person. Open Drift to continue or cancel it.".to_owned();
    }
    format!(
        "A reconcile run is stopped: it was about to touch more than {} of {} links. Open Drift to continue or cancel it.",
        run.allowed, run.links
    )
}
