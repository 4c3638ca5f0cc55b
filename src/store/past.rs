//! What lies behind a pair, as far as a new write asks for it.

use super::changes::{HEARD, TOLD, last_heard};
use super::{Delivery, Link, Result, Store, from_rows};

#[derive(Clone, Debug)]
pub struct Past {
    /// The field writes that the sides took, newest first.
    pub writes: Vec<Delivery>,
    /// How something was last heard of the record, and when.
    pub heard: Option<(String, i64)>,
}

const WRITES: &str = "select id, link_id, side, kind, payload, state, attempts, sent_at, problem, created_at, done_at \
                      from deliveries where link_id = $1 and kind = 'write' and state = 'done' order by id desc limit $2";

impl Store {
    /// So many writes, and what was heard up to a moment.
    pub async fn past(&self, link: &Link, writes: i64, up_to: i64) -> Result<Past> {
        let heard = |sql| sqlx::query(sql).bind(&link.connection_id).bind(&link.servicenow_id).bind(up_to);
        let reads = vec![sqlx::query(WRITES).bind(&link.id).bind(writes), heard(HEARD), heard(TOLD)];
        let answers = self.read_all(reads).await?;
        let [writes, heard, told] = &answers[..] else { return Ok(Past { writes: Vec::new(), heard: None }) };
        Ok(Past { writes: from_rows(writes)?, heard: last_heard(from_rows(heard)?.pop(), from_rows(told)?.pop()) })
    }
}
