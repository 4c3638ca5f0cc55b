//! The mapping editor: from a form to the draft, to what it would do, to the run that publishing begins, and back.

use super::support::{Pair, Program, location, sqlite};
use crate::clock::Clock;
use crate::store::{Draft, PersonRow, RunState};
use merge::{Convert, Direction, OnDeletion, PullBy, Rules, Trigger};
use reqwest::Method;
use serde_json::{Value as Json, json};

async fn rules(program: &Program, connection: &str) -> Rules {
    program.database.store.connection(connection).await.expect("readable").expect("there").rules.as_ref().clone()
}

async fn draft(program: &Program, connection: &str) -> Draft {
    program.database.store.draft(connection).await.expect("readable").expect("a draft")
}

/// A part of the editor, as a browser without scripts gets it.
async fn page(program: &Program, connection: &str, place: &str) -> String {
    let answer = program.get(&format!("/settings/connections/{connection}/mappings{place}")).await;
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.expect("a page");
    let (_, main) = text.split_once("<main").expect("a page");
    // Between two texts stands an empty comment.
    main.split_once("</main>").expect("whole").0.replace("<!>", "")
}

fn form(connection: &str, what: &str, of: &str, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut form = vec![("connection".to_owned(), connection), ("what".to_owned(), what), ("of".to_owned(), of)];
    form.extend(typed.iter().map(|(name, value)| (format!("typed][{name}"), *value)));
    form.into_iter().map(|(name, value)| (format!("form[{name}]"), value.to_owned())).collect()
}

fn plain(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Does something to the mapping as a form without scripts does, and answers where the browser goes next.
async fn change(program: &Program, connection: &str, what: &str, of: &str, typed: &[(&str, &str)]) -> String {
    location(&program.post("/fn/change-mapping", &plain(&form(connection, what, of, typed))).await)
}

/// The same as a script does it.
async fn ask(program: &Program, connection: &str, what: &str, of: &str, typed: &[(&str, &str)]) -> Json {
    program.ask("change-mapping", &plain(&form(connection, what, of, typed))).await
}

/// What is said of an open form with what is typed into it.
async fn check(program: &Program, connection: &str, (tab, open): (&str, &str), typed: &[(&str, &str)]) -> Json {
    let mut ask =
        vec![("connection".to_owned(), connection), ("tab".to_owned(), tab), ("query][edit".to_owned(), open)];
    ask.extend(typed.iter().map(|(name, value)| (format!("typed][{name}"), *value)));
    let ask: Vec<(String, String)> =
        ask.into_iter().map(|(name, value)| (format!("ask[{name}]"), value.to_owned())).collect();
    let part = if tab == "values" { "Values" } else { "Fields" };
    program.ask("mapping", &plain(&ask)).await["part"][part]["open"]["check"].clone()
}

async fn look_and_publish(program: &Program, connection: &str) -> String {
    change(program, connection, "look", "newest 50", &[]).await;
    let revision = draft(program, connection).await.revision.to_string();
    change(program, connection, "publish", &revision, &[("note", "As agreed")]).await
}

async fn until_healed(program: &Program, connection: &str) {
    program
        .until("the run is done", async || {
            let runs = program.database.store.runs(connection, 1, 0).await.expect("readable");
            runs.first().is_some_and(|run| run.state == RunState::Done && !run.is_dry())
        })
        .await;
}

#[tokio::test]
async fn what_would_be_done_is_shown_and_publishing_begins_a_healing_run() {
    let pair = Pair::linked().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    let first = page(program, connection, "/flow").await;
    for words in ["Table in ServiceNow", "Customer service cases", "nothing is ever written to Desk", "Gets the status"]
    {
        assert!(first.contains(words), "{words} is not on {first}");
    }
    assert!(page(program, connection, "/preview").await.contains("There is no draft"));

    program.table(Method::DELETE, &format!("incident/{}", pair.incident), None).await;
    let chosen = [
        ("table", "incident"),
        ("deletion_in_servicenow", "delete"),
        ("pull_by", "updated"),
        ("trigger_to_platform", "manual"),
        ("entry_servicenow.0.field", "priority"),
        ("entry_servicenow.0.operator", "one_of"),
        ("entry_servicenow.0.value", "1, 2"),
    ];
    let before = rules(program, connection).await;
    let next = change(program, connection, "flow", "", &chosen).await;
    assert!(next.ends_with("/mappings/flow"), "{next}");
    assert_eq!(rules(program, connection).await, before, "a draft has no effect");
    let unseen = page(program, connection, "/preview").await;
    assert!(unseen.contains("Look at it above first") && !unseen.contains("Publish and heal"), "{unseen}");
    let revision = draft(program, connection).await.revision.to_string();
    let answer = ask(program, connection, "publish", &revision, &[]).await;
    assert_eq!(answer["code"], "MAPPING-UNSEEN", "{answer}");

    assert!(change(program, connection, "look", "newest 50", &[]).await.ends_with("/preview"));
    let seen = page(program, connection, "/preview").await;
    for words in
        ["Is deleted too, for good", "priority one of 1, 2", "Publish and heal", "1 would be written to", "deletion"]
    {
        assert!(seen.contains(words), "{words} is not on {seen}");
    }
    assert_eq!(program.ticket(&pair.ticket).await.status, "New", "a look writes nothing");

    let revision = draft(program, connection).await.revision.to_string();
    let next = change(program, connection, "publish", &revision, &[("note", "As agreed")]).await;
    assert_eq!(next, format!("/settings/connections/{connection}/drift"));
    let after = rules(program, connection).await;
    assert_eq!(after.version, before.version + 1);
    assert_eq!((&after.deletions.in_servicenow, after.pull_by), (&OnDeletion::Delete, PullBy::Updated));
    assert_eq!(after.triggers.to_platform, Trigger::Manual);
    assert_eq!(after.entry.servicenow.in_words(), "priority is one of 1, 2");
    assert_eq!((after.direction, &after.fields), (before.direction, &before.fields), "the rest stays");
    until_healed(program, connection).await;
    program
        .until("the run deletes it", async || {
            program.database.store.ticket(&pair.ticket).await.expect("readable").is_none()
        })
        .await;
    assert_eq!(program.database.store.audit_count("mapping.publish", false).await.expect("readable"), 1);
    assert!(program.database.store.draft(connection).await.expect("readable").is_none(), "the draft is over");
    let versions = page(program, connection, "/versions").await;
    for words in ["As agreed", "Ada", "in force", "Until now:"] {
        assert!(versions.contains(words), "{words} is not on {versions}");
    }
    let answer = ask(program, connection, "publish", &revision, &[]).await;
    assert_eq!(answer["code"], "EDIT-STALE", "{answer}");
}

#[tokio::test]
async fn the_changes_of_some_days_are_decided_again_by_the_draft() {
    let pair = Pair::linked().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    pair.publish(|rules| rules.strategy = merge::Strategy::ManualReview).await;
    program.edit_incident(&pair.incident, json!({"short_description": "flows on"})).await;
    program.until("it flows", async || program.ticket(&pair.ticket).await.title == "flows on").await;
    pair.quiet().await;
    pair.disagree("from ServiceNow", "from Desk").await;
    program.until("a conflict is open", async || !pair.conflicts().await.is_empty()).await;
    pair.quiet().await;

    let winner = [("strategy", "ownership_priority"), ("priority_servicenow", "0"), ("priority_platform", "5")];
    change(program, connection, "rule", "title", &winner).await;
    change(program, connection, "look", "newest 50", &[]).await;
    assert!(!page(program, connection, "/preview").await.contains("What it would have made"), "nobody asked for days");
    change(program, connection, "look", "days 7", &[]).await;
    let seen = page(program, connection, "/preview").await;
    for words in [
        "What it would have made of the changes from",
        "1 would have gone otherwise",
        ": title 1.",
        "A person is asked.",
        "ServiceNow gets \"from Desk\".",
        "The oldest of them is of",
    ] {
        assert!(seen.contains(words) || seen.contains(&words.replace('"', "&quot;")), "{words} is not on {seen}");
    }

    // What only flows goes as it went, unless the draft lets nothing go there.
    change(program, connection, "turn", "to_servicenow title", &[]).await;
    change(program, connection, "look", "days 7", &[]).await;
    let seen = page(program, connection, "/preview").await;
    assert!(
        seen.contains("Nothing: each side keeps its own.") && seen.contains("2 would have gone otherwise"),
        "{seen}"
    );
}

#[tokio::test]
async fn a_note_rule_is_changed_added_and_removed_on_the_same_draft() {
    let pair = Pair::linked().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    let table = page(program, connection, "").await;
    assert!(table.contains("1 is Awaiting Caller") && table.contains("Add a note rule"), "{table}");
    let open = page(program, connection, "?note=on-hold%20reason").await;
    for words in
        ["Put on hold in ServiceNow: {value}", "1: Awaiting Caller", "What people call the values", "Remove this rule"]
    {
        assert!(open.contains(words), "{words} is not on {open}");
    }
    let next = change(program, connection, "note", "on-hold reason", &[("labels", "1 Waiting")]).await;
    let again = page(program, connection, next.split_once("/mappings").expect("the editor").1).await;
    assert!(again.contains("1 Waiting") && again.contains("not a value, a colon and a label"), "{again}");
    let labels = [("labels", "1: Waiting for the caller\n3: A problem")];
    change(program, connection, "note", "on-hold reason", &labels).await;
    let note = &draft(program, connection).await.rules.notes[0];
    assert_eq!((note.labels.len(), note.labels["1"].as_str()), (2, "Waiting for the caller"));
    let table = page(program, connection, "").await;
    assert!(table.contains("No label says what") && table.contains("changed"), "linted beside the instance: {table}");

    let new = [("servicenow", "close_code"), ("text", "Closed as {value}"), ("labels", "")];
    change(program, connection, "note", "", &new).await;
    assert_eq!(draft(program, connection).await.rules.notes[1].name, "close code");
    look_and_publish(program, connection).await;
    until_healed(program, connection).await;
    program.edit_incident(&pair.incident, json!({"state": "3", "hold_reason": "1"})).await;
    program.until("it is on hold", async || program.ticket(&pair.ticket).await.status == "On Hold").await;
    pair.quiet().await;
    let page_of_ticket = program.get(&format!("/tickets/{}", pair.ticket)).await.text().await.expect("a page");
    assert!(page_of_ticket.contains("Put on hold in ServiceNow: Waiting for the caller"), "{page_of_ticket}");
    change(program, connection, "remove", "close code", &[]).await;
    assert_eq!(draft(program, connection).await.rules.notes.len(), 1);
}

#[tokio::test]
async fn only_what_somebody_looked_at_is_published_or_else_the_audit_says_so() {
    let pair = Pair::linked().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    change(program, connection, "rule", "title", &[("note", "Seen")]).await;
    change(program, connection, "look", "newest 50", &[]).await;
    // Somebody edits it after the look: what was seen is not what would be published.
    change(program, connection, "rule", "title", &[("note", "Not seen")]).await;
    let revision = draft(program, connection).await.revision.to_string();
    let answer = ask(program, connection, "publish", &revision, &[]).await;
    assert_eq!(answer["code"], "MAPPING-UNSEEN", "{answer}");
    assert!(answer["why"].as_str().is_some_and(|why| why.contains("changed since")), "{answer}");
    assert!(page(program, connection, "/preview").await.contains("Publish without looking"));
    assert_eq!(rules(program, connection).await.version, 1);

    let next = change(program, connection, "publish", &revision, &[("unseen", "yes")]).await;
    assert!(next.ends_with("/drift"), "{next}");
    assert_eq!(rules(program, connection).await.rule("title").expect("there").note, "Not seen");
    let store = &program.database.store;
    assert_eq!(store.audit_count("mapping.publish_unseen", false).await.expect("readable"), 1);
    assert_eq!(store.audit_count("mapping.publish", false).await.expect("readable"), 0);
}

#[tokio::test]
async fn a_rule_is_added_turned_and_removed_and_the_instance_says_what_fits() {
    let pair = Pair::linked().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    let table = page(program, connection, "").await;
    for words in ["short_description", "caller_id", "By the value map", "work_notes", "Add a field rule"] {
        assert!(table.contains(words), "{words} is not on {table}");
    }
    let open = page(program, connection, "?add=1").await;
    assert!(
        open.contains("value=\"contact_type\"") && open.contains("value=\"priority\""),
        "the instance's columns: {open}"
    );

    let place = [("servicenow", "location"), ("platform", "custom.place"), ("direction", "both"), ("how", "same")];
    let next = change(program, connection, "rule", "", &place).await;
    assert!(next.contains("/mappings"), "{next}");
    assert_eq!(draft(program, connection).await.rules.rule("place").expect("added").servicenow, "location");
    assert!(ask(program, connection, "turn", "to_platform place", &[]).await.is_null());
    assert_eq!(draft(program, connection).await.rules.rule("place").expect("there").direction, Direction::ToPlatform);

    let gone = [("servicenow", "u_gone"), ("platform", "due"), ("direction", "both")];
    change(program, connection, "rule", "title", &gone).await;
    let table = page(program, connection, "").await;
    for words in ["has no field u_gone", "both write due in Desk", "changed", "new", "3 differences"] {
        assert!(table.contains(words), "{words} is not on {table}");
    }
    let typed = [("servicenow", "due_date"), ("platform", "title")];
    let moment = check(program, connection, ("fields", "title"), &typed).await;
    let names: Vec<&str> =
        moment["platform"].as_array().expect("a list").iter().filter_map(|offer| offer[0].as_str()).collect();
    assert!(names.contains(&"due") && names.contains(&"title") && !names.contains(&"owner"), "{names:?}");

    change(program, connection, "remove", "place", &[]).await;
    assert!(draft(program, connection).await.rules.rule("place").is_none());
    let revision = draft(program, connection).await.revision.to_string();
    change(program, connection, "discard", &revision, &[]).await;
    assert!(program.database.store.draft(connection).await.expect("readable").is_none());
    assert_eq!(rules(program, connection).await.fields, merge::incident_to_desk().fields, "nothing had an effect");
}

/// The form of the status map with what it shows, and these inputs otherwise.
fn statuses(rules: &Rules, otherwise: &[(&str, &str)]) -> Vec<(String, String)> {
    let Convert::Map { map } = &rules.rule("status").expect("there").convert else { panic!("a map") };
    let mut typed = Vec::new();
    for (at, row) in map.rows.iter().enumerate() {
        let lines: Vec<String> = row.requires.iter().map(|(field, value)| format!("{field}: {value}")).collect();
        typed.push((format!("rows.{at}.servicenow"), row.servicenow.clone()));
        typed.push((format!("rows.{at}.platform"), row.platform.clone()));
        typed.push((format!("rows.{at}.requires"), lines.join("\n")));
    }
    for (name, value) in otherwise {
        typed.retain(|(there, _)| there != name);
        typed.push(((*name).to_owned(), (*value).to_owned()));
    }
    typed
}

fn borrowed(typed: &[(String, String)]) -> Vec<(&str, &str)> {
    typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn a_value_map_is_changed_seen_on_real_records_published_and_brought_back() {
    let pair = Pair::with(json!({"state": "2"})).await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    let now = rules(program, connection).await;

    // In Progress is called New from now on, and nobody says which of the two is written back.
    let typed = statuses(&now, &[("rows.1.platform", "New")]);
    change(program, connection, "map", "status", &borrowed(&typed)).await;
    let values = page(program, connection, "/values").await;
    for words in ["2 values are this", "none is marked default", "nobody knows"] {
        assert!(values.contains(words), "{words} is not on {values}");
    }
    let typed = statuses(&now, &[("rows.1.platform", "New"), ("rows.0.default", "1")]);
    change(program, connection, "map", "status", &borrowed(&typed)).await;
    let values = page(program, connection, "/values").await;
    assert!(values.contains("is written back") && !values.contains("nobody knows"), "{values}");

    change(program, connection, "look", "days 7", &[]).await;
    let seen = page(program, connection, "/preview").await;
    let number = pair.link().await.servicenow_number;
    for words in [number.as_str(), "1 would be written to", "Desk gets \"New\"", &format!("/tickets/{}", pair.ticket)] {
        assert!(seen.contains(words), "{words} is not on {seen}");
    }
    look_and_publish(program, connection).await;
    until_healed(program, connection).await;
    pair.quiet().await;
    assert_eq!(program.ticket(&pair.ticket).await.status, "New");

    let version = now.version.to_string();
    let next = change(program, connection, "version", &version, &[]).await;
    assert!(next.ends_with("/preview"), "{next}");
    look_and_publish(program, connection).await;
    until_healed(program, connection).await;
    pair.quiet().await;
    assert_eq!(program.ticket(&pair.ticket).await.status, "In Progress");
    let after = rules(program, connection).await;
    assert_eq!((after.version, &after.fields), (now.version + 2, &now.fields));
    let told = page(program, connection, "/versions?from=1&to=3").await;
    assert!(told.contains("say the same"), "{told}");
    let told = page(program, connection, "/versions?from=1&to=2").await;
    assert!(told.contains("(2) is &quot;New&quot;") || told.contains("(2) is \"New\""), "{told}");
}

#[tokio::test]
async fn the_instance_says_which_choices_have_no_row_and_which_are_gone() {
    let pair = Pair::linked().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    let choice = json!({"name": "incident", "element": "state", "value": "9", "label": "Waiting for parts", "language": "en", "inactive": "false"});
    program.table(Method::POST, "sys_choice", Some(choice)).await;
    let open = page(program, connection, "/values?edit=status").await;
    assert!(open.contains("Waiting for parts") && open.contains("no row yet"), "{open}");
    assert_eq!(open.matches("has no row").count(), 1, "nothing else is wrong with it: {open}");
    let now = rules(program, connection).await;
    let typed =
        statuses(&now, &[("rows.0.servicenow", "77"), ("rows.3.requires", "close_code: Magic\nclose_notes: Done")]);
    let said = check(program, connection, ("values", "status"), &borrowed(&typed)).await;
    let found = |at: i64| -> String {
        let findings = said["findings"].as_array().expect("a list").iter();
        findings.filter(|finding| finding["at"] == at).map(|finding| finding["sentence"].to_string()).collect()
    };
    assert!(found(0).contains("no choice") && found(0).contains("77"), "{said}");
    assert!(found(3).contains("Magic") && found(3).contains("close_code"), "{said}");
    assert!(said["findings"].to_string().contains("Waiting for parts"), "{said}");
    let typed = statuses(&now, &[("rows.0.label", "Brand new")]);
    change(program, connection, "map", "status", &borrowed(&typed)).await;
    let rules = draft(program, connection).await.rules;
    let Convert::Map { map } = &rules.rule("status").expect("there").convert else { panic!("a map") };
    assert_eq!((map.rows[0].label.as_str(), map.rows[1].label.as_str()), ("Brand new", "In Progress"));
    let typed = statuses(&now, &[("rows.3.requires", "close_code Magic")]);
    let said = check(program, connection, ("values", "status"), &borrowed(&typed)).await;
    assert_eq!(said["trouble"]["field"], "rows.3.requires", "{said}");
}

#[tokio::test]
async fn who_comes_second_is_told_and_what_was_typed_stays() {
    let pair = Pair::linked().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    let open = page(program, connection, "?edit=title").await;
    let shown =
        open.split("name=\"form[seen]\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a mark");
    change(program, connection, "rule", "title", &[("note", "Ada was here")]).await;

    let mut late = form(connection, "rule", "title", &[("note", "So was Eve"), ("direction", "to_platform")]);
    late.push(("form[seen]".to_owned(), shown.to_owned()));
    let next = location(&program.post("/fn/change-mapping", &plain(&late)).await);
    assert!(next.contains("edit=title") && next.contains("So+was+Eve") || next.contains("So%20was%20Eve"), "{next}");
    assert_eq!(draft(program, connection).await.rules.rule("title").expect("there").note, "Ada was here");
    let place = next.split_once("/mappings").expect("the editor").1;
    let again = page(program, connection, place).await;
    assert!(again.contains("So was Eve") && again.contains("Ada changed the draft at"), "{again}");
    // Who works on another rule meanwhile is in nobody's way.
    change(program, connection, "rule", "description", &[("note", "Another rule")]).await;
    let shown =
        again.split("name=\"form[seen]\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a mark");
    let mut knowing = form(connection, "rule", "title", &[("note", "So was Eve")]);
    knowing.push(("form[seen]".to_owned(), shown.to_owned()));
    program.post("/fn/change-mapping", &plain(&knowing)).await;
    let rules = draft(program, connection).await.rules;
    assert_eq!(rules.rule("title").expect("there").note, "So was Eve");
    assert_eq!(rules.rule("description").expect("there").note, "Another rule");
}

#[tokio::test]
async fn what_cannot_be_kept_stays_typed_and_the_field_is_named() {
    let pair = Pair::linked().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    let refused = async |what: &str, of: &str, typed: &[(&str, &str)]| {
        let next = change(program, connection, what, of, typed).await;
        page(program, connection, next.split_once("/mappings").expect("the editor").1).await
    };
    let seen = refused("flow", "", &[("table", "Bad Table!"), ("pull_by", "updated")]).await;
    assert!(seen.contains("This is no name of a table") && seen.contains("Bad Table!"), "{seen}");
    let seen = refused("flow", "", &[("direction", "to_platform"), ("create_in_servicenow", "true")]).await;
    assert!(seen.contains("Nothing can be created in ServiceNow"), "{seen}");
    let half = [
        ("entry_servicenow.0.field", "priority"),
        ("entry_servicenow.0.operator", "is"),
        ("entry_servicenow.0.value", ""),
    ];
    assert!(refused("flow", "", &half).await.contains("The condition on priority has no value"));
    let seen = refused("rule", "title", &[("servicenow", ""), ("note", "kept while typing")]).await;
    assert!(seen.contains("names no field of ServiceNow") && seen.contains("kept while typing"), "{seen}");
    let answer = ask(program, connection, "flow", "", &[("table", "problem")]).await;
    assert_eq!((&answer["code"], &answer["field"]), (&json!("RULES-TABLE"), &json!("table")), "{answer}");
    assert!(program.database.store.draft(connection).await.expect("readable").is_none());
    let old = program.get(&format!("/settings/connections/{connection}/rules")).await;
    assert!(location(&old).ends_with("/mappings/flow"));
}

#[tokio::test]
async fn another_table_is_asked_for_before_it_is_taken_and_a_preset_brings_its_own() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let answer = ask(&program, &connection, "flow", "", &[("table", "no_such_table")]).await;
    let text = answer.to_string();
    assert!(text.contains("The table no_such_table cannot be read") && text.contains("a role that"), "{text}");
    assert!(change(&program, &connection, "preset", "ownership", &[]).await.ends_with("/preview"));
    assert!(look_and_publish(&program, &connection).await.ends_with("/drift"));
    let preset = merge::presets().into_iter().find(|preset| preset.id == "ownership").expect("there").rules;
    let after = rules(&program, &connection).await;
    assert_eq!((after.version, after.fields), (2, preset.fields));
}

#[tokio::test]
async fn a_mapping_goes_out_as_a_file_and_comes_in_as_a_draft() {
    let pair = Pair::linked().await;
    let (program, connection) = (&pair.program, pair.connection.as_str());
    let place = format!("/settings/connections/{connection}/mapping.json");
    let answer = program.get(&place).await;
    assert!(answer.headers()["content-disposition"].to_str().expect("text").contains("practice-mapping-v1.json"));
    let text = answer.text().await.expect("a file");
    let send = async |text: String| {
        let boundary = "mapping";
        let body = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"m.json\"\r\n\r\n{text}\r\n--{boundary}--\r\n"
        );
        let request = program.browser.post(program.url(&place)).header("cookie", &program.cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", format!("multipart/form-data; boundary={boundary}")).body(body);
        location(&request.send().await.expect("an answer"))
    };
    let broken = text.replacen("\"direction\": \"to_platform\"", "\"direction\": \"sideways\"", 1);
    let back = send(broken).await;
    let told = page(program, connection, back.split_once("/mappings").expect("the editor").1).await;
    assert!(
        told.contains("The file was not taken in") && told.contains("Line ") && told.contains("sideways"),
        "{told}"
    );
    assert!(program.database.store.draft(connection).await.expect("readable").is_none());

    let other = text.replacen("Set on creation, read-only", "From a file", 1);
    assert!(send(other).await.ends_with("/mappings/preview"));
    assert!(draft(program, connection).await.rules.fields.iter().any(|rule| rule.note == "From a file"));
    assert_eq!(rules(program, connection).await.version, 1, "nothing is published by it");
    let version = program.get(&format!("{place}?version=1")).await.text().await.expect("a file");
    assert_eq!(version, text);
}

#[tokio::test]
async fn nothing_is_published_while_a_run_is_open_nor_by_an_operator() {
    let (mut program, connection) = Program::connected(sqlite().await).await;
    program.ask("pause-connection", &[("id", &connection)]).await;
    assert!(program.ask("begin-run", &[("connection", &connection), ("how", "healing")]).await.is_null());
    assert!(ask(&program, &connection, "rule", "title", &[("note", "Another")]).await.is_null());
    let revision = draft(&program, &connection).await.revision.to_string();
    let answer = ask(&program, &connection, "publish", &revision, &[("unseen", "yes")]).await;
    assert_eq!(answer["code"], "RUN-OPEN", "{answer}");
    assert!(page(&program, &connection, "").await.contains("Until then nothing can be published"));
    assert_eq!(rules(&program, &connection).await.version, 1);
    assert_eq!(draft(&program, &connection).await.revision.to_string(), revision, "the draft is still there");

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
    for what in ["publish", "look", "discard", "rule"] {
        let answer = ask(&program, &connection, what, &revision, &[]).await;
        assert_eq!(answer["code"], "AUTH-FORBIDDEN", "{answer}");
    }
    let table = page(&program, &connection, "").await;
    assert!(table.contains("short_description") && !table.contains("Add a field rule"), "it is shown, and no more");
    assert_eq!(program.database.store.audit_count("mapping.publish", true).await.expect("readable"), 1);
}
