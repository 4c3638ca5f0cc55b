//! REST messages that an administrator has put down: a `sys_rest_message` and its functions.

use serde_json::{Value, json};

use crate::instance::Instance;
use crate::query::{Condition, Operator, Query};
use crate::record::Record;
use crate::store;
use crate::user::User;

#[derive(Debug, thiserror::Error)]
pub(super) enum Missing {
    #[error("No REST message with the name '{0}' has a function '{1}'")]
    Function(String, String),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

impl Instance {
    /// What a script's request begins with.
    pub(super) async fn rest_message(&self, message: &str, function: &str) -> Result<Value, Missing> {
        let missing = || Missing::Function(message.to_owned(), function.to_owned());
        let parent = self.only("sys_rest_message", &[("name", message)]).await?.ok_or_else(missing)?;
        let wanted = [("rest_message", parent.sys_id()), ("function_name", function)];
        let found = self.only("sys_rest_message_fn", &wanted).await?.ok_or_else(missing)?;
        let endpoint = Some(found.get("rest_endpoint")).filter(|own| !own.is_empty());
        let mut headers = self.pairs("sys_rest_message_headers", "rest_message", parent.sys_id()).await?;
        headers.extend(self.pairs("sys_rest_message_fn_headers", "rest_message_function", found.sys_id()).await?);
        let query = self.pairs("sys_rest_message_fn_param_defs", "rest_message_function", found.sys_id()).await?;
        let body = Some(found.get("content")).filter(|content| !content.is_empty());
        Ok(json!({
            "endpoint": endpoint.unwrap_or_else(|| parent.get("rest_endpoint")),
            "method": found.get("http_method"), "headers": headers, "query": query, "body": body,
        }))
    }

    /// The one record with these values.
    async fn only(&self, table: &str, values: &[(&str, &str)]) -> store::Result<Option<Record>> {
        let Some(table) = self.table(table) else { return Ok(None) };
        let is = |&(field, value): &(&str, &str)| {
            vec![Condition { field: field.to_owned(), operator: Operator::Is, value: value.to_owned() }]
        };
        let query = Query { groups: vec![values.iter().map(is).collect()], ..Query::default() };
        let compiled = self.compile(&query, table, &User::system()).await?;
        Ok(self.store.select(table, &compiled, store::Slice::first(1)).await?.pop())
    }

    async fn pairs(&self, table: &str, owner: &str, sys_id: &str) -> store::Result<Vec<(String, String)>> {
        let rows = self.query(table, &format!("{owner}={sys_id}"), &User::system(), 100).await?;
        Ok(rows.into_iter().map(|mut row| (row.take("name"), row.take("value"))).collect())
    }
}
