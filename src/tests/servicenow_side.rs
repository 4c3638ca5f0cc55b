//! The page about ServiceNow's side: what is read back of the kit, through rights that hide and hands that change.

use super::support::{Program, location, postgres, sqlite};
use reqwest::Method;
use serde_json::{Value as Json, json};

async fn check(program: &Program, connection: &str) -> Vec<Json> {
    let answer = program.ask("check-kit", &[("id", connection)]).await;
    answer["pieces"].as_array().unwrap_or_else(|| panic!("no pieces in {answer}")).clone()
}

/// Pieces that stand otherwise than this, as `kind name: standing`.
fn except(pieces: &[Json], standing: &str) -> Vec<String> {
    let others = pieces.iter().filter(|piece| piece["standing"] != standing);
    others.map(|piece| format!("{} {}: {}", piece["kind"], piece["name"], piece["standing"])).collect()
}

fn piece<'a>(pieces: &'a [Json], kind: &str, part: &str) -> &'a Json {
    let is_it = |piece: &&Json| piece["kind"] == kind && piece["name"].as_str().is_some_and(|name| name.contains(part));
    pieces.iter().find(is_it).unwrap_or_else(|| panic!("no {kind} {part}"))
}

fn text<'a>(piece: &'a Json, name: &str) -> &'a str {
    piece[name].as_str().unwrap_or_else(|| panic!("no {name} in {piece}"))
}

/// The record's path in the Table API.
async fn path(program: &Program, table: &str, name: &str) -> String {
    let rows = program.table(Method::GET, &format!("{table}?sysparm_query=nameLIKE{name}"), None).await;
    format!("{table}/{}", rows[0]["sys_id"].as_str().unwrap_or_else(|| panic!("no {name} in {rows}")))
}

async fn edit(program: &Program, table: &str, name: &str, fields: Json) {
    let path = path(program, table, name).await;
    assert!(program.table(Method::PATCH, &path, Some(fields)).await["sys_id"].is_string());
}

#[tokio::test]
async fn what_is_installed_is_read_back_and_each_deviation_named() {
    let (program, connection) = Program::connected(sqlite().await).await;
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    assert_eq!(except(&check(&program, &connection).await, "same"), Vec::<String>::new());

    let row = program.database.store.connection(&connection).await.expect("readable").expect("there");
    let address = program.url(&format!("/hooks/{}", row.webhook_key));
    let script = format!("gs.info('by hand, to {address}');");
    edit(&program, "sys_script", "record", json!({"script": script, "when": "after"})).await;
    edit(&program, "sys_script", "file", json!({"active": "false"})).await;
    edit(&program, "sys_properties", ".secret", json!({"value": "guessed"})).await;
    let gone = path(&program, "sys_script", "work note").await;
    program.table(Method::DELETE, &gone, None).await;

    let pieces = check(&program, &connection).await;
    assert_eq!(except(&pieces, "same").len(), 4, "{:?}", except(&pieces, "same"));
    let rule = piece(&pieces, "Business Rule", ": record");
    assert_eq!(rule["standing"], "differs");
    assert_eq!(text(rule, "what"), "Otherwise than Isthmus would install it: Script, When.");
    let differences: Vec<(&str, &str)> = rule["differences"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|difference| (text(difference, "field"), text(difference, "there")))
        .collect();
    assert_eq!(differences, [("Script", "gs.info('by hand, to (the address)');"), ("When", "after")]);
    let off = piece(&pieces, "Business Rule", ": file");
    assert_eq!((&off["standing"], text(off, "what")), (&json!("off"), "It is switched off: Active is not ticked."));
    assert_eq!(piece(&pieces, "Business Rule", "work note")["standing"], "missing");
    let secret = piece(&pieces, "System Property", ".secret");
    assert_eq!((&secret["standing"], &secret["differences"][0]["is_secret"]), (&json!("differs"), &json!(true)));
    let all = json!(pieces).to_string();
    assert!(!all.contains("guessed") && !all.contains(&row.webhook_key), "no secret is shown: {all}");
    assert_eq!(program.database.store.audit_count("connections.check_kit", false).await.expect("counted"), 2);
}

#[tokio::test]
async fn what_the_account_may_not_read_is_unknown_and_never_missing() {
    let (program, connection) = Program::connected(postgres().await).await;
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    // The same connection by an account that sees no record of these tables.
    let back = program.authorize_as(&connection, "itil", true).await;
    assert!(back.starts_with("/settings/connections/"), "{back}");
    for (unreadable, hidden) in [("ignore", "absent"), ("no_rows", "empty"), ("refuse", "absent")] {
        program.switch(json!({"unreadable_query": unreadable, "hidden_field": hidden})).await;
        let pieces = check(&program, &connection).await;
        let seen = pieces.iter().filter(|piece| piece["standing"] != "unknown").map(|piece| text(piece, "kind"));
        assert_eq!(seen.collect::<Vec<_>>(), ["Role"], "{unreadable}: roles alone are open to everybody");
        assert!(text(&pieces[0], "what").starts_with("Whether it is there cannot be seen."), "{}", pieces[0]);
    }
}

#[tokio::test]
async fn a_column_that_is_hidden_is_neither_the_same_nor_otherwise() {
    let (program, connection) = Program::connected(sqlite().await).await;
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    let closed = json!({"name": "sys_script.script", "type": "record", "operation": "read", "active": "true",
        "admin_overrides": "false", "condition": "sys_idISEMPTY"});
    assert!(program.table(Method::POST, "sys_security_acl", Some(closed)).await["sys_id"].is_string());
    for hidden in ["absent", "empty"] {
        program.switch(json!({"hidden_field": hidden})).await;
        let pieces = check(&program, &connection).await;
        let rule = piece(&pieces, "Business Rule", ": record");
        assert_eq!((&rule["standing"], text(rule, "what")), (&json!("unknown"), "This account may not read: Script."));
        assert_eq!(piece(&pieces, "Script Include", "")["standing"], "same", "another table's scripts are open");
    }
}

#[tokio::test]
async fn the_page_works_without_scripts_and_shows_what_it_found_and_the_guide() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let path = format!("/settings/connections/{connection}/servicenow");
    let page = program.get(&path).await.text().await.expect("a page");
    for expected in ["By file", "By hand", "Nothing installed", "Not looked at", "None yet", "/oauth/callback"] {
        assert!(page.contains(expected), "{expected}");
    }
    let row = program.database.store.connection(&connection).await.expect("readable").expect("there");
    assert!(page.contains(&row.webhook_key));
    assert!(
        program.get(&format!("/settings/connections/{connection}/isthmus-install.xml")).await.status().is_success()
    );
    assert!(program.ask("install-webhook", &[("id", &connection)]).await.is_null());
    program.incident(json!({})).await;
    program
        .until("a webhook arrived", async || {
            !program.ask("servicenow-side", &[("id", &connection)]).await["steps"]["last_signed"].is_null()
        })
        .await;
    let page = program.get(&format!("{path}?check=1")).await.text().await.expect("a page");
    for expected in ["records are installed, and the same.", "Downloaded", "The last one that was signed"] {
        assert!(page.contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn a_viewer_sees_the_guide_and_no_secret_and_may_not_check() {
    let (mut program, connection) = Program::connected(sqlite().await).await;
    let row = program.database.store.connection(&connection).await.expect("readable").expect("there");
    let admin = program.database.store.person_by_email(super::support::EMAIL).await.expect("readable").expect("there");
    let viewer =
        crate::store::PersonRow { id: "viewer".into(), email: "v@example.com".into(), role: "viewer".into(), ..admin };
    let mut tx = program.database.store.begin().await.expect("begins");
    tx.add_person(&viewer).await.expect("added");
    tx.commit().await.expect("committed");
    let form = [("email", "v@example.com"), ("password", super::support::PASSWORD), ("next", "/")];
    let entered = program.post("/fn/sign-in", &form).await;
    assert_eq!(location(&entered), "/");
    let cookie = entered.headers()["set-cookie"].to_str().expect("text").to_owned();
    program.cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let page = program.get(&format!("/settings/connections/{connection}/servicenow?check=1")).await;
    let page = page.text().await.expect("a page");
    assert!(page.contains("Register the OAuth client") && !page.contains(&row.webhook_key));
    assert!(!page.contains("Check what is installed</button>"));
    assert_eq!(program.ask("check-kit", &[("id", &connection)]).await["code"], "AUTH-FORBIDDEN");
}
