//! Creating, changing and deleting records as the instance does it, whoever asks: the REST API, the
//! agent's form and the demo data all come through here (contract 2.8, 3.4, 4).

mod accept;
mod account;
mod audit;
mod authentication;
mod before;
mod behaviour;
mod case;
mod change;
mod deletion;
mod escalation;
mod incident;
pub(crate) mod journal;
mod knowledge;
mod person;
mod policy;
mod problem;
mod task;
mod writer;

use std::sync::Arc;

use axum::http::StatusCode;

use crate::acl::Operation as Access;
use crate::api::ApiError;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::query::Changes;
use crate::random;
use crate::record::Record;
use crate::rules::{Event, Operation};
use crate::store;
use crate::user::User;

pub(crate) use accept::Input;
pub(crate) use audit::JOURNAL_ADDITION;
pub(crate) use policy::Policy;
pub(crate) use writer::Writer;

/// Why the instance does not write.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("Record doesn't exist or ACL restricts the record retrieval")]
    NotFound,
    #[error("Data Policy Exception: The following fields are mandatory: {0}")]
    Mandatory(String),
    #[error("ACL Exception {0} Failed due to security constraints")]
    Denied(&'static str),
    #[error("Data Policy Exception: The following fields are read only: {0}")]
    ReadOnly(String),
    #[error("Unique Key violation detected by database (Duplicate entry '{value}' for key '{key}')")]
    Duplicate { value: String, key: String },
    #[error("Operation against file '{table}' was aborted by Business Rule '{rule}'. Business Rule Stack:{stack}")]
    Aborted { table: String, rule: String, stack: String },
    #[error("The instance's store failed: {0}")]
    Store(#[from] sqlx::Error),
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let detail = Some(refusal.to_string());
        match refusal {
            Refusal::NotFound => ApiError::no_record(),
            Refusal::Store(cause) => ApiError::from(cause),
            Refusal::Mandatory(_)
            | Refusal::ReadOnly(_)
            | Refusal::Denied(_)
            | Refusal::Duplicate { .. }
            | Refusal::Aborted { .. } => ApiError::new(StatusCode::FORBIDDEN, "Operation Failed", detail),
        }
    }
}

/// One write on its way: what is there, what it becomes, and what is added to its journals.
struct Draft<'a> {
    table: &'a Table,
    user: &'a User,
    by: &'a Writer<'a>,
    now: String,
    before: Record,
    after: Record,
    /// Column and text of each new journal entry.
    entries: Vec<(String, String)>,
}

impl Draft<'_> {
    fn is_new(&self) -> bool {
        self.before.sys_id().is_empty()
    }

    fn changes(&self, column: &str) -> bool {
        self.before.get(column) != self.after.get(column)
    }

    fn comments(&self) -> bool {
        self.entries.iter().any(|(column, _)| column == "comments")
    }

    /// A data policy: these columns must have a value.
    fn must_have(&self, columns: &[&str]) -> Result<(), Refusal> {
        let missing: Vec<&str> = columns
            .iter()
            .filter(|column| self.after.get(column).trim().is_empty())
            .filter_map(|column| self.table.column(column).map(|column| column.label.as_str()))
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(Refusal::Mandatory(missing.join(", "))) }
    }

    /// What the filters of business rules may ask about.
    fn changed(&self) -> Changes {
        let columns = self.after.iter().filter(|(column, _)| self.changes(column));
        let mut changes: Changes =
            columns.map(|(c, new)| (c.to_owned(), (self.before.get(c).to_owned(), new.to_owned()))).collect();
        for (column, text) in &self.entries {
            changes.insert(column.clone(), (String::new(), text.clone()));
        }
        changes
    }

    fn stamp_insert(&mut self) {
        let (now, name) = (self.now.as_str(), self.user.user_name.as_str());
        let stamps =
            [("created_on", now), ("updated_on", now), ("created_by", name), ("updated_by", name), ("mod_count", "0")];
        for (column, value) in stamps {
            let column = format!("sys_{column}");
            if self.by.stamps {
                self.after.set(&column, value);
            } else {
                self.after.fill(&column, value);
            }
        }
    }

    fn stamp_update(&mut self) {
        if self.by.stamps {
            self.after.set("sys_updated_on", &self.now);
            self.after.set("sys_updated_by", &self.user.user_name);
            self.after.set("sys_mod_count", (self.before.number("sys_mod_count") + 1).to_string());
        }
    }

    /// The write as rules see it.
    fn event(&self, operation: Operation) -> Event {
        Event {
            table: self.table.name.clone(),
            operation,
            current: self.after.clone(),
            previous: Some(self.before.clone()).filter(|before| !before.sys_id().is_empty()),
            changes: self.changed(),
            user: self.user.clone(),
            transaction: self.by.transaction.clone(),
        }
    }

    /// Others have written while rules ran: what this write changes stays, the rest is theirs.
    fn rebase(&mut self, now: Record) {
        let changed: Record = self.after.iter().filter(|(column, _)| self.changes(column)).collect();
        self.after = now.clone();
        self.before = now;
        for (column, value) in changed.iter() {
            self.after.set(column, value);
        }
    }
}

impl Instance {
    pub async fn insert<'a>(
        self: &Arc<Self>,
        by: impl Into<Writer<'a>>,
        table: &Table,
        input: Input,
    ) -> Result<Record, Refusal> {
        // Boxed, because a rule that writes comes here again.
        let by = by.into();
        Box::pin(self.insert_by(&by, table, input)).await
    }

    async fn insert_by(self: &Arc<Self>, by: &Writer<'_>, table: &Table, input: Input) -> Result<Record, Refusal> {
        let user = by.user;
        let write = self.store.write().await;
        let now = self.clock.stamp();
        let after: Record = table.columns.values().map(|column| (&column.name, &column.default)).collect();
        let mut draft =
            Draft { table, user, by, now: now.clone(), before: Record::default(), after, entries: Vec::new() };
        let sys_id = input.sys_id().map_or_else(random::sys_id, str::to_owned);
        if self.store.get(table, &sys_id).await?.is_some() {
            return Err(Refusal::Duplicate { value: sys_id, key: "PRIMARY".to_owned() });
        }
        draft.after.set("sys_id", &sys_id);
        self.accept(&mut draft, input).await?;
        if table.column("sys_class_name").is_some() {
            draft.after.set("sys_class_name", &table.name);
        }
        if table.is_task() {
            draft.after.fill("opened_at", &now);
            draft.after.fill("opened_by", &user.sys_id);
        }
        self.guard(by, Access::Create, table, &draft.after).await?;
        if let Some(prefix) = table.number_prefix.as_deref().filter(|_| draft.after.get("number").is_empty()) {
            draft.after.set("number", format!("{prefix}{:07}", write.next_number(prefix).await?));
        }
        if table.is_task() {
            let number = draft.after.get("number").to_owned();
            draft.after.fill("task_effective_number", number);
        }
        let mut write = self.prepare(&mut draft, write).await?;
        self.may_be_saved(&draft).await?;
        draft.stamp_insert();
        write.insert(table, &draft.after);
        self.finish(draft, write, Operation::Insert).await
    }

    pub async fn update<'a>(
        self: &Arc<Self>,
        by: impl Into<Writer<'a>>,
        table: &Table,
        sys_id: &str,
        input: Input,
    ) -> Result<Record, Refusal> {
        let by = by.into();
        Box::pin(self.update_by(&by, table, sys_id, input)).await
    }

    async fn update_by(
        self: &Arc<Self>,
        by: &Writer<'_>,
        table: &Table,
        sys_id: &str,
        input: Input,
    ) -> Result<Record, Refusal> {
        let user = by.user;
        let write = self.store.write().await;
        let before = self.store.get(table, sys_id).await?.ok_or(Refusal::NotFound)?;
        let table = self.class(table, &before);
        self.guard(by, Access::Write, table, &before).await?;
        let now = self.clock.stamp();
        let after = before.clone();
        let mut draft = Draft { table, user, by, now, before, after, entries: Vec::new() };
        self.accept(&mut draft, input).await?;
        let mut write = self.prepare(&mut draft, write).await?;
        if draft.before == draft.after && draft.entries.is_empty() {
            // Nothing changes, so nothing is saved and no rule runs (contract 3.4).
            return Ok(draft.after);
        }
        self.may_be_saved(&draft).await?;
        draft.stamp_update();
        write.update(table, &draft.before, &draft.after);
        self.finish(draft, write, Operation::Update).await
    }

    /// What holds for whoever writes, unless rules are put aside.
    async fn may_be_saved(&self, draft: &Draft<'_>) -> Result<(), Refusal> {
        self.is_unique(draft).await?;
        if draft.by.rules { self.policies_hold(draft).await } else { Ok(()) }
    }

    /// Access rules, which do not bind scripts: what cannot be read is not there.
    async fn guard(&self, by: &Writer<'_>, access: Access, table: &Table, record: &Record) -> Result<(), Refusal> {
        if by.script {
            return Ok(());
        }
        if access != Access::Create && !self.may_read(by.user, table, record).await? {
            return Err(Refusal::NotFound);
        }
        if self.may(by.user, access, table, record).await? {
            return Ok(());
        }
        Err(Refusal::Denied(match access {
            Access::Create => "Insert",
            Access::Delete => "Delete",
            _ => "Update",
        }))
    }

    /// The table that the record really belongs to: a task found through `task` is an incident.
    pub(crate) fn class<'a>(&'a self, table: &'a Table, record: &Record) -> &'a Table {
        self.table(record.get("sys_class_name")).filter(|class| class.root == table.root).map_or(table, AsRef::as_ref)
    }

    async fn finish(
        self: &Arc<Self>,
        mut draft: Draft<'_>,
        mut write: store::Write<'_>,
        operation: Operation,
    ) -> Result<Record, Refusal> {
        let mut entries = Vec::new();
        if let Some(journal) = self.table("sys_journal_field") {
            for (column, text) in std::mem::take(&mut draft.entries) {
                let entry = journal::entry(&draft, &column, &text);
                write.insert(journal, &entry);
                entries.push(entry);
                draft.entries.push((column, text));
            }
        }
        if draft.by.rules {
            self.audit(&draft, &mut write).await?;
        }
        let event = draft.event(operation);
        write.commit().await?;
        self.after_write(&draft).await;
        let Draft { table, user, by, after, .. } = draft;
        if !by.rules {
            return Ok(after);
        }
        let jobs = self.matching_rules(&event).await?;
        let rewritten = jobs.iter().any(|rule| rule.get("when") == "after");
        self.run_rules(jobs, event).await;
        for entry in entries {
            let event = Event::inserted("sys_journal_field", entry, user, &by.transaction);
            let jobs = self.matching_rules(&event).await?;
            self.run_rules(jobs, event).await;
        }
        // What after rules wrote to the same record is part of the answer.
        let again = if rewritten { self.store.get(table, after.sys_id()).await? } else { None };
        Ok(again.unwrap_or(after))
    }
}

/// A write of the past.
pub(crate) struct Told<'a> {
    pub table: &'a Table,
    pub user: &'a User,
    pub now: &'a str,
    /// Column and text of what is added to journals.
    pub entries: Vec<(String, String)>,
}

/// What became of a record when somebody made `after` out of `before`: with the base system's rules and the
/// stamps of that time. Nothing is stored. For the demo data, whose past is told and not lived.
pub(crate) fn as_told(told: Told, before: Record, after: Record) -> Result<Record, Refusal> {
    let Told { table, user, now, entries } = told;
    let by = Writer::from(user);
    let mut draft = Draft { table, user, by: &by, now: now.to_owned(), before, after, entries };
    behaviour::before_write(&mut draft)?;
    if draft.is_new() {
        draft.stamp_insert();
    } else {
        draft.stamp_update();
    }
    Ok(draft.after)
}
