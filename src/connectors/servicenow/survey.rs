//! What a person chooses from when a connection is set up: the table's columns with their choices, and how many records
//! there are (contract 6, 9.3). Where the account may not read these, what every instance has stands in, and it is said.

use super::ServiceNow;
use super::dictionary::Columns;
use super::encoded::encoded;
use super::side::{RAW, text};
use crate::connectors::Failure;
use merge::{Condition, Kind};
use reqwest::Method;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

const ROWS: &str = "2000";
/// Columns that no filter is about: keys, stamps of the platform's own, text of journals.
const LEFT_OUT: [&str; 6] = ["sys_id", "sys_tags", "sys_domain_path", "sys_class_name", "sys_mod_count", "sys_domain"];

/// A column as a person calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownColumn {
    pub name: String,
    pub label: String,
    pub kind: Kind,
    /// Value and label.
    pub choices: Vec<(String, String)>,
}

/// The columns of a table.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// By label.
    pub columns: Vec<ShownColumn>,
    /// Whether the dictionary itself said it; otherwise the columns are those that a record shows.
    pub is_described: bool,
}

impl ServiceNow {
    pub async fn survey(&self) -> Result<Survey, Failure> {
        let columns = self.columns().await?;
        let mut labels = self.labels(&columns).await?;
        let is_described = !labels.is_empty();
        if !is_described {
            labels = self.names_of_a_record().await?;
        }
        labels.extend(
            self.table
                .fields
                .iter()
                .map(|field| (field.clone(), field.clone()))
                .filter(|(field, _)| {
                    // What the rules speak of is there to choose, whatever the account may read.
                    !labels.contains_key(field)
                })
                .collect::<Vec<_>>(),
        );
        let mut choices = self.choices(&columns).await?;
        let mut shown: Vec<ShownColumn> = labels
            .into_iter()
            .filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()))
            .map(|(name, label)| ShownColumn {
                kind: columns.kind_of(&name),
                choices: choices.remove(&name).unwrap_or_default(),
                name,
                label,
            })
            .collect();
        shown.sort_by_key(|column| column.label.to_lowercase());
        Ok(Survey { columns: shown, is_described })
    }

    /// Name to label, by the dictionary; a table's own word goes before that of the table it extends.
    async fn labels(&self, columns: &Columns) -> Result<BTreeMap<String, String>, Failure> {
        let query = format!("nameIN{}^elementISNOTEMPTY", columns.lineage.join(","));
        let fields = "name,element,column_label,internal_type,active";
        let rows = self.rows("sys_dictionary", &query, fields).await?;
        let mut labels = BTreeMap::new();
        for table in columns.lineage.iter().rev() {
            for row in rows.iter().filter(|row| &text(row, "name") == table) {
                let (name, kind) = (text(row, "element"), text(row, "internal_type"));
                let is_of_use = !kind.starts_with("journal") && !kind.starts_with("password") && kind != "collection";
                if !name.is_empty() && is_of_use && text(row, "active") != "false" {
                    let label = Some(text(row, "column_label")).filter(|label| !label.is_empty());
                    labels.insert(name.clone(), label.unwrap_or(name));
                }
            }
        }
        Ok(labels)
    }

    /// What a record shows of itself, for an account that may not read the dictionary.
    async fn names_of_a_record(&self) -> Result<BTreeMap<String, String>, Failure> {
        let parameters = [("sysparm_limit", "1"), RAW[0], RAW[1]];
        let answer = self.instance.list(&self.table.name, &parameters).await?;
        let names =
            answer.rows().first().and_then(Json::as_object).map(|row| row.keys().cloned()).into_iter().flatten();
        let journals = ["comments", "work_notes", "comments_and_work_notes"];
        Ok(names.filter(|name| !journals.contains(&name.as_str())).map(|name| (name.clone(), name)).collect())
    }

    /// The choices of every column, by the nearest table that has any (contract 6).
    async fn choices(&self, columns: &Columns) -> Result<BTreeMap<String, Vec<(String, String)>>, Failure> {
        let query = format!("nameIN{}^inactive=false^ORDERBYsequence", columns.lineage.join(","));
        let rows = self.rows("sys_choice", &query, "name,element,value,label,language").await?;
        let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for table in &columns.lineage {
            let known: BTreeSet<String> = found.keys().cloned().collect();
            for row in rows.iter().filter(|row| &text(row, "name") == table) {
                let (element, value, label) = (text(row, "element"), text(row, "value"), text(row, "label"));
                let is_foreign = !matches!(text(row, "language").as_str(), "" | "en");
                if known.contains(&element) || value.is_empty() || is_foreign {
                    continue;
                }
                let choices = found.entry(element).or_default();
                if choices.iter().all(|(there, _)| *there != value) {
                    choices.push((value, label));
                }
            }
        }
        Ok(found)
    }

    /// None where the account may not read the table.
    async fn rows(&self, table: &str, query: &str, fields: &str) -> Result<Vec<Json>, Failure> {
        let parameters =
            [("sysparm_query", query), ("sysparm_fields", fields), ("sysparm_limit", ROWS), RAW[0], RAW[1]];
        match self.instance.list(table, &parameters).await {
            Err(Failure::Forbidden { .. } | Failure::Refused { .. }) => Ok(Vec::new()),
            answer => Ok(answer?.rows().to_vec()),
        }
    }

    /// How many records meet these conditions, from a moment on by a column of time; `None` where they cannot be said as
    /// a query.
    pub async fn count(&self, conditions: &[&Condition], since: Option<(&str, &str)>) -> Result<Option<i64>, Failure> {
        let Some(query) = self.query_of(conditions, since).await? else { return Ok(None) };
        let parameters = [("sysparm_query", query.as_str()), ("sysparm_count", "true")];
        match self.stats(&parameters).await {
            Ok(body) => Ok(body["result"]["stats"]["count"].as_str().and_then(|count| count.parse().ok())),
            Err(Failure::Forbidden { .. } | Failure::Refused { .. }) => self.count_rows(&query).await,
            Err(other) => Err(other),
        }
    }

    /// The same by the values of columns that a rule joins: `inquiry/email` and how many. Empty where the instance does
    /// not tell.
    pub async fn count_by(
        &self,
        fields: &[&str],
        conditions: &[&Condition],
        since: Option<(&str, &str)>,
    ) -> Result<Option<Vec<(String, i64)>>, Failure> {
        let Some(query) = self.query_of(conditions, since).await? else { return Ok(None) };
        let group = fields.join(",");
        let parameters =
            [("sysparm_query", query.as_str()), ("sysparm_count", "true"), ("sysparm_group_by", group.as_str())];
        let body = match self.stats(&parameters).await {
            Ok(body) => body,
            Err(Failure::Forbidden { .. } | Failure::Refused { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        let groups = body["result"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(Some(groups.iter().filter_map(|group| read_group(group, fields)).collect()))
    }

    async fn query_of(
        &self,
        conditions: &[&Condition],
        since: Option<(&str, &str)>,
    ) -> Result<Option<String>, Failure> {
        let columns = self.columns().await?;
        let said: Option<Vec<String>> = conditions.iter().map(|condition| encoded(condition, &columns)).collect();
        let Some(mut said) = said else { return Ok(None) };
        said.extend(since.map(|(column, at)| format!("{column}>={at}")));
        said.retain(|query| !query.is_empty());
        Ok(Some(said.join("^")))
    }

    /// The column of these that the instance leaves out of a query, as it does with one that is not there or may not be
    /// compared (contract 2.4): it then finds records that are empty and filled at once.
    pub async fn left_out_of_queries(&self, fields: &BTreeSet<&str>) -> Result<Option<String>, Failure> {
        for field in fields {
            let query = format!("{field}ISEMPTY^{field}ISNOTEMPTY");
            let parameters = [
                ("sysparm_query", query.as_str()),
                ("sysparm_fields", "sys_id"),
                ("sysparm_limit", "1"),
                RAW[0],
                RAW[1],
            ];
            match self.instance.list(&self.table.name, &parameters).await {
                Ok(answer) if answer.rows().is_empty() => {}
                Ok(_) | Err(Failure::Forbidden { .. }) => return Ok(Some((*field).to_owned())),
                Err(other) => return Err(other),
            }
        }
        Ok(None)
    }

    /// Where the Aggregate API is closed: rows are counted before ACLs hide any (contract 2.6).
    async fn count_rows(&self, query: &str) -> Result<Option<i64>, Failure> {
        let parameters =
            [("sysparm_query", query), ("sysparm_fields", "sys_id"), ("sysparm_limit", "1"), RAW[0], RAW[1]];
        let answer = self.instance.list(&self.table.name, &parameters).await?;
        Ok(answer.total.and_then(|total| i64::try_from(total).ok()))
    }

    async fn stats(&self, parameters: &[(&str, &str)]) -> Result<Json, Failure> {
        let path = ["api", "now", "stats", &self.table.name];
        Ok(self.instance.call(Method::GET, &path, parameters, None).await?.body)
    }
}

/// `None` where the answer is not about the columns that were asked for.
fn read_group(group: &Json, fields: &[&str]) -> Option<(String, i64)> {
    let said = group["groupby_fields"].as_array()?;
    let value = |field: &&str| {
        let of = said.iter().find(|said| said["field"] == **field)?;
        of["value"].as_str().map(str::to_owned)
    };
    let values: Option<Vec<String>> = fields.iter().map(value).collect();
    let count = group["stats"]["count"].as_str()?.parse().ok()?;
    Some((values?.join("/").trim_end_matches('/').to_owned(), count))
}
