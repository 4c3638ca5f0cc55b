//! Who is asking: a user of the instance with the roles that count here (contract 6), and passwords.

mod wall;

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::clock;
use crate::instance::Instance;
use crate::store;

pub(crate) use wall::Format;

// `user_name` is ServiceNow's own word, and not the same as `name`.
#[allow(clippy::struct_field_names)]
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub sys_id: String,
    pub user_name: String,
    pub name: String,
    /// Where the user's days begin and end, and what clock the user reads (contract 2.3, 12.13).
    pub time_zone: TimeZone,
    /// For programs only: may not sign in to the pages.
    pub web_service_only: bool,
    /// Has one-time passwords.
    pub multifactor: bool,
    pub must_change_password: bool,
    /// How the user writes dates and times.
    pub format: Format,
    roles: BTreeSet<String>,
    trusted: bool,
}

/// A user who may sign in, and the password as it is kept.
pub(crate) struct SignIn {
    user: User,
    password: String,
}

impl User {
    /// The instance itself, which stamps what nobody asked for.
    pub fn system() -> Self {
        let roles = BTreeSet::from(["admin".to_owned()]);
        Self {
            sys_id: "system".into(),
            user_name: "system".into(),
            name: "System".into(),
            time_zone: TimeZone::UTC,
            web_service_only: false,
            multifactor: false,
            must_change_password: false,
            format: Format::default(),
            roles,
            trusted: true,
        }
    }

    /// Somebody in the past, whom nothing was refused: only the names matter for what is stamped with them.
    pub fn named(sys_id: &str, user_name: &str) -> Self {
        Self { sys_id: sys_id.to_owned(), user_name: user_name.to_owned(), ..Self::system() }
    }

    /// An administrator has every role but the one that nobody has.
    pub fn has(&self, role: &str) -> bool {
        self.roles.contains(role) || (role != "nobody" && self.roles.contains("admin"))
    }

    /// Was given the role itself; an administrator's right to everything does not count.
    pub fn holds(&self, role: &str) -> bool {
        self.roles.contains(role)
    }

    /// Whether access rules do not bind it: the instance itself.
    pub fn is_trusted(&self) -> bool {
        self.trusted
    }

    /// Whether all writes are closed (contract 6). An administrator has this role only if it was given.
    pub fn is_read_only(&self) -> bool {
        !self.trusted && self.roles.contains("snc_read_only")
    }

    pub fn is_agent(&self) -> bool {
        self.has("itil")
    }
}

impl Instance {
    /// A user who may sign in.
    pub async fn user(&self, sys_id: &str) -> store::Result<Option<User>> {
        Ok(self.sign_in("sys_id", sys_id).await?.map(|found| found.user.clone()))
    }

    pub async fn user_by_password(&self, user_name: &str, password: &str) -> store::Result<Option<User>> {
        let found = self.sign_in("user_name", user_name).await?;
        Ok(found.filter(|found| is_password(password, &found.password)).map(|found| found.user.clone()))
    }

    async fn sign_in(&self, column: &'static str, value: &str) -> store::Result<Option<Arc<SignIn>>> {
        let read = self.user_where(column, value);
        self.known.users.to((column, value.to_owned()), &self.store, read).await
    }

    /// The user of an active REST API key.
    pub async fn user_by_api_key(&self, key: &str) -> store::Result<Option<User>> {
        let Some(keys) = self.table("api_key").filter(|_| !key.is_empty()) else { return Ok(None) };
        let Some(row) = self.store.find(keys, "token", key).await? else { return Ok(None) };
        let ended = clock::parse(row.get("expires")).is_some_and(|ends| ends <= self.clock.now());
        if ended || !row.is_true("active") {
            return Ok(None);
        }
        self.user(row.get("user")).await
    }

    async fn user_where(&self, column: &str, value: &str) -> store::Result<Option<Arc<SignIn>>> {
        let Some(users) = self.table("sys_user") else {
            return Ok(None);
        };
        let Some(row) = self.store.find(users, column, value).await? else {
            return Ok(None);
        };
        // Locked and inactive users get the same 401 as a wrong password (contract 1.9, 12.24).
        if !row.is_true("active") || row.is_true("locked_out") {
            return Ok(None);
        }
        let mut roles = BTreeSet::new();
        let grants = format!("user={}", row.sys_id());
        for grant in self.query("sys_user_has_role", &grants, &User::system(), 1_000).await? {
            if let Some(roles_table) = self.table("sys_user_role")
                && let Some(mut role) = self.store.get(roles_table, grant.get("role")).await?
            {
                roles.insert(role.take("name"));
            }
        }
        let user = User {
            sys_id: row.sys_id().to_owned(),
            user_name: row.get("user_name").to_owned(),
            name: row.get("name").to_owned(),
            time_zone: self.time_zone(row.get("time_zone")).await?,
            web_service_only: row.is_true("web_service_access_only"),
            multifactor: row.is_true("enable_multifactor_authn"),
            must_change_password: row.is_true("password_needs_reset"),
            format: self.format(row.get("date_format"), row.get("time_format")).await?,
            roles,
            trusted: false,
        };
        Ok(Some(Arc::new(SignIn { user, password: row.get("user_password").to_owned() })))
    }

    /// What the profile says, else the instance's properties, else ServiceNow's own format.
    async fn format(&self, date: &str, time: &str) -> store::Result<Format> {
        let of_instance_or = async |property: &str, usual: &str| -> store::Result<String> {
            let set = self.property(property).await?.filter(|pattern| !pattern.is_empty());
            Ok(set.unwrap_or_else(|| usual.to_owned()))
        };
        let usual_date = of_instance_or("glide.sys.date_format", "yyyy-MM-dd").await?;
        let usual_time = of_instance_or("glide.sys.time_format", "HH:mm:ss").await?;
        let date = if date.is_empty() { &usual_date } else { date };
        let time = if time.is_empty() { &usual_time } else { time };
        Ok(Format::of(date, time))
    }

    /// The zone of that name, such as `Europe/Berlin`; else the instance's own.
    async fn time_zone(&self, name: &str) -> store::Result<TimeZone> {
        let named = |name: &str| TimeZone::get(name).ok().filter(|_| !name.is_empty());
        let own = self.property("glide.sys.default.tz").await?;
        Ok(named(name).or_else(|| named(&own?)).unwrap_or(TimeZone::UTC))
    }
}

/// How a password is kept. Salted SHA-256 and not a slow function, because a practice instance checks
/// Basic authentication on thousands of requests a second and guards nothing real.
pub(crate) fn kept_password(password: &str) -> String {
    digest(password, &crate::random::salt())
}

fn is_password(password: &str, kept: &str) -> bool {
    kept.split_once('$').is_some_and(|(salt, _)| digest(password, salt) == kept)
}

fn digest(password: &str, salt: &str) -> String {
    let hash = Sha256::new().chain_update(salt).chain_update(password).finalize();
    format!("{salt}${}", BASE64_STANDARD.encode(hash))
}
