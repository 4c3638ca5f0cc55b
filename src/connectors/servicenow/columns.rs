//! Columns into canonical values and back. All of ServiceNow's scalars are strings (contract 2.5).

use super::dictionary::Columns;
use crate::clock;
use merge::{Edit, Fields, Kind, Record, Value};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The columns to ask for, so that the rules' fields can be read: e-mails, and what people call a record that is referred
/// to, come along by dot-walk.
pub fn field_list(fields: &BTreeSet<String>, columns: &Columns) -> String {
    let mut list = vec!["sys_id", "number", "sys_updated_on", "sys_updated_by", "sys_mod_count", "sys_created_on"]
        .into_iter()
        .map(str::to_owned)
        .collect::<BTreeSet<_>>();
    for field in fields {
        list.insert(field.clone());
        match columns.kind_of(field) {
            Kind::User => list.extend([format!("{field}.email"), format!("{field}.name")]),
            Kind::Reference => list.extend([label_of(field, columns)]),
            _ => {}
        }
    }
    list.into_iter().collect::<Vec<_>>().join(",")
}

/// A row as a record. A column that is missing in the answer is hidden, and stays out.
pub fn read_record(row: &Json, fields: &BTreeSet<String>, columns: &Columns) -> Record {
    let column = |name: &str| row.get(name).and_then(Json::as_str);
    let text = |name: &str| column(name).unwrap_or_default().to_owned();
    let mut read = Fields::new();
    for field in fields {
        let value = column(field).and_then(|raw| read_field(field, raw, columns, &column));
        read.extend(value.map(|value| (field.clone(), value)));
    }
    Record {
        id: text("sys_id"),
        number: text("number"),
        created_at: clock::read_moment(&text("sys_created_on")).unwrap_or_default(),
        fields: read,
        edited: Edit {
            at: clock::read_moment(&text("sys_updated_on")).unwrap_or_default(),
            by: text("sys_updated_by"),
        },
        field_edits: std::collections::BTreeMap::new(),
        version: version(row),
        skew_ms: 0,
    }
}

/// Two updates within one second differ in the count only (contract 12.2).
pub fn version(row: &Json) -> String {
    let text = |name: &str| row.get(name).and_then(Json::as_str).unwrap_or_default();
    format!("{}@{}#{}", text("sys_id"), text("sys_updated_on"), text("sys_mod_count"))
}

/// The dot-walked column with what people call the record that a field refers to.
fn label_of(field: &str, columns: &Columns) -> String {
    format!("{field}.{}", columns.target_of(field).1)
}

fn read_field<'a>(
    field: &str,
    raw: &str,
    columns: &Columns,
    column: &impl Fn(&str) -> Option<&'a str>,
) -> Option<Value> {
    match columns.kind_of(field) {
        Kind::User if !raw.is_empty() => {
            // Somebody is there, but this account may not see who: hidden, not empty.
            let email = column(&format!("{field}.email"))?;
            Some(Value::user(email, column(&format!("{field}.name")).unwrap_or_default()))
        }
        Kind::Reference => Some(Value::reference(raw, column(&label_of(field, columns)).unwrap_or_default())),
        // What is no value of its column's kind is not known.
        kind => Value::read(kind, raw).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn usual() -> Columns {
        Columns::default()
    }

    #[test]
    fn a_hidden_column_stays_out_and_an_empty_one_is_empty() {
        let row =
            json!({"sys_id": "1", "number": "INC1", "short_description": "", "assigned_to": "abc", "due_date": ""});
        let record =
            read_record(&row, &fields(&["short_description", "description", "assigned_to", "due_date"]), &usual());
        assert_eq!(record.fields.get("short_description"), Some(&Value::Empty));
        assert_eq!(record.fields.get("due_date"), Some(&Value::Empty));
        assert!(!record.fields.contains_key("description"));
        assert!(!record.fields.contains_key("assigned_to"), "a user whose e-mail is hidden is unknown");
    }

    #[test]
    fn moments_go_out_as_they_came_in() {
        let record = read_record(&json!({"due_date": "2026-11-21 03:22:10"}), &fields(&["due_date"]), &usual());
        assert_eq!(record.fields["due_date"].raw(Kind::Moment), Ok("2026-11-21 03:22:10".to_owned()));
    }
}
