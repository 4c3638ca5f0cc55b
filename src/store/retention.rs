//! What is removed after a while, by the administrator's word, and the line that each removal leaves.

use super::{Result, Store, Tx, read_json, to_json};
use serde::{Deserialize, Serialize};

/// Days to keep each kind; 0 for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    pub history: i64,
    pub changes: i64,
    pub deliveries: i64,
    /// Closed dead letters, and conflicts that are over.
    pub closed: i64,
    pub runs: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { history: 0, changes: 90, deliveries: 90, closed: 0, runs: 90 }
    }
}

const SETTING: &str = "retention";

/// What can be purged. Whatever something open still needs is kept, however old it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purgeable {
    History,
    Changes,
    Deliveries,
    Attempts,
    DeadLetters,
    Conflicts,
    Runs,
}

impl Purgeable {
    pub const ALL: [Self; 7] = [
        Self::History,
        Self::Changes,
        Self::Deliveries,
        Self::Attempts,
        Self::DeadLetters,
        Self::Conflicts,
        Self::Runs,
    ];

    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::History => "history",
            Self::Changes => "changes",
            Self::Deliveries => "deliveries",
            Self::Attempts => "attempts of deliveries",
            Self::DeadLetters => "dead letters",
            Self::Conflicts => "conflicts",
            Self::Runs => "reconcile runs",
        }
    }

    pub fn days(self, retention: &Retention) -> i64 {
        match self {
            Self::History => retention.history,
            Self::Changes => retention.changes,
            Self::Deliveries | Self::Attempts => retention.deliveries,
            Self::DeadLetters | Self::Conflicts => retention.closed,
            Self::Runs => retention.runs,
        }
    }

    fn sql(self) -> &'static str {
        match self {
            // The story of an open conflict is what the person who chooses reads.
            Self::History => {
                "delete from history where id in (select h.id from history h where h.at < $1 and not exists \
                 (select 1 from conflicts c where c.link_id = h.link_id and c.state in ('open', 'chosen')) \
                 order by h.id limit $2)"
            }
            // A poll reads again from its cursor, and a record that waits is told by what was heard of it.
            Self::Changes => {
                "delete from changes where id in (select h.id from changes h where h.arrived_at < $1 and not exists \
                 (select 1 from cursors c where c.connection_id = h.connection_id and c.stream = \
                 case h.side when 'servicenow' then 'records' else 'tickets' end and c.at - 3600000 <= h.arrived_at) and not exists \
                 (select 1 from jobs j where j.lane = h.connection_id || '/' || h.record_id) \
                 order by h.id limit $2)"
            }
            // The others of a link with an unsure one say what went before it.
            Self::Deliveries => {
                "delete from deliveries where id in (select d.id from deliveries d where d.done_at < $1 \
                 and d.state in ('done', 'refused', 'superseded') and not exists (select 1 from deliveries o \
                 where o.link_id = d.link_id and o.state in ('planned', 'sending')) order by d.id limit $2)"
            }
            // They go with their delivery.
            Self::Attempts => {
                "delete from attempts where id in (select a.id from attempts a where a.at < $1 and not exists \
                 (select 1 from deliveries d where d.id = a.delivery_id) order by a.id limit $2)"
            }
            Self::DeadLetters => {
                "delete from dead_letters where id in (select id from dead_letters where closed_at < $1 \
                 and state <> 'open' and holds = 0 order by id limit $2)"
            }
            Self::Conflicts => {
                "delete from conflicts where id in (select id from conflicts where closed_at < $1 \
                 and state in ('resolved', 'withdrawn') order by id limit $2)"
            }
            Self::Runs => {
                "delete from runs where id in (select r.id from runs r where r.ended_at < $1 \
                 and r.state in ('done', 'cancelled') and not exists (select 1 from findings f where f.run_id = r.id) \
                 order by r.id limit $2)"
            }
        }
    }
}

/// The line that a purge leaves.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Purge {
    pub id: String,
    pub at: i64,
    pub what: String,
    pub removed: i64,
    pub up_to: i64,
}

impl Store {
    pub async fn retention(&self) -> Result<Retention> {
        match self.setting(SETTING).await? {
            Some(text) => read_json(&text, "settings", "value", SETTING),
            None => Ok(Retention::default()),
        }
    }

    /// The newest first.
    pub async fn purges(&self, limit: i64) -> Result<Vec<Purge>> {
        let sql = "select id, at, what, removed, up_to from purges order by id desc limit $1";
        Ok(sqlx::query_as(sql).bind(limit).fetch_all(&mut *self.pool.take().await?).await?)
    }
}

impl Tx {
    pub async fn put_retention(&mut self, retention: &Retention) -> Result<()> {
        self.put_setting(SETTING, &to_json(retention)).await
    }

    /// Removes up to so many rows from before a moment. Answers how many.
    pub async fn purge(&mut self, what: Purgeable, before: i64, limit: i64) -> Result<i64> {
        if what == Purgeable::Runs {
            // A run goes after its findings, of which there may be many.
            let sql = "delete from findings where (run_id, lane, rule) in (select f.run_id, f.lane, f.rule from findings f \
                       join runs r on r.id = f.run_id where r.ended_at < $1 and r.state in ('done', 'cancelled') limit $2)";
            let done = sqlx::query(sql).bind(before).bind(limit).execute(self.now().await?).await?;
            if done.rows_affected() > 0 {
                return Ok(i64::try_from(done.rows_affected()).unwrap_or_default());
            }
        }
        let done = sqlx::query(what.sql()).bind(before).bind(limit).execute(self.now().await?).await?;
        Ok(i64::try_from(done.rows_affected()).unwrap_or_default())
    }

    /// In the transaction of the removal: the line is there exactly as far as something was removed.
    pub async fn note_purge(&mut self, purge: &Purge) -> Result<()> {
        let sql = "insert into purges (id, at, what, removed, up_to) values ($1, $2, $3, $4, $5) \
                   on conflict (id) do update set removed = purges.removed + excluded.removed";
        sqlx::query(sql)
            .bind(&purge.id)
            .bind(purge.at)
            .bind(&purge.what)
            .bind(purge.removed)
            .bind(purge.up_to)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }
}
