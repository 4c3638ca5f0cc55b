//! The edge: webhooks, sessions, forms from elsewhere, headers, roles.

use super::support::{Program, sqlite};
use crate::clock::{Clock, SystemClock};
use crate::connectors::servicenow::signature;
use crate::store::PersonRow;
use reqwest::StatusCode;

#[tokio::test]
async fn a_webhook_is_taken_only_with_its_signature_in_its_time() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let (url, secret) = program.hook(&connection).await;
    let body = r#"{"event":"e1","table":"incident","sys_id":"0123456789abcdef0123456789abcdef"}"#;
    let now = SystemClock.now().to_string();
    let old = (SystemClock.now() - 6 * 60 * 1000).to_string();
    let send = async |url: &str, timestamp: &str, signature: &str, body: &'static str| {
        let request = program.browser.post(url).header("x-isthmus-timestamp", timestamp);
        request.header("x-isthmus-signature", signature).body(body).send().await.expect("an answer").status()
    };
    let signed = |timestamp: &str, body: &str| signature(&secret, timestamp, body.as_bytes());
    assert_eq!(send(&url, &now, &signed(&now, body), body).await, StatusCode::ACCEPTED);
    assert_eq!(send(&url, &now, &signed(&now, body), body).await, StatusCode::CONFLICT, "the same call again");
    assert_eq!(send(&url, &now, "AAAA", body).await, StatusCode::UNAUTHORIZED);
    assert_eq!(send(&url, &old, &signed(&old, body), body).await, StatusCode::UNAUTHORIZED);
    assert_eq!(send(&url, &now, &signed(&now, "{}"), "{}").await, StatusCode::BAD_REQUEST);
    assert_eq!(send(&format!("{url}x"), &now, &signed(&now, body), body).await, StatusCode::NOT_FOUND);
    assert_eq!(
        program.browser.post(&url).body("{}").send().await.expect("an answer").status(),
        StatusCode::UNAUTHORIZED
    );
    let large = "x".repeat(70_000);
    let answer =
        program.browser.post(&url).header("x-isthmus-timestamp", &now).body(large).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn forms_from_elsewhere_are_refused() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let answer = program
        .browser
        .post(program.url("/fn/pause-connection"))
        .header("cookie", &program.cookie)
        .header("sec-fetch-site", "cross-site")
        .header("origin", "https://evil.example")
        .form(&[("id", &connection)])
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let row = program.database.store.connection(&connection).await.expect("readable").expect("there");
    assert_eq!(row.state, crate::store::State::Active);
}

#[tokio::test]
async fn pages_carry_a_strict_policy_and_private_ones_send_strangers_to_sign_in() {
    let mut program = Program::start(sqlite().await).await;
    let stranger = program.get("/tickets").await;
    assert!(stranger.status().is_redirection(), "{}", stranger.status());
    assert_eq!(super::support::location(&stranger), "/sign-in?next=%2Ftickets");
    let answer = program.ask("tickets", &[("filter[search]", ""), ("filter[status]", ""), ("filter[page]", "1")]).await;
    assert_eq!(answer["code"], "AUTH-SIGNED-OUT");
    assert_eq!(program.get("/events").await.status(), StatusCode::UNAUTHORIZED);
    program.become_admin().await;
    let page = program.get("/tickets").await;
    assert_eq!(page.status(), StatusCode::OK);
    let header =
        |name: &str| page.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let policy = header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "no-store");
    let html = page.text().await.expect("a body");
    assert!(!html.contains("style=\""), "inline styles are against the policy");
    for script in html.split("<script").skip(1) {
        let tag = script.split('>').next().expect("a tag");
        assert!(tag.contains("src=") || tag.contains(&nonce), "a script without the nonce: {tag}");
    }
    assert_eq!(program.get("/no/such/page").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_viewer_reads_and_may_do_nothing_which_the_audit_says() {
    let (mut program, connection) = Program::connected(sqlite().await).await;
    let admin = program.database.store.person_by_email(super::support::EMAIL).await.expect("readable").expect("there");
    let viewer = PersonRow { id: SystemClock.id(), email: "eve@example.com".into(), role: "viewer".into(), ..admin };
    let mut tx = program.database.store.begin().await.expect("begins");
    tx.add_person(&viewer).await.expect("added");
    tx.commit().await.expect("committed");
    program.cookie.clear();
    let entered = program
        .post(
            "/fn/sign-in",
            &[("email", "eve@example.com"), ("password", super::support::PASSWORD), ("next", "//evil.example")],
        )
        .await;
    assert_eq!(super::support::location(&entered), "/", "never to another site");
    let cookie = entered.headers().get("set-cookie").expect("a session").to_str().expect("text").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    program.cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let seen = program.ask("connection", &[("id", &connection)]).await;
    assert_eq!(seen["webhook_address"], "");
    let answer = program.ask("pause-connection", &[("id", &connection)]).await;
    assert_eq!(answer["code"], "AUTH-FORBIDDEN");
    assert_eq!(program.database.store.audit_count("connections.pause", true).await.expect("counted"), 1);
    assert!(program.post("/fn/sign-out", &[]).await.status().is_redirection());
    assert_eq!(program.ask("connections", &[]).await["code"], "AUTH-SIGNED-OUT");
}

#[tokio::test]
async fn the_watchers_addresses_answer() {
    let program = Program::start(sqlite().await).await;
    assert_eq!(program.get("/healthz").await.text().await.expect("a body"), "ok\n");
    assert_eq!(program.get("/readyz").await.text().await.expect("a body"), "ready\n");
    let metrics = program.get("/metrics").await.text().await.expect("a body");
    assert!(metrics.contains("isthmus_jobs{state=\"ready\"} 0"), "{metrics}");
}

#[tokio::test]
async fn whoever_reads_the_audit_hears_of_every_act() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let mut line = program.get("/events").await;
    program.ask("pause-connection", &[("id", &connection)]).await;
    let mut heard = String::new();
    let hearing = async {
        while !heard.lines().any(|line| line == "data: audit") {
            let piece = line.chunk().await.expect("an open line").expect("news");
            heard.push_str(&String::from_utf8_lossy(&piece));
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), hearing).await.expect("told of");
}

#[tokio::test]
async fn the_parts_of_the_console_are_shown_with_no_record_of_anybody() {
    let (program, _) = Program::connected(sqlite().await).await;
    program.incident(serde_json::json!({"short_description": "A secret of ours"})).await;
    let page = program.get("/design").await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.expect("a page").replace("<!>", "");
    for words in ["Buttons", "90 days of access left", "The title is missing.", "page 2 of 100", "Partner gone"] {
        assert!(page.contains(words), "{words} is not on {page}");
    }
    assert!(!page.contains("A secret of ours"));
}

#[tokio::test]
async fn a_page_tells_once_what_its_form_was_answered() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let path = format!("/settings/connections/{connection}");
    let says = async |request: reqwest::RequestBuilder| {
        let page = request.header("cookie", &program.cookie).send().await.expect("an answer");
        page.text().await.expect("a page").contains("There is a new secret.")
    };
    let open = || program.browser.get(program.url(&path));
    program.post("/fn/rotate-webhook-secret", &[("id", &connection)]).await;
    assert!(!says(open().header("isthmus-by-itself", "1")).await, "a page that only follows takes nothing away");
    assert!(says(open()).await);
    assert!(!says(open()).await, "it is told once");
}

#[tokio::test]
async fn a_page_names_what_it_follows() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let page = async |path: &str| program.get(path).await.text().await.expect("a page");
    let topic = format!("data-topics=\"connections connection:{connection} polling:{connection}\"");
    assert!(page(&format!("/settings/connections/{connection}")).await.contains(&topic));
    // A list that must not move is followed from its newest line on.
    let history = page("/history").await;
    assert!(
        history.contains("data-topics=\"history\"") && history.contains("data-address=\"/history?seen="),
        "{history}"
    );
    assert!(!page("/settings/me").await.contains("data-topics"));
}
