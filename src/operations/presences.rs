//! Who else looks at the same conflicts: told before two people choose, not after.

use super::{Operations, OrTrouble};
use crate::store::Presence;
use app::api::Answer;
use app::model::Role;

/// A look counts so long; an open page looks again well before.
const A_LOOK_MS: i64 = 25_000;

impl Operations {
    /// The person looks at a record's conflicts. Answers who else does.
    pub async fn look_at_conflicts_of(&self, link: &str) -> Answer<Vec<String>> {
        let person = self.require(Role::Viewer, "conflicts.read", link).await?;
        let subject = format!("conflict/{link}");
        let presence = Presence { subject: subject.clone(), person_id: person.id.clone(), name: person.name.clone() };
        let now = self.parts.clock.now();
        let mut tx = self.begin().await?;
        tx.note_presence(&presence, now, now + A_LOOK_MS).await.or_trouble()?;
        self.commit(tx).await?;
        let present = self.parts.store.present(&subject, now).await.or_trouble()?;
        Ok(present.into_iter().filter(|other| other.person_id != person.id).map(|other| other.name).collect())
    }
}
