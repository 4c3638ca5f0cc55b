//! How a value changes on its way: transforms, each a lens.
//!
//! One side's value is read into the canonical form, and a canonical value is written over what the other side holds.
//! Laws for each two-way transform (property tests below):
//!
//! * writing what was just read changes nothing: `put(get(n), n) = n`, so a shorter or plainer copy never undoes the
//!   original;
//! * reading what was just written gives it back: `get(put(c, n)) = c`.

use crate::cut::cut;
use crate::html;
use crate::side::Side;
use crate::value::Value;
use crate::value_map::{Row, Unmapped, ValueMap};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Convert {
    Same,
    /// By rows of values. The platform's values are the canonical ones.
    Map {
        map: ValueMap,
    },
    /// Always this value. One way.
    Constant {
        value: Value,
    },
    /// Text with fields of the source's record in braces. One way.
    Template {
        text: String,
    },
    /// One side keeps only so many characters.
    Cut {
        on: Side,
        length: usize,
        #[serde(default = "ellipsis")]
        mark: String,
    },
    /// One side holds HTML, the other plain text.
    Html {
        on: Side,
    },
}

fn ellipsis() -> String {
    "…".to_owned()
}

impl Convert {
    /// Whether nothing can be read back through it.
    pub fn is_one_way(&self) -> bool {
        matches!(self, Self::Constant { .. } | Self::Template { .. })
    }

    /// A side's value in canonical form. What is cut or in HTML is text, whatever it was read as.
    pub fn get(&self, side: Side, native: &Value) -> Result<Value, Unmapped> {
        Ok(match (self, native) {
            (_, Value::Empty) => Value::Empty,
            (Self::Map { map }, native) if side == Side::ServiceNow => Value::choice(map.get(&native.plain())?),
            (Self::Cut { length, mark, .. }, native) => Value::text(&cut(&native.plain(), *length, mark)),
            (Self::Html { on }, native) => {
                let text = if side == *on { html::to_text(&native.plain()).into() } else { native.plain() };
                Value::text(&html::plain(&text))
            }
            (_, native) => native.clone(),
        })
    }

    /// A canonical value as the side spells it, over its present value, which is kept when it already reads so. With
    /// the row of the value map that decided.
    pub fn put(&self, side: Side, value: &Value, present: Option<&Value>) -> Result<(Value, Option<&Row>), Unmapped> {
        if let Self::Map { map } = self
            && side == Side::ServiceNow
            && !value.is_empty()
        {
            let present = present.map(Value::plain).unwrap_or_default();
            let target = map.put(&present, &value.plain())?;
            return Ok((Value::choice(&target.value), Some(target.row)));
        }
        if let Some(present) = present
            && !self.is_one_way()
            && self.get(side, present).is_ok_and(|read| read.means(value))
        {
            return Ok((present.clone(), None));
        }
        Ok(match (self, value) {
            (Self::Html { on }, Value::Text(text)) if side == *on => (Value::html(&html::from_text(text)), None),
            _ => (value.clone(), None),
        })
    }

    /// For the mapping's page; empty where there is nothing to say.
    pub fn in_words(&self, name_of: impl Fn(Side) -> String) -> String {
        match self {
            Self::Same => String::new(),
            Self::Map { map } => format!("by the rows of \"{}\"", map.title),
            Self::Constant { value } => format!("always \"{value}\""),
            Self::Template { text } => format!("made from \"{text}\""),
            Self::Cut { on, length, .. } => format!("cut to {length} characters in {}", name_of(*on)),
            Self::Html { on } => format!("HTML in {}, plain text on the other side", name_of(*on)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn two_way() -> impl Strategy<Value = Convert> {
        let side = || prop_oneof![Just(Side::ServiceNow), Just(Side::Platform)];
        prop_oneof![
            Just(Convert::Same),
            (side(), 0_usize..12, "[.… ]{0,3}").prop_map(|(on, length, mark)| Convert::Cut { on, length, mark }),
            side().prop_map(|on| Convert::Html { on }),
            proptest::collection::btree_map("[a-c]", ("[P-R]", any::<bool>()), 1..5).prop_map(|rows| {
                let rows = rows
                    .into_iter()
                    .map(|(servicenow, (platform, default))| Row { servicenow, platform, default, ..Row::default() })
                    .collect();
                Convert::Map { map: ValueMap { title: "Map".into(), rows } }
            }),
        ]
    }

    fn natives() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Empty),
            "[a-cP-R]".prop_map(|choice| Value::choice(&choice)),
            "(<p>|</p>|<br>|&amp;|[a-c \n\u{a0}\tä<]){0,20}".prop_map(|text| Value::text(&text)),
            "(<p>|</p>|<br>|&nbsp;|<b>|[a-c \n]){0,12}".prop_map(|text| Value::html(&text)),
            (0_i64..9).prop_map(|second| Value::Moment(second * 1000)),
            Just(Value::user("ada@example.com", "Ada")),
            Just(Value::Boolean(true)),
        ]
    }

    proptest! {
        #[test]
        fn writing_what_was_read_changes_nothing(convert in two_way(), native in natives()) {
            for side in Side::BOTH {
                let Ok(read) = convert.get(side, &native) else { continue };
                if let Ok((written, _)) = convert.put(side, &read, Some(&native)) {
                    prop_assert!(written.means(&native), "{written:?}");
                }
            }
        }

        #[test]
        fn reading_what_was_written_gives_it_back(convert in two_way(), source in natives(), present in natives()) {
            for to in Side::BOTH {
                let Ok(value) = convert.get(to.other(), &source) else { continue };
                if let Ok((written, _)) = convert.put(to, &value, Some(&present)) {
                    let back = convert.get(to, &written).expect("what was written has a meaning");
                    prop_assert!(back.means(&value), "{value:?} was written as {written:?} and reads as {back:?}");
                }
            }
        }
    }

    #[test]
    fn a_longer_original_survives_its_copy() {
        let convert = Convert::Cut { on: Side::ServiceNow, length: 8, mark: "…".into() };
        let long = Value::text("The printer is on fire");
        let short = convert.get(Side::Platform, &long).expect("text");
        assert_eq!(short, Value::text("The pri…"));
        assert_eq!(convert.get(Side::ServiceNow, &short), Ok(short.clone()), "the copy is canonical");
        assert_eq!(convert.put(Side::Platform, &short, Some(&long)).expect("text").0, long);
    }

    #[test]
    fn html_stays_while_its_text_does() {
        let convert = Convert::Html { on: Side::ServiceNow };
        let html = Value::html("<div>It is <b>on fire</b></div>");
        let text = convert.get(Side::ServiceNow, &html).expect("text");
        assert_eq!(text, Value::text("It is on fire"));
        assert_eq!(convert.put(Side::ServiceNow, &text, Some(&html)).expect("HTML").0, html);
        let (written, _) = convert.put(Side::ServiceNow, &Value::text("It is out"), Some(&html)).expect("HTML");
        assert_eq!(written, Value::html("<p>It is out</p>"));
    }
}
