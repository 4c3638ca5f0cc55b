//! How a connection takes webhooks: which secrets are valid, whether a call without a signature counts, and which calls
//! were turned away.

use super::{Result, Store, Tx, exactly_one};

/// The secret itself is the connection's; this is what is known of it, and of the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Hooks {
    /// 1 where a call without a signature counts.
    pub unsigned: i64,
    /// Goes up with each rotation.
    pub serial: i64,
    /// 0 for the secret that the connection was made with.
    pub rotated_at: i64,
    pub first_used: i64,
    pub last_used: i64,
    /// Sealed; empty when there is none.
    pub former: String,
    pub former_serial: i64,
    pub former_used: i64,
    pub former_ends: i64,
}

impl Hooks {
    /// Whether the secret before the present one is still valid.
    pub fn has_former(&self, now: i64) -> bool {
        !self.former.is_empty() && now < self.former_ends
    }
}

/// Why a call was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TurnedAway {
    Unsigned,
    WrongSignature,
    OutOfTime,
    Repeated,
    TooLarge,
    Malformed,
    OtherTable,
    NotStored,
    Busy,
}

impl TurnedAway {
    pub const ALL: [Self; 9] = [
        Self::Unsigned,
        Self::WrongSignature,
        Self::OutOfTime,
        Self::Repeated,
        Self::TooLarge,
        Self::Malformed,
        Self::OtherTable,
        Self::NotStored,
        Self::Busy,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::WrongSignature => "wrong_signature",
            Self::OutOfTime => "out_of_time",
            Self::Repeated => "repeated",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::OtherTable => "other_table",
            Self::NotStored => "not_stored",
            Self::Busy => "busy",
        }
    }

    fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// How many calls were not taken for one reason, and what the newest looked like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnedAwayCalls {
    pub reason: TurnedAway,
    pub calls: i64,
    pub first_at: i64,
    pub last_at: i64,
    pub sample: Sample,
}

/// A call without what it said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    pub bytes: i64,
    /// Who sent it, as far as the network tells.
    pub peer: String,
    pub excerpt: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    reason: String,
    calls: i64,
    first_at: i64,
    last_at: i64,
    bytes: i64,
    peer: String,
    excerpt: String,
}

impl Store {
    pub async fn hooks(&self, connection: &str) -> Result<Hooks> {
        let sql = "select unsigned, serial, rotated_at, first_used, last_used, former, former_serial, former_used, former_ends \
                   from hooks where connection_id = $1";
        Ok(sqlx::query_as(sql)
            .bind(connection)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?
            .unwrap_or_default())
    }

    /// The newest first.
    pub async fn turned_away(&self, connection: &str) -> Result<Vec<TurnedAwayCalls>> {
        let sql = "select reason, calls, first_at, last_at, bytes, peer, excerpt from turned_away \
                   where connection_id = $1 order by last_at desc, reason";
        let rows: Vec<Row> = sqlx::query_as(sql).bind(connection).fetch_all(&mut *self.pool.take().await?).await?;
        // A reason that a later release knows is passed over.
        let read = |row: Row| {
            Some(TurnedAwayCalls {
                reason: TurnedAway::read(&row.reason)?,
                calls: row.calls,
                first_at: row.first_at,
                last_at: row.last_at,
                sample: Sample { bytes: row.bytes, peer: row.peer, excerpt: row.excerpt },
            })
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }
}

impl Tx {
    pub async fn take_unsigned(&mut self, connection: &str, unsigned: bool) -> Result<()> {
        let sql = "insert into hooks (connection_id, unsigned, serial, rotated_at, first_used, last_used, former, former_serial, \
                   former_used, former_ends) values ($1, $2, 0, 0, 0, 0, '', 0, 0, 0) \
                   on conflict (connection_id) do update set unsigned = excluded.unsigned";
        sqlx::query(sql).bind(connection).bind(i64::from(unsigned)).execute(self.now().await?).await?;
        Ok(())
    }

    /// The connection gets another secret, if `before` is still the one it has; both are sealed. `hooks` is what is known
    /// of it and of the one before.
    pub async fn rotate_secret(&mut self, connection: &str, before: &str, secret: &str, hooks: &Hooks) -> Result<()> {
        let sql = "update connections set webhook_secret = $3 where id = $1 and webhook_secret = $2";
        exactly_one(&sqlx::query(sql).bind(connection).bind(before).bind(secret).execute(self.now().await?).await?)?;
        let sql = "insert into hooks (connection_id, unsigned, serial, rotated_at, first_used, last_used, former, former_serial, \
                   former_used, former_ends) values ($1, $2, $3, $4, 0, 0, $5, $6, $7, $8) \
                   on conflict (connection_id) do update set serial = excluded.serial, rotated_at = excluded.rotated_at, \
                   first_used = 0, last_used = 0, former = excluded.former, former_serial = excluded.former_serial, \
                   former_used = excluded.former_used, former_ends = excluded.former_ends";
        sqlx::query(sql)
            .bind(connection)
            .bind(hooks.unsigned)
            .bind(hooks.serial)
            .bind(hooks.rotated_at)
            .bind(&hooks.former)
            .bind(hooks.former_serial)
            .bind(hooks.former_used)
            .bind(hooks.former_ends)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }

    pub async fn end_former_secret(&mut self, connection: &str) -> Result<()> {
        let sql = "update hooks set former = '' where connection_id = $1";
        sqlx::query(sql).bind(connection).execute(self.now().await?).await?;
        Ok(())
    }

    /// Calls came that were signed with the secret of this number. The first with the present one sets an end to the one
    /// before; one that has ended is not kept.
    pub async fn note_secret_used(&mut self, connection: &str, serial: i64, at: i64, former_ends: i64) -> Result<()> {
        let first = "insert into hooks (connection_id, unsigned, serial, rotated_at, first_used, last_used, former, former_serial, \
                     former_used, former_ends) select id, 0, 0, 0, $3, $3, '', 0, 0, 0 from connections where id = $1 and $2 = 0 \
                     on conflict do nothing";
        sqlx::query(first).bind(connection).bind(serial).bind(at).execute(self.now().await?).await?;
        let present = "update hooks set last_used = case when last_used < $3 then $3 else last_used end, \
                       first_used = case when first_used = 0 then $3 else first_used end, \
                       former_ends = case when first_used = 0 and former_ends > $4 then $4 else former_ends end, \
                       former = case when former_ends <= $3 then '' else former end \
                       where connection_id = $1 and serial = $2";
        let done = sqlx::query(present).bind(connection).bind(serial).bind(at).bind(former_ends);
        done.execute(self.now().await?).await?;
        let former = "update hooks set former_used = $3 where connection_id = $1 and former_serial = $2 \
                      and former <> '' and former_used < $3";
        sqlx::query(former).bind(connection).bind(serial).bind(at).execute(self.now().await?).await?;
        Ok(())
    }

    /// Adds to what was turned away before. Nothing happens for a connection that is gone.
    pub async fn note_turned_away(&mut self, connection: &str, away: &TurnedAwayCalls) -> Result<()> {
        let sql = "insert into turned_away (connection_id, reason, calls, first_at, last_at, bytes, peer, excerpt) \
                   select id, $2, $3, $4, $5, $6, $7, $8 from connections where id = $1 \
                   on conflict (connection_id, reason) do update set calls = turned_away.calls + excluded.calls, \
                   last_at = excluded.last_at, bytes = excluded.bytes, peer = excluded.peer, excerpt = excluded.excerpt";
        sqlx::query(sql)
            .bind(connection)
            .bind(away.reason.as_str())
            .bind(away.calls)
            .bind(away.first_at)
            .bind(away.last_at)
            .bind(away.sample.bytes)
            .bind(&away.sample.peer)
            .bind(&away.sample.excerpt)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }
}
