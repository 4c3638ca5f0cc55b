//! The record of a live test: marked as one, made by the account only after a person asked for it.

use super::ServiceNow;
use super::identity::SIGNED_IN;
use super::side::{RAW, text};
use crate::connectors::Failure;
use merge::Fields;
use reqwest::Method;

/// What marks it in ServiceNow. It must not look like the mark of a record that is made of a ticket.
pub const TRIAL: &str = "Isthmus live test";

impl ServiceNow {
    /// Makes it, and answers its sys_id and number.
    pub async fn make_trial(&self, fields: &Fields) -> Result<(String, String), Failure> {
        let mut columns = self.columns_of(fields).await?;
        columns.insert(SIGNED_IN.to_owned(), TRIAL.into());
        if self.table.name == "incident" {
            // Many instances want to know who reports an incident.
            let me = self.people.me(&self.instance).await?.id;
            if !me.is_empty() {
                columns.entry("caller_id").or_insert_with(|| me.into());
            }
        }
        let path = ["api", "now", "table", &self.table.name];
        let parameters = [("sysparm_fields", "sys_id,number"), RAW[0], RAW[1]];
        let made = self.instance.call(Method::POST, &path, &parameters, Some(&columns.clone().into())).await;
        match made {
            Ok(answer) => Ok((text(&answer.body["result"], "sys_id"), text(&answer.body["result"], "number"))),
            Err(failure) => Err(self.explained(failure, &columns).await),
        }
    }
}
