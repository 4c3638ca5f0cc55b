//! How long to wait until the next poll. Pure: told the time, and what polling and webhooks brought.

use crate::connectors::Budget;

/// The shortest pause is this part of the longest one,
const FLOOR_PART: i64 = 8;
/// and no shorter than this.
const FLOOR_MS: i64 = 1_000;
/// What was quiet for so many pauses may stay unasked for one more.
const QUIET_PART: i64 = 4;
/// Of what the side's limits leave to bulk work from here to the reset, polling takes one in so many; the rest is for runs
/// and backfills.
const BUDGET_PART: i64 = 2;

/// What the next pause depends on. Times are UTC milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub now: i64,
    /// The administrator's: the longest pause, as long as the side's limits allow it.
    pub limit: i64,
    /// When polling last found something new; 0 before.
    pub found_at: i64,
    /// Whether webhooks told of everything lately. Then polling looks after them at leisure.
    pub webhooks_arrive: bool,
    /// How many requests a poll takes.
    pub requests: i64,
    pub budget: Option<Budget>,
}

/// The shortest pause under an administrator's limit.
pub fn floor(limit: i64) -> i64 {
    (limit / FLOOR_PART).max(FLOOR_MS).min(limit)
}

/// Milliseconds until the next poll.
pub fn pause(pace: &Pace) -> i64 {
    let quiet = pace.now.saturating_sub(pace.found_at).max(0);
    let wanted =
        if pace.webhooks_arrive { pace.limit } else { (quiet / QUIET_PART).clamp(floor(pace.limit), pace.limit) };
    wanted.max(affordable(pace))
}

/// The pause with which polling alone keeps to its part of the budget. After the reset there is a new one.
fn affordable(pace: &Pace) -> i64 {
    let Some(budget) = pace.budget else { return 0 };
    let time = (budget.resets_at - pace.now).max(0);
    match budget.left / BUDGET_PART / pace.requests.max(1) {
        0 => time,
        polls => (time + polls - 1) / polls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR_MS: i64 = 3_600_000;
    const NOW: i64 = 1_795_262_400_000;

    fn pace() -> impl Strategy<Value = Pace> {
        let budget = proptest::option::of((0_i64..2_000, 0..HOUR_MS));
        (1_i64..3_600, 0..2 * HOUR_MS, any::<bool>(), 1_i64..40, budget).prop_map(
            |(seconds, quiet, webhooks_arrive, requests, budget)| Pace {
                now: NOW,
                limit: seconds * 1000,
                found_at: NOW - quiet,
                webhooks_arrive,
                requests,
                budget: budget.map(|(left, time)| Budget { left, resets_at: NOW + time }),
            },
        )
    }

    proptest! {
        #[test]
        fn it_keeps_between_the_floor_and_the_limit_while_the_side_has_room(pace in pace()) {
            let pause = pause(&Pace { budget: None, ..pace });
            prop_assert!(pause >= floor(pace.limit) && pause <= pace.limit, "{pause}");
        }

        #[test]
        fn what_was_just_found_brings_it_to_the_floor_and_quiet_to_the_limit(pace in pace()) {
            let pace = Pace { budget: None, webhooks_arrive: false, ..pace };
            prop_assert_eq!(pause(&Pace { found_at: NOW, ..pace }), floor(pace.limit));
            prop_assert_eq!(pause(&Pace { found_at: 0, ..pace }), pace.limit);
        }

        #[test]
        fn longer_quiet_never_shortens_it(pace in pace(), more in 0..HOUR_MS) {
            let later = pause(&Pace { found_at: pace.found_at - more, ..pace });
            prop_assert!(later >= pause(&pace));
        }

        #[test]
        fn webhooks_that_arrive_never_shorten_it(pace in pace()) {
            let of = |webhooks_arrive| pause(&Pace { webhooks_arrive, ..pace });
            prop_assert!(of(true) >= of(false));
        }

        #[test]
        fn less_budget_never_shortens_it_and_none_lasts_to_the_reset_at_most(pace in pace(), less in 0_i64..2_000) {
            if let Some(budget) = pace.budget {
                let poorer = Budget { left: (budget.left - less).max(0), ..budget };
                let longer = pause(&Pace { budget: Some(poorer), ..pace });
                prop_assert!(longer >= pause(&pace));
                prop_assert!(longer <= pace.limit.max(budget.resets_at - NOW));
            }
        }

        /// Played to the reset: the pause that follows from what is left, a poll, the next pause.
        #[test]
        fn polls_alone_use_the_budget_up_slowly_and_never_overdraw_it(pace in pace(), left in 0_i64..2_000, time in 1..HOUR_MS) {
            let resets_at = NOW + time;
            let (mut now, mut used) = (NOW, 0);
            loop {
                now += pause(&Pace { now, found_at: now, budget: Some(Budget { left: left - used, resets_at }), ..pace });
                if now >= resets_at {
                    break;
                }
                used += pace.requests;
                if now <= NOW + time / 2 {
                    prop_assert!(used <= left / 3 + pace.requests, "{used} of {left} by half-time");
                }
            }
            prop_assert!(used <= left, "{used} of {left}");
        }
    }
}
