//! What a connection does, as far as a person sets it: each saving publishes the mapping anew.

use super::{Operations, OrTrouble, not_found};
use crate::queue;
use crate::store::{StoreError, Urgency};
use app::api::Answer;
use app::error::Trouble;
use app::model::{ConnectionSettings, FieldStrategy, Role, SettingsForm};
use merge::{Rules, Strategy};

/// Conflicts looked at again in one transaction.
const BATCH: i64 = 200;

pub(super) const STRATEGIES: [(&str, Strategy); 3] = [
    ("last_write_wins", Strategy::LastWriteWins),
    ("ownership_priority", Strategy::OwnershipPriority),
    ("manual_review", Strategy::ManualReview),
];

pub(super) fn shown(rules: &Rules) -> ConnectionSettings {
    ConnectionSettings {
        version: rules.version,
        strategy: spelled(rules.strategy),
        fields: rules
            .fields
            .iter()
            .map(|rule| FieldStrategy {
                field: rule.name.clone(),
                strategy: rule.strategy.map(spelled).unwrap_or_default(),
            })
            .collect(),
    }
}

impl Operations {
    pub async fn publish_settings(&self, form: SettingsForm) -> Answer<()> {
        self.require(Role::Admin, "connections.settings", &form.id).await?;
        let mut tx = self.begin().await?;
        let mut rules = tx.rules_for_edit(&form.id).await.or_trouble()?.ok_or_else(|| not_found("connection"))?;
        if rules.version != form.version {
            return Err(StoreError::Stale).or_trouble();
        }
        rules.strategy = strategy(&form.strategy)?;
        for rule in &mut rules.fields {
            if let Some(chosen) = form.fields.get(&rule.name) {
                rule.strategy = if chosen.is_empty() { None } else { Some(strategy(chosen)?) };
            }
        }
        rules.version += 1;
        tx.publish_rules(&form.id, &rules).await.or_trouble()?;
        let detail = format!("version {}, strategy {}", rules.version, form.strategy);
        self.audit(&mut tx, "connections.settings", &form.id, &detail, false).await?;
        self.commit(tx).await?;
        self.look_at_conflicts(&form.id).await?;
        self.parts.news.connection(&form.id);
        Ok(())
    }

    /// Another strategy may decide what waits for a person.
    async fn look_at_conflicts(&self, connection: &str) -> Answer<()> {
        for page in 0.. {
            let found = self.parts.store.conflicts(connection, BATCH, page * BATCH).await.or_trouble()?;
            if found.is_empty() {
                break;
            }
            let mut tx = self.begin().await?;
            let records = found.iter().map(|listed| (connection, listed.servicenow_id.as_str()));
            queue::look_at_all(&mut tx, records, Urgency::Live, self.parts.clock.as_ref()).await.or_trouble()?;
            self.commit(tx).await?;
        }
        self.parts.wake.wake();
        Ok(())
    }
}

pub(super) fn spelled(strategy: Strategy) -> String {
    STRATEGIES.iter().find(|(_, is)| *is == strategy).map(|(name, _)| (*name).to_owned()).unwrap_or_default()
}

fn strategy(name: &str) -> Answer<Strategy> {
    STRATEGIES.iter().find(|(is, _)| *is == name).map(|(_, strategy)| *strategy).ok_or_else(|| {
        Trouble::new(
            "SETTINGS-STRATEGY",
            "There is no such strategy.",
            &format!("\"{name}\" is not one of the three."),
            "Choose one from the list.",
        )
        .about("strategy")
    })
}
