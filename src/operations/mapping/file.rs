//! The whole mapping as a file, out and in. What comes in is a draft and nothing more.

use super::Work;
use crate::operations::{Operations, OrTrouble, not_found};
use app::api::Answer;
use app::error::Trouble;
use app::model::Role;
use merge::Rules;
use serde_json::Value as Json;

/// Which mapping to write into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MappingFile {
    /// The draft, or what is in force where there is none.
    Draft,
    Version(i64),
}

impl Operations {
    /// The text, and a name for its file.
    pub async fn export_mapping(&self, connection: &str, which: MappingFile) -> Answer<(String, String)> {
        self.require(Role::Viewer, "mapping.read", connection).await?;
        let work = self.work(connection).await?;
        let (rules, what) = match which {
            MappingFile::Draft if work.draft.is_some() => (work.rules().clone(), "draft".to_owned()),
            MappingFile::Draft => (work.rules().clone(), format!("v{}", work.rules().version)),
            MappingFile::Version(version) => {
                let kept = self.parts.store.rules_of_version(connection, version).await.or_trouble()?;
                (kept.ok_or_else(|| not_found("version"))?, format!("v{version}"))
            }
        };
        let text = serde_json::to_string_pretty(&rules).unwrap_or_default();
        Ok((format!("{text}\n"), format!("{}-mapping-{what}.json", file_name(&work))))
    }

    /// In place of the draft. Answers where to look next.
    pub async fn import_mapping(&self, connection: &str, text: &str) -> Answer<String> {
        self.require(Role::Admin, "mapping.import", connection).await?;
        let work = self.work(connection).await?;
        let rules = read(text)?;
        if rules.table != work.connection.rules.table {
            self.may_have_table(&work.connection, &rules).await?;
        }
        self.keep_draft(&work, rules, "file").await?;
        Ok(format!("/settings/connections/{connection}/mappings/preview"))
    }
}

/// Of letters that every disk takes.
fn file_name(work: &Work) -> String {
    let name = &work.connection.name;
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }).collect()
}

fn read(text: &str) -> Answer<Rules> {
    let rules: Rules = serde_json::from_str(text).map_err(|error| {
        let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default().trim();
        let shown: String = line.chars().take(80).collect();
        refused(
            &format!("Line {}, column {}: {error}. The line is: {shown}", error.line(), error.column()),
            "Correct the line. A mapping that was saved here shows how each part is written.",
        )
    })?;
    let given: Json = serde_json::from_str(text).unwrap_or_default();
    let understood = serde_json::to_value(&rules).unwrap_or_default();
    let mut unknown = Vec::new();
    not_understood(&given, &understood, "", &mut unknown);
    if let Some(first) = unknown.first() {
        let more = if unknown.len() > 1 { format!(", and {} more", unknown.len() - 1) } else { String::new() };
        return Err(refused(
            &format!("A mapping has no {first}{more}. What is not understood would be lost."),
            "Correct its name, or take it out.",
        ));
    }
    let mut names = std::collections::BTreeSet::new();
    for rule in &rules.fields {
        if rule.name.is_empty() || rule.servicenow.is_empty() || rule.platform.is_empty() {
            return Err(refused(
                &format!(
                    "The rule \"{}\" of {} and {} lacks one of the three.",
                    rule.name, rule.servicenow, rule.platform
                ),
                "Give it name, servicenow and platform.",
            ));
        }
        if !names.insert(&rule.name) {
            return Err(refused(&format!("Two rules are named \"{}\".", rule.name), "Rename one of them."));
        }
    }
    Ok(rules)
}

/// What was given and is not there any more once it was understood, each by its place.
fn not_understood(given: &Json, understood: &Json, place: &str, unknown: &mut Vec<String>) {
    match (given, understood) {
        (Json::Object(given), Json::Object(understood)) => {
            for (name, value) in given {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                match understood.get(name) {
                    Some(known) => not_understood(value, known, &place, unknown),
                    None => unknown.push(place),
                }
            }
        }
        (Json::Array(given), Json::Array(understood)) => {
            for (at, (value, known)) in given.iter().zip(understood).enumerate() {
                not_understood(value, known, &format!("{place}[{at}]"), unknown);
            }
        }
        _ => {}
    }
}

fn refused(why: &str, what_to_do: &str) -> Trouble {
    Trouble::new("MAPPING-FILE", "The file was not taken in. The draft is as it was.", why, what_to_do).about("file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rules: &Rules) -> String {
        serde_json::to_string_pretty(rules).expect("JSON")
    }

    #[test]
    fn what_was_saved_is_read_again() {
        for preset in merge::presets() {
            assert_eq!(read(&text(&preset.rules)).expect("readable"), preset.rules, "{}", preset.id);
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_or_its_place() {
        let good = text(&merge::incident_to_desk());
        let broken = good.replacen("\"direction\": \"to_platform\"", "\"direction\": \"sideways\"", 1);
        let trouble = read(&broken).expect_err("refused");
        let line = broken.lines().position(|line| line.contains("sideways")).expect("there") + 1;
        assert!(trouble.why.starts_with(&format!("Line {line}, column")), "{}", trouble.why);
        assert!(trouble.why.contains("sideways") && trouble.why.contains("to_servicenow"), "{}", trouble.why);

        let unknown = good.replacen("\"owner\": \"shared\"", "\"owner\": \"shared\", \"ownr\": \"platform\"", 1);
        assert!(read(&unknown).expect_err("refused").why.contains("no fields[0].ownr"));
        let twice = good.replacen("\"name\": \"title\"", "\"name\": \"description\"", 1);
        assert!(read(&twice).expect_err("refused").why.contains("Two rules are named \"description\""));
        assert!(read("not JSON").expect_err("refused").why.starts_with("Line 1"));
    }
}
