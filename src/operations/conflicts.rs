//! Conflicts: what waits for a person's choice, and the choice.

use super::show::{pages, when, when_any};
use super::words::marked;
use super::{Operations, OrTrouble, connect, not_found, third_value};
use crate::connectors::Urgency as Pace;
use crate::connectors::servicenow::Instance;
use crate::queue;
use crate::store::{Conflict, ConflictState, Connection, Link, ListedConflict, StoreError, Urgency};
use crate::sync::choice::{self, Foreseen, Now};
use crate::sync::{Connectors as _, SyncError, conflicts, story};
use app::api::Answer;
use app::error::Trouble;
use app::model::{
    Choices, ConflictFilter, ConflictList, ConflictRecord, ConflictRow, ConflictSide, PlannedWrite, Preview, Role,
    Taken,
};
use merge::{Edit, Resolution, Resolutions, Value};
use std::collections::BTreeMap;

/// Records a page.
const PAGE: i64 = 20;

impl Operations {
    pub async fn list_conflicts(&self, filter: ConflictFilter) -> Answer<ConflictList> {
        self.require(Role::Viewer, "conflicts.read", "").await?;
        let store = &self.parts.store;
        let page = filter.page.max(1);
        let total = store.count_conflicted_records(&filter.connection).await.or_trouble()?;
        let found = store.conflicts_by_record(&filter.connection, PAGE, (page - 1) * PAGE).await.or_trouble()?;
        let records = self.conflict_records(found).await?;
        let connections = store.connections().await.or_trouble()?;
        let asked = connections.iter().filter(|one| filter.connection.is_empty() || one.id == filter.connection);
        let looked = asked.map(|one| one.last_poll).max().and_then(when_any);
        let connections = connections.into_iter().map(|row| (row.id, row.name)).collect();
        let conflicts = store.count_conflicts(&filter.connection).await.or_trouble()?;
        Ok(ConflictList { records, conflicts, total, page, pages: pages(total, PAGE), connections, looked })
    }

    /// All conflicts of the record that this one is about; it is among them also when it is over.
    pub async fn open_conflict(&self, id: &str) -> Answer<ConflictRecord> {
        self.require(Role::Viewer, "conflicts.read", id).await?;
        let store = &self.parts.store;
        let listed = store.conflict(id).await.or_trouble()?.ok_or_else(|| not_found("conflict"))?;
        let mut found = store.conflicts_on(&listed.conflict.link_id).await.or_trouble()?;
        if found.iter().all(|other| other.conflict.id != id) {
            found.insert(0, listed);
        }
        self.conflict_records(found).await?.pop().ok_or_else(|| not_found("conflict"))
    }

    /// Those of one record stand together.
    async fn conflict_records(&self, found: Vec<ListedConflict>) -> Answer<Vec<ConflictRecord>> {
        let store = &self.parts.store;
        let alike = store.count_alike().await.or_trouble()?;
        let alike: BTreeMap<(&str, &str), i64> =
            alike.iter().map(|one| ((one.connection_id.as_str(), one.rule.as_str()), one.waiting)).collect();
        let mut records = Vec::new();
        for listed in found.chunk_by(|one, next| one.conflict.link_id == next.conflict.link_id) {
            let conflict = &listed[0].conflict;
            let connection = self.connection_of(&conflict.connection_id).await?;
            let link = self.link_of_conflict(&conflict.link_id).await?;
            let letters = store.held_letters(&queue::lane(&connection.id, &link.servicenow_id)).await.or_trouble()?;
            let is_free = |rule: &str| listed.iter().all(|one| one.conflict.rule != rule);
            records.push(ConflictRecord {
                agreed: connection
                    .rules
                    .fields
                    .iter()
                    .filter(|rule| is_free(&rule.name))
                    .filter_map(|rule| Some((rule.name.clone(), story::show(link.base.get(&rule.name)?))))
                    .collect(),
                refusals: i64::try_from(letters.iter().filter(|letter| letter.is_open()).count()).unwrap_or_default(),
                conflicts: listed
                    .iter()
                    .map(|one| {
                        let key = (connection.id.as_str(), one.conflict.rule.as_str());
                        let waiting = alike.get(&key).copied().unwrap_or_default();
                        conflict_row(&connection, &one.conflict, waiting)
                    })
                    .collect(),
                link: link.id.clone(),
                record_url: Instance::page_of(&connection.address, &connection.rules.table, &link.servicenow_id),
                connection: connection.name,
                platform: connection.rules.platform_name.clone(),
                connection_id: connection.id,
                reference: listed[0].servicenow_number.clone(),
                ticket_id: listed[0].ticket_id.clone(),
                ticket_number: listed[0].ticket_number.clone(),
            });
        }
        Ok(records)
    }

    pub(super) async fn link_of_conflict(&self, id: &str) -> Answer<Link> {
        self.parts.store.link(id).await.or_trouble()?.ok_or_else(|| not_found("link"))
    }

    /// What a person chose for a record; it goes out as soon as a worker looks at the pair.
    pub async fn choose(&self, choices: Choices) -> Answer<()> {
        let by = self.require(Role::Operator, "conflicts.choose", &choices.link).await?.name.clone();
        let link = self.link_of_conflict(&choices.link).await?;
        let connection = self.connection_of(&link.connection_id).await?;
        let chosen = self.chosen(&connection, &choices).await?;
        let clock = self.parts.clock.as_ref();
        let mut tx = self.begin().await?;
        for (conflict, value) in &chosen {
            conflicts::choose(clock, &mut tx, &link, conflict, value, &by)
                .await
                .map_err(|error| stale(error, conflict))?;
        }
        let take = |conflict: &Conflict| choices.of(&conflict.id).map_or("", |taken| taken.take.as_str());
        let detail = chosen.iter().map(|(conflict, _)| match take(conflict) {
            "" => format!("{}: value", conflict.rule),
            take => format!("{}: {take}", conflict.rule),
        });
        let detail = detail.collect::<Vec<_>>().join(", ");
        self.audit(&mut tx, "conflicts.choose", &link.id, &detail, false).await?;
        queue::look_at(&mut tx, &connection.id, &link.servicenow_id, Urgency::Live, clock).await.or_trouble()?;
        self.commit(tx).await?;
        self.tell_chosen(&link);
        Ok(())
    }

    /// What a choice would write where, on the records as they stand now.
    pub async fn foresee_choice(&self, choices: Choices) -> Answer<Preview> {
        let by = self.require(Role::Operator, "conflicts.preview", &choices.link).await?.name.clone();
        let link = self.link_of_conflict(&choices.link).await?;
        let connection = self.connection_of(&link.connection_id).await?;
        let at = self.parts.clock.now();
        let chosen: Resolutions = self
            .chosen(&connection, &choices)
            .await?
            .into_iter()
            .map(|(conflict, value)| {
                let Conflict { rule, servicenow, platform, .. } = conflict;
                (rule, Resolution { value, servicenow, platform, by: by.clone(), at })
            })
            .collect();
        self.foresee(&connection, &link, &chosen).await
    }

    /// Reads both sides and says what would be written.
    pub(super) async fn foresee(&self, connection: &Connection, link: &Link, chosen: &Resolutions) -> Answer<Preview> {
        let sides = self.parts.connectors.of(connection, Pace::Live).await;
        let sides = sides.map_err(|failure| connect::trouble(&failure))?;
        let Some(now) = choice::read_now(connection, &sides, link).await.map_err(not_read)? else {
            return Err(not_shown());
        };
        self.foresee_on(connection, link, &now, chosen).await
    }

    /// The same on records that were read already.
    pub(super) async fn foresee_on(
        &self,
        connection: &Connection,
        link: &Link,
        now: &Now,
        chosen: &Resolutions,
    ) -> Answer<Preview> {
        let sides = self.parts.connectors.of(connection, Pace::Live).await;
        let sides = sides.map_err(|failure| connect::trouble(&failure))?;
        let foreseen = choice::foresee(connection, &sides, link, now, chosen).await.map_err(not_read)?;
        Ok(preview(connection, foreseen, self.parts.clock.now()))
    }

    /// The conflicts that somebody chose for, each as the person saw it, with the value.
    async fn chosen(&self, connection: &Connection, choices: &Choices) -> Answer<Vec<(Conflict, Value)>> {
        let open = self.parts.store.conflicts_of(&choices.link).await.or_trouble()?;
        let mut chosen = Vec::new();
        for (key, taken) in choices.fields.iter().filter(|(_, taken)| taken.is_some()) {
            let conflict = open.iter().find(|conflict| key.strip_prefix('c') == Some(&conflict.id)).ok_or_else(over)?;
            // As the person saw it: whatever moved since makes the choice stale.
            let conflict = Conflict { version: taken.version, ..conflict.clone() };
            let value = value_taken(connection, &conflict, taken)?;
            chosen.push((conflict, value));
        }
        if chosen.is_empty() {
            return Err(Trouble::new(
                "CONFLICT-NOTHING",
                "Nothing was chosen yet.",
                "Every field was left as it is.",
                "Choose a side, the base or another value for at least one field.",
            ));
        }
        Ok(chosen)
    }

    pub(super) fn tell_chosen(&self, link: &Link) {
        self.parts.wake.wake();
        self.parts.news.tell("conflicts");
        self.parts.news.tell("history");
        self.parts.news.moved(&link.connection_id);
        if let Some(ticket) = &link.platform_id {
            self.parts.news.ticket(ticket);
        }
    }
}

fn conflict_row(connection: &Connection, conflict: &Conflict, waiting: i64) -> ConflictRow {
    let rule = connection.rules.rule(&conflict.rule);
    let (servicenow, platform) = (story::show(&conflict.servicenow), story::show(&conflict.platform));
    let base = conflict.base.as_ref().map(story::show);
    let is_open = conflict.state == ConflictState::Open;
    let side = |value: &str, other: &str, edit: &Edit| ConflictSide {
        value: marked(value, &[base.as_deref().unwrap_or(other)]),
        who: edit.by.clone(),
        at: when_any(edit.at),
    };
    ConflictRow {
        owner: rule
            .and_then(|rule| rule.owner.side())
            .map(|side| connection.rules.name_of(side).to_owned())
            .unwrap_or_default(),
        input: third_value::input(rule, conflict),
        servicenow: side(&servicenow, &platform, &conflict.servicenow_edit),
        platform: side(&platform, &servicenow, &conflict.platform_edit),
        base: base.as_ref().map(|base| marked(base, &[&servicenow, &platform])),
        choice: conflict.choice.as_ref().map(story::show).unwrap_or_default(),
        state: conflict.state.as_str().to_owned(),
        opened: when(conflict.opened_at),
        alike: waiting - i64::from(is_open),
        id: conflict.id.clone(),
        field: conflict.rule.clone(),
        why: conflict.why.clone(),
        chosen_by: conflict.chosen_by.clone(),
        version: conflict.version,
    }
}

fn value_taken(connection: &Connection, conflict: &Conflict, taken: &Taken) -> Answer<Value> {
    match taken.take.as_str() {
        "value" | "" => third_value::read(connection.rules.rule(&conflict.rule), conflict, &taken.value),
        side => held(conflict, side),
    }
}

/// What a side or the base holds.
pub(super) fn held(conflict: &Conflict, take: &str) -> Answer<Value> {
    match (take, &conflict.base) {
        ("servicenow", _) => Ok(conflict.servicenow.clone()),
        ("platform", _) => Ok(conflict.platform.clone()),
        ("base", Some(base)) => Ok(base.clone()),
        _ => Err(Trouble::new(
            "CONFLICT-NO-BASE",
            &format!("There is no base to take for {}.", conflict.rule),
            "The sides never agreed on a value of this field.",
            "Take one of the sides, or type another value.",
        )
        .about(&conflict.id)),
    }
}

pub(super) fn preview(connection: &Connection, foreseen: Foreseen, at: i64) -> Preview {
    let writes = foreseen.writes.into_iter().map(|write| PlannedWrite {
        to: connection.rules.name_of(write.to).to_owned(),
        field: write.field,
        from: write.from,
        value: write.value,
        demanded: write.demanded,
    });
    Preview { at: when(at), writes: writes.collect(), refused: foreseen.refused }
}

pub(super) fn not_read(error: SyncError) -> Trouble {
    match error {
        SyncError::Failure(failure) => connect::trouble(&failure),
        other => super::broken(&other),
    }
}

pub(super) fn not_shown() -> Trouble {
    Trouble::new(
        "LINK-NOT-SHOWN",
        "One of the two records is not shown.",
        "It was deleted, or the connection's account may not see it.",
        "Open the record on both sides. The history says what Isthmus was told.",
    )
}

fn over() -> Trouble {
    Trouble::new(
        "CONFLICT-OVER",
        "There is nothing to choose any longer.",
        "The sides have come to agree since you opened this page.",
        "Go back to the list.",
    )
}

pub(super) fn stale(error: StoreError, conflict: &Conflict) -> Trouble {
    match error {
        StoreError::Stale => Trouble::new(
            "CONFLICT-STALE",
            "Your choice was not kept.",
            &format!(
                "{} was edited on a side, or somebody else chose for it, since you opened this page.",
                conflict.rule
            ),
            "Look at the values as they are now and choose again.",
        )
        .about(&conflict.id),
        other => super::broken(&other),
    }
}
