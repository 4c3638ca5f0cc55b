//! The six steps of Connect over real HTTP: left and taken up again, counted on the instance, and tested live.

use super::support::{Database, Program, location, on_both_databases, sqlite};
use crate::store::State;
use reqwest::Method;
use serde_json::{Value as Json, json};

on_both_databases!(a_draft_keeps_its_step_until_it_syncs);

async fn step(program: &Program, id: &str, step: &str) -> Json {
    program.ask("connect-step", &[("id", id), ("step", step)]).await
}

async fn next_step(program: &Program) -> Json {
    program.ask("connections", &[]).await[0]["next_step"].clone()
}

async fn state(program: &Program, id: &str) -> State {
    program.database.store.connection(id).await.expect("readable").expect("there").state
}

/// As far as step 4: authorized, and nothing more.
async fn authorized(database: Database) -> (Program, String) {
    let mut program = Program::start(database).await;
    program.become_admin().await;
    let id = program.connect().await;
    assert!(program.let_in(&id, "admin", true).await.ends_with("/connect/3?authorized=1"));
    (program, id)
}

async fn a_draft_keeps_its_step_until_it_syncs(database: Database) {
    let mut program = Program::start(database).await;
    program.become_admin().await;
    let id = program.connect().await;
    assert_eq!(next_step(&program).await, 2);
    let early = step(&program, &id, "4").await;
    assert!(early["content"]["Elsewhere"]["href"].as_str().expect("a way").ends_with("/connect/3"), "{early}");
    program.ask("choose-capability", &[("id", &id), ("environment", "production"), ("preset", "incident")]).await;
    assert_eq!(next_step(&program).await, 3);
    assert!(program.let_in(&id, "admin", true).await.ends_with("/connect/3?authorized=1"));
    assert_eq!(next_step(&program).await, 4);
    assert_eq!(state(&program, &id).await, State::Draft, "nothing is synced before somebody says so");
    let incident = program.incident(json!({})).await;

    // Going back loses nothing of what was done further on.
    let form = [
        ("id", id.as_str()),
        ("name", "Renamed"),
        ("address", program.practice.address()),
        ("client_id", "test-client"),
    ];
    let saved = program.post("/fn/connect", &form).await;
    assert_eq!(location(&saved), format!("/settings/connections/{id}/connect/2"), "the secret is kept");
    assert_eq!(next_step(&program).await, 4);
    let form = [
        ("form[connection]", id.as_str()),
        ("form[typed][filter.0.field]", "short_description"),
        ("form[typed][filter.0.operator]", "contains"),
        ("form[typed][filter.0.value]", "printer"),
        ("form[pull_by]", "created"),
        ("form[from]", "since"),
        ("form[day]", "2026-01-01"),
    ];
    assert!(program.ask("choose-what", &form).await["code"].is_null());
    assert_eq!(next_step(&program).await, 5);
    let what = &step(&program, &id, "4").await["content"]["What"];
    assert_eq!((&what["rows"][0]["value"], &what["history"]), (&json!("printer"), &json!("2026-01-01")));

    assert!(program.ask("start-sync", &[("id", &id)]).await["code"].is_null());
    assert_eq!((state(&program, &id).await, next_step(&program).await), (State::Active, json!(6)));
    // The history was chosen, so what was there before enters, if it meets the filter.
    program.ticket_of(&id, &incident).await;
    assert_eq!(program.ask("start-sync", &[("id", &id)]).await["code"], "CONN-NOT-AUTHORIZED", "it was started");
    let changed = step(&program, &id, "4").await;
    assert!(changed["content"]["Elsewhere"]["href"].as_str().expect("a way").ends_with("/rules"), "{changed}");
    assert!(program.ask("finish-connect", &[("id", &id)]).await["code"].is_null());
    assert_eq!(next_step(&program).await, Json::Null);
}

#[tokio::test]
async fn without_scripts_the_first_step_keeps_what_was_typed_and_names_the_field() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let form = |id: &str| {
        let typed =
            [("name", "Berlin & more"), ("address", "ftp://nowhere"), ("client_id", "abc"), ("client_secret", "hush")];
        typed
            .map(|(name, value)| (name, value.to_owned()))
            .into_iter()
            .chain([("id", id.to_owned())])
            .collect::<Vec<_>>()
    };
    let existing = program.connect().await;
    for (id, page) in [
        ("", "/settings/connections/new".to_owned()),
        (&existing, format!("/settings/connections/{existing}/connect/1")),
    ] {
        let form = form(id);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let next = location(&program.post("/fn/connect", &form).await);
        assert!(next.starts_with(&format!("{page}?")) && !next.contains("hush"), "{next}");
        let shown = program.get(&next).await.text().await.expect("a page");
        for words in ["Berlin &amp; more", "value=\"ftp://nowhere\"", "value=\"abc\"", "What to do: "] {
            assert!(shown.contains(words), "{words} is not on {shown}");
        }
        let field =
            shown.split("id=\"field-address\"").nth(1).and_then(|rest| rest.split('>').next()).expect("a field");
        assert!(field.contains("aria-invalid=\"true\""), "{field}");
        assert!(!shown.contains("hush"));
    }
}

#[tokio::test]
async fn columns_and_counts_are_the_instances_own() {
    let (program, id) = authorized(sqlite().await).await;
    for (title, category) in [("Zebra one", "inquiry"), ("Zebra two", "software"), ("Zebra three", "inquiry")] {
        program.incident(json!({"short_description": title, "category": category})).await;
    }
    let what = step(&program, &id, "4").await["content"]["What"].clone();
    let fields = what["fields"].as_array().expect("fields");
    let category = fields.iter().find(|field| field["name"] == "category").expect("category");
    assert_eq!(category["label"], "Category");
    let choices = category["choices"].as_array().expect("choices");
    assert!(choices.contains(&json!(["software", "Software"])), "{choices:?}");
    assert!(!fields.iter().any(|field| field["name"] == "work_notes"), "no filter is about a journal");

    let count = async |value: &str, field: &str| {
        let typed = [
            ("id", id.as_str()),
            ("step", "4"),
            ("typed[filter.0.field]", field),
            ("typed[filter.0.operator]", "contains"),
            ("typed[filter.0.value]", value),
            ("typed[from]", "since"),
            ("typed[day]", "2020-01-01"),
        ];
        program.ask("connect-step", &typed).await["content"]["What"]["matching"].clone()
    };
    let found = count("zebra", "short_description").await;
    assert_eq!((&found["found"], &found["mapped"], &found["history"]), (&json!(3), &json!(2), &json!(2)), "{found}");
    assert!(found["all"].as_i64() > Some(3) && found["takes"] == "less than a minute", "{found}");
    // A column that is not there would widen the query in silence: that is said and not counted.
    let widened = count("zebra", "u_nowhere").await;
    assert_eq!(widened["found"], Json::Null);
    assert!(widened["problem"].as_str().expect("text").contains("u_nowhere"), "{widened}");
}

#[tokio::test]
async fn values_without_a_row_are_named_and_those_that_are_ticked_get_one() {
    let (program, id) = authorized(sqlite().await).await;
    program.incident(json!({"category": "software"})).await;
    let mappings = step(&program, &id, "5").await["content"]["Mappings"].clone();
    let suggestions = mappings["suggestions"].as_array().expect("suggestions");
    let software = suggestions.iter().find(|row| row["value"] == "software").expect("software");
    assert_eq!((&software["platform"], &software["keeps_out"]), (&json!("Software"), &json!(true)));
    assert!(software["records"].as_i64() >= Some(1), "{software}");
    assert!(!suggestions.iter().any(|row| row["value"] == "inquiry"), "it has a row");
    let version = mappings["version"].to_string();
    let row = [
        ("form[connection]", id.as_str()),
        ("form[version]", &version),
        ("form[rows][0][rule]", "type"),
        ("form[rows][0][value]", "software"),
        ("form[rows][0][label]", "Software"),
        ("form[rows][0][platform]", "Software"),
    ];
    assert_eq!(program.ask("take-rows", &row).await["code"], "MAPPING-NONE", "none is ticked");
    let taken: Vec<_> = row.into_iter().chain([("form[rows][0][take]", "on")]).collect();
    assert!(program.ask("take-rows", &taken).await["code"].is_null());
    assert_eq!(program.ask("take-rows", &taken).await["code"], "EDIT-STALE");
    assert!(program.ask("start-sync", &[("id", &id)]).await["code"].is_null());
    let incident = program.incident(json!({"category": "software"})).await;
    let ticket = program.ticket_of(&id, &incident).await;
    assert_eq!(program.ticket(&ticket).await.kind, "Software");
}

async fn live_test(program: &Program, id: &str) -> Json {
    assert!(program.ask("run-live-test", &[("id", id)]).await["code"].is_null());
    let mut test = Json::Null;
    program
        .until("the live test is over", async || {
            let step = program.ask("connect-step", &[("id", id), ("step", "6")]).await;
            test = step["content"]["Servicenow"]["test"].clone();
            test["runs"] == false
        })
        .await;
    test
}

#[tokio::test]
async fn the_live_test_goes_there_and_back_and_puts_its_record_away() {
    let (program, id) = Program::connected(sqlite().await).await;
    assert!(program.ask("install-webhook", &[("id", &id)]).await.is_null());
    let test = live_test(&program, &id).await;
    let steps = test["steps"].as_array().expect("steps");
    assert!(steps.iter().all(|step| step["progress"] == "done"), "{test}");
    assert!(steps[1]["note"].as_str().expect("text").contains("A webhook told of it"), "{test}");
    let number = test["number"].as_str().expect("a number");
    let row = program.table(Method::GET, &format!("incident?number={number}"), None).await[0].clone();
    assert_eq!((&row["state"], &row["correlation_display"]), (&json!("8"), &json!("Isthmus live test")));
    assert_eq!(program.ticket(test["ticket"].as_str().expect("a ticket")).await.status, "Cancelled");
    assert_eq!(program.database.store.audit_count("connections.live_test", false).await.expect("counted"), 1);
    let connection = program.database.store.connection(&id).await.expect("readable").expect("there");
    assert_eq!(connection.state, State::Active, "the test record is not taken for one of another console");
}

#[tokio::test]
async fn a_live_test_that_ends_early_says_where_and_why() {
    let (program, id) = Program::connected(sqlite().await).await;
    let filter = json!({"not": {"empty": {"field": "due_date"}}});
    program
        .publish(&id, |rules| rules.entry.servicenow = serde_json::from_value(filter).expect("a condition"))
        .await
        .expect("kept");
    let test = live_test(&program, &id).await;
    assert_eq!(test["steps"][1]["progress"], "failed", "{test}");
    assert!(test["steps"][1]["note"].as_str().expect("text").contains("due_date"), "{test}");
    assert_eq!(test["steps"][2]["progress"], "waiting");
    program.publish(&id, |rules| rules.direction = merge::Direction::ToPlatform).await.expect("kept");
    assert_eq!(program.ask("run-live-test", &[("id", &id)]).await["code"], "LIVE-TEST");
}
