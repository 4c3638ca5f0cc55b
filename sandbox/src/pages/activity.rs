//! The activity stream of a record: what was said and what was changed, newest first.

use std::collections::BTreeMap;

use super::layout;
use crate::api::Displays;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::store;
use crate::user::User;

/// Stamps and counts that follow from the changes beside them.
const NOISE: &[&str] = &[
    "active",
    "incident_state",
    "business_stc",
    "calendar_stc",
    "business_duration",
    "calendar_duration",
    "closed_at",
    "closed_by",
    "resolved_at",
    "resolved_by",
    "reopened_by",
    "reopened_time",
    "reassignment_count",
    "reopen_count",
    "task_effective_number",
];

struct Item {
    at: String,
    author: String,
    what: &'static str,
    class: &'static str,
    /// Markup.
    body: String,
}

pub(super) async fn stream(instance: &Instance, user: &User, table: &Table, record: &Record) -> store::Result<String> {
    let entries = instance.journal(record.sys_id(), "comments_and_work_notes").await?;
    // Work notes are for agents only.
    let visible = entries.iter().filter(|entry| user.is_agent() || entry.is_public());
    let mut items: Vec<Item> = visible
        .map(|entry| Item {
            at: entry.at.clone(),
            author: entry.author.clone(),
            what: entry.label(),
            class: if entry.is_public() { "public" } else { "internal" },
            body: format!("<p>{}</p>", layout::escape(&entry.text)),
        })
        .collect();
    if user.is_agent() {
        items.extend(changes(instance, user, table, record).await?);
    }
    if items.is_empty() {
        return Ok(r#"<p class="empty">No comments, work notes or changes yet.</p>"#.to_owned());
    }
    // A stable order: what was said stands above the change that it came with.
    items.sort_by(|a, b| b.at.cmp(&a.at));
    let shown: Vec<String> = items.iter().map(|item| item.show(user)).collect();
    Ok(format!(
        r#"<section aria-label="Activity stream"><p class="meta">Activities: {}</p><ul class="stream">{}</ul></section>"#,
        items.len(),
        shown.concat()
    ))
}

impl Item {
    fn show(&self, user: &User) -> String {
        let initials: String = self.author.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect();
        format!(
            r#"<li class="{}"><span class="initials" aria-hidden="true">{}</span><div><span class="meta"><strong>{}</strong> <span class="what">{}</span> <time>{}</time></span>{}</div></li>"#,
            self.class,
            layout::escape(&initials),
            layout::escape(&self.author),
            self.what,
            layout::escape(&user.sees_time(&self.at)),
            self.body
        )
    }
}

/// Field changes from the audit, those of one save together.
async fn changes(instance: &Instance, user: &User, table: &Table, record: &Record) -> store::Result<Vec<Item>> {
    let query = format!("documentkey={}^fieldname!=DELETED^ORDERBYDESCsys_created_on", record.sys_id());
    let rows = instance.query("sys_audit", &query, &User::system(), 500).await?;
    let mut displays = Displays::new(instance).read_by(user);
    let mut saves: BTreeMap<(String, String), String> = BTreeMap::new();
    for row in &rows {
        let Some(column) = table.column(row.get("fieldname")).filter(|column| !column.kind.is_journal()) else {
            continue;
        };
        if NOISE.contains(&column.name.as_str()) {
            continue;
        }
        let mut shown = Vec::new();
        for value in [row.get("newvalue"), row.get("oldvalue")] {
            let one: Record = [(column.name.as_str(), value)].into_iter().collect();
            let text = displays.of(table, &one, &column.name).await?;
            shown.push(if text.is_empty() { "(empty)".to_owned() } else { layout::escape(&text) });
        }
        let line = format!(
            r#"<dt>{}</dt><dd>{} <span class="meta">was</span> {}</dd>"#,
            layout::escape(&column.label),
            shown[0],
            shown[1]
        );
        saves.entry((row.get("sys_created_on").to_owned(), row.get("user").to_owned())).or_default().push_str(&line);
    }
    let mut items = Vec::new();
    for ((at, by), lines) in saves {
        let author = match instance.table("sys_user") {
            Some(users) => instance.store.find(users, "user_name", &by).await?.map(|mut found| found.take("name")),
            None => None,
        };
        let author = author.unwrap_or_else(|| if by == "system" { "System".to_owned() } else { by });
        items.push(Item { at, author, what: "Field changes", class: "change", body: format!("<dl>{lines}</dl>") });
    }
    Ok(items)
}
