//! Comments and work notes: rows of `sys_journal_field`, and the text that the record's own column
//! shows in display mode (contract 4).

use super::Draft;
use crate::instance::Instance;
use crate::random;
use crate::record::Record;
use crate::store;
use crate::user::User;

pub(super) fn entry(draft: &Draft, column: &str, text: &str) -> Record {
    let by = draft.user.user_name.as_str();
    let id = random::sys_id();
    let values = [
        ("sys_id", id.as_str()),
        ("name", &draft.table.name),
        ("element", column),
        ("element_id", draft.after.sys_id()),
        ("value", text),
        ("sys_created_on", &draft.now),
        ("sys_updated_on", &draft.now),
        ("sys_created_by", by),
        ("sys_updated_by", by),
        ("sys_mod_count", "0"),
    ];
    values.into_iter().collect()
}

/// One entry, ready to be shown.
pub(crate) struct Entry {
    pub at: String,
    pub author: String,
    pub element: String,
    pub text: String,
}

impl Entry {
    pub fn is_public(&self) -> bool {
        self.element == "comments"
    }

    pub fn label(&self) -> &'static str {
        if self.is_public() { "Additional comments" } else { "Work notes" }
    }
}

impl Instance {
    /// The entries of a record, newest first; of one column or, for the merged journal, of both.
    pub async fn journal(&self, sys_id: &str, column: &str) -> store::Result<Vec<Entry>> {
        let (Some(journal), Some(users)) = (self.table("sys_journal_field"), self.table("sys_user")) else {
            return Ok(Vec::new());
        };
        if sys_id.is_empty() || sys_id.contains('^') {
            return Ok(Vec::new());
        }
        let mut query = crate::query::Query::parse(&format!("element_id={sys_id}"));
        if column != "comments_and_work_notes" {
            let more = crate::query::Query::parse(&format!("element={column}"));
            query.groups.iter_mut().zip(more.groups).for_each(|(all, one)| all.extend(one));
        }
        let mut compiled = self.compile(&query, journal, &User::system()).await?;
        r#"t0."sys_created_on" DESC, t0.rowid DESC"#.clone_into(&mut compiled.order);
        let rows = self.store.select(journal, &compiled, store::Slice::first(1_000)).await?;
        let mut entries = Vec::with_capacity(rows.len());
        for mut row in rows {
            let author = row.take("sys_created_by");
            let named = self.store.find(users, "user_name", &author).await?;
            entries.push(Entry {
                at: row.take("sys_created_on"),
                author: named.map_or(author, |mut user| user.take("name")),
                element: row.take("element"),
                text: row.take("value"),
            });
        }
        Ok(entries)
    }

    /// `YYYY-MM-DD HH:MM:SS - Name (Work notes)`, the text, an empty line; for each entry. The time is the
    /// reader's.
    pub async fn journal_text(&self, reader: Option<&User>, sys_id: &str, column: &str) -> store::Result<String> {
        let entries = self.journal(sys_id, column).await?;
        let shown = entries.iter().map(|entry| {
            let at = reader.map_or_else(|| entry.at.clone(), |user| user.sees_time(&entry.at));
            format!("{at} - {} ({})\n{}\n\n", entry.author, entry.label(), entry.text)
        });
        Ok(shown.collect())
    }
}
