//! Parts of dates, and distances between two, on the clock of the user.

use jiff::{Timestamp, ToSpan};

use super::super::calendar::Unit;
use super::super::script;
use super::fields::Operand;
use super::{Compiler, Sql};
use crate::clock;
use crate::dictionary::Kind;

/// What `DATEPART` compares: a part of the date with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// SQL with `{}` for the local time.
    expression: &'static str,
    operator: &'static str,
    number: u16,
}

const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl Part {
    /// `Monday@javascript:gs.datePart('dayofweek','monday','GE')`. A week begins on Sunday here: on or before Monday
    /// is Sunday or Monday.
    pub fn read(text: &str) -> Option<Self> {
        let (_, script) = text.split_once("javascript:")?;
        let [part, value, operator] = script::date_part(script)?;
        let value = value.to_ascii_lowercase();
        let number = || value.parse::<u16>().ok();
        let position = |names: &[&str]| {
            let found = names.iter().position(|name| value.starts_with(name))?;
            u16::try_from(found).ok()
        };
        let (expression, number) = match part {
            "dayofweek" => ("CAST(strftime('%w', {}) AS INTEGER)", position(&WEEKDAYS).or_else(number)?),
            "month" => {
                ("CAST(strftime('%m', {}) AS INTEGER)", position(&MONTHS).map(|month| month + 1).or_else(number)?)
            }
            "quarter" => ("(CAST(strftime('%m', {}) AS INTEGER) + 2) / 3", number()?),
            "year" => ("CAST(strftime('%Y', {}) AS INTEGER)", number()?),
            "week" => ("CAST(strftime('%U', {}) AS INTEGER)", number()?),
            "day" | "dayofmonth" => ("CAST(strftime('%d', {}) AS INTEGER)", number()?),
            "hour" => ("CAST(strftime('%H', {}) AS INTEGER)", number()?),
            _ => return None,
        };
        let operator = match operator {
            "EE" => "=",
            "GT" => ">",
            "GE" => ">=",
            "LT" => "<",
            "LE" => "<=",
            _ => return None,
        };
        Some(Self { expression, operator, number })
    }
}

/// `day@before@1`: whether `a` lies more, or less, than so far from `b`. Months end where the shorter one ends.
pub(super) fn apart(a: &str, b: &str, distance: &str, more: bool) -> Option<String> {
    let mut parts = distance.splitn(3, '@');
    let unit = Unit::named(parts.next()?)?;
    let direction = parts.next()?;
    let count = parts.next()?.parse::<i64>().ok().filter(|count| (0..=1_000_000).contains(count))?;
    // The modifier is digits and a word of ours.
    let (earlier, later) = (unit.modifier(-count)?, unit.modifier(count)?);
    let (a, b) = (format!("datetime({a})"), format!("datetime({b})"));
    let earlier = format!("datetime({b}, '{earlier}', 'floor')");
    let later = format!("datetime({b}, '{later}', 'floor')");
    let before = if more { format!("{a} < {earlier}") } else { format!("({a} > {earlier} AND {a} <= {b})") };
    let after = if more { format!("{a} > {later}") } else { format!("({a} < {later} AND {a} >= {b})") };
    let condition = match direction {
        "before" => before,
        "after" => after,
        "before or after" => format!("({before} OR {after})"),
        _ => return None,
    };
    // An empty value is no time, and what is compared with it not true.
    Some(format!("COALESCE({condition}, 0)"))
}

impl Compiler<'_> {
    pub(super) fn date_part(&self, part: Part, cell: &str, kind: Kind) -> Sql {
        if !kind.is_date() {
            return Sql::never();
        }
        let value = part.expression.replace("{}", &self.local(cell, kind));
        Sql::new(format!("({cell} <> '' AND {value} {} {})", part.operator, part.number))
    }

    /// Whether two date-times are in the same hour, day, month or the like.
    pub(super) fn same_unit(&self, a: &Operand, b: &Operand, unit: Unit) -> String {
        let unit_of = |operand: &Operand| {
            let local = self.local(&operand.sql.text, operand.column.kind);
            match unit {
                Unit::Second => local,
                Unit::Minute => format!("substr({local}, 1, 16)"),
                Unit::Hour => format!("substr({local}, 1, 13)"),
                Unit::Day => format!("substr({local}, 1, 10)"),
                // The Monday that the week begins on.
                Unit::Week => format!("date({local}, 'weekday 0', '-6 days')"),
                Unit::Month => format!("substr({local}, 1, 7)"),
                Unit::Quarter => {
                    format!("strftime('%Y', {local}) || ((CAST(strftime('%m', {local}) AS INTEGER) + 2) / 3)")
                }
                Unit::Year => format!("substr({local}, 1, 4)"),
            }
        };
        let (of_a, of_b, a, b) = (unit_of(a), unit_of(b), &a.sql.text, &b.sql.text);
        format!("({a} = {b} OR ({a} <> '' AND {b} <> '' AND COALESCE({of_a} = {of_b}, 0)))")
    }

    /// A UTC date-time as the user's clock shows it; a date is the same everywhere. The offsets of the zone become a tree of choices, since SQLite
    /// knows no zones; far from today the nearest known one counts.
    fn local(&self, cell: &str, kind: Kind) -> String {
        if kind == Kind::GlideDate {
            return format!("datetime({cell})");
        }
        let (now, zone) = (self.scope.now, &self.scope.user.time_zone);
        let begin = now.to_zoned(zone.clone()).checked_sub(20.years()).map_or(now, |zoned| zoned.timestamp());
        let end = now.to_zoned(zone.clone()).checked_add(10.years()).map_or(now, |zoned| zoned.timestamp());
        let changes: Vec<(Timestamp, i32)> = zone
            .following(begin)
            .map(|transition| (transition.timestamp(), transition.offset().seconds()))
            .take_while(|(when, _)| *when < end)
            .collect();
        let offset = offset_at(cell, zone.to_offset(begin).seconds(), &changes);
        format!("datetime({cell}, {offset})")
    }
}

fn offset_at(cell: &str, before: i32, changes: &[(Timestamp, i32)]) -> String {
    if changes.is_empty() {
        return format!("'{before:+} seconds'");
    }
    let (earlier, later) = changes.split_at(changes.len() / 2);
    let Some(((when, offset), later)) = later.split_first() else {
        return format!("'{before:+} seconds'");
    };
    let (then, otherwise) = (offset_at(cell, before, earlier), offset_at(cell, *offset, later));
    format!("CASE WHEN {cell} < '{}' THEN {then} ELSE {otherwise} END", clock::text(*when))
}
