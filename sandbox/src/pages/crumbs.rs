//! The filter of a list in words, as a trail: each step leads to the list filtered so far.

use url::form_urlencoded;

use super::layout::escape;
use crate::api::Displays;
use crate::dictionary::Table;
use crate::record::Record;
use crate::store;

/// The parts of an encoded query. A doubled `^` is a character, not a border (contract 2.3).
pub(super) fn parts(query: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(found) = query[at..].find('^') {
        let border = at + found;
        if query[border + 1..].starts_with('^') {
            at = border + 2;
        } else {
            parts.push(&query[start..border]);
            start = border + 1;
            at = start;
        }
    }
    parts.push(&query[start..]);
    parts.retain(|part| !part.is_empty() && *part != "EQ");
    parts
}

/// Parts that order the list, and not those that filter it.
pub(super) fn is_order(part: &str) -> bool {
    part.starts_with("ORDERBY") || part.starts_with("GROUPBY")
}

/// Longer operators before those that they begin with.
const WORDS: &[(&str, &str)] = &[
    ("ISNOTEMPTY", "is not empty"),
    ("ISEMPTY", "is empty"),
    ("STARTSWITH", "starts with"),
    ("ENDSWITH", "ends with"),
    ("DOES NOT CONTAIN", "does not contain"),
    ("NOT LIKE", "does not contain"),
    ("NOTLIKE", "does not contain"),
    ("CONTAINS", "contains"),
    ("LIKE", "contains"),
    ("NOT IN", "is not one of"),
    ("IN", "is one of"),
    ("BETWEEN", "is between"),
    ("SAMEAS", "is the same as"),
    ("NSAMEAS", "is different from"),
    ("ON", "is on"),
    (">=", "is at least"),
    ("<=", "is at most"),
    ("!=", "is not"),
    (">", "is more than"),
    ("<", "is less than"),
    ("=", "is"),
];

/// `state=2` of an incident is `State is In Progress`.
async fn in_words(displays: &mut Displays<'_>, table: &Table, condition: &str) -> store::Result<String> {
    let end = condition.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.')));
    let (field, rest) = condition.split_at(end.unwrap_or(condition.len()));
    let Some((sign, words)) = WORDS.iter().find(|(sign, _)| rest.starts_with(sign)) else {
        return Ok(condition.to_owned());
    };
    let value = rest[sign.len()..].replace("^^", "^");
    let column = table.column(field);
    let mut shown = value.clone();
    if matches!(*sign, "=" | "!=") && !value.is_empty() {
        let record: Record = [(field, value.as_str())].into_iter().collect();
        let display = displays.of(table, &record, field).await?;
        shown = if display.is_empty() { value } else { display };
    } else if matches!(*sign, "=" | "!=") {
        "(empty)".clone_into(&mut shown);
    }
    let label = column.map_or(field, |column| column.label.as_str());
    Ok(format!("{label} {words} {shown}").trim_end().to_owned())
}

pub(super) fn address(table: &str, query: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("sysparm_query", query).finish();
    format!("/{table}_list.do?{query}")
}

pub(super) async fn trail(displays: &mut Displays<'_>, table: &Table, query: &str) -> store::Result<String> {
    let mut steps = vec![format!(r#"<a href="/{}_list.do">All</a>"#, table.name)];
    let mut so_far: Vec<&str> = Vec::new();
    for part in parts(query).into_iter().filter(|part| !is_order(part)) {
        so_far.push(part);
        let (joined, condition) = if let Some(rest) = part.strip_prefix("NQ") {
            ("or else ", rest)
        } else if let Some(rest) = part.strip_prefix("OR") {
            ("or ", rest)
        } else {
            ("", part)
        };
        let words = in_words(displays, table, condition).await?;
        let link = escape(&address(&table.name, &so_far.join("^")));
        steps.push(format!(r#"<a href="{link}">{joined}{}</a>"#, escape(&words)));
    }
    let steps: Vec<String> = steps.into_iter().map(|step| format!("<li>{step}</li>")).collect();
    Ok(format!(r#"<nav class="crumbs" aria-label="Filter"><ol>{}</ol></nav>"#, steps.concat()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_doubled_caret_stays_in_its_part() {
        assert_eq!(super::parts("a=1^b=2^^3^ORc=4^EQ"), ["a=1", "b=2^^3", "ORc=4"]);
        assert!(super::parts("").is_empty());
    }
}
