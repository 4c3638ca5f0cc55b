//! Every mapping that was in force: the list, what two of them differ in, and one as a draft again.

use super::{Work, differences};
use crate::operations::show::{pages, when_any};
use crate::operations::{Operations, OrTrouble, not_found};
use app::api::Answer;
use app::model::{MappingVersion, MappingVersions};
use merge::Rules;
use std::collections::BTreeMap;

const PAGE: i64 = 30;

impl Operations {
    pub(super) async fn see_versions(&self, work: &Work, query: &BTreeMap<String, String>) -> Answer<MappingVersions> {
        let store = &self.parts.store;
        let id = &work.connection.id;
        let number = |name: &str| query.get(name).and_then(|text| text.parse::<i64>().ok());
        let page = number("page").unwrap_or(1).max(1);
        let total = store.count_versions(id).await.or_trouble()?;
        let rows = store.versions(id, PAGE, (page - 1) * PAGE).await.or_trouble()?;
        let now = work.connection.rules.version;
        let (from, to) = (number("from").unwrap_or((now - 1).max(1)), number("to").unwrap_or(now));
        let told = match (
            store.rules_of_version(id, from).await.or_trouble()?,
            store.rules_of_version(id, to).await.or_trouble()?,
        ) {
            (Some(before), Some(after)) => differences(&before, &after),
            _ => Vec::new(),
        };
        Ok(MappingVersions {
            rows: rows
                .into_iter()
                .map(|version| MappingVersion {
                    version: version.version,
                    by: version.published_by,
                    at: when_any(version.published_at),
                    note: version.note,
                })
                .collect(),
            total,
            page,
            pages: pages(total, PAGE),
            from,
            to,
            differences: told,
        })
    }

    /// The mapping of a version, to be worked on.
    pub(super) async fn rules_of(&self, work: &Work, version: &str) -> Answer<Rules> {
        let version = version.parse().map_err(|_| not_found("version"))?;
        let rules = self.parts.store.rules_of_version(&work.connection.id, version).await.or_trouble()?;
        rules.ok_or_else(|| not_found("version"))
    }
}
