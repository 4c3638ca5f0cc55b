//! ServiceNow, by its Table API. The contract's sections are named where they bite.

mod answer;
mod causes;
mod changes;
mod client;
mod columns;
mod dictionary;
mod edits;
mod files;
mod gone;
mod identity;
mod installed;
mod journal;
mod journal_text;
pub mod kit;
mod metadata;
mod offers;
mod pacer;
mod people;
mod refusals;
mod side;
mod sight;
mod signature;
mod skew;
mod turn;
mod usual;
mod write;

pub use answer::Answer;
pub use client::{Access, Instance, REFUSED_AGAIN, probe};
pub use side::ServiceNow;
pub use signature::{is_signed, signature};
