//! Conflicts: opened when the merge asks for a person, kept up with later edits, and closed when the sides agree.

use super::Engine;
use super::story::{self, FieldLine, Story};
use crate::clock::Clock;
use crate::store::{Conflict, ConflictState, Link, Result, Tx};
use merge::{Decision, Outcome, Plan, Record, Resolution, Resolutions, Rules, Side, Value};

/// What a plan means for one conflict.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Open(Conflict),
    /// The sides moved on, so an earlier choice is void.
    Refresh(Conflict),
    Close(Conflict, ConflictState),
}

/// A step with the sentence that history tells.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Move {
    step: Step,
    says: String,
    story: Story,
}

/// What people chose, for the merge.
pub(super) fn resolutions(conflicts: &[Conflict]) -> Resolutions {
    conflicts.iter().filter_map(|conflict| Some((conflict.rule.clone(), resolution(conflict)?))).collect()
}

fn resolution(conflict: &Conflict) -> Option<Resolution> {
    Some(Resolution {
        value: conflict.choice.clone()?,
        servicenow: conflict.servicenow.clone(),
        platform: conflict.platform.clone(),
        by: conflict.chosen_by.clone(),
        at: conflict.chosen_at,
    })
}

/// Compares the conflicts that are not over with a new plan. A field that is hidden or unmapped just now changes nothing.
pub(super) fn moves(
    link: &Link,
    conflicts: &[Conflict],
    plan: &Plan,
    sides: (&Record, &Record),
    rules: &Rules,
    clock: &dyn Clock,
) -> Vec<Move> {
    let (servicenow, platform) = sides;
    let now = clock.now();
    let mut moves = Vec::new();
    for rule in &rules.fields {
        let before = conflicts.iter().find(|conflict| conflict.rule == rule.name);
        let decision = plan.conflicts().map(|(decision, _)| decision).find(|decision| decision.rule == rule.name);
        if before.is_none() && decision.is_none() {
            continue;
        }
        let (Ok(Some(s)), Ok(Some(p))) =
            (rule.canonical(Side::ServiceNow, servicenow), rule.canonical(Side::Platform, platform))
        else {
            continue;
        };
        let (step, says) = match (before, decision) {
            (None, None) => continue,
            (before, Some(decision)) => {
                let found = Conflict {
                    id: before.map_or_else(|| clock.id(), |before| before.id.clone()),
                    connection_id: link.connection_id.clone(),
                    link_id: link.id.clone(),
                    rule: rule.name.clone(),
                    base: link.base.get(&rule.name).cloned(),
                    servicenow: s,
                    platform: p,
                    servicenow_edit: rule.edit(Side::ServiceNow, servicenow).clone(),
                    platform_edit: rule.edit(Side::Platform, platform).clone(),
                    why: decision.why.clone(),
                    state: ConflictState::Open,
                    choice: None,
                    chosen_by: String::new(),
                    chosen_at: 0,
                    opened_at: before.map_or(now, |before| before.opened_at),
                    closed_at: 0,
                    version: before.map_or(1, |before| before.version),
                };
                match before {
                    None => (Step::Open(found), sentence(decision)),
                    Some(before) if is_same(before, &found) => continue,
                    Some(before) => {
                        let says = refreshed(before);
                        (Step::Refresh(found), says)
                    }
                }
            }
            (Some(before), None) => match ended(before, &s, &p) {
                Some((state, says)) => (Step::Close(before.clone(), state), says),
                None => continue,
            },
        };
        let lines: Vec<Decision> = plan.decisions.iter().filter(|line| line.rule == rule.name).cloned().collect();
        let story = Story::begin(rules, &lines, None, now).step(now, says.clone());
        moves.push(Move { step, says, story });
    }
    // A rule that is no longer in the mapping asks nobody.
    for before in conflicts.iter().filter(|conflict| rules.fields.iter().all(|rule| rule.name != conflict.rule)) {
        let says = format!("The mapping has no rule \"{}\" any longer, so nobody is asked about it.", before.rule);
        let story = Story::default().step(now, says.clone());
        moves.push(Move { step: Step::Close(before.clone(), ConflictState::Withdrawn), says, story });
    }
    moves
}

/// Writes the moves, each with its line of history.
pub(super) async fn keep(clock: &dyn Clock, tx: &mut Tx, link: &Link, moves: &[Move]) -> Result<()> {
    for Move { step, says, story } in moves {
        match step {
            Step::Open(conflict) => tx.open_conflict(conflict).await?,
            Step::Refresh(conflict) => tx.refresh_conflict(conflict).await?,
            Step::Close(conflict, state) => tx.close_conflict(conflict, *state, clock.now()).await?,
        }
        story::tell(clock, tx, link, None, "conflict", says, story).await?;
    }
    Ok(())
}

pub(super) fn tell_pages(engine: &Engine, link: &Link) {
    engine.news.tell("conflicts");
    engine.news.tell("history");
    if let Some(ticket) = &link.platform_id {
        engine.news.ticket(ticket);
    }
}

/// A person brings a value of the past back. It is a choice like any other; `then` is the moment in words.
pub async fn restore(
    clock: &dyn Clock,
    tx: &mut Tx,
    link: &Link,
    conflict: &Conflict,
    value: &Value,
    by: &str,
    then: &str,
) -> Result<()> {
    let says = format!("{by} restored {} to \"{}\", as it stood at {then} UTC.", conflict.rule, story::show(value));
    keep_choice(clock, tx, link, conflict, value, by, ("restored", says)).await
}

/// A person chose. Stale when the conflict is not any longer as the person saw it.
pub async fn choose(
    clock: &dyn Clock,
    tx: &mut Tx,
    link: &Link,
    conflict: &Conflict,
    choice: &Value,
    by: &str,
) -> Result<()> {
    let says = format!("{by} chose \"{}\" for {}.", story::show(choice), conflict.rule);
    keep_choice(clock, tx, link, conflict, choice, by, ("conflict", says)).await
}

async fn keep_choice(
    clock: &dyn Clock,
    tx: &mut Tx,
    link: &Link,
    conflict: &Conflict,
    choice: &Value,
    by: &str,
    (kind, says): (&str, String),
) -> Result<()> {
    let now = clock.now();
    tx.choose(&conflict.id, conflict.version, choice, by, now).await?;
    let field = FieldLine {
        field: conflict.rule.clone(),
        base: conflict.base.as_ref().map(story::show).unwrap_or_default(),
        servicenow: story::show(&conflict.servicenow),
        platform: story::show(&conflict.platform),
        result: story::show(choice),
        why: says.clone(),
        past: None,
    };
    let story = Story { who: by.to_owned(), fields: vec![field], ..Story::default() }.step(now, says.clone());
    story::tell(clock, tx, link, None, kind, &says, &story).await
}

fn sentence(decision: &Decision) -> String {
    match &decision.outcome {
        Outcome::Conflict { sentence } => sentence.clone(),
        _ => decision.why.clone(),
    }
}

fn is_same(before: &Conflict, found: &Conflict) -> bool {
    before.state == ConflictState::Open && before.servicenow == found.servicenow && before.platform == found.platform
}

fn refreshed(before: &Conflict) -> String {
    match (&before.state, &before.choice) {
        (ConflictState::Chosen, Some(choice)) => format!(
            "{} was edited again after {} chose \"{}\". That choice is void: choose between the new values.",
            before.rule,
            before.chosen_by,
            story::show(choice)
        ),
        _ => format!("{} was edited again. The conflict shows the new values.", before.rule),
    }
}

/// How a conflict ends that the plan no longer has; `None` while a choice is on its way.
fn ended(before: &Conflict, s: &Value, p: &Value) -> Option<(ConflictState, String)> {
    let rule = &before.rule;
    if let Some(chosen) = resolution(before) {
        if s == &chosen.value && p == &chosen.value {
            let says = format!("Both sides hold what {} chose for {rule}.", chosen.by);
            return Some((ConflictState::Resolved, says));
        }
        if chosen.stands(s, p) {
            return None;
        }
    }
    let says = if s == p {
        format!("Both sides hold the same value for {rule} by now, so nobody needs to choose.")
    } else {
        format!("{rule} is not in conflict any longer: a side took its edit back, or the rules decide it now.")
    };
    Some((ConflictState::Withdrawn, says))
}
