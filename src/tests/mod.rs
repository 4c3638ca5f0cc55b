//! Tests of the server: one file an area. `support` has the databases, the practice instance and the program.

mod architecture;
mod attachments;
mod causes;
mod conflicts;
mod conformance;
mod connect;
mod desk;
mod field_times;
mod files;
mod instance;
mod intake;
mod letters;
mod no_match;
mod queue;
mod readback;
mod roles;
mod runs;
mod servicenow;
mod simulation;
mod store;
mod support;
mod sync;
mod tables;
mod tokens;
mod upgrade;
mod web;
