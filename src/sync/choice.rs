//! What a person's choices for some fields would write, found on both records as they stand. Nothing is written.

use super::deliver::Part;
use super::{Sides, SyncError, people, reconcile, story};
use crate::store::{Connection, Link};
use merge::{Base, Decision, Outcome, Record, Resolutions, Side, Value};
use std::collections::BTreeMap;

/// One field that a side would get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeseenWrite {
    pub to: Side,
    pub field: String,
    pub from: String,
    pub value: String,
    /// Not chosen by anybody: the side demands it along with the others.
    pub demanded: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Foreseen {
    pub writes: Vec<ForeseenWrite>,
    /// What stands in the way, in sentences.
    pub refused: Vec<String>,
}

/// Both records of a link as they stand now, and what each field rule reads there; a text that a side cut counts as the
/// whole.
pub struct Now {
    pub servicenow: Record,
    pub platform: Record,
}

impl Now {
    /// In canonical form; a field that is hidden or has no meaning there is left out.
    pub fn values(&self, connection: &Connection, side: Side) -> Base {
        let record = if side == Side::ServiceNow { &self.servicenow } else { &self.platform };
        let rules = connection.rules.fields.iter();
        rules.filter_map(|rule| Some((rule.name.clone(), rule.canonical(side, record).ok().flatten()?))).collect()
    }
}

/// Reads both records; `None` when a side does not show its own.
pub async fn read_now(connection: &Connection, sides: &Sides, link: &Link) -> Result<Option<Now>, SyncError> {
    let (servicenow, platform) = tokio::try_join!(
        sides.servicenow.fetch(&link.servicenow_id),
        sides.platform.fetch(link.record_on(Side::Platform))
    )?;
    let (Some(servicenow), Some(platform)) = (servicenow, platform) else { return Ok(None) };
    let mut seen = reconcile::Observed::of_records(servicenow, platform);
    seen.take_cuts_as_whole(link, &connection.rules);
    Ok(Some(Now { servicenow: seen.servicenow, platform: seen.platform }))
}

/// What the merge would do about just these fields.
pub async fn foresee(
    connection: &Connection,
    sides: &Sides,
    link: &Link,
    now: &Now,
    chosen: &Resolutions,
) -> Result<Foreseen, SyncError> {
    let rules = &connection.rules;
    let mut plan = merge::plan(&link.base, &now.servicenow, &now.platform, rules, chosen);
    plan.decisions.retain(|decision| chosen.contains_key(&decision.rule));
    let mut foreseen = Foreseen::default();
    for decision in &plan.decisions {
        match &decision.outcome {
            Outcome::Refuse { sentence } => foreseen.refused.push(sentence.clone()),
            Outcome::Write(_) | Outcome::Agree { .. } | Outcome::Nothing => {}
            _ => foreseen.refused.push(format!(
                "{} was edited since you looked, so a choice between the old values would be void. {}",
                decision.rule, decision.why
            )),
        }
    }
    for (side, record) in [(Side::ServiceNow, &now.servicenow), (Side::Platform, &now.platform)] {
        let parts = |decision: &Decision| Part::of(decision, &rules.notes, None, None);
        let parts: Vec<Part> = plan.decisions_for(side).iter().filter_map(parts).collect();
        let (parts, left) = people::known(sides.on(side), side, parts).await?;
        foreseen.refused.extend(left);
        let own: BTreeMap<&String, &str> =
            parts.iter().flat_map(|part| part.write.fields.keys().map(|field| (field, part.rule.as_str()))).collect();
        for (field, value) in merge::fields_of(parts.iter().map(|part| &part.write)) {
            let rule = own.get(&field).and_then(|rule| rules.rule(rule));
            let before = record.fields.get(&field).unwrap_or(&Value::Empty);
            if before == &value {
                continue;
            }
            foreseen.writes.push(ForeseenWrite {
                to: side,
                from: story::spelled(rule, side, before),
                value: story::spelled(rule, side, &value),
                demanded: rule.is_none(),
                field,
            });
        }
    }
    Ok(foreseen)
}
