//! Users whom a side does not have, where the rule says to write somebody else or nobody. (Where it says to make them, that
//! is for the side: Desk makes users, ServiceNow leaves the field and says so.)

use super::SyncError;
use super::deliver::Part;
use crate::connectors::{Connector, Failure};
use merge::{NoMatch, Outcome, Plan, Side, User, Value, Write};

/// The parts as they can be written, and a sentence for each field that is left as it is.
pub(super) async fn known(
    side: &dyn Connector,
    to: Side,
    parts: Vec<Part>,
) -> Result<(Vec<Part>, Vec<String>), SyncError> {
    let (mut known, mut left) = (Vec::new(), Vec::new());
    for mut part in parts {
        let Some((field, user)) = unknown(side, &part.write).await? else {
            known.push(part);
            continue;
        };
        match &part.write.no_match {
            NoMatch::StandIn { email } => {
                part.takes_stand_in(&field, Value::user(email, ""));
                known.push(part);
            }
            NoMatch::LeaveEmpty | NoMatch::Create => left.push(format!(
                "{field} was left as it is: {to} has nobody with the e-mail {}, and the rule \"{}\" says to leave it then. \
                 Add the user there, or choose another.",
                user.email, part.rule
            )),
        }
    }
    Ok((known, left))
}

/// What a new record gets: its unknown users are left to the round that follows.
pub(super) async fn without_unknown(side: &dyn Connector, mut plan: Plan) -> Result<Plan, SyncError> {
    let mut decisions = Vec::new();
    for decision in plan.decisions {
        let is_unknown = match &decision.outcome {
            Outcome::Write(write) => unknown(side, write).await?.is_some(),
            _ => false,
        };
        if !is_unknown {
            decisions.push(decision);
        }
    }
    plan.decisions = decisions;
    Ok(plan)
}

/// The field and the user of a write whom the side does not have and shall not make.
async fn unknown(side: &dyn Connector, write: &Write) -> Result<Option<(String, User)>, Failure> {
    let is_stand_in = |user: &User| matches!(&write.no_match, NoMatch::StandIn { email } if user.email == *email);
    if write.no_match == NoMatch::Create {
        return Ok(None);
    }
    for (field, value) in &write.fields {
        if let Value::User(user) = value
            && !is_stand_in(user)
            && !side.has_user(user).await?
        {
            return Ok(Some((field.clone(), user.clone())));
        }
    }
    Ok(None)
}
