//! What other rules would do to the links that are there: they are read for real, and nothing is written. And what they
//! would have made of the changes of some days, as far as the history keeps what those were decided on.

use super::replay::Replay;
use super::runs::drift_of;
use super::{Engine, Sides, SyncError};
use crate::connectors::dry_run::DryRun;
use crate::store::{Connection, Finding};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// So many pairs are read at a time.
const AT_A_TIME: usize = 8;
/// And so many before it is told how far the look has come.
const STEP: usize = 24;
/// Examples that are kept of each field.
const EXAMPLES: usize = 5;

/// A difference with the record that it was found on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Example {
    #[serde(default)]
    pub link: String,
    pub reference: String,
    pub ticket_id: String,
    pub ticket_number: String,
    pub rule: String,
    pub servicenow: String,
    pub platform: String,
    pub why: String,
    /// It would be written nowhere and waits for a person.
    pub waits: bool,
}

/// What was found on the links that were looked at so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Preview {
    pub looked: i64,
    pub touched: i64,
    /// By rule: fields that would be written, and those that would wait for a person.
    pub written: BTreeMap<String, i64>,
    pub waiting: BTreeMap<String, i64>,
    pub examples: Vec<Example>,
    #[serde(default)]
    pub replay: Option<Replay>,
}

/// A look at some links of a connection that has the rules in question.
pub struct Look {
    engine: Engine,
    connection: Connection,
    sides: Sides,
    left: VecDeque<String>,
    pub found: Preview,
}

impl Look {
    /// `replay` is what has been decided again before anything was: the days that are asked for.
    pub fn at(
        engine: Engine,
        connection: Connection,
        sides: &Sides,
        records: Vec<String>,
        replay: Option<Replay>,
    ) -> Self {
        let sides = Sides {
            servicenow: Arc::new(DryRun::new(sides.servicenow.clone())),
            platform: Arc::new(DryRun::new(sides.platform.clone())),
        };
        Self { engine, connection, sides, left: records.into(), found: Preview { replay, ..Preview::default() } }
    }

    /// Looks at the next links, and after them at the next changes; false when there are no more.
    pub async fn go_on(&mut self) -> Result<bool, SyncError> {
        if self.left.is_empty()
            && let Some(replay) = &mut self.found.replay
        {
            return Ok(replay.go_on(&self.engine.store, &self.connection).await?);
        }
        let next: Vec<String> = self.left.drain(..STEP.min(self.left.len())).collect();
        let this = &*self;
        let looks = next.into_iter().map(|record| async move { this.one(&record).await });
        let looked: Vec<_> = stream::iter(looks).buffered(AT_A_TIME).try_collect().await?;
        for examples in looked.into_iter().flatten() {
            self.take(examples);
        }
        Ok(!self.left.is_empty() || self.found.replay.is_some())
    }

    /// What would be done to one link; `None` if it is none any more.
    async fn one(&self, record: &str) -> Result<Option<Vec<Example>>, SyncError> {
        let Some(link) = self.engine.store.link_of(&self.connection.id, record).await? else { return Ok(None) };
        let Some(ticket) = link.platform_id.clone().filter(|_| !link.awaits_record()) else { return Ok(None) };
        let drift = drift_of(&self.engine, &self.connection, &self.sides, &link).await?;
        if drift.writes.is_empty() && drift.waits.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let ticket = self.engine.store.ticket(&ticket).await?;
        let example = |found: Finding, waits: bool| Example {
            link: link.id.clone(),
            reference: link.servicenow_number.clone(),
            ticket_id: ticket.as_ref().map(|ticket| ticket.id.clone()).unwrap_or_default(),
            ticket_number: ticket.as_ref().map(|ticket| ticket.number.clone()).unwrap_or_default(),
            rule: found.rule,
            servicenow: found.servicenow,
            platform: found.platform,
            why: found.why,
            waits,
        };
        let written = drift.writes.into_iter().map(|found| example(found, false));
        Ok(Some(written.chain(drift.waits.into_iter().map(|found| example(found, true))).collect()))
    }

    fn take(&mut self, examples: Vec<Example>) {
        let found = &mut self.found;
        found.looked += 1;
        found.touched += i64::from(examples.iter().any(|example| !example.waits));
        for example in examples {
            let counts = if example.waits { &mut found.waiting } else { &mut found.written };
            *counts.entry(example.rule.clone()).or_default() += 1;
            let alike = |there: &&Example| there.rule == example.rule && there.waits == example.waits;
            if found.examples.iter().filter(alike).count() < EXAMPLES {
                found.examples.push(example);
            }
        }
    }
}
