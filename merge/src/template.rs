//! Templates: text with fields of a record in braces.
//!
//! `{number}` and `{field}` are the record's; `{edited}` is the moment of the edit, and `{edited+2h}` one after it
//! (`m`, `h`, `d`). A template that is nothing but such a moment is a moment and no text.

use crate::record::Record;
use crate::value::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Field(&'a str),
    /// Milliseconds after the edit.
    Edited(i64),
}

/// A template with its gaps filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    pub value: Value,
    /// Whether it names fields and all of them are empty.
    pub is_blank: bool,
    /// Whether every field that it names was shown. Hidden ones are left blank in the value.
    pub is_whole: bool,
}

/// Fills a template from a record whose edit was at `edited`.
pub fn fill(template: &str, record: &Record, edited: i64) -> Filled {
    let parts = parts(template);
    if let [Part::Edited(after)] = parts[..] {
        let value = Value::moment(Some(edited.saturating_add(after)));
        return Filled { value, is_blank: false, is_whole: true };
    }
    let mut is_whole = true;
    let (mut named, mut filled) = (0, 0);
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::Edited(after) => text.push_str(&Value::moment(Some(edited.saturating_add(after))).to_string()),
            Part::Field(name) => {
                named += 1;
                match record.value_of(name) {
                    None => is_whole = false,
                    Some(value) if value.is_empty() => {}
                    Some(value) => {
                        filled += 1;
                        text.push_str(&value.to_string());
                    }
                }
            }
        }
    }
    Filled { value: Value::text(&text), is_blank: named > 0 && filled == 0, is_whole }
}

/// The fields that a template names.
pub fn fields(template: &str) -> impl Iterator<Item = &str> {
    parts(template).into_iter().filter_map(|part| match part {
        Part::Field(name) => Some(name),
        _ => None,
    })
}

/// Whether it depends on when the record was edited.
pub fn names_the_edit(template: &str) -> bool {
    parts(template).iter().any(|part| matches!(part, Part::Edited(_)))
}

fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let after = &rest[open + 1..];
        let gap = after.find('}').and_then(|close| Some((gap(&after[..close])?, close)));
        let Some((part, close)) = gap else {
            // A brace that opens nothing is a brace.
            parts.push(Part::Text(&rest[..=open]));
            rest = after;
            continue;
        };
        parts.push(Part::Text(&rest[..open]));
        parts.push(part);
        rest = &after[close + 1..];
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    parts
}

fn gap(inside: &str) -> Option<Part<'_>> {
    if let Some(after) = inside.strip_prefix("edited") {
        return match after.strip_prefix('+') {
            None => after.is_empty().then_some(Part::Edited(0)),
            Some(time) => {
                let unit = match time.chars().last()? {
                    'm' => 60_000,
                    'h' => 3_600_000,
                    'd' => 86_400_000,
                    _ => return None,
                };
                let count: i64 = time[..time.len() - 1].parse::<u16>().ok()?.into();
                Some(Part::Edited(count * unit))
            }
        };
    }
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.- ".contains(letter))
    };
    is_name(inside).then_some(Part::Field(inside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Fields;

    fn record() -> Record {
        let fields = Fields::from([
            ("title".to_owned(), Value::text("Printer {number}")),
            ("owner".to_owned(), Value::user("ada@example.com", "Ada")),
            ("due".to_owned(), Value::Empty),
        ]);
        Record { number: "TKT1".into(), fields, ..Record::default() }
    }

    fn text(template: &str) -> Value {
        fill(template, &record(), 0).value
    }

    #[test]
    fn gaps_are_filled_once_and_other_braces_stand() {
        assert_eq!(text("{title} by {owner} as {number}"), Value::text("Printer {number} by Ada as TKT1"));
        assert_eq!(text("{ {{number} } {edited+2x} {}"), Value::text("{ {TKT1 } {edited+2x} {}"));
    }

    #[test]
    fn empty_fields_make_it_blank_and_hidden_ones_make_it_unknown() {
        let filled = fill("Due {due}", &record(), 0);
        assert_eq!(filled, Filled { value: Value::text("Due"), is_blank: true, is_whole: true });
        assert!(!fill("{title} {account}", &record(), 0).is_whole);
        assert_eq!(fields("{title}{edited} {a.b}").collect::<Vec<_>>(), ["title", "a.b"]);
    }

    #[test]
    fn a_moment_after_the_edit_is_a_moment() {
        assert_eq!(fill("{edited+2h}", &record(), 1_000).value, Value::Moment(7_201_000));
        assert_eq!(fill("until {edited+1d}", &record(), 0).value, Value::text("until 1970-01-02 00:00:00 UTC"));
        assert!(names_the_edit("x {edited+30m}") && !names_the_edit("{number}"));
    }
}
