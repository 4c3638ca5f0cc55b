//! What every connector must do, whatever it speaks to: each function here is one rule, and a test of each connector.
//!
//! For a new connector: implement [`Subject`] for it and add one line, `conforms!(name, subject())`, to
//! `src/tests/conformance.rs`.

use super::{ChangeStream, Connector, Failure, Gone, NewEntry, NewFile, Seen, Sight};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use merge::{Entry, Fields, Stream, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What a platform cannot do is said here, and then it must say so itself when it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Promises {
    /// Makes records.
    pub creates: bool,
    /// Takes a write only on the version that it was planned on.
    pub versions: bool,
    /// Keeps the keys of entries and files, so that the same one sent again is there once.
    pub keeps_keys: bool,
    pub files: bool,
}

impl Default for Promises {
    fn default() -> Self {
        Self { creates: true, versions: true, keeps_keys: true, files: true }
    }
}

/// A connector under test, and a person on its platform.
#[async_trait]
pub trait Subject: Send + Sync {
    fn connector(&self) -> &dyn Connector;

    /// Two text fields that the account may read and write.
    fn fields(&self) -> [&'static str; 2];

    /// A value for a field of each kind that the platform has, as the other side may send it.
    fn values(&self) -> Fields;

    fn promises(&self) -> Promises {
        Promises::default()
    }

    /// A person makes a record with these fields, and answers its id.
    async fn open(&self, fields: &Fields) -> String;

    async fn edit(&self, id: &str, fields: &Fields);

    async fn comment(&self, id: &str, stream: Stream, body: &str);

    /// False where records cannot be deleted there.
    async fn remove(&self, id: &str) -> bool;

    /// Takes the record from the account's sight. False where nothing can be hidden.
    async fn hide(&self, id: &str) -> bool;

    /// Takes the field from the account's sight, on all records. False where nothing can be hidden.
    async fn hide_field(&self, field: &str) -> bool;
}

/// One test for each rule: `conforms!(memory, memory())`, with a future of a fresh [`Subject`].
macro_rules! conforms {
    ($name:ident, $subject:expr) => {
        $crate::connectors::conformance::conforms!(@rules $name, $subject,
            a_record_asked_for_twice_with_one_key_is_one,
            a_write_touches_the_fields_that_it_names_and_no_other,
            what_was_written_is_what_is_read,
            a_value_of_each_kind_comes_back_as_it_went,
            an_empty_value_clears_a_field,
            a_write_on_an_old_version_is_not_taken,
            the_version_changes_with_the_record_and_only_then,
            an_appended_entry_is_shown_and_found_once,
            entries_that_say_the_same_are_two,
            comments_and_notes_stay_apart_and_in_order,
            changes_are_paged_without_gap_or_repetition,
            each_stream_tells_of_what_is_its_own_or_says_that_it_cannot,
            what_is_told_at_once_is_what_is_told_part_by_part,
            a_file_comes_back_byte_for_byte,
            a_file_that_was_damaged_on_its_way_is_not_kept,
            a_deleted_record_is_gone_and_takes_nothing,
            a_hidden_record_is_not_called_deleted,
            a_hidden_field_is_absent_and_not_empty,
            a_record_that_never_was_is_not_there,
        );
    };
    (@rules $name:ident, $subject:expr, $($rule:ident),* $(,)?) => {
        mod $name {
            use super::*;
            $(#[tokio::test] async fn $rule() {
                $crate::connectors::conformance::$rule(&$subject.await).await;
            })*
        }
    };
}
pub(crate) use conforms;

const PLAIN: &str = "plain";
const HARD: &str = "Grüße aus 東京,\n\"quoted\" ^OR 'this' & <b>that</b> \\n %20 🙂";
/// 2026-11-21 12:00:00 UTC.
const NOON: i64 = 1_795_262_400_000;

pub async fn a_record_asked_for_twice_with_one_key_is_one(subject: &impl Subject) {
    let ([title, text], side) = (subject.fields(), subject.connector());
    let fields = Fields::from([(title.to_owned(), Value::text("made")), (text.to_owned(), Value::text(HARD))]);
    let made = side.create("01KEY0000000000000000000AA", &fields).await;
    if !subject.promises().creates {
        assert!(matches!(made, Err(Failure::Refused { .. })), "{made:?}");
        return;
    }
    let made = made.expect("made").record;
    let found = side.find_new("01KEY0000000000000000000AA").await;
    assert_eq!(found.as_ref().map(Option::as_ref), Ok(Some(&made.id)));
    assert_eq!(side.find_new("01KEY0000000000000000000BB").await, Ok(None));
    if let Some(id) = side.id_of_new("01KEY0000000000000000000AA") {
        assert_eq!(id, made.id, "the id was known before");
    }
    let again = side.create("01KEY0000000000000000000AA", &fields).await.expect("found").record;
    let other = side.create("01KEY0000000000000000000BB", &fields).await.expect("made").record;
    assert_eq!(made.id, again.id);
    assert_ne!(made.id, other.id);
    assert_ne!(made.number, other.number);
    let there = side.fetch(&made.id).await.expect("readable").expect("there");
    assert_eq!((there.fields.get(title), there.fields.get(text)), (fields.get(title), fields.get(text)));
}

pub async fn a_write_touches_the_fields_that_it_names_and_no_other(subject: &impl Subject) {
    let ([title, text], side) = (subject.fields(), subject.connector());
    let id = open(subject, PLAIN, "stays").await;
    let before = side.fetch(&id).await.expect("readable").expect("there");
    let write = one(title, "written");
    side.write(&id, &write, &before.version).await.expect("taken");
    let after = side.fetch(&id).await.expect("readable").expect("there");
    assert_eq!(after.fields.get(title), Some(&Value::text("written")));
    assert_eq!(after.fields.get(text), Some(&Value::text("stays")));
    let others = |fields: &Fields| fields.iter().filter(|(field, _)| *field != title).map(clone).collect::<Fields>();
    assert_eq!(others(&after.fields), others(&before.fields));
    assert_eq!((after.id, after.number, after.created_at), (before.id, before.number, before.created_at));
}

pub async fn what_was_written_is_what_is_read(subject: &impl Subject) {
    let ([title, text], side) = (subject.fields(), subject.connector());
    let id = open(subject, PLAIN, PLAIN).await;
    let fields = Fields::from([(title.to_owned(), Value::text("Ünï ^ & <i>")), (text.to_owned(), Value::text(HARD))]);
    let applied = side.write(&id, &fields, &version(subject, &id).await).await.expect("taken");
    let read = side.fetch(&id).await.expect("readable").expect("there");
    assert_eq!((applied.notes, applied.left_out), (Vec::new(), BTreeSet::new()));
    for (field, value) in &fields {
        assert_eq!(applied.record.fields.get(field), Some(value), "answered");
        assert_eq!(read.fields.get(field), Some(value), "read");
    }
    assert_eq!(applied.record.version, read.version, "the answer tells the version that it made");
}

pub async fn a_value_of_each_kind_comes_back_as_it_went(subject: &impl Subject) {
    let side = subject.connector();
    let id = open(subject, PLAIN, PLAIN).await;
    assert!(subject.values().len() > 2);
    for (field, value) in subject.values() {
        let written = Fields::from([(field.clone(), value.clone())]);
        let applied = side.write(&id, &written, &version(subject, &id).await).await.expect("taken");
        assert_eq!((applied.notes, applied.left_out), (Vec::new(), BTreeSet::new()), "{field}");
        let read = side.fetch(&id).await.expect("readable").expect("there");
        let shown = read.fields.get(&field).unwrap_or_else(|| panic!("{field} is not shown"));
        assert!(shown.means(&value) && value.means(shown), "{field}: {value:?} was stored as {shown:?}");
        assert_eq!(applied.record.fields.get(&field), Some(shown), "the answer shows what is read");
        // In the side's own form it is the same again.
        let again = Fields::from([(field.clone(), shown.clone())]);
        let applied = side.write(&id, &again, &read.version).await.expect("taken");
        assert_eq!((applied.record.fields.get(&field), applied.notes), (Some(shown), Vec::new()), "{field}");
    }
}

pub async fn an_empty_value_clears_a_field(subject: &impl Subject) {
    let ([_, text], side) = (subject.fields(), subject.connector());
    let id = open(subject, PLAIN, "to be cleared").await;
    let write = Fields::from([(text.to_owned(), Value::Empty)]);
    side.write(&id, &write, &version(subject, &id).await).await.expect("taken");
    let read = side.fetch(&id).await.expect("readable").expect("there");
    assert_eq!(read.fields.get(text), Some(&Value::Empty), "cleared, and still shown");
}

pub async fn a_write_on_an_old_version_is_not_taken(subject: &impl Subject) {
    let ([title, text], side) = (subject.fields(), subject.connector());
    let id = open(subject, PLAIN, PLAIN).await;
    let old = version(subject, &id).await;
    subject.edit(&id, &one(title, "by a person")).await;
    let late = side.write(&id, &one(text, "late"), &old).await;
    let read = side.fetch(&id).await.expect("readable").expect("there");
    assert_eq!(read.fields.get(title), Some(&Value::text("by a person")));
    if subject.promises().versions {
        assert_eq!(late.map(|_| ()), Err(Failure::Moved));
        assert_eq!(read.fields.get(text), Some(&Value::text(PLAIN)));
    } else {
        late.expect("taken");
    }
}

pub async fn the_version_changes_with_the_record_and_only_then(subject: &impl Subject) {
    let [title, _] = subject.fields();
    let id = open(subject, PLAIN, PLAIN).await;
    let first = version(subject, &id).await;
    assert_eq!(first, version(subject, &id).await);
    subject.edit(&id, &one(title, "one")).await;
    let second = version(subject, &id).await;
    subject.edit(&id, &one(title, "two")).await;
    let third = version(subject, &id).await;
    assert!(first != second && second != third && first != third, "{first} {second} {third}");
}

pub async fn an_appended_entry_is_shown_and_found_once(subject: &impl Subject) {
    let side = subject.connector();
    let id = open(subject, PLAIN, PLAIN).await;
    let entry = entry("platform:1", Stream::Public, HARD);
    let nothing = BTreeSet::new();
    assert_eq!(side.find_entry(&id, &entry, &nothing).await, Ok(None));
    let own = side.append(&id, &entry).await.expect("taken");
    let found = side.find_entry(&id, &entry, &nothing).await.expect("readable").expect("found");
    let shown = side.entries(&id).await.expect("readable");
    let same: Vec<&Entry> = shown.iter().filter(|shown| side.is_same(shown, &entry)).collect();
    assert!(same.len() == 1 && same[0].id == found && shown.len() == 1, "{shown:?}");
    assert!(same[0].body.contains("東京") && same[0].body.contains("<b>that</b>"), "{:?}", same[0].body);
    if subject.promises().keeps_keys {
        let again = side.append(&id, &entry).await.expect("taken");
        assert_eq!((own.as_ref(), again.as_ref()), (Some(&found), Some(&found)), "it tells which one it is");
        assert_eq!(side.entries(&id).await.expect("readable").len(), 1, "the key makes it one");
    } else {
        assert_eq!(side.find_entry(&id, &entry, &BTreeSet::from([found])).await, Ok(None), "it is taken");
    }
}

pub async fn entries_that_say_the_same_are_two(subject: &impl Subject) {
    let side = subject.connector();
    let id = open(subject, PLAIN, PLAIN).await;
    let mut taken = BTreeSet::new();
    for key in ["platform:1", "platform:2"] {
        let entry = entry(key, Stream::Public, "said twice");
        side.append(&id, &entry).await.expect("taken");
        let found = side.find_entry(&id, &entry, &taken).await.expect("readable").expect("found");
        assert!(taken.insert(found), "another one each time");
    }
    assert_eq!(side.entries(&id).await.expect("readable").len(), 2);
}

pub async fn comments_and_notes_stay_apart_and_in_order(subject: &impl Subject) {
    let side = subject.connector();
    let id = open(subject, PLAIN, PLAIN).await;
    subject.comment(&id, Stream::Public, "first").await;
    side.append(&id, &entry("platform:1", Stream::Internal, "second")).await.expect("taken");
    subject.comment(&id, Stream::Internal, "third").await;
    let shown = side.entries(&id).await.expect("readable");
    let of = |stream: Stream| -> Vec<&Entry> { shown.iter().filter(|entry| entry.stream == stream).collect() };
    let (public, internal) = (of(Stream::Public), of(Stream::Internal));
    assert!(public.len() == 1 && public[0].body.contains("first"), "{shown:?}");
    assert_eq!(internal.len(), 2, "{shown:?}");
    assert!(internal.iter().any(|entry| entry.body.contains("second")), "{shown:?}");
    assert!(public.iter().all(|entry| !entry.author.is_empty() && !entry.id.is_empty()), "{shown:?}");
    assert!(shown.windows(2).all(|pair| pair[0].at <= pair[1].at), "oldest first: {shown:?}");
}

pub async fn changes_are_paged_without_gap_or_repetition(subject: &impl Subject) {
    let ([title, _], side) = (subject.fields(), subject.connector());
    let mut made = BTreeSet::new();
    for _ in 0..5 {
        made.insert(open(subject, PLAIN, PLAIN).await);
    }
    let edited = made.first().expect("some").clone();
    let mut since = i64::MAX;
    for id in &made {
        since = since.min(side.fetch(id).await.expect("readable").expect("there").created_at);
    }
    let before = all_changes(side, since).await;
    let ids: Vec<&String> = before.iter().map(|seen| &seen.id).filter(|id| made.contains(*id)).collect();
    assert_eq!(ids.len(), made.len(), "each of them once: {before:?}");
    assert!(before.is_sorted_by(|a, b| a.place < b.place), "oldest first, and by key within one time: {before:?}");
    assert_eq!(all_changes(side, since).await, before, "the same state has the same version");
    subject.edit(&edited, &one(title, "edited")).await;
    let after = all_changes(side, since).await;
    let version = |changes: &[Seen]| changes.iter().find(|seen| seen.id == edited).expect("seen").version.clone();
    assert_ne!(version(&before), version(&after));
    let last = after.iter().map(|seen| seen.place.at).max().expect("some");
    assert!(all_changes(side, last).await.iter().any(|seen| seen.place.at == last), "`since` itself belongs to it");
}

/// A comment, a file and a deletion may each leave the record's own time stamp as it is: then a stream of their own tells
/// of them. What it shows without being asked for a moment, it shows again: so an empty answer is a sign.
pub async fn each_stream_tells_of_what_is_its_own_or_says_that_it_cannot(subject: &impl Subject) {
    let ([title, _], side) = (subject.fields(), subject.connector());
    let id = open(subject, PLAIN, PLAIN).await;
    let since = side.fetch(&id).await.expect("readable").expect("there").created_at;
    let streams: BTreeSet<ChangeStream> = side.streams().iter().copied().collect();
    assert!(streams.contains(&ChangeStream::Records), "{streams:?}");
    let stream_of = |stream| if streams.contains(&stream) { stream } else { ChangeStream::Records };
    for stream in ChangeStream::ALL {
        let told_by = stream_of(stream);
        let before = all_of(side, told_by, since).await;
        match stream {
            ChangeStream::Records => subject.edit(&id, &one(title, "moved")).await,
            ChangeStream::Journals => subject.comment(&id, Stream::Internal, "a note").await,
            ChangeStream::Attachments if subject.promises().files && told_by == stream => {
                let bytes = b"hello".as_slice();
                side.attach(&id, &file("platform:9", "a.txt", bytes), content(bytes)).await.expect("taken");
            }
            ChangeStream::Deletions if subject.remove(&id).await => {}
            ChangeStream::Attachments | ChangeStream::Deletions => continue,
        }
        let after = all_of(side, told_by, since).await;
        let new: Vec<&Seen> = after.iter().filter(|seen| !before.contains(seen)).collect();
        match side.sight(told_by).await.expect("an answer") {
            Sight::Open => {
                assert!(new.len() == 1 && new[0].id == id, "{stream:?}: {new:?}");
                assert!(before.iter().all(|seen| seen.version != new[0].version), "{stream:?}: a name of its own");
            }
            Sight::Closed { why } => assert!(after.is_empty() && why.ends_with('.'), "{stream:?}: {after:?} {why}"),
        }
    }
}

pub async fn what_is_told_at_once_is_what_is_told_part_by_part(subject: &impl Subject) {
    let side = subject.connector();
    let id = open(subject, PLAIN, HARD).await;
    for (field, value) in subject.values() {
        let write = Fields::from([(field, value)]);
        side.write(&id, &write, &version(subject, &id).await).await.expect("taken");
    }
    subject.comment(&id, Stream::Public, "to all").await;
    subject.comment(&id, Stream::Internal, "to us").await;
    if subject.promises().files {
        side.attach(&id, &file("platform:1", "a.txt", b"text"), content(b"text")).await.expect("taken");
    }
    let whole = side.whole(&id).await.expect("readable").expect("there");
    let record = side.fetch(&id).await.expect("readable").expect("there");
    assert_eq!((whole.record.fields, whole.record.version), (record.fields, record.version));
    assert_eq!(whole.entries.len(), 2);
    assert_eq!((Ok(whole.entries), whole.files), (side.entries(&id).await, side.files(&id).await));
    assert!(side.whole("00000000000000000000000000000000").await.expect("readable").is_none());
}

pub async fn a_file_comes_back_byte_for_byte(subject: &impl Subject) {
    let side = subject.connector();
    let id = open(subject, PLAIN, PLAIN).await;
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[usize::from(n % 3 == 0)]).collect();
    let file = file("platform:1", "Grüße 1.bin", &bytes);
    let attached = side.attach(&id, &file, content(&bytes)).await;
    if !subject.promises().files {
        assert!(matches!(attached, Err(Failure::Refused { .. })), "{attached:?}");
        assert_eq!(side.files(&id).await, Ok(Vec::new()));
        return;
    }
    let attached = attached.expect("taken");
    let listed = side.files(&id).await.expect("readable");
    assert_eq!(listed.iter().map(|file| &file.id).collect::<Vec<_>>(), [&attached.id]);
    assert_eq!((listed[0].name.as_str(), listed[0].size), ("Grüße 1.bin", 100_000));
    assert!(listed[0].sha256.is_empty() || listed[0].sha256 == file.sha256);
    let mut read = side.read_file(&id, &attached.id).await.expect("readable");
    let mut back = Vec::new();
    while let Some(chunk) = read.next().await {
        back.extend_from_slice(&chunk.expect("a chunk"));
    }
    assert!(back == bytes, "{} bytes came back", back.len());
    if subject.promises().keeps_keys {
        let again = side.attach(&id, &file, content(&bytes)).await.expect("taken");
        assert_eq!(again.id, attached.id);
        assert_eq!(side.files(&id).await.expect("readable").len(), 1, "the key makes it one");
    }
}

pub async fn a_file_that_was_damaged_on_its_way_is_not_kept(subject: &impl Subject) {
    let side = subject.connector();
    if !subject.promises().files {
        return;
    }
    let id = open(subject, PLAIN, PLAIN).await;
    let damaged = side.attach(&id, &file("platform:1", "a.txt", b"as it was"), content(b"as it is!")).await;
    assert!(damaged.is_err(), "{damaged:?}");
    let broken = stream::iter([Ok(Bytes::from_static(b"as it")), Err(Failure::transient("cut off"))]).boxed();
    let broken = side.attach(&id, &file("platform:2", "b.txt", b"as it was"), broken).await;
    assert!(broken.is_err(), "{broken:?}");
    assert_eq!(side.files(&id).await, Ok(Vec::new()));
}

pub async fn a_deleted_record_is_gone_and_takes_nothing(subject: &impl Subject) {
    let ([title, _], side) = (subject.fields(), subject.connector());
    let id = open(subject, PLAIN, PLAIN).await;
    let version = version(subject, &id).await;
    if !subject.remove(&id).await {
        return;
    }
    assert_eq!(side.fetch(&id).await, Ok(None));
    let gone = side.gone(&id).await.expect("an answer");
    assert!(matches!(gone, Gone::Deleted { .. } | Gone::Unknown { .. }), "{gone:?}");
    let write = side.write(&id, &one(title, "too late"), &version).await;
    assert!(matches!(write, Err(Failure::Refused { .. } | Failure::Moved)), "{write:?}");
    let append = side.append(&id, &entry("platform:1", Stream::Public, "too late")).await;
    assert!(append.is_err(), "{append:?}");
    assert_eq!(side.fetch(&id).await, Ok(None));
}

pub async fn a_hidden_record_is_not_called_deleted(subject: &impl Subject) {
    let side = subject.connector();
    let id = open(subject, PLAIN, PLAIN).await;
    if !subject.hide(&id).await {
        return;
    }
    assert_eq!(side.fetch(&id).await, Ok(None));
    let gone = side.gone(&id).await.expect("an answer");
    assert!(matches!(gone, Gone::Hidden | Gone::Unknown { .. }), "{gone:?}");
}

pub async fn a_hidden_field_is_absent_and_not_empty(subject: &impl Subject) {
    let ([title, text], side) = (subject.fields(), subject.connector());
    let id = open(subject, PLAIN, PLAIN).await;
    if !subject.hide_field(text).await {
        return;
    }
    let record = side.fetch(&id).await.expect("readable").expect("there");
    assert_eq!(record.fields.get(text), None);
    assert_eq!(record.fields.get(title), Some(&Value::text(PLAIN)));
}

pub async fn a_record_that_never_was_is_not_there(subject: &impl Subject) {
    let ([title, _], side) = (subject.fields(), subject.connector());
    let nobody = "00000000000000000000000000000000";
    assert_eq!(side.fetch(nobody).await, Ok(None));
    let write = side.write(nobody, &one(title, "to nobody"), "1").await;
    assert!(matches!(write, Err(Failure::Refused { .. })), "{write:?}");
    assert_eq!(side.entries(nobody).await, Ok(Vec::new()));
}

async fn open(subject: &impl Subject, title: &str, text: &str) -> String {
    let [first, second] = subject.fields();
    let fields = Fields::from([(first.to_owned(), Value::text(title)), (second.to_owned(), Value::text(text))]);
    subject.open(&fields).await
}

async fn version(subject: &impl Subject, id: &str) -> String {
    subject.connector().fetch(id).await.expect("readable").expect("there").version
}

async fn all_changes(side: &dyn Connector, since: i64) -> Vec<Seen> {
    all_of(side, ChangeStream::Records, since).await
}

async fn all_of(side: &dyn Connector, stream: ChangeStream, since: i64) -> Vec<Seen> {
    let mut all: Vec<Seen> = Vec::new();
    loop {
        let page = side.changed(stream, since, all.last().map(|last| &last.place)).await.expect("readable");
        let is_over = page.is_last || page.seen.is_empty();
        all.extend(page.seen);
        if is_over {
            return all;
        }
        assert!(all.len() < 100_000, "it never ends");
    }
}

fn one(field: &str, value: &str) -> Fields {
    Fields::from([(field.to_owned(), Value::text(value))])
}

fn clone((field, value): (&String, &Value)) -> (String, Value) {
    (field.clone(), value.clone())
}

fn entry(key: &str, stream: Stream, body: &str) -> NewEntry {
    let (author, from) = ("Ada Lovelace".to_owned(), "Elsewhere".to_owned());
    NewEntry { key: key.to_owned(), stream, author, at: NOON, body: body.to_owned(), from }
}

fn file(key: &str, name: &str, bytes: &[u8]) -> NewFile {
    NewFile {
        key: key.to_owned(),
        name: name.to_owned(),
        content_type: "application/octet-stream".into(),
        size: bytes.len() as u64,
        sha256: format!("{:x}", Bytes::copy_from_slice(&Sha256::digest(bytes))),
        author: "Ada Lovelace".into(),
        at: NOON,
        from: "Elsewhere".into(),
    }
}

fn content(bytes: &[u8]) -> super::Content {
    let chunks: Vec<_> = bytes.chunks(16 * 1024).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    stream::iter(chunks).boxed()
}
