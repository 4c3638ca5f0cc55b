//! Who writes, and how.

use crate::rules::Transaction;
use crate::user::User;

/// A person's write is checked: rights, choices, read-only fields. A script has all rights, and its
/// values are taken as they are; it may leave out the rules or the stamps (contract 12.5).
#[derive(Debug, Clone)]
pub(crate) struct Writer<'a> {
    pub user: &'a User,
    pub script: bool,
    /// Whether business rules run (`setWorkflow`).
    pub rules: bool,
    /// Whether `sys_updated_on` and its like are set (`autoSysFields`).
    pub stamps: bool,
    pub transaction: Transaction,
}

impl<'a> Writer<'a> {
    /// Somebody at a page, who sees what the rules say.
    pub fn at_page(user: &'a User, transaction: &Transaction) -> Self {
        Self { transaction: transaction.clone(), ..Self::from(user) }
    }

    /// The instance's own work, such as the commit of an update set: all rights, rules as always.
    pub fn script(user: &'a User, transaction: &Transaction) -> Self {
        Self { script: true, ..Self::at_page(user, transaction) }
    }
}

impl<'a> From<&'a User> for Writer<'a> {
    fn from(user: &'a User) -> Self {
        Self { user, script: false, rules: true, stamps: true, transaction: Transaction::default() }
    }
}
