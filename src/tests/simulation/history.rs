//! What people do in one history, and in what weather: made from a seed, and short enough to read.

use super::rules::{Mapping, USERS};
use merge::{Fields, Side, Stream, Value};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

#[derive(Clone, Debug)]
pub struct History {
    pub seed: u64,
    pub weather: Weather,
    /// The first one.
    pub mapping: Mapping,
    pub steps: Vec<Step>,
}

/// What goes wrong around the people. Each can be turned off to make a failing history shorter.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Processes are killed at any await point.
    pub crashes: bool,
    /// Processes sleep for longer than their leases, and go on.
    pub sleeps: bool,
    /// Webhooks are lost, repeated, late and out of order.
    pub lost_news: bool,
    /// Requests and answers are lost, and sides are busy.
    pub faults: bool,
    /// Sides drop, refuse, cut and change what is written.
    pub odd_fields: bool,
    pub workers: usize,
}

/// One act, and its number in the whole history: what chance does after it depends on nothing else.
#[derive(Clone, Debug)]
pub struct Step {
    pub number: u64,
    pub act: Act,
    /// Nothing else happens between this and the next one.
    pub at_once: bool,
}

/// Records are counted as they were opened.
#[derive(Clone, Debug)]
pub enum Act {
    Open {
        side: Side,
        /// The category in ServiceNow, the kind on the platform.
        kind: &'static str,
    },
    Edit {
        side: Side,
        record: usize,
        fields: Fields,
        how: How,
    },
    Comment {
        side: Side,
        record: usize,
        stream: Stream,
        body: String,
    },
    File {
        side: Side,
        record: usize,
        name: String,
        content: String,
    },
    Hide {
        side: Side,
        record: usize,
        hidden: bool,
    },
    HideJournal {
        hidden: bool,
    },
    HideField {
        side: Side,
        field: &'static str,
        hidden: bool,
    },
    Remove {
        side: Side,
        record: usize,
    },
    /// A person chooses for the first conflict of a record, if it has one.
    Choose {
        record: usize,
        pick: Pick,
    },
    /// A person acts on a dead letter, if there is one.
    Letters {
        which: usize,
        what: Letters,
    },
    /// An administrator lets the sides take every write, and retries all letters.
    Mend,
    /// A reconcile run that asks a person when it would touch more than so many.
    Run {
        heals: bool,
        share: i64,
    },
    /// The run that stopped goes on, or the one that is not over is cancelled.
    EndRun {
        goes_on: bool,
    },
    /// After so long ServiceNow takes the token no longer.
    TokenEnds {
        after_ms: i64,
    },
    Regenerate,
    Pause,
    Resume,
    Publish {
        mapping: Mapping,
    },
    Wait {
        ms: i64,
    },
    /// All that is known is worked off.
    Rest,
}

#[derive(Clone, Copy, Debug)]
pub enum How {
    Plainly,
    /// Time stamp now, commit later.
    CommittedLater {
        ms: i64,
    },
    /// Without touching any time stamp.
    Unseen,
}

#[derive(Clone, Copy, Debug)]
pub enum Pick {
    ServiceNow,
    Platform,
    Third,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    Retry,
    RetryCause,
    Discard,
}

const STATES: [&str; 6] = ["1", "2", "3", "6", "7", "8"];
const STATUSES: [&str; 4] = ["New", "In Progress", "On Hold", "Closed"];

impl History {
    pub fn of(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let weather = Weather {
            crashes: dice.random_bool(0.5),
            sleeps: dice.random_bool(0.4),
            lost_news: dice.random_bool(0.6),
            faults: dice.random_bool(0.6),
            odd_fields: dice.random_bool(0.3),
            workers: dice.random_range(1..=3),
        };
        let mapping = Mapping::drawn(&mut dice);
        let first = Act::Open { side: Side::ServiceNow, kind: "inquiry" };
        let mut steps = vec![Step { number: 0, act: first, at_once: false }];
        for number in 1..dice.random_range(6..=13) {
            let act = act(&mut dice, number);
            steps.push(Step { number, act, at_once: dice.random_bool(0.3) });
        }
        Self { seed, weather, mapping, steps }
    }
}

fn act(dice: &mut StdRng, number: u64) -> Act {
    let side = if dice.random_bool(0.5) { Side::ServiceNow } else { Side::Platform };
    let record = dice.random_range(0..3);
    match dice.random_range(0..122) {
        0..8 => {
            let kinds = match side {
                Side::ServiceNow => ["inquiry", "inquiry", "payroll", "hardware"],
                Side::Platform => ["General inquiry", "General inquiry", "Payroll", "Odd"],
            };
            Act::Open { side, kind: pick(dice, &kinds) }
        }
        8..50 => Act::Edit { side, record, fields: fields(dice, side, number), how: how(dice, side) },
        50..67 => {
            let stream = if dice.random_bool(0.5) { Stream::Public } else { Stream::Internal };
            let body = if dice.random_bool(0.3) { "the same again".to_owned() } else { format!("comment {number}") };
            Act::Comment { side, record, stream, body }
        }
        67..72 => {
            let content = if dice.random_bool(0.3) { "the same again".to_owned() } else { format!("file {number}") };
            Act::File { side, record, name: format!("{}.txt", dice.random_range(0..3)), content }
        }
        72..75 => Act::Hide { side, record, hidden: dice.random_bool(0.6) },
        75..77 => Act::HideJournal { hidden: dice.random_bool(0.5) },
        77..79 => {
            let field = if side == Side::ServiceNow { "description" } else { "title" };
            Act::HideField { side, field, hidden: dice.random_bool(0.6) }
        }
        79..82 => Act::Pause,
        82..85 => Act::Resume,
        85..88 => Act::Publish { mapping: Mapping::drawn(dice) },
        88..94 => Act::Wait { ms: pick(dice, &[700, 4_000, 21_000, 70_000]) },
        94..100 => Act::Rest,
        100..106 => Act::Choose { record, pick: pick(dice, &[Pick::ServiceNow, Pick::Platform, Pick::Third]) },
        106..111 => {
            let what = pick(dice, &[Letters::Retry, Letters::RetryCause, Letters::Discard]);
            Act::Letters { which: record, what }
        }
        111 => Act::Mend,
        112..114 => Act::Run { heals: dice.random_bool(0.7), share: dice.random_range(0..3) },
        114 => Act::EndRun { goes_on: dice.random_bool(0.5) },
        115 => Act::TokenEnds { after_ms: pick(dice, &[0, 900, 20_000]) },
        116 => Act::Regenerate,
        _ => Act::Remove { side, record },
    }
}

fn fields(dice: &mut StdRng, side: Side, number: u64) -> Fields {
    let mut fields = Fields::new();
    for _ in 0..if dice.random_bool(0.3) { 2 } else { 1 } {
        let text =
            if dice.random_bool(0.7) { format!("text {number}") } else { pick(dice, &["A", "B", ""]).to_owned() };
        let (field, value) = match (side, dice.random_range(0..14)) {
            (Side::ServiceNow, 0..3) => ("short_description", Value::text(&text)),
            (Side::Platform, 0..3) => ("title", Value::text(&text)),
            (_, 3..6) => ("description", Value::text(&text)),
            (Side::ServiceNow, 6..8) => ("state", Value::choice(pick(dice, &STATES))),
            (Side::Platform, 6..8) => ("status", Value::choice(pick(dice, &STATUSES))),
            (Side::ServiceNow, 8) => ("impact", Value::choice(pick(dice, &["1", "2", "3"]))),
            (Side::Platform, 8) => ("severity", Value::choice(pick(dice, &["1", "2", "3"]))),
            (Side::ServiceNow, 9) => ("hold_reason", Value::choice(pick(dice, &["1", "3", "4", ""]))),
            (Side::Platform, 9) => ("reference", Value::text(&text)),
            (Side::ServiceNow, 10) => ("category", Value::choice(pick(dice, &["inquiry", "payroll", "hardware"]))),
            (Side::Platform, 10) => ("kind", Value::choice(pick(dice, &["General inquiry", "Payroll", "Odd"]))),
            (Side::ServiceNow, 11..13) => ("assigned_to", user(dice)),
            (Side::Platform, 11..13) => ("owner", user(dice)),
            // No rule speaks of it.
            _ => ("mood", Value::text(&text)),
        };
        fields.insert(field.to_owned(), value);
    }
    fields
}

/// Somebody whom one side or both have, or nobody.
fn user(dice: &mut StdRng) -> Value {
    let [[both, here, _], [_, there, _]] = USERS;
    match dice.random_range(0..4) {
        0 => Value::user(both, ""),
        1 => Value::user(here, ""),
        2 => Value::user(there, ""),
        _ => Value::Empty,
    }
}

fn how(dice: &mut StdRng, side: Side) -> How {
    match dice.random_range(0..10) {
        0 if side == Side::ServiceNow => How::CommittedLater { ms: dice.random_range(1..25_000) },
        1 if side == Side::ServiceNow => How::Unseen,
        _ => How::Plainly,
    }
}

fn pick<T: Copy>(dice: &mut StdRng, from: &[T]) -> T {
    from[dice.random_range(0..from.len())]
}
