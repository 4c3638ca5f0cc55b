//! The REST API: a token's rights and its end, the shape of answers, and a description that fits the routes.

use super::support::{Database, EMAIL, ForwardClock, Program, on_both_databases, sqlite};
use crate::cli::Role;
use crate::web::api;
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;

on_both_databases!(a_program_works_with_what_its_token_allows, lists_come_whole_page_by_page);

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A token of the administrator's, as the page shows it once.
async fn token(program: &Program, role: &str) -> String {
    let day = crate::clock::format_moment(crate::clock::Clock::now(&crate::clock::SystemClock) + DAY, "%Y-%m-%d");
    let form = [("form[name]", "nightly"), ("form[role]", role), ("form[ends]", day.as_str())];
    let made = program.ask("make-token", &form).await;
    assert!(made.is_null(), "{made}");
    let fresh = program.ask("tokens", &[]).await["fresh"].as_str().expect("a token").to_owned();
    assert!(fresh.starts_with("isthmus_") && fresh.len() > 40, "{fresh}");
    assert_eq!(program.ask("tokens", &[]).await["fresh"], "", "it is shown once");
    fresh
}

async fn call(program: &Program, token: &str, method: Method, path: &str, body: Option<Json>) -> (StatusCode, Json) {
    let request = program.browser.request(method, program.url(&format!("/api/v1{path}"))).bearer_auth(token);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    (status, serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or_default())
}

async fn a_program_works_with_what_its_token_allows(database: Database) {
    let (program, connection) = Program::connected(database).await;
    let operator = token(&program, "operator").await;
    let viewer = token(&program, "viewer").await;
    let of = async |token: &str, method: Method, path: &str, body: Option<Json>| {
        call(&program, token, method, path, body).await
    };

    let (status, list) = of(&viewer, Method::GET, "/connections", None).await;
    assert_eq!((status, &list["items"][0]["id"]), (StatusCode::OK, &Json::from(connection.as_str())), "{list}");
    assert_eq!(list["items"][0]["state"], "active");
    let path = format!("/connections/{connection}/pause");
    let (status, problem) = of(&viewer, Method::POST, &path, None).await;
    assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &"AUTH-FORBIDDEN".into()), "{problem}");
    assert_eq!(of(&operator, Method::POST, &path, None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(of(&operator, Method::POST, &path, None).await.0, StatusCode::CONFLICT, "it is paused already");
    let entries = program.ask("audit", &[("filter[action]", "connections.pause")]).await;
    let seen: Vec<_> =
        (0..2).map(|i| (entries["rows"][i]["token"].clone(), entries["rows"][i]["refused"].clone())).collect();
    assert_eq!(seen, [("nightly".into(), false.into()), ("nightly".into(), true.into())], "{entries}");
    assert_eq!(
        of(&operator, Method::POST, &format!("/connections/{connection}/resume"), None).await.0,
        StatusCode::NO_CONTENT
    );

    let new = json!({"title": "The lamp flickers", "kind": "General inquiry", "priority": "Normal"});
    let (status, ticket) = of(&operator, Method::POST, "/tickets", Some(new)).await;
    assert_eq!(status, StatusCode::CREATED, "{ticket}");
    let path = format!("/tickets/{}", ticket["id"].as_str().expect("an id"));
    let (status, edited) = of(&operator, Method::PATCH, &path, Some(json!({"title": "The lamp is dark"}))).await;
    assert_eq!((status, &edited["title"]), (StatusCode::OK, &"The lamp is dark".into()), "{edited}");
    assert_eq!((&edited["kind"], &edited["priority"]), (&ticket["kind"], &ticket["priority"]), "left as they were");
    let comment = json!({"body": "A new one is ordered", "internal": true});
    let (status, commented) = of(&operator, Method::POST, &format!("{path}/comments"), Some(comment)).await;
    assert_eq!((status, &commented["comments"][0]["internal"]), (StatusCode::CREATED, &true.into()), "{commented}");
    let (status, run) =
        of(&operator, Method::POST, &format!("/connections/{connection}/runs"), Some(json!({"heals": false}))).await;
    assert_eq!((status, &run["kind"]), (StatusCode::CREATED, &"dry".into()), "{run}");
    let (_, read) = of(&viewer, Method::GET, &format!("/runs/{}", run["id"].as_str().expect("an id")), None).await;
    assert_eq!(read["id"], run["id"]);

    for (method, path, body, status, code) in [
        (Method::GET, "/tickets/nothing", None, StatusCode::NOT_FOUND, "TICKET-NOT-FOUND"),
        (Method::GET, "/nothing", None, StatusCode::NOT_FOUND, "API-NOT-FOUND"),
        (Method::GET, "/tickets/%00", None, StatusCode::NOT_FOUND, "API-NOT-FOUND"),
        (Method::PUT, "/tickets", None, StatusCode::METHOD_NOT_ALLOWED, "API-METHOD"),
        (Method::GET, "/tickets?limit=0", None, StatusCode::UNPROCESSABLE_ENTITY, "API-LIMIT"),
        (Method::GET, "/tickets?after=%27", None, StatusCode::UNPROCESSABLE_ENTITY, "API-AFTER"),
        (Method::GET, "/tickets?color=red", None, StatusCode::UNPROCESSABLE_ENTITY, "API-QUERY"),
        (Method::GET, "/tickets?status=%00", None, StatusCode::UNPROCESSABLE_ENTITY, "API-TEXT"),
        (Method::GET, "/audit?from=yesterday", None, StatusCode::UNPROCESSABLE_ENTITY, "AUDIT-DAY"),
        (Method::POST, "/tickets", Some(json!({"title": 1})), StatusCode::UNPROCESSABLE_ENTITY, "API-BODY"),
        (Method::POST, "/tickets", Some(json!({"title": "\0"})), StatusCode::UNPROCESSABLE_ENTITY, "API-TEXT"),
    ] {
        let (was, problem) = of(&operator, method, path, body).await;
        assert_eq!((was, &problem["code"]), (status, &Json::from(code)), "{path}: {problem}");
        assert!(
            ["what", "why", "what_to_do"]
                .iter()
                .all(|part| problem[part].as_str().is_some_and(|part| !part.is_empty()))
        );
    }
}

async fn lists_come_whole_page_by_page(database: Database) {
    let mut program = Program::start(database).await;
    program.become_admin().await;
    let token = token(&program, "operator").await;
    let mut made = Vec::new();
    for i in 0..7 {
        let new = json!({"title": format!("Ticket {i}"), "kind": "Payroll", "priority": "Normal"});
        let (status, ticket) = call(&program, &token, Method::POST, "/tickets", Some(new)).await;
        assert_eq!(status, StatusCode::CREATED, "{ticket}");
        made.push(ticket["id"].as_str().expect("an id").to_owned());
    }
    made.sort();
    made.reverse();
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let (_, page) = call(&program, &token, Method::GET, &format!("/tickets?limit=3{after}"), None).await;
        let items = page["items"].as_array().expect("rows");
        assert!(items.len() <= 3);
        found.extend(items.iter().map(|ticket| ticket["id"].as_str().expect("an id").to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(found, made);
    let (_, audit) = call(&program, &token, Method::GET, "/audit?action=tickets.create&limit=5", None).await;
    let next = audit["next"].as_str().expect("another page");
    let (_, rest) =
        call(&program, &token, Method::GET, &format!("/audit?action=tickets.create&limit=5&after={next}"), None).await;
    assert_eq!((audit["items"].as_array().map(Vec::len), rest["items"].as_array().map(Vec::len)), (Some(5), Some(2)));
    assert!(rest["next"].is_null(), "{rest}");
}

#[tokio::test]
async fn a_token_ends_by_its_day_by_a_person_and_with_the_account_and_a_session_is_none() {
    let clock = Arc::new(ForwardClock::default());
    let mut program = Program::start_by(clock.clone(), sqlite().await, Role::All).await;
    program.become_admin().await;
    let status = async |token: &str| call(&program, token, Method::GET, "/connections", None).await.0;
    let by_session = program.get("/api/v1/connections").await;
    assert_eq!(by_session.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(by_session.headers()["www-authenticate"], "Bearer");

    let revoked = token(&program, "viewer").await;
    assert_eq!(status(&revoked).await, StatusCode::OK);
    let page = program.browser.get(program.url("/tickets")).bearer_auth(&revoked).send().await.expect("an answer");
    assert!(page.status().is_redirection(), "a token opens no page");
    let rows = program.ask("tokens", &[]).await["rows"].clone();
    assert!(!rows[0]["used"].is_null(), "{rows}");
    assert!(program.ask("revoke-token", &[("id", rows[0]["id"].as_str().expect("an id"))]).await.is_null());
    assert_eq!(status(&revoked).await, StatusCode::UNAUTHORIZED);

    let ends = token(&program, "viewer").await;
    let me = program.database.store.person_by_email(EMAIL).await.expect("readable").expect("there");
    let mut tx = program.database.store.begin().await.expect("begins");
    tx.close_person(&me.id, 1).await.expect("closed");
    tx.commit().await.expect("committed");
    assert_eq!(status(&ends).await, StatusCode::UNAUTHORIZED, "the account is closed");
    let mut tx = program.database.store.begin().await.expect("begins");
    tx.reopen_person(&me.id).await.expect("open");
    tx.commit().await.expect("committed");
    assert_eq!(status(&ends).await, StatusCode::OK);
    clock.turn(3 * DAY);
    assert_eq!(status(&ends).await, StatusCode::UNAUTHORIZED, "its last day is over");
}

#[tokio::test]
async fn a_token_may_do_no_more_than_its_person_may_by_now() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let admin = token(&program, "admin").await;
    let me = program.database.store.person_by_email(EMAIL).await.expect("readable").expect("there");
    let mut tx = program.database.store.begin().await.expect("begins");
    tx.set_role(&me.id, "viewer").await.expect("set");
    tx.commit().await.expect("committed");
    let new = json!({"title": "x", "kind": "Payroll", "priority": "Normal"});
    assert_eq!(call(&program, &admin, Method::POST, "/tickets", Some(new)).await.0, StatusCode::FORBIDDEN);
    let above = [("form[name]", "more"), ("form[role]", "operator"), ("form[ends]", "2999-01-01")];
    assert_eq!(program.ask("make-token", &above).await["code"], "TOKEN-ROLE");
    assert_eq!(program.database.store.audit_count("tokens.make", true).await.expect("counted"), 1);
    let late = [("form[name]", "more"), ("form[role]", "viewer"), ("form[ends]", "2999-01-01")];
    assert_eq!(program.ask("make-token", &late).await["code"], "TOKEN-END");
}

#[tokio::test]
async fn the_description_is_that_of_the_routes() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let token = token(&program, "viewer").await;
    let answer = program.browser.get(program.url("/api/v1/openapi.json")).send().await.expect("an answer");
    let description: Json = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
    assert!(description["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let mut described = BTreeSet::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{method} {path}");
            assert!(operation["operationId"].is_string() && operation["tags"][0].is_string(), "{method} {path}");
            described.insert((method.to_uppercase(), path.clone()));
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let asked = path.trim_start_matches("/api/v1").replace("{id}", "nothing");
            let (status, problem) = call(&program, &token, method, &asked, None).await;
            assert_ne!(problem["code"], "API-NOT-FOUND", "{path} is routed");
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        }
    }
    let text = description.to_string();
    let schemas = description["components"]["schemas"].as_object().expect("schemas");
    for reference in text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(schemas.contains_key(reference), "{reference} is described");
    }
    let listed: BTreeSet<_> = api::endpoints().into_iter().map(|end| (end.method, end.path)).collect();
    assert_eq!(listed, described, "and the console lists them all");
    for area in ["connections", "tickets", "conflicts", "failures", "history", "runs", "audit"] {
        assert!(described.iter().any(|(_, path)| path.contains(area)), "{area}");
    }
}
