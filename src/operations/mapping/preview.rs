//! What publishing the draft would do, found on real records. A look goes on when its reader leaves; one at a time is kept
//! for each connection.

use super::publish::unseen;
use super::{Work, topic};
use crate::operations::show::{when, when_any};
use crate::operations::{Operations, OrTrouble};
use crate::store::{Connection, Preview as Kept, State, Store};
use crate::sync::{self, Engine, Example, Look, Otherwise, Preview, Replay, SyncError};
use app::api::Answer;
use app::error::Trouble;
use app::model::{FindingRow, MappingChange, MappingLook, MappingPreview, MappingReplay, OtherwiseRow, Role};
use merge::{Finding, Rules};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Links that one look reads at most.
const MOST: i64 = 5_000;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// A look that has not got on for so long was cut off: its process has ended.
const CUT_OFF_MS: i64 = 120_000;
/// A short look is over when its page is shown.
const PATIENCE: Duration = Duration::from_secs(4);

/// Which links a look reads, as the form spells it: `newest 50`, `days 7`.
enum Which {
    Newest(i64),
    Days(i64),
}

impl Which {
    fn read(text: &str) -> Option<Self> {
        let (what, count) = text.split_once(' ')?;
        let count = count.parse().ok().filter(|count| (1..=MOST).contains(count))?;
        match what {
            "newest" => Some(Self::Newest(count)),
            "days" => Some(Self::Days(count)),
            _ => None,
        }
    }

    /// The changes to decide again: those of the days.
    fn replay(&self, now: i64) -> Option<Replay> {
        match self {
            Self::Newest(_) => None,
            Self::Days(days) => Some(Replay::of(now - days * DAY_MS, now)),
        }
    }

    /// The links that changed last, up to a number or since a moment.
    async fn records(&self, store: &Store, connection: &str, now: i64) -> Answer<Vec<String>> {
        let (since, most) = match self {
            Self::Newest(count) => (0, *count),
            Self::Days(days) => (now - days * DAY_MS, MOST),
        };
        store.records_changed_since(connection, since, most).await.or_trouble()
    }
}

/// What is kept of a look: what it found, and why it failed.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Found {
    #[serde(flatten)]
    preview: Preview,
    #[serde(default)]
    problem: String,
}

impl Operations {
    pub(super) async fn see_preview(&self, work: &Work, findings: &[Finding]) -> Answer<MappingPreview> {
        let store = &self.parts.store;
        let connection = &work.connection;
        let links = store.count_links(&connection.id).await.or_trouble()?;
        let upkeep = store.upkeep(&connection.id).await.or_trouble()?;
        let look = store.preview(&connection.id).await.or_trouble()?;
        let unseen = if work.draft.is_none() { "" } else { unseen(work, look.as_ref()) };
        let look = look.map(|look| self.shown_look(look, work.revision()));
        let problem = unreadable(connection);
        let not_yet = if work.draft.is_none() { "There is no draft: nothing is to be published." } else { "" };
        Ok(MappingPreview {
            revision: work.revision(),
            differences: work.differences(),
            findings: findings.iter().map(|finding| (finding.rule.clone(), finding.sentence.clone())).collect(),
            links,
            allowed: upkeep.allowed(links),
            not_yet: not_yet.to_owned(),
            unseen: unseen.to_owned(),
            problem,
            look,
        })
    }

    fn shown_look(&self, look: Kept, revision: i64) -> MappingLook {
        let Found { preview, problem } = serde_json::from_str(&look.found).unwrap_or_default();
        let is_cut_off = look.state == "running" && self.parts.clock.now() - look.moved_at > CUT_OFF_MS;
        let fields: BTreeSet<&String> = preview.written.keys().chain(preview.waiting.keys()).collect();
        let mut by_field: Vec<_> = fields
            .into_iter()
            .map(|field| {
                let count = |counts: &std::collections::BTreeMap<String, i64>| counts.get(field).copied().unwrap_or(0);
                (field.clone(), count(&preview.written), count(&preview.waiting))
            })
            .collect();
        by_field.sort_by_key(|(_, written, waiting)| std::cmp::Reverse(written + waiting));
        let (waiting, written): (Vec<_>, Vec<_>) = preview.examples.into_iter().partition(|example| example.waits);
        MappingLook {
            state: if is_cut_off { "cut off".to_owned() } else { look.state },
            is_current: look.revision == revision,
            begun_by: look.begun_by,
            begun: when(look.begun_at),
            links: look.links,
            looked: look.looked,
            touched: look.touched,
            by_field,
            written: written.into_iter().map(example).collect(),
            waiting: waiting.into_iter().map(example).collect(),
            replay: preview.replay.map(replay),
            problem,
        }
    }

    /// Begins a look by the draft as it is now, in place of any before.
    pub(super) async fn begin_preview(&self, change: &MappingChange) -> Answer<String> {
        let who = self.require(Role::Admin, "mapping.preview", &change.connection).await?.name.clone();
        let which = Which::read(&change.of).ok_or_else(|| super::no_such("of", &change.of))?;
        let work = self.work(&change.connection).await?;
        let problem = unreadable(&work.connection);
        if !problem.is_empty() {
            return Err(Trouble::new(
                "MAPPING-LOOK",
                "No record can be looked at.",
                &problem,
                "Resume the connection.",
            ));
        }
        let (store, clock) = (&self.parts.store, &self.parts.clock);
        let records = which.records(store, &work.connection.id, clock.now()).await?;
        let kept = Kept {
            id: clock.id(),
            revision: work.revision(),
            state: "running".to_owned(),
            links: i64::try_from(records.len()).unwrap_or(MOST),
            looked: 0,
            touched: 0,
            found: "{}".to_owned(),
            begun_by: who,
            begun_at: clock.now(),
            moved_at: clock.now(),
        };
        let mut tx = self.begin().await?;
        tx.begin_preview(&work.connection.id, &kept).await.or_trouble()?;
        self.audit(&mut tx, "mapping.preview", &work.connection.id, &change.of, false).await?;
        self.commit(tx).await?;
        let page = format!("/settings/connections/{}/mappings/preview", work.connection.id);
        let candidate = Connection {
            rules: Rules { version: work.connection.rules.version + 1, ..work.rules().clone() }.into(),
            ..work.connection
        };
        let replay = which.replay(clock.now());
        let looking = tokio::spawn(self.clone().look(candidate, records, replay, kept));
        // Nobody waits longer; the look goes on, and its page follows.
        let _ = tokio::time::timeout(PATIENCE, looking).await;
        Ok(page)
    }

    async fn look(self, connection: Connection, records: Vec<String>, replay: Option<Replay>, mut kept: Kept) {
        let id = connection.id.clone();
        let mut found = Found::default();
        let outcome = self.look_on(connection, records, replay, &mut kept, &mut found).await;
        if let Err(error) = outcome {
            "failed".clone_into(&mut kept.state);
            found.problem = error.to_string();
            if let Err(error) = self.keep_look(&id, &mut kept, &found).await {
                tracing::warn!(connection.id = %id, %error, "what a look at a draft found was not kept");
            }
        }
    }

    async fn look_on(
        &self,
        connection: Connection,
        records: Vec<String>,
        replay: Option<Replay>,
        kept: &mut Kept,
        found: &mut Found,
    ) -> Result<(), SyncError> {
        let id = connection.id.clone();
        let parts = &self.parts;
        let sides = parts.connectors.look(&connection).await?;
        let engine = Engine::new(
            parts.store.clone(),
            parts.clock.clone(),
            Arc::clone(&parts.connectors) as Arc<dyn sync::Connectors>,
            parts.news.clone(),
            parts.wake.clone(),
            0,
        );
        let mut look = Look::at(engine, connection, &sides, records, replay);
        loop {
            let goes_on = look.go_on().await?;
            found.preview = look.found.clone();
            if !goes_on {
                "done".clone_into(&mut kept.state);
            }
            let is_wanted = self.keep_look(&id, kept, found).await?;
            if !goes_on || !is_wanted {
                return Ok(());
            }
        }
    }

    /// False when nobody wants it any more.
    async fn keep_look(&self, connection: &str, kept: &mut Kept, found: &Found) -> Result<bool, SyncError> {
        kept.looked = found.preview.looked;
        kept.touched = found.preview.touched;
        kept.found = serde_json::to_string(found).unwrap_or_default();
        kept.moved_at = self.parts.clock.now();
        let mut tx = self.parts.store.begin().await?;
        let is_wanted = tx.advance_preview(connection, kept).await?;
        tx.commit().await?;
        self.parts.news.tell(topic(connection));
        Ok(is_wanted)
    }
}

/// Why no record of a connection can be looked at; empty when they can.
fn unreadable(connection: &Connection) -> String {
    if connection.state == State::Active {
        return String::new();
    }
    "The connection is not active, so no record can be looked at.".to_owned()
}

fn replay(replay: Replay) -> MappingReplay {
    let mut by_field: Vec<(String, i64)> = replay.otherwise.into_iter().collect();
    by_field.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    MappingReplay {
        from: when(replay.from),
        to: when(replay.to),
        reached: when_any(replay.reached),
        is_cut: replay.is_cut,
        decided: replay.decided,
        unknown: replay.unknown,
        by_field,
        examples: replay.examples.into_iter().map(otherwise).collect(),
    }
}

fn otherwise(example: Otherwise) -> OtherwiseRow {
    OtherwiseRow {
        change: example.change,
        at: when(example.at),
        link: example.link,
        reference: example.reference,
        ticket_id: example.ticket_id,
        ticket_number: example.ticket_number,
        field: example.rule,
        was: example.was,
        would: example.would,
    }
}

fn example(example: Example) -> FindingRow {
    FindingRow {
        field: example.rule,
        servicenow: example.servicenow,
        platform: example.platform,
        why: example.why,
        link: example.link,
        reference: example.reference,
        ticket_id: example.ticket_id,
        ticket_number: example.ticket_number,
    }
}
