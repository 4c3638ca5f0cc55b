//! Deliveries: planned writes of a link, in order, with what became of them.

use super::{Result, Store, Tx};
use merge::Side;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Stored, never sent.
    Planned,
    /// Sent at least once, the answer is not known.
    Sending,
    Done,
    /// The side will not take it.
    Refused,
    /// A newer plan replaced it before it was sent.
    Superseded,
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Superseded => "superseded",
        }
    }
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Delivery {
    pub id: String,
    pub link_id: String,
    pub side: String,
    /// `create`, `write`, `append`, `attach` or `delete`.
    pub kind: String,
    /// JSON, by kind.
    pub payload: String,
    pub state: String,
    pub attempts: i64,
    pub sent_at: i64,
    pub problem: String,
    pub created_at: i64,
    pub done_at: i64,
}

impl Delivery {
    pub fn planned(id: String, link: &str, side: Side, kind: &str, payload: String, now: i64) -> Self {
        Self {
            id,
            link_id: link.to_owned(),
            side: side.as_str().to_owned(),
            kind: kind.to_owned(),
            payload,
            state: DeliveryState::Planned.as_str().to_owned(),
            attempts: 0,
            sent_at: 0,
            problem: String::new(),
            created_at: now,
            done_at: 0,
        }
    }

    /// On its way with the very transaction that stores it.
    pub fn mark_sending(&mut self, now: i64) {
        DeliveryState::Sending.as_str().clone_into(&mut self.state);
        self.attempts += 1;
        self.sent_at = now;
    }

    /// The side that it is for.
    pub fn to(&self) -> Side {
        if self.side == Side::ServiceNow.as_str() { Side::ServiceNow } else { Side::Platform }
    }

    /// Whether it may have reached the side already.
    pub fn is_unsure(&self) -> bool {
        self.state == DeliveryState::Sending.as_str()
    }
}

macro_rules! select_delivery {
    ($rest:literal) => {
        concat!(
            "select id, link_id, side, kind, payload, state, attempts, sent_at, problem, created_at, done_at from deliveries ",
            $rest
        )
    };
}

/// The field writes that the sides took of a link, newest first.
pub(super) const WRITES: &str =
    select_delivery!("where link_id = $1 and kind = 'write' and state = 'done' order by id desc limit $2");

impl Store {
    /// What a link still has to send, oldest first.
    pub async fn open_deliveries(&self, link: &str) -> Result<Vec<Delivery>> {
        let sql = select_delivery!("where link_id = $1 and state in ('planned', 'sending') order by id");
        Ok(sqlx::query_as(sql).bind(link).fetch_all(&mut *self.pool.take().await?).await?)
    }
}

#[cfg(test)]
impl Store {
    /// All of one kind, oldest first.
    pub async fn deliveries_of(&self, link: &str, kind: &str) -> Result<Vec<Delivery>> {
        let sql = select_delivery!("where link_id = $1 and kind = $2 order by id");
        Ok(sqlx::query_as(sql).bind(link).bind(kind).fetch_all(&mut *self.pool.take().await?).await?)
    }

    /// What was appended of a link, in the order of sending.
    pub async fn appended(&self, link: &str) -> Result<Vec<String>> {
        let sql = "select payload from deliveries where link_id = $1 and kind = 'append' and state = 'done' order by done_at, id";
        let rows: Vec<(String,)> = sqlx::query_as(sql).bind(link).fetch_all(&mut *self.pool.take().await?).await?;
        Ok(rows.into_iter().map(|(payload,)| payload).collect())
    }
}

impl Tx {
    /// Stale when the connection was stopped meanwhile: from then on nothing more is meant to be sent.
    pub async fn add_delivery(&mut self, d: &Delivery) -> Result<()> {
        let sql = "insert into deliveries (id, link_id, side, kind, payload, state, attempts, sent_at, problem, created_at, done_at) \
                   select $1, l.id, $3, $4, $5, $6, $7, $8, $9, $10, $11 from links l join connections c on c.id = l.connection_id \
                   where l.id = $2 and c.state = 'active'";
        self.write_one(
            sqlx::query(sql)
                .bind(&d.id)
                .bind(&d.link_id)
                .bind(&d.side)
                .bind(&d.kind)
                .bind(&d.payload)
                .bind(&d.state)
                .bind(d.attempts)
                .bind(d.sent_at)
                .bind(&d.problem)
                .bind(d.created_at)
                .bind(d.done_at),
        )
        .await
    }

    /// The intent is on disk before the write goes out.
    pub async fn delivery_sending(&mut self, id: &str, now: i64) -> Result<()> {
        let sql = "update deliveries set state = 'sending', attempts = attempts + 1, \
                   sent_at = $2 where id = $1 and state in ('planned', 'sending')";
        self.write_one(sqlx::query(sql).bind(id).bind(now)).await
    }

    /// No answer came until now: from here on it is waited for what may still come true.
    pub async fn delivery_doubted(&mut self, id: &str, now: i64) -> Result<()> {
        let sql = "update deliveries set sent_at = $2 where id = $1 and state = 'sending'";
        self.write_one(sqlx::query(sql).bind(id).bind(now)).await
    }

    /// What was sent surely did not happen.
    pub async fn delivery_unsent(&mut self, id: &str) -> Result<()> {
        let sql = "update deliveries set state = 'planned' where id = $1 and state = 'sending'";
        self.write_one(sqlx::query(sql).bind(id)).await
    }

    pub async fn finish_delivery(&mut self, id: &str, state: DeliveryState, problem: &str, now: i64) -> Result<()> {
        let sql = "update deliveries set state = $2, problem = $3, done_at = $4 \
                   where id = $1 and state in ('planned', 'sending')";
        self.write_one(sqlx::query(sql).bind(id).bind(state.as_str()).bind(problem).bind(now)).await
    }
}
