//! [`Query`] to SQL. Column names come from the dictionary and every value is a bound parameter, so
//! nothing a caller writes becomes SQL. The record's own row is always called `t0`.

mod asked;
mod condition;
mod dates;
mod fields;
mod hierarchy;
mod leaf;
mod place;
mod related;
mod sql;
mod tags;
mod text;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::{Condition, Group, Operator, Order, Query};
use crate::dictionary::{Dictionary, Table};
use crate::user::User;
use asked::Asked;
use place::Place;
use sql::Sql;

/// What a query may refer to besides the row.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub dictionary: &'a Dictionary,
    pub user: &'a User,
    pub now: Timestamp,
    /// The scripts of the dynamic filters, by sys_id.
    pub filters: &'a HashMap<String, String>,
    /// For the filter of a business rule: what the write changed (contract 11.1).
    pub changes: Option<&'a Changes>,
    /// Whether the query may use a column so; one that it may not is as one that is not there (contract 2.4).
    pub permits: &'a (dyn Fn(&Read) -> bool + Sync),
}

/// Changed columns with their old and new values.
pub(crate) type Changes = BTreeMap<String, (String, String)>;

/// A column that a query uses, for the query ACLs (contract 2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    /// The table that the query sees the column in, which may be one that inherits it.
    pub table: String,
    pub column: String,
    /// A range operation or an order, rather than a match.
    pub range: bool,
}

/// SQL that can stand after `WHERE` and `ORDER BY`, its parameters, the columns that it uses, and the parts that
/// mean nothing here.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    pub condition: String,
    pub order: String,
    pub parameters: Vec<String>,
    pub reads: Vec<Read>,
    pub invalid: Vec<String>,
}

/// An honest query has a few dozen conditions, and SQLite takes a million bytes. What is beyond is dropped as an
/// invalid part is, so that every query has an answer in bounded time.
const MOST_CONDITIONS: usize = 1_000;
const LONGEST_SQL: usize = 500_000;
const MOST_KEYS: usize = 32;

pub(crate) fn compile(query: &Query, table: &Table, scope: &Scope) -> Compiled {
    let mut compiler = Compiler { scope: *scope, conditions: 0, length: 0, invalid: Vec::new() };
    let place = Place::root(table);
    let condition = compiler.query(query, place);
    let (order, order_reads) = compiler.order(&query.order, place);
    let mut reads = condition.reads;
    reads.extend(order_reads);
    Compiled { condition: condition.text, order, parameters: condition.parameters, reads, invalid: compiler.invalid }
}

struct Compiler<'a> {
    scope: Scope<'a>,
    conditions: usize,
    length: usize,
    invalid: Vec<String>,
}

/// The least value that a column of dates has in every record that a group finds.
type Bounds<'a> = BTreeMap<&'a str, String>;

impl<'a> Compiler<'a> {
    fn query(&mut self, query: &Query, place: Place<'a>) -> Sql {
        let mut bounds: Option<Bounds> = None;
        let mut groups = Vec::new();
        for group in &query.groups {
            let (sql, found) = self.group(group, place);
            groups.push(sql);
            bounds = Some(match bounds {
                None => found,
                Some(known) => common(known, found),
            });
        }
        let hints = bounds.filter(|_| groups.len() > 1).unwrap_or_default();
        // Said of each group it is said of all, and lets SQLite read `a>T^NQa=T^b>X` along the index of `a` (contract 12.3).
        let hints = hints
            .into_iter()
            .map(|(column, least)| Sql::new(place.cell(column)).with(" >= ").bind(least))
            .collect::<Vec<_>>();
        Sql::all(hints.into_iter().chain([Sql::any(groups)]).collect())
    }

    /// A group that loses every condition matches all, as an empty query does (contract 2.4).
    fn group<'q>(&mut self, group: &'q Group, place: Place<'a>) -> (Sql, Bounds<'q>) {
        let mut bounds = Bounds::new();
        let mut all = Vec::new();
        for alternatives in group {
            let mut any = Vec::new();
            for condition in alternatives {
                match self.permitted(condition, place) {
                    Some(sql) => any.push(sql),
                    None => self.invalid.push(condition.field.clone()),
                }
            }
            if let ([only], [_]) = (alternatives.as_slice(), any.as_slice())
                && let Some(least) = self.least(only, place)
                && bounds.get(only.field.as_str()).is_none_or(|known| *known < least)
            {
                bounds.insert(&only.field, least);
            }
            if !any.is_empty() {
                all.push(Sql::any(any));
            }
        }
        (Sql::all(all), bounds)
    }

    /// Nothing if the condition means nothing here, may not be asked, or is too much.
    fn permitted(&mut self, condition: &Condition, place: Place<'a>) -> Option<Sql> {
        if self.conditions == MOST_CONDITIONS {
            return None;
        }
        // What means nothing here costs nothing, so it does not count.
        let sql = self.condition(condition, place)?;
        self.conditions += 1;
        self.length += sql.text.len();
        (self.length <= LONGEST_SQL && sql.reads.iter().all(self.scope.permits)).then_some(sql)
    }

    fn least(&self, condition: &Condition, place: Place<'a>) -> Option<String> {
        let column = place.table.column(&condition.field).filter(|column| column.kind.is_date())?;
        let asked = Asked::read(condition, &self.scope)?;
        asked.least(column.kind, &self.scope)
    }

    fn order(&mut self, order: &[Order], place: Place<'a>) -> (String, Vec<Read>) {
        let mut keys: Vec<String> = Vec::new();
        let mut reads = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for by in order {
            if seen.contains(&by.field.as_str()) || seen.len() == MOST_KEYS {
                continue;
            }
            let operand = self.operand(&by.field, place, true);
            let Some(operand) = operand.filter(|operand| operand.sql.reads.iter().all(self.scope.permits)) else {
                self.invalid.push(by.field.clone());
                continue;
            };
            seen.push(&by.field);
            let key = self.sort_key(&operand);
            keys.push(if by.descending { format!("{key} DESC") } else { key });
            reads.extend(operand.sql.reads);
        }
        // Something must decide between equals, or pages would overlap.
        if !seen.contains(&"sys_id") {
            let descending = keys.last().is_some_and(|key| key.ends_with(" DESC"));
            keys.push(if descending { "t0.rowid DESC" } else { "t0.rowid" }.to_owned());
        }
        (keys.join(", "), reads)
    }
}

/// What holds whichever of two groups a record is in.
fn common<'q>(mut one: Bounds<'q>, other: Bounds<'q>) -> Bounds<'q> {
    one.retain(|column, least| match other.get(column) {
        Some(bound) => {
            if bound < least {
                least.clone_from(bound);
            }
            true
        }
        None => false,
    });
    one
}

/// The filter of a business rule asks what the write changed.
fn changed(condition: &Condition, changes: Option<&Changes>) -> bool {
    let change = changes.and_then(|changes| changes.get(&condition.field));
    match (condition.operator, change) {
        (_, None) => false,
        (Operator::ChangesFrom, Some((old, _))) => *old == condition.value,
        (Operator::ChangesTo, Some((_, new))) => *new == condition.value,
        (_, Some(_)) => true,
    }
}
