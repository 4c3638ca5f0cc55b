//! Business rules (contract 11.1): which of the active `sys_script` records a write concerns, and
//! running them. `after` rules finish before the writer gets its answer, `async` ones run on their own
//! right after the commit. A rule that fails is logged and never harms the write.

mod host;
mod outbound;
mod script;

use std::sync::Arc;

use crate::instance::Instance;
use crate::query::{Changes, Query, Scope, compile};
use crate::record::Record;
use crate::store;
use crate::user::User;

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

/// A write that has been saved.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub table: String,
    pub operation: Operation,
    pub current: Record,
    pub previous: Option<Record>,
    pub changes: Changes,
    /// Who wrote; the session that `gs` speaks of.
    pub user: User,
}

impl Event {
    pub fn inserted(table: &str, current: Record, user: &User) -> Self {
        let changes = current.iter().map(|(c, value)| (c.to_owned(), (String::new(), value.to_owned()))).collect();
        let (operation, previous) = (Operation::Insert, None);
        Self { table: table.to_owned(), operation, current, previous, changes, user: user.clone() }
    }
}

impl Instance {
    /// The rules whose table, operation and filter fit, in their order.
    pub async fn matching_rules(&self, event: &Event) -> store::Result<Vec<Record>> {
        let mut matching = Vec::new();
        let Some(table) = self.table(&event.table) else {
            return Ok(matching);
        };
        let wanted = format!("action_{}", event.operation.name());
        for rule in &self.settled().rules {
            let runs = matches!(rule.get("when"), "after" | "async" | "async_always");
            let here = table.ancestors.iter().any(|name| name == rule.get("collection"));
            if runs && here && rule.is_true(&wanted) && self.filter_holds(rule.get("filter_condition"), event).await? {
                matching.push(rule.clone());
            }
        }
        Ok(matching)
    }

    async fn filter_holds(&self, filter: &str, event: &Event) -> store::Result<bool> {
        let Some(table) = self.table(&event.table).filter(|_| !filter.is_empty()) else {
            return Ok(true);
        };
        let scope = Scope {
            dictionary: &self.store.dictionary,
            user_id: &event.user.sys_id,
            user_name: &event.user.user_name,
            now: self.clock.now(),
            changes: Some(&event.changes),
        };
        let mut compiled = compile(&Query::parse(filter), table, &scope);
        compiled.condition = format!(r#"({}) AND t0."sys_id" = ?"#, compiled.condition);
        compiled.parameters.push(event.current.sys_id().to_owned());
        Ok(self.store.count(table, &compiled).await? > 0)
    }

    pub async fn run_rules(self: &Arc<Self>, rules: Vec<Record>, event: Event) {
        let (now, later): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| rule.get("when") == "after");
        for rule in now {
            self.run_rule(rule, event.clone()).await;
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
                if let Some(table) = instance.table(&event.table)
                    && let Ok(Some(current)) = instance.store.get(table, event.current.sys_id()).await
                {
                    event.current = current;
                }
                instance.run_rule(rule, event).await;
            }
        });
    }

    async fn run_rule(self: &Arc<Self>, rule: Record, event: Event) {
        let name = rule.get("name").to_owned();
        let instance = self.clone();
        let runtime = tokio::runtime::Handle::current();
        // The engine is synchronous and its scripts may wait for an answer, so it gets a thread of its own.
        let run = tokio::task::spawn_blocking(move || script::run(instance, runtime, &rule, event));
        let failure = match run.await {
            Ok(Ok(())) => return,
            Ok(Err(failure)) => failure,
            Err(failure) => failure.to_string(),
        };
        self.log(2, &name, &format!("The business rule failed: {failure}")).await;
    }

    /// A line in the system log, which an administrator reads as table `syslog`.
    pub async fn log(&self, level: u8, source: &str, message: &str) {
        tracing::info!(level, source, message, "instance log");
        let Some(table) = self.table("syslog") else { return };
        let now = self.clock.stamp();
        let (id, level) = (crate::random::sys_id(), level.to_string());
        let row = [
            ("sys_id", id.as_str()),
            ("level", &level),
            ("source", source),
            ("message", message),
            ("sys_created_on", &now),
            ("sys_updated_on", &now),
            ("sys_created_by", "system"),
            ("sys_updated_by", "system"),
            ("sys_mod_count", "0"),
        ];
        let mut write = self.store.write().await;
        write.insert(table, &row.into_iter().collect());
        if let Err(cause) = write.commit().await {
            tracing::warn!(%cause, "a line of the instance log was not kept");
        }
    }
}
