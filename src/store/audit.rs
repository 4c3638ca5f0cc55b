//! Who asked for what, refused or not. Append-only.

use super::{Result, Store, Tx};

#[derive(Clone, Debug)]
pub struct AuditEntry<'a> {
    pub id: &'a str,
    pub at: i64,
    /// The person's id, or what acted for nobody.
    pub person: &'a str,
    pub action: &'a str,
    pub subject: &'a str,
    pub detail: &'a str,
    pub refused: bool,
}

const INSERT: &str =
    "insert into audit (id, at, person, action, subject, detail, refused) values ($1, $2, $3, $4, $5, $6, $7)";

impl Tx {
    pub async fn note_audit(&mut self, entry: &AuditEntry<'_>) -> Result<()> {
        sqlx::query(INSERT)
            .bind(entry.id)
            .bind(entry.at)
            .bind(entry.person)
            .bind(entry.action)
            .bind(entry.subject)
            .bind(entry.detail)
            .bind(i64::from(entry.refused))
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}

impl Store {
    /// How often an action was refused or done; for tests and the audit page.
    pub async fn audit_count(&self, action: &str, refused: bool) -> Result<i64> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from audit where action = $1 and refused = $2")
            .bind(action)
            .bind(i64::from(refused))
            .fetch_one(&mut *self.pool.take().await?)
            .await?;
        Ok(count)
    }

    /// When an action was last done with a connection, 0 if never; with this detail, if one is named.
    pub async fn last_done(&self, action: &str, subject: &str, detail: Option<&str>) -> Result<i64> {
        let (at,): (i64,) = sqlx::query_as(
            "select coalesce(max(at), 0) from audit
             where action = $1 and subject = $2 and ($3 = '' or detail = $3) and refused = 0",
        )
        .bind(action)
        .bind(subject)
        .bind(detail.unwrap_or_default())
        .fetch_one(&mut *self.pool.take().await?)
        .await?;
        Ok(at)
    }

    /// The name of who did this last with a connection.
    pub async fn last_person(&self, action: &str, subject: &str) -> Result<Option<String>> {
        let sql = "select p.name from audit a join people p on p.id = a.person \
                   where a.action = $1 and a.subject = $2 and a.refused = 0 and a.detail like 'authorized%' order by a.id desc limit 1";
        let row: Option<(String,)> =
            sqlx::query_as(sql).bind(action).bind(subject).fetch_optional(&mut *self.pool.take().await?).await?;
        Ok(row.map(|(name,)| name))
    }
}
