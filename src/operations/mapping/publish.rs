//! Publishing a draft: it is the mapping from then on, and a healing run under the breaker brings the links into line.

use super::change::stale;
use super::{Work, differences};
use crate::connectors::ChangeStream;
use crate::operations::{Operations, OrTrouble, not_found};
use crate::store::{Connection, Preview, State, StoreError, Version};
use crate::sync::runs::{self, How};
use app::api::Answer;
use app::error::Trouble;
use app::model::{MappingChange, Role};
use merge::Rules;

/// Letters that a note may have.
const NOTE: usize = 200;

impl Operations {
    /// Answers where to look next.
    pub(super) async fn publish_mapping(&self, change: &MappingChange) -> Answer<String> {
        let who = self.require(Role::Admin, "mapping.publish", &change.connection).await?.name.clone();
        let work = self.work(&change.connection).await?;
        let Some(draft) = work.draft.as_ref().filter(|draft| draft.revision.to_string() == change.of) else {
            return Err(stale(&work));
        };
        let connection = &work.connection;
        let look = self.parts.store.preview(&connection.id).await.or_trouble()?;
        let unseen = unseen(&work, look.as_ref());
        let is_blind = change.typed.get("unseen").is_some_and(|said| said == "yes");
        if !unseen.is_empty() && !is_blind {
            return Err(not_looked_at(unseen));
        }
        if draft.rules.table != connection.rules.table {
            self.may_have_table(connection, &draft.rules).await?;
        }
        let store = &self.parts.store;
        let links = store.count_links(&connection.id).await.or_trouble()?;
        let upkeep = store.upkeep(&connection.id).await.or_trouble()?;
        let clock = self.parts.clock.as_ref();
        let mut tx = self.begin().await?;
        let now = tx.rules_for_edit(&connection.id).await.or_trouble()?.ok_or_else(|| not_found("connection"))?;
        if now.version != draft.based_on {
            return Err(overtaken(draft.based_on, now.version));
        }
        let rules = Rules { version: now.version + 1, ..draft.rules.clone() };
        tx.publish_rules(&connection.id, &rules).await.or_trouble()?;
        let note = change.typed.get("note").map(|note| note.trim().chars().take(NOTE).collect()).unwrap_or_default();
        let signed = Version { version: rules.version, published_by: who.clone(), published_at: clock.now(), note };
        tx.sign_version(&connection.id, &signed).await.or_trouble()?;
        tx.end_draft(&connection.id, draft.revision).await.map_err(|error| match error {
            StoreError::Stale => stale(&work),
            other => crate::operations::broken(&other),
        })?;
        let is_draft = connection.state == State::Draft;
        if !is_draft
            && !runs::begin(&mut tx, &connection.id, links, &upkeep, How::Healing, &who, clock).await.or_trouble()?
        {
            return Err(Trouble::new(
                "RUN-OPEN",
                "Nothing was published.",
                "A reconcile run of this connection is not over, and its links must be judged by one mapping.",
                "Wait for its end, or cancel it under Drift. Then publish again.",
            ));
        }
        let told: Vec<String> = differences(&connection.rules, &rules)
            .into_iter()
            .map(|(rule, sentence)| if rule.is_empty() { sentence } else { format!("{rule}: {sentence}") })
            .collect();
        let detail = format!("version {}; {}", rules.version, told.join(" "));
        let action = if unseen.is_empty() { "mapping.publish" } else { "mapping.publish_unseen" };
        self.audit(&mut tx, action, &connection.id, &detail, false).await?;
        self.commit(tx).await?;
        self.parts.wake.wake();
        self.parts.news.tell("drift");
        self.tell_mapping(&connection.id);
        let page = format!("/settings/connections/{}", connection.id);
        Ok(if is_draft { format!("{page}/mappings") } else { format!("{page}/drift") })
    }

    /// Whether a connection may have the table of these rules instead of its own.
    pub(super) async fn may_have_table(&self, connection: &Connection, candidate: &Rules) -> Answer<()> {
        let (now, table) = (&connection.rules.table, &candidate.table);
        let links = self.parts.store.count_links(&connection.id).await.or_trouble()?;
        if now == table {
            return Ok(());
        }
        if links > 0 {
            return Err(Trouble::new(
                "RULES-TABLE",
                "The table cannot be changed.",
                &format!("{links} records of {now} are linked, and {table} does not have them."),
                "Keep the table here, and make another connection for the other one.",
            )
            .about("table"));
        }
        if connection.state != State::Active {
            return Ok(());
        }
        let asking = Connection { rules: candidate.clone().into(), ..connection.clone() };
        let asked = match self.parts.connectors.look(&asking).await {
            Ok(sides) => {
                let now = self.parts.clock.now();
                sides.servicenow.changed(ChangeStream::Records, now, None).await.map(|_| ())
            }
            Err(failure) => Err(failure),
        };
        asked.map_err(|failure| {
            Trouble::new(
                "RULES-TABLE",
                &format!("The table {table} cannot be read."),
                &failure.to_string(),
                "Check its name under System Definition > Tables, and give the account that authorized this connection a \
                 role that reads the table.",
            )
            .about("table")
        })
    }
}

/// Why nobody has seen what this very draft would do to real records; empty when somebody has, or when there are none.
pub(super) fn unseen(work: &Work, look: Option<&Preview>) -> &'static str {
    if work.connection.state == State::Draft {
        return "";
    }
    match look {
        None => "Nobody has looked at what this draft would do to real records.",
        Some(look) if look.revision != work.revision() => {
            "The draft was changed since somebody looked at what it would do."
        }
        Some(look) if look.state != "done" => "The look at what it would do has not come to its end.",
        Some(_) => "",
    }
}

fn not_looked_at(why: &str) -> Trouble {
    Trouble::new(
        "MAPPING-UNSEEN",
        "Nothing was published.",
        why,
        "Look at what it would do, under Preview and publish. Where that cannot be, publish it there without looking: the \
         audit says so then.",
    )
}

fn overtaken(based_on: i64, now: i64) -> Trouble {
    Trouble::new(
        "MAPPING-OVERTAKEN",
        "Nothing was published.",
        &format!(
            "The draft began with version {based_on}, and version {now} is in force by now: publishing would undo it."
        ),
        "Save the draft as a file, discard it, and take the file in again: then you see what differs from what is in force.",
    )
}
