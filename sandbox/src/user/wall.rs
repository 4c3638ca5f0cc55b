//! Times as a user reads and writes them: in the user's zone and format, while the store holds UTC
//! (contract 2.5, 12.13).

use jiff::civil::{Date, DateTime};

use super::User;
use crate::clock;

/// How dates and times of day are written, in jiff's terms.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    date: String,
    time: String,
}

impl Default for Format {
    fn default() -> Self {
        Self::of("yyyy-MM-dd", "HH:mm:ss")
    }
}

impl Format {
    /// From the patterns that `sys_user.date_format` and `glide.sys.time_format` hold, such as `dd/MM/yyyy`
    /// and `hh:mm:ss a`.
    pub fn of(date: &str, time: &str) -> Self {
        Self { date: translated(date), time: translated(time) }
    }
}

const PARTS: &[(&str, &str)] =
    &[("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("hh", "%I"), ("mm", "%M"), ("ss", "%S"), ("a", "%p")];

fn translated(mut pattern: &str) -> String {
    let mut format = String::new();
    while let Some(c) = pattern.chars().next() {
        if let Some((part, directive)) = PARTS.iter().find(|(part, _)| pattern.starts_with(part)) {
            format.push_str(directive);
            pattern = &pattern[part.len()..];
        } else {
            // A letter that stands for something rarer is shown as it is; a percent sign would begin a directive.
            format.push_str(if c == '%' { "%%" } else { pattern.get(..c.len_utf8()).unwrap_or_default() });
            pattern = &pattern[c.len_utf8()..];
        }
    }
    format
}

impl User {
    /// A stored date-time as this user sees it; what is none stays as it is.
    pub fn sees_time(&self, stored: &str) -> String {
        let Some(time) = clock::parse(stored) else {
            return stored.to_owned();
        };
        time.to_zoned(self.time_zone.clone())
            .strftime(&format!("{} {}", self.format.date, self.format.time))
            .to_string()
    }

    /// A date has no zone.
    pub fn sees_date(&self, stored: &str) -> String {
        let date = Date::strptime("%Y-%m-%d", stored);
        date.map_or_else(|_| stored.to_owned(), |date| date.strftime(&self.format.date).to_string())
    }

    /// What this user writes as a date-time, as it is stored; the stored form is understood too, in the user's
    /// zone all the same.
    pub fn means_time(&self, written: &str) -> Option<String> {
        let own = format!("{} {}", self.format.date, self.format.time);
        let whole = [own.as_str(), "%Y-%m-%d %H:%M:%S"];
        let mut readings = whole.iter().filter_map(|format| DateTime::strptime(format, written).ok());
        let time = readings.next().or_else(|| Some(self.reads_date(written)?.into()))?;
        Some(clock::text(time.to_zoned(self.time_zone.clone()).ok()?.timestamp()))
    }

    pub fn means_date(&self, written: &str) -> Option<String> {
        self.reads_date(written).map(|date| date.to_string())
    }

    fn reads_date(&self, written: &str) -> Option<Date> {
        [self.format.date.as_str(), "%Y-%m-%d"].iter().find_map(|format| Date::strptime(format, written).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_reads_what_another_wrote() {
        let user = User {
            time_zone: jiff::tz::TimeZone::get("America/New_York").expect("a zone"),
            format: Format::of("dd/MM/yyyy", "hh:mm:ss a"),
            ..User::system()
        };
        assert_eq!(user.sees_time("2026-07-01 03:04:05"), "30/06/2026 11:04:05 PM");
        assert_eq!(user.means_time("30/06/2026 11:04:05 PM").as_deref(), Some("2026-07-01 03:04:05"));
        assert_eq!(user.means_time("2026-06-30 23:04:05").as_deref(), Some("2026-07-01 03:04:05"));
        assert_eq!(user.means_date("30/06/2026").as_deref(), Some("2026-06-30"));
        assert_eq!(user.means_time("soon"), None);
        assert_eq!(translated("%d yyyy é"), "%%d %Y é");
    }
}
