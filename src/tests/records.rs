//! A pair's page: how it stands, how it stood, and a value of the past that comes back.

use super::support::{Pair, Program};
use crate::clock;
use crate::store::HistorySearch;
use merge::{Direction, Strategy};
use serde_json::{Value as Json, json};

/// The first moment by which the title had gone through so many changes, as the page's address takes it.
async fn moment(pair: &Pair, summary: &str) -> String {
    let search = HistorySearch { ticket: &pair.ticket, limit: 100, ..HistorySearch::default() };
    let lines = pair.program.database.store.history(&search).await.expect("readable");
    let line = lines.iter().rev().find(|line| line.summary.contains(summary)).expect("a line");
    clock::format_moment(line.at, "%Y-%m-%dT%H:%M:%S%.3f")
}

async fn record(program: &Program, link: &str, at: &str, fresh: bool) -> Json {
    let fresh = fresh.to_string();
    program.ask("record", &[("question[link]", link), ("question[at]", at), ("question[fresh]", &fresh)]).await
}

fn field<'a>(page: &'a Json, name: &str) -> &'a Json {
    let fields = page["fields"].as_array().unwrap_or_else(|| panic!("no fields in {page}"));
    fields.iter().find(|field| field["field"] == name).unwrap_or_else(|| panic!("no {name} in {page}"))
}

async fn restore(pair: &Pair, at: &str, field: &str, take: &str, seen: &str) -> Json {
    let link = pair.link().await.id;
    let form = [
        ("question[link]", link.as_str()),
        ("question[at]", at),
        ("question[field]", field),
        ("question[take]", take),
        ("seen", seen),
    ];
    let name = if seen.is_empty() { "see-restore" } else { "restore" };
    pair.program.ask(name, &form).await
}

#[tokio::test]
async fn a_pair_is_shown_as_it_stands_and_as_it_stood() {
    let pair = Pair::linked().await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "second")]).await;
    pair.quiet().await;
    pair.program.edit_incident(&pair.incident, json!({"short_description": "third"})).await;
    pair.program.until("it is there", async || pair.titles().await.1 == "third").await;
    pair.quiet().await;
    let link = pair.link().await.id;
    let now = record(&pair.program, &link, "", false).await;
    let title = field(&now, "title");
    assert_eq!(
        (&title["servicenow"], &title["base"], &title["equal"]),
        (&json!("third"), &json!("third"), &json!(true))
    );
    assert!(now["read"].is_null() && now["at"].is_null(), "{now}");
    for (summary, stood) in [
        ("as ticket", "The printer is on fire"),
        ("Title went to ServiceNow", "second"),
        ("Title went to Desk", "third"),
    ] {
        let then = record(&pair.program, &link, &moment(&pair, summary).await, false).await;
        let title = field(&then, "title");
        let held = [&title["servicenow"], &title["base"], &title["platform"]];
        assert_eq!(held, [&json!(stood); 3], "{then}");
    }
    let before = record(&pair.program, &link, "2020-01-01T00:00", false).await;
    assert!(field(&before, "title")["base"].is_null(), "nothing is known of then: {before}");
    assert!(before["known_since"]["iso"].is_string());
    // Read afresh, an edit of this very moment shows, and what the merge would do about it.
    pair.meanwhile(async || {
        pair.program.edit_incident(&pair.incident, json!({"short_description": "fourth"})).await;
        let fresh = record(&pair.program, &link, "", true).await;
        let title = field(&fresh, "title");
        assert_eq!((&title["servicenow"], &title["platform"]), (&json!("fourth"), &json!("third")), "{fresh}");
        assert!(title["why"].as_str().is_some_and(|why| why.contains("ServiceNow changed it")), "{title}");
    })
    .await;
    let number = pair.link().await.servicenow_number;
    for asked in [number.to_lowercase(), pair.program.ticket(&pair.ticket).await.number] {
        let found = pair.program.ask("find-records", &[("number", &asked)]).await;
        assert_eq!(found[0]["link"], json!(link), "{asked}: {found}");
    }
    for address in ["", "?read=now", "?at=2020-01-01T00:00"] {
        let page = pair.program.get(&format!("/links/{link}{address}")).await.text().await.expect("a page");
        assert!(page.contains(&number) && page.contains("Timeline"), "{address}");
    }
}

#[tokio::test]
async fn a_field_comes_back_as_a_change_of_the_person_and_reaches_both_sides() {
    let pair = Pair::linked().await;
    let begun = moment(&pair, "as ticket").await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "second"), ("description", "stays")]).await;
    pair.quiet().await;
    let asked = restore(&pair, &begun, "title", "", "").await;
    let writes = asked["preview"]["writes"].as_array().unwrap_or_else(|| panic!("no writes in {asked}"));
    let to: Vec<(&Json, &Json)> = writes.iter().map(|write| (&write["to"], &write["value"])).collect();
    let fire = json!("The printer is on fire");
    assert_eq!(to, [(&json!("ServiceNow"), &fire), (&json!("Desk"), &fire)], "{asked}");
    assert_eq!(pair.titles().await.0, "second", "looking writes nothing");
    let seen = asked["seen"].as_str().expect("a digest");
    assert_eq!(restore(&pair, &begun, "title", "", "another").await["code"], "RESTORE-STALE");
    let answer = restore(&pair, &begun, "title", "", seen).await;
    assert!(answer["code"].is_null(), "{answer}");
    pair.program
        .until("it is back on both sides", async || {
            pair.titles().await == ("The printer is on fire".to_owned(), "The printer is on fire".to_owned())
        })
        .await;
    pair.quiet().await;
    assert_eq!(pair.program.incident_field(&pair.incident, "description").await, "stays", "nothing else came back");
    assert!(pair.conflicts().await.is_empty());
    let told = pair.told("restored").await;
    assert!(told.len() == 1 && told[0].starts_with("Ada restored title to"), "{told:?}");
    let store = &pair.program.database.store;
    assert_eq!(store.audit_count("records.restore", false).await.expect("counted"), 1);
    assert_eq!(restore(&pair, &begun, "title", "", "").await["code"], "RESTORE-NOTHING");
}

#[tokio::test]
async fn an_edit_after_the_look_is_never_written_over() {
    let pair = Pair::linked().await;
    let begun = moment(&pair, "as ticket").await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "second")]).await;
    pair.quiet().await;
    let asked = restore(&pair, &begun, "", "", "").await;
    let seen = asked["seen"].as_str().unwrap_or_else(|| panic!("no digest in {asked}"));
    pair.program.edit_incident(&pair.incident, json!({"short_description": "edited since"})).await;
    assert_eq!(restore(&pair, &begun, "", "", seen).await["code"], "RESTORE-STALE");
    pair.quiet().await;
    assert_eq!(pair.titles().await.0, "edited since");
}

#[tokio::test]
async fn a_field_that_flows_one_way_is_refused_by_name() {
    let pair = Pair::linked().await;
    let begun = moment(&pair, "as ticket").await;
    pair.program.edit_incident(&pair.incident, json!({"short_description": "second"})).await;
    pair.program.until("it is there", async || pair.titles().await.1 == "second").await;
    pair.quiet().await;
    pair.publish(|rules| {
        let rule = rules.fields.iter_mut().find(|rule| rule.name == "title").expect("a rule");
        rule.direction = Direction::ToPlatform;
    })
    .await;
    let asked = restore(&pair, &begun, "title", "", "").await;
    let refused = asked["preview"]["refused"].to_string();
    assert!(refused.contains("title") && refused.contains("ServiceNow"), "{asked}");
    let seen = asked["seen"].as_str().expect("a digest");
    assert_eq!(restore(&pair, &begun, "title", "", seen).await["code"], "RESTORE-REFUSED");
    assert_eq!(pair.titles().await, ("second".to_owned(), "second".to_owned()));
}

#[tokio::test]
async fn where_the_sides_differed_either_value_can_come_back() {
    let pair = Pair::linked().await;
    pair.publish(|rules| rules.strategy = Strategy::ManualReview).await;
    pair.disagree("from ServiceNow", "from Desk").await;
    pair.program.until("a conflict is open", async || !pair.conflicts().await.is_empty()).await;
    pair.quiet().await;
    let apart = moment(&pair, "Choose which one stands").await;
    let link = pair.link().await.id;
    let then = record(&pair.program, &link, &apart, false).await;
    let title = field(&then, "title");
    assert_eq!((&title["servicenow"], &title["platform"]), (&json!("from ServiceNow"), &json!("from Desk")), "{then}");
    let asked = restore(&pair, &apart, "title", "platform", "").await;
    let seen = asked["seen"].as_str().unwrap_or_else(|| panic!("no digest in {asked}"));
    // A conflict that is open about the field is what it settles.
    let answer = restore(&pair, &apart, "title", "platform", seen).await;
    assert!(answer["code"].is_null(), "{answer}");
    pair.program.until("it is settled", async || pair.conflicts().await.is_empty()).await;
    pair.quiet().await;
    assert_eq!(pair.titles().await, ("from Desk".to_owned(), "from Desk".to_owned()));
    let rows = pair.program.database.store.count_conflicts(&pair.connection).await.expect("counted");
    assert_eq!(rows, 0);
}
