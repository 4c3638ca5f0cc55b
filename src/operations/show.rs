//! Rows of the store as the console shows them.

use crate::clock;
use crate::store::{Finding, HistoryLine};
use app::model::{ChangeRow, FindingRow, When};

pub fn when(millis: i64) -> When {
    When {
        iso: clock::format_moment(millis, "%Y-%m-%dT%H:%M:%SZ"),
        text: clock::format_moment(millis, "%-d %b %H:%M:%S"),
    }
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
