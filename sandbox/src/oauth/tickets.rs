//! Tickets: authorization codes, browser sessions and the ids of assertions that were used. Each is good
//! for a while and survives a restart with the store.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::instance::Instance;
use crate::random;
use crate::store;
use crate::user::User;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    Session,
    /// The `jti` of an assertion, which is not taken twice.
    Assertion,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Session => "session",
            Self::Assertion => "assertion",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Ticket {
    pub user_id: String,
    pub client_id: String,
    /// For a code: what the token request must match. JSON.
    pub detail: String,
}

const COLUMNS: &str = "user_id, client_id, detail";

fn ticket(row: &SqliteRow) -> store::Result<Ticket> {
    Ok(Ticket {
        user_id: row.try_get("user_id")?,
        client_id: row.try_get("client_id")?,
        detail: row.try_get("detail")?,
    })
}

impl Instance {
    fn seconds(&self) -> i64 {
        self.clock.steady().as_second()
    }

    /// A new ticket, good for so many seconds. Old ones are swept away on the way.
    pub async fn issue(
        &self,
        kind: Kind,
        user_id: &str,
        client_id: &str,
        seconds: i64,
        detail: &str,
    ) -> store::Result<String> {
        let secret = random::token();
        self.keep_ticket(&secret, kind, (user_id, client_id), seconds, detail).await?;
        Ok(secret)
    }

    /// Remembers the id of an assertion; false if it was used before.
    pub async fn use_once(&self, client_id: &str, id: &str, seconds: i64) -> store::Result<bool> {
        self.keep_ticket(&format!("{client_id} {id}"), Kind::Assertion, ("", client_id), seconds, "").await
    }

    async fn keep_ticket(
        &self,
        secret: &str,
        kind: Kind,
        (user_id, client_id): (&str, &str),
        seconds: i64,
        detail: &str,
    ) -> store::Result<bool> {
        let now = self.seconds();
        sqlx::query("DELETE FROM \"_ticket\" WHERE ends <= ?").bind(now).execute(&self.store.pool).await?;
        let kept = sqlx::query(
            "INSERT INTO \"_ticket\" (secret, kind, user_id, client_id, ends, detail) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
        )
        .bind(secret)
        .bind(kind.name())
        .bind(user_id)
        .bind(client_id)
        .bind(now.saturating_add(seconds))
        .bind(detail)
        .execute(&self.store.pool)
        .await?;
        Ok(kept.rows_affected() > 0)
    }

    pub async fn ticket(&self, kind: Kind, secret: &str) -> store::Result<Option<Ticket>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM \"_ticket\" WHERE secret = ? AND kind = ? AND ends > ?"
        ));
        let row = sqlx::query(sql).bind(secret).bind(kind.name()).bind(self.seconds());
        row.fetch_optional(&self.store.pool).await?.as_ref().map(ticket).transpose()
    }

    /// Takes the ticket: of two that try at once, one gets it.
    pub async fn redeem(&self, kind: Kind, secret: &str) -> store::Result<Option<Ticket>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "DELETE FROM \"_ticket\" WHERE secret = ? AND kind = ? AND ends > ? RETURNING {COLUMNS}"
        ));
        let row = sqlx::query(sql).bind(secret).bind(kind.name()).bind(self.seconds());
        row.fetch_optional(&self.store.pool).await?.as_ref().map(ticket).transpose()
    }

    pub async fn withdraw(&self, secret: &str) -> store::Result<()> {
        let sql = "DELETE FROM \"_ticket\" WHERE secret = ?";
        sqlx::query(sql).bind(secret).execute(&self.store.pool).await.map(drop)
    }

    /// The user whose ticket this is, if both are still good.
    pub async fn ticket_holder(&self, kind: Kind, secret: &str) -> store::Result<Option<User>> {
        match self.ticket(kind, secret).await? {
            Some(ticket) => self.user(&ticket.user_id).await,
            None => Ok(None),
        }
    }
}
