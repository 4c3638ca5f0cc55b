//! Desk as one side of a link.

use super::files::{self, NotReceived, size_in_words};
use super::{CUSTOM, custom, field_edits, labels, save_edited, set_custom, state_key};
use crate::clock::SharedClock;
use crate::connectors::{
    Applied, ChangeStream, Connector, Content, Failure, File, Gone, Journal, NewEntry, NewFile, Page, Place, Seen,
    Whole,
};
use crate::store::{CommentLine, FileLine, Store, StoreError, Ticket, Tx, User, WholeTicket};
use async_trait::async_trait;
use futures::StreamExt;
use merge::{Edit, Entry, Fields, Record, Stream, Value};
use std::collections::BTreeSet;

/// What Desk writes as the author of what arrives.
const WHO: &str = "ServiceNow";
const PAGE: i64 = 200;

#[derive(Clone)]
pub struct DeskSide {
    store: Store,
    clock: SharedClock,
    /// Bytes that a file may have.
    file_limit: u64,
    /// Custom fields that the mapping names: a ticket has each of them, empty or not.
    custom: BTreeSet<String>,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Moved,
            other => Self::transient(other.to_string()),
        }
    }
}

impl DeskSide {
    pub fn new(store: Store, clock: SharedClock, file_limit: u64) -> Self {
        Self { store, clock, file_limit, custom: BTreeSet::new() }
    }

    /// For a connection whose rules name these of Desk's fields.
    #[must_use]
    pub fn with_fields<'a>(mut self, fields: impl Iterator<Item = &'a str>) -> Self {
        self.custom = fields.filter_map(|field| field.strip_prefix(CUSTOM)).map(ToOwned::to_owned).collect();
        self
    }

    async fn read(&self, ticket: Ticket) -> Result<Record, Failure> {
        let mut people = Vec::new();
        for id in [&ticket.owner_id, &ticket.requestor_id].into_iter().flatten() {
            people.extend(self.store.desk_user(id).await?);
        }
        Ok(self.record(ticket, &people))
    }

    /// `people` are those whom the ticket names.
    fn record(&self, ticket: Ticket, people: &[User]) -> Record {
        let user = |id: &Option<String>| {
            let found = people.iter().find(|user| id.as_ref() == Some(&user.id));
            found.map_or(Value::Empty, |user| Value::user(&user.email, &user.name))
        };
        let mut fields = Fields::from([
            ("number".to_owned(), Value::text(&ticket.number)),
            ("reference".to_owned(), Value::text(&ticket.reference)),
            ("title".to_owned(), Value::text(&ticket.title)),
            ("description".to_owned(), Value::text(&ticket.description)),
            ("status".to_owned(), Value::choice(&ticket.status)),
            ("kind".to_owned(), Value::choice(&ticket.kind)),
            ("owner".to_owned(), user(&ticket.owner_id)),
            ("requestor".to_owned(), user(&ticket.requestor_id)),
            ("created".to_owned(), Value::moment(Some(ticket.opened_at))),
            ("due".to_owned(), Value::moment(ticket.due_at)),
            ("closed".to_owned(), Value::moment(ticket.closed_at)),
            ("priority".to_owned(), Value::choice(&ticket.priority)),
            ("severity".to_owned(), Value::choice(&ticket.severity)),
            ("labels".to_owned(), Value::text(&ticket.labels)),
            ("account".to_owned(), Value::text(&ticket.account)),
            ("contact".to_owned(), Value::text(&ticket.contact)),
            ("snoozed_until".to_owned(), Value::moment(ticket.snoozed_until)),
        ]);
        let mut values = custom(&ticket);
        for name in &self.custom {
            values.entry(name.clone()).or_default();
        }
        fields.extend(values.iter().map(|(name, text)| (format!("{CUSTOM}{name}"), Value::text(text))));
        Record {
            fields,
            field_edits: field_edits(&ticket),
            edited: Edit { at: ticket.updated_at, by: ticket.updated_by },
            version: ticket.version.to_string(),
            created_at: ticket.opened_at,
            id: ticket.id,
            number: ticket.number,
            skew_ms: 0,
        }
    }

    /// Puts neutral values into the ticket's columns. Answers what could not be taken as it came.
    async fn put(&self, tx: &mut Tx, ticket: &mut Ticket, fields: &Fields) -> Result<LeftOut, Failure> {
        let mut left_out = LeftOut::default();
        for (field, value) in fields {
            let text = || value.label().into_owned();
            let moment = match value {
                Value::Moment(at) => Some(*at),
                _ => None,
            };
            match field.as_str() {
                "reference" => ticket.reference = text(),
                "title" => ticket.title = text(),
                "description" => ticket.description = text(),
                "status" => ticket.status = text(),
                "kind" => ticket.kind = text(),
                "priority" => ticket.priority = text(),
                "severity" => ticket.severity = text(),
                "labels" => ticket.labels = labels(&text()),
                "account" => ticket.account = text(),
                "contact" => ticket.contact = text(),
                "due" => ticket.due_at = moment,
                "closed" => ticket.closed_at = moment,
                "snoozed_until" => ticket.snoozed_until = moment,
                "created" => ticket.opened_at = moment.unwrap_or(ticket.opened_at),
                "owner" => ticket.owner_id = self.put_user(tx, field, value, &mut left_out).await?,
                "requestor" => ticket.requestor_id = self.put_user(tx, field, value, &mut left_out).await?,
                other => match other.strip_prefix(CUSTOM) {
                    Some(name) => set_custom(ticket, name, &text()),
                    None => left_out.add(field, format!("Desk has no field {other}, so its value was left out.")),
                },
            }
        }
        Ok(left_out)
    }

    /// S1: a user with an unknown e-mail is created.
    async fn put_user(
        &self,
        tx: &mut Tx,
        field: &str,
        value: &Value,
        left_out: &mut LeftOut,
    ) -> Result<Option<String>, Failure> {
        let Value::User(user) = value else { return Ok(None) };
        if user.email.is_empty() {
            let why = format!("{field} was left empty: {} has no e-mail in ServiceNow to be matched by.", user.name);
            left_out.add(field, why);
            return Ok(None);
        }
        let name = if user.name.is_empty() { user.email.clone() } else { user.name.clone() };
        let user = User { id: self.clock.id(), email: user.email.clone(), name };
        Ok(Some(tx.find_or_add_desk_user(&user, WHO, self.clock.now()).await?.id))
    }
}

impl DeskSide {
    fn too_large(&self, name: &str) -> Failure {
        let limit = size_in_words(self.file_limit);
        Failure::Refused {
            why: format!("\"{name}\" is too large: Desk takes files up to {limit} (setting ISTHMUS_FILE_LIMIT_MIB)."),
        }
    }
}

/// What a ticket could not take, and why.
#[derive(Default)]
struct LeftOut {
    notes: Vec<String>,
    fields: BTreeSet<String>,
}

impl LeftOut {
    fn add(&mut self, field: &str, why: String) {
        self.notes.push(why);
        self.fields.insert(field.to_owned());
    }
}

fn no_ticket() -> Failure {
    Failure::Refused { why: "The ticket is no longer there.".into() }
}

fn entry(comment: CommentLine) -> Entry {
    Entry {
        id: comment.id,
        stream: if comment.internal == 1 { Stream::Internal } else { Stream::Public },
        author: comment.author,
        at: comment.at,
        body: comment.body,
    }
}

fn shown(file: FileLine) -> File {
    File {
        id: file.id,
        name: file.name,
        content_type: file.content_type,
        size: u64::try_from(file.size).unwrap_or_default(),
        sha256: file.sha256,
        author: file.author,
        at: file.at,
    }
}

#[async_trait]
impl Connector for DeskSide {
    async fn fetch(&self, id: &str) -> Result<Option<Record>, Failure> {
        match self.store.ticket(id).await? {
            Some(ticket) => Ok(Some(self.read(ticket).await?)),
            None => Ok(None),
        }
    }

    async fn whole(&self, id: &str) -> Result<Option<Whole>, Failure> {
        let whole = self.store.whole_ticket(id).await?;
        Ok(whole.map(|WholeTicket { ticket, people, comments, files }| Whole {
            record: self.record(ticket, &people),
            entries: comments.into_iter().map(entry).collect(),
            files: Ok(files.into_iter().map(shown).collect()),
        }))
    }

    async fn entries(&self, id: &str) -> Result<Vec<Entry>, Failure> {
        Ok(self.store.comments(id).await?.into_iter().map(entry).collect())
    }

    async fn create(&self, key: &str, fields: &Fields) -> Result<Applied, Failure> {
        if let Some(ticket) = self.store.ticket_by_origin(key).await? {
            return Ok(Applied { record: self.read(ticket).await?, notes: Vec::new(), left_out: BTreeSet::new() });
        }
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let mut ticket = Ticket {
            id: self.clock.id(),
            number: tx.next_ticket_number().await?,
            origin: Some(key.to_owned()),
            status: super::STATUSES[0].into(),
            kind: super::KINDS[0].into(),
            priority: "Normal".into(),
            opened_at: now,
            updated_at: now,
            updated_by: WHO.into(),
            version: 1,
            field_edits: "{}".into(),
            custom: "{}".into(),
            ..Ticket::default()
        };
        let LeftOut { notes, fields: left_out } = self.put(&mut tx, &mut ticket, fields).await?;
        tx.add_ticket(&ticket).await?;
        tx.commit().await?;
        Ok(Applied { record: self.read(ticket).await?, notes, left_out })
    }

    /// Desk numbers its tickets itself.
    fn id_of_new(&self, _key: &str) -> Option<String> {
        None
    }

    async fn find_new(&self, key: &str) -> Result<Option<String>, Failure> {
        Ok(self.store.ticket_by_origin(key).await?.map(|ticket| ticket.id))
    }

    async fn write(&self, id: &str, fields: &Fields, expected: &str) -> Result<Applied, Failure> {
        let mut tx = self.store.begin().await?;
        let before = tx.ticket(id).await?.ok_or_else(no_ticket)?;
        if before.version.to_string() != expected {
            return Err(Failure::Moved);
        }
        let mut after = before.clone();
        let LeftOut { notes, fields: left_out } = self.put(&mut tx, &mut after, fields).await?;
        let (after, _) = save_edited(&mut tx, &before, after, WHO, self.clock.as_ref()).await?;
        tx.commit().await?;
        Ok(Applied { record: self.read(after).await?, notes, left_out })
    }

    async fn has_user(&self, user: &merge::User) -> Result<bool, Failure> {
        Ok(self.store.desk_user_by_email(&user.email).await?.is_some())
    }

    async fn append(&self, id: &str, entry: &NewEntry) -> Result<Option<String>, Failure> {
        self.store.ticket(id).await?.ok_or_else(no_ticket)?;
        let own = self.clock.id();
        let mut tx = self.store.begin().await?;
        let is_new = tx
            .add_comment(&CommentLine {
                id: own.clone(),
                ticket_id: id.to_owned(),
                origin: entry.key.clone(),
                author: entry.author.clone(),
                body: entry.body.clone(),
                internal: i64::from(entry.stream == Stream::Internal),
                written_in: entry.from.clone(),
                at: entry.at,
            })
            .await?;
        let there = if is_new { Some(own) } else { tx.comment_by_origin(id, &entry.key).await? };
        tx.commit().await?;
        Ok(there)
    }

    async fn find_entry(
        &self,
        id: &str,
        entry: &NewEntry,
        _taken: &BTreeSet<String>,
    ) -> Result<Option<String>, Failure> {
        let mut tx = self.store.begin().await?;
        Ok(tx.comment_by_origin(id, &entry.key).await?)
    }

    /// The key is kept, so `find_entry` needs no look at the text.
    fn is_same(&self, shown: &Entry, sent: &NewEntry) -> bool {
        shown.body.trim_end() == sent.body.trim_end() && shown.stream == sent.stream
    }

    async fn gone(&self, id: &str) -> Result<Gone, Failure> {
        Ok(match self.store.tombstone(id).await? {
            Some(stone) => Gone::Deleted { at: stone.deleted_at, by: stone.deleted_by },
            None => Gone::Unknown { why: "Desk never had such a ticket.".into() },
        })
    }

    async fn journal(&self) -> Result<Journal, Failure> {
        Ok(Journal::Entries)
    }

    /// Deleted twice is deleted.
    async fn delete(&self, id: &str) -> Result<(), Failure> {
        if self.store.ticket(id).await?.is_none() {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        tx.delete_ticket(id, WHO, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    async fn files(&self, id: &str) -> Result<Vec<File>, Failure> {
        Ok(self.store.files(id).await?.into_iter().map(shown).collect())
    }

    async fn read_file(&self, id: &str, file: &str) -> Result<Content, Failure> {
        let gone = || Failure::Refused { why: "The ticket does not have the file any more.".into() };
        let file = self.store.file(id, file).await?.ok_or_else(gone)?;
        Ok(files::content(self.store.clone(), file.id).map(|piece| Ok(piece?)).boxed())
    }

    async fn attach(&self, id: &str, file: &NewFile, content: Content) -> Result<File, Failure> {
        if let Some(kept) = self.store.file_by_origin(id, &file.key).await? {
            return Ok(shown(kept));
        }
        self.store.ticket(id).await?.ok_or_else(no_ticket)?;
        let unnamed = || Failure::Refused { why: "Desk takes no file without a name.".into() };
        let line = FileLine {
            id: self.clock.id(),
            ticket_id: id.to_owned(),
            origin: file.key.clone(),
            name: files::safe_name(&file.name).ok_or_else(unnamed)?,
            content_type: file.content_type.clone(),
            size: 0,
            sha256: String::new(),
            author: file.author.clone(),
            written_in: file.from.clone(),
            at: file.at,
        };
        if file.size > self.file_limit {
            return Err(self.too_large(&line.name));
        }
        let line = match files::receive(&self.store, self.clock.as_ref(), line, self.file_limit, content).await {
            Ok(line) => line,
            Err(NotReceived::TooLarge { .. }) => return Err(self.too_large(&file.name)),
            Err(NotReceived::Content(failure)) => return Err(failure),
            Err(NotReceived::Store(error)) => return Err(error.into()),
        };
        if !file.sha256.is_empty() && line.sha256 != file.sha256 {
            files::discard(&self.store, &line.id).await?;
            return Err(Failure::transient(format!("{} did not arrive as it was sent.", line.name)));
        }
        let mut tx = self.store.begin().await?;
        tx.keep_file(&line).await?;
        tx.commit().await?;
        Ok(shown(line))
    }

    /// What people touched, be it by a comment, a file or a deletion. News of it came as they did so, by the same name;
    /// what is written here for the other side is no news.
    async fn changed(&self, _stream: ChangeStream, since: i64, after: Option<&Place>) -> Result<Page, Failure> {
        let after = after.map(|last| (last.at, last.row.as_str()));
        let touched = self.store.touched(since, after, PAGE).await?;
        let seen = touched.into_iter().map(|ticket| Seen {
            version: state_key(&ticket.id, ticket.touches),
            place: Place { at: ticket.touched_at, row: ticket.id.clone() },
            id: ticket.id,
        });
        let seen: Vec<Seen> = seen.collect();
        Ok(Page { is_last: seen.is_empty(), seen })
    }

    fn settles_ms(&self) -> i64 {
        0
    }
}
