//! `javascript:` values: the calls that a query may make in ServiceNow's restricted sandbox (contract 2.3).
//! Nothing is executed; a call that is not known has no value.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::Scope;
use super::calendar::{self, Unit};
use crate::clock;

/// What stands on the right of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Time(Timestamp),
    /// The groups that the user is a member of.
    MyGroups,
    /// A column of the user's own record.
    Mine(String),
    /// What a dynamic filter has that is not there.
    Nothing,
}

impl Value {
    /// The value that a query means by `text`.
    pub fn read(text: &str, scope: &Scope) -> Option<Self> {
        match text.strip_prefix("javascript:") {
            Some(script) => Self::evaluate(script, scope),
            None => Some(Self::Text(text.to_owned())),
        }
    }

    /// The value of a script, which is one call or a chain of calls on `gs`.
    pub fn evaluate(script: &str, scope: &Scope) -> Option<Self> {
        let chain = chain(script.trim().trim_end_matches(';'))?;
        let calls: Vec<(&str, &[&str])> = chain.iter().map(|(name, given)| (*name, given.as_slice())).collect();
        let user = scope.user;
        let text = |text: &str| Some(Self::Text(text.to_owned()));
        let mine = |column: &str| Some(Self::Mine(column.to_owned()));
        match *calls.as_slice() {
            [("gs", []), ("getUserID", [])]
            | [("gs", []), ("getUser", []), ("getID", [])]
            // Without delegates everybody answers for nobody else.
            | [("getMyAssignments" | "getMyApprovals", [])] => text(&user.sys_id),
            [("gs", []), ("getUserName", [])] | [("gs", []), ("getUser", []), ("getName", [])] => text(&user.user_name),
            [("gs", []), ("getUserDisplayName", [])]
            | [("gs", []), ("getUser", []), ("getDisplayName" | "getFullName", [])] => text(&user.name),
            [("gs", []), ("getUser", []), ("getMyGroups", [])] | [("getMyGroups", [])] => Some(Self::MyGroups),
            [("gs", []), ("getUser", []), ("getRecord", []), ("getValue", [column])] => mine(column),
            [("gs", []), ("getUser", []), (getter, [])] => mine(match getter {
                "getEmail" => "email",
                "getFirstName" => "first_name",
                "getLastName" => "last_name",
                "getCompanyID" => "company",
                "getDepartmentID" => "department",
                "getLocation" => "location",
                "getManagerID" => "manager",
                "getDomainID" => "sys_domain",
                _ => return None,
            }),
            [("gs", []), ("now", [])] => text(&user.time_zone.to_datetime(scope.now).date().to_string()),
            [("gs", []), (name, arguments)] => moment(name, arguments, scope).map(Self::Time),
            _ => None,
        }
    }

    /// As a date-time column holds it.
    pub fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Time(time) => Some(clock::text(time)),
            Self::MyGroups | Self::Mine(_) | Self::Nothing => None,
        }
    }
}

fn moment(name: &str, arguments: &[&str], scope: &Scope) -> Option<Timestamp> {
    let (now, zone) = (scope.now, &scope.user.time_zone);
    match (name, arguments) {
        ("nowDateTime" | "nowNoTZ", []) => return Some(now),
        ("dateGenerate", [date]) => return generated(date, "start", zone),
        ("dateGenerate", [date, time]) => return generated(date, time, zone),
        _ => {}
    }
    for (mark, side) in [("AgoStart", Some(Side::Start)), ("AgoEnd", Some(Side::End)), ("Ago", None)] {
        if let Some(unit) = name.strip_suffix(mark) {
            let (unit, ago) = (Unit::named(unit)?, number(arguments)?.checked_neg()?);
            return match side {
                Some(side) => side.of(scope, unit, ago),
                None => calendar::moved(now, zone, unit, ago),
            };
        }
    }
    let (side, period) = match (name.strip_prefix("beginningOf"), name.strip_prefix("endOf")) {
        (Some(period), _) => (Side::Start, period),
        (_, Some(period)) => (Side::End, period),
        _ => return None,
    };
    match period {
        "Today" => return side.of(scope, Unit::Day, 0),
        "Yesterday" => return side.of(scope, Unit::Day, -1),
        "Tomorrow" => return side.of(scope, Unit::Day, 1),
        _ => {}
    }
    let (word, period) = ["This", "Current", "Last", "Next"]
        .iter()
        .find_map(|word| period.strip_prefix(word).map(|rest| (*word, rest)))?;
    let digits = period.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = period.split_at(digits);
    let unit = Unit::named(unit)?;
    if count.is_empty() {
        let further = match word {
            "Last" => -1,
            "Next" => 1,
            _ => 0,
        };
        return side.of(scope, unit, further);
    }
    let count: i64 = count.parse().ok()?;
    match (word, side, unit) {
        // As the choices of the condition builder are defined: seven days ago and all since, hours by the clock,
        // two quarters with the one that is running.
        ("Last", Side::Start, Unit::Hour) => calendar::moved(now, zone, unit, -count),
        ("Last", Side::End, Unit::Hour) => Some(now),
        ("Last", Side::Start, Unit::Quarter | Unit::Year) => side.of(scope, unit, 1 - count),
        ("Last", Side::Start, _) => side.of(scope, unit, -count),
        ("Last", Side::End, _) => side.of(scope, unit, 0),
        ("Next", Side::Start, _) => side.of(scope, unit, 1),
        ("Next", Side::End, _) => side.of(scope, unit, count),
        _ => None,
    }
}

#[derive(Clone, Copy)]
enum Side {
    Start,
    End,
}

impl Side {
    fn of(self, scope: &Scope, unit: Unit, further: i64) -> Option<Timestamp> {
        let side = match self {
            Self::Start => calendar::start,
            Self::End => calendar::end,
        };
        side(scope.now, &scope.user.time_zone, unit, further)
    }
}

/// No argument is none ago.
fn number(arguments: &[&str]) -> Option<i64> {
    match arguments {
        [] => Some(0),
        [number] => number.parse().ok(),
        _ => None,
    }
}

/// Taken on the user's clock, while a plain literal is UTC (contract 2.3).
fn generated(date: &str, time: &str, zone: &TimeZone) -> Option<Timestamp> {
    let time = match time {
        "start" => "00:00:00",
        "end" => "23:59:59",
        time => time,
    };
    let local = DateTime::strptime("%Y-%m-%d %H:%M:%S", format!("{date} {time}")).ok();
    calendar::at(local.or_else(|| DateTime::strptime("%Y-%m-%d %H:%M:%S", date).ok())?, zone)
}

/// A calendar day on the user's clock, from its first second to its last.
pub(super) fn day(date: &str, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    Date::strptime("%Y-%m-%d", date).ok()?;
    Some((generated(date, "start", zone)?, generated(date, "end", zone)?))
}

/// `gs.datePart('dayofweek','monday','GE')`: its three arguments.
pub(super) fn date_part(script: &str) -> Option<[&str; 3]> {
    match chain(script.trim().trim_end_matches(';'))?.as_slice() {
        [("gs", none), ("datePart", arguments)] if none.is_empty() => arguments.as_slice().try_into().ok(),
        _ => None,
    }
}

/// A name and what it is called with.
type Call<'a> = (&'a str, Vec<&'a str>);

/// `gs.getUser().getID()` as `gs`, `getUser` and `getID`.
fn chain(script: &str) -> Option<Vec<Call<'_>>> {
    let mut calls = Vec::new();
    let mut rest = script;
    loop {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (arguments, after) = match after.strip_prefix('(') {
            Some(inside) => arguments(inside)?,
            None => (Vec::new(), after),
        };
        if name.is_empty() {
            return None;
        }
        calls.push((name, arguments));
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None => return after.is_empty().then_some(calls),
        }
    }
}

/// Texts in quotes and numbers, up to the closing bracket; and what follows it.
fn arguments(text: &str) -> Option<(Vec<&str>, &str)> {
    let mut arguments = Vec::new();
    let mut rest = text.trim_start();
    if let Some(after) = rest.strip_prefix(')') {
        return Some((arguments, after));
    }
    loop {
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let (argument, after) = match quote {
            Some(quote) => rest[1..].split_once(quote)?,
            None => rest.split_at(rest.find([',', ')'])?),
        };
        arguments.push(argument.trim());
        let after = after.trim_start();
        if let Some(after) = after.strip_prefix(')') {
            return Some((arguments, after));
        }
        rest = after.strip_prefix(',')?.trim_start();
    }
}
