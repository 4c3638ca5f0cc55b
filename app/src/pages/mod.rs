//! One file for each address.

pub mod api;
pub mod audit;
pub mod change;
pub mod conflicts;
pub mod connect;
pub mod connection;
pub mod connections;
pub mod design;
pub mod drift;
pub mod errors;
pub mod failure;
pub mod failures;
pub mod first_run;
pub mod history;
pub mod mapping;
pub mod not_found;
pub mod overview;
pub mod people;
pub mod record;
pub mod retention;
pub mod run;
pub mod sign_in;
pub mod ticket;
pub mod tickets;
pub mod tokens;
