//! What is asked far more often than it changes, such as a property or the rules of a table. An answer is
//! read when somebody first asks, and forgotten once a table is written to that it comes from. Only so
//! many answers are kept, however large the tables are.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::acl::Acls;
use crate::choices::Choice;
use crate::limits;
use crate::oauth::scopes;
use crate::record::Record;
use crate::records::Policy;
use crate::store::{self, Store};
use crate::user::SignIn;

/// Answers to one kind of question, which `K` tells apart.
pub(crate) struct Answers<K, V> {
    /// Any, if none is named.
    tables: &'static [&'static str],
    kept: Cache<(u64, K), V>,
}

const MOST: usize = 1_000;

impl<K: Clone + Eq + Hash, V: Clone> Answers<K, V> {
    /// These tables are all that an answer may be read from.
    fn from(tables: &'static [&'static str]) -> Self {
        Self { tables, kept: Cache::new(MOST) }
    }

    /// The kept answer, or what `read` says, which is then kept.
    pub async fn to(
        &self,
        key: impl Into<K>,
        store: &Store,
        read: impl Future<Output = store::Result<V>>,
    ) -> store::Result<V> {
        // The number of writes so far is part of the key, and is taken before reading. So what was read
        // before a write is never an answer after it, even where the reading took longer than the write.
        let writes = if self.tables.is_empty() { store.writes() } else { store.writes_to(self.tables) };
        let key = (writes, key.into());
        self.kept.get_or_insert_async(&key, read).await
    }
}

/// All kinds of questions.
pub(crate) struct Known {
    /// By table and column.
    pub choices: Answers<(String, String), Arc<[Choice]>>,
    pub properties: Answers<String, Option<String>>,
    /// The scripts of the dynamic filters by their sys_ids.
    pub dynamic_filters: Answers<(), Arc<HashMap<String, String>>>,
    /// The active business rules of a table and its ancestors in their order.
    pub rules: Answers<String, Arc<[Record]>>,
    /// The sys_ids of the active script includes by their full names.
    pub includes: Answers<(), Arc<BTreeMap<String, String>>>,
    /// The access rules that can bear on a table.
    pub acls: Answers<String, Arc<Acls>>,
    /// The active data policies of a table.
    pub policies: Answers<String, Arc<[Policy]>>,
    /// Whether web services may not touch a table.
    pub closed: Answers<String, bool>,
    pub rate_rules: Answers<(), Arc<[limits::Rule]>>,
    /// Which scopes open which APIs.
    pub gates: Answers<(), Arc<[scopes::Gate]>>,
    /// How many records of a table meet a condition, with its parameters: a client that reads a table page by
    /// page asks again with each.
    pub counts: Answers<(String, String, Vec<String>), i64>,
    /// By a column of `sys_user` and its value.
    pub users: Answers<(&'static str, String), Option<Arc<SignIn>>>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            choices: Answers::from(&["sys_choice"]),
            properties: Answers::from(&["sys_properties"]),
            dynamic_filters: Answers::from(&["sys_filter_option_dynamic"]),
            rules: Answers::from(&["sys_script"]),
            includes: Answers::from(&["sys_script_include"]),
            acls: Answers::from(&["sys_security_acl", "sys_security_acl_role", "sys_user_role"]),
            policies: Answers::from(&["sys_data_policy2", "sys_data_policy_rule"]),
            closed: Answers::from(&["sys_db_object"]),
            rate_rules: Answers::from(&["sys_rate_limit_rules", "sys_user_role"]),
            gates: Answers::from(&["sys_api_access_scope", "sys_auth_scope"]),
            counts: Answers::from(&[]),
            users: Answers::from(&[
                "sys_user",
                "sys_user_has_role",
                "sys_user_role",
                "sys_user_grmember",
                "sys_group_has_role",
                "sys_properties",
            ]),
        }
    }
}
