//! Accounts: who gets in, with which role, until when; and that attempts to guess end.

use super::support::{Database, EMAIL, ForwardClock, PASSWORD, Program, location, on_both_databases, sqlite};
use crate::auth::{Attempt, Counted, FROM_ONE_PLACE, IN_ALL, REMEMBERED};
use crate::cli::Role;
use crate::clock::Clock;
use reqwest::StatusCode;
use std::sync::Arc;

on_both_databases!(
    somebody_is_added_sets_a_password_and_is_held_to_the_role,
    a_closed_account_is_out_at_once_and_comes_back_by_its_password,
    one_administrator_stays_whoever_else_goes,
    guessing_ends_for_a_while_in_every_process,
);

const BOBS: &str = "bob's own password";

/// Adds Bob and answers his id, and the link that the page shows once.
async fn add_bob(program: &Program, role: &str) -> (String, String) {
    let form = [("form[name]", "Bob"), ("form[email]", "Bob@Example.com"), ("form[role]", role)];
    let added = program.post("/fn/add-person", &form).await;
    let page = location(&added);
    let id = page.strip_prefix("/settings/people/").unwrap_or_else(|| panic!("added, and not {page}")).to_owned();
    let html = program.get(&page).await.text().await.expect("a page");
    let link = link_in(&html).unwrap_or_else(|| panic!("no link in {html}"));
    let again = program.get(&page).await.text().await.expect("a page");
    assert_eq!(link_in(&again), None, "it is shown once");
    (id, link)
}

fn link_in(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("/set-password?token=")?;
    Some(rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')).collect())
}

/// The cookie of whoever comes in by this form; nothing when nobody does.
async fn enters(program: &Program, path: &str, form: &[(&str, &str)]) -> Option<String> {
    let request = program.browser.post(program.url(path)).header("sec-fetch-site", "same-origin");
    let answer = request.header("accept", "application/json").form(form).send().await.expect("an answer");
    let cookie = answer.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok())?;
    answer.status().is_success().then(|| cookie.split(';').next().expect("a cookie").to_owned())
}

async fn signs_in(program: &Program, email: &str, password: &str) -> Option<String> {
    enters(program, "/fn/sign-in", &[("email", email), ("password", password), ("next", "/")]).await
}

/// A server function asked with another's cookie.
async fn ask_as(program: &Program, cookie: &str, name: &str, form: &[(&str, &str)]) -> serde_json::Value {
    let request = program.browser.post(program.url(&format!("/fn/{name}"))).header("cookie", cookie);
    let answer = request.header("accept", "application/json").form(form).send().await.expect("an answer");
    serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or_default()
}

async fn is_in(program: &Program, cookie: &str) -> bool {
    ask_as(program, cookie, "connections", &[]).await.is_array()
}

async fn somebody_is_added_sets_a_password_and_is_held_to_the_role(database: Database) {
    let mut program = Program::start(database).await;
    program.become_admin().await;
    let (bob, token) = add_bob(&program, "operator").await;
    let twice = [("form[name]", "Bob"), ("form[email]", "bob@example.com"), ("form[role]", "viewer")];
    assert_eq!(program.ask("add-person", &twice).await["code"], "PERSON-EMAIL-TAKEN");

    let short = [("token", token.as_str()), ("password", "short")];
    assert_eq!(program.ask("set-password", &short).await["code"], "FORM-PASSWORD", "and the link still works");
    let form = [("token", token.as_str()), ("password", BOBS)];
    let cookie = enters(&program, "/fn/set-password", &form).await.expect("signed in");
    assert_eq!(program.ask("set-password", &form).await["code"], "AUTH-PASSWORD-LINK", "once");
    assert_eq!(signs_in(&program, "bob@example.com", "another password").await, None);
    assert!(signs_in(&program, " BOB@example.com", BOBS).await.is_some());

    let refused = ask_as(&program, &cookie, "set-role", &[("id", &bob), ("role", "admin")]).await;
    assert_eq!(refused["code"], "AUTH-FORBIDDEN");
    let audit = program.ask("audit", &[("filter[person]", &bob), ("filter[refused]", "true")]).await;
    let row = &audit["rows"][0];
    assert_eq!(
        (&row["action"], &row["who"], &row["refused"]),
        (&"people.set_role".into(), &"Bob".into(), &true.into())
    );
    assert_eq!(row["address"], format!("/settings/people/{bob}"));

    assert!(program.ask("set-role", &[("id", &bob), ("role", "admin")]).await.is_null());
    let page = ask_as(&program, &cookie, "person", &[("id", &bob)]).await;
    assert_eq!((&page["row"]["role"], &page["may_change"]), (&"admin".into(), &true.into()), "from the next click on");
}

async fn a_closed_account_is_out_at_once_and_comes_back_by_its_password(database: Database) {
    let mut program = Program::start(database).await;
    program.become_admin().await;
    let (bob, token) = add_bob(&program, "viewer").await;
    let cookie =
        enters(&program, "/fn/set-password", &[("token", &token), ("password", BOBS)]).await.expect("signed in");
    assert!(is_in(&program, &cookie).await);
    assert!(program.ask("close-account", &[("id", &bob)]).await.is_null());
    assert!(!is_in(&program, &cookie).await);
    assert_eq!(signs_in(&program, "bob@example.com", BOBS).await, None);
    assert_eq!(program.ask("make-password-link", &[("id", &bob)]).await["code"], "PERSON-CLOSED");
    assert!(program.ask("reopen-account", &[("id", &bob)]).await.is_null());
    assert!(!is_in(&program, &cookie).await, "its sessions do not come back");
    let cookie = signs_in(&program, "bob@example.com", BOBS).await.expect("signed in");

    // A new password ends every session that began with the old one, and leaves the one that chose it.
    let elsewhere = signs_in(&program, "bob@example.com", BOBS).await.expect("signed in");
    let wrong = [("present", "not it at all"), ("password", "a better password")];
    assert_eq!(ask_as(&program, &cookie, "change-password", &wrong).await["code"], "AUTH-PRESENT-PASSWORD");
    let form = [("present", BOBS), ("password", "a better password")];
    let request = program.browser.post(program.url("/fn/change-password")).header("cookie", &cookie);
    let changed = request.header("accept", "application/json").form(&form).send().await.expect("an answer");
    assert_eq!(changed.status(), StatusCode::OK);
    let renewed = changed.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok()).expect("a new session");
    let renewed = renewed.split(';').next().expect("a cookie").to_owned();
    assert!(is_in(&program, &renewed).await && !is_in(&program, &elsewhere).await && !is_in(&program, &cookie).await);

    let third = signs_in(&program, "bob@example.com", "a better password").await.expect("signed in");
    ask_as(&program, &third, "sign-out-everywhere", &[]).await;
    assert!(!is_in(&program, &renewed).await && !is_in(&program, &third).await);
}

async fn one_administrator_stays_whoever_else_goes(database: Database) {
    let mut program = Program::start(database).await;
    program.become_admin().await;
    let ada = program.database.store.person_by_email(EMAIL).await.expect("readable").expect("there").id;
    let (bob, token) = add_bob(&program, "admin").await;
    for (act, form) in
        [("set-role", vec![("id", ada.as_str()), ("role", "viewer")]), ("close-account", vec![("id", &ada)])]
    {
        let answer = program.ask(act, &form).await;
        assert_eq!(answer["code"], "PERSON-LAST-ADMIN", "{act}: Bob has no password yet");
    }
    assert_eq!(program.database.store.audit_count("people.close", true).await.expect("counted"), 1);

    let cookie =
        enters(&program, "/fn/set-password", &[("token", &token), ("password", BOBS)]).await.expect("signed in");
    let (of_ada, of_bob) = ([("id", ada.as_str()), ("role", "operator")], [("id", bob.as_str())]);
    let (first, second) =
        tokio::join!(ask_as(&program, &cookie, "set-role", &of_ada), program.ask("close-account", &of_bob));
    let people = program.database.store.people().await.expect("readable");
    let admins = people.iter().filter(|row| row.role == "admin" && row.closed_at == 0).count();
    assert_eq!(admins, 1, "of two who take each other's right away, one stays: {first} {second}");
}

async fn guessing_ends_for_a_while_in_every_process(database: Database) {
    let clock = Arc::new(ForwardClock::default());
    let mut program = Program::start_by(clock.clone(), database, Role::All).await;
    program.become_admin().await;
    let store = &program.database.store;
    let here = Attempt::of(EMAIL, Some(program.running.address.ip()));
    let count = async |attempt: &Attempt| {
        let mut tx = store.begin().await.expect("begins");
        let counted = attempt.count(&mut tx, clock.now()).await.expect("counted");
        tx.commit().await.expect("committed");
        counted
    };
    let tries = async |email: &str, password: &str| {
        program.ask("sign-in", &[("email", email), ("password", password), ("next", "/")]).await["code"].clone()
    };
    // As another process counts them.
    for _ in 0..FROM_ONE_PLACE {
        assert_eq!(count(&here).await, Counted::Within);
    }
    assert_eq!(tries(EMAIL, PASSWORD).await, "AUTH-TOO-MANY", "the right one is not looked at either");
    assert_eq!(tries(EMAIL, PASSWORD).await, "AUTH-TOO-MANY");
    assert_eq!(tries("eve@example.com", "x").await, "AUTH-PASSWORD", "another account is not concerned");
    let refused = store.audit_count("people.sign_in", true).await.expect("counted");
    assert_eq!(refused, 2, "a wrong one, and once that there were too many");

    clock.turn(REMEMBERED);
    assert!(signs_in(&program, EMAIL, PASSWORD).await.is_some());
    // Who knows the password counts nothing up.
    for _ in 0..IN_ALL * 2 {
        assert_eq!(count(&here).await, Counted::Within);
        let mut tx = store.begin().await.expect("begins");
        here.take_back(&mut tx).await.expect("taken back");
        tx.commit().await.expect("committed");
    }
    // One account from ever other places, and one place with ever other accounts, end as well.
    for i in 0..IN_ALL {
        let elsewhere = Attempt::of(EMAIL, format!("192.0.2.{i}").parse().ok());
        assert_eq!(count(&elsewhere).await, Counted::Within, "{i}");
        let another = Attempt::of(&format!("{i}@example.com"), "198.51.100.7".parse().ok());
        assert_eq!(count(&another).await, Counted::Within, "{i}");
    }
    assert!(matches!(count(&Attempt::of(EMAIL, "203.0.113.1".parse().ok())).await, Counted::TooMany { .. }));
    assert!(matches!(
        count(&Attempt::of("new@example.com", "198.51.100.7".parse().ok())).await,
        Counted::TooMany { .. }
    ));
}

#[tokio::test]
async fn times_are_in_the_zone_of_the_browser_or_the_one_that_was_chosen() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let shown = async |cookies: &str| {
        let answer = program.browser.get(program.url("/settings/people")).header("cookie", cookies).send().await;
        let html = answer.expect("an answer").text().await.expect("a page");
        let (_, rest) = html.split_once("<time datetime=\"").expect("a time");
        let (iso, rest) = rest.split_once('"').expect("a moment");
        let (_, rest) = rest.split_once('>').expect("a tag");
        (html.clone(), iso.to_owned(), rest.split('<').next().expect("a text").to_owned())
    };
    let hour = |text: &str| text.rsplit(' ').next().expect("a clock")[..2].parse::<i64>().expect("an hour");
    let own = program.cookie.clone();
    let (html, iso, text) = shown(&own).await;
    assert!(html.contains("Times are UTC."), "{html}");
    assert_eq!(&text[text.len() - 8..], &iso[11..19]);
    // Kolkata and Kathmandu know no summer time.
    let (html, iso, text) = shown(&format!("{own}; isthmus_zone=Asia/Kolkata")).await;
    assert!(html.contains("Times are Asia/Kolkata."), "{html}");
    let utc_minutes = iso[11..13].parse::<i64>().expect("an hour") * 60 + iso[14..16].parse::<i64>().expect("a minute");
    assert_eq!(hour(&text), (utc_minutes + 330) / 60 % 24);
    let (html, ..) = shown(&format!("{own}; isthmus_zone=Asia/Nowhere")).await;
    assert!(html.contains("Times are UTC."), "no zone that there is not");

    assert_eq!(program.ask("set-zone", &[("zone", "Asia/Nowhere")]).await["code"], "FORM-ZONE");
    assert!(program.ask("set-zone", &[("zone", "asia/kathmandu")]).await.is_null());
    let (html, ..) = shown(&format!("{own}; isthmus_zone=Asia/Kolkata")).await;
    assert!(html.contains("Times are Asia/Kathmandu."), "the chosen one stands: {html}");
}
