//! What keeps callers from taking too much (contract 10): rate rules, the pool of threads for REST, and
//! the queue of one session.

mod line;
mod rate;
mod session;

pub(crate) use line::Line;
pub(crate) use rate::{Rates, Rule};
pub(crate) use session::{Session, Sessions};
