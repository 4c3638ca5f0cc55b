//! A test on a value that is at hand: a column's cell, compared as its type asks.

use super::super::script::Value;
use super::asked::Test;
use super::sql::Sql;
use super::{Compiler, Scope};
use crate::clock;
use crate::dictionary::{Column, Kind};

/// `value` as a column of that kind stores it; nothing if such a column never holds it.
pub(super) fn stored(value: &Value, kind: Kind, scope: &Scope) -> Option<String> {
    let text = match value {
        Value::Text(text) => text.clone(),
        // A date column knows no time of day: what counts is the day on the user's calendar.
        Value::Time(time) if kind == Kind::GlideDate => scope.user.time_zone.to_datetime(*time).date().to_string(),
        Value::Time(time) => clock::text(*time),
        Value::MyGroups | Value::Mine(_) | Value::Nothing => return None,
    };
    match kind {
        Kind::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some("true".to_owned()),
            "false" | "0" => Some("false".to_owned()),
            _ => None,
        },
        Kind::Integer => match text.trim().parse::<i64>() {
            Ok(whole) => Some(whole.to_string()),
            Err(_) => number(&text),
        },
        _ if kind.is_number() => number(&text),
        Kind::GlideDate => Some(text.split_once(' ').map_or(text.as_str(), |(date, _)| date).to_owned()),
        // A day alone is its first second.
        Kind::GlideDateTime if text.len() == 10 => Some(format!("{text} 00:00:00")),
        _ => Some(text),
    }
}

fn number(text: &str) -> Option<String> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number.to_string())
}

impl Compiler<'_> {
    /// `cell` is the SQL of a value of the column.
    pub(super) fn leaf(&self, test: &Test, cell: &str, column: &Column) -> Sql {
        let collation = if column.kind.ignores_case() { " COLLATE NOCASE" } else { "" };
        let stored = |value: &Value| stored(value, column.kind, &self.scope);
        let filled = || Sql::new(format!("{cell} <> ''"));
        match test {
            Test::Filled => filled(),
            Test::Is(value) => match (self.lookup(value), stored(value)) {
                (Some(found), _) => Sql::all(vec![filled(), Sql::new(format!("{cell} IN (")).then(found).with(")")]),
                (None, Some(value)) if is_fraction(column.kind) => numeric(cell, "=", value),
                // Either half of a table is too much to be sorted where an index has the order already.
                (None, Some(value)) if column.kind == Kind::Boolean => {
                    Sql::new(format!("likely({cell} = ")).bind(value).with(")")
                }
                (None, Some(value)) => Sql::new(format!("{cell} = ")).bind(value).with(collation),
                (None, None) => Sql::never(),
            },
            Test::Has(value) if column.kind == Kind::GlideList => self.listed(value, cell),
            Test::Has(value) => self.leaf(&Test::Is(value.clone()), cell, column),
            Test::Among(values) => {
                let values = values.iter().filter_map(|value| stored(&Value::Text(value.clone())));
                let values = values.collect::<serde_json::Value>().to_string();
                if is_fraction(column.kind) {
                    let among = format!("CAST({cell} AS NUMERIC) IN (SELECT CAST(value AS NUMERIC) FROM json_each(");
                    return Sql::all(vec![filled(), Sql::new(among).bind(values).with("))")]);
                }
                Sql::new(format!("{cell}{collation} IN (SELECT value FROM json_each(")).bind(values).with("))")
            }
            Test::Contains(part) => Sql::new(format!("instr(lower({cell}), lower(")).bind(part).with(")) > 0"),
            Test::StartsWith(part) => ends(&format!("substr(lower({cell}), 1, length("), part),
            Test::EndsWith(part) => ends(&format!("substr(lower({cell}), -length("), part),
            Test::Compared(operator, value) => match stored(value) {
                None => Sql::never(),
                Some(value) if column.kind.is_number() => numeric(cell, operator, value),
                Some(value) => {
                    // Nothing comes before the empty value. Said as a bound, so that an index is read between two.
                    let above = Sql::new(format!("{cell} > ''{collation}"));
                    let bounded = operator.starts_with('>') && !value.is_empty();
                    let compared = Sql::new(format!("{cell} {operator} ")).bind(value).with(collation);
                    if bounded { compared } else { Sql::all(vec![above, compared]) }
                }
            },
            Test::Between(low, high) => {
                let end = |operator, value: &Value| self.leaf(&Test::Compared(operator, value.clone()), cell, column);
                Sql::all(vec![end(">=", low), end("<=", high)])
            }
            Test::DatePart(part) => self.date_part(*part, cell, column.kind),
            Test::InstanceOf(class) => match self.scope.dictionary.table(class) {
                Some(table) => {
                    let classes = serde_json::json!(table.classes).to_string();
                    Sql::new(format!("{cell} IN (SELECT value FROM json_each(")).bind(classes).with("))")
                }
                None => Sql::never(),
            },
            Test::Below(start) => self.below(start, cell, column),
        }
    }

    /// The values that only the store knows.
    pub(super) fn lookup(&self, value: &Value) -> Option<Sql> {
        let me = self.scope.user.sys_id.as_str();
        match value {
            Value::MyGroups => {
                self.scope.dictionary.table("sys_user_grmember")?;
                Some(Sql::new(r#"SELECT "group" AS value FROM "sys_user_grmember" WHERE "user" = "#).bind(me))
            }
            Value::Mine(column) => {
                let column = self.scope.dictionary.table("sys_user")?.column(column)?;
                if column.kind.is_journal() || column.kind.is_secret() {
                    return None;
                }
                Some(
                    Sql::new(format!(r#"SELECT "{}" AS value FROM "sys_user" WHERE "sys_id" = "#, column.name))
                        .bind(me),
                )
            }
            Value::Text(_) | Value::Time(_) | Value::Nothing => None,
        }
    }

    /// Whether a list, which is sys_ids with commas between, holds one of the values.
    fn listed(&self, value: &Value, cell: &str) -> Sql {
        let list = format!("instr(',' || replace({cell}, ', ', ',') || ',', ',' || ");
        match (self.lookup(value), value) {
            (Some(found), _) => Sql::new("EXISTS (SELECT 1 FROM (")
                .then(found)
                .with(format!(") AS own WHERE own.value <> '' AND {list}own.value || ',') > 0)")),
            (None, Value::Text(text)) => Sql::new(list).bind(text).with(" || ',') > 0"),
            (None, _) => Sql::never(),
        }
    }
}

fn ends(cut: &str, part: &str) -> Sql {
    Sql::new(cut).bind(part).with(")) = lower(").bind(part).with(")")
}

fn is_fraction(kind: Kind) -> bool {
    kind.is_number() && kind != Kind::Integer
}

fn numeric(cell: &str, operator: &str, value: String) -> Sql {
    Sql::new(format!("({cell} <> '' AND CAST({cell} AS NUMERIC) {operator} CAST(")).bind(value).with(" AS NUMERIC))")
}
