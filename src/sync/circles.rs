//! Writes that turn in circles: something on a side changes a value back each time it is written, and would for ever.

use super::deliver::{self, Part, Write};
use super::letters::Wanted;
use super::{Engine, SyncError};
use crate::queue;
use crate::store::{Connection, Delivery, Link};
use merge::Side;

/// As many writes of a link as are looked back on, to both sides.
pub(super) const LOOK_BACK: i64 = 48;
/// The same value, written so often in a row to one field, is not written again for an edit that no person made.
const TIMES: usize = 2;
/// Nor for anybody's, if it was written so often in so short a time: an edit of a robot looks like a person's.
const TIMES_AT_ONCE: usize = 5;
const AT_ONCE_MS: i64 = 10 * 60 * 1000;

/// Divides what is to be written on a side into what goes out, and what would turn in circles, with a sentence each. `past`
/// is what the sides took before, newest first; `by` tells whose edit a rule follows.
pub(super) async fn divide(
    engine: &Engine,
    connection: &Connection,
    link: &Link,
    to: Side,
    parts: Vec<Part>,
    past: &[Delivery],
    by: impl Fn(&str) -> String,
) -> Result<(Vec<Part>, Vec<(Wanted, String)>), SyncError> {
    if parts.is_empty() {
        return Ok((parts, Vec::new()));
    }
    let past: Vec<(i64, Write)> = past.iter().filter(|delivery| delivery.to() == to).filter_map(written).collect();
    let now = engine.clock.now();
    let (mut kept, mut circling) = (Vec::new(), Vec::new());
    for part in parts {
        let times: Vec<i64> = past
            .iter()
            .filter_map(|(at, write)| {
                write.parts.iter().find(|before| before.rule == part.rule).map(|before| (*at, before))
            })
            .take_while(|(_, before)| before.write.fields == part.write.fields)
            .map(|(at, _)| at)
            .collect();
        if times.len() < TIMES {
            kept.push(part);
            continue;
        }
        // Who asked for another try gets one, counted anew.
        let lane = queue::lane(&connection.id, &link.servicenow_id);
        let retried_at = engine.store.retried_at(&lane, to, &part.rule).await?;
        let times: Vec<i64> = times.into_iter().filter(|at| *at > retried_at).collect();
        let by_a_machine = times.len() >= TIMES && !is_a_person(connection, &by(&part.rule));
        let by_anybody = times.len() >= TIMES_AT_ONCE && now - times[TIMES_AT_ONCE - 1] < AT_ONCE_MS;
        if by_a_machine || by_anybody {
            let why = format!(
                "{} was written to {to} {} times in a row, and each time something changed it back: most likely a business \
                 rule. It is not written again until another value is wanted or somebody retries it. Look for the rule there, or \
                 take the field out of the mapping.",
                part.rule,
                times.len()
            );
            circling.push((Wanted::write(&part), why));
        } else {
            kept.push(part);
        }
    }
    Ok((kept, circling))
}

fn written(delivery: &Delivery) -> Option<(i64, Write)> {
    Some((delivery.done_at, deliver::read(delivery).ok()?))
}

/// Our own account, the system's, and nobody are no people: what they changed followed from a write.
fn is_a_person(connection: &Connection, name: &str) -> bool {
    let servicenow = Side::ServiceNow.to_string();
    !name.is_empty() && name != "system" && name != connection.acting_as && name != servicenow
}
