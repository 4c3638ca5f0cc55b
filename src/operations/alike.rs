//! The same answer for every conflict about a field: one act, for as many as the person was shown, and no others.

use super::conflicts::{held, stale};
use super::{Operations, OrTrouble};
use crate::queue;
use crate::store::{ConflictState, ListedConflict, Urgency};
use crate::sync::{conflicts, story};
use app::api::Answer;
use app::error::Trouble;
use app::model::{Alike, AlikeQuestion, AlikeRow, Role};

/// Conflicts that one act answers: they are in one transaction.
const AT_ONCE: i64 = 500;
/// Those that the question shows.
const SHOWN: usize = 50;

impl Operations {
    /// What the answer would be given to.
    pub async fn see_alike(&self, question: AlikeQuestion) -> Answer<Alike> {
        self.require(Role::Operator, "conflicts.alike.read", &question.connection).await?;
        let connection = self.connection_of(&question.connection).await?;
        let found = self.answerable(&question).await?;
        let row = |listed: &ListedConflict| AlikeRow {
            conflict: listed.conflict.id.clone(),
            reference: listed.servicenow_number.clone(),
            ticket_number: listed.ticket_number.clone(),
            servicenow: story::show(&listed.conflict.servicenow),
            base: listed.conflict.base.as_ref().map(story::show).unwrap_or_default(),
            platform: story::show(&listed.conflict.platform),
        };
        Ok(Alike {
            count: i64::try_from(found.len()).unwrap_or_default(),
            rows: found.iter().take(SHOWN).map(row).collect(),
            rule: self.rule_for(&connection, &question.field, &question.take).await?,
            platform: connection.rules.platform_name.clone(),
            connection: connection.name,
            question,
        })
    }

    /// Answers all of them. `count` is how many the person was shown: one more or less, and nothing is done.
    pub async fn choose_alike(&self, question: AlikeQuestion, count: i64) -> Answer<()> {
        let by = self.require(Role::Operator, "conflicts.choose_alike", &question.connection).await?.name.clone();
        let connection = self.connection_of(&question.connection).await?;
        let found = self.answerable(&question).await?;
        let now = i64::try_from(found.len()).unwrap_or_default();
        if now != count || now == 0 {
            return Err(Trouble::new(
                "CONFLICT-COUNT",
                "Nothing was chosen.",
                &format!("You were asked about {count} conflicts, and by now there are {now}."),
                "Look at them as they are now and choose again.",
            ));
        }
        let mut links = Vec::new();
        for listed in &found {
            links.push(self.link_of_conflict(&listed.conflict.link_id).await?);
        }
        let clock = self.parts.clock.as_ref();
        let mut tx = self.begin().await?;
        for (listed, link) in found.iter().zip(&links) {
            let value = held(&listed.conflict, &question.take)?;
            conflicts::choose(clock, &mut tx, link, &listed.conflict, &value, &by)
                .await
                .map_err(|error| stale(error, &listed.conflict))?;
        }
        let detail = format!("{}: {} for {count} conflicts", question.field, question.take);
        self.audit(&mut tx, "conflicts.choose_alike", &connection.id, &detail, false).await?;
        let records = links.iter().map(|link| (connection.id.as_str(), link.servicenow_id.as_str()));
        queue::look_at_all(&mut tx, records, Urgency::Bulk, clock).await.or_trouble()?;
        self.commit(tx).await?;
        for link in &links {
            self.tell_chosen(link);
        }
        Ok(())
    }

    /// Open ones that have such a value to take.
    async fn answerable(&self, question: &AlikeQuestion) -> Answer<Vec<ListedConflict>> {
        let AlikeQuestion { connection, field, .. } = question;
        let mut found = self.parts.store.conflicts_alike(connection, field, AT_ONCE).await.or_trouble()?;
        found.retain(|one| one.conflict.state == ConflictState::Open && held(&one.conflict, &question.take).is_ok());
        Ok(found)
    }
}
