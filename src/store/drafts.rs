//! Mappings that somebody is working on, and what they would do.

use super::{Result, Store, StoreError, Tx, exactly_one, read_json, to_json};
use merge::Rules;

#[derive(Clone, Debug)]
pub struct Draft {
    /// The version of the mapping that it began with.
    pub based_on: i64,
    /// Goes up with every edit.
    pub revision: i64,
    pub rules: Rules,
    /// A person's name.
    pub edited_by: String,
    pub edited_at: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    based_on: i64,
    revision: i64,
    rules: String,
    edited_by: String,
    edited_at: i64,
}

impl Row {
    fn read(self, connection: &str) -> Result<Draft> {
        let Self { based_on, revision, rules, edited_by, edited_at } = self;
        let rules = read_json(&rules, "mapping_drafts", "rules", connection)?;
        Ok(Draft { based_on, revision, rules, edited_by, edited_at })
    }
}

/// A look at what a draft would do.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Preview {
    pub id: String,
    /// The draft's.
    pub revision: i64,
    /// `running`, `done`, `failed`
    pub state: String,
    pub links: i64,
    pub looked: i64,
    pub touched: i64,
    /// JSON.
    pub found: String,
    pub begun_by: String,
    pub begun_at: i64,
    pub moved_at: i64,
}

impl Store {
    pub async fn draft(&self, connection: &str) -> Result<Option<Draft>> {
        let sql = "select based_on, revision, rules, edited_by, edited_at from mapping_drafts where connection_id = $1";
        let row: Option<Row> =
            sqlx::query_as(sql).bind(connection).fetch_optional(&mut *self.pool.take().await?).await?;
        row.map(|row| row.read(connection)).transpose()
    }

    pub async fn preview(&self, connection: &str) -> Result<Option<Preview>> {
        let sql = "select id, revision, state, links, looked, touched, found, begun_by, begun_at, moved_at \
                   from mapping_previews where connection_id = $1";
        Ok(sqlx::query_as(sql).bind(connection).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    /// Linked records that changed since a moment, the last one first.
    pub async fn records_changed_since(&self, connection: &str, since: i64, limit: i64) -> Result<Vec<String>> {
        let sql = "select servicenow_id from links where connection_id = $1 and changed_at >= $2 and changed_at > 0 \
                   and state = 'linked' \
                   order by changed_at desc limit $3";
        let rows: Vec<(String,)> = sqlx::query_as(sql)
            .bind(connection)
            .bind(since)
            .bind(limit)
            .fetch_all(&mut *self.pool.take().await?)
            .await?;
        Ok(rows.into_iter().map(|(record,)| record).collect())
    }
}

impl Tx {
    /// Keeps an edit of the draft whose revision is the one that was read, 0 where there was none.
    pub async fn put_draft(&mut self, connection: &str, draft: &Draft) -> Result<()> {
        let begin = "insert into mapping_drafts (connection_id, based_on, revision, rules, edited_by, edited_at) \
                     values ($1, $2, $3 + 1, $4, $5, $6) on conflict (connection_id) do nothing";
        let go_on = "update mapping_drafts set based_on = $2, revision = revision + 1, rules = $4, edited_by = $5, \
                     edited_at = $6 where connection_id = $1 and revision = $3";
        let done = sqlx::query(if draft.revision == 0 { begin } else { go_on })
            .bind(connection)
            .bind(draft.based_on)
            .bind(draft.revision)
            .bind(to_json(&draft.rules))
            .bind(&draft.edited_by)
            .bind(draft.edited_at)
            .execute(self.now().await?)
            .await?;
        exactly_one(&done)
    }

    /// It is published or given up, if its revision is still the one that was read; with it goes what it would do.
    pub async fn end_draft(&mut self, connection: &str, revision: i64) -> Result<()> {
        let sql = "delete from mapping_drafts where connection_id = $1 and revision = $2";
        exactly_one(&sqlx::query(sql).bind(connection).bind(revision).execute(self.now().await?).await?)?;
        let sql = "delete from mapping_previews where connection_id = $1";
        sqlx::query(sql).bind(connection).execute(self.now().await?).await?;
        Ok(())
    }

    /// In place of any look before.
    pub async fn begin_preview(&mut self, connection: &str, look: &Preview) -> Result<()> {
        sqlx::query("delete from mapping_previews where connection_id = $1")
            .bind(connection)
            .execute(self.now().await?)
            .await?;
        let sql = "insert into mapping_previews (connection_id, id, revision, state, links, looked, touched, found, begun_by, \
                   begun_at, moved_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        sqlx::query(sql)
            .bind(connection)
            .bind(&look.id)
            .bind(look.revision)
            .bind(&look.state)
            .bind(look.links)
            .bind(look.looked)
            .bind(look.touched)
            .bind(&look.found)
            .bind(&look.begun_by)
            .bind(look.begun_at)
            .bind(look.moved_at)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }

    /// How far a look has come; false when another took its place or nobody wants it any more.
    pub async fn advance_preview(&mut self, connection: &str, look: &Preview) -> Result<bool> {
        let sql = "update mapping_previews set state = $3, looked = $4, touched = $5, found = $6, moved_at = $7 \
                   where connection_id = $1 and id = $2";
        let done = sqlx::query(sql)
            .bind(connection)
            .bind(&look.id)
            .bind(&look.state)
            .bind(look.looked)
            .bind(look.touched)
            .bind(&look.found)
            .bind(look.moved_at)
            .execute(self.now().await?)
            .await?;
        match exactly_one(&done) {
            Ok(()) => Ok(true),
            Err(StoreError::Stale) => Ok(false),
            Err(other) => Err(other),
        }
    }
}
