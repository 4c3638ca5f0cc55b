//! A decision of the past, made again by another rule on what the sides held then.

use crate::decide::Field;
use crate::field_rule::FieldRule;
use crate::plan::Decision;
use crate::record::{Edit, Record};
use crate::rules::Rules;
use crate::side::Side;
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// What a decision about one field was made of, as the sides spell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The rule's fields, as the mapping spelled them.
    pub servicenow_field: String,
    pub platform_field: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Value>,
    pub servicenow: Value,
    pub platform: Value,
    pub servicenow_edit: Edit,
    pub platform_edit: Edit,
}

impl Past {
    /// `None` where a side did not show the field, so that there was nothing to compare.
    pub fn of(rule: &FieldRule, decision: &Decision) -> Option<Self> {
        Some(Self {
            servicenow_field: rule.servicenow.clone(),
            platform_field: rule.platform.clone(),
            base: decision.base.clone(),
            servicenow: decision.servicenow.clone()?,
            platform: decision.platform.clone()?,
            servicenow_edit: decision.servicenow_edit.clone(),
            platform_edit: decision.platform_edit.clone(),
        })
    }

    /// What a rule would have decided; `None` where it reads more than was kept: other fields.
    pub fn again(&self, rules: &Rules, rule: &FieldRule) -> Option<Decision> {
        let same = (&rule.servicenow, &rule.platform) == (&self.servicenow_field, &self.platform_field);
        if !same || rule.when.is_some() || rule.convert.is_one_way() {
            return None;
        }
        let record = |side: Side, value: &Value, edit: &Edit| Record {
            fields: rule.spread(side, value),
            edited: edit.clone(),
            ..Record::default()
        };
        let servicenow = record(Side::ServiceNow, &self.servicenow, &self.servicenow_edit);
        let platform = record(Side::Platform, &self.platform, &self.platform_edit);
        let field = Field { rules, rule, base: self.base.as_ref(), servicenow: &servicenow, platform: &platform };
        field.decide(None).into_iter().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, Resolutions, Strategy, incident_to_desk, plan};

    fn sides(rules: &Rules, state: &str, status: &str) -> (Record, Record) {
        let edit = |at: i64, by: &str| Edit { at, by: by.into() };
        let fields =
            [("state", Value::choice(state)), ("category", Value::choice("payroll")), ("subcategory", Value::Empty)];
        let servicenow = Record {
            fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
            edited: edit(10_000, "Beth"),
            ..Record::default()
        };
        let kind = rules.rule("type").map(|_| ("kind".to_owned(), Value::choice("Hiring")));
        let fields = [("status".to_owned(), Value::choice(status))].into_iter().chain(kind);
        let platform = Record { fields: fields.collect(), edited: edit(90_000, "Ada"), ..Record::default() };
        (servicenow, platform)
    }

    #[test]
    fn by_the_same_rule_it_is_decided_as_it_was() {
        let mut rules = incident_to_desk();
        let base = [("status".to_owned(), Value::choice("New")), ("type".to_owned(), Value::choice("Payroll"))].into();
        for strategy in [Strategy::LastWriteWins, Strategy::ManualReview] {
            rules.strategy = strategy;
            for (state, status) in
                [("2", "New"), ("1", "Resolved"), ("2", "Resolved"), ("6", "Resolved"), ("99", "New")]
            {
                let (servicenow, platform) = sides(&rules, state, status);
                let decided = plan(&base, &servicenow, &platform, &rules, &Resolutions::new()).decisions;
                for decision in decided.iter().filter(|one| one.servicenow.is_some() && one.platform.is_some()) {
                    let rule = rules.rule(&decision.rule).expect("there");
                    let again = Past::of(rule, decision).expect("shown").again(&rules, rule).expect("kept");
                    assert_eq!(without_demanded(again), without_demanded(decision.clone()), "{state} {status}");
                }
            }
        }
    }

    /// What a side demands along with a value comes from other fields, which are not kept.
    fn without_demanded(mut decision: Decision) -> Decision {
        if let Outcome::Write(write) = &mut decision.outcome {
            write.also.clear();
        }
        decision
    }

    #[test]
    fn another_rule_decides_otherwise_and_one_of_other_fields_not_at_all() {
        let rules = incident_to_desk();
        let (servicenow, platform) = sides(&rules, "2", "Resolved");
        let base = [("status".to_owned(), Value::choice("New"))].into();
        let decided = plan(&base, &servicenow, &platform, &rules, &Resolutions::new()).decisions;
        let decision = decided.iter().find(|decision| decision.rule == "status").expect("there");
        let rule = rules.rule("status").expect("there").clone();
        let past = Past::of(&rule, decision).expect("shown");
        let asks = FieldRule { strategy: Some(Strategy::ManualReview), ..rule.clone() };
        assert!(matches!(past.again(&rules, &asks).expect("kept").outcome, Outcome::Conflict { .. }));
        let elsewhere = FieldRule { platform: "custom.status".into(), ..rule };
        assert_eq!(past.again(&rules, &elsewhere), None);
    }
}
