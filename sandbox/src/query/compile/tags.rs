//! Tags: `label` names them, `label_entry` says which records have them.

use super::super::script::Value;
use super::super::{Condition, Operator};
use super::asked::Test;
use super::{Compiler, Place, Sql};

impl<'a> Compiler<'a> {
    /// `sys_tags.<id>=<id>` or `sys_tags=<id>`: the record has the tag. Any tag, if it is asked whether there is one.
    pub(super) fn tagged(&self, tag: &str, test: &Test, place: Place<'a>) -> Option<Sql> {
        match test {
            Test::Filled => self.entry(tag, place),
            Test::Is(Value::Text(id)) => self.entry(id, place),
            _ => None,
        }
    }

    /// `DOESNOTHAVE` finds records with other tags only, `EXCLUDING` also those with none.
    pub(super) fn without_tag(&self, condition: &Condition, place: Place<'a>) -> Option<Sql> {
        condition.field.strip_prefix("sys_tags").filter(|rest| rest.is_empty() || rest.starts_with('.'))?;
        let without = self.entry(&condition.value, place)?.negated();
        Some(match condition.operator {
            Operator::DoesNotHave => Sql::all(vec![self.entry("", place)?, without]),
            _ => without,
        })
    }

    /// Whether the record has a tag: this one, or any if none is named.
    fn entry(&self, tag: &str, place: Place<'a>) -> Option<Sql> {
        self.scope.dictionary.table("label_entry")?;
        let entries =
            format!(r#"EXISTS (SELECT 1 FROM "label_entry" AS e WHERE e."table_key" = {}"#, place.cell("sys_id"));
        let sql = Sql::new(entries);
        let sql = if tag.is_empty() { sql } else { sql.with(r#" AND e."label" = "#).bind(tag) };
        Some(sql.with(")").reading(&place.table.name, "sys_tags", false))
    }
}
