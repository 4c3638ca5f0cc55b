//! What other rules would have made of the changes of some days, compared with what was done. It is read from the history,
//! page by page, the newest first; nothing is asked of a side.

use super::story::{self, FieldLine, Story};
use crate::clock;
use crate::store::{Connection, HistoryLine, HistorySearch, Result, Store};
use merge::{Outcome, Past, Rules, Side};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Lines of the history that are read at a time.
const PAGE: i64 = 200;
/// Changes that one look decides again at most.
const MOST: i64 = 20_000;
/// Examples that are kept of each field.
const EXAMPLES: usize = 5;
/// A line is written a little after its id was made: so far apart they may be.
const BETWEEN_MS: i64 = 60_000;

/// A change of the past that would have gone otherwise.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Otherwise {
    /// The line of the history.
    pub change: String,
    pub at: i64,
    pub link: String,
    pub reference: String,
    pub ticket_id: String,
    pub ticket_number: String,
    pub rule: String,
    /// What was done, and what would have been, in words.
    pub was: String,
    pub would: String,
}

/// How far it has come, and what was found so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Replay {
    /// The span that was asked for.
    pub from: i64,
    pub to: i64,
    /// The oldest change that was decided again; 0 while there is none.
    pub reached: i64,
    /// Whether there were more changes than one look decides again.
    pub is_cut: bool,
    /// Fields of changes that were decided again, and those of which too little is kept.
    pub decided: i64,
    pub unknown: i64,
    /// By rule, those that would have gone otherwise.
    pub otherwise: BTreeMap<String, i64>,
    pub examples: Vec<Otherwise>,
    /// Where the next page goes on.
    behind: String,
}

impl Replay {
    pub fn of(from: i64, to: i64) -> Self {
        Self { from, to, ..Self::default() }
    }

    /// Decides the next changes again; false when there are no more.
    pub async fn go_on(&mut self, store: &Store, connection: &Connection) -> Result<bool> {
        let search = HistorySearch {
            connection: &connection.id,
            from: self.from,
            before: &self.behind,
            after: &clock::earliest_id(self.from - BETWEEN_MS),
            limit: PAGE,
            ..HistorySearch::default()
        };
        let page = store.history_page(&search).await?;
        for line in &page.lines {
            self.take(&connection.rules, line);
        }
        self.is_cut = page.next.is_some() && self.decided + self.unknown >= MOST;
        self.behind = page.next.unwrap_or_default();
        Ok(!self.behind.is_empty() && !self.is_cut)
    }

    fn take(&mut self, rules: &Rules, line: &HistoryLine) {
        let story: Story = serde_json::from_str(&line.story).unwrap_or_default();
        for field in &story.fields {
            // What a person chose, and what entered, was not decided between two values.
            let Some(past) = &field.past else { continue };
            self.reached = if self.reached == 0 { line.at } else { self.reached.min(line.at) };
            match compare(rules, line, field, past) {
                Compared::Unknown => self.unknown += 1,
                Compared::Same => self.decided += 1,
                Compared::Otherwise { was, would } => {
                    self.decided += 1;
                    self.keep(line, &field.field, was, would);
                }
            }
        }
    }

    fn keep(&mut self, line: &HistoryLine, rule: &str, was: String, would: String) {
        *self.otherwise.entry(rule.to_owned()).or_default() += 1;
        if self.examples.iter().filter(|example| example.rule == rule).count() < EXAMPLES {
            self.examples.push(Otherwise {
                change: line.id.clone(),
                at: line.at,
                link: line.link_id.clone(),
                reference: line.reference.clone(),
                ticket_id: line.ticket_id.clone().unwrap_or_default(),
                ticket_number: line.ticket_number.clone().unwrap_or_default(),
                rule: rule.to_owned(),
                was,
                would,
            });
        }
    }
}

enum Compared {
    /// Too little is kept to say.
    Unknown,
    Same,
    /// What was done, and what would have been.
    Otherwise {
        was: String,
        would: String,
    },
}

fn compare(rules: &Rules, line: &HistoryLine, field: &FieldLine, past: &Past) -> Compared {
    let was = match line.direction.as_str() {
        "to_platform" => got(rules, Side::Platform, &field.result),
        "to_servicenow" => got(rules, Side::ServiceNow, &field.result),
        _ => ASKED.to_owned(),
    };
    let would = match rules.rule(&field.field) {
        None => "Nothing: no rule is about it.".to_owned(),
        Some(rule) => {
            let Some(decision) = past.again(rules, rule) else { return Compared::Unknown };
            match &decision.outcome {
                Outcome::Write(write) => got(rules, write.to, &story::line(rules, &decision).result),
                Outcome::Conflict { .. } => ASKED.to_owned(),
                Outcome::Refuse { sentence } => format!("It waits for a person: {sentence}"),
                Outcome::Leave => "Nothing: each side keeps its own.".to_owned(),
                Outcome::Nothing | Outcome::Agree { .. } | Outcome::Note { .. } => "Nothing.".to_owned(),
            }
        }
    };
    if was == would { Compared::Same } else { Compared::Otherwise { was, would } }
}

const ASKED: &str = "A person is asked.";

fn got(rules: &Rules, side: Side, value: &str) -> String {
    let value = if value.is_empty() { "nothing".to_owned() } else { format!("\"{value}\"") };
    format!("{} gets {value}.", rules.name_of(side))
}
