//! Escalations of cases and accounts: what their own rules do, and where they are shown (contract 7.3).

use std::sync::Arc;

use super::{Draft, Input, Refusal, Writer, task};
use crate::instance::Instance;
use crate::store;

const REQUESTED: &str = "1";
const ESCALATED: &str = "2";
const DECLINED: &str = "3";
const CLOSED: &str = "4";

pub(super) fn before_write(draft: &mut Draft) {
    let user = draft.user.sys_id.clone();
    if draft.is_new() {
        draft.after.fill("requested_by", user.clone());
    }
    let state = draft.after.get("state").to_owned();
    if draft.changes("state") {
        match state.as_str() {
            ESCALATED => draft.after.fill("approved_by", user),
            DECLINED => draft.after.fill("declined_by", user),
            CLOSED => draft.after.fill("deescalated_by", user),
            _ => {}
        }
    }
    task::end(draft, matches!(state.as_str(), DECLINED | CLOSED));
}

impl Instance {
    /// A template says how severe the escalation is, who is told, and whether somebody must approve it.
    pub(super) async fn follow_template(&self, draft: &mut Draft<'_>) -> store::Result<()> {
        let Some(templates) = self.table("sn_customerservice_escalation_template").filter(|_| draft.is_new()) else {
            return Ok(());
        };
        let Some(template) = self.store.get(templates, draft.after.get("type")).await? else {
            return Ok(());
        };
        for column in ["escalation_severity", "watch_list"] {
            draft.after.fill(column, template.get(column));
        }
        if draft.after.get("state") == REQUESTED && !template.is_true("requires_approval") {
            draft.after.set("state", ESCALATED);
        }
        Ok(())
    }

    /// The case or account shows its active escalation, and a case what is said about it: as work notes,
    /// so that the customer does not see it.
    pub(super) async fn show_escalation(self: &Arc<Self>, draft: &Draft<'_>) -> Result<(), Refusal> {
        let source = draft.after.get("source_table");
        let Some(table) = self.table(source).filter(|_| SOURCES.contains(&source)) else {
            return Ok(());
        };
        let source_id = draft.after.get("source_record");
        let Some(record) = self.store.get(table, source_id).await? else {
            return Ok(());
        };
        let id = draft.after.sys_id();
        let mut values = Vec::new();
        match draft.after.get("state") {
            ESCALATED => values.push(("active_escalation", id)),
            DECLINED | CLOSED if record.get("active_escalation") == id => values.push(("active_escalation", "")),
            _ => {}
        }
        if table.is_task() {
            values.extend(draft.entries.iter().map(|(_, text)| ("work_notes", text.as_str())));
        }
        if values.iter().all(|(column, value)| record.get(column) == *value) {
            return Ok(());
        }
        let by = Writer::script(draft.user, &draft.by.transaction);
        self.update(by, table, source_id, Input::new(values)).await.map(drop)
    }
}

/// What can be escalated.
const SOURCES: &[&str] = &["sn_customerservice_case", "customer_account"];
