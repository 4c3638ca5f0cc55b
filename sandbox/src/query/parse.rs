//! Text to [`Query`]. Any text parses: what is not understood is kept as nonsense, for the instance
//! to drop or refuse (contract 2.4).

use super::{Condition, Group, Operator, Order, Query};

impl Query {
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let mut group = Group::new();
        let mut parts = split(text).into_iter();
        while let Some(part) = parts.next() {
            let (new_group, part) = part.strip_prefix("NQ").map_or((false, part), |rest| (true, rest));
            if new_group && !group.is_empty() {
                query.groups.push(std::mem::take(&mut group));
            }
            if let Some(field) = part.strip_prefix("ORDERBYDESC") {
                query.order.push(Order { field: field.to_owned(), descending: true });
            } else if let Some(field) = part.strip_prefix("ORDERBY") {
                query.order.push(Order { field: field.to_owned(), descending: false });
            } else if part == "EQ" || part.is_empty() || part.starts_with("GROUPBY") {
                // An end mark says nothing, and grouping is for lists on a screen.
            } else {
                let (alternative, part) = part.strip_prefix("OR").map_or((false, part), |rest| (true, rest));
                let condition =
                    if let Some(head) = part.strip_prefix("RLQUERY") { related(head, &mut parts) } else { read(part) };
                match group.last_mut() {
                    // `^OR` binds to the condition directly before it (contract 2.3).
                    Some(alternatives) if alternative => alternatives.push(condition),
                    _ => group.push(vec![condition]),
                }
            }
        }
        if !group.is_empty() || query.groups.is_empty() {
            query.groups.push(group);
        }
        query
    }
}

fn read(part: &str) -> Condition {
    let text = part.replace("^^", "^");
    condition(&text).unwrap_or_else(|| nonsense(&text))
}

fn nonsense(text: &str) -> Condition {
    Condition { field: String::new(), operator: Operator::Nonsense, value: text.to_owned() }
}

fn condition(text: &str) -> Option<Condition> {
    if let Some(words) = text.strip_prefix("123TEXTQUERY321=") {
        return Some(Condition { field: String::new(), operator: Operator::Text, value: words.to_owned() });
    }
    if let Some((field, value)) = text.strip_prefix("JOIN").and_then(|join| join.split_once('=')) {
        return Some(Condition { field: field.to_owned(), operator: Operator::Join, value: value.to_owned() });
    }
    let end = text.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.')))?;
    let (field, rest) = text.split_at(end);
    let (operator, value) = Operator::read(rest)?;
    if field.is_empty() {
        return None;
    }
    Some(Condition { field: field.to_owned(), operator, value: value.to_owned() })
}

/// The parts up to the end mark belong to the related list. Without the mark all of them say nothing, because
/// they speak of another table.
fn related<'a>(head: &'a str, parts: &mut impl Iterator<Item = &'a str>) -> Condition {
    let mut inside = vec![head];
    for part in parts {
        if part == "ENDRLQUERY" {
            let text = inside.join("^");
            return match text.split_once(',') {
                Some((field, value)) => {
                    Condition { field: field.to_owned(), operator: Operator::Related, value: value.to_owned() }
                }
                None => nonsense(&text),
            };
        }
        inside.push(part);
    }
    nonsense(&inside.join("^"))
}

/// Splits at `^`. A doubled one stands for the character itself, as in ServiceNow's scripting guidance, and is
/// still doubled in the parts.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut carets = text.match_indices('^').map(|(at, _)| at).peekable();
    while let Some(at) = carets.next() {
        if carets.next_if_eq(&(at + 1)).is_none() {
            parts.push(&text[begin..at]);
            begin = at + 1;
        }
    }
    parts.push(&text[begin..]);
    parts
}
