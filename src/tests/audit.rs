//! The audit: what is found, page by page, and what leaves as a file.

use super::support::{Database, Program, TurnedClock, on_both_databases, sqlite};
use crate::clock::Clock;
use crate::store::{AuditEntry, AuditSearch, Store};
use reqwest::StatusCode;

on_both_databases!(every_entry_is_found_once_whatever_is_asked);

const START: i64 = 1_800_000_000_000;
const WHO: [&str; 3] = ["ada", "bob", "isthmus"];
const WHAT: [&str; 2] = ["connections.pause", "tickets.edit"];
const ABOUT: [&str; 5] = ["c1", "c2", "t1", "t2", ""];

/// 240 entries, eight in each moment, in an order that is not theirs.
async fn filled(store: &Store, clock: &TurnedClock) -> Vec<(i64, String)> {
    let mut kept = Vec::new();
    let mut tx = store.begin().await.expect("begins");
    for i in 0..240_usize {
        let (id, at) = (clock.id(), START + i64::try_from(i / 8).expect("small"));
        let entry = AuditEntry {
            id: &id,
            at,
            person: WHO[i % 3],
            action: WHAT[i % 2],
            subject: ABOUT[i % 5],
            refused: i.is_multiple_of(4),
            ..AuditEntry::default()
        };
        tx.note_audit(&entry).await.expect("kept");
        kept.push((at, id));
    }
    tx.commit().await.expect("committed");
    kept.sort();
    kept.reverse();
    kept
}

async fn every_entry_is_found_once_whatever_is_asked(database: Database) {
    let clock = TurnedClock::with_chance(START, 18);
    let store = &database.store;
    let kept = filled(store, &clock).await;
    let mut found = Vec::new();
    while found.len() < 1000 {
        let last: Option<&(i64, String)> = found.last();
        let behind = last.map(|(at, id)| (*at, id.as_str()));
        let page = store.audit(&AuditSearch { behind, limit: 7, ..AuditSearch::default() }).await.expect("readable");
        if page.is_empty() {
            break;
        }
        found.extend(page.into_iter().map(|line| (line.at, line.id)));
    }
    assert_eq!(found, kept, "the newest first, none twice and none left out");

    for person in ["", "bob"] {
        for action in ["", "tickets.edit"] {
            for subject in ["", "t1"] {
                for refused in [false, true] {
                    for (from, until) in [(0, 0), (START + 5, START + 20)] {
                        let search =
                            AuditSearch { person, action, subject, refused, from, until, limit: 500, behind: None };
                        let lines = store.audit(&search).await.expect("readable");
                        let fits = |i: &usize| {
                            let at = START + i64::try_from(i / 8).expect("small");
                            (person.is_empty() || WHO[i % 3] == person)
                                && (action.is_empty() || WHAT[i % 2] == action)
                                && (subject.is_empty() || ABOUT[i % 5] == subject)
                                && (!refused || i.is_multiple_of(4))
                                && (from == 0 || (from..until).contains(&at))
                        };
                        assert_eq!(lines.len(), (0..240).filter(fits).count(), "{search:?}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn it_leaves_whole_as_a_file_for_administrators() {
    let mut program = Program::start(sqlite().await).await;
    let stranger = program.get("/settings/audit/export.csv").await;
    assert!(stranger.status().is_redirection(), "{}", stranger.status());
    program.become_admin().await;
    let clock = TurnedClock::with_chance(START, 19);
    for _ in 0..10 {
        filled(&program.database.store, &clock).await;
    }
    let file = program.get("/settings/audit/export.csv?action=tickets.edit").await;
    assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8");
    let text = file.text().await.expect("a file");
    assert_eq!(text.lines().count(), 1 + 1200, "a heading, and every entry over more than one reading");
    let lines = program.get("/settings/audit/export.jsonl?person=bob&refused=1").await.text().await.expect("a file");
    let entries: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("an entry")).collect();
    assert_eq!(entries.len(), 200);
    assert!(entries.iter().all(|entry| entry["person"] == "bob" && entry["refused"] == true));
    assert_eq!(entries[0]["at"], "2027-01-15T08:00:00.029Z");
    assert_eq!(program.database.store.audit_count("audit.export", false).await.expect("counted"), 2);
    let wrong = program.get("/settings/audit/export.csv?from=yesterday").await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_page_tells_of_a_thing_by_its_name_and_leads_to_it() {
    let (program, connection) = Program::connected(sqlite().await).await;
    assert!(program.ask("pause-connection", &[("id", &connection)]).await.is_null());
    for subject in ["practice", connection.as_str()] {
        let list = program.ask("audit", &[("filter[subject]", subject), ("filter[action]", "connections.pause")]).await;
        let row = &list["rows"][0];
        assert_eq!(row["what"], "Paused the connection", "{list}");
        assert_eq!((&row["who"], &row["subject"]), (&"Ada".into(), &"Practice".into()));
        assert_eq!(row["address"], format!("/settings/connections/{connection}"));
    }
    let page = program.get("/settings/audit").await.text().await.expect("a page");
    assert!(page.contains("Paused the connection"), "{page}");
}
