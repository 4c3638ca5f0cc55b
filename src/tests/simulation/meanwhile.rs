//! What happens while somebody is at work: news of the record that is just looked at, and a request that waits before it
//! goes.

use super::alone;
use super::entering::{Joined, work_up_to};
use crate::store::pause::BEFORE_COMMIT;
use merge::{Fields, Stream, Value};

fn retitled(title: &str) -> Fields {
    Fields::from([("short_description".to_owned(), Value::text(title))])
}

/// Answers whether the work was done before the place.
async fn news_is_seen(place: usize) -> bool {
    let joined = Joined::by(&merge::incident_to_desk(), 3).await;
    let (record, ticket) = joined.pair().await;
    joined.servicenow.edit(&record, "Beth", &retitled("first"));
    joined.look_at(&record).await;
    let mut work = joined.work();
    let at = work_up_to(&mut work, place).await;
    // Inside a transaction nobody else can tell of anything.
    if at != Some(BEFORE_COMMIT) {
        joined.servicenow.edit(&record, "Beth", &retitled("second"));
        joined.look_at(&record).await;
    }
    if at.is_some() {
        assert_eq!(work_up_to(&mut work, usize::MAX).await, None, "it comes to its end");
    }
    joined.settle().await;
    let there = joined.platform.truth(&ticket).expect("there");
    let last = if at == Some(BEFORE_COMMIT) { "first" } else { "second" };
    assert_eq!(there.fields["title"], Value::text(last), "news came at place {place}, {at:?}");
    joined.store.close().await;
    at.is_none()
}

#[test]
fn news_that_comes_while_its_record_is_looked_at_is_seen() {
    let places = (0..10_000).find(|place| alone(news_is_seen(*place))).expect("an end");
    assert!(places > 15, "there were {places} places only");
}

/// The comment was meant to be sent, waits long for its turn, and its answer is lost; it comes true later still, but no later
/// than ServiceNow may take.
async fn waits_and_comes_true_late(seed: u64) {
    let joined = Joined::by(&merge::incident_to_desk(), seed).await;
    let (record, ticket) = joined.pair().await;
    joined.platform.comment(&ticket, Stream::Public, "Ada", "since Monday");
    joined.look_at(&record).await;
    let mut work = joined.work();
    joined.work_up_to_append(&mut work, &record).await;
    joined.clock.turn(60_000);
    joined.servicenow.change_traps(|traps| traps.late_appends = 1000);
    work_up_to(&mut work, 0).await;
    joined.servicenow.change_traps(|traps| traps.late_appends = 0);
    assert_eq!(work_up_to(&mut work, usize::MAX).await, None);
    assert!(joined.is_appending(&record).await, "its answer was lost");
    let settles_s = joined.servicenow.traps().settles_ms / 1000;
    for second in 0..settles_s {
        joined.clock.turn(1_000);
        assert_eq!(work_up_to(&mut joined.work(), usize::MAX).await, None);
        assert!(joined.sent(&record) <= 1, "it is there twice {second} seconds after its answer was lost, seed {seed}");
    }
    joined.settle().await;
    assert_eq!((joined.sent(&record), joined.is_appending(&record).await), (1, false), "seed {seed}");
    assert_eq!(joined.platform.true_entries(&ticket).len(), 1, "it does not come back, seed {seed}");
    joined.store.close().await;
}

#[test]
fn a_comment_that_waited_before_it_was_sent_and_comes_true_late_is_there_once() {
    // How late it is, chance says.
    for seed in 0..8 {
        alone(waits_and_comes_true_late(seed));
    }
}
