//! Records are made, written and deleted by the Table API. Users are known by their e-mail on both sides.

use super::ServiceNow;
use super::columns::{field_list, read_record};
use super::dictionary::Columns;
use super::identity::{SIGNED_IN, signed};
use super::side::{RAW, parameters, text};
use crate::connectors::{Applied, Connector, Failure, Gone};
use merge::cut::cut;
use merge::{Fields, Kind, Value};
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
        body.columns.entry(SIGNED_IN).or_insert_with(|| signed(key).into());
        let list = field_list(&self.table.fields, &*self.columns().await?);
        let path = ["api", "now", "table", &self.table.name];
        let row =
            match self.instance.call(Method::POST, &path, &parameters(&list), Some(&body.columns.clone().into())).await
            {
                Ok(answer) => answer.body["result"].clone(),
                // Contract 2.1: a sys_id is taken once. An earlier request, given up for lost, may have come through since.
                Err(refused @ Failure::Refused { .. }) => {
                    let Some(record) = self.fetch(&id).await? else {
                        return Err(self.explained(refused, &body.columns).await);
                    };
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
        let row = match row {
            Ok(row) => row.ok_or_else(|| self.not_there())?,
            Err(failure) => return Err(self.explained(failure, &body.columns).await),
        };
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

    /// The columns as they go out; what cannot be sent is left out.
    pub(super) async fn columns_of(&self, fields: &Fields) -> Result<Map<String, Json>, Failure> {
        Ok(self.body(fields).await?.columns)
    }

    async fn body(&self, fields: &Fields) -> Result<Body, Failure> {
        let columns = self.columns().await?;
        let mut body = Body::default();
        for (field, value) in fields {
            match self.spelled(field, value, &columns).await? {
                Ok(text) => {
                    body.columns.insert(field.clone(), text.into());
                }
                Err(why) => {
                    body.left_out.insert(field.clone());
                    body.notes.push(format!("{field} was left as it is: {why}"));
                }
            }
        }
        Ok(body)
    }

    /// A value as its column takes it, or why there is none, with the way out.
    async fn spelled(
        &self,
        field: &str,
        value: &Value,
        columns: &Columns,
    ) -> Result<std::result::Result<String, String>, Failure> {
        let kind = match value {
            // A dictionary that says nothing of the column may not be read.
            Value::User(_) if columns.column(field).is_none() => Kind::User,
            _ => columns.kind_of(field),
        };
        let unfit = || {
            format!(
                "its column takes {}, and \"{}\" is none. Correct the value, or give the rule a value map.",
                kind.in_words(),
                cut(&value.label(), 60, "…")
            )
        };
        Ok(match (kind, value) {
            (_, Value::Empty) => Ok(String::new()),
            (Kind::User, value) => match Value::read(Kind::User, &value.plain()) {
                Ok(Value::User(user)) => self.user_id(&user.email).await?,
                _ => Err(unfit()),
            },
            (Kind::Reference, Value::Reference(reference)) => Ok(reference.id.clone()),
            (Kind::Reference, value) => self.referred(&value.plain(), columns.target_of(field)).await?,
            (kind, value) => value.raw(kind).map_err(|_| unfit()),
        })
    }

    async fn user_id(&self, email: &str) -> Result<std::result::Result<String, String>, Failure> {
        let found = self.people.id_of(&self.instance, email).await?;
        Ok(found.ok_or_else(|| {
            format!(
                "ServiceNow has no single active user with the e-mail {email}. Add the user there (table sys_user), or \
                 choose another."
            )
        }))
    }

    /// The sys_id of the record that people call so.
    async fn referred(
        &self,
        name: &str,
        (table, display): (&str, &str),
    ) -> Result<std::result::Result<String, String>, Failure> {
        let is_id = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id || table.is_empty() {
            return Ok(Ok(name.to_owned()));
        }
        // `^` would begin a new condition.
        let query = format!("{display}={}", name.replace('^', ""));
        let fields = format!("sys_id,{display}");
        let parameters =
            [("sysparm_query", query.as_str()), ("sysparm_fields", &fields), ("sysparm_limit", "10"), RAW[0], RAW[1]];
        let answer = self.instance.list(table, &parameters).await?;
        // A query that may not compare the column can find anything (contract 2.4).
        let mut named = answer.rows().iter().filter(|row| text(row, display).eq_ignore_ascii_case(name));
        Ok(match (named.next(), named.next()) {
            (Some(row), None) => Ok(text(row, "sys_id")),
            (found, _) => Err(format!(
                "ServiceNow has {} record of table {table} whose {display} is \"{name}\". Make it there, or choose another.",
                if found.is_some() { "more than one" } else { "no" }
            )),
        })
    }

    /// The record as the answer shows it: rules have run, and what was sent may have become something else.
    async fn applied(&self, row: &Json, body: Body) -> Result<Applied, Failure> {
        let record = read_record(row, &self.table.fields, &*self.columns().await?);
        let record = self.in_sight(record, row).await?;
        Ok(Applied { record, notes: body.notes, left_out: body.left_out })
    }
}

/// The sys_id of the record made with a key: asked for twice, it is one record.
pub(super) fn made_for(key: &str) -> String {
    let hash = Sha256::digest(format!("isthmus record {key}"));
    let half: [u8; 16] = std::array::from_fn(|i| hash[i]);
    format!("{:032x}", u128::from_be_bytes(half))
}
