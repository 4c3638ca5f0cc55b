//! Connect, step by step; the live test; what the account may do; and the end of a connection.

use super::{Check, ConditionRow, PickField, SetupSteps, When};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The steps of Connect, in order; the first has the number 1.
pub const CONNECT_STEPS: [&str; 6] =
    ["Instance", "Capability", "Authorization", "What to sync", "Mappings", "ServiceNow side"];

/// The address of one step of a connection's set-up.
pub fn step_address(connection: &str, step: i64) -> String {
    format!("/settings/connections/{connection}/connect/{step}")
}

/// One step of Connect as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectStep {
    pub id: String,
    /// The connection's name.
    pub connection: String,
    /// The step that is shown, from 1.
    pub step: i64,
    /// The step to go on with; all before it are done.
    pub reached: i64,
    /// Whether changes flow already.
    pub syncs: bool,
    pub content: StepContent,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepContent {
    Instance(InstanceStep),
    Capability(CapabilityStep),
    Authorization(AuthorizationStep),
    What(WhatStep),
    Mappings(MappingsStep),
    Servicenow(ServicenowStep),
    /// It is done somewhere else, or another step comes first.
    Elsewhere {
        why: String,
        href: String,
        link: String,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceStep {
    pub name: String,
    pub address: String,
    pub client_id: String,
    /// Whether a secret is kept, so that the form need not bring one.
    pub has_secret: bool,
    pub redirect_url: String,
    /// Links belong to the instance, so its address stays.
    pub is_fixed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapabilityStep {
    pub environment: String,
    /// The preset of the table that is chosen.
    pub preset: String,
    pub tables: Vec<TableChoice>,
    /// Links belong to the table, so it stays.
    pub is_fixed: bool,
}

/// A table that can be joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableChoice {
    /// The preset that its mapping begins with.
    pub preset: String,
    pub name: String,
    pub table: String,
    pub sentence: String,
    /// The connection that joins this table of the instance already; empty when none does.
    pub joined_by: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationStep {
    pub address: String,
    pub redirect_url: String,
    pub table: String,
    /// The ServiceNow user who authorized; empty before.
    pub acting_as: String,
    pub checks: Vec<Check>,
    /// What the account needs there, each a sentence.
    pub rights: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatStep {
    pub table: String,
    pub fields: Vec<PickField>,
    /// Why these are not the instance's own; empty when they are.
    pub fields_note: String,
    pub rows: Vec<ConditionRow>,
    /// A filter that rows cannot say, in words; empty when there is none.
    pub kept: String,
    /// `created` or `updated`
    pub pull_by: String,
    /// The first day of the history, as `2026-11-30`; empty for from now on.
    pub history: String,
    pub matching: Matching,
}

/// How many records a filter finds, as far as the instance tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matching {
    /// All of the table.
    pub all: Option<i64>,
    pub found: Option<i64>,
    /// Of these, those whose value of the rule that lets records enter has a row; `None` when every record may enter.
    pub mapped: Option<i64>,
    /// Those that the chosen history would pull.
    pub history: Option<i64>,
    /// How long that would take, in words.
    pub takes: String,
    /// Why something of it is not known.
    pub problem: String,
}

/// What to sync, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WhatForm {
    pub connection: String,
    /// The rows of the filter, by the inputs' names: `filter.0.field`.
    pub typed: BTreeMap<String, String>,
    pub pull_by: String,
    /// `now` or `since`
    pub from: String,
    /// With `since`: the first day.
    pub day: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingsStep {
    /// The mapping's version that this is of.
    pub version: i64,
    pub table: String,
    pub field_rules: i64,
    /// Id, name and what it is for, of the presets for this table.
    pub presets: Vec<(String, String, String)>,
    pub warnings: Vec<String>,
    pub suggestions: Vec<Suggestion>,
    /// Why the instance's own choices are not known; empty when they are.
    pub problem: String,
}

/// A value of the instance that no row of a value map has, and the row that could be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    pub rule: String,
    /// `Status`
    pub title: String,
    pub value: String,
    pub label: String,
    /// How many records have it; `None` when nobody could tell.
    pub records: Option<i64>,
    /// The platform's value that is suggested.
    pub platform: String,
    /// What it may be paired with.
    pub options: Vec<String>,
    /// Without a row such records stay out, which may be meant; of other rules they cannot be synced.
    pub keeps_out: bool,
}

/// Suggested rows of which a person takes some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TakeForm {
    pub connection: String,
    pub version: i64,
    pub rows: BTreeMap<String, TakenRow>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TakenRow {
    pub rule: String,
    pub value: String,
    pub label: String,
    pub platform: String,
    /// Ticked: a check box sends its name only then.
    pub take: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicenowStep {
    pub table: String,
    pub side: SetupSteps,
    pub test: LiveTest,
}

/// Create there, see here, change here, see there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveTest {
    /// Why it cannot be run; empty when it can.
    pub unable: String,
    /// Empty before the first one.
    pub steps: Vec<LiveStep>,
    pub begun: Option<When>,
    pub runs: bool,
    /// The record's number, its page there, and its ticket; empty until they are known.
    pub number: String,
    pub record_url: String,
    pub ticket: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    #[default]
    Waiting,
    Running,
    Done,
    Failed,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveStep {
    pub what: String,
    pub progress: Progress,
    /// What was seen, or why it failed and what to do.
    pub note: String,
}

/// The access of a connection beside its token: who gave it, and what waits for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorized {
    /// The person of this console; empty where the audit does not say.
    pub by: String,
    pub at: Option<When>,
}

/// What the account may do of all that the connection needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionsPage {
    pub id: String,
    pub connection: String,
    pub acting_as: String,
    /// Nothing can be tried without an authorization.
    pub is_able: bool,
    /// When it was tried last.
    pub at: Option<When>,
    pub rights: Vec<RightRow>,
    /// The smallest rights that are missing, as a letter to the administrator of ServiceNow; empty when none is.
    pub letter: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RightStanding {
    Granted,
    Missing,
    /// It cannot be told without writing, or from here.
    Unknown,
}

/// One right that the connection needs or can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightRow {
    pub table: String,
    /// Empty for the table as a whole.
    pub field: String,
    /// `read`, `write`, `create`, `query`
    pub operation: String,
    /// What it is for.
    pub why: String,
    /// The connection runs without it.
    pub is_optional: bool,
    pub standing: RightStanding,
    /// How that was found out.
    pub how: String,
    /// The smallest right that would do, when it is missing: with the role.
    pub ask: String,
}

/// What is left when a connection ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisconnectPage {
    pub id: String,
    pub connection: String,
    pub address: String,
    pub is_draft: bool,
    pub is_disconnected: bool,
    pub links: i64,
    pub waiting: i64,
    /// Whether rules of ours may still stand in ServiceNow.
    pub is_installed: bool,
}
