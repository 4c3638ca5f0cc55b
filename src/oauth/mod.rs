//! The access tokens of connections: authorization code with PKCE, refresh ahead of time and one at a time.
//!
//! ServiceNow's own ways (contract 1.4, 1.5): the refresh token is not rotated and ends 100 days after the
//! grant whatever happens; nearly every failure is a bare 401.

mod exchange;

pub use exchange::{Exchange, ExchangeError, Grant};

use crate::clock::SharedClock;
use crate::connectors::Failure;
use crate::connectors::http::HttpClient;
use crate::connectors::servicenow::Access;
use crate::secrets::{SecretError, Secrets, fingerprint};
use crate::store::{Authorization, Connection, Store, StoreError, Tokens};
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Access tokens are renewed this long before their end.
const AHEAD_MS: i64 = 120_000;
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
    /// One refresh at a time a connection.
    refreshing: Arc<Mutex<HashMap<String, Arc<Mutex<()>>>>>,
}

fn place(column: &str, connection: &str) -> String {
    format!("tokens.{column}/{connection}")
}

impl Oauth {
    pub fn new(store: Store, secrets: Secrets, http: HttpClient, clock: SharedClock, redirect_url: String) -> Self {
        Self { store, secrets, http, clock, redirect_url, refreshing: Arc::default() }
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

    /// Turns the code into tokens and keeps them.
    pub async fn finish(&self, connection: &Connection, code: &str, verifier: &SecretString) -> Result<(), OauthError> {
        let grant = self.exchange(connection)?.code(code, verifier.expose_secret()).await?;
        let refresh_ends = self.clock.now() + REFRESH_LIFE_MS;
        self.keep(&connection.id, &grant, refresh_ends, "").await
    }

    async fn keep(
        &self,
        connection: &str,
        grant: &Grant,
        refresh_ends: i64,
        old_refresh: &str,
    ) -> Result<(), OauthError> {
        let now = self.clock.now();
        // Contract 1.4: whichever refresh token comes is kept; when none comes, the old one goes on.
        let refresh = match &grant.refresh {
            Some(refresh) => {
                self.secrets.seal(&place("refresh", connection), refresh.expose_secret(), self.clock.as_ref())?
            }
            None => old_refresh.to_owned(),
        };
        let access =
            self.secrets.seal(&place("access", connection), grant.access.expose_secret(), self.clock.as_ref())?;
        let access_ends = now + grant.lasts_ms;
        let mut tx = self.store.begin().await?;
        tx.put_tokens(connection, &Tokens { access, refresh, access_ends, refresh_ends, refreshed_at: now }).await?;
        Ok(tx.commit().await?)
    }

    /// The access of one connection, for its connector.
    pub fn access(&self, connection: &str) -> Arc<dyn Access> {
        Arc::new(ConnectionAccess { oauth: self.clone(), connection: connection.to_owned() })
    }

    /// A token that is good for a while; `refused` is one that must not be answered again.
    async fn token(&self, connection: &str, refused: Option<&SecretString>) -> Result<SecretString, OauthError> {
        if let Some(token) = self.usable(connection, refused).await? {
            return Ok(token);
        }
        let lock = self.refreshing.lock().await.entry(connection.to_owned()).or_default().clone();
        let _one_at_a_time = lock.lock().await;
        // Whoever held the lock before has renewed it by now.
        if let Some(token) = self.usable(connection, refused).await? {
            return Ok(token);
        }
        let row = self.store.connection(connection).await?.ok_or(OauthError::NoConnection)?;
        let tokens = self.store.tokens(connection).await?.ok_or(ExchangeError::NotAuthorized)?;
        if tokens.refresh.is_empty() {
            return Err(ExchangeError::NotAuthorized.into());
        }
        let refresh = self.secrets.open(&place("refresh", connection), &tokens.refresh)?;
        let grant = self.exchange(&row)?.refresh(refresh.expose_secret()).await?;
        self.keep(connection, &grant, tokens.refresh_ends, &tokens.refresh).await?;
        tracing::info!(connection.id = connection, "the access token was refreshed");
        Ok(grant.access)
    }

    async fn usable(
        &self,
        connection: &str,
        refused: Option<&SecretString>,
    ) -> Result<Option<SecretString>, OauthError> {
        let Some(tokens) = self.store.tokens(connection).await? else {
            return Ok(None);
        };
        if tokens.access_ends - AHEAD_MS.min(tokens.access_ends - tokens.refreshed_at) / 2 <= self.clock.now() {
            return Ok(None);
        }
        let token = self.secrets.open(&place("access", connection), &tokens.access)?;
        let is_refused = refused.is_some_and(|refused| refused.expose_secret() == token.expose_secret());
        Ok((!is_refused).then_some(token))
    }
}

struct ConnectionAccess {
    oauth: Oauth,
    connection: String,
}

impl From<OauthError> for Failure {
    fn from(error: OauthError) -> Self {
        match &error {
            OauthError::Exchange(ExchangeError::Unreachable(_)) | OauthError::Store(_) => {
                Self::transient(error.to_string())
            }
            OauthError::Exchange(ExchangeError::NotAnInstance(_)) => Self::NotAnInstance { why: error.to_string() },
            _ => Self::SignedOut { why: error.to_string() },
        }
    }
}

#[async_trait]
impl Access for ConnectionAccess {
    async fn token(&self) -> Result<SecretString, Failure> {
        Ok(self.oauth.token(&self.connection, None).await?)
    }

    async fn renew(&self, refused: &SecretString) -> Result<SecretString, Failure> {
        Ok(self.oauth.token(&self.connection, Some(refused)).await?)
    }
}
