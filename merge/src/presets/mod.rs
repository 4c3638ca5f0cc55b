//! Mappings to start from, one for each way of working that the product was asked to serve. All of it is data: a person
//! changes any of it in the mapping's page.

mod article;
mod case;
mod incident;
mod on_call;
mod ownership;

pub use incident::incident_to_desk;

use crate::convert::Convert;
use crate::field_rule::{Direction, FieldRule};
use crate::rules::Rules;
use crate::value_map::{Row, ValueMap};

pub struct Preset {
    /// Names it in addresses and commands.
    pub id: &'static str,
    pub name: &'static str,
    /// What it is for.
    pub sentence: &'static str,
    pub rules: Rules,
}

pub fn presets() -> Vec<Preset> {
    vec![
        Preset {
            id: "incident",
            name: "Incidents and tickets",
            sentence: "Incidents with a mapped category become tickets, and both teams see the same status, owner and dates.",
            rules: incident_to_desk(),
        },
        Preset {
            id: "on_call",
            name: "Incidents and alerts on call",
            sentence: "State to progress with On Hold as snoozed for two hours, urgency to severity, custom fields and labels; either side creates.",
            rules: on_call::rules(),
        },
        Preset {
            id: "ownership",
            name: "Incidents with owned fields",
            sentence: "Each field belongs to one side, severity follows from priority and impact, and the owner wins a clash.",
            rules: ownership::rules(),
        },
        Preset {
            id: "case",
            name: "Customer service cases",
            sentence: "Cases of sn_customerservice_case with account and contact become tickets, by their last update.",
            rules: case::rules(),
        },
        Preset {
            id: "article",
            name: "Knowledge articles",
            sentence: "Articles of kb_knowledge are copied to the platform as plain text; nothing is written to ServiceNow.",
            rules: article::rules(),
        },
    ]
}

fn same(name: &str, servicenow: &str, platform: &str, direction: Direction, note: &str) -> FieldRule {
    FieldRule { direction, note: note.into(), ..FieldRule::same(name, servicenow, platform) }
}

fn mapped(name: &str, servicenow: &str, platform: &str, title: &str, rows: Vec<Row>, note: &str) -> FieldRule {
    let convert = Convert::Map { map: ValueMap { title: title.into(), rows } };
    FieldRule { convert, ..same(name, servicenow, platform, Direction::Both, note) }
}

fn row(servicenow: &str, label: &str, platform: &str) -> Row {
    Row { servicenow: servicenow.into(), label: label.into(), platform: platform.into(), ..Row::default() }
}

impl Row {
    fn default_row(self) -> Self {
        Self { default: true, ..self }
    }

    fn requires(mut self, fields: &[(&str, &str)]) -> Self {
        self.requires.extend(fields.iter().map(|(field, template)| ((*field).to_owned(), (*template).to_owned())));
        self
    }

    fn writes(mut self, fields: &[(&str, &str)]) -> Self {
        self.writes.extend(fields.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())));
        self
    }

    /// What ServiceNow demands of an incident that is resolved or closed (contract 3.4).
    fn resolved(self) -> Self {
        self.requires(&[("close_code", "Solution provided"), ("close_notes", "Resolved in Desk, ticket {number}.")])
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
