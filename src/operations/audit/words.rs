//! What the audit says of each action, in words.

/// What acts where no person does: as it is kept, and in words.
pub(super) const NOBODY: [(&str, &str); 4] = [
    ("isthmus", "Isthmus"),
    ("nobody", "Somebody not signed in"),
    ("retention", "Retention"),
    ("servicenow", "Somebody in ServiceNow"),
];

/// Every action: as it is kept, and in words. A test holds the list against the operations.
pub(super) const ACTIONS: [(&str, &str); 51] = [
    ("audit.export", "Exported the audit"),
    ("conflicts.choose", "Chose a value in a conflict"),
    ("connections.access_ends", "Warned of the end of the access"),
    ("connections.authorize", "Authorized in ServiceNow"),
    ("connections.check_kit", "Read back what is installed"),
    ("connections.confirm_instance", "Confirmed that the instance is the same"),
    ("connections.connect", "Saved a connection's draft"),
    ("connections.end_former_secret", "Ended the former webhook secret"),
    ("connections.fetch_kit", "Downloaded what to install in ServiceNow"),
    ("connections.hold", "Held the connection until a person acts"),
    ("connections.install_kit", "Installed into ServiceNow"),
    ("connections.pause", "Paused the connection"),
    ("connections.pull", "Pulled a record"),
    ("connections.resume", "Resumed the connection"),
    ("connections.rotate_secret", "Made a new webhook secret"),
    ("connections.rules", "Published the mapping"),
    ("connections.set_access_end", "Set when the access ends"),
    ("connections.set_client", "Changed the OAuth client"),
    ("connections.settings", "Changed how clashes are decided"),
    ("connections.take_unsigned", "Changed whether unsigned webhooks count"),
    ("connections.test", "Tested the connection"),
    ("drift.backfill", "Began to pull older records"),
    ("drift.begin", "Began a reconcile run"),
    ("drift.cancel", "Cancelled a reconcile run"),
    ("drift.continue", "Let a reconcile run go on"),
    ("drift.settings", "Changed when reconcile runs begin"),
    ("drift.stop", "Stopped a reconcile run"),
    ("failures.discard", "Gave a failed write up"),
    ("failures.retry", "Tried a failed write again"),
    ("failures.retry_cause", "Tried all of a cause again"),
    ("people.add", "Added a person"),
    ("people.change_password", "Changed their password"),
    ("people.close", "Closed an account"),
    ("people.first_admin", "Became the first administrator"),
    ("people.password_link", "Made a link to set a password"),
    ("people.reopen", "Opened a closed account again"),
    ("people.set_password", "Set their password by a link"),
    ("people.set_role", "Changed a role"),
    ("people.set_zone", "Chose a time zone"),
    ("people.sign_in", "Signed in"),
    ("people.sign_out_everywhere", "Signed out everywhere"),
    ("retention.purge", "Removed what is no longer kept"),
    ("retention.settings", "Changed how long things are kept"),
    ("tickets.attach", "Added a file to a ticket"),
    ("tickets.comment", "Commented on a ticket"),
    ("tickets.create", "Made a ticket"),
    ("tickets.delete", "Deleted a ticket"),
    ("tickets.edit", "Edited a ticket"),
    ("tickets.send", "Sent a ticket to ServiceNow"),
    ("tokens.make", "Made an API token"),
    ("tokens.revoke", "Revoked an API token"),
];

/// What was done, in words; an action of another release by its own name.
pub(super) fn in_words(action: &str) -> &str {
    ACTIONS.iter().find(|(kept, _)| *kept == action).map_or(action, |(_, words)| words)
}
