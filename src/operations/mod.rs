//! What a person may ask for: one function each, with one permission check and one audit entry. Pages,
//! REST API and command line all come through here.

mod conflicts;
mod connect;
mod connections;
mod console;
mod drift;
mod enter;
mod failures;
mod files;
mod guide;
mod history;
mod instance;
mod kit;
mod kit_check;
mod people;
mod polling;
mod retention;
mod rules;
mod servicenow_side;
mod settings;
mod show;
mod ticket_list;
mod tickets;
mod webhooks;

pub use connect::{Returned, plan_polls};
pub use files::Download;
pub use kit::KitFile;

use crate::auth;
use crate::clock::SharedClock;
use crate::connectors::http::HttpClient;
use crate::news::News;
use crate::oauth::Oauth;
use crate::queue::Wake;
use crate::secrets::Secrets;
use crate::store::{AuditEntry, Store, StoreError, Tx};
use crate::sync::{Guard, Live};
use app::api::Answer;
use app::error::Trouble;
use app::model::{ConnectDefaults, Person, Role};
use std::sync::Arc;
use tower_sessions::Session;

const SESSION_PERSON: &str = "person";

/// Every part that an operation may use.
pub struct Parts {
    pub store: Store,
    pub clock: SharedClock,
    pub secrets: Secrets,
    pub http: HttpClient,
    pub oauth: Oauth,
    pub connectors: Arc<Live>,
    pub guard: Guard,
    pub news: News,
    pub wake: Wake,
    /// Where people and ServiceNow reach this server.
    pub public_url: String,
    /// Bytes that a file on a ticket may have.
    pub file_limit: u64,
    /// The longest pause between two polls, milliseconds.
    pub poll_every: i64,
    /// What Connect offers; filled in by the demo.
    pub defaults: ConnectDefaults,
}

/// The operations, for whoever asks in this request.
#[derive(Clone)]
pub struct Operations {
    parts: Arc<Parts>,
    session: Session,
    person: Option<Person>,
}

impl Operations {
    /// Finds out who asks.
    pub async fn of_request(parts: Arc<Parts>, session: Session) -> Answer<Self> {
        let id: Option<String> = session.get(SESSION_PERSON).await.map_err(|error| broken(&error))?;
        let row = match id {
            Some(id) => parts.store.person(&id).await.or_trouble()?,
            None => None,
        };
        Ok(Self { parts, session, person: row.map(auth::person) })
    }

    /// The one permission check. A refusal is written to the audit as well.
    async fn require(&self, role: Role, action: &str, subject: &str) -> Answer<&Person> {
        let Some(person) = &self.person else {
            return Err(Trouble::signed_out());
        };
        if person.role >= role {
            return Ok(person);
        }
        let needed = match role {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "administrator",
        };
        let mut tx = self.begin().await?;
        self.audit(&mut tx, action, subject, &format!("refused: needs {needed}"), true).await?;
        self.commit(tx).await?;
        Err(Trouble::new(
            "AUTH-FORBIDDEN",
            "You may not do this.",
            &format!("It needs the role {needed}, and you are signed in with another."),
            "Ask an administrator of Isthmus to do it or to change your role.",
        ))
    }

    async fn begin(&self) -> Answer<Tx> {
        self.parts.store.begin().await.or_trouble()
    }

    async fn commit(&self, tx: Tx) -> Answer<()> {
        tx.commit().await.or_trouble()
    }

    /// In the transaction of the change itself: neither is there without the other.
    async fn audit(&self, tx: &mut Tx, action: &str, subject: &str, detail: &str, refused: bool) -> Answer<()> {
        let person = self.person.as_ref().map_or("nobody", |person| person.id.as_str());
        let entry = AuditEntry {
            id: &self.parts.clock.id(),
            at: self.parts.clock.now(),
            person,
            action,
            subject,
            detail,
            refused,
        };
        tx.note_audit(&entry).await.or_trouble()
    }
}

/// A fault of ours: the log has the cause, the person a sentence.
fn broken(error: &dyn std::error::Error) -> Trouble {
    tracing::error!(%error, "an operation failed");
    Trouble::new(
        "SERVER-INTERNAL",
        "The server could not do this.",
        "Something failed inside; the cause is in the server's log.",
        "Try again. If it stays, look at the log around this time.",
    )
}

fn not_found(what: &str) -> Trouble {
    Trouble::new(
        &format!("{}-NOT-FOUND", what.to_uppercase()),
        &format!("There is no such {what}."),
        "It was removed, or the address is wrong.",
        "Go back to the list and open it from there.",
    )
}

/// Turns a store's answer into an operation's.
trait OrTrouble<T> {
    fn or_trouble(self) -> Answer<T>;
}

impl<T> OrTrouble<T> for Result<T, StoreError> {
    fn or_trouble(self) -> Answer<T> {
        self.map_err(|error| match error {
            StoreError::Stale => Trouble::new(
                "EDIT-STALE",
                "Your change was not kept.",
                "Somebody or the other side changed it in the same moment.",
                "Look at the new values and save again.",
            ),
            StoreError::TableInUse { table } => Trouble::new(
                "TABLE-IN-USE",
                "The table was not changed.",
                &format!("The connection has links to records of table {table}, and they would be looked for in another."),
                "Keep the table here, and connect the instance once more for the other table.",
            )
            .about("table"),
            StoreError::TableTaken { table } => Trouble::new(
                "TABLE-TAKEN",
                "The table was not changed.",
                &format!("Another connection joins table {table} of this instance, and two would make two tickets of every record."),
                "Use that connection, or choose another table.",
            )
            .about("table"),
            other => broken(&other),
        })
    }
}
