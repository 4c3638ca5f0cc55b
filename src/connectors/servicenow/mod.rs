//! ServiceNow, by its Table API. The contract's sections are named where they bite.

mod answer;
mod causes;
mod changes;
mod client;
mod columns;
mod dictionary;
mod edits;
mod encoded;
mod files;
mod gone;
mod identity;
mod installed;
mod journal;
mod journal_text;
pub mod kit;
mod metadata;
mod pacer;
mod people;
mod permissions;
mod refusals;
mod side;
mod sight;
mod signature;
mod skew;
mod survey;
mod trial;
mod turn;
mod usual;
mod write;

pub use answer::Answer;
pub use client::{Access, Instance, REFUSED_AGAIN, probe};
pub use permissions::{Found, Need, Operation, Right};
pub use side::ServiceNow;
pub use signature::{is_signed, signature};
pub use survey::{ShownColumn, Survey};
pub use trial::TRIAL;
