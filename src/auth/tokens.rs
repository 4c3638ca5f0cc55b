//! The tokens with which programs act for a person. Only a hash is kept: 256 random bits need no slow one.

use super::{person, role};
use crate::clock::Clock;
use crate::secrets::fingerprint;
use crate::store::{ApiToken, Result, Store};
use app::model::Person;

/// By it a token that leaked is recognised for what it is.
pub const TOKEN_PREFIX: &str = "isthmus_";
/// The last use is noted no more often.
const NOTED_EVERY: i64 = 60 * 1000;

/// The token as the person sees it once, and what is kept of it.
pub fn new_token(clock: &dyn Clock) -> (String, String) {
    let token = format!("{TOKEN_PREFIX}{}", clock.secret());
    let hash = fingerprint(&token);
    (token, hash)
}

/// Whose token it is, with no more rights than the token and the person have both.
pub async fn of_token(store: &Store, clock: &dyn Clock, token: &str) -> Result<Option<(Person, ApiToken)>> {
    let now = clock.now();
    let Some(token) = store.api_token(&fingerprint(token), now).await? else {
        return Ok(None);
    };
    let Some(row) = store.person(&token.person_id).await?.filter(|row| row.closed_at == 0) else {
        return Ok(None);
    };
    if now - token.used_at >= NOTED_EVERY {
        let mut tx = store.begin().await?;
        tx.note_api_token_used(&token.id, now).await?;
        tx.commit().await?;
    }
    let person = person(row);
    let role = person.role.min(role(&token.role));
    Ok(Some((Person { role, ..person }, token)))
}
