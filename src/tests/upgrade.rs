//! A database that an earlier release left, with data in it, goes on with this one.

use super::support::{Database, empty_postgres, empty_sqlite};
use crate::store::AuditSearch;
use merge::Value;

/// Rows as release 0001 wrote them: one of each table that later releases rebuild.
const FIRST: &str = include_str!("upgrade_0001.sql");

#[tokio::test]
async fn a_database_of_the_first_release_goes_on_sqlite() {
    goes_on(empty_sqlite().await).await;
}

#[tokio::test]
async fn a_database_of_the_first_release_goes_on_postgres() {
    goes_on(empty_postgres().await).await;
}

async fn goes_on(database: Database) {
    let store = &database.store;
    store.migrate_up_to(1).await.expect("the first tables");
    store.run_script(FIRST).await.expect("rows of the first release");
    store.migrate().await.expect("brought up to date");
    let connection = store.connection("c1").await.expect("readable").expect("kept");
    assert_eq!(connection.rules.fields.len(), 11, "the mapping is read as it was");
    let versions = store.versions("c1", 10, 0).await.expect("readable");
    assert_eq!(versions.len(), 1, "what is in force is a version");
    assert_eq!((versions[0].version, versions[0].published_at), (connection.rules.version, 0));
    let kept = store.rules_of_version("c1", versions[0].version).await.expect("readable").expect("kept");
    assert_eq!(kept, *connection.rules);
    assert!(store.draft("c1").await.expect("readable").is_none());
    assert_eq!(
        store.hooks("c1").await.expect("readable"),
        crate::store::Hooks::default(),
        "signatures alone, as before"
    );
    let is_draft = connection.state == crate::store::State::Draft;
    assert_eq!(
        store.connecting("c1").await.expect("readable").is_some(),
        is_draft,
        "a draft goes on with its next step"
    );
    assert!(store.turned_away("c1").await.expect("readable").is_empty());
    assert!(store.identity("c1").await.expect("readable").is_none(), "it is remembered at the first look");
    let link = store.link_of("c1", "0123456789abcdef0123456789abcdef").await.expect("readable").expect("kept");
    assert_eq!((link.version, link.base["title"].as_str()), (7, "Printer"));
    assert_eq!(link.base["due"], Value::Moment(1_700_000_000_000));
    let open = store.open_deliveries("l1").await.expect("readable");
    assert_eq!(open.len(), 1);
    assert!(open[0].is_unsure(), "what was on its way is still known to be");
    assert_eq!(store.count_jobs("c1").await.expect("readable"), (1, 1));
    assert_eq!(store.paired_entries("l1").await.expect("readable"), [("e1".to_owned(), "f1".to_owned())]);
    assert_eq!(
        store.last_heard("c1", &link.servicenow_id, i64::MAX).await.expect("readable").expect("kept").0,
        "webhook"
    );
    let cursors = store.cursors("c1").await.expect("readable");
    let streams: Vec<&str> = cursors.iter().map(|cursor| cursor.stream.as_str()).collect();
    assert_eq!(streams, ["attachments", "deletions", "journals", "records"]);
    for cursor in &cursors {
        assert_eq!((cursor.at, cursor.certain_from), (1_700_000_068_000, 1_700_000_100_000), "{cursor:?}");
    }
    let tokens = store.tokens("c1").await.expect("readable").expect("kept");
    assert_eq!((tokens.refresh.as_str(), tokens.granted_at, tokens.doubted), ("sealed r", 4, 0));
    let search = crate::store::HistorySearch { limit: 10, ..Default::default() };
    let history = store.history(&search).await.expect("readable");
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].summary, "Title went to Desk");
    let ticket = store.ticket("t1").await.expect("readable").expect("kept");
    assert_eq!((ticket.title.as_str(), ticket.owner_id.as_deref(), ticket.version), ("Printer", Some("u1"), 3));
    assert!(store.touched(0, None, 10).await.expect("readable").is_empty(), "what was there before is no news");
    assert_eq!(store.comments("t1").await.expect("readable").len(), 1);
    assert!(store.files("t1").await.expect("readable").is_empty());
    let people = store.people().await.expect("readable");
    let [ada] = people.as_slice() else { panic!("not Ada alone, but {people:?}") };
    assert_eq!((ada.closed_at, ada.session_round, ada.signed_in_at), (0, 0, 7), "open, and the last sign-in is known");
    let audit = store.audit(&AuditSearch { limit: 9, ..AuditSearch::default() }).await.expect("readable");
    assert_eq!(audit.iter().map(|line| line.id.as_str()).collect::<Vec<_>>(), ["a3", "a2", "a1"]);
}
