//! Connect: six steps that can be left and taken up again. Here: the browser's way to ServiceNow and back, and the test.
//! Every way in which it can fail has its own words.

mod estimate;
mod instance;
mod live_test;
mod mappings;
mod steps;
mod suggest;
mod what;

use super::{Operations, OrTrouble, Parts, broken};
use crate::connectors::{ChangeStream, Connector, Failure, Journal};
use crate::oauth::{ExchangeError, OauthError};
use crate::queue;
use crate::store::{Connection, State, StoreError};
use app::api::Answer;
use app::error::Trouble;
use app::model::{Check, Role, step_address};

/// What ServiceNow's redirect brought along.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Returned {
    pub code: Option<String>,
    pub state: Option<String>,
    pub error: Option<String>,
}

pub(super) fn check(code: &str, what: &str, why: &str, what_to_do: &str) -> Check {
    Check {
        passed: code.is_empty(),
        code: code.into(),
        what: what.into(),
        why: why.into(),
        what_to_do: what_to_do.into(),
    }
}

fn passed(what: &str) -> Check {
    check("", what, "", "")
}

impl Operations {
    /// Where to send this browser, so that a person authorizes the connection.
    pub async fn begin_authorization(&self, id: &str) -> Answer<String> {
        self.require(Role::Admin, "connections.authorize", id).await?;
        let connection = self.connection_of(id).await?;
        let session = self.session_id().await?;
        self.parts.oauth.begin(&connection, &session).await.map_err(|error| broken(&error))
    }

    /// The browser is back from ServiceNow. Answers the address of the page that tells how it went.
    pub async fn finish_authorization(&self, returned: Returned) -> Answer<String> {
        self.require(Role::Admin, "connections.authorize", "").await?;
        let session = self.session_id().await?;
        let state = returned.state.unwrap_or_default();
        let (connection, verifier) = match self.parts.oauth.returned(&state, &session).await {
            Ok(begun) => begun,
            Err(OauthError::ExpiredState | OauthError::NoConnection) => {
                return Ok("/settings/connections?problem=CONN-STATE".into());
            }
            Err(error) => return Err(broken(&error)),
        };
        let problem = match (returned.code, returned.error) {
            (Some(code), None) => match self.parts.oauth.finish(&connection, &code, &verifier).await {
                Ok(()) => None,
                Err(OauthError::Exchange(error)) => Some(exchange_problem(&error)),
                Err(error) => return Err(broken(&error)),
            },
            (_, Some(error)) if error == "access_denied" => Some(check(
                "CONN-DENIED",
                "ServiceNow was told not to allow this.",
                "Deny was pressed on its consent page, or the account may not consent.",
                "Press \"Authorize in ServiceNow\" again, sign in there as the user that Isthmus shall act as, and press Allow.",
            )),
            (_, error) => Some(check(
                "CONN-OAUTH",
                "ServiceNow sent no authorization.",
                &format!("It answered: {}.", error.unwrap_or_else(|| "no code at all".into())),
                "Compare the client ID and the redirect URL in ServiceNow with those on this page, then authorize again.",
            )),
        };
        let (checks, problem, who) = match problem {
            Some(problem) => {
                let code = problem.code.clone();
                (vec![problem], Some(code), String::new())
            }
            None => self.activate(&connection).await?,
        };
        let mut tx = self.begin().await?;
        let text = serde_json::to_string(&checks).unwrap_or_default();
        tx.set_connection_checks(&connection.id, &text, self.parts.clock.now()).await.or_trouble()?;
        let before = &connection.acting_as;
        let detail = match &problem {
            Some(code) => code.clone(),
            None if before.is_empty() || *before == who => format!("authorized as {who}"),
            None => format!("authorized as {who}, before as {before}"),
        };
        self.audit(&mut tx, "connections.authorize", &connection.id, &detail, false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(&connection.id);
        let is_new = connection.active_since == 0;
        let page = if is_new {
            step_address(&connection.id, 3)
        } else {
            format!("/settings/connections/{}/tokens", connection.id)
        };
        Ok(match problem {
            None => format!("{page}?authorized=1"),
            Some(code) => format!("{page}?problem={code}"),
        })
    }

    /// Tests with the fresh token. A connection that synced before goes on, if all is well; a new one has the next step of
    /// Connect before it. Answers the checks, the code of what stands in the way, and who it acts as.
    async fn activate(&self, connection: &Connection) -> Answer<(Vec<Check>, Option<String>, String)> {
        let (mut checks, acting_as) = test(&self.parts, connection).await;
        checks.extend(another_user(&connection.acting_as, &acting_as));
        let is_well = |checks: &[Check]| checks.iter().all(|check| check.passed || !is_needed(check));
        if connection.active_since == 0 {
            return self.authorize_draft(connection, checks, acting_as).await;
        }
        let objection = if is_well(&checks) { self.objection_to(connection).await } else { Ok(None) };
        let objection = objection.unwrap_or_else(|failure| {
            checks.push(failure);
            None
        });
        if let Some(why) = &objection {
            checks.push(super::instance::doubted(why));
        }
        let problem = checks.iter().find(|check| !check.passed && is_needed(check)).map(|check| check.code.clone());
        let clock = self.parts.clock.as_ref();
        let mut tx = self.begin().await?;
        if let Some(why) = &objection {
            tx.set_connection_authorized(&connection.id, &acting_as, clock.now()).await.or_trouble()?;
            tx.set_connection_state(&connection.id, State::Held, why).await.or_trouble()?;
        }
        if problem.is_none() {
            tx.set_connection_authorized(&connection.id, &acting_as, clock.now()).await.or_trouble()?;
            tx.set_connection_state(&connection.id, State::Active, "").await.or_trouble()?;
            queue::poll_at(&mut tx, &connection.id, clock.now(), clock).await.or_trouble()?;
            queue::purge_at(&mut tx, &connection.id, clock.now(), clock).await.or_trouble()?;
            tx.revive_jobs(&connection.id, clock.now()).await.or_trouble()?;
            if connection.state == State::Disconnected {
                tx.end_connecting(&connection.id).await.or_trouble()?;
            }
        }
        self.commit(tx).await?;
        self.parts.wake.wake();
        Ok((checks, problem, acting_as))
    }

    async fn authorize_draft(
        &self,
        connection: &Connection,
        checks: Vec<Check>,
        acting_as: String,
    ) -> Answer<(Vec<Check>, Option<String>, String)> {
        let problem = checks.iter().find(|check| !check.passed && is_needed(check)).map(|check| check.code.clone());
        if problem.is_none() {
            let mut tx = self.begin().await?;
            tx.set_connection_authorized(&connection.id, &acting_as, 0).await.or_trouble()?;
            tx.set_connection_state(&connection.id, State::Draft, "").await.or_trouble()?;
            tx.reach_step(&connection.id, 4).await.or_trouble()?;
            self.commit(tx).await?;
        }
        Ok((checks, problem, acting_as))
    }

    /// The session's own id: an authorization belongs to the browser that began it.
    async fn session_id(&self) -> Answer<String> {
        self.session.save().await.map_err(|error| broken(&error))?;
        Ok(self.session.id().map(|id| id.to_string()).unwrap_or_default())
    }
}

/// Without these a connection cannot run; the others are told and lived with.
fn is_needed(check: &Check) -> bool {
    !matches!(check.code.as_str(), "CONN-JOURNALS" | "CONN-OTHER-USER")
}

/// Another user has other rights, and sees other records.
fn another_user(before: &str, now: &str) -> Option<Check> {
    (!before.is_empty() && !now.is_empty() && before != now).then(|| {
        check(
            "CONN-OTHER-USER",
            "The connection acts as another user than before.",
            &format!("It acted as {before}; now it acts as {now}, with that user's rights, and ServiceNow shows {now} as the author of what it writes."),
            &format!("If this was not meant, press \"Regenerate token\" and sign in to ServiceNow as {before}."),
        )
    })
}

/// Tries what syncing needs, with the very query that polling uses. Answers the checks, and who the token acts as.
pub(super) async fn test(parts: &Parts, connection: &Connection) -> (Vec<Check>, String) {
    let side = match parts.connectors.servicenow(connection).await {
        Ok(side) => side,
        Err(failure) => return (vec![failed(&failure)], String::new()),
    };
    let acting_as = match side.who_am_i().await {
        Ok(user) => user,
        Err(failure) => return (vec![failed(&failure)], String::new()),
    };
    let mut checks = vec![passed(&format!("ServiceNow accepts the token; it acts as {acting_as}."))];
    match side.changed(ChangeStream::Records, parts.clock.now(), None).await {
        Ok(_) => {
            let table = &connection.rules.table;
            checks.push(passed(&format!("Table {table} answers the query that polling uses.")));
        }
        Err(failure) => checks.push(failed(&failure)),
    }
    match side.journal().await {
        Ok(Journal::Entries) => checks.push(passed("Table sys_journal_field shows comments and work notes, each by itself.")),
        Ok(Journal::Text) => checks.push(passed(
            "Comments and work notes are read from the text that each record shows: table sys_journal_field answered with \
             no row, because there is none yet or because the account may not read it. With the role audit_viewer they are \
             read each by itself, which takes no guess where a comment quotes another.",
        )),
        Ok(Journal::Closed) => checks.push(check(
            "CONN-JOURNALS",
            "Comments and work notes are hidden.",
            "Table sys_journal_field answered with no row, and the records show no text of them that can be read.",
            "Give the account read access to the columns comments and work_notes, or to table sys_journal_field, for example by the role audit_viewer.",
        )),
        Err(failure) => checks.push(failed(&failure)),
    }
    (checks, acting_as)
}

/// A failure as a check: what, why, and the way out.
pub(super) fn failed(failure: &Failure) -> Check {
    let why = format!("{failure}");
    match failure {
        Failure::SignedOut { .. } => check(
            "CONN-TOKEN",
            "ServiceNow does not accept the access.",
            &why,
            "Press \"Regenerate token\" and authorize again. If that fails, compare the client secret, and see whether the user is locked.",
        ),
        Failure::Forbidden { .. } | Failure::Refused { .. } => check(
            "CONN-RIGHTS",
            "The account lacks a right.",
            &why,
            "Give the user read and write access to the connection's table (for incident role itil, or sn_incident_read and sn_incident_write; for sn_customerservice_case role sn_customerservice_agent), and read access to sys_user. Sorting by sys_updated_on must be allowed as well.",
        ),
        Failure::NotAnInstance { .. } => check(
            "CONN-HTML",
            "No ServiceNow instance answers there.",
            &why,
            "Check the address. If it is right, sign in to the instance in a browser to wake it, and see whether a proxy stands between.",
        ),
        Failure::Transient { .. } | Failure::Unsure { .. } | Failure::Moved => check(
            "CONN-UNREACHABLE",
            "ServiceNow did not answer.",
            &why,
            "Check the address and that this server may reach it, then test again.",
        ),
    }
}

/// The same as an answer to a form.
pub(super) fn trouble(failure: &Failure) -> Trouble {
    let check = failed(failure);
    Trouble::new(&check.code, &check.what, &check.why, &check.what_to_do)
}

fn exchange_problem(error: &ExchangeError) -> Check {
    let why = format!("{error}.");
    match error {
        ExchangeError::Denied(_)
        | ExchangeError::WrongClient(_)
        | ExchangeError::Ended(_)
        | ExchangeError::NotAuthorized => check(
            "CONN-SECRET",
            "ServiceNow gave no token.",
            &why,
            "Compare the client ID and the client secret with those in ServiceNow's Application Registry. Correct them in step 1, Instance, or of a connection that runs under Tokens; then authorize again.",
        ),
        ExchangeError::NotAnInstance(_) | ExchangeError::Address(_) => {
            check("CONN-HTML", "No ServiceNow instance answers there.", &why, "Check the instance's address.")
        }
        ExchangeError::Unreachable(_) => check(
            "CONN-UNREACHABLE",
            "ServiceNow did not answer.",
            &why,
            "Check that this server may reach it, then authorize again.",
        ),
    }
}

/// For the start: every active connection has its poll in the timetable.
pub async fn plan_polls(parts: &Parts) -> Result<(), StoreError> {
    let clock = parts.clock.as_ref();
    let connections = parts.store.connections().await?;
    let mut tx = parts.store.begin().await?;
    for connection in connections {
        if connection.state == State::Active {
            queue::poll_at(&mut tx, &connection.id, clock.now(), clock).await?;
            queue::purge_at(&mut tx, &connection.id, clock.now(), clock).await?;
        }
    }
    tx.commit().await
}
