//! Records are made, written and deleted by the Table API. Users are known by their e-mail on both sides.

use super::ServiceNow;
use super::columns::{field_list, read_record, write_field};
use super::side::parameters;
use crate::connectors::{Applied, Connector, Failure, Gone};
use merge::{Fields, Value};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What goes out, and what could not: `left_out`, with a note for each.
#[derive(Default)]
struct Body {
    columns: Map<String, Json>,
    notes: Vec<String>,
    left_out: BTreeSet<String>,
}

impl ServiceNow {
    pub(super) async fn make(&self, key: &str, fields: &Fields) -> Result<Applied, Failure> {
        let id = made_for(key);
        if let Some(record) = self.fetch(&id).await? {
            return Ok(Applied { record, notes: Vec::new(), left_out: BTreeSet::new() });
        }
        let mut body = self.body(fields).await?;
        body.columns.insert("sys_id".into(), id.as_str().into());
        // Free for integrators, and how a person there finds what it came from.
        body.columns.entry("correlation_id").or_insert_with(|| key.into());
        let list = field_list(&self.table.fields, &*self.columns().await?);
        let path = ["api", "now", "table", &self.table.name];
        let row =
            match self.instance.call(Method::POST, &path, &parameters(&list), Some(&body.columns.clone().into())).await
            {
                Ok(answer) => answer.body["result"].clone(),
                // Contract 2.1: a sys_id is taken once. An earlier request, given up for lost, may have come through since.
                Err(refused @ Failure::Refused { .. }) => {
                    let record = self.fetch(&id).await?.ok_or_else(|| self.advised(refused))?;
                    return Ok(Applied { record, notes: body.notes, left_out: body.left_out });
                }
                Err(other) => return Err(other),
            };
        self.applied(&row, body).await
    }

    /// There is no conditional update (contract 2.8), so no version can be asked for.
    pub(super) async fn change(&self, id: &str, fields: &Fields) -> Result<Applied, Failure> {
        let body = self.body(fields).await?;
        let list = field_list(&self.table.fields, &*self.columns().await?);
        let table = &self.table.name;
        let row = if body.columns.is_empty() {
            self.instance.read(table, id, &parameters(&list)).await
        } else {
            self.instance.patch(table, id, &parameters(&list), &body.columns.clone().into()).await
        };
        let row = row.map_err(|failure| self.advised(failure))?.ok_or_else(|| self.not_there())?;
        self.applied(&row, body).await
    }

    /// What is not shown was deleted already, unless it is known to be there.
    pub(super) async fn remove(&self, id: &str) -> Result<(), Failure> {
        let path = ["api", "now", "table", &self.table.name, id];
        let answer = self.instance.call(Method::DELETE, &path, &[], None).await;
        let answer = answer.map_err(|failure| self.advised(failure))?;
        if answer.status == StatusCode::NOT_FOUND && self.why_gone(id).await? == Gone::Hidden {
            return Err(self.not_there());
        }
        Ok(())
    }

    async fn body(&self, fields: &Fields) -> Result<Body, Failure> {
        let mut body = Body::default();
        for (field, value) in fields {
            let Value::User(user) = value else {
                write_field(field, value, &mut body.columns);
                continue;
            };
            if let Some(found) = self.people.id_of(&self.instance, &user.email).await? {
                body.columns.insert(field.clone(), found.into());
            } else {
                body.left_out.insert(field.clone());
                body.notes.push(format!(
                    "{field} was left as it is: ServiceNow has no single active user with the e-mail {}. \
                     Add the user there (table sys_user), or choose another.",
                    user.email
                ));
            }
        }
        Ok(body)
    }

    /// The record as the answer shows it: rules have run, and what was sent may have become something else.
    async fn applied(&self, row: &Json, body: Body) -> Result<Applied, Failure> {
        let record = read_record(row, &self.table.fields, &*self.columns().await?);
        let record = self.in_sight(record, row).await?;
        Ok(Applied { record, notes: body.notes, left_out: body.left_out })
    }
}

/// The sys_id of the record made with a key: asked for twice, it is one record.
fn made_for(key: &str) -> String {
    let hash = Sha256::digest(format!("isthmus record {key}"));
    let half: [u8; 16] = std::array::from_fn(|i| hash[i]);
    format!("{:032x}", u128::from_be_bytes(half))
}
