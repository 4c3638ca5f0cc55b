//! What must hold when the dust has settled, read from both sides and from the store.

use super::rules::{NOTE, may_write};
use super::world::{Broken, World, person};
use crate::connectors::File;
use crate::connectors::memory::ACCOUNT;
use crate::store::Link;
use merge::{Direction, Entry, FieldRule, Record, Side, Stream, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Everything, in the order in which a mistake is easiest to understand.
pub async fn everything(world: &World) -> Result<(), Broken> {
    nothing_is_written_without_a_rule(world)?;
    nothing_is_deleted(world)?;
    writes_answer_to_edits(world)?;
    let mut tickets = 0;
    for record in &world.records {
        let link = world.link(record).await;
        tickets += usize::from(link.as_ref().is_some_and(|link| link.platform_id.is_some()));
        match link {
            Some(link) => {
                let problems = world.store.problems_of(&link.id).await.expect("readable");
                let conflicts = world.store.conflicts_of(&link.id).await.expect("readable");
                let open = conflicts.into_iter().map(|conflict| conflict.rule).collect();
                pair(world, &link, &open, &problems)?;
            }
            None => may_stay_outside(world, record)?,
        }
    }
    let made = world.platform.made();
    ensure(made == tickets, || format!("{made} tickets were made for {tickets} links"))
}

/// Nothing at all moves when nobody did anything.
pub async fn another_look_changes_nothing(world: &mut World) -> Result<(), Broken> {
    let changed = |world: &World| -> usize {
        [Side::ServiceNow, Side::Platform].map(|side| changes(world, side).count()).iter().sum::<usize>()
    };
    let entries = |world: &World| world.records.iter().map(|id| world.servicenow.true_entries(id).len()).sum::<usize>();
    let before = (changed(world), entries(world), world.platform.made());
    world.look_at_everything().await?;
    let after = (changed(world), entries(world), world.platform.made());
    ensure(before == after, || format!("looking again changed something: {before:?} became {after:?}"))
}

fn changes(world: &World, side: Side) -> impl Iterator<Item = (String, String)> {
    let written = world.memory(side).written().into_iter();
    written.filter(|written| written.changed).map(|written| (written.id, written.field))
}

fn nothing_is_written_without_a_rule(world: &World) -> Result<(), Broken> {
    for side in [Side::ServiceNow, Side::Platform] {
        let may = world.mappings.iter().flat_map(|rules| may_write(rules, side)).collect::<BTreeSet<_>>();
        for written in world.memory(side).written() {
            ensure(may.contains(&written.field), || format!("{} was written on {side} without a rule", written.field))?;
        }
    }
    Ok(())
}

/// No connection here asks for that.
fn nothing_is_deleted(world: &World) -> Result<(), Broken> {
    for side in [Side::ServiceNow, Side::Platform] {
        let deleted = world.memory(side).deleted();
        ensure(deleted.is_empty(), || format!("{deleted:?} were deleted on {side}"))?;
    }
    Ok(())
}

/// No ping-pong: a bound on what the account changes, by what people did.
fn writes_answer_to_edits(world: &World) -> Result<(), Broken> {
    for side in [Side::ServiceNow, Side::Platform] {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        for place in changes(world, side) {
            *counts.entry(place).or_default() += 1;
        }
        let bound = 2 + 2 * world.edits;
        for ((_, field), count) in counts {
            ensure(count <= bound, || {
                format!("{field} was changed {count} times on {side} after {} edits", world.edits)
            })?;
        }
    }
    Ok(())
}

/// A record that is not there, is hidden, or has a kind without a row.
fn may_stay_outside(world: &World, id: &str) -> Result<(), Broken> {
    let Some(record) = world.servicenow.truth(id) else { return Ok(()) };
    let enters = world.rules().enters(Side::ServiceNow, &record, false).is_ok() && !world.servicenow.is_hidden(id);
    ensure(!enters, || format!("{} never entered", record.number))
}

fn pair(world: &World, link: &Link, conflicts: &BTreeSet<String>, problems: &[String]) -> Result<(), Broken> {
    let is_told = !link.note.is_empty();
    let name = &link.servicenow_number;
    let ticket = link.platform_id.clone().unwrap_or_default();
    let (Some(near), Some(far)) = (world.servicenow.truth(&link.servicenow_id), world.platform.truth(&ticket)) else {
        return ensure(is_told, || format!("{name} has lost a side, and nobody is told"));
    };
    if world.servicenow.is_hidden(&near.id) {
        return ensure(is_told, || format!("{name} is hidden, and nobody is told"));
    }
    for rule in &world.rules().fields {
        let is_told = is_told || conflicts.contains(&rule.name);
        field(world, rule, &near, &far, is_told)
            .map_err(|broken| format!("{name}: {broken}. Its note: {:?}", link.note))?;
    }
    let told = problems.iter().any(|problem| problem.contains("may be missing"));
    files(world, &near.id, &far.id, !problems.is_empty()).map_err(|broken| format!("{name}: {broken}"))?;
    streams(world, &near.id, &far.id, told).map_err(|broken| format!("{name}: {broken}. Its note: {:?}", link.note))
}

/// Both sides agree, or somebody is told; and what they agree on is what somebody set last.
fn field(world: &World, rule: &FieldRule, near: &Record, far: &Record, is_told: bool) -> Result<(), Broken> {
    let hides = |side: Side| world.memory(side).traps().hides.contains(rule.field_on(side));
    let (Ok(s), Ok(p)) = (rule.canonical(Side::ServiceNow, near), rule.canonical(Side::Platform, far)) else {
        return ensure(is_told, || format!("{} has a value without a row, and nobody is told", rule.name));
    };
    let (s, p) = (s.unwrap_or(Value::Empty), p.unwrap_or(Value::Empty));
    let said = |side: Side, id: &str| -> Option<Value> {
        let fields = world.memory(side).said(id);
        rule.canonical(side, &Record { fields, ..Record::default() }).ok().flatten()
    };
    let (said_near, said_far) = (said(Side::ServiceNow, &near.id), said(Side::Platform, &far.id));
    let somebody_set = |value: &Value| {
        let nobody_ever = said_near.is_none() && said_far.is_none() && value.is_empty();
        nobody_ever || said_near.as_ref() == Some(value) || said_far.as_ref() == Some(value)
    };
    if hides(Side::ServiceNow) || hides(Side::Platform) {
        // It may be late, for nobody can compare. It must not be cleared.
        let cleared = |side: Side, id: &str| {
            let written = world.memory(side).written();
            written
                .iter()
                .any(|one| one.id == id && one.field == rule.field_on(side) && one.changed && one.value.is_empty())
        };
        let is_cleared = cleared(Side::ServiceNow, &near.id) || cleared(Side::Platform, &far.id);
        return ensure(!is_cleared || world.somebody_emptied, || {
            format!(
                "{} is hidden and was cleared: {s:?} and {p:?}; people set {said_near:?} and {said_far:?}",
                rule.name
            )
        });
    }
    if s != p {
        let may_stand = match rule.direction {
            Direction::Both => false,
            Direction::ToPlatform => {
                Some(&p) == said_far.as_ref() && rule.against == merge::Against::Leave && !rule.enforce
            }
            Direction::ToServicenow => {
                Some(&s) == said_near.as_ref() && rule.against == merge::Against::Leave && !rule.enforce
            }
        };
        return ensure(is_told || may_stand, || format!("{} is {s:?} and {p:?}, and nobody is told", rule.name));
    }
    ensure(is_told || somebody_set(&s), || {
        format!("{} is {s:?} on both sides, but people set {said_near:?} and {said_far:?}", rule.name)
    })
}

/// Each entry and each file is on both sides exactly once, in order.
fn streams(world: &World, near: &str, far: &str, is_told: bool) -> Result<(), Broken> {
    let (servicenow, platform) = (world.servicenow.true_entries(near), world.platform.true_entries(far));
    let by = |entries: &[Entry], author: &str| -> Vec<(Stream, String)> {
        let theirs = entries.iter().filter(|entry| entry.author == author && !entry.body.starts_with(NOTE));
        theirs.map(|entry| (entry.stream, entry.body.clone())).collect()
    };
    let own_text =
        |(stream, body): (Stream, String)| (stream, body.split_once('\n').map_or("", |(_, body)| body).to_owned());
    let written = by(&servicenow, person(Side::ServiceNow));
    let arrived = by(&platform, person(Side::ServiceNow));
    if !world.servicenow.traps().hides_journal {
        ensure(written == arrived, || format!("ServiceNow's entries {written:?} are {arrived:?} on the platform"))?;
    }
    let written = by(&platform, person(Side::Platform));
    let arrived: Vec<_> = by(&servicenow, ACCOUNT).into_iter().map(own_text).collect();
    let all = written == arrived;
    // Where the journal was closed and an answer was lost, a person was told to compare.
    let most = is_told && is_within(&arrived, &written);
    ensure(all || most, || format!("the platform's entries {written:?} are {arrived:?} in ServiceNow"))
}

/// The same contents on both sides, and no more copies than there are files to copy.
fn files(world: &World, near: &str, far: &str, is_told: bool) -> Result<(), Broken> {
    let (servicenow, platform) = (world.servicenow.true_files(near), world.platform.true_files(far));
    let contents = |files: &[File]| -> BTreeSet<String> { files.iter().map(|file| file.sha256.clone()).collect() };
    ensure(is_told || contents(&servicenow) == contents(&platform), || {
        format!("ServiceNow's files {servicenow:?} are {platform:?} on the platform")
    })?;
    let count = |files: &[File], author: &str, of: &File| {
        files.iter().filter(|file| file.author == author && file.sha256 == of.sha256).count()
    };
    for file in &platform {
        let (written, copied) = (count(&platform, person(Side::Platform), file), count(&servicenow, ACCOUNT, file));
        ensure(copied <= written, || {
            format!("{} is in ServiceNow {copied} times and was added {written} times", file.name)
        })?;
        let beth = person(Side::ServiceNow);
        let (written, copied) = (count(&servicenow, beth, file), count(&platform, beth, file));
        ensure(copied <= written, || {
            format!("{} is on the platform {copied} times and was added {written} times", file.name)
        })?;
    }
    Ok(())
}

/// Whether `few` is `many` with some left out.
fn is_within<T: PartialEq>(few: &[T], many: &[T]) -> bool {
    let mut many = many.iter();
    few.iter().all(|one| many.any(|other| other == one))
}

fn ensure(is_so: bool, broken: impl FnOnce() -> Broken) -> Result<(), Broken> {
    if is_so { Ok(()) } else { Err(broken()) }
}
