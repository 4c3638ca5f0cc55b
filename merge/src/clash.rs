//! A clash: both sides changed a field since the base, to different values. What decides, in this order:
//!
//! 1. A rule that **enforces** its owner: the owner's value stands, whatever the strategy.
//! 2. `manual_review`: a conflict. The field stays as it is on both sides until a person chooses. (Where nothing was
//!    ever agreed on, a one-way field has its value from one side only, and nobody disagrees.)
//! 3. A field that flows **one way** by rule or connection: the value of the side that it flows from stands.
//! 4. `ownership_priority`: the side with the higher priority stands; equal priorities go on below.
//! 5. `last_write_wins`: the later edit stands, if it surely lies further from the other than the conflict window.
//!    Within the window the edits are simultaneous, and the owner's stands, or ServiceNow's where nobody owns the field.
//!
//! Times are the sides' own, each less its measured skew. They are compared in whole seconds, since ServiceNow has no
//! smaller ones: an edit of second 10 may have been made at any moment until second 11. So edits at 10 and 15 can be
//! 4.001 s apart and lie within a window of 5 s, and edits at 10 and 16 cannot.
//!
//! What is decided by 2 or 5 is marked ([`Decision::is_clash`]): sides that tell the edits of single fields only when they
//! are asked are asked then, and it is decided again.

use crate::decide::{Field, Values};
use crate::field_rule::Strategy;
use crate::plan::{Decision, Outcome, in_words};
use crate::side::Side;

impl Field<'_> {
    pub(crate) fn clash(&self, values: &Values) -> Decision {
        if let Some(owner) = self.rule.owner.side().filter(|_| self.rule.enforce) {
            let owner_name = self.rules.name_of(owner);
            let why =
                format!("Both sides changed it, {owner_name} owns it and the rule enforces that, so its value stands.");
            return self.stands(owner, values, &why);
        }
        let strategy = self.rule.strategy.unwrap_or(self.rules.strategy);
        let flows = (self.rules.allows(self.rule, Side::Platform), self.rules.allows(self.rule, Side::ServiceNow));
        let is_first_copy = self.base.is_none() && flows != (true, true);
        if strategy == Strategy::ManualReview && !is_first_copy {
            return Decision { is_clash: true, ..self.conflict() };
        }
        match flows {
            (false, false) => self.decided(
                Outcome::Leave,
                None,
                "Both sides changed it, and neither rule nor connection lets anything cross: both stand.",
            ),
            (true, false) => self.only_source(Side::ServiceNow, values),
            (false, true) => self.only_source(Side::Platform, values),
            (true, true) if strategy == Strategy::OwnershipPriority && self.rule.priority.0 != self.rule.priority.1 => {
                let winner =
                    if self.rule.priority.0 > self.rule.priority.1 { Side::ServiceNow } else { Side::Platform };
                let name = self.rules.name_of(winner);
                let (s, p) = self.rule.priority;
                let why = format!(
                    "Both sides changed it, and {name} has the higher priority for it ({s} in ServiceNow, {p} in {}), so \
                     {name}'s value stands.",
                    self.rules.platform_name
                );
                self.stands(winner, values, &why)
            }
            (true, true) => Decision { is_clash: true, ..self.last_write(values) },
        }
    }

    fn conflict(&self) -> Decision {
        let side = |side: Side| format!("{}{}", self.rules.name_of(side), in_words(self.edit(side)));
        let sentence = format!(
            "{} was changed in {} and in {}, to different values. Choose which one stands; until then each side keeps its own.",
            self.rule.name,
            side(Side::ServiceNow),
            side(Side::Platform)
        );
        self.decided(Outcome::Conflict { sentence }, None, "Both sides changed it, and the strategy asks a person.")
    }

    fn only_source(&self, source: Side, values: &Values) -> Decision {
        let name = self.rules.name_of(source);
        let why = format!("The sides differ, and the field flows from {name} only, so {name}'s value stands.");
        self.stands(source, values, &why)
    }

    fn last_write(&self, values: &Values) -> Decision {
        let at = |side: Side| self.record(side).by_our_clock(self.edit(side).at);
        let is_told =
            self.rule.parts(Side::ServiceNow).iter().all(|part| self.servicenow.field_edits.contains_key(*part));
        let as_known = if is_told {
            ""
        } else {
            " (by the time of ServiceNow's record: who set this field there, and when, this account is not told)"
        };
        let later = later(at(Side::ServiceNow), at(Side::Platform), self.rules.conflict_window);
        let winner = later.or(self.rule.owner.side()).unwrap_or(Side::ServiceNow);
        let name = self.rules.name_of(winner);
        let why = match (later, self.rule.owner.side()) {
            (Some(_), _) => format!("Both sides changed it, and {name}'s edit is the later, so it stands{as_known}."),
            (None, Some(_)) => {
                format!(
                    "Both sides changed it within the conflict window, and {name} owns it, so its value stands{as_known}."
                )
            }
            (None, None) => format!(
                "Both sides changed it within the conflict window and nobody owns it, so ServiceNow's value stands{as_known}."
            ),
        };
        self.stands(winner, values, &why)
    }

    /// The winner's value goes to the other side, unless the connection lets nothing go there.
    fn stands(&self, winner: Side, values: &Values, why: &str) -> Decision {
        let to = winner.other();
        if self.rules.may_write(self.rule, to) {
            return self.decided(self.write(to, values.on(winner)), Some(winner), why);
        }
        let why = format!("{why} Nothing may be written to {}, so both keep their own.", self.rules.name_of(to));
        self.decided(Outcome::Leave, Some(winner), &why)
    }
}

/// The side whose edit surely lies later by more than the window; `None` when nobody can say so.
fn later(servicenow: i64, platform: i64, window: i64) -> Option<Side> {
    let second = |at: i64| at.div_euclid(1000).saturating_mul(1000);
    let apart = second(servicenow).saturating_sub(second(platform));
    if apart.saturating_abs() <= window.max(0).saturating_add(999) {
        None
    } else if apart > 0 {
        Some(Side::ServiceNow)
    } else {
        Some(Side::Platform)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_the_window_nobody_is_later() {
        assert_eq!(later(10_000, 15_000, 5_000), None, "it may have been 10.999");
        assert_eq!(later(10_000, 15_999, 5_000), None);
        assert_eq!(later(10_000, 16_000, 5_000), Some(Side::Platform));
        assert_eq!(later(16_000, 10_000, 5_000), Some(Side::ServiceNow));
        assert_eq!(later(10_000, 10_999, 0), None, "the same second");
        assert_eq!(later(10_000, 11_000, 0), Some(Side::Platform));
    }
}
