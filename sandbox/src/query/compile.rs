//! [`Query`] to SQL. Column names come from the dictionary and every value is a bound parameter, so
//! nothing a caller writes becomes SQL. The record's own row is always called `t0`.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Condition, Operator, Query, dynamic};
use crate::clock;
use crate::dictionary::{Column, Dictionary, Kind, Table};

/// What a query may refer to besides the row.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub dictionary: &'a Dictionary,
    pub user_id: &'a str,
    pub user_name: &'a str,
    pub now: Timestamp,
    /// For the filter of a business rule: what the write changed (contract 11.1).
    pub changes: Option<&'a Changes>,
}

/// Changed columns with their old and new values.
pub(crate) type Changes = BTreeMap<String, (String, String)>;

/// SQL that can stand after `WHERE` and `ORDER BY`, its parameters, and the parts that mean nothing here.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    pub condition: String,
    pub order: String,
    pub parameters: Vec<String>,
    pub invalid: Vec<String>,
}

/// SQLite's limit on nested expressions is a thousand; an honest query has a few dozen.
const MOST_CONDITIONS: usize = 400;

pub(crate) fn compile(query: &Query, table: &Table, scope: &Scope) -> Compiled {
    let mut compiled = Compiled { invalid: query.nonsense.clone(), ..Compiled::default() };
    let mut groups = Vec::new();
    let mut count = 0;
    for group in &query.groups {
        let mut all = Vec::new();
        for alternatives in group {
            let mut any = Vec::new();
            for condition in alternatives {
                count += 1;
                let earlier = compiled.parameters.len();
                let sql = (count <= MOST_CONDITIONS).then(|| sql(condition, table, scope, &mut compiled.parameters));
                if let Some(sql) = sql.flatten() {
                    any.push(sql);
                } else {
                    compiled.parameters.truncate(earlier);
                    compiled.invalid.push(condition.field.clone());
                }
            }
            if !any.is_empty() {
                all.push(format!("({})", any.join(" OR ")));
            }
        }
        // A group that lost every condition matches all, as an empty query does (contract 2.4).
        groups.push(if all.is_empty() { "1".to_owned() } else { format!("({})", all.join(" AND ")) });
    }
    compiled.condition = if groups.is_empty() { "1".to_owned() } else { format!("({})", groups.join(" OR ")) };
    let mut order = Vec::new();
    for by in &query.order {
        match operand(&by.field, table, scope.dictionary, "t0", 1) {
            Some(operand) => {
                let key = operand.sort_key(scope.dictionary);
                order.push(if by.descending { format!("{key} DESC") } else { key });
            }
            None => compiled.invalid.push(by.field.clone()),
        }
    }
    order.push("t0.rowid".to_owned());
    compiled.order = order.join(", ");
    compiled
}

/// One side of a comparison: an SQL expression and the column that it ends in.
struct Operand<'a> {
    sql: String,
    column: &'a Column,
}

impl Operand<'_> {
    /// What a person sees instead of the sys_id, for text operators on a reference (contract 2.3).
    fn as_text(&self, dictionary: &Dictionary) -> String {
        let target = self.column.reference.as_deref().and_then(|name| dictionary.table(name));
        match target {
            Some(target) if self.column.kind == Kind::Reference && !target.display.is_empty() => format!(
                r#"COALESCE((SELECT d."{}" FROM "{}" AS d WHERE d."sys_id" = {}), '')"#,
                target.display, target.root, self.sql
            ),
            _ => self.sql.clone(),
        }
    }

    fn sort_key(&self, dictionary: &Dictionary) -> String {
        if self.column.kind.is_number() {
            return format!("CAST({} AS INTEGER)", self.sql);
        }
        let text = self.as_text(dictionary);
        if self.column.kind.ignores_case() || text != self.sql { format!("{text} COLLATE NOCASE") } else { text }
    }

    fn collation(&self) -> &'static str {
        if self.column.kind.ignores_case() { " COLLATE NOCASE" } else { "" }
    }
}

/// `caller_id.manager.email` as nested lookups by sys_id.
fn operand<'a>(
    path: &str,
    table: &'a Table,
    dictionary: &'a Dictionary,
    alias: &str,
    depth: usize,
) -> Option<Operand<'a>> {
    let Some((first, rest)) = path.split_once('.') else {
        let column = table.column(path).filter(|column| !column.kind.is_journal() && !column.kind.is_secret())?;
        return Some(Operand { sql: format!(r#"{alias}."{}""#, column.name), column });
    };
    let reference = table.column(first).filter(|column| column.kind == Kind::Reference && depth < 8)?;
    let target = dictionary.table(reference.reference.as_deref()?)?;
    let inner = format!("t{depth}");
    let end = operand(rest, target, dictionary, &inner, depth + 1)?;
    let sql = format!(
        r#"COALESCE((SELECT {} FROM "{}" AS {inner} WHERE {inner}."sys_id" = {alias}."{}"), '')"#,
        end.sql, target.root, reference.name
    );
    Some(Operand { sql, column: end.column })
}

fn sql(condition: &Condition, table: &Table, scope: &Scope, parameters: &mut Vec<String>) -> Option<String> {
    if condition.operator.is_about_a_change() {
        table.column(&condition.field)?;
        return Some(changed(condition, scope).to_string());
    }
    let left = operand(&condition.field, table, scope.dictionary, "t0", 1)?;
    let e = left.sql.as_str();
    let collation = left.collation();
    let mut bind = |value: String| parameters.push(value);
    let value = || dynamic::value(&condition.value, scope);
    let ordered = |operator: &str| {
        if left.column.kind.is_number() {
            format!("({e} <> '' AND CAST({e} AS INTEGER) {operator} CAST(? AS INTEGER))")
        } else {
            format!("({e} <> '' AND {e} {operator} ?{collation})")
        }
    };
    let field = |operator: &str| {
        let right = operand(&condition.value, table, scope.dictionary, "t0", 1)?;
        let right = right.sql;
        Some(if left.column.kind.is_number() {
            format!("(CAST({e} AS INTEGER) {operator} CAST({right} AS INTEGER))")
        } else {
            format!("({e} {operator} {right}{collation})")
        })
    };
    let text = || left.as_text(scope.dictionary);
    Some(match condition.operator {
        Operator::Is | Operator::IsNot => {
            bind(value()?);
            format!("{e} {} ?{collation}", if condition.operator == Operator::Is { "=" } else { "<>" })
        }
        Operator::In | Operator::NotIn => {
            let values = value()?;
            let values: Vec<&str> = values.split(',').map(str::trim).collect();
            bind(serde_json::to_string(&values).ok()?);
            let not = if condition.operator == Operator::In { "" } else { "NOT " };
            format!("{e}{collation} {not}IN (SELECT value FROM json_each(?))")
        }
        Operator::Contains => {
            bind(value()?);
            format!("instr(lower({}), lower(?)) > 0", text())
        }
        Operator::NotContains => {
            bind(value()?);
            format!("instr(lower({}), lower(?)) = 0", text())
        }
        Operator::StartsWith => {
            let value = value()?;
            bind(value.clone());
            bind(value);
            format!("lower(substr({}, 1, length(?))) = lower(?)", text())
        }
        Operator::EndsWith => {
            let value = value()?;
            if value.is_empty() {
                return Some("1".to_owned());
            }
            bind(value.clone());
            bind(value);
            format!("lower(substr({}, -length(?))) = lower(?)", text())
        }
        Operator::IsEmpty | Operator::EmptyString => format!("{e} = ''"),
        Operator::IsNotEmpty => format!("{e} <> ''"),
        Operator::Anything => "1".to_owned(),
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            bind(value()?);
            ordered(match condition.operator {
                Operator::Less => "<",
                Operator::LessOrEqual => "<=",
                Operator::Greater => ">",
                _ => ">=",
            })
        }
        Operator::Between => {
            let (low, high) = condition.value.split_once('@')?;
            bind(dynamic::value(low, scope)?);
            bind(dynamic::value(high, scope)?);
            format!("({} AND {})", ordered(">="), ordered("<="))
        }
        Operator::On | Operator::NotOn => {
            let mut ends = condition.value.splitn(3, '@').skip(1);
            bind(dynamic::value(ends.next()?, scope)?);
            bind(dynamic::value(ends.next()?, scope)?);
            let not = if condition.operator == Operator::On { "" } else { "NOT " };
            format!("{not}({} AND {})", ordered(">="), ordered("<="))
        }
        Operator::RelativeAfter | Operator::RelativeBefore => {
            bind(relative(&condition.value, scope.now)?);
            ordered(if condition.operator == Operator::RelativeAfter { ">=" } else { "<=" })
        }
        Operator::SameAs => field("=")?,
        Operator::NotSameAs => field("<>")?,
        Operator::GreaterThanField => field(">")?,
        Operator::LessThanField => field("<")?,
        Operator::GreaterOrEqualField => field(">=")?,
        Operator::LessOrEqualField => field("<=")?,
        Operator::ValueChanges | Operator::ChangesFrom | Operator::ChangesTo => return None,
    })
}

fn changed(condition: &Condition, scope: &Scope) -> u8 {
    let change = scope.changes.and_then(|changes| changes.get(&condition.field));
    u8::from(match (condition.operator, change) {
        (_, None) => false,
        (Operator::ChangesFrom, Some((old, _))) => *old == condition.value,
        (Operator::ChangesTo, Some((_, new))) => *new == condition.value,
        (_, Some(_)) => true,
    })
}

/// `@hour@ago@2`, and its mirror image `@day@ahead@1`.
fn relative(text: &str, now: Timestamp) -> Option<String> {
    let mut parts = text.trim_start_matches('@').split('@');
    let seconds = match parts.next()? {
        "minute" => 60,
        "hour" => 3_600,
        "day" | "dayofweek" => 86_400,
        "week" => 604_800,
        "month" => 2_592_000,
        "year" => 31_536_000,
        _ => return None,
    };
    let direction = if parts.next()? == "ahead" { 1 } else { -1 };
    let count: i64 = parts.next()?.parse().ok()?;
    Some(clock::text(clock::shifted(now, count.checked_mul(seconds * direction)?)))
}
