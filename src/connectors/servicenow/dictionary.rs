//! What the columns of a table hold, as the instance's dictionary says (contract 6). Few accounts may read it; for the
//! others there is what every instance has.

use super::side::{RAW, text};
use super::{ServiceNow, usual};
use crate::connectors::Failure;
use merge::Kind;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Who may read the dictionary seldom changes, and columns hardly ever.
const REMEMBER_MS: i64 = 60 * 60 * 1000;
/// A table extends another, which extends another: more than this is seen nowhere.
pub(super) const PARENTS: &str =
    "name,super_class.name,super_class.super_class.name,super_class.super_class.super_class.name";

/// Durations, lists of ids, addresses and the like are texts: they cross letter by letter.
fn kind_in(row: &Json) -> Kind {
    match text(row, "internal_type").as_str() {
        "glide_date_time" | "due_date" => Kind::Moment,
        "glide_date" => Kind::Date,
        // A contact of a customer is a user as well.
        "reference" if matches!(text(row, "reference").as_str(), "sys_user" | "customer_contact") => Kind::User,
        "reference" => Kind::Reference,
        "boolean" => Kind::Boolean,
        _ if !matches!(text(row, "choice").as_str(), "" | "0" | "false") => Kind::Choice,
        "integer" | "longint" | "decimal" | "float" => Kind::Number,
        "html" | "translated_html" => Kind::Html,
        _ => Kind::Text,
    }
}

/// What the dictionary says of a column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub kind: Kind,
    /// For a reference: the table that it is into.
    target: String,
    pub max_length: Option<usize>,
    pub read_only: bool,
    /// Comma-separated.
    pub write_roles: String,
}

impl Column {
    pub fn of(row: &Json) -> Self {
        Self {
            kind: kind_in(row),
            target: text(row, "reference"),
            max_length: text(row, "max_length").parse().ok(),
            read_only: text(row, "read_only") == "true",
            write_roles: text(row, "write_roles"),
        }
    }
}

/// The columns that the rules speak of; none where the dictionary may not be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    columns: BTreeMap<String, Column>,
    /// The table and those that it extends, nearest first.
    pub lineage: Vec<String>,
}

impl Columns {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(name)
    }

    pub fn kind_of(&self, name: &str) -> Kind {
        self.column(name).map_or_else(|| usual::kind(name), |column| column.kind)
    }

    /// The table that a reference is into, and the column by which people call its records.
    pub fn target_of<'a>(&'a self, name: &str) -> (&'a str, &'static str) {
        let target = self.column(name).map_or_else(|| usual::target(name), |column| &column.target);
        (target, usual::display_of(target))
    }
}

/// What was read, and when. Shared by clones.
pub(super) type Remembered = Arc<Mutex<Option<(Arc<Columns>, i64)>>>;

impl ServiceNow {
    pub(super) async fn columns(&self) -> Result<Arc<Columns>, Failure> {
        let mut remembered = self.columns.lock().await;
        let now = self.clock.now();
        if let Some((columns, read_at)) = &*remembered
            && now - read_at < REMEMBER_MS
        {
            return Ok(columns.clone());
        }
        let read = match self.read_columns().await {
            // Refused, or with too few rights answered like a table without rows.
            Err(Failure::Forbidden { .. } | Failure::Refused { .. }) => {
                Columns { lineage: vec![self.table.name.clone(), "task".to_owned()], ..Columns::default() }
            }
            read => read?,
        };
        let read = Arc::new(read);
        *remembered = Some((read.clone(), now));
        Ok(read)
    }

    async fn read_columns(&self) -> Result<Columns, Failure> {
        let lineage = self.read_lineage().await?;
        let names: Vec<&str> = self.table.fields.iter().map(String::as_str).collect();
        let query = format!("nameIN{}^elementIN{}", lineage.join(","), names.join(","));
        let parameters = [
            ("sysparm_query", query.as_str()),
            ("sysparm_fields", "name,element,internal_type,reference,choice,max_length,read_only,write_roles"),
            ("sysparm_limit", "1000"),
            RAW[0],
            RAW[1],
        ];
        let answer = self.instance.list("sys_dictionary", &parameters).await?;
        let mut columns = BTreeMap::new();
        // What a table says of a column goes before what the table that it extends says.
        for table in lineage.iter().rev() {
            for row in answer.rows().iter().filter(|row| &text(row, "name") == table) {
                columns.insert(text(row, "element"), Column::of(row));
            }
        }
        Ok(Columns { columns, lineage })
    }

    async fn read_lineage(&self) -> Result<Vec<String>, Failure> {
        let query = format!("name={}", self.table.name);
        let parameters =
            [("sysparm_query", query.as_str()), ("sysparm_fields", PARENTS), ("sysparm_limit", "1"), RAW[0], RAW[1]];
        let answer = self.instance.list("sys_db_object", &parameters).await?;
        let row = answer.rows().first().filter(|row| text(row, "name") == self.table.name);
        let mut tables: Vec<String> =
            PARENTS.split(',').map(|column| text(row.unwrap_or(&Json::Null), column)).collect();
        tables[0].clone_from(&self.table.name);
        tables.retain(|table| !table.is_empty());
        Ok(tables)
    }
}
