//! The server of Isthmus, in reading order.

#![recursion_limit = "256"]

/// People: passwords, sessions, roles.
pub mod auth;
/// Commands and settings; `--help` is the manual.
pub mod cli;
/// Time, ids and random numbers, passed in everywhere.
pub mod clock;
/// One folder per platform: its API into merge's records and back.
pub mod connectors;
/// Desk, the built-in ticket platform.
pub mod desk;
/// Webhooks: verify, keep, answer.
pub mod intake;
/// Other processes on the same PostgreSQL.
pub mod neighbours;
/// Tells open pages that something of theirs changed.
pub mod news;
/// The access tokens of connections.
pub mod oauth;
/// What a person or a program may ask for, one function each.
pub mod operations;
/// Durable jobs in our own database.
pub mod queue;
/// Seal and open.
pub mod secrets;
/// Builds every part once and joins them.
pub mod start;
/// The first signal finishes what runs, the second leaves.
pub mod stop;
/// All SQL; nothing else has any.
pub mod store;
/// Moves data: observe, plan, store, deliver, poll.
pub mod sync;
/// Router and layers in order.
pub mod web;

#[cfg(test)]
mod tests;
