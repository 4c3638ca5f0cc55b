//! The assertion of the JWT bearer grant (contract 1.3): a JWT that a client signed, held against the keys
//! and claims that an administrator recorded for it (`oauth_jwt`, `jwt_verifier_map`, `oauth_jwt_claims`).

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::Client;
use crate::instance::Instance;
use crate::record::Record;
use crate::store;
use crate::user::User;

#[derive(Debug, thiserror::Error)]
pub(super) enum AssertionError {
    #[error(transparent)]
    Store(#[from] sqlx::Error),
    #[error("the assertion is not taken: {0}")]
    Refused(String),
}

fn refused(cause: impl Into<String>) -> AssertionError {
    AssertionError::Refused(cause.into())
}

type Claims = Map<String, Value>;

impl Instance {
    /// The user whom the assertion speaks for.
    pub(super) async fn asserted_user(&self, client: &Client, jwt: &str) -> Result<User, AssertionError> {
        let entity =
            self.jwt_endpoint(client).await?.ok_or_else(|| refused("the client is no OAuth JWT API endpoint"))?;
        let claims = self.verified(&entity, jwt).await?;
        self.check_claims(client, &entity, &claims).await?;
        let subject = text(&claims, "sub");
        let users = self.table("sys_user").filter(|_| !subject.is_empty());
        let users = users.ok_or_else(|| refused("there is no claim sub"))?;
        let row = self.store.find(users, entity.get("user_field"), subject).await?;
        let row = row.ok_or_else(|| refused(format!("no user has {} = {subject}", entity.get("user_field"))))?;
        let user = self.user(row.sys_id()).await?.ok_or_else(|| refused("the user is locked or inactive"))?;
        if user.holds("admin") {
            return Err(refused("Grant access to admin is not allowed"));
        }
        Ok(user)
    }

    /// The client's record with what only a JWT endpoint has.
    async fn jwt_endpoint(&self, client: &Client) -> store::Result<Option<Record>> {
        match self.table("oauth_jwt") {
            Some(table) => self.store.get(table, client.sys_id()).await,
            None => Ok(None),
        }
    }

    /// The claims, if a key of the client made the signature.
    async fn verified(&self, entity: &Record, jwt: &str) -> Result<Claims, AssertionError> {
        let header = jsonwebtoken::decode_header(jwt).map_err(|cause| refused(cause.to_string()))?;
        let kid = header.kid.unwrap_or_default();
        let query = format!("oauth_jwt={}", entity.sys_id());
        let keys = self.query("jwt_verifier_map", &query, &User::system(), 100).await?;
        let keys = keys.into_iter().filter(|key| kid.is_empty() || key.get("kid") == kid);
        let mut problem = refused(format!("no key is recorded under the kid {kid}"));
        for key in keys {
            match self.decoded(&key, header.alg, jwt).await {
                Ok(claims) => return Ok(claims),
                Err(cause) => problem = cause,
            }
        }
        Err(problem)
    }

    async fn decoded(&self, key: &Record, algorithm: Algorithm, jwt: &str) -> Result<Claims, AssertionError> {
        let key = match algorithm {
            Algorithm::RS256 => DecodingKey::from_rsa_pem(self.certificate(key).await?.as_bytes())
                .map_err(|cause| refused(format!("the certificate cannot be used: {cause}")))?,
            Algorithm::HS256 if !key.get("shared_key").is_empty() => {
                DecodingKey::from_secret(key.get("shared_key").as_bytes())
            }
            _ => return Err(refused("the key is not one for this algorithm; RS256 and HS256 are known")),
        };
        let mut signature_only = Validation::new(algorithm);
        // The claims are checked by the instance's own clock and records.
        signature_only.required_spec_claims.clear();
        signature_only.validate_exp = false;
        signature_only.validate_aud = false;
        let decoded = jsonwebtoken::decode::<Claims>(jwt, &key, &signature_only);
        decoded.map(|decoded| decoded.claims).map_err(|cause| refused(cause.to_string()))
    }

    async fn certificate(&self, key: &Record) -> store::Result<String> {
        let Some(table) = self.table("sys_certificate") else { return Ok(String::new()) };
        let found = self.store.get(table, key.get("sys_certificate")).await?;
        let active = found.filter(|certificate| certificate.is_true("active"));
        Ok(active.map(|mut certificate| certificate.take("pem_certificate")).unwrap_or_default())
    }

    async fn check_claims(&self, client: &Client, entity: &Record, claims: &Claims) -> Result<(), AssertionError> {
        let own = |value: &Value| value.as_str() == Some(client.id());
        // Documentation of newer releases names the token endpoint instead of the client.
        let endpoint = format!("{}/oauth_token.do", self.address);
        let here = |value: &Value| own(value) || value.as_str() == Some(&endpoint);
        let audience =
            claims.get("aud").is_some_and(|aud| here(aud) || aud.as_array().is_some_and(|all| all.iter().any(here)));
        if !audience {
            return Err(refused("aud is not the client id"));
        }
        let rows =
            self.query("oauth_jwt_claims", &format!("oauth_jwt={}", entity.sys_id()), &User::system(), 100).await?;
        if let Some(row) = rows.iter().find(|row| text(claims, row.get("name")) != row.get("value")) {
            return Err(refused(format!("{} is not what the claim validation asks for", row.get("name"))));
        }
        if !rows.iter().any(|row| row.get("name") == "iss") && !claims.get("iss").is_some_and(own) {
            return Err(refused("iss is not the client id, and no claim validation names another"));
        }
        let (now, skew) = (self.clock.now().as_second(), entity.number("clock_skew").max(0));
        let ends = claims.get("exp").and_then(Value::as_f64).ok_or_else(|| refused("there is no claim exp"))?;
        // Seconds fit into a double for a quarter of a million years.
        #[allow(clippy::cast_precision_loss)]
        if ends + skew as f64 <= now as f64 {
            return Err(refused("the assertion has expired"));
        }
        if entity.is_true("enable_jti_verification") {
            let id = text(claims, entity.get("jti_claim"));
            if id.is_empty() || !self.use_once(client.id(), id, ONCE_SECONDS).await? {
                return Err(refused("the id of the assertion is missing or was used before"));
            }
        }
        Ok(())
    }
}

/// How long the id of an assertion is remembered.
const ONCE_SECONDS: i64 = 86_400;

fn text<'a>(claims: &'a Claims, name: &str) -> &'a str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}
