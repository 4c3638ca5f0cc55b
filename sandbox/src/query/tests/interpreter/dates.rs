//! Dates on the user's calendar.

use jiff::{ToSpan, Zoned};

use crate::query::tests::world::World;

impl World {
    pub(super) fn relative<'t>(&self, text: &'t str) -> Option<(Zoned, &'t str)> {
        let parts: Vec<&str> = text.trim_start_matches('@').split('@').collect();
        let [unit, direction, count] = parts.as_slice() else { return None };
        let count: i64 = count.parse().ok()?;
        let count = match *direction {
            "ago" => -count,
            "ahead" => count,
            _ => return None,
        };
        let span = match *unit {
            "minute" => count.minutes(),
            "hour" => count.hours(),
            "day" | "dayofweek" => count.days(),
            "week" => count.weeks(),
            "month" => count.months(),
            "quarter" => (3 * count).months(),
            "year" => count.years(),
            _ => return None,
        };
        Some((self.now.to_zoned(self.user.time_zone.clone()).checked_add(span).ok()?, unit))
    }
}

/// A name for the hour, day, week and so on that holds a time.
pub(super) fn unit_of(zoned: &Zoned, unit: &str) -> Option<String> {
    let date = zoned.date();
    Some(match unit {
        "minute" => zoned.strftime("%F %H:%M %z").to_string(),
        "hour" => zoned.strftime("%F %H").to_string(),
        "day" | "dayofweek" => date.to_string(),
        "week" => {
            let week = date.iso_week_date();
            format!("{}w{}", week.year(), week.week())
        }
        "month" => date.strftime("%Y-%m").to_string(),
        "quarter" => format!("{}q{}", date.year(), (date.month() - 1) / 3),
        "year" => date.year().to_string(),
        _ => return None,
    })
}

pub(super) struct Part {
    name: String,
    value: i64,
    operator: String,
}

impl Part {
    pub(super) fn read(text: &str) -> Option<Self> {
        let inside = text.split_once("javascript:gs.datePart(")?.1.strip_suffix(')')?;
        let words: Vec<String> = inside.split(',').map(|word| word.trim_matches('\'').to_owned()).collect();
        let [part, value, operator] = words.try_into().ok()?;
        let names: &[&str] = match part.as_str() {
            "dayofweek" => &["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
            "month" => &["", "jan", "feb", "mar", "apr", "may", "june", "july", "aug", "sep", "oct", "nov", "dec"],
            "quarter" | "year" | "week" | "hour" | "day" => &[],
            _ => return None,
        };
        let position = names.iter().position(|name| *name == value).and_then(|position| i64::try_from(position).ok());
        let value = position.or_else(|| value.parse().ok())?;
        ["EE", "GT", "GE", "LT", "LE"].contains(&operator.as_str()).then_some(Self { name: part, value, operator })
    }

    pub(super) fn fits(&self, zoned: &Zoned) -> bool {
        let date = zoned.date();
        let since_sunday = i64::from(date.weekday().to_sunday_zero_offset());
        let number = match self.name.as_str() {
            "dayofweek" => since_sunday,
            "month" => i64::from(date.month()),
            "quarter" => i64::from((date.month() + 2) / 3),
            "year" => i64::from(date.year()),
            // Week 1 begins on the first Sunday of the year.
            "week" => (i64::from(date.day_of_year()) - 1 + 7 - since_sunday) / 7,
            "day" => i64::from(date.day()),
            _ => i64::from(zoned.hour()),
        };
        match self.operator.as_str() {
            "EE" => number == self.value,
            "GT" => number > self.value,
            "GE" => number >= self.value,
            "LT" => number < self.value,
            _ => number <= self.value,
        }
    }
}
