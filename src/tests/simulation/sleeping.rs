//! A process that sleeps for longer than its lease, at each place where it can, and goes on when another has done its work:
//! it stores nothing and sends nothing. Only a request that is on the wire already cannot be called back.

use super::alone;
use super::entering::{Joined, LONG, Work, work_up_to};
use super::world::ON_THE_WIRE;
use merge::{Fields, Side, Stream, Value};

/// Another process sends the comment, and its request is lost on the way: whoever comes next has to look for it.
async fn lose_the_request(joined: &Joined, record: &str) {
    let mut work = joined.work();
    joined.work_up_to_append(&mut work, record).await;
    joined.servicenow.change_traps(|traps| traps.lost_requests = 1000);
    work_up_to(&mut work, 0).await;
    joined.servicenow.change_traps(|traps| traps.lost_requests = 0);
    assert_eq!(work_up_to(&mut work, usize::MAX).await, None);
    assert!(joined.is_appending(record).await, "nobody knows what became of it");
    joined.clock.turn(LONG);
}

/// How far another process has come with the work when the sleeper goes on.
#[derive(Clone, Copy, Debug)]
enum Other {
    IsDone,
    /// The comment is there, and its answer on the way.
    HasJustSent,
}

/// Answers whether the work was done before the place.
async fn crosses_once(place: usize, request_was_lost: bool, other: Other) -> bool {
    let joined = Joined::by(&merge::incident_to_desk(), 11).await;
    let (record, ticket) = joined.pair().await;
    let edit = |side: Side, text: &str| {
        let (memory, id, field, by) = match side {
            Side::ServiceNow => (&joined.servicenow, &record, "short_description", "Beth"),
            Side::Platform => (&joined.platform, &ticket, "title", "Ada"),
        };
        memory.edit(id, by, &Fields::from([(field.to_owned(), Value::text(text))]));
    };
    edit(Side::Platform, "Wages are late");
    joined.platform.comment(&ticket, Stream::Public, "Ada", "since Monday");
    joined.look_at(&record).await;
    if request_was_lost {
        lose_the_request(&joined, &record).await;
    }
    let mut sleeper: Work = joined.work();
    let at = work_up_to(&mut sleeper, place).await;
    if at == Some(ON_THE_WIRE) || at == Some(crate::store::pause::BEFORE_COMMIT) {
        joined.kill(sleeper).await;
        return false;
    }
    let mut at_work = None;
    match other {
        Other::IsDone => {
            joined.settle().await;
            edit(Side::ServiceNow, "Beth's words");
            joined.look_at(&record).await;
            joined.settle().await;
        }
        Other::HasJustSent => {
            joined.clock.turn(LONG);
            joined.worker().renew_and_free().await.expect("freed");
            let mut work = joined.work();
            while joined.sent(&record) == 0 && work_up_to(&mut work, 0).await.is_some() {}
            at_work = Some(work).filter(|_| at.is_some());
        }
    }
    if at.is_some() {
        assert_eq!(work_up_to(&mut sleeper, usize::MAX).await, None, "it comes to its end");
    }
    if let Some(mut work) = at_work {
        assert_eq!(work_up_to(&mut work, usize::MAX).await, None, "so does the other");
        joined.settle().await;
        edit(Side::ServiceNow, "Beth's words");
        joined.look_at(&record).await;
    }
    joined.settle().await;
    if at.is_none() {
        return true;
    }
    assert_eq!(joined.sent(&record), 1, "it slept at place {place}, {at:?}, and the other {other:?}");
    for (memory, id, field) in
        [(&joined.servicenow, &record, "short_description"), (&joined.platform, &ticket, "title")]
    {
        let there = memory.truth(id).expect("there");
        assert_eq!(there.fields[field], Value::text("Beth's words"), "it slept at place {place}, {at:?}");
    }
    joined.store.close().await;
    false
}

#[test]
fn who_slept_for_longer_than_the_lease_sends_nothing_wherever_it_slept() {
    for request_was_lost in [false, true] {
        for other in [Other::IsDone, Other::HasJustSent] {
            let is_over = |place: &usize| alone(crosses_once(*place, request_was_lost, other));
            let places = (0..10_000).find(is_over).expect("an end");
            assert!(places > 20, "there were {places} places only");
        }
    }
}
