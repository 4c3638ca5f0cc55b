//! The bytes of files, in parts beside their rows of `sys_attachment`. Each part is read and written by
//! itself, so that no file is ever in memory as a whole.

use super::{Result, Store};

impl Store {
    pub async fn keep_part(&self, attachment: &str, part: i64, bytes: &[u8]) -> Result<()> {
        let sql = r#"INSERT INTO "_content" (attachment, part, bytes) VALUES (?, ?, ?)"#;
        sqlx::query(sql).bind(attachment).bind(part).bind(bytes).execute(&self.pool).await.map(drop)
    }

    pub async fn part(&self, attachment: &str, part: i64) -> Result<Option<Vec<u8>>> {
        let sql = r#"SELECT bytes FROM "_content" WHERE attachment = ? AND part = ?"#;
        sqlx::query_scalar(sql).bind(attachment).bind(part).fetch_optional(&self.pool).await
    }

    /// For an upload that did not come to its end.
    pub async fn drop_parts(&self, attachment: &str) -> Result<()> {
        let sql = r#"DELETE FROM "_content" WHERE attachment = ?"#;
        sqlx::query(sql).bind(attachment).execute(&self.pool).await.map(drop)
    }

    /// What an end in the middle of an upload, or of a scan, left behind.
    pub(super) async fn tidy_files(&self) -> Result<()> {
        sqlx::query(r#"DELETE FROM "_content" WHERE attachment NOT IN (SELECT "sys_id" FROM "sys_attachment")"#)
            .execute(&self.pool)
            .await?;
        let sql = r#"UPDATE "sys_attachment" SET "state" = 'available' WHERE "state" = 'pending'"#;
        sqlx::query(sql).execute(&self.pool).await.map(drop)
    }
}
