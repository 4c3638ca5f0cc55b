//! What a column holds, and how a side spells it: raw strings into canonical values and back.
//!
//! All of ServiceNow's scalars are strings, dates and times raw and in UTC. Laws (property tests below): what was
//! written reads back; reading and writing again changes nothing; junk is an error, never a silent `Empty`.

use crate::civil;
use crate::value::{User, Value};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[default]
    Text,
    Choice,
    /// `ada@example.com` or `Ada <ada@example.com>`. Sides that hold ids of users look those up themselves.
    User,
    Reference,
    /// `YYYY-MM-DD`
    Date,
    /// `YYYY-MM-DD HH:MM:SS`, UTC
    Moment,
    Number,
    /// `true` or `false`; `1` and `0` are read as well
    Boolean,
    Html,
}

impl Kind {
    /// `ServiceNow's column takes a date (YYYY-MM-DD)`
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Choice => "a choice",
            Self::User => "an e-mail of a user",
            Self::Reference => "a reference",
            Self::Date => "a date (YYYY-MM-DD)",
            Self::Moment => "a date and time (YYYY-MM-DD HH:MM:SS, UTC)",
            Self::Number => "a decimal number",
            Self::Boolean => "true or false",
            Self::Html => "HTML",
        }
    }

    /// Whether a field of that kind can hold what this one does, as it is.
    pub fn fits(self, into: Self) -> bool {
        use Kind::{Boolean, Choice, Html, Number, Reference, Text};
        match (self, into) {
            (_, Text) => self != Html,
            (Text, Choice | Html) | (Reference, Html) | (Boolean | Number | Choice, Choice) => true,
            _ => self == into,
        }
    }
}

/// A string that is no value of its column's kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Junk {
    pub kind: Kind,
    pub raw: String,
}

impl Junk {
    pub fn sentence(&self, field: &str) -> String {
        let shown: String = self.raw.chars().take(60).collect();
        format!("{field} holds \"{shown}\", which is not {}. Correct the value there.", self.kind.in_words())
    }
}

impl Value {
    /// A column's string in canonical form.
    pub fn read(kind: Kind, raw: &str) -> Result<Self, Junk> {
        let trimmed = raw.trim();
        let read = match kind {
            Kind::Text => Some(Self::text(raw)),
            Kind::Html => Some(Self::html(raw)),
            Kind::Choice => Some(Self::choice(raw)),
            _ if trimmed.is_empty() => Some(Self::Empty),
            Kind::Reference => Some(Self::reference(trimmed, "")),
            Kind::User => read_user(trimmed),
            Kind::Date => Self::date(trimmed),
            Kind::Moment => civil::read_moment(trimmed).map(Self::Moment),
            Kind::Number => Self::number(trimmed),
            Kind::Boolean => match trimmed.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(Self::Boolean(true)),
                "false" | "0" => Some(Self::Boolean(false)),
                _ => None,
            },
        };
        read.ok_or_else(|| Junk { kind, raw: raw.to_owned() })
    }

    /// The canonical value as a column of this kind spells it. A value of another type is taken if its text is a value
    /// of this kind: nothing is cut or rounded to make it fit.
    pub fn raw(&self, kind: Kind) -> Result<String, Junk> {
        match (self, kind) {
            (Self::Empty, _) => Ok(String::new()),
            (Self::User(User { email, name }), Kind::User) if !email.is_empty() && !name.is_empty() => {
                Ok(format!("{name} <{email}>"))
            }
            (Self::Moment(_), Kind::Moment) | (_, Kind::Text | Kind::Choice | Kind::Html | Kind::Reference) => {
                Ok(self.plain().into_owned())
            }
            _ => Self::read(kind, &self.plain()).map(|value| value.plain().into_owned()),
        }
    }
}

fn read_user(text: &str) -> Option<Value> {
    let (name, email) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, email)) => (name.trim(), email.trim()),
        None => ("", text),
    };
    email.contains('@').then(|| Value::user(email, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [Kind; 9] = [
        Kind::Text,
        Kind::Choice,
        Kind::User,
        Kind::Reference,
        Kind::Date,
        Kind::Moment,
        Kind::Number,
        Kind::Boolean,
        Kind::Html,
    ];

    /// Raw strings of every kind, spelled in as many ways as a side may.
    fn raws() -> impl Strategy<Value = String> {
        prop_oneof![
            "\\PC{0,12}",
            "[ a-z\r\n\t]{0,12}",
            "[-+]?0{0,2}[0-9]{0,4}\\.?[0-9]{0,4}0{0,2}",
            "[12][0-9]{3}-[01][0-9]-[0-3][0-9]",
            "[12][0-9]{3}-[01][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-5][0-9](:[0-5][0-9])?Z?",
            "(true|false|TRUE|0|1| )",
            "[A-Za-z]{0,4} ?<?[A-Za-z]{1,4}@[a-z]{1,4}>?",
        ]
    }

    proptest! {
        #[test]
        fn what_was_read_reads_back_as_it_was_written(raw in raws()) {
            for kind in KINDS {
                let Ok(value) = Value::read(kind, &raw) else { continue };
                let written = value.raw(kind).expect("what was read can be written");
                let again = Value::read(kind, &written).expect("what was written can be read");
                prop_assert_eq!(&again, &value, "{:?} {:?}", kind, raw);
                // Canonical: written once more, it is the same string.
                prop_assert_eq!(again.raw(kind).expect("still"), written);
            }
        }

        #[test]
        fn nothing_but_blanks_is_ever_read_as_empty(raw in raws()) {
            for kind in KINDS {
                match Value::read(kind, &raw) {
                    Ok(Value::Empty) => prop_assert!(raw.trim().is_empty()),
                    Ok(_) => {}
                    Err(junk) => prop_assert!(junk.sentence("due_date").starts_with("due_date holds")),
                }
            }
        }

        #[test]
        fn numbers_are_exact_and_have_one_form(whole in 0_u64.., fraction in 0_u32..1_000_000, negative in any::<bool>(), zeros in 0_usize..3) {
            let sign = if negative { "-" } else { "" };
            let text = format!("{sign}{}{whole}.{fraction:06}{}", "0".repeat(zeros), "0".repeat(zeros));
            let canonical = Value::number(&text).expect("a number");
            let back = canonical.as_str();
            let (back_whole, back_fraction) = back.trim_start_matches('-').split_once('.').unwrap_or((back.trim_start_matches('-'), ""));
            prop_assert_eq!(back_whole.parse::<u64>().expect("digits"), whole);
            prop_assert_eq!(format!("{back_fraction:0<6}"), format!("{fraction:06}"));
            prop_assert_eq!(back.starts_with('-'), negative && (whole > 0 || fraction > 0));
            prop_assert_eq!(Value::number(back), Some(canonical.clone()));
        }
    }

    #[test]
    fn junk_is_named_and_nothing_is_made_to_fit() {
        let junk = Value::read(Kind::Moment, "21.11.2026 10:00").expect_err("junk");
        assert!(junk.sentence("due_date").contains("due_date") && junk.sentence("due_date").contains("21.11.2026"));
        assert!(Value::Moment(1_000).raw(Kind::Date).is_err(), "the time would be lost");
        assert!(Value::text("soon").raw(Kind::Date).is_err());
        assert_eq!(Value::text("007").raw(Kind::Number), Ok("7".to_owned()));
        for junk in ["", ".", "-", "1e5", "1,5", "١"] {
            assert_eq!(Value::number(junk), None, "{junk}");
        }
    }
}
