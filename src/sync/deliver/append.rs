//! Comments and work notes: each crosses exactly once, whatever happens on the way.

use super::{Agreed, Ending, Outgoing, Paired, Sent, end, mark_sending, not_sent, read, wait_until_settled};
use crate::connectors::{Connector, Journal, NewEntry};
use crate::store::Link;
use crate::sync::letters::Wanted;
use crate::sync::{Engine, SyncError, story};
use merge::{Entry, Side, Stream};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sync) struct Append {
    pub to: Side,
    pub entry: Entry,
    pub agreed: Agreed,
    pub story: story::Story,
}

/// An entry of one side as the other side's connector takes it.
pub(in crate::sync) fn new_entry(to: Side, entry: &Entry) -> NewEntry {
    NewEntry {
        key: format!("{}:{}", to.other().as_str(), entry.id),
        stream: entry.stream,
        author: entry.author.clone(),
        at: entry.at,
        body: entry.body.clone(),
        from: to.other().to_string(),
    }
}

pub(super) async fn append(
    engine: &Engine,
    side: &dyn Connector,
    link: &mut Link,
    out: &Outgoing<'_>,
) -> Result<Sent, SyncError> {
    let delivery = out.delivery;
    let append: Append = read(delivery)?;
    let (to, from) = (append.to, &append.entry);
    let entry = new_entry(to, from);
    let id = link.record_on(to).to_owned();
    let pairs = engine.store.paired_entries(&link.id).await?;
    let taken: BTreeSet<String> = pairs
        .into_iter()
        .map(|(servicenow_id, platform_id)| if to == Side::ServiceNow { servicenow_id } else { platform_id })
        .collect();
    let mut lost = None;
    let mut found = None;
    let mut sends = true;
    if out.unsure {
        let looked_at = engine.clock.now();
        found = side.find_entry(&id, &entry, &taken).await?;
        sends = found.is_none();
        if found.is_none() && side.settles_ms() > 0 {
            wait_until_settled(engine, side, delivery, looked_at, "comment")?;
            if side.journal().await? == Journal::Closed {
                // It cannot be looked up, so sending again might say it twice: a person looks.
                sends = false;
                lost = Some(format!(
                    "A comment may be missing in {to}: its answer was lost, and table sys_journal_field shows this account no \
                     rows to look it up. Compare the comments. If it is missing there, retry this and it is sent again; if it is \
                     there, discard this. Comments that were written after it wait for that and are not there yet, those with \
                     the same words included. To have it looked up, give the account the role audit_viewer."
                ));
            }
        }
    }
    if sends {
        mark_sending(engine, side, out).await?;
        found = match side.append(&id, &entry).await {
            Ok(Some(own)) => Some(own),
            Ok(None) => side.find_entry(&id, &entry, &taken).await?,
            Err(failure) => {
                not_sent(engine, delivery, &failure).await?;
                return Err(failure.into());
            }
        };
    }
    // A journal that this account may not read hides the entry; should it show later, it is known by its text.
    let there = found.unwrap_or_else(|| format!("{UNSEEN}{}", delivery.id));
    let mut after = link.clone();
    after.base.extend(append.agreed.clone());
    let what = match from.stream {
        Stream::Public => "A comment",
        Stream::Internal => "An internal note",
    };
    let is_lost = lost.is_some();
    let (summary, said) = if is_lost {
        (format!("{what} by {} may have gone to {to}", from.author), "The answer was lost.".to_owned())
    } else {
        (format!("{what} by {} went to {to}", from.author), format!("{to} has it."))
    };
    let mut story = append.story.clone().step(engine.clock.now(), said);
    story.who.clone_from(&from.author);
    let notes = lost.iter().cloned().collect();
    let refused = lost.map(|why| (Wanted::lost(&append, &there), why)).into_iter().collect();
    let pair = match to {
        Side::ServiceNow => (there, from.id.clone()),
        Side::Platform => (from.id.clone(), there),
    };
    let ending = Ending { out, to, kind: "comment", summary, story, notes, refused, moved: !is_lost };
    end(engine, link, after, ending, Some(Paired::Entries(pair))).await?;
    Ok(if is_lost { Sent::Held } else { Sent::Unseen })
}

/// Stands for the id of an entry that was sent and is not shown to us.
pub(in crate::sync) const UNSEEN: &str = "unseen:";
