//! What the base system's own rules do to a problem before it is saved.

use super::{Draft, incident, task};

const RESOLVED: &str = "106";
const CLOSED: &str = "107";

pub(super) fn before_write(draft: &mut Draft) {
    mirror_state(draft);
    let priority = incident::priority(draft.after.get("impact"), draft.after.get("urgency"));
    draft.after.set("priority", priority);
    let (was, state) = (draft.before.get("state").to_owned(), draft.after.get("state").to_owned());
    let over = |state: &str| matches!(state, RESOLVED | CLOSED);
    if over(&was) && !over(&state) {
        draft.after.set("reopened_at", draft.now.clone());
        draft.after.set("reopened_by", draft.user.sys_id.clone());
        draft.after.set("reopen_count", (draft.before.number("reopen_count") + 1).to_string());
    }
    task::resolve(draft, over(&state));
    task::end(draft, state == CLOSED);
}

/// `problem_state` is the older name of `state`.
fn mirror_state(draft: &mut Draft) {
    let older = draft.changes("problem_state") && !draft.changes("state");
    let (from, to) = if older { ("problem_state", "state") } else { ("state", "problem_state") };
    let state = draft.after.get(from).to_owned();
    draft.after.set(to, state);
}
