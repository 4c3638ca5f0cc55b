//! Business rules (contract 11.1): which of the active `sys_script` records a write concerns, and
//! running them. `before` rules may still change or stop the write, `after` rules finish before the
//! writer gets its answer, `async` ones run on their own right after the commit. A rule that fails is
//! logged and never harms the write.

mod engine;
mod host;
mod order;
mod outbound;
mod rest_message;
mod transaction;
mod ui_actions;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::instance::Instance;
use crate::query::{Changes, Query, Scope, compile};
use crate::record::Record;
use crate::store;
use crate::user::User;

pub(crate) use engine::{Outcome, Script, Subject};
pub(crate) use host::Source;
pub(crate) use order::Posts;
pub(crate) use transaction::{Message, Transaction};
pub(crate) use ui_actions::{NotPressed, Pressed};

use host::Session;
use transaction::Stop;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Insert,
    Update,
    Delete,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// When a rule runs, as its column `when` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    Saved,
}

impl Moment {
    fn is(self, when: &str) -> bool {
        match self {
            Self::Before => when == "before",
            Self::Saved => matches!(when, "after" | "async" | "async_always"),
        }
    }
}

/// A write, about to be saved or just saved.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub table: String,
    pub operation: Operation,
    pub current: Record,
    pub previous: Option<Record>,
    pub changes: Changes,
    /// Who wrote; the session that `gs` speaks of.
    pub user: User,
    pub transaction: Transaction,
}

impl Event {
    pub fn inserted(table: &str, current: Record, user: &User, transaction: &Transaction) -> Self {
        let filled = current.iter().filter(|(_, value)| !value.is_empty());
        let changes = filled.map(|(c, value)| (c.to_owned(), (String::new(), value.to_owned()))).collect();
        let (operation, previous) = (Operation::Insert, None);
        let (user, transaction) = (user.clone(), transaction.clone());
        Self { table: table.to_owned(), operation, current, previous, changes, user, transaction }
    }
}

impl Instance {
    /// The rules whose table and operation fit, in their order. Most writes concern none, and ask no store.
    pub async fn rules_of(&self, table: &str, operation: Operation, moment: Moment) -> store::Result<Vec<Record>> {
        let wanted = format!("action_{}", operation.name());
        let fits = |rule: &&Record| moment.is(rule.get("when")) && rule.is_true(&wanted);
        Ok(self.active_rules(table).await?.iter().filter(fits).cloned().collect())
    }

    /// The sys_ids of the active script includes by their full names.
    pub async fn script_includes(&self) -> store::Result<Arc<BTreeMap<String, String>>> {
        let read = async {
            let named = |mut row: Record| {
                let full = Some(row.take("api_name")).filter(|full| !full.is_empty());
                (full.unwrap_or_else(|| row.take("name")), row.take("sys_id"))
            };
            Ok(Arc::new(self.rows("sys_script_include", "active=true").await?.into_iter().map(named).collect()))
        };
        self.known.includes.to((), &self.store, read).await
    }

    async fn active_rules(&self, table: &str) -> store::Result<Arc<[Record]>> {
        let read = async {
            let Some(table) = self.table(table) else { return Ok(Arc::from([])) };
            let query = format!("active=true^collectionIN{}^ORDERBYorder^ORDERBYname", table.ancestors.join(","));
            Ok(self.rows("sys_script", &query).await?.into())
        };
        self.known.rules.to(table, &self.store, read).await
    }

    /// Those of the rules after a write whose filter fits as well.
    pub async fn matching_rules(&self, event: &Event) -> store::Result<Vec<Record>> {
        let mut matching = Vec::new();
        for rule in self.rules_of(&event.table, event.operation, Moment::Saved).await? {
            if self.filter_holds(rule.get("filter_condition"), event).await? {
                matching.push(rule);
            }
        }
        Ok(matching)
    }

    pub async fn filter_holds(&self, filter: &str, event: &Event) -> store::Result<bool> {
        let Some(table) = self.table(&event.table).filter(|_| !filter.is_empty()) else {
            return Ok(true);
        };
        let filters = self.dynamic_filters().await?;
        let scope = Scope { changes: Some(&event.changes), ..self.scope(&event.user, &filters) };
        self.store.holds(table, &event.current, &compile(&Query::parse(filter), table, &scope)).await
    }

    pub async fn run_rules(self: &Arc<Self>, rules: Vec<Record>, event: Event) {
        let (now, later): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| rule.get("when") == "after");
        for rule in now {
            self.run_rule(&rule, &event).await;
        }
        if later.is_empty() {
            return;
        }
        let instance = self.clone();
        self.background.spawn(async move {
            for rule in later {
                let mut event = event.clone();
                // An async rule knows nothing of what was before (contract 11.1), and finds the record as it is by now.
                event.previous = None;
                event.transaction.interactive = false;
                if let Some(table) = instance.table(&event.table)
                    && let Ok(Some(current)) = instance.store.get(table, event.current.sys_id()).await
                {
                    event.current = current;
                }
                instance.run_rule(&rule, &event).await;
            }
        });
    }

    /// What the rule left behind; nothing if it was left out or failed.
    pub async fn run_rule(self: &Arc<Self>, rule: &Record, event: &Event) -> Outcome {
        // Without `advanced` neither condition nor script counts (contract 11.4).
        if !rule.is_true("advanced") {
            return Outcome::default();
        }
        let name = rule.get("name");
        let transaction = match event.transaction.enter(rule, event.current.sys_id()) {
            Ok(transaction) => transaction,
            Err(stop) => {
                let shown = self.table(&event.table).map_or("", |table| event.current.get(&table.display));
                let stack = event.transaction.stack();
                let message = match stop {
                    Stop::Recursive => format!(
                        "Recursive business rule call for '{name}' on {}:{shown} is being ignored. Business Rule Stack: {stack},{name}",
                        event.table
                    ),
                    Stop::TooDeep => format!(
                        "The business rule '{name}' is not run, because rules call each other without end: {stack}"
                    ),
                };
                self.log(1, name, &message).await;
                return Outcome::default();
            }
        };
        let changes = event.changes.iter().map(|(column, (_, new))| (column.clone(), new.clone())).collect();
        let subject = Subject {
            table: event.table.clone(),
            row: event.current.clone(),
            previous: event.previous.clone(),
            operation: event.operation.name(),
            changes,
            typed: Vec::new(),
            unsaved: rule.get("when") == "before" && event.operation != Operation::Delete,
        };
        let previous = event.previous.clone().map(|record| (event.table.clone(), record));
        let script = Script {
            condition: rule.get("condition").to_owned(),
            text: rule.get("script").to_owned(),
            current: Some(subject),
            records: vec![("previous", previous)],
        };
        let source = Source { table: "sys_script".into(), sys_id: rule.sys_id().into(), name: name.into() };
        match self.run_script(script, source, event.user.clone(), transaction).await {
            Ok(outcome) => outcome,
            Err(failure) => {
                self.log(2, name, &format!("The business rule failed: {failure}")).await;
                Outcome::default()
            }
        }
    }

    /// The engine is synchronous and its scripts may wait for an answer, so each gets a thread of its own.
    pub async fn run_script(
        self: &Arc<Self>,
        script: Script,
        source: Source,
        user: User,
        transaction: Transaction,
    ) -> Result<Outcome, String> {
        let session = Session::new(self.clone(), source, user, transaction);
        let run = tokio::task::spawn_blocking(move || engine::run(session, &script));
        run.await.map_err(|failure| failure.to_string())?
    }

    /// A line in the system log, which an administrator reads as table `syslog`.
    pub async fn log(&self, level: u8, source: &str, message: &str) {
        tracing::info!(level, source, message, "instance log");
        self.note("syslog", [("level", level.to_string().as_str()), ("source", source), ("message", message)]).await;
    }

    /// A row that the instance writes about itself: no rules, no rights, and no harm if it fails.
    pub(crate) async fn note<'a>(&self, table: &str, values: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let Some(table) = self.table(table) else { return };
        let now = self.clock.stamp();
        let mut row: Record = values.into_iter().collect();
        row.set("sys_id", crate::random::sys_id());
        for (column, value) in [("sys_created_on", now.as_str()), ("sys_updated_on", &now), ("sys_mod_count", "0")] {
            row.set(column, value);
        }
        row.fill("sys_created_by", "system");
        row.fill("sys_updated_by", "system");
        let mut write = self.store.write().await;
        write.insert(table, &row);
        if let Err(cause) = write.commit().await {
            tracing::warn!(%cause, table = table.name, "a line of the instance's own was not kept");
        }
    }
}
