//! Counting, averaging and grouping (contract 9.3), done by the database: no row is loaded for it.

use sqlx::{AssertSqlSafe, Row as _};

use super::{Result, Store, family};
use crate::dictionary::{Column, Kind, Table};
use crate::query::Compiled;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    Avg,
    Min,
    Max,
    Sum,
}

impl Function {
    pub fn read(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "count" => Self::Count,
            "avg" => Self::Avg,
            "min" => Self::Min,
            "max" => Self::Max,
            "sum" => Self::Sum,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
        }
    }
}

/// A field of a row, reached through references or not, as an expression over `t0`.
pub(crate) struct Operand<'a> {
    sql: String,
    /// As it was asked for.
    pub path: String,
    pub table: &'a Table,
    pub column: &'a Column,
}

impl Operand<'_> {
    /// As a number where it is one, so that 10 is more than 9; nothing where it is empty.
    fn measured(&self) -> String {
        let filled = format!("NULLIF({}, '')", self.sql);
        match self.column.kind {
            Kind::Integer => format!("CAST({filled} AS INTEGER)"),
            kind if kind.is_number() => format!("CAST({filled} AS REAL)"),
            _ => filled,
        }
    }

    fn grouped(&self) -> String {
        let collation = if self.column.kind.ignores_case() { " COLLATE NOCASE" } else { "" };
        format!("{}{collation}", self.sql)
    }
}

/// One number of a group: that of its rows, or one about a field.
pub(crate) struct Aggregate<'a> {
    pub function: Function,
    pub operand: Option<Operand<'a>>,
}

impl Aggregate<'_> {
    fn sql(&self) -> String {
        let Some(operand) = &self.operand else {
            return "count(*)".to_owned();
        };
        let is_duration = operand.column.kind == Kind::GlideDuration;
        match self.function {
            Function::Count => "count(*)".to_owned(),
            Function::Min => format!("min({})", operand.measured()),
            Function::Max => format!("max({})", operand.measured()),
            // Durations are date-times from the epoch (contract 2.5).
            Function::Avg if is_duration => format!("datetime(avg(unixepoch({})), 'unixepoch')", operand.measured()),
            Function::Sum if is_duration => format!("datetime(sum(unixepoch({})), 'unixepoch')", operand.measured()),
            Function::Avg => {
                let value = operand.measured();
                format!("CASE WHEN count({value}) > 0 THEN printf('%.4f', avg({value})) END")
            }
            Function::Sum => format!("sum({})", operand.measured()),
        }
    }

    /// To compare and to sort by: the number itself and not its text.
    fn sorted(&self) -> String {
        match (&self.operand, self.function) {
            (Some(operand), Function::Avg) if operand.column.kind != Kind::GlideDuration => {
                format!("avg({})", operand.measured())
            }
            _ => self.sql(),
        }
    }
}

/// A group stays if its number compares so to the value.
pub(crate) struct Having<'a> {
    pub aggregate: Aggregate<'a>,
    /// One of SQL's own signs.
    pub sign: &'static str,
    pub value: String,
}

pub(crate) enum Sorting<'a> {
    Field(Operand<'a>),
    Number(Aggregate<'a>),
}

#[derive(Default)]
pub(crate) struct Statistics<'a> {
    pub groups: Vec<Operand<'a>>,
    pub aggregates: Vec<Aggregate<'a>>,
    pub having: Vec<Having<'a>>,
    /// With whether it is descending.
    pub order: Vec<(Sorting<'a>, bool)>,
}

/// More groups than this are no statistics.
const MOST_GROUPS: u32 = 10_000;

impl Store {
    /// The field that a path names. `may` is asked about each column on the way.
    pub fn operand<'a>(
        &'a self,
        table: &'a Table,
        path: &str,
        may: &dyn Fn(&Table, &Column) -> bool,
    ) -> Option<Operand<'a>> {
        let found = self.operand_in(table, path, "t0", 1, may)?;
        Some(Operand { path: path.to_owned(), ..found })
    }

    fn operand_in<'a>(
        &'a self,
        table: &'a Table,
        path: &str,
        alias: &str,
        depth: usize,
        may: &dyn Fn(&Table, &Column) -> bool,
    ) -> Option<Operand<'a>> {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let column = table.column(name).filter(|column| !column.kind.is_journal() && !column.kind.is_secret())?;
        let own = format!(r#"{alias}."{}""#, column.name);
        if !may(table, column) {
            return None;
        }
        let Some(rest) = rest else {
            return Some(Operand { sql: own, path: name.to_owned(), table, column });
        };
        let target = self.dictionary.table(column.reference.as_deref().filter(|_| depth < 8)?)?;
        let inner = format!("t{depth}");
        let end = self.operand_in(target, rest, &inner, depth + 1, may)?;
        let sql = format!(
            r#"COALESCE((SELECT {} FROM "{}" AS {inner} WHERE {inner}."sys_id" = {own}), '')"#,
            end.sql, target.root
        );
        Some(Operand { sql, ..end })
    }

    /// For each group the values that it is grouped by, and then its numbers, all as text. There must be
    /// something to say of a group.
    pub async fn statistics(&self, table: &Table, query: &Compiled, what: &Statistics<'_>) -> Result<Vec<Vec<String>>> {
        let groups: Vec<String> = what.groups.iter().map(Operand::grouped).collect();
        let numbers =
            what.aggregates.iter().map(|aggregate| format!("COALESCE(CAST({} AS TEXT), '')", aggregate.sql()));
        let columns: Vec<String> = groups.iter().cloned().chain(numbers).collect();
        let mut parameters = query.parameters.clone();
        let mut kept = Vec::new();
        for having in &what.having {
            let numeric = having.value.trim().parse::<f64>().is_ok();
            let value = if numeric { "CAST(? AS REAL)" } else { "?" };
            kept.push(format!("{} {} {value}", having.aggregate.sorted(), having.sign));
            parameters.push(having.value.clone());
        }
        let asked = what.order.iter().map(|(by, descending)| {
            let key = match by {
                Sorting::Field(operand) => operand.measured(),
                Sorting::Number(aggregate) => aggregate.sorted(),
            };
            if *descending { format!("{key} DESC") } else { key }
        });
        let order: Vec<String> = asked.chain(what.groups.iter().map(Operand::measured)).collect();
        let clause = |word: &str, parts: &[String], between: &str| {
            if parts.is_empty() { String::new() } else { format!(" {word} {}", parts.join(between)) }
        };
        let sql = format!(
            r#"SELECT {} FROM "{}" AS t0 WHERE {} AND {}{}{}{} LIMIT {MOST_GROUPS}"#,
            columns.join(", "),
            table.root,
            family(table),
            query.condition,
            clause("GROUP BY", &groups, ", "),
            clause("HAVING", &kept, " AND "),
            // All rows together are one group, and that is in order.
            if groups.is_empty() { String::new() } else { clause("ORDER BY", &order, ", ") },
        );
        let mut statement = sqlx::query(AssertSqlSafe(sql));
        for parameter in &parameters {
            statement = statement.bind(parameter);
        }
        let rows = statement.fetch_all(&self.pool).await?;
        rows.iter().map(|row| (0..columns.len()).map(|place| row.try_get(place)).collect()).collect()
    }
}
