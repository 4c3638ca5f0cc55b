//! The grants: from what a client shows to the tokens that it gets (contract 1.3, 1.4, 1.6).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use sha2::{Digest, Sha256};

use super::Client;
use super::assertion::AssertionError;
use super::authorize::Granted;
use super::credentials::{Credential, Kind};
use super::signing::SigningError;
use super::tickets;
use super::token::Asked;
use crate::instance::Instance;
use crate::random;
use crate::user::User;

/// Why no token is given.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("{0}")]
    Because(String),
    #[error("the instance's store failed")]
    Store(#[from] sqlx::Error),
}

impl From<&str> for Refused {
    fn from(cause: &str) -> Self {
        Self::Because(cause.to_owned())
    }
}

impl From<AssertionError> for Refused {
    fn from(cause: AssertionError) -> Self {
        match cause {
            AssertionError::Store(cause) => Self::Store(cause),
            AssertionError::Refused(_) => Self::Because(cause.to_string()),
        }
    }
}

impl From<SigningError> for Refused {
    fn from(cause: SigningError) -> Self {
        match cause {
            SigningError::Store(cause) => Self::Store(cause),
            SigningError::Key(_) => Self::Because(cause.to_string()),
        }
    }
}

pub(super) struct Tokens {
    pub access: String,
    pub refresh: Option<String>,
    pub scope: String,
    pub expires_in: i64,
}

impl Instance {
    pub(super) async fn tokens_for(&self, client: &Client, asked: &Asked) -> Result<Tokens, Refused> {
        match asked.get("grant_type") {
            "authorization_code" => self.by_code(client, asked).await,
            "refresh_token" => self.by_refresh_token(client, asked.get("refresh_token")).await,
            "password" => self.by_password(client, asked).await,
            "client_credentials" => self.by_client_credentials(client, asked).await,
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
                let user = self.asserted_user(client, asked.get("assertion")).await?;
                self.access_only(&user, client, asked.get("scope")).await
            }
            _ => Err("this grant_type is not supported".into()),
        }
    }

    async fn by_code(&self, client: &Client, asked: &Asked) -> Result<Tokens, Refused> {
        let code = self.redeem(tickets::Kind::Code, asked.get("code")).await?;
        let code = code.ok_or("the code is unknown, used or too old")?;
        if code.client_id != client.id() {
            return Err("the code belongs to another client".into());
        }
        let granted: Granted = serde_json::from_str(&code.detail).map_err(|_| "the code's own record is damaged")?;
        if !granted.redirect_uris.iter().any(|uri| uri == asked.get("redirect_uri")) {
            return Err("redirect_uri is not that of the authorization".into());
        }
        // A challenge that was given is verified, from a confidential client too (contract 1.2).
        if !granted.challenge.is_empty() && !granted.fits(asked.get("code_verifier")) {
            return Err("code_verifier does not fit the challenge".into());
        }
        let user = self.user(&code.user_id).await?.ok_or("the user is locked or inactive")?;
        self.interactive(&user, client, &granted.scope).await
    }

    async fn by_password(&self, client: &Client, asked: &Asked) -> Result<Tokens, Refused> {
        if self.property_is_true("glide.oauth.inbound.ropc.grant_type.disabled").await? {
            return Err("the password grant is disabled".into());
        }
        let user = self.user_by_password(asked.get("username"), asked.get("password")).await?;
        let user = user.ok_or("wrong user name or password, or a locked user")?;
        if user.must_change_password {
            return Err("the user's password needs to be reset".into());
        }
        self.interactive(&user, client, asked.get("scope")).await
    }

    async fn by_client_credentials(&self, client: &Client, asked: &Asked) -> Result<Tokens, Refused> {
        if !self.property_is_true("glide.oauth.inbound.client.credential.grant_type.enabled").await? {
            return Err("the client credentials grant is not enabled".into());
        }
        let user = self.user(client.user()).await?.ok_or("the client has no OAuth Application User")?;
        self.access_only(&user, client, asked.get("scope")).await
    }

    /// The refresh token stays the same and lives no longer (contract 1.4).
    async fn by_refresh_token(&self, client: &Client, refresh: &str) -> Result<Tokens, Refused> {
        let held = self.credential(Kind::Refresh, refresh).await?.filter(|held| held.peer() == client.sys_id());
        let held = held.ok_or("the refresh token is unknown, revoked or too old")?;
        let user = self.user(held.user_id()).await?.ok_or("the user is locked or inactive")?;
        let tokens = self.access_only(&user, client, held.scope()).await?;
        Ok(Tokens { refresh: Some(refresh.to_owned()), ..tokens })
    }

    /// A grant with the user's part in it: a token that still lives is given again, extended, and the
    /// refresh token's time begins anew (contract 1.4).
    pub(super) async fn interactive(&self, user: &User, client: &Client, asked: &str) -> Result<Tokens, Refused> {
        let same = |held: &Credential| held.scope() == asked;
        let (access_seconds, refresh_seconds) = (self.access_seconds(client), self.refresh_seconds(client));
        let tokens = if let Some(held) = self.held(Kind::Access, &user.sys_id, client).await?.filter(same) {
            self.extend(&held, access_seconds).await?;
            let scope = self.named_scope(client, asked).await?.ok_or("the scope is not one of the client's")?;
            Tokens { access: held.token().to_owned(), refresh: None, scope, expires_in: access_seconds }
        } else {
            self.access_only(user, client, asked).await?
        };
        let refresh = if let Some(held) = self.held(Kind::Refresh, &user.sys_id, client).await?.filter(same) {
            self.extend(&held, refresh_seconds).await?;
            held.token().to_owned()
        } else {
            let token = random::token();
            self.give(Kind::Refresh, &token, &user.sys_id, client, asked, refresh_seconds).await?;
            token
        };
        Ok(Tokens { refresh: Some(refresh), ..tokens })
    }

    /// A new access token and nothing to renew it with.
    pub(super) async fn access_only(&self, user: &User, client: &Client, asked: &str) -> Result<Tokens, Refused> {
        let scope = self.named_scope(client, asked).await?.ok_or("the scope is not one of the client's")?;
        let expires_in = self.access_seconds(client);
        let access = if client.wants_signed_tokens() {
            self.signed_token(user, client, &scope, expires_in).await?
        } else {
            random::token()
        };
        self.give(Kind::Access, &access, &user.sys_id, client, asked, expires_in).await?;
        Ok(Tokens { access, refresh: None, scope, expires_in })
    }
}

impl Granted {
    fn fits(&self, verifier: &str) -> bool {
        if self.challenge_method == "plain" {
            return self.challenge == verifier;
        }
        self.challenge == BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
    }
}
