//! The one place that asks for the time or for random numbers. Everything else is given a [`Clock`],
//! so that a test turns time by hand and a run can be repeated.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use std::sync::Arc;

/// Time and chance.
pub trait Clock: Send + Sync {
    /// UTC milliseconds.
    fn now(&self) -> i64;

    fn fill(&self, bytes: &mut [u8]);

    /// A ULID: sorts by time, unguessable enough for keys, never for secrets.
    fn id(&self) -> String {
        let mut random = [0; 16];
        self.fill(&mut random);
        let millis = u64::try_from(self.now()).unwrap_or_default();
        ulid::Ulid::from_parts(millis, u128::from_be_bytes(random)).to_string()
    }

    /// 256 random bits as URL-safe text: tokens, states, secrets.
    fn secret(&self) -> String {
        let mut random = [0; 32];
        self.fill(&mut random);
        URL_SAFE_NO_PAD.encode(random)
    }
}

pub type SharedClock = Arc<dyn Clock>;

/// The machine's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    fn now(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one source of chance")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// A moment as people and ServiceNow read it: `2026-11-21 03:22:10`, UTC.
pub fn in_words(millis: i64) -> String {
    format_moment(millis, "%Y-%m-%d %H:%M:%S")
}

/// `strftime` in UTC; empty for a moment outside of the calendar.
pub fn format_moment(millis: i64, format: &str) -> String {
    jiff::Timestamp::from_millisecond(millis).map(|moment| moment.strftime(format).to_string()).unwrap_or_default()
}

/// The same in another zone.
pub fn format_moment_in(millis: i64, zone: &jiff::tz::TimeZone, format: &str) -> String {
    let moment = jiff::Timestamp::from_millisecond(millis);
    moment.map(|moment| moment.to_zoned(zone.clone()).strftime(format).to_string()).unwrap_or_default()
}

/// Where ids of this moment begin: every one that is made later comes after it.
pub fn earliest_id(millis: i64) -> String {
    ulid::Ulid::from_parts(u64::try_from(millis).unwrap_or_default(), 0).to_string()
}

/// Reads `2026-11-21 03:22:10` or `2026-11-21T03:22[:10]` as UTC.
pub fn read_moment(text: &str) -> Option<i64> {
    let moment: jiff::civil::DateTime = text.trim().replacen(' ', "T", 1).parse().ok()?;
    Some(moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// Reads an HTTP `Date`.
pub fn read_http_date(text: &str) -> Option<i64> {
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servicenow_times_come_back_as_they_went() {
        let millis = read_moment("2026-11-21 03:22:10").expect("a moment");
        assert_eq!(in_words(millis), "2026-11-21 03:22:10");
        assert_eq!(read_moment("2026-11-21T03:22"), Some(millis - 10_000));
        assert_eq!(read_moment("yesterday"), None);
        assert_eq!(read_http_date("Sat, 21 Nov 2026 03:22:10 GMT"), Some(millis));
    }

    #[test]
    fn ids_sort_by_time_and_differ_within_a_millisecond() {
        let clock = SystemClock;
        let (first, second) = (clock.id(), clock.id());
        assert_ne!(first, second);
        assert_eq!(first.len(), 26);
        assert!(earliest_id(clock.now() + 1000) > second && earliest_id(clock.now() - 1000) < first);
    }
}
