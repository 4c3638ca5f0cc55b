//! The demo records, from the files in `demo/`: what each was at first, and what was done to it since, by
//! whom and when. The instance's own rules make the record out of that, so stamps, priorities and counts
//! are what they would be had it all happened here.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::names::Names;
use super::{BORN, Unusable, add, row};
use crate::dictionary::{Kind, Table};
use crate::instance::Instance;
use crate::random::fixed_id;
use crate::record::Record;
use crate::records::{JOURNAL_ADDITION, Told, as_told};
use crate::store::Write;
use crate::user::kept_password;

/// A table and the file with its stories; a row may name a class of that table as its own.
const FILES: &[(&str, &str)] = &[
    ("cmn_cost_center", include_str!("../../demo/cost_centers.json")),
    ("core_company", include_str!("../../demo/companies.json")),
    ("cmn_location", include_str!("../../demo/locations.json")),
    ("cmn_department", include_str!("../../demo/departments.json")),
    ("cmdb_model", include_str!("../../demo/models.json")),
    ("cmdb_ci", include_str!("../../demo/configuration_items.json")),
    ("cmdb_rel_type", include_str!("../../demo/relation_types.json")),
    ("cmdb_rel_ci", include_str!("../../demo/relations.json")),
    ("customer_account", include_str!("../../demo/accounts.json")),
    ("customer_contact", include_str!("../../demo/contacts.json")),
    ("sys_user_has_role", include_str!("../../demo/customer_roles.json")),
    ("sn_customerservice_escalation_severity", include_str!("../../demo/escalation_severities.json")),
    ("sn_customerservice_escalation_template", include_str!("../../demo/escalation_templates.json")),
    ("sn_customerservice_escalation", include_str!("../../demo/escalations.json")),
    ("sn_customerservice_case", include_str!("../../demo/cases.json")),
    ("kb_knowledge_base", include_str!("../../demo/knowledge_bases.json")),
    ("kb_category", include_str!("../../demo/knowledge_categories.json")),
    ("kb_knowledge", include_str!("../../demo/articles.json")),
    ("problem", include_str!("../../demo/problems.json")),
    ("change_request", include_str!("../../demo/changes.json")),
    ("incident", include_str!("../../demo/incidents.json")),
];

/// The stories of one table.
pub(super) struct Chapter {
    pub table: &'static str,
    pub stories: Vec<Story>,
}

#[derive(Deserialize)]
pub(super) struct Story {
    /// A well-known one; otherwise it comes from the record's name.
    #[serde(default)]
    pub sys_id: String,
    #[serde(default = "at_the_beginning")]
    opened_at: String,
    #[serde(default = "by_the_instance")]
    opened_by: String,
    #[serde(default)]
    then: Vec<Step>,
    /// The other columns as they were first filled in.
    #[serde(flatten)]
    pub columns: BTreeMap<String, String>,
}

fn at_the_beginning() -> String {
    BORN.to_owned()
}

fn by_the_instance() -> String {
    "system".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    at: String,
    by: String,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    comments: String,
    #[serde(default)]
    work_notes: String,
}

impl Step {
    fn entries(&self) -> Vec<(String, String)> {
        let entries = [("comments", &self.comments), ("work_notes", &self.work_notes)];
        let written = entries.into_iter().filter(|(_, text)| !text.is_empty());
        written.map(|(element, text)| (element.to_owned(), text.clone())).collect()
    }
}

pub(super) fn read() -> serde_json::Result<Vec<Chapter>> {
    FILES.iter().map(|&(table, file)| Ok(Chapter { table, stories: serde_json::from_str(file)? })).collect()
}

pub(super) fn furnish(
    instance: &Instance,
    write: &mut Write,
    chapters: &[Chapter],
    names: &Names,
) -> Result<(), Unusable> {
    for chapter in chapters {
        for story in &chapter.stories {
            let class = story.columns.get("sys_class_name").map_or(chapter.table, String::as_str);
            let Some(table) = instance.table(class) else { continue };
            let teller = Teller { instance, table, names };
            let mut record = teller.opened(story)?;
            for step in &story.then {
                let before = record.clone();
                record = teller.next(record, step)?;
                teller.keep(write, &before, &record, step);
            }
            write.insert(table, &record);
        }
    }
    Ok(())
}

struct Teller<'a> {
    instance: &'a Instance,
    table: &'a Table,
    names: &'a Names<'a>,
}

impl Teller<'_> {
    /// References are told by name.
    fn set(&self, record: &mut Record, columns: &BTreeMap<String, String>) {
        for (name, value) in columns {
            let Some(column) = self.table.column(name) else { continue };
            let target = match name.as_str() {
                "source_record" => columns.get("source_table").map(String::as_str),
                "parent_id" => columns.get("parent_table").map(String::as_str),
                _ => column.reference.as_deref().filter(|_| column.kind == Kind::Reference),
            };
            match target.and_then(|name| self.instance.table(name)) {
                Some(target) => record.set(name, self.names.id(target, value)),
                None if column.kind == Kind::Password => record.set(name, kept_password(value)),
                None => record.set(name, value),
            }
        }
    }

    fn opened(&self, story: &Story) -> Result<Record, Unusable> {
        let by = self.names.doing(&story.opened_by);
        let values = [
            ("sys_class_name", self.table.name.as_str()),
            ("opened_at", &story.opened_at),
            ("opened_by", &by.sys_id),
            ("task_effective_number", story.columns.get("number").map_or("", String::as_str)),
        ];
        let id = self.names.id_of(self.table, story);
        let known = values.iter().filter(|(name, _)| self.table.column(name).is_some());
        let mut record = row(self.table, &id, &known.copied().collect::<Vec<_>>());
        self.set(&mut record, &story.columns);
        let told = Told { table: self.table, user: &by, now: &story.opened_at, entries: Vec::new() };
        Ok(as_told(told, Record::default(), record)?)
    }

    fn next(&self, before: Record, step: &Step) -> Result<Record, Unusable> {
        let mut after = before.clone();
        self.set(&mut after, &step.set);
        let by = self.names.doing(&step.by);
        let told = Told { table: self.table, user: &by, now: &step.at, entries: step.entries() };
        Ok(as_told(told, before, after)?)
    }

    /// What a step leaves behind: entries in the journals, and in the audit what changed (contract 8).
    fn keep(&self, write: &mut Write, before: &Record, record: &Record, step: &Step) {
        for column in self.table.stored_columns().map(|column| column.name.as_str()) {
            let (old, new) = (before.get(column), record.get(column));
            if !column.starts_with("sys_") && old != new {
                self.audit(write, record, step, [column, old, new]);
            }
        }
        for (element, text) in step.entries() {
            self.journal(write, record, step, &element, &text);
            self.audit(write, record, step, [&element, JOURNAL_ADDITION, &text]);
        }
    }

    fn journal(&self, write: &mut Write, record: &Record, step: &Step, element: &str, text: &str) {
        let id = fixed_id(&format!("{element} {} {}", record.get("number"), step.at));
        let values = [
            ("name", self.table.name.as_str()),
            ("element", element),
            ("element_id", record.sys_id()),
            ("value", text),
            ("sys_created_on", &step.at),
            ("sys_updated_on", &step.at),
            ("sys_created_by", &step.by),
            ("sys_updated_by", &step.by),
        ];
        add(self.instance, write, "sys_journal_field", &id, &values);
    }

    /// The column, what it held and what it holds since.
    fn audit(&self, write: &mut Write, record: &Record, step: &Step, change: [&str; 3]) {
        if !self.table.audit {
            return;
        }
        let [column, old, new] = change;
        let id = fixed_id(&format!("audit {column} {} {}", record.sys_id(), step.at));
        let values = [
            ("tablename", self.table.name.as_str()),
            ("documentkey", record.sys_id()),
            ("fieldname", column),
            ("oldvalue", old),
            ("newvalue", new),
            ("user", &step.by),
            ("record_checkpoint", record.get("sys_mod_count")),
            ("sys_created_on", &step.at),
            ("sys_updated_on", &step.at),
            ("sys_created_by", &step.by),
            ("sys_updated_by", &step.by),
        ];
        add(self.instance, write, "sys_audit", &id, &values);
    }
}
