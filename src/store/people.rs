//! People, their sessions, and the few settings of the whole installation.

use super::{Result, Store, Tx};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PersonRow {
    pub id: String,
    pub name: String,
    pub email: String,
    pub password_hash: String,
    pub role: String,
    pub created_at: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SessionRow {
    pub id: String,
    pub record: String,
    pub expires_at: i64,
}

macro_rules! select_person {
    ($rest:literal) => {
        concat!("select id, name, email, password_hash, role, created_at from people ", $rest)
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
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    pub async fn put_setting(&mut self, name: &str, value: &str) -> Result<()> {
        let sql = "insert into settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value";
        sqlx::query(sql).bind(name).bind(value).execute(&mut *self.inner).await?;
        Ok(())
    }

    /// Whether the setting was there with this value, and now is not: a one-time token is spent once.
    pub async fn take_setting(&mut self, name: &str, value: &str) -> Result<bool> {
        let sql = "delete from settings where name = $1 and value = $2";
        let done = sqlx::query(sql).bind(name).bind(value).execute(&mut *self.inner).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether the id was free.
    pub async fn add_session(&mut self, session: &SessionRow) -> Result<bool> {
        let sql = "insert into sessions (id, record, expires_at) values ($1, $2, $3) on conflict (id) do nothing";
        let done = sqlx::query(sql)
            .bind(&session.id)
            .bind(&session.record)
            .bind(session.expires_at)
            .execute(&mut *self.inner)
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
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    pub async fn delete_session(&mut self, id: &str) -> Result<()> {
        sqlx::query("delete from sessions where id = $1").bind(id).execute(&mut *self.inner).await?;
        Ok(())
    }

    pub async fn delete_ended_sessions(&mut self, now: i64) -> Result<()> {
        sqlx::query("delete from sessions where expires_at <= $1").bind(now).execute(&mut *self.inner).await?;
        Ok(())
    }
}
