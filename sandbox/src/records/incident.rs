//! What the base system's own rules do to an incident before it is saved (contract 3.2 to 3.4).

use super::Draft;
use crate::clock;

const NEW: &str = "1";
const IN_PROGRESS: &str = "2";
const ON_HOLD: &str = "3";
const RESOLVED: &str = "6";
const CLOSED: &str = "7";
const CANCELED: &str = "8";

pub(super) fn before_write(draft: &mut Draft) {
    mirror_state(draft);
    answer_from_caller(draft);
    let priority = priority(draft.after.get("impact"), draft.after.get("urgency"));
    draft.after.set("priority", priority);
    if draft.after.get("state") != ON_HOLD {
        draft.after.set("hold_reason", "");
    }
    if !draft.is_new() && draft.changes("assignment_group") && !draft.before.get("assignment_group").is_empty() {
        let count = draft.before.number("reassignment_count") + 1;
        draft.after.set("reassignment_count", count.to_string());
    }
    move_between_states(draft);
}

/// `incident_state` follows `state`; a client of old days that writes only the former is understood.
fn mirror_state(draft: &mut Draft) {
    let legacy = draft.changes("incident_state") && !draft.changes("state");
    let (from, to) = if legacy { ("incident_state", "state") } else { ("state", "incident_state") };
    if draft.after.get("state").is_empty() {
        draft.after.set("state", NEW);
    }
    let state = draft.after.get(from).to_owned();
    draft.after.set(to, state);
}

/// A caller's comment takes the incident off hold.
fn answer_from_caller(draft: &mut Draft) {
    let waits = draft.before.get("state") == ON_HOLD && !draft.changes("state");
    if waits && draft.comments() && draft.before.get("caller_id") == draft.user.sys_id {
        draft.after.set("state", IN_PROGRESS);
        draft.after.set("incident_state", IN_PROGRESS);
    }
}

/// The lookup records of a new instance. A written priority is recalculated.
pub(super) fn priority(impact: &str, urgency: &str) -> String {
    match (impact.parse::<u8>(), urgency.parse::<u8>()) {
        (Ok(impact @ 1..=3), Ok(urgency @ 1..=3)) => (impact + urgency - 1).to_string(),
        _ => "5".to_owned(),
    }
}

fn move_between_states(draft: &mut Draft) {
    let state = draft.after.get("state").to_owned();
    let was_over = matches!(draft.before.get("state"), RESOLVED);
    draft.after.set("active", if matches!(state.as_str(), CLOSED | CANCELED) { "false" } else { "true" });
    if !draft.changes("state") {
        return;
    }
    let (now, user) = (draft.now.clone(), draft.user.sys_id.clone());
    match state.as_str() {
        RESOLVED => {
            draft.after.fill("resolved_at", &now);
            draft.after.fill("resolved_by", &user);
            time_taken(draft);
        }
        CLOSED | CANCELED => {
            draft.after.fill("closed_at", &now);
            draft.after.fill("closed_by", &user);
        }
        _ if was_over => {
            for column in ["resolved_at", "resolved_by", "closed_at", "closed_by"] {
                draft.after.set(column, "");
            }
            draft.after.set("reopened_by", user);
            draft.after.set("reopened_time", now);
            let count = draft.before.number("reopen_count") + 1;
            draft.after.set("reopen_count", count.to_string());
        }
        _ => {}
    }
}

fn time_taken(draft: &mut Draft) {
    let at = |column| clock::parse(draft.after.get(column));
    let (Some(opened), Some(resolved)) = (at("opened_at"), at("resolved_at")) else {
        return;
    };
    let seconds = resolved.as_second().saturating_sub(opened.as_second()).max(0);
    // A duration is a date-time from the epoch (contract 2.5).
    let duration = clock::text(clock::shifted(jiff::Timestamp::UNIX_EPOCH, seconds));
    for (stc, column) in [("calendar_stc", "calendar_duration"), ("business_stc", "business_duration")] {
        draft.after.set(stc, seconds.to_string());
        draft.after.set(column, &duration);
    }
}
