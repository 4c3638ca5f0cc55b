//! What the base system's own rules do to a customer's case before it is saved (contract 7.2).

use super::{Draft, Refusal, task};
use crate::instance::Instance;
use crate::store;

const OPEN: &str = "10";
const AWAITING_INFO: &str = "18";
const RESOLVED: &str = "6";
const CLOSED: &str = "3";

pub(super) fn before_write(draft: &mut Draft) -> Result<(), Refusal> {
    let touched = draft.before != draft.after || !draft.entries.is_empty();
    if draft.before.get("state") == CLOSED && touched {
        return Err(Refusal::Denied("Update"));
    }
    let by_customer = is_customer(draft);
    if by_customer && draft.before.get("state") == AWAITING_INFO && touched && !draft.changes("state") {
        draft.after.set("state", OPEN);
    }
    if draft.comments() && !by_customer && !draft.is_new() {
        draft.after.fill("first_response_time", draft.now.clone());
    }
    let title = format!("{}{}", draft.after.get("short_description"), draft.after.get("number"));
    draft.after.set("case", title);
    let state = draft.after.get("state").to_owned();
    task::resolve(draft, matches!(state.as_str(), RESOLVED | CLOSED));
    task::end(draft, state == CLOSED);
    resolution_is_complete(draft, by_customer)
}

fn is_customer(draft: &Draft) -> bool {
    let customers = [draft.before.get("contact"), draft.before.get("consumer"), draft.before.get("opened_for")];
    customers.contains(&draft.user.sys_id.as_str())
}

/// A solution is proposed with its code and notes; an agent who closes a case says why. A customer may
/// close it without a word.
fn resolution_is_complete(draft: &Draft, by_customer: bool) -> Result<(), Refusal> {
    let needed: &[&str] = match draft.after.get("state") {
        RESOLVED => &["resolution_code", "close_notes"],
        CLOSED if !by_customer => &["close_notes"],
        _ => &[],
    };
    draft.must_have(needed)
}

impl Instance {
    /// A case belongs to the account of its contact, unless its writer says otherwise.
    pub(super) async fn find_account_of_contact(&self, draft: &mut Draft<'_>) -> store::Result<()> {
        let contact = draft.after.get("contact");
        if contact.is_empty() || !draft.changes("contact") || draft.changes("account") {
            return Ok(());
        }
        if let Some(contacts) = self.table("customer_contact")
            && let Some(mut found) = self.store.get(contacts, contact).await?
        {
            draft.after.set("account", found.take("account"));
        }
        Ok(())
    }
}
