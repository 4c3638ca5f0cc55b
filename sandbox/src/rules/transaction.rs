//! What one request, page or job sets going. Rules that write run further rules inside it, and all of
//! them speak to the same person.

use std::sync::{Arc, Mutex, PoisonError};

use crate::record::Record;

/// How many rules may stand on each other's shoulders, counting those that an `async` rule sets off later.
const DEEPEST: usize = 20;

#[derive(Debug, Clone, Default)]
pub(crate) struct Transaction {
    /// Whether a person sits before a page (`gs.getSession().isInteractive()`).
    pub interactive: bool,
    /// The rules under way, the outermost first.
    running: Vec<Running>,
    messages: Arc<Mutex<Vec<Message>>>,
}

#[derive(Debug, Clone)]
struct Running {
    rule: String,
    name: String,
    record: String,
}

/// A line at the top of the form (`gs.addInfoMessage`, `gs.addErrorMessage`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub error: bool,
    pub text: String,
}

/// Why a rule is left out.
pub(super) enum Stop {
    Recursive,
    TooDeep,
}

impl Transaction {
    pub fn of_page() -> Self {
        Self { interactive: true, ..Self::default() }
    }

    /// The transaction as a rule that now begins sees it. The platform ignores a rule that is called for
    /// the record on which it runs already, and so does this.
    pub(super) fn enter(&self, rule: &Record, record: &str) -> Result<Self, Stop> {
        if self.running.iter().any(|running| running.rule == rule.sys_id() && running.record == record) {
            return Err(Stop::Recursive);
        }
        if self.running.len() >= DEEPEST {
            return Err(Stop::TooDeep);
        }
        let mut inner = self.clone();
        let (rule, name) = (rule.sys_id().to_owned(), rule.get("name").to_owned());
        inner.running.push(Running { rule, name, record: record.to_owned() });
        Ok(inner)
    }

    /// The names of the rules under way, as the platform's messages list them.
    pub fn stack(&self) -> String {
        self.running.iter().map(|running| running.name.as_str()).collect::<Vec<_>>().join(",")
    }

    pub(super) fn say(&self, error: bool, text: &str) {
        let message = Message { error, text: text.to_owned() };
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    pub(super) fn forget_messages(&self) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What the rules have told the person so far, each line once.
    pub fn take_messages(&self) -> Vec<Message> {
        let mut said = std::mem::take(&mut *self.messages.lock().unwrap_or_else(PoisonError::into_inner));
        let mut seen = Vec::new();
        said.retain(|message| {
            let new = !seen.contains(message);
            seen.push(message.clone());
            new
        });
        said
    }
}
