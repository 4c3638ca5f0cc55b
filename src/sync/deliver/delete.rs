//! Deletions: the record that is left goes as well, and the pair is over.

use super::{Outgoing, Sent, mark_sending, not_sent, read, supersede, tell_pages, wait_until_settled};
use crate::connectors::{Connector, Failure, Gone};
use crate::store::{Delivery, DeliveryState, Link};
use crate::sync::{Engine, SyncError, gone, story};
use merge::Side;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sync) struct Delete {
    /// The side whose record was deleted first.
    pub gone: Side,
    /// Who did so and what the rules say, in sentences.
    pub why: String,
    pub story: story::Story,
}

/// Only ever sent in the round that saw the other record gone.
pub(super) async fn delete(
    engine: &Engine,
    side: &dyn Connector,
    link: &mut Link,
    out: &Outgoing<'_>,
) -> Result<Sent, SyncError> {
    let to = out.delivery.to();
    let id = link.record_on(to).to_owned();
    mark_sending(engine, side, out).await?;
    if let Err(failure) = side.delete(&id).await {
        not_sent(engine, out.delivery, &failure).await?;
        return Err(failure.into());
    }
    if side.fetch(&id).await?.is_some() {
        let why = format!(
            "{to} said that it deleted the record and still shows it: most likely a business rule kept it. Allow the \
             deletion there and retry, or discard this and the record stays."
        );
        return Err(Failure::Refused { why }.into());
    }
    end(engine, link, out.delivery).await?;
    Ok(Sent::Unseen)
}

/// A deletion whose answer never came: it came true, or gives way to a new look at both sides once it cannot come true
/// any more. Until then the record that was deleted first may be back.
pub(super) async fn look_up(
    engine: &Engine,
    side: &dyn Connector,
    link: &mut Link,
    delivery: &Delivery,
) -> Result<(), SyncError> {
    let id = link.record_on(delivery.to());
    let looked_at = engine.clock.now();
    if side.fetch(id).await?.is_none() && side.gone(id).await? != Gone::Hidden {
        return end(engine, link, delivery).await;
    }
    wait_until_settled(engine, side, delivery, looked_at, "deletion")?;
    supersede(engine, delivery).await
}

async fn end(engine: &Engine, link: &mut Link, delivery: &Delivery) -> Result<(), SyncError> {
    let (Delete { gone, why, story }, to) = (read(delivery)?, delivery.to());
    let now = engine.clock.now();
    let story = story.step(now, format!("{to} shows the record no longer."));
    let mut tx = engine.begin().await?;
    tx.finish_delivery(&delivery.id, DeliveryState::Done, "", now).await?;
    story::tell(engine.clock.as_ref(), &mut tx, link, Some(to), "deletion", &why, &story).await?;
    let over = gone::take_apart(engine, &mut tx, link, gone).await?;
    tx.commit().await?;
    *link = over;
    tell_pages(engine, link);
    Ok(())
}
