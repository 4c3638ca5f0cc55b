//! How far an instance's clock is ahead of ours, by the `Date` of its answers.

/// Slower answers tell too little of when they were written.
const SLOWEST_MS: i64 = 5_000;
/// A difference like this is a clock that was set, not noise.
const JUMP_MS: i64 = 5_000;
/// The newest answer counts for so much.
const WEIGHT: i64 = 8;

#[derive(Debug, Default)]
pub struct Skew(Option<i64>);

impl Skew {
    /// An answer of this second by their clock, between two moments of ours.
    pub fn hear(&mut self, theirs: i64, sent: i64, received: i64) {
        if received - sent > SLOWEST_MS {
            return;
        }
        // `Date` has whole seconds: on average it was written half a second after what it says.
        let measured = theirs + 500 - i64::midpoint(sent, received);
        self.0 = Some(match self.0 {
            Some(before) if (measured - before).abs() <= JUMP_MS => before + (measured - before) / WEIGHT,
            _ => measured,
        });
    }

    /// Milliseconds to take from their times to have ours; 0 before the first answer.
    pub fn millis(&self) -> i64 {
        self.0.unwrap_or(0)
    }

    /// The same; `None` before the first answer.
    pub fn known(&self) -> Option<i64> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_clock_that_differs_is_found_within_a_second(ahead in -100_000_i64..100_000, waits in proptest::collection::vec((0_i64..400, 0_i64..5_000), 20..200)) {
            let mut skew = Skew::default();
            let mut now = 1_700_000_000_000;
            for (takes, pause) in waits {
                let written = now + takes / 2 + ahead;
                skew.hear(written.div_euclid(1000) * 1000, now, now + takes);
                now += takes + pause;
            }
            prop_assert!((skew.millis() - ahead).abs() < 1000, "{} for {ahead}", skew.millis());
        }
    }

    #[test]
    fn a_clock_that_is_set_is_believed_at_once_and_a_slow_answer_never() {
        let mut skew = Skew::default();
        skew.hear(100_000, 40_000, 40_000);
        assert_eq!(skew.millis(), 60_500);
        skew.hear(200_000, 140_000, 180_000);
        assert_eq!(skew.millis(), 60_500);
        skew.hear(200_000, 200_500, 200_500);
        assert_eq!(skew.millis(), 0);
    }
}
