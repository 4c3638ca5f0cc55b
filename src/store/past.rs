//! What lies behind a pair, as far as a new write asks for it.

use super::changes::{heard_and_told, last_heard};
use super::deliveries::WRITES;
use super::{Delivery, Link, Result, Store, from_rows};

#[derive(Clone, Debug)]
pub struct Past {
    /// The field writes that the sides took, newest first.
    pub writes: Vec<Delivery>,
    /// How something was last heard of the record, and when.
    pub heard: Option<(String, i64)>,
}

impl Store {
    /// So many writes, and what was heard up to a moment.
    pub async fn past(&self, link: &Link, writes: i64, up_to: i64) -> Result<Past> {
        let mut reads = vec![sqlx::query(WRITES).bind(&link.id).bind(writes)];
        reads.extend(heard_and_told(&link.connection_id, &link.servicenow_id, up_to));
        let answers = self.read_all(reads).await?;
        let [writes, heard, told] = &answers[..] else { return Ok(Past { writes: Vec::new(), heard: None }) };
        Ok(Past { writes: from_rows(writes)?, heard: last_heard(from_rows(heard)?.pop(), from_rows(told)?.pop()) })
    }
}
