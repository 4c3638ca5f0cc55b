//! A person's own account: the password, the sessions, the zone.

use super::people::{failed, password};
use super::show::{known_zone, zones};
use super::{Operations, OrTrouble, SESSION_ROUND, broken};
use crate::auth;
use app::api::Answer;
use app::error::Trouble;
use app::model::{OwnPage, Role};

impl Operations {
    pub async fn open_own_page(&self) -> Answer<OwnPage> {
        let me = self.require(Role::Viewer, "people.read", "").await?;
        let row = self.person_of(&me.id).await?;
        Ok(OwnPage {
            name: me.name.clone(),
            email: me.email.clone(),
            role: me.role,
            zone: row.zone,
            zone_now: me.zone.clone(),
            zones: zones(),
        })
    }

    /// Asks for the present one, so that a browser left open is not enough. All other sessions end.
    pub async fn change_own_password(&self, present: &str, chosen: &str) -> Answer<()> {
        let me = self.require(Role::Viewer, "people.change_password", "").await?.clone();
        password(chosen)?;
        let row = self.person_of(&me.id).await?;
        let attempt = self.count_attempt(&row.email).await?;
        if !auth::fits(Some(&row), present).await.map_err(failed)? {
            self.refuse("people.change_password", &me.id, "wrong password").await?;
            return Err(Trouble::new(
                "AUTH-PRESENT-PASSWORD",
                "The password was not changed.",
                "The present password is another one.",
                "Type the password that you signed in with. If you have forgotten it, ask an administrator for a new link.",
            )
            .about("present"));
        }
        let hash = auth::hash(chosen.to_owned()).await.map_err(failed)?;
        let mut tx = self.begin().await?;
        attempt.take_back(&mut tx).await.or_trouble()?;
        let round = tx.set_password(&me.id, &hash).await.or_trouble()?;
        self.audit(&mut tx, "people.change_password", &me.id, "", false).await?;
        self.commit(tx).await?;
        self.session.cycle_id().await.map_err(|error| broken(&error))?;
        self.session.insert(SESSION_ROUND, round).await.map_err(|error| broken(&error))
    }

    /// Here as well.
    pub async fn leave_everywhere(&self) -> Answer<()> {
        let me = self.require(Role::Viewer, "people.sign_out_everywhere", "").await?.clone();
        let mut tx = self.begin().await?;
        tx.end_sessions(&me.id).await.or_trouble()?;
        self.audit(&mut tx, "people.sign_out_everywhere", &me.id, "", false).await?;
        self.commit(tx).await?;
        self.leave().await
    }

    /// Empty for the browser's own.
    pub async fn choose_zone(&self, zone: &str) -> Answer<()> {
        let me = self.require(Role::Viewer, "people.set_zone", "").await?.clone();
        let zone = match zone.trim() {
            "" => String::new(),
            zone => known_zone(zone).ok_or_else(|| {
                let why = format!("\"{zone}\" is not in the time zone database.");
                let todo = "Type a name such as Europe/Berlin, or nothing for the browser's own zone.";
                Trouble::new("FORM-ZONE", "There is no such time zone.", &why, todo).about("zone")
            })?,
        };
        let mut tx = self.begin().await?;
        tx.set_zone(&me.id, &zone).await.or_trouble()?;
        self.audit(&mut tx, "people.set_zone", &me.id, &zone, false).await?;
        self.commit(tx).await
    }
}
