//! One condition: which family its operator belongs to, and the walk through references to the column it names.

use super::super::{Condition, Operator};
use super::asked::{Asked, Test};
use super::{Compiler, Place, Sql, changed};
use crate::dictionary::{Column, Kind, Table};

impl<'a> Compiler<'a> {
    /// Nothing if it means nothing here.
    pub(super) fn condition(&mut self, condition: &Condition, place: Place<'a>) -> Option<Sql> {
        match condition.operator {
            Operator::Nonsense => None,
            Operator::Text => Some(self.text_search(&condition.value, place)),
            Operator::Related => self.related(condition, place),
            Operator::Join => self.join(condition, place),
            Operator::ValueChanges | Operator::ChangesFrom | Operator::ChangesTo => {
                place.table.column(&condition.field)?;
                let holds = changed(condition, self.scope.changes);
                Some(Sql::new(if holds { "1" } else { "0" }).reading(&place.table.name, &condition.field, true))
            }
            Operator::DoesNotHave | Operator::Excluding => self.without_tag(condition, place),
            Operator::SameAs
            | Operator::NotSameAs
            | Operator::GreaterThanField
            | Operator::LessThanField
            | Operator::GreaterOrEqualField
            | Operator::LessOrEqualField
            | Operator::InField
            | Operator::MoreThan
            | Operator::LessThan => self.two_fields(condition, place),
            _ => self.asked(&Asked::read(condition, &self.scope)?, condition, place),
        }
    }

    fn asked(&self, asked: &Asked, condition: &Condition, place: Place<'a>) -> Option<Sql> {
        let range = condition.operator.is_range();
        let test = |test| self.walk(&condition.field, test, range, place);
        let mut sql = test(&asked.test)?;
        if asked.or_empty {
            sql = match asked.test {
                Test::Filled => sql.made_certain(),
                _ => Sql::any(vec![sql, test(&Test::Filled)?.negated()]),
            };
        }
        Some(if asked.negated { sql.negated() } else { sql })
    }

    /// Follows the references of `caller_id.manager.email` to the column and tests it there. Each step asks which
    /// records pass, so that SQLite can begin at either end.
    pub(super) fn walk(&self, path: &str, test: &Test, range: bool, place: Place<'a>) -> Option<Sql> {
        let table = place.table;
        if let Some(tag) = tag(path) {
            return self.tagged(tag, test, place);
        }
        let Some((first, rest)) = path.split_once('.') else {
            let column = table.column(path)?;
            return Some(self.at_column(column, test, place)?.reading(&table.name, path, range));
        };
        if let Some(extending) = self.extending(first, table) {
            let class = Sql::new(place.is_of_class(extending));
            return Some(Sql::all(vec![class, self.walk(rest, test, range, place.seen_as(extending))?]));
        }
        let (reference, target) = self.reference(first, table)?;
        let inside = place.inside(target)?;
        let found = self.walk(rest, test, range, inside)?;
        Some(referring(&reference.name, found, place, inside).reading(&table.name, first, false))
    }

    fn at_column(&self, column: &'a Column, test: &Test, place: Place<'a>) -> Option<Sql> {
        if column.kind.is_secret() {
            return None;
        }
        if column.kind.is_journal() {
            return self.journal(column, test, place);
        }
        // Text is compared with what a person sees instead of the sys_id (contract 2.3).
        if column.kind == Kind::Reference
            && matches!(test, Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_))
            && let Some(target) = self.target(column).filter(|target| !target.display.is_empty())
        {
            let inside = place.inside(target)?;
            let mut found = self.walk(&target.display, test, true, inside)?;
            found.reads.clear();
            return Some(referring(&column.name, found, place, inside));
        }
        Some(self.leaf(test, &place.cell(&column.name), column))
    }

    /// `ref_incident.caller_id` on a task: the columns of a table that extends this one.
    pub(super) fn extending(&self, step: &str, table: &Table) -> Option<&'a Table> {
        let name = step.strip_prefix("ref_")?;
        let extending = self.scope.dictionary.table(name)?;
        table.classes.contains(&extending.name).then_some(extending)
    }

    pub(super) fn reference(&self, name: &str, table: &'a Table) -> Option<(&'a Column, &'a Table)> {
        let column = table.column(name).filter(|column| column.kind == Kind::Reference)?;
        Some((column, self.target(column)?))
    }

    pub(super) fn target(&self, column: &Column) -> Option<&'a Table> {
        self.scope.dictionary.table(column.reference.as_deref()?).map(AsRef::as_ref)
    }
}

/// Rows whose reference names one of the records found inside.
fn referring(reference: &str, found: Sql, place: Place, inside: Place) -> Sql {
    Sql::new(format!("{} IN (SELECT {} {}", place.cell(reference), inside.cell("sys_id"), inside.family_rows()))
        .then(found)
        .with(")")
}

/// `sys_tags.<id>` names a tag, `sys_tags` alone any.
fn tag(path: &str) -> Option<&str> {
    let tag = path.strip_prefix("sys_tags")?;
    if tag.is_empty() { Some("") } else { tag.strip_prefix('.') }
}
