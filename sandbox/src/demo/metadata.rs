//! What the dictionary says, as the rows in which clients read it (contract 6): `sys_db_object`,
//! `sys_dictionary`, `sys_dictionary_override`, `sys_choice` and `sys_number`.

use std::collections::{BTreeSet, HashSet};

use super::{add, people, policies, security};
use crate::dictionary::{Column, OnDelete, Table};
use crate::instance::Instance;
use crate::random::fixed_id;
use crate::store::{self, Write};
use crate::user::User;

const MOST_TABLES: i64 = 10_000;

/// Rows for every table that has none yet.
pub(super) async fn describe(instance: &Instance, write: &mut Write<'_>) -> store::Result<()> {
    let known = instance.query("sys_db_object", "", &User::system(), MOST_TABLES).await?;
    let known: HashSet<&str> = known.iter().map(|row| row.get("name")).collect();
    // A data file may be older than the access rules.
    let guarded = known.contains("sys_security_acl");
    let mut roles = BTreeSet::new();
    if !guarded {
        security::furnish(instance, write, &mut roles);
        policies::furnish(instance, write);
    }
    for table in instance.store.dictionary.tables() {
        let known = known.contains(table.name.as_str());
        if !known || !guarded {
            security::describe(instance, write, table, &mut roles);
        }
        if !known {
            describe_table(instance, write, table);
            describe_columns(instance, write, table);
            describe_overrides(instance, write, table);
            describe_choices(instance, write, table);
        }
    }
    people::make_roles(instance, write, &roles).await
}

fn word(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}

fn describe_table(instance: &Instance, write: &mut Write, table: &Table) {
    let parent = table.super_class.as_ref().map(|name| fixed_id(&format!("table {name}"))).unwrap_or_default();
    let mut number = String::new();
    if let Some(prefix) = &table.number_prefix {
        number = fixed_id(&format!("number {}", table.name));
        let values =
            [("category", table.name.as_str()), ("prefix", prefix), ("number", "10000"), ("maximum_digits", "7")];
        add(instance, write, "sys_number", &number, &values);
    }
    let values = [
        ("name", table.name.as_str()),
        ("label", &table.label),
        ("super_class", &parent),
        ("is_extendable", word(table.classes.len() > 1)),
        ("ws_access", word(table.web_services)),
        ("number_ref", &number),
    ];
    add(instance, write, "sys_db_object", &fixed_id(&format!("table {}", table.name)), &values);
}

fn describe_columns(instance: &Instance, write: &mut Write, table: &Table) {
    // The row that stands for the table itself says whether it is audited.
    let collection = [
        ("name", table.name.as_str()),
        ("column_label", &table.label),
        ("internal_type", "collection"),
        ("audit", word(table.audit)),
        ("attributes", if table.no_audit_delete { "no_audit_delete=true" } else { "" }),
    ];
    add(instance, write, "sys_dictionary", &fixed_id(&format!("collection {}", table.name)), &collection);
    // The table's own columns only: inherited ones stand under the ancestor.
    for column in table.columns.values().filter(|column| column.owner == table.name) {
        describe_column(instance, write, table, column);
    }
}

fn describe_column(instance: &Instance, write: &mut Write, table: &Table, column: &Column) {
    let id = fixed_id(&format!("column {}.{}", table.name, column.name));
    let length = column.max_length.unwrap_or(column.kind.usual_length()).to_string();
    let is_key = column.name == "sys_id";
    let dependent = column.dependent.as_deref().unwrap_or_default();
    let values = [
        ("name", table.name.as_str()),
        ("element", &column.name),
        ("column_label", &column.label),
        ("internal_type", column.kind.internal_type()),
        ("max_length", &length),
        ("mandatory", word(column.mandatory)),
        ("read_only", word(column.read_only)),
        ("unique", word(column.unique || is_key)),
        ("primary", word(is_key)),
        ("reference", column.reference.as_deref().unwrap_or_default()),
        ("choice", if column.choice { "1" } else { "0" }),
        ("dependent", dependent),
        ("dependent_on_field", dependent),
        ("use_dependent_field", word(!dependent.is_empty())),
        ("default_value", &column.default),
        ("reference_cascade_rule", if column.on_delete == OnDelete::Cascade { "cascade" } else { "" }),
        ("read_roles", column.read_role.as_deref().unwrap_or_default()),
        ("write_roles", column.write_role.as_deref().unwrap_or_default()),
        ("display", word(column.name == table.display)),
        ("audit", word(table.audit)),
    ];
    add(instance, write, "sys_dictionary", &id, &values);
}

fn describe_overrides(instance: &Instance, write: &mut Write, table: &Table) {
    for (element, said) in &table.overrides {
        let Some(column) = table.column(element) else { continue };
        let values = [
            ("name", table.name.as_str()),
            ("base_table", &column.owner),
            ("element", element),
            ("default_value_override", word(said.default.is_some())),
            ("default_value", said.default.as_deref().unwrap_or_default()),
            ("mandatory_override", word(said.mandatory.is_some())),
            ("mandatory", word(said.mandatory == Some(true))),
            ("read_only_override", word(said.read_only.is_some())),
            ("read_only", word(said.read_only == Some(true))),
        ];
        add(
            instance,
            write,
            "sys_dictionary_override",
            &fixed_id(&format!("override {}.{element}", table.name)),
            &values,
        );
    }
}

fn describe_choices(instance: &Instance, write: &mut Write, table: &Table) {
    for (element, choices) in &table.choices {
        for (sequence, choice) in choices.iter().enumerate() {
            let name = format!("choice {}.{element}.{}.{}", table.name, choice.value, choice.dependent_value);
            let values = [
                ("name", table.name.as_str()),
                ("element", element),
                ("value", &choice.value),
                ("label", &choice.label),
                ("dependent_value", &choice.dependent_value),
                ("sequence", &sequence.to_string()),
                ("inactive", word(choice.inactive)),
            ];
            add(instance, write, "sys_choice", &fixed_id(&name), &values);
        }
    }
}
