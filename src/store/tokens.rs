//! The tokens of connections, who refreshes them now, and which warnings of their end were given.

use super::{Result, Store, Tx, exactly_one};

/// A connection's tokens, both sealed.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub access_ends: i64,
    pub refreshed_at: i64,
    /// ServiceNow does not extend the refresh token (contract 1.4).
    pub refresh_ends: i64,
    /// When a person authorized.
    pub granted_at: i64,
    /// 1 for an access token that took the place of a refused one and was not accepted yet.
    pub doubted: i64,
    /// Somebody refreshes it until then at most.
    pub refreshing_until: i64,
    pub warned_days: i64,
}

/// What a refresh brought.
pub struct Refreshed<'a> {
    pub access: &'a str,
    pub refresh: &'a str,
    pub access_ends: i64,
    pub at: i64,
    pub doubted: bool,
}

/// A connection whose refresh token ends soon.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Ending {
    pub connection_id: String,
    pub name: String,
    pub refresh_ends: i64,
    pub warned_days: i64,
}

impl Store {
    pub async fn tokens(&self, connection: &str) -> Result<Option<Tokens>> {
        let sql = "select access, refresh, access_ends, refreshed_at, refresh_ends, granted_at, doubted, refreshing_until, \
                   warned_days from tokens where connection_id = $1";
        Ok(sqlx::query_as(sql).bind(connection).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    /// Whose refresh token ends before this moment.
    pub async fn tokens_ending_before(&self, at: i64) -> Result<Vec<Ending>> {
        let sql = "select t.connection_id, c.name, t.refresh_ends, t.warned_days from tokens t \
                   join connections c on c.id = t.connection_id where t.refresh_ends < $1 order by t.refresh_ends";
        Ok(sqlx::query_as(sql).bind(at).fetch_all(&mut *self.pool.take().await?).await?)
    }
}

impl Tx {
    /// A person authorized: whatever was there is replaced, and a refresh on its way keeps nothing.
    pub async fn put_grant(&mut self, connection: &str, tokens: &Tokens) -> Result<()> {
        let sql = "insert into tokens (connection_id, access, refresh, access_ends, refresh_ends, refreshed_at, granted_at) \
                   values ($1, $2, $3, $4, $5, $6, $7) on conflict (connection_id) do update set access = excluded.access, \
                   refresh = excluded.refresh, access_ends = excluded.access_ends, refresh_ends = excluded.refresh_ends, \
                   refreshed_at = excluded.refreshed_at, granted_at = excluded.granted_at, doubted = 0, \
                   refreshing_by = '', refreshing_until = 0, warned_days = 0";
        sqlx::query(sql)
            .bind(connection)
            .bind(&tokens.access)
            .bind(&tokens.refresh)
            .bind(tokens.access_ends)
            .bind(tokens.refresh_ends)
            .bind(tokens.refreshed_at)
            .bind(tokens.granted_at)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }

    /// Whether `me` may refresh this very access token now: nobody else does, and nobody has.
    pub async fn claim_refresh(
        &mut self,
        connection: &str,
        access: &str,
        me: &str,
        now: i64,
        until: i64,
    ) -> Result<bool> {
        let sql = "update tokens set refreshing_by = $3, refreshing_until = $5 \
                   where connection_id = $1 and access = $2 and refreshing_until <= $4";
        let claimed = sqlx::query(sql).bind(connection).bind(access).bind(me).bind(now).bind(until);
        Ok(claimed.execute(self.now().await?).await?.rows_affected() == 1)
    }

    /// Keeps what `me` was given. Not if the lease went to another meanwhile, or a person authorized anew.
    pub async fn put_refreshed(&mut self, connection: &str, me: &str, new: &Refreshed<'_>) -> Result<bool> {
        let sql = "update tokens set access = $3, refresh = $4, access_ends = $5, refreshed_at = $6, doubted = $7, \
                   refreshing_by = '', refreshing_until = 0 where connection_id = $1 and refreshing_by = $2";
        let done = sqlx::query(sql)
            .bind(connection)
            .bind(me)
            .bind(new.access)
            .bind(new.refresh)
            .bind(new.access_ends)
            .bind(new.at)
            .bind(i64::from(new.doubted))
            .execute(self.now().await?)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The refresh brought nothing; the next one need not wait for the lease to end.
    pub async fn end_refresh(&mut self, connection: &str, me: &str) -> Result<()> {
        let sql = "update tokens set refreshing_by = '', refreshing_until = 0 where connection_id = $1 and refreshing_by = $2";
        sqlx::query(sql).bind(connection).bind(me).execute(self.now().await?).await?;
        Ok(())
    }

    /// ServiceNow accepted the token, or a person wants it tried again: refused, it may be renewed once more.
    pub async fn trust_token(&mut self, connection: &str) -> Result<()> {
        let sql = "update tokens set doubted = 0 where connection_id = $1";
        sqlx::query(sql).bind(connection).execute(self.now().await?).await?;
        Ok(())
    }

    /// When the refresh token really ends, told by a person. Warnings begin anew.
    pub async fn set_refresh_end(&mut self, connection: &str, at: i64) -> Result<()> {
        let sql = "update tokens set refresh_ends = $2, warned_days = 0 where connection_id = $1";
        exactly_one(&sqlx::query(sql).bind(connection).bind(at).execute(self.now().await?).await?)
    }

    /// Whether this warning is to be given now: each is given once, by one process.
    pub async fn note_warning(&mut self, connection: &str, before: i64, days: i64) -> Result<bool> {
        let sql = "update tokens set warned_days = $3 where connection_id = $1 and warned_days = $2";
        let done = sqlx::query(sql).bind(connection).bind(before).bind(days).execute(self.now().await?).await?;
        Ok(done.rows_affected() == 1)
    }
}
