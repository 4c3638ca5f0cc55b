//! Scripts that people have installed already, from other products' guides: each posts as its guide prints it, and has
//! the effect that the guide describes. The scripts beside this file are the guides' own; only the address is put in.

use super::support::{Database, Program, on_both_databases};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use merge::Trigger;
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use sha2::Sha256;

on_both_databases!(
    the_automatic_rule_without_a_signature_syncs,
    the_button_sends_what_waits_for_a_person,
    the_rule_that_signs_the_body_syncs,
    hooks_on_the_case_its_comments_and_its_files_sync,
);

impl Program {
    /// Connected, with nothing that polls: what arrives, arrives by webhook.
    async fn without_polls(database: Database) -> (Self, String) {
        let (program, connection) = Self::connected(database).await;
        program.database.store.run_script("delete from jobs where kind = 'poll'").await.expect("deleted");
        (program, connection)
    }

    async fn allow_unsigned(&self, connection: &str) {
        let answer = self.ask("take-unsigned", &[("id", connection), ("allow", "yes")]).await;
        assert!(answer.is_null(), "{answer}");
    }

    async fn add_rule(&self, table: &str, script: &str, when: &str) {
        let rule = json!({"name": "From a guide", "collection": table, "when": when, "active": "true", "advanced": "true",
            "action_insert": "true", "action_update": "true", "script": script});
        let made = self.table(Method::POST, "sys_script", Some(rule)).await;
        assert_eq!(made["script"], script, "{made}");
    }

    async fn remove_rules(&self) {
        let rules = self.table(Method::GET, "sys_script?sysparm_query=name=From a guide", None).await;
        for rule in rules.as_array().expect("a list") {
            self.table(Method::DELETE, &format!("sys_script/{}", rule["sys_id"].as_str().expect("an id")), None).await;
        }
    }

    async fn send(&self, url: &str, headers: &[(&str, &str)], body: String) -> StatusCode {
        let request = self.browser.post(url).header("content-type", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(body).send().await.expect("an answer").status()
    }

    async fn is_linked(&self, connection: &str, record: &str) -> bool {
        self.database.store.link_of(connection, record).await.expect("readable").is_some()
    }
}

/// What S2's two scripts send of an incident; the text is another one than the record's, and must not be believed.
fn as_s2_sends(action: &str, incident: &Json) -> String {
    json!({"action_type": action, "number": incident["number"], "sys_id": incident["sys_id"],
        "short_description": "Überholt: never believe this", "description": null, "state": "New", "impact": "3 - Low",
        "urgency": "3 - Low", "comments": ""})
    .to_string()
}

async fn the_automatic_rule_without_a_signature_syncs(database: Database) {
    let (program, connection) = Program::without_polls(database).await;
    let (url, _) = program.hook(&connection).await;
    let body = json!({"short_description": "Mail is slow", "category": "inquiry"});
    let incident = program.table(Method::POST, "incident", Some(body)).await;
    let id = incident["sys_id"].as_str().expect("an id").to_owned();
    let insert = as_s2_sends("insert", &incident);
    assert_eq!(program.send(&url, &[], insert.clone()).await, StatusCode::UNAUTHORIZED, "not before it is allowed");
    program.allow_unsigned(&connection).await;
    assert_eq!(program.send(&url, &[], insert).await, StatusCode::ACCEPTED);
    let ticket = program.ticket_of(&connection, &id).await;
    assert_eq!(program.ticket(&ticket).await.title, "Mail is slow", "the record was read, not the body");
    // And now as the guide's own script does it.
    let script = include_str!("incident_rule.js").replace("var endpoint = ''", &format!("var endpoint = '{url}'"));
    program.add_rule("incident", &script, "async").await;
    program.edit_incident(&id, json!({"short_description": "Mail is fast", "comments": "A grün 👍 word"})).await;
    program.until("the edit arrives", async || program.ticket(&ticket).await.title == "Mail is fast").await;
    // The title may have come with the engine's own last look; the comment waits for the rule's call.
    program
        .until("the comment arrives", async || {
            let comments = program.database.store.comments(&ticket).await.expect("readable");
            comments.iter().any(|comment| comment.body == "A grün 👍 word")
        })
        .await;
    program.until_quiet(&connection).await;
    // The same bytes again are news again: nothing in them tells two edits apart. Now without the rule.
    program.remove_rules().await;
    let update = as_s2_sends("update", &incident);
    for title in ["Mail stops", "Mail goes on"] {
        program.edit_incident(&id, json!({"short_description": title})).await;
        assert_eq!(program.send(&url, &[], update.clone()).await, StatusCode::ACCEPTED);
        program.until("it arrives", async || program.ticket(&ticket).await.title == title).await;
    }
    assert_eq!(program.ask("take-unsigned", &[("id", &connection)]).await, Json::Null);
    assert_eq!(program.send(&url, &[], update).await, StatusCode::UNAUTHORIZED, "and not after that");
}

async fn the_button_sends_what_waits_for_a_person(database: Database) {
    let (program, connection) = Program::without_polls(database).await;
    program.publish(&connection, |rules| rules.triggers.to_platform = Trigger::Manual).await.expect("kept");
    program.allow_unsigned(&connection).await;
    let (url, _) = program.hook(&connection).await;
    let body = json!({"short_description": "Send me", "category": "inquiry"});
    let incident = program.table(Method::POST, "incident", Some(body)).await;
    let id = incident["sys_id"].as_str().expect("an id").to_owned();
    assert_eq!(program.send(&url, &[], as_s2_sends("update", &incident)).await, StatusCode::ACCEPTED);
    program.until_quiet(&connection).await;
    assert!(!program.is_linked(&connection, &id).await, "a rule is not a person");
    // The guide's script includes, and something that presses its button.
    let helper = include_str!("incident_helper.js").replace("PUSH URL", &format!("{url}/send"));
    for (name, script) in
        [("IncidentWebhookHelper", helper.as_str()), ("IncidentWebhookHelperAjax", include_str!("incident_ajax.js"))]
    {
        let body =
            json!({"name": name, "api_name": format!("global.{name}"), "client_callable": "true", "script": script});
        program.table(Method::POST, "sys_script_include", Some(body)).await;
    }
    let press = format!("new IncidentWebhookHelperAjax({{sysparm_sys_id: '{id}'}}).sendWebhook();");
    program.add_rule("problem", &press, "after").await;
    program.table(Method::POST, "problem", Some(json!({"short_description": "press"}))).await;
    let ticket = program.ticket_of(&connection, &id).await;
    assert_eq!(program.ticket(&ticket).await.title, "Send me");
    assert_eq!(program.database.store.audit_count("connections.pull", false).await.expect("counted"), 1);
    // Pressed again, the linked record syncs as it stands now.
    program.edit_incident(&id, json!({"short_description": "Sent again"})).await;
    program.table(Method::POST, "problem", Some(json!({"short_description": "press again"}))).await;
    program.until("it arrives", async || program.ticket(&ticket).await.title == "Sent again").await;
    program.until_quiet(&connection).await;
    assert_eq!(program.database.store.audit_count("connections.pull", false).await.expect("counted"), 1);
    // What the filter keeps out stays out, whoever asks.
    let other = program.table(Method::POST, "incident", Some(json!({"category": "hardware"}))).await;
    assert_eq!(program.send(&format!("{url}/send"), &[], as_s2_sends("update", &other)).await, StatusCode::ACCEPTED);
    program.until_quiet(&connection).await;
    assert!(!program.is_linked(&connection, other["sys_id"].as_str().expect("an id")).await);
}

async fn the_rule_that_signs_the_body_syncs(database: Database) {
    let (program, connection) = Program::without_polls(database).await;
    let (url, secret) = program.hook(&connection).await;
    let made = program.incident(json!({"short_description": "Printer"})).await;
    let incident = program.table(Method::GET, &format!("incident/{made}"), None).await;
    let payload = |title: &str| {
        json!({"sys_id": made, "number": incident["number"], "short_description": title, "state": "1", "priority": "5",
            "impact": "3", "assigned_to": "", "updated_on": incident["sys_updated_on"]})
        .to_string()
    };
    let mac = |body: &str| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key").chain_update(body);
        mac.finalize().into_bytes()
    };
    let hex = |body: &str| format!("{:x}", bytes::Bytes::copy_from_slice(&mac(body)));
    let base64 = |body: &str| STANDARD.encode(mac(body));
    for (round, (sign, prefix)) in
        [(&hex as &dyn Fn(&str) -> String, ""), (&hex, "sha256="), (&base64, ""), (&base64, "sha256=")]
            .into_iter()
            .enumerate()
    {
        let body = payload(&format!("Drucker grün {round}"));
        let signature = format!("{prefix}{}", sign(&body));
        let header = [("X-ServiceNow-Signature", signature.as_str())];
        assert_eq!(
            program.send(&url, &header, body.replace("grün", "rot")).await,
            StatusCode::UNAUTHORIZED,
            "{signature}"
        );
        assert_eq!(program.send(&url, &header, body.clone()).await, StatusCode::ACCEPTED, "{signature}");
        assert_eq!(program.send(&url, &header, body).await, StatusCode::CONFLICT, "a replay: {signature}");
    }
    let ticket = program.ticket_of(&connection, &made).await;
    assert_eq!(program.ticket(&ticket).await.title, "Printer");
    // And now as the guide's own script does it, with the function that it lacks.
    let key = STANDARD.encode(&secret);
    let function = format!(
        "function generateSignature(text) {{ return new GlideCertificateEncryption().generateMac('{key}', 'HmacSHA256', text); }}\n"
    );
    let script =
        include_str!("signing_rule.js").replace("https://your-incidents-server/api/v1/webhooks/{integration_id}", &url);
    program.add_rule("incident", &format!("{function}{script}"), "after").await;
    program.edit_incident(&made, json!({"short_description": "Drucker läuft"})).await;
    program.until("the edit arrives", async || program.ticket(&ticket).await.title == "Drucker läuft").await;
}

async fn hooks_on_the_case_its_comments_and_its_files_sync(database: Database) {
    let (program, connection) = Program::without_polls(database).await;
    let of_cases = merge::presets().into_iter().find(|preset| preset.id == "case").expect("a preset").rules;
    program.publish(&connection, |rules| *rules = of_cases).await.expect("kept");
    program.allow_unsigned(&connection).await;
    let (url, _) = program.hook(&connection).await;
    let body = json!({"short_description": "The invoice is wrong", "category": "1", "priority": "2"});
    let case = program.table(Method::POST, "sn_customerservice_case", Some(body)).await;
    let id = case["sys_id"].as_str().expect("an id").to_owned();
    // The guide does not print its scripts: each sends the row that its rule stands on. A case may come by its number.
    let by_number = json!({"number": case["number"].as_str().expect("a number").to_lowercase(), "state": "1"});
    assert_eq!(program.send(&url, &[], by_number.to_string()).await, StatusCode::ACCEPTED);
    let ticket = program.ticket_of(&connection, &id).await;
    program.until_quiet(&connection).await;
    assert_eq!(program.ticket(&ticket).await.title, "The invoice is wrong");

    program.edit_row(&id, json!({"comments": "Please look"})).await;
    let query = format!("sys_journal_field?sysparm_query=element_id={id}^value=Please look");
    let row = program.table(Method::GET, &query, None).await[0].clone();
    assert_eq!(row["name"], "sn_customerservice_case", "{row}");
    assert_eq!(program.send(&url, &[], row.to_string()).await, StatusCode::ACCEPTED);
    program
        .until("the comment arrives", async || {
            let comments = program.database.store.comments(&ticket).await.expect("readable");
            comments.iter().any(|comment| comment.body == "Please look")
        })
        .await;

    let place =
        [("table_name", "sn_customerservice_case"), ("table_sys_id", id.as_str()), ("file_name", "invoice.txt")];
    let upload = program.browser.post(format!("{}/api/now/attachment/file", program.practice.address())).query(&place);
    let upload = upload.basic_auth("admin", Some("admin")).header("content-type", "text/plain").body("42 francs");
    assert_eq!(upload.send().await.expect("an answer").status(), StatusCode::CREATED);
    let query = format!("sys_attachment?sysparm_query=table_sys_id={id}");
    let row = program.table(Method::GET, &query, None).await[0].clone();
    assert_eq!(program.send(&url, &[], row.to_string()).await, StatusCode::ACCEPTED);
    program
        .until("the file arrives", async || {
            let files = program.database.store.files(&ticket).await.expect("readable");
            files.iter().any(|file| file.name == "invoice.txt")
        })
        .await;
    // The guide's rules have no condition, so they tell of comments and files of all tables.
    let elsewhere = json!({"element_id": id, "name": "incident", "element": "comments"});
    assert_eq!(program.send(&url, &[], elsewhere.to_string()).await, StatusCode::BAD_REQUEST);
}

impl Program {
    async fn edit_row(&self, case: &str, fields: Json) {
        let stored = self.table(Method::PATCH, &format!("sn_customerservice_case/{case}"), Some(fields)).await;
        assert_eq!(stored["sys_id"], case, "{stored}");
    }
}
