//! What tests are made of: throw-away databases, a hand-turned clock, and a whole program beside a practice
//! ServiceNow, both really listening.

mod builders;
mod databases;
mod instance;
mod pair;
mod program;
mod turned_clock;

pub use builders::connection;
pub use databases::{Database, empty_postgres, empty_sqlite, postgres, sqlite};
pub use instance::Practice;
pub use pair::Pair;
pub use program::{EMAIL, FILE_LIMIT_MIB, PASSWORD, Program, http, location};
pub use turned_clock::{ForwardClock, TurnedClock};

/// Runs one test on SQLite and on PostgreSQL, under two names.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite { $(#[tokio::test] async fn $name() { super::$name(crate::tests::support::sqlite().await).await; })* }
        mod on_postgres { $(#[tokio::test] async fn $name() { super::$name(crate::tests::support::postgres().await).await; })* }
    };
}
pub(crate) use on_both_databases;
