//! A connection's access token: refreshed ahead of its end, by one at a time over all processes, and renewed once
//! when ServiceNow refuses it.
//!
//! Nothing refreshes on a timetable: every call asks here first, and an active connection polls, so that its token
//! is renewed in time by the work that needs it. A connection that is paused needs none, and its refresh token does
//! not live longer for being used (contract 1.4).

use super::exchange::{ExchangeError, Grant};
use super::{Oauth, OauthError, place};
use crate::clock;
use crate::connectors::Failure;
use crate::connectors::servicenow::Access;
use crate::store::{Refreshed, Tokens};
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Access tokens are renewed this long before their end.
const AHEAD_MS: i64 = 120_000;
/// Longer than the token endpoint is waited for. If the process dies meanwhile, another goes on after it.
const LEASE_MS: i64 = 30_000;
/// Tokens are read from the database this often, so that what another process or a person did is soon known.
const REMEMBER_MS: i64 = 5_000;
/// How often, and how many times, it is looked whether the one who refreshes is done; then the job goes back to the queue.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: u32 = 30;

/// A token as the database had it a moment ago.
pub(super) struct Remembered {
    tokens: Tokens,
    token: SecretString,
    read_at: i64,
}

/// What can be done with the token that is there.
enum Standing {
    Good(SecretString),
    /// Good still, but it ends soon.
    Aging(SecretString, Tokens),
    /// Ended, or refused.
    Spent(Tokens),
}

impl Oauth {
    /// A token that is good for a while; `refused` is one that must not be answered again.
    async fn token(&self, connection: &str, refused: Option<&SecretString>) -> Result<SecretString, OauthError> {
        for _ in 0..LOOKS {
            match self.standing(connection, refused).await? {
                Standing::Good(token) => return Ok(token),
                Standing::Aging(token, tokens) => {
                    // There is time: whoever else asks now, or fails to refresh, goes on with the old one.
                    return Ok(match self.refresh(connection, &tokens, false).await {
                        Ok(Some(new)) => new,
                        Ok(None) | Err(OauthError::Exchange(ExchangeError::Unreachable(_))) => token,
                        Err(error) => return Err(error),
                    });
                }
                Standing::Spent(tokens) => {
                    if let Some(new) = self.refresh(connection, &tokens, refused.is_some()).await? {
                        return Ok(new);
                    }
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(OauthError::Refreshing)
    }

    async fn standing(&self, connection: &str, refused: Option<&SecretString>) -> Result<Standing, OauthError> {
        let now = self.clock.now();
        if refused.is_none()
            && let Some(token) = self.remembered(connection, now)
        {
            return Ok(Standing::Good(token));
        }
        let tokens = self.store.tokens(connection).await?.ok_or(ExchangeError::NotAuthorized)?;
        let token = self.secrets.open(&place("access", connection), &tokens.access)?;
        if refused.is_some_and(|refused| refused.expose_secret() == token.expose_secret()) {
            // It took a refused one's place already: one more would begin a loop.
            return if tokens.doubted != 0 { Err(OauthError::RefusedAgain) } else { Ok(Standing::Spent(tokens)) };
        }
        if tokens.access_ends <= now {
            return Ok(Standing::Spent(tokens));
        }
        if ends_soon(&tokens, now) {
            return Ok(Standing::Aging(token, tokens));
        }
        self.remember(connection, tokens, token.clone());
        Ok(Standing::Good(token))
    }

    /// A new access token, unless somebody else is getting one, or has.
    async fn refresh(
        &self,
        connection: &str,
        tokens: &Tokens,
        doubted: bool,
    ) -> Result<Option<SecretString>, OauthError> {
        let now = self.clock.now();
        if tokens.refresh.is_empty() {
            return Err(ExchangeError::NotAuthorized.into());
        }
        if tokens.refreshing_until > now {
            return Ok(None);
        }
        let me = self.clock.id();
        let mut tx = self.store.begin().await?;
        let is_mine = tx.claim_refresh(connection, &tokens.access, &me, now, now + LEASE_MS).await?;
        tx.commit().await?;
        if !is_mine {
            return Ok(None);
        }
        // An answer that is lost costs nothing: the refresh token stays the same (contract 1.4).
        match self.ask_for_refresh(connection, tokens).await {
            Ok(grant) => self.keep_refreshed(connection, &me, tokens, grant, doubted).await,
            Err(error) => {
                let mut tx = self.store.begin().await?;
                tx.end_refresh(connection, &me).await?;
                tx.commit().await?;
                Err(error)
            }
        }
    }

    async fn ask_for_refresh(&self, connection: &str, tokens: &Tokens) -> Result<Grant, OauthError> {
        let row = self.store.connection(connection).await?.ok_or(OauthError::NoConnection)?;
        let refresh = self.secrets.open(&place("refresh", connection), &tokens.refresh)?;
        self.exchange(&row)?.refresh(refresh.expose_secret()).await.map_err(|error| match error {
            // The wire did not say it, but the calendar does.
            ExchangeError::Denied(said) if tokens.refresh_ends <= self.clock.now() => {
                let day = clock::format_moment(tokens.refresh_ends, "%-d %B %Y");
                ExchangeError::Ended(format!("{said}; by the calendar the refresh token ended on {day}")).into()
            }
            other => other.into(),
        })
    }

    async fn keep_refreshed(
        &self,
        connection: &str,
        me: &str,
        before: &Tokens,
        grant: Grant,
        doubted: bool,
    ) -> Result<Option<SecretString>, OauthError> {
        let now = self.clock.now();
        let access = self.seal("access", connection, &grant.access)?;
        // Contract 1.4: whichever refresh token comes is kept; when none comes, the old one goes on.
        let refresh = match &grant.refresh {
            Some(refresh) => self.seal("refresh", connection, refresh)?,
            None => before.refresh.clone(),
        };
        let new = Refreshed { access: &access, refresh: &refresh, access_ends: now + grant.lasts_ms, at: now, doubted };
        let mut tx = self.store.begin().await?;
        let is_kept = tx.put_refreshed(connection, me, &new).await?;
        tx.commit().await?;
        self.forget(connection);
        if !is_kept {
            return Ok(None);
        }
        metrics::counter!("isthmus_token_refreshes_total").increment(1);
        tracing::info!(connection.id = connection, "the access token was refreshed");
        Ok(Some(grant.access))
    }

    fn remembered(&self, connection: &str, now: i64) -> Option<SecretString> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(connection)?;
        (now - known.read_at < REMEMBER_MS && !ends_soon(&known.tokens, now)).then(|| known.token.clone())
    }

    fn remember(&self, connection: &str, tokens: Tokens, token: SecretString) {
        let remembered = Remembered { tokens, token, read_at: self.clock.now() };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(connection.to_owned(), remembered);
    }

    pub(super) fn forget(&self, connection: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(connection);
    }

    /// ServiceNow took a call with this token: if it is refused one day, it may be renewed again.
    async fn accepted(&self, connection: &str, token: &SecretString) -> Result<(), OauthError> {
        let is_doubted = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known
                .get(connection)
                .is_none_or(|known| known.tokens.doubted != 0 && known.token.expose_secret() == token.expose_secret())
        };
        if is_doubted {
            let tokens = self.store.tokens(connection).await?.unwrap_or_default();
            if tokens.doubted != 0 {
                self.trust(connection).await?;
            }
        }
        Ok(())
    }

    /// A refused token may be renewed once more: a person wants it tried.
    pub async fn trust(&self, connection: &str) -> Result<(), OauthError> {
        let mut tx = self.store.begin().await?;
        tx.trust_token(connection).await?;
        tx.commit().await?;
        self.forget(connection);
        Ok(())
    }

    /// The access of one connection, for its connector.
    pub fn access(&self, connection: &str) -> Arc<dyn Access> {
        Arc::new(ConnectionAccess { oauth: self.clone(), connection: connection.to_owned() })
    }
}

fn ends_soon(tokens: &Tokens, now: i64) -> bool {
    let life = tokens.access_ends - tokens.refreshed_at;
    tokens.access_ends - AHEAD_MS.min(life / 2) <= now
}

struct ConnectionAccess {
    oauth: Oauth,
    connection: String,
}

impl From<OauthError> for Failure {
    fn from(error: OauthError) -> Self {
        let why = format!("{error}.");
        match error {
            OauthError::Refreshing => Self::Transient { why, retry_after_ms: Some(1_000) },
            OauthError::Exchange(ExchangeError::Unreachable(_)) | OauthError::Store(_) => Self::transient(why),
            OauthError::Exchange(ExchangeError::NotAnInstance(_)) => Self::NotAnInstance { why },
            _ => Self::SignedOut { why },
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

    async fn accepted(&self, token: &SecretString) {
        // The call is done, whatever becomes of this.
        if let Err(error) = self.oauth.accepted(&self.connection, token).await {
            tracing::warn!(%error, "that the token was accepted could not be kept; the next call tells it again");
        }
    }
}
