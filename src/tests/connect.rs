//! Connect: every way in which it fails has its own words.

use super::support::{Program, sqlite};
use serde_json::json;

async fn problem(program: &Program, page: &str) -> (String, String) {
    let (path, code) = page.split_once("?problem=").unwrap_or_else(|| panic!("no problem in {page}"));
    let id = path.split('/').nth(3).expect("an id");
    let seen = program.ask("connection", &[("id", id)]).await;
    (code.to_owned(), seen["checks"][0]["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn addresses_are_checked_before_anybody_is_sent_there() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let here = program.url("");
    for (address, code) in [
        ("not an address", "CONN-ADDRESS"),
        ("http://example.com", "CONN-ADDRESS"),
        ("https://10.1.2.3", "CONN-ADDRESS"),
        ("http://127.0.0.1:1", "CONN-UNREACHABLE"),
        (here.as_str(), "CONN-HTML"),
    ] {
        let form = [("name", "A"), ("address", address), ("client_id", "b"), ("client_secret", "c")];
        let answer = program.ask("connect", &form).await;
        assert_eq!(answer["code"], code, "{address}: {answer}");
        assert_eq!(answer["field"], "address");
    }
}

#[tokio::test]
async fn a_wrong_secret_a_denial_and_a_strange_state_differ() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let wrong = program.connect_with("not the secret").await;
    let page = program.authorize(&wrong, true).await;
    assert_eq!(problem(&program, &page).await, ("CONN-SECRET".into(), "CONN-SECRET".into()));
    let denied = program.connect().await;
    assert_eq!(denied, wrong, "the draft takes over the right secret");
    let page = program.authorize(&denied, false).await;
    assert_eq!(problem(&program, &page).await, ("CONN-DENIED".into(), "CONN-DENIED".into()));
    let stranger = program.get("/oauth/callback?code=abc&state=made-up").await;
    assert_eq!(super::support::location(&stranger), "/settings/connections?problem=CONN-STATE");
}

#[tokio::test]
async fn a_token_without_rights_is_told_with_the_table() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let id = program.connect().await;
    program.switch(json!({"fail_next": {"status": 403, "count": 100, "path": "/api/now/table/incident"}})).await;
    let page = program.authorize(&id, true).await;
    assert!(page.contains("?problem=CONN-RIGHTS"), "{page}");
    let seen = program.ask("connection", &[("id", &id)]).await;
    let check = seen["checks"].as_array().expect("checks").iter().find(|check| check["passed"] == false).expect("one");
    assert!(check["why"].as_str().expect("text").contains("incident"), "{check}");
    assert_eq!(seen["row"]["state"], "draft");
}

#[tokio::test]
async fn the_secret_never_leaves_and_a_viewer_sees_no_script() {
    let (program, id) = Program::connected(sqlite().await).await;
    let seen = program.ask("connection", &[("id", &id)]).await.to_string();
    assert!(!seen.contains("test-secret"));
    let row = program.database.store.connection(&id).await.expect("readable").expect("there");
    assert!(row.client_secret.starts_with("v1.") && !row.client_secret.contains("test-secret"));
}

#[tokio::test]
async fn a_table_of_an_instance_is_joined_once_and_a_second_connection_gets_another() {
    let (program, _) = Program::connected(sqlite().await).await;
    let address = program.practice.address().to_owned();
    let form = [("name", "B"), ("address", address.as_str()), ("client_id", "b"), ("client_secret", "c")];
    let saved = program.post("/fn/connect", &form).await;
    let id = super::support::location(&saved).split('/').nth(3).expect("an id").to_owned();
    let step = program.ask("connect-step", &[("id", &id), ("step", "2")]).await;
    let choice = &step["content"]["Capability"];
    assert_eq!(choice["preset"], "case", "{step}");
    assert_eq!(choice["tables"][0]["joined_by"], "Practice");
    let form = [("id", id.as_str()), ("environment", "sandbox"), ("preset", "incident")];
    assert_eq!(program.ask("choose-capability", &form).await["code"], "TABLE-TAKEN");
}
