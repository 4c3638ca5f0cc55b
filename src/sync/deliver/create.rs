//! New records: each is made once, whatever happens on the way, for its side finds it by the key that it was made with.

use super::write::{Outcomes, Part};
use super::{Agreed, Ending, Outgoing, Sent, end, mark_sending, read};
use crate::connectors::{Applied, Connector};
use crate::queue;
use crate::store::{Connection, Link};
use crate::sync::{Engine, SyncError, story};
use merge::{Fields, Side};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sync) struct Create {
    pub fields: Fields,
    /// Of a ticket: what becomes the base.
    pub agreed: Agreed,
    /// Of a record in ServiceNow, which may drop or change what it gets: compared with what it stored.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// What people call the record that it is made from.
    #[serde(default)]
    pub from: String,
    pub story: story::Story,
}

/// The key that a ticket's record is made with: the same whoever makes it, and however often.
pub(in crate::sync) fn key_of_record(connection: &str, ticket: &str) -> String {
    queue::lane(connection, ticket)
}

pub(super) async fn create(
    engine: &Engine,
    connection: &Connection,
    side: &dyn Connector,
    link: &mut Link,
    out: &Outgoing<'_>,
) -> Result<Sent, SyncError> {
    let Create { fields, agreed, parts, from, story } = read(out.delivery)?;
    let to = out.delivery.to();
    let key = match to {
        Side::Platform => link.id.clone(),
        Side::ServiceNow => key_of_record(&link.connection_id, link.record_on(Side::Platform)),
    };
    mark_sending(engine, side, out).await?;
    let applied = side.create(&key, &fields).await?;
    let mut outcomes = Outcomes::default();
    if parts.is_empty() {
        outcomes.agreed = agreed;
        outcomes.notes.clone_from(&applied.notes);
    } else {
        outcomes.add(connection, side, to, &parts, &applied).await;
    }
    let Outcomes { agreed, notes, remarks, cuts, refused, .. } = outcomes;
    let Applied { record, .. } = applied;
    let mut after = link.clone();
    after.base.extend(agreed);
    after.cuts.extend(cuts);
    let (summary, made) = match to {
        Side::Platform => {
            after.platform_id = Some(record.id);
            let summary = format!("{} came from ServiceNow as ticket {}", link.servicenow_number, record.number);
            (summary, format!("Ticket {} was made.", record.number))
        }
        Side::ServiceNow => {
            // An empty number would say that it is still to be made.
            let number = if record.number.is_empty() { record.id } else { record.number };
            after.servicenow_number.clone_from(&number);
            (format!("{from} went to ServiceNow as {number}"), format!("{number} was made."))
        }
    };
    let now = engine.clock.now();
    let story = remarks.into_iter().fold(story.step(now, made), |story, remark| story.step(now, remark));
    let ending = Ending { out, to, kind: "linked", summary, story, notes, refused, moved: true };
    end(engine, link, after, ending, None).await?;
    Ok(Sent::Unseen)
}
