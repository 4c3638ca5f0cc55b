//! What every part of a running instance shares.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use crate::acl::Acls;
use crate::api::Served;
use crate::clock::Clock;
use crate::dictionary::Table;
use crate::jobs::Jobs;
use crate::limits;
use crate::oauth::scopes;
use crate::query::{Compiled, Query, Scope, compile};
use crate::record::Record;
use crate::rules::Posts;
use crate::server;
use crate::store::{self, Slice, Store};
use crate::switches::Switches;
use crate::user::User;

pub(crate) struct Instance {
    pub store: Store,
    pub clock: Clock,
    /// Without a slash at the end.
    pub address: String,
    switches: RwLock<Switches>,
    /// Told whenever a switch may have been turned.
    pub turned: Notify,
    pub served: Served,
    pub posts: Posts,
    pub rates: limits::Rates,
    pub sessions: limits::Sessions,
    /// The threads that REST calls share (API_INT).
    pub threads: limits::Line,
    /// For the posts of business rules; made for the first of them, since reading certificates takes a while.
    pub http: LazyLock<reqwest::Result<reqwest::Client>>,
    /// Work that goes on after its request was answered.
    pub background: TaskTracker,
    pub jobs: Jobs,
    /// Held by the import whose rows are being transformed.
    pub importing: tokio::sync::Mutex<()>,
    settled: RwLock<Arc<Settled>>,
}

/// Settings that are read far more often than written, kept in memory and read again when they change.
#[derive(Default)]
pub(crate) struct Settled {
    /// Labels by table, column and value; and by the value of the column that it depends on, where it does.
    labels: HashMap<(String, String), Vec<Choice>>,
    pub properties: HashMap<String, String>,
    /// Active business rules in their order.
    pub rules: Vec<Record>,
    /// The sys_ids of the active script includes by their full names.
    pub includes: BTreeMap<String, String>,
    pub acls: Acls,
    pub rate_rules: Vec<limits::Rule>,
    /// Which scopes open which APIs.
    pub gates: Vec<scopes::Gate>,
    /// The scripts behind `DYNAMIC` values, by sys_id (contract 2.3).
    pub dynamic_filters: HashMap<String, String>,
    /// Tables that web services may not touch (contract 6).
    pub closed: HashSet<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub value: String,
    pub label: String,
    pub dependent_value: String,
}

const SETTLED_TABLES: &[&str] = &[
    "sys_choice",
    "sys_properties",
    "sys_script",
    "sys_script_include",
    "sys_db_object",
    "sys_security_acl",
    "sys_security_acl_role",
    "sys_user_role",
    "sys_rate_limit_rules",
    "sys_api_access_scope",
    "sys_auth_scope",
    "sys_filter_option_dynamic",
];

impl Instance {
    pub fn new(store: Store, clock: Clock, address: String) -> Self {
        Self {
            store,
            clock,
            address,
            http: LazyLock::new(server::http_client),
            switches: RwLock::default(),
            turned: Notify::new(),
            served: Served::default(),
            posts: Posts::default(),
            rates: limits::Rates::default(),
            sessions: limits::Sessions::default(),
            threads: limits::Line::default(),
            background: TaskTracker::new(),
            jobs: Jobs::default(),
            importing: tokio::sync::Mutex::default(),
            settled: RwLock::default(),
        }
    }

    pub fn table(&self, name: &str) -> Option<&Arc<Table>> {
        self.store.dictionary.table(name)
    }

    pub fn settled(&self) -> Arc<Settled> {
        self.settled.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn switches(&self) -> Switches {
        self.switches.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the switches and says what `change` says.
    pub fn switch<T>(&self, change: impl FnOnce(&mut Switches) -> T) -> T {
        let mut switches = self.switches.write().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut switches);
        self.clock.skew(switches.clock_skew_seconds);
        self.turned.notify_waiters();
        outcome
    }

    /// To be called after a write to `table`.
    pub async fn settle(&self, table: &str) -> store::Result<()> {
        if SETTLED_TABLES.contains(&table) {
            self.settle_all().await?;
        }
        Ok(())
    }

    pub async fn settle_all(&self) -> store::Result<()> {
        let mut settled = Settled::default();
        for mut row in self.rows("sys_choice", "inactive=false^language=en^ORDERBYsequence").await? {
            let key = (row.take("name"), row.take("element"));
            settled.labels.entry(key).or_default().push(Choice {
                value: row.take("value"),
                label: row.take("label"),
                dependent_value: row.take("dependent_value"),
            });
        }
        for mut row in self.rows("sys_properties", "").await? {
            settled.properties.insert(row.take("name"), row.take("value"));
        }
        for mut row in self.rows("sys_filter_option_dynamic", "active=true^available_for_filter=true").await? {
            settled.dynamic_filters.insert(row.take("sys_id"), row.take("script"));
        }
        settled.rules = self.rows("sys_script", "active=true^ORDERBYorder^ORDERBYname").await?;
        for mut row in self.rows("sys_script_include", "active=true").await? {
            let name = Some(row.take("api_name")).filter(|full| !full.is_empty()).unwrap_or_else(|| row.take("name"));
            settled.includes.insert(name, row.take("sys_id"));
        }
        for mut object in self.rows("sys_db_object", "ws_access=false").await? {
            settled.closed.insert(object.take("name"));
        }
        let acls = self.rows("sys_security_acl", "active=true").await?;
        let grants = self.rows("sys_security_acl_role", "").await?;
        settled.acls = Acls::new(acls, &grants, &self.rows("sys_user_role", "").await?);
        settled.rate_rules = limits::rules(self).await?;
        settled.gates = scopes::gates(self).await?;
        *self.settled.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settled);
        Ok(())
    }

    async fn rows(&self, table: &str, query: &str) -> store::Result<Vec<Record>> {
        self.query(table, query, &User::system(), 100_000).await
    }

    /// The records of a table that an encoded query finds, for the instance's own use.
    pub async fn query(&self, table: &str, query: &str, user: &User, limit: i64) -> store::Result<Vec<Record>> {
        let Some(table) = self.table(table) else {
            return Ok(Vec::new());
        };
        let compiled = self.compile(&Query::parse(query), table, user);
        self.store.select(table, &compiled, Slice::first(limit)).await
    }

    pub fn compile(&self, query: &Query, table: &Table, user: &User) -> Compiled {
        compile(query, table, &self.scope(user, &self.settled()))
    }

    /// What the user's queries may refer to: every column, and no change.
    pub fn scope<'a>(&'a self, user: &'a User, settled: &'a Settled) -> Scope<'a> {
        Scope {
            dictionary: &self.store.dictionary,
            user,
            now: self.clock.now(),
            filters: &settled.dynamic_filters,
            changes: None,
            permits: &|_| true,
        }
    }

    pub fn property(&self, name: &str) -> Option<String> {
        self.settled().properties.get(name).cloned()
    }

    /// Whether a safeguard holds that a new instance has and an upgraded one has not, unless the property
    /// says otherwise.
    pub fn is_hardened(&self, property: &str) -> bool {
        self.property(property).map_or_else(|| self.switches().zboot, |value| value == "true")
    }

    pub fn property_is_true(&self, name: &str) -> bool {
        self.property(name).as_deref() == Some("true")
    }
}

impl Settled {
    /// The choices of a column, its own or, if it has none, those of the nearest ancestor (contract 6).
    pub fn choices(&self, table: &Table, column: &str) -> &[Choice] {
        table
            .ancestors
            .iter()
            .find_map(|name| self.labels.get(&(name.clone(), column.to_owned())))
            .map_or(&[], Vec::as_slice)
    }

    pub fn label(&self, table: &Table, column: &str, value: &str, depends_on: &str) -> Option<&str> {
        let choices = self.choices(table, column);
        let fits = |choice: &&Choice| choice.value == value;
        choices
            .iter()
            .filter(fits)
            .find(|choice| choice.dependent_value == depends_on)
            .or_else(|| choices.iter().find(fits))
            .map(|choice| choice.label.as_str())
    }
}
