//! People: passwords, sessions, one-time links, and the tokens of their programs.

mod attempts;
mod session_store;
mod tokens;

pub use attempts::{Attempt, Counted, FROM_ONE_PLACE, IN_ALL, REMEMBERED};
pub use session_store::SqlSessions;
pub use tokens::{TOKEN_PREFIX, new_token, of_token};

use crate::clock::Clock;
use crate::secrets::fingerprint;
use crate::store::{PersonRow, Store, StoreError};
use app::model::{Person, Role};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

pub const PASSWORD_LENGTH: usize = 12;
const SETUP: &str = "setup_token";
/// Verified when nobody has the e-mail, so that the answer takes as long. Never matches.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the password could not be hashed")]
    Hash,
    #[error("the set-up link is wrong or was used")]
    SetupClosed,
}

/// A new one-time token, while there is nobody yet; an earlier one stops working.
pub async fn open_setup(store: &Store, clock: &dyn Clock) -> Result<Option<String>, AuthError> {
    if store.count_people().await? > 0 {
        return Ok(None);
    }
    let token = clock.secret();
    let mut tx = store.begin().await?;
    tx.put_setting(SETUP, &fingerprint(&token)).await?;
    tx.commit().await?;
    Ok(Some(token))
}

pub async fn is_setup_open(store: &Store, token: &str) -> Result<bool, AuthError> {
    Ok(store.setting(SETUP).await?.is_some_and(|kept| kept == fingerprint(token)))
}

/// The first administrator, and the end of the link, in one transaction.
pub async fn create_first_admin(
    store: &Store,
    clock: &dyn Clock,
    token: &str,
    name: &str,
    email: &str,
    password: &str,
) -> Result<PersonRow, AuthError> {
    let password_hash = hash(password.to_owned()).await?;
    let row = PersonRow {
        id: clock.id(),
        name: name.to_owned(),
        email: email.to_lowercase(),
        password_hash,
        role: role_word(Role::Admin).into(),
        created_at: clock.now(),
        ..PersonRow::default()
    };
    let mut tx = store.begin().await?;
    if !tx.take_setting(SETUP, &fingerprint(token)).await? {
        return Err(AuthError::SetupClosed);
    }
    tx.add_person(&row).await?;
    tx.commit().await?;
    Ok(row)
}

/// The person, if the password is theirs; also of a closed account.
pub async fn sign_in(store: &Store, email: &str, password: &str) -> Result<Option<PersonRow>, AuthError> {
    let row = store.person_by_email(&email.trim().to_lowercase()).await?;
    let fits = fits(row.as_ref(), password).await?;
    Ok(row.filter(|_| fits))
}

/// Whether the password is this person's. Takes as long where there is nobody, or no password yet.
pub async fn fits(row: Option<&PersonRow>, password: &str) -> Result<bool, AuthError> {
    let kept = row.map(|row| row.password_hash.as_str()).filter(|kept| !kept.is_empty());
    verify(password.to_owned(), kept.unwrap_or(NOBODY).to_owned()).await
}

pub fn person(row: PersonRow) -> Person {
    Person { role: role(&row.role), id: row.id, name: row.name, email: row.email, zone: row.zone }
}

/// As it is kept.
pub fn role_word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Operator => "operator",
        Role::Admin => "admin",
    }
}

pub fn role(word: &str) -> Role {
    match word {
        "admin" => Role::Admin,
        "operator" => Role::Operator,
        _ => Role::Viewer,
    }
}

/// Argon2id takes its time and memory on purpose. It runs beside the server's own threads, and only so many at once:
/// a flood of sign-ins waits in line and starves nobody else.
static HASHING: Semaphore = Semaphore::const_new(2);

pub async fn hash(password: String) -> Result<String, AuthError> {
    let _turn = HASHING.acquire().await.map_err(|_| AuthError::Hash)?;
    tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|_| AuthError::Hash)
    })
    .await
    .map_err(|_| AuthError::Hash)?
}

async fn verify(password: String, kept: String) -> Result<bool, AuthError> {
    let _turn = HASHING.acquire().await.map_err(|_| AuthError::Hash)?;
    tokio::task::spawn_blocking(move || {
        let kept = PasswordHash::new(&kept).map_err(|_| AuthError::Hash)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &kept).is_ok())
    })
    .await
    .map_err(|_| AuthError::Hash)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let kept = hash("correct horse".into()).await.expect("hashed");
        assert!(kept.starts_with("$argon2id$"));
        assert!(verify("correct horse".into(), kept.clone()).await.expect("verified"));
        assert!(!verify("correct house".into(), kept).await.expect("verified"));
    }

    #[tokio::test]
    async fn nobodys_hash_is_well_formed_and_fits_nothing() {
        assert!(!verify(String::new(), NOBODY.into()).await.expect("verified"));
    }
}
