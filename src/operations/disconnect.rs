//! The end of a connection. Nothing is deleted on either side, and what happens is said before.

use super::{Operations, OrTrouble, broken};
use crate::store::{Connection, State};
use app::api::Answer;
use app::error::Trouble;
use app::model::{DisconnectPage, Role};

const NOTE: &str = "Disconnected: its access is gone, its links and history are kept. Press \"Connect again\" to go on where it \
                    stopped.";
const REMOVING: &str = "Its links and history are being removed.";

impl Operations {
    pub async fn see_disconnect(&self, id: &str) -> Answer<DisconnectPage> {
        self.require(Role::Admin, "connections.disconnect", id).await?;
        let connection = self.connection_of(id).await?;
        let (waiting, _) = self.parts.store.count_jobs(id).await.or_trouble()?;
        let steps = self.follow_setup(id).await?;
        Ok(DisconnectPage {
            links: self.parts.store.count_links_up_to(id, app::model::MANY).await.or_trouble()?,
            waiting,
            is_draft: connection.state == State::Draft,
            is_disconnected: connection.state == State::Disconnected,
            is_installed: steps.written.is_some() || steps.fetched.is_some() || steps.last_signed.is_some(),
            id: connection.id,
            connection: connection.name,
            address: connection.address,
        })
    }

    /// Takes the credentials away; with `remove` also all that this console knows of it. Answers whether it is still there.
    pub async fn disconnect(&self, id: &str, remove: bool) -> Answer<bool> {
        self.require(Role::Admin, "connections.disconnect", id).await?;
        let connection = self.connection_of(id).await?;
        if connection.state == State::Disconnected && !remove {
            let (what, why) = ("There is nothing to disconnect.", "The connection has no access any more.");
            return Err(Trouble::new("CONN-STATE", what, why, "To remove its links and history, choose that."));
        }
        let is_removed = remove || connection.state == State::Draft;
        self.end_access(&connection, is_removed).await?;
        if is_removed {
            let (operations, id) = (self.clone(), id.to_owned());
            // However long it takes, nobody need wait for it.
            let removing = tokio::spawn(async move { operations.remove_parts(&id).await });
            if connection.state == State::Draft {
                removing.await.map_err(|error| broken(&error))??;
            }
        }
        self.parts.news.connection(id);
        Ok(!is_removed)
    }

    async fn end_access(&self, connection: &Connection, is_removed: bool) -> Answer<()> {
        let id = &connection.id;
        // The instance is told as well, if it can be: the tokens are good for nothing from now on.
        self.parts.oauth.revoke(connection).await;
        let clock = self.parts.clock.as_ref();
        let place = format!("connections.webhook_secret/{id}");
        let secret = self.parts.secrets.seal(&place, &clock.secret(), clock).map_err(|error| broken(&error))?;
        let (note, what) =
            if is_removed { (REMOVING, "links and history are removed") } else { (NOTE, "links and history are kept") };
        let mut tx = self.begin().await?;
        tx.disconnect(id, &clock.secret(), &secret, note, clock.now()).await.or_trouble()?;
        tx.end_connecting(id).await.or_trouble()?;
        self.audit(&mut tx, "connections.disconnect", id, &format!("{}: {what}", connection.name), false).await?;
        self.commit(tx).await?;
        self.parts.connectors.forget(id).await;
        Ok(())
    }

    /// Part by part, so that others get their turn between.
    async fn remove_parts(&self, id: &str) -> Answer<()> {
        loop {
            let mut tx = self.begin().await?;
            let is_more = match tx.remove_part(id).await {
                Ok(is_more) => is_more,
                Err(error) => {
                    tracing::error!(connection.id = id, %error, "a connection could not be removed whole");
                    return Err(error).or_trouble();
                }
            };
            self.commit(tx).await?;
            if !is_more {
                self.parts.news.connection(id);
                return Ok(());
            }
        }
    }
}
