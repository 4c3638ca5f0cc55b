//! What a caller sent, taken over column by column as ServiceNow does it: what it does not accept is
//! dropped in silence and the rest is saved (contract 2.8).

use super::{Draft, Refusal};
use crate::attachments;
use crate::dictionary::{Column, Kind};
use crate::instance::Instance;
use crate::switches::ClosedRecord;
use crate::{store, user};

/// Values for columns, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Input {
    pub values: Vec<(String, String)>,
    /// `sysparm_input_display_value`: labels and names instead of stored values.
    pub display: bool,
}

impl Input {
    pub fn new<K: Into<String>, V: Into<String>>(values: impl IntoIterator<Item = (K, V)>) -> Self {
        let values = values.into_iter().map(|(column, value)| (column.into(), value.into())).collect();
        Self { values, ..Self::default() }
    }

    /// A client may choose the sys_id of a new record (contract 2.1).
    pub fn sys_id(&self) -> Option<&str> {
        let (_, id) = self.values.iter().find(|(column, _)| column == "sys_id")?;
        let well_formed = id.len() == 32 && id.bytes().all(|b| b.is_ascii_alphanumeric());
        well_formed.then_some(id.as_str())
    }
}

const STAMPED: &[&str] = &[
    "sys_id",
    "sys_created_on",
    "sys_created_by",
    "sys_updated_on",
    "sys_updated_by",
    "sys_mod_count",
    "sys_class_name",
    "sys_domain",
    "sys_domain_path",
    "sys_scope",
];

/// What an administrator may still change on a closed incident; others nothing (contract 3.4).
const OPEN_WHEN_CLOSED: &[&str] = &[
    "subcategory",
    "business_service",
    "service_offering",
    "description",
    "contact_type",
    "watch_list",
    "work_notes_list",
    "parent_incident",
    "problem_id",
    "rfc",
    "caused_by",
    "resolved_by",
    "resolved_at",
    "reassignment_count",
    "correlation_id",
    "correlation_display",
];

impl Instance {
    pub(super) async fn accept(&self, draft: &mut Draft<'_>, input: Input) -> Result<(), Refusal> {
        if draft.by.script {
            return self.accept_from_script(draft, input).await;
        }
        let switches = self.switches();
        let assigns = input.values.iter().any(|(name, _)| name == "assigned_to");
        let rules = self.acls(draft.table).await?.unwritable(draft.table, draft.is_new(), draft.user);
        let closed = draft.table.name == "incident" && matches!(draft.before.get("state"), "7" | "8");
        // Rules of columns are asked before anything is set, or one by one in the columns' order while it is.
        let before = self.property_is_true("glide.security.checkacl.before.setvalue").await?;
        let as_it_was = before.then(|| draft.after.clone());
        let mut values = input.values;
        values.sort();
        for (name, value) in values {
            let Some(column) = draft.table.column(&name) else {
                continue;
            };
            if STAMPED.contains(&name.as_str()) {
                continue;
            }
            // Where a file is, what is in it and whether it was scanned is not for callers to say (contract 5).
            if draft.table.name == attachments::TABLE && !draft.is_new() && name != "file_name" {
                continue;
            }
            if let Some(grant) = rules.get(&name) {
                let judged = as_it_was.as_ref().unwrap_or(&draft.after);
                if !self.holds(grant, draft.user, draft.table, judged).await? {
                    continue;
                }
            }
            if column.kind.is_journal() {
                if column.kind == Kind::JournalInput && !value.trim().is_empty() {
                    draft.entries.push((name, self.entry_text(value)));
                }
                continue;
            }
            let open = !closed || (draft.user.has("admin") && OPEN_WHEN_CLOSED.contains(&name.as_str()));
            if !open && switches.closed_record == ClosedRecord::Refuse && value != draft.before.get(&name) {
                return Err(Refusal::Denied("Update"));
            }
            let may_close = !switches.closing_needs_role || draft.user.has("itil_admin");
            if !open || (!may_close && closes(draft, &name, &value)) {
                continue;
            }
            if let Some(value) = self.stored_value(draft, column, value, input.display).await? {
                draft.after.set(&name, value);
            }
        }
        if switches.group_clears_assignee && !draft.is_new() && draft.changes("assignment_group") && !assigns {
            draft.after.set("assigned_to", "");
        }
        Ok(())
    }

    /// A script may write what a person may not: closed records, values that are no choice, and, where
    /// nothing else sets them, the stamps.
    pub(super) async fn accept_from_script(&self, draft: &mut Draft<'_>, input: Input) -> Result<(), Refusal> {
        for (name, value) in input.values {
            let Some(column) = draft.table.column(&name) else {
                continue;
            };
            let stamp = STAMPED.contains(&name.as_str());
            if name == "sys_id" || (stamp && draft.by.stamps) || column.kind == Kind::JournalList {
                continue;
            }
            if column.kind == Kind::JournalInput {
                if !value.trim().is_empty() {
                    draft.entries.push((name, self.entry_text(value)));
                }
            } else if column.choice {
                draft.after.set(&name, shortened(value, column));
            } else if let Some(value) = self.stored_value(draft, column, value, false).await? {
                draft.after.set(&name, value);
            }
        }
        Ok(())
    }

    /// An entry may be longer than its column says: it is kept in the journal's own table.
    fn entry_text(&self, text: String) -> String {
        let kept = self.table("sys_journal_field").and_then(|journal| journal.column("value"));
        kept.map_or_else(String::new, |column| shortened(text, column))
    }

    /// The value as the store will hold it, or nothing if it is to be dropped.
    async fn stored_value(
        &self,
        draft: &Draft<'_>,
        column: &Column,
        value: String,
        display: bool,
    ) -> Result<Option<String>, Refusal> {
        if column.choice && !value.is_empty() {
            return Ok(self.chosen(draft, column, value, display).await?);
        }
        Ok(match column.kind {
            Kind::Boolean => Some(if matches!(value.as_str(), "true" | "1" | "yes") { "true" } else { "false" }.into()),
            Kind::Integer => {
                // In one spelling, so that equal numbers are equal texts to a query.
                // As it is shown, a number has its thousands apart.
                let number = if display { value.trim().replace(',', "") } else { value.trim().to_owned() };
                if number.is_empty() {
                    Some(String::new())
                } else {
                    number.parse::<i64>().ok().map(|number| number.to_string())
                }
            }
            Kind::GlideDateTime | Kind::GlideDate if value.trim().is_empty() => Some(String::new()),
            Kind::GlideDateTime if display => draft.user.means_time(value.trim()),
            Kind::GlideDateTime => crate::clock::parse(value.trim()).map(crate::clock::text),
            Kind::GlideDate if display => draft.user.means_date(value.trim()),
            Kind::GlideDate => crate::clock::parse(value.trim()).map(|day| day.strftime("%Y-%m-%d").to_string()),
            Kind::Password => Some(if value.is_empty() { value } else { user::kept_password(&value) }),
            Kind::Reference => Some(self.referred(column, value, display).await?),
            _ => Some(shortened(value, column)),
        })
    }

    async fn chosen(
        &self,
        draft: &Draft<'_>,
        column: &Column,
        value: String,
        display: bool,
    ) -> store::Result<Option<String>> {
        let choices = self.choices(draft.table, &column.name).await?;
        let by_label = || choices.iter().find(|choice| choice.label.eq_ignore_ascii_case(&value));
        let known = choices.iter().find(|choice| choice.value == value);
        let found = if display { by_label().or(known) } else { known };
        if let Some(choice) = found {
            return Ok(Some(choice.value.clone()));
        }
        let anything =
            choices.is_empty() || self.property_is_true("glide.rest.choice.allow_non_existing_value").await?;
        Ok(anything.then(|| shortened(value, column)))
    }

    /// A sys_id stays as it is. A name is looked up, and kept as it came if nobody has it: a reference
    /// need not hold a sys_id (contract 2.5).
    async fn referred(&self, column: &Column, value: String, display: bool) -> Result<String, Refusal> {
        let is_id = value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit());
        let target = column.reference.as_deref().and_then(|name| self.table(name));
        let Some(target) = target.filter(|target| !value.is_empty() && !is_id && !target.display.is_empty()) else {
            return Ok(value);
        };
        let mut keys = vec![target.display.as_str()];
        if target.name == "sys_user" {
            keys.extend(["user_name", "email"]);
        }
        for key in keys {
            if let Some(found) = self.store.find(target, key, &value).await? {
                return Ok(found.sys_id().to_owned());
            }
        }
        Ok(if display { String::new() } else { shortened(value, column) })
    }
}

fn closes(draft: &Draft<'_>, column: &str, value: &str) -> bool {
    draft.table.name == "incident" && matches!(column, "state" | "incident_state") && matches!(value, "7" | "Closed")
}

/// Too long values are cut without a word (contract 3.1).
fn shortened(mut value: String, column: &Column) -> String {
    if let Some((end, _)) = value.char_indices().nth(column.max_length.unwrap_or(column.kind.usual_length())) {
        value.truncate(end);
    }
    value
}
