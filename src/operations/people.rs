//! Signing in and out, the first run, and links that set a password.

use super::{Operations, OrTrouble, SESSION_PERSON, SESSION_ROUND, broken};
use crate::auth::{self, Attempt, AuthError, Counted, PASSWORD_LENGTH};
use crate::secrets::fingerprint;
use crate::store::PersonRow;
use app::api::Answer;
use app::error::Trouble;
use app::model::{Invited, Person};

const MINUTE: i64 = 60 * 1000;

pub(super) fn failed(error: AuthError) -> Trouble {
    match error {
        AuthError::SetupClosed => Trouble::new(
            "AUTH-SETUP-LINK",
            "This set-up link does not work any more.",
            "It was used, or the server printed a newer one.",
            "If there is an administrator, sign in. Otherwise restart the server and open the link that its log shows.",
        ),
        other => broken(&other),
    }
}

pub(super) fn name(text: &str) -> Answer<String> {
    let name = text.trim();
    if name.is_empty() {
        return Err(Trouble::new(
            "FORM-NAME",
            "A name is missing.",
            "Others see it beside what is done.",
            "Type the name.",
        )
        .about("name"));
    }
    Ok(name.to_owned())
}

pub(super) fn email(text: &str) -> Answer<String> {
    let email = text.trim().to_lowercase();
    let is_one = email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    if !is_one || email.chars().any(char::is_whitespace) {
        let why = "It is what one signs in with, so it must be an e-mail address.";
        return Err(Trouble::new("FORM-EMAIL", "This is no e-mail address.", why, "Type it as name@example.com.")
            .about("email"));
    }
    Ok(email)
}

pub(super) fn password(text: &str) -> Answer<()> {
    if text.chars().count() < PASSWORD_LENGTH {
        let todo = format!("Choose one of {PASSWORD_LENGTH} characters or more.");
        return Err(Trouble::new("FORM-PASSWORD", "The password is too short.", "Short passwords are guessed.", &todo)
            .about("password"));
    }
    Ok(())
}

fn no_such_link() -> Trouble {
    Trouble::new(
        "AUTH-PASSWORD-LINK",
        "This link does not work any more.",
        "It was used, it is too old, or a newer one was made.",
        "Ask an administrator of Isthmus for a new link.",
    )
}

impl Operations {
    pub fn who_asks(&self) -> Option<Person> {
        self.person.clone()
    }

    pub async fn is_first_run_open(&self, token: &str) -> Answer<bool> {
        auth::is_setup_open(&self.parts.store, token).await.map_err(failed)
    }

    pub async fn first_admin(&self, token: &str, own_name: &str, own_email: &str, chosen: &str) -> Answer<()> {
        let (own_name, own_email) = (name(own_name)?, email(own_email)?);
        password(chosen)?;
        let parts = &self.parts;
        let row = auth::create_first_admin(&parts.store, parts.clock.as_ref(), token, &own_name, &own_email, chosen)
            .await
            .map_err(failed)?;
        self.enter(row, "people.first_admin").await
    }

    pub async fn sign_in_with(&self, email: &str, password: &str) -> Answer<()> {
        let attempt = self.count_attempt(email).await?;
        let found = auth::sign_in(&self.parts.store, email, password).await.map_err(failed)?;
        let Some(row) = found else {
            self.refuse("people.sign_in", "", "wrong e-mail or password").await?;
            return Err(Trouble::new(
                "AUTH-PASSWORD",
                "You are not signed in.",
                "The e-mail and the password do not belong together.",
                "Check both and try again.",
            )
            .about("password"));
        };
        if row.closed_at > 0 {
            self.refuse("people.sign_in", &row.id, "the account is closed").await?;
            return Err(Trouble::new(
                "AUTH-CLOSED",
                "Your account is closed.",
                "An administrator of Isthmus closed it.",
                "Ask an administrator to open it again.",
            )
            .about("email"));
        }
        let mut tx = self.begin().await?;
        attempt.take_back(&mut tx).await.or_trouble()?;
        self.commit(tx).await?;
        self.enter(row, "people.sign_in").await
    }

    /// Before the password is looked at. Too many are refused, the right one as well.
    pub(super) async fn count_attempt(&self, email: &str) -> Answer<Attempt> {
        let attempt = Attempt::of(email, self.caller.address);
        let now = self.parts.clock.now();
        let mut tx = self.begin().await?;
        let counted = attempt.count(&mut tx, now).await.or_trouble()?;
        if let Counted::TooMany { is_first: true, .. } = counted {
            // Once a quarter of an hour: a flood of guesses shall not flood the audit.
            self.audit(&mut tx, "people.sign_in", "", "too many attempts", true).await?;
        }
        self.commit(tx).await?;
        match counted {
            Counted::Within => Ok(attempt),
            Counted::TooMany { ends_at, .. } => {
                let minutes = ((ends_at - now).max(1) + MINUTE - 1) / MINUTE;
                let minutes = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
                Err(Trouble::new(
                    "AUTH-TOO-MANY",
                    "You are not signed in.",
                    "There were too many attempts for this account or from this address, so the password was not looked at.",
                    &format!("Wait {minutes} and try again. If you have forgotten the password, ask an administrator for a new link."),
                )
                .about("password"))
            }
        }
    }

    /// Who a link to set a password is for.
    pub async fn open_password_link(&self, token: &str) -> Answer<Option<Invited>> {
        let row = self.parts.store.person_of_link(&fingerprint(token), self.parts.clock.now()).await.or_trouble()?;
        Ok(row.map(|row| Invited { name: row.name, email: row.email }))
    }

    /// Whoever has the link sets the password, once, and is signed in.
    pub async fn set_password_by_link(&self, token: &str, chosen: &str) -> Answer<()> {
        password(chosen)?;
        let hash = auth::hash(chosen.to_owned()).await.map_err(failed)?;
        let mut tx = self.begin().await?;
        let person = tx.take_password_link(&fingerprint(token), self.parts.clock.now()).await.or_trouble()?;
        let person = person.ok_or_else(no_such_link)?;
        tx.set_password(&person, &hash).await.or_trouble()?;
        self.commit(tx).await?;
        let row = self.parts.store.person(&person).await.or_trouble()?.filter(|row| row.closed_at == 0);
        self.enter(row.ok_or_else(no_such_link)?, "people.set_password").await?;
        self.parts.news.tell("people");
        Ok(())
    }

    /// A new session id with the new rights: one that was planted before is worth nothing.
    pub(super) async fn enter(&self, row: PersonRow, action: &str) -> Answer<()> {
        self.session.cycle_id().await.map_err(|error| broken(&error))?;
        self.session.insert(SESSION_PERSON, &row.id).await.map_err(|error| broken(&error))?;
        self.session.insert(SESSION_ROUND, row.session_round).await.map_err(|error| broken(&error))?;
        let person = auth::person(row);
        let entered = Self { person: Some(person.clone()), ..self.clone() };
        let mut tx = entered.begin().await?;
        tx.note_sign_in(&person.id, self.parts.clock.now()).await.or_trouble()?;
        entered.audit(&mut tx, action, &person.id, "", false).await?;
        entered.commit(tx).await
    }

    pub async fn leave(&self) -> Answer<()> {
        self.session.flush().await.map_err(|error| broken(&error))
    }
}
