//! Values of two columns compared with each other, and the order of the records.

use super::super::calendar::Unit;
use super::super::{Condition, Operator};
use super::{Compiler, Place, Sql};
use crate::dictionary::{Column, Kind};

/// A column's value as SQL, through references; empty where a reference on the way is.
pub(super) struct Operand<'a> {
    pub sql: Sql,
    pub column: &'a Column,
}

impl<'a> Compiler<'a> {
    pub(super) fn operand(&self, path: &str, place: Place<'a>, range: bool) -> Option<Operand<'a>> {
        let table = place.table;
        let Some((first, rest)) = path.split_once('.') else {
            let column = table.column(path).filter(|column| !column.kind.is_journal() && !column.kind.is_secret())?;
            return Some(Operand { sql: Sql::new(place.cell(path)).reading(&table.name, path, range), column });
        };
        if let Some(extending) = self.extending(first, table) {
            let end = self.operand(rest, place.seen_as(extending), range)?;
            let sql = Sql::new(format!("CASE WHEN {} THEN ", place.is_of_class(extending)))
                .then(end.sql)
                .with(" ELSE '' END");
            return Some(Operand { sql: Sql::new("(").then(sql).with(")"), column: end.column });
        }
        let (reference, target) = self.reference(first, table)?;
        let inside = place.inside(target)?;
        let end = self.operand(rest, inside, range)?;
        let sql = Sql::new("COALESCE((SELECT ")
            .then(end.sql)
            .with(format!(" {}{} = {}), '')", inside.family_rows(), inside.cell("sys_id"), place.cell(&reference.name)))
            .reading(&table.name, first, false);
        Some(Operand { sql, column: end.column })
    }

    /// Numbers by size, references by what a person sees, everything else as text.
    pub(super) fn sort_key(&self, operand: &Operand) -> String {
        let (cell, column) = (&operand.sql.text, operand.column);
        if column.kind.is_number() {
            return format!("CAST({cell} AS NUMERIC)");
        }
        let target = self.target(column).filter(|_| column.kind == Kind::Reference);
        match target.and_then(|target| Some((target, target.column(&target.display)?))) {
            Some((target, display)) => {
                let shown = format!(
                    r#"COALESCE((SELECT d."{}" FROM "{}" AS d WHERE d."sys_id" = {cell}), '')"#,
                    display.name, target.root
                );
                format!("{shown} COLLATE NOCASE")
            }
            None if column.kind.ignores_case() => format!("{cell} COLLATE NOCASE"),
            None => cell.clone(),
        }
    }

    pub(super) fn two_fields(&self, condition: &Condition, place: Place<'a>) -> Option<Sql> {
        let (other, more) = match condition.value.split_once('@') {
            Some((other, more)) => (other, Some(more)),
            None => (condition.value.as_str(), None),
        };
        let range = condition.operator.is_range();
        let left = self.operand(&condition.field, place, range)?;
        let right = self.operand(other, place, range)?;
        let reads = [left.sql.reads.clone(), right.sql.reads.clone()].concat();
        let (a, b) = (left.sql.text.as_str(), right.sql.text.as_str());
        let compared = |operator| compared(&left, operator, &right);
        let text = match (condition.operator, more) {
            (Operator::SameAs, None) => compared("="),
            (Operator::NotSameAs, None) => format!("NOT ({})", compared("=")),
            (Operator::SameAs | Operator::NotSameAs | Operator::MoreThan | Operator::LessThan, Some(_))
                if !(left.column.kind.is_date() && right.column.kind.is_date()) =>
            {
                return None;
            }
            (Operator::SameAs, Some(unit)) => self.same_unit(&left, &right, Unit::named(unit)?),
            (Operator::NotSameAs, Some(unit)) => format!("NOT ({})", self.same_unit(&left, &right, Unit::named(unit)?)),
            (Operator::MoreThan, Some(distance)) => super::dates::apart(a, b, distance, true)?,
            (Operator::LessThan, Some(distance)) => super::dates::apart(a, b, distance, false)?,
            (Operator::InField, _) => {
                format!(
                    "({a} <> '' AND instr({a}, ',') = 0 AND instr(',' || replace({b}, ', ', ',') || ',', ',' || {a} || ',') > 0)"
                )
            }
            (Operator::MoreThan | Operator::GreaterThanField, _) => filled(a, b, &compared(">")),
            (Operator::LessThan | Operator::LessThanField, _) => filled(a, b, &compared("<")),
            (Operator::GreaterOrEqualField, _) => filled(a, b, &compared(">=")),
            (Operator::LessOrEqualField, _) => filled(a, b, &compared("<=")),
            _ => return None,
        };
        Some(Sql { text, parameters: Vec::new(), reads })
    }
}

fn compared(left: &Operand, operator: &str, right: &Operand) -> String {
    let (a, b) = (&left.sql.text, &right.sql.text);
    if left.column.kind.is_number() && right.column.kind.is_number() {
        // An empty number is no nought.
        return format!("(({a} = '') = ({b} = '') AND CAST({a} AS NUMERIC) {operator} CAST({b} AS NUMERIC))");
    }
    let collation = if left.column.kind.ignores_case() { " COLLATE NOCASE" } else { "" };
    format!("{a} {operator} {b}{collation}")
}

/// What is empty is neither before nor after anything.
fn filled(a: &str, b: &str, comparison: &str) -> String {
    format!("({a} <> '' AND {b} <> '' AND {comparison})")
}
