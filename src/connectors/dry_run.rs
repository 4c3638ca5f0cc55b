//! A side on which nothing happens: reads pass, writes are only written down.

use super::{
    Applied, Budget, ChangeStream, Connector, Content, Difference, Failure, File, Gone, Journal, NewEntry, NewFile,
    Page, Place, Sight, Whole,
};
use async_trait::async_trait;
use merge::{Edit, Entry, Fields, Record, User};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// A write that a dry run held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeldBack {
    Create { fields: Fields },
    Write { id: String, fields: Fields },
    Append { id: String, entry: NewEntry },
    Attach { id: String, file: NewFile },
    Delete { id: String },
}

pub struct DryRun {
    side: Arc<dyn Connector>,
    held_back: Mutex<Vec<HeldBack>>,
}

impl DryRun {
    pub fn new(side: Arc<dyn Connector>) -> Self {
        Self { side, held_back: Mutex::default() }
    }

    /// What would have been written so far, in order.
    pub fn held_back(&self) -> Vec<HeldBack> {
        self.held_back.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, write: HeldBack) {
        self.held_back.lock().unwrap_or_else(PoisonError::into_inner).push(write);
    }
}

#[async_trait]
impl Connector for DryRun {
    async fn fetch(&self, id: &str) -> Result<Option<Record>, Failure> {
        self.side.fetch(id).await
    }

    async fn whole(&self, id: &str) -> Result<Option<Whole>, Failure> {
        self.side.whole(id).await
    }

    async fn find_by_number(&self, number: &str) -> Result<Option<String>, Failure> {
        self.side.find_by_number(number).await
    }

    async fn gone(&self, id: &str) -> Result<Gone, Failure> {
        self.side.gone(id).await
    }

    async fn entries(&self, id: &str) -> Result<Vec<Entry>, Failure> {
        self.side.entries(id).await
    }

    async fn journal(&self) -> Result<Journal, Failure> {
        self.side.journal().await
    }

    async fn create(&self, _key: &str, fields: &Fields) -> Result<Applied, Failure> {
        self.note(HeldBack::Create { fields: fields.clone() });
        let record = Record { fields: fields.clone(), ..Record::default() };
        Ok(Applied { record, notes: Vec::new(), left_out: BTreeSet::new() })
    }

    fn id_of_new(&self, key: &str) -> Option<String> {
        self.side.id_of_new(key)
    }

    async fn find_new(&self, key: &str) -> Result<Option<String>, Failure> {
        self.side.find_new(key).await
    }

    /// Answers the record as it would stand.
    async fn write(&self, id: &str, fields: &Fields, _expected: &str) -> Result<Applied, Failure> {
        self.note(HeldBack::Write { id: id.to_owned(), fields: fields.clone() });
        let mut record = self.side.fetch(id).await?.unwrap_or_default();
        record.fields.extend(fields.clone());
        Ok(Applied { record, notes: Vec::new(), left_out: BTreeSet::new() })
    }

    async fn has_user(&self, user: &User) -> Result<bool, Failure> {
        self.side.has_user(user).await
    }

    async fn why_other(&self, difference: &Difference<'_>) -> Option<String> {
        self.side.why_other(difference).await
    }

    async fn edits(&self, record: &Record, fields: &BTreeSet<String>) -> Result<BTreeMap<String, Edit>, Failure> {
        self.side.edits(record, fields).await
    }

    async fn delete(&self, id: &str) -> Result<(), Failure> {
        self.note(HeldBack::Delete { id: id.to_owned() });
        Ok(())
    }

    async fn append(&self, id: &str, entry: &NewEntry) -> Result<Option<String>, Failure> {
        self.note(HeldBack::Append { id: id.to_owned(), entry: entry.clone() });
        Ok(None)
    }

    async fn find_entry(
        &self,
        id: &str,
        entry: &NewEntry,
        taken: &BTreeSet<String>,
    ) -> Result<Option<String>, Failure> {
        self.side.find_entry(id, entry, taken).await
    }

    fn is_same(&self, shown: &Entry, sent: &NewEntry) -> bool {
        self.side.is_same(shown, sent)
    }

    async fn files(&self, id: &str) -> Result<Vec<File>, Failure> {
        self.side.files(id).await
    }

    async fn read_file(&self, id: &str, file: &str) -> Result<Content, Failure> {
        self.side.read_file(id, file).await
    }

    /// The content is not even read.
    async fn attach(&self, id: &str, file: &NewFile, _content: Content) -> Result<File, Failure> {
        self.note(HeldBack::Attach { id: id.to_owned(), file: file.clone() });
        Ok(File {
            id: file.key.clone(),
            name: file.name.clone(),
            content_type: file.content_type.clone(),
            size: file.size,
            sha256: file.sha256.clone(),
            author: file.author.clone(),
            at: file.at,
        })
    }

    fn streams(&self) -> &'static [ChangeStream] {
        self.side.streams()
    }

    async fn changed(&self, stream: ChangeStream, since: i64, after: Option<&Place>) -> Result<Page, Failure> {
        self.side.changed(stream, since, after).await
    }

    async fn sight(&self, stream: ChangeStream) -> Result<Sight, Failure> {
        self.side.sight(stream).await
    }

    fn ahead_ms(&self) -> Option<i64> {
        self.side.ahead_ms()
    }

    fn budget(&self) -> Option<Budget> {
        self.side.budget()
    }

    fn settles_ms(&self) -> i64 {
        self.side.settles_ms()
    }
}
