//! What the base system's own rules do to a record before it is saved, and to others after it, by its table.

use std::sync::Arc;

use super::{Draft, Refusal, authentication, case, change, escalation, incident, knowledge, person, problem, task};
use crate::instance::Instance;
use crate::store;

pub(super) fn before_write(draft: &mut Draft) -> Result<(), Refusal> {
    match draft.table.name.as_str() {
        "incident" => incident::before_write(draft),
        "sn_customerservice_case" => return case::before_write(draft),
        "oauth_entity" | "oauth_jwt" | "api_key" | "jwt_verifier_map" => authentication::fill_in(draft),
        "problem" => problem::before_write(draft),
        "change_request" => change::before_write(draft),
        "sn_customerservice_escalation" => escalation::before_write(draft),
        "kb_knowledge" => knowledge::before_write(draft),
        "sys_user" | "customer_contact" => person::before_write(draft),
        _ if draft.table.is_task() => task::before_write(draft),
        _ => {}
    }
    Ok(())
}

impl Instance {
    /// What those rules take over from other records.
    pub(super) async fn look_around(&self, draft: &mut Draft<'_>) -> store::Result<()> {
        match draft.table.name.as_str() {
            "sn_customerservice_case" => self.find_account_of_contact(draft).await,
            "sn_customerservice_escalation" => self.follow_template(draft).await,
            "kb_knowledge" => self.find_earlier_version(draft).await,
            "customer_account" => self.find_place_of_account(draft).await,
            _ => Ok(()),
        }
    }

    /// Runs when the record is saved already; what it changes elsewhere is a write of its own, with its
    /// own rules.
    pub(super) async fn after_write(self: &Arc<Self>, draft: &Draft<'_>) {
        let done = match draft.table.name.as_str() {
            "sn_customerservice_escalation" => self.show_escalation(draft).await,
            "kb_knowledge" => self.outdate_earlier_versions(draft).await,
            _ => Ok(()),
        };
        if let Err(cause) = done {
            tracing::warn!(%cause, table = draft.table.name, "a record could not be brought in line with another");
        }
    }
}
