//! Times that people type: given in their own zone, stored in UTC.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::clock;

/// A stored time as the user's clock shows it, for an input of the type `datetime-local`; nothing for what is
/// no time.
pub(super) fn input_value(stored: &str, zone: &TimeZone) -> String {
    let there = |time: jiff::Timestamp| time.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    clock::parse(stored).map_or_else(String::new, there)
}

/// What a person gave, in UTC as it is stored. Browsers leave out seconds that are zero.
pub(super) fn stored(given: &str, zone: &TimeZone) -> Option<String> {
    let given = given.trim().replacen('T', " ", 1);
    let formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"];
    let civil = formats.iter().find_map(|format| {
        let date = || jiff::civil::Date::strptime(format, &given).ok().map(DateTime::from);
        DateTime::strptime(format, &given).ok().or_else(date)
    })?;
    Some(clock::text(civil.to_zoned(zone.clone()).ok()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_stored_as_it_was() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        assert_eq!(input_value("2026-07-01 10:00:00", &zone), "2026-07-01T12:00:00");
        assert_eq!(stored("2026-07-01T12:00", &zone).as_deref(), Some("2026-07-01 10:00:00"));
        assert_eq!(stored(&input_value("2026-01-05 08:00:01", &zone), &zone).as_deref(), Some("2026-01-05 08:00:01"));
        assert_eq!(stored("tomorrow", &zone), None);
    }
}
