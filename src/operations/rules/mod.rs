//! A connection's rules as a whole: preset, table, direction, what enters, creation, deletions. What would change is
//! shown on real records before it is published; publishing begins a healing run under the breaker.

pub(super) mod conditions;
mod form;

use super::show::finding;
use super::{Operations, OrTrouble, not_found};
use crate::connectors::ChangeStream;
use crate::store::{Connection, State, StoreError};
use crate::sync::runs::{self, How};
use crate::sync::{self, Engine};
use app::api::Answer;
use app::error::Trouble;
use app::model::{FindingRow, Role, RulesForm, RulesPage, RulesPreview};
use form::Typed;
use merge::{Preset, Rules, presets};
use std::sync::Arc;

/// Links that a preview looks at.
const SAMPLE: i64 = 50;
/// Differences that it shows.
const SHOWN: usize = 20;

impl Operations {
    /// The form as it stands or as it was typed, and with `look` what publishing it would do.
    pub async fn see_rules(&self, form: RulesForm) -> Answer<RulesPage> {
        let role = if form.look { Role::Admin } else { Role::Viewer };
        self.require(role, "connections.rules.read", &form.connection).await?;
        let connection = self.connection_of(&form.connection).await?;
        let (preset, base) = base(&connection, &form.preset)?;
        let is_preset = |preset: &Preset| preset.id == form.preset;
        let open_run = self.parts.store.open_run(&connection.id).await.or_trouble()?;
        let mut page = RulesPage {
            version: connection.rules.version,
            preset: form.preset.clone(),
            replaces: preset.as_ref().map(|preset| replaces(&connection.rules, preset)).unwrap_or_default(),
            presets: presets()
                .iter()
                .map(|preset| {
                    (preset.id.to_owned(), format!("{}: {}", preset.name, preset.sentence), is_preset(preset))
                })
                .collect(),
            sections: form::sections(&base, &form.typed),
            run: open_run.map(|run| run.id).unwrap_or_default(),
            connection_id: connection.id.clone(),
            connection: connection.name.clone(),
            trouble: None,
            preview: None,
        };
        if form.look {
            match self.candidate(&connection, &form.preset, &form.typed).await {
                Ok(candidate) => page.preview = Some(self.preview(connection, candidate).await?),
                Err(trouble) => page.trouble = Some(trouble),
            }
        }
        Ok(page)
    }

    /// Answers where to look next.
    pub async fn publish_rules(&self, form: RulesForm) -> Answer<String> {
        let who = self.require(Role::Admin, "connections.rules", &form.connection).await?.name.clone();
        let connection = self.connection_of(&form.connection).await?;
        let mut candidate = self.candidate(&connection, &form.preset, &form.typed).await?;
        let store = &self.parts.store;
        let links = store.count_links(&connection.id).await.or_trouble()?;
        let upkeep = store.upkeep(&connection.id).await.or_trouble()?;
        let clock = self.parts.clock.as_ref();
        let mut tx = self.begin().await?;
        let now = tx.rules_for_edit(&connection.id).await.or_trouble()?.ok_or_else(|| not_found("connection"))?;
        if now.version != form.version || now.version != connection.rules.version {
            return Err(StoreError::Stale).or_trouble();
        }
        candidate.version = now.version + 1;
        tx.publish_rules(&connection.id, &candidate).await.or_trouble()?;
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
        let differences = form::differences(&connection.rules, &candidate).join(" ");
        let preset = if form.preset.is_empty() { String::new() } else { format!("preset {}; ", form.preset) };
        let detail = format!("version {}; {preset}{differences}", candidate.version);
        self.audit(&mut tx, "connections.rules", &connection.id, &detail, false).await?;
        self.commit(tx).await?;
        self.parts.wake.wake();
        self.parts.news.tell("drift");
        self.parts.news.connection(&connection.id);
        let page = format!("/settings/connections/{}", connection.id);
        Ok(if is_draft { page } else { format!("{page}/drift") })
    }

    /// The rules as chosen, if they can be used.
    async fn candidate(&self, connection: &Connection, preset: &str, typed: &Typed) -> Answer<Rules> {
        let (_, base) = base(connection, preset)?;
        let mut candidate = form::read(base, typed)?;
        candidate.version = connection.rules.version + 1;
        if candidate.table != connection.rules.table {
            self.may_change_table(connection, &candidate).await?;
        }
        Ok(candidate)
    }

    async fn may_change_table(&self, connection: &Connection, candidate: &Rules) -> Answer<()> {
        let (now, table) = (&connection.rules.table, &candidate.table);
        let links = self.parts.store.count_links(&connection.id).await.or_trouble()?;
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
        let asking = Connection { rules: candidate.clone(), ..connection.clone() };
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

    /// What publishing would do, found on real records.
    async fn preview(&self, connection: Connection, candidate: Rules) -> Answer<RulesPreview> {
        let store = &self.parts.store;
        let links = store.count_links(&connection.id).await.or_trouble()?;
        let allowed = store.upkeep(&connection.id).await.or_trouble()?.allowed(links);
        let mut preview = RulesPreview {
            changes: form::differences(&connection.rules, &candidate),
            findings: merge::lint(&candidate).iter().map(ToString::to_string).collect(),
            links,
            allowed,
            ..RulesPreview::default()
        };
        if candidate.table != connection.rules.table {
            preview.findings.push(format!(
                "What is installed in ServiceNow tells of table {}: install it anew after publishing.",
                connection.rules.table
            ));
        }
        if connection.state != State::Active {
            "The connection is not active, so no record can be looked at.".clone_into(&mut preview.problem);
            return Ok(preview);
        }
        let candidate = Connection { rules: candidate, ..connection };
        let parts = &self.parts;
        let engine = Engine::new(
            store.clone(),
            parts.clock.clone(),
            Arc::clone(&parts.connectors) as Arc<dyn sync::Connectors>,
            parts.news.clone(),
            parts.wake.clone(),
            0,
        );
        let looked = match parts.connectors.look(&candidate).await {
            Ok(sides) => sync::preview(&engine, &candidate, &sides, SAMPLE).await,
            Err(failure) => Err(failure.into()),
        };
        match looked {
            Ok(sample) => {
                preview.looked = sample.looked;
                preview.touched = sample.touched;
                preview.by_field = sample.by_rule.into_iter().collect();
                preview.examples = sample
                    .findings
                    .into_iter()
                    .take(SHOWN)
                    .map(|(reference, found)| FindingRow { reference, ..finding(found) })
                    .collect();
            }
            Err(error) => preview.problem = error.to_string(),
        }
        Ok(preview)
    }
}

/// What the form begins with: the rules as they are, or a preset's.
fn base(connection: &Connection, preset: &str) -> Answer<(Option<Preset>, Rules)> {
    if preset.is_empty() {
        return Ok((None, connection.rules.clone()));
    }
    let preset = presets().into_iter().find(|there| there.id == preset).ok_or_else(|| not_found("preset"))?;
    let rules = preset.rules.clone();
    Ok((Some(preset), rules))
}

fn replaces(now: &Rules, preset: &Preset) -> String {
    format!(
        "Publishing this replaces the mapping: the {} field rules of now by the {} of \"{}\", with its value maps. Fields \
         without a rule are not touched any more.",
        now.fields.len(),
        preset.rules.fields.len(),
        preset.name
    )
}
