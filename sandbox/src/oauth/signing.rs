//! Access tokens in the format of a JWT, for clients whose record says so, and the key to check them
//! with (contract 1.1, 1.3). The key is made when it is first needed and kept as a `sys_certificate`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use serde_json::json;

use super::Client;
use crate::api::{ApiError, JSON};
use crate::instance::Instance;
use crate::random;
use crate::record::Record;
use crate::user::User;

const NAME: &str = "OAuth token signing key";

#[derive(Debug, thiserror::Error)]
pub(super) enum SigningError {
    #[error(transparent)]
    Store(#[from] sqlx::Error),
    #[error("the signing key cannot be made or used: {0}")]
    Key(String),
}

/// The key and its id.
struct Signing {
    key: EncodingKey,
    id: String,
}

pub(super) async fn keys(State(instance): State<Arc<Instance>>) -> Response {
    let set = instance.signing().await.and_then(|signing| {
        let mut jwk = Jwk::from_encoding_key(&signing.key, Algorithm::RS256).map_err(unusable)?;
        jwk.common.key_id = Some(signing.id);
        Ok(JwkSet { keys: vec![jwk] })
    });
    match set {
        Ok(set) => ([(header::CONTENT_TYPE, JSON)], json!(set).to_string()).into_response(),
        Err(cause) => ApiError::internal(&cause).into_response(),
    }
}

impl Instance {
    /// A token that says whose it is and carries its own end.
    pub(super) async fn signed_token(
        &self,
        user: &User,
        client: &Client,
        scope: &str,
        seconds: i64,
    ) -> Result<String, SigningError> {
        let signing = self.signing().await?;
        let now = self.clock.now().as_second();
        let claims = json!({
            "iss": self.address, "sub": user.sys_id, "aud": client.id(), "client_id": client.id(), "scope": scope,
            "iat": now, "exp": now.saturating_add(seconds), "jti": random::sys_id(),
        });
        let header = Header { kid: Some(signing.id), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, &claims, &signing.key).map_err(unusable)
    }

    async fn signing(&self) -> Result<Signing, SigningError> {
        let Some(table) = self.table("sys_certificate") else {
            return Err(SigningError::Key("there is no table sys_certificate".into()));
        };
        let row = match self.store.find(table, "name", NAME).await? {
            Some(row) => row,
            None => self.made_signing_key().await?,
        };
        let key = EncodingKey::from_rsa_pem(row.get("private_key").as_bytes()).map_err(unusable)?;
        Ok(Signing { key, id: row.sys_id().to_owned() })
    }

    async fn made_signing_key(&self) -> Result<Record, SigningError> {
        let made = tokio::task::spawn_blocking(|| {
            let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).map_err(unusable)?;
            let private = key.to_pkcs8_pem(LineEnding::LF).map_err(unusable)?;
            let public = key.to_public_key().to_public_key_pem(LineEnding::LF).map_err(unusable)?;
            Ok::<_, SigningError>((private.to_string(), public))
        });
        let (private, public) = made.await.map_err(unusable)??;
        let id = random::fixed_id(NAME);
        let values = [
            ("sys_id", id.as_str()),
            ("name", NAME),
            ("active", "true"),
            ("type", "key_store"),
            ("format", "pem"),
            ("pem_certificate", &public),
            ("private_key", &private),
        ];
        let row = Record::made_by_the_system(&self.clock.stamp(), &values);
        let Some(table) = self.table("sys_certificate") else { return Ok(row) };
        let mut write = self.store.write().await;
        // Of two that make one at once, the first one's stays.
        if let Some(first) = self.store.get(table, &id).await? {
            return Ok(first);
        }
        write.insert(table, &row);
        write.commit().await?;
        Ok(row)
    }
}

fn unusable(cause: impl std::fmt::Display) -> SigningError {
    SigningError::Key(cause.to_string())
}
