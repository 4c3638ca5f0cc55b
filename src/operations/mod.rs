//! What a person may ask for: one function each, with one permission check and one audit entry. Pages,
//! REST API and command line all come through here.

mod accounts;
mod alike;
mod audit;
mod conflicts;
mod connect;
mod connections;
mod console;
mod disconnect;
mod drift;
mod enter;
mod errors;
mod failures;
mod files;
mod guide;
mod history;
mod instance;
mod kit;
mod kit_check;
mod listing;
mod mapping;
mod once;
mod own;
mod people;
mod permissions;
mod polling;
mod presences;
mod records;
mod retention;
mod servicenow_side;
mod show;
mod third_value;
mod ticket_list;
mod tickets;
mod tokens;
mod webhooks;
mod words;

pub use audit::AuditRecord;
pub use connect::{Returned, plan_polls};
pub use files::Download;
pub use kit::KitFile;
pub use listing::Listed;
pub use mapping::MappingFile;
pub use show::ReaderZone;

use crate::auth::{self, SqlSessions};
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
use app::model::{ConnectDefaults, Endpoint, Person, Role};
use std::net::IpAddr;
use std::sync::Arc;
use tower_sessions::Session;

const SESSION_PERSON: &str = "person";
const SESSION_ROUND: &str = "round";

/// What a request tells of who asks, besides the session.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    pub address: Option<IpAddr>,
    /// The time zone that the browser says it is in.
    pub zone: Option<String>,
}

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
    /// What programs may ask for, as the console lists it.
    pub api: Vec<Endpoint>,
    /// What Connect offers; filled in by the demo.
    pub defaults: ConnectDefaults,
}

/// The operations, for whoever asks in this request.
#[derive(Clone)]
pub struct Operations {
    parts: Arc<Parts>,
    session: Session,
    person: Option<Person>,
    /// The id of the API token that the person acts by; empty for a browser.
    token: String,
    caller: Caller,
}

impl Operations {
    /// Finds out whose browser asks.
    pub async fn of_request(parts: Arc<Parts>, session: Session, caller: Caller) -> Answer<Self> {
        let id: Option<String> = session.get(SESSION_PERSON).await.map_err(|error| broken(&error))?;
        let round: Option<i64> = session.get(SESSION_ROUND).await.map_err(|error| broken(&error))?;
        let row = match id {
            Some(id) => parts.store.person(&id).await.or_trouble()?,
            None => None,
        };
        let row = row.filter(|row| row.closed_at == 0 && row.session_round == round.unwrap_or_default());
        let mut person = row.map(auth::person);
        if let Some(person) = &mut person {
            let chosen = Some(std::mem::take(&mut person.zone)).filter(|zone| !zone.is_empty());
            person.zone =
                chosen.or_else(|| caller.zone.clone()).and_then(|zone| show::known_zone(&zone)).unwrap_or_default();
        }
        Ok(Self { parts, session, person, token: String::new(), caller })
    }

    /// Finds out whose program asks. Programs have no session: what is put into theirs is forgotten.
    pub async fn of_token(parts: Arc<Parts>, token: &str, caller: Caller) -> Answer<Option<Self>> {
        let Some((person, token)) = auth::of_token(&parts.store, parts.clock.as_ref(), token).await.or_trouble()?
        else {
            return Ok(None);
        };
        let sessions = SqlSessions::new(parts.store.clone(), parts.clock.clone());
        let session = Session::new(None, Arc::new(sessions), None);
        Ok(Some(Self { parts, session, person: Some(person), token: token.id, caller }))
    }

    /// The id of the token that the program acts by.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// In which zone who asks sees times.
    pub fn reader_zone(&self) -> ReaderZone {
        ReaderZone::named(self.person.as_ref().map_or("", |person| &person.zone))
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
        self.refuse(action, subject, &format!("needs the role {needed}")).await?;
        Err(Trouble::new(
            "AUTH-FORBIDDEN",
            "You may not do this.",
            &format!("It needs the role {needed}, and yours is another."),
            "Ask an administrator of Isthmus to do it or to change your role.",
        ))
    }

    /// What was not done is in the audit as well.
    async fn refuse(&self, action: &str, subject: &str, why: &str) -> Answer<()> {
        let mut tx = self.begin().await?;
        self.audit(&mut tx, action, subject, why, true).await?;
        self.commit(tx).await
    }

    async fn begin(&self) -> Answer<Tx> {
        self.parts.store.begin().await.or_trouble()
    }

    /// Whatever a person did is in the audit by now, and whoever reads that is told.
    async fn commit(&self, tx: Tx) -> Answer<()> {
        tx.commit().await.or_trouble()?;
        self.parts.news.tell("audit");
        Ok(())
    }

    /// In the transaction of the change itself: neither is there without the other.
    async fn audit(&self, tx: &mut Tx, action: &str, subject: &str, detail: &str, refused: bool) -> Answer<()> {
        let person = self.person.as_ref().map_or("nobody", |person| person.id.as_str());
        let entry = AuditEntry {
            id: &self.parts.clock.id(),
            at: self.parts.clock.now(),
            person,
            token: &self.token,
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
