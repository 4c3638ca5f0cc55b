//! The pure core: what should happen to a pair of records, and why.
//!
//! Nothing here waits, stores, sends or asks the time. [`plan()`] takes the base, both sides and the
//! rules, and answers with decisions that are explained in words people read. The rules it follows are
//! the table in `docs/architecture.md`, "Merge".

mod plan;
mod presets;
mod record;
mod rules;
mod streams;
mod value;
mod value_map;

pub use plan::{Base, Decision, Outcome, Plan, Resolution, Resolutions, Write, fields_of, plan, plan_creation};
pub use presets::incident_to_desk;
pub use record::{Edit, Fields, Record};
pub use rules::{Against, Convert, Direction, FieldRule, NoteRule, Owner, Rules, Strategy};
pub use streams::{Entry, Stream, attributed, missing};
pub use value::{Side, User, Value};
pub use value_map::{Row, Unmapped, ValueMap};
