//! What crosses between the browser and the server: plain data, nothing of the store and no secret.
//! Moments come formatted, so that both halves render the same text (a locale would differ).

mod conflicts;
mod connecting;
mod desk;
mod history;
mod mapping;
mod people;
mod pulse;
mod records;

pub use crate::islands::conditions::{ConditionRow, PickField};
pub use conflicts::*;
pub use connecting::*;
pub use desk::*;
pub use history::*;
pub use mapping::*;
pub use people::*;
pub use pulse::*;
pub use records::*;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Lists are counted no further than this: a page shall not wait for the last of a million rows.
pub const MANY: i64 = 100_000;

/// A moment as the page shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct When {
    /// RFC 3339 in UTC, for `<time datetime>` and the hover text.
    pub iso: String,
    /// Short text in the reader's zone: `21 Nov 03:22:10`.
    pub text: String,
}

/// What a person may do. Each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads everything.
    Viewer,
    /// Also edits tickets, tests connections, retries.
    Operator,
    /// Also connects, changes mappings and people.
    Admin,
}

/// The person who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// The zone in which this person sees times; empty while it is not known, and then they are UTC.
    pub zone: String,
}

/// Where a connection stands. The page colours by "must I act".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Saved, not yet authorized in ServiceNow.
    Draft,
    /// Authorized, tested, syncing.
    Active,
    /// Stopped by a person; what arrives waits.
    Paused,
    /// Stopped because a person must act; `state_note` says what and why.
    Held,
    /// Its access is gone by a person's wish; links and history are kept.
    Disconnected,
}

/// One row of Settings > Connections.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConnectionRow {
    pub id: String,
    pub name: String,
    /// `https://example.service-now.com`
    pub address: String,
    /// `production` or `sandbox`
    pub environment: String,
    pub state: ConnectionState,
    /// Why it is in that state and what to do; empty when there is nothing to say.
    pub state_note: String,
    /// The step of Connect to go on with; `None` when Connect is over.
    pub next_step: Option<i64>,
    /// Links with nothing waiting.
    pub in_sync: i64,
    /// Links with work queued.
    pub waiting: i64,
    /// Pairs that were taken apart.
    pub excluded: i64,
    /// Deliveries that a person must look at.
    pub failing: i64,
    /// Conflicts that are not over.
    pub conflicts: i64,
    pub last_change: Option<When>,
    /// Until the refresh token ends; `None` before somebody authorized.
    pub days_left: Option<i64>,
}

/// What Connect offers before anything is typed. Empty outside of the demo.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectDefaults {
    pub name: String,
    pub address: String,
    pub client_id: String,
    pub client_secret: String,
    /// Where ServiceNow must send the person back to: goes into the OAuth client there.
    pub redirect_url: String,
}

/// One check of a connection, as a sentence each for what, why and the way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub passed: bool,
    /// Stable, such as `CONN-HTML`; empty when passed.
    pub code: String,
    pub what: String,
    pub why: String,
    pub what_to_do: String,
}

/// The access to ServiceNow that a connection holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenState {
    pub authorized: bool,
    /// The ServiceNow user who authorized.
    pub acting_as: String,
    pub access_ends: Option<When>,
    /// End of the refresh token. ServiceNow does not extend it.
    pub refresh_ends: Option<When>,
    /// The same as `2026-11-30`, for a date input.
    pub refresh_ends_day: String,
    pub last_refresh: Option<When>,
}

/// The page about what is installed in ServiceNow for a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicenowSide {
    pub id: String,
    /// Its name.
    pub connection: String,
    /// The table in ServiceNow.
    pub table: String,
    pub is_draft: bool,
    pub steps: SetupSteps,
    /// Where the records of the kit post to; has an unguessable part. Empty for those who are no administrators.
    pub webhook_address: String,
    /// For administrators, since it holds a secret.
    pub kit: Vec<KitPiece>,
    pub guide: Vec<GuideSection>,
}

/// How far the set-up of ServiceNow's side has come, as far as this server saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupSteps {
    /// When the file was last downloaded.
    pub fetched: Option<When>,
    /// When the connection's own account last wrote the records.
    pub written: Option<When>,
    /// The last webhook that was signed with the present secret.
    pub last_signed: Option<When>,
}

/// A part of the guide for the administrator of ServiceNow, filled in for the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuideSection {
    pub title: String,
    /// Made from our own text; values in it are escaped.
    pub html: String,
}

/// What ServiceNow shows of the kit, beside what would be installed now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitCheck {
    pub at: When,
    pub pieces: Vec<PieceCheck>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PieceCheck {
    pub kind: String,
    pub name: String,
    pub is_optional: bool,
    pub standing: PieceStanding,
    /// What was found, in sentences.
    pub what: String,
    pub what_to_do: String,
    pub differences: Vec<PieceDifference>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceStanding {
    Same,
    Differs,
    /// It is there and does nothing.
    Off,
    Missing,
    /// This account cannot see whether it is there, or what is in it.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PieceDifference {
    /// As the form calls the field.
    pub field: String,
    /// Whether the values are not shown because one is a secret.
    pub is_secret: bool,
    pub there: String,
    pub wanted: String,
}

/// One record that ServiceNow gets, as a person makes it by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitPiece {
    /// `Business Rule`
    pub kind: String,
    pub name: String,
    pub is_optional: bool,
    pub does: String,
    /// The clicks to an empty form.
    pub path: String,
    /// Labels of the form and what to fill in.
    pub form: Vec<(String, String)>,
    /// To paste; empty where there is none.
    pub script: String,
    pub check: String,
}

/// Everything on a connection's own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionPage {
    pub row: ConnectionRow,
    /// Another instance than before may answer, or another console write there: a person must say.
    pub is_doubted: bool,
    /// The table in ServiceNow.
    pub table: String,
    pub client_id: String,
    pub redirect_url: String,
    pub tokens: TokenState,
    /// The last test, newest first in order of what was tried; empty before the first.
    pub checks: Vec<Check>,
    pub tested: Option<When>,
    /// Where ServiceNow's business rule posts to; has an unguessable part.
    pub webhook_address: String,
    pub webhooks: Webhooks,
    pub last_webhook: Option<When>,
    pub last_poll: Option<When>,
    pub polling: Polling,
    pub mapping: MappingLine,
}

/// How a connection is polled, and what that proves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Polling {
    pub shortest_ms: i64,
    pub longest_ms: i64,
    pub streams: Vec<StreamRow>,
    /// Changes that polling found before any webhook told of them.
    pub recovered: i64,
    pub newest: Option<When>,
}

/// Whether a stream of changes can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reading {
    Open,
    Closed,
    Failing,
    NotYet,
}

/// One stream of changes, and from when to when nothing of it was missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRow {
    pub what: String,
    pub reading: Reading,
    pub from: Option<When>,
    pub to: Option<When>,
    /// Why it cannot be told, or why the last reading failed.
    pub note: String,
}

/// How a connection takes webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhooks {
    /// Where a button posts that sends a record whatever the trigger says; has an unguessable part.
    pub send_address: String,
    pub takes_unsigned: bool,
    pub secret_since: When,
    pub secret_used: Option<When>,
    /// The secret before the present one, while it is valid.
    pub former: Option<FormerSecret>,
    /// The newest first.
    pub turned_away: Vec<TurnedAwayRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerSecret {
    pub used: Option<When>,
    pub ends: When,
}

/// Calls that were not taken, for one reason. What the newest looked like is all that is kept of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnedAwayRow {
    pub why: String,
    pub todo: String,
    pub calls: i64,
    pub first: When,
    pub last: When,
    pub bytes: i64,
    pub peer: String,
    pub excerpt: String,
}

/// The numbers of the first page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub connections: Vec<ConnectionRow>,
    /// By the id of a connection.
    pub pulses: BTreeMap<String, Vec<Beat>>,
    pub recent: Vec<ChangeRow>,
}

/// What the Failures page is asked for. All of it lives in the page's address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureFilter {
    /// A connection's id, or empty for all.
    pub connection: String,
    /// A cause, for the letters of it; empty for the causes.
    pub cause: String,
    /// From 1.
    pub page: i64,
}

/// All dead letters that one fix repairs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureGroup {
    pub connection_id: String,
    pub connection: String,
    pub cause: String,
    /// `Writing status to ServiceNow`
    pub what: String,
    pub problem: String,
    pub letters: i64,
    pub first: When,
    pub last: When,
}

/// One dead letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRow {
    pub id: String,
    pub connection: String,
    /// The link's id; empty when there is none.
    pub link: String,
    /// The incident's number; empty when there is no link.
    pub reference: String,
    pub ticket_id: String,
    pub ticket_number: String,
    pub what: String,
    /// The value that was to be written.
    pub wanted: String,
    pub problem: String,
    pub attempts: i64,
    pub since: When,
}

/// A link that needs a person although no write of it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedRow {
    /// The link's id.
    pub link: String,
    pub connection: String,
    pub reference: String,
    pub ticket_id: String,
    pub ticket_number: String,
    pub note: String,
    pub since: When,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureList {
    /// Where no cause was asked for.
    pub groups: Vec<FailureGroup>,
    /// Where one was.
    pub rows: Vec<FailureRow>,
    pub noted: Vec<NotedRow>,
    pub noted_total: i64,
    /// Of all causes together, where no cause was asked for.
    pub failures: i64,
    pub total: i64,
    pub page: i64,
    pub pages: i64,
    /// The connections to filter by: id and name.
    pub connections: Vec<(String, String)>,
}

/// One dead letter, opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailurePage {
    pub row: FailureRow,
    pub connection_id: String,
    pub cause: String,
    /// `open`, `retried`, `discarded`, `settled`
    pub state: String,
    pub reason: String,
    pub closed_by: String,
    pub closed: Option<When>,
    /// How many open ones have this cause.
    pub same: i64,
}

/// When a connection looks for drift by itself, and how much a run may touch before a person is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftSettings {
    /// The connection's id.
    pub connection: String,
    /// 0 for never.
    pub every_minutes: i64,
    pub heals: bool,
    /// Percent of the links.
    pub share: i64,
    pub least: i64,
}

/// One reconcile run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    pub id: String,
    /// `dry`, `healing`, `backfill`
    pub kind: String,
    /// A backfill's first day.
    pub since: Option<When>,
    /// `running`, `stopped`, `done`, `cancelled`
    pub state: String,
    pub begun_by: String,
    pub begun: When,
    pub ended: Option<When>,
    /// The links when it began.
    pub links: i64,
    pub looked: i64,
    /// Records that differ: written by a healing run.
    pub touched: i64,
    pub differences: i64,
    /// So many may be touched before a person is asked.
    pub allowed: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftPage {
    pub connection_id: String,
    pub connection: String,
    pub settings: DriftSettings,
    pub runs: Vec<RunRow>,
    pub total: i64,
    pub page: i64,
    pub pages: i64,
}

/// A difference that no change explains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRow {
    pub field: String,
    pub servicenow: String,
    pub platform: String,
    pub why: String,
    /// The link's id; empty for a record without one.
    pub link: String,
    pub reference: String,
    pub ticket_id: String,
    pub ticket_number: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPage {
    pub row: RunRow,
    pub connection_id: String,
    pub connection: String,
    /// Differences by field, the most first.
    pub by_field: Vec<(String, i64)>,
    pub findings: Vec<FindingRow>,
    pub total: i64,
    pub page: i64,
    pub pages: i64,
}

/// Days to keep each kind; 0 for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionDays {
    pub history: i64,
    pub changes: i64,
    pub deliveries: i64,
    pub closed: i64,
    pub runs: i64,
}

/// A removal by retention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgeRow {
    pub at: When,
    /// `history`, `changes`, `deliveries`, ...
    pub what: String,
    pub removed: i64,
    pub up_to: When,
}
