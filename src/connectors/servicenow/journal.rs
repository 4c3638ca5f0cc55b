//! Comments and work notes. They are read row by row from `sys_journal_field` or, where that shows this account no row,
//! from the text that the record shows of them (contract 4).

use super::ServiceNow;
use super::journal_text::{Reading, take_apart, without_headings};
use super::side::{PAGE, RAW, text};
use crate::clock;
use crate::connectors::{Failure, Journal, MADE_ID, NewEntry};
use merge::{Entry, Stream, Value};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The journals, and times to learn from how this account reads times.
const SHOWN: &str = "comments,work_notes,sys_created_on,sys_updated_on,opened_at";

pub(super) fn column(stream: Stream) -> &'static str {
    match stream {
        Stream::Public => "comments",
        Stream::Internal => "work_notes",
    }
}

/// The text that carries author and time, and by which the entry is found again. A link's entries are sent
/// one after the other, so an equal text that is not paired yet can only be the one in question.
pub(super) fn journal_text(entry: &NewEntry) -> String {
    let moment = format!("{} UTC", clock::in_words(entry.at));
    merge::attributed(&entry.author, &moment, &entry.from, &without_headings(&entry.body))
}

/// Whether a journal's text is what was sent for this entry.
pub(super) fn is_journal_of(text: &str, entry: &NewEntry) -> bool {
    Value::text(text) == Value::text(&journal_text(entry))
}

impl ServiceNow {
    /// Oldest first. No row is no sign that there is no entry, so the record is asked as well.
    pub(super) async fn read_entries(&self, id: &str) -> Result<Vec<Entry>, Failure> {
        let rows = self.entries_by_row(id).await?;
        if rows.is_empty() { self.entries_by_text(id).await } else { Ok(rows) }
    }

    /// With too few rights the table answers 200 and no row, which is what an instance without any comment does too.
    pub(super) async fn journal_state(&self) -> Result<Journal, Failure> {
        let query = format!("name={}", self.table.name);
        let parameters =
            [("sysparm_query", query.as_str()), ("sysparm_fields", "sys_id"), ("sysparm_limit", "1"), RAW[0], RAW[1]];
        match self.instance.list("sys_journal_field", &parameters).await {
            Ok(answer) if !answer.rows().is_empty() => return Ok(Journal::Entries),
            Ok(_) | Err(Failure::Forbidden { .. }) => {}
            Err(other) => return Err(other),
        }
        let parameters = [
            ("sysparm_query", "ORDERBYDESCsys_updated_on"),
            ("sysparm_fields", SHOWN),
            ("sysparm_limit", "1"),
            ("sysparm_display_value", "all"),
        ];
        let answer = self.instance.list(&self.table.name, &parameters).await?;
        let Some(row) = answer.rows().first() else { return Ok(Journal::Text) };
        let is_shown = [Stream::Public, Stream::Internal].map(column).iter().any(|column| row.get(*column).is_some());
        Ok(if is_shown && self.reading(row).await?.is_some() { Journal::Text } else { Journal::Closed })
    }

    async fn entries_by_row(&self, id: &str) -> Result<Vec<Entry>, Failure> {
        let query = format!("element_id={id}^elementINcomments,work_notes^ORDERBYsys_created_on^ORDERBYsys_id");
        let limit = PAGE.to_string();
        let mut rows: Vec<Json> = Vec::new();
        for page in 0.. {
            // Journal rows are never changed, so an offset does not slide here.
            let offset = (page * PAGE).to_string();
            let parameters = [
                ("sysparm_query", query.as_str()),
                ("sysparm_fields", "sys_id,element,value,sys_created_on,sys_created_by"),
                ("sysparm_limit", &limit),
                ("sysparm_offset", &offset),
                RAW[0],
                RAW[1],
            ];
            let answer = match self.instance.list("sys_journal_field", &parameters).await {
                Err(Failure::Forbidden { .. }) => return Ok(Vec::new()),
                answer => answer?,
            };
            rows.extend_from_slice(answer.rows());
            if answer.is_last(PAGE, page) {
                break;
            }
        }
        let authors: BTreeSet<String> = rows.iter().map(|row| text(row, "sys_created_by")).collect();
        let authors = self.people.names(&self.instance, authors).await?;
        Ok(rows
            .iter()
            .map(|row| Entry {
                id: text(row, "sys_id"),
                stream: if text(row, "element") == "work_notes" { Stream::Internal } else { Stream::Public },
                author: authors.get(&text(row, "sys_created_by")).cloned().unwrap_or_default(),
                at: clock::read_moment(&text(row, "sys_created_on")).unwrap_or_default(),
                // As the text of a record has it: the same entry, whichever way it is read.
                body: Value::text(&text(row, "value")).as_str().to_owned(),
            })
            .collect())
    }

    async fn entries_by_text(&self, id: &str) -> Result<Vec<Entry>, Failure> {
        let parameters = [("sysparm_fields", SHOWN), ("sysparm_display_value", "all")];
        let row = self.instance.read(&self.table.name, id, &parameters).await?.unwrap_or_default();
        let Some(reading) = self.reading(&row).await? else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        for stream in [Stream::Public, Stream::Internal] {
            let shown = row[column(stream)]["display_value"].as_str().unwrap_or_default();
            let pieces = take_apart(shown, &reading).unwrap_or_default();
            let mut times: BTreeMap<String, usize> = BTreeMap::new();
            for piece in pieces {
                let ordinal = times.entry(piece.body.clone()).or_default();
                let id = made_id(stream, &piece.body, *ordinal);
                *ordinal += 1;
                entries.push(Entry { id, stream, author: piece.author, at: piece.at, body: piece.body });
            }
        }
        // Stable: the entries of each journal keep their order.
        entries.sort_by_key(|entry| entry.at);
        Ok(entries)
    }

    /// How this account reads times, by what this row shows.
    async fn reading(&self, row: &Json) -> Result<Option<Reading>, Failure> {
        let samples: Vec<(i64, String)> = ["sys_created_on", "sys_updated_on", "opened_at"]
            .iter()
            .filter_map(|column| {
                Some((clock::read_moment(row[column]["value"].as_str()?)?, text(&row[column], "display_value")))
            })
            .collect();
        let me = self.people.me(&self.instance).await?;
        Ok(Reading::found(&samples, &me.date_format, &me.time_format, &me.time_zone))
    }
}

/// Entries only ever come on top, so the how-many-eth of equal texts an entry is never changes. Neither author nor time
/// are in it: the name of a person and the zone of this account may change, and the entry is the same.
fn made_id(stream: Stream, body: &str, ordinal: usize) -> String {
    let body = Value::text(body);
    let hash = Sha256::digest(format!("{} {ordinal} {}", column(stream), body.as_str()));
    let half: [u8; 16] = std::array::from_fn(|i| hash[i]);
    format!("{MADE_ID}{:032x}", u128::from_be_bytes(half))
}
