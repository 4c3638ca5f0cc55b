//! The fifth step of Connect: the preset, and what the instance has that its value maps do not know.

use super::suggest::{add_row, alike};
use super::what::{door, entering};
use crate::connectors::Failure;
use crate::desk;
use crate::operations::{Operations, OrTrouble, not_found};
use crate::store::{Connection, State, StoreError};
use app::api::Answer;
use app::error::Trouble;
use app::model::{MappingsStep, Role, Suggestion, TakeForm};
use merge::{Convert, FieldRule, Rules, Side, ValueMap, presets};
use std::collections::BTreeMap;

/// Suggestions of one value map that a page shows; the mapping's own page has all.
const SHOWN: usize = 40;

impl Operations {
    pub(super) async fn mappings_step(&self, connection: &Connection) -> Answer<MappingsStep> {
        let rules = &connection.rules;
        let (suggestions, problem) = match self.suggestions(connection).await {
            Ok(suggestions) => (suggestions, String::new()),
            Err(failure) => (Vec::new(), failure.to_string()),
        };
        let of_table = presets().into_iter().filter(|preset| preset.rules.table == rules.table);
        Ok(MappingsStep {
            version: rules.version,
            table: rules.table.clone(),
            field_rules: i64::try_from(rules.fields.len()).unwrap_or(i64::MAX),
            presets: of_table
                .map(|preset| (preset.id.to_owned(), preset.name.to_owned(), preset.sentence.to_owned()))
                .collect(),
            warnings: merge::lint(rules).iter().map(ToString::to_string).collect(),
            suggestions,
            problem,
        })
    }

    /// Each value of the instance, a choice or one that a record has, for which a value map has no row.
    async fn suggestions(&self, connection: &Connection) -> Result<Vec<Suggestion>, Failure> {
        let rules = &connection.rules;
        let side = self.parts.connectors.servicenow(connection).await?;
        let survey = side.survey().await?;
        let mut suggestions = Vec::new();
        for rule in
            rules.fields.iter().filter(|rule| rules.direction.allows(Side::Platform) && rule.allows(Side::Platform))
        {
            let Convert::Map { map } = &rule.convert else { continue };
            let parts = rule.parts(Side::ServiceNow);
            // Of joined columns the first one leads; a row with it alone covers all of the others.
            let Some(first) = parts.first() else { continue };
            let choices =
                survey.columns.iter().find(|column| column.name == *first).map(|column| column.choices.clone());
            let mut values: BTreeMap<String, (String, Option<i64>)> =
                choices.unwrap_or_default().into_iter().map(|(value, label)| (value, (label, None))).collect();
            if let Some(groups) = side.count_by(&[first], &entering(rules), None).await? {
                for (value, count) in groups.into_iter().filter(|(value, _)| !value.is_empty()) {
                    values.entry(value.clone()).or_insert_with(|| (value, None)).1 = Some(count);
                }
                for (_, count) in values.values_mut() {
                    count.get_or_insert(0);
                }
            }
            suggestions.extend(unmapped(rules, rule, map, values));
        }
        Ok(suggestions)
    }

    /// Another mapping to start from, for the same table.
    pub async fn choose_preset(&self, id: &str, preset: &str) -> Answer<()> {
        self.require(Role::Admin, "connections.connect", id).await?;
        let connection = self.connection_of(id).await?;
        require_draft(&connection)?;
        let preset = presets().into_iter().find(|there| there.id == preset).ok_or_else(|| not_found("preset"))?;
        let mut tx = self.begin().await?;
        let now = tx.rules_for_edit(id).await.or_trouble()?.ok_or_else(|| not_found("connection"))?;
        // What was chosen in the step before holds on.
        let mut rules = Rules { version: now.version + 1, ..preset.rules };
        rules.entry.servicenow = now.entry.servicenow;
        rules.pull_by = now.pull_by;
        tx.publish_rules(id, &rules).await.or_trouble()?;
        self.audit(&mut tx, "connections.connect", id, &format!("preset {}", preset.id), false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(())
    }

    /// Adds the suggested rows that a person ticked.
    pub async fn take_suggestions(&self, form: TakeForm) -> Answer<()> {
        self.require(Role::Admin, "connections.connect", &form.connection).await?;
        let id = &form.connection;
        require_draft(&self.connection_of(id).await?)?;
        let taken: Vec<_> = form.rows.values().filter(|row| row.take.is_some()).collect();
        if taken.is_empty() {
            return Err(Trouble::new(
                "MAPPING-NONE",
                "No row was added.",
                "None is ticked.",
                "Tick the rows to add, or go on without: what has no row stays as the note says.",
            ));
        }
        let mut tx = self.begin().await?;
        let mut rules = tx.rules_for_edit(id).await.or_trouble()?.ok_or_else(|| not_found("connection"))?;
        if rules.version != form.version {
            return Err(StoreError::Stale).or_trouble();
        }
        for row in &taken {
            let platform = row.platform.trim();
            if platform.is_empty() {
                let what = format!("The row for {} has no value for Desk.", row.label);
                let todo = "Choose one, or untick the row.";
                return Err(Trouble::new("MAPPING-VALUE", &what, "It would map to nothing.", todo));
            }
            let rule = rules.fields.iter_mut().find(|rule| rule.name == row.rule).ok_or_else(|| not_found("rule"))?;
            if let Convert::Map { map } = &mut rule.convert {
                add_row(map, &row.value, &row.label, platform);
            }
        }
        rules.version += 1;
        tx.publish_rules(id, &rules).await.or_trouble()?;
        let named: Vec<String> = taken.iter().map(|row| format!("{} to {}", row.label, row.platform)).collect();
        self.audit(&mut tx, "connections.connect", id, &format!("rows {}", named.join(", ")), false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(())
    }
}

fn require_draft(connection: &Connection) -> Answer<()> {
    if connection.state == State::Draft {
        return Ok(());
    }
    Err(Trouble::new(
        "CONN-STATE",
        "Nothing was changed.",
        "The connection syncs already.",
        "Open its mappings: there you see what a change would do before it is published.",
    ))
}

fn unmapped(
    rules: &Rules,
    rule: &FieldRule,
    map: &ValueMap,
    values: BTreeMap<String, (String, Option<i64>)>,
) -> Vec<Suggestion> {
    let own: &[&str] = match rule.platform.as_str() {
        "status" => &desk::STATUSES,
        "kind" => &desk::KINDS,
        "priority" => &desk::PRIORITIES,
        _ => &[],
    };
    let options = desk::choices(own, &[rules], &rule.platform);
    let keeps_out = door(rules).is_some() && rules.entry_rule.as_ref() == Some(&rule.name);
    let unknown = values.into_iter().filter(|(value, _)| map.row_of(value).is_none());
    let mut suggestions: Vec<Suggestion> = unknown
        .map(|(value, (label, records))| {
            let label = if label.is_empty() { value.clone() } else { label };
            Suggestion {
                rule: rule.name.clone(),
                title: map.title.clone(),
                // A type of its own is better than a wrong one; a status must be one that is there.
                platform: alike(&label, &options)
                    .unwrap_or_else(|| if keeps_out { label.clone() } else { String::new() }),
                options: options.clone(),
                value,
                label,
                records,
                keeps_out,
            }
        })
        .collect();
    suggestions.sort_by_key(|suggestion| (std::cmp::Reverse(suggestion.records), suggestion.label.clone()));
    suggestions.truncate(SHOWN);
    suggestions
}
