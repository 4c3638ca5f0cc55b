//! The first two steps of Connect: which instance, and what of it. A draft is kept from the first one on.

use super::trouble;
use crate::connectors::servicenow::probe;
use crate::operations::{Operations, OrTrouble, broken, not_found};
use crate::store::{Connection, State};
use app::api::Answer;
use app::error::Trouble;
use app::model::{Role, step_address};
use merge::{Preset, Rules, presets};
use url::Url;

/// What the first step is about.
const ENVIRONMENTS: [&str; 2] = ["production", "sandbox"];

fn missing(what: &str, field: &str) -> Trouble {
    Trouble::new("FORM-MISSING", &format!("The {what} is missing."), "It is needed to connect.", "Fill it in.")
        .about(field)
}

impl Operations {
    /// Keeps a draft, once an instance answers at the address. Answers its id.
    pub async fn keep_instance(
        &self,
        id: &str,
        name: &str,
        address: &str,
        client_id: &str,
        client_secret: &str,
    ) -> Answer<String> {
        self.require(Role::Admin, "connections.connect", name).await?;
        let before = match id {
            "" => None,
            id => Some(self.connection_of(id).await?),
        };
        let has_secret = before.as_ref().is_some_and(|before| !before.client_secret.is_empty());
        let (name, client_id, client_secret) = (name.trim(), client_id.trim(), client_secret.trim());
        for (value, what, field) in [(name, "name", "name"), (client_id, "client ID", "client_id")] {
            if value.is_empty() {
                return Err(missing(what, field));
            }
        }
        if client_secret.is_empty() && !has_secret {
            return Err(missing("client secret", "client_secret"));
        }
        let url = self.reachable(address).await?;
        let address = url.as_str().trim_end_matches('/').to_owned();
        let before = match before {
            Some(before) => self.may_be_at(before, &address).await?,
            // Filled in again from the beginning, the same draft gets the new values.
            None => self.draft_of(&address).await?,
        };
        let rules = if before.is_none() { self.free_table(&address).await? } else { merge::incident_to_desk() };
        let id = before.as_ref().map_or_else(|| self.parts.clock.id(), |draft| draft.id.clone());
        let secret = match client_secret {
            "" => before.as_ref().map(|before| before.client_secret.clone()).unwrap_or_default(),
            typed => self.sealed("client_secret", &id, typed)?,
        };
        let mut tx = self.begin().await?;
        match before {
            None => {
                let draft = self.new_draft(&id, name, &address, client_id, secret, rules)?;
                tx.add_connection(&draft).await.or_trouble()?;
            }
            Some(before) => {
                let is_elsewhere = before.address != address;
                let changed = Connection {
                    name: name.into(),
                    address: address.clone(),
                    client_id: client_id.into(),
                    client_secret: secret,
                    ..before
                };
                tx.replace_draft(&changed).await.or_trouble()?;
                if is_elsewhere {
                    tx.forget_access(&id).await.or_trouble()?;
                    tx.forget_who(&id).await.or_trouble()?;
                    tx.go_back_to_step(&id, 3).await.or_trouble()?;
                }
            }
        }
        tx.reach_step(&id, 2).await.or_trouble()?;
        self.audit(&mut tx, "connections.connect", &id, &address, false).await?;
        self.commit(tx).await?;
        self.parts.connectors.forget(&id).await;
        self.parts.oauth.trust(&id).await.map_err(|error| broken(&error))?;
        self.parts.news.connection(&id);
        Ok(id)
    }

    /// The address as it is kept, if an instance answers there.
    async fn reachable(&self, address: &str) -> Answer<Url> {
        let url = self.parts.http.instance_address(address).map_err(|error| {
            Trouble::new(
                "CONN-ADDRESS",
                "This address cannot be used.",
                &format!("{error}."),
                "Type the instance's address as the browser shows it.",
            )
            .about("address")
        })?;
        probe(&self.parts.http, &url).await.map_err(|failure| trouble(&failure).about("address"))?;
        Ok(url)
    }

    fn sealed(&self, column: &str, id: &str, secret: &str) -> Answer<String> {
        let place = format!("connections.{column}/{id}");
        self.parts.secrets.seal(&place, secret, self.parts.clock.as_ref()).map_err(|error| broken(&error))
    }

    fn new_draft(
        &self,
        id: &str,
        name: &str,
        address: &str,
        client_id: &str,
        secret: String,
        rules: Rules,
    ) -> Answer<Connection> {
        let clock = self.parts.clock.as_ref();
        Ok(Connection {
            id: id.into(),
            name: name.into(),
            address: address.into(),
            environment: "sandbox".into(),
            client_id: client_id.into(),
            client_secret: secret,
            state: State::Draft,
            state_note: String::new(),
            rules: rules.into(),
            webhook_key: clock.secret(),
            webhook_secret: self.sealed("webhook_secret", id, &clock.secret())?,
            acting_as: String::new(),
            active_since: 0,
            last_webhook: 0,
            last_poll: 0,
            checks: "[]".into(),
            tested_at: 0,
            created_at: clock.now(),
        })
    }

    /// The draft for this instance, if one was begun.
    async fn draft_of(&self, address: &str) -> Answer<Option<Connection>> {
        let connections = self.parts.store.connections().await.or_trouble()?;
        Ok(connections.into_iter().find(|there| there.address == address && there.state == State::Draft))
    }

    /// The mapping of the first table of the instance that no connection joins. A table is joined once: two connections
    /// would make two tickets of every record.
    async fn free_table(&self, address: &str) -> Answer<Rules> {
        let mut taken = None;
        for preset in tables() {
            match self.joining(address, &preset.rules.table, "").await? {
                None => return Ok(preset.rules),
                Some(same) => drop(taken.get_or_insert(same)),
            }
        }
        Err(taken.map_or_else(|| not_found("preset"), |same| joined_already(&same)))
    }

    pub(super) async fn joining(&self, address: &str, table: &str, except: &str) -> Answer<Option<Connection>> {
        let connections = self.parts.store.connections().await.or_trouble()?;
        let joins = |connection: &Connection| {
            connection.address == address && connection.rules.table == table && connection.id != except
        };
        Ok(connections.into_iter().find(joins))
    }

    /// Whether this connection may get this address: one that has synced keeps its own.
    async fn may_be_at(&self, before: Connection, address: &str) -> Answer<Option<Connection>> {
        if !matches!(before.state, State::Draft | State::Disconnected) {
            return Err(Trouble::new(
                "CONN-STATE",
                "Nothing was changed.",
                "The connection is set up and syncs.",
                "Open it: the OAuth client is under Tokens.",
            ));
        }
        if before.state == State::Disconnected && before.address != address {
            return Err(Trouble::new(
                "CONN-OTHER",
                "This is another instance.",
                &format!("The connection has links to records of {}, which are not there.", before.address),
                "Connect the other instance as a connection of its own.",
            )
            .about("address"));
        }
        if let Some(same) = self.joining(address, &before.rules.table, &before.id).await? {
            return Err(joined_already(&same));
        }
        Ok(Some(before))
    }

    /// Production or not, and which table. Another table of a draft brings the mapping that is made for it.
    pub async fn keep_capability(&self, id: &str, environment: &str, preset: &str) -> Answer<()> {
        self.require(Role::Admin, "connections.connect", id).await?;
        let connection = self.connection_of(id).await?;
        if !ENVIRONMENTS.contains(&environment) {
            return Err(missing("environment", "environment"));
        }
        let preset = tables().into_iter().find(|there| there.id == preset).ok_or_else(|| not_found("preset"))?;
        let mut tx = self.begin().await?;
        tx.set_environment(id, environment).await.or_trouble()?;
        if preset.rules.table != connection.rules.table {
            let rules = merge::Rules { version: connection.rules.version + 1, ..preset.rules };
            tx.publish_rules(id, &rules).await.or_trouble()?;
        }
        tx.reach_step(id, 3).await.or_trouble()?;
        let detail = format!("{environment}, preset {}", preset.id);
        self.audit(&mut tx, "connections.connect", id, &detail, false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(())
    }
}

fn joined_already(same: &Connection) -> Trouble {
    let table = &same.rules.table;
    let why = format!(
        "The connection {} joins its table {table} already, and two would make two tickets of every record.",
        same.name
    );
    let todo = format!(
        "Open that connection, {}. To authorize it again, press \"Regenerate token\" there.",
        match same.state {
            State::Draft => step_address(&same.id, 1),
            _ => format!("/settings/connections/{}", same.id),
        }
    );
    Trouble::new("CONN-TWICE", "This instance is connected.", &why, &todo).about("address")
}

/// The presets of Helpdesk, the first of each table: that is what a table begins with.
pub(super) fn tables() -> Vec<Preset> {
    let mut tables: Vec<Preset> = Vec::new();
    for preset in presets() {
        if preset.rules.table != ARTICLES && tables.iter().all(|there| there.rules.table != preset.rules.table) {
            tables.push(preset);
        }
    }
    tables
}

/// Articles belong to another capability than tickets.
const ARTICLES: &str = "kb_knowledge";
