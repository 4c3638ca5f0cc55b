//! Connections as people see, test, pause and resume them.

use super::show::when_any;
use super::{Operations, OrTrouble, broken, not_found};
use crate::clock;
use crate::oauth::days_left;
use crate::queue;
use crate::store::{Connection, RunState, State};
use crate::sync::pulse;
use app::api::Answer;
use app::error::Trouble;
use app::model::{
    Authorized, Beat, Check, ConnectionPage, ConnectionRow, ConnectionState, HOURS, MANY, Overview, Role, TokenState,
};
use std::collections::BTreeMap;

const RECENT: i64 = 8;

impl Operations {
    pub async fn see_overview(&self) -> Answer<Overview> {
        self.require(Role::Viewer, "overview.read", "").await?;
        let connections = self.list_connections().await?;
        let search = crate::store::HistorySearch { limit: RECENT, ..Default::default() };
        let recent = self.parts.store.history(&search).await.or_trouble()?;
        let mut pulses = BTreeMap::new();
        for connection in &connections {
            pulses.insert(connection.id.clone(), self.pulse_of(&connection.id).await?);
        }
        Ok(Overview { connections, pulses, recent: recent.into_iter().map(super::show::change).collect() })
    }

    async fn pulse_of(&self, connection: &str) -> Answer<Vec<Beat>> {
        let now = pulse::hour(self.parts.clock.now());
        let beats = self.parts.store.pulse(connection, now - HOURS + 1).await.or_trouble()?;
        let shown = |beat: crate::store::Beat| Beat {
            hours_ago: now - beat.hour,
            writes: beat.writes,
            average_ms: beat.lag_ms / beat.writes.max(1),
            slowest_ms: beat.slowest_ms,
        };
        Ok(beats.into_iter().map(shown).collect())
    }

    pub async fn list_connections(&self) -> Answer<Vec<ConnectionRow>> {
        self.require(Role::Viewer, "connections.read", "").await?;
        let mut rows = Vec::new();
        for connection in self.parts.store.connections().await.or_trouble()? {
            rows.push(self.connection_row(&connection).await?);
        }
        Ok(rows)
    }

    async fn connection_row(&self, connection: &Connection) -> Answer<ConnectionRow> {
        let store = &self.parts.store;
        let links = store.count_links_up_to(&connection.id, MANY).await.or_trouble()?;
        let noted = store.count_links_with_note(&connection.id).await.or_trouble()?;
        let conflicted = store.count_conflicted_links(&connection.id).await.or_trouble()?;
        let (waiting, _) = store.count_jobs(&connection.id).await.or_trouble()?;
        let letters = store.count_open_letters(&connection.id, "").await.or_trouble()?;
        let open_run = store.open_run(&connection.id).await.or_trouble()?;
        let stopped = open_run.filter(|run| run.state == RunState::Stopped);
        let state_note = stopped.map_or_else(
            || connection.state_note.clone(),
            |run| format!("{} {}", connection.state_note, super::drift::stopped_note(&run)).trim().to_owned(),
        );
        let others = store.count_noted_links(&connection.id).await.or_trouble()?;
        let tokens = store.tokens(&connection.id).await.or_trouble()?;
        Ok(ConnectionRow {
            id: connection.id.clone(),
            name: connection.name.clone(),
            address: connection.address.clone(),
            environment: connection.environment.clone(),
            state: match connection.state {
                State::Draft => ConnectionState::Draft,
                State::Active => ConnectionState::Active,
                State::Paused => ConnectionState::Paused,
                State::Held => ConnectionState::Held,
                State::Disconnected => ConnectionState::Disconnected,
            },
            next_step: store.connecting(&connection.id).await.or_trouble()?.map(|connecting| connecting.step),
            state_note,
            in_sync: if links == MANY { MANY } else { (links - noted - conflicted - waiting).max(0) },
            waiting,
            excluded: store.count_excluded_links(&connection.id).await.or_trouble()?,
            failing: letters + others,
            conflicts: store.count_conflicts(&connection.id).await.or_trouble()?,
            last_change: store.last_change(&connection.id).await.or_trouble()?.and_then(when_any),
            days_left: tokens.map(|tokens| days_left(tokens.refresh_ends, self.parts.clock.now())),
        })
    }

    pub(super) async fn connection_of(&self, id: &str) -> Answer<Connection> {
        self.parts.store.connection(id).await.or_trouble()?.ok_or_else(|| not_found("connection"))
    }

    pub async fn open_connection(&self, id: &str) -> Answer<ConnectionPage> {
        let role = self.require(Role::Viewer, "connections.read", id).await?.role;
        let connection = self.connection_of(id).await?;
        // The address is half of a secret: for those who may install it.
        let webhook_address = if role >= Role::Admin { self.webhook_address(&connection) } else { String::new() };
        let identity = self.parts.store.identity(id).await.or_trouble()?;
        Ok(ConnectionPage {
            is_doubted: identity.is_some_and(|identity| identity.doubted.is_some()),
            row: self.connection_row(&connection).await?,
            table: connection.rules.table.clone(),
            redirect_url: self.parts.oauth.redirect_url().to_owned(),
            tokens: self.token_state(&connection).await?,
            checks: serde_json::from_str(&connection.checks).unwrap_or_default(),
            tested: when_any(connection.tested_at),
            webhook_address,
            webhooks: self.webhooks_of(&connection, role).await?,
            last_webhook: when_any(connection.last_webhook),
            last_poll: when_any(connection.last_poll),
            polling: self.polling(&connection).await?,
            mapping: self.mapping_line(&connection).await?,
            client_id: connection.client_id,
        })
    }

    async fn token_state(&self, connection: &Connection) -> Answer<TokenState> {
        let Some(tokens) = self.parts.store.tokens(&connection.id).await.or_trouble()? else {
            return Ok(TokenState::default());
        };
        Ok(TokenState {
            authorized: true,
            acting_as: connection.acting_as.clone(),
            access_ends: when_any(tokens.access_ends),
            refresh_ends: when_any(tokens.refresh_ends),
            refresh_ends_day: clock::format_moment(tokens.refresh_ends, "%Y-%m-%d"),
            last_refresh: when_any(tokens.refreshed_at),
        })
    }

    /// Who in this console gave the present access, and when.
    pub async fn who_authorized(&self, id: &str) -> Answer<Authorized> {
        self.require(Role::Viewer, "connections.read", id).await?;
        let Some(tokens) = self.parts.store.tokens(id).await.or_trouble()? else { return Ok(Authorized::default()) };
        let by = self.parts.store.last_person("connections.authorize", id).await.or_trouble()?;
        Ok(Authorized { by: by.unwrap_or_default(), at: when_any(tokens.granted_at) })
    }

    /// When the refresh token really ends: ServiceNow's client may say other than 100 days. The lifetime holds for the
    /// next authorization as well.
    pub async fn correct_access_end(&self, id: &str, day: &str) -> Answer<()> {
        self.require(Role::Admin, "connections.set_access_end", id).await?;
        self.connection_of(id).await?;
        let tokens = self.parts.store.tokens(id).await.or_trouble()?.ok_or_else(|| not_found("authorization"))?;
        let end = clock::read_moment(&format!("{day} 00:00:00")).filter(|end| *end > tokens.granted_at);
        let end = end.ok_or_else(|| {
            Trouble::new(
                "ACCESS-END",
                "This is no day on which the access can end.",
                "It must be a date after the authorization.",
                "In ServiceNow, open the OAuth client under Application Registry: Refresh Token Lifespan, in seconds, counts from the authorization.",
            )
            .about("day")
        })?;
        let mut tx = self.begin().await?;
        tx.set_refresh_end(id, end).await.or_trouble()?;
        self.audit(&mut tx, "connections.set_access_end", id, day, false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(())
    }

    /// The OAuth client's id and secret, as they are in ServiceNow now. What was authorized under them goes on.
    pub async fn correct_client(&self, id: &str, client_id: &str, client_secret: &str) -> Answer<()> {
        self.require(Role::Admin, "connections.set_client", id).await?;
        self.connection_of(id).await?;
        let (client_id, client_secret) = (client_id.trim(), client_secret.trim());
        for (value, field) in [(client_id, "client_id"), (client_secret, "client_secret")] {
            if value.is_empty() {
                let what = "The client ID and the client secret are both needed.";
                let todo = "Copy both from Application Registry in ServiceNow.";
                return Err(Trouble::new("FORM-MISSING", what, "They are kept together.", todo).about(field));
            }
        }
        let place = format!("connections.client_secret/{id}");
        let sealed = self.parts.secrets.seal(&place, client_secret, self.parts.clock.as_ref());
        let sealed = sealed.map_err(|error| broken(&error))?;
        let mut tx = self.begin().await?;
        tx.set_client(id, client_id, &sealed).await.or_trouble()?;
        self.audit(&mut tx, "connections.set_client", id, client_id, false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(())
    }

    pub async fn pause(&self, id: &str) -> Answer<()> {
        self.require(Role::Operator, "connections.pause", id).await?;
        let connection = self.connection_of(id).await?;
        if connection.state != State::Active {
            return Err(Trouble::new(
                "CONN-STATE",
                "There is nothing to pause.",
                "The connection is not running.",
                "Reload the page.",
            ));
        }
        self.set_state(id, State::Paused, "Paused by a person. What arrives waits.", "connections.pause").await
    }

    /// Also after a hold: the next failure holds it again, and says why. While the instance is in doubt, it is looked at
    /// again first.
    pub async fn resume(&self, id: &str) -> Answer<()> {
        self.require(Role::Operator, "connections.resume", id).await?;
        let connection = self.connection_of(id).await?;
        let authorized = self.parts.store.tokens(id).await.or_trouble()?.is_some() && connection.active_since > 0;
        if !authorized {
            return Err(Trouble::new(
                "CONN-NOT-AUTHORIZED",
                "The connection cannot run yet.",
                "Nobody has authorized it in ServiceNow.",
                "Press \"Authorize in ServiceNow\".",
            ));
        }
        self.require_same_instance(&connection).await?;
        // Whatever made ServiceNow refuse the token, the person says that it is put right.
        self.parts.oauth.trust(id).await.map_err(|error| broken(&error))?;
        self.set_state(id, State::Active, "", "connections.resume").await
    }

    pub(super) async fn set_state(&self, id: &str, state: State, note: &str, action: &str) -> Answer<()> {
        let mut tx = self.begin().await?;
        tx.set_connection_state(id, state, note).await.or_trouble()?;
        if state == State::Active {
            let clock = self.parts.clock.as_ref();
            queue::poll_at(&mut tx, id, clock.now(), clock).await.or_trouble()?;
            queue::timetable_at(&mut tx, id, clock.now(), clock).await.or_trouble()?;
            queue::purge_at(&mut tx, id, clock.now(), clock).await.or_trouble()?;
            tx.revive_jobs(id, clock.now()).await.or_trouble()?;
        }
        self.audit(&mut tx, action, id, "", false).await?;
        self.commit(tx).await?;
        self.parts.wake.wake();
        self.parts.news.connection(id);
        Ok(())
    }

    pub async fn test(&self, id: &str) -> Answer<Vec<Check>> {
        self.require(Role::Operator, "connections.test", id).await?;
        let connection = self.connection_of(id).await?;
        let (checks, _) = super::connect::test(&self.parts, &connection).await;
        let mut tx = self.begin().await?;
        let text = serde_json::to_string(&checks).unwrap_or_default();
        tx.set_connection_checks(id, &text, self.parts.clock.now()).await.or_trouble()?;
        self.audit(&mut tx, "connections.test", id, "", false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(checks)
    }
}
