//! Canonical values: what both sides' fields are turned into before they are compared.
//!
//! | value | canonical form |
//! |---|---|
//! | text | line ends are `\n`, no blanks at the end; nothing left is `Empty` |
//! | choice | as the side stores it, never its label |
//! | user | an e-mail in lower case and a name; the e-mail alone is compared where there is one |
//! | date | `YYYY-MM-DD`, a day of the calendar with no zone |
//! | moment | UTC milliseconds, cut to the whole second that ServiceNow keeps |
//! | number | exact decimal text: no leading zeros, no zeros after the last digit of a fraction, no `-0` |
//! | boolean | true or false |
//! | reference | the side's own id and a label; the id alone is compared, and with a text the label as well |
//! | HTML | as text, kept as it is otherwise |
//!
//! `Empty` means cleared by somebody. A field that could not be read has no value at all and is absent from the
//! record: **hidden is not empty**.

use crate::civil;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::mem::discriminant;

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

/// Another record of the same side, known by its id there. The label is carried along, never compared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reference {
    pub id: String,
    pub label: String,
}

impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Reference {}

/// A field's value in neutral form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    Empty,
    Text(String),
    /// A value of a choice list, as the side spells it.
    Choice(String),
    User(User),
    /// UTC milliseconds of a whole second.
    Moment(i64),
    /// A day, `YYYY-MM-DD`. Made by [`Value::date`].
    Date(String),
    /// Exact decimal text. Made by [`Value::number`].
    Number(String),
    Boolean(bool),
    Reference(Reference),
    Html(String),
}

impl Value {
    /// Text as both sides can hold it: one kind of line end, no blanks at the end.
    pub fn text(text: &str) -> Self {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim_end();
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    pub fn html(html: &str) -> Self {
        match Self::text(html) {
            Self::Text(html) => Self::Html(html),
            other => other,
        }
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

    pub fn reference(id: &str, label: &str) -> Self {
        if id.is_empty() {
            Self::Empty
        } else {
            Self::Reference(Reference { id: id.to_owned(), label: label.to_owned() })
        }
    }

    /// A moment, cut to the whole second that ServiceNow keeps.
    pub fn moment(millis: Option<i64>) -> Self {
        millis.map_or(Self::Empty, |ms| Self::Moment(ms.div_euclid(1000).saturating_mul(1000)))
    }

    /// `None` for what is no day of the calendar.
    pub fn date(text: &str) -> Option<Self> {
        civil::is_date(text).then(|| Self::Date(text.to_owned()))
    }

    /// `None` for what is no decimal number. Nothing is rounded.
    pub fn number(text: &str) -> Option<Self> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let sign = if is_negative && whole.len() + fraction.len() > 0 { "-" } else { "" };
        let whole = if whole.is_empty() { "0" } else { whole };
        let point = if fraction.is_empty() { "" } else { "." };
        Some(Self::Number(format!("{sign}{whole}{point}{fraction}")))
    }

    /// Whether both say the same, whichever type each side read it as: a choice here may be a text there, and a reference
    /// the label of it.
    pub fn means(&self, other: &Self) -> bool {
        if discriminant(self) == discriminant(other) {
            return self == other;
        }
        !self.is_empty() && !other.is_empty() && (self.plain() == other.plain() || self.label() == other.label())
    }

    /// What a side without such a type keeps: the label of a reference, everything else as [`Value::plain`] has it.
    pub fn label(&self) -> Cow<'_, str> {
        match self {
            Self::Reference(reference) if !reference.label.is_empty() => reference.label.as_str().into(),
            other => other.plain(),
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The text of a value that is kept as text; empty for everything else.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Choice(text) | Self::Html(text) | Self::Date(text) | Self::Number(text) => text,
            _ => "",
        }
    }

    /// The value as one text that tells it from others: what conditions compare and value maps read.
    pub fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Boolean(true) => "true".into(),
            Self::Boolean(false) => "false".into(),
            Self::Moment(at) => civil::moment_in_words(*at).into(),
            Self::User(user) if user.email.is_empty() => user.name.as_str().into(),
            Self::User(user) => user.email.as_str().into(),
            Self::Reference(reference) => reference.id.as_str().into(),
            other => other.as_str().into(),
        }
    }
}

/// As people read it, in sentences and templates.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) if !user.name.is_empty() => f.write_str(&user.name),
            Self::Reference(reference) if !reference.label.is_empty() => f.write_str(&reference.label),
            Self::Moment(_) => write!(f, "{} UTC", self.plain()),
            Self::Boolean(is) => f.write_str(if *is { "yes" } else { "no" }),
            other => f.write_str(&other.plain()),
        }
    }
}
