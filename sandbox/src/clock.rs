//! The instance's time: whole seconds in UTC, as ServiceNow stores them (contract 2.5). The clock is
//! passed in so that a test can turn it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Where the instance takes the time from.
#[derive(Clone)]
pub struct Clock {
    read: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// How many seconds the instance is ahead (contract 13).
    ahead: Arc<AtomicI64>,
}

impl Clock {
    // The sandbox's one clock; everything else takes the time from it.
    #[allow(clippy::disallowed_methods)]
    pub fn real() -> Self {
        Self::turned_by(Timestamp::now)
    }

    /// A clock that somebody else turns.
    pub fn turned_by(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { read: Arc::new(read), ahead: Arc::default() }
    }

    pub fn now(&self) -> Timestamp {
        shifted(self.steady(), self.ahead.load(Ordering::Relaxed))
    }

    /// The time that no switch moves: what ends after a while ends in its own time.
    pub(crate) fn steady(&self) -> Timestamp {
        (self.read)()
    }

    pub(crate) fn skew(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::Relaxed);
    }

    /// Now, as a date-time column holds it.
    pub(crate) fn stamp(&self) -> String {
        text(self.now())
    }
}

const FORMAT: &str = "%Y-%m-%d %H:%M:%S";

pub(crate) fn text(time: Timestamp) -> String {
    time.strftime(FORMAT).to_string()
}

pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let datetime = jiff::civil::DateTime::strptime(FORMAT, text).ok();
    let datetime = datetime.or_else(|| jiff::civil::Date::strptime("%Y-%m-%d", text).ok().map(Into::into));
    datetime?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// `time` moved by so many seconds, or `time` itself at the end of the calendar.
pub(crate) fn shifted(time: Timestamp, seconds: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(time)
}
