//! What the base system's own rules do to a change request before it is saved.

use super::{Draft, task};

const IMPLEMENT: &str = "-1";
const REVIEW: &str = "0";
const CLOSED: &str = "3";
const CANCELED: &str = "4";

pub(super) fn before_write(draft: &mut Draft) {
    let user = draft.user.sys_id.clone();
    if draft.is_new() {
        draft.after.fill("requested_by", user);
    }
    let state = draft.after.get("state").to_owned();
    if draft.changes("state") {
        let now = draft.now.clone();
        match state.as_str() {
            IMPLEMENT => draft.after.fill("work_start", now),
            REVIEW => draft.after.fill("work_end", now),
            _ => {}
        }
    }
    task::end(draft, matches!(state.as_str(), CLOSED | CANCELED));
}
