//! Tickets: access tokens, refresh tokens, authorization codes and browser sessions. All are secrets
//! that one user holds for a while, and all survive a restart with the store.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::instance::Instance;
use crate::random;
use crate::store;
use crate::user::User;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Access,
    Refresh,
    Code,
    Session,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Code => "code",
            Self::Session => "session",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Ticket {
    pub secret: String,
    pub user_id: String,
    pub client_id: String,
    /// For a code: what the token request must match. JSON.
    pub detail: String,
}

const COLUMNS: &str = "secret, user_id, client_id, detail";

fn ticket(row: &SqliteRow) -> store::Result<Ticket> {
    Ok(Ticket {
        secret: row.try_get("secret")?,
        user_id: row.try_get("user_id")?,
        client_id: row.try_get("client_id")?,
        detail: row.try_get("detail")?,
    })
}

impl Instance {
    fn seconds(&self) -> i64 {
        self.clock.now().as_second()
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
        let now = self.seconds();
        sqlx::query("DELETE FROM \"_ticket\" WHERE ends <= ?").bind(now).execute(&self.store.pool).await?;
        let secret = random::token();
        sqlx::query(
            "INSERT INTO \"_ticket\" (secret, kind, user_id, client_id, ends, detail) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&secret)
        .bind(kind.name())
        .bind(user_id)
        .bind(client_id)
        .bind(now.saturating_add(seconds))
        .bind(detail)
        .execute(&self.store.pool)
        .await?;
        Ok(secret)
    }

    pub async fn ticket(&self, kind: Kind, secret: &str) -> store::Result<Option<Ticket>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM \"_ticket\" WHERE secret = ? AND kind = ? AND ends > ?"
        ));
        let row = sqlx::query(sql).bind(secret).bind(kind.name()).bind(self.seconds());
        row.fetch_optional(&self.store.pool).await?.as_ref().map(ticket).transpose()
    }

    /// The ticket of this kind that the user already holds from the client.
    pub async fn held(&self, kind: Kind, user_id: &str, client_id: &str) -> store::Result<Option<Ticket>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM \"_ticket\"
             WHERE client_id = ? AND user_id = ? AND kind = ? AND ends > ? ORDER BY ends DESC LIMIT 1"
        ));
        let row = sqlx::query(sql).bind(client_id).bind(user_id).bind(kind.name()).bind(self.seconds());
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

    pub async fn extend(&self, secret: &str, seconds: i64) -> store::Result<()> {
        let sql = "UPDATE \"_ticket\" SET ends = ? WHERE secret = ?";
        let ends = self.seconds().saturating_add(seconds);
        sqlx::query(sql).bind(ends).bind(secret).execute(&self.store.pool).await.map(drop)
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
