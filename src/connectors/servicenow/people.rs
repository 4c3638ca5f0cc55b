//! The people of an instance: who has which e-mail, which name stands behind a user name, and how the account itself
//! reads a clock. Remembered for a while, since it seldom changes.

use super::client::Instance;
use super::side::{RAW, text};
use crate::clock::SharedClock;
use crate::connectors::Failure;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Mutex;

const REMEMBER_MS: i64 = 10 * 60 * 1000;

/// The user that this account acts as.
#[derive(Clone, Debug, Default)]
pub(super) struct Me {
    pub id: String,
    pub user_name: String,
    /// `Europe/Berlin`; empty for the instance's own.
    pub time_zone: String,
    /// As Java spells them, `dd/MM/yyyy` and `HH:mm:ss`; empty for the instance's own.
    pub date_format: String,
    pub time_format: String,
}

#[derive(Default)]
struct Known {
    /// user_name to the name people read.
    names: BTreeMap<String, String>,
    /// E-mail to sys_id, and when that was read.
    ids: BTreeMap<String, (String, i64)>,
    me: Option<(Me, i64)>,
}

#[derive(Clone)]
pub(super) struct People {
    known: Arc<Mutex<Known>>,
    clock: SharedClock,
}

impl People {
    pub fn new(clock: SharedClock) -> Self {
        Self { known: Arc::default(), clock }
    }

    /// Who this account is, and how it reads dates; empty where it may not read itself.
    pub async fn me(&self, instance: &Instance) -> Result<Me, Failure> {
        let now = self.clock.now();
        if let Some((me, read_at)) = &self.known.lock().await.me
            && now - read_at < REMEMBER_MS
        {
            return Ok(me.clone());
        }
        self.me_now(instance).await
    }

    /// The same, asked anew: another user may have authorized, and the answer shows that the token is accepted.
    pub async fn me_now(&self, instance: &Instance) -> Result<Me, Failure> {
        let query = [
            ("sysparm_query", "user_name=javascript:gs.getUserName()"),
            ("sysparm_fields", "sys_id,user_name,time_zone,date_format,time_format"),
            ("sysparm_limit", "1"),
            RAW[0],
            RAW[1],
        ];
        let answer = instance.list("sys_user", &query).await?;
        let row = answer.rows().first().unwrap_or(&Json::Null);
        let me = Me {
            id: text(row, "sys_id"),
            user_name: text(row, "user_name"),
            time_zone: text(row, "time_zone"),
            date_format: text(row, "date_format"),
            time_format: text(row, "time_format"),
        };
        self.known.lock().await.me = Some((me.clone(), self.clock.now()));
        Ok(me)
    }

    /// The sys_id of the active user with this e-mail; `None` for nobody, and for more than one.
    pub async fn id_of(&self, instance: &Instance, email: &str) -> Result<Option<String>, Failure> {
        let now = self.clock.now();
        if let Some((id, read_at)) = self.known.lock().await.ids.get(email)
            && now - read_at < REMEMBER_MS
        {
            return Ok(Some(id.clone()));
        }
        // `^` would begin a new condition; no e-mail has it.
        let query = format!("email={}^active=true", email.replace('^', ""));
        let parameters =
            [("sysparm_query", query.as_str()), ("sysparm_fields", "sys_id"), ("sysparm_limit", "2"), RAW[0], RAW[1]];
        let answer = instance.list("sys_user", &parameters).await?;
        let [row] = answer.rows() else { return Ok(None) };
        let id = text(row, "sys_id");
        self.known.lock().await.ids.insert(email.to_owned(), (id.clone(), now));
        Ok(Some(id))
    }

    /// The names behind `sys_created_by`, which holds user names (contract 3.1).
    pub async fn names(
        &self,
        instance: &Instance,
        user_names: BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, Failure> {
        let unknown: Vec<String> = {
            let known = self.known.lock().await;
            user_names.iter().filter(|name| !known.names.contains_key(*name)).cloned().collect()
        };
        if !unknown.is_empty() {
            let query = format!("user_nameIN{}", unknown.join(","));
            let parameters = [("sysparm_query", query.as_str()), ("sysparm_fields", "user_name,name"), RAW[0], RAW[1]];
            let answer = instance.list("sys_user", &parameters).await?;
            let mut known = self.known.lock().await;
            known.names.extend(answer.rows().iter().map(|row| (text(row, "user_name"), text(row, "name"))));
        }
        let known = self.known.lock().await;
        Ok(user_names
            .into_iter()
            .map(|user_name| {
                let name = known.names.get(&user_name).filter(|name| !name.is_empty()).unwrap_or(&user_name).clone();
                (user_name, name)
            })
            .collect())
    }
}
