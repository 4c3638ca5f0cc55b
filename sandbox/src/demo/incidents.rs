//! The demo incidents, from `demo/incidents.json`: what each was when it was opened, and what was done to
//! it since, by whom and when. The instance's own rules make the record out of that, so stamps,
//! priorities and counts are what they would be had it all happened here.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::people::People;
use super::{Unusable, add, fixed_id, row};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{JOURNAL_ADDITION, Told, as_told};
use crate::store::Write;

#[derive(Deserialize)]
struct Story {
    number: String,
    /// A well-known one; otherwise it comes from the number.
    #[serde(default)]
    sys_id: String,
    opened_at: String,
    opened_by: String,
    #[serde(default)]
    then: Vec<Step>,
    /// The other columns as they were first filled in.
    #[serde(flatten)]
    columns: BTreeMap<String, String>,
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

pub(super) fn furnish(instance: &Instance, write: &mut Write, people: &People) -> Result<(), Unusable> {
    let Some(table) = instance.table("incident") else {
        return Ok(());
    };
    let stories: Vec<Story> = serde_json::from_str(include_str!("../../demo/incidents.json"))?;
    for story in &stories {
        let mut record = opened(table, story, people)?;
        for step in &story.then {
            let before = record.clone();
            record = next(table, record, step, people)?;
            for column in table.stored_columns().map(|column| column.name.as_str()) {
                if !column.starts_with("sys_") && before.get(column) != record.get(column) {
                    let (old, new) = (before.get(column), record.get(column));
                    audit(instance, write, &record, step, [column, old, new]);
                }
            }
            for (element, text) in step.entries() {
                journal(instance, write, &record, step, &element, &text);
                audit(instance, write, &record, step, [&element, JOURNAL_ADDITION, &text]);
            }
        }
        write.insert(table, &record);
    }
    Ok(())
}

/// References are told by name.
fn set(record: &mut Record, columns: &BTreeMap<String, String>, people: &People) {
    for (column, value) in columns {
        match column.as_str() {
            "caller_id" | "assigned_to" => record.set(column, people.user(value)),
            "assignment_group" => record.set(column, people.group(value)),
            _ => record.set(column, value),
        }
    }
}

fn opened(table: &Table, story: &Story, people: &People) -> Result<Record, Unusable> {
    let id = if story.sys_id.is_empty() { fixed_id(&story.number) } else { story.sys_id.clone() };
    let opened_by = people.user(&story.opened_by);
    let values = [
        ("number", story.number.as_str()),
        ("task_effective_number", &story.number),
        ("sys_class_name", &table.name),
        ("opened_at", &story.opened_at),
        ("opened_by", &opened_by),
    ];
    let mut record = row(table, &id, &values);
    set(&mut record, &story.columns, people);
    let user = people.doing(&story.opened_by);
    let told = Told { table, user: &user, now: &story.opened_at, entries: Vec::new() };
    Ok(as_told(told, Record::default(), record)?)
}

fn next(table: &Table, before: Record, step: &Step, people: &People) -> Result<Record, Unusable> {
    let mut after = before.clone();
    set(&mut after, &step.set, people);
    let user = people.doing(&step.by);
    let told = Told { table, user: &user, now: &step.at, entries: step.entries() };
    Ok(as_told(told, before, after)?)
}

fn journal(instance: &Instance, write: &mut Write, record: &Record, step: &Step, element: &str, text: &str) {
    let id = fixed_id(&format!("{element} {} {}", record.get("number"), step.at));
    let values = [
        ("name", "incident"),
        ("element", element),
        ("element_id", record.sys_id()),
        ("value", text),
        ("sys_created_on", &step.at),
        ("sys_updated_on", &step.at),
        ("sys_created_by", &step.by),
        ("sys_updated_by", &step.by),
    ];
    add(instance, write, "sys_journal_field", &id, &values);
}

/// What changed at that step: the column, what it held and what it holds since (contract 8).
fn audit(instance: &Instance, write: &mut Write, record: &Record, step: &Step, change: [&str; 3]) {
    let [column, old, new] = change;
    let id = fixed_id(&format!("audit {column} {} {}", record.get("number"), step.at));
    let values = [
        ("tablename", "incident"),
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
    add(instance, write, "sys_audit", &id, &values);
}
