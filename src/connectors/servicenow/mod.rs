//! ServiceNow, by its Table API. The contract's sections are named where they bite.

mod answer;
mod causes;
mod client;
mod columns;
mod dictionary;
mod edits;
mod files;
mod gone;
mod journal;
mod journal_text;
mod metadata;
mod pacer;
mod people;
mod refusals;
mod rule;
mod side;
mod sight;
mod skew;
mod turn;
mod usual;
mod write;

pub use answer::Answer;
pub use client::{Access, Instance, REFUSED_AGAIN, probe};
pub use rule::{business_rule, is_signed, signature};
pub use side::ServiceNow;
