//! What `javascript:` values come to, for a user in Berlin in the middle of a Sunday: 2026-03-15 13:00.

use super::world::World;
use crate::query::Operator;
use crate::query::script::Value;

#[tokio::test]
async fn calls_have_the_values_that_the_platform_gives_them() {
    let world = World::new(1).await;
    for (script, wanted) in [
        ("gs.getUserID()", "u2"),
        ("gs.getUser().getID()", "u2"),
        ("gs.getUserName();", "second"),
        ("gs.now()", "2026-03-15"),
        ("gs.nowDateTime()", "2026-03-15 12:00:00"),
        ("gs.daysAgo(1)", "2026-03-14 12:00:00"),
        ("gs.daysAgoStart(0)", "2026-03-14 23:00:00"),
        ("gs.daysAgoEnd(0)", "2026-03-15 22:59:59"),
        ("gs.daysAgoStart(-1)", "2026-03-15 23:00:00"),
        ("gs.hoursAgo(2)", "2026-03-15 10:00:00"),
        ("gs.hoursAgoStart(1)", "2026-03-15 11:00:00"),
        ("gs.hoursAgoEnd(1)", "2026-03-15 11:59:59"),
        ("gs.minutesAgo(30)", "2026-03-15 11:30:00"),
        ("gs.minutesAgoEnd(0)", "2026-03-15 12:00:59"),
        ("gs.monthsAgo(1)", "2026-02-15 12:00:00"),
        ("gs.monthsAgoStart(3)", "2025-11-30 23:00:00"),
        ("gs.quartersAgoStart(1)", "2025-09-30 22:00:00"),
        ("gs.quartersAgoEnd(1)", "2025-12-31 22:59:59"),
        ("gs.yearsAgo(1)", "2025-03-15 12:00:00"),
        ("gs.beginningOfToday()", "2026-03-14 23:00:00"),
        ("gs.endOfToday()", "2026-03-15 22:59:59"),
        ("gs.beginningOfYesterday()", "2026-03-13 23:00:00"),
        ("gs.endOfTomorrow()", "2026-03-16 22:59:59"),
        ("gs.beginningOfThisWeek()", "2026-03-08 23:00:00"),
        ("gs.endOfThisWeek()", "2026-03-15 22:59:59"),
        ("gs.beginningOfLastWeek()", "2026-03-01 23:00:00"),
        ("gs.endOfNextWeek()", "2026-03-22 22:59:59"),
        // The clocks go forward on the 29th.
        ("gs.endOfThisMonth()", "2026-03-31 21:59:59"),
        ("gs.beginningOfNextMonth()", "2026-03-31 22:00:00"),
        ("gs.beginningOfLastMonth()", "2026-01-31 23:00:00"),
        ("gs.beginningOfThisQuarter()", "2025-12-31 23:00:00"),
        ("gs.endOfLastQuarter()", "2025-12-31 22:59:59"),
        ("gs.beginningOfThisYear()", "2025-12-31 23:00:00"),
        ("gs.endOfLastYear()", "2025-12-31 22:59:59"),
        ("gs.beginningOfLast7Days()", "2026-03-07 23:00:00"),
        ("gs.endOfLast7Days()", "2026-03-15 22:59:59"),
        ("gs.beginningOfLast3Months()", "2025-11-30 23:00:00"),
        ("gs.endOfLast3Months()", "2026-03-31 21:59:59"),
        ("gs.beginningOfLast2Quarters()", "2025-09-30 22:00:00"),
        ("gs.beginningOfLast2Years()", "2024-12-31 23:00:00"),
        ("gs.beginningOfLast2Hours()", "2026-03-15 10:00:00"),
        ("gs.endOfLast2Hours()", "2026-03-15 12:00:00"),
        ("gs.endOfNext2Quarters()", "2026-09-30 21:59:59"),
        ("gs.dateGenerate('2026-07-01','12:30:00')", "2026-07-01 10:30:00"),
        ("gs.dateGenerate( \"2026-01-01\", 'start' )", "2025-12-31 23:00:00"),
        ("gs.dateGenerate('2026-01-01','end')", "2026-01-01 22:59:59"),
    ] {
        let value = Value::read(&format!("javascript:{script}"), &world.scope());
        assert_eq!(value.and_then(Value::into_text).as_deref(), Some(wanted), "{script}");
    }
}

#[tokio::test]
async fn everything_else_has_no_value() {
    let world = World::new(1).await;
    for script in [
        "",
        "1",
        "gs",
        "gs.",
        "gs.boom()",
        "gs.daysAgo('x')",
        "gs.daysAgo(1,2)",
        "gs.daysAgo(1",
        "gs.daysAgo(99999999999)",
        "gs.daysAgo(-9223372036854775808)",
        "gs.dateGenerate('2026-02-30','start')",
        "gs.dateGenerate()",
        "gs.getUserID();gs.x()",
        "while(true){}",
        "new GlideDateTime()",
        "gs.beginningOfLast99999999999999999999Days()",
        "gs.beginningOfLast(7)Days()",
        "gs.endOf()",
        "gs.getUser().getPassword()",
        "'",
        "gs.daysAgo('",
        "🦀",
    ] {
        assert_eq!(Value::read(&format!("javascript:{script}"), &world.scope()), None, "{script}");
    }
}

#[test]
fn a_shorter_spelling_never_hides_a_longer_one() {
    for (spelling, operator) in Operator::spellings() {
        assert_eq!(Operator::read(spelling), Some((operator, "")), "{spelling}");
    }
}
