//! A side whose every call can be stopped before and after it takes effect, and is written down.

use super::world::ON_THE_WIRE;
use crate::connectors::memory::Memory;
use crate::connectors::{
    Applied, ChangeStream, Connector, Content, Failure, File, Gone, Journal, NewEntry, NewFile, Page, Place, Sight,
};
use crate::store::pause;
use async_trait::async_trait;
use merge::{Edit, Entry, Fields, Record, User};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// What happened, in order, for whoever reads a failing history. Silent unless told to listen.
#[derive(Clone, Default)]
pub struct Tale(Option<Arc<Mutex<Vec<String>>>>);

impl Tale {
    pub fn told() -> Self {
        Self(Some(Arc::default()))
    }

    pub fn tell(&self, line: impl FnOnce() -> String) {
        if let Some(lines) = &self.0 {
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(line());
        }
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.as_ref().map(|lines| lines.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }
}

pub struct Watched {
    pub name: &'static str,
    pub memory: Arc<Memory>,
    pub tale: Tale,
    /// Records that the account touched: the platform's business rule tells of that as well.
    pub touched: Arc<Mutex<Vec<String>>>,
}

impl Watched {
    async fn call<T: Brief>(
        &self,
        what: impl FnOnce() -> String,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        pause::at(ON_THE_WIRE).await;
        let answer = call.await;
        self.tale.tell(|| {
            let brief = match &answer {
                Ok(answer) => answer.brief(),
                Err(failure) => format!("{failure:?}"),
            };
            format!("    {}.{} -> {brief}", self.name, what())
        });
        pause::at("after a call").await;
        answer
    }

    fn touch(&self, id: &str) {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner).push(id.to_owned());
    }
}

/// An answer in as few words as tell what matters.
trait Brief {
    fn brief(&self) -> String;
}

impl Brief for Record {
    fn brief(&self) -> String {
        format!(
            "{} edited at {}, {}",
            values(&self.fields),
            self.edited.at,
            self.version.split('@').next_back().unwrap_or("")
        )
    }
}

impl Brief for Applied {
    fn brief(&self) -> String {
        format!("{} {:?}", self.record.brief(), self.notes)
    }
}

impl<T: Brief> Brief for Option<T> {
    fn brief(&self) -> String {
        self.as_ref().map_or_else(|| "nothing".to_owned(), Brief::brief)
    }
}

impl<T: Brief> Brief for Vec<T> {
    fn brief(&self) -> String {
        format!("[{}]", self.iter().map(Brief::brief).collect::<Vec<_>>().join(", "))
    }
}

impl Brief for Entry {
    fn brief(&self) -> String {
        format!("{} {:?}", self.author, self.body)
    }
}

impl Brief for Page {
    fn brief(&self) -> String {
        self.seen.iter().map(|seen| seen.version.as_str()).collect::<Vec<_>>().join(", ")
    }
}

macro_rules! brief_as_debug {
    ($($of:ty),*) => { $(impl Brief for $of { fn brief(&self) -> String { format!("{self:?}") } })* };
}
brief_as_debug!((), bool, String, Gone, Journal, File, Sight, BTreeMap<String, Edit>);

fn values(fields: &Fields) -> String {
    let shown = fields.iter().map(|(field, value)| format!("{field}={:?}", value.as_str()));
    format!("{{{}}}", shown.collect::<Vec<_>>().join(" "))
}

#[async_trait]
impl Connector for Watched {
    async fn fetch(&self, id: &str) -> Result<Option<Record>, Failure> {
        self.call(|| "fetch".into(), self.memory.fetch(id)).await
    }

    async fn gone(&self, id: &str) -> Result<Gone, Failure> {
        self.call(|| "gone".into(), self.memory.gone(id)).await
    }

    async fn entries(&self, id: &str) -> Result<Vec<Entry>, Failure> {
        self.call(|| "entries".into(), self.memory.entries(id)).await
    }

    async fn journal(&self) -> Result<Journal, Failure> {
        self.call(|| "journal".into(), self.memory.journal()).await
    }

    async fn create(&self, key: &str, fields: &Fields) -> Result<Applied, Failure> {
        if let Some(id) = self.memory.id_of_new(key) {
            self.touch(&id);
        }
        self.call(|| format!("create({key}, {})", values(fields)), self.memory.create(key, fields)).await
    }

    fn id_of_new(&self, key: &str) -> Option<String> {
        self.memory.id_of_new(key)
    }

    async fn find_new(&self, key: &str) -> Result<Option<String>, Failure> {
        self.call(|| format!("find_new({key})"), self.memory.find_new(key)).await
    }

    async fn write(&self, id: &str, fields: &Fields, expected: &str) -> Result<Applied, Failure> {
        self.touch(id);
        self.call(
            || format!("write({} on {})", values(fields), expected.split('@').next_back().unwrap_or("")),
            self.memory.write(id, fields, expected),
        )
        .await
    }

    async fn has_user(&self, user: &User) -> Result<bool, Failure> {
        self.call(|| format!("has_user({})", user.email), self.memory.has_user(user)).await
    }

    async fn edits(&self, record: &Record, fields: &BTreeSet<String>) -> Result<BTreeMap<String, Edit>, Failure> {
        self.call(|| format!("edits({fields:?})"), self.memory.edits(record, fields)).await
    }

    async fn delete(&self, id: &str) -> Result<(), Failure> {
        self.touch(id);
        self.call(|| "delete".into(), self.memory.delete(id)).await
    }

    async fn append(&self, id: &str, entry: &NewEntry) -> Result<Option<String>, Failure> {
        self.touch(id);
        self.call(|| format!("append({} {:?})", entry.key, entry.body), self.memory.append(id, entry)).await
    }

    async fn find_entry(
        &self,
        id: &str,
        entry: &NewEntry,
        taken: &BTreeSet<String>,
    ) -> Result<Option<String>, Failure> {
        self.call(|| format!("find_entry({})", entry.key), self.memory.find_entry(id, entry, taken)).await
    }

    fn is_same(&self, shown: &Entry, sent: &NewEntry) -> bool {
        self.memory.is_same(shown, sent)
    }

    async fn files(&self, id: &str) -> Result<Vec<File>, Failure> {
        self.call(|| "files".into(), self.memory.files(id)).await
    }

    async fn read_file(&self, id: &str, file: &str) -> Result<Content, Failure> {
        pause::at(ON_THE_WIRE).await;
        self.memory.read_file(id, file).await
    }

    async fn attach(&self, id: &str, file: &NewFile, content: Content) -> Result<File, Failure> {
        self.touch(id);
        self.call(|| format!("attach({file:?})"), self.memory.attach(id, file, content)).await
    }

    fn streams(&self) -> &'static [ChangeStream] {
        self.memory.streams()
    }

    async fn changed(&self, stream: ChangeStream, since: i64, after: Option<&Place>) -> Result<Page, Failure> {
        let what = || format!("changed({}, {since}, {})", stream.as_str(), after.map_or("", |last| &last.row));
        self.call(what, self.memory.changed(stream, since, after)).await
    }

    async fn sight(&self, stream: ChangeStream) -> Result<Sight, Failure> {
        self.call(|| format!("sight({})", stream.as_str()), self.memory.sight(stream)).await
    }

    fn ahead_ms(&self) -> Option<i64> {
        self.memory.ahead_ms()
    }

    fn settles_ms(&self) -> i64 {
        self.memory.settles_ms()
    }
}
