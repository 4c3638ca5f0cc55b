//! What a person sees once, a secret or what a form was answered: kept sealed in the person's session until the next page
//! shows it. So it needs no script, and stands in no address.

use super::{Operations, broken};
use app::api::{Answer, Answered};
use secrecy::ExposeSecret;

const ANSWER: &str = "answer";

impl Operations {
    pub(super) async fn keep_for_next_page(&self, answered: Answered) -> Answer<()> {
        self.show_once(ANSWER, &format!("{}\n{}", answered.form, answered.answer)).await
    }

    /// What the form that led to this page was answered.
    pub async fn kept_answer(&self) -> Answer<Option<Answered>> {
        let kept = self.shown_once(ANSWER).await?;
        Ok(kept.split_once('\n').map(|(form, answer)| Answered { form: form.to_owned(), answer: answer.to_owned() }))
    }

    /// `what` names it, such as `password_links/01H…`.
    pub(super) async fn show_once(&self, what: &str, secret: &str) -> Answer<()> {
        let sealed = self.parts.secrets.seal(what, secret, self.parts.clock.as_ref());
        let sealed = sealed.map_err(|error| broken(&error))?;
        self.session.insert(what, sealed).await.map_err(|error| broken(&error))
    }

    /// Empty when it was shown, or there is none.
    pub(super) async fn shown_once(&self, what: &str) -> Answer<String> {
        // Looked at first: whatever is removed counts as a change, and the session is written anew.
        let sealed: Option<String> = self.session.get(what).await.map_err(|error| broken(&error))?;
        let Some(sealed) = sealed else { return Ok(String::new()) };
        self.session.remove_value(what).await.map_err(|error| broken(&error))?;
        let secret = self.parts.secrets.open(what, &sealed).map_err(|error| broken(&error))?;
        Ok(secret.expose_secret().to_owned())
    }
}
