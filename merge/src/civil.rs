//! Days and moments of the proleptic Gregorian calendar in UTC, in ServiceNow's raw spelling:
//! `YYYY-MM-DD` and `YYYY-MM-DD HH:MM:SS`.
//!
//! The arithmetic on days is Howard Hinnant's: a year begins in March, so that the leap day is its last.

const DAY_MS: i64 = 86_400_000;

/// Days since 1970-01-01.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + days.div_euclid(146_097) * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// A moment in UTC milliseconds as `2026-11-21 03:22:10`.
pub fn moment_in_words(millis: i64) -> String {
    let (year, month, day) = date(millis.div_euclid(DAY_MS));
    let second = millis.rem_euclid(DAY_MS) / 1000;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// Reads `2026-11-21 03:22:10`, also with `T` between, without the seconds, or with `Z` at the end. UTC.
pub fn read_moment(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once([' ', 'T'])?;
    let mut parts = time.split(':');
    let hour = number(parts.next()?, 2).filter(|hour| *hour < 24)?;
    let minute = number(parts.next()?, 2).filter(|minute| *minute < 60)?;
    let second = match parts.next() {
        Some(second) => number(second, 2).filter(|second| *second < 60)?,
        None => 0,
    };
    parts.next().is_none().then_some(())?;
    Some(read_days(date)? * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000)
}

/// Whether this is a day that the calendar has, as `2026-11-21`.
pub fn is_date(text: &str) -> bool {
    read_days(text).is_some()
}

fn read_days(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, day) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    parts.next().is_none().then_some(())?;
    let read = days(year, month, day);
    // 30 February is another day on the way back.
    ((1..=12).contains(&month) && date(read) == (year, month, day)).then_some(read)
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments() {
        assert_eq!(moment_in_words(0), "1970-01-01 00:00:00");
        assert_eq!(read_moment("2000-02-29 12:00:00"), Some(951_825_600_000));
        assert_eq!(read_moment("2026-11-21T03:22"), read_moment("2026-11-21 03:22:00Z"));
        for junk in
            ["2026-02-30 00:00:00", "2026-13-01 00:00:00", "2026-11-21", "2026-11-21 24:00:00", "26-1-1 1:1:1", ""]
        {
            assert_eq!(read_moment(junk), None, "{junk}");
        }
        assert!(is_date("2024-02-29") && !is_date("2023-02-29") && !is_date("2023-2-28"));
    }

    proptest! {
        #[test]
        fn days_count_up_one_by_one(start in -719_000_i64..2_900_000) {
            let (year, month, day) = date(start);
            prop_assert_eq!(days(year, month, day), start);
            let next = date(start + 1);
            prop_assert!(next == (year, month, day + 1) || next == (year, month + 1, 1) || next == (year + 1, 1, 1));
        }

        #[test]
        fn a_moment_reads_back(second in -62_135_596_800_i64..253_402_300_800) {
            prop_assert_eq!(read_moment(&moment_in_words(second * 1000)), Some(second * 1000));
        }
    }
}
