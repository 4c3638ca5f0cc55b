//! Conflicts, from the clash to the end, over HTTP.

use super::support::{Pair, location};
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
    pair.program.ask("choose-values", &form(&[(conflict, take, value)]).as_pairs()).await
}

/// What the page's form sends for a record.
struct Form(Vec<(String, String)>);

impl Form {
    fn as_pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

fn form(chosen: &[(&Conflict, &str, &str)]) -> Form {
    let mut pairs = vec![("choices[link]".to_owned(), chosen[0].0.link_id.clone())];
    for (conflict, take, value) in chosen {
        let name = |what: &str| format!("choices[fields][c{}][{what}]", conflict.id);
        pairs.push((name("version"), conflict.version.to_string()));
        pairs.push((name("take"), (*take).to_owned()));
        pairs.push((name("value"), (*value).to_owned()));
    }
    Form(pairs)
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

fn as_query(form: &Form) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form.as_pairs()).finish()
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
    let form = form(&[(&conflict, "servicenow", "")]);
    // Looked at first: nothing is written by that.
    let asked = as_query(&form);
    let page = pair.program.get(&format!("/conflicts/{}?{asked}", conflict.id)).await.text().await.expect("a page");
    assert!(page.contains("What will be written") && page.contains("title"), "{page}");
    assert_eq!(pair.titles().await.1, "from Desk");
    let answer = pair.program.post("/fn/choose-values", &form.as_pairs()).await;
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
    change("look", "newest 50", "").await;
    change("publish", &draft.revision.to_string(), "").await;
    ends_as(&pair, &conflict, ConflictState::Withdrawn).await;
    let (servicenow, desk) = pair.titles().await;
    assert_eq!(servicenow, desk);
    let now = program.database.store.connection(connection).await.expect("readable").expect("there").rules;
    assert_eq!(now.strategy, Strategy::LastWriteWins);
}

/// A pair about whose title and status people disagree.
async fn twice_in_conflict() -> (Pair, Vec<Conflict>) {
    let pair = Pair::linked().await;
    pair.publish(|rules| rules.strategy = Strategy::ManualReview).await;
    pair.meanwhile(async || {
        let there = json!({"short_description": "from ServiceNow", "state": "2"});
        pair.program.edit_incident(&pair.incident, there).await;
        pair.program.edit_ticket(&pair.ticket, &[("title", "from Desk"), ("status", "Resolved")]).await;
    })
    .await;
    pair.program.until("both conflicts are open", async || pair.conflicts().await.len() == 2).await;
    pair.quiet().await;
    let mut conflicts = pair.conflicts().await;
    conflicts.sort_by(|one, other| one.rule.cmp(&other.rule));
    (pair, conflicts)
}

#[tokio::test]
async fn a_preview_tells_every_write_and_writes_nothing() {
    let (pair, conflicts) = twice_in_conflict().await;
    let (status, title) = (&conflicts[0], &conflicts[1]);
    let form = form(&[(status, "platform", ""), (title, "value", "a third")]);
    let preview = pair.program.ask("preview-choices", &form.as_pairs()).await;
    let writes = preview["writes"].as_array().unwrap_or_else(|| panic!("no writes in {preview}"));
    let write = |to: &str, field: &str| {
        let found = writes.iter().find(|write| write["to"] == to && write["field"] == field);
        found.unwrap_or_else(|| panic!("{field} of {to} is not in {preview}"))
    };
    assert_eq!(write("ServiceNow", "state")["value"], "Resolved (6)");
    assert_eq!(write("ServiceNow", "state")["from"], "In Progress (2)");
    assert_eq!(write("ServiceNow", "close_code")["demanded"], true, "resolving demands it");
    assert_eq!(write("ServiceNow", "short_description")["value"], "a third");
    assert_eq!(write("Desk", "title")["value"], "a third");
    assert!(writes.iter().all(|write| write["to"] != "Desk" || write["field"] != "status"), "Desk holds it: {preview}");
    assert_eq!(preview["refused"], json!([]));
    assert_eq!(pair.titles().await, ("from ServiceNow".to_owned(), "from Desk".to_owned()));
    assert!(pair.conflicts().await.iter().all(|conflict| conflict.state == ConflictState::Open));
    // Just that is written then, all at once.
    assert!(pair.program.ask("choose-values", &form.as_pairs()).await.is_null());
    ends_as(&pair, status, ConflictState::Resolved).await;
    ends_as(&pair, title, ConflictState::Resolved).await;
    assert_eq!(pair.titles().await, ("a third".to_owned(), "a third".to_owned()));
    assert_eq!(pair.program.incident_field(&pair.incident, "state").await, "6");
}

#[tokio::test]
async fn the_base_can_be_taken_back_to_both_sides() {
    let (pair, conflict) = in_conflict().await;
    assert!(choose(&pair, &conflict, "base", "").await.is_null());
    ends_as(&pair, &conflict, ConflictState::Resolved).await;
    assert_eq!(pair.titles().await, ("The printer is on fire".to_owned(), "The printer is on fire".to_owned()));
}

#[tokio::test]
async fn a_choice_is_kept_whole_or_not_at_all() {
    let (pair, conflicts) = twice_in_conflict().await;
    let (status, title) = (&conflicts[0], &conflicts[1]);
    assert!(choose(&pair, title, "platform", "").await.is_null());
    let old = form(&[(status, "platform", ""), (title, "servicenow", "")]);
    let answer = pair.program.ask("choose-values", &old.as_pairs()).await;
    assert!(answer.to_string().contains("CONFLICT-"), "{answer}");
    ends_as(&pair, title, ConflictState::Resolved).await;
    let open = pair.conflicts().await;
    assert_eq!((open.len(), open[0].rule.as_str(), open[0].state), (1, "status", ConflictState::Open));
    let answer = pair.program.ask("choose-values", &form(&[(status, "", "")]).as_pairs()).await;
    assert_eq!(answer["code"], "CONFLICT-NOTHING");
    let answer = pair.program.ask("choose-values", &form(&[(status, "value", "Melted")]).as_pairs()).await;
    assert_eq!((&answer["code"], &answer["field"]), (&json!("CONFLICT-VALUE"), &json!(status.id)));
}

#[tokio::test]
async fn people_who_look_at_the_same_record_are_told_of_each_other() {
    let (mut pair, conflict) = in_conflict().await;
    let look = async |pair: &Pair| pair.program.ask("look-at-conflicts", &[("link", &conflict.link_id)]).await;
    assert_eq!(look(&pair).await, json!([]), "nobody else is here");
    let ada = pair.program.cookie.clone();
    pair.program.sign_in_as("Bea", "operator").await;
    assert_eq!(look(&pair).await, json!(["Ada"]));
    let elsewhere = pair.program.ask("look-at-conflicts", &[("link", "another")]).await;
    assert_eq!(elsewhere, json!([]));
    assert!(choose(&pair, &conflict, "platform", "").await.is_null());
    pair.program.cookie = ada;
    assert_eq!(look(&pair).await, json!(["Bea"]));
    let late = choose(&pair, &conflict, "servicenow", "").await;
    assert!(late.to_string().contains("CONFLICT-"), "{late}");
    ends_as(&pair, &conflict, ConflictState::Resolved).await;
    assert_eq!(pair.titles().await.0, "from Desk", "the first choice stands");
}

#[tokio::test]
async fn one_answer_is_given_to_every_conflict_about_a_field() {
    let (pair, conflict) = in_conflict().await;
    let other = pair.program.incident(json!({"short_description": "Another"})).await;
    let ticket = pair.program.ticket_of(&pair.connection, &other).await;
    pair.quiet().await;
    let store = &pair.program.database.store;
    let question = [
        ("question[connection]", pair.connection.as_str()),
        ("question[field]", "title"),
        ("question[take]", "platform"),
    ];
    let seen = pair.program.ask("alike", &question).await;
    assert_eq!((&seen["count"], &seen["rows"][0]["platform"]), (&json!(1), &json!("from Desk")));
    let words = seen["rule"]["words"].as_str().expect("a rule");
    assert!(words.contains("Desk's value of title stands"), "{seen}");
    assert!(seen["rule"]["changes"].to_string().contains("Priority: ServiceNow 5, Desk 10"), "{seen}");
    pair.meanwhile(async || {
        pair.program.edit_incident(&other, json!({"short_description": "there"})).await;
        pair.program.edit_ticket(&ticket, &[("title", "here")]).await;
    })
    .await;
    pair.program
        .until("there are two", async || {
            store.conflicts_alike(&pair.connection, "title", 9).await.expect("readable").len() == 2
        })
        .await;
    pair.quiet().await;
    let answer = async |count: &'static str| {
        let form: Vec<(&str, &str)> = question.into_iter().chain([("count", count)]).collect();
        pair.program.ask("choose-alike", &form).await
    };
    assert_eq!(answer("1").await["code"], "CONFLICT-COUNT", "the person was shown one only");
    let answered = answer("2").await;
    assert!(answered["code"].is_null(), "{answered}");
    ends_as(&pair, &conflict, ConflictState::Resolved).await;
    pair.program
        .until("the other is over", async || store.count_conflicts(&pair.connection).await.expect("readable") == 0)
        .await;
    pair.quiet().await;
    assert_eq!(pair.titles().await.0, "from Desk");
    assert_eq!(pair.program.incident_field(&other, "short_description").await, "here");
    assert_eq!(store.audit_count("conflicts.choose_alike", false).await.expect("counted"), 1);
}

#[tokio::test]
async fn an_answer_becomes_the_rule_by_way_of_the_draft() {
    let (mut pair, _) = in_conflict().await;
    let connection = pair.connection.clone();
    let place = format!("/conflicts/alike?connection={connection}&field=title&take=platform");
    let page = pair.program.get(&place).await.text().await.expect("a page").replace("<!>", "");
    for words in ["Make this the rule", "the side with the higher priority stands", "ServiceNow 5, Desk 10"] {
        assert!(page.contains(words), "{words} is not on {page}");
    }
    let form = [("form[connection]", connection.as_str()), ("form[what]", "stands"), ("form[of]", "platform title")];
    let ada = pair.program.cookie.clone();
    pair.program.sign_in_as("Eve", "operator").await;
    assert_eq!(pair.program.ask("change-mapping", &form).await["code"], "AUTH-FORBIDDEN");
    let page = pair.program.get(&place).await.text().await.expect("a page");
    assert!(page.contains("ask one to do this") && !page.contains("Make this the rule"));
    pair.program.cookie = ada;

    let next = location(&pair.program.post("/fn/change-mapping", &form).await);
    assert!(next.ends_with("/mappings/preview"), "{next}");
    let store = &pair.program.database.store;
    let title = |rules: &merge::Rules| rules.rule("title").cloned().expect("there");
    let drafted = title(&store.draft(&connection).await.expect("readable").expect("a draft").rules);
    assert_eq!((drafted.strategy, drafted.priority), (Some(merge::Strategy::OwnershipPriority), (5, 10)));
    let now = title(&store.connection(&connection).await.expect("readable").expect("there").rules);
    assert_ne!(now.strategy, drafted.strategy, "nothing has an effect yet");
    let page = pair.program.get(&place).await.text().await.expect("a page");
    assert!(page.contains("has no effect yet") && !page.contains("Make this the rule"));

    let one_way =
        [("form[connection]", connection.as_str()), ("form[what]", "stands"), ("form[of]", "platform requestor")];
    let answer = pair.program.ask("change-mapping", &one_way).await;
    assert_eq!(answer["code"], "MAPPING-STANDS", "{answer}");
}

#[tokio::test]
async fn a_viewer_looks_and_does_not_choose() {
    let (mut pair, conflict) = in_conflict().await;
    pair.program.sign_in_as("Eve", "viewer").await;
    let page = pair.program.get("/conflicts").await.text().await.expect("a page");
    assert!(page.contains("from ServiceNow"));
    assert_eq!(choose(&pair, &conflict, "platform", "").await["code"], "AUTH-FORBIDDEN");
    let store = &pair.program.database.store;
    assert_eq!(store.audit_count("conflicts.choose", true).await.expect("counted"), 1);
}
