//! The two connectors of a connection, and where they come from.

use crate::clock::SharedClock;
use crate::connectors::http::HttpClient;
use crate::connectors::servicenow::{Instance, ServiceNow};
use crate::connectors::{Connector, Failure, Urgency};
use crate::desk::DeskSide;
use crate::oauth::Oauth;
use crate::store::Connection;
use async_trait::async_trait;
use merge::Side;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

#[derive(Clone)]
pub struct Sides {
    pub servicenow: Arc<dyn Connector>,
    pub platform: Arc<dyn Connector>,
}

impl Sides {
    pub fn on(&self, side: Side) -> &dyn Connector {
        match side {
            Side::ServiceNow => self.servicenow.as_ref(),
            Side::Platform => self.platform.as_ref(),
        }
    }
}

/// Finds the connectors of a connection. The engine knows no more of platforms than this.
#[async_trait]
pub trait Connectors: Send + Sync {
    async fn of(&self, connection: &Connection, urgency: Urgency) -> Result<Sides, Failure>;
}

/// The real ones: ServiceNow over HTTP, and Desk.
pub struct Live {
    http: HttpClient,
    oauth: Oauth,
    desk: DeskSide,
    clock: SharedClock,
    /// By connection, so that what they remember lasts; made anew when the mapping changes.
    servicenow: Mutex<HashMap<String, (i64, Arc<ServiceNow>)>>,
}

impl Live {
    pub fn new(desk: DeskSide, http: HttpClient, oauth: Oauth, clock: SharedClock) -> Self {
        Self { http, oauth, desk, clock, servicenow: Mutex::default() }
    }

    /// ServiceNow itself, for what only it can be asked: who am I, install the rule.
    pub async fn servicenow(&self, connection: &Connection) -> Result<Arc<ServiceNow>, Failure> {
        let mut known = self.servicenow.lock().await;
        let before = known.get(&connection.id);
        if let Some((version, side)) = before
            && *version == connection.rules.version
        {
            return Ok(side.clone());
        }
        // With another mapping it is the same instance still, and what was learnt of its pace and clock holds on.
        let instance = match before {
            Some((_, side)) => side.instance().clone(),
            None => self.instance(connection)?,
        };
        let rules = &connection.rules;
        let side = Arc::new(ServiceNow::new(instance, &rules.table, rules.servicenow_fields(), self.clock.clone()));
        known.insert(connection.id.clone(), (connection.rules.version, side.clone()));
        Ok(side)
    }
}

impl Live {
    /// The two sides as a connection with other rules would have them. Nothing of it is remembered.
    pub async fn look(&self, connection: &Connection) -> Result<Sides, Failure> {
        let servicenow = self.look_at_servicenow(connection).await?.with_urgency(Urgency::Bulk);
        Ok(Sides { servicenow: Arc::new(servicenow), platform: self.desk_of(connection) })
    }

    /// ServiceNow alone, as a connection with other rules would have it.
    pub async fn look_at_servicenow(&self, connection: &Connection) -> Result<ServiceNow, Failure> {
        let known = self.servicenow.lock().await.get(&connection.id).map(|(_, side)| side.instance().clone());
        let instance = match known {
            Some(instance) => instance,
            None => self.instance(connection)?,
        };
        let fields = connection.rules.servicenow_fields();
        Ok(ServiceNow::new(instance, &connection.rules.table, fields, self.clock.clone()))
    }

    /// The access or the address is another one now: what was learnt of the instance counts no longer.
    pub async fn forget(&self, connection: &str) {
        self.servicenow.lock().await.remove(connection);
    }

    fn desk_of(&self, connection: &Connection) -> Arc<dyn Connector> {
        let fields = connection.rules.fields.iter().map(|rule| rule.platform.as_str());
        Arc::new(self.desk.clone().with_fields(fields))
    }

    fn instance(&self, connection: &Connection) -> Result<Instance, Failure> {
        let address = self
            .http
            .instance_address(&connection.address)
            .map_err(|error| Failure::NotAnInstance { why: error.to_string() })?;
        Ok(Instance::new(self.http.clone(), address, self.oauth.access(&connection.id), self.clock.clone()))
    }
}

#[async_trait]
impl Connectors for Live {
    async fn of(&self, connection: &Connection, urgency: Urgency) -> Result<Sides, Failure> {
        let servicenow = Arc::new(self.servicenow(connection).await?.with_urgency(urgency));
        Ok(Sides { servicenow, platform: self.desk_of(connection) })
    }
}
