//! ServiceNow as a side, beside a real practice instance with its switches.

use super::support::{Practice, Program, sqlite};
use crate::connectors::servicenow::ServiceNow;
use crate::connectors::{Connector, Content, Failure, Gone, Journal, NewEntry, NewFile};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use merge::{Fields, Stream, Value};
use reqwest::Method;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

fn side(practice: &Practice, table: &str, fields: &[&str]) -> ServiceNow {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    ServiceNow::new(practice.instance.clone(), table, fields, practice.clock.clone())
}

async fn make(practice: &Practice, table: &str, body: Json) -> String {
    let made = practice.ask(Method::POST, &format!("/api/now/table/{table}"), Some(body)).await;
    made["sys_id"].as_str().expect("an id").to_owned()
}

async fn incident(practice: &Practice) -> String {
    make(practice, "incident", json!({"short_description": "a printer"})).await
}

async fn edit(practice: &Practice, incident: &str, fields: Json) {
    practice.ask(Method::PATCH, &format!("/api/now/table/incident/{incident}"), Some(fields)).await;
}

fn content(parts: &[&[u8]]) -> Content {
    let parts: Vec<Result<Bytes, Failure>> = parts.iter().map(|part| Ok(Bytes::copy_from_slice(part))).collect();
    stream::iter(parts).boxed()
}

fn hash(bytes: &[u8]) -> String {
    format!("{:x}", Bytes::copy_from_slice(&Sha256::digest(bytes)))
}

fn file(name: &str, bytes: &[u8]) -> NewFile {
    NewFile {
        key: "platform:1".into(),
        name: name.into(),
        content_type: "text/plain".into(),
        size: bytes.len() as u64,
        sha256: hash(bytes),
        author: "Ada".into(),
        at: 1_700_000_000_000,
        from: "Desk".into(),
    }
}

#[tokio::test]
async fn a_file_that_was_attached_is_listed_and_read() {
    let practice = Practice::start_as("itil").await;
    let side = side(&practice, "incident", &[]);
    let incident = incident(&practice).await;
    let inline = [("table_name", "ZZ_YYincident"), ("table_sys_id", incident.as_str()), ("file_name", "inline.png")];
    let upload = ["api", "now", "attachment", "file"];
    let none = stream::empty::<Result<Bytes, std::io::Error>>();
    practice.instance.upload(&upload, &inline, "image/png", 0, none).await.expect("taken");
    let new = file("Größe & more.txt", b"hello there");
    let made = side.attach(&incident, &new, content(&[b"hello ", b"", b"there"])).await.expect("taken");
    let files = side.files(&incident).await.expect("listed");
    assert_eq!(files.as_slice(), std::slice::from_ref(&made), "an inline image is no file");
    assert_eq!((made.name.as_str(), made.size, made.at), (new.name.as_str(), 11, new.at));
    assert_eq!((made.sha256, made.author.as_str()), (hash(b"hello there"), "ITIL User"));
    let read: Vec<Bytes> =
        side.read_file(&incident, &made.id).await.expect("opened").try_collect().await.expect("whole");
    assert_eq!(read.concat(), b"hello there");
    let empty = side.attach(&incident, &file("empty.txt", b""), content(&[])).await.expect("taken");
    assert_eq!((empty.size, side.files(&incident).await.expect("listed").len()), (0, 2));
}

#[tokio::test]
async fn nothing_is_kept_of_a_file_that_is_not_what_was_announced() {
    let practice = Practice::start().await;
    let side = side(&practice, "incident", &[]);
    let incident = incident(&practice).await;
    let new = file("a.txt", b"hello");
    for other in [content(&[b"hel", b"l0"]), content(&[b"hell"]), content(&[b"hello", b"!"])] {
        let failure = side.attach(&incident, &new, other).await.expect_err("another content");
        assert!(matches!(&failure, Failure::Refused { why } if why.contains("a.txt")), "{failure:?}");
    }
    let broken = stream::iter([Ok(Bytes::from_static(b"hel")), Err(Failure::transient("the disk"))]).boxed();
    assert_eq!(side.attach(&incident, &new, broken).await.expect_err("broken"), Failure::transient("the disk"));
    assert_eq!(side.files(&incident).await.expect("listed"), []);
}

#[tokio::test]
async fn a_file_that_servicenow_will_not_take_is_refused_in_its_words() {
    let practice = Practice::start().await;
    let side = side(&practice, "incident", &[]);
    let incident = incident(&practice).await;
    let set = json!({"name": "glide.attachment.extensions", "value": "pdf"});
    let there = practice.ask(Method::GET, "/api/now/table/sys_properties?name=glide.attachment.extensions", None).await;
    match there[0]["sys_id"].as_str() {
        Some(id) => practice.ask(Method::PATCH, &format!("/api/now/table/sys_properties/{id}"), Some(set)).await,
        None => practice.ask(Method::POST, "/api/now/table/sys_properties", Some(set)).await,
    };
    let failure = side.attach(&incident, &file("a.txt", b"a"), content(&[b"a"])).await.expect_err("not allowed");
    assert!(matches!(&failure, Failure::Refused { why } if why.contains("File type is not allowed")), "{failure:?}");
    let nowhere = "0123456789abcdef0123456789abcdef";
    let failure = side.attach(nowhere, &file("a.pdf", b"a"), content(&[b"a"])).await.expect_err("no record");
    assert!(matches!(&failure, Failure::Refused { why } if why.contains("incident")), "{failure:?}");
}

#[tokio::test]
async fn a_file_waits_for_its_scan_and_an_infected_one_is_kept_back() {
    let practice = Practice::start().await;
    let side = side(&practice, "incident", &[]);
    let incident = incident(&practice).await;
    practice.switch(json!({"attachment_scan_seconds": 3600})).await;
    let made = side.attach(&incident, &file("a.txt", b"a"), content(&[b"a"])).await.expect("taken");
    let failure = side.read_file(&incident, &made.id).await.err().expect("kept back");
    assert!(matches!(&failure, Failure::Transient { retry_after_ms: Some(_), .. }), "{failure:?}");
    practice.switch(json!({"attachment_scan_seconds": 0, "attachment_infected": true})).await;
    let made = side.attach(&incident, &file("b.txt", b"b"), content(&[b"b"])).await.expect("taken");
    let failure = side.read_file(&incident, &made.id).await.err().expect("kept back");
    assert!(matches!(&failure, Failure::Refused { why } if why.contains("virus")), "{failure:?}");
}

fn said(body: &str) -> NewEntry {
    NewEntry {
        key: "platform:1".into(),
        stream: Stream::Public,
        author: "Ada".into(),
        at: 1_700_000_000_000,
        body: body.into(),
        from: "Desk".into(),
    }
}

#[tokio::test]
async fn a_hidden_journal_is_read_from_the_records_own_text() {
    let practice = Practice::start().await;
    let side = side(&practice, "incident", &[]);
    let incident = incident(&practice).await;
    edit(&practice, &incident, json!({"comments": "first"})).await;
    edit(&practice, &incident, json!({"work_notes": "among us"})).await;
    edit(&practice, &incident, json!({"comments": "second\n\nwith more"})).await;
    let by_row = side.entries(&incident).await.expect("readable");
    assert_eq!(side.journal().await, Ok(Journal::Entries));
    practice.switch(json!({"journal_hidden": true})).await;
    assert_eq!(side.journal().await, Ok(Journal::Text));
    let by_text = side.entries(&incident).await.expect("readable");
    let plain = |entries: &[merge::Entry]| {
        let entries = entries.iter().map(|entry| (entry.stream, entry.author.clone(), entry.at, entry.body.clone()));
        entries.collect::<BTreeSet<_>>()
    };
    assert_eq!(plain(&by_text), plain(&by_row));
    // Old ids stay when new entries come.
    let quote = "see\n\n2026-01-01 00:00:00 - Ada (Additional comments)\nold words";
    side.append(&incident, &said(quote)).await.expect("taken");
    // What is quoted from here does not become an entry.
    let after = side.entries(&incident).await.expect("readable");
    assert_eq!(after.len(), by_text.len() + 1);
    assert!(by_text.iter().all(|old| after.contains(old)));
    let found = side.find_entry(&incident, &said(quote), &BTreeSet::new()).await.expect("readable").expect("there");
    assert!(after.iter().any(|entry| entry.id == found));
    assert_eq!(side.find_entry(&incident, &said(quote), &BTreeSet::from([found])).await, Ok(None));
}

#[tokio::test]
async fn times_in_the_accounts_own_zone_and_format_are_read() {
    let practice = Practice::start().await;
    let side = side(&practice, "incident", &[]);
    let incident = incident(&practice).await;
    let me = practice.ask(Method::GET, "/api/now/table/sys_user?user_name=admin&sysparm_fields=sys_id", None).await;
    let me = format!("/api/now/table/sys_user/{}", me[0]["sys_id"].as_str().expect("an id"));
    let profile = json!({"time_zone": "Asia/Kathmandu", "date_format": "dd/MM/yyyy", "time_format": "hh:mm:ss a"});
    practice.ask(Method::PATCH, &me, Some(profile)).await;
    edit(&practice, &incident, json!({"comments": "hello"})).await;
    let by_row = side.entries(&incident).await.expect("readable");
    practice.switch(json!({"journal_hidden": true})).await;
    let by_text = side.entries(&incident).await.expect("readable");
    assert_eq!((by_text.len(), by_text[0].at), (1, by_row[0].at));
    // The profile changes under our feet: what is shown is believed, and the entry keeps its id.
    practice.ask(Method::PATCH, &me, Some(json!({"time_zone": "US/Pacific", "date_format": "yyyy-MM-dd"}))).await;
    assert_eq!(side.entries(&incident).await.expect("readable"), by_text);
}

#[tokio::test]
async fn no_entry_crosses_again_when_the_journal_is_read_in_another_way() {
    let (program, connection) = Program::connected(sqlite().await).await;
    let incident = program.incident(json!({})).await;
    let ticket = program.ticket_of(&connection, &incident).await;
    let mut entries = 0;
    for hidden in [false, true, false, true] {
        program.switch(json!({"journal_hidden": hidden})).await;
        for again in ["the same words", "other words"] {
            program.edit_incident(&incident, json!({"comments": again})).await;
            program.comment(&ticket, again, false).await;
            entries += 2;
            program
                .until("each side has each entry", async || {
                    let there = program.database.store.comments(&ticket).await.expect("readable");
                    there.len() >= entries
                })
                .await;
            program.until_quiet(&connection).await;
        }
    }
    program.switch(json!({"journal_hidden": false})).await;
    program.edit_incident(&incident, json!({"short_description": "looked at once more"})).await;
    program.until("the edit is there", async || program.ticket(&ticket).await.title == "looked at once more").await;
    program.until_quiet(&connection).await;
    assert_eq!(program.journal(&incident, "comments").await.len(), entries);
    assert_eq!(program.database.store.comments(&ticket).await.expect("readable").len(), entries);
}

fn fields(pairs: &[(&str, Value)]) -> Fields {
    pairs.iter().map(|(field, value)| ((*field).to_owned(), value.clone())).collect()
}

#[tokio::test]
async fn a_record_is_made_once_whatever_becomes_of_the_answer() {
    let practice = Practice::start_as("itil").await;
    let side = side(&practice, "incident", &["short_description", "assigned_to"]);
    let beth = Value::user("beth.anglin@example.com", "");
    let wanted = fields(&[("short_description", Value::text("from Desk")), ("assigned_to", beth)]);
    practice.switch(json!({"faults": [{"kind": "lose_response", "method": "POST", "path": "/api/now/table/incident", "count": 1}]})).await;
    let lost = side.create("01KEY", &wanted).await.map(|_| ()).expect_err("lost");
    assert!(matches!(lost, Failure::Unsure { .. }), "{lost:?}");
    let found = side.create("01KEY", &wanted).await.expect("found").record;
    assert!(found.number.starts_with("INC"), "{found:?}");
    assert_eq!(found.fields["assigned_to"], Value::user("beth.anglin@example.com", "Beth Anglin"));
    let there = practice.ask(Method::GET, "/api/now/table/incident?correlation_id=01KEY", None).await;
    assert_eq!(there.as_array().map(Vec::len), Some(1));
    // A record whose sys_id is taken, but which is not shown, is no new one either.
    practice.ask(Method::DELETE, &format!("/api/now/table/incident/{}", found.id), None).await;
    assert_ne!(side.create("01OTHER", &wanted).await.expect("made").record.id, found.id);
}

#[tokio::test]
async fn what_is_gone_was_deleted_or_is_hidden_or_nobody_knows() {
    let practice = Practice::start().await;
    let side = side(&practice, "incident", &[]);
    let one = incident(&practice).await;
    side.delete(&one).await.expect("deleted");
    side.delete(&one).await.expect("deleted already");
    let gone = side.gone(&one).await.expect("answered");
    assert!(matches!(&gone, Gone::Deleted { at, by } if by == "System Administrator" && *at > 0), "{gone:?}");
    for (trace, is_told) in [("row_only", true), ("off", false)] {
        practice.switch(json!({ "delete_audit": trace })).await;
        let two = incident(&practice).await;
        side.delete(&two).await.expect("deleted");
        match side.gone(&two).await.expect("answered") {
            Gone::Deleted { .. } => assert!(is_told),
            Gone::Unknown { why } => assert!(!is_told && why.contains("leave no trace"), "{why}"),
            Gone::Hidden => panic!("it was deleted"),
        }
    }
    let three = incident(&practice).await;
    let moved = json!({"table": "incident", "sys_id": three, "values": {"sys_domain": "another"}});
    practice.ask(Method::POST, "/sandbox/quiet-edit", Some(moved)).await;
    practice.switch(json!({"hidden_domain": "another"})).await;
    assert_eq!(side.gone(&three).await, Ok(Gone::Hidden));
    assert!(side.delete(&three).await.is_err(), "what is hidden was not deleted");
}

#[tokio::test]
async fn an_account_without_the_audit_is_told_which_role_it_lacks() {
    let practice = Practice::start_as("itil").await;
    let side = side(&practice, "incident", &[]);
    let one = incident(&practice).await;
    practice.ask(Method::DELETE, &format!("/api/now/table/incident/{one}"), None).await;
    let gone = side.gone(&one).await.expect("answered");
    assert!(matches!(&gone, Gone::Unknown { why } if why.contains("audit_viewer")), "{gone:?}");
}

#[tokio::test]
async fn a_table_of_cases_is_read_as_its_dictionary_says() {
    let practice = Practice::start().await;
    let names = ["short_description", "contact", "category", "subcategory", "state", "opened_at", "sync_driver"];
    let side = side(&practice, "sn_customerservice_case", &names);
    let contact = practice.ask(Method::GET, "/api/now/table/customer_contact?sysparm_limit=1", None).await;
    let case =
        json!({"short_description": "a case", "contact": contact[0]["sys_id"], "category": "1", "sync_driver": "true"});
    let case = make(&practice, "sn_customerservice_case", case).await;
    let record = side.fetch(&case).await.expect("readable").expect("there");
    assert_eq!(record.fields["contact"], Value::user(contact[0]["email"].as_str().expect("an e-mail"), ""));
    assert_eq!((&record.fields["category"], &record.fields["subcategory"]), (&Value::choice("1"), &Value::choice("0")));
    assert_eq!(record.fields["sync_driver"], Value::Boolean(true));
    assert!(matches!(record.fields["opened_at"], Value::Moment(_)), "{record:?}");
    let applied = side.write(&case, &fields(&[("state", Value::choice("10"))]), "").await.expect("taken");
    assert_eq!((&applied.record.fields["state"], applied.notes), (&Value::choice("10"), Vec::new()));
}

#[tokio::test]
async fn what_is_left_out_or_refused_is_told_with_the_way_out() {
    let practice = Practice::start().await;
    let side = side(&practice, "incident", &["short_description", "state", "assigned_to"]);
    let incident = incident(&practice).await;
    let nobody = fields(&[("assigned_to", Value::user("nobody@example.com", ""))]);
    let applied = side.write(&incident, &nobody, "").await.expect("taken");
    assert_eq!(applied.left_out, BTreeSet::from(["assigned_to".to_owned()]));
    let note = applied.notes.join(" ");
    assert!(note.contains("nobody@example.com") && note.contains("sys_user"), "{note}");
    let resolved = fields(&[("state", Value::choice("6"))]);
    let refused = side.write(&incident, &resolved, "").await.map(|_| ()).expect_err("refused");
    assert!(
        matches!(&refused, Failure::Refused { why } if why.contains("Data Policy") && why.contains("requires")),
        "{refused:?}"
    );
    let long = fields(&[("short_description", Value::text(&"long ".repeat(60)))]);
    let stored = side.write(&incident, &long, "").await.expect("taken").record;
    assert!(stored.fields["short_description"].as_str().len() <= 160, "the record shows what was stored");
}

#[tokio::test]
async fn a_column_that_is_hidden_by_showing_it_blank_is_not_empty() {
    let practice = Practice::start_as("itil").await;
    let rule = json!({"name": "incident.description", "operation": "read", "condition": ""});
    let rule = practice.ask(Method::POST, "/api/now/table/sys_security_acl", Some(rule)).await;
    let grant = json!({"sys_security_acl": rule["sys_id"], "sys_user_role": "itil_admin"});
    practice.ask(Method::POST, "/api/now/table/sys_security_acl_role", Some(grant)).await;
    let secret = json!({"short_description": "a printer", "description": "secret"});
    let incident = make(&practice, "incident", secret).await;
    for unreadable in ["refuse", "no_rows", "ignore"] {
        practice.switch(json!({"hidden_field": "empty", "unreadable_query": unreadable})).await;
        let side = side(&practice, "incident", &["short_description", "description", "due_date", "close_notes"]);
        let record = side.fetch(&incident).await.expect("readable").expect("there");
        assert_eq!(record.fields.get("description"), None, "{unreadable}");
        assert_eq!(record.fields.get("due_date"), Some(&Value::Empty), "{unreadable}");
        let write = fields(&[("short_description", Value::text(unreadable))]);
        let written = side.write(&incident, &write, "").await.expect("taken").record;
        assert_eq!(written.fields.get("description"), None, "{unreadable}");
        assert_eq!(written.fields.get("close_notes"), Some(&Value::Empty), "{unreadable}");
    }
}

/// What a table asks for in a new record, besides what it fills in itself.
fn new_record(table: &str) -> Json {
    match table {
        "kb_knowledge" => {
            json!({"short_description": "an article", "text": "<p>It <b>works</b></p>", "valid_to": "2030-01-31"})
        }
        _ => json!({"short_description": "a record", "description": "two\nlines", "due_date": "2026-12-24 17:00:00"}),
    }
}

#[tokio::test]
async fn the_columns_of_every_preset_are_read_and_go_back_as_they_came() {
    for user in ["admin", "itil"] {
        let practice = Practice::start_as(user).await;
        for preset in merge::presets() {
            let table = preset.rules.table.as_str();
            if user == "itil" && table == "sn_customerservice_case" {
                continue;
            }
            let fields = preset.rules.servicenow_fields();
            let side = ServiceNow::new(practice.instance.clone(), table, fields.clone(), practice.clock.clone());
            let id = make(&practice, table, new_record(table)).await;
            let record = side.fetch(&id).await.expect("readable").expect("there");
            // The columns of one's own the practice instance does not have.
            let missing = fields.iter().filter(|field| !record.fields.contains_key(*field) && !field.starts_with("u_"));
            assert_eq!(missing.collect::<Vec<_>>(), Vec::<&String>::new(), "{user} {}", preset.id);
            let is_written = |field: &str| {
                let mut rules =
                    preset.rules.fields.iter().filter(|rule| rule.parts(merge::Side::ServiceNow).contains(&field));
                rules.any(|rule| preset.rules.allows(rule, merge::Side::ServiceNow))
            };
            let back: Fields = record.fields.clone().into_iter().filter(|(field, _)| is_written(field)).collect();
            let applied = side.write(&id, &back, "").await.expect("taken");
            assert_eq!((applied.notes, applied.left_out), (Vec::new(), BTreeSet::new()), "{user} {}", preset.id);
            assert_eq!(
                (applied.record.fields, applied.record.version),
                (record.fields, record.version),
                "{}",
                preset.id
            );
        }
    }
}

#[tokio::test]
async fn an_account_is_read_by_its_name_and_written_by_it() {
    let practice = Practice::start().await;
    let side = side(&practice, "sn_customerservice_case", &["account", "contact", "short_description"]);
    let account = practice.ask(Method::GET, "/api/now/table/customer_account?sysparm_limit=1", None).await;
    let (id, name) = (account[0]["sys_id"].as_str().expect("an id"), account[0]["name"].as_str().expect("a name"));
    let case = make(&practice, "sn_customerservice_case", json!({"short_description": "a case"})).await;
    let written = side.write(&case, &fields(&[("account", Value::text(name))]), "").await.expect("taken");
    assert_eq!(written.record.fields["account"], Value::reference(id, name));
    assert_eq!(written.record.fields["account"].label(), name);
    let nobody = side.write(&case, &fields(&[("account", Value::text("No such company"))]), "").await.expect("taken");
    assert_eq!(nobody.left_out, BTreeSet::from(["account".to_owned()]));
    let note = nobody.notes.join(" ");
    assert!(note.contains("customer_account") && note.contains("No such company"), "{note}");
}

#[tokio::test]
async fn what_is_no_value_of_its_column_is_left_out_and_told() {
    let practice = Practice::start().await;
    let side = side(&practice, "kb_knowledge", &["short_description", "valid_to", "latest", "text"]);
    let article = make(&practice, "kb_knowledge", new_record("kb_knowledge")).await;
    let record = side.fetch(&article).await.expect("readable").expect("there");
    assert_eq!(record.fields["valid_to"], Value::date("2030-01-31").expect("a date"));
    assert_eq!(record.fields["text"], Value::html("<p>It <b>works</b></p>"));
    assert!(matches!(record.fields["latest"], Value::Boolean(_)), "{record:?}");
    let soon = fields(&[("valid_to", Value::text("soon")), ("short_description", Value::text("flows"))]);
    let applied = side.write(&article, &soon, "").await.expect("taken");
    assert_eq!(applied.left_out, BTreeSet::from(["valid_to".to_owned()]));
    assert_eq!(applied.record.fields["short_description"], Value::text("flows"));
    let note = applied.notes.join(" ");
    assert!(note.contains("valid_to") && note.contains("YYYY-MM-DD") && note.contains("\"soon\""), "{note}");
}
