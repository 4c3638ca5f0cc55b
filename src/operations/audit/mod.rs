//! The audit as people read it: every change and every one that was refused, in words.

mod words;

use words::{ACTIONS, NOBODY, in_words};

use super::show::{begin_of_day, end_of_day, when};
use super::{Operations, OrTrouble, ReaderZone};
use crate::clock;
use crate::store::{AuditLine, AuditSearch};
use app::api::Answer;
use app::error::Trouble;
use app::model::{AuditFilter, AuditList, AuditRow, Role};

const PAGE: i64 = 50;

/// As the address says where a page ended: moment and id.
fn position(row: &AuditLine) -> String {
    format!("{}-{}", row.at, row.id)
}

fn read_position(text: &str) -> Option<(i64, &str)> {
    let (at, id) = text.split_once('-')?;
    Some((at.parse().ok()?, id))
}

fn unreadable(field: &str) -> Trouble {
    let (what, why) = ("The audit cannot be asked so.", "This is no day.");
    Trouble::new("AUDIT-DAY", what, why, "Type it as 2026-11-30, or leave it empty.").about(field)
}

impl Operations {
    pub async fn list_audit(&self, filter: AuditFilter) -> Answer<AuditList> {
        let me = self.require(Role::Viewer, "audit.read", "").await?;
        let subject = self.subject_meant(filter.subject.trim()).await?;
        // One more than a page tells whether there is another.
        let mut lines = self.audit_lines(&filter, &subject, read_position(&filter.behind), PAGE + 1).await?;
        let more = lines.len() > usize::try_from(PAGE).unwrap_or_default();
        lines.truncate(usize::try_from(PAGE).unwrap_or_default());
        let next = lines.last().filter(|_| more).map(position).unwrap_or_default();
        let people = self.parts.store.people().await.or_trouble()?.into_iter().map(|row| (row.id, row.name));
        let nobody = NOBODY.map(|(kept, words)| (kept.to_owned(), words.to_owned()));
        let rows: Vec<AuditRow> = lines.into_iter().map(row).collect();
        Ok(AuditList {
            next,
            people: people.chain(nobody).collect(),
            actions: ACTIONS.map(|(kept, words)| (kept.to_owned(), words.to_owned())).into(),
            subject: rows
                .first()
                .filter(|_| !filter.subject.is_empty())
                .map_or(filter.subject, |row| row.subject.clone()),
            may_export: me.role >= Role::Admin,
            rows,
        })
    }

    /// The next rows of an export, and where it goes on. That it was begun is in the audit once.
    pub async fn export_audit(
        &self,
        filter: &AuditFilter,
        behind: &str,
        limit: i64,
    ) -> Answer<(Vec<AuditRecord>, String)> {
        if behind.is_empty() {
            self.require(Role::Admin, "audit.export", "").await?;
            let mut tx = self.begin().await?;
            self.audit(&mut tx, "audit.export", "", "", false).await?;
            self.commit(tx).await?;
        }
        let subject = self.subject_meant(filter.subject.trim()).await?;
        let lines = self.audit_lines(filter, &subject, read_position(behind), limit).await?;
        let next = lines.last().map(position).unwrap_or_default();
        Ok((lines.into_iter().map(AuditRecord::of).collect(), next))
    }

    /// A page of it, for a program.
    pub async fn audit_records(&self, filter: &AuditFilter, limit: i64) -> Answer<(Vec<AuditRecord>, String)> {
        self.require(Role::Viewer, "audit.read", "").await?;
        let subject = self.subject_meant(filter.subject.trim()).await?;
        let mut lines = self.audit_lines(filter, &subject, read_position(&filter.behind), limit + 1).await?;
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().filter(|_| more).map(position).unwrap_or_default();
        Ok((lines.into_iter().map(AuditRecord::of).collect(), next))
    }

    async fn audit_lines(
        &self,
        filter: &AuditFilter,
        subject: &str,
        behind: Option<(i64, &str)>,
        limit: i64,
    ) -> Answer<Vec<AuditLine>> {
        let zone = self.reader_zone();
        let bound = |text: &str, field: &str, read: fn(&str, &ReaderZone) -> Option<i64>| match text.trim() {
            "" => Ok(0),
            day => read(day, &zone).ok_or_else(|| unreadable(field)),
        };
        let search = AuditSearch {
            person: &filter.person,
            action: &filter.action,
            subject,
            refused: filter.refused,
            from: bound(&filter.from, "from", begin_of_day)?,
            until: bound(&filter.to, "to", end_of_day)?,
            behind,
            limit,
        };
        self.parts.store.audit(&search).await.or_trouble()
    }

    /// The id that a person means by an id, a ticket's number, a connection's name or an e-mail.
    async fn subject_meant(&self, text: &str) -> Answer<String> {
        if text.is_empty() {
            return Ok(String::new());
        }
        let store = &self.parts.store;
        if let Some(ticket) = store.ticket_id(&text.to_uppercase()).await.or_trouble()? {
            return Ok(ticket);
        }
        if let Some(person) = store.person_by_email(&text.to_lowercase()).await.or_trouble()? {
            return Ok(person.id);
        }
        let connections = store.connections().await.or_trouble()?;
        let meant = connections.into_iter().find(|connection| connection.name.eq_ignore_ascii_case(text));
        Ok(meant.map_or_else(|| text.to_owned(), |connection| connection.id))
    }
}

/// An entry for programs, files and spreadsheets.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct AuditRecord {
    pub id: String,
    /// RFC 3339 in UTC
    pub at: String,
    /// The person's name, or what acted for nobody
    pub who: String,
    /// The person's id
    pub person: String,
    /// The id of the API token by which it was done; empty for a browser
    pub token: String,
    /// Such as `connections.pause`
    pub action: String,
    /// The action in words
    pub what: String,
    /// What the subject is called
    pub about: String,
    /// The subject's id; empty when it was about nothing in particular
    pub subject: String,
    pub detail: String,
    pub refused: bool,
}

impl AuditRecord {
    fn of(line: AuditLine) -> Self {
        Self {
            at: clock::format_moment(line.at, "%Y-%m-%dT%H:%M:%S.%3fZ"),
            who: who(&line),
            what: in_words(&line.action).to_owned(),
            about: about(&line).to_owned(),
            id: line.id,
            person: line.person,
            token: line.token,
            action: line.action,
            subject: line.subject,
            detail: line.detail,
            refused: line.refused == 1,
        }
    }
}

/// Who did it: the name, or what acted for nobody.
fn who(line: &AuditLine) -> String {
    let nobody = || NOBODY.iter().find(|(kept, _)| *kept == line.person).map(|(_, words)| (*words).to_owned());
    line.person_name.clone().or_else(nobody).unwrap_or_else(|| line.person.clone())
}

/// What it was about: its name where it has one.
fn about(line: &AuditLine) -> &str {
    [&line.ticket, &line.connection, &line.subject_person].into_iter().flatten().next().unwrap_or(&line.subject)
}

fn row(line: AuditLine) -> AuditRow {
    AuditRow {
        at: when(line.at),
        who: who(&line),
        what: in_words(&line.action).to_owned(),
        subject: about(&line).to_owned(),
        address: page_of(&line),
        person_id: line.person,
        token: if line.token.is_empty() { String::new() } else { line.token_name.unwrap_or(line.token) },
        id: line.id,
        action: line.action,
        subject_id: line.subject,
        detail: line.detail,
        refused: line.refused == 1,
    }
}

/// The page of what an entry is about; empty where it has none.
fn page_of(line: &AuditLine) -> String {
    let subject = &line.subject;
    if subject.is_empty() {
        return String::new();
    }
    if line.ticket.is_some() {
        return format!("/tickets/{subject}");
    }
    if line.connection.is_some() {
        return format!("/settings/connections/{subject}");
    }
    if line.subject_person.is_some() {
        return format!("/settings/people/{subject}");
    }
    match line.action.as_str() {
        "conflicts.choose" => format!("/conflicts/{subject}"),
        "failures.retry" | "failures.discard" => format!("/failures/{subject}"),
        "drift.stop" | "drift.continue" | "drift.cancel" => format!("/drift/{subject}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The text of every Rust file, without the tests and the list that is held against them.
    fn texts(folder: &Path) -> Vec<String> {
        let mut texts_found = Vec::new();
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.ends_with("src/tests") || path.ends_with("audit/words.rs") {
                continue;
            }
            if path.is_dir() {
                texts_found.extend(texts(&path));
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&path).expect("readable");
                texts_found.push(text.split("#[cfg(test)]\nmod tests").next().expect("a part").to_owned());
            }
        }
        texts_found
    }

    /// `connections.pause`, and nothing else that stands in quotes.
    fn is_action(text: &str) -> bool {
        let plain = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let areas: BTreeSet<&str> = ACTIONS.iter().filter_map(|(kept, _)| Some(kept.split_once('.')?.0)).collect();
        text.split_once('.').is_some_and(|(area, act)| areas.contains(area) && plain(act))
    }

    /// What is looked at and changes nothing, though not everybody may.
    const LOOKS: [&str; 2] = ["conflicts.preview", "mapping.preview"];
    /// What leaves its entry as another: a file that is taken in is an edit of the draft.
    const ENTERED_AS: [(&str, &str); 1] = [("mapping.import", "mapping.edit")];

    fn entered(action: &str) -> &str {
        ENTERED_AS.iter().find(|(asked, _)| *asked == action).map_or(action, |(_, as_what)| as_what)
    }

    #[test]
    fn every_operation_asks_for_a_right_and_leaves_its_entry() {
        let mut named: Vec<String> = Vec::new();
        let mut required: BTreeSet<String> = BTreeSet::new();
        for text in texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            named.extend(text.split('"').filter(|text| is_action(text)).map(ToOwned::to_owned));
            let rights = text.split("require(Role::").skip(1).filter_map(|rest| rest.split('"').nth(1));
            required.extend(rights.map(ToOwned::to_owned));
        }
        required.retain(|action| !action.ends_with("read") && !LOOKS.contains(&action.as_str()));
        let known: BTreeSet<&str> = ACTIONS.iter().map(|(kept, _)| *kept).collect();
        let wordless: BTreeSet<&str> = required.iter().chain(&named).map(String::as_str).collect();
        let wordless: Vec<_> =
            wordless.difference(&known).filter(|action| !action.ends_with("read") && !LOOKS.contains(action)).collect();
        assert!(wordless.is_empty(), "ACTIONS (audit/words.rs) has no words for {wordless:?}");
        let words: BTreeSet<&str> = ACTIONS.iter().map(|(_, words)| *words).collect();
        assert_eq!(
            words.len(),
            ACTIONS.len(),
            "two actions have the same words, and a person cannot choose between them"
        );
        // Once where the right is asked for, and once where it is written down.
        let is_silent = |action: &&String| named.iter().filter(|named| *named == entered(action)).count() < 2;
        let silent: Vec<&String> = required.iter().filter(is_silent).collect();
        assert!(silent.is_empty(), "no entry is written for {silent:?}");
    }

    #[test]
    fn a_position_is_read_as_it_was_written() {
        assert_eq!(read_position("1800000000000-01HX"), Some((1_800_000_000_000, "01HX")));
        assert_eq!(read_position("1800000000000"), None);
        assert_eq!(read_position("x-01HX"), None);
    }
}
