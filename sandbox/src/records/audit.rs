//! What a write leaves behind for those who ask later (contract 8): a row of `sys_audit` for each changed
//! field of an audited table and for each deletion of anything, and the deleted record in `sys_audit_delete`.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::Draft;
use crate::api::Displays;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::random;
use crate::record::Record;
use crate::store::{self, Write};
use crate::switches::DeleteAudit;

const DELETED: &str = "DELETED";
pub(crate) const JOURNAL_ADDITION: &str = "JOURNAL FIELD ADDITION";

/// Tables whose deletions leave no trace unless the property `glide.db.audit.ignore.delete` names others.
const NO_TRACE: &str = "sys_audit,sys_audit_delete,sys_journal_field,syslog,sys_import_set_row,sys_tiny_url";

/// Who changed which record, and when.
struct Mark<'a> {
    table: &'a str,
    key: &'a str,
    user: &'a str,
    now: &'a str,
    checkpoint: &'a str,
}

impl Mark<'_> {
    fn row(&self, internal_checkpoint: &str, values: [(&str, &str); 3]) -> Record {
        let mut row = stamped(self.user, self.now);
        let own = [
            ("tablename", self.table),
            ("documentkey", self.key),
            ("user", self.user),
            ("record_checkpoint", self.checkpoint),
            ("internal_checkpoint", internal_checkpoint),
        ];
        for (column, value) in own.into_iter().chain(values) {
            row.set(column, value);
        }
        row
    }
}

fn stamped(user: &str, now: &str) -> Record {
    let id = random::sys_id();
    let stamps = [
        ("sys_id", id.as_str()),
        ("sys_created_on", now),
        ("sys_updated_on", now),
        ("sys_created_by", user),
        ("sys_updated_by", user),
        ("sys_mod_count", "0"),
    ];
    stamps.into_iter().collect()
}

impl Instance {
    /// One row for each changed field and journal entry. Fields of a new record count only where the
    /// instance audits inserts; what the platform itself keeps up (`sys_`) never does, apart from the class.
    pub(super) async fn audit(&self, draft: &Draft<'_>, write: &mut Write<'_>) -> store::Result<()> {
        let Some(audit) = self.table("sys_audit").filter(|_| draft.table.audit) else {
            return Ok(());
        };
        let mark = Mark {
            table: &draft.table.name,
            key: draft.after.sys_id(),
            user: &draft.user.user_name,
            now: &draft.now,
            checkpoint: draft.after.get("sys_mod_count"),
        };
        let checkpoint = self.internal_checkpoint();
        let fields = !draft.is_new() || self.property_is_true("glide.sys.audit_inserts").await?;
        let counts = |name: &str| fields && (!name.starts_with("sys_") || name == "sys_class_name");
        let columns = draft.table.stored_columns().filter(|column| counts(&column.name) && !column.kind.is_secret());
        for column in columns.filter(|column| draft.changes(&column.name)) {
            let (old, new) = (draft.before.get(&column.name), draft.after.get(&column.name));
            let values = [("fieldname", column.name.as_str()), ("oldvalue", old), ("newvalue", new)];
            write.insert(audit, &mark.row(&checkpoint, values));
        }
        for (column, text) in &draft.entries {
            let values = [("fieldname", column.as_str()), ("oldvalue", JOURNAL_ADDITION), ("newvalue", text)];
            write.insert(audit, &mark.row(&checkpoint, values));
        }
        Ok(())
    }

    /// Every deletion, audited table or not, and the record itself for whoever wants it back.
    pub(super) async fn audit_deletion(
        &self,
        table: &Table,
        record: &Record,
        user: &str,
        write: &mut Write<'_>,
    ) -> store::Result<()> {
        let ignored = self.property("glide.db.audit.ignore.delete").await?;
        let traced = self.switches().delete_audit;
        if traced == DeleteAudit::Off || named(ignored.as_deref().unwrap_or(NO_TRACE), table) {
            return Ok(());
        }
        let now = self.clock.stamp();
        if let Some(audit) = self.table("sys_audit") {
            let mark = Mark { table: &table.name, key: record.sys_id(), user, now: &now, checkpoint: "-1" };
            let values = [("fieldname", DELETED), ("oldvalue", DELETED), ("newvalue", DELETED)];
            write.insert(audit, &mark.row(&self.internal_checkpoint(), values));
        }
        let listed = self.property("glide.ui.audit_deleted_tables").await?.unwrap_or_default();
        let kept = !table.no_audit_delete && (!table.name.starts_with("sys_") || named(&listed, table));
        if let Some(deleted) = self.table("sys_audit_delete").filter(|_| kept && traced == DeleteAudit::On) {
            let mut row = stamped(user, &now);
            let mut displays = Displays::new(self);
            row.set("tablename", &table.name);
            row.set("documentkey", record.sys_id());
            row.set("display_value", displays.of(table, record, "").await?);
            row.set("payload", payload(&mut displays, table, record).await?);
            write.insert(deleted, &row);
        }
        Ok(())
    }

    /// The same for all rows of one write, and later ones are greater.
    fn internal_checkpoint(&self) -> String {
        format!("{:x}0000001", self.clock.now().as_millisecond())
    }
}

fn named(list: &str, table: &Table) -> bool {
    list.split(',').any(|name| name.trim() == table.name)
}

/// `<incident><caller_id display_value="Joe Employee">681c...</caller_id>...</incident>`
async fn payload(displays: &mut Displays<'_>, table: &Table, record: &Record) -> store::Result<String> {
    let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{}>", table.name);
    for column in table.stored_columns().filter(|column| !column.kind.is_secret()) {
        let (name, value) = (&column.name, record.get(&column.name));
        let shown = if column.reference.is_some() && !value.is_empty() {
            format!(" display_value=\"{}\"", escape(displays.of(table, record, name).await?.as_str()))
        } else {
            String::new()
        };
        // Writing to a string cannot fail.
        let _ = if value.is_empty() {
            write!(text, "<{name}/>")
        } else {
            write!(text, "<{name}{shown}>{}</{name}>", escape(value))
        };
    }
    Ok(text + &format!("</{}>", table.name))
}
