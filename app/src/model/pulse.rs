//! How much was written lately, and how late.

use serde::{Deserialize, Serialize};

/// How many hours a chart has.
pub const HOURS: i64 = 24;

/// An hour in which something was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// How long ago it began: 0 is the present hour.
    pub hours_ago: i64,
    pub writes: i64,
    /// From the news to the write, milliseconds.
    pub average_ms: i64,
    pub slowest_ms: i64,
}
