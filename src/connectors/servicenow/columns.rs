//! Columns into canonical values and back. All of ServiceNow's scalars are strings (contract 2.5).

use super::dictionary::{Columns, Kind};
use crate::clock;
use merge::{Edit, Fields, Record, Value};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// Whether two columns are read as one value: rules that speak of `category` alone mean `category/subcategory`.
fn is_joined(field: &str, fields: &BTreeSet<String>) -> bool {
    field == "category" && !fields.contains("subcategory")
}

/// The columns to ask for, so that the rules' fields can be read: e-mails come along by dot-walk.
pub fn field_list(fields: &BTreeSet<String>, columns: &Columns) -> String {
    let mut list = vec!["sys_id", "number", "sys_updated_on", "sys_updated_by", "sys_mod_count", "sys_created_on"]
        .into_iter()
        .map(str::to_owned)
        .collect::<BTreeSet<_>>();
    for field in fields {
        list.insert(field.clone());
        if columns.kind_of(field) == Kind::User {
            list.extend([format!("{field}.email"), format!("{field}.name")]);
        } else if is_joined(field, fields) {
            list.insert("subcategory".into());
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
        let joined = column(field).filter(|_| is_joined(field, fields)).map(|raw| joined(raw, column("subcategory")));
        let value = joined.or_else(|| read_field(field, column(field)?, columns.kind_of(field), &column));
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
    }
}

fn joined(category: &str, sub: Option<&str>) -> Value {
    match sub.unwrap_or_default() {
        "" => Value::choice(category),
        sub => Value::choice(&format!("{category}/{sub}")),
    }
}

/// Two updates within one second differ in the count only (contract 12.2).
pub fn version(row: &Json) -> String {
    let text = |name: &str| row.get(name).and_then(Json::as_str).unwrap_or_default();
    format!("{}@{}#{}", text("sys_id"), text("sys_updated_on"), text("sys_mod_count"))
}

fn read_field<'a>(field: &str, raw: &str, kind: Kind, column: &impl Fn(&str) -> Option<&'a str>) -> Option<Value> {
    Some(match kind {
        Kind::Text => Value::text(raw),
        Kind::Choice => Value::choice(raw),
        Kind::User | Kind::Moment if raw.is_empty() => Value::Empty,
        // Somebody is there, but this account may not see who: hidden, not empty.
        Kind::User => {
            Value::user(column(&format!("{field}.email"))?, column(&format!("{field}.name")).unwrap_or_default())
        }
        Kind::Moment => Value::moment(Some(clock::read_moment(raw)?)),
    })
}

/// A value as a body takes it. Users are left to the caller, who must look them up.
pub fn write_field(field: &str, value: &Value, fields: &BTreeSet<String>, body: &mut Map<String, Json>) {
    let text = match value {
        Value::Empty | Value::User(_) => String::new(),
        Value::Text(text) | Value::Choice(text) => text.clone(),
        Value::Moment(at) => clock::in_words(*at),
    };
    if is_joined(field, fields) {
        let (category, sub) = text.split_once('/').unwrap_or((&text, ""));
        body.insert("category".into(), category.into());
        body.insert("subcategory".into(), sub.into());
    } else {
        body.insert(field.to_owned(), text.into());
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
    fn category_and_subcategory_are_one_value() {
        let row = json!({"category": "inquiry", "subcategory": "email"});
        let record = read_record(&row, &fields(&["category"]), &usual());
        assert_eq!(record.fields["category"], Value::choice("inquiry/email"));
        let mut body = Map::new();
        write_field("category", &Value::choice("payroll"), &fields(&["category"]), &mut body);
        assert_eq!(Json::Object(body), json!({"category": "payroll", "subcategory": ""}));
        let both = fields(&["category", "subcategory"]);
        let record = read_record(&row, &both, &usual());
        assert_eq!(record.fields["subcategory"], Value::choice("email"), "two, where the rules speak of two");
        let mut body = Map::new();
        write_field("category", &record.fields["category"], &both, &mut body);
        assert_eq!(Json::Object(body), json!({"category": "inquiry"}));
    }

    #[test]
    fn moments_go_out_as_they_came_in() {
        let record = read_record(&json!({"due_date": "2026-11-21 03:22:10"}), &fields(&["due_date"]), &usual());
        let mut body = Map::new();
        write_field("due_date", &record.fields["due_date"], &fields(&["due_date"]), &mut body);
        assert_eq!(Json::Object(body), json!({"due_date": "2026-11-21 03:22:10"}));
    }
}
