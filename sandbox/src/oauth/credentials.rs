//! Access and refresh tokens: records of `oauth_credential`, as on the platform, so that deleting one is
//! revoking it. The token itself never leaves by REST.

use super::Client;
use crate::clock;
use crate::instance::Instance;
use crate::random;
use crate::record::Record;
use crate::store;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Access,
    Refresh,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "access_token",
            Self::Refresh => "refresh_token",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Credential(pub Record);

impl Credential {
    pub fn token(&self) -> &str {
        self.0.get("token")
    }

    pub fn user_id(&self) -> &str {
        self.0.get("user")
    }

    /// The sys_id of the client.
    pub fn peer(&self) -> &str {
        self.0.get("peer")
    }

    /// What was asked for; empty for all that the client may have.
    pub fn scope(&self) -> &str {
        self.0.get("oauth_scope")
    }
}

impl Instance {
    /// The instant so many seconds from now at which something ends, as a column holds it.
    fn end_after(&self, seconds: i64) -> String {
        clock::text(clock::shifted(self.clock.steady(), seconds))
    }

    fn lives(&self, row: &Record) -> bool {
        clock::parse(row.get("expires")).is_some_and(|ends| ends > self.clock.steady())
    }

    /// The credential of this kind with this token, if it has not ended.
    pub async fn credential(&self, kind: Kind, token: &str) -> store::Result<Option<Credential>> {
        let Some(table) = self.table("oauth_credential").filter(|_| !token.is_empty()) else {
            return Ok(None);
        };
        let found = self.store.find(table, "token", token).await?;
        Ok(found.filter(|row| row.get("type") == kind.name() && self.lives(row)).map(Credential))
    }

    /// The one that the user already holds from the client. What has ended is cleared away.
    pub async fn held(&self, kind: Kind, user_id: &str, client: &Client) -> store::Result<Option<Credential>> {
        let Some(table) = self.table("oauth_credential") else { return Ok(None) };
        let query = format!("user={user_id}^peer={}^type={}^ORDERBYDESCexpires", client.sys_id(), kind.name());
        let rows = self.query("oauth_credential", &query, &crate::user::User::system(), 100).await?;
        let (living, ended): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| self.lives(row));
        if !ended.is_empty() {
            let mut write = self.store.write().await;
            for row in &ended {
                write.delete(table, row.sys_id());
            }
            write.commit().await?;
        }
        Ok(living.into_iter().next().map(Credential))
    }

    pub async fn give(
        &self,
        kind: Kind,
        token: &str,
        user_id: &str,
        client: &Client,
        scope: &str,
        seconds: i64,
    ) -> store::Result<()> {
        let Some(table) = self.table("oauth_credential") else { return Ok(()) };
        let (id, ends) = (random::sys_id(), self.end_after(seconds));
        let values = [
            ("sys_id", id.as_str()),
            ("type", kind.name()),
            ("user", user_id),
            ("peer", client.sys_id()),
            ("expires", &ends),
            ("oauth_scope", scope),
            ("token", token),
        ];
        let mut write = self.store.write().await;
        write.insert(table, &Record::made_by_the_system(&self.clock.stamp(), &values));
        write.commit().await
    }

    /// Ends so many seconds from now instead; at once with none left.
    pub async fn extend(&self, credential: &Credential, seconds: i64) -> store::Result<()> {
        let Some(table) = self.table("oauth_credential") else { return Ok(()) };
        let mut after = credential.0.clone();
        after.set("expires", self.end_after(seconds));
        after.set("sys_updated_on", self.clock.stamp());
        let mut write = self.store.write().await;
        write.update(table, &credential.0, &after);
        write.commit().await
    }

    /// Ends a token of either kind (contract 1.1: it is marked as expired).
    pub async fn revoke(&self, token: &str) -> store::Result<()> {
        for kind in [Kind::Access, Kind::Refresh] {
            if let Some(credential) = self.credential(kind, token).await? {
                self.extend(&credential, 0).await?;
            }
        }
        Ok(())
    }
}
