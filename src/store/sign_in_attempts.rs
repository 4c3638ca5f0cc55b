//! Attempts to sign in, counted where every process sees them.

use super::{Result, Tx};

impl Tx {
    /// Counts one more attempt. Answers how many there were since the counting began, and when it ends.
    pub async fn count_attempt(&mut self, what: &str, now: i64, ends_at: i64) -> Result<(i64, i64)> {
        let sql = "insert into sign_in_attempts (what, tried, ends_at) values ($1, 1, $3) \
                   on conflict (what) do update set \
                   tried = case when sign_in_attempts.ends_at <= $2 then 1 else sign_in_attempts.tried + 1 end, \
                   ends_at = case when sign_in_attempts.ends_at <= $2 then excluded.ends_at else sign_in_attempts.ends_at end \
                   returning tried, ends_at";
        Ok(sqlx::query_as(sql).bind(what).bind(now).bind(ends_at).fetch_one(self.now().await?).await?)
    }

    /// One attempt was no guess.
    pub async fn take_back_attempt(&mut self, what: &str) -> Result<()> {
        let sql = "update sign_in_attempts set tried = tried - 1 where what = $1 and tried > 0";
        sqlx::query(sql).bind(what).execute(self.now().await?).await?;
        Ok(())
    }

    pub async fn delete_ended_attempts(&mut self, now: i64) -> Result<()> {
        sqlx::query("delete from sign_in_attempts where ends_at <= $1").bind(now).execute(self.now().await?).await?;
        Ok(())
    }
}
