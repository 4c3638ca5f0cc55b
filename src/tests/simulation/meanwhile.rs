//! What happens while somebody is at work: news of the record that is just looked at, a request that waits before it goes,
//! and a record that is hidden right after it.

use super::alone;
use super::entering::{Joined, work_up_to};
use crate::store::pause::BEFORE_COMMIT;
use merge::{Fields, Side, Stream, Value};

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

/// A comment goes to a side, whose record is hidden before anybody could look for it there.
async fn is_hidden_after_it(to: Side, answer_is_lost: bool) {
    let joined = Joined::by(&merge::incident_to_desk(), 1).await;
    let (record, ticket) = joined.pair().await;
    let (from, there, id) = match to {
        Side::ServiceNow => (&joined.platform, &joined.servicenow, &record),
        Side::Platform => (&joined.servicenow, &joined.platform, &ticket),
    };
    from.comment(if to == Side::Platform { &record } else { &ticket }, Stream::Public, "Ada", "since Monday");
    joined.look_at(&record).await;
    let mut work = joined.work();
    joined.work_up_to_append(&mut work, &record).await;
    there.change_traps(|traps| traps.lost_responses = if answer_is_lost { 1000 } else { 0 });
    assert_eq!(work_up_to(&mut work, 0).await, Some("after a call"));
    there.change_traps(|traps| traps.lost_responses = 0);
    assert_eq!(there.true_entries(id).len(), 1, "it is there, and its answer on the way");
    there.hide(id, true);
    assert_eq!(work_up_to(&mut work, usize::MAX).await, None);
    joined.look_at(&record).await;
    joined.settle().await;
    let link = joined.link_of(&record).await;
    assert!(link.note.contains("no longer shows"), "a person is told meanwhile: {:?}", link.note);
    there.hide(id, false);
    joined.look_at(&record).await;
    joined.settle().await;
    for (memory, id) in [(&joined.servicenow, &record), (&joined.platform, &ticket)] {
        let entries = memory.true_entries(id);
        assert_eq!(entries.len(), 1, "it went to {to}, lost {answer_is_lost}: {entries:?}");
    }
    joined.store.close().await;
}

#[test]
fn a_comment_whose_record_is_hidden_right_after_it_does_not_come_back() {
    for to in Side::BOTH {
        for answer_is_lost in [false, true] {
            alone(is_hidden_after_it(to, answer_is_lost));
        }
    }
}

/// A record is hidden for a while, from a place of a look on, where the process may die as well: what was to be written
/// there goes when it shows again, and nobody need ask for it. Answers whether the work was done before the place.
async fn goes_when_it_shows_again(to: Side, dies: bool, place: usize) -> bool {
    let joined = Joined::by(&merge::incident_to_desk(), 2).await;
    let (record, ticket) = joined.pair().await;
    let (from, from_id, there, id) = match to {
        Side::ServiceNow => (&joined.platform, &ticket, &joined.servicenow, &record),
        Side::Platform => (&joined.servicenow, &record, &joined.platform, &ticket),
    };
    let words = |words: &str| Value::text(words);
    let edit = match to {
        Side::ServiceNow => [("title", words("Wages")), ("description", words("late"))],
        Side::Platform => [("short_description", words("Wages")), ("description", words("late"))],
    };
    from.edit(from_id, "Ada", &edit.map(|(field, value)| (field.to_owned(), value)).into());
    from.comment(from_id, Stream::Public, "Ada", "since Monday");
    from.add_file(from_id, "Ada", "slip.txt", b"gross and net");
    joined.look_at(&record).await;
    let mut work = joined.work();
    let at = work_up_to(&mut work, place).await;
    there.hide(id, true);
    if dies {
        joined.kill(work).await;
    } else if at.is_some() {
        assert_eq!(work_up_to(&mut work, usize::MAX).await, None);
    }
    joined.settle().await;
    there.hide(id, false);
    joined.look_at(&record).await;
    joined.settle().await;
    let here = format!("to {to}, hidden at place {place}, {at:?}, dies {dies}");
    let link = joined.link_of(&record).await;
    assert_eq!(link.note, "", "{here}");
    let lane = crate::queue::lane(&joined.connection, &record);
    assert!(joined.store.held_letters(&lane).await.expect("readable").is_empty(), "nobody is asked: {here}");
    for (memory, id, title) in
        [(&joined.servicenow, &record, "short_description"), (&joined.platform, &ticket, "title")]
    {
        let there = memory.truth(id).expect("there");
        assert_eq!((&there.fields[title], &there.fields["description"]), (&words("Wages"), &words("late")), "{here}");
        assert_eq!(memory.true_entries(id).len(), 1, "{here}: {:?}", memory.true_entries(id));
        assert_eq!(memory.true_files(id).len(), 1, "{here}");
    }
    joined.store.close().await;
    at.is_none()
}

#[test]
fn what_is_for_a_record_that_is_hidden_for_a_while_goes_when_it_shows_again() {
    for to in Side::BOTH {
        for dies in [false, true] {
            let is_over = |place: &usize| alone(goes_when_it_shows_again(to, dies, *place));
            let places = (0..10_000).find(is_over).expect("an end");
            assert!(places > 20, "there were {places} places only");
        }
    }
}
