//! The rules of a connection as a whole, from the form to the run that publishing begins.

use super::support::{Pair, Program, location, sqlite};
use crate::clock::Clock;
use crate::store::{PersonRow, RunState};
use merge::{Direction, OnDeletion, PullBy, Rules, Trigger};
use reqwest::Method;

async fn rules(program: &Program, connection: &str) -> Rules {
    program.database.store.connection(connection).await.expect("readable").expect("there").rules
}

async fn page(program: &Program, connection: &str, query: &str) -> String {
    let answer = program.get(&format!("/settings/connections/{connection}/rules{query}")).await;
    assert_eq!(answer.status(), 200);
    answer.text().await.expect("a page")
}

/// Publishes as the form does, with these inputs.
async fn publish(program: &Program, connection: &str, version: i64, typed: &[(&str, &str)]) -> reqwest::Response {
    let version = version.to_string();
    let mut form = vec![("form[connection]".to_owned(), connection), ("form[version]".to_owned(), &version)];
    form.extend(typed.iter().map(|(name, value)| (format!("form[typed][{name}]"), *value)));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    program.post("/fn/publish-rules", &form).await
}

#[tokio::test]
async fn what_would_be_done_is_shown_and_publishing_begins_a_healing_run() {
    let pair = Pair::linked().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    let first = page(program, connection, "").await;
    for words in ["Table in ServiceNow", "Customer service cases", "nothing is ever written to Desk", "Gets the status"]
    {
        assert!(first.contains(words), "{words} is not on {first}");
    }
    assert!(!first.contains("Publish and heal"), "nothing is published unseen");

    program.table(Method::DELETE, &format!("incident/{}", pair.incident), None).await;
    let typed = "?look=1&table=incident&deletion_in_servicenow=delete&pull_by=updated&trigger_to_platform=manual\
                 &entry_servicenow.0.field=priority&entry_servicenow.0.operator=one_of&entry_servicenow.0.value=1,+2";
    let seen = page(program, connection, typed).await;
    for words in
        ["Is deleted too, for good", "priority one of 1, 2", "Publish and heal", "were read just now", "deletion"]
    {
        assert!(seen.contains(words), "{words} is not on {seen}");
    }
    let before = rules(program, connection).await;
    assert_eq!(before.deletions.in_servicenow, OnDeletion::Keep);
    assert_eq!(program.ticket(&pair.ticket).await.status, "New", "a look writes nothing");

    let chosen = [
        ("deletion_in_servicenow", "delete"),
        ("pull_by", "updated"),
        ("trigger_to_platform", "manual"),
        ("entry_servicenow.0.field", "priority"),
        ("entry_servicenow.0.operator", "one_of"),
        ("entry_servicenow.0.value", "1, 2"),
    ];
    let answer = publish(program, connection, before.version, &chosen).await;
    assert_eq!(location(&answer), format!("/settings/connections/{connection}/drift"));
    let after = rules(program, connection).await;
    assert_eq!(after.version, before.version + 1);
    assert_eq!((&after.deletions.in_servicenow, after.pull_by), (&OnDeletion::Delete, PullBy::Updated));
    assert_eq!(after.triggers.to_platform, Trigger::Manual);
    assert_eq!(after.entry.servicenow.in_words(), "priority is one of 1, 2");
    assert_eq!((after.direction, &after.fields), (before.direction, &before.fields), "the rest stays");
    program
        .until("the run is done", async || {
            let runs = program.database.store.runs(connection, 1, 0).await.expect("readable");
            runs[0].state == RunState::Done && !runs[0].is_dry() && runs[0].touched == 1
        })
        .await;
    assert!(program.database.store.ticket(&pair.ticket).await.expect("readable").is_none(), "the run deleted it");
    assert_eq!(program.database.store.audit_count("connections.rules", false).await.expect("readable"), 1);

    // Somebody else published meanwhile.
    let version = before.version.to_string();
    let form =
        [("form[connection]", connection), ("form[version]", &version), ("form[typed][direction]", "to_platform")];
    let answer = program.ask("publish-rules", &form).await;
    assert_eq!(answer["code"], "EDIT-STALE", "{answer}");
    assert_eq!(rules(program, connection).await.direction, Direction::Both);
}

#[tokio::test]
async fn what_was_typed_stays_and_the_field_is_named() {
    let pair = Pair::linked().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    let seen = page(program, connection, "?look=1&table=Bad+Table!&pull_by=updated").await;
    assert!(seen.contains("This is no name of a table") && seen.contains("Bad Table!"), "{seen}");
    assert!(!seen.contains("Publish and heal"));
    let seen = page(program, connection, "?look=1&table=problem").await;
    assert!(seen.contains("The table cannot be changed") && seen.contains("make another connection"), "{seen}");
    let seen = page(program, connection, "?look=1&direction=to_platform&create_in_servicenow=true").await;
    assert!(seen.contains("Nothing can be created in ServiceNow"), "{seen}");
    let seen =
        page(program, connection, "?look=1&entry_servicenow.0.field=priority&entry_servicenow.0.operator=is").await;
    assert!(seen.contains("The condition on priority has no value"), "{seen}");
    let seen = page(program, connection, "?preset=case").await;
    assert!(
        seen.contains("Publishing this replaces the mapping") && seen.contains("sn_customerservice_case"),
        "{seen}"
    );
    assert_eq!(rules(program, connection).await.version, merge::incident_to_desk().version);
}

#[tokio::test]
async fn another_table_is_asked_for_before_it_is_taken_and_a_preset_brings_its_own() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let seen = page(&program, &connection, "?look=1&table=no_such_table").await;
    assert!(seen.contains("The table no_such_table cannot be read") && seen.contains("a role that"), "{seen}");
    let seen = page(&program, &connection, "?look=1&preset=ownership").await;
    assert!(seen.contains("Publish and heal") && seen.contains("ownership"), "{seen}");
    let form = [("form[connection]", connection.as_str()), ("form[version]", "1"), ("form[preset]", "ownership")];
    let answer = program.post("/fn/publish-rules", &form).await;
    assert!(location(&answer).ends_with("/drift"));
    let preset = merge::presets().into_iter().find(|preset| preset.id == "ownership").expect("there").rules;
    let after = rules(&program, &connection).await;
    assert_eq!((after.version, after.fields), (2, preset.fields));
}

#[tokio::test]
async fn nothing_is_published_while_a_run_is_open_nor_by_an_operator() {
    let (mut program, connection) = Program::connected(sqlite().await).await;
    program.ask("pause-connection", &[("id", &connection)]).await;
    assert!(program.ask("begin-run", &[("connection", &connection), ("how", "healing")]).await.is_null());
    let typed = [("form[connection]", connection.as_str()), ("form[version]", "1"), ("form[typed][direction]", "both")];
    let answer = program.ask("publish-rules", &typed).await;
    assert_eq!(answer["code"], "RUN-OPEN", "{answer}");
    assert!(page(&program, &connection, "").await.contains("Until then nothing can be published"));
    assert_eq!(rules(&program, &connection).await.version, 1);

    let admin = program.database.store.person_by_email(super::support::EMAIL).await.expect("readable").expect("Ada");
    let id = crate::clock::SystemClock.id();
    let operator = PersonRow { id, email: "eve@example.com".into(), role: "operator".into(), ..admin };
    let mut tx = program.database.store.begin().await.expect("begins");
    tx.add_person(&operator).await.expect("added");
    tx.commit().await.expect("committed");
    let form = [("email", "eve@example.com"), ("password", super::support::PASSWORD), ("next", "/")];
    let answer = program.post("/fn/sign-in", &form).await;
    let cookie = answer.headers().get("set-cookie").expect("a session").to_str().expect("text").to_owned();
    program.cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let answer = program.ask("publish-rules", &typed).await;
    assert_eq!(answer["code"], "AUTH-FORBIDDEN", "{answer}");
    assert_eq!(program.database.store.audit_count("connections.rules", true).await.expect("readable"), 1);
}
