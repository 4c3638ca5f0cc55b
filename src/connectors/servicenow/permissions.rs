//! What this account may do of all that a connection needs, tried with its own token and without changing anything.
//! Reads are the real reads. Of writes little can be told: a column that may not be written is left out in silence
//! (contract 2.8), and 404 comes before any right is asked for. So the access rules are read where the account may read
//! them; otherwise the connection's own test record is written with the value that it has; and what is still not known
//! is said to be unknown.

use super::ServiceNow;
use super::side::{RAW, text};
use super::write::made_for;
use crate::connectors::{ChangeStream, Failure, Sight};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// Records that are looked at for a column that has a value.
const SAMPLE: &str = "50";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Read,
    /// To compare and sort by it, as polling does.
    Query,
    Write,
    Create,
}

impl Operation {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Query => "query",
            Self::Write => "write",
            Self::Create => "create",
        }
    }
}

/// One right that a connection needs, or can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub table: String,
    /// Empty for the table as a whole.
    pub field: String,
    pub operation: Operation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    Granted,
    Missing,
    /// It cannot be told from here.
    Unknown,
}

/// How it stands with a right, and how that was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub right: Right,
    pub how: String,
    /// The smallest right that would do, when it is missing.
    pub ask: String,
}

impl Found {
    fn granted(how: impl Into<String>) -> Self {
        Self { right: Right::Granted, how: how.into(), ask: String::new() }
    }

    fn unknown(how: impl Into<String>) -> Self {
        Self { right: Right::Unknown, how: how.into(), ask: String::new() }
    }

    fn missing(how: impl Into<String>, ask: String) -> Self {
        Self { right: Right::Missing, how: how.into(), ask }
    }
}

/// What the access rules say of an operation.
enum Rule {
    /// A rule without further conditions lets the account through.
    Passes(String),
    /// None of them does: the roles of which any would do.
    Stops { acl: String, roles: Vec<String> },
    /// A script or a condition decides record by record, or the account may not read the rules.
    Open,
}

impl ServiceNow {
    /// How it stands with each of these, in their order. `trial` is the connection's own test record, if there is one.
    pub async fn permissions(&self, needs: &[Need], trial: Option<&str>) -> Result<Vec<Found>, Failure> {
        let own = |need: &&Need| need.table == self.table.name && need.operation == Operation::Read;
        let fields = needs.iter().filter(own).map(|need| need.field.as_str()).filter(|field| !field.is_empty());
        let sample = self.sample(&fields.collect()).await?;
        let may_write = self.tried_write(trial).await?;
        let mut found = Vec::new();
        for need in needs {
            found.push(match need.operation {
                Operation::Read if need.table == self.table.name && need.field.is_empty() => self.table_read(&sample),
                Operation::Read if need.table == self.table.name && is_journal(&need.field) => {
                    self.journal_read(&need.field).await?
                }
                Operation::Read if need.table == self.table.name => self.field_read(&need.field, &sample).await?,
                Operation::Read => self.other_read(&need.table, &need.field).await?,
                Operation::Query => self.queried().await?,
                Operation::Write if need.field.is_empty() => self.table_write(&may_write).await?,
                Operation::Write => self.field_write(&need.field, &may_write).await?,
                Operation::Create => self.creation().await?,
            });
        }
        Ok(found)
    }

    /// Some records with these columns.
    async fn sample(&self, fields: &BTreeSet<&str>) -> Result<Sample, Failure> {
        let list = fields.iter().copied().chain(["sys_id"]).collect::<Vec<_>>().join(",");
        let parameters = [("sysparm_fields", list.as_str()), ("sysparm_limit", SAMPLE), RAW[0], RAW[1]];
        match self.instance.list(&self.table.name, &parameters).await {
            Ok(answer) => Ok(Sample { rows: answer.rows().to_vec(), total: answer.total, refused: None }),
            Err(Failure::Forbidden { why }) => Ok(Sample { rows: Vec::new(), total: None, refused: Some(why) }),
            Err(other) => Err(other),
        }
    }

    fn table_read(&self, sample: &Sample) -> Found {
        let table = &self.table.name;
        let ask = || ask(table, "", "read", &[]);
        match (&sample.refused, sample.rows.len(), sample.total) {
            (Some(why), ..) => Found::missing(why.clone(), ask()),
            (None, 0, Some(0)) => Found::unknown(format!(
                "Read: table {table} has no record for this account. Whether it is empty or all are in another domain \
                 cannot be told from here."
            )),
            (None, 0, Some(total)) => Found::missing(
                format!("Read: {total} records are counted and none is shown, so an access rule hides them all."),
                ask(),
            ),
            (None, shown, _) => Found::granted(format!("Read: {shown} records were shown.")),
        }
    }

    /// A column with a value is in sight. One that is blank everywhere is asked about: hidden is not empty (contract 2.5).
    async fn field_read(&self, field: &str, sample: &Sample) -> Result<Found, Failure> {
        let table = &self.table.name;
        if sample.rows.is_empty() {
            return Ok(Found::unknown(format!(
                "Table {table} showed no record in which the column could be looked for."
            )));
        }
        let is_filled = |row: &&Json| !text(row, field).is_empty();
        if sample.rows.iter().any(|row| is_filled(&row)) {
            return Ok(Found::granted("Read: it was shown with a value."));
        }
        let is_absent = sample.rows.iter().all(|row| row.get(field).is_none());
        let query = format!("{field}ISNOTEMPTY");
        let filled = self.asked(&query, field).await?;
        let how = match (&filled, is_absent) {
            (Asked::Rows(rows), _) if rows.iter().any(|row| is_filled(&row)) => {
                return Ok(Found::granted("Read: it was shown with a value."));
            }
            (Asked::Rows(rows), false) if rows.is_empty() => {
                return Ok(Found::granted(
                    "Read: it is empty in every record, and the instance itself says so when it is asked for records in \
                     which it is filled.",
                ));
            }
            (Asked::Refused, _) => {
                "Read: no value is shown, and a query on it is refused, so it is hidden and not empty."
            }
            (Asked::Rows(_), false) => {
                "Read: it is shown blank in records of which the instance says that they have a value, so it is hidden and \
                 not empty."
            }
            (Asked::Rows(_), true) => {
                "Read: the instance leaves it out of every record: it is hidden from this account, or there is no such column."
            }
        };
        let roles = match self.rule(field, "read").await? {
            Rule::Stops { roles, .. } => roles,
            _ => Vec::new(),
        };
        Ok(Found::missing(how, ask(table, field, "read", &roles)))
    }

    /// A journal has no raw value (contract 2.5): it shows its entries as one text.
    async fn journal_read(&self, field: &str) -> Result<Found, Failure> {
        let parameters = [
            ("sysparm_query", "ORDERBYDESCsys_updated_on"),
            ("sysparm_fields", field),
            ("sysparm_limit", SAMPLE),
            ("sysparm_display_value", "all"),
        ];
        let rows = match self.instance.list(&self.table.name, &parameters).await {
            Ok(answer) => answer.rows().to_vec(),
            Err(Failure::Forbidden { why }) => {
                return Ok(Found::missing(why, ask(&self.table.name, field, "read", &[])));
            }
            Err(other) => return Err(other),
        };
        if rows.iter().any(|row| !text(&row[field], "display_value").is_empty()) {
            return Ok(Found::granted("Read: entries were shown."));
        }
        if !rows.is_empty() && rows.iter().all(|row| row.get(field).is_none()) {
            let how = "Read: the instance leaves it out of every record.";
            return Ok(Found::missing(how, ask(&self.table.name, field, "read", &[])));
        }
        Ok(Found::unknown("Read: no entry is shown in the newest records. There is none yet, or they are hidden."))
    }

    async fn asked(&self, query: &str, field: &str) -> Result<Asked, Failure> {
        let fields = format!("sys_id,{field}");
        let parameters =
            [("sysparm_query", query), ("sysparm_fields", &fields), ("sysparm_limit", SAMPLE), RAW[0], RAW[1]];
        match self.instance.list(&self.table.name, &parameters).await {
            Ok(answer) => Ok(Asked::Rows(answer.rows().to_vec())),
            Err(Failure::Forbidden { .. }) => Ok(Asked::Refused),
            Err(other) => Err(other),
        }
    }

    /// The very query by which polling finds changes.
    async fn queried(&self) -> Result<Found, Failure> {
        let table = &self.table.name;
        match self.page_of(ChangeStream::Records, self.clock.now(), None).await {
            Ok(_) => {}
            Err(Failure::Forbidden { why }) => {
                return Ok(Found::missing(
                    format!("Asked as polling asks: {why}"),
                    format!(
                        "To compare and to sort column sys_updated_on of table {table}: ACL \"{table}.sys_updated_on\", operation \
                         read, and query_range where query ACLs are in force."
                    ),
                ));
            }
            Err(other) => return Err(other),
        }
        Ok(match self.sight_of(ChangeStream::Records).await? {
            Sight::Open => Found::granted("Asked as polling asks: it answers with records, in order."),
            Sight::Closed { why } => Found::unknown(why),
        })
    }

    /// Tables beside the connection's own.
    async fn other_read(&self, table: &str, field: &str) -> Result<Found, Failure> {
        let stream = match table {
            "sys_journal_field" => Some(ChangeStream::Journals),
            "sys_attachment" => Some(ChangeStream::Attachments),
            "sys_audit_delete" => Some(ChangeStream::Deletions),
            _ => None,
        };
        if let Some(stream) = stream {
            return Ok(match self.sight_of(stream).await? {
                Sight::Open => Found::granted("Read as polling reads it: rows were shown."),
                Sight::Closed { why } => Found::unknown(why),
            });
        }
        let fields = if field.is_empty() { "sys_id" } else { field };
        let parameters = [("sysparm_fields", fields), ("sysparm_limit", SAMPLE), RAW[0], RAW[1]];
        let answer = match self.instance.list(table, &parameters).await {
            Ok(answer) => answer,
            Err(Failure::Forbidden { why }) => return Ok(Found::missing(why, ask(table, field, "read", &[]))),
            Err(other) => return Err(other),
        };
        if answer.rows().iter().any(|row| !text(row, fields).is_empty()) {
            return Ok(Found::granted("Read: rows were shown with a value."));
        }
        Ok(match (answer.rows().is_empty(), answer.total) {
            (true, Some(0)) => Found::unknown(format!("Table {table} answered with no row: empty or hidden.")),
            (true, _) => Found::missing(
                format!("Rows of table {table} are counted and none is shown: an access rule hides them."),
                ask(table, field, "read", &[]),
            ),
            (false, _) => Found::missing(
                format!("Rows of table {table} are shown without a value in {fields}: the column is hidden."),
                ask(table, field, "read", &[]),
            ),
        })
    }

    /// A write that changes nothing: to the test record with the value that it has, or to a record that is not there.
    async fn tried_write(&self, trial: Option<&str>) -> Result<Tried, Failure> {
        let table = &self.table.name;
        if let Some(id) = trial {
            let parameters = [("sysparm_fields", "sys_id,number,short_description"), RAW[0], RAW[1]];
            if let Some(row) = self.instance.read(table, id, &parameters).await? {
                let body = Map::from_iter([("short_description".to_owned(), row["short_description"].clone())]);
                let name = text(&row, "number");
                return match self.instance.patch(table, id, &parameters, &Json::Object(body)).await {
                    Ok(Some(_)) => Ok(Tried::Taken { record: name }),
                    Ok(None) => Ok(Tried::Silent),
                    Err(Failure::Refused { why } | Failure::Forbidden { why }) => Ok(Tried::refused(why)),
                    Err(other) => Err(other),
                };
            }
        }
        let nobody = made_for("a record that is nowhere");
        let body = Map::from_iter([("short_description".to_owned(), "".into())]);
        match self.instance.patch(table, &nobody, &[("sysparm_fields", "sys_id")], &Json::Object(body)).await {
            Ok(_) => Ok(Tried::Silent),
            Err(Failure::Refused { why } | Failure::Forbidden { why }) => Ok(Tried::refused(why)),
            Err(other) => Err(other),
        }
    }

    async fn table_write(&self, tried: &Tried) -> Result<Found, Failure> {
        let table = &self.table.name;
        Ok(match tried {
            Tried::Taken { record } => Found::granted(format!(
                "The test record {record} was written with the title that it has, which changes nothing, and ServiceNow took it."
            )),
            Tried::Stopped { why } => Found::missing(why.clone(), ask(table, "", "write", &[])),
            Tried::Silent => match self.rule("", "write").await? {
                Rule::Passes(acl) => Found::granted(by_rule(&acl)),
                Rule::Stops { acl, roles } => Found::missing(stopped(&acl, &roles), ask(table, "", "write", &roles)),
                Rule::Open => Found::unknown(
                    "A write to a record that is not there was answered with 404, before any right was asked for. Run the live \
                     test once: its record can be written without changing anything.",
                ),
            },
        })
    }

    async fn field_write(&self, field: &str, tried: &Tried) -> Result<Found, Failure> {
        let table = &self.table.name;
        if let Tried::Stopped { why } = tried {
            return Ok(Found::missing(why.clone(), ask(table, field, "write", &[])));
        }
        Ok(match self.rule(field, "write").await? {
            Rule::Passes(acl) => Found::granted(by_rule(&acl)),
            Rule::Stops { acl, roles } => Found::missing(stopped(&acl, &roles), ask(table, field, "write", &roles)),
            Rule::Open => Found::unknown(
                "Cannot be told without writing: ServiceNow answers 200 and leaves out in silence what may not be written. \
                 Every real write is read back; what was left out is told under Failures, with the cause.",
            ),
        })
    }

    async fn creation(&self) -> Result<Found, Failure> {
        let table = &self.table.name;
        Ok(match self.rule("", "create").await? {
            Rule::Passes(acl) => Found::granted(by_rule(&acl)),
            Rule::Stops { acl, roles } => Found::missing(stopped(&acl, &roles), ask(table, "", "create", &roles)),
            Rule::Open => Found::unknown(
                "Cannot be told without making a record. The live test makes one, after you press its button.",
            ),
        })
    }

    /// What the active rules of the nearest name say: of rules with one name any may pass.
    async fn rule(&self, field: &str, operation: &str) -> Result<Rule, Failure> {
        let columns = self.columns().await?;
        let lineage = columns.lineage.iter().map(String::as_str).chain(["*"]);
        let names: Vec<String> = if field.is_empty() {
            lineage.map(str::to_owned).collect()
        } else {
            lineage.flat_map(|table| [format!("{table}.{field}"), format!("{table}.*")]).collect()
        };
        let query = format!("active=true^operation={operation}^nameIN{}", names.join(","));
        let rules = self
            .described("sys_security_acl", &query, "sys_id,name,admin_overrides,condition,script,operation")
            .await?;
        let there = |name: &String| {
            let of: Vec<&Json> = rules
                .iter()
                .filter(|rule| &text(rule, "name") == name && text(rule, "operation") == operation)
                .collect();
            (!of.is_empty()).then_some((name.clone(), of))
        };
        let Some((acl, rules)) = names.iter().find_map(there) else { return Ok(Rule::Open) };
        let mine = self.roles().await?;
        if mine.is_empty() {
            return Ok(Rule::Open);
        }
        let (mut wanted, mut is_open) = (BTreeSet::new(), false);
        for rule in rules {
            let query = format!("sys_security_acl={}", text(rule, "sys_id"));
            let rows = self.described("sys_security_acl_role", &query, "sys_user_role.name").await?;
            let any_of: Vec<String> =
                rows.iter().map(|row| text(row, "sys_user_role.name")).filter(|role| !role.is_empty()).collect();
            let overrides = text(rule, "admin_overrides") != "false" && mine.contains("admin");
            if !overrides && !any_of.is_empty() && !any_of.iter().any(|role| mine.contains(role)) {
                wanted.extend(any_of);
                continue;
            }
            if overrides || (text(rule, "condition").is_empty() && text(rule, "script").is_empty()) {
                return Ok(Rule::Passes(acl));
            }
            is_open = true;
        }
        Ok(if is_open { Rule::Open } else { Rule::Stops { acl, roles: wanted.into_iter().collect() } })
    }
}

fn is_journal(field: &str) -> bool {
    matches!(field, "comments" | "work_notes")
}

struct Sample {
    rows: Vec<Json>,
    total: Option<usize>,
    refused: Option<String>,
}

enum Asked {
    Rows(Vec<Json>),
    Refused,
}

enum Tried {
    Taken {
        record: String,
    },
    Stopped {
        why: String,
    },
    /// It says nothing of rights.
    Silent,
}

impl Tried {
    /// A refusal tells of rights only where it speaks of them: a data policy or a closed record does not.
    fn refused(why: String) -> Self {
        let of_rights = ["security constraints", "ACL", "Insufficient rights", "User Not Authorized", "access scope"];
        if of_rights.iter().any(|word| why.contains(word)) { Self::Stopped { why } } else { Self::Silent }
    }
}

fn by_rule(acl: &str) -> String {
    format!("By the access rules: \"{acl}\" lets this account through.")
}

fn stopped(acl: &str, roles: &[String]) -> String {
    let roles = if roles.is_empty() { "nobody".to_owned() } else { roles.join(" or ") };
    format!("By the access rules: \"{acl}\" lets only {roles} through, and this account has no such role.")
}

/// Table, field, operation and role, for whoever gives it.
fn ask(table: &str, field: &str, operation: &str, roles: &[String]) -> String {
    let (what, acl) = match field {
        "" => (format!("table {table}"), table.to_owned()),
        field => (format!("column {field} of table {table}"), format!("{table}.{field}")),
    };
    let named: Vec<&str> = roles.iter().map(String::as_str).filter(|role| *role != "nobody").collect();
    let role = if named.is_empty() { usual_role(table, operation).to_owned() } else { named.join(" or ") };
    format!("To {operation} {what}: ACL \"{acl}\", operation {operation}; a role that has it: {role}.")
}

/// What ServiceNow ships (contract 6, 7); an instance may name others.
fn usual_role(table: &str, operation: &str) -> &'static str {
    match (table, operation) {
        ("incident", "read") => "sn_incident_read (or itil)",
        ("incident", _) => "sn_incident_write (or itil)",
        ("sn_customerservice_case", _) => "sn_customerservice_agent",
        ("kb_knowledge", _) => "knowledge",
        ("sys_journal_field" | "sys_audit" | "sys_audit_delete", _) => "audit_viewer",
        ("sys_dictionary" | "sys_db_object", _) => "personalize_dictionary",
        _ => "itil",
    }
}
