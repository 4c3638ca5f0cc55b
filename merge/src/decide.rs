//! The table of the merge, one field. With base `b`, ServiceNow's value `s` and the platform's `p`, all canonical:
//!
//! | s against b | p against b | s against p | result |
//! |---|---|---|---|
//! | same | same | same | nothing |
//! | changed | same | | s goes to the platform if it may; otherwise it is left, or p comes back, as the rule says |
//! | same | changed | | the mirror image |
//! | changed | changed | equal | agreement: the base moves, nothing is written |
//! | changed | changed | differ | a clash: see [`crate::clash`] |
//!
//! Before the table: a hidden side means nothing at all; a value that has no meaning under the rule waits for a person;
//! a rule whose condition does not hold is asleep. Without a base both sides count as changed.

use crate::field_rule::{Against, FieldRule};
use crate::plan::{Decision, Outcome, Write};
use crate::record::{Edit, Record};
use crate::resolution::Resolution;
use crate::rules::Rules;
use crate::side::Side;
use crate::value::Value;

/// One rule with all that is known about its field.
pub(crate) struct Field<'a> {
    pub rules: &'a Rules,
    pub rule: &'a FieldRule,
    pub base: Option<&'a Value>,
    pub servicenow: &'a Record,
    pub platform: &'a Record,
}

/// What both sides hold, in canonical form.
pub(crate) struct Values {
    pub servicenow: Value,
    pub platform: Value,
}

impl Values {
    pub fn on(&self, side: Side) -> &Value {
        match side {
            Side::ServiceNow => &self.servicenow,
            Side::Platform => &self.platform,
        }
    }
}

impl Field<'_> {
    /// More than one decision only where a person chose a value that neither side holds: it goes to both.
    pub fn decide(&self, resolution: Option<&Resolution>) -> Vec<Decision> {
        if let Some(asleep) = self.asleep() {
            return vec![asleep];
        }
        let values = match self.values() {
            Ok(values) => values,
            Err(decision) => return vec![*decision],
        };
        match resolution.filter(|chosen| chosen.stands(&values.servicenow, &values.platform)) {
            Some(chosen) => self.resolve(chosen, &values),
            None => vec![self.compare(&values)],
        }
    }

    fn compare(&self, values: &Values) -> Decision {
        // Where nothing was ever agreed on, a blank is nobody's edit: it clears nothing.
        let moved = |side: Side| !self.base.unwrap_or(&Value::Empty).means(values.on(side));
        match (moved(Side::ServiceNow), moved(Side::Platform)) {
            (false, false) => self.decided(Outcome::Nothing, None, "Neither side changed it."),
            (true, true) if values.servicenow.means(&values.platform) => {
                let value = values.servicenow.clone();
                self.decided(Outcome::Agree { value }, None, "Both sides hold the same value, so they agree.")
            }
            (true, false) => self.cross(Side::ServiceNow, values),
            (false, true) => self.cross(Side::Platform, values),
            (true, true) => self.clash(values),
        }
    }

    /// Only `from` moved: its value crosses, or the rule says that it may not.
    fn cross(&self, from: Side, values: &Values) -> Decision {
        let to = from.other();
        let (here, there) = (self.rules.name_of(from), self.rules.name_of(to));
        // What the other side never had cannot come back: it is filled like a new record.
        let has_nothing = self.base.is_none() && values.on(to).is_empty();
        let is_owned_there = !has_nothing && self.rule.enforce && self.rule.owner.side() == Some(to);
        if !is_owned_there && self.rules.allows(self.rule, to) {
            let why = format!("{here} changed it and {there} did not, so {here}'s value goes to {there}.");
            return self.decided(self.write(to, values.on(from)), Some(from), &why);
        }
        let comes_back = is_owned_there || (!has_nothing && self.rule.against == Against::Restore);
        if comes_back && self.rules.may_write(self.rule, from) {
            let why = if is_owned_there {
                format!(
                    "{here} changed it, but {there} owns it and the rule enforces that, so {there}'s value comes back."
                )
            } else {
                format!(
                    "{here} changed it, the rule does not let that cross, and asks for {there}'s value to come back."
                )
            };
            return self.decided(self.write(from, values.on(to)), Some(from), &why);
        }
        let why = format!("{here} changed it, and neither rule nor connection lets that cross: it stands there.");
        self.decided(Outcome::Leave, Some(from), &why)
    }

    /// A new record on the other side takes what this one holds.
    pub fn begin(&self, from: Side) -> Decision {
        if let Some(asleep) = self.asleep() {
            return asleep;
        }
        let here = self.rules.name_of(from);
        match self.rule.canonical(from, self.record(from)) {
            Ok(Some(value)) => {
                let why = format!("The record is new and takes {here}'s value.");
                self.decided(self.write(from.other(), &value), Some(from), &why)
            }
            Ok(None) => self.hidden(),
            Err(unmapped) => self.unmapped(from, unmapped),
        }
    }

    /// What both sides hold, or the decision that nothing can be compared.
    fn values(&self) -> Result<Values, Box<Decision>> {
        let read = |side: Side| {
            self.rule.canonical(side, self.record(side)).map_err(|unmapped| Box::new(self.unmapped(side, unmapped)))
        };
        match (read(Side::ServiceNow)?, read(Side::Platform)?) {
            (Some(servicenow), Some(platform)) => Ok(Values { servicenow, platform }),
            _ => Err(Box::new(self.hidden())),
        }
    }

    fn asleep(&self) -> Option<Decision> {
        let when = self.rule.when.as_ref()?;
        if when.holds.holds(self.record(when.on)) == Some(true) {
            return None;
        }
        let there = self.rules.name_of(when.on);
        let why = format!("The rule applies only when in {there} {}, so nothing is done.", when.holds.in_words());
        Some(self.decided(Outcome::Nothing, None, &why))
    }

    fn hidden(&self) -> Decision {
        let why = "A side did not show the field to this account. Hidden is not empty, so nothing is written.";
        self.decided(Outcome::Nothing, None, why)
    }

    fn unmapped(&self, side: Side, unmapped: crate::Unmapped) -> Decision {
        if unmapped.is_warning {
            return self.decided(Outcome::Leave, Some(side), &unmapped.sentence);
        }
        let why = "The value has no meaning under the rule, so the field waits for a person; all others flow.";
        self.decided(Outcome::Refuse { sentence: unmapped.sentence }, Some(side), why)
    }

    /// A canonical value on its way to a side: spelled as that side does, with what it requires.
    pub fn write(&self, to: Side, value: &Value) -> Outcome {
        match self.rule.put(to, value, self.record(to), self.record(to.other())) {
            Err(unmapped) => Outcome::Refuse { sentence: unmapped.sentence },
            Ok(put) => Outcome::Write(Write {
                to,
                fields: put.fields,
                also: put.also,
                agree: Some(value.clone()),
                no_match: self.rule.no_match.clone(),
            }),
        }
    }

    /// `by`: the side whose edit led to it.
    pub fn decided(&self, outcome: Outcome, by: Option<Side>, why: &str) -> Decision {
        Decision {
            rule: self.rule.name.clone(),
            base: self.base.cloned(),
            servicenow: self.rule.native(Side::ServiceNow, self.servicenow),
            platform: self.rule.native(Side::Platform, self.platform),
            outcome,
            by: by.map(|side| self.edit(side).clone()).unwrap_or_default(),
            servicenow_edit: self.edit(Side::ServiceNow).clone(),
            platform_edit: self.edit(Side::Platform).clone(),
            is_clash: false,
            why: format!("{why} By {}, mapping version {}.", self.rules.in_words(self.rule), self.rules.version),
        }
    }

    pub fn record(&self, side: Side) -> &Record {
        match side {
            Side::ServiceNow => self.servicenow,
            Side::Platform => self.platform,
        }
    }

    pub fn edit(&self, side: Side) -> &Edit {
        self.rule.edit(side, self.record(side))
    }
}
