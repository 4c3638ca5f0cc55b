//! Connect as a person walks it: which step is shown, what it shows, and the moment from which changes flow.

use super::instance::tables;
use crate::operations::{Operations, OrTrouble, instance};
use crate::store::{Connection, State};
use app::api::Answer;
use app::error::Trouble;
use app::model::{
    AuthorizationStep, CapabilityStep, ConnectStep, InstanceStep, Role, ServicenowStep, StepContent, TableChoice,
};
use std::collections::BTreeMap;

impl Operations {
    pub async fn open_step(&self, id: &str, step: i64, typed: &BTreeMap<String, String>) -> Answer<ConnectStep> {
        self.require(Role::Admin, "connections.connect", id).await?;
        let connection = self.connection_of(id).await?;
        let connecting = self.parts.store.connecting(id).await.or_trouble()?;
        Ok(ConnectStep {
            step: step.clamp(1, 6),
            reached: connecting.map_or(7, |connecting| connecting.step),
            syncs: connection.active_since > 0,
            content: self.step_content(&connection, step, typed).await?,
            id: connection.id,
            connection: connection.name,
        })
    }

    async fn step_content(
        &self,
        connection: &Connection,
        step: i64,
        typed: &BTreeMap<String, String>,
    ) -> Answer<StepContent> {
        let is_new = connection.state == State::Draft;
        let is_authorized = !connection.acting_as.is_empty() && connection.state != State::Disconnected;
        let home = format!("/settings/connections/{}", connection.id);
        let elsewhere = |why: &str, href: String, link: &str| StepContent::Elsewhere {
            why: why.to_owned(),
            href,
            link: link.to_owned(),
        };
        Ok(match step {
            ..=1 if is_new || connection.state == State::Disconnected => StepContent::Instance(InstanceStep {
                name: connection.name.clone(),
                address: connection.address.clone(),
                client_id: connection.client_id.clone(),
                has_secret: !connection.client_secret.is_empty(),
                redirect_url: self.parts.oauth.redirect_url().to_owned(),
                is_fixed: !is_new,
            }),
            ..=1 => elsewhere(
                "The connection syncs. Its OAuth client and its access are changed under Tokens.",
                format!("{home}/tokens"),
                "Tokens",
            ),
            2 => StepContent::Capability(self.capability_step(connection).await?),
            3 => StepContent::Authorization(self.authorization_step(connection, is_authorized)),
            _ if !is_authorized => elsewhere(
                "This step reads your instance, so somebody has to authorize first.",
                app::model::step_address(&connection.id, 3),
                "Step 3: Authorization",
            ),
            4 if is_new => StepContent::What(self.what_step(connection, typed).await?),
            4 => elsewhere(
                "The connection syncs. What it lets in is changed under Rules, which shows first what a change would do; \
                 older records are pulled under Drift.",
                format!("{home}/rules"),
                "Rules",
            ),
            5 if is_new => StepContent::Mappings(self.mappings_step(connection).await?),
            5 => elsewhere(
                "The connection syncs. Its mapping is changed on a page of its own, which shows first what a change would do.",
                format!("{home}/mappings"),
                "Mappings",
            ),
            _ if is_new => elsewhere(
                "The connection does not sync yet. Start it at the end of step 5; then it can be tested.",
                app::model::step_address(&connection.id, 5),
                "Step 5: Mappings",
            ),
            _ => StepContent::Servicenow(ServicenowStep {
                table: connection.rules.table.clone(),
                side: self.follow_setup(&connection.id).await?,
                test: self.see_live_test(&connection.id).await?,
            }),
        })
    }

    async fn capability_step(&self, connection: &Connection) -> Answer<CapabilityStep> {
        let table = &connection.rules.table;
        let mut choices = Vec::new();
        for preset in tables() {
            let same = self.joining(&connection.address, &preset.rules.table, &connection.id).await?;
            choices.push(TableChoice {
                preset: preset.id.to_owned(),
                name: preset.name.to_owned(),
                sentence: preset.sentence.to_owned(),
                joined_by: same.map(|same| same.name).unwrap_or_default(),
                table: preset.rules.table,
            });
        }
        let chosen = choices.iter().find(|choice| choice.table == *table).map(|choice| choice.preset.clone());
        Ok(CapabilityStep {
            environment: connection.environment.clone(),
            preset: chosen.unwrap_or_default(),
            tables: choices,
            is_fixed: connection.state != State::Draft,
        })
    }

    fn authorization_step(&self, connection: &Connection, is_authorized: bool) -> AuthorizationStep {
        AuthorizationStep {
            address: connection.address.clone(),
            redirect_url: self.parts.oauth.redirect_url().to_owned(),
            table: connection.rules.table.clone(),
            acting_as: if is_authorized { connection.acting_as.clone() } else { String::new() },
            checks: serde_json::from_str(&connection.checks).unwrap_or_default(),
            rights: rights(&connection.rules.table),
        }
    }

    /// From now on changes flow. What the person chose of the history is pulled under the breaker.
    pub async fn begin_sync(&self, id: &str) -> Answer<()> {
        self.require(Role::Admin, "connections.begin", id).await?;
        let connection = self.connection_of(id).await?;
        if connection.state != State::Draft || connection.acting_as.is_empty() {
            let (what, why, todo) = match connection.state {
                State::Draft => (
                    "The connection cannot run yet.",
                    "Nobody has authorized it in ServiceNow.",
                    "Go to step 3 and press \"Authorize in ServiceNow\".",
                ),
                _ => ("There is nothing to start.", "The connection was started before.", "Go on with step 6."),
            };
            return Err(Trouble::new("CONN-NOT-AUTHORIZED", what, why, todo));
        }
        let found = self.objection_to(&connection).await.map(|objection| objection.map(|why| instance::doubted(&why)));
        if let Some(check) = found.unwrap_or_else(Some) {
            return Err(Trouble::new(&check.code, &check.what, &check.why, &check.what_to_do));
        }
        let mut tx = self.begin().await?;
        tx.set_connection_authorized(id, &connection.acting_as, self.parts.clock.now()).await.or_trouble()?;
        tx.reach_step(id, 6).await.or_trouble()?;
        self.commit(tx).await?;
        self.set_state(id, State::Active, "", "connections.begin").await?;
        let connecting = self.parts.store.connecting(id).await.or_trouble()?;
        match connecting.map(|connecting| connecting.history).filter(|day| !day.is_empty()) {
            Some(day) => self.backfill(id, &day).await,
            None => Ok(()),
        }
    }

    /// Connect is over, tested or not.
    pub async fn end_connect(&self, id: &str) -> Answer<()> {
        self.require(Role::Admin, "connections.connect", id).await?;
        let connection = self.connection_of(id).await?;
        if connection.state == State::Draft {
            let (what, why) = ("The connection does not sync yet.", "It was not started.");
            return Err(Trouble::new("CONN-STATE", what, why, "Press \"Start syncing\" in step 5."));
        }
        let mut tx = self.begin().await?;
        tx.end_connecting(id).await.or_trouble()?;
        self.audit(&mut tx, "connections.connect", id, "done", false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(())
    }
}

/// What the user who authorizes needs, and the scope of the client (contract 1.8, 6).
fn rights(table: &str) -> Vec<String> {
    let of_table = match table {
        "incident" => "role itil, or sn_incident_read and sn_incident_write",
        "sn_customerservice_case" => "role sn_customerservice_agent",
        _ => "a role that reads and writes it",
    };
    vec![
        format!("Read and write table {table}: {of_table}."),
        "Read table sys_user, to match people by e-mail.".to_owned(),
        "Role audit_viewer, which may be left out: with it comments are read one by one and deletions are told from records \
         that became hidden."
            .to_owned(),
        "The OAuth client's scope: useraccount. With narrower scopes, those of the Table, Attachment and Aggregate APIs."
            .to_owned(),
        "No admin role.".to_owned(),
    ]
}
