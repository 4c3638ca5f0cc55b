//! Conflicts, from the clash to the end, over HTTP.

use super::support::Pair;
use crate::store::{Conflict, ConflictState};
use merge::{Strategy, Value};
use reqwest::StatusCode;
use serde_json::{Value as Json, json};

/// A pair whose title two people have just given different values, with the strategy that asks a person.
async fn in_conflict() -> (Pair, Conflict) {
    let pair = Pair::linked().await;
    pair.publish(|rules| rules.strategy = Strategy::ManualReview).await;
    pair.disagree("from ServiceNow", "from Desk").await;
    let conflict = the_conflict(&pair).await;
    pair.quiet().await;
    (pair, conflict)
}

async fn the_conflict(pair: &Pair) -> Conflict {
    pair.program.until("a conflict is open", async || !pair.conflicts().await.is_empty()).await;
    pair.conflicts().await.remove(0)
}

async fn choose(pair: &Pair, conflict: &Conflict, take: &str, value: &str) -> Json {
    let version = conflict.version.to_string();
    let form = [
        ("choice[conflict]", conflict.id.as_str()),
        ("choice[version]", &version),
        ("choice[take]", take),
        ("choice[value]", value),
    ];
    pair.program.ask("choose-value", &form).await
}

async fn ends_as(pair: &Pair, conflict: &Conflict, state: ConflictState) {
    pair.program
        .until("the conflict is over", async || {
            let row = pair.program.database.store.conflict(&conflict.id).await.expect("readable").expect("kept");
            row.conflict.state == state
        })
        .await;
    pair.quiet().await;
}

#[tokio::test]
async fn a_clash_stays_as_it_is_until_a_person_chooses() {
    let (pair, conflict) = in_conflict().await;
    assert_eq!(
        (&conflict.servicenow, &conflict.platform),
        (&Value::text("from ServiceNow"), &Value::text("from Desk"))
    );
    assert_eq!(conflict.base, Some(Value::text("The printer is on fire")));
    // Other fields flow on.
    pair.program.edit_ticket(&pair.ticket, &[("description", "flows on")]).await;
    pair.quiet().await;
    assert_eq!(pair.program.incident_field(&pair.incident, "description").await, "flows on");
    assert_eq!(pair.titles().await, ("from ServiceNow".to_owned(), "from Desk".to_owned()));
    assert!(choose(&pair, &conflict, "platform", "").await.is_null());
    ends_as(&pair, &conflict, ConflictState::Resolved).await;
    assert_eq!(pair.titles().await, ("from Desk".to_owned(), "from Desk".to_owned()));
    let told = pair.told("conflict").await;
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].contains("Choose which one stands")
            && told[1].contains("Ada chose")
            && told[2].contains("Both sides hold")
    );
    // What was chosen is what both agreed on: the next edit flows by itself.
    pair.program.edit_incident(&pair.incident, json!({"short_description": "and on"})).await;
    pair.program.until("it flows", async || pair.titles().await.1 == "and on").await;
}

#[tokio::test]
async fn a_third_value_goes_to_both_sides() {
    let (pair, conflict) = in_conflict().await;
    assert!(choose(&pair, &conflict, "value", "a third").await.is_null());
    ends_as(&pair, &conflict, ConflictState::Resolved).await;
    assert_eq!(pair.titles().await, ("a third".to_owned(), "a third".to_owned()));
}

#[tokio::test]
async fn a_choice_of_values_that_moved_on_is_not_kept() {
    let (pair, conflict) = in_conflict().await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "from Desk, again")]).await;
    pair.program.until("it is refreshed", async || the_conflict(&pair).await.version > conflict.version).await;
    let answer = choose(&pair, &conflict, "platform", "").await;
    assert!(answer.to_string().contains("CONFLICT-STALE"), "{answer}");
    assert_eq!(the_conflict(&pair).await.state, ConflictState::Open);
    assert_eq!(pair.titles().await, ("from ServiceNow".to_owned(), "from Desk, again".to_owned()));
}

#[tokio::test]
async fn an_edit_after_the_choice_opens_it_again_and_says_so() {
    let (pair, conflict) = in_conflict().await;
    pair.meanwhile(async || {
        assert!(choose(&pair, &conflict, "servicenow", "").await.is_null());
        pair.program.edit_ticket(&pair.ticket, &[("title", "no, this")]).await;
    })
    .await;
    pair.program.until("it is open again", async || the_conflict(&pair).await.state == ConflictState::Open).await;
    pair.quiet().await;
    assert_eq!(the_conflict(&pair).await.platform, Value::text("no, this"));
    assert_eq!(pair.titles().await, ("from ServiceNow".to_owned(), "no, this".to_owned()));
    let told = pair.told("conflict").await;
    assert!(told.last().is_some_and(|line| line.contains("That choice is void")), "{told:?}");
}

#[tokio::test]
async fn sides_that_come_to_agree_need_nobody() {
    let (pair, conflict) = in_conflict().await;
    pair.program.edit_ticket(&pair.ticket, &[("title", "from ServiceNow")]).await;
    ends_as(&pair, &conflict, ConflictState::Withdrawn).await;
    let answer = choose(&pair, &conflict, "platform", "").await;
    assert!(answer.to_string().contains("CONFLICT-"), "{answer}");
    assert_eq!(pair.titles().await.0, "from ServiceNow");
}

#[tokio::test]
async fn a_conflict_is_read_and_settled_without_scripts() {
    let (pair, conflict) = in_conflict().await;
    for path in [
        "/conflicts".to_owned(),
        format!("/conflicts?connection={}", pair.connection),
        format!("/conflicts/{}", conflict.id),
    ] {
        let page = pair.program.get(&path).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        let page = page.text().await.expect("a page");
        for shown in ["from ServiceNow", "from Desk", "The printer is on fire", "Ada"] {
            assert!(page.contains(shown), "{path} does not show {shown}");
        }
    }
    let overview = pair.program.get("/").await.text().await.expect("a page");
    assert!(overview.contains("1 conflict waits"), "the first page says that somebody must choose");
    let version = conflict.version.to_string();
    let form =
        [("choice[conflict]", conflict.id.as_str()), ("choice[version]", &version), ("choice[take]", "servicenow")];
    let answer = pair.program.post("/fn/choose-value", &form).await;
    assert!(answer.status().is_redirection(), "{}", answer.status());
    ends_as(&pair, &conflict, ConflictState::Resolved).await;
    assert_eq!(pair.titles().await.1, "from ServiceNow");
}

#[tokio::test]
async fn the_strategy_is_published_and_decides_what_waits() {
    let (pair, conflict) = in_conflict().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    let change = async |what: &str, of: &str, strategy: &str| {
        let form = [
            ("form[connection]", connection),
            ("form[what]", what),
            ("form[of]", of),
            ("form[typed][strategy]", strategy),
        ];
        let answer = program.ask("change-mapping", &form).await;
        assert!(answer.is_null(), "{what}: {answer}");
    };
    change("flow", "", "last_write_wins").await;
    change("rule", "title", "").await;
    let draft = program.database.store.draft(connection).await.expect("readable").expect("a draft");
    change("publish", &draft.revision.to_string(), "").await;
    ends_as(&pair, &conflict, ConflictState::Withdrawn).await;
    let (servicenow, desk) = pair.titles().await;
    assert_eq!(servicenow, desk);
    let now = program.database.store.connection(connection).await.expect("readable").expect("there").rules;
    assert_eq!(now.strategy, Strategy::LastWriteWins);
}
