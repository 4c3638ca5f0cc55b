//! Files: each is on the other side exactly once, or a note there says why it is not.

use super::{Ending, Outgoing, Paired, Sent, end, mark_sending, not_sent, read, wait_until_settled};
use crate::connectors::{Connector, Failure, File, NewFile};
use crate::desk::files::in_hex;
use crate::store::Link;
use crate::sync::{Engine, Sides, SyncError, story};
use futures::StreamExt;
use merge::{Entry, Side, Stream};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sync) struct Attach {
    pub to: Side,
    /// As the other side shows it.
    pub file: File,
    pub story: story::Story,
}

pub(super) async fn attach(
    engine: &Engine,
    sides: &Sides,
    link: &mut Link,
    out: &Outgoing<'_>,
) -> Result<Sent, SyncError> {
    let attach: Attach = read(out.delivery)?;
    let id = match there(engine, sides, link, out, &attach).await {
        Ok(id) => id,
        Err(SyncError::Failure(Failure::Refused { why } | Failure::Forbidden { why })) => {
            let why = format!("{} is in {} only: {why}", named(&attach.file), attach.to.other());
            return Err(Failure::Refused { why }.into());
        }
        Err(other) => return Err(other),
    };
    let Attach { to, file, story } = attach;
    let summary = format!("{} went to {to}", named(&file));
    let mut story = story.step(engine.clock.now(), format!("{to} has it."));
    story.who.clone_from(&file.author);
    let after = link.clone();
    let pair = Paired::Files(pair(to, &file, id));
    let ending = Ending { out, to, kind: "file", summary, story, notes: Vec::new(), refused: Vec::new(), moved: true };
    end(engine, link, after, ending, Some(pair)).await?;
    Ok(Sent::Unseen)
}

/// The file's id on the side that it is for: found there, or sent.
async fn there(
    engine: &Engine,
    sides: &Sides,
    link: &Link,
    out: &Outgoing<'_>,
    attach: &Attach,
) -> Result<String, SyncError> {
    let Attach { to, file, .. } = attach;
    let (from, target) = (sides.on(to.other()), sides.on(*to));
    let (from_id, id) = (link.record_on(to.other()), link.record_on(*to));
    let mut new = new_file(*to, file);
    let is_unread = new.sha256.is_empty();
    if is_unread {
        new.sha256 = read_through(from, from_id, &file.id).await?;
    }
    let looked_at = engine.clock.now();
    if out.unsure || is_unread {
        let pairs = engine.store.paired_files(&link.id).await?.into_iter();
        let taken: BTreeSet<String> = match to {
            Side::ServiceNow => pairs.map(|(servicenow, _)| servicenow).collect(),
            Side::Platform => pairs.map(|(_, platform)| platform).collect(),
        };
        let mut shown = target.files(id).await?.into_iter();
        if let Some(found) = shown.find(|shown| !taken.contains(&shown.id) && is_same(shown, &new)) {
            return Ok(found.id);
        }
    }
    if out.unsure {
        wait_until_settled(engine, target, out.delivery, looked_at, "file")?;
    }
    mark_sending(engine, target, out).await?;
    let sent = match from.read_file(from_id, &file.id).await {
        Ok(content) => target.attach(id, &new, content).await,
        Err(failure) => Err(failure),
    };
    if let Err(failure) = &sent {
        not_sent(engine, out.delivery, failure).await?;
    }
    Ok(sent?.id)
}

/// What is said on the other side of a file that could not go there. It is said once, whatever becomes of the file.
pub(in crate::sync) fn note(file: &File, problem: &str) -> Entry {
    Entry {
        id: note_id(file),
        stream: Stream::Internal,
        author: file.author.clone(),
        at: file.at,
        body: problem.to_owned(),
    }
}

/// No entry of a side has such an id.
pub(in crate::sync) fn note_id(file: &File) -> String {
    format!("file:{}", file.id)
}

/// A file of one side as the other side's connector takes it.
pub(in crate::sync) fn new_file(to: Side, file: &File) -> NewFile {
    NewFile {
        key: format!("{}:{}", to.other().as_str(), file.id),
        name: file.name.clone(),
        content_type: file.content_type.clone(),
        size: file.size,
        sha256: file.sha256.clone(),
        author: file.author.clone(),
        at: file.at,
        from: to.other().to_string(),
    }
}

/// The SHA-256 of a file whose side does not tell it.
async fn read_through(side: &dyn Connector, id: &str, file: &str) -> Result<String, Failure> {
    let mut content = side.read_file(id, file).await?;
    let mut hash = Sha256::new();
    while let Some(part) = content.next().await {
        hash.update(part?);
    }
    Ok(in_hex(&hash.finalize()))
}

/// Where a side tells no hash, name and size must do.
fn is_same(shown: &File, sent: &NewFile) -> bool {
    match shown.sha256.as_str() {
        "" => shown.size == sent.size && shown.name == sent.name,
        sha256 => sha256 == sent.sha256,
    }
}

fn pair(to: Side, file: &File, there: String) -> (String, String) {
    match to {
        Side::ServiceNow => (there, file.id.clone()),
        Side::Platform => (file.id.clone(), there),
    }
}

fn named(file: &File) -> String {
    format!("File \"{}\" by {}", file.name, if file.author.is_empty() { "somebody" } else { &file.author })
}
