//! API tokens: made, seen once, listed, revoked.

use super::show::{end_of_day, when, when_any};
use super::{Operations, OrTrouble, not_found};
use crate::auth;
use crate::clock;
use crate::store::{ApiToken, TokenLine};
use app::api::Answer;
use app::error::Trouble;
use app::model::{NewToken, Role, TokenRow, TokenStanding, TokensPage};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// What the form begins with, and the longest that is taken.
const USUAL_DAYS: i64 = 90;
const MOST_DAYS: i64 = 366;
const NAME_LENGTH: usize = 60;
/// Where a fresh token waits to be seen.
const FRESH: &str = "api_tokens/fresh";

impl Operations {
    /// One's own; everybody's for an administrator.
    pub async fn list_tokens(&self) -> Answer<TokensPage> {
        let me = self.require(Role::Viewer, "tokens.read", "").await?;
        let everybody = me.role >= Role::Admin;
        let rows = self.token_rows(if everybody { "" } else { &me.id }).await?;
        let roles = [Role::Viewer, Role::Operator, Role::Admin].into_iter().filter(|role| *role <= me.role);
        Ok(TokensPage {
            rows,
            fresh: self.shown_once(FRESH).await?,
            roles: roles.collect(),
            ends: clock::format_moment(self.parts.clock.now() + USUAL_DAYS * DAY, "%Y-%m-%d"),
            address: format!("{}/api/v1", self.parts.public_url),
        })
    }

    pub(super) async fn token_rows(&self, person: &str) -> Answer<Vec<TokenRow>> {
        let now = self.parts.clock.now();
        let lines = self.parts.store.api_tokens(person).await.or_trouble()?;
        Ok(lines.into_iter().map(|line| self.token_row(line, now)).collect())
    }

    fn token_row(&self, line: TokenLine, now: i64) -> TokenRow {
        let TokenLine { token, person } = line;
        let standing = match (token.revoked_at, token.ends_at) {
            (1.., _) => TokenStanding::Revoked,
            (_, ends_at) if ends_at <= now => TokenStanding::Ended,
            _ => TokenStanding::InForce,
        };
        let is_mine_to_revoke =
            self.person.as_ref().is_some_and(|me| me.role >= Role::Admin || me.id == token.person_id);
        TokenRow {
            may_revoke: is_mine_to_revoke && standing == TokenStanding::InForce,
            standing,
            role: auth::role(&token.role),
            made: when(token.created_at),
            used: when_any(token.used_at),
            ends: when(token.ends_at),
            id: token.id,
            name: token.name,
            person,
            person_id: token.person_id,
        }
    }

    /// Acts for the person who makes it, with no more rights than theirs. Seen once; a hash is kept.
    pub async fn make_token(&self, form: NewToken) -> Answer<()> {
        let me = self.require(Role::Viewer, "tokens.make", "").await?.clone();
        let name = form.name.trim();
        if name.is_empty() || name.chars().count() > NAME_LENGTH {
            let (why, todo) = ("It says later which program uses the token.", "Type a name of up to 60 characters.");
            return Err(Trouble::new("FORM-NAME", "A name is missing or too long.", why, todo).about("name"));
        }
        let role = super::accounts::role(&form.role)?;
        if role > me.role {
            self.refuse("tokens.make", &me.id, &format!("role {} above the person's own", form.role)).await?;
            let what = "The token was not made.";
            let why = "Its role is above yours, and a token may do no more than its person.";
            return Err(Trouble::new("TOKEN-ROLE", what, why, "Choose a role that you have.").about("role"));
        }
        let clock = self.parts.clock.as_ref();
        let now = clock.now();
        let ends_at =
            end_of_day(&form.ends, &self.reader_zone()).filter(|end| (now + 1..=now + MOST_DAYS * DAY).contains(end));
        let ends_at = ends_at.ok_or_else(|| {
            let why = format!("A token ends on a day from today on, within {MOST_DAYS} days.");
            let (what, todo) = ("The token was not made.", "Type it as 2026-11-30.");
            Trouble::new("TOKEN-END", what, &why, todo).about("ends")
        })?;
        let (secret, hash) = auth::new_token(clock);
        let token = ApiToken {
            id: clock.id(),
            person_id: me.id.clone(),
            name: name.to_owned(),
            role: auth::role_word(role).to_owned(),
            created_at: now,
            ends_at,
            ..ApiToken::default()
        };
        let mut tx = self.begin().await?;
        tx.add_api_token(&token, &hash).await.or_trouble()?;
        self.audit(&mut tx, "tokens.make", &me.id, &format!("{name} as {}, until {}", token.role, form.ends), false)
            .await?;
        self.commit(tx).await?;
        self.show_once(FRESH, &secret).await?;
        Ok(())
    }

    /// One's own; anybody's for an administrator. The next request with it is refused.
    pub async fn revoke_token(&self, id: &str) -> Answer<()> {
        let me = self.require(Role::Viewer, "tokens.revoke", id).await?.clone();
        let line = self.parts.store.api_token_by_id(id).await.or_trouble()?.ok_or_else(|| not_found("token"))?;
        if line.token.person_id != me.id {
            self.require(Role::Admin, "tokens.revoke", &line.token.person_id).await?;
        }
        let mut tx = self.begin().await?;
        if tx.revoke_api_token(id, self.parts.clock.now()).await.or_trouble()? {
            self.audit(&mut tx, "tokens.revoke", &line.token.person_id, &line.token.name, false).await?;
        }
        self.commit(tx).await?;
        Ok(())
    }
}
