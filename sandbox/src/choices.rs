//! The choices of a column and their labels (contract 6).

use std::sync::Arc;

use crate::dictionary::Table;
use crate::instance::Instance;
use crate::store;

#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub value: String,
    pub label: String,
    pub dependent_value: String,
}

/// The label of a value, if need be the one that belongs to the value of the column it depends on.
pub(crate) fn label<'a>(choices: &'a [Choice], value: &str, depends_on: &str) -> Option<&'a str> {
    let fits = |choice: &&Choice| choice.value == value;
    let found = choices.iter().filter(fits).find(|choice| choice.dependent_value == depends_on);
    found.or_else(|| choices.iter().find(fits)).map(|choice| choice.label.as_str())
}

impl Instance {
    /// The choices of a column, its own or, if it has none, those of the nearest ancestor (contract 6).
    pub async fn choices(&self, table: &Table, column: &str) -> store::Result<Arc<[Choice]>> {
        for name in &table.ancestors {
            let choices = self.own_choices(name, column).await?;
            if !choices.is_empty() {
                return Ok(choices);
            }
        }
        Ok(Arc::from([]))
    }

    async fn own_choices(&self, table: &str, column: &str) -> store::Result<Arc<[Choice]>> {
        let read = async {
            let query = format!("name={table}^element={column}^inactive=false^language=en^ORDERBYsequence");
            let rows = self.rows("sys_choice", &query).await?.into_iter();
            let choice = |mut row: crate::record::Record| Choice {
                value: row.take("value"),
                label: row.take("label"),
                dependent_value: row.take("dependent_value"),
            };
            Ok(rows.map(choice).collect())
        };
        self.known.choices.to((table.to_owned(), column.to_owned()), &self.store, read).await
    }
}
