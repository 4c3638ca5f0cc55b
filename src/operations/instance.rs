//! The clone guard, for people: whether the instance is the one that it was, and what a person says about it.

use super::connect::{check, failed};
use super::{Operations, OrTrouble, broken, not_found};
use crate::store::{Connection, State};
use crate::sync::SyncError;
use app::api::Answer;
use app::error::Trouble;
use app::model::{Check, Role};

const WHAT: &str = "This may be another instance, or a second console.";
const WHAT_TO_DO: &str = "Read the connection's note. If all is the same, press \"It is the same: go on\".";

/// What a test says of it.
pub(super) fn doubted(why: &str) -> Check {
    check("CONN-INSTANCE", WHAT, why, WHAT_TO_DO)
}

impl Operations {
    /// Why the instance may be another one, looked at now; a failed check if nobody can tell.
    pub(super) async fn objection_to(&self, connection: &Connection) -> Result<Option<String>, Check> {
        let side = self.parts.connectors.servicenow(connection).await.map_err(|failure| failed(&failure))?;
        self.parts.guard.look(connection, side.as_ref()).await.map_err(|error| match error {
            SyncError::Failure(failure) => failed(&failure),
            other => check("SERVER-INTERNAL", "The server could not look.", &other.to_string(), "Try again."),
        })
    }

    /// Of a connection in doubt: it stays stopped unless a new look finds all as it was.
    pub(super) async fn require_same_instance(&self, connection: &Connection) -> Answer<()> {
        let remembered = self.parts.store.identity(&connection.id).await.or_trouble()?;
        if remembered.is_none_or(|remembered| remembered.doubted.is_none()) {
            return Ok(());
        }
        let found = self.objection_to(connection).await.map(|objection| objection.map(|why| doubted(&why)));
        match found.unwrap_or_else(Some) {
            None => Ok(()),
            Some(check) => Err(Trouble::new(&check.code, &check.what, &check.why, &check.what_to_do)),
        }
    }

    /// A person knows better than what was seen: that is remembered, and all that waits goes on.
    pub async fn confirm_same_instance(&self, id: &str) -> Answer<()> {
        self.require(Role::Admin, "connections.confirm_instance", id).await?;
        let remembered = self.parts.store.identity(id).await.or_trouble()?;
        let mut seen = remembered.and_then(|remembered| remembered.doubted).ok_or_else(|| not_found("doubt"))?;
        // What another console made until now is known to this person.
        seen.made_since = seen.made_since.max(self.parts.clock.now());
        let mut tx = self.begin().await?;
        tx.remember_identity(id, &seen).await.or_trouble()?;
        self.commit(tx).await?;
        self.parts.oauth.trust(id).await.map_err(|error| broken(&error))?;
        self.set_state(id, State::Active, "", "connections.confirm_instance").await
    }
}
