//! Files over real HTTP, between Desk and the practice instance: each is on both sides once, or a note says why not.

use super::files::bytes;
use super::support::{FILE_LIMIT_MIB, Pair, Program};
use crate::store::FileLine;
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};

const NAME: &str = "Größe 大 & more.bin";

impl Program {
    fn attachments(&self, path: &str) -> String {
        format!("{}/api/now/attachment{path}", self.practice.address())
    }

    /// As a person in ServiceNow. The file leaves the record's time stamp as it was (contract 5).
    pub async fn attach_there(&self, incident: &str, name: &str, content: Vec<u8>) {
        let place = [("table_name", "incident"), ("table_sys_id", incident), ("file_name", name)];
        let request = self.browser.post(self.attachments("/file")).query(&place).basic_auth("admin", Some("admin"));
        let request = request.header("accept", "application/json").header("content-type", "application/x-thing");
        let answer = request.body(content).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::CREATED);
    }

    pub async fn there(&self, incident: &str) -> Vec<Json> {
        let query = [("sysparm_query", format!("table_sys_id={incident}^ORDERBYsys_created_on"))];
        let request = self.browser.get(self.attachments("")).query(&query).basic_auth("admin", Some("admin"));
        let answer = request.header("accept", "application/json").send().await.expect("an answer");
        let body: Json = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
        body["result"].as_array().cloned().unwrap_or_default()
    }

    async fn content_there(&self, file: &Json) -> Vec<u8> {
        let path = format!("/{}/file", file["sys_id"].as_str().expect("an id"));
        let answer = self.browser.get(self.attachments(&path)).basic_auth("admin", Some("admin")).send().await;
        answer.expect("an answer").bytes().await.expect("a body").to_vec()
    }

    pub async fn here(&self, ticket: &str) -> Vec<FileLine> {
        self.database.store.files(ticket).await.expect("readable")
    }

    async fn set_property(&self, name: &str, value: &str) {
        let query = format!("sys_properties?sysparm_query=name={name}");
        let found = self.table(Method::GET, &query, None).await;
        match found[0]["sys_id"].as_str() {
            Some(id) => self.table(Method::PATCH, &format!("sys_properties/{id}"), Some(json!({"value": value}))).await,
            None => self.table(Method::POST, "sys_properties", Some(json!({"name": name, "value": value}))).await,
        };
    }
}

#[tokio::test]
async fn files_cross_both_ways_whole_and_once() {
    let pair = Pair::linked().await;
    let (program, large) = (&pair.program, bytes(5 * 1024 * 1024));
    program.attach_there(&pair.incident, NAME, large.clone()).await;
    program.until("Desk has it", async || program.here(&pair.ticket).await.len() == 1).await;
    let file = program.here(&pair.ticket).await.remove(0);
    assert_eq!((file.name.as_str(), file.content_type.as_str()), (NAME, "application/x-thing"));
    assert_eq!((file.author.as_str(), file.written_in.as_str()), ("System Administrator", "ServiceNow"));
    let there = program.there(&pair.incident).await;
    assert_eq!(Some(file.sha256.as_str()), there[0]["hash"].as_str());
    let made = crate::clock::read_moment(there[0]["sys_created_on"].as_str().expect("a time"));
    assert_eq!(Some(file.at), made, "its own time is kept");

    let back = bytes(5 * 1024 * 1024 - 1);
    let answer = program.attach(&pair.ticket, NAME, "text/plain", &back).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    program.until("ServiceNow has it", async || program.there(&pair.incident).await.len() == 2).await;
    pair.quiet().await;
    let there = program.there(&pair.incident).await;
    let sent = there.iter().find(|file| file["content_type"] == "text/plain").expect("there");
    assert_eq!(sent["file_name"], NAME);
    assert!(program.content_there(sent).await == back, "byte by byte");
    // Whatever moves next, they are known.
    program.comment(&pair.ticket, "did you see the files?", false).await;
    pair.quiet().await;
    assert_eq!((program.there(&pair.incident).await.len(), program.here(&pair.ticket).await.len()), (2, 2));
    assert_eq!(pair.told("file").await.len(), 2);
    assert_eq!(pair.told("problem").await, Vec::<String>::new());
}

#[tokio::test]
async fn files_of_before_the_link_cross_and_what_is_the_same_stays_one() {
    let pair = Pair::linked().await;
    let program = &pair.program;
    pair.meanwhile(async || {
        program.attach_there(&pair.incident, "same.txt", b"the same on both sides".to_vec()).await;
        program.attach(&pair.ticket, "other name.txt", "text/plain", b"the same on both sides").await;
        program.attach(&pair.ticket, "new.txt", "text/plain", b"only in Desk").await;
    })
    .await;
    program.until("the new one arrived", async || program.there(&pair.incident).await.len() == 2).await;
    pair.quiet().await;
    assert_eq!((program.there(&pair.incident).await.len(), program.here(&pair.ticket).await.len()), (2, 2));

    let early = pair.program.incident(json!({"short_description": "with a file from the start"})).await;
    program.attach_there(&early, "early.txt", b"first".to_vec()).await;
    let ticket = program.ticket_of(&pair.connection, &early).await;
    program.until("it came along", async || program.here(&ticket).await.len() == 1).await;
}

#[tokio::test]
async fn a_file_whose_answer_was_lost_is_there_once() {
    let pair = Pair::linked().await;
    let program = &pair.program;
    program.switch(json!({"lose_response_next": 1})).await;
    program.attach(&pair.ticket, "once.txt", "text/plain", b"said once").await;
    program.until("it arrived", async || !program.there(&pair.incident).await.is_empty()).await;
    pair.quiet().await;
    program.comment(&pair.ticket, "and again", false).await;
    pair.quiet().await;
    assert_eq!((program.there(&pair.incident).await.len(), program.here(&pair.ticket).await.len()), (1, 1));
    assert_eq!(pair.told("file").await.len(), 1);
}

#[tokio::test]
async fn a_file_that_a_side_will_not_take_is_told_there_and_goes_when_it_may() {
    let pair = Pair::linked().await;
    let program = &pair.program;
    program.set_property("glide.attachment.extensions", "txt").await;
    program.attach(&pair.ticket, "tool.exe", "application/octet-stream", b"MZ").await;
    program.comment(&pair.ticket, "after the file", false).await;
    program.until("the comment went on", async || program.journal(&pair.incident, "comments").await.len() == 1).await;
    program.until("it is told", async || program.journal(&pair.incident, "work_notes").await.len() == 1).await;
    pair.quiet().await;
    let note = program.journal(&pair.incident, "work_notes").await.remove(0);
    assert!(note.contains("\"tool.exe\" by Ada is in Desk only"), "{note}");
    assert!(pair.link().await.note.contains("tool.exe"), "{}", pair.link().await.note);
    assert_eq!(program.there(&pair.incident).await, Vec::<Json>::new());
    // The cause is mended, and a person says: again.
    program.set_property("glide.attachment.extensions", "").await;
    let lane = crate::queue::lane(&pair.connection, &pair.incident);
    let letters = program.database.store.held_letters(&lane).await.expect("readable");
    assert_eq!(letters.len(), 1, "{letters:?}");
    program.ask("retry-failure", &[("id", &letters[0].id)]).await;
    program.until("it arrived", async || program.there(&pair.incident).await.len() == 1).await;
    pair.quiet().await;
    assert_eq!(pair.link().await.note, "");
    assert_eq!(program.journal(&pair.incident, "work_notes").await.len(), 1, "told once");
}

#[tokio::test]
async fn a_file_that_is_too_large_for_desk_is_told_on_the_ticket() {
    let pair = Pair::linked().await;
    let program = &pair.program;
    let too_large = vec![7; (FILE_LIMIT_MIB as usize) * 1024 * 1024 + 1];
    program.attach_there(&pair.incident, "large.bin", too_large).await;
    program
        .until("it is told", async || {
            let comments = program.database.store.comments(&pair.ticket).await.expect("readable");
            comments.iter().any(|comment| {
                comment.internal == 1
                    && comment.body.contains("\"large.bin\" by System Administrator is in ServiceNow only")
                    && comment.body.contains("ISTHMUS_FILE_LIMIT_MIB")
            })
        })
        .await;
    pair.quiet().await;
    program.comment(&pair.ticket, "a pity", false).await;
    pair.quiet().await;
    assert_eq!(program.database.store.comments(&pair.ticket).await.expect("readable").len(), 2, "told once");
    assert!(program.here(&pair.ticket).await.is_empty());
    assert!(program.journal(&pair.incident, "work_notes").await.is_empty(), "the note is no entry of the ticket's own");
}
