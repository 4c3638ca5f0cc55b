//! What other rules would do to the links that are there: some are read for real, and nothing is written.

use super::runs::drift_of;
use super::{Engine, Sides, SyncError};
use crate::connectors::dry_run::DryRun;
use crate::store::{Connection, Finding};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many pairs are read at a time.
const AT_A_TIME: usize = 8;

/// What was found on a sample of the links.
#[derive(Debug, Default)]
pub struct Preview {
    pub looked: i64,
    pub touched: i64,
    /// Differences by rule.
    pub by_rule: BTreeMap<String, i64>,
    /// Each with what people call its record.
    pub findings: Vec<(String, Finding)>,
}

/// Looks at up to `limit` links of a connection that has the rules in question.
pub async fn preview(
    engine: &Engine,
    connection: &Connection,
    sides: &Sides,
    limit: i64,
) -> Result<Preview, SyncError> {
    let sides = Sides {
        servicenow: Arc::new(DryRun::new(sides.servicenow.clone())),
        platform: Arc::new(DryRun::new(sides.platform.clone())),
    };
    let links = engine.store.links_after(&connection.id, "", limit).await?;
    let sides = &sides;
    let looks = links.into_iter().map(|(_, record)| async move {
        let Some(link) = engine.store.link_of(&connection.id, &record).await? else { return Ok(None) };
        if link.platform_id.is_none() || link.awaits_record() {
            return Ok(None);
        }
        let findings = drift_of(engine, connection, sides, &link).await?;
        Ok::<_, SyncError>(Some((link.servicenow_number, findings)))
    });
    let looked: Vec<_> = stream::iter(looks).buffered(AT_A_TIME).try_collect().await?;
    let mut preview = Preview::default();
    for (reference, findings) in looked.into_iter().flatten() {
        preview.looked += 1;
        preview.touched += i64::from(!findings.is_empty());
        for finding in findings {
            *preview.by_rule.entry(finding.rule.clone()).or_default() += 1;
            preview.findings.push((reference.clone(), finding));
        }
    }
    Ok(preview)
}
