//! The memory as one side of a link: what an account may ask of it.

use super::{ACCOUNT, Effect, Later, Line, MANY, Memory, as_own_text, news, sha256, version, visible};
use crate::connectors::{
    Applied, ChangeStream, Connector, Content, Failure, File, Gone, Journal, NewEntry, NewFile, Page, Place, Sight,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use merge::{Edit, Entry, Fields, Record, User};
use std::collections::{BTreeMap, BTreeSet};

#[async_trait]
impl Connector for Memory {
    async fn fetch(&self, id: &str) -> Result<Option<Record>, Failure> {
        self.read(|state, traps| visible(state, id).map(|row| Self::shown(row, traps)))
    }

    async fn gone(&self, id: &str) -> Result<Gone, Failure> {
        self.read(|state, traps| match (traps.silent_about_gone, state.deleted.get(id)) {
            (true, _) => Gone::Unknown { why: format!("{} answers 404 for both.", self.name) },
            (false, Some(deleted)) => deleted.clone(),
            (false, None) => Gone::Hidden,
        })
    }

    async fn entries(&self, id: &str) -> Result<Vec<Entry>, Failure> {
        self.read(|state, traps| {
            visible(state, id)
                .filter(|_| !traps.hides_journal)
                .map(|row| row.entries.iter().map(|line| line.entry.clone()).collect())
                .unwrap_or_default()
        })
    }

    async fn journal(&self) -> Result<Journal, Failure> {
        self.read(|_, traps| if traps.hides_journal { Journal::Closed } else { Journal::Entries })
    }

    async fn create(&self, key: &str, fields: &Fields) -> Result<Applied, Failure> {
        self.change(|state| {
            self.refuse(fields)?;
            if let Some(row) = state.made.get(key).and_then(|id| state.rows.get(id)) {
                return Ok(self.applied(row));
            }
            let id = self.made_for(key);
            self.add_row(state, id.clone(), ACCOUNT, &Fields::new());
            self.put_as_account(state, &id, fields);
            state.made.insert(key.to_owned(), id.clone());
            Ok(self.applied(&state.rows[&id]))
        })
    }

    fn id_of_new(&self, key: &str) -> Option<String> {
        Some(self.made_for(key))
    }

    async fn find_new(&self, key: &str) -> Result<Option<String>, Failure> {
        self.read(|state, _| state.made.get(key).filter(|id| state.rows.contains_key(*id)).cloned())
    }

    async fn write(&self, id: &str, fields: &Fields, expected: &str) -> Result<Applied, Failure> {
        self.change(|state| {
            let row = visible(state, id).ok_or_else(|| self.missing())?;
            if !self.traps().unconditional && version(row) != expected {
                return Err(Failure::Moved);
            }
            self.refuse(fields)?;
            self.put_as_account(state, id, fields);
            Ok(self.applied(&state.rows[id]))
        })
    }

    async fn has_user(&self, user: &User) -> Result<bool, Failure> {
        self.read(|_, traps| traps.users.is_empty() || traps.users.contains(&user.email))
    }

    async fn edits(&self, record: &Record, fields: &BTreeSet<String>) -> Result<BTreeMap<String, Edit>, Failure> {
        self.read(|state, traps| {
            let row = visible(state, &record.id).filter(|_| !traps.keeps_no_audit);
            let edits = row.map(|row| row.record.field_edits.clone()).unwrap_or_default();
            edits.into_iter().filter(|(field, _)| fields.contains(field)).collect()
        })
    }

    async fn delete(&self, id: &str) -> Result<(), Failure> {
        let at = self.time();
        self.change(|state| {
            visible(state, id).ok_or_else(|| self.missing())?;
            state.rows.remove(id);
            state.deleted.insert(id.to_owned(), Gone::Deleted { at, by: ACCOUNT.into() });
            Ok(())
        })
    }

    async fn append(&self, id: &str, entry: &NewEntry) -> Result<Option<String>, Failure> {
        if !self.is_signed_out() && self.happens(self.traps().late_appends) {
            let mut random = [0; 4];
            self.clock.fill(&mut random);
            let due = self.clock.now() + i64::from(u32::from_be_bytes(random)) % self.traps().settles_ms.max(1);
            let effect = Effect::Append { id: id.to_owned(), entry: entry.clone() };
            self.state().later.push(Later { due, effect });
            return Err(Failure::Unsure { why: format!("The answer of {} was lost.", self.name) });
        }
        self.change(|state| {
            visible(state, id).ok_or_else(|| self.missing())?;
            Ok(self.take_entry(state, id, entry))
        })
    }

    async fn find_entry(
        &self,
        id: &str,
        entry: &NewEntry,
        taken: &BTreeSet<String>,
    ) -> Result<Option<String>, Failure> {
        self.read(|state, traps| {
            let is_it = |line: &&Line| {
                let is_sent = if traps.forgets_keys { self.is_same(&line.entry, entry) } else { line.key == entry.key };
                is_sent && !taken.contains(&line.entry.id)
            };
            let row = visible(state, id).filter(|_| !traps.hides_journal)?;
            row.entries.iter().find(is_it).map(|line| line.entry.id.clone())
        })
    }

    fn is_same(&self, shown: &Entry, sent: &NewEntry) -> bool {
        let body = if self.traps().forgets_keys { as_own_text(sent) } else { sent.body.clone() };
        shown.stream == sent.stream && shown.body == body
    }

    async fn files(&self, id: &str) -> Result<Vec<File>, Failure> {
        self.read(|state, _| {
            visible(state, id)
                .map(|row| row.files.iter().map(|stored| stored.file.clone()).collect())
                .unwrap_or_default()
        })
    }

    async fn read_file(&self, id: &str, file: &str) -> Result<Content, Failure> {
        let found = self.read(|state, _| {
            visible(state, id)
                .and_then(|row| row.files.iter().find(|stored| stored.file.id == file))
                .map(|stored| stored.content.clone())
        })?;
        let content = found.ok_or_else(|| self.missing())?;
        let half = content.len() / 2;
        Ok(stream::iter([Ok(content.slice(..half)), Ok(content.slice(half..))]).boxed())
    }

    async fn attach(&self, id: &str, file: &NewFile, mut content: Content) -> Result<File, Failure> {
        let mut bytes = Vec::new();
        while let Some(chunk) = content.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        let traps = self.traps();
        self.change(|state| {
            let row = visible(state, id).ok_or_else(|| self.missing())?;
            if traps.largest_file > 0 && bytes.len() > traps.largest_file {
                let why = format!("{} takes files of up to {} bytes.", self.name, traps.largest_file);
                return Err(Failure::Refused { why });
            }
            if sha256(&bytes) != file.sha256 {
                return Err(Failure::transient("the file changed on its way"));
            }
            let there = row.files.iter().find(|stored| !traps.forgets_keys && stored.key == file.key);
            if let Some(there) = there {
                return Ok(there.file.clone());
            }
            let kept = File {
                id: self.id(),
                name: file.name.clone(),
                content_type: file.content_type.clone(),
                size: bytes.len() as u64,
                sha256: file.sha256.clone(),
                author: if traps.forgets_keys { ACCOUNT.into() } else { file.author.clone() },
                at: if traps.forgets_keys { self.time() } else { file.at },
            };
            self.add_content(state, id, kept.clone(), &file.key, ACCOUNT, Bytes::from(bytes));
            Ok(kept)
        })
    }

    fn streams(&self) -> &'static [ChangeStream] {
        &ChangeStream::ALL
    }

    async fn changed(&self, stream: ChangeStream, since: i64, after: Option<&Place>) -> Result<Page, Failure> {
        self.read(|state, traps| {
            let mut rows = news::rows(state, traps, stream);
            rows.retain(|(seen, _)| after.map_or(seen.place.at >= since, |last| seen.place > *last));
            Page::cut(&rows, if traps.page == 0 { MANY } else { traps.page })
        })
    }

    async fn sight(&self, stream: ChangeStream) -> Result<Sight, Failure> {
        self.read(|state, traps| {
            if news::rows(state, traps, stream).iter().any(|(_, is_shown)| *is_shown) {
                return Sight::Open;
            }
            Sight::Closed { why: format!("{} shows no {}.", self.name, stream.as_str()) }
        })
    }

    /// As if measured to the second.
    fn ahead_ms(&self) -> Option<i64> {
        Some(self.traps().skew_ms)
    }

    fn settles_ms(&self) -> i64 {
        self.traps().settles_ms
    }
}
