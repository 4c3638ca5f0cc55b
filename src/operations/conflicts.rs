//! Conflicts: what waits for a person's choice, and the choice.

use super::show::{pages, when};
use super::{Operations, OrTrouble, not_found};
use crate::clock;
use crate::connectors::servicenow::Instance;
use crate::queue;
use crate::store::{Conflict, ConflictState, ListedConflict, StoreError, Urgency};
use crate::sync::{conflicts, story};
use app::api::Answer;
use app::error::Trouble;
use app::model::{Choice, ConflictFilter, ConflictList, ConflictRow, ConflictSide, Role, ValueInput};
use merge::{Convert, Edit, FieldRule, Value};

const PAGE: i64 = 50;

impl Operations {
    pub async fn list_conflicts(&self, filter: ConflictFilter) -> Answer<ConflictList> {
        self.require(Role::Viewer, "conflicts.read", "").await?;
        let store = &self.parts.store;
        let page = filter.page.max(1);
        let total = store.count_conflicts(&filter.connection).await.or_trouble()?;
        let found = store.conflicts(&filter.connection, PAGE, (page - 1) * PAGE).await.or_trouble()?;
        let mut rows = Vec::new();
        for listed in found {
            rows.push(self.conflict_row(listed).await?);
        }
        let connections = store.connections().await.or_trouble()?.into_iter().map(|row| (row.id, row.name)).collect();
        Ok(ConflictList { rows, total, page, pages: pages(total, PAGE), connections })
    }

    pub async fn open_conflict(&self, id: &str) -> Answer<ConflictRow> {
        self.require(Role::Viewer, "conflicts.read", id).await?;
        self.conflict_row(self.listed_conflict(id).await?).await
    }

    async fn listed_conflict(&self, id: &str) -> Answer<ListedConflict> {
        self.parts.store.conflict(id).await.or_trouble()?.ok_or_else(|| not_found("conflict"))
    }

    async fn conflict_row(&self, listed: ListedConflict) -> Answer<ConflictRow> {
        let connection = self.connection_of(&listed.conflict.connection_id).await?;
        let rule = connection.rules.fields.iter().find(|rule| rule.name == listed.conflict.rule);
        let conflict = listed.conflict;
        Ok(ConflictRow {
            record_url: Instance::page_of(&connection.address, &connection.rules.table, &listed.servicenow_id),
            connection_id: connection.id.clone(),
            connection: listed.connection,
            reference: listed.servicenow_number,
            ticket_id: listed.ticket_id,
            ticket_number: listed.ticket_number,
            input: input(rule, &conflict),
            servicenow: side(&conflict.servicenow, &conflict.servicenow_edit),
            platform: side(&conflict.platform, &conflict.platform_edit),
            base: conflict.base.as_ref().map(story::show),
            choice: conflict.choice.as_ref().map(story::show).unwrap_or_default(),
            state: conflict.state.as_str().to_owned(),
            opened: when(conflict.opened_at),
            id: conflict.id,
            field: conflict.rule,
            why: conflict.why,
            chosen_by: conflict.chosen_by,
            version: conflict.version,
        })
    }

    /// The person's choice; it goes out as soon as a worker looks at the pair.
    pub async fn choose(&self, choice: Choice) -> Answer<()> {
        let by = self.require(Role::Operator, "conflicts.choose", &choice.conflict).await?.name.clone();
        let listed = self.listed_conflict(&choice.conflict).await?;
        // As the person saw it: whatever moved since makes the choice stale.
        let conflict = Conflict { version: choice.version, ..listed.conflict };
        let connection = self.connection_of(&conflict.connection_id).await?;
        let link = self.parts.store.link(&conflict.link_id).await.or_trouble()?.ok_or_else(|| not_found("link"))?;
        let value = match choice.take.as_str() {
            "servicenow" => conflict.servicenow.clone(),
            "platform" => conflict.platform.clone(),
            _ => {
                let rule = connection.rules.fields.iter().find(|rule| rule.name == conflict.rule);
                third(rule, &conflict, &choice.value)?
            }
        };
        let clock = self.parts.clock.as_ref();
        let mut tx = self.begin().await?;
        conflicts::choose(clock, &mut tx, &link, &conflict, &value, &by)
            .await
            .map_err(|error| stale(error, &conflict))?;
        self.audit(&mut tx, "conflicts.choose", &conflict.id, &format!("{}: {}", conflict.rule, choice.take), false)
            .await?;
        queue::look_at(&mut tx, &connection.id, &link.servicenow_id, Urgency::Live, clock).await.or_trouble()?;
        self.commit(tx).await?;
        self.parts.wake.wake();
        self.parts.news.tell("conflicts");
        self.parts.news.tell("history");
        self.parts.news.connection(&connection.id);
        if let Some(ticket) = &link.platform_id {
            self.parts.news.ticket(ticket);
        }
        Ok(())
    }
}

fn side(value: &Value, edit: &Edit) -> ConflictSide {
    ConflictSide { value: story::show(value), who: edit.by.clone(), at: super::show::when_any(edit.at) }
}

/// How a third value is typed.
fn input(rule: Option<&FieldRule>, conflict: &Conflict) -> ValueInput {
    if let Some(Convert::Map { map }) = rule.map(|rule| &rule.convert) {
        let mut choices: Vec<String> = map.rows.iter().map(|row| row.platform.clone()).collect();
        choices.sort();
        choices.dedup();
        return ValueInput::Choice(choices);
    }
    match example(conflict) {
        Some(Value::Moment(_)) => ValueInput::Moment,
        Some(Value::User(_)) => ValueInput::Email,
        _ => ValueInput::Text,
    }
}

/// A value of the field's kind: at most one side is empty in a conflict.
fn example(conflict: &Conflict) -> Option<&Value> {
    [&conflict.servicenow, &conflict.platform].into_iter().find(|value| !value.is_empty())
}

/// What a person typed in place of both sides' values, in canonical form.
fn third(rule: Option<&FieldRule>, conflict: &Conflict, text: &str) -> Answer<Value> {
    let unreadable = |why: &str, todo: &str| {
        Err(Trouble::new("CONFLICT-VALUE", "This value cannot be taken.", why, todo).about("value"))
    };
    let text = text.trim_end();
    if text.is_empty() {
        return Ok(Value::Empty);
    }
    match input(rule, conflict) {
        ValueInput::Choice(choices) if !choices.iter().any(|choice| choice == text) => {
            unreadable(&format!("\"{text}\" is not among: {}.", choices.join(", ")), "Choose one of them.")
        }
        ValueInput::Choice(_) => Ok(Value::choice(text)),
        ValueInput::Moment => match clock::read_moment(text) {
            Some(at) => Ok(Value::moment(Some(at))),
            None => unreadable("It is not a date with a time.", "Type it as 2026-11-30T17:00, in UTC."),
        },
        ValueInput::Email if !text.contains('@') => {
            unreadable("It is no e-mail address, and people are matched by that.", "Type the person's e-mail.")
        }
        ValueInput::Email => Ok(Value::user(text.trim(), "")),
        ValueInput::Text => Ok(match example(conflict) {
            Some(Value::Choice(_)) => Value::choice(text),
            _ => Value::text(text),
        }),
    }
}

fn stale(error: StoreError, conflict: &Conflict) -> Trouble {
    match error {
        StoreError::Stale if conflict.state == ConflictState::Open || conflict.state == ConflictState::Chosen => {
            Trouble::new(
                "CONFLICT-STALE",
                "Your choice was not kept.",
                "A side was edited or somebody chose since you opened this page, so you saw other values.",
                "Look at the values as they are now and choose again.",
            )
        }
        StoreError::Stale => Trouble::new(
            "CONFLICT-OVER",
            "There is nothing to choose any longer.",
            "The sides have come to agree since you opened this page.",
            "Go back to the list.",
        ),
        other => super::broken(&other),
    }
}
