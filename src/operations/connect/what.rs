//! The fourth step of Connect: which records are kept the same and from when on, counted on the instance itself.

use super::estimate;
use crate::clock;
use crate::connectors::servicenow::ServiceNow;
use crate::connectors::{Connector, Failure};
use crate::operations::mapping::conditions;
use crate::operations::{Operations, OrTrouble, not_found};
use crate::store::{Connection, State};
use app::api::Answer;
use app::error::Trouble;
use app::model::{Matching, PickField, Role, WhatForm, WhatStep};
use merge::{Condition, Convert, Kind, PullBy, Rules, Side, Trigger, ValueMap};
use std::collections::{BTreeMap, BTreeSet};

/// The inputs of the filter are called `filter.0.field`.
const FILTER: &str = "filter";

impl Operations {
    pub(super) async fn what_step(
        &self,
        connection: &Connection,
        typed: &BTreeMap<String, String>,
    ) -> Answer<WhatStep> {
        let rules = &connection.rules;
        let kept = self.parts.store.connecting(&connection.id).await.or_trouble()?;
        let history = kept.map(|kept| kept.history).unwrap_or_default();
        let from = typed.get("from").cloned().unwrap_or_default();
        let history = if from.is_empty() { history } else { chosen_day(&from, typed.get("day")) };
        let pull_by = typed.get("pull_by").cloned().unwrap_or_else(|| spelled(rules.pull_by).to_owned());
        let entry = &rules.entry.servicenow;
        let (fields, fields_note) = self.fields_of(connection).await;
        Ok(WhatStep {
            table: rules.table.clone(),
            fields,
            fields_note,
            rows: conditions::shown(FILTER, entry, typed),
            kept: if conditions::rows(entry).is_none() { entry.in_words() } else { String::new() },
            matching: self.count_typed(connection, typed, &pull_by, &history).await,
            pull_by,
            history,
        })
    }

    /// The instance's own columns, and what is to be said of them.
    async fn fields_of(&self, connection: &Connection) -> (Vec<PickField>, String) {
        let survey = match self.parts.connectors.servicenow(connection).await {
            Ok(side) => side.survey().await,
            Err(failure) => Err(failure),
        };
        match survey {
            Ok(survey) => {
                let note = if survey.is_described {
                    ""
                } else {
                    "The account may not read table sys_dictionary, so these are the columns that a record shows, without \
                     their labels. The role personalize_dictionary shows them."
                };
                (survey.columns.into_iter().map(pick).collect(), note.to_owned())
            }
            Err(failure) => (Vec::new(), format!("The columns could not be read: {failure} Type their names.")),
        }
    }

    /// How many records what was typed would find.
    async fn count_typed(
        &self,
        connection: &Connection,
        typed: &BTreeMap<String, String>,
        pull_by: &str,
        history: &str,
    ) -> Matching {
        let mut rules = Rules::clone(&connection.rules);
        match conditions::read(FILTER, typed, &rules.entry.servicenow) {
            Ok(condition) => rules.entry.servicenow = condition,
            Err(trouble) => return Matching { problem: trouble.to_string(), ..Matching::default() },
        }
        rules.pull_by = read_pull_by(pull_by).unwrap_or(rules.pull_by);
        let counted = self.count(&Connection { rules: rules.into(), ..connection.clone() }, history).await;
        counted.unwrap_or_else(|failure| Matching { problem: failure.to_string(), ..Matching::default() })
    }

    async fn count(&self, connection: &Connection, history: &str) -> Result<Matching, Failure> {
        let rules = &connection.rules;
        let side = self.parts.connectors.look_at_servicenow(connection).await?;
        let conditions = entering(rules);
        let asked: BTreeSet<&str> = conditions.iter().flat_map(|condition| condition.fields()).collect();
        let mut matching = Matching { all: side.count(&[], None).await?, ..Matching::default() };
        if let Some(field) = side.left_out_of_queries(&asked).await? {
            matching.problem = format!(
                "The instance leaves column {field} out of queries: it is not there, or this account may not compare it. So \
                 nobody can count, and the filter lets nothing in while the column is hidden."
            );
            return Ok(matching);
        }
        let began = self.parts.clock.now();
        matching.found = side.count(&conditions, None).await?;
        matching.mapped = mapped(&side, rules, &conditions, None).await?;
        let request_ms = (self.parts.clock.now() - began) / 2;
        if matching.found.is_none() {
            "This filter has no counterpart among ServiceNow's queries, so nobody can count what it finds."
                .clone_into(&mut matching.problem);
        }
        if !history.is_empty() {
            let column = if rules.pull_by == PullBy::Updated { "sys_updated_on" } else { "sys_created_on" };
            let day = format!("{history} 00:00:00");
            let since = Some((column, day.as_str()));
            let found = side.count(&conditions, since).await?;
            let pulled = mapped(&side, rules, &conditions, since).await?.or(found);
            matching.history = pulled;
            matching.takes = pulled
                .map(|records| estimate::in_words(estimate::pull_ms(records, request_ms, side.budget())))
                .unwrap_or_default();
        }
        Ok(matching)
    }

    /// Keeps what to sync, for a connection that does not sync yet.
    pub async fn keep_what(&self, form: WhatForm) -> Answer<()> {
        self.require(Role::Admin, "connections.connect", &form.connection).await?;
        let id = &form.connection;
        let day = chosen_day(&form.from, Some(&form.day));
        if form.from == "since" {
            self.check_day(&day)?;
        }
        let connection = self.connection_of(id).await?;
        if connection.state != State::Draft {
            return Err(Trouble::new(
                "CONN-STATE",
                "Nothing was changed.",
                "The connection syncs already.",
                "Open its rules: there you see what a change would do before it is published.",
            ));
        }
        let mut tx = self.begin().await?;
        let mut rules = tx.rules_for_edit(id).await.or_trouble()?.ok_or_else(|| not_found("connection"))?;
        rules.entry.servicenow = conditions::read(FILTER, &form.typed, &rules.entry.servicenow)?;
        rules.pull_by = read_pull_by(&form.pull_by).unwrap_or(rules.pull_by);
        rules.version += 1;
        tx.publish_rules(id, &rules).await.or_trouble()?;
        tx.reach_step(id, 5).await.or_trouble()?;
        tx.choose_history(id, &day).await.or_trouble()?;
        let from = if day.is_empty() { "from now on".to_owned() } else { format!("since {day}") };
        let detail = format!("records of which {}, {from}", rules.entry.servicenow.in_words());
        self.audit(&mut tx, "connections.connect", id, &detail, false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(())
    }

    fn check_day(&self, day: &str) -> Answer<()> {
        let now = self.parts.clock.now();
        let is_past = clock::read_moment(&format!("{day} 00:00:00")).is_some_and(|since| (1..now).contains(&since));
        if is_past {
            return Ok(());
        }
        let (what, why) = ("This is no day to pull records from.", "It must be a date that is not in the future.");
        Err(Trouble::new("BACKFILL-DAY", what, why, "Type it as 2026-11-30.").about("day"))
    }
}

/// What decides whether a record of ServiceNow enters, apart from its value map.
pub(super) fn entering(rules: &Rules) -> Vec<&Condition> {
    let mut conditions = vec![&rules.entry.servicenow];
    if let Trigger::Automatic { when } = rules.triggers.to(Side::Platform) {
        conditions.push(when);
    }
    conditions
}

/// The value map whose rows let records enter.
pub(super) fn door(rules: &Rules) -> Option<(Vec<&str>, &ValueMap)> {
    let rule = rules.entry_rule.as_ref().and_then(|name| rules.rule(name))?;
    match &rule.convert {
        Convert::Map { map } => Some((rule.parts(Side::ServiceNow), map)),
        _ => None,
    }
}

async fn mapped(
    side: &ServiceNow,
    rules: &Rules,
    conditions: &[&Condition],
    since: Option<(&str, &str)>,
) -> Result<Option<i64>, Failure> {
    let Some((fields, map)) = door(rules) else { return Ok(None) };
    let groups = side.count_by(&fields, conditions, since).await?;
    Ok(groups
        .map(|groups| groups.iter().filter(|(value, _)| map.row_of(value).is_some()).map(|(_, count)| count).sum()))
}

fn pick(column: crate::connectors::servicenow::ShownColumn) -> PickField {
    let (hint, mut choices) = (hint(column.kind), column.choices);
    if column.kind == Kind::Boolean && choices.is_empty() {
        choices = ["true", "false"].map(|value| (value.to_owned(), value.to_owned())).to_vec();
    }
    PickField { name: column.name, label: column.label, hint: hint.to_owned(), choices }
}

fn hint(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "e-mail",
        Kind::Reference => "sys_id",
        Kind::Moment => "2026-11-30 08:00:00",
        Kind::Date => "2026-11-30",
        _ => "",
    }
}

/// Empty for from now on.
fn chosen_day(from: &str, day: Option<&String>) -> String {
    if from == "since" { day.map(|day| day.trim().to_owned()).unwrap_or_default() } else { String::new() }
}

fn spelled(pull_by: PullBy) -> &'static str {
    match pull_by {
        PullBy::Created => "created",
        PullBy::Updated => "updated",
    }
}

fn read_pull_by(text: &str) -> Option<PullBy> {
    [PullBy::Created, PullBy::Updated].into_iter().find(|by| spelled(*by) == text)
}
