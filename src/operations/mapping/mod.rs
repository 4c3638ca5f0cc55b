//! A connection's mapping: a draft that people edit, what is wrong with it, what it would do, and every version that was
//! in force. Nothing of a draft has an effect before it is published.

mod change;
pub(super) mod conditions;
mod file;
mod flow_form;
mod map_form;
mod note_form;
mod offered;
mod preview;
mod publish;
mod rule_form;
mod shown;
mod stands;
mod versions;

pub use file::MappingFile;

use super::show::{when, when_any};
use super::{Operations, OrTrouble, not_found};
use crate::store::{Connection, Draft, Version};
use app::api::Answer;
use app::error::Trouble;
use app::model::{MappingAsk, MappingDraft, MappingFlow, MappingLine, MappingPage, MappingPart, Role};
use merge::{Finding, Rules};
use offered::Offered;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What was typed, by the inputs' names.
type Typed = BTreeMap<String, String>;

/// A connection and the mapping that somebody works on: the draft, or what is in force.
struct Work {
    connection: Connection,
    draft: Option<Draft>,
}

impl Work {
    fn rules(&self) -> &Rules {
        self.draft.as_ref().map_or(&self.connection.rules, |draft| &draft.rules)
    }

    fn revision(&self) -> i64 {
        self.draft.as_ref().map_or(0, |draft| draft.revision)
    }

    /// What publishing would change, in words: the rule, and a sentence.
    fn differences(&self) -> Vec<(String, String)> {
        self.draft.as_ref().map_or_else(Vec::new, |draft| differences(&self.connection.rules, &draft.rules))
    }

    /// Who changed the draft last, and when: the cause of what somebody else finds changed.
    fn last_edit(&self) -> String {
        self.draft.as_ref().map_or_else(
            || "The draft was published or given up.".to_owned(),
            |draft| format!("{} changed the draft at {} UTC.", draft.edited_by, when(draft.edited_at).text),
        )
    }

    fn draft_line(&self) -> Option<MappingDraft> {
        self.draft.as_ref().map(|draft| MappingDraft {
            revision: draft.revision,
            by: draft.edited_by.clone(),
            at: when(draft.edited_at),
            differences: self.differences().len(),
        })
    }
}

/// All that differs: the rules, and what the connection as a whole lets through.
fn differences(before: &Rules, after: &Rules) -> Vec<(String, String)> {
    let whole = flow_form::differences(before, after).into_iter().map(|sentence| (String::new(), sentence));
    whole.chain(merge::differences(before, after)).collect()
}

/// Tells a part of a mapping from every other state of it.
fn seen<T: Serialize>(part: &T) -> String {
    let text = serde_json::to_string(part).unwrap_or_default();
    Sha256::digest(text).iter().take(8).fold(String::new(), |mut hex, byte| {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What the flow's form is about.
fn flow_of(rules: &Rules) -> Rules {
    Rules { version: 0, fields: Vec::new(), notes: Vec::new(), ..rules.clone() }
}

/// The topic on which open pages hear of changes.
fn topic(connection: &str) -> String {
    format!("mapping:{connection}")
}

impl Operations {
    async fn work(&self, connection: &str) -> Answer<Work> {
        let connection = self.connection_of(connection).await?;
        let draft = self.parts.store.draft(&connection.id).await.or_trouble()?;
        Ok(Work { connection, draft })
    }

    pub async fn see_mapping(&self, ask: MappingAsk) -> Answer<MappingPage> {
        let role = self.require(Role::Viewer, "mapping.read", &ask.connection).await?.role;
        let work = self.work(&ask.connection).await?;
        let offered = self.offered(&work).await;
        let findings = merge::lint_against(work.rules(), &offered.servicenow, &offered.platform);
        let part = self.part(&ask, &work, &offered, &findings).await?;
        let published = self.version_line(&work.connection).await?;
        let open_run = self.parts.store.open_run(&work.connection.id).await.or_trouble()?;
        Ok(MappingPage {
            platform: work.rules().platform_name.clone(),
            tab: ask.tab,
            may_edit: role >= Role::Admin,
            version: work.connection.rules.version,
            published_by: published.published_by,
            published: when_any(published.published_at),
            draft: work.draft_line(),
            run: open_run.map(|run| run.id).unwrap_or_default(),
            findings: findings.len(),
            unknown: offered.unknown,
            connection: work.connection.name,
            connection_id: work.connection.id,
            part,
        })
    }

    async fn part(
        &self,
        ask: &MappingAsk,
        work: &Work,
        offered: &Offered,
        findings: &[Finding],
    ) -> Answer<MappingPart> {
        Ok(match ask.tab.as_str() {
            "values" => MappingPart::Values(shown::values(work, offered, findings, ask)),
            "flow" => MappingPart::Flow(flow(work, offered, ask)),
            "preview" => MappingPart::Preview(Box::new(self.see_preview(work, findings).await?)),
            "versions" => MappingPart::Versions(self.see_versions(work, &ask.query).await?),
            "fields" => MappingPart::Fields(shown::fields(work, offered, findings, ask)),
            _ => return Err(not_found("page")),
        })
    }

    /// Who published what is in force.
    async fn version_line(&self, connection: &Connection) -> Answer<Version> {
        let newest = self.parts.store.versions(&connection.id, 1, 0).await.or_trouble()?;
        newest.into_iter().next().ok_or_else(|| not_found("version"))
    }

    /// What the connection's own page says of its mapping.
    pub(super) async fn mapping_line(&self, connection: &Connection) -> Answer<MappingLine> {
        let work = self.work(&connection.id).await?;
        let rules = &connection.rules;
        Ok(MappingLine {
            version: rules.version,
            rules: rules.fields.len(),
            maps: rules.fields.iter().filter(|rule| map_form::map_of(rule).is_some()).count(),
            findings: merge::lint(rules).len(),
            draft: work.draft_line(),
        })
    }
}

fn flow(work: &Work, offered: &Offered, ask: &MappingAsk) -> MappingFlow {
    let rules = work.rules();
    MappingFlow {
        seen: seen(&flow_of(rules)),
        sections: flow_form::sections(rules, &ask.typed),
        presets: merge::presets()
            .iter()
            .map(|preset| (preset.id.to_owned(), format!("{}: {}", preset.name, preset.sentence)))
            .collect(),
        check: change::check(work, offered, &change::of_form("flow", "", ask)),
    }
}

fn no_such(name: &str, chosen: &str) -> Trouble {
    Trouble::new(
        "RULES-CHOICE",
        "There is no such choice.",
        &format!("\"{chosen}\" is not on the list."),
        "Choose one from the list.",
    )
    .about(name)
}

fn one_of<T: Copy>(name: &str, chosen: &str, choices: &[(&str, T)]) -> Answer<T> {
    choices.iter().find(|(is, _)| *is == chosen).map(|(_, value)| *value).ok_or_else(|| no_such(name, chosen))
}

/// How a choice is spelled in a form.
fn spelled<T: Copy + PartialEq>(value: T, choices: &[(&str, T)]) -> String {
    choices.iter().find(|(_, is)| *is == value).map(|(name, _)| (*name).to_owned()).unwrap_or_default()
}

fn options(choices: &[(&str, &str)]) -> Vec<(String, String)> {
    choices.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect()
}
