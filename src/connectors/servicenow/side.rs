//! ServiceNow as one side of a link.

use super::changes::DeletionsIn;
use super::client::Instance;
use super::columns::{field_list, read_record};
use super::dictionary::Remembered;
use super::journal::{column, is_journal_of, journal_text};
use super::metadata::Metadata;
use super::people::People;
use super::sight::InSight;
use super::write::made_for;
use crate::clock::SharedClock;
use crate::connectors::{
    Applied, Budget, ChangeStream, Connector, Content, Difference, Failure, File, Gone, Journal, NewEntry, NewFile,
    Page, Place, Sight, Urgency,
};
use async_trait::async_trait;
use merge::{Edit, Entry, Fields, Record, User};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// References as plain values, raw times in UTC: never display values, which depend on the user (contract 12.13).
pub(super) const RAW: [(&str, &str); 2] =
    [("sysparm_display_value", "false"), ("sysparm_exclude_reference_link", "true")];
pub(super) const PAGE: usize = 200;
/// ServiceNow ends a request after 60 s (contract 10). Until then a write whose answer was lost may still happen.
const SETTLES_MS: i64 = 65_000;

/// The table of a connection, and what the rules speak of in it: nothing else is read or written.
#[derive(Debug)]
pub(super) struct Table {
    pub name: String,
    pub fields: BTreeSet<String>,
}

#[derive(Clone)]
pub struct ServiceNow {
    pub(super) instance: Instance,
    pub(super) table: Arc<Table>,
    pub(super) people: People,
    pub(super) columns: Remembered,
    pub(super) in_sight: InSight,
    pub(super) metadata: Metadata,
    pub(super) deletions_in: DeletionsIn,
    pub(super) clock: SharedClock,
}

impl ServiceNow {
    pub fn new(instance: Instance, table: &str, fields: BTreeSet<String>, clock: SharedClock) -> Self {
        let table = Arc::new(Table { name: table.to_owned(), fields });
        Self {
            instance,
            table,
            people: People::new(clock.clone()),
            columns: Remembered::default(),
            in_sight: InSight::default(),
            metadata: Metadata::default(),
            deletions_in: DeletionsIn::default(),
            clock,
        }
    }

    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The same side, for requests that are as urgent as this.
    #[must_use]
    pub fn with_urgency(&self, urgency: Urgency) -> Self {
        Self { instance: self.instance.with_urgency(urgency), ..self.clone() }
    }

    /// The `user_name` that this account acts as.
    pub async fn who_am_i(&self) -> Result<String, Failure> {
        Ok(self.people.me_now(&self.instance).await?.user_name)
    }
}

#[async_trait]
impl Connector for ServiceNow {
    async fn fetch(&self, id: &str) -> Result<Option<Record>, Failure> {
        let columns = self.columns().await?;
        let list = field_list(&self.table.fields, &columns);
        let row = self.instance.read(&self.table.name, id, &parameters(&list)).await?;
        match row {
            Some(row) => {
                let record = read_record(&row, &self.table.fields, &columns);
                let record = Record { skew_ms: self.instance.skew_ms(), ..record };
                Ok(Some(self.in_sight(record, &row).await?))
            }
            None => Ok(None),
        }
    }

    async fn find_by_number(&self, number: &str) -> Result<Option<String>, Failure> {
        let query = format!("number={number}");
        let parameters = [
            ("sysparm_query", query.as_str()),
            ("sysparm_fields", "sys_id,number"),
            ("sysparm_limit", "1"),
            RAW[0],
            RAW[1],
        ];
        let answer = self.instance.list(&self.table.name, &parameters).await?;
        // A table without such a column answers as if nothing had been asked (contract 2.4).
        let found = answer.rows().first().filter(|row| text(row, "number") == number);
        Ok(found.map(|row| text(row, "sys_id")))
    }

    async fn entries(&self, id: &str) -> Result<Vec<Entry>, Failure> {
        self.read_entries(id).await
    }

    async fn create(&self, key: &str, fields: &Fields) -> Result<Applied, Failure> {
        self.make(key, fields).await
    }

    fn id_of_new(&self, key: &str) -> Option<String> {
        Some(made_for(key))
    }

    async fn find_new(&self, key: &str) -> Result<Option<String>, Failure> {
        Ok(self.fetch(&made_for(key)).await?.map(|record| record.id))
    }

    async fn write(&self, id: &str, fields: &Fields, _expected: &str) -> Result<Applied, Failure> {
        self.change(id, fields).await
    }

    async fn has_user(&self, user: &User) -> Result<bool, Failure> {
        Ok(self.people.id_of(&self.instance, &user.email).await?.is_some())
    }

    async fn why_other(&self, difference: &Difference<'_>) -> Option<String> {
        match self.cause(difference).await {
            Ok(cause) => cause,
            Err(failure) => {
                tracing::debug!(table = %self.table.name, field = difference.field, problem = %failure, "no cause was found");
                None
            }
        }
    }

    async fn edits(&self, record: &Record, fields: &BTreeSet<String>) -> Result<BTreeMap<String, Edit>, Failure> {
        self.field_edits(record, fields).await
    }

    /// A journal write answers no id (contract 4).
    async fn append(&self, id: &str, entry: &NewEntry) -> Result<Option<String>, Failure> {
        let mut body = Map::new();
        body.insert(column(entry.stream).to_owned(), journal_text(entry).into());
        let parameters = [("sysparm_fields", "sys_id")];
        let done = self.instance.patch(&self.table.name, id, &parameters, &Json::Object(body)).await;
        done.map_err(|failure| self.advised(failure))?.map(|_| None).ok_or_else(|| self.not_there())
    }

    /// By its text.
    async fn find_entry(
        &self,
        id: &str,
        entry: &NewEntry,
        taken: &BTreeSet<String>,
    ) -> Result<Option<String>, Failure> {
        let shown = self.read_entries(id).await?;
        let found = shown.into_iter().find(|shown| !taken.contains(&shown.id) && self.is_same(shown, entry));
        Ok(found.map(|entry| entry.id))
    }

    fn is_same(&self, shown: &Entry, sent: &NewEntry) -> bool {
        shown.stream == sent.stream && is_journal_of(&shown.body, sent)
    }

    async fn gone(&self, id: &str) -> Result<Gone, Failure> {
        self.why_gone(id).await
    }

    async fn journal(&self) -> Result<Journal, Failure> {
        self.journal_state().await
    }

    async fn delete(&self, id: &str) -> Result<(), Failure> {
        self.remove(id).await
    }

    async fn files(&self, id: &str) -> Result<Vec<File>, Failure> {
        self.list_files(id).await
    }

    async fn read_file(&self, _id: &str, file: &str) -> Result<Content, Failure> {
        self.open_file(file).await
    }

    async fn attach(&self, id: &str, file: &NewFile, content: Content) -> Result<File, Failure> {
        self.attach_file(id, file, content).await
    }

    fn streams(&self) -> &'static [ChangeStream] {
        &ChangeStream::ALL
    }

    async fn changed(&self, stream: ChangeStream, since: i64, after: Option<&Place>) -> Result<Page, Failure> {
        self.page_of(stream, since, after).await
    }

    async fn sight(&self, stream: ChangeStream) -> Result<Sight, Failure> {
        self.sight_of(stream).await
    }

    fn ahead_ms(&self) -> Option<i64> {
        self.instance.ahead_ms()
    }

    fn budget(&self) -> Option<Budget> {
        self.instance.budget()
    }

    async fn marks(&self) -> Result<BTreeMap<String, String>, Failure> {
        self.read_marks().await
    }

    async fn has_none_of(&self, ids: &[String]) -> Result<bool, Failure> {
        self.shows_none_of(ids).await
    }

    async fn made_by_isthmus(&self, since: i64) -> Result<Vec<(String, i64)>, Failure> {
        self.signed_records(since).await
    }

    fn settles_ms(&self) -> i64 {
        SETTLES_MS
    }
}

pub(super) fn parameters(columns: &str) -> [(&str, &str); 3] {
    [("sysparm_fields", columns), RAW[0], RAW[1]]
}

/// A column of a row, empty where it is not shown.
pub(super) fn text(row: &Json, column: &str) -> String {
    row.get(column).and_then(Json::as_str).unwrap_or_default().to_owned()
}
