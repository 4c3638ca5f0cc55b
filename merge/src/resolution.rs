//! What a person chose for a conflict, and how it is carried out.
//!
//! * Both sides hold the chosen value: agreement. The base moves and the conflict is over.
//! * A side still holds what the person saw, and that is not the chosen value: the chosen value is written there, with no
//!   agreement yet. A choice that neither side holds is written to both.
//! * A side holds neither: somebody edited it after the person looked. The choice is void, and the field is decided as if
//!   nobody had chosen, which is a conflict again as long as both sides differ from the base.

use crate::decide::{Field, Values};
use crate::plan::{Decision, Outcome, Write};
use crate::record::Edit;
use crate::side::Side;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a person chose, and what the person saw when choosing. All values are canonical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    pub value: Value,
    pub servicenow: Value,
    pub platform: Value,
    pub by: String,
    pub at: i64,
}

/// Per rule, what a person chose.
pub type Resolutions = BTreeMap<String, Resolution>;

impl Resolution {
    /// Whether no side was edited since the person looked.
    pub fn stands(&self, servicenow: &Value, platform: &Value) -> bool {
        [(servicenow, &self.servicenow), (platform, &self.platform)]
            .into_iter()
            .all(|(now, seen)| now.means(&self.value) || now.means(seen))
    }
}

impl Field<'_> {
    pub(crate) fn resolve(&self, chosen: &Resolution, values: &Values) -> Vec<Decision> {
        let open: Vec<Side> = Side::BOTH.into_iter().filter(|side| !values.on(*side).means(&chosen.value)).collect();
        if open.is_empty() {
            let why = format!("Both sides hold what {} chose.", chosen.by);
            return vec![self.decided(Outcome::Agree { value: chosen.value.clone() }, None, &why)];
        }
        let decisions: Vec<Decision> = open.into_iter().map(|to| self.choose(chosen, to)).collect();
        // Half a choice is none: what one side cannot take is written to neither.
        let (refused, written): (Vec<_>, Vec<_>) =
            decisions.into_iter().partition(|decision| matches!(decision.outcome, Outcome::Refuse { .. }));
        if refused.is_empty() { written } else { refused }
    }

    fn choose(&self, chosen: &Resolution, to: Side) -> Decision {
        let there = self.rules.name_of(to);
        let outcome = if self.rules.allows(self.rule, to) {
            match self.write(to, &chosen.value) {
                Outcome::Write(write) => Outcome::Write(Write { agree: None, ..write }),
                other => other,
            }
        } else {
            let sentence = format!(
                "{} chose a value for {} that would have to go to {there}, and neither rule nor connection lets it. \
                 Choose {there}'s value, or let the rule go both ways.",
                chosen.by, self.rule.name
            );
            Outcome::Refuse { sentence }
        };
        let why = format!("{} chose this value, and {there} still holds what it held then.", chosen.by);
        let by = Edit { at: chosen.at, by: chosen.by.clone() };
        Decision { by, ..self.decided(outcome, None, &why) }
    }
}
