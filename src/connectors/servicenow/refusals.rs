//! What ServiceNow refuses is told in its own words (contract 2.7); here are ours for what to do about it.

use super::ServiceNow;
use crate::connectors::Failure;

impl ServiceNow {
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
