//! S4, content management: articles of the knowledge base (contract 7.4). Their text is HTML.

use super::{mapped, row, same};
use crate::condition::Condition;
use crate::convert::Convert;
use crate::entry::{Entry, PullBy};
use crate::field_rule::Direction::{self, ToPlatform};
use crate::field_rule::FieldRule;
use crate::rules::Rules;
use crate::side::Side;
use crate::value_map::Row;

pub(super) fn rules() -> Rules {
    let fields = vec![
        same("article number", "number", "reference", ToPlatform, "The article's number"),
        same("title", "short_description", "title", ToPlatform, "Text, as it is"),
        FieldRule {
            convert: Convert::Html { on: Side::ServiceNow },
            ..same("text", "text", "description", ToPlatform, "HTML there, plain text here")
        },
        FieldRule {
            direction: ToPlatform,
            ..mapped("status", "workflow_state", "status", "Status", states(), "By the status map")
        },
        same("author", "author", "owner", ToPlatform, "Matched by e-mail"),
    ];
    // With versioning several rows share a number, and this is the one that readers see.
    let latest = Condition::IsNot { field: "workflow_state".into(), value: "outdated".into() };
    Rules {
        table: "kb_knowledge".into(),
        direction: Direction::ToPlatform,
        pull_by: PullBy::Updated,
        entry: Entry { servicenow: latest, ..Entry::default() },
        ..Rules::new(fields)
    }
}

fn states() -> Vec<Row> {
    vec![
        row("draft", "Draft", "New"),
        row("review", "Review", "In Progress"),
        row("scheduled_publish", "Scheduled for publish", "In Progress"),
        row("published", "Published", "Resolved"),
        row("pending_retirement", "Pending retirement", "Resolved"),
        row("retired", "Retired", "Closed"),
        row("outdated", "Outdated", "Closed"),
    ]
}
