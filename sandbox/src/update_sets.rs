//! Retrieved update sets (contract 11.4): loading one from XML, comparing it with what is there, and
//! applying it. Everything an update set brings is a record, and takes effect as any other write does.

mod apply;
mod load;
mod payload;
mod preview;
mod xml;

use std::sync::Arc;

use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Refusal, Writer};
use crate::rules::Transaction;
use crate::user::User;

pub(crate) use load::LARGEST;

const SETS: &str = "sys_remote_update_set";
const UPDATES: &str = "sys_update_xml";
const PREVIEWS: &str = "sys_update_preview_xml";
const PROBLEMS: &str = "sys_update_preview_problem";
/// More records in one set are refused while it is read.
const MOST: i64 = 20_000;

#[derive(Debug, thiserror::Error)]
pub(crate) enum UpdateSetError {
    #[error("This is not an update set: {0}")]
    NotASet(String),
    #[error("There is no such update set")]
    Missing,
    #[error("The update set is {0}, and this needs it to be {1}")]
    State(String, &'static str),
    #[error("Some problems of the preview are neither accepted nor skipped")]
    Unresolved,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<sqlx::Error> for UpdateSetError {
    fn from(cause: sqlx::Error) -> Self {
        Self::Refused(cause.into())
    }
}

pub(crate) type Result<T> = std::result::Result<T, UpdateSetError>;

impl Instance {
    fn system_table(&self, name: &str) -> Result<&Arc<Table>> {
        self.table(name).ok_or(UpdateSetError::Missing)
    }

    pub async fn update_set(&self, sys_id: &str) -> Result<Record> {
        self.store.get(self.system_table(SETS)?, sys_id).await?.ok_or(UpdateSetError::Missing)
    }

    /// The rows of a table that belong to a set, in the order in which they were loaded.
    async fn rows_of(&self, set: &Record, table: &str) -> Result<Vec<Record>> {
        let query = format!("remote_update_set={}", set.sys_id());
        Ok(self.query(table, &query, &User::system(), MOST).await?)
    }

    pub async fn problems_of(&self, set: &Record) -> Result<Vec<Record>> {
        self.rows_of(set, PROBLEMS).await
    }

    pub async fn updates_of(&self, set: &Record) -> Result<Vec<Record>> {
        self.rows_of(set, UPDATES).await
    }

    /// A person says of a problem that the update is applied all the same, or left out.
    pub async fn resolve_problem(self: &Arc<Self>, user: &User, problem: &str, skip: bool) -> Result<()> {
        let table = self.system_table(PROBLEMS)?;
        let status = if skip { "skipped" } else { "ignored" };
        self.update(keeping(user), table, problem, Input::new([("status", status)])).await?;
        Ok(())
    }

    async fn remove_rows(self: &Arc<Self>, user: &User, set: &Record, name: &str) -> Result<()> {
        let table = self.system_table(name)?;
        for row in self.rows_of(set, name).await? {
            self.delete(keeping(user), table, row.sys_id()).await?;
        }
        Ok(())
    }
}

/// The instance's own book-keeping about sets runs no rules.
fn keeping(user: &User) -> Writer<'_> {
    Writer { rules: false, ..Writer::script(user, &Transaction::default()) }
}
