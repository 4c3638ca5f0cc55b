//! Reading what moved and why.

use super::show::{change, pages, when};
use super::{Operations, OrTrouble, not_found};
use crate::store::HistorySearch;
use crate::sync::story::Story;
use app::api::Answer;
use app::model::{ChangeList, ChangeStory, FieldStory, HistoryFilter, MANY, PurgeRow, Role};

const PAGE: i64 = 50;
/// Removals that the page tells of; the audit has all.
const PURGES: i64 = 20;

impl Operations {
    pub async fn list_history(&self, filter: HistoryFilter) -> Answer<ChangeList> {
        self.require(Role::Viewer, "history.read", "").await?;
        let store = &self.parts.store;
        let page = filter.page.max(1);
        let search = HistorySearch {
            connection: &filter.connection,
            ticket: &filter.ticket,
            recovered: filter.recovered,
            limit: PAGE,
            offset: (page - 1) * PAGE,
        };
        let total = store.count_history(&search, MANY).await.or_trouble()?;
        let rows = store.history(&search).await.or_trouble()?.into_iter().map(change).collect();
        let connections = store.connections().await.or_trouble()?.into_iter().map(|row| (row.id, row.name)).collect();
        let purged = store.purges(PURGES).await.or_trouble()?;
        let purged = purged
            .into_iter()
            .map(|purge| PurgeRow {
                at: when(purge.at),
                what: purge.what,
                removed: purge.removed,
                up_to: when(purge.up_to),
            })
            .collect();
        Ok(ChangeList { rows, total, page, pages: pages(total, PAGE), connections, purged })
    }

    pub async fn open_change(&self, id: &str) -> Answer<ChangeStory> {
        self.require(Role::Viewer, "history.read", id).await?;
        let line = self.parts.store.history_line(id).await.or_trouble()?.ok_or_else(|| not_found("change"))?;
        let story: Story = serde_json::from_str(&line.story).unwrap_or_default();
        let fields = story
            .fields
            .into_iter()
            .map(|field| FieldStory {
                field: field.field,
                base: field.base,
                servicenow: field.servicenow,
                platform: field.platform,
                result: field.result,
                why: field.why,
            })
            .collect();
        let steps = story.steps.into_iter().map(|(at, sentence)| (when(at), sentence)).collect();
        Ok(ChangeStory { row: change(line), fields, steps })
    }
}
