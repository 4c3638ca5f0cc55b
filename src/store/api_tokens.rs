//! Tokens with which programs act for people.

use super::{Result, Store, Tx};

#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub struct ApiToken {
    pub id: String,
    pub person_id: String,
    pub name: String,
    pub role: String,
    pub created_at: i64,
    pub ends_at: i64,
    pub used_at: i64,
    pub revoked_at: i64,
}

/// A token with the name of its person.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TokenLine {
    #[sqlx(flatten)]
    pub token: ApiToken,
    pub person: String,
}

macro_rules! select_token {
    ($more:literal, $rest:literal) => {
        concat!(
            "select t.id, t.person_id, t.name, t.role, t.created_at, t.ends_at, t.used_at, t.revoked_at",
            $more,
            " from api_tokens t ",
            $rest
        )
    };
}

impl Store {
    /// The token with this hash that is neither ended nor revoked.
    pub async fn api_token(&self, hash: &str, now: i64) -> Result<Option<ApiToken>> {
        let sql = select_token!("", "where t.token_hash = $1 and t.ends_at > $2 and t.revoked_at = 0");
        Ok(sqlx::query_as(sql).bind(hash).bind(now).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    pub async fn api_token_by_id(&self, id: &str) -> Result<Option<TokenLine>> {
        let sql = select_token!(", p.name as person", "join people p on p.id = t.person_id where t.id = $1");
        Ok(sqlx::query_as(sql).bind(id).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    /// A person's tokens, the newest first; everybody's where `person` is empty.
    pub async fn api_tokens(&self, person: &str) -> Result<Vec<TokenLine>> {
        let sql = select_token!(
            ", p.name as person",
            "join people p on p.id = t.person_id where $1 = '' or t.person_id = $1 order by t.id desc"
        );
        Ok(sqlx::query_as(sql).bind(person).fetch_all(&mut *self.pool.take().await?).await?)
    }
}

impl Tx {
    pub async fn add_api_token(&mut self, token: &ApiToken, hash: &str) -> Result<()> {
        let sql = "insert into api_tokens (id, person_id, name, token_hash, role, created_at, ends_at) \
                   values ($1, $2, $3, $4, $5, $6, $7)";
        sqlx::query(sql)
            .bind(&token.id)
            .bind(&token.person_id)
            .bind(&token.name)
            .bind(hash)
            .bind(&token.role)
            .bind(token.created_at)
            .bind(token.ends_at)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }

    pub async fn note_api_token_used(&mut self, id: &str, at: i64) -> Result<()> {
        let sql = "update api_tokens set used_at = $2 where id = $1 and used_at < $2";
        sqlx::query(sql).bind(id).bind(at).execute(self.now().await?).await?;
        Ok(())
    }

    /// Whether it was in force until now.
    pub async fn revoke_api_token(&mut self, id: &str, at: i64) -> Result<bool> {
        let sql = "update api_tokens set revoked_at = $2 where id = $1 and revoked_at = 0";
        let done = sqlx::query(sql).bind(id).bind(at).execute(self.now().await?).await?;
        Ok(done.rows_affected() == 1)
    }
}
