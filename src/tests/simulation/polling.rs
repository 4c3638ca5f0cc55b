//! A poll that is put off goes on where it was: however often that happens, it comes to its end.

use super::alone;
use super::entering::Joined;
use crate::clock::Clock;
use crate::queue::{self, After};

const RECORDS: usize = 20;

#[test]
fn a_poll_that_is_put_off_at_every_second_page_comes_to_its_end() {
    alone(async {
        let joined = Joined::by(&merge::incident_to_desk(), 7).await;
        for _ in 0..RECORDS {
            joined.servicenow.open("Beth", merge::Fields::new());
        }
        // Old enough for nothing to commit before them any more.
        joined.clock.turn(10 * 60_000);
        joined.servicenow.change_traps(|traps| {
            traps.page = 1;
            traps.busy = 500;
        });
        let now = joined.clock.now();
        let mut tx = joined.store.begin().await.expect("begins");
        queue::poll_at(&mut tx, &joined.connection, now, &*joined.clock).await.expect("queued");
        let poll = tx.claim_job("its claim", now, now + 60_000).await.expect("asked").expect("due");
        tx.commit().await.expect("committed");
        let mut put_off = 0;
        while matches!(joined.engine.run(poll.clone()).await, After::Retry { .. }) {
            put_off += 1;
            assert!(put_off < 200, "it begins anew each time");
        }
        assert!(put_off > 5, "it was put off {put_off} times only");
        let (waiting, _) = joined.store.count_jobs(&joined.connection).await.expect("readable");
        assert_eq!(waiting, i64::try_from(RECORDS).expect("few"), "each record is looked at");
        let cursor = joined.store.cursor(&joined.connection, "records").await.expect("readable").expect("kept");
        assert_eq!(cursor.place, "", "the next one reads from its cursor");
        joined.store.close().await;
    });
}
