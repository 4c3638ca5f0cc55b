//! The page about ServiceNow's side of a connection: what there is to install, how far that has come, and the guide.

use super::show::when_any;
use super::{Operations, OrTrouble, guide, kit};
use crate::store::{Connection, State};
use app::api::Answer;
use app::model::{Role, ServicenowSide, SetupSteps};

impl Operations {
    pub async fn open_servicenow_side(&self, id: &str) -> Answer<ServicenowSide> {
        let role = self.require(Role::Viewer, "connections.read", id).await?.role;
        let connection = self.connection_of(id).await?;
        let whole = self.kit_of(&connection)?;
        let (webhook_address, kit) = if role >= Role::Admin {
            (whole.endpoint.clone(), whole.pieces().iter().map(kit::shown).collect())
        } else {
            (String::new(), Vec::new())
        };
        let account = match connection.acting_as.as_str() {
            "" => "the account that authorizes",
            account => account,
        };
        let guide = guide::sections(&[
            ("connection", &connection.name),
            ("instance", &connection.address),
            ("table", &connection.rules.table),
            ("account", account),
            ("console", &self.parts.public_url),
            ("redirect_url", self.parts.oauth.redirect_url()),
            ("tag", &whole.tag()),
        ]);
        Ok(ServicenowSide {
            is_draft: connection.state == State::Draft,
            steps: self.steps_of(&connection).await?,
            id: connection.id,
            connection: connection.name,
            table: connection.rules.table.clone(),
            webhook_address,
            kit,
            guide,
        })
    }

    pub(super) async fn follow_setup(&self, id: &str) -> Answer<SetupSteps> {
        self.require(Role::Viewer, "connections.read", id).await?;
        self.steps_of(&self.connection_of(id).await?).await
    }

    async fn steps_of(&self, connection: &Connection) -> Answer<SetupSteps> {
        let store = &self.parts.store;
        let fetched = store.last_done("connections.fetch_kit", &connection.id, Some("install")).await.or_trouble()?;
        let written = store.last_done("connections.install_kit", &connection.id, None).await.or_trouble()?;
        Ok(SetupSteps {
            fetched: when_any(fetched),
            written: when_any(written),
            last_signed: when_any(store.hooks(&connection.id).await.or_trouble()?.last_used),
        })
    }
}
