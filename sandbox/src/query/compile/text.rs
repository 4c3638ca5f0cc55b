//! `123TEXTQUERY321=words`, and the words of journals.

use super::asked::Test;
use super::{Compiler, Place, Read, Sql};
use crate::dictionary::{Column, Kind, Table};

/// A person types a few.
const MOST_WORDS: usize = 16;

impl<'a> Compiler<'a> {
    /// Records in whose texts and journals all the words are, in whatever order and column. What the user may not
    /// read is not searched.
    pub(super) fn text_search(&self, text: &str, place: Place<'a>) -> Sql {
        let readable = |column: &&Column| {
            let read = Read { table: place.table.name.clone(), column: column.name.clone(), range: true };
            (self.scope.permits)(&read)
        };
        let (journals, texts): (Vec<&Column>, Vec<&Column>) = place
            .table
            .columns
            .values()
            .filter(|column| readable(column) && (is_text(column) || column.kind == Kind::JournalInput))
            .partition(|column| column.kind.is_journal());
        let cells: Vec<String> = texts.iter().map(|column| place.cell(&column.name)).collect();
        // No word has a line break in it, so none is found across two columns.
        let all = if cells.is_empty() { "''".to_owned() } else { cells.join(" || char(10) || ") };
        let words = text.split_whitespace().map(|word| word.trim_matches('*')).filter(|word| !word.is_empty());
        let found = words.take(MOST_WORDS).map(|word| {
            let mut places = vec![Sql::new(format!("instr(lower({all}), lower(")).bind(word).with(")) > 0")];
            let contains = Test::Contains(word.to_owned());
            places.extend(journals.iter().filter_map(|column| self.journal(column, &contains, place)));
            Sql::any(places)
        });
        Sql::all(found.collect())
    }

    /// A journal's column is empty in the record itself: its entries are rows of `sys_journal_field` (contract 4).
    pub(super) fn journal(&self, column: &Column, test: &Test, place: Place<'a>) -> Option<Sql> {
        let entries: &Table = self.scope.dictionary.table("sys_journal_field")?;
        let inside = place.inside(entries)?;
        let value = entries.column("value")?;
        let element = match column.kind {
            // The merged journal has the entries of both.
            Kind::JournalList => Sql::default(),
            _ => Sql::new(inside.cell("element")).with(" = ").bind(&column.name).with(" AND "),
        };
        let entry =
            format!("EXISTS (SELECT 1 {}{} = {} AND ", inside.rows(), inside.cell("element_id"), place.cell("sys_id"));
        Some(Sql::new(entry).then(element).then(self.leaf(test, &inside.cell("value"), value)).with(")"))
    }
}

fn is_text(column: &Column) -> bool {
    let kinds = [Kind::String, Kind::Html, Kind::TranslatedText, Kind::Email, Kind::Url, Kind::PhNumber];
    kinds.contains(&column.kind) && !column.name.starts_with("sys_")
}
