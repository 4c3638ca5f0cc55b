//! One rule against a naive reading of the design's table, and what a person's choice does to it.

use super::{Any, NONE, advanced, base, directions, policies, record, strategies, writes};
use crate::field_rule::{Against, Direction, FieldRule, Owner, Strategy};
use crate::record::Record;
use crate::{Base, Outcome, Resolution, Resolutions, Rules, Side, Value, plan};
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::Strategy as _;

/// One field under one rule, and nothing else.
#[derive(Clone, Debug)]
struct Case {
    rule: FieldRule,
    strategy: Strategy,
    connection: Direction,
    base: Option<String>,
    servicenow: (String, i64),
    platform: (String, i64),
    window: i64,
    skew: i64,
}

fn cases() -> Any<Case> {
    let side = || ("[abc]", 0_i64..20_000);
    (policies(), strategies(), directions(), option::of("[abc]"), side(), side(), 0_i64..8_000, -3_000_i64..3_000)
        .prop_map(|(rule, strategy, connection, base, servicenow, platform, window, skew)| Case {
            rule,
            strategy,
            connection,
            base,
            servicenow,
            platform,
            window,
            skew,
        })
        .boxed()
}

impl Case {
    fn rules(&self) -> Rules {
        let new = Rules::new(vec![self.rule.clone()]);
        Rules { strategy: self.strategy, direction: self.connection, conflict_window: self.window, ..new }
    }

    fn records(&self) -> (Record, Record) {
        // ServiceNow's clock is ahead, and its times say so.
        let servicenow = record("short_description", &self.servicenow.0, self.servicenow.1 + self.skew);
        let servicenow = Record { skew_ms: self.skew, ..servicenow };
        (servicenow, record("title", &self.platform.0, self.platform.1))
    }

    fn base(&self) -> Base {
        self.base.as_deref().map(base).unwrap_or_default()
    }

    /// What the design says, read naively: what each side ends with, and whether a person must choose.
    fn model(&self) -> (String, String, bool) {
        let (s, p) = (self.servicenow.0.clone(), self.platform.0.clone());
        let rule = &self.rule;
        let stays = (s.clone(), p.clone(), false);
        let s_wins =
            if self.connection == Direction::ToServicenow { stays.clone() } else { (s.clone(), s.clone(), false) };
        let p_wins =
            if self.connection == Direction::ToPlatform { stays.clone() } else { (p.clone(), p.clone(), false) };
        let s_may_go = self.connection != Direction::ToServicenow && rule.direction != Direction::ToServicenow;
        let p_may_go = self.connection != Direction::ToPlatform && rule.direction != Direction::ToPlatform;
        let s_enforced = rule.enforce && rule.owner == Owner::Servicenow;
        let p_enforced = rule.enforce && rule.owner == Owner::Platform;
        if s == p {
            return stays;
        }
        if self.base.as_ref() == Some(&p) {
            // Only ServiceNow changed.
            if p_enforced {
                return p_wins;
            }
            if s_may_go {
                return s_wins;
            }
            return if rule.against == Against::Restore { p_wins } else { stays };
        }
        if self.base.as_ref() == Some(&s) {
            if s_enforced {
                return s_wins;
            }
            if p_may_go {
                return p_wins;
            }
            return if rule.against == Against::Restore { s_wins } else { stays };
        }
        if s_enforced {
            return s_wins;
        }
        if p_enforced {
            return p_wins;
        }
        let strategy = rule.strategy.unwrap_or(self.strategy);
        if strategy == Strategy::ManualReview && (self.base.is_some() || (s_may_go && p_may_go)) {
            return (s, p, true);
        }
        if !s_may_go && !p_may_go {
            return stays;
        }
        if !p_may_go {
            return s_wins;
        }
        if !s_may_go {
            return p_wins;
        }
        if strategy == Strategy::OwnershipPriority && rule.priority.0 > rule.priority.1 {
            return s_wins;
        }
        if strategy == Strategy::OwnershipPriority && rule.priority.0 < rule.priority.1 {
            return p_wins;
        }
        // An edit of a second may have been made at its first millisecond or at its last.
        let first = |at: i64| at - at.rem_euclid(1000);
        let last = |at: i64| first(at) + 999;
        let (s_at, p_at) = (self.servicenow.1, self.platform.1);
        if first(s_at) - last(p_at) > self.window {
            return s_wins;
        }
        if first(p_at) - last(s_at) > self.window {
            return p_wins;
        }
        if rule.owner == Owner::Platform { p_wins } else { s_wins }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn agrees_with_the_naive_model(case in cases()) {
        let ((mut s, mut p), base) = (case.records(), case.base());
        let plan = plan(&base, &s, &p, &case.rules(), &NONE);
        s.fields.extend(plan.fields_for(Side::ServiceNow));
        p.fields.extend(plan.fields_for(Side::Platform));
        let ended = (s.fields["short_description"].as_str().to_owned(), p.fields["title"].as_str().to_owned(), plan.conflicts().count() == 1);
        prop_assert_eq!(ended, case.model());
        // Agreed is exactly what both sides hold then; an edit that stays on its side agrees to nothing.
        let agreed = advanced(&plan, &base);
        let both = (s.fields["short_description"].clone(), p.fields["title"].clone());
        prop_assert_eq!(agreed.get("title"), if both.0 == both.1 { Some(&both.0) } else { base.get("title") });
    }

    #[test]
    fn where_nothing_was_agreed_a_blank_clears_nothing(case in cases(), is_servicenows: bool) {
        let mut case = Case { base: None, ..case };
        let blank = if is_servicenows { &mut case.platform } else { &mut case.servicenow };
        blank.0.clear();
        let (s, p) = case.records();
        let plan = plan(&case.base(), &s, &p, &case.rules(), &NONE);
        prop_assert!(writes(&plan).iter().all(|write| write.fields.values().all(|value| !value.is_empty())));
        prop_assert_eq!(plan.conflicts().count(), 0);
    }

    #[test]
    fn a_persons_choice_ends_a_conflict_unless_somebody_edited_since(case in cases(), seen in ("[abc]", "[abc]"), chosen in "[abcd]") {
        let ((mut s, mut p), rules, base) = (case.records(), case.rules(), case.base());
        let unasked = plan(&base, &s, &p, &rules, &NONE);
        prop_assert!(unasked.conflicts().count() == 0 || writes(&unasked).is_empty());
        let resolution = Resolution {
            value: Value::text(&chosen), servicenow: Value::text(&seen.0), platform: Value::text(&seen.1), by: "Ada".into(), at: 7,
        };
        let resolutions = Resolutions::from([("title".to_owned(), resolution)]);
        let first = plan(&base, &s, &p, &rules, &resolutions);
        let is_edited = |now: &str, seen: &str| now != seen && now != chosen;
        if is_edited(&case.servicenow.0, &seen.0) || is_edited(&case.platform.0, &seen.1) {
            prop_assert_eq!(&first, &unasked);
            return Ok(());
        }
        prop_assert!(writes(&first).iter().all(|write| write.agree.is_none() && rules.allows(&case.rule, write.to)));
        s.fields.extend(first.fields_for(Side::ServiceNow));
        p.fields.extend(first.fields_for(Side::Platform));
        let second = plan(&base, &s, &p, &rules, &resolutions);
        prop_assert!(writes(&second).is_empty() || first.refusals().count() > 0);
        if first.refusals().count() == 0 {
            prop_assert_eq!(&second.decisions[0].outcome, &Outcome::Agree { value: Value::text(&chosen) });
            prop_assert_eq!(s.fields["short_description"].as_str(), &chosen);
            prop_assert_eq!(p.fields["title"].as_str(), &chosen);
        }
    }
}
