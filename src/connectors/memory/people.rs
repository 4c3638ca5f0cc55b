//! What people do on the platform itself, and what is really there.

use super::{ACCOUNT, Effect, Later, Line, Memory, Row, Written};
use crate::connectors::{File, Gone};
use bytes::Bytes;
use merge::{Edit, Entry, Fields, Record, Stream};

impl Memory {
    /// A person makes a record.
    pub fn open(&self, by: &str, fields: Fields) -> String {
        let mut state = self.state();
        let id = self.id();
        self.add_row(&mut state, id.clone(), by, &fields);
        id
    }

    pub fn edit(&self, id: &str, by: &str, fields: &Fields) {
        let at = self.time();
        self.put(&mut self.state(), id, fields, by, at);
    }

    /// The edit's transaction takes its time stamp now and commits later (contract 12.2).
    pub fn edit_committed_later(&self, id: &str, by: &str, fields: Fields, after_ms: i64) {
        let effect = Effect::Edit { id: id.to_owned(), by: by.to_owned(), fields, at: self.time() };
        let due = self.clock.now() + after_ms;
        self.state().later.push(Later { due, effect });
    }

    /// A script that saves without touching the time stamps (contract 12.5).
    pub fn edit_unseen(&self, id: &str, fields: Fields) {
        if let Some(row) = self.state().rows.get_mut(id) {
            row.said.extend(fields.clone());
            row.record.fields.extend(fields);
        }
    }

    pub fn comment(&self, id: &str, stream: Stream, author: &str, body: &str) {
        let at = self.time();
        let entry = Entry { id: self.id(), stream, author: author.to_owned(), at, body: body.to_owned() };
        self.add_entry(&mut self.state(), id, Line { entry, key: String::new(), is_sent: false, added: at }, author);
    }

    pub fn add_file(&self, id: &str, author: &str, name: &str, content: &[u8]) {
        let file = File {
            id: self.id(),
            name: name.to_owned(),
            content_type: "text/plain".into(),
            size: content.len() as u64,
            sha256: super::sha256(content),
            author: author.to_owned(),
            at: self.time(),
        };
        self.add_content(&mut self.state(), id, file, "", author, Bytes::copy_from_slice(content));
    }

    /// An ACL takes the record away from the account, or gives it back.
    pub fn hide(&self, id: &str, hidden: bool) {
        if let Some(row) = self.state().rows.get_mut(id) {
            row.hidden = hidden;
        }
    }

    pub fn remove(&self, id: &str, by: &str) {
        let at = self.time();
        let mut state = self.state();
        if state.rows.remove(id).is_some() {
            state.deleted.insert(id.to_owned(), Gone::Deleted { at, by: by.to_owned() });
        }
    }

    /// What the record really holds, whoever may see it.
    pub fn truth(&self, id: &str) -> Option<Record> {
        self.state().rows.get(id).map(|row| row.record.clone())
    }

    pub fn true_entries(&self, id: &str) -> Vec<Entry> {
        self.of(id, |row| row.entries.iter().map(|line| line.entry.clone()).collect())
    }

    pub fn true_files(&self, id: &str) -> Vec<File> {
        self.of(id, |row| row.files.iter().map(|stored| stored.file.clone()).collect())
    }

    /// What people, and the platform's own rules, set last in each field: never what the account wrote.
    pub fn said(&self, id: &str) -> Fields {
        self.of(id, |row| row.said.clone())
    }

    pub fn is_hidden(&self, id: &str) -> bool {
        self.of(id, |row| row.hidden)
    }

    /// How many records the account ever made.
    pub fn made(&self) -> usize {
        self.state().made.len()
    }

    /// The records that the account deleted.
    pub fn deleted(&self) -> Vec<String> {
        let is_ours = |gone: &Gone| matches!(gone, Gone::Deleted { by, .. } if by == ACCOUNT);
        self.state().deleted.iter().filter(|(_, gone)| is_ours(gone)).map(|(id, _)| id.clone()).collect()
    }

    /// How many entries are there that the account sent.
    pub fn appended(&self) -> usize {
        self.state().rows.values().flat_map(|row| &row.entries).filter(|line| line.is_sent).count()
    }

    /// What the account wrote, oldest first.
    pub fn written(&self) -> Vec<Written> {
        self.state().written.clone()
    }

    fn of<T: Default>(&self, id: &str, read: impl Fn(&Row) -> T) -> T {
        self.state().rows.get(id).map(read).unwrap_or_default()
    }
}

impl Row {
    pub(super) fn touch(&mut self, by: &str, at: i64) {
        self.record.edited = Edit { at, by: by.to_owned() };
        self.touched += 1;
    }
}
