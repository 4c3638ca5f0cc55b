//! How long it takes to pull records: a forecast from what the instance just showed of its pace.

use crate::connectors::Budget;

/// Requests that a record takes on its way in: the record, its comments, its files, and now and then its people.
const REQUESTS: i64 = 4;
/// Requests that bulk work has on their way at once.
const AT_ONCE: i64 = 8;
/// However fast the instance answers.
const LEAST_MS: i64 = 20;
const HOUR_MS: i64 = 3_600_000;

/// Milliseconds, when a request takes so long, and the instance's rate rules leave so much of the hour.
pub(super) fn pull_ms(records: i64, request_ms: i64, budget: Option<Budget>) -> i64 {
    let requests = records.saturating_mul(REQUESTS);
    let by_answers = requests.saturating_mul(request_ms.max(LEAST_MS)) / AT_ONCE;
    // A rule gives about as much every hour as it leaves now.
    let by_rule = budget.map_or(0, |budget| (requests / budget.left.max(1)).saturating_mul(HOUR_MS));
    by_answers.max(by_rule)
}

/// `about 3 minutes`
pub(super) fn in_words(millis: i64) -> String {
    let (minutes, hours) = (millis / 60_000, millis / HOUR_MS);
    match () {
        () if millis < 60_000 => "less than a minute".to_owned(),
        () if minutes == 1 => "about a minute".to_owned(),
        () if hours < 2 => format!("about {minutes} minutes"),
        () if hours < 48 => format!("about {hours} hours"),
        () => format!("about {} days", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_or_the_rate_rule_decide_whichever_is_slower() {
        assert_eq!(pull_ms(1000, 100, None), 50_000);
        let budget = Some(Budget { left: 2000, resets_at: 0 });
        assert_eq!(pull_ms(1000, 100, budget), 2 * HOUR_MS);
        assert_eq!(pull_ms(0, 100, budget), 0);
        assert_eq!(pull_ms(8, 1, None), 80, "no instance answers in no time");
    }

    #[test]
    fn a_forecast_is_no_more_exact_than_it_is() {
        let words = [500, 60_000, 3 * 60_000, 5 * HOUR_MS, 80 * HOUR_MS].map(in_words);
        assert_eq!(words, ["less than a minute", "about a minute", "about 3 minutes", "about 5 hours", "about 3 days"]);
    }
}
