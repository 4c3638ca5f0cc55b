//! Conditions on other tables: related lists and joins.

use super::super::{Condition, Query};
use super::{Compiler, Place, Sql};
use crate::dictionary::{Kind, Table};

impl<'a> Compiler<'a> {
    /// `incident.caller_id,>=1^active=true`: how many records of the related list must fit. After the number there
    /// may be `,m2m`, which says how a screen shows the list.
    pub(super) fn related(&mut self, condition: &Condition, place: Place<'a>) -> Option<Sql> {
        let (inside, column) = self.column_of(&condition.field, place)?;
        let reference = inside.table.column(column).filter(|column| column.kind == Kind::Reference)?;
        let refers_here = reference.reference.as_ref().is_some_and(|target| place.table.ancestors.contains(target));
        if !refers_here {
            return None;
        }
        let (head, conditions) = condition.value.split_once('^').unwrap_or((&condition.value, ""));
        let count = Count::read(head.split(',').next()?)?;
        let fitting = self.query(&Query::parse(conditions), inside);
        let select = |what: &str| {
            format!("(SELECT {what} {}{} = {} AND ", inside.rows(), inside.cell(column), place.cell("sys_id"))
        };
        let sql = match count {
            Count { least: 1, most: None } => Sql::new("EXISTS ").with(select("1")).then(fitting).with(")"),
            Count { least: 0, most: Some(0) } => Sql::new("NOT EXISTS ").with(select("1")).then(fitting).with(")"),
            Count { least, most } => Sql::new(select("count(*)")).then(fitting).with(match most {
                Some(most) => format!(") BETWEEN {least} AND {most}"),
                None => format!(") >= {least}"),
            }),
        };
        Some(sql.reading(&inside.table.name, column, false))
    }

    /// `JOINcmdb_ci.sys_id=cmdb_rel_ci.parent!child=X`: our value is one of theirs.
    pub(super) fn join(&mut self, condition: &Condition, place: Place<'a>) -> Option<Sql> {
        let (table, ours) = condition.field.rsplit_once('.')?;
        let is_ours = place.table.ancestors.iter().any(|name| name == table);
        let ours = place.table.column(ours).filter(|column| is_ours && has_cell(column.kind))?;
        let (other, conditions) = condition.value.split_once('!').unwrap_or((&condition.value, ""));
        let (inside, theirs) = self.column_of(other, place)?;
        inside.table.column(theirs).filter(|column| has_cell(column.kind))?;
        let fitting = self.query(&Query::parse(conditions), inside);
        let cell = place.cell(&ours.name);
        let sql = Sql::new(format!("({cell} <> '' AND {cell} IN (SELECT {} {}", inside.cell(theirs), inside.rows()));
        let sql = sql.then(fitting).with("))").reading(&place.table.name, &ours.name, false);
        Some(sql.reading(&inside.table.name, theirs, false))
    }

    /// `table.column`, as a place to look in from here.
    fn column_of<'c>(&self, name: &'c str, place: Place<'a>) -> Option<(Place<'a>, &'c str)> {
        let (table, column) = name.rsplit_once('.')?;
        let table: &'a Table = self.scope.dictionary.table(table)?;
        // Else one could find out by counting what one may not read.
        let readable = table.read_role.as_deref().is_none_or(|role| self.scope.user.has(role));
        readable.then_some((place.inside(table)?, column))
    }
}

fn has_cell(kind: Kind) -> bool {
    !kind.is_journal() && !kind.is_secret()
}

/// `>=1`, `<3`, `=0`, `BETWEEN1@4`; `=00` is how the condition builder says none.
struct Count {
    least: u32,
    most: Option<u32>,
}

impl Count {
    fn read(text: &str) -> Option<Self> {
        if let Some((low, high)) = text.strip_prefix("BETWEEN").and_then(|ends| ends.split_once('@')) {
            return Some(Self { least: low.parse().ok()?, most: Some(high.parse().ok()?) });
        }
        let digits = text.find(|c: char| c.is_ascii_digit())?;
        let (operator, number) = text.split_at(digits);
        let number: u32 = number.parse().ok()?;
        Some(match operator {
            ">=" => Self { least: number, most: None },
            ">" => Self { least: number.checked_add(1)?, most: None },
            "=" => Self { least: number, most: Some(number) },
            "<=" => Self { least: 0, most: Some(number) },
            "<" => Self { least: 0, most: Some(number.checked_sub(1)?) },
            _ => return None,
        })
    }
}
