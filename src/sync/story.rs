//! What is kept of a change for people to read: each field with its reason, and the steps it took.

use super::Engine;
use crate::clock::Clock;
use crate::store::{Link, NewLine, Result, Tx};
use merge::{Convert, Decision, FieldRule, Outcome, Past, Record, Rules, Side, Value};
use serde::{Deserialize, Serialize};

/// One field, as the history page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldLine {
    pub field: String,
    pub base: String,
    pub servicenow: String,
    pub platform: String,
    pub result: String,
    pub why: String,
    /// What it was decided on, to be decided again by the draft of another mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<Past>,
}

/// Longer values are not kept a second time: a change of them is not decided again.
const LONG: usize = 2_000;

/// Kept as JSON with the history line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    pub fields: Vec<FieldLine>,
    /// UTC milliseconds and a sentence.
    pub steps: Vec<(i64, String)>,
    /// Whose edit it was, as far as the side tells.
    pub who: String,
    /// When the news arrived, for measuring; 0 when nobody told.
    pub heard_at: i64,
    /// How it arrived; empty when nobody told of it.
    #[serde(default)]
    pub heard_by: String,
    /// The versions of the records that were read, as the sides name them.
    #[serde(default)]
    pub servicenow_version: String,
    #[serde(default)]
    pub platform_version: String,
    /// The delivery that carried it out; its attempts are kept by this.
    #[serde(default)]
    pub delivery: String,
}

impl Story {
    pub fn begin(rules: &Rules, decisions: &[Decision], heard: Option<(String, i64)>, now: i64) -> Self {
        let mut steps = Vec::new();
        let (mut heard_at, mut heard_by) = (0, String::new());
        if let Some((source, at)) = heard {
            heard_at = at;
            let how = match source.as_str() {
                "webhook" => "ServiceNow's business rule told of a change.",
                "poll" => "Polling found a change.",
                _ => "A person edited the ticket in Desk.",
            };
            steps.push((at, how.to_owned()));
            heard_by = source;
        }
        steps.push((now, "Both sides were read and the merge decided.".to_owned()));
        Self {
            fields: decisions.iter().map(|decision| line(rules, decision)).collect(),
            steps,
            who: decisions.first().map(|decision| decision.by.by.clone()).unwrap_or_default(),
            heard_at,
            heard_by,
            ..Self::default()
        }
    }

    /// The records that were read.
    #[must_use]
    pub fn of_records(self, servicenow: &Record, platform: &Record) -> Self {
        Self { servicenow_version: servicenow.version.clone(), platform_version: platform.version.clone(), ..self }
    }

    /// News from before the link last moved was dealt with then: what is found now, nobody told of.
    #[must_use]
    pub fn unless_dealt_with(mut self, link: &Link) -> Self {
        if self.heard_at <= link.changed_at {
            self.heard_by.clear();
        }
        self
    }

    #[must_use]
    pub fn step(mut self, at: i64, sentence: impl Into<String>) -> Self {
        self.steps.push((at, sentence.into()));
        self
    }
}

pub(super) fn line(rules: &Rules, decision: &Decision) -> FieldLine {
    let rule = rules.rule(&decision.rule);
    let servicenow = |value: &Value| spelled(rule, Side::ServiceNow, value);
    let on = |value: &Option<Value>, shown: &dyn Fn(&Value) -> String| value.as_ref().map(shown).unwrap_or_default();
    let result = match &decision.outcome {
        Outcome::Write(write) => match (write.fields.iter().next(), write.fields.len()) {
            (Some((_, value)), 1) if write.to == Side::ServiceNow => servicenow(value),
            (Some((_, value)), 1) => show(value),
            _ => write
                .fields
                .iter()
                .map(|(field, value)| format!("{field}: {}", show(value)))
                .collect::<Vec<_>>()
                .join(", "),
        },
        Outcome::Note { text, .. } => text.clone(),
        Outcome::Agree { value } => show(value),
        _ => String::new(),
    };
    FieldLine {
        field: decision.rule.clone(),
        base: on(&decision.base, &show),
        servicenow: on(&decision.servicenow, &servicenow),
        platform: on(&decision.platform, &show),
        result,
        why: decision.sentence(rules),
        past: rule.filter(|_| is_of_the_merge(decision)).and_then(|rule| past(rule, decision)),
    }
}

/// Written or asked about by the rules alone, and not because a person had chosen.
fn is_of_the_merge(decision: &Decision) -> bool {
    match &decision.outcome {
        Outcome::Write(write) => write.agree.is_some(),
        outcome => matches!(outcome, Outcome::Conflict { .. }),
    }
}

fn past(rule: &FieldRule, decision: &Decision) -> Option<Past> {
    let values = [&decision.base, &decision.servicenow, &decision.platform].into_iter().flatten();
    let length: usize = values.map(|value| value.plain().len()).sum();
    if length > LONG { None } else { Past::of(rule, decision) }
}

/// What a side holds, as people read it. ServiceNow's choice values are numbers: what people call them stands beside.
pub fn spelled(rule: Option<&FieldRule>, side: Side, value: &Value) -> String {
    match rule.map(|rule| &rule.convert) {
        Some(Convert::Map { map }) if side == Side::ServiceNow => {
            let plain = value.plain();
            map.row_of(&plain).map_or_else(|| show(value), |row| format!("{} ({plain})", row.label))
        }
        _ => show(value),
    }
}

/// A value as people read it.
pub fn show(value: &Value) -> String {
    match value {
        Value::User(user) if !user.email.is_empty() => format!("{} <{}>", user.name, user.email),
        other => other.to_string(),
    }
}

/// Writes a line of history; `to` is the side that something went to.
pub(super) async fn tell(
    clock: &dyn Clock,
    tx: &mut Tx,
    link: &Link,
    to: Option<Side>,
    kind: &str,
    summary: &str,
    story: &Story,
) -> Result<()> {
    let direction = match to {
        Some(Side::Platform) => "to_platform",
        Some(Side::ServiceNow) => "to_servicenow",
        None => "",
    };
    let text = serde_json::to_string(story).unwrap_or_default();
    let fields: Vec<&str> = story.fields.iter().map(|line| line.field.as_str()).collect();
    tx.add_history(&NewLine {
        id: &clock.id(),
        at: clock.now(),
        connection: &link.connection_id,
        link: &link.id,
        direction,
        kind,
        summary,
        who: &story.who,
        heard: &story.heard_by,
        story: &text,
        fields: &fields,
    })
    .await
}

/// Writes a line about something that a person must act on.
pub(super) async fn problem(engine: &Engine, tx: &mut Tx, link: &Link, why: &str) -> Result<()> {
    problem_of(engine, tx, link, why, "").await
}

/// The same about a delivery, whose attempts tell more.
pub(super) async fn problem_of(engine: &Engine, tx: &mut Tx, link: &Link, why: &str, delivery: &str) -> Result<()> {
    let story = Story { delivery: delivery.to_owned(), ..Story::default() }.step(engine.clock.now(), why);
    tell(engine.clock.as_ref(), tx, link, None, "problem", why, &story).await
}

/// `Title, status and owner`: the beginning of a sentence.
pub(super) fn list(names: &[String]) -> String {
    let list = match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    };
    let mut letters = list.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
