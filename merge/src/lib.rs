//! The pure core: what should happen to a pair of records, and why. These pages are the specification of the merge;
//! the tests beside them hold it to its word.
//!
//! Nothing here waits, stores, sends or asks the time. [`plan()`] takes the base, both sides, the rules and what people
//! chose for conflicts, and answers with decisions that are explained in words people read.
//!
//! To be read in this order:
//!
//! * [`value`]: canonical values, the form in which things are compared; [`kind`]: how a side spells them.
//! * [`record`]: what a side holds, and who touched it when. **Hidden is not empty**: a field that the account may not
//!   see is absent, and nothing is ever concluded from it.
//! * [`field_rule`]: one row of a mapping: fields, direction, owner, priority. **A field with no rule is never touched.**
//! * [`convert`] and [`value_map`]: transforms, each a lens with its two laws; [`html`], [`cut`], [`template`].
//! * [`rules`]: the mapping, and what a connection lets through; [`condition`], [`entry`], [`deletion`].
//! * [`decide`]: the table of the merge; [`clash`]: who wins; [`resolution`]: what a person chose; [`plan`](mod@plan): the answer.
//! * [`streams`]: comments and work notes, which are sets and no fields.
//! * [`presets`]: mappings to start from; [`lint`]: what is wrong with one before it is published, beside what the sides
//!   have ([`offers`]); [`differences`]: what one has and another has not, in words.
//!
//! What holds for every mapping and every pair of records, as property tests in `tests/`: the result is the one of a
//! naive reading of the table; a plan that was carried out leaves nothing more to write; no field without a rule is ever
//! written; a hidden field is never cleared on the other side.

pub mod again;
pub mod civil;
pub mod clash;
pub mod condition;
pub mod convert;
pub mod cut;
pub mod decide;
pub mod deletion;
pub mod differences;
pub mod entry;
pub mod field_rule;
pub mod html;
pub mod kind;
pub mod lint;
mod notes;
pub mod offers;
pub mod plan;
pub mod presets;
pub mod record;
pub mod resolution;
pub mod rules;
pub mod side;
pub mod streams;
pub mod template;
#[cfg(test)]
mod tests;
pub mod value;
pub mod value_map;

pub use again::Past;
pub use condition::Condition;
pub use convert::Convert;
pub use deletion::{Deletion, Deletions, Left, OnDeletion, on_deletion};
pub use differences::{aspects, differences};
pub use entry::{Entry as EntryFilter, PullBy, Trigger, Triggers};
pub use field_rule::{Against, Direction, FieldRule, NoMatch, Owner, Put, Strategy, When};
pub use kind::{Junk, Kind};
pub use lint::{Finding, lint, lint_against};
pub use offers::{Choice, Offer, Offers};
pub use plan::{Base, Decision, Outcome, Plan, Write, fields_of, plan, plan_creation};
pub use presets::{Preset, incident_to_desk, presets};
pub use record::{Edit, Fields, Record};
pub use resolution::{Resolution, Resolutions};
pub use rules::{NoteRule, Rules};
pub use side::Side;
pub use streams::{Entry, Stream, attributed, missing};
pub use value::{Reference, User, Value};
pub use value_map::{Row, Unmapped, ValueMap};
