//! What must hold when the dust has settled, read from both sides and from the store.

use super::gone;
use super::people::person;
use super::rules::{NOTE, may_write};
use super::world::{Broken, Opened, World};
use crate::connectors::File;
use crate::connectors::memory::{ACCOUNT, Memory};
use crate::queue;
use crate::store::{ConflictState, Cut, DeadLetter, Link, RunState};
use merge::{Convert, Direction, Entry, FieldRule, Record, Side, Stream, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Everything, in the order in which a mistake is easiest to understand.
pub async fn everything(world: &World) -> Result<(), Broken> {
    nothing_is_written_without_a_rule(world)?;
    writes_answer_to_edits(world)?;
    runs_kept_to_their_breaker(world).await?;
    let (mut tickets, mut records, mut deletions) = (0, 0, 0);
    for opened in &world.records {
        match world.link(opened).await {
            Some(link) => {
                match opened.side {
                    Side::ServiceNow => tickets += usize::from(link.platform_id.is_some()),
                    Side::Platform => records += usize::from(!link.awaits_record()),
                }
                deletions += gone::pair(world, &link)?;
                let problems = world.store.problems_of(&link.id).await.expect("readable");
                let told = told(world, &link).await;
                let held = held(world, &link).await;
                pair(world, &link, &told, &held, &problems)?;
            }
            None => may_stay_outside(world, opened)?,
        }
    }
    let made = world.platform.made();
    ensure(made == tickets, || format!("{made} tickets were made for {tickets} links"))?;
    let made = world.servicenow.made();
    ensure(made == records, || format!("{made} records were made in ServiceNow for {records} tickets"))?;
    let deleted = Side::BOTH.map(|side| world.memory(side).deleted().len()).iter().sum::<usize>();
    ensure(deleted == deletions, || format!("{deleted} records were deleted, and {deletions} were to be"))
}

/// Nothing at all moves when nobody did anything.
pub async fn another_look_changes_nothing(world: &mut World) -> Result<(), Broken> {
    let changed = |world: &World| -> usize {
        [Side::ServiceNow, Side::Platform].map(|side| changes(world, side).count()).iter().sum::<usize>()
    };
    let all = |world: &World| {
        let sides = Side::BOTH.map(|side| world.memory(side));
        (changed(world), sides.map(Memory::appended), sides.map(Memory::made), sides.map(|side| side.deleted().len()))
    };
    let before = all(world);
    world.look_at_everything(false).await?;
    let after = all(world);
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
fn may_stay_outside(world: &World, opened: &Opened) -> Result<(), Broken> {
    let memory = world.memory(opened.side);
    let Some(record) = memory.truth(&opened.id) else { return Ok(()) };
    // Told from the rows alone, and not by the engine's own word.
    let kinds = world.rules().fields.iter().find_map(|rule| match &rule.convert {
        Convert::Map { map } if rule.name == "kind" => Some(&map.rows),
        _ => None,
    });
    let has_row = kinds.into_iter().flatten().any(|row| match opened.side {
        Side::ServiceNow => row.servicenow == record.fields["category"].plain(),
        Side::Platform => row.platform == record.fields["kind"].plain(),
    });
    let sends = opened.side == Side::ServiceNow || world.rules().create_in_servicenow;
    let enters = has_row && sends && !memory.is_hidden(&opened.id);
    ensure(!enters, || format!("{} never entered", record.number))
}

/// The rules of a link about which a person must still choose, or gave the write up.
async fn told(world: &World, link: &Link) -> BTreeSet<String> {
    let conflicts = world.store.conflicts_of(&link.id).await.expect("readable").into_iter();
    let open = conflicts.filter(|conflict| conflict.state == ConflictState::Open).map(|conflict| conflict.rule);
    let lane = queue::lane(&link.connection_id, &link.servicenow_id);
    let held = world.store.held_letters(&lane).await.expect("readable").into_iter();
    open.chain(held.map(|letter| letter.rule)).collect()
}

/// A run that no person let go on touched no more than it may, and none goes on for ever.
async fn runs_kept_to_their_breaker(world: &World) -> Result<(), Broken> {
    let runs = world.store.runs(&world.connection, 100, 0).await.expect("readable");
    for run in runs {
        ensure(run.is_dry() || run.touched <= run.allowed, || {
            format!("a run touched {} links of {}", run.touched, run.allowed)
        })?;
        ensure(!matches!(run.state, RunState::Running | RunState::Stopped), || "a run never ends".into())?;
    }
    Ok(())
}

/// Entries that a side refused and a person has not yet had sent again, each with that side.
async fn held(world: &World, link: &Link) -> Vec<(Side, (Stream, String))> {
    let lane = queue::lane(&link.connection_id, &link.servicenow_id);
    let letters = world.store.held_letters(&lane).await.expect("readable").into_iter();
    let entry = |letter: DeadLetter| {
        let side = Side::BOTH.into_iter().find(|side| side.as_str() == letter.side)?;
        let wanted: serde_json::Value = serde_json::from_str(&letter.wanted).expect("JSON");
        let stream = serde_json::from_value(wanted["stream"].clone()).expect("a stream");
        Some((side, (stream, wanted["body"].as_str()?.to_owned())))
    };
    letters.filter(|letter| letter.kind == "append").filter_map(entry).collect()
}

fn pair(
    world: &World,
    link: &Link,
    told: &BTreeSet<String>,
    held: &[(Side, (Stream, String))],
    problems: &[String],
) -> Result<(), Broken> {
    let is_told = !link.note.is_empty();
    let name = &link.servicenow_number;
    let ticket = link.platform_id.clone().unwrap_or_default();
    let (Some(near), Some(far)) = (world.servicenow.truth(&link.servicenow_id), world.platform.truth(&ticket)) else {
        return Ok(());
    };
    if world.servicenow.is_hidden(&near.id) || world.platform.is_hidden(&far.id) {
        return ensure(is_told, || format!("{name} is hidden, and nobody is told"));
    }
    ensure(link.gone.is_none(), || format!("{name} has both sides, and one counts as deleted"))?;
    for rule in &world.rules().fields {
        let is_told = is_told || told.contains(&rule.name);
        field(world, rule, link.cuts.get(&rule.name), (&near, &far), is_told)
            .map_err(|broken| format!("{name}: {broken}. Its note: {:?}", link.note))?;
    }
    files(world, &near.id, &far.id, !problems.is_empty()).map_err(|broken| format!("{name}: {broken}"))?;
    streams(world, &near.id, &far.id, held).map_err(|broken| format!("{name}: {broken}. Its note: {:?}", link.note))
}

/// Both sides agree, or somebody is told; and what they agree on is what somebody set last.
fn field(
    world: &World,
    rule: &FieldRule,
    cut: Option<&Cut>,
    (near, far): (&Record, &Record),
    is_told: bool,
) -> Result<(), Broken> {
    let hides = |side: Side| world.memory(side).traps().hides.contains(rule.field_on(side));
    let (Ok(s), Ok(p)) = (rule.canonical(Side::ServiceNow, near), rule.canonical(Side::Platform, far)) else {
        return ensure(is_told, || format!("{} has a value without a row, and nobody is told", rule.name));
    };
    // What a column could not keep whole stands for the whole, as history tells.
    let whole = |side: Side, value: Option<Value>| match cut {
        Some(cut) if cut.side == side && Some(&cut.kept) == value.as_ref() => cut.whole.clone(),
        _ => value.unwrap_or(Value::Empty),
    };
    let (s, p) = (whole(Side::ServiceNow, s), whole(Side::Platform, p));
    // Who sets one of the fields that a rule joins leaves the others as they are.
    let said = |side: Side, record: &Record| -> Option<Value> {
        let mut fields = world.memory(side).said(&record.id);
        if rule.parts(side).iter().any(|part| fields.contains_key(*part)) {
            let others = rule.parts(side).into_iter().filter_map(|part| record.fields.get_key_value(part));
            for (part, value) in others {
                fields.entry(part.clone()).or_insert_with(|| value.clone());
            }
        }
        rule.canonical(side, &Record { fields, ..Record::default() }).ok().flatten()
    };
    let (said_near, said_far) = (said(Side::ServiceNow, near), said(Side::Platform, far));
    let somebody_set = |value: &Value| {
        let nobody_ever = said_near.is_none() && said_far.is_none() && value.is_empty();
        let chosen = world.chosen.get(&(near.id.clone(), rule.name.clone()));
        nobody_ever || [said_near.as_ref(), said_far.as_ref(), chosen].contains(&Some(value))
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
        // What the rule lets nobody send stands where it was set, unless the other side's value is put back.
        let stands = |value: &Value, said: &Option<Value>, other: &Option<Value>| {
            let is_put_back = rule.enforce || rule.against == merge::Against::Restore;
            Some(value) == said.as_ref() && (other.is_none() || !is_put_back)
        };
        let may_stand = match rule.direction {
            Direction::Both => false,
            Direction::ToPlatform => stands(&p, &said_far, &said_near),
            Direction::ToServicenow => stands(&s, &said_near, &said_far),
        };
        return ensure(is_told || may_stand, || format!("{} is {s:?} and {p:?}, and nobody is told", rule.name));
    }
    ensure(is_told || somebody_set(&s), || {
        format!("{} is {s:?} on both sides, but people set {said_near:?} and {said_far:?}", rule.name)
    })
}

/// Each entry is on both sides exactly once, in order, but for those that were refused.
fn streams(world: &World, near: &str, far: &str, held: &[(Side, (Stream, String))]) -> Result<(), Broken> {
    let (servicenow, platform) = (world.servicenow.true_entries(near), world.platform.true_entries(far));
    let by = |entries: &[Entry], author: &str| -> Vec<(Stream, String)> {
        let theirs = entries.iter().filter(|entry| entry.author == author);
        // ServiceNow has the account as the author, and whose words they are above them.
        let own = |body: &str| {
            let above = if author == ACCOUNT { body.split_once('\n') } else { None };
            above.map_or(body, |(_, below)| below).to_owned()
        };
        // What we tell of a hold reason, or of a file that was not taken, nobody wrote.
        theirs
            .map(|entry| (entry.stream, own(&entry.body)))
            .filter(|(_, body)| !body.starts_with(NOTE) && !body.starts_with("File \""))
            .collect()
    };
    let taken = |mut written: Vec<(Stream, String)>, to: Side| {
        for (_, entry) in held.iter().filter(|(side, _)| *side == to) {
            written.iter().position(|one| one == entry).map(|at| written.remove(at));
        }
        written
    };
    let written = taken(by(&servicenow, person(Side::ServiceNow)), Side::Platform);
    let arrived = by(&platform, person(Side::ServiceNow));
    if !world.servicenow.traps().hides_journal {
        ensure(written == arrived, || format!("ServiceNow's entries {written:?} are {arrived:?} on the platform"))?;
    }
    let written = taken(by(&platform, person(Side::Platform)), Side::ServiceNow);
    let arrived = by(&servicenow, ACCOUNT);
    ensure(written == arrived, || format!("the platform's entries {written:?} are {arrived:?} in ServiceNow"))?;
    let own = by(&platform, ACCOUNT);
    ensure(own.is_empty(), || format!("{own:?} came back to the platform"))
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

pub(super) fn ensure(is_so: bool, broken: impl FnOnce() -> Broken) -> Result<(), Broken> {
    if is_so { Ok(()) } else { Err(broken()) }
}
