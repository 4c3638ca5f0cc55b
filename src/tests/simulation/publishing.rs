//! A mapping that is published while a job runs: what cannot be taken back follows the one that is in force.

use super::alone;
use super::entering::{Joined, work_up_to};
use crate::store::pause;
use merge::{Deletions, OnDeletion, Rules};

/// Answers whether the work was done before the place.
async fn keeps_the_record(place: usize) -> bool {
    let on_deletion = |on_platform| Rules {
        deletions: Deletions { on_platform, ..Deletions::default() },
        ..merge::incident_to_desk()
    };
    let joined = Joined::by(&on_deletion(OnDeletion::Delete), 23).await;
    let (record, ticket) = joined.pair().await;
    joined.platform.remove(&ticket, "Ada");
    joined.look_at(&record).await;
    let mut work = joined.work();
    let at = work_up_to(&mut work, place).await;
    if at == Some(pause::BEFORE_COMMIT) {
        // Nobody publishes inside somebody else's transaction.
        return false;
    }
    let link = joined.link_of(&record).await;
    let was_decided = !joined.store.deliveries_of(&link.id, "delete").await.expect("readable").is_empty();
    let mut tx = joined.store.begin().await.expect("begins");
    let keeps = Rules { version: 2, ..on_deletion(OnDeletion::Keep) };
    tx.publish_rules(&joined.connection, &keeps).await.expect("published");
    tx.commit().await.expect("committed");
    if at.is_some() {
        assert_eq!(work_up_to(&mut work, usize::MAX).await, None);
    }
    joined.settle().await;
    let is_there = joined.servicenow.truth(&record).is_some();
    assert_eq!(is_there, !was_decided, "place {place}, {at:?}");
    joined.store.close().await;
    at.is_none()
}

#[test]
fn a_deletion_follows_the_mapping_that_is_in_force() {
    let places = (0..1_000).find(|place| alone(keeps_the_record(*place))).expect("an end");
    assert!(places > 8, "there were {places} places only");
}
