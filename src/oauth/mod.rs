//! The access tokens of connections: authorization code with PKCE, refresh ahead of time and one at a time.
//!
//! ServiceNow's own ways (contract 1.4, 1.5): the refresh token is not rotated and ends 100 days after the
//! grant whatever happens; nearly every failure is a bare 401.

mod exchange;
mod expiry;
mod tokens;

pub use exchange::{Exchange, ExchangeError};
pub use expiry::days_left;

use crate::clock::SharedClock;
use crate::connectors::http::HttpClient;
use crate::connectors::servicenow::REFUSED_AGAIN;
use crate::secrets::{SecretError, Secrets, fingerprint};
use crate::store::{Authorization, Connection, Store, StoreError, Tokens};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Contract 1.4: 8,640,000 s from the grant.
const REFRESH_LIFE_MS: i64 = 100 * 24 * 3600 * 1000;
/// A person has this long for signing in and consenting.
const AUTHORIZATION_LIFE_MS: i64 = 15 * 60 * 1000;

#[derive(Debug, thiserror::Error)]
pub enum OauthError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error("the authorization was begun too long ago, has been used before, or belongs to another browser")]
    ExpiredState,
    #[error("the connection is no longer there")]
    NoConnection,
    #[error("the access token is being refreshed")]
    Refreshing,
    #[error("{REFUSED_AGAIN}")]
    RefusedAgain,
}

/// Everything that is needed for tokens. Cheap to clone.
#[derive(Clone)]
pub struct Oauth {
    store: Store,
    secrets: Secrets,
    http: HttpClient,
    clock: SharedClock,
    /// Where ServiceNow sends the browser back to.
    redirect_url: String,
    /// What was read a moment ago, by connection.
    known: Arc<Mutex<HashMap<String, tokens::Remembered>>>,
}

fn place(column: &str, connection: &str) -> String {
    format!("tokens.{column}/{connection}")
}

impl Oauth {
    pub fn new(store: Store, secrets: Secrets, http: HttpClient, clock: SharedClock, redirect_url: String) -> Self {
        Self { store, secrets, http, clock, redirect_url, known: Arc::default() }
    }

    pub fn redirect_url(&self) -> &str {
        &self.redirect_url
    }

    fn exchange(&self, connection: &Connection) -> Result<Exchange, OauthError> {
        let secret =
            self.secrets.open(&format!("connections.client_secret/{}", connection.id), &connection.client_secret)?;
        Ok(Exchange::new(
            &self.http,
            &connection.address,
            &connection.client_id,
            secret.expose_secret(),
            &self.redirect_url,
        )?)
    }

    /// The address in ServiceNow to send this browser to.
    pub async fn begin(&self, connection: &Connection, session: &str) -> Result<String, OauthError> {
        let begun = self.exchange(connection)?.authorize_url();
        let now = self.clock.now();
        let state = fingerprint(&begun.state);
        let verifier =
            self.secrets.seal(&format!("authorizations.verifier/{state}"), &begun.verifier, self.clock.as_ref())?;
        let mut tx = self.store.begin().await?;
        tx.delete_authorizations_before(now - AUTHORIZATION_LIFE_MS).await?;
        tx.add_authorization(&Authorization {
            state,
            connection_id: connection.id.clone(),
            session_id: fingerprint(session),
            verifier,
            created_at: now,
        })
        .await?;
        tx.commit().await?;
        Ok(begun.url)
    }

    /// Which connection a returning browser is about. A state is good once, in the session that began it.
    pub async fn returned(&self, state: &str, session: &str) -> Result<(Connection, SecretString), OauthError> {
        let state = fingerprint(state);
        let mut tx = self.store.begin().await?;
        let begun = tx.use_authorization(&state).await?;
        tx.commit().await?;
        let begun = begun
            .filter(|begun| {
                begun.session_id == fingerprint(session) && self.clock.now() - begun.created_at < AUTHORIZATION_LIFE_MS
            })
            .ok_or(OauthError::ExpiredState)?;
        let connection = self.store.connection(&begun.connection_id).await?.ok_or(OauthError::NoConnection)?;
        let verifier = self.secrets.open(&format!("authorizations.verifier/{state}"), &begun.verifier)?;
        Ok((connection, verifier))
    }

    /// Turns the code into tokens and keeps them. What a person said of this instance's refresh tokens holds on.
    pub async fn finish(&self, connection: &Connection, code: &str, verifier: &SecretString) -> Result<(), OauthError> {
        let id = &connection.id;
        let grant = self.exchange(connection)?.code(code, verifier.expose_secret()).await?;
        let before = self.store.tokens(id).await?;
        let life = before.map_or(REFRESH_LIFE_MS, |before| before.refresh_ends - before.granted_at);
        let now = self.clock.now();
        let tokens = Tokens {
            access: self.seal("access", id, &grant.access)?,
            refresh: match &grant.refresh {
                Some(refresh) => self.seal("refresh", id, refresh)?,
                None => String::new(),
            },
            access_ends: now + grant.lasts_ms,
            refreshed_at: now,
            refresh_ends: now + life,
            granted_at: now,
            ..Tokens::default()
        };
        let mut tx = self.store.begin().await?;
        tx.put_grant(id, &tokens).await?;
        tx.commit().await?;
        self.forget(id);
        Ok(())
    }

    /// Tells the instance that the tokens of a connection are not used any more (contract 1.1). Whether it heard that
    /// changes nothing here.
    pub async fn revoke(&self, connection: &Connection) {
        let id = &connection.id;
        let Ok(Some(tokens)) = self.store.tokens(id).await else { return };
        for (column, sealed) in [("refresh", &tokens.refresh), ("access", &tokens.access)] {
            let Ok(token) = self.secrets.open(&place(column, id), sealed) else { continue };
            if let Err(problem) = exchange::revoke(&self.http, &connection.address, &token).await {
                tracing::warn!(connection.id = %id, problem, "ServiceNow did not hear that a token was given up");
            }
        }
        self.forget(id);
    }

    fn seal(&self, column: &str, connection: &str, secret: &SecretString) -> Result<String, OauthError> {
        Ok(self.secrets.seal(&place(column, connection), secret.expose_secret(), self.clock.as_ref())?)
    }
}
