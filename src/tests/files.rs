//! Files of tickets: kept in pieces on both databases, and to and from a browser.

use super::support::{Database, FILE_LIMIT_MIB, Program, TurnedClock, location, on_both_databases, sqlite};
use crate::clock::Clock;
use crate::desk::files::{NotReceived, content, receive};
use crate::store::{FileLine, Ticket};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::{Response, StatusCode};

on_both_databases!(a_file_comes_back_byte_by_byte, a_file_that_breaks_off_or_is_too_large_leaves_nothing,);

/// Bytes that differ from place to place.
pub fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from((at * 31 + at / 251) % 256).expect("a byte")).collect()
}

async fn ticket(database: &Database, clock: &TurnedClock) -> String {
    let ticket = Ticket { id: clock.id(), number: "TKT0000001".into(), version: 1, ..Ticket::default() };
    let mut tx = database.store.begin().await.expect("begins");
    tx.add_ticket(&ticket).await.expect("added");
    tx.commit().await.expect("committed");
    ticket.id
}

fn line(clock: &TurnedClock, ticket: &str) -> FileLine {
    FileLine {
        id: clock.id(),
        ticket_id: ticket.to_owned(),
        origin: "servicenow:f1".into(),
        name: "a.bin".into(),
        content_type: "application/octet-stream".into(),
        size: 0,
        sha256: String::new(),
        author: "Ada".into(),
        written_in: "ServiceNow".into(),
        at: clock.now(),
    }
}

fn in_parts(content: &[u8], part: usize) -> Vec<Result<Bytes, std::io::Error>> {
    content.chunks(part).map(|part| Ok(Bytes::copy_from_slice(part))).collect()
}

async fn a_file_comes_back_byte_by_byte(database: Database) {
    let (store, clock) = (&database.store, TurnedClock::at(1_800_000_000_000));
    let ticket = ticket(&database, &clock).await;
    for (size, part) in [(0, 1), (1, 1), (256 * 1024, 1000), (700_001, 65_536), (600_000, 600_000)] {
        let sent = bytes(size);
        let file = FileLine { origin: format!("servicenow:{size}"), ..line(&clock, &ticket) };
        let file = receive(store, &clock, file, 1 << 20, stream::iter(in_parts(&sent, part))).await.expect("received");
        assert_eq!(store.file(&ticket, &file.id).await.expect("readable"), None, "not seen before it is kept");
        let mut tx = store.begin().await.expect("begins");
        tx.keep_file(&file).await.expect("kept");
        tx.commit().await.expect("committed");
        let kept = store.file_by_origin(&ticket, &file.origin).await.expect("readable").expect("there");
        assert_eq!(kept, file);
        assert_eq!(usize::try_from(kept.size).expect("a size"), size);
        let back: Vec<Bytes> = content(store.clone(), kept.id).try_collect().await.expect("read");
        assert!(back.iter().all(|piece| piece.len() <= 256 * 1024));
        assert!(back.concat() == sent, "{size} bytes in parts of {part}");
    }
}

async fn a_file_that_breaks_off_or_is_too_large_leaves_nothing(database: Database) {
    let (store, clock) = (&database.store, TurnedClock::at(1_800_000_000_000));
    let ticket = ticket(&database, &clock).await;
    let large = stream::iter(in_parts(&bytes(600_000), 1000));
    let refused = receive(store, &clock, line(&clock, &ticket), 599_999, large).await;
    assert!(matches!(refused, Err(NotReceived::TooLarge { .. })), "{refused:?}");
    let mut parts = in_parts(&bytes(600_000), 1000);
    parts.push(Err(std::io::Error::other("cut")));
    let cut = receive(store, &clock, line(&clock, &ticket), 1 << 20, stream::iter(parts)).await;
    assert!(matches!(cut, Err(NotReceived::Content(_))), "{cut:?}");
    assert_eq!(store.count_pieces().await.expect("readable"), 0);
    // A process that died in the middle: the next file a day later sweeps it.
    let never_ends = stream::iter(in_parts(&bytes(600_000), 1000)).chain(stream::pending());
    let died = receive(store, &clock, line(&clock, &ticket), 1 << 20, never_ends);
    assert!(tokio::time::timeout(std::time::Duration::from_secs(1), died).await.is_err());
    assert!(store.count_pieces().await.expect("readable") > 0);
    clock.turn(25 * 60 * 60 * 1000);
    receive(store, &clock, line(&clock, &ticket), 1, stream::iter(in_parts(b"x", 1))).await.expect("received");
    assert_eq!(store.count_pieces().await.expect("readable"), 1);
}

impl Program {
    /// The form on the ticket's page, as a browser sends it without JavaScript.
    pub async fn attach(&self, ticket: &str, name: &str, content_type: &str, content: &[u8]) -> Response {
        let boundary = "isthmus-test-boundary";
        let head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: {content_type}\r\n\r\n"
        );
        let body = [head.as_bytes(), content, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
        self.browser
            .post(self.url(&format!("/tickets/{ticket}/files")))
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html")
            .header("content-type", format!("multipart/form-data; boundary={boundary}"))
            .body(body)
            .send()
            .await
            .expect("an answer")
    }
}

#[tokio::test]
async fn a_person_adds_a_file_and_fetches_it() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let ticket = ticket(&program.database, &TurnedClock::at(1_800_000_000_000)).await;
    let sent = bytes(700_000);
    let answer = program.attach(&ticket, "Größe 大.html", "text/html", &sent).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(location(&answer), format!("/tickets/{ticket}"));
    let page = program.get(&format!("/tickets/{ticket}")).await.text().await.expect("a page");
    assert!(page.contains("Größe 大.html") && page.contains("683.6 KiB") && page.contains("multipart/form-data"));
    let file = program.database.store.files(&ticket).await.expect("readable").remove(0);
    assert_eq!((file.author.as_str(), file.written_in.as_str()), ("Ada", "Desk"));
    let back = program.get(&format!("/tickets/{ticket}/files/{}", file.id)).await;
    assert_eq!(back.status(), StatusCode::OK);
    let header = |name: &str| back.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
    assert!(header("content-disposition").starts_with("attachment; "), "{}", header("content-disposition"));
    assert!(back.bytes().await.expect("a body") == sent);
    let elsewhere = program.get(&format!("/tickets/other/files/{}", file.id)).await;
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND, "a file belongs to its ticket");
}

#[tokio::test]
async fn a_file_that_is_not_taken_is_told_on_the_ticket() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let ticket = ticket(&program.database, &TurnedClock::at(1_800_000_000_000)).await;
    let large = vec![7; (FILE_LIMIT_MIB as usize) * 1024 * 1024 + 1];
    for (name, content, told) in
        [("large.bin", large.as_slice(), "Desk takes files up to 6.0 MiB."), ("", b"", "Choose a file.")]
    {
        let answer = program.attach(&ticket, name, "application/octet-stream", content).await;
        let back = location(&answer);
        assert!(back.starts_with(&format!("/tickets/{ticket}?")), "{back}");
        let page = program.get(&back).await.text().await.expect("a page");
        assert!(page.contains(told), "{told}");
    }
    assert!(program.database.store.files(&ticket).await.expect("readable").is_empty());
    assert_eq!(program.database.store.count_pieces().await.expect("readable"), 0);
}

#[tokio::test]
async fn strangers_neither_add_nor_fetch_files() {
    let mut program = Program::start(sqlite().await).await;
    program.become_admin().await;
    let ticket = ticket(&program.database, &TurnedClock::at(1_800_000_000_000)).await;
    program.attach(&ticket, "a.txt", "text/plain", b"for us").await;
    let file = program.database.store.files(&ticket).await.expect("readable").remove(0);
    program.cookie = String::new();
    program.attach(&ticket, "b.txt", "text/plain", b"from a stranger").await;
    assert_eq!(program.database.store.files(&ticket).await.expect("readable").len(), 1);
    let answer = program.get(&format!("/tickets/{ticket}/files/{}", file.id)).await;
    assert!(location(&answer).starts_with("/sign-in"));
    let cross = program
        .browser
        .post(program.url(&format!("/tickets/{ticket}/files")))
        .header("sec-fetch-site", "cross-site")
        .header("origin", "https://evil.example")
        .header("content-type", "multipart/form-data; boundary=x")
        .body("--x--\r\n")
        .send()
        .await
        .expect("an answer");
    assert_eq!(cross.status(), StatusCode::FORBIDDEN);
}
