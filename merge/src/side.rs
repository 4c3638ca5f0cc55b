//! The two places that are kept the same.

use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    ServiceNow,
    Platform,
}

impl Side {
    pub const BOTH: [Self; 2] = [Self::ServiceNow, Self::Platform];

    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::ServiceNow => Self::Platform,
            Self::Platform => Self::ServiceNow,
        }
    }

    /// As the database and the wire spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceNow => "servicenow",
            Self::Platform => "platform",
        }
    }
}

/// For sentences that know no connection. Those that do ask [`crate::Rules::name_of`], since every platform has its name.
impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServiceNow => "ServiceNow",
            Self::Platform => "Desk",
        })
    }
}
