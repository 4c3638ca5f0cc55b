//! Who looks at what just now. Each look counts for a short while, so whoever leaves, or loses the line, is gone soon.

use super::{Result, Store, Tx};

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Presence {
    pub subject: String,
    pub person_id: String,
    pub name: String,
}

impl Tx {
    /// Somebody looks at something, for a while.
    pub async fn note_presence(&mut self, presence: &Presence, now: i64, until: i64) -> Result<()> {
        self.write(sqlx::query("delete from presences where until <= $1").bind(now)).await?;
        let sql = "insert into presences (subject, person_id, name, until) values ($1, $2, $3, $4) \
                   on conflict (subject, person_id) do update set until = excluded.until";
        let looks = sqlx::query(sql).bind(&presence.subject).bind(&presence.person_id).bind(&presence.name).bind(until);
        self.write(looks).await
    }
}

impl Store {
    /// Those who look at it now, by name.
    pub async fn present(&self, subject: &str, now: i64) -> Result<Vec<Presence>> {
        let sql =
            "select subject, person_id, name from presences where subject = $1 and until > $2 order by name, person_id";
        Ok(sqlx::query_as(sql).bind(subject).bind(now).fetch_all(&mut *self.pool.take().await?).await?)
    }
}
