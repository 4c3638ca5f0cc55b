//! Note rules: a ServiceNow value that becomes a comment on the platform when it appears.

use crate::plan::{Base, Decision, Outcome};
use crate::record::{Edit, Record};
use crate::rules::Rules;
use crate::side::Side;
use crate::value::Value;

pub(crate) fn notes<'a>(
    base: &'a Base,
    servicenow: &'a Record,
    rules: &'a Rules,
) -> impl Iterator<Item = Decision> + 'a {
    let flowing = rules.notes.iter().filter(|_| rules.direction.allows(Side::Platform));
    flowing.filter_map(move |rule| {
        let value = servicenow.fields.get(&rule.servicenow)?;
        let before = base.get(&rule.name).unwrap_or(&Value::Empty);
        if before.means(value) {
            return None;
        }
        let plain = value.plain();
        let shown = rule.labels.get(plain.as_ref()).map_or(plain.as_ref(), String::as_str);
        let (outcome, why) = if value.is_empty() {
            (Outcome::Agree { value: Value::Empty }, "It was cleared, which needs no comment.")
        } else {
            let text = rule.text.replace("{value}", shown);
            (Outcome::Note { text, agree: value.clone() }, "It got a value, which is told as a comment.")
        };
        let edit = servicenow.edit_of(&rule.servicenow);
        Some(Decision {
            rule: rule.name.clone(),
            base: base.get(&rule.name).cloned(),
            servicenow: Some(value.clone()),
            platform: None,
            outcome,
            by: edit.clone(),
            servicenow_edit: edit.clone(),
            platform_edit: Edit::default(),
            is_clash: false,
            why: format!("{why} By rule \"{}\", mapping version {}.", rule.name, rules.version),
        })
    })
}
