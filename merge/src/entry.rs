//! Which records without a link get one: direction, trigger, filter and creation.
//!
//! These decide about entering only. Once a pair is linked its fields flow by their rules.

use crate::condition::Condition;
use crate::record::Record;
use crate::rules::Rules;
use crate::side::Side;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Filters: a record that does not meet its side's never enters, whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    #[serde(default)]
    pub servicenow: Condition,
    #[serde(default)]
    pub platform: Condition,
}

impl Entry {
    pub fn on(&self, side: Side) -> &Condition {
        match side {
            Side::ServiceNow => &self.servicenow,
            Side::Platform => &self.platform,
        }
    }
}

/// What makes a record cross for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// It enters by itself when the condition holds.
    Automatic { when: Condition },
    /// A person asks for it, record by record.
    Manual,
}

impl Default for Trigger {
    fn default() -> Self {
        Self::Automatic { when: Condition::default() }
    }
}

impl Trigger {
    pub(crate) fn fields(&self) -> BTreeSet<&str> {
        match self {
            Self::Automatic { when } => when.fields(),
            Self::Manual => BTreeSet::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triggers {
    #[serde(default)]
    pub to_platform: Trigger,
    #[serde(default)]
    pub to_servicenow: Trigger,
}

impl Triggers {
    pub fn to(&self, side: Side) -> &Trigger {
        match side {
            Side::Platform => &self.to_platform,
            Side::ServiceNow => &self.to_servicenow,
        }
    }
}

/// Which of a record's times must lie after the connection's start (S4: "Pull Record By").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullBy {
    /// Only records made since then.
    #[default]
    Created,
    /// Older ones as well, once they change.
    Updated,
}

impl PullBy {
    pub fn moment(self, record: &Record) -> i64 {
        match self {
            Self::Created => record.created_at,
            Self::Updated => record.created_at.max(record.edited.at),
        }
    }
}

impl Rules {
    /// Whether a record of a side that has no link may get a partner on the other side; if not, why. `asked` when a
    /// person asks for this very record: that stands for the trigger, and for nothing else.
    pub fn enters(&self, from: Side, record: &Record, asked: bool) -> Result<(), String> {
        let (here, there) = (self.name_of(from), self.name_of(from.other()));
        if !self.direction.allows(from.other()) {
            return Err(format!("The connection lets nothing go from {here} to {there}."));
        }
        if from == Side::Platform && !self.create_in_servicenow {
            return Err("The connection creates nothing in ServiceNow. Turn that on in its settings.".into());
        }
        meets(self.entry.on(from), record, "the connection's filter")?;
        match self.triggers.to(from.other()) {
            _ if asked => {}
            Trigger::Manual => return Err(format!("Records go to {there} when a person asks for it.")),
            Trigger::Automatic { when } => meets(when, record, "the trigger")?,
        }
        self.is_mapped(from, record)
    }

    /// S1: only records with the right category enter.
    fn is_mapped(&self, from: Side, record: &Record) -> Result<(), String> {
        let Some(rule) = self.entry_rule.as_ref().and_then(|name| self.rule(name)) else { return Ok(()) };
        match rule.canonical(from, record).map_err(|unmapped| unmapped.sentence)? {
            Some(value) if !value.is_empty() => {
                let to = from.other();
                rule.put(to, &value, &Record::default(), record).map(|_| ()).map_err(|unmapped| unmapped.sentence)
            }
            _ => Err(format!("{} is empty or hidden, so the record does not enter.", rule.field_on(from))),
        }
    }
}

fn meets(condition: &Condition, record: &Record, what: &str) -> Result<(), String> {
    match condition.holds(record) {
        Some(true) => Ok(()),
        Some(false) => Err(format!("It does not meet {what}: {}.", condition.in_words())),
        None => Err(format!(
            "A field of {what} is hidden from this account, so nobody can say whether the record meets it: {}.",
            condition.in_words()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Fields;
    use crate::value::Value;
    use crate::{Direction, incident_to_desk};

    fn incident(fields: &[(&str, &str)]) -> Record {
        let fields: Fields = fields.iter().map(|(name, value)| ((*name).to_owned(), Value::choice(value))).collect();
        Record { fields, ..Record::default() }
    }

    fn payroll() -> Record {
        incident(&[("category", "payroll"), ("subcategory", ""), ("priority", "1")])
    }

    #[test]
    fn only_mapped_categories_enter_and_the_reason_names_the_value() {
        let rules = incident_to_desk();
        assert_eq!(rules.enters(Side::ServiceNow, &payroll(), false), Ok(()));
        let unmapped = incident(&[("category", "network"), ("subcategory", "dns")]);
        assert!(rules.enters(Side::ServiceNow, &unmapped, false).is_err_and(|why| why.contains("network/dns")));
        let hidden = incident(&[("priority", "1")]);
        assert!(rules.enters(Side::ServiceNow, &hidden, true).is_err_and(|why| why.contains("hidden")));
    }

    #[test]
    fn filters_hold_for_everybody_and_triggers_for_nobody_who_asks() {
        let mut rules = incident_to_desk();
        let is_one = Condition::Is { field: "priority".into(), value: "1".into() };
        rules.triggers.to_platform = Trigger::Automatic { when: Condition::Not(Box::new(is_one.clone())) };
        assert!(rules.enters(Side::ServiceNow, &payroll(), false).is_err_and(|why| why.contains("priority is 1")));
        assert_eq!(rules.enters(Side::ServiceNow, &payroll(), true), Ok(()));
        rules.triggers.to_platform = Trigger::Manual;
        assert!(rules.enters(Side::ServiceNow, &payroll(), false).is_err_and(|why| why.contains("a person asks")));
        rules.entry.servicenow = Condition::Not(Box::new(is_one));
        assert!(rules.enters(Side::ServiceNow, &payroll(), true).is_err_and(|why| why.contains("filter")));
    }

    #[test]
    fn the_platform_creates_only_where_the_connection_says_so() {
        let mut rules = incident_to_desk();
        let ticket = incident(&[("kind", "Payroll")]);
        assert!(rules.enters(Side::Platform, &ticket, true).is_err_and(|why| why.contains("creates nothing")));
        rules.create_in_servicenow = true;
        assert_eq!(rules.enters(Side::Platform, &ticket, false), Ok(()));
        let other = incident(&[("kind", "Gossip")]);
        assert!(rules.enters(Side::Platform, &other, false).is_err_and(|why| why.contains("Gossip")));
        rules.direction = Direction::ToPlatform;
        assert!(rules.enters(Side::Platform, &ticket, false).is_err_and(|why| why.contains("from Desk to ServiceNow")));
    }

    #[test]
    fn pulled_by_update_an_older_record_counts_from_its_last_edit() {
        let record = Record { created_at: 5, edited: crate::Edit { at: 9, by: String::new() }, ..Record::default() };
        assert_eq!((PullBy::Created.moment(&record), PullBy::Updated.moment(&record)), (5, 9));
    }
}
