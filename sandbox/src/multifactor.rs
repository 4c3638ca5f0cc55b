//! One-time passwords of users with multifactor authentication (RFC 6238), from the secret in
//! `user_multifactor_auth`.

use totp_rs::{Builder, Secret};

use crate::instance::Instance;
use crate::store;
use crate::user::User;

impl Instance {
    /// Whether this is the user's one-time password now, or was or will be half a minute away.
    pub async fn is_one_time_password(&self, user: &User, given: &str) -> store::Result<bool> {
        let Some(table) = self.table("user_multifactor_auth") else { return Ok(false) };
        let Some(row) = self.store.find(table, "user", &user.sys_id).await? else { return Ok(false) };
        let Ok(secret) = Secret::try_from_base32(row.get("multifactor_secret")) else { return Ok(false) };
        let totp = Builder::new().with_secret(secret).build_noncompliant();
        let seconds = u64::try_from(self.clock.now().as_second()).unwrap_or_default();
        Ok(totp.check(given, seconds).is_some())
    }
}
