//! What identifies the instance behind a connection: remembered from the first look on, and doubted until a person
//! decides when a later look finds something else.

use super::{Result, Store, Tx, exactly_one, read_json, to_json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// What each mark was.
    pub marks: BTreeMap<String, String>,
    /// Links made before are no witnesses: a person said that it is the same instance without their records.
    pub links_since: i64,
    /// Records that another console made before are no news.
    pub made_since: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    pub identity: Identity,
    /// What was seen instead, until a person decides.
    pub doubted: Option<Identity>,
}

impl Store {
    pub async fn identity(&self, connection: &str) -> Result<Option<Remembered>> {
        let row: Option<(String, String)> =
            sqlx::query_as("select remembered, doubted from identities where connection_id = $1")
                .bind(connection)
                .fetch_optional(&mut *self.pool.take().await?)
                .await?;
        let Some((remembered, doubted)) = row else { return Ok(None) };
        let identity = read_json(&remembered, "identities", "remembered", connection)?;
        let doubted = match doubted.as_str() {
            "" => None,
            doubted => Some(read_json(doubted, "identities", "doubted", connection)?),
        };
        Ok(Some(Remembered { identity, doubted }))
    }

    /// Records in ServiceNow of links of which nothing is known to be wrong: the newest, which a clone that was taken
    /// before cannot have.
    pub async fn witnesses(&self, connection: &str, since: i64, limit: i64) -> Result<Vec<String>> {
        let sql = "select servicenow_id from links where connection_id = $1 and state = 'linked' and gone = '' \
                   and note = '' and servicenow_number <> '' and created_at > $2 order by id desc limit $3";
        let rows: Vec<(String,)> = sqlx::query_as(sql)
            .bind(connection)
            .bind(since)
            .bind(limit)
            .fetch_all(&mut *self.pool.take().await?)
            .await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}

impl Tx {
    /// From now on it is this one, and nothing is in doubt.
    pub async fn remember_identity(&mut self, connection: &str, identity: &Identity) -> Result<()> {
        let sql = "insert into identities (connection_id, remembered, doubted) values ($1, $2, '') \
                   on conflict (connection_id) do update set remembered = excluded.remembered, doubted = ''";
        sqlx::query(sql).bind(connection).bind(to_json(identity)).execute(self.now().await?).await?;
        Ok(())
    }

    pub async fn doubt_identity(&mut self, connection: &str, seen: &Identity) -> Result<()> {
        let sql = "update identities set doubted = $2 where connection_id = $1";
        exactly_one(&sqlx::query(sql).bind(connection).bind(to_json(seen)).execute(self.now().await?).await?)
    }
}
