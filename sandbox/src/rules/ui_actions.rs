//! UI actions that run on the server: the buttons and links that a form offers, and pressing one.

use std::sync::Arc;

use super::{Message, Script, Source, Subject, Transaction};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::Input;
use crate::store;
use crate::user::User;

/// What came of pressing a button.
#[derive(Debug)]
pub(crate) struct Pressed {
    pub messages: Vec<Message>,
    /// A local page, such as `incident.do?sys_id=...`, if the script named one.
    pub redirect: Option<String>,
}

/// An action is not for this record or user, or it failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotPressed {
    #[error("This action is not available on this record")]
    Unavailable,
    #[error("The action failed: {0}")]
    Failed(String),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

impl Instance {
    /// The actions whose condition holds for this record and user, in their order. Which of them are
    /// buttons and which are links their columns say (`form_button`, `form_link`, `form_context_menu`).
    pub async fn ui_actions(
        self: &Arc<Self>,
        table: &Table,
        record: &Record,
        user: &User,
    ) -> store::Result<Vec<Record>> {
        let mut tables = table.ancestors.clone();
        tables.push("global".to_owned());
        let shown = if record.get("sys_created_on").is_empty() { "show_insert" } else { "show_update" };
        let query =
            format!("active=true^client=false^{shown}=true^tableIN{}^ORDERBYorder^ORDERBYname", tables.join(","));
        let mut offered = Vec::new();
        for action in self.query("sys_ui_action", &query, &User::system(), 200).await? {
            let form = ["form_button", "form_link", "form_context_menu"].iter().any(|place| action.is_true(place));
            if form && self.is_offered(&action, table, record, user).await {
                offered.push(action);
            }
        }
        Ok(offered)
    }

    async fn is_offered(self: &Arc<Self>, action: &Record, table: &Table, record: &Record, user: &User) -> bool {
        let condition = action.get("condition");
        if condition.trim().is_empty() {
            return true;
        }
        let script = script(table, record, condition.to_owned(), String::new(), Vec::new());
        match self.run_script(script, source(action), user.clone(), Transaction::of_page()).await {
            Ok(outcome) => outcome.ran,
            Err(failure) => {
                let name = action.get("name");
                self.log(2, name, &format!("The condition of the UI action failed: {failure}")).await;
                false
            }
        }
    }

    /// Runs the action in the user's session. `typed` is what the form holds: the script finds it in
    /// `current`, and its `current.update()` saves it.
    pub async fn run_ui_action(
        self: &Arc<Self>,
        action: &str,
        table: &Table,
        record: &Record,
        typed: Input,
        user: &User,
    ) -> Result<Pressed, NotPressed> {
        let offered = self.ui_actions(table, record, user).await?;
        let action = offered.into_iter().find(|offered| offered.sys_id() == action).ok_or(NotPressed::Unavailable)?;
        let transaction = Transaction::of_page();
        let script = script(table, record, String::new(), action.get("script").to_owned(), typed.values);
        match self.run_script(script, source(&action), user.clone(), transaction.clone()).await {
            Ok(outcome) => Ok(Pressed { messages: transaction.take_messages(), redirect: outcome.redirect }),
            Err(failure) => {
                self.log(2, action.get("name"), &format!("The UI action failed: {failure}")).await;
                Err(NotPressed::Failed(failure))
            }
        }
    }
}

fn source(action: &Record) -> Source {
    let (sys_id, name) = (action.sys_id().to_owned(), action.get("name").to_owned());
    Source { table: "sys_ui_action".to_owned(), sys_id, name }
}

fn script(table: &Table, record: &Record, condition: String, text: String, typed: Vec<(String, String)>) -> Script {
    let current = Subject {
        table: table.name.clone(),
        row: record.clone(),
        previous: None,
        operation: if record.get("sys_created_on").is_empty() { "insert" } else { "update" },
        changes: Vec::new(),
        typed,
        unsaved: false,
    };
    Script { condition, text, current: Some(current), records: Vec::new() }
}
