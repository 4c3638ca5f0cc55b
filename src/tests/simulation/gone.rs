//! What must hold of a pair of which a record is gone, when the dust has settled: only what a mapping said that was in force
//! since has happened, and only where a side calls its record deleted.

use super::check::ensure;
use super::world::{Broken, World};
use crate::store::{Link, LinkState};
use merge::{OnDeletion, Side, Value};

/// Answers how many records of the pair our account deleted.
pub fn pair(world: &World, link: &Link) -> Result<usize, Broken> {
    let name = &link.servicenow_number;
    let is_there = |side: Side| world.memory(side).truth(link.record_on(side)).is_some();
    // What we did not know to be made is made again.
    let again = |side: Side| world.removed_unknown.contains(link.record_on(side)) && is_there(side);
    let by_person = |side: Side| world.removed.contains_key(link.record_on(side)) && !again(side);
    let by_us = |side: Side| world.memory(side).deleted().iter().any(|id| id == link.record_on(side));
    if let Some(side) = Side::BOTH.into_iter().find(|side| by_us(*side)) {
        let from = side.other();
        ensure(by_person(from) && !is_there(from), || {
            format!("{name} was deleted on {side}, and on {from} nobody had deleted it")
        })?;
        let says = policies(world, link, from).any(|policy| *policy == OnDeletion::Delete);
        ensure(says, || format!("{name} was deleted on {side}, and no mapping said so"))?;
        ensure(link.state == LinkState::Unlinked, || format!("{name} is deleted on both sides, and still a pair"))?;
        ensure(!world.memory(from).traps().silent_about_gone, || {
            format!("{name} was deleted on {side}, and {from} did not say that it was deleted there")
        })?;
        return Ok(1);
    }
    // A partner that was never made is not gone.
    if link.platform_id.is_none() || link.awaits_record() {
        return Ok(0);
    }
    let is_told = !link.note.is_empty();
    match (by_person(Side::ServiceNow), by_person(Side::Platform)) {
        (false, false) => Ok(()),
        (true, true) => {
            ensure(is_told || link.gone.is_some(), || format!("{name} is gone from both sides, and nobody is told"))
        }
        (near, _) => one(world, link, if near { Side::ServiceNow } else { Side::Platform }, is_told),
    }
    .map(|()| 0)
}

/// Gone from one side alone.
fn one(world: &World, link: &Link, from: Side, is_told: bool) -> Result<(), Broken> {
    let (name, to) = (&link.servicenow_number, from.other());
    let says = |what: fn(&OnDeletion) -> bool| policies(world, link, from).any(what);
    match link.gone {
        None => ensure(is_told, || format!("{name} is gone from {from}, and nobody is told")),
        Some(gone) if gone != from => Err(format!("{name} is gone from {from}, and counts as gone from {gone}")),
        Some(_) if world.memory(from).traps().silent_about_gone => {
            Err(format!("{name} counts as gone from {from}, which did not say that it was deleted"))
        }
        Some(_) if link.state == LinkState::Unlinked => ensure(says(|policy| *policy == OnDeletion::Unlink), || {
            format!("{name} is no pair, and no mapping said so")
        }),
        // What a side refused a person may have given up.
        Some(_) if world.somebody_discarded => Ok(()),
        Some(_) => {
            let keeps = says(|policy| *policy == OnDeletion::Keep) && is_told;
            let is_closed = || {
                world.memory(to).written().iter().any(|written| {
                    written.id == link.record_on(to)
                        && [Value::choice("Closed"), Value::choice("7")].contains(&written.value)
                }) || was_closed(world, link, from)
            };
            let closes = says(|policy| matches!(policy, OnDeletion::Close { .. })) && is_closed();
            ensure(keeps || closes, || format!("{name} is gone from {from}, and is left on {to} as no mapping said"))
        }
    }
}

/// It may have been closed before, and a person may have opened it again since.
fn was_closed(world: &World, link: &Link, from: Side) -> bool {
    let (gone, left) = (link.record_on(from), link.record_on(from.other()));
    let removed_at = world.removed.get(gone).map_or(i64::MAX, |removed| removed.at);
    let reopened_at = world.reopened.get(left).copied();
    world.is_closed(from.other(), left) || reopened_at.is_some_and(|at| at >= removed_at)
}

/// What the mappings said about it that were in force since.
fn policies<'a>(world: &'a World, link: &Link, from: Side) -> impl Iterator<Item = &'a OnDeletion> {
    let since = world.removed.get(link.record_on(from)).map_or(usize::MAX, |removed| removed.mapping);
    world.mappings.iter().skip(since).map(move |rules| rules.deletions.of(from))
}
