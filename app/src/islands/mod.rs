//! The parts of pages that need code of their own in the browser. Everything here is compiled for both halves.

pub mod also_here;
pub mod choosing;
pub mod conditions;
