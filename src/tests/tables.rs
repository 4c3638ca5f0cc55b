//! A connection joins one table, whichever the mapping names: S4's cases flow as incidents do.

use super::support::{Database, Program, on_both_databases};
use crate::store::StoreError;
use merge::Rules;
use reqwest::Method;
use serde_json::json;

on_both_databases!(cases_flow_both_ways, the_table_of_links_stays);

fn of_cases() -> Rules {
    merge::presets().into_iter().find(|preset| preset.id == "case").expect("a preset").rules
}

async fn cases_flow_both_ways(database: Database) {
    let (program, connection) = Program::connected(database).await;
    program.publish(&connection, |rules| *rules = of_cases()).await.expect("kept");
    let answer = program.ask("install-webhook", &[("id", &connection)]).await;
    assert!(answer.is_null(), "{answer}");
    let body = json!({"short_description": "The invoice is wrong", "category": "1", "priority": "2", "comments": "Please look"});
    let made = program.table(Method::POST, "sn_customerservice_case", Some(body)).await;
    let case = made["sys_id"].as_str().unwrap_or_else(|| panic!("no sys_id in {made}")).to_owned();
    let ticket = program.ticket_of(&connection, &case).await;
    program.until_quiet(&connection).await;
    let is = program.ticket(&ticket).await;
    assert_eq!((is.title.as_str(), is.kind.as_str(), is.priority.as_str()), ("The invoice is wrong", "Issue", "High"));
    assert_eq!(is.reference, made["number"]);
    assert_eq!(program.database.store.comments(&ticket).await.expect("readable").len(), 1);
    program
        .until("its business rule told", async || {
            program.database.store.connection(&connection).await.expect("readable").expect("there").last_webhook > 0
        })
        .await;

    program.edit_ticket(&ticket, &[("title", "Renamed in Desk")]).await;
    program.comment(&ticket, "on it", false).await;
    program.until_quiet(&connection).await;
    let row = program.table(Method::GET, &format!("sn_customerservice_case/{case}"), None).await;
    assert_eq!(row["short_description"], "Renamed in Desk");
    assert!(program.journal(&case, "comments").await.last().expect("a comment").ends_with("on it"));
    let page = program.get(&format!("/tickets/{ticket}")).await.text().await.expect("a page");
    assert!(page.contains("sn_customerservice_case.do") && !page.contains("incident.do"), "{page}");
    // An incident of the same instance is none of this connection's business.
    let incident = program.incident(json!({})).await;
    program.until_quiet(&connection).await;
    assert!(program.database.store.link_of(&connection, &incident).await.expect("readable").is_none());
}

async fn the_table_of_links_stays(database: Database) {
    let (program, connection) = Program::connected(database).await;
    program.publish(&connection, |rules| *rules = of_cases()).await.expect("nothing is linked yet");
    // The instance may be connected once more now, for its incidents.
    let second = program.connect().await;
    assert_ne!(second, connection);
    let taken = program.publish(&second, |rules| *rules = of_cases()).await;
    assert!(matches!(taken, Err(StoreError::TableTaken { .. })), "{taken:?}");
    program.publish(&connection, |rules| rules.table = "problem".into()).await.expect("still nothing is linked");
    program
        .publish(&connection, |rules| *rules = merge::incident_to_desk())
        .await
        .expect_err("the second has incidents");
    program.publish(&second, |rules| *rules = of_cases()).await.expect("free by now");
    program.publish(&connection, |rules| *rules = merge::incident_to_desk()).await.expect("free by now");
    let incident = program.incident(json!({})).await;
    program.ticket_of(&connection, &incident).await;
    let in_use = program.publish(&connection, |rules| rules.table = "problem".into()).await;
    assert!(matches!(in_use, Err(StoreError::TableInUse { ref table }) if table == "incident"), "{in_use:?}");
}
