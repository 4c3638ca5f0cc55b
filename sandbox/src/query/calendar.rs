//! Hours, days, weeks and longer as a user's clock counts them: where they begin and end in UTC.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ToSpan};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// `day`, `days` or `Days`; the relative operators say `dayofweek` for a day.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Some(match name.strip_suffix('s').unwrap_or(&name) {
            "second" => Self::Second,
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" | "dayofweek" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }

    fn span(self, count: i64) -> Option<Span> {
        let span = Span::new();
        match self {
            Self::Second => span.try_seconds(count),
            Self::Minute => span.try_minutes(count),
            Self::Hour => span.try_hours(count),
            Self::Day => span.try_days(count),
            Self::Week => span.try_weeks(count),
            Self::Month => span.try_months(count),
            Self::Quarter => span.try_months(count.checked_mul(3)?),
            Self::Year => span.try_years(count),
        }
        .ok()
    }

    /// The change that the same makes in SQLite's `datetime`.
    pub fn modifier(self, count: i64) -> Option<String> {
        let (count, name) = match self {
            Self::Second => (count, "seconds"),
            Self::Minute => (count, "minutes"),
            Self::Hour => (count, "hours"),
            Self::Day => (count, "days"),
            Self::Week => (count.checked_mul(7)?, "days"),
            Self::Month => (count, "months"),
            Self::Quarter => (count.checked_mul(3)?, "months"),
            Self::Year => (count, "years"),
        };
        Some(format!("{count:+} {name}"))
    }
}

/// `now` moved by so many units, on the user's calendar.
pub(super) fn moved(now: Timestamp, zone: &TimeZone, unit: Unit, count: i64) -> Option<Timestamp> {
    now.to_zoned(zone.clone()).checked_add(unit.span(count)?).ok().map(|zoned| zoned.timestamp())
}

/// The first second of the unit that holds `now`, or of the one so many further on.
pub(super) fn start(now: Timestamp, zone: &TimeZone, unit: Unit, further: i64) -> Option<Timestamp> {
    let local = zone.to_datetime(now);
    match unit {
        // Below a day nothing is counted on the calendar, and an hour that the clock shows twice is two hours.
        Unit::Second | Unit::Minute | Unit::Hour => {
            let into = match unit {
                Unit::Second => 0,
                Unit::Minute => i64::from(local.second()),
                _ => i64::from(local.second()) + 60 * i64::from(local.minute()),
            };
            let whole = Timestamp::from_second(now.as_second().checked_sub(into)?).ok()?;
            whole.checked_add(unit.span(further)?).ok()
        }
        _ => at(
            first_day(local.date(), unit)?.checked_add(unit.span(further)?).ok()?.to_datetime(Time::midnight()),
            zone,
        ),
    }
}

/// The last second of that unit.
pub(super) fn end(now: Timestamp, zone: &TimeZone, unit: Unit, further: i64) -> Option<Timestamp> {
    start(now, zone, unit, further.checked_add(1)?)?.checked_sub(SignedDuration::from_secs(1)).ok()
}

/// A week begins on Monday.
fn first_day(date: Date, unit: Unit) -> Option<Date> {
    match unit {
        Unit::Week => {
            let since = i64::from(date.weekday().since(Weekday::Monday));
            date.checked_sub(since.days()).ok()
        }
        Unit::Month => Some(date.first_of_month()),
        Unit::Quarter => Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1).ok(),
        Unit::Year => Some(date.first_of_year()),
        _ => Some(date),
    }
}

/// What the user's clock shows, as a moment. A time that it skips is taken as the one after.
pub(super) fn at(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(local).ok()
}
