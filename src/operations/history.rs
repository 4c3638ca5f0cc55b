//! Reading what moved and why.

use super::show::{change, when};
use super::{Operations, OrTrouble, not_found};
use crate::clock;
use crate::connectors::exchanges::Exchange;
use crate::connectors::servicenow::Instance;
use crate::store::{HistoryLine, HistorySearch};
use crate::sync::story::{FieldLine, Story};
use app::api::Answer;
use app::error::Trouble;
use app::model::{
    Arrival, AttemptRow, ChangeList, ChangeStory, ExchangeRow, FieldStory, HistoryFilter, PurgeRow, Role,
};
use std::collections::BTreeSet;

const PAGE: i64 = 50;
/// Removals that the page tells of; the audit has all.
const PURGES: i64 = 20;
/// New lines are counted so far.
const NEWER: i64 = 100;
/// Lines that a story names as what came next.
const NEXT: i64 = 5;
/// A line is written a little after its id was made: so far apart they may be.
const BETWEEN_MS: i64 = 60_000;

impl Operations {
    pub async fn list_history(&self, filter: HistoryFilter) -> Answer<ChangeList> {
        self.require(Role::Viewer, "history.read", "").await?;
        let store = &self.parts.store;
        let asked = Asked::read(&filter)?;
        let page = store.history_page(&HistorySearch { limit: PAGE, ..asked.search(&filter) }).await.or_trouble()?;
        let connections = store.connections().await.or_trouble()?;
        let fields: BTreeSet<&String> =
            connections.iter().flat_map(|one| &one.rules.fields).map(|rule| &rule.name).collect();
        let purged = store.purges(PURGES).await.or_trouble()?;
        Ok(ChangeList {
            rows: page.lines.into_iter().map(change).collect(),
            next: page.next.unwrap_or_default(),
            fields: fields.into_iter().cloned().collect(),
            purged: purged
                .into_iter()
                .map(|purge| PurgeRow {
                    at: when(purge.at),
                    what: purge.what,
                    removed: purge.removed,
                    up_to: when(purge.up_to),
                })
                .collect(),
            connections: connections.into_iter().map(|row| (row.id, row.name)).collect(),
        })
    }

    /// How many lines that the filter asks for came after this one, up to a hundred.
    pub async fn count_newer(&self, filter: HistoryFilter, than: &str) -> Answer<i64> {
        self.require(Role::Viewer, "history.read", "").await?;
        let asked = Asked::read(&filter)?;
        let search = asked.search(&filter);
        let after = if search.after < than { than } else { search.after };
        let search = HistorySearch { limit: NEWER, after, ..search };
        self.parts.store.count_history(&search).await.or_trouble()
    }

    pub async fn open_change(&self, id: &str) -> Answer<ChangeStory> {
        self.require(Role::Viewer, "history.read", id).await?;
        let store = &self.parts.store;
        let line = store.history_line(id).await.or_trouble()?.ok_or_else(|| not_found("change"))?;
        let told: Story = serde_json::from_str(&line.story).unwrap_or_default();
        let connection = self.connection_of(&line.connection_id).await?;
        let pair = store.link(&line.link_id).await.or_trouble()?.ok_or_else(|| not_found("link"))?;
        let next = store.next_lines(&line.link_id, id, NEXT).await.or_trouble()?;
        Ok(ChangeStory {
            record_url: Instance::page_of(&connection.address, &connection.rules.table, &pair.servicenow_id),
            platform: connection.rules.platform_name.clone(),
            arrived: self.arrived(&line, &told, &pair.servicenow_id).await?,
            servicenow_version: told.servicenow_version,
            platform_version: told.platform_version,
            attempts: self.attempts(&told.delivery).await?,
            fields: told.fields.into_iter().map(field).collect(),
            steps: told.steps.into_iter().map(|(at, sentence)| (when(at), sentence)).collect(),
            next: next.into_iter().map(change).collect(),
            row: change(line),
        })
    }

    /// Every try of a delivery, as far as they are kept still.
    async fn attempts(&self, delivery: &str) -> Answer<Vec<AttemptRow>> {
        if delivery.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.parts.store.attempts(delivery).await.or_trouble()?;
        let kept = kept.into_iter().map(|attempt| {
            let exchanges: Vec<Exchange> = serde_json::from_str(&attempt.exchanges).unwrap_or_default();
            AttemptRow {
                at: when(attempt.at),
                took_ms: attempt.took_ms,
                outcome: attempt.outcome,
                problem: attempt.problem,
                exchanges: exchanges.into_iter().map(exchange).collect(),
            }
        });
        Ok(kept.collect())
    }

    /// The news that a story follows from, as far as it is kept still.
    async fn arrived(&self, line: &HistoryLine, story: &Story, record: &str) -> Answer<Vec<Arrival>> {
        if story.heard_at == 0 {
            return Ok(Vec::new());
        }
        let heard = self.parts.store.heard_at(line, record, story.heard_at).await.or_trouble()?;
        let heard = heard.into_iter().map(|heard| Arrival {
            at: when(heard.arrived_at),
            source: heard.source,
            side: heard.side,
            event: heard.event_key,
        });
        Ok(heard.collect())
    }
}

/// A filter's words as the store takes them.
struct Asked {
    number: String,
    from: i64,
    to: i64,
    before: String,
    after: String,
}

impl Asked {
    fn read(filter: &HistoryFilter) -> Answer<Self> {
        let from = moment("from", &filter.from)?;
        let to = moment("to", &filter.to)?;
        let until = if to == 0 { String::new() } else { clock::earliest_id(to + BETWEEN_MS) };
        let is_nearer = !filter.before.is_empty() && (until.is_empty() || filter.before < until);
        Ok(Self {
            number: filter.record.trim().to_uppercase(),
            from,
            to,
            before: if is_nearer { filter.before.clone() } else { until },
            after: if from == 0 { String::new() } else { clock::earliest_id(from - BETWEEN_MS) },
        })
    }

    fn search<'a>(&'a self, filter: &'a HistoryFilter) -> HistorySearch<'a> {
        HistorySearch {
            connection: &filter.connection,
            ticket: &filter.ticket,
            number: &self.number,
            person: filter.person.trim(),
            field: &filter.field,
            kind: &filter.kind,
            recovered: filter.recovered,
            from: self.from,
            to: self.to,
            before: &self.before,
            after: &self.after,
            ..HistorySearch::default()
        }
    }
}

/// 0 where nothing was typed.
fn moment(field: &str, text: &str) -> Answer<i64> {
    if text.trim().is_empty() {
        return Ok(0);
    }
    clock::read_moment(text).ok_or_else(|| {
        Trouble::new(
            "HISTORY-TIME",
            "This time cannot be read.",
            &format!("\"{text}\" is not a date with a time."),
            "Type it as 2026-11-30T17:00, in UTC.",
        )
        .about(field)
    })
}

fn exchange(exchange: Exchange) -> ExchangeRow {
    ExchangeRow {
        method: exchange.method,
        address: exchange.address,
        request: exchange.request,
        status: i64::from(exchange.status),
        took_ms: exchange.took_ms,
        response: exchange.response,
    }
}

fn field(line: FieldLine) -> FieldStory {
    FieldStory {
        field: line.field,
        base: line.base,
        servicenow: line.servicenow,
        platform: line.platform,
        result: line.result,
        why: line.why,
    }
}
