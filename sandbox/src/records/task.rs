//! What every kind of task has in common when it ends or goes on again.

use super::Draft;

/// Tasks without rules of their own: Closed Complete, Closed Incomplete and Closed Skipped end them, as
/// does the Closed of a problem task.
pub(super) fn before_write(draft: &mut Draft) {
    let ended = matches!(draft.after.get("state"), "3" | "4" | "7" | "157");
    end(draft, ended);
}

/// Stamps a task that ends and takes the stamps from one that goes on again.
pub(super) fn end(draft: &mut Draft, ended: bool) {
    draft.after.set("active", if ended { "false" } else { "true" });
    if !draft.changes("state") {
        return;
    }
    let (now, user) = (draft.now.clone(), draft.user.sys_id.clone());
    if ended {
        draft.after.fill("closed_at", now);
        draft.after.fill("closed_by", user);
    } else if !draft.is_new() {
        draft.after.set("closed_at", "");
        draft.after.set("closed_by", "");
    }
}

/// The same for a task that is resolved before it is closed.
pub(super) fn resolve(draft: &mut Draft, resolved: bool) {
    if !draft.changes("state") {
        return;
    }
    let (now, user) = (draft.now.clone(), draft.user.sys_id.clone());
    if resolved {
        draft.after.fill("resolved_at", now);
        draft.after.fill("resolved_by", user);
    } else if !draft.is_new() {
        draft.after.set("resolved_at", "");
        draft.after.set("resolved_by", "");
    }
}
