//! Canonical values: what both sides' fields are turned into before they are compared.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the two places that are kept the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    ServiceNow,
    Platform,
}

impl Side {
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

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServiceNow => "ServiceNow",
            Self::Platform => "Desk",
        })
    }
}

/// A person, matched across the sides by e-mail (S1). The name is carried along, never compared
/// where there is an e-mail.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct User {
    pub email: String,
    pub name: String,
}

impl PartialEq for User {
    fn eq(&self, other: &Self) -> bool {
        if self.email.is_empty() && other.email.is_empty() {
            self.name == other.name
        } else {
            self.email.eq_ignore_ascii_case(&other.email)
        }
    }
}

impl Eq for User {}

/// A field's value in neutral form. `Empty` means cleared by somebody; a value that could not be read
/// is no value at all and is left out of the record (hidden is not empty).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    Empty,
    Text(String),
    /// A value of a choice list, as the side spells it.
    Choice(String),
    User(User),
    /// UTC milliseconds. ServiceNow has whole seconds, so comparisons are by second.
    Moment(i64),
}

impl Value {
    /// Text as both sides can hold it: one kind of line end, no blanks at the end.
    pub fn text(text: &str) -> Self {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim_end();
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    pub fn choice(value: &str) -> Self {
        if value.is_empty() { Self::Empty } else { Self::Choice(value.to_owned()) }
    }

    pub fn user(email: &str, name: &str) -> Self {
        if email.is_empty() && name.is_empty() {
            Self::Empty
        } else {
            Self::User(User { email: email.to_lowercase(), name: name.to_owned() })
        }
    }

    /// A moment, cut to the whole second that ServiceNow keeps.
    pub fn moment(millis: Option<i64>) -> Self {
        millis.map_or(Self::Empty, |ms| Self::Moment(ms.div_euclid(1000) * 1000))
    }

    /// Whether both mean the same, whichever of text and choice they were read as.
    pub fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a) | Self::Choice(a), Self::Text(b) | Self::Choice(b)) => a == b,
            _ => self == other,
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The plain text of a text or choice; empty for everything else.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Choice(text) => text,
            _ => "",
        }
    }
}
