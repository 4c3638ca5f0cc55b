//! Narrow scopes (contract 1.8): an API that records of `sys_api_access_scope` name is open only to
//! tokens of clients that have one of its scopes. `useraccount` opens everything.

use std::sync::Arc;

use super::Client;
use super::credentials::Credential;
use crate::api::Resource;
use crate::instance::Instance;
use crate::record::Record;
use crate::store;
use crate::switches::WithoutScope;
use crate::user::User;

pub(super) const EVERYTHING: &str = "useraccount";

/// An API, or a part of one, and the scope that opens it.
#[derive(Debug)]
pub(crate) struct Gate {
    row: Record,
    scope: String,
}

/// The gates as they stand, to be kept until they change.
async fn gates(instance: &Instance) -> store::Result<Arc<[Gate]>> {
    let mut gates = Vec::new();
    for row in instance.query("sys_api_access_scope", "active=true", &User::system(), 1_000).await? {
        let scope = instance.scope_name(row.get("auth_scope")).await?;
        gates.push(Gate { row, scope });
    }
    Ok(gates.into())
}

impl Gate {
    fn is_before(&self, resource: &Resource) -> bool {
        // With the box ticked the column beside it does not count.
        let unless = |all: &str, column: &str| if self.row.is_true(all) { "" } else { self.row.get(column) }.to_owned();
        let here = resource.is_of(self.row.get("api")) || resource.is_of(self.row.get("api_path"));
        here && resource.has_method(&unless("apply_all_methods", "http_method"))
            && resource.has_version(&unless("apply_all_versions", "version"))
            && resource.is_at(&unless("apply_all_resources", "api_resource"))
    }
}

impl Instance {
    async fn scope_name(&self, sys_id: &str) -> store::Result<String> {
        let Some(scopes) = self.table("sys_auth_scope") else { return Ok(String::new()) };
        Ok(self.store.get(scopes, sys_id).await?.map(|mut scope| scope.take("name")).unwrap_or_default())
    }

    /// The scopes that a client has now.
    async fn client_scopes(&self, client: &Client) -> store::Result<Vec<String>> {
        let query = format!("oauth_entity={}", client.sys_id());
        let mut names = Vec::new();
        for mapped in self.query("oauth_entity_auth_scope_mapping", &query, &User::system(), 1_000).await? {
            names.push(self.scope_name(mapped.get("auth_scope")).await?);
        }
        if names.is_empty() && self.switches().clients_without_scope == WithoutScope::Useraccount {
            names.push(EVERYTHING.to_owned());
        }
        Ok(names)
    }

    /// What a token says of its scope, or nothing if more was asked for than the client has.
    pub(super) async fn named_scope(&self, client: &Client, asked: &str) -> store::Result<Option<String>> {
        let has = self.client_scopes(client).await?;
        let mut asked = asked.split_whitespace().peekable();
        if asked.peek().is_none() {
            return Ok(Some(has.join(" ")));
        }
        let asked: Vec<&str> = asked.collect();
        let may = asked.iter().all(|scope| has.iter().any(|name| name == scope || name == EVERYTHING));
        Ok(may.then(|| asked.join(" ")))
    }

    /// Whether a token opens this resource. What its client has now counts, and of that what it asked for.
    pub(crate) async fn opens(
        &self,
        credential: &Credential,
        client: &Client,
        resource: &Resource<'_>,
    ) -> store::Result<bool> {
        let gates = self.known.gates.to((), &self.store, gates(self)).await?;
        let gates: Vec<&Gate> = gates.iter().filter(|gate| gate.is_before(resource)).collect();
        let unchecked = self.property("com.glide.rest.api.auth.scope.check.enable").await?.as_deref() == Some("false");
        if unchecked || gates.is_empty() && !client.is_held_to_scopes() {
            return Ok(true);
        }
        let mut scopes = self.client_scopes(client).await?;
        if !credential.scope().is_empty() {
            let has = |asked: &&str| scopes.iter().any(|scope| scope == asked || scope == EVERYTHING);
            scopes = credential.scope().split_whitespace().filter(has).map(str::to_owned).collect();
        }
        let opens = |scope: &String| scope == EVERYTHING || gates.iter().any(|gate| gate.scope == *scope);
        Ok(scopes.iter().any(opens))
    }
}
