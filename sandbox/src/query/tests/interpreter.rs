//! What a condition means, said a second time: over rows in memory, one by one, without SQL and without the
//! evaluation that the translation uses.

mod dates;
mod tables;

use std::cmp::Ordering;

use jiff::Zoned;
use jiff::civil::Date;

use super::world::World;
use crate::clock;
use crate::dictionary::{Column, Kind, Table};
use crate::query::script::Value;
use crate::query::{Condition, Operator as O, Order};
use crate::record::Record;
use dates::{Part, unit_of};

/// What stands at the end of a path: the cell's value, or the entries of a journal.
struct Found<'w> {
    column: &'w Column,
    values: Vec<String>,
}

impl World {
    fn of_class<'w>(&'w self, table: &'w Table) -> impl Iterator<Item = &'w Record> {
        let rows = self.rows.get(table.root.as_str()).into_iter().flatten();
        rows.filter(|row| {
            table.name == table.root || table.classes.iter().any(|class| class == row.get("sys_class_name"))
        })
    }

    fn record(&self, table: &Table, sys_id: &str) -> Option<&Record> {
        self.rows.get(table.root.as_str())?.iter().find(|row| row.sys_id() == sys_id && !sys_id.is_empty())
    }

    /// The values at the end of a path; one empty value where a reference on the way leads nowhere.
    fn follow<'w>(&'w self, path: &str, row: Option<&Record>, table: &'w Table) -> Option<Found<'w>> {
        let Some((first, rest)) = path.split_once('.') else {
            let column = table.column(path).filter(|column| !column.kind.is_secret())?;
            let values = match row {
                Some(row) if column.kind.is_journal() => self.entries(row.sys_id(), column),
                Some(row) => vec![row.get(path).to_owned()],
                None => vec![String::new()],
            };
            return Some(Found { column, values });
        };
        if let Some(class) = first.strip_prefix("ref_") {
            let class = self.store.dictionary.table(class).filter(|class| table.classes.contains(&class.name))?;
            let row = row.filter(|row| class.classes.iter().any(|name| name == row.get("sys_class_name")));
            return self.follow(rest, row, class);
        }
        let column = table.column(first).filter(|column| column.kind == Kind::Reference)?;
        let target = self.store.dictionary.table(column.reference.as_deref()?)?;
        self.follow(rest, row.and_then(|row| self.record(target, row.get(first))), target)
    }

    fn entries(&self, sys_id: &str, column: &Column) -> Vec<String> {
        let all = &self.rows["sys_journal_field"];
        let ours = all.iter().filter(|entry| entry.get("element_id") == sys_id);
        let wanted = |entry: &&Record| column.kind == Kind::JournalList || entry.get("element") == column.name;
        ours.filter(wanted).map(|entry| entry.get("value").to_owned()).collect()
    }

    /// Whether a row fits groups of alternatives of conditions; and which parts mean nothing.
    pub fn fits(&self, groups: &[Vec<Vec<Condition>>], row: &Record, table: &Table) -> bool {
        groups.iter().any(|group| {
            group.iter().all(|alternatives| {
                let known: Vec<bool> = alternatives.iter().filter_map(|one| self.holds(one, row, table)).collect();
                known.is_empty() || known.contains(&true)
            })
        })
    }

    pub fn interpret(&self, groups: &[Vec<Vec<Condition>>], order: &[Order], table: &Table) -> Vec<String> {
        let mut rows: Vec<&Record> = self.of_class(table).filter(|row| self.fits(groups, row, table)).collect();
        let mut known: Vec<&Order> = Vec::new();
        for by in order.iter().filter(|by| self.sortable(&by.field, table)) {
            if known.iter().all(|earlier| earlier.field != by.field) {
                known.push(by);
            }
        }
        if known.last().is_some_and(|by| by.descending) && known.iter().all(|by| by.field != "sys_id") {
            rows.reverse();
        }
        rows.sort_by(|a, b| {
            let mut ordering = Ordering::Equal;
            for by in &known {
                let one = self.compare_for_order(&by.field, a, b, table);
                ordering = ordering.then(if by.descending { one.reverse() } else { one });
            }
            ordering
        });
        rows.iter().map(|row| row.sys_id().to_owned()).collect()
    }

    fn sortable(&self, field: &str, table: &Table) -> bool {
        self.follow(field, None, table).is_some_and(|found| !found.column.kind.is_journal())
    }

    fn compare_for_order(&self, field: &str, a: &Record, b: &Record, table: &Table) -> Ordering {
        let key = |row| {
            let found = self.follow(field, Some(row), table).expect("it can be sorted by");
            let value = found.values.into_iter().next().unwrap_or_default();
            let shown = self.shown(&value, found.column);
            (found.column.kind, shown)
        };
        let ((kind, a), (_, b)) = (key(a), key(b));
        if kind.is_number() {
            return number(&a).unwrap_or(0.0).total_cmp(&number(&b).unwrap_or(0.0));
        }
        if kind.ignores_case() || kind == Kind::Reference { lower(&a).cmp(&lower(&b)) } else { a.cmp(&b) }
    }

    /// A reference is shown by its name, and as nothing if there is no such record.
    fn shown(&self, value: &str, column: &Column) -> String {
        if column.kind != Kind::Reference {
            return value.to_owned();
        }
        let target = column.reference.as_deref().and_then(|name| self.store.dictionary.table(name)).expect("a target");
        self.record(target, value).map(|row| row.get(&target.display).to_owned()).unwrap_or_default()
    }

    /// Nothing if the condition means nothing.
    pub fn holds(&self, condition: &Condition, row: &Record, table: &Table) -> Option<bool> {
        let Condition { field, operator, value } = condition;
        let tags: Vec<&str> = {
            let entries = self.rows["label_entry"].iter().filter(|entry| entry.get("table_key") == row.sys_id());
            entries.map(|entry| entry.get("label")).collect()
        };
        if field == "sys_tags" || field.starts_with("sys_tags.") {
            let one = field.strip_prefix("sys_tags.").filter(|tag| !tag.is_empty());
            let any = one.map_or(!tags.is_empty(), |tag| tags.contains(&tag));
            let has = tags.contains(&value.as_str());
            return Some(match operator {
                O::Is if value.is_empty() || value == "NULL" => !any,
                O::IsNot if value.is_empty() || value == "NULL" => any,
                O::Is if !value.starts_with("javascript:") => has,
                O::IsNot if !value.starts_with("javascript:") => !has,
                O::DoesNotHave => !tags.is_empty() && if value.is_empty() { tags.is_empty() } else { !has },
                O::Excluding => {
                    if value.is_empty() {
                        tags.is_empty()
                    } else {
                        !has
                    }
                }
                O::IsEmpty => !any,
                O::IsNotEmpty => any,
                O::Anything => true,
                O::Contains | O::NotContains | O::StartsWith | O::EndsWith if value.is_empty() => {
                    *operator != O::NotContains
                }
                _ => return None,
            });
        }
        match operator {
            O::Nonsense | O::DoesNotHave | O::Excluding => return None,
            O::ValueChanges | O::ChangesFrom | O::ChangesTo => return table.column(field).map(|_| false),
            O::Text => return Some(self.has_words(value, row, table)),
            O::Related => return self.related(field, value, row, table),
            O::Join => return self.joined(field, value, row, table),
            _ => {}
        }
        let two = [
            O::SameAs,
            O::NotSameAs,
            O::InField,
            O::MoreThan,
            O::LessThan,
            O::GreaterThanField,
            O::LessThanField,
            O::GreaterOrEqualField,
            O::LessOrEqualField,
        ];
        if two.contains(operator) {
            return self.two_fields(condition, row, table);
        }
        // Whether one value fits, for a value that is not empty; then what is said of none at all.
        let found = self.follow(field, Some(row), table)?;
        let some = |fits: &dyn Fn(&str) -> bool| found.values.iter().any(|value| !value.is_empty() && fits(value));
        let filled = some(&|_| true);
        let kind = if found.column.kind.is_journal() { Kind::String } else { found.column.kind };
        let matches = |cell: &str, text: &str| equal(kind, cell, text);
        let set = |value: &Value| self.values(value, kind);
        let is_in = |cell: &str, all: &[String]| all.iter().any(|one| !one.is_empty() && matches(cell, one));
        let compared = |cell: &str, with: Ordering, or_equal: bool, value: &Value| {
            let ends = self.values_of_one(value, kind);
            let order = ends.and_then(|end| compare(kind, cell, &end));
            order.is_some_and(|order| order == with || or_equal && order == Ordering::Equal)
        };
        let read = |text: &str| Value::read(text, &self.scope());
        let text = || read(value)?.into_text();
        Some(match operator {
            O::Is | O::IsNot => {
                let value = read(value)?;
                let empty = matches!(&value, Value::Text(text) if text.is_empty() || text == "NULL");
                let all = set(&value);
                (if empty { !filled } else { some(&|cell| is_in(cell, &all)) }) == (*operator == O::Is)
            }
            O::In | O::NotIn => {
                let value = read(value)?;
                let (all, or_empty) = match value.clone().into_text() {
                    Some(list) => {
                        let parts: Vec<String> = list.split(',').map(|one| one.trim().to_owned()).collect();
                        let or_empty = parts.contains(&String::new());
                        (parts.iter().flat_map(|one| set(&Value::Text(one.clone()))).collect(), or_empty)
                    }
                    None => (set(&value), false),
                };
                (some(&|cell| is_in(cell, &all)) || or_empty && !filled) == (*operator == O::In)
            }
            O::Contains | O::NotContains | O::StartsWith | O::EndsWith => {
                let text = lower(&text()?);
                let shown = |cell: &str| lower(&self.shown(cell, found.column));
                let holds = text.is_empty()
                    || match operator {
                        O::StartsWith => some(&|cell| shown(cell).starts_with(&text)),
                        O::EndsWith => some(&|cell| shown(cell).ends_with(&text)),
                        _ => some(&|cell| shown(cell).contains(&text)),
                    };
                holds == (*operator != O::NotContains)
            }
            O::IsEmpty => !filled,
            O::IsNotEmpty => filled,
            O::Anything => true,
            O::Less => {
                let end = read(value)?;
                some(&|cell| compared(cell, Ordering::Less, false, &end))
            }
            O::LessOrEqual => {
                let end = read(value)?;
                some(&|cell| compared(cell, Ordering::Less, true, &end))
            }
            O::Greater => {
                let end = read(value)?;
                some(&|cell| compared(cell, Ordering::Greater, false, &end))
            }
            O::GreaterOrEqual => {
                let end = read(value)?;
                some(&|cell| compared(cell, Ordering::Greater, true, &end))
            }
            O::Between => {
                let (low, high) = value.split_once('@')?;
                let (low, high) = (read(low)?, read(high)?);
                some(&|cell| {
                    compared(cell, Ordering::Greater, true, &low) && compared(cell, Ordering::Less, true, &high)
                })
            }
            O::On | O::NotOn => {
                let (from, to) = if let Some((_, ends)) = value.split_once('@') {
                    let (from, to) = ends.split_once('@')?;
                    (read(from)?, read(to)?)
                } else {
                    let date: Date = Date::strptime("%Y-%m-%d", value).ok()?;
                    let at = |time: jiff::civil::DateTime| time.to_zoned(self.user.time_zone.clone()).ok();
                    let (first, last) = (at(date.at(0, 0, 0, 0))?, at(date.at(23, 59, 59, 0))?);
                    (Value::Time(first.timestamp()), Value::Time(last.timestamp()))
                };
                let on = some(&|cell| {
                    compared(cell, Ordering::Greater, true, &from) && compared(cell, Ordering::Less, true, &to)
                });
                on == (*operator == O::On)
            }
            O::RelativeAfter | O::RelativeOnOrAfter | O::RelativeBefore | O::RelativeOnOrBefore | O::RelativeOn => {
                let (time, unit) = self.relative(value)?;
                let value = Value::Time(time.timestamp());
                match operator {
                    O::RelativeAfter => some(&|cell| compared(cell, Ordering::Greater, false, &value)),
                    O::RelativeOnOrAfter => some(&|cell| compared(cell, Ordering::Greater, true, &value)),
                    O::RelativeBefore => some(&|cell| compared(cell, Ordering::Less, false, &value)),
                    O::RelativeOnOrBefore => some(&|cell| compared(cell, Ordering::Less, true, &value)),
                    _ => {
                        let wanted = unit_of(&time, unit)?;
                        some(&|cell| match (kind, clock::parse(cell)) {
                            // A day is in the unit if it is one of the days that the unit touches.
                            (Kind::GlideDate, Some(_)) => {
                                let whole = if matches!(unit, "minute" | "hour") { "day" } else { unit };
                                let day: Date = cell.parse().expect("a date");
                                let zoned = day.to_zoned(self.user.time_zone.clone()).expect("a day");
                                unit_of(&zoned, whole) == unit_of(&time, whole)
                            }
                            (_, Some(at)) => {
                                unit_of(&at.to_zoned(self.user.time_zone.clone()), unit).as_ref() == Some(&wanted)
                            }
                            // What is no date is compared as text, with the ends of the unit.
                            (_, None) => false,
                        })
                    }
                }
            }
            O::DatePart => {
                let part = Part::read(value)?;
                some(&|cell| self.zoned(cell, kind).is_some_and(|zoned| part.fits(&zoned)))
            }
            O::Dynamic => {
                let value = match self.filters.get(value) {
                    Some(script) => Value::evaluate(script, &self.scope())?,
                    None => return Some(false),
                };
                let all = set(&value);
                some(&|cell| {
                    if kind == Kind::GlideList {
                        cell.split(',').any(|one| all.iter().any(|wanted| wanted == one.trim()))
                    } else {
                        is_in(cell, &all)
                    }
                })
            }
            O::InHierarchy | O::InHierarchyDynamic => {
                let start = value.rsplit_once('@').map_or(value.as_str(), |(_, start)| start);
                let starts = match operator {
                    O::InHierarchy => vec![start.to_owned()],
                    _ => match self.filters.get(start) {
                        Some(script) => set(&Value::evaluate(script, &self.scope())?),
                        None => return Some(false),
                    },
                };
                some(&|cell| self.is_below(cell, &starts, found.column))
            }
            O::InstanceOf => match self.store.dictionary.table(value) {
                Some(class) => some(&|cell| class.classes.iter().any(|name| name == cell)),
                None => false,
            },
            _ => return None,
        })
    }

    /// A moment on the user's clock. A date is that day, wherever one is.
    fn zoned(&self, cell: &str, kind: Kind) -> Option<Zoned> {
        let zone = self.user.time_zone.clone();
        match kind {
            Kind::GlideDateTime => clock::parse(cell).map(|at| at.to_zoned(zone)),
            Kind::GlideDate => cell.parse::<Date>().ok()?.to_zoned(zone).ok(),
            _ => None,
        }
    }

    fn values_of_one(&self, value: &Value, kind: Kind) -> Option<String> {
        match value {
            Value::Text(_) | Value::Time(_) => self.values(value, kind).pop(),
            _ => None,
        }
    }

    /// The values as a column of that kind would hold them.
    fn values(&self, value: &Value, kind: Kind) -> Vec<String> {
        match value {
            Value::Text(text) => vec![text.clone()],
            Value::Time(time) if kind == Kind::GlideDate => {
                vec![time.to_zoned(self.user.time_zone.clone()).date().to_string()]
            }
            Value::Time(time) => vec![clock::text(*time)],
            Value::MyGroups => {
                let mine = self.rows["sys_user_grmember"].iter().filter(|row| row.get("user") == self.user.sys_id);
                mine.map(|row| row.get("group").to_owned()).collect()
            }
            Value::Mine(column) if self.table("sys_user").column(column).is_some() => {
                let me = self.rows["sys_user"].iter().filter(|row| row.sys_id() == self.user.sys_id);
                me.map(|row| row.get(column).to_owned()).collect()
            }
            Value::Mine(_) | Value::Nothing => Vec::new(),
        }
    }
}

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

fn equal(kind: Kind, cell: &str, text: &str) -> bool {
    compare(kind, cell, text) == Some(Ordering::Equal)
}

/// How a cell compares with what somebody wrote; nothing if no cell of the kind holds that.
fn compare(kind: Kind, cell: &str, text: &str) -> Option<Ordering> {
    if kind.is_number() {
        return number(cell)?.partial_cmp(&number(text)?);
    }
    match kind {
        Kind::Boolean => Some(cell.cmp(match lower(text).as_str() {
            "1" | "true" => "true",
            "0" | "false" => "false",
            _ => return None,
        })),
        Kind::GlideDate => Some(cell.cmp(text.split(' ').next().unwrap_or_default())),
        Kind::GlideDateTime if text.len() == 10 => Some(cell.cmp(format!("{text} 00:00:00").as_str())),
        _ if kind.ignores_case() => Some(lower(cell).cmp(&lower(text))),
        _ => Some(cell.cmp(text)),
    }
}
