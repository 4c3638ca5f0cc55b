//! The store's promises, on SQLite and on PostgreSQL.

use super::support::{Database, TurnedClock, connection, on_both_databases};
use crate::clock::Clock;
use crate::store::{
    Change, CommentLine, Delivery, DeliveryState, Draft, Link, LinkState, PersonRow, Preview, Source, State, Store,
    StoreError, Ticket, TicketSearch, User, Version, Was,
};
use merge::{Base, Side, Value};

on_both_databases!(
    migrating_twice_changes_nothing,
    a_transaction_that_is_dropped_never_happened,
    transactions_that_come_together_end_each_for_itself,
    who_gives_up_in_the_middle_takes_nothing_of_the_others_with_it,
    the_same_event_is_kept_once,
    a_link_is_moved_on_by_one_worker_only,
    a_link_is_kept_whole_whichever_part_of_it_moved,
    deliveries_come_back_in_order_until_they_end,
    nothing_is_meant_to_be_sent_for_a_connection_that_was_stopped,
    a_comment_with_an_origin_is_there_once,
    ticket_numbers_count_up,
    a_ticket_is_saved_on_the_version_that_was_read,
    tickets_are_found_by_words_and_status,
    a_user_is_made_once_per_email,
    a_set_up_token_is_spent_once,
    a_draft_is_kept_on_the_revision_that_was_read,
    a_version_stays_as_it_was_published,
    a_look_at_a_draft_is_one_and_ends_with_it,
);

#[tokio::test]
async fn a_sqlite_file_is_for_its_user_alone_and_a_wrong_path_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let database = super::support::sqlite().await;
    let path = database.url.trim_start_matches("sqlite://");
    for file in [path.to_owned(), format!("{path}-wal")] {
        assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o077, 0, "{file}");
    }
    let error = Store::open("sqlite:///no/such/folder/isthmus.db").await.expect_err("refused");
    assert!(error.to_string().contains("/no/such/folder/isthmus.db"), "{error}");
}

fn clock() -> TurnedClock {
    TurnedClock::at(1_800_000_000_000)
}

async fn migrating_twice_changes_nothing(database: Database) {
    let clock = clock();
    let id = connection(&database.store, &clock).await;
    database.store.migrate().await.expect("again");
    assert!(database.store.connection(&id).await.expect("readable").is_some());
}

async fn a_transaction_that_is_dropped_never_happened(database: Database) {
    let mut tx = database.store.begin().await.expect("begins");
    tx.put_setting("a", "b").await.expect("put");
    drop(tx);
    assert_eq!(database.store.setting("a").await.expect("readable"), None);
}

/// On SQLite they share commits; one that is dropped, or fails, takes nothing of the others with it.
async fn transactions_that_come_together_end_each_for_itself(database: Database) {
    let mut people = tokio::task::JoinSet::new();
    for person in 0..60_usize {
        let store = database.store.clone();
        people.spawn(async move {
            let mut tx = store.begin().await.expect("begins");
            tx.put_setting(&format!("setting {person}"), "kept").await.expect("put");
            if person % 2 == 0 {
                // It goes out at once, and not with the commit.
                assert!(tx.link_of_ticket("none").await.expect("asked").is_none());
            }
            tokio::task::yield_now().await;
            match person % 3 {
                0 => drop(tx),
                1 => tx.commit().await.expect("committed"),
                _ => {
                    // Given up while it waits for the disk: it may be kept or not, and harms nobody.
                    let commit = tx.commit();
                    let _ = futures::FutureExt::now_or_never(commit);
                }
            }
            // What was answered is there for everyone.
            (person % 3 == 1).then_some((store, person))
        });
    }
    while let Some(done) = people.join_next().await {
        if let Some((store, person)) = done.expect("no panic") {
            let setting = store.setting(&format!("setting {person}")).await.expect("readable");
            assert_eq!(setting.as_deref(), Some("kept"), "{person}");
        }
    }
    let mut tx = database.store.begin().await.expect("begins");
    tx.put_setting("last", "kept").await.expect("put");
    tx.commit().await.expect("committed");
    for person in (0..60).step_by(3) {
        assert_eq!(database.store.setting(&format!("setting {person}")).await.expect("readable"), None, "{person}");
    }
    assert_eq!(database.store.setting("last").await.expect("readable").as_deref(), Some("kept"));
}

/// Every second one is dropped while the database is at its statements, at one of them or another.
async fn who_gives_up_in_the_middle_takes_nothing_of_the_others_with_it(database: Database) {
    let mut people = tokio::task::JoinSet::new();
    for person in 0..200_usize {
        let store = database.store.clone();
        people.spawn(async move {
            let mut tx = store.begin().await.expect("begins");
            tx.put_setting(&format!("setting {person}"), "kept").await.expect("put");
            if person % 2 == 0 {
                let asked = tx.link_of_ticket("none");
                let given_up = async {
                    for _ in 0..person % 7 {
                        tokio::task::yield_now().await;
                    }
                };
                futures::future::select(Box::pin(asked), Box::pin(given_up)).await;
            } else {
                tx.commit().await.expect("committed");
            }
        });
    }
    while let Some(done) = people.join_next().await {
        done.expect("nobody fails for another");
    }
    let mut tx = database.store.begin().await.expect("begins");
    tx.put_setting("last", "kept").await.expect("put");
    tx.commit().await.expect("committed");
    for person in 0..200_usize {
        let kept = database.store.setting(&format!("setting {person}")).await.expect("readable");
        assert_eq!(kept.is_some(), person % 2 == 1, "{person}");
    }
}

/// On SQLite it fails when something is asked after it, or with the commit.
#[tokio::test]
async fn who_goes_on_after_a_write_that_failed_keeps_nothing() {
    let store = Store::in_memory().await.expect("open");
    let mut tx = store.begin().await.expect("begins");
    tx.put_setting("a", "b").await.expect("put");
    tx.finish_delivery("none", DeliveryState::Done, "", 0).await.expect("waits");
    assert!(matches!(tx.link_of_ticket("none").await, Err(StoreError::Stale)));
    tx.put_setting("c", "d").await.expect("put");
    assert!(matches!(tx.commit().await, Err(StoreError::Lost)));
    store.end_dropped().await.expect("ended");
    for name in ["a", "c"] {
        assert_eq!(store.setting(name).await.expect("readable"), None, "{name}");
    }
}

async fn the_same_event_is_kept_once(database: Database) {
    let clock = clock();
    let connection = connection(&database.store, &clock).await;
    let mut tx = database.store.begin().await.expect("begins");
    let mut kept = Vec::new();
    for source in [Source::Webhook, Source::Webhook, Source::Poll] {
        let id = clock.id();
        let change = Change {
            id: &id,
            connection_id: &connection,
            event_key: "r1@2026-11-21 03:22:10#4",
            source,
            side: Side::ServiceNow,
            record_id: "r1",
            arrived_at: clock.now(),
        };
        kept.push(tx.keep_change(&change).await.expect("kept"));
    }
    tx.commit().await.expect("committed");
    assert_eq!(kept, [true, false, false]);
    let heard = database.store.last_heard(&connection, "r1", clock.now()).await.expect("readable");
    assert_eq!(heard, Some(("webhook".to_owned(), clock.now())));
}

async fn link(database: &Database, clock: &TurnedClock) -> Link {
    let link = Link {
        was: Was::default(),
        apart: std::collections::BTreeMap::new(),
        id: clock.id(),
        connection_id: connection(&database.store, clock).await,
        servicenow_id: "r1".into(),
        servicenow_number: "INC0010001".into(),
        platform_id: None,
        base: Base::from([("title".to_owned(), Value::text("a title"))]),
        cuts: std::collections::BTreeMap::new(),
        state: LinkState::Linked,
        gone: None,
        version: 1,
        note: String::new(),
        created_at: clock.now(),
        changed_at: clock.now(),
    };
    let mut tx = database.store.begin().await.expect("begins");
    assert!(tx.add_link(&link).await.expect("added"));
    let twin = Link { id: clock.id(), ..link.clone() };
    assert!(!tx.add_link(&twin).await.expect("asked"), "one link a record");
    tx.commit().await.expect("committed");
    link
}

async fn a_link_is_moved_on_by_one_worker_only(database: Database) {
    let clock = clock();
    let mut first = link(&database, &clock).await;
    let mut second = first.clone();
    first.platform_id = Some("t1".into());
    let mut tx = database.store.begin().await.expect("begins");
    tx.save_link(&mut first, clock.now()).await.expect("saved");
    tx.commit().await.expect("committed");
    let mut tx = database.store.begin().await.expect("begins");
    let saved = async {
        tx.save_link(&mut second, clock.now()).await?;
        tx.commit().await
    };
    assert!(matches!(saved.await, Err(StoreError::Stale)));
    let read = database.store.link_of_ticket("t1").await.expect("readable").expect("there");
    assert_eq!((read.version, read.base), (2, first.base));
}

async fn a_link_is_kept_whole_whichever_part_of_it_moved(database: Database) {
    let clock = clock();
    let mut link = link(&database, &clock).await;
    let moves: [fn(&mut Link); 8] = [
        |link| link.platform_id = Some("t1".into()),
        |link| link.base.extend([("title".to_owned(), Value::text("another"))]),
        |link| link.note = "a person must act".into(),
        |link| link.gone = Some(Side::Platform),
        |link| link.servicenow_number = "INC0010002".into(),
        |link| link.state = LinkState::Unlinked,
        |link| link.note.clear(),
        |link| link.platform_id = None,
    ];
    for (step, moved) in moves.into_iter().enumerate() {
        moved(&mut link);
        let mut tx = database.store.begin().await.expect("begins");
        tx.save_link(&mut link, clock.now()).await.expect("saved");
        tx.commit().await.expect("committed");
        let read = database.store.link(&link.id).await.expect("readable").expect("there");
        let whole = |link: &Link| {
            let Link { platform_id, base, note, gone, servicenow_number, state, version, .. } = link.clone();
            (platform_id, base, note, gone, servicenow_number, state, version)
        };
        assert_eq!(whole(&read), whole(&link), "{step}");
    }
}

async fn deliveries_come_back_in_order_until_they_end(database: Database) {
    let clock = clock();
    let link = link(&database, &clock).await;
    let mut tx = database.store.begin().await.expect("begins");
    let mut ids = Vec::new();
    for kind in ["create", "write", "append"] {
        clock.turn(1);
        let delivery = Delivery::planned(clock.id(), &link.id, Side::Platform, kind, "{}".into(), clock.now());
        tx.add_delivery(&delivery).await.expect("added");
        ids.push(delivery.id);
    }
    tx.delivery_sending(&ids[0], clock.now()).await.expect("sending");
    tx.finish_delivery(&ids[1], DeliveryState::Done, "", clock.now()).await.expect("done");
    tx.commit().await.expect("committed");
    let mut tx = database.store.begin().await.expect("begins");
    let finished = async {
        tx.delivery_sending(&ids[2], clock.now()).await?;
        tx.finish_delivery(&ids[1], DeliveryState::Refused, "", clock.now()).await?;
        tx.commit().await
    };
    assert!(matches!(finished.await, Err(StoreError::Stale)), "it has ended, and nothing beside it happened");
    let open = database.store.open_deliveries(&link.id).await.expect("readable");
    let kinds: Vec<(&str, bool)> = open.iter().map(|delivery| (delivery.kind.as_str(), delivery.is_unsure())).collect();
    assert_eq!(kinds, [("create", true), ("append", false)]);
}

async fn nothing_is_meant_to_be_sent_for_a_connection_that_was_stopped(database: Database) {
    let clock = clock();
    let link = link(&database, &clock).await;
    let stopped = [State::Paused, State::Held, State::Draft];
    for state in stopped.into_iter().chain([State::Active]) {
        let mut tx = database.store.begin().await.expect("begins");
        tx.set_connection_state(&link.connection_id, state, "").await.expect("set");
        tx.commit().await.expect("committed");
        let delivery = Delivery::planned(clock.id(), &link.id, Side::Platform, "write", "{}".into(), clock.now());
        let mut tx = database.store.begin().await.expect("begins");
        let added = async {
            tx.add_delivery(&delivery).await?;
            tx.commit().await
        };
        assert_eq!(added.await.is_ok(), state == State::Active, "{state:?}");
    }
    assert_eq!(database.store.open_deliveries(&link.id).await.expect("readable").len(), 1);
}

fn ticket(clock: &TurnedClock, number: &str, title: &str, status: &str) -> Ticket {
    Ticket {
        id: clock.id(),
        number: number.into(),
        title: title.into(),
        status: status.into(),
        version: 1,
        updated_at: clock.now(),
        field_edits: "{}".into(),
        ..Ticket::default()
    }
}

async fn a_comment_with_an_origin_is_there_once(database: Database) {
    let clock = clock();
    let ticket = ticket(&clock, "TKT1", "A", "New");
    let mut tx = database.store.begin().await.expect("begins");
    tx.add_ticket(&ticket).await.expect("added");
    let comment = |origin: &str| CommentLine {
        id: clock.id(),
        ticket_id: ticket.id.clone(),
        origin: origin.into(),
        author: "Ada".into(),
        body: "hello".into(),
        internal: 0,
        written_in: "ServiceNow".into(),
        at: clock.now(),
    };
    assert!(tx.add_comment(&comment("servicenow:1")).await.expect("added"));
    assert!(!tx.add_comment(&comment("servicenow:1")).await.expect("asked"));
    assert!(tx.add_comment(&comment("")).await.expect("added"));
    assert!(tx.add_comment(&comment("")).await.expect("people may say the same twice"));
    tx.commit().await.expect("committed");
    assert_eq!(database.store.comments(&ticket.id).await.expect("readable").len(), 3);
}

async fn ticket_numbers_count_up(database: Database) {
    let mut tx = database.store.begin().await.expect("begins");
    assert_eq!(tx.next_ticket_number().await.expect("counted"), "TKT0000001");
    assert_eq!(tx.next_ticket_number().await.expect("counted"), "TKT0000002");
}

async fn a_ticket_is_saved_on_the_version_that_was_read(database: Database) {
    let clock = clock();
    let mut ticket = ticket(&clock, "TKT1", "A", "New");
    ticket.due_at = Some(5);
    let mut tx = database.store.begin().await.expect("begins");
    tx.add_ticket(&ticket).await.expect("added");
    ticket.version = 2;
    ticket.due_at = None;
    tx.save_ticket(&ticket).await.expect("saved");
    tx.commit().await.expect("committed");
    let mut tx = database.store.begin().await.expect("begins");
    let saved = async {
        tx.save_ticket(&ticket).await?;
        tx.commit().await
    };
    assert!(matches!(saved.await, Err(StoreError::Stale)));
    assert_eq!(database.store.ticket(&ticket.id).await.expect("readable"), Some(ticket));
}

async fn tickets_are_found_by_words_and_status(database: Database) {
    let clock = clock();
    let mut tx = database.store.begin().await.expect("begins");
    for (number, title, status) in
        [("TKT1", "Printer on FIRE", "New"), ("TKT2", "Printer wet", "Closed"), ("TKT3", "Payroll", "New")]
    {
        clock.turn(1);
        tx.add_ticket(&ticket(&clock, number, title, status)).await.expect("added");
    }
    tx.commit().await.expect("committed");
    let found = async |search: &str, status: &str| {
        let search = TicketSearch { search, status, limit: 10, ..TicketSearch::default() };
        let rows = database.store.tickets(&search).await.expect("readable");
        assert_eq!(
            database.store.count_tickets(&search, 10).await.expect("counted"),
            i64::try_from(rows.len()).expect("few")
        );
        rows.into_iter().map(|row| row.number).collect::<Vec<_>>()
    };
    assert_eq!(found("", "").await, ["TKT3", "TKT2", "TKT1"]);
    assert_eq!(found("printer", "").await, ["TKT2", "TKT1"]);
    assert_eq!(found("fire", "New").await, ["TKT1"]);
    assert_eq!(found("tkt3", "Closed").await, Vec::<String>::new());
}

async fn a_user_is_made_once_per_email(database: Database) {
    let clock = clock();
    let user = |name: &str| User { id: clock.id(), email: "beth@example.com".into(), name: name.into() };
    let mut tx = database.store.begin().await.expect("begins");
    let first = tx.find_or_add_desk_user(&user("Beth"), "ServiceNow", clock.now()).await.expect("made");
    let second = tx.find_or_add_desk_user(&user("Bettina"), "ServiceNow", clock.now()).await.expect("found");
    assert_eq!(first, second);
}

async fn a_set_up_token_is_spent_once(database: Database) {
    let clock = clock();
    let token = crate::auth::open_setup(&database.store, &clock).await.expect("opened").expect("nobody is there");
    assert!(crate::auth::is_setup_open(&database.store, &token).await.expect("asked"));
    let create = async |token: &str| {
        crate::auth::create_first_admin(&database.store, &clock, token, "Ada", "Ada@Example.com", "a long password")
            .await
    };
    assert!(create("wrong").await.is_err());
    assert_eq!(create(&token).await.expect("made").email, "ada@example.com");
    assert!(create(&token).await.is_err(), "spent");
    assert!(crate::auth::open_setup(&database.store, &clock).await.expect("asked").is_none());
    let row: PersonRow = database.store.person_by_email("ada@example.com").await.expect("readable").expect("there");
    assert_eq!(row.role, "admin");
}

fn draft(revision: i64, by: &str) -> Draft {
    let rules = merge::incident_to_desk();
    Draft { based_on: 1, revision, rules, edited_by: by.into(), edited_at: 5 }
}

async fn put(store: &Store, connection: &str, draft: &Draft) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.put_draft(connection, draft).await?;
    tx.commit().await
}

async fn a_draft_is_kept_on_the_revision_that_was_read(database: Database) {
    let store = &database.store;
    let id = connection(store, &clock()).await;
    assert!(store.draft(&id).await.expect("readable").is_none());
    put(store, &id, &draft(0, "Ada")).await.expect("begun");
    assert!(matches!(put(store, &id, &draft(0, "Eve")).await, Err(StoreError::Stale)), "somebody has begun already");
    put(store, &id, &draft(1, "Eve")).await.expect("goes on");
    assert!(matches!(put(store, &id, &draft(1, "Ada")).await, Err(StoreError::Stale)));
    let kept = store.draft(&id).await.expect("readable").expect("there");
    assert_eq!((kept.revision, kept.edited_by.as_str(), kept.rules), (2, "Eve", merge::incident_to_desk()));
    let mut tx = store.begin().await.expect("begins");
    assert!(matches!(tx.end_draft(&id, 1).await, Err(StoreError::Stale)));
    drop(tx);
    let mut tx = store.begin().await.expect("begins");
    tx.end_draft(&id, 2).await.expect("ended");
    tx.commit().await.expect("committed");
    assert!(store.draft(&id).await.expect("readable").is_none());
}

async fn a_version_stays_as_it_was_published(database: Database) {
    let store = &database.store;
    let id = connection(store, &clock()).await;
    let mut tx = store.begin().await.expect("begins");
    let mut rules = tx.rules_for_edit(&id).await.expect("readable").expect("there");
    rules.version = 2;
    rules.fields.clear();
    tx.publish_rules(&id, &rules).await.expect("published");
    let signed = Version { version: 2, published_by: "Ada".into(), published_at: 7, note: "All gone".into() };
    tx.sign_version(&id, &signed).await.expect("signed");
    tx.commit().await.expect("committed");
    assert_eq!(store.count_versions(&id).await.expect("readable"), 2);
    let versions = store.versions(&id, 1, 0).await.expect("readable");
    assert_eq!(versions, [signed]);
    assert_eq!(store.versions(&id, 1, 1).await.expect("readable")[0].version, 1);
    let first = store.rules_of_version(&id, 1).await.expect("readable").expect("kept");
    assert_eq!(first, merge::incident_to_desk());
    assert!(store.rules_of_version(&id, 3).await.expect("readable").is_none());
}

async fn a_look_at_a_draft_is_one_and_ends_with_it(database: Database) {
    let store = &database.store;
    let id = connection(store, &clock()).await;
    put(store, &id, &draft(0, "Ada")).await.expect("begun");
    let look = |id: &str| Preview {
        id: id.into(),
        revision: 1,
        state: "running".into(),
        links: 9,
        looked: 0,
        touched: 0,
        found: "{}".into(),
        begun_by: "Ada".into(),
        begun_at: 1,
        moved_at: 1,
    };
    let mut tx = store.begin().await.expect("begins");
    tx.begin_preview(&id, &look("first")).await.expect("begun");
    tx.begin_preview(&id, &look("second")).await.expect("in its place");
    let on = |id: &str| Preview { looked: 4, touched: 2, state: "done".into(), ..look(id) };
    assert!(!tx.advance_preview(&id, &on("first")).await.expect("asked"), "nobody wants it any more");
    assert!(tx.advance_preview(&id, &on("second")).await.expect("asked"));
    tx.commit().await.expect("committed");
    assert_eq!(store.preview(&id).await.expect("readable"), Some(on("second")));
    let mut tx = store.begin().await.expect("begins");
    tx.end_draft(&id, 1).await.expect("ended");
    tx.commit().await.expect("committed");
    assert_eq!(store.preview(&id).await.expect("readable"), None);
}
