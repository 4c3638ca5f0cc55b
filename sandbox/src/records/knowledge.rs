//! Knowledge articles: their states and their versions (contract 7.4). Versions of an article are rows
//! that share a number; at most one of them is published.

use std::sync::Arc;

use super::{Draft, Input, Refusal, Writer};
use crate::instance::Instance;
use crate::store;
use crate::user::User;

const PUBLISHED: &str = "published";
const RETIRED: &str = "retired";

pub(super) fn before_write(draft: &mut Draft) {
    let (user, id) = (draft.user.sys_id.clone(), draft.after.sys_id().to_owned());
    if draft.is_new() {
        draft.after.fill("author", user.clone());
        draft.after.fill("article_id", id);
        draft.after.fill("version", "1.0");
    }
    if draft.changes("workflow_state") {
        let today = draft.now.get(..10).unwrap_or_default().to_owned();
        match draft.after.get("workflow_state") {
            PUBLISHED => {
                draft.after.set("published", today);
                draft.after.set("revised_by", user);
                draft.after.set("latest", "true");
                if !draft.after.get("version").ends_with(".0") {
                    let version = format!("{}.0", major(draft.after.get("version")) + 1);
                    draft.after.set("version", version);
                }
            }
            RETIRED => draft.after.fill("retired", today),
            _ => {}
        }
    }
}

/// The number before the point.
fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

impl Instance {
    async fn has_article_versions(&self) -> store::Result<bool> {
        self.property_is_true("glide.knowman.versioning.enabled").await
    }

    /// An article that is written with the number of another is a new version of it.
    pub(super) async fn find_earlier_version(&self, draft: &mut Draft<'_>) -> store::Result<()> {
        if !draft.is_new() || !self.has_article_versions().await? {
            return Ok(());
        }
        let Some(earlier) = self.store.find(draft.table, "number", draft.after.get("number")).await? else {
            draft.after.fill("version", "0.01");
            return Ok(());
        };
        let same = format!("article_id={}^ORDERBYDESCversion", earlier.get("article_id"));
        let newest = self.query("kb_knowledge", &same, &User::system(), 1).await?.pop().unwrap_or(earlier);
        draft.after.set("article_id", newest.get("article_id"));
        draft.after.set("base_version", newest.sys_id());
        draft.after.set("version", format!("{}.01", major(newest.get("version"))));
        draft.after.set("latest", "false");
        Ok(())
    }

    pub(super) async fn outdate_earlier_versions(self: &Arc<Self>, draft: &Draft<'_>) -> Result<(), Refusal> {
        let published = draft.changes("workflow_state") && draft.after.get("workflow_state") == PUBLISHED;
        if !published || !self.has_article_versions().await? {
            return Ok(());
        }
        let others = format!(
            "article_id={}^workflow_state=published^sys_id!={}",
            draft.after.get("article_id"),
            draft.after.sys_id()
        );
        for other in self.query("kb_knowledge", &others, &User::system(), 100).await? {
            let outdated = Input::new([("workflow_state", "outdated"), ("latest", "false")]);
            let by = Writer::script(draft.user, &draft.by.transaction);
            self.update(by, draft.table, other.sys_id(), outdated).await?;
        }
        Ok(())
    }
}
