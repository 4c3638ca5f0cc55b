//! What the columns of a table hold, as the instance's dictionary says (contract 6). Few accounts may read it; for the
//! others there is what every instance has.

use super::ServiceNow;
use super::side::{RAW, text};
use crate::connectors::Failure;
use merge::Kind;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Who may read the dictionary seldom changes, and columns hardly ever.
const REMEMBER_MS: i64 = 60 * 60 * 1000;
/// A table extends another, which extends another: more than this is seen nowhere.
const PARENTS: &str = "name,super_class.name,super_class.super_class.name,super_class.super_class.super_class.name";

/// What is known without a dictionary: columns of every task, and those that only incidents have.
fn usual(name: &str) -> Kind {
    match name {
        "state" | "hold_reason" | "close_code" | "impact" | "urgency" | "priority" | "severity" | "category"
        | "subcategory" | "contact_type" | "resolution_code" => Kind::Choice,
        "assigned_to" | "caller_id" | "opened_by" | "closed_by" | "resolved_by" | "reopened_by" => Kind::User,
        "opened_at" | "closed_at" | "due_date" | "resolved_at" | "reopened_time" | "sla_due" | "follow_up"
        | "activity_due" | "work_start" | "work_end" | "expected_start" => Kind::Moment,
        _ => Kind::Text,
    }
}

fn kind_in(row: &Json) -> Kind {
    match text(row, "internal_type").as_str() {
        "glide_date_time" | "due_date" => Kind::Moment,
        // A contact of a customer is a user as well.
        "reference" if matches!(text(row, "reference").as_str(), "sys_user" | "customer_contact") => Kind::User,
        "reference" | "boolean" => Kind::Choice,
        _ if !matches!(text(row, "choice").as_str(), "" | "0" | "false") => Kind::Choice,
        _ => Kind::Text,
    }
}

/// The columns that the rules speak of; none where the dictionary may not be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    kinds: BTreeMap<String, Kind>,
}

impl Columns {
    pub fn kind_of(&self, name: &str) -> Kind {
        self.kinds.get(name).copied().unwrap_or_else(|| usual(name))
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
            Err(Failure::Forbidden { .. } | Failure::Refused { .. }) => Columns::default(),
            read => read?,
        };
        let read = Arc::new(read);
        *remembered = Some((read.clone(), now));
        Ok(read)
    }

    async fn read_columns(&self) -> Result<Columns, Failure> {
        let query = format!("name={}", self.table.name);
        let parameters =
            [("sysparm_query", query.as_str()), ("sysparm_fields", PARENTS), ("sysparm_limit", "1"), RAW[0], RAW[1]];
        let answer = self.instance.list("sys_db_object", &parameters).await?;
        let row = answer.rows().first().filter(|row| text(row, "name") == self.table.name);
        let mut tables: Vec<String> =
            PARENTS.split(',').map(|column| text(row.unwrap_or(&Json::Null), column)).collect();
        tables[0].clone_from(&self.table.name);
        tables.retain(|table| !table.is_empty());
        let names: Vec<&str> = self.table.fields.iter().map(String::as_str).collect();
        let query = format!("nameIN{}^elementIN{}", tables.join(","), names.join(","));
        let parameters = [
            ("sysparm_query", query.as_str()),
            ("sysparm_fields", "name,element,internal_type,reference,choice"),
            ("sysparm_limit", "1000"),
            RAW[0],
            RAW[1],
        ];
        let answer = self.instance.list("sys_dictionary", &parameters).await?;
        let mut kinds = BTreeMap::new();
        // What a table says of a column goes before what the table that it extends says.
        for table in tables.iter().rev() {
            for row in answer.rows().iter().filter(|row| &text(row, "name") == table) {
                kinds.insert(text(row, "element"), kind_in(row));
            }
        }
        Ok(Columns { kinds })
    }
}
