//! Comments and work notes of a pair: which ones the other side has not got.

use super::deliver::{self, Agreed, Append, UNSEEN};
use super::reconcile::Observed;
use super::{Engine, Sides, SyncError};
use crate::connectors::MADE_ID;
use crate::queue;
use crate::store::Link;
use merge::{Decision, Entry, Outcome, Plan, Side, Stream};
use std::collections::{BTreeMap, BTreeSet};

/// An entry that shall be appended, and what of the base is agreed on with it.
pub(super) struct Missing {
    pub to: Side,
    pub entry: Entry,
    pub agreed: Agreed,
    /// For an entry that a note rule made.
    pub decision: Option<Decision>,
}

impl Missing {
    pub fn append(self, story: super::story::Story) -> Append {
        Append { to: self.to, entry: self.entry, agreed: self.agreed, story }
    }
}

/// What one side has and the other has not, oldest first, after what note rules say.
pub(super) async fn missing(
    engine: &Engine,
    sides: &Sides,
    link: &Link,
    plan: &Plan,
    seen: &Observed,
) -> Result<Vec<Missing>, SyncError> {
    let (servicenow_known, platform_known) = known(engine, sides, link, seen).await?;
    let mut missing: Vec<Missing> = plan.decisions.iter().filter_map(|decision| told(engine, decision)).collect();
    let sides: [(Side, &[Entry], &BTreeSet<String>); 2] = [
        (Side::Platform, &seen.servicenow_entries, &servicenow_known),
        (Side::ServiceNow, &seen.platform_entries, &platform_known),
    ];
    for (to, entries, known) in sides {
        let new = merge::missing(entries, known).into_iter().cloned();
        missing.extend(new.map(|entry| Missing { to, entry, agreed: Agreed::new(), decision: None }));
    }
    Ok(missing)
}

/// A value that is told as a comment.
fn told(engine: &Engine, decision: &Decision) -> Option<Missing> {
    let Outcome::Note { text, agree } = &decision.outcome else { return None };
    let entry = Entry {
        id: format!("note:{}", engine.clock.id()),
        stream: Stream::Internal,
        author: if decision.by.by.is_empty() { Side::ServiceNow.to_string() } else { decision.by.by.clone() },
        at: decision.by.at,
        body: text.clone(),
    };
    let agreed = Agreed::from([(decision.rule.clone(), agree.clone())]);
    Some(Missing { to: Side::Platform, entry, agreed, decision: Some(decision.clone()) })
}

/// The ids on each side of entries that are on both. An entry that ServiceNow shows by another id than those it was
/// paired by, because it was sent unseen or because the journal is read in another way now, is recognised by its
/// content, so that it does not cross again. One that was sent unseen and still does not show is taken for there, unless
/// a person looked and wants it to be sent again.
async fn known(
    engine: &Engine,
    sides: &Sides,
    link: &Link,
    seen: &Observed,
) -> Result<(BTreeSet<String>, BTreeSet<String>), SyncError> {
    if seen.servicenow_entries.is_empty() && seen.platform_entries.is_empty() {
        return Ok(<(BTreeSet<String>, BTreeSet<String>)>::default());
    }
    let pairs = engine.store.paired_entries(&link.id).await?;
    let lane = queue::lane(&link.connection_id, &link.servicenow_id);
    let (mut servicenow, mut platform): (BTreeSet<String>, BTreeSet<String>) = pairs.iter().cloned().unzip();
    let shown: BTreeSet<&str> = seen.servicenow_entries.iter().map(|entry| entry.id.as_str()).collect();
    let mut paired_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, there) in &pairs {
        paired_by.entry(there).or_default().push(id);
    }
    let mut lost: Vec<(&[&str], &Entry)> = seen
        .platform_entries
        .iter()
        .filter_map(|there| Some((paired_by.get(there.id.as_str())?.as_slice(), there)))
        .filter(|(ids, _)| !ids.iter().any(|id| shown.contains(id)))
        .collect();
    let is_same = |written_in: Side, shown: &Entry, there: &Entry| match written_in {
        Side::Platform => sides.servicenow.is_same(shown, &deliver::new_entry(Side::ServiceNow, there)),
        Side::ServiceNow => sides.platform.is_same(there, &deliver::new_entry(Side::Platform, shown)),
    };
    let mut found = Vec::new();
    // Those that were sent to ServiceNow first: their text there says more, and the others' may be the rest of it.
    for written_in in [Side::Platform, Side::ServiceNow] {
        lost.retain(|(ids, there)| {
            let shown = seen.servicenow_entries.iter().find(|shown| {
                !servicenow.contains(&shown.id)
                    && ids.iter().all(|id| is_another_kind(id, &shown.id))
                    && is_same(written_in, shown, there)
            });
            if let Some(shown) = shown {
                servicenow.insert(shown.id.clone());
                found.push((shown.id.clone(), there.id.clone(), unseen(ids)));
            }
            shown.is_none()
        });
    }
    if !found.is_empty() {
        let mut tx = engine.begin().await?;
        for (shown, there, unseen) in found {
            // What it was paired by stays known: read in the old way again, it is no new entry.
            tx.pair_entries(&link.id, &shown, &there).await?;
            if let Some(unseen) = unseen {
                tx.settle_lost(&lane, unseen, engine.clock.now()).await?;
            }
        }
        tx.commit().await?;
    }
    let unseen: Vec<(&str, &str)> =
        lost.iter().filter_map(|(ids, there)| Some((unseen(ids)?, there.id.as_str()))).collect();
    if !unseen.is_empty() {
        let again = engine.store.lost_to_retry(&lane).await?;
        for (unseen, there) in unseen.into_iter().filter(|(unseen, _)| again.iter().any(|again| again == unseen)) {
            let mut tx = engine.begin().await?;
            tx.forget_entry(&link.id, unseen).await?;
            tx.commit().await?;
            platform.remove(there);
        }
    }
    Ok((servicenow, platform))
}

/// What stands for an entry that was sent unseen.
fn unseen<'a>(ids: &[&'a str]) -> Option<&'a str> {
    ids.iter().find(|id| id.starts_with(UNSEEN)).copied()
}

/// Whether two ids of one entry may differ: one is none, or one is the side's own and the other made of the content.
fn is_another_kind(paired_by: &str, shown: &str) -> bool {
    paired_by.starts_with(UNSEEN) || paired_by.starts_with(MADE_ID) != shown.starts_with(MADE_ID)
}
