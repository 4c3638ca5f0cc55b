//! A pair of records as it stands and as it stood, and bringing a value of the past back: a choice of a person, carried
//! out by the engine like any other.

use super::show::{change, when};
use super::{Operations, OrTrouble, connect};
use crate::clock;
use crate::connectors::Urgency as Pace;
use crate::connectors::servicenow::Instance;
use crate::queue;
use crate::store::{
    Conflict, ConflictState, Connection, HistorySearch, Link, LinkState, Standing, StoreError, Urgency,
};
use crate::sync::choice::{self, Now};
use crate::sync::{Connectors as _, conflicts, story};
use app::api::Answer;
use app::error::Trouble;
use app::model::{RecordField, RecordPage, RecordQuestion, RecordRow, RestorePage, RestoreQuestion, Role, TimelineRow};
use merge::{Base, Direction, FieldRule, Resolution, Resolutions, Side, Value};
use sha2::{Digest, Sha256};

/// Lines of the timeline on a page.
const PAGE: i64 = 50;
/// Pairs that a number finds.
const FOUND: i64 = 20;

impl Operations {
    /// Pairs with a record that people call so, on either side.
    pub async fn find_records(&self, number: &str) -> Answer<Vec<RecordRow>> {
        self.require(Role::Viewer, "records.read", "").await?;
        let number = number.trim().to_uppercase();
        if number.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.parts.store.links_called(&number, FOUND).await.or_trouble()?;
        let rows = found.into_iter().map(|found| RecordRow {
            link: found.id,
            reference: found.servicenow_number,
            ticket_number: found.ticket_number.unwrap_or_default(),
            connection: found.connection,
        });
        Ok(rows.collect())
    }

    /// As last known, or read just now, or as it was.
    pub async fn open_record(&self, question: RecordQuestion) -> Answer<RecordPage> {
        self.require(Role::Viewer, "records.read", &question.link).await?;
        let store = &self.parts.store;
        let link = self.link_of_conflict(&question.link).await?;
        let connection = self.connection_of(&link.connection_id).await?;
        let past = past_moment(&question.at)?;
        let standing = self.standing(&link, past.unwrap_or(i64::MAX)).await?;
        let open = store.conflicts_of(&link.id).await.or_trouble()?;
        let is_fresh = question.fresh && past.is_none();
        let now = if is_fresh { Some(self.read_both(&connection, &link).await?) } else { None };
        let search =
            HistorySearch { link: &link.id, before: &question.before, limit: PAGE, ..HistorySearch::default() };
        let page = store.history_page(&search).await.or_trouble()?;
        let letters = store.held_letters(&queue::lane(&connection.id, &link.servicenow_id)).await.or_trouble()?;
        let ticket = match &link.platform_id {
            Some(id) => store.ticket(id).await.or_trouble()?,
            None => None,
        };
        let rules = connection.rules.fields.iter();
        Ok(RecordPage {
            fields: match &now {
                Some(now) => fields_now(&connection, &link, now, &open),
                None if past.is_some() => rules.map(|rule| field(&connection, rule, &standing, &[])).collect(),
                None => rules.map(|rule| field(&connection, rule, &standing, &open)).collect(),
            },
            record_url: Instance::page_of(&connection.address, &connection.rules.table, &link.servicenow_id),
            platform: connection.rules.platform_name.clone(),
            connection_id: connection.id,
            connection: connection.name,
            ticket_number: ticket.map(|ticket| ticket.number).unwrap_or_default(),
            ticket_id: link.platform_id.clone().unwrap_or_default(),
            linked: link.state == LinkState::Linked,
            refusals: i64::try_from(letters.iter().filter(|letter| letter.is_open()).count()).unwrap_or_default(),
            known_since: store.known_since(&link.id).await.or_trouble()?.map(when),
            at: past.map(when),
            read: is_fresh.then(|| when(self.parts.clock.now())),
            timeline: page
                .lines
                .into_iter()
                .map(|line| TimelineRow { at: as_asked(line.at), change: change(line) })
                .collect(),
            next: page.next.unwrap_or_default(),
            reference: link.servicenow_number,
            note: link.note,
            link: link.id,
        })
    }

    /// What would be written if these values came back. Nothing is.
    pub async fn see_restore(&self, question: RestoreQuestion) -> Answer<RestorePage> {
        let by = self.require(Role::Operator, "records.restore.read", &question.link).await?.name.clone();
        let link = self.link_of_conflict(&question.link).await?;
        let connection = self.connection_of(&link.connection_id).await?;
        let at = past_moment(&question.at)?.ok_or_else(no_moment)?;
        let values = self.values_then(&connection, &link, at, &question).await?;
        let now = self.read_both(&connection, &link).await?;
        let chosen = as_choices(&connection, &now, &values, &by, self.parts.clock.now())?;
        let preview = self.foresee_on(&connection, &link, &now, &chosen).await?;
        let ticket = match &link.platform_id {
            Some(id) => self.parts.store.ticket(id).await.or_trouble()?,
            None => None,
        };
        Ok(RestorePage {
            seen: digest(&chosen),
            values: values.iter().map(|(rule, value)| (rule.clone(), story::show(value))).collect(),
            ticket_number: ticket.map(|ticket| ticket.number).unwrap_or_default(),
            reference: link.servicenow_number,
            at: when(at),
            preview,
            question,
        })
    }

    /// Brings them back. `seen` is what the person was shown of both sides: if a side moved since, nothing is done.
    pub async fn restore(&self, question: RestoreQuestion, seen: &str) -> Answer<()> {
        let by = self.require(Role::Operator, "records.restore", &question.link).await?.name.clone();
        let link = self.link_of_conflict(&question.link).await?;
        let connection = self.connection_of(&link.connection_id).await?;
        let at = past_moment(&question.at)?.ok_or_else(no_moment)?;
        let values = self.values_then(&connection, &link, at, &question).await?;
        let now = self.read_both(&connection, &link).await?;
        let clock = self.parts.clock.as_ref();
        let chosen = as_choices(&connection, &now, &values, &by, clock.now())?;
        if digest(&chosen) != seen {
            return Err(moved());
        }
        let preview = self.foresee_on(&connection, &link, &now, &chosen).await?;
        if let Some(why) = preview.refused.first() {
            return Err(Trouble::new(
                "RESTORE-REFUSED",
                "Nothing was restored.",
                why,
                "Restore other fields, or edit it on that side.",
            ));
        }
        let open = self.parts.store.conflicts_of(&link.id).await.or_trouble()?;
        let then = clock::in_words(at);
        let mut tx = self.begin().await?;
        for (rule, chosen) in &chosen {
            let conflict = open.iter().find(|conflict| conflict.rule == *rule);
            let why = format!("{by} restores the value of {then} UTC.");
            let conflict =
                conflict.cloned().unwrap_or_else(|| as_conflict(clock, &connection, &link, &now, rule, chosen, &why));
            let is_new = open.iter().all(|open| open.id != conflict.id);
            if is_new {
                tx.open_conflict(&conflict).await.map_err(stale)?;
            }
            conflicts::restore(clock, &mut tx, &link, &conflict, &chosen.value, &by, &then).await.map_err(stale)?;
        }
        let fields: Vec<&str> = chosen.keys().map(String::as_str).collect();
        let detail = format!("{} to {then} UTC", fields.join(", "));
        self.audit(&mut tx, "records.restore", &link.id, &detail, false).await?;
        queue::look_at(&mut tx, &connection.id, &link.servicenow_id, Urgency::Live, clock).await.or_trouble()?;
        self.commit(tx).await?;
        self.tell_chosen(&link);
        Ok(())
    }

    async fn standing(&self, link: &Link, at: i64) -> Answer<Standing> {
        Ok(Standing::after(self.parts.store.moments(&link.id, at).await.or_trouble()?))
    }

    /// The values that shall come back, by rule.
    async fn values_then(
        &self,
        connection: &Connection,
        link: &Link,
        at: i64,
        question: &RestoreQuestion,
    ) -> Answer<Base> {
        let standing = self.standing(link, at).await?;
        let asked = |rule: &&FieldRule| question.field.is_empty() || rule.name == question.field;
        let rules = connection.rules.fields.iter().filter(asked);
        let value = |rule: &FieldRule| match question.take.as_str() {
            "servicenow" => standing.on(Side::ServiceNow, &rule.name),
            "platform" => standing.on(Side::Platform, &rule.name),
            _ => standing.base.get(&rule.name),
        };
        let values: Base = rules.filter_map(|rule| Some((rule.name.clone(), value(rule)?.clone()))).collect();
        if values.is_empty() {
            return Err(Trouble::new(
                "RESTORE-UNKNOWN",
                "There is nothing to bring back.",
                "No value of this field is known from that moment.",
                "Choose a later moment of the timeline.",
            ));
        }
        Ok(values)
    }

    async fn read_both(&self, connection: &Connection, link: &Link) -> Answer<Now> {
        let sides = self.parts.connectors.of(connection, Pace::Live).await;
        let sides = sides.map_err(|failure| connect::trouble(&failure))?;
        let now = choice::read_now(connection, &sides, link).await.map_err(super::conflicts::not_read)?;
        now.ok_or_else(super::conflicts::not_shown)
    }
}

/// Each field as a side shows it just now, with what the merge would do about it.
fn fields_now(connection: &Connection, link: &Link, now: &Now, open: &[Conflict]) -> Vec<RecordField> {
    let (servicenow, platform) = (now.values(connection, Side::ServiceNow), now.values(connection, Side::Platform));
    let chosen = Resolutions::new();
    let plan = merge::plan(&link.base, &now.servicenow, &now.platform, &connection.rules, &chosen);
    let why = |rule: &str| plan.decisions.iter().find(|decision| decision.rule == rule).map(|found| found.why.clone());
    let rules = connection.rules.fields.iter();
    rules
        .map(|rule| {
            let (s, p) = (servicenow.get(&rule.name), platform.get(&rule.name));
            RecordField {
                servicenow: s.map(story::show),
                platform: p.map(story::show),
                base: link.base.get(&rule.name).map(story::show),
                equal: s.zip(p).is_some_and(|(s, p)| s.means(p)),
                why: why(&rule.name).unwrap_or_default(),
                ..empty(connection, rule, open)
            }
        })
        .collect()
}

/// A field as it is or was known.
fn field(connection: &Connection, rule: &FieldRule, standing: &Standing, open: &[Conflict]) -> RecordField {
    let on = |side| standing.on(side, &rule.name);
    let (servicenow, platform) = (on(Side::ServiceNow), on(Side::Platform));
    let conflict = open.iter().find(|conflict| conflict.rule == rule.name);
    RecordField {
        servicenow: servicenow.map(story::show),
        platform: platform.map(story::show),
        base: standing.base.get(&rule.name).map(story::show),
        equal: servicenow.zip(platform).is_some_and(|(s, p)| s.means(p)),
        why: conflict.map(|conflict| conflict.why.clone()).unwrap_or_default(),
        ..empty(connection, rule, open)
    }
}

fn empty(connection: &Connection, rule: &FieldRule, open: &[Conflict]) -> RecordField {
    let waits = |conflict: &&Conflict| conflict.rule == rule.name && conflict.state == ConflictState::Open;
    let owner = rule.owner.side().map(|side| connection.rules.name_of(side).to_owned());
    RecordField {
        field: rule.name.clone(),
        servicenow_field: rule.servicenow.clone(),
        platform_field: rule.platform.clone(),
        direction: match rule.direction {
            Direction::Both => "both",
            Direction::ToPlatform => "to_platform",
            Direction::ToServicenow => "to_servicenow",
        }
        .to_owned(),
        owner: owner.unwrap_or_default(),
        servicenow: None,
        base: None,
        platform: None,
        equal: false,
        why: String::new(),
        conflict: open.iter().find(waits).map(|conflict| conflict.id.clone()).unwrap_or_default(),
    }
}

/// What is to come back, as a choice between what the sides hold now. What both hold already is no choice.
fn as_choices(connection: &Connection, now: &Now, values: &Base, by: &str, at: i64) -> Answer<Resolutions> {
    let (servicenow, platform) = (now.values(connection, Side::ServiceNow), now.values(connection, Side::Platform));
    let mut chosen = Resolutions::new();
    for (rule, value) in values {
        let (Some(s), Some(p)) = (servicenow.get(rule), platform.get(rule)) else { continue };
        if s.means(value) && p.means(value) {
            continue;
        }
        let resolution =
            Resolution { value: value.clone(), servicenow: s.clone(), platform: p.clone(), by: by.to_owned(), at };
        chosen.insert(rule.clone(), resolution);
    }
    if chosen.is_empty() {
        return Err(Trouble::new(
            "RESTORE-NOTHING",
            "There is nothing to restore.",
            "Both sides hold these values already, or do not show the fields to this account.",
            "Choose another moment.",
        ));
    }
    Ok(chosen)
}

/// What the engine carries out: a conflict that is chosen for as it begins.
fn as_conflict(
    clock: &dyn clock::Clock,
    connection: &Connection,
    link: &Link,
    now: &Now,
    rule: &str,
    chosen: &Resolution,
    why: &str,
) -> Conflict {
    let edit = |side: Side| {
        let record = if side == Side::ServiceNow { &now.servicenow } else { &now.platform };
        connection.rules.rule(rule).map(|rule| rule.edit(side, record).clone()).unwrap_or_default()
    };
    Conflict {
        id: clock.id(),
        connection_id: connection.id.clone(),
        link_id: link.id.clone(),
        rule: rule.to_owned(),
        base: link.base.get(rule).cloned(),
        servicenow: chosen.servicenow.clone(),
        platform: chosen.platform.clone(),
        servicenow_edit: edit(Side::ServiceNow),
        platform_edit: edit(Side::Platform),
        why: why.to_owned(),
        state: ConflictState::Open,
        choice: None,
        chosen_by: String::new(),
        chosen_at: 0,
        opened_at: clock.now(),
        closed_at: 0,
        version: 1,
    }
}

/// Stands for what a person was shown: the values of both sides, and what shall come.
fn digest(chosen: &Resolutions) -> String {
    let shown: Vec<(&String, [&Value; 3])> =
        chosen.iter().map(|(rule, chosen)| (rule, [&chosen.servicenow, &chosen.platform, &chosen.value])).collect();
    let digest = Sha256::digest(serde_json::to_vec(&shown).unwrap_or_default());
    digest.iter().take(16).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// A moment as [`RecordQuestion`] takes it.
fn as_asked(at: i64) -> String {
    clock::format_moment(at, "%Y-%m-%dT%H:%M:%S%.3f")
}

fn past_moment(text: &str) -> Answer<Option<i64>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    clock::read_moment(text).map(Some).ok_or_else(|| {
        Trouble::new(
            "RECORD-TIME",
            "This time cannot be read.",
            &format!("\"{text}\" is not a date with a time."),
            "Type it as 2026-11-30T17:00, in UTC.",
        )
        .about("at")
    })
}

fn no_moment() -> Trouble {
    Trouble::new(
        "RECORD-TIME",
        "A moment is missing.",
        "It is not said which values shall come back.",
        "Open the record, and choose a moment of its timeline.",
    )
    .about("at")
}

fn moved() -> Trouble {
    Trouble::new(
        "RESTORE-STALE",
        "Nothing was restored.",
        "A side was edited since you looked, so other values would have been written over.",
        "Look at what would be written now, and confirm that.",
    )
}

fn stale(error: StoreError) -> Trouble {
    match error {
        StoreError::Stale => moved(),
        other if other.is_duplicate() => moved(),
        other => super::broken(&other),
    }
}
