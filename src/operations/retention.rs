//! How long each kind is kept.

use super::{Operations, OrTrouble};
use crate::queue;
use crate::store::{Retention, State};
use app::api::Answer;
use app::error::Trouble;
use app::model::{RetentionDays, Role};

impl Operations {
    pub async fn see_retention(&self) -> Answer<RetentionDays> {
        self.require(Role::Viewer, "retention.read", "").await?;
        let Retention { history, changes, deliveries, closed, runs } =
            self.parts.store.retention().await.or_trouble()?;
        Ok(RetentionDays { history, changes, deliveries, closed, runs })
    }

    pub async fn keep_retention(&self, days: RetentionDays) -> Answer<()> {
        self.require(Role::Admin, "retention.settings", "").await?;
        let RetentionDays { history, changes, deliveries, closed, runs } = days;
        if [history, changes, deliveries, closed, runs].iter().any(|days| !(0..=36_500).contains(days)) {
            return Err(Trouble::new(
                "FORM-RANGE",
                "These days cannot be used.",
                "Days are 0, for ever, up to 36500.",
                "Correct them and save again.",
            )
            .about("history"));
        }
        let retention = Retention { history, changes, deliveries, closed, runs };
        let clock = self.parts.clock.as_ref();
        let connections = self.parts.store.connections().await.or_trouble()?;
        let mut tx = self.begin().await?;
        tx.put_retention(&retention).await.or_trouble()?;
        // What is kept no longer goes now, not with the next hour.
        for connection in connections.iter().filter(|connection| connection.state == State::Active) {
            queue::purge_at(&mut tx, &connection.id, clock.now(), clock).await.or_trouble()?;
        }
        let detail = serde_json::to_string(&retention).unwrap_or_default();
        self.audit(&mut tx, "retention.settings", "", &detail, false).await?;
        self.commit(tx).await?;
        self.parts.wake.wake();
        Ok(())
    }
}
