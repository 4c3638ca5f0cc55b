//! Every mapping that was in force. A version stays as it was published.

use super::{Result, Store, Tx, read_json, to_json};
use merge::Rules;

/// Who published a mapping, when and why.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Version {
    pub version: i64,
    /// A person's name; empty where nobody said.
    pub published_by: String,
    /// 0 where nobody knows.
    pub published_at: i64,
    pub note: String,
}

impl Store {
    /// The newest first.
    pub async fn versions(&self, connection: &str, limit: i64, offset: i64) -> Result<Vec<Version>> {
        let sql = "select version, published_by, published_at, note from mapping_versions where connection_id = $1 \
                   order by version desc limit $2 offset $3";
        Ok(sqlx::query_as(sql)
            .bind(connection)
            .bind(limit)
            .bind(offset)
            .fetch_all(&mut *self.pool.take().await?)
            .await?)
    }

    pub async fn count_versions(&self, connection: &str) -> Result<i64> {
        let sql = "select count(*) from mapping_versions where connection_id = $1";
        let (count,): (i64,) = sqlx::query_as(sql).bind(connection).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    pub async fn rules_of_version(&self, connection: &str, version: i64) -> Result<Option<Rules>> {
        let sql = "select rules from mapping_versions where connection_id = $1 and version = $2";
        let row: Option<(String,)> =
            sqlx::query_as(sql).bind(connection).bind(version).fetch_optional(&mut *self.pool.take().await?).await?;
        row.map(|(rules,)| read_json(&rules, "mapping_versions", "rules", connection)).transpose()
    }
}

impl Tx {
    /// With the mapping itself: neither is there without the other. Nobody has said yet who published it.
    pub(super) async fn keep_version(&mut self, connection: &str, rules: &Rules) -> Result<()> {
        let sql = "insert into mapping_versions (connection_id, version, rules, published_by, published_at, note) \
                   values ($1, $2, $3, '', 0, '') \
                   on conflict (connection_id, version) do update set rules = excluded.rules";
        sqlx::query(sql).bind(connection).bind(rules.version).bind(to_json(rules)).execute(self.now().await?).await?;
        Ok(())
    }

    pub async fn sign_version(&mut self, connection: &str, by: &Version) -> Result<()> {
        let sql = "update mapping_versions set published_by = $3, published_at = $4, note = $5 \
                   where connection_id = $1 and version = $2";
        let done = sqlx::query(sql)
            .bind(connection)
            .bind(by.version)
            .bind(&by.published_by)
            .bind(by.published_at)
            .bind(&by.note)
            .execute(self.now().await?)
            .await?;
        super::exactly_one(&done)
    }
}
