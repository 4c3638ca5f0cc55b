//! The three-way merge: base, ServiceNow and the platform in, decisions with their reasons out.

use crate::record::{Edit, Fields, Record};
use crate::rules::{Against, Convert, Direction, FieldRule, Owner, Rules, Strategy};
use crate::value::{Side, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Per rule, the canonical value that both sides last agreed on.
pub type Base = BTreeMap<String, Value>;

/// One field to write, as its side spells it, with the fields that the side demands along with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    pub to: Side,
    pub field: String,
    pub value: Value,
    #[serde(default)]
    pub also: Fields,
    /// What the base becomes once the side has said yes. `None` while a person's choice is on its way: the base
    /// moves when both sides are seen to hold it.
    pub agree: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Neither side moved, or the field is hidden.
    Nothing,
    /// Both hold the same: the base moves, nothing is written.
    Agree {
        value: Value,
    },
    Write(Write),
    /// Becomes a comment on the platform; then the base moves.
    Note {
        text: String,
        agree: Value,
    },
    /// An edit that may not cross and stands where it is.
    Leave,
    /// A person must act; the sentence says on what.
    Refuse {
        sentence: String,
    },
    /// Two people disagree and a person must choose. Nothing is written for this field on either side.
    Conflict {
        sentence: String,
    },
}

/// What a person chose for a conflict, and what the person saw when choosing. All values are canonical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    pub value: Value,
    pub servicenow: Value,
    pub platform: Value,
    pub by: String,
    pub at: i64,
}

impl Resolution {
    /// A side that holds neither what was chosen nor what the person saw was edited since: the choice is void.
    pub fn stands(&self, servicenow: &Value, platform: &Value) -> bool {
        [(servicenow, &self.servicenow), (platform, &self.platform)]
            .into_iter()
            .all(|(now, seen)| now == &self.value || now == seen)
    }
}

/// Per rule, what a person chose.
pub type Resolutions = BTreeMap<String, Resolution>;

/// What was decided for one field, with everything that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub rule: String,
    pub base: Option<Value>,
    pub servicenow: Option<Value>,
    pub platform: Option<Value>,
    pub outcome: Outcome,
    /// Whose edit it was, as far as that side tells.
    pub by: Edit,
    /// Rule, mapping version and reasoning, in sentences.
    pub why: String,
}

/// Everything decided for one link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub decisions: Vec<Decision>,
}

impl Plan {
    /// All fields to write on a side, required ones included.
    pub fn fields_for(&self, side: Side) -> Fields {
        fields_of(self.writes_to(side))
    }

    pub fn decisions_for(&self, side: Side) -> Vec<Decision> {
        self.decisions
            .iter()
            .filter(|decision| matches!(&decision.outcome, Outcome::Write(write) if write.to == side))
            .cloned()
            .collect()
    }

    pub fn conflicts(&self) -> impl Iterator<Item = (&Decision, &str)> {
        self.decisions.iter().filter_map(|decision| match &decision.outcome {
            Outcome::Conflict { sentence } => Some((decision, sentence.as_str())),
            _ => None,
        })
    }

    pub fn refusals(&self) -> impl Iterator<Item = (&Decision, &str)> {
        self.decisions.iter().filter_map(|decision| match &decision.outcome {
            Outcome::Refuse { sentence } => Some((decision, sentence.as_str())),
            _ => None,
        })
    }

    fn writes_to(&self, side: Side) -> impl Iterator<Item = &Write> + Clone {
        self.decisions.iter().filter_map(move |decision| match &decision.outcome {
            Outcome::Write(write) if write.to == side => Some(write),
            _ => None,
        })
    }
}

/// The fields of some writes, required ones included; a value that a person set goes before a template's.
pub fn fields_of<'a>(writes: impl Iterator<Item = &'a Write> + Clone) -> Fields {
    let templates = writes.clone().flat_map(|write| write.also.clone());
    let own = writes.map(|write| (write.field.clone(), write.value.clone()));
    templates.chain(own).collect()
}

/// Decides every rule of a link that has both its records.
pub fn plan(base: &Base, servicenow: &Record, platform: &Record, rules: &Rules, resolutions: &Resolutions) -> Plan {
    let fields = rules.fields.iter().flat_map(|rule| {
        let sides = Sides { servicenow, platform };
        decide(rule, base.get(&rule.name), &sides, rules, resolutions.get(&rule.name))
    });
    Plan { decisions: fields.chain(notes(base, servicenow, rules)).collect() }
}

/// Decides what a new platform record gets from a ServiceNow record that enters.
pub fn plan_creation(servicenow: &Record, rules: &Rules) -> Plan {
    let fields = rules.fields.iter().filter(|rule| rule.direction.allows(Side::Platform)).map(|rule| {
        let outcome = match rule.canonical(Side::ServiceNow, servicenow) {
            Err(unmapped) => Outcome::Refuse { sentence: unmapped.sentence },
            Ok(None) => Outcome::Nothing,
            Ok(Some(value)) => Outcome::Write(Write {
                to: Side::Platform,
                field: rule.platform.clone(),
                value: value.clone(),
                also: Fields::new(),
                agree: Some(value),
            }),
        };
        Decision {
            rule: rule.name.clone(),
            base: None,
            servicenow: servicenow.fields.get(&rule.servicenow).cloned(),
            platform: None,
            outcome,
            by: servicenow.edit_of(&rule.servicenow).clone(),
            why: format!(
                "The ticket is new and takes ServiceNow's value: {}, mapping version {}.",
                rule.in_words(),
                rules.version
            ),
        }
    });
    Plan { decisions: fields.chain(notes(&Base::new(), servicenow, rules)).collect() }
}

/// Both records of a link.
struct Sides<'a> {
    servicenow: &'a Record,
    platform: &'a Record,
}

impl Sides<'_> {
    fn on(&self, side: Side) -> &Record {
        match side {
            Side::ServiceNow => self.servicenow,
            Side::Platform => self.platform,
        }
    }

    fn edit(&self, rule: &FieldRule, side: Side) -> &Edit {
        self.on(side).edit_of(rule.field_on(side))
    }
}

/// The table of "Merge (normative)", one field. More than one decision only where a person chose a value that
/// neither side holds: it goes to both.
fn decide(
    rule: &FieldRule,
    base: Option<&Value>,
    sides: &Sides,
    rules: &Rules,
    resolution: Option<&Resolution>,
) -> Vec<Decision> {
    let native = |side: Side| sides.on(side).fields.get(rule.field_on(side)).cloned();
    let decided = |outcome: Outcome, by: Option<Side>, why: String| Decision {
        rule: rule.name.clone(),
        base: base.cloned(),
        servicenow: native(Side::ServiceNow),
        platform: native(Side::Platform),
        outcome,
        by: by.map(|side| sides.edit(rule, side).clone()).unwrap_or_default(),
        why: format!("{why} By {}, mapping version {}.", rule.in_words(), rules.version),
    };
    let (s, p) =
        match (rule.canonical(Side::ServiceNow, sides.servicenow), rule.canonical(Side::Platform, sides.platform)) {
            (Ok(Some(s)), Ok(Some(p))) => (s, p),
            (Err(unmapped), _) | (_, Err(unmapped)) => {
                let why = "The value has no row in the value map, so the field waits; all others flow.".to_owned();
                return vec![decided(Outcome::Refuse { sentence: unmapped.sentence }, Some(Side::ServiceNow), why)];
            }
            _ => {
                let why = "A side did not show the field to this account. Hidden is not empty, so nothing is written.";
                return vec![decided(Outcome::Nothing, None, why.to_owned())];
            }
        };
    if let Some(chosen) = resolution.filter(|chosen| chosen.stands(&s, &p)) {
        return resolved(rule, chosen, &s, &p, sides, rules, &decided);
    }
    let moved = |value: &Value| base.is_none_or(|base| base != value);
    vec![match (moved(&s), moved(&p)) {
        (false, false) => decided(Outcome::Nothing, None, "Neither side changed it.".into()),
        (true, true) if s == p => {
            decided(Outcome::Agree { value: s }, None, "Both sides hold the same value, so they agree.".into())
        }
        (true, false) => crossing(rule, Side::ServiceNow, &s, &p, sides, rules, &decided),
        (false, true) => crossing(rule, Side::Platform, &s, &p, sides, rules, &decided),
        (true, true) if is_for_a_person(rule, base, rules) => {
            let sentence = format!(
                "{} was changed in ServiceNow and in Desk, to different values. Choose which one stands.",
                rule.name
            );
            decided(
                Outcome::Conflict { sentence },
                None,
                "Both sides changed it, and the strategy asks a person.".into(),
            )
        }
        (true, true) => {
            let (winner, reason) = settle(rule, sides, rules);
            let outcome = write(rule, winner.other(), pick(winner, &s, &p), sides, rules);
            decided(outcome, Some(winner), reason)
        }
    }]
}

/// Under `manual_review` a clash is a conflict, unless the rule enforces its owner's value. Where nothing was ever agreed
/// on, a one-way field has its value from one side only, so nobody disagrees.
fn is_for_a_person(rule: &FieldRule, base: Option<&Value>, rules: &Rules) -> bool {
    let is_enforced = rule.enforce && rule.owner != Owner::Shared;
    let is_first_copy = base.is_none() && rule.direction != Direction::Both;
    rule.strategy.unwrap_or(rules.strategy) == Strategy::ManualReview && !is_enforced && !is_first_copy
}

/// A person chose: what was chosen goes to each side that does not hold it yet, and is agreed on once both do.
fn resolved(
    rule: &FieldRule,
    chosen: &Resolution,
    s: &Value,
    p: &Value,
    sides: &Sides,
    rules: &Rules,
    decided: &dyn Fn(Outcome, Option<Side>, String) -> Decision,
) -> Vec<Decision> {
    if s == &chosen.value && p == &chosen.value {
        let why = format!("Both sides hold what {} chose.", chosen.by);
        return vec![decided(Outcome::Agree { value: chosen.value.clone() }, None, why)];
    }
    [(Side::ServiceNow, s), (Side::Platform, p)]
        .into_iter()
        .filter(|(_, now)| *now != &chosen.value)
        .map(|(to, _)| {
            let outcome = if rule.direction.allows(to) {
                match write(rule, to, &chosen.value, sides, rules) {
                    Outcome::Write(write) => Outcome::Write(Write { agree: None, ..write }),
                    other => other,
                }
            } else {
                Outcome::Refuse {
                    sentence: format!(
                        "{} chose a value for {} that would have to go to {to}, and the rule does not let that cross. \
                         Choose {to}'s value, or let the rule go both ways.",
                        chosen.by, rule.name
                    ),
                }
            };
            let why = format!("{} chose this value, and {to} still holds what it held then.", chosen.by);
            Decision { by: Edit { at: chosen.at, by: chosen.by.clone() }, ..decided(outcome, None, why) }
        })
        .collect()
}

/// Only `from` moved: its value crosses, or the rule says that it may not.
fn crossing(
    rule: &FieldRule,
    from: Side,
    s: &Value,
    p: &Value,
    sides: &Sides,
    rules: &Rules,
    decided: &dyn Fn(Outcome, Option<Side>, String) -> Decision,
) -> Decision {
    let to = from.other();
    if rule.enforce && rule.owner.is(to) {
        let outcome = write(rule, from, pick(to, s, p), sides, rules);
        return decided(
            outcome,
            Some(from),
            format!("{from} changed it, but {to} owns it and the rule enforces that, so {to}'s value comes back."),
        );
    }
    if rule.direction.allows(to) {
        let outcome = write(rule, to, pick(from, s, p), sides, rules);
        return decided(
            outcome,
            Some(from),
            format!("{from} changed it and {to} did not, so {from}'s value goes to {to}."),
        );
    }
    match rule.against {
        Against::Leave => decided(
            Outcome::Leave,
            Some(from),
            format!("{from} changed it, and the rule does not let that cross: it stands there."),
        ),
        Against::Restore => {
            let outcome = write(rule, from, pick(to, s, p), sides, rules);
            decided(
                outcome,
                Some(from),
                format!("{from} changed it, the rule does not let that cross, and asks for {to}'s value to come back."),
            )
        }
    }
}

/// A clash: which side stands, and why.
fn settle(rule: &FieldRule, sides: &Sides, rules: &Rules) -> (Side, String) {
    let one_way = match rule.direction {
        Direction::Both => None,
        Direction::ToPlatform => Some(Side::ServiceNow),
        Direction::ToServicenow => Some(Side::Platform),
    };
    if let Some(winner) = one_way {
        return (
            winner,
            format!("The sides differ, and the field flows from {winner} only, so {winner}'s value stands."),
        );
    }
    let owner = [Side::ServiceNow, Side::Platform].into_iter().find(|side| rule.owner.is(*side));
    if let (Some(owner), true) = (owner, rule.enforce) {
        return (owner, format!("Both sides changed it, and {owner} owns it, so {owner}'s value stands."));
    }
    if rule.strategy.unwrap_or(rules.strategy) == Strategy::OwnershipPriority && rule.priority.0 != rule.priority.1 {
        let winner = if rule.priority.0 > rule.priority.1 { Side::ServiceNow } else { Side::Platform };
        return (
            winner,
            format!("Both sides changed it, and {winner} has the higher priority for it, so {winner}'s value stands."),
        );
    }
    let known = sides.servicenow.field_edits.contains_key(&rule.servicenow);
    let as_known = if known { "" } else { " (ServiceNow tells when the record was touched, not the field)" };
    let (s, p) = (sides.edit(rule, Side::ServiceNow).at, sides.edit(rule, Side::Platform).at);
    let near = if (s - p).abs() <= rules.conflict_window { " (within the conflict window)" } else { "" };
    // ServiceNow has whole seconds: within one second nobody can say who was later.
    match (s.div_euclid(1000)).cmp(&p.div_euclid(1000)) {
        std::cmp::Ordering::Greater => (
            Side::ServiceNow,
            format!("Both sides changed it, and ServiceNow's edit is the later{near}, so it stands{as_known}."),
        ),
        std::cmp::Ordering::Less => (
            Side::Platform,
            format!("Both sides changed it, and Desk's edit is the later{near}, so it stands{as_known}."),
        ),
        std::cmp::Ordering::Equal => {
            let winner = owner.unwrap_or(Side::ServiceNow);
            (
                winner,
                format!(
                    "Both sides changed it within the same second, so {winner} stands (the owner, or ServiceNow where nobody owns it)."
                ),
            )
        }
    }
}

fn pick<'a>(side: Side, s: &'a Value, p: &'a Value) -> &'a Value {
    match side {
        Side::ServiceNow => s,
        Side::Platform => p,
    }
}

/// A canonical value on its way to a side: spelled as that side does, with what it requires.
fn write(rule: &FieldRule, to: Side, value: &Value, sides: &Sides, rules: &Rules) -> Outcome {
    let field = rule.field_on(to).to_owned();
    let (native, also) = match (&rule.convert, to) {
        (Convert::Map { map }, Side::ServiceNow) if !value.is_empty() => {
            let present = sides.servicenow.fields.get(&rule.servicenow).map_or("", Value::as_str);
            match map.put(present, value.as_str()) {
                Err(unmapped) => {
                    return Outcome::Refuse { sentence: unmapped.sentence };
                }
                Ok(target) => {
                    let also = rules.required(rule, &target.value, sides.servicenow, sides.platform);
                    (Value::choice(&target.value), also)
                }
            }
        }
        _ => (value.clone(), Fields::new()),
    };
    Outcome::Write(Write { to, field, value: native, also, agree: Some(value.clone()) })
}

/// Note rules: a ServiceNow value that becomes a comment when it appears.
fn notes<'a>(base: &'a Base, servicenow: &'a Record, rules: &'a Rules) -> impl Iterator<Item = Decision> + 'a {
    rules.notes.iter().filter_map(move |rule| {
        let value = servicenow.fields.get(&rule.servicenow)?;
        let before = base.get(&rule.name).unwrap_or(&Value::Empty);
        if before.means(value) {
            return None;
        }
        let shown = rule.labels.get(value.as_str()).map_or(value.as_str(), String::as_str);
        let (outcome, why) = if value.is_empty() {
            (Outcome::Agree { value: Value::Empty }, "It was cleared, which needs no comment.")
        } else {
            let text = rule.text.replace("{value}", shown);
            (Outcome::Note { text, agree: value.clone() }, "It got a value, which is told as a comment.")
        };
        Some(Decision {
            rule: rule.name.clone(),
            base: base.get(&rule.name).cloned(),
            servicenow: Some(value.clone()),
            platform: None,
            outcome,
            by: servicenow.edit_of(&rule.servicenow).clone(),
            why: format!("{why} By rule \"{}\", mapping version {}.", rule.name, rules.version),
        })
    })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
