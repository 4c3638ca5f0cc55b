//! Preview: what each update would do here, and what speaks against it.

use std::collections::HashSet;
use std::sync::Arc;

use super::payload::{self, Carried};
use super::{PREVIEWS, PROBLEMS, Result, SETS, UpdateSetError, keeping};
use crate::dictionary::{Kind, Table};
use crate::instance::Instance;
use crate::record::Record;
use crate::records::Input;
use crate::user::User;

/// What an update does to its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    Insert,
    Update,
    Delete,
    /// The record here is newer.
    Collision,
    Nothing,
}

impl Disposition {
    fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Collision => "collision",
            Self::Nothing => "none",
        }
    }
}

enum Problem {
    /// Must be accepted or skipped before the commit.
    Error(String),
    Warning(String),
}

impl Instance {
    pub async fn preview_update_set(self: &Arc<Self>, user: &User, sys_id: &str) -> Result<()> {
        let set = self.update_set(sys_id).await?;
        if set.get("state") == "committed" {
            return Err(UpdateSetError::State("committed".to_owned(), "loaded"));
        }
        self.remove_rows(user, &set, PROBLEMS).await?;
        self.remove_rows(user, &set, PREVIEWS).await?;
        let updates = self.updates_of(&set).await?;
        let read: Vec<_> = updates.iter().map(|update| payload::read(update.get("payload"))).collect();
        let coming: HashSet<String> = read
            .iter()
            .flatten()
            .flatten()
            .filter(|carried| !carried.deletes)
            .map(|carried| carried.values.sys_id().to_owned())
            .collect();
        let mut collisions = 0;
        for (update, carried) in updates.iter().zip(&read) {
            let (disposition, problems) = match carried {
                Ok(carried) => self.judge(carried, &coming).await?,
                Err(cause) => {
                    (Disposition::Nothing, vec![Problem::Error(format!("The payload cannot be read: {cause}"))])
                }
            };
            collisions += i32::from(disposition == Disposition::Collision);
            self.keep_preview(user, &set, update, disposition, problems).await?;
        }
        let values = [("state", "previewed"), ("collisions", &collisions.to_string())];
        self.update(keeping(user), self.system_table(SETS)?, set.sys_id(), Input::new(values)).await?;
        Ok(())
    }

    async fn keep_preview(
        self: &Arc<Self>,
        user: &User,
        set: &Record,
        update: &Record,
        disposition: Disposition,
        problems: Vec<Problem>,
    ) -> Result<()> {
        let about = [("remote_update_set", set.sys_id()), ("remote_update", update.sys_id())];
        let values = [("name", update.get("name")), ("disposition", disposition.name())];
        let input = Input::new(about.into_iter().chain(values));
        self.insert(keeping(user), self.system_table(PREVIEWS)?, input).await?;
        for problem in problems {
            let (kind, description) = match &problem {
                Problem::Error(text) => ("error", text),
                Problem::Warning(text) => ("warning", text),
            };
            let values = [("type", kind), ("description", description)];
            let input = Input::new(about.into_iter().chain(values));
            self.insert(keeping(user), self.system_table(PROBLEMS)?, input).await?;
        }
        Ok(())
    }

    async fn judge(&self, carried: &[Carried], coming: &HashSet<String>) -> Result<(Disposition, Vec<Problem>)> {
        let mut problems = Vec::new();
        let mut disposition = Disposition::Nothing;
        for one in carried {
            let Some(table) = self.table(&one.table) else {
                problems.push(Problem::Error(format!("Table '{}' does not exist", one.table)));
                continue;
            };
            if makes_structure(&one.table) {
                let text =
                    "Tables and columns do not come with update sets here: the record is kept, and changes nothing";
                problems.push(Problem::Warning(text.to_owned()));
            }
            let here = self.counterpart(table, &one.values).await?;
            disposition = match (&here, one.deletes) {
                (None, true) => Disposition::Nothing,
                (Some(_), true) => Disposition::Delete,
                (None, false) => Disposition::Insert,
                (Some(here), false) if here.get("sys_updated_on") > one.values.get("sys_updated_on") => {
                    problems.push(Problem::Error("Found a local update that is newer than this one".to_owned()));
                    Disposition::Collision
                }
                (Some(_), false) => Disposition::Update,
            };
            if !one.deletes {
                problems.extend(self.missing(table, &one.values, coming).await?);
            }
        }
        Ok((disposition, problems))
    }

    /// The record here that an update is about: the one with its sys_id or, for a property, its name.
    pub(super) async fn counterpart(&self, table: &Table, values: &Record) -> Result<Option<Record>> {
        let found = self.store.get(table, values.sys_id()).await?;
        if found.is_some() || table.name != "sys_properties" {
            return Ok(found);
        }
        Ok(self.store.find(table, "name", values.get("name")).await?)
    }

    /// References to records that are neither here nor in the set.
    async fn missing(&self, table: &Table, values: &Record, coming: &HashSet<String>) -> Result<Vec<Problem>> {
        let mut problems = Vec::new();
        for column in table.stored_columns().filter(|column| column.kind == Kind::Reference) {
            let value = values.get(&column.name);
            let target = column.reference.as_deref().and_then(|name| self.table(name));
            let (Some(target), 32, false) = (target, value.len(), coming.contains(value)) else {
                continue;
            };
            if self.store.get(target, value).await?.is_none() {
                let (target, column) = (&target.name, &column.name);
                let text = format!("Could not find a record in {target} for column {column} referenced in this update");
                problems.push(Problem::Error(text));
            }
        }
        Ok(problems)
    }
}

fn makes_structure(table: &str) -> bool {
    matches!(table, "sys_db_object" | "sys_dictionary" | "sys_dictionary_override")
}
