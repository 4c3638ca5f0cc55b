//! The history: every filter with an index behind it, pages without gap or double, and the full story of a change.

use super::support::{Database, Pair, TurnedClock, connection, on_both_databases};
use crate::clock::earliest_id;
use crate::store::{Dialect, HistorySearch};
use reqwest::Method;
use serde_json::{Value as Json, json};

on_both_databases!(
    every_filter_has_its_index,
    pages_follow_each_other_without_gap_or_double,
    what_is_rare_is_found_page_by_page
);

/// Lines that are there, one a second.
const LINES: i64 = 20_000;
const BEGUN: i64 = 1_800_000_000_000;

/// What the line at this place is about: its filters can be told from the number.
struct Line {
    kind: &'static str,
    person: String,
    field: &'static str,
    second: bool,
    link: i64,
}

fn line(at: i64) -> Line {
    Line {
        kind: if at % 100 == 0 { "problem" } else { "fields" },
        person: format!("Person {}", at % 50),
        field: if at % 20 == 0 { "title" } else { "status" },
        second: at % 10 == 0,
        link: at % 200,
    }
}

fn id(at: i64) -> String {
    format!("{}{at:016}", &earliest_id(BEGUN + at * 1000)[..10])
}

/// Two connections with a long history between them.
async fn seeded(database: &Database) -> (String, String) {
    let clock = TurnedClock::at(BEGUN);
    let (first, second) = (connection(&database.store, &clock).await, connection(&database.store, &clock).await);
    let pairs = (0..200).map(|link| {
        format!("('l{link}', '{first}', 'r{link}', 'INC{link:07}', null, '{{}}', 1, '', {BEGUN}, {BEGUN})")
    });
    let script = format!(
        "insert into links (id, connection_id, servicenow_id, servicenow_number, platform_id, base, version, note, created_at, \
         changed_at) values {}",
        pairs.collect::<Vec<_>>().join(", ")
    );
    database.store.run_script(&script).await.expect("links");
    for block in 0..LINES / 1000 {
        let (mut lines, mut fields) = (Vec::new(), Vec::new());
        for at in block * 1000..(block + 1) * 1000 {
            let Line { kind, person, field, second: is_second, link } = line(at);
            let (id, at, of) = (id(at), BEGUN + at * 1000, if is_second { &second } else { &first });
            lines.push(format!("('{id}', {at}, '{of}', 'l{link}', '', '{kind}', 'a line', '{person}', '', '{{}}')"));
            fields.push(format!("('{field}', '{id}')"));
        }
        let script = format!(
            "insert into history (id, at, connection_id, link_id, direction, kind, summary, who, heard, story) values {}; \
             insert into history_fields (field, history_id) values {};",
            lines.join(", "),
            fields.join(", ")
        );
        database.store.run_script(&script).await.expect("lines");
    }
    database.store.run_script("analyze").await.expect("counted");
    (first, second)
}

async fn every_filter_has_its_index(database: Database) {
    let (_, second) = seeded(&database).await;
    let is_sqlite = database.store.dialect() == Dialect::Sqlite;
    let (key, fields) = if is_sqlite {
        ("sqlite_autoindex_history_1", "sqlite_autoindex_history_fields_1")
    } else {
        ("history_pkey", "history_fields_pkey")
    };
    let page = || HistorySearch { limit: 50, ..HistorySearch::default() };
    let noon = id(LINES / 2);
    let searches = [
        (page(), key),
        (HistorySearch { connection: &second, ..page() }, "history_connection"),
        (HistorySearch { connection: &second, recovered: true, ..page() }, "history_recovered"),
        (HistorySearch { person: "Person 7", ..page() }, "history_who"),
        (HistorySearch { kind: "problem", ..page() }, "history_kind"),
        (HistorySearch { field: "title", ..page() }, fields),
        (HistorySearch { link: "l7", ..page() }, "history_link"),
        (HistorySearch { ticket: "t7", ..page() }, "history_link"),
        (HistorySearch { number: "INC0000007", ..page() }, "history_link"),
        // A time is a place among the ids.
        (HistorySearch { from: BEGUN, before: &noon, ..page() }, key),
    ];
    for (search, index) in searches {
        let plan = database.store.plan_of_history(&search).await.expect("explained");
        assert!(plan.contains(index), "{index} is not used for {search:?}:\n{plan}");
        // SQLite says `SCAN h USING INDEX` for an ordered walk that the limit ends.
        let reads_all =
            |line: &str| line.contains("Seq Scan on history") || (line.contains("SCAN h") && !line.contains("INDEX"));
        assert!(!plan.lines().any(reads_all), "{search:?} reads the whole history:\n{plan}");
    }
}

/// All that a search finds, page by page, with how many pages that took.
async fn all(database: &Database, search: &HistorySearch<'_>) -> (Vec<String>, usize) {
    let (mut found, mut before, mut pages) = (Vec::new(), search.before.to_owned(), 0);
    loop {
        let page = HistorySearch { before: &before, ..search.clone() };
        let page = database.store.history_page(&page).await.expect("readable");
        pages += 1;
        found.extend(page.lines.into_iter().map(|line| line.id));
        match page.next {
            Some(next) => before = next,
            None => return (found, pages),
        }
    }
}

/// Whether a line is one that a search asks for.
type Is = fn(&Line, i64) -> bool;

async fn pages_follow_each_other_without_gap_or_double(database: Database) {
    let (first, second) = seeded(&database).await;
    let page = || HistorySearch { limit: 170, ..HistorySearch::default() };
    let noon = BEGUN + LINES / 2 * 1000;
    let after = earliest_id(noon - 60_000);
    let searches: [(HistorySearch<'_>, Is); 7] = [
        (HistorySearch { person: "person 7", ..page() }, |line, _| line.person == "Person 7"),
        (HistorySearch { kind: "problem", ..page() }, |line, _| line.kind == "problem"),
        (HistorySearch { field: "title", connection: &second, ..page() }, |line, _| {
            line.field == "title" && line.second
        }),
        (HistorySearch { number: "INC0000007", ..page() }, |line, _| line.link == 7),
        (HistorySearch { link: "l7", connection: &first, ..page() }, |line, _| line.link == 7 && !line.second),
        (HistorySearch { kind: "problem", from: noon, after: &after, ..page() }, |line, at| {
            line.kind == "problem" && at >= LINES / 2
        }),
        (HistorySearch { connection: &second, kind: "fields", person: "Person 10", ..page() }, |line, _| {
            line.second && line.kind == "fields" && line.person == "Person 10"
        }),
    ];
    for (search, is) in searches {
        let naive: Vec<String> = (0..LINES).rev().filter(|at| is(&line(*at), *at)).map(id).collect();
        assert!(!naive.is_empty(), "{search:?} tests nothing");
        assert_eq!(all(&database, &search).await.0, naive, "{search:?}");
        let count = HistorySearch { limit: 100, ..search.clone() };
        let count = database.store.count_history(&count).await.expect("counted");
        assert_eq!(count, i64::try_from(naive.len()).expect("few").min(100), "{search:?}");
    }
}

async fn what_is_rare_is_found_page_by_page(database: Database) {
    seeded(&database).await;
    // No line is of both: each page looks through a part and says where to go on.
    let search = HistorySearch { kind: "fields", connection: "nobody's", limit: 50, ..HistorySearch::default() };
    let (found, pages) = all(&database, &search).await;
    assert!(found.is_empty() && (39..=42).contains(&pages), "{pages} pages");
}

async fn story(pair: &Pair, kind: &str) -> Json {
    let search = HistorySearch { ticket: &pair.ticket, kind, limit: 1, ..HistorySearch::default() };
    let lines = pair.program.database.store.history(&search).await.expect("readable");
    let id = &lines.first().unwrap_or_else(|| panic!("no line about {kind}")).id;
    pair.program.ask("change", &[("id", id)]).await
}

#[tokio::test]
async fn a_change_is_told_from_the_news_to_the_last_request() {
    let pair = Pair::linked().await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "told to the end")]).await;
    pair.quiet().await;
    let told = story(&pair, "fields").await;
    let arrived = told["arrived"].as_array().expect("news");
    assert!(arrived.iter().any(|news| news["source"] == "person" && news["side"] == "platform"), "{told}");
    assert_ne!(told["servicenow_version"], "");
    assert_ne!(told["platform_version"], "");
    let field = &told["fields"][0];
    assert_eq!((&field["field"], &field["base"]), (&json!("title"), &json!("The printer is on fire")));
    assert!(field["why"].as_str().is_some_and(|why| why.contains("mapping version") && why.contains("Ada")), "{field}");
    let attempt = &told["attempts"][0];
    assert_eq!(attempt["outcome"], "done");
    let exchanges = attempt["exchanges"].as_array().expect("exchanges");
    let write = exchanges.iter().find(|one| one["method"] == "PATCH").unwrap_or_else(|| panic!("no write in {told}"));
    assert_eq!(write["status"], 200);
    assert!(write["address"].as_str().is_some_and(|to| to.starts_with("/api/now/table/incident/")), "{write}");
    assert!(write["request"].as_str().is_some_and(|sent| sent.contains("told to the end")), "{write}");
    assert!(write["response"].as_str().is_some_and(|got| got.contains("sys_id")), "{write}");
    assert!(!told.to_string().to_lowercase().contains("bearer"), "{told}");
    // The page says the same without scripts.
    let page = pair.program.get(&format!("/history/{}", told["row"]["id"].as_str().expect("an id"))).await;
    let page = page.text().await.expect("a page");
    for said in ["How it arrived", "What was read", "Field by field", "Attempts", "PATCH", "/api/now/table/incident/"] {
        assert!(page.contains(said), "the page does not say {said}");
    }
}

#[tokio::test]
async fn an_attempt_that_failed_stands_before_the_one_that_did_not() {
    let pair = Pair::linked().await;
    let fault =
        json!({"kind": "status", "status": 429, "method": "PATCH", "path": "/api/now/table/incident", "count": 1});
    pair.program.switch(json!({"faults": [fault]})).await;
    pair.program.comment(&pair.ticket, "once more", false).await;
    pair.program
        .until("the comment is there", async || !pair.program.journal(&pair.incident, "comments").await.is_empty())
        .await;
    pair.quiet().await;
    let told = story(&pair, "comment").await;
    let outcomes: Vec<&Json> =
        told["attempts"].as_array().expect("attempts").iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["failed", "done"], "{told}");
    assert!(told["attempts"][0]["problem"].as_str().is_some_and(|why| why.contains("429")), "{told}");
}

#[tokio::test]
async fn the_list_is_filtered_by_its_address_and_counts_what_came_since() {
    let pair = Pair::linked().await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "by Ada")]).await;
    pair.quiet().await;
    let number = pair.program.ticket(&pair.ticket).await.number;
    let reference = pair.link().await.servicenow_number;
    for (address, shows) in [
        (format!("/history?record={number}"), true),
        (format!("/history?record={}", reference.to_lowercase()), true),
        ("/history?record=INC9999999".to_owned(), false),
        ("/history?person=ada".to_owned(), true),
        ("/history?person=somebody".to_owned(), false),
        ("/history?field=title".to_owned(), true),
        ("/history?field=owner&person=ada".to_owned(), false),
        ("/history?kind=fields".to_owned(), true),
        ("/history?kind=deletion".to_owned(), false),
        ("/history?from=2020-01-01T00:00".to_owned(), true),
        ("/history?to=2020-01-01T00:00".to_owned(), false),
        (format!("/history?connection={}", pair.connection), true),
    ] {
        let page = pair.program.get(&address).await.text().await.expect("a page");
        assert_eq!(page.contains("Title went to ServiceNow"), shows, "{address}");
    }
    let wrong = pair.program.get("/history?from=yesterday").await.text().await.expect("a page");
    assert!(wrong.contains("HISTORY-TIME"));
    let newest = pair.program.ask("history", &[("filter[connection]", "")]).await["rows"][0]["id"].clone();
    let newer = async || {
        let newest = newest.as_str().expect("an id");
        pair.program.ask("newer-history", &[("filter[kind]", "fields"), ("than", newest)]).await
    };
    assert_eq!(newer().await, json!(0));
    pair.program.edit_ticket(&pair.ticket, &[("title", "once more")]).await;
    pair.program.until("one came", async || newer().await == json!(1)).await;
    let row = pair.program.table(Method::GET, &format!("incident/{}", pair.incident), None).await;
    assert_eq!(row["short_description"], "once more");
}
