//! What scripts ask of the instance. `prelude/` dresses the answers up as ServiceNow's objects.

mod aggregate;
mod cipher;
pub(super) mod data;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::outbound::{self, Waiting};
use super::transaction::Transaction;
use crate::instance::Instance;
use crate::user::User;

/// The record whose script runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    pub table: String,
    pub sys_id: String,
    pub name: String,
}

/// Whose script runs, for whom, in which transaction.
pub(crate) struct Session {
    pub instance: Arc<Instance>,
    pub handle: Handle,
    pub source: Source,
    pub user: User,
    pub transaction: Transaction,
    /// Posts that the script did not wait for yet.
    pub(super) waiting: Waiting,
}

pub(super) type Answer = Result<Value, String>;

/// The arguments of a call, by their types.
pub(super) fn arguments<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|cause| format!("The arguments are not usable: {cause}"))
}

impl Session {
    /// To be made on a thread of the runtime, for a thread of its own.
    pub fn new(instance: Arc<Instance>, source: Source, user: User, transaction: Transaction) -> Self {
        Self { instance, handle: Handle::current(), source, user, transaction, waiting: Waiting::default() }
    }

    pub fn answer(&self, call: &str, text: &str) -> Answer {
        Ok(match call {
            "property" => {
                let (name,): (String,) = arguments(text)?;
                self.handle.block_on(self.instance.property(&name)).map_err(|cause| cause.to_string())?.into()
            }
            "setProperty" => self.set_property(text)?,
            "session" => json!({
                "id": self.user.sys_id, "userName": self.user.user_name, "name": self.user.name,
                "interactive": self.transaction.interactive,
            }),
            "hasRole" => {
                let (roles,): (String,) = arguments(text)?;
                roles.split(',').any(|role| self.user.has(role.trim())).into()
            }
            "now" => self.instance.clock.now().as_millisecond().into(),
            "log" => {
                let (level, message, source): (u8, String, Option<String>) = arguments(text)?;
                let source = source.as_deref().unwrap_or(&self.source.name);
                self.handle.block_on(self.instance.log(level, source, &message));
                Value::Null
            }
            "message" => {
                let (error, message): (bool, String) = arguments(text)?;
                self.transaction.say(error, &message);
                Value::Null
            }
            "forgetMessages" => {
                self.transaction.forget_messages();
                Value::Null
            }
            "send" => outbound::send(self, text)?,
            "await" => outbound::wait(self, text)?,
            _ => match cipher::answer(call, text) {
                Some(answer) => answer?,
                None => self.data(call, text)?,
            },
        })
    }
}
