//! What a side will not take is kept for a person, and not sent again while just the same is wanted.

use super::deliver::{Append, Attach, Create, Delete, Part, Write, read};
use super::{Engine, SyncError};
use crate::connectors::File;
use crate::queue;
use crate::store::{DeadLetter, Delivery, Job, LOST, LetterState, Link, Result, Tx, cause_of};
use merge::Side;

/// One thing to be written, as letters know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    side: Side,
    kind: &'static str,
    rule: String,
    /// JSON, compared as it is.
    what: String,
}

impl Wanted {
    /// The value, and what its row demands along with it: another template is another try.
    pub fn write(part: &Part) -> Self {
        Self::field(&part.rule, &part.write)
    }

    pub fn field(rule: &str, write: &merge::Write) -> Self {
        let what = serde_json::json!({"fields": write.fields, "also": write.also}).to_string();
        Self { side: write.to, kind: "write", rule: rule.to_owned(), what }
    }

    /// An entry is known by its id; one that a note rule made anew each time, by the rule.
    pub fn append(append: &Append) -> Self {
        let rule = append.agreed.keys().next().unwrap_or(&append.entry.id).clone();
        let what = serde_json::json!({"stream": append.entry.stream, "body": append.entry.body}).to_string();
        Self { side: append.to, kind: "append", rule, what }
    }

    /// An entry that may be there already, by what stands for it until it shows.
    pub fn lost(append: &Append, unseen: &str) -> Self {
        Self { kind: LOST, rule: unseen.to_owned(), ..Self::append(append) }
    }

    /// A file never changes; another one has another id.
    pub fn attach(to: Side, file: &File) -> Self {
        let what = serde_json::json!({"name": file.name, "size": file.size}).to_string();
        Self { side: to, kind: "attach", rule: file.id.clone(), what }
    }

    pub fn create(to: Side, create: &Create) -> Self {
        let what = serde_json::json!({"fields": create.fields}).to_string();
        Self { side: to, kind: "create", rule: String::new(), what }
    }

    /// The whole record is to go.
    pub fn delete(from: Side) -> Self {
        Self { side: from, kind: "delete", rule: String::new(), what: "{}".to_owned() }
    }

    /// All that a delivery was to write.
    pub fn of(delivery: &Delivery) -> std::result::Result<Vec<Self>, SyncError> {
        Ok(match delivery.kind.as_str() {
            "create" => vec![Self::create(delivery.to(), &read::<Create>(delivery)?)],
            "append" => vec![Self::append(&read::<Append>(delivery)?)],
            "attach" => {
                let Attach { to, file, .. } = read(delivery)?;
                vec![Self::attach(to, &file)]
            }
            "delete" => vec![Self::delete(read::<Delete>(delivery)?.gone.other())],
            _ => read::<Write>(delivery)?.parts.iter().map(Self::write).collect(),
        })
    }

    fn is_of(&self, letter: &DeadLetter) -> bool {
        letter.side == self.side.as_str()
            && letter.kind == self.kind
            && letter.rule == self.rule
            && letter.wanted == self.what
    }
}

/// The letters of a link that hold something back.
#[derive(Default)]
pub(super) struct Held(Vec<DeadLetter>);

impl Held {
    pub async fn of(engine: &Engine, link: &Link) -> Result<Self> {
        let mut letters = engine.store.held_letters(&queue::lane(&link.connection_id, &link.servicenow_id)).await?;
        letters.retain(|letter| letter.kind != JOB);
        Ok(Self(letters))
    }

    /// Whether just this was not taken before.
    pub fn holds(&self, wanted: &Wanted) -> bool {
        self.letter(wanted).is_some()
    }

    /// Whether an entry may be missing on a side: what people wrote after it must not come before it.
    pub fn awaits_an_entry(&self, on: Side) -> bool {
        self.0.iter().any(|letter| letter.kind == LOST && letter.is_open() && letter.side == on.as_str())
    }

    /// The letter about just this, if it was not taken before.
    pub fn letter(&self, wanted: &Wanted) -> Option<&DeadLetter> {
        self.0.iter().find(|letter| wanted.is_of(letter))
    }

    /// Divides into what a person must still act on, and what is settled because it is no longer wanted. A lost entry is
    /// not wanted any more, and yet somebody must look for it.
    pub fn divide(self, wanted: &[Wanted]) -> (Vec<DeadLetter>, Vec<DeadLetter>) {
        let (held, settled): (Vec<_>, Vec<_>) = self
            .0
            .into_iter()
            .partition(|letter| letter.kind == LOST || wanted.iter().any(|wanted| wanted.is_of(letter)));
        (held.into_iter().filter(DeadLetter::is_open).collect(), settled)
    }
}

/// Keeps a letter about something that was not taken. Answers whether it is news.
pub(super) async fn keep(
    engine: &Engine,
    tx: &mut Tx,
    link: &Link,
    wanted: &Wanted,
    attempts: i64,
    why: &str,
) -> Result<bool> {
    let letter = DeadLetter {
        id: engine.clock.id(),
        connection_id: link.connection_id.clone(),
        link_id: Some(link.id.clone()),
        lane: queue::lane(&link.connection_id, &link.servicenow_id),
        side: wanted.side.as_str().to_owned(),
        kind: wanted.kind.to_owned(),
        rule: wanted.rule.clone(),
        wanted: wanted.what.clone(),
        cause: cause_of(wanted.side.as_str(), wanted.kind, &wanted.rule, why),
        problem: why.to_owned(),
        attempts,
        state: LetterState::Open.as_str().to_owned(),
        reason: String::new(),
        closed_by: String::new(),
        opened_at: engine.clock.now(),
        closed_at: 0,
    };
    tx.open_letter(&letter).await
}

/// The kind of a letter about a job whose attempts were used up.
pub(super) const JOB: &str = "job";

/// A job that was buried once went through: nobody needs to act on it any more.
pub(super) async fn settle_job(engine: &Engine, job: &Job) -> Result<()> {
    if job.letters == 0 {
        return Ok(());
    }
    let letters = engine.store.held_letters(&job.lane).await?;
    let Some(letter) = letters.iter().find(|letter| letter.kind == JOB) else { return Ok(()) };
    let mut tx = engine.begin().await?;
    tx.settle_letter(&letter.id, engine.clock.now()).await?;
    tx.commit().await?;
    engine.news.tell("failures");
    engine.news.moved(&job.connection_id);
    Ok(())
}

/// Joins sentences, each said once.
pub(super) fn sentences<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    let mut said: Vec<&str> = Vec::new();
    for sentence in all {
        if !sentence.is_empty() && !said.iter().any(|before| before.contains(sentence)) {
            said.push(sentence);
        }
    }
    said.join(" ")
}
