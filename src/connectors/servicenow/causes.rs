//! Why a column holds something else than was sent, although the write was taken (contract 2.8, 12.9): what the instance
//! says of the column itself, as far as this account may read it.

use super::ServiceNow;
use super::dictionary::Columns;
use super::side::text;
use crate::connectors::{Difference, Failure};
use merge::{Kind, Record, Value};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// As many names as fit into a sentence.
const NAMED: usize = 12;

impl ServiceNow {
    pub(super) async fn cause(&self, difference: &Difference<'_>) -> Result<Option<String>, Failure> {
        let Difference { record, field, sent, is_old } = *difference;
        let columns = self.columns().await?;
        let stored = record.fields.get(field).map(|stored| stored.plain().into_owned()).unwrap_or_default();
        let longest = columns.column(field).and_then(|column| column.max_length);
        let is_full = longest.is_some_and(|longest| stored.chars().count() >= longest);
        if !stored.is_empty() && sent.plain().starts_with(&stored) && (!is_old || is_full) {
            return Ok(Some(self.too_long(field, longest)));
        }
        if columns.kind_of(field) == Kind::Choice
            && let Some(cause) = self.no_choice(field, &sent.plain(), &columns).await?
        {
            return Ok(Some(cause));
        }
        if !is_old {
            return self.business_rule(field, &columns).await;
        }
        if self.is_closed(record) {
            return Ok(Some(self.closed()));
        }
        if let Some(cause) = self.read_only(field, &columns).await? {
            return Ok(Some(cause));
        }
        if let Some(cause) = self.acl(field, &columns).await? {
            return Ok(Some(cause));
        }
        Ok(Some(match self.business_rule(field, &columns).await? {
            Some(cause) => cause,
            None => self.nothing_said(field, &columns),
        }))
    }

    fn too_long(&self, field: &str, longest: Option<usize>) -> String {
        let holds = longest.map_or_else(|| "no more".to_owned(), |longest| format!("{longest} characters"));
        format!("column {field} of table {} holds {holds} (max_length in sys_dictionary)", self.table.name)
    }

    /// A table's own choices, or else those of the nearest table that it extends and that has any (contract 6).
    pub(super) async fn no_choice(
        &self,
        field: &str,
        sent: &str,
        columns: &Columns,
    ) -> Result<Option<String>, Failure> {
        if sent.is_empty() {
            return Ok(None);
        }
        let query = format!("nameIN{}^element={field}^inactive=false^ORDERBYsequence", columns.lineage.join(","));
        let rows = self.described("sys_choice", &query, "name,element,value").await?;
        let of = |table: &String| {
            let own = rows.iter().filter(|row| &text(row, "name") == table && text(row, "element") == field);
            own.map(|row| text(row, "value")).collect::<Vec<_>>()
        };
        let choices = columns.lineage.iter().map(of).find(|choices| !choices.is_empty()).unwrap_or_default();
        if choices.is_empty() || choices.iter().any(|choice| choice == sent) {
            return Ok(None);
        }
        Ok(Some(format!(
            "\"{sent}\" is no choice of {field} there, so it was dropped (table sys_choice has {}). Add the choice, or \
             correct the value map.",
            quoted(&choices)
        )))
    }

    /// Contract 3.4, 7.2: what is closed is read-only for all but a few roles.
    fn is_closed(&self, record: &Record) -> bool {
        let state = record.fields.get("state").map(Value::plain).unwrap_or_default();
        match self.table.name.as_str() {
            "incident" => matches!(&*state, "7" | "8"),
            "sn_customerservice_case" => state == "3",
            _ => false,
        }
    }

    fn closed(&self) -> String {
        format!(
            "the record is closed, and a closed record of table {} is read-only for this account. Reopen it there, or let \
             somebody with the role admin change it.",
            self.table.name
        )
    }

    /// By the dictionary, by an override for this table, or by a data policy.
    async fn read_only(&self, field: &str, columns: &Columns) -> Result<Option<String>, Failure> {
        let table = &self.table.name;
        let query = format!("name={table}^element={field}^read_only_override=true");
        let overrides = self.described("sys_dictionary_override", &query, "element,read_only").await?;
        let said =
            overrides.iter().find(|row| text(row, "element") == field).map(|row| text(row, "read_only") == "true");
        if said.unwrap_or_else(|| columns.column(field).is_some_and(|column| column.read_only)) {
            return Ok(Some(format!(
                "column {field} of table {table} is read-only in its dictionary. Clear \"Read only\" in sys_dictionary, or \
                 take the field out of the mapping in this direction."
            )));
        }
        let query =
            format!("field={field}^disabled=true^sys_data_policy.active=true^tableIN{}", columns.lineage.join(","));
        let fields = "field,disabled,sys_data_policy.short_description";
        let policies = self.described("sys_data_policy_rule", &query, fields).await?;
        let policy = policies.iter().find(|row| text(row, "field") == field && text(row, "disabled") == "true");
        Ok(policy.map(|row| {
            format!(
                "the data policy \"{}\" makes {field} of table {table} read-only. Change the policy, or take the field out \
                 of the mapping in this direction.",
                text(row, "sys_data_policy.short_description")
            )
        }))
    }

    /// The rule of the column that this account's roles do not pass.
    async fn acl(&self, field: &str, columns: &Columns) -> Result<Option<String>, Failure> {
        let table = &self.table.name;
        let lineage = columns.lineage.iter().map(String::as_str).chain(["*"]);
        let names: Vec<String> = lineage.flat_map(|table| [format!("{table}.{field}"), format!("{table}.*")]).collect();
        let query = format!("active=true^operation=write^nameIN{}", names.join(","));
        let rules = self.described("sys_security_acl", &query, "sys_id,name,admin_overrides").await?;
        // The most special rule counts.
        let rule = names.iter().find_map(|name| rules.iter().find(|rule| &text(rule, "name") == name));
        let asked = match rule {
            Some(rule) => {
                let query = format!("sys_security_acl={}", text(rule, "sys_id"));
                let rows = self.described("sys_security_acl_role", &query, "sys_user_role.name").await?;
                rows.iter().map(|row| text(row, "sys_user_role.name")).filter(|role| !role.is_empty()).collect()
            }
            None => roles_in(columns.column(field).map_or("", |column| &column.write_roles)),
        };
        let mine = self.roles().await?;
        let overrides = rule.is_none_or(|rule| text(rule, "admin_overrides") != "false");
        if asked.is_empty() || asked.iter().any(|role| mine.contains(role)) || (overrides && mine.contains("admin")) {
            return Ok(None);
        }
        let acl = rule.map_or_else(|| format!("{table}.{field}"), |rule| text(rule, "name"));
        Ok(Some(format!(
            "the ACL \"{acl}\" (write) lets only the {} {} change {field} of table {table}. Give this account the role, or \
             take the field out of the mapping in this direction.",
            if asked.len() == 1 { "role" } else { "roles" },
            quoted(&asked.iter().cloned().collect::<Vec<_>>())
        )))
    }

    /// The roles of this account; none where it may not read them.
    pub(super) async fn roles(&self) -> Result<BTreeSet<String>, Failure> {
        let me = self.people.me(&self.instance).await?.user_name;
        if me.is_empty() {
            return Ok(BTreeSet::new());
        }
        let rows =
            self.described("sys_user_has_role", &format!("user.user_name={me}"), "user.user_name,role.name").await?;
        let mine = rows.iter().filter(|row| text(row, "user.user_name") == me);
        Ok(mine.map(|row| text(row, "role.name")).collect())
    }

    /// The rules that run on an update and whose script names the column.
    async fn business_rule(&self, field: &str, columns: &Columns) -> Result<Option<String>, Failure> {
        let query = format!(
            "collectionIN{}^active=true^action_update=true^scriptLIKE{field}^ORDERBYorder",
            columns.lineage.join(",")
        );
        let rows = self.described("sys_script", &query, "name,collection").await?;
        let is_here = |row: &&Json| columns.lineage.contains(&text(row, "collection"));
        let names: Vec<String> = rows.iter().filter(is_here).map(|row| text(row, "name")).collect();
        if names.is_empty() {
            return Ok(None);
        }
        Ok(Some(format!(
            "a business rule of table {} changed it, most likely {}, whose script names {field} (System Definition > \
             Business Rules).",
            self.table.name,
            quoted(&names)
        )))
    }

    fn nothing_said(&self, field: &str, columns: &Columns) -> String {
        let table = &self.table.name;
        let unread = if columns.column(field).is_none() {
            " What the column allows this account may not read: the role personalize_dictionary (table sys_dictionary) would \
             name the cause here."
        } else {
            ""
        };
        format!(
            "an ACL \"{table}.{field}\" (write) or a data policy keeps this account from writing the column, or a business \
             rule of table {table} put the value back. Give the account a role that may write it, or take the field out of \
             the mapping in this direction.{unread}"
        )
    }
}

fn roles_in(list: &str) -> BTreeSet<String> {
    list.split(',').map(str::trim).filter(|role| !role.is_empty()).map(ToOwned::to_owned).collect()
}

/// `"1", "2" and 3 more`
fn quoted(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("\"{name}\"")).collect();
    let more = names.len().saturating_sub(NAMED);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
