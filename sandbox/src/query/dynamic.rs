//! `javascript:` values: the few functions that a query may call in ServiceNow's restricted sandbox
//! (contract 2.3). Nothing is executed; an unknown call has no value.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::Scope;
use crate::clock;

/// The value that a query means by `text`.
pub(super) fn value(text: &str, scope: &Scope) -> Option<String> {
    let Some(call) = text.strip_prefix("javascript:") else {
        return Some(text.to_owned());
    };
    let call = call.trim().trim_end_matches(';');
    let (name, rest) = call.strip_prefix("gs.")?.split_once('(')?;
    let arguments: Vec<&str> = rest
        .strip_suffix(')')?
        .split(',')
        .map(|argument| argument.trim().trim_matches(['\'', '"']))
        .filter(|argument| !argument.is_empty())
        .collect();
    let number = || arguments.first().map_or(Some(0), |n| n.parse::<i64>().ok());
    let now = scope.now;
    let ago = |seconds: i64| Some(clock::text(clock::shifted(now, number()?.checked_mul(seconds)?.checked_neg()?)));
    match name {
        "getUserID" => Some(scope.user_id.to_owned()),
        "getUserName" => Some(scope.user_name.to_owned()),
        "nowDateTime" | "now" => Some(clock::text(now)),
        "beginningOfToday" => day(now, 0, false),
        "endOfToday" => day(now, 0, true),
        "beginningOfYesterday" => day(now, 1, false),
        "endOfYesterday" => day(now, 1, true),
        "daysAgoStart" => day(now, number()?, false),
        "daysAgoEnd" => day(now, number()?, true),
        "daysAgo" => ago(86_400),
        "hoursAgo" => ago(3_600),
        "minutesAgo" => ago(60),
        "secondsAgo" => ago(1),
        "dateGenerate" => {
            let date = arguments.first()?;
            let time = match arguments.get(1).copied() {
                Some("start") | None => "00:00:00",
                Some("end") => "23:59:59",
                Some(time) => time,
            };
            clock::parse(&format!("{date} {time}")).map(clock::text)
        }
        _ => None,
    }
}

fn day(now: Timestamp, ago: i64, end: bool) -> Option<String> {
    let date = now.to_zoned(TimeZone::UTC).date().checked_sub(i32::try_from(ago).ok()?.days()).ok()?;
    Some(format!("{} {}", date.strftime("%Y-%m-%d"), if end { "23:59:59" } else { "00:00:00" }))
}
