//! What is installed in ServiceNow for a connection: by the connection's own rights, or as files for an administrator there.

use super::{Operations, broken};
use crate::connectors::servicenow::kit::{Kit, Piece, Streams, uninstall_set, update_set};
use crate::secrets::webhook_place;
use crate::store::Connection;
use app::api::Answer;
use app::error::Trouble;
use app::model::{KitPiece, Role};

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KitFile {
    Install,
    Uninstall,
}

impl Operations {
    pub(super) fn kit_of(&self, connection: &Connection) -> Answer<Kit> {
        let place = webhook_place(&connection.id);
        let secret = self.parts.secrets.open(&place, &connection.webhook_secret).map_err(|error| broken(&error))?;
        Ok(Kit {
            connection: connection.id.clone(),
            name: connection.name.clone(),
            table: connection.rules.table.clone(),
            streams: Streams::ALL,
            endpoint: self.webhook_address(connection),
            secret,
        })
    }

    pub(super) fn webhook_address(&self, connection: &Connection) -> String {
        format!("{}/hooks/{}", self.parts.public_url, connection.webhook_key)
    }

    /// Writes the kit into ServiceNow, with this connection's own rights. Answers what of it was refused and may be
    /// missing, in words; nothing if all is there.
    pub async fn install_kit(&self, id: &str) -> Answer<Option<String>> {
        self.require(Role::Admin, "connections.install_kit", id).await?;
        let connection = self.connection_of(id).await?;
        self.require_same_instance(&connection).await?;
        let kit = self.kit_of(&connection)?;
        let side =
            self.parts.connectors.servicenow(&connection).await.map_err(|failure| super::connect::trouble(&failure))?;
        let mut refused = Vec::new();
        for piece in kit.pieces() {
            let called = format!("{} {}", piece.kind.in_words(), piece.name);
            match side.install(&piece).await {
                Ok(()) => {}
                Err(failure) if piece.is_optional => refused.push(format!("{called}: {failure}")),
                Err(failure) => return Err(not_installed(&called, &failure.to_string())),
            }
        }
        let refused = (!refused.is_empty()).then(|| refused.join(" "));
        let mut tx = self.begin().await?;
        self.audit(&mut tx, "connections.install_kit", id, refused.as_deref().unwrap_or_default(), false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(refused)
    }

    /// A file for System Update Sets. It holds the connection's secret, so who fetched it is written down.
    pub async fn fetch_kit_file(&self, id: &str, file: KitFile) -> Answer<String> {
        self.require(Role::Admin, "connections.fetch_kit", id).await?;
        let kit = self.kit_of(&self.connection_of(id).await?)?;
        let now = self.parts.clock.now();
        let (made, what) = match file {
            KitFile::Install => (update_set(&kit, now), "install"),
            KitFile::Uninstall => (uninstall_set(&kit, now), "uninstall"),
        };
        let made = made.map_err(|error| broken(&error))?;
        let mut tx = self.begin().await?;
        self.audit(&mut tx, "connections.fetch_kit", id, what, false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(made)
    }
}

fn not_installed(piece: &str, cause: &str) -> Trouble {
    Trouble::new(
        "KIT-NOT-INSTALLED",
        &format!("Not everything was installed in ServiceNow. This was not: {piece}."),
        cause,
        "Writing these tables needs the role admin. Give the file below to an administrator of ServiceNow, or go on \
         without: polling finds every change.",
    )
}

pub(super) fn shown(piece: &Piece) -> KitPiece {
    KitPiece {
        kind: piece.kind.in_words().to_owned(),
        name: piece.name.clone(),
        is_optional: piece.is_optional,
        does: piece.does.clone(),
        path: piece.kind.path().to_owned(),
        form: piece.form().into_iter().map(|(label, value)| (label.to_owned(), value)).collect(),
        script: piece.script().unwrap_or_default().to_owned(),
        check: piece.check.clone(),
    }
}
