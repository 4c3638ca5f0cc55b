//! The administrator's `before` rules, around what the base system does itself (contract 11.1, 2.7).

use std::sync::Arc;

use super::{Draft, Input, Refusal, behaviour};
use crate::instance::Instance;
use crate::record::Record;
use crate::rules::{Event, Moment, Operation};
use crate::store::Write;

/// Rules with a lower order come before the base system's own, the others after them.
const ENGINES: i64 = 1000;

impl Instance {
    /// Brings the draft into the form in which it is saved.
    pub(super) async fn prepare<'a>(
        self: &'a Arc<Self>,
        draft: &mut Draft<'_>,
        write: Write<'a>,
    ) -> Result<Write<'a>, Refusal> {
        let operation = if draft.is_new() { Operation::Insert } else { Operation::Update };
        let rules = if draft.by.rules {
            self.rules_of(&draft.table.name, operation, Moment::Before).await?
        } else {
            Vec::new()
        };
        if rules.is_empty() {
            self.look_around(draft).await?;
            behaviour::before_write(draft)?;
            return Ok(write);
        }
        // Scripts write too, so they must not wait for this write to end.
        drop(write);
        let (early, late): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| rule.number("order") < ENGINES);
        self.run_before(&early, operation, draft).await?;
        self.look_around(draft).await?;
        behaviour::before_write(draft)?;
        self.run_before(&late, operation, draft).await?;
        let write = self.store.write().await;
        if operation == Operation::Update {
            let now = self.store.get(draft.table, draft.before.sys_id()).await?.ok_or(Refusal::NotFound)?;
            draft.rebase(now);
        }
        Ok(write)
    }

    async fn run_before(
        self: &Arc<Self>,
        rules: &[Record],
        operation: Operation,
        draft: &mut Draft<'_>,
    ) -> Result<(), Refusal> {
        for rule in rules {
            let event = draft.event(operation);
            if !self.filter_holds(rule.get("filter_condition"), &event).await? {
                continue;
            }
            let outcome = self.run_rule(rule, &event).await;
            if outcome.aborted || rule.is_true("abort_action") {
                return Err(aborted(&event, rule));
            }
            for (column, value) in &outcome.set {
                if draft.table.column(column).is_some_and(|column| column.kind.is_journal()) {
                    draft.entries.retain(|(other, _)| other != column);
                }
                let value = value.as_str().unwrap_or_default();
                self.accept_from_script(draft, Input::new([(column.as_str(), value)])).await?;
            }
            self.accept_from_script(draft, template(rule.get("template"))).await?;
        }
        Ok(())
    }

    /// Whether the rules let the record be deleted.
    pub(super) async fn before_delete(self: &Arc<Self>, event: &Event) -> Result<(), Refusal> {
        for rule in self.rules_of(&event.table, Operation::Delete, Moment::Before).await? {
            if self.filter_holds(rule.get("filter_condition"), event).await?
                && (self.run_rule(&rule, event).await.aborted || rule.is_true("abort_action"))
            {
                return Err(aborted(event, &rule));
            }
        }
        Ok(())
    }
}

/// `state=2^impact=1^EQ`: what a rule sets without a script.
fn template(text: &str) -> Input {
    Input::new(text.split('^').filter_map(|part| part.split_once('=')))
}

fn aborted(event: &Event, rule: &Record) -> Refusal {
    let outer = event.transaction.stack();
    let name = rule.get("name");
    Refusal::Aborted {
        table: event.table.clone(),
        rule: format!("{name}^{}", rule.sys_id()),
        stack: if outer.is_empty() { name.to_owned() } else { format!("{outer},{name}") },
    }
}
