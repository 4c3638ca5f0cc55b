//! What the instance offers to a mapping: the columns of a table with their choices (contract 6), as far as this account
//! may read them. Remembered for a while, like everything by which an instance describes itself.

use super::ServiceNow;
use super::dictionary::{Column, PARENTS};
use super::side::text;
use super::usual;
use crate::connectors::Failure;
use merge::{Choice, Kind, Offer, Offers};
use serde_json::Value as Json;
use std::collections::BTreeMap;

const COLUMNS: &str = "name,element,column_label,internal_type,reference,choice,max_length,read_only,write_roles";
const CHOICES: &str = "name,element,value,label,dependent_value,language";

impl ServiceNow {
    /// Of a table with those that it extends.
    pub async fn offers(&self, table: &str) -> Result<Offers, Failure> {
        let lineage = self.lineage_of(table).await?;
        let query = format!("nameIN{}^elementISNOTEMPTY^ORDERBYelement", lineage.join(","));
        let described = self.described("sys_dictionary", &query, COLUMNS).await?;
        let mut fields: BTreeMap<String, Offer> = BTreeMap::new();
        // What a table says of a column goes before what the table that it extends says.
        for table in lineage.iter().rev() {
            for row in described.iter().filter(|row| &text(row, "name") == table) {
                fields.insert(text(row, "element"), offer(row));
            }
        }
        let is_whole = !fields.is_empty();
        let query = format!("nameIN{}^inactive=false^ORDERBYsequence", lineage.join(","));
        let choices = self.described("sys_choice", &query, CHOICES).await?;
        for (element, choices) in by_element(&choices, &lineage) {
            let unread = || Offer { kind: usual::kind(&element), ..Offer::default() };
            let offer = fields.entry(element.clone()).or_insert_with(unread);
            if offer.kind == Kind::Choice {
                offer.choices = choices;
            }
        }
        Ok(Offers { fields, is_whole, open: None })
    }

    async fn lineage_of(&self, table: &str) -> Result<Vec<String>, Failure> {
        let rows = self.described("sys_db_object", &format!("name={table}"), PARENTS).await?;
        let Some(row) = rows.iter().find(|row| text(row, "name") == table) else {
            return Ok(vec![table.to_owned(), "task".to_owned()]);
        };
        Ok(PARENTS.split(',').map(|column| text(row, column)).filter(|table| !table.is_empty()).collect())
    }
}

fn offer(row: &Json) -> Offer {
    let column = Column::of(row);
    let label = text(row, "column_label");
    Offer { label, kind: column.kind, is_read_only: column.read_only, choices: Vec::new() }
}

/// A table's own choices, or else those of the nearest table that it extends and that has any; each once, in English
/// where it is there in several languages.
fn by_element(rows: &[Json], lineage: &[String]) -> BTreeMap<String, Vec<Choice>> {
    let mut found: BTreeMap<String, Vec<Choice>> = BTreeMap::new();
    for table in lineage {
        let mut own: BTreeMap<String, Vec<Choice>> = BTreeMap::new();
        let of_table = |row: &&Json| &text(row, "name") == table;
        let (english, other): (Vec<&Json>, Vec<&Json>) =
            rows.iter().filter(of_table).partition(|row| matches!(text(row, "language").as_str(), "" | "en"));
        for row in english.into_iter().chain(other) {
            let choice = Choice {
                value: text(row, "value"),
                label: text(row, "label"),
                depends_on: text(row, "dependent_value"),
            };
            let choices = own.entry(text(row, "element")).or_default();
            let is_there = |there: &Choice| there.value == choice.value && there.depends_on == choice.depends_on;
            if !choice.value.is_empty() && !choices.iter().any(is_there) {
                choices.push(choice);
            }
        }
        for (element, choices) in own.into_iter().filter(|(_, choices)| !choices.is_empty()) {
            found.entry(element).or_insert(choices);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_nearest_table_with_choices_counts_and_english_before_other_languages() {
        let row = |table: &str, element: &str, value: &str, label: &str, language: &str| json!({"name": table, "element": element, "value": value, "label": label, "language": language});
        let rows = [
            row("task", "state", "1", "Open", "en"),
            row("task", "priority", "1", "Critical", "en"),
            row("incident", "state", "1", "Neu", "de"),
            row("incident", "state", "1", "New", "en"),
        ];
        let found = by_element(&rows, &["incident".to_owned(), "task".to_owned()]);
        let labels = |element: &str| found[element].iter().map(|choice| choice.label.as_str()).collect::<Vec<_>>();
        assert_eq!(labels("state"), ["New"]);
        assert_eq!(labels("priority"), ["Critical"]);
    }
}
