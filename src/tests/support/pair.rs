//! The program with one linked pair of records, which most tests of the sync start from.

use super::{Database, Program, sqlite};
use crate::store::{Conflict, HistorySearch, Link};
use merge::Rules;
use serde_json::{Value as Json, json};

pub struct Pair {
    pub program: Program,
    pub connection: String,
    pub incident: String,
    pub ticket: String,
}

impl Pair {
    pub async fn linked() -> Self {
        Self::with(json!({})).await
    }

    /// An incident with these fields, and its ticket.
    pub async fn with(fields: Json) -> Self {
        Self::on(sqlite().await, fields).await
    }

    pub async fn on(database: Database, fields: Json) -> Self {
        let (program, connection) = Program::connected(database).await;
        let incident = program.incident(fields).await;
        let ticket = program.ticket_of(&connection, &incident).await;
        program.until_quiet(&connection).await;
        Self { program, connection, incident, ticket }
    }

    pub async fn quiet(&self) {
        self.program.until_quiet(&self.connection).await;
    }

    pub async fn link(&self) -> Link {
        let link = self.program.database.store.link_of(&self.connection, &self.incident).await;
        link.expect("readable").expect("linked")
    }

    /// The titles in ServiceNow and in Desk.
    pub async fn titles(&self) -> (String, String) {
        let servicenow = self.program.incident_field(&self.incident, "short_description").await;
        (servicenow, self.program.ticket(&self.ticket).await.title)
    }

    /// While nothing flows, people on both sides do this; then it flows again.
    pub async fn meanwhile(&self, edits: impl AsyncFnOnce()) {
        self.program.ask("pause-connection", &[("id", &self.connection)]).await;
        edits().await;
        self.program.ask("resume-connection", &[("id", &self.connection)]).await;
    }

    /// Two people give the title different values at once.
    pub async fn disagree(&self, servicenow: &str, desk: &str) {
        self.meanwhile(async || {
            self.program.edit_incident(&self.incident, json!({"short_description": servicenow})).await;
            self.program.edit_ticket(&self.ticket, &[("title", desk)]).await;
        })
        .await;
    }

    /// Publishes a changed mapping.
    pub async fn publish(&self, change: impl FnOnce(&mut Rules)) {
        self.program.publish(&self.connection, change).await.expect("kept");
    }

    /// The conflicts that are not over.
    pub async fn conflicts(&self) -> Vec<Conflict> {
        self.program.database.store.conflicts_of(&self.link().await.id).await.expect("readable")
    }

    /// The stories of a link's changes, as the console keeps them.
    pub async fn stories(&self) -> String {
        let search = HistorySearch { ticket: &self.ticket, limit: 100, ..HistorySearch::default() };
        let lines = self.program.database.store.history(&search).await.expect("readable");
        lines.into_iter().map(|line| line.story).collect()
    }

    /// The history's sentences of one kind, oldest first.
    pub async fn told(&self, kind: &str) -> Vec<String> {
        let search = HistorySearch { ticket: &self.ticket, limit: 100, ..HistorySearch::default() };
        let mut lines = self.program.database.store.history(&search).await.expect("readable");
        lines.reverse();
        lines.into_iter().filter(|line| line.kind == kind).map(|line| line.summary).collect()
    }
}
