//! When to try again: exponential with full jitter, and never before the side asked us to.

/// After so many tries, some hours, a job is buried until something new arrives or a person resumes the connection.
pub const ATTEMPTS: i64 = 60;

const FIRST_MS: i64 = 500;
const LONGEST_MS: i64 = 10 * 60 * 1000;

/// Milliseconds to wait after the `attempts`-th failure. `chance` is evenly spread over all of its range.
pub fn delay(attempts: i64, retry_after_ms: Option<i64>, chance: u32) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 20)).unwrap_or(20);
    let ceiling = FIRST_MS.saturating_mul(1 << doublings).min(LONGEST_MS);
    let jitter = ceiling * i64::from(chance) / i64::from(u32::MAX);
    jitter.max(retry_after_ms.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_wait_is_bounded_and_never_shorter_than_asked(attempts in -3_i64..1000, asked in proptest::option::of(0_i64..3_600_000), chance: u32) {
            let wait = delay(attempts, asked, chance);
            prop_assert!(wait >= asked.unwrap_or(0));
            prop_assert!(wait <= LONGEST_MS.max(asked.unwrap_or(0)));
        }

        #[test]
        fn the_ceiling_doubles(attempts in 0_i64..10) {
            prop_assert_eq!(delay(attempts + 1, None, u32::MAX), delay(attempts, None, u32::MAX) * 2);
        }
    }
}
