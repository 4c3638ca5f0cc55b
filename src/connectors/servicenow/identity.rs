//! What tells an instance from another (contract 12.20), and another Isthmus from this one. An ordinary account reads few
//! of these; what it may not read is left out, and never counts as different.
//!
//! Names of the cluster's nodes are no marks: an upgrade or a move changes them.

use super::ServiceNow;
use super::side::{RAW, text};
use super::write::made_for;
use crate::clock;
use crate::connectors::{Failure, OF_ACCOUNT};
use std::collections::BTreeMap;

/// Of each task, free for integrators.
pub(super) const SIGNED_IN: &str = "correlation_display";
const SIGNATURE: &str = "Isthmus ";
const MOST: &str = "50";

/// What a record that Isthmus made says of that: the key, which the sys_id was made of. A copy that a person makes of
/// the record has another sys_id, so it does not pass for one.
pub(super) fn signed(key: &str) -> String {
    format!("{SIGNATURE}{key}")
}

impl ServiceNow {
    pub(super) async fn read_marks(&self) -> Result<BTreeMap<String, String>, Failure> {
        let parameters = [
            ("sysparm_query", "nameINinstance_name,instance_id"),
            ("sysparm_fields", "name,value"),
            ("sysparm_limit", "10"),
            RAW[0],
            RAW[1],
        ];
        let mut marks: BTreeMap<String, String> = match self.instance.list("sys_properties", &parameters).await {
            Ok(answer) => answer.rows().iter().map(|row| (text(row, "name"), text(row, "value"))).collect(),
            Err(Failure::Forbidden { .. } | Failure::Refused { .. }) => BTreeMap::new(),
            Err(other) => return Err(other),
        };
        // A query that is not understood finds more than was asked for (contract 2.4).
        marks.retain(|name, value| matches!(name.as_str(), "instance_name" | "instance_id") && !value.is_empty());
        match self.people.me_now(&self.instance).await {
            Ok(me) if !me.id.is_empty() && !me.user_name.is_empty() => {
                marks.insert(format!("{OF_ACCOUNT}{}", me.user_name), me.id);
            }
            Ok(_) | Err(Failure::Forbidden { .. } | Failure::Refused { .. }) => {}
            Err(other) => return Err(other),
        }
        Ok(marks)
    }

    /// Rows are counted before ACLs hide them (contract 2.6): no row and a count of zero is more than hidden.
    pub(super) async fn shows_none_of(&self, ids: &[String]) -> Result<bool, Failure> {
        let query = format!("sys_idIN{}", ids.join(","));
        let parameters = [
            ("sysparm_query", query.as_str()),
            ("sysparm_fields", "sys_id"),
            ("sysparm_limit", MOST),
            ("sysparm_query_no_domain", "true"),
            RAW[0],
            RAW[1],
        ];
        match self.instance.list(&self.table.name, &parameters).await {
            Ok(answer) => Ok(answer.rows().is_empty() && answer.total == Some(0)),
            Err(Failure::Forbidden { .. } | Failure::Refused { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    pub(super) async fn signed_records(&self, since: i64) -> Result<Vec<(String, i64)>, Failure> {
        let since_in_words = clock::in_words(since);
        let query =
            format!("{SIGNED_IN}STARTSWITH{SIGNATURE}^sys_created_on>={since_in_words}^ORDERBYDESCsys_created_on");
        let fields = format!("sys_id,sys_created_on,{SIGNED_IN}");
        let parameters =
            [("sysparm_query", query.as_str()), ("sysparm_fields", &fields), ("sysparm_limit", MOST), RAW[0], RAW[1]];
        let answer = match self.instance.list(&self.table.name, &parameters).await {
            Err(Failure::Forbidden { .. } | Failure::Refused { .. }) => return Ok(Vec::new()),
            answer => answer?,
        };
        let made = answer.rows().iter().filter_map(|row| {
            let (id, signed) = (text(row, "sys_id"), text(row, SIGNED_IN));
            let at = clock::read_moment(&text(row, "sys_created_on")).filter(|at| *at >= since)?;
            let key = signed.strip_prefix(SIGNATURE)?;
            (made_for(key) == id).then_some((id, at))
        });
        Ok(made.collect())
    }
}
