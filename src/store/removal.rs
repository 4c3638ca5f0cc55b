//! A connection is taken out of the database for good, part by part: it may have a million rows. Nothing of either side
//! is touched, Desk's tickets stay.

use super::{Result, Tx, exactly_one};

/// Links taken out in one transaction, with all that hangs on them.
const LINKS: i64 = 200;
/// Rows of other kinds taken out in one transaction.
const ROWS: i64 = 5_000;

/// What belongs to a link; each takes the same links as the last one, which takes the links themselves.
const OF_LINKS: [&str; 10] = [
    "delete from entries where link_id in (select id from links where connection_id = $1 order by id limit $2)",
    "delete from attachments where link_id in (select id from links where connection_id = $1 order by id limit $2)",
    "delete from attempts where delivery_id in (select id from deliveries where link_id in \
     (select id from links where connection_id = $1 order by id limit $2))",
    "delete from moments where link_id in (select id from links where connection_id = $1 order by id limit $2)",
    "delete from deliveries where link_id in (select id from links where connection_id = $1 order by id limit $2)",
    "delete from history where link_id in (select id from links where connection_id = $1 order by id limit $2)",
    "delete from conflicts where link_id in (select id from links where connection_id = $1 order by id limit $2)",
    "delete from dead_letters where link_id in (select id from links where connection_id = $1 order by id limit $2)",
    "delete from findings where link_id in (select id from links where connection_id = $1 order by id limit $2)",
    "delete from links where id in (select id from links where connection_id = $1 order by id limit $2)",
];

/// What belongs to the connection alone, in an order that leaves nothing without what it speaks of.
const OF_CONNECTION: [&str; 4] = [
    "delete from changes where id in (select id from changes where connection_id = $1 limit $2)",
    "delete from dead_letters where id in (select id from dead_letters where connection_id = $1 limit $2)",
    "delete from findings where (run_id, lane, rule) in (select f.run_id, f.lane, f.rule from findings f \
     join runs r on r.id = f.run_id where r.connection_id = $1 limit $2)",
    "delete from jobs where id in (select id from jobs where connection_id = $1 limit $2)",
];

/// Few rows each; what is not here goes with the connection itself.
const AT_LAST: [&str; 6] = [
    "delete from runs where connection_id = $1",
    "delete from cursors where connection_id = $1",
    "delete from upkeep where connection_id = $1",
    "delete from identities where connection_id = $1",
    "delete from authorizations where connection_id = $1",
    "delete from tokens where connection_id = $1",
];

impl Tx {
    /// Takes a part of it out. Answers whether something is left.
    pub async fn remove_part(&mut self, connection: &str) -> Result<bool> {
        let mut links = 0;
        for sql in OF_LINKS {
            links = self.removed(sql, connection, LINKS).await?;
        }
        if links > 0 {
            return Ok(true);
        }
        for sql in OF_CONNECTION {
            if self.removed(sql, connection, ROWS).await? > 0 {
                return Ok(true);
            }
        }
        for sql in AT_LAST {
            sqlx::query(sql).bind(connection).execute(self.now().await?).await?;
        }
        let sql = "delete from connections where id = $1";
        exactly_one(&sqlx::query(sql).bind(connection).execute(self.now().await?).await?)?;
        Ok(false)
    }

    async fn removed(&mut self, sql: &'static str, connection: &str, limit: i64) -> Result<u64> {
        Ok(sqlx::query(sql).bind(connection).bind(limit).execute(self.now().await?).await?.rows_affected())
    }
}
