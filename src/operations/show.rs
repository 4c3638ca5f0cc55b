//! Rows of the store as the console shows them.

use crate::clock;
use crate::store::{Finding, HistoryLine};
use app::model::{ChangeRow, FindingRow, When};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use leptos::prelude::use_context;

/// The zone in which the reader of this answer sees times. It goes beside the answer, as a context of Leptos: so a row is
/// shown by one function, wherever it is of. Where there is none, as for programs, times are UTC.
#[derive(Clone, Debug)]
pub struct ReaderZone(TimeZone);

impl ReaderZone {
    /// UTC where there is no such zone.
    pub fn named(zone: &str) -> Self {
        Self(TimeZone::get(zone).unwrap_or(TimeZone::UTC))
    }

    pub(super) fn now() -> Self {
        use_context().unwrap_or(Self(TimeZone::UTC))
    }

    pub(super) fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// A moment as a date-time input wants it: `2026-11-30T17:00`.
    pub(super) fn input(&self, millis: i64) -> String {
        clock::format_moment_in(millis, &self.0, "%Y-%m-%dT%H:%M")
    }

    /// What such an input says. An hour that the clocks left out is the one after it, one that came twice is its first.
    pub(super) fn read(&self, text: &str) -> Option<i64> {
        let moment: DateTime = text.trim().replacen(' ', "T", 1).parse().ok()?;
        Some(moment.to_zoned(self.0.clone()).ok()?.timestamp().as_millisecond())
    }
}

/// The zone's name, if there is such a zone.
pub fn known_zone(name: &str) -> Option<String> {
    Some(TimeZone::get(name).ok()?.iana_name()?.to_owned())
}

/// The names of all zones.
pub fn zones() -> Vec<String> {
    jiff::tz::db().available().map(|zone| zone.as_str().to_owned()).collect()
}

pub fn when(millis: i64) -> When {
    When {
        iso: clock::format_moment(millis, "%Y-%m-%dT%H:%M:%SZ"),
        text: clock::format_moment_in(millis, &ReaderZone::now().0, "%-d %b %H:%M:%S"),
    }
}

/// When a day, as `2026-11-30`, begins for the reader.
pub fn begin_of_day(day: &str, zone: &ReaderZone) -> Option<i64> {
    let day: Date = day.trim().parse().ok()?;
    Some(day.to_zoned(zone.0.clone()).ok()?.timestamp().as_millisecond())
}

/// When it is over for the reader.
pub fn end_of_day(day: &str, zone: &ReaderZone) -> Option<i64> {
    let day: Date = day.trim().parse().ok()?;
    Some(day.tomorrow().ok()?.to_zoned(zone.0.clone()).ok()?.timestamp().as_millisecond())
}

/// `None` for a moment that never was.
pub fn when_any(millis: i64) -> Option<When> {
    (millis > 0).then(|| when(millis))
}

pub fn change(line: HistoryLine) -> ChangeRow {
    ChangeRow {
        problem: line.kind == "problem",
        at: when(line.at),
        id: line.id,
        connection: line.connection,
        link: line.link_id,
        reference: line.reference,
        ticket_id: line.ticket_id.unwrap_or_default(),
        ticket_number: line.ticket_number.unwrap_or_default(),
        direction: line.direction,
        kind: line.kind,
        summary: line.summary,
        who: line.who,
    }
}

/// Of no record yet: where it was found is the page's to say.
pub fn finding(found: Finding) -> FindingRow {
    FindingRow {
        field: found.rule,
        servicenow: found.servicenow,
        platform: found.platform,
        why: found.why,
        ..FindingRow::default()
    }
}

/// How many pages, at least one.
pub fn pages(total: i64, size: i64) -> i64 {
    ((total + size - 1) / size).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::prelude::{Owner, provide_context};

    /// 29 March 2026, a moment after the clocks of Berlin went forward.
    const SUMMER: i64 = 1_774_746_005_000;

    #[test]
    fn times_are_in_the_readers_zone_and_utc_where_it_is_not_known() {
        assert_eq!(when(SUMMER).text, "29 Mar 01:00:05");
        let moment = Owner::new().with(|| {
            provide_context(ReaderZone::named("Europe/Berlin"));
            when(SUMMER)
        });
        assert_eq!((moment.iso.as_str(), moment.text.as_str()), ("2026-03-29T01:00:05Z", "29 Mar 03:00:05"));
    }

    #[test]
    fn a_day_is_the_readers_also_when_an_hour_of_it_is_left_out() {
        let berlin = ReaderZone::named("Europe/Berlin");
        let (begin, end) = (begin_of_day("2026-03-29", &berlin), end_of_day("2026-03-29", &berlin));
        assert_eq!(end.expect("a day") - begin.expect("a day"), 23 * 60 * 60 * 1000);
        assert_eq!(begin_of_day("29.3.2026", &berlin), None);
    }

    #[test]
    fn an_input_is_read_as_it_was_shown() {
        let berlin = ReaderZone::named("Europe/Berlin");
        assert_eq!(berlin.input(SUMMER), "2026-03-29T03:00");
        assert_eq!(berlin.read("2026-03-29T03:00"), Some(SUMMER - 5_000));
        assert_eq!(berlin.read("2026-03-29T02:30"), berlin.read("2026-03-29T03:30"), "there was no such hour");
        assert_eq!(ReaderZone::named("").read("2026-03-29 01:00:05"), Some(SUMMER));
        assert_eq!(berlin.read("tomorrow"), None);
        assert_eq!((berlin.name(), ReaderZone::named("").name()), ("Europe/Berlin", "UTC"));
    }

    #[test]
    fn only_zones_that_there_are_count() {
        assert_eq!(known_zone("europe/berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(known_zone("Europe/Atlantis"), None);
        assert_eq!(known_zone("../../etc/passwd"), None);
        assert!(zones().len() > 300);
    }
}
