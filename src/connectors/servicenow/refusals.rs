//! What ServiceNow refuses is told in its own words (contract 2.7); here are ours for what to do about it.

use super::ServiceNow;
use crate::connectors::Failure;
use merge::Kind;
use serde_json::{Map, Value as Json};

impl ServiceNow {
    /// A refusal of a write with what to do about it, and with what of it ServiceNow dropped before it judged: a value that
    /// is no choice makes a field "missing" that was sent (contract 12.18).
    pub(super) async fn explained(&self, failure: Failure, sent: &Map<String, Json>) -> Failure {
        let is_policy = matches!(&failure, Failure::Refused { why } if why.contains("Data Policy Exception"));
        let advised = self.advised(failure);
        let Failure::Refused { mut why } = advised else { return advised };
        if is_policy && let Ok(columns) = self.columns().await {
            for (field, value) in sent.iter().filter(|(field, _)| columns.kind_of(field) == Kind::Choice) {
                let cause = self.no_choice(field, value.as_str().unwrap_or_default(), &columns).await;
                if let Ok(Some(cause)) = cause {
                    why = format!("{why} Sent and dropped: {cause}");
                }
            }
        }
        Failure::Refused { why }
    }

    /// A refusal with what to do about it.
    pub(super) fn advised(&self, failure: Failure) -> Failure {
        let Failure::Refused { why } = failure else { return failure };
        let table = &self.table.name;
        let advice = if why.contains("Data Policy Exception") {
            " Fill these fields in there, or let the value map's row fill them with the change (\"requires\")."
                .to_owned()
        } else if why.contains("aborted by Business Rule") {
            format!(
                " That rule is under System Definition > Business Rules, on table {table}; it says when it lets a record be saved."
            )
        } else if why.contains("ACL Exception") || why.contains("security constraints") {
            format!(
                " Give this account a role that may do this on table {table}, such as itil or sn_incident_write for incidents."
            )
        } else {
            String::new()
        };
        Failure::Refused { why: why + &advice }
    }

    pub(super) fn not_there(&self) -> Failure {
        let why = format!(
            "ServiceNow answered 404: the record of table {} was deleted, or this account may no longer see it.",
            self.table.name
        );
        Failure::Refused { why }
    }
}
