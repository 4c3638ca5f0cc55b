//! Queries against an interpreter that knows no SQL, over small tables in memory.

mod generate;
mod interpreter;
mod limits;
mod plans;
mod properties;
mod scripts;
mod world;
