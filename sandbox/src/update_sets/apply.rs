//! Commit: every update that is not skipped becomes what it says.

use std::collections::HashSet;
use std::sync::Arc;

use super::payload::{self, Carried};
use super::{Result, SETS, UpdateSetError, keeping};
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Refusal, Writer};
use crate::rules::Transaction;
use crate::user::User;

#[derive(Default)]
struct Counts {
    inserted: u32,
    updated: u32,
    deleted: u32,
}

impl Instance {
    /// All that was previewed. What cannot be written is in the log and holds up nothing else.
    pub async fn commit_update_set(self: &Arc<Self>, user: &User, sys_id: &str) -> Result<()> {
        let set = self.update_set(sys_id).await?;
        if set.get("state") != "previewed" {
            return Err(UpdateSetError::State(set.get("state").to_owned(), "previewed"));
        }
        let problems = self.problems_of(&set).await?;
        if problems.iter().any(|problem| problem.get("type") == "error" && problem.get("status").is_empty()) {
            return Err(UpdateSetError::Unresolved);
        }
        let skipped = problems.iter().filter(|problem| problem.get("status") == "skipped");
        let skipped: HashSet<&str> = skipped.map(|problem| problem.get("remote_update")).collect();
        let mut counts = Counts::default();
        for update in self.updates_of(&set).await? {
            if skipped.contains(update.sys_id()) {
                continue;
            }
            for carried in payload::read(update.get("payload")).unwrap_or_default() {
                if let Err(cause) = self.apply_update(user, carried, &mut counts).await {
                    let message = format!("{}: {cause}", update.get("name"));
                    self.log(2, "Update set commit", &message).await;
                }
            }
        }
        self.close_update_set(user, &set, &counts).await
    }

    async fn apply_update(self: &Arc<Self>, user: &User, carried: Carried, counts: &mut Counts) -> Result<()> {
        let Some(table) = self.table(&carried.table) else {
            return Ok(());
        };
        // The stamps are those of the instance that the set comes from.
        let by = Writer { stamps: false, ..Writer::script(user, &Transaction::default()) };
        let here = self.counterpart(table, &carried.values).await?;
        match (here, carried.deletes) {
            (None, true) => {}
            (Some(here), true) => {
                self.delete(by, table, here.sys_id()).await?;
                counts.deleted += 1;
            }
            (None, false) => {
                self.insert(by, table, Input::new(carried.values.iter())).await?;
                counts.inserted += 1;
            }
            (Some(here), false) => {
                // A private property's value belongs to the instance that it is on (contract 11.3).
                let is_private = table.name == "sys_properties" && carried.values.is_true("is_private");
                let values = carried.values.iter().filter(|(column, _)| !is_private || *column != "value");
                self.update(by, table, here.sys_id(), Input::new(values)).await?;
                counts.updated += 1;
            }
        }
        Ok(())
    }

    /// The set says what it did, and stands among the local sets from now on.
    async fn close_update_set(self: &Arc<Self>, user: &User, set: &Record, counts: &Counts) -> Result<()> {
        let now = self.clock.stamp();
        let values = [
            ("name", set.get("name")),
            ("state", "complete"),
            ("application", set.get("application")),
            ("description", set.get("description")),
            ("remote_sys_id", set.get("remote_sys_id")),
            ("install_date", &now),
            ("completed_on", &now),
        ];
        let local = match self.table("sys_update_set") {
            Some(table) => self.insert(keeping(user), table, Input::new(values)).await?.sys_id().to_owned(),
            None => String::new(),
        };
        let values = [
            ("state", "committed"),
            ("commit_date", &now),
            ("update_set", &local),
            ("inserted", &counts.inserted.to_string()),
            ("updated", &counts.updated.to_string()),
            ("deleted", &counts.deleted.to_string()),
        ];
        let saved = self.update(keeping(user), self.system_table(SETS)?, set.sys_id(), Input::new(values)).await;
        saved.map(drop).map_err(|cause: Refusal| cause.into())
    }
}
