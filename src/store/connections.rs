//! Connections, and authorizations on their way.

use super::{Result, Store, StoreError, Tx, exactly_one, read_json, to_json};
use merge::Rules;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Draft,
    Active,
    Paused,
    Held,
    /// The credentials are gone; links and history are kept. Stored as paused, with the moment.
    Disconnected,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Paused | Self::Disconnected => "paused",
            Self::Held => "held",
        }
    }

    fn read(text: &str, disconnected_at: i64) -> Self {
        match text {
            _ if disconnected_at > 0 => Self::Disconnected,
            "active" => Self::Active,
            "paused" => Self::Paused,
            "held" => Self::Held,
            _ => Self::Draft,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Connection {
    pub id: String,
    pub name: String,
    pub address: String,
    pub environment: String,
    pub client_id: String,
    /// Sealed.
    pub client_secret: String,
    pub state: State,
    pub state_note: String,
    pub rules: Arc<Rules>,
    /// The unguessable part of the webhook's address.
    pub webhook_key: String,
    /// Sealed.
    pub webhook_secret: String,
    /// The ServiceNow user whose rights the token has; empty before the first authorization.
    pub acting_as: String,
    /// Records created before this moment do not enter.
    pub active_since: i64,
    pub last_webhook: i64,
    pub last_poll: i64,
    /// JSON of the last test.
    pub checks: String,
    pub tested_at: i64,
    pub created_at: i64,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    name: String,
    address: String,
    environment: String,
    client_id: String,
    client_secret: String,
    state: String,
    state_note: String,
    rules: String,
    webhook_key: String,
    webhook_secret: String,
    acting_as: String,
    active_since: i64,
    last_webhook: i64,
    last_poll: i64,
    checks: String,
    tested_at: i64,
    created_at: i64,
    disconnected_at: i64,
}

impl Row {
    fn read(self) -> Result<Connection> {
        let rules: Rules = read_json(&self.rules, "connections", "rules", &self.id)?;
        Ok(self.with(Arc::new(rules)))
    }

    fn with(self, rules: Arc<Rules>) -> Connection {
        Connection {
            rules,
            state: State::read(&self.state, self.disconnected_at),
            id: self.id,
            name: self.name,
            address: self.address,
            environment: self.environment,
            client_id: self.client_id,
            client_secret: self.client_secret,
            state_note: self.state_note,
            webhook_key: self.webhook_key,
            webhook_secret: self.webhook_secret,
            acting_as: self.acting_as,
            active_since: self.active_since,
            last_webhook: self.last_webhook,
            last_poll: self.last_poll,
            checks: self.checks,
            tested_at: self.tested_at,
            created_at: self.created_at,
        }
    }
}

/// An authorization that a browser has begun.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Authorization {
    /// SHA-256 of the state parameter.
    pub state: String,
    pub connection_id: String,
    /// SHA-256 of the session that began it, and the only one that may finish it.
    pub session_id: String,
    /// PKCE verifier, sealed.
    pub verifier: String,
    pub created_at: i64,
}

macro_rules! select_connection {
    ($rest:literal) => {
        concat!(
            "select id, name, address, environment, client_id, client_secret, state, state_note, rules, webhook_key, \
             webhook_secret, acting_as, active_since, last_webhook, last_poll, checks, tested_at, created_at, \
             disconnected_at from connections ",
            $rest
        )
    };
}

pub(super) const CONNECTION: &str = select_connection!("where id = $1");
/// Of the job that is taken under a claim.
pub(super) const CONNECTION_OF_CLAIM: &str =
    select_connection!("where id in (select connection_id from jobs where leased_by = $1 and state = 'running')");

impl Store {
    pub async fn connections(&self) -> Result<Vec<Connection>> {
        let rows: Vec<Row> = sqlx::query_as(select_connection!("order by created_at, id"))
            .fetch_all(&mut *self.pool.take().await?)
            .await?;
        rows.into_iter().map(Row::read).collect()
    }

    pub async fn connection(&self, id: &str) -> Result<Option<Connection>> {
        let row: Option<Row> =
            sqlx::query_as(CONNECTION).bind(id).fetch_optional(&mut *self.pool.take().await?).await?;
        row.map(|row| self.known_connection(row)).transpose()
    }

    /// Most mappings were read before.
    pub(super) fn known_connection(&self, row: Row) -> Result<Connection> {
        self.mappings.read(&row.id, &row.rules).map(|rules| row.with(rules))
    }

    pub async fn connection_by_webhook_key(&self, key: &str) -> Result<Option<Connection>> {
        let row: Option<Row> = sqlx::query_as(select_connection!("where webhook_key = $1"))
            .bind(key)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?;
        row.map(Row::read).transpose()
    }
}

impl Tx {
    /// As this transaction sees them.
    pub async fn connections(&mut self) -> Result<Vec<Connection>> {
        let sql = select_connection!("order by created_at, id");
        let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(self.now().await?).await?;
        rows.into_iter().map(Row::read).collect()
    }

    pub async fn add_connection(&mut self, c: &Connection) -> Result<()> {
        let sql = "insert into connections (id, name, address, environment, client_id, client_secret, state, state_note, rules, \
                   webhook_key, webhook_secret, acting_as, active_since, last_webhook, last_poll, checks, tested_at, created_at) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
        sqlx::query(sql)
            .bind(&c.id)
            .bind(&c.name)
            .bind(&c.address)
            .bind(&c.environment)
            .bind(&c.client_id)
            .bind(&c.client_secret)
            .bind(c.state.as_str())
            .bind(&c.state_note)
            .bind(to_json(c.rules.as_ref()))
            .bind(&c.webhook_key)
            .bind(&c.webhook_secret)
            .bind(&c.acting_as)
            .bind(c.active_since)
            .bind(c.last_webhook)
            .bind(c.last_poll)
            .bind(&c.checks)
            .bind(c.tested_at)
            .bind(c.created_at)
            .execute(self.now().await?)
            .await?;
        self.keep_version(&c.id, &c.rules).await
    }

    /// A connection that does not sync gets other credentials; a draft another address as well.
    pub async fn replace_draft(&mut self, c: &Connection) -> Result<()> {
        let sql = "update connections set name = $2, client_id = $3, client_secret = $4, address = $5 \
                   where id = $1 and (state = 'draft' or (disconnected_at > 0 and address = $5))";
        let done = sqlx::query(sql)
            .bind(&c.id)
            .bind(&c.name)
            .bind(&c.client_id)
            .bind(&c.client_secret)
            .bind(&c.address)
            .execute(self.now().await?)
            .await?;
        exactly_one(&done)
    }

    pub async fn set_environment(&mut self, id: &str, environment: &str) -> Result<()> {
        let sql = "update connections set environment = $2 where id = $1";
        exactly_one(&sqlx::query(sql).bind(id).bind(environment).execute(self.now().await?).await?)
    }

    /// Nothing that opens ServiceNow is kept, nor what ServiceNow signs with; its webhooks have another address from now on.
    pub async fn disconnect(&mut self, id: &str, key: &str, secret: &str, note: &str, at: i64) -> Result<()> {
        self.forget_access(id).await?;
        sqlx::query("delete from authorizations where connection_id = $1").bind(id).execute(self.now().await?).await?;
        sqlx::query("delete from hooks where connection_id = $1").bind(id).execute(self.now().await?).await?;
        let sql = "update connections set state = 'paused', disconnected_at = $5, state_note = $4, client_secret = '', \
                   webhook_key = $2, webhook_secret = $3 where id = $1";
        let done = sqlx::query(sql).bind(id).bind(key).bind(secret).bind(note).bind(at);
        exactly_one(&done.execute(self.now().await?).await?)
    }

    /// The tokens, and who they acted as: a connection that goes on later compares with that.
    pub async fn forget_access(&mut self, id: &str) -> Result<()> {
        sqlx::query("delete from tokens where connection_id = $1").bind(id).execute(self.now().await?).await?;
        Ok(())
    }

    /// A draft whose address is another now was authorized somewhere else.
    pub async fn forget_who(&mut self, id: &str) -> Result<()> {
        let sql =
            "update connections set acting_as = '', checks = '[]', tested_at = 0 where id = $1 and state = 'draft'";
        sqlx::query(sql).bind(id).execute(self.now().await?).await?;
        Ok(())
    }

    /// The mapping, kept from others until this transaction ends.
    pub async fn rules_for_edit(&mut self, id: &str) -> Result<Option<Rules>> {
        let sql = "update connections set rules = rules where id = $1 returning rules";
        let row: Option<(String,)> = sqlx::query_as(sql).bind(id).fetch_optional(self.now().await?).await?;
        row.map(|(rules,)| read_json(&rules, "connections", "rules", id)).transpose()
    }

    /// Another table only while nothing is linked, and while no other connection joins it: a link's record is looked for
    /// in the connection's table.
    pub async fn publish_rules(&mut self, id: &str, rules: &Rules) -> Result<()> {
        let before = self.rules_for_edit(id).await?.ok_or(StoreError::Stale)?;
        if before.table != rules.table {
            if self.has_links(id).await? {
                return Err(StoreError::TableInUse { table: before.table });
            }
            if self.joins(id, &rules.table).await? {
                return Err(StoreError::TableTaken { table: rules.table.clone() });
            }
        }
        let sql = "update connections set rules = $2 where id = $1";
        exactly_one(&sqlx::query(sql).bind(id).bind(to_json(rules)).execute(self.now().await?).await?)?;
        self.keep_version(id, rules).await
    }

    async fn has_links(&mut self, connection: &str) -> Result<bool> {
        let sql = "select count(*) from (select 1 from links where connection_id = $1 limit 1) found";
        let (found,): (i64,) = sqlx::query_as(sql).bind(connection).fetch_one(self.now().await?).await?;
        Ok(found > 0)
    }

    /// Whether another connection to the same instance has this table.
    async fn joins(&mut self, connection: &str, table: &str) -> Result<bool> {
        let sql = "select o.id, o.rules from connections c join connections o on o.address = c.address and o.id <> c.id \
                   where c.id = $1";
        let others: Vec<(String, String)> = sqlx::query_as(sql).bind(connection).fetch_all(self.now().await?).await?;
        for (id, rules) in others {
            let rules: Rules = read_json(&rules, "connections", "rules", &id)?;
            if rules.table == table {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub async fn set_connection_state(&mut self, id: &str, state: State, note: &str) -> Result<()> {
        let sql = "update connections set state = $2, state_note = $3, \
                   disconnected_at = case when $2 = 'active' then 0 else disconnected_at end where id = $1";
        let done = sqlx::query(sql).bind(id).bind(state.as_str()).bind(note).execute(self.now().await?).await?;
        exactly_one(&done)
    }

    /// The OAuth client has another id or secret there; the secret is sealed.
    pub async fn set_client(&mut self, id: &str, client_id: &str, client_secret: &str) -> Result<()> {
        let sql = "update connections set client_id = $2, client_secret = $3 where id = $1";
        let done = sqlx::query(sql).bind(id).bind(client_id).bind(client_secret).execute(self.now().await?).await?;
        exactly_one(&done)
    }

    /// It waits for a person. Answers whether this is news: a connection that is held already keeps its first note.
    pub async fn hold_connection(&mut self, id: &str, note: &str, unless_granted_since: i64) -> Result<bool> {
        let sql = "update connections set state = 'held', state_note = $2 where id = $1 and state = 'active' \
                   and not exists (select 1 from tokens t where t.connection_id = $1 and t.granted_at >= $3)";
        let done = sqlx::query(sql).bind(id).bind(note).bind(unless_granted_since).execute(self.now().await?).await?;
        Ok(done.rows_affected() == 1)
    }

    /// The connection is authorized; `since` is kept from the first time on, and 0 for one that does not sync yet.
    pub async fn set_connection_authorized(&mut self, id: &str, acting_as: &str, since: i64) -> Result<()> {
        let sql = "update connections set acting_as = $2, \
                   active_since = case when active_since = 0 then $3 else active_since end where id = $1";
        let done = sqlx::query(sql).bind(id).bind(acting_as).bind(since).execute(self.now().await?).await?;
        exactly_one(&done)
    }

    pub async fn set_connection_checks(&mut self, id: &str, checks: &str, at: i64) -> Result<()> {
        let sql = "update connections set checks = $2, tested_at = $3 where id = $1";
        let done = sqlx::query(sql).bind(id).bind(checks).bind(at).execute(self.now().await?).await?;
        exactly_one(&done)
    }

    pub async fn set_last_webhook(&mut self, id: &str, at: i64) -> Result<()> {
        let sql = "update connections set last_webhook = $2 where id = $1 and last_webhook < $2";
        self.write(sqlx::query(sql).bind(id).bind(at)).await
    }

    pub async fn set_last_poll(&mut self, id: &str, at: i64) -> Result<()> {
        let sql = "update connections set last_poll = $2 where id = $1";
        sqlx::query(sql).bind(id).bind(at).execute(self.now().await?).await?;
        Ok(())
    }

    pub async fn add_authorization(&mut self, a: &Authorization) -> Result<()> {
        let sql = "insert into authorizations (state, connection_id, session_id, verifier, created_at, used) \
                   values ($1, $2, $3, $4, $5, 0)";
        sqlx::query(sql)
            .bind(&a.state)
            .bind(&a.connection_id)
            .bind(&a.session_id)
            .bind(&a.verifier)
            .bind(a.created_at)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }

    /// The authorization, if nobody has come back with it before.
    pub async fn use_authorization(&mut self, state: &str) -> Result<Option<Authorization>> {
        let sql = "update authorizations set used = 1 where state = $1 and used = 0 \
                   returning state, connection_id, session_id, verifier, created_at";
        Ok(sqlx::query_as(sql).bind(state).fetch_optional(self.now().await?).await?)
    }

    pub async fn delete_authorizations_before(&mut self, at: i64) -> Result<()> {
        sqlx::query("delete from authorizations where created_at < $1").bind(at).execute(self.now().await?).await?;
        Ok(())
    }
}
