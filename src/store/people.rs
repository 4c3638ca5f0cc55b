//! People, their sessions, and the few settings of the whole installation.

use super::{Result, Store, Tx, exactly_one};

#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub struct PersonRow {
    pub id: String,
    pub name: String,
    pub email: String,
    /// Empty until the person has set a password.
    pub password_hash: String,
    pub role: String,
    pub created_at: i64,
    /// 0 while the account is open.
    pub closed_at: i64,
    pub signed_in_at: i64,
    /// Sessions that began with another number have ended.
    pub session_round: i64,
    /// Empty for the browser's own.
    pub zone: String,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SessionRow {
    pub id: String,
    pub record: String,
    pub expires_at: i64,
}

macro_rules! select_person {
    ($rest:literal) => {
        concat!(
            "select id, name, email, password_hash, role, created_at, closed_at, signed_in_at, session_round, zone from people ",
            $rest
        )
    };
}

impl Store {
    pub async fn person(&self, id: &str) -> Result<Option<PersonRow>> {
        Ok(sqlx::query_as(select_person!("where id = $1"))
            .bind(id)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?)
    }

    pub async fn person_by_email(&self, email: &str) -> Result<Option<PersonRow>> {
        Ok(sqlx::query_as(select_person!("where email = $1"))
            .bind(email)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?)
    }

    /// By name.
    pub async fn people(&self) -> Result<Vec<PersonRow>> {
        Ok(sqlx::query_as(select_person!("order by lower(name), id")).fetch_all(&mut *self.pool.take().await?).await?)
    }

    /// Whose link to set a password this is, while it works.
    pub async fn person_of_link(&self, hash: &str, now: i64) -> Result<Option<PersonRow>> {
        let sql = select_person!(
            "where closed_at = 0 and id in (select person_id from password_links where token_hash = $1 and ends_at > $2)"
        );
        Ok(sqlx::query_as(sql).bind(hash).bind(now).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    /// When a person's link to set a password ends; 0 where there is none.
    pub async fn password_link_end(&self, person: &str) -> Result<i64> {
        let row: Option<(i64,)> = sqlx::query_as("select ends_at from password_links where person_id = $1")
            .bind(person)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?;
        Ok(row.map_or(0, |(ends_at,)| ends_at))
    }

    pub async fn count_people(&self) -> Result<i64> {
        let (count,): (i64,) =
            sqlx::query_as("select count(*) from people").fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    pub async fn setting(&self, name: &str) -> Result<Option<String>> {
        let row: Option<(String,)> = sqlx::query_as("select value from settings where name = $1")
            .bind(name)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?;
        Ok(row.map(|(value,)| value))
    }

    pub async fn session(&self, id: &str, now: i64) -> Result<Option<SessionRow>> {
        let sql = "select id, record, expires_at from sessions where id = $1 and expires_at > $2";
        Ok(sqlx::query_as(sql).bind(id).bind(now).fetch_optional(&mut *self.pool.take().await?).await?)
    }
}

impl Tx {
    pub async fn add_person(&mut self, person: &PersonRow) -> Result<()> {
        let sql =
            "insert into people (id, name, email, password_hash, role, created_at) values ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(&person.id)
            .bind(&person.name)
            .bind(&person.email)
            .bind(&person.password_hash)
            .bind(&person.role)
            .bind(person.created_at)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }

    /// Whether somebody else could go on as administrator. Others who change administrators wait until this is over, so
    /// that two cannot take each other's right away.
    pub async fn is_other_admin(&mut self, person: &str) -> Result<bool> {
        sqlx::query("update people set role = role where role = 'admin'").execute(self.now().await?).await?;
        let sql =
            "select count(*) from people where role = 'admin' and closed_at = 0 and password_hash <> '' and id <> $1";
        let (count,): (i64,) = sqlx::query_as(sql).bind(person).fetch_one(self.now().await?).await?;
        Ok(count > 0)
    }

    pub async fn set_role(&mut self, person: &str, role: &str) -> Result<()> {
        let sql = "update people set role = $2 where id = $1";
        exactly_one(&sqlx::query(sql).bind(person).bind(role).execute(self.now().await?).await?)
    }

    /// Its sessions end with it.
    pub async fn close_person(&mut self, person: &str, at: i64) -> Result<()> {
        let sql = "update people set closed_at = $2, session_round = session_round + 1 where id = $1 and closed_at = 0";
        exactly_one(&sqlx::query(sql).bind(person).bind(at).execute(self.now().await?).await?)
    }

    pub async fn reopen_person(&mut self, person: &str) -> Result<()> {
        let sql = "update people set closed_at = 0 where id = $1 and closed_at > 0";
        exactly_one(&sqlx::query(sql).bind(person).execute(self.now().await?).await?)
    }

    /// Sessions that began with an earlier password end, and so does a link to set one. Answers the number that new
    /// sessions begin with.
    pub async fn set_password(&mut self, person: &str, hash: &str) -> Result<i64> {
        sqlx::query("delete from password_links where person_id = $1").bind(person).execute(self.now().await?).await?;
        let sql = "update people set password_hash = $2, session_round = session_round + 1 where id = $1 returning session_round";
        let (round,): (i64,) = sqlx::query_as(sql).bind(person).bind(hash).fetch_one(self.now().await?).await?;
        Ok(round)
    }

    pub async fn end_sessions(&mut self, person: &str) -> Result<()> {
        let sql = "update people set session_round = session_round + 1 where id = $1";
        exactly_one(&sqlx::query(sql).bind(person).execute(self.now().await?).await?)
    }

    pub async fn set_zone(&mut self, person: &str, zone: &str) -> Result<()> {
        let sql = "update people set zone = $2 where id = $1";
        exactly_one(&sqlx::query(sql).bind(person).bind(zone).execute(self.now().await?).await?)
    }

    pub async fn note_sign_in(&mut self, person: &str, at: i64) -> Result<()> {
        sqlx::query("update people set signed_in_at = $2 where id = $1")
            .bind(person)
            .bind(at)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }

    /// An earlier link of the person stops working.
    pub async fn put_password_link(&mut self, person: &str, hash: &str, ends_at: i64) -> Result<()> {
        let sql = "insert into password_links (person_id, token_hash, ends_at) values ($1, $2, $3) on conflict (person_id) \
                   do update set token_hash = excluded.token_hash, ends_at = excluded.ends_at";
        sqlx::query(sql).bind(person).bind(hash).bind(ends_at).execute(self.now().await?).await?;
        Ok(())
    }

    /// Whose link it was, if it still worked. It works once.
    pub async fn take_password_link(&mut self, hash: &str, now: i64) -> Result<Option<String>> {
        let sql = "delete from password_links where token_hash = $1 and ends_at > $2 returning person_id";
        let row: Option<(String,)> = sqlx::query_as(sql).bind(hash).bind(now).fetch_optional(self.now().await?).await?;
        Ok(row.map(|(person,)| person))
    }

    pub async fn put_setting(&mut self, name: &str, value: &str) -> Result<()> {
        let sql = "insert into settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value";
        self.write(sqlx::query(sql).bind(name).bind(value)).await
    }

    /// Whether the setting was there with this value, and now is not: a one-time token is spent once.
    pub async fn take_setting(&mut self, name: &str, value: &str) -> Result<bool> {
        let sql = "delete from settings where name = $1 and value = $2";
        let done = sqlx::query(sql).bind(name).bind(value).execute(self.now().await?).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether the id was free.
    pub async fn add_session(&mut self, session: &SessionRow) -> Result<bool> {
        let sql = "insert into sessions (id, record, expires_at) values ($1, $2, $3) on conflict (id) do nothing";
        let done = sqlx::query(sql)
            .bind(&session.id)
            .bind(&session.record)
            .bind(session.expires_at)
            .execute(self.now().await?)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn put_session(&mut self, session: &SessionRow) -> Result<()> {
        let sql = "insert into sessions (id, record, expires_at) values ($1, $2, $3) \
                   on conflict (id) do update set record = excluded.record, expires_at = excluded.expires_at";
        sqlx::query(sql)
            .bind(&session.id)
            .bind(&session.record)
            .bind(session.expires_at)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }

    pub async fn delete_session(&mut self, id: &str) -> Result<()> {
        sqlx::query("delete from sessions where id = $1").bind(id).execute(self.now().await?).await?;
        Ok(())
    }

    pub async fn delete_ended_sessions(&mut self, now: i64) -> Result<()> {
        sqlx::query("delete from sessions where expires_at <= $1").bind(now).execute(self.now().await?).await?;
        Ok(())
    }
}
