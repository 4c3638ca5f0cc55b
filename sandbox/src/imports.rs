//! Import sets (contract 9.1): rows of a staging table, and the transform maps that make records of them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::api::Displays;
use crate::dictionary::{Kind, Table};
use crate::instance::Instance;
use crate::query::Query;
use crate::record::Record;
use crate::records::{Input, Refusal, Writer};
use crate::store::{self, Slice};
use crate::user::User;

const ROWS: &str = "sys_import_set_row";

/// What a transform map made of a row. `sys_id` is that of the record, not of the row.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub transform_map: String,
    pub table: String,
    pub status: String,
    pub sys_id: String,
    pub display_name: String,
    pub display_value: String,
    #[serde(default)]
    pub status_message: String,
    #[serde(default)]
    pub error_message: String,
}

/// Whether rows of the table can be imported.
pub(crate) fn is_staging(table: &Table) -> bool {
    table.root == ROWS && table.name != ROWS
}

/// What comes of the values of a row for the target.
enum Mapped {
    /// Values to write, and those among them that find the record.
    Values {
        values: Vec<(String, String)>,
        keys: Vec<(String, String)>,
    },
    Rejected(String),
}

impl Instance {
    pub async fn new_import_set(
        self: &Arc<Self>,
        user: &User,
        staging: &Table,
        multi: &str,
    ) -> Result<Record, Refusal> {
        let sets = self.table("sys_import_set").ok_or(Refusal::NotFound)?;
        let input =
            Input::new([("table_name", staging.name.as_str()), ("state", "loaded"), ("multi_import_set", multi)]);
        self.insert(&on_behalf(user), sets, input).await
    }

    /// Stores a row as it came. Its values are text and nothing is made of them yet.
    pub async fn stage(
        self: &Arc<Self>,
        user: &User,
        staging: &Table,
        set: &Record,
        row: usize,
        values: Vec<(String, String)>,
    ) -> Result<Record, Refusal> {
        let own = |name: &String| staging.column(name).is_some_and(|column| column.owner == staging.name);
        let mut all: Vec<(String, String)> = values.into_iter().filter(|(name, _)| own(name)).collect();
        all.push(("sys_import_set".into(), set.sys_id().into()));
        all.push(("sys_import_row".into(), row.to_string()));
        self.insert(user, staging, Input::new(all)).await
    }

    /// Runs the active transform maps of the row's table, in their order, and notes on the row what came of it.
    pub async fn transform(
        self: &Arc<Self>,
        user: &User,
        staging: &Table,
        row: &Record,
    ) -> Result<Vec<Outcome>, Refusal> {
        let query = format!("source_table={}^active=true^ORDERBYorder^ORDERBYname", staging.name);
        let mut outcomes = Vec::new();
        for map in self.query("sys_transform_map", &query, &User::system(), 100).await? {
            outcomes.push((self.apply(user, &map, row).await, map));
        }
        let (outcomes, maps): (Vec<Outcome>, Vec<Record>) = outcomes.into_iter().unzip();
        if let (Some(last), Some(map)) = (outcomes.last(), maps.last()) {
            let comment = if last.error_message.is_empty() { &last.status_message } else { &last.error_message };
            let noted = serde_json::to_string(&outcomes).unwrap_or_default();
            let input = Input::new([
                ("sys_import_state", last.status.as_str()),
                ("sys_import_state_comment", comment),
                ("sys_transform_map", map.sys_id()),
                ("sys_target_table", &last.table),
                ("sys_target_sys_id", &last.sys_id),
                ("template_import_log", &noted),
            ]);
            self.update(&on_behalf(user), staging, row.sys_id(), input).await?;
        }
        Ok(outcomes)
    }

    /// What became of a row earlier.
    pub fn outcomes(row: &Record) -> Vec<Outcome> {
        serde_json::from_str(row.get("template_import_log")).unwrap_or_default()
    }

    pub async fn import_set_done(self: &Arc<Self>, user: &User, set: &Record) -> Result<(), Refusal> {
        let sets = self.table("sys_import_set").ok_or(Refusal::NotFound)?;
        self.update(&on_behalf(user), sets, set.sys_id(), Input::new([("state", "processed")])).await.map(drop)
    }

    /// Rows one after the other; what one of them meets is noted on it and stops no other.
    pub async fn import_rows(self: &Arc<Self>, user: &User, staging: &Table, set: &Record, rows: Vec<Record>) {
        // Imports wait for each other, so that one that was sent later never overtakes.
        let _turn = self.importing.lock().await;
        for row in rows {
            if let Err(cause) = self.transform(user, staging, &row).await {
                tracing::warn!(%cause, table = staging.name, "a row was not transformed");
            }
        }
        if let Err(cause) = self.import_set_done(user, set).await {
            tracing::warn!(%cause, "an import set was not closed");
        }
    }

    async fn apply(self: &Arc<Self>, user: &User, map: &Record, row: &Record) -> Outcome {
        let (transform_map, table) = (map.get("name").to_owned(), map.get("target_table").to_owned());
        let begun = Outcome { transform_map, table, ..Outcome::default() };
        let Some(target) = self.table(map.get("target_table")) else {
            return failed(begun, "Invalid table");
        };
        match self.write_target(user, map, target, row, begun.clone()).await {
            Ok(outcome) => outcome,
            Err(refusal) => failed(begun, &refusal.to_string()),
        }
    }

    async fn write_target(
        self: &Arc<Self>,
        user: &User,
        map: &Record,
        target: &Table,
        row: &Record,
        begun: Outcome,
    ) -> Result<Outcome, Refusal> {
        let (values, keys) = match self.mapped(map, target, row).await? {
            Mapped::Values { values, keys } => (values, keys),
            Mapped::Rejected(why) => return Ok(Outcome { status: "skipped".into(), status_message: why, ..begun }),
        };
        let found = self.coalesced(target, &keys).await?;
        let input = Input { display: true, ..Input::new(values) };
        // A transform has the rights of the instance and the name of whoever sent the row.
        let user = on_behalf(user);
        let writer = Writer { rules: map.is_true("run_business_rules"), ..Writer::from(&user) };
        let (record, status) = match &found {
            Some(before) => {
                let class = self.class(target, before);
                let after = self.update(writer, class, before.sys_id(), input).await?;
                let same = after.get("sys_mod_count") == before.get("sys_mod_count");
                (after, if same { "ignored" } else { "updated" })
            }
            None => (self.insert(writer, target, input).await?, "inserted"),
        };
        let message = if status == "ignored" { "No field values changed" } else { "" };
        let display_value = Displays::new(self).of(target, &record, "").await?;
        Ok(Outcome {
            status: status.into(),
            status_message: message.into(),
            sys_id: record.sys_id().into(),
            display_name: target.display.clone(),
            display_value,
            ..begun
        })
    }

    async fn mapped(&self, map: &Record, target: &Table, row: &Record) -> store::Result<Mapped> {
        let entries =
            self.query("sys_transform_entry", &format!("map={}", map.sys_id()), &User::system(), 1_000).await?;
        let (mut values, mut keys) = (Vec::new(), Vec::new());
        for entry in entries {
            let field = entry.get("target_field");
            let value = row.get(entry.get("source_field"));
            let Some(column) = target.column(field) else { continue };
            if value.is_empty() && !map.is_true("copy_empty_fields") {
                continue;
            }
            if column.choice && entry.get("choice_action") == "reject" && !value.is_empty() {
                let choices = self.choices(target, field).await?;
                let known =
                    |choice: &crate::choices::Choice| choice.value == value || choice.label.eq_ignore_ascii_case(value);
                if !choices.iter().any(known) {
                    return Ok(Mapped::Rejected(format!("{value} is no choice of {field}: the row was rejected")));
                }
            }
            values.push((field.to_owned(), value.to_owned()));
            if entry.is_true("coalesce") && !value.is_empty() {
                keys.push((field.to_owned(), value.to_owned()));
            }
        }
        Ok(Mapped::Values { values, keys })
    }

    /// The record that has all the values of the fields to coalesce on; without any there is none.
    async fn coalesced(&self, target: &Table, keys: &[(String, String)]) -> store::Result<Option<Record>> {
        if keys.is_empty() {
            return Ok(None);
        }
        let conditions = keys.iter().map(|(field, value)| {
            let reference = target.column(field).filter(|column| column.kind == Kind::Reference);
            let shown = reference.and_then(|column| self.table(column.reference.as_deref()?));
            let by_name = shown.filter(|shown| !shown.display.is_empty() && value.len() != 32);
            let path = by_name.map_or_else(|| field.clone(), |shown| format!("{field}.{}", shown.display));
            crate::query::Condition { field: path, operator: crate::query::Operator::Is, value: value.clone() }
        });
        let query = Query { groups: vec![conditions.map(|condition| vec![condition]).collect()], ..Query::default() };
        let compiled = self.compile(&query, target, &User::system()).await?;
        // A field that means nothing here must not find just any record.
        if !compiled.invalid.is_empty() {
            return Ok(None);
        }
        Ok(self.store.select(target, &compiled, Slice::first(1)).await?.pop())
    }
}

fn failed(outcome: Outcome, why: &str) -> Outcome {
    Outcome { status: "error".into(), error_message: why.into(), ..outcome }
}

fn on_behalf(user: &User) -> User {
    User::named(&user.sys_id, &user.user_name)
}
