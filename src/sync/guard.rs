//! The clone guard: before anything is written, the instance is compared with the one that is remembered, and this
//! console with whoever else writes there. What differs stops the connection until a person decides. What cannot be
//! read is not different.

use super::SyncError;
use super::deliver::key_of_record;
use crate::clock::SharedClock;
use crate::connectors::{Connector, Gone, OF_ACCOUNT};
use crate::store::{Connection, Identity, Store};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A look takes up to four small requests, so this is one an hour.
const EVERY_MS: i64 = 4 * 60 * 60 * 1000;
/// Linked records that are asked for at once.
const WITNESSES: i64 = 10;
/// Fewer may well have been deleted together by a person.
const LEAST: usize = 5;
/// The name of the mark that is not ServiceNow's: where this console is reached.
const CONSOLE: &str = "address of the console";

/// Cheap to clone; clones know of each other's looks.
#[derive(Clone)]
pub struct Guard {
    store: Store,
    clock: SharedClock,
    /// Where people reach this console; `None` where nobody said it, so that it tells nothing.
    console: Option<String>,
    /// By connection, when it was last found in order. Nothing is known at the start of a program: whoever works on it
    /// first looks, and those who come meanwhile look as well, since nobody may write before.
    in_order: Arc<Mutex<HashMap<String, i64>>>,
}

impl Guard {
    pub fn new(store: Store, clock: SharedClock, console: Option<String>) -> Self {
        Self { store, clock, console, in_order: Arc::default() }
    }

    /// Why nothing may be written, in words for a person; `None` while all is well. Looks seldom.
    pub async fn objection(&self, connection: &Connection, side: &dyn Connector) -> Result<Option<String>, SyncError> {
        let last = self.in_order().get(&connection.id).copied();
        if last.is_some_and(|at| self.clock.now() - at < EVERY_MS) {
            return Ok(None);
        }
        self.look(connection, side).await
    }

    /// The same, looked at now whenever the last look was.
    pub async fn look(&self, connection: &Connection, side: &dyn Connector) -> Result<Option<String>, SyncError> {
        self.in_order().remove(&connection.id);
        let now = self.clock.now();
        let objection = self.compare(connection, side).await?;
        if objection.is_none() {
            self.in_order().insert(connection.id.clone(), now);
        }
        Ok(objection)
    }

    fn in_order(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.in_order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn compare(&self, connection: &Connection, side: &dyn Connector) -> Result<Option<String>, SyncError> {
        let id = connection.id.as_str();
        let now = self.clock.now();
        let mut marks = side.marks().await?;
        marks.extend(self.console.clone().map(|address| (CONSOLE.to_owned(), address)));
        let Some(before) = self.store.identity(id).await? else {
            // ServiceNow's times have whole seconds.
            let first = Identity { marks, links_since: 0, made_since: now.div_euclid(1000) * 1000 };
            return self.remember(id, &first).await.map(|()| None);
        };
        let known = &before.identity;
        let mut seen = different(&known.marks, &marks);
        // Another account may see other records.
        let is_same_account = marks.keys().any(|mark| mark.starts_with(OF_ACCOUNT) && known.marks.contains_key(mark));
        let mut next = Identity { marks: known.marks.clone(), ..known.clone() };
        next.marks.extend(marks);
        if is_same_account && let Some(lost) = self.all_lost(connection, side, known.links_since).await? {
            seen.push(lost);
            next.links_since = now;
        }
        if let Some((others, newest)) = self.made_by_others(connection, side, known.made_since).await? {
            seen.push(others);
            next.made_since = now.max(newest + 1);
        }
        if seen.is_empty() {
            if next != *known || before.doubted.is_some() {
                self.remember(id, &next).await?;
            }
            return Ok(None);
        }
        let mut tx = self.store.begin().await?;
        tx.doubt_identity(id, &next).await?;
        tx.commit().await?;
        Ok(Some(in_words(&seen)))
    }

    async fn remember(&self, connection: &str, identity: &Identity) -> Result<(), SyncError> {
        let mut tx = self.store.begin().await?;
        tx.remember_identity(connection, identity).await?;
        Ok(tx.commit().await?)
    }

    /// Records of links that are all gone at once, without a trace of a deletion: another instance's data stands there.
    async fn all_lost(
        &self,
        connection: &Connection,
        side: &dyn Connector,
        since: i64,
    ) -> Result<Option<String>, SyncError> {
        let witnesses = self.store.witnesses(&connection.id, since, WITNESSES).await?;
        let count = witnesses.len();
        if count < LEAST || !side.has_none_of(&witnesses).await? {
            return Ok(None);
        }
        let traceless = matches!(side.gone(&witnesses[0]).await?, Gone::Unknown { .. });
        let table = &connection.rules.table;
        Ok(traceless.then(|| {
            format!(
                "none of the last {count} linked records of table {table} is there any more, nor a trace of a deletion"
            )
        }))
    }

    /// Records that an Isthmus made and not this one, and when the newest was made.
    async fn made_by_others(
        &self,
        connection: &Connection,
        side: &dyn Connector,
        since: i64,
    ) -> Result<Option<(String, i64)>, SyncError> {
        let mut others = Vec::new();
        for (record, at) in side.made_by_isthmus(since).await? {
            // One that was made elsewhere may have entered here meanwhile, with a ticket that it was not made of.
            let ticket = self.store.link_of(&connection.id, &record).await?.and_then(|link| link.platform_id);
            let ours = ticket.and_then(|ticket| side.id_of_new(&key_of_record(&connection.id, &ticket)));
            if ours.as_deref() != Some(record.as_str()) {
                others.push((record, at));
            }
        }
        let Some((record, newest)) = others.first().cloned() else { return Ok(None) };
        let (count, table) = (others.len(), &connection.rules.table);
        let seen = format!(
            "another Isthmus makes records in table {table}: {count} were made of no ticket here, the newest with sys_id \
             {record}. It may run on a copy of this database, or this is an older state of it"
        );
        Ok(Some((seen, newest)))
    }
}

/// Marks that are there both times and say something else.
fn different(known: &BTreeMap<String, String>, seen: &BTreeMap<String, String>) -> Vec<String> {
    let both = seen.iter().filter_map(|(mark, now)| Some((mark, known.get(mark)?, now)));
    both.filter(|(_, before, now)| before != now)
        .map(|(mark, before, now)| format!("the {mark} was {before} and is {now}"))
        .collect()
}

fn in_words(seen: &[String]) -> String {
    format!(
        "Nothing is written, because this may be another instance than before, or a second console on the same links: {}. \
         That happens when an instance is cloned or reset, and when the console's database is copied or moved. What \
         arrives waits. If both are the same as before, press \"It is the same: go on\". If not, leave the connection \
         stopped, put it right, then press Resume, which looks again.",
        seen.join("; ")
    )
}
