//! Conditions that look at other tables, and at two fields.

use std::cmp::Ordering;

use jiff::SignedDuration;

use super::dates::unit_of;
use super::{lower, number};
use crate::clock;
use crate::dictionary::{Column, Kind, Table};
use crate::query::tests::world::World;
use crate::query::{Condition, Operator as O, Query};
use crate::record::Record;

impl World {
    pub(super) fn is_below(&self, cell: &str, starts: &[String], column: &Column) -> bool {
        let Some(target) = column.reference.as_deref().and_then(|name| self.store.dictionary.table(name)) else {
            return false;
        };
        let up = match target.name.as_str() {
            "sys_user" => "manager",
            "sys_user_group" | "practice_ticket" => "parent",
            _ => return false,
        };
        let mut at = cell.to_owned();
        for _ in 0..100 {
            if starts.contains(&at) {
                return true;
            }
            match self.record(target, &at) {
                Some(row) => row.get(up).clone_into(&mut at),
                None => return false,
            }
        }
        false
    }

    pub(super) fn two_fields(&self, condition: &Condition, row: &Record, table: &Table) -> Option<bool> {
        let (other, more) =
            condition.value.split_once('@').map_or((condition.value.as_str(), None), |(o, m)| (o, Some(m)));
        let one = |path: &str| {
            let mut found = self.follow(path, Some(row), table)?;
            (!found.column.kind.is_journal()).then(|| (found.values.remove(0), found.column.kind))
        };
        let ((a, kind), (b, other_kind)) = (one(&condition.field)?, one(other)?);
        let numbers = kind.is_number() && other_kind.is_number();
        let order = if numbers {
            number(&a).partial_cmp(&number(&b)).unwrap_or(Ordering::Equal)
        } else if kind.ignores_case() {
            lower(&a).cmp(&lower(&b))
        } else {
            a.cmp(&b)
        };
        let both = !a.is_empty() && !b.is_empty();
        let in_time =
            [O::SameAs, O::NotSameAs, O::MoreThan, O::LessThan].contains(&condition.operator) && more.is_some();
        if in_time && !(kind.is_date() && other_kind.is_date()) {
            return None;
        }
        Some(match (condition.operator, more) {
            (O::SameAs, None) => order == Ordering::Equal,
            (O::NotSameAs, None) => order != Ordering::Equal,
            (O::SameAs | O::NotSameAs, Some(unit)) => {
                if !["hour", "day", "week", "month", "quarter", "year"].contains(&unit) {
                    return None;
                }
                let of = |cell: &str, kind| self.zoned(cell, kind).and_then(|zoned| unit_of(&zoned, unit));
                let same = a == b || both && of(&a, kind) == of(&b, other_kind);
                same == (condition.operator == O::SameAs)
            }
            (O::InField, _) => both && b.split(',').any(|item| item.trim() == a),
            (O::MoreThan | O::LessThan, Some(distance)) => {
                let parts: Vec<&str> = distance.splitn(3, '@').collect();
                let [unit, direction, count] = parts.as_slice() else { return None };
                let count: i64 = count.parse().ok()?;
                let length = match *unit {
                    "hour" => SignedDuration::from_hours(count),
                    "day" => SignedDuration::from_hours(24 * count),
                    "week" => SignedDuration::from_hours(168 * count),
                    _ => return None,
                };
                let before = ["before", "before or after"].contains(direction);
                let after = ["after", "before or after"].contains(direction);
                if !before && !after {
                    return None;
                }
                let (Some(a), Some(b)) = (clock::parse(&a), clock::parse(&b)) else { return Some(false) };
                let (earlier, later) = (b.duration_since(a), a.duration_since(b));
                let fits = |distance: SignedDuration| {
                    if condition.operator == O::MoreThan {
                        distance > length
                    } else {
                        !distance.is_negative() && distance < length
                    }
                };
                before && fits(earlier) || after && fits(later)
            }
            (O::GreaterThanField | O::MoreThan, _) => both && order == Ordering::Greater,
            (O::LessThanField | O::LessThan, _) => both && order == Ordering::Less,
            (O::GreaterOrEqualField, _) => both && order != Ordering::Less,
            (O::LessOrEqualField, _) => both && order != Ordering::Greater,
            _ => return None,
        })
    }

    pub(super) fn has_words(&self, text: &str, row: &Record, table: &Table) -> bool {
        let texts: Vec<String> = table
            .columns
            .values()
            .filter(|column| matches!(column.kind, Kind::String | Kind::Html) && !column.name.starts_with("sys_"))
            .filter(|column| column.read_role.is_none())
            .map(|column| row.get(&column.name).to_owned())
            .chain(
                ["comments", "work_notes"]
                    .into_iter()
                    .filter_map(|name| table.column(name))
                    .flat_map(|column| self.entries(row.sys_id(), column)),
            )
            .map(|text| lower(&text))
            .collect();
        text.split_whitespace().all(|word| texts.iter().any(|text| text.contains(&lower(word.trim_matches('*')))))
    }

    pub(super) fn related(&self, field: &str, value: &str, row: &Record, table: &Table) -> Option<bool> {
        let (name, column) = field.rsplit_once('.')?;
        let child = self.store.dictionary.table(name)?;
        let reference = child.column(column).filter(|column| column.kind == Kind::Reference)?.reference.as_deref()?;
        table.ancestors.iter().find(|ancestor| *ancestor == reference)?;
        let (quantity, conditions) = value.split_once('^').unwrap_or((value, ""));
        let quantity = quantity.trim_end_matches(",m2m");
        let digits = quantity.find(|c: char| c.is_ascii_digit())?;
        let query = Query::parse(conditions);
        let ours = self.of_class(child).filter(|other| other.get(column) == row.sys_id());
        let count = ours.filter(|other| self.fits(&query.groups, other, child)).count();
        if let Some((low, high)) = quantity.strip_prefix("BETWEEN").and_then(|ends| ends.split_once('@')) {
            return Some((low.parse().ok()?..=high.parse().ok()?).contains(&count));
        }
        let number: usize = quantity[digits..].parse().ok()?;
        Some(match &quantity[..digits] {
            ">=" => count >= number,
            ">" => count > number,
            "=" => count == number,
            "<=" => count <= number,
            "<" if number > 0 => count < number,
            _ => return None,
        })
    }

    pub(super) fn joined(&self, field: &str, value: &str, row: &Record, table: &Table) -> Option<bool> {
        let (name, ours) = field.rsplit_once('.')?;
        let ours = table.column(ours).filter(|_| table.ancestors.iter().any(|ancestor| ancestor == name))?;
        let (other, conditions) = value.split_once('!').unwrap_or((value, ""));
        let (name, theirs) = other.rsplit_once('.')?;
        let other = self.store.dictionary.table(name)?;
        let theirs = other.column(theirs)?;
        let query = Query::parse(conditions);
        let value = row.get(&ours.name);
        let mut fitting = self.of_class(other).filter(|row| self.fits(&query.groups, row, other));
        Some(!value.is_empty() && fitting.any(|row| row.get(&theirs.name) == value))
    }
}
