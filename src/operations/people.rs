//! Signing in and out, and the first run.

use super::{Operations, SESSION_PERSON, broken};
use crate::auth::{self, AuthError, PASSWORD_LENGTH};
use app::api::Answer;
use app::error::Trouble;
use app::model::Person;

fn failed(error: AuthError) -> Trouble {
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

impl Operations {
    pub fn who_asks(&self) -> Option<Person> {
        self.person.clone()
    }

    pub async fn is_first_run_open(&self, token: &str) -> Answer<bool> {
        auth::is_setup_open(&self.parts.store, token).await.map_err(failed)
    }

    pub async fn first_admin(&self, token: &str, name: &str, email: &str, password: &str) -> Answer<()> {
        let name = name.trim();
        let email = email.trim();
        if name.is_empty() {
            return Err(Trouble::new(
                "FORM-NAME",
                "A name is missing.",
                "Others see it beside what you do.",
                "Type your name.",
            )
            .about("name"));
        }
        if !email.contains('@') || email.len() < 3 {
            let why = "You sign in with it, so it must be an e-mail address.";
            return Err(Trouble::new("FORM-EMAIL", "This is no e-mail address.", why, "Type it as name@example.com.")
                .about("email"));
        }
        if password.chars().count() < PASSWORD_LENGTH {
            let todo = format!("Choose one of {PASSWORD_LENGTH} characters or more.");
            return Err(Trouble::new(
                "FORM-PASSWORD",
                "The password is too short.",
                "Short passwords are guessed.",
                &todo,
            )
            .about("password"));
        }
        let parts = &self.parts;
        let person = auth::create_first_admin(&parts.store, parts.clock.as_ref(), token, name, email, password)
            .await
            .map_err(failed)?;
        self.enter(person, "people.first_admin").await
    }

    pub async fn sign_in_with(&self, email: &str, password: &str) -> Answer<()> {
        let found = auth::sign_in(&self.parts.store, email, password).await.map_err(failed)?;
        let Some(person) = found else {
            let mut tx = self.begin().await?;
            self.audit(&mut tx, "people.sign_in", "", "wrong e-mail or password", true).await?;
            self.commit(tx).await?;
            return Err(Trouble::new(
                "AUTH-PASSWORD",
                "You are not signed in.",
                "The e-mail and the password do not belong together.",
                "Check both and try again.",
            )
            .about("password"));
        };
        self.enter(person, "people.sign_in").await
    }

    /// A new session id with the new rights: one that was planted before is worth nothing.
    async fn enter(&self, person: Person, action: &str) -> Answer<()> {
        self.session.cycle_id().await.map_err(|error| broken(&error))?;
        self.session.insert(SESSION_PERSON, &person.id).await.map_err(|error| broken(&error))?;
        let entered = Self { person: Some(person.clone()), ..self.clone() };
        let mut tx = entered.begin().await?;
        entered.audit(&mut tx, action, &person.id, "", false).await?;
        entered.commit(tx).await
    }

    pub async fn leave(&self) -> Answer<()> {
        self.session.flush().await.map_err(|error| broken(&error))
    }
}
