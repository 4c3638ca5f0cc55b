//! The end of an authorization: ServiceNow does not extend a refresh token (contract 1.4), so people are warned ahead.
//! The date is a forecast; what ServiceNow answers decides.

use super::{Oauth, OauthError};
use crate::clock;
use crate::store::AuditEntry;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const DAY_MS: i64 = 24 * 3600 * 1000;
/// Warnings come so many days before the end.
const WARN_DAYS: [i64; 3] = [1, 7, 14];
const LOOK_EVERY: Duration = Duration::from_hours(1);

/// The warning to give now, in days before the end; `warned` is the last one given, 0 for none. Of several that were
/// missed the latest is given.
fn due(left_ms: i64, warned: i64) -> Option<i64> {
    let days = WARN_DAYS.into_iter().find(|days| left_ms <= days * DAY_MS)?;
    (warned == 0 || days < warned).then_some(days)
}

/// Begun days count: on the day of the grant there are 100.
pub fn days_left(refresh_ends: i64, now: i64) -> i64 {
    (refresh_ends - now + DAY_MS - 1).div_euclid(DAY_MS)
}

impl Oauth {
    /// Warns of every authorization that ends soon, of those of stopped connections too. Each warning is given once,
    /// whatever the number of processes. Answers how many were.
    pub async fn warn_of_ends(&self) -> Result<usize, OauthError> {
        let now = self.clock.now();
        let mut given = 0;
        for ending in self.store.tokens_ending_before(now + WARN_DAYS[2] * DAY_MS + 1).await? {
            let Some(days) = due(ending.refresh_ends - now, ending.warned_days) else { continue };
            let day = clock::format_moment(ending.refresh_ends, "%-d %B %Y");
            let detail = format!(
                "The authorization of {} ends on {day}, in {} days. Press \"Regenerate token\" before; later, what \
                 arrives waits until somebody does.",
                ending.name,
                days_left(ending.refresh_ends, now).max(0)
            );
            let mut tx = self.store.begin().await?;
            if !tx.note_warning(&ending.connection_id, ending.warned_days, days).await? {
                continue;
            }
            let entry = AuditEntry {
                id: &self.clock.id(),
                at: now,
                person: "isthmus",
                token: "",
                action: "connections.access_ends",
                subject: &ending.connection_id,
                detail: &detail,
                refused: false,
            };
            tx.note_audit(&entry).await?;
            tx.commit().await?;
            tracing::warn!(connection.id = %ending.connection_id, "{detail}");
            given += 1;
        }
        Ok(given)
    }

    /// Looks every hour, until stopped.
    pub async fn watch_ends(self, stop: CancellationToken) {
        let mut every = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = every.tick() => {}
            }
            if let Err(error) = self.warn_of_ends().await {
                tracing::error!(%error, "the ends of authorizations could not be read; trying again in an hour");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_warning_is_due_once() {
        assert_eq!(due(15 * DAY_MS, 0), None);
        assert_eq!(due(14 * DAY_MS, 0), Some(14));
        assert_eq!(due(14 * DAY_MS, 14), None);
        assert_eq!(due(7 * DAY_MS + 1, 14), None);
        assert_eq!(due(7 * DAY_MS, 14), Some(7));
        assert_eq!(due(DAY_MS, 7), Some(1));
        assert_eq!(due(-DAY_MS, 1), None);
        assert_eq!(due(DAY_MS / 2, 0), Some(1), "the server stood still for two weeks");
    }

    #[test]
    fn begun_days_count() {
        assert_eq!(days_left(100 * DAY_MS, 0), 100);
        assert_eq!(days_left(100 * DAY_MS, 1), 100);
        assert_eq!(days_left(100 * DAY_MS, DAY_MS), 99);
        assert_eq!(days_left(0, 1), 0);
        assert_eq!(days_left(0, 2 * DAY_MS), -2);
    }
}
