//! Reconcile runs and retention, end to end: drift that no cursor shows is found, and a run that would touch too much
//! asks a person first.

use super::support::{Database, Program, TurnedClock, connection, on_both_databases, sqlite};
use crate::clock::Clock;
use crate::queue;
use crate::store::{Finding, Job, Purgeable, Run, RunState, Upkeep, Urgency};
use crate::sync::runs::{self, How};
use serde_json::json;

on_both_databases!(
    a_run_is_stopped_by_the_breaker_and_continues_after_a_person_says_so,
    a_run_touches_exactly_as_many_as_allowed_however_many_workers,
    a_look_that_was_refused_before_a_person_said_so_does_not_stop_the_run_again,
    a_backfill_and_news_look_at_a_record_together_and_neither_is_lost,
    what_something_open_needs_is_never_purged,
);

/// A change that leaves no time stamp and runs no business rule (contract 12.5).
async fn edit_quietly(program: &Program, incident: &str, title: &str) {
    let answer = program
        .browser
        .post(format!("{}/sandbox/quiet-edit", program.practice.address()))
        .basic_auth("admin", Some("admin"))
        .json(&json!({"table": "incident", "sys_id": incident, "values": {"short_description": title}}))
        .send()
        .await
        .expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.status());
}

async fn linked(program: &Program, connection: &str, count: usize) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for _ in 0..count {
        let incident = program.incident(json!({})).await;
        pairs.push((incident.clone(), program.ticket_of(connection, &incident).await));
    }
    program.until_quiet(connection).await;
    pairs
}

async fn newest(program: &Program, connection: &str) -> Run {
    program.database.store.runs(connection, 1, 0).await.expect("readable").remove(0)
}

async fn until_run_is(program: &Program, connection: &str, state: RunState) -> Run {
    program.until("the run is there", async || newest(program, connection).await.state == state).await;
    newest(program, connection).await
}

#[tokio::test]
async fn an_edit_that_no_cursor_shows_is_found_dry_and_then_healed() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let pairs = linked(&program, &connection, 3).await;
    let (incident, ticket) = &pairs[1];
    edit_quietly(&program, incident, "changed in silence").await;

    let answer = program.post("/fn/begin-run", &[("connection", &connection), ("how", "dry")]).await;
    assert!(answer.status().is_redirection(), "{}", answer.status());
    let run = until_run_is(&program, &connection, RunState::Done).await;
    assert_eq!((run.queued, run.touched, run.differences), (3, 1, 1), "{run:?}");
    let found = program.database.store.findings(&run.id, 10, 0).await.expect("readable");
    assert_eq!(found[0].finding.rule, "title");
    assert_eq!(
        (found[0].finding.servicenow.as_str(), found[0].finding.platform.as_str()),
        ("changed in silence", "The printer is on fire")
    );
    assert_eq!(program.ticket(ticket).await.title, "The printer is on fire", "a dry run writes nothing");
    let page = program.get(&format!("/drift/{}", run.id)).await.text().await.expect("a page");
    assert!(page.contains("changed in silence") && page.contains("dry"), "{page}");

    let answer = program.ask("begin-run", &[("connection", &connection), ("how", "healing")]).await;
    assert!(answer.is_null(), "{answer}");
    let healed = until_run_is(&program, &connection, RunState::Done).await;
    assert_ne!(healed.id, run.id);
    assert_eq!((healed.touched, healed.differences), (1, 1), "{healed:?}");
    assert_eq!(program.ticket(ticket).await.title, "changed in silence");
    let answer = program.ask("begin-run", &[("connection", &connection), ("how", "dry")]).await;
    assert!(answer.is_null(), "{answer}");
    program
        .until("the third is done", async || {
            let run = newest(&program, &connection).await;
            run.id != healed.id && run.state == RunState::Done
        })
        .await;
    assert_eq!(newest(&program, &connection).await.differences, 0, "nothing is left");
    assert_eq!(program.database.store.audit_count("drift.begin", false).await.expect("readable"), 3);
}

async fn a_run_is_stopped_by_the_breaker_and_continues_after_a_person_says_so(database: Database) {
    let (program, connection) = Program::connected(database).await;
    let pairs = linked(&program, &connection, 5).await;
    let settings = [
        ("form[connection]", connection.as_str()),
        ("form[every_minutes]", "0"),
        ("form[heals]", "true"),
        ("form[share]", "20"),
        ("form[least]", "1"),
    ];
    let answer = program.ask("save-drift", &settings).await;
    assert!(answer.is_null(), "{answer}");
    for (incident, _) in &pairs {
        edit_quietly(&program, incident, "rewritten by a script").await;
    }
    program.ask("begin-run", &[("connection", &connection), ("how", "healing")]).await;
    let run = until_run_is(&program, &connection, RunState::Stopped).await;
    assert_eq!((run.allowed, run.touched), (1, 1), "a fifth of five links");
    let rewritten = async || {
        let mut count = 0;
        for (_, ticket) in &pairs {
            count += usize::from(program.ticket(ticket).await.title == "rewritten by a script");
        }
        count
    };
    program.until("the one that was allowed is written", async || rewritten().await == 1).await;
    let page = program.get("/").await.text().await.expect("a page");
    assert!(page.contains("A reconcile run is stopped"), "{page}");
    let page = program.get(&format!("/drift/{}", run.id)).await.text().await.expect("a page");
    assert!(page.contains("Continue") && page.contains("Cancel the run"), "{page}");

    // Live news of a link flows on meanwhile, and is no part of the run.
    program.edit_incident(&pairs[4].0, json!({"description": "said aloud"})).await;
    program.until("it flows", async || program.ticket(&pairs[4].1).await.description == "said aloud").await;
    let before = rewritten().await;
    assert!(before <= 2, "{before} were rewritten while the run was stopped");
    assert_eq!(newest(&program, &connection).await.touched, 1);

    let answer = program.post("/fn/continue-run", &[("id", &run.id)]).await;
    assert!(answer.status().is_redirection(), "{}", answer.status());
    until_run_is(&program, &connection, RunState::Done).await;
    assert_eq!(rewritten().await, 5);
    assert_eq!(program.database.store.audit_count("drift.continue", false).await.expect("readable"), 1);
}

#[tokio::test]
async fn a_cancelled_run_leaves_the_rest_as_it_is() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let pairs = linked(&program, &connection, 3).await;
    let upkeep = Upkeep { share: 0, least: 0, ..Upkeep::default() };
    let mut tx = program.database.store.begin().await.expect("begins");
    tx.put_upkeep(&connection, &upkeep).await.expect("kept");
    tx.commit().await.expect("committed");
    for (incident, _) in &pairs {
        edit_quietly(&program, incident, "rewritten by a script").await;
    }
    program.ask("begin-run", &[("connection", &connection), ("how", "healing")]).await;
    let run = until_run_is(&program, &connection, RunState::Stopped).await;
    let answer = program.ask("begin-run", &[("connection", &connection), ("how", "dry")]).await;
    assert_eq!(answer["code"], "RUN-OPEN", "{answer}");
    let answer = program.ask("cancel-run", &[("id", &run.id)]).await;
    assert!(answer.is_null(), "{answer}");
    program.until_quiet(&connection).await;
    let run = newest(&program, &connection).await;
    assert_eq!((run.state, run.touched), (RunState::Cancelled, 0));
    for (_, ticket) in &pairs {
        assert_eq!(program.ticket(ticket).await.title, "The printer is on fire");
    }
}

/// A dry run writes nothing, so no breaker stops it, whatever it finds.
#[tokio::test]
async fn a_dry_run_that_is_stopped_was_stopped_by_a_person() {
    let (program, connection) = Program::connected(sqlite().await).await;
    // ServiceNow lets nobody in for now, so the run is on its way.
    program.switch(json!({"fail_next": {"status": 503, "count": 1_000_000}})).await;
    let store = &program.database.store;
    let mut tx = store.begin().await.expect("begins");
    tx.put_upkeep(&connection, &Upkeep { share: 0, least: 0, ..Upkeep::default() }).await.expect("kept");
    tx.commit().await.expect("committed");
    program.ask("begin-run", &[("connection", &connection), ("how", "dry")]).await;
    let run = newest(&program, &connection).await;
    let finding = Finding { rule: "title".into(), servicenow: "a".into(), platform: "b".into(), why: "c".into() };
    let mut tx = store.begin().await.expect("begins");
    assert!(tx.touch(&run.id, "c/1", None, &[finding]).await.expect("touched"));
    tx.commit().await.expect("committed");
    assert!(program.ask("stop-run", &[("id", &run.id)]).await.is_null());
    for (path, words) in [("/", "stopped by a person"), (&format!("/drift/{}", run.id), "A person stopped it")] {
        let page = program.get(path).await.text().await.expect("a page");
        assert!(page.contains(words) && !page.contains("was about to touch"), "{page}");
    }
}

#[tokio::test]
async fn a_scheduled_run_begins_by_itself() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let pairs = linked(&program, &connection, 1).await;
    edit_quietly(&program, &pairs[0].0, "changed in silence").await;
    let settings = [
        ("form[connection]", connection.as_str()),
        ("form[every_minutes]", "60"),
        ("form[heals]", "true"),
        ("form[share]", "10"),
        ("form[least]", "20"),
    ];
    let answer = program.ask("save-drift", &settings).await;
    assert!(answer.is_null(), "{answer}");
    program.until("it was healed", async || program.ticket(&pairs[0].1).await.title == "changed in silence").await;
    assert_eq!(newest(&program, &connection).await.begun_by, "the timetable");
}

async fn a_run_touches_exactly_as_many_as_allowed_however_many_workers(database: Database) {
    let clock = TurnedClock::at(1_800_000_000_000);
    let connection = connection(&database.store, &clock).await;
    let upkeep = Upkeep { share: 10, least: 0, ..Upkeep::default() };
    let mut tx = database.store.begin().await.expect("begins");
    assert!(runs::begin(&mut tx, &connection, 70, &upkeep, How::Healing, "Ada", &clock).await.expect("begun"));
    assert!(!runs::begin(&mut tx, &connection, 70, &upkeep, How::Healing, "Ada", &clock).await.expect("one at a time"));
    tx.commit().await.expect("committed");
    let run = database.store.open_run(&connection).await.expect("readable").expect("begun");
    let finding = Finding { rule: "title".into(), servicenow: "a".into(), platform: "b".into(), why: "c".into() };
    let mut workers = tokio::task::JoinSet::new();
    for record in 0..30 {
        let (store, run, finding) = (database.store.clone(), run.id.clone(), finding.clone());
        workers.spawn(async move {
            let mut touched = 0;
            // The same record again is not touched again.
            for _ in 0..2 {
                let mut tx = store.begin().await.expect("begins");
                if tx.touch(&run, &format!("c/{record}"), None, std::slice::from_ref(&finding)).await.expect("asked") {
                    tx.commit().await.expect("committed");
                    touched += 1;
                }
            }
            touched
        });
    }
    let mut stored = 0;
    while let Some(done) = workers.join_next().await {
        stored += done.expect("no worker fails");
    }
    assert_eq!(stored, 14, "seven records, each twice");
    let run = database.store.run(&run.id).await.expect("readable").expect("there");
    assert_eq!((run.touched, run.differences), (7, 7));
}

async fn a_look_that_was_refused_before_a_person_said_so_does_not_stop_the_run_again(database: Database) {
    let store = &database.store;
    let clock = TurnedClock::at(1_800_000_000_000);
    let connection = connection(store, &clock).await;
    let upkeep = Upkeep { share: 0, least: 1, ..Upkeep::default() };
    let mut tx = store.begin().await.expect("begins");
    assert!(runs::begin(&mut tx, &connection, 3, &upkeep, How::Healing, "Ada", &clock).await.expect("begun"));
    tx.commit().await.expect("committed");
    let run = store.open_run(&connection).await.expect("readable").expect("begun").id;
    let mut tx = store.begin().await.expect("begins");
    let looks = [(connection.as_str(), "third")];
    queue::look_at_for(&mut tx, looks, Urgency::Bulk, &run, &clock).await.expect("queued");
    let finding = Finding { rule: "title".into(), servicenow: "a".into(), platform: "b".into(), why: "c".into() };
    assert!(tx.touch(&run, "c/first", None, std::slice::from_ref(&finding)).await.expect("touched"));
    tx.commit().await.expect("committed");
    // Two looks are refused at once. One stops the run, and the other comes to that after the person's word.
    for lane in ["c/second", "c/third"] {
        let mut tx = store.begin().await.expect("begins");
        assert!(!tx.touch(&run, lane, None, std::slice::from_ref(&finding)).await.expect("asked"));
        tx.undo().await.expect("undone");
    }
    let mut tx = store.begin().await.expect("begins");
    assert!(tx.trip_breaker(&run).await.expect("stopped"));
    tx.continue_run(&run).await.expect("goes on");
    tx.take_up_looks(&run, clock.now()).await.expect("taken up");
    assert!(!tx.trip_breaker(&run).await.expect("asked"));
    let mut due = Vec::new();
    while let Some(job) = tx.claim_job(&clock.id(), clock.now(), i64::MAX).await.expect("asked") {
        due.push(job.subject);
    }
    tx.commit().await.expect("committed");
    assert_eq!(store.run(&run).await.expect("readable").expect("there").state, RunState::Running);
    assert!(due.contains(&"third".to_owned()), "no look was put aside: {due:?}");
}

async fn what_something_open_needs_is_never_purged(database: Database) {
    let store = &database.store;
    let clock = TurnedClock::at(1_800_000_000_000);
    let connection = connection(store, &clock).await;
    store
        .run_script(
            "insert into links (id, connection_id, servicenow_id, servicenow_number, platform_id, base, version, note, created_at, \
             changed_at) select 'l1', id, 'r1', 'INC1', null, '{}', 1, '', 1, 1 from connections; \
             insert into links (id, connection_id, servicenow_id, servicenow_number, platform_id, base, version, note, created_at, \
             changed_at) select 'l2', id, 'r2', 'INC2', null, '{}', 1, '', 1, 1 from connections; \
             insert into history (id, at, connection_id, link_id, direction, kind, summary, who, story) \
             select 'h1', 1, id, 'l1', '', 'fields', '', '', '{}' from connections; \
             insert into history (id, at, connection_id, link_id, direction, kind, summary, who, story) \
             select 'h2', 1, id, 'l2', '', 'fields', '', '', '{}' from connections; \
             insert into conflicts (id, connection_id, link_id, rule, base, servicenow, platform, servicenow_edit, platform_edit, \
             why, state, choice, chosen_by, chosen_at, opened_at, closed_at) \
             select 'c1', id, 'l1', 'title', '', '', '', '', '', '', 'open', '', '', 0, 1, 0 from connections; \
             insert into conflicts (id, connection_id, link_id, rule, base, servicenow, platform, servicenow_edit, platform_edit, \
             why, state, choice, chosen_by, chosen_at, opened_at, closed_at) \
             select 'c2', id, 'l2', 'title', '', '', '', '', '', '', 'resolved', '', '', 0, 1, 2 from connections; \
             insert into deliveries (id, link_id, side, kind, payload, state, attempts, sent_at, problem, created_at, done_at) \
             values ('d1', 'l1', 'platform', 'write', '{}', 'done', 1, 1, '', 1, 2), \
             ('d2', 'l1', 'platform', 'append', '{}', 'sending', 1, 1, '', 1, 0), \
             ('d3', 'l2', 'platform', 'write', '{}', 'done', 1, 1, '', 1, 2); \
             insert into changes (id, connection_id, event_key, source, side, record_id, arrived_at) \
             select 'k1', id, 'e1', 'poll', 'servicenow', 'r1', 1 from connections; \
             insert into changes (id, connection_id, event_key, source, side, record_id, arrived_at) \
             select 'k2', id, 'e2', 'poll', 'servicenow', 'r2', 9000000 from connections; \
             insert into cursors (connection_id, stream, at) select id, 'records', 9500000 from connections; \
             insert into dead_letters (id, connection_id, link_id, lane, side, kind, rule, wanted, cause, problem, attempts, state, \
             reason, closed_by, opened_at, closed_at, holds) \
             select 'o1', id, 'l1', 'x/1', 'servicenow', 'write', 'title', '', '', '', 1, 'discarded', '', '', 1, 2, 1 from connections; \
             insert into dead_letters (id, connection_id, link_id, lane, side, kind, rule, wanted, cause, problem, attempts, state, \
             reason, closed_by, opened_at, closed_at, holds) \
             select 'o2', id, 'l1', 'x/2', 'servicenow', 'write', 'title', '', '', '', 1, 'retried', '', '', 1, 2, 0 from connections;",
        )
        .await
        .expect("rows");
    let upkeep = Upkeep::default();
    let mut tx = store.begin().await.expect("begins");
    runs::begin(&mut tx, &connection, 70, &upkeep, How::Dry, "Ada", &clock).await.expect("begun");
    tx.commit().await.expect("committed");
    let run = store.open_run(&connection).await.expect("readable").expect("begun").id;
    let finding = Finding { rule: "title".into(), servicenow: "a".into(), platform: "b".into(), why: "c".into() };
    let mut removed = Vec::new();
    for is_over in [false, true] {
        let mut tx = store.begin().await.expect("begins");
        if is_over {
            tx.end_run(&run, RunState::Done, clock.now()).await.expect("ended");
        } else {
            assert!(tx.touch(&run, "x/1", None, std::slice::from_ref(&finding)).await.expect("touched"));
        }
        for what in Purgeable::ALL {
            let mut all = 0;
            loop {
                let some = tx.purge(what, clock.now() + 1, 1).await.expect("purged");
                if some == 0 {
                    break;
                }
                all += some;
            }
            removed.push((what.as_str(), all));
        }
        tx.commit().await.expect("committed");
    }
    assert_eq!(
        removed[..7],
        [
            ("history", 1),
            ("changes", 1),
            ("deliveries", 1),
            ("attempts of deliveries", 0),
            ("dead letters", 1),
            ("conflicts", 1),
            ("reconcile runs", 0)
        ]
    );
    assert!(removed[7..13].iter().all(|(_, count)| *count == 0), "{removed:?}");
    assert_eq!(removed[13].1, 2, "the run and its finding");
    assert_eq!(store.open_deliveries("l1").await.expect("readable").len(), 1);
}

#[tokio::test]
async fn retention_is_an_administrators_word_and_leaves_a_line() {
    let (program, connection) = Program::connected(sqlite().await).await;
    linked(&program, &connection, 1).await;
    let store = &program.database.store;
    store.run_script("update history set at = 1000; update deliveries set done_at = 1000").await.expect("made old");
    let days = |history: &'static str| {
        [
            ("days[history]", history),
            ("days[changes]", "90"),
            ("days[deliveries]", "90"),
            ("days[closed]", "0"),
            ("days[runs]", "0"),
        ]
    };
    let answer = program.ask("save-retention", &days("-1")).await;
    assert_eq!(answer["code"], "FORM-RANGE", "{answer}");
    let page = program.get("/history").await.text().await.expect("a page");
    assert!(page.contains("came from ServiceNow as ticket"), "history is kept for ever unless told otherwise: {page}");
    let answer = program.post("/fn/save-retention", &days("1")).await;
    assert!(answer.status().is_redirection(), "{}", answer.status());
    program
        .until("it is removed", async || {
            let search = crate::store::HistorySearch { limit: 10, ..Default::default() };
            store.history(&search).await.expect("readable").is_empty()
        })
        .await;
    program
        .until("the line is there", async || {
            store.purges(10).await.expect("readable").iter().any(|purge| purge.what == "history" && purge.removed > 0)
        })
        .await;
    let page = program.get("/history").await.text().await.expect("a page");
    assert!(page.contains("Removed by retention") && page.contains("of history"), "{page}");
    assert!(store.audit_count("retention.purge", false).await.expect("readable") >= 1);
}

async fn a_backfill_and_news_look_at_a_record_together_and_neither_is_lost(database: Database) {
    let (clock, store) = (TurnedClock::at(1_800_000_000_000), &database.store);
    let connection = connection(store, &clock).await;
    let begin = async |how| {
        let mut tx = store.begin().await.expect("begins");
        runs::begin(&mut tx, &connection, 70, &Upkeep::default(), how, "Ada", &clock).await.expect("begun");
        tx.commit().await.expect("committed");
        store.open_run(&connection).await.expect("readable").expect("begun").id
    };
    let ask = async |record: &str, run: &str, urgency| {
        let mut tx = store.begin().await.expect("begins");
        queue::look_at_for(&mut tx, [(connection.as_str(), record)], urgency, run, &clock).await.expect("asked");
        tx.commit().await.expect("committed");
    };
    let claim = async || -> Option<Job> {
        let mut tx = store.begin().await.expect("begins");
        let job = tx.claim_job("me", clock.now(), clock.now() + 1000).await.expect("asked");
        tx.commit().await.expect("committed");
        job.filter(|job| job.kind == "sync")
    };
    let end = async |run: &str| {
        let mut tx = store.begin().await.expect("begins");
        tx.drop_looks(run).await.expect("dropped");
        tx.end_run(run, RunState::Cancelled, clock.now()).await.expect("ended");
        tx.commit().await.expect("committed");
    };
    let backfill = begin(How::Backfill { since: 1 }).await;
    // The job that drives the run.
    assert!(claim().await.is_none());
    for news_comes_first in [true, false] {
        let record = format!("r{news_comes_first}");
        for news in [news_comes_first, !news_comes_first] {
            let (run, urgency) = if news { ("", Urgency::Live) } else { (backfill.as_str(), Urgency::Bulk) };
            ask(&record, run, urgency).await;
        }
        let job = claim().await.expect("one job");
        assert_eq!((job.subject, job.run_id, job.urgency), (record, backfill.clone(), Urgency::Live));
        assert!(claim().await.is_none());
    }
    ask("both", &backfill, Urgency::Bulk).await;
    ask("both", "", Urgency::Live).await;
    ask("only the run", &backfill, Urgency::Bulk).await;
    end(&backfill).await;
    let job = claim().await.expect("the news stays");
    assert_eq!((job.subject.as_str(), job.run_id.as_str()), ("both", ""));
    assert!(claim().await.is_none());
    // Another run's look is no more than news.
    let healing = begin(How::Healing).await;
    ask("healed", &healing, Urgency::Bulk).await;
    ask("healed", "", Urgency::Live).await;
    assert!(
        claim().await.is_some_and(|job| job.run_id.is_empty())
            || claim().await.is_some_and(|job| job.run_id.is_empty())
    );
}
