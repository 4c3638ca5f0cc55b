//! Secrets that a person sees once: kept sealed in the person's session until the next page shows them. So they need no
//! script, and stand in no address.

use super::{Operations, broken};
use app::api::Answer;
use secrecy::ExposeSecret;

impl Operations {
    /// `what` names it, such as `password_links/01H…`.
    pub(super) async fn show_once(&self, what: &str, secret: &str) -> Answer<()> {
        let sealed = self.parts.secrets.seal(what, secret, self.parts.clock.as_ref());
        let sealed = sealed.map_err(|error| broken(&error))?;
        self.session.insert(what, sealed).await.map_err(|error| broken(&error))
    }

    /// Empty when it was shown, or there is none.
    pub(super) async fn shown_once(&self, what: &str) -> Answer<String> {
        let sealed: Option<String> = self.session.remove(what).await.map_err(|error| broken(&error))?;
        let Some(sealed) = sealed else { return Ok(String::new()) };
        let secret = self.parts.secrets.open(what, &sealed).map_err(|error| broken(&error))?;
        Ok(secret.expose_secret().to_owned())
    }
}
