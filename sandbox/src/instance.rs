//! What every part of a running instance shares.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use crate::api::Served;
use crate::clock::Clock;
use crate::dictionary::Table;
use crate::jobs::Jobs;
use crate::known::Known;
use crate::limits;
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
    pub known: Known,
}

/// Far more than any instance has of what it reads for itself.
const MOST_SETTINGS: i64 = 10_000;

/// The longest condition, with its values, whose count is kept.
const LONGEST_KEPT: usize = 2_000;

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
            known: Known::default(),
        }
    }

    pub fn table(&self, name: &str) -> Option<&Arc<Table>> {
        self.store.dictionary.table(name)
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

    /// What an encoded query finds with all rights: for the instance's own settings, of which there are few.
    pub async fn rows(&self, table: &str, query: &str) -> store::Result<Vec<Record>> {
        self.query(table, query, &User::system(), MOST_SETTINGS).await
    }

    /// The records of a table that an encoded query finds, for the instance's own use.
    pub async fn query(&self, table: &str, query: &str, user: &User, limit: i64) -> store::Result<Vec<Record>> {
        let Some(table) = self.table(table) else {
            return Ok(Vec::new());
        };
        let compiled = self.compile(&Query::parse(query), table, user).await?;
        self.store.select(table, &compiled, Slice::first(limit)).await
    }

    /// How many records a query finds.
    pub async fn count(&self, table: &Table, query: &Compiled) -> store::Result<i64> {
        let read = self.store.count(table, query);
        let length = query.condition.len() + query.parameters.iter().map(String::len).sum::<usize>();
        if length > LONGEST_KEPT {
            return read.await;
        }
        let key = (table.name.clone(), query.condition.clone(), query.parameters.clone());
        self.known.counts.to(key, &self.store, read).await
    }

    pub async fn compile(&self, query: &Query, table: &Table, user: &User) -> store::Result<Compiled> {
        Ok(compile(query, table, &self.scope(user, &*self.dynamic_filters().await?)))
    }

    /// What the user's queries may refer to: every column, and no change.
    pub fn scope<'a>(&'a self, user: &'a User, filters: &'a HashMap<String, String>) -> Scope<'a> {
        Scope {
            dictionary: &self.store.dictionary,
            user,
            now: self.clock.now(),
            filters,
            changes: None,
            permits: &|_| true,
        }
    }

    pub async fn dynamic_filters(&self) -> store::Result<Arc<HashMap<String, String>>> {
        let read = async {
            let Some(table) = self.table("sys_filter_option_dynamic") else { return Ok(Arc::default()) };
            // Without the dynamic filters themselves, which this is about to find.
            let query = Query::parse("active=true^available_for_filter=true");
            let query = compile(&query, table, &self.scope(&User::system(), &HashMap::new()));
            let rows = self.store.select(table, &query, Slice::first(MOST_SETTINGS)).await?.into_iter();
            Ok(Arc::new(rows.map(|mut row| (row.take("sys_id"), row.take("script"))).collect()))
        };
        self.known.dynamic_filters.to((), &self.store, read).await
    }

    /// Whether web services may not touch the table (contract 6).
    pub async fn is_closed(&self, table: &str) -> store::Result<bool> {
        let read = async {
            let Some(objects) = self.table("sys_db_object") else { return Ok(false) };
            Ok(self.store.find(objects, "name", table).await?.is_some_and(|row| row.get("ws_access") == "false"))
        };
        self.known.closed.to(table, &self.store, read).await
    }

    /// The value of a property, if there is such a property.
    pub async fn property(&self, name: &str) -> store::Result<Option<String>> {
        let read = async {
            let Some(table) = self.table("sys_properties") else { return Ok(None) };
            Ok(self.store.find(table, "name", name).await?.map(|mut row| row.take("value")))
        };
        self.known.properties.to(name, &self.store, read).await
    }

    /// Whether a safeguard holds that a new instance has and an upgraded one has not, unless the property
    /// says otherwise.
    pub async fn is_hardened(&self, property: &str) -> store::Result<bool> {
        Ok(self.property(property).await?.map_or_else(|| self.switches().zboot, |value| value == "true"))
    }

    pub async fn property_is_true(&self, name: &str) -> store::Result<bool> {
        Ok(self.property(name).await?.as_deref() == Some("true"))
    }
}
