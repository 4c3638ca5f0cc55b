//! Dead letters as people see them: by cause, tried again, or given up with a reason.

use super::show::{pages, when, when_any};
use super::{Operations, OrTrouble, not_found};
use crate::queue;
use crate::store::{DeadLetter, LOST, LetterLine, LetterSearch, LetterState, NewLine, Tx, Urgency};
use crate::sync::story::{self, Story};
use app::api::Answer;
use app::error::Trouble;
use app::model::{FailureFilter, FailureGroup, FailureList, FailurePage, FailureRow, NotedRow, Role};
use merge::{Fields, Side};

const PAGE: i64 = 50;
/// Letters that one transaction tries again.
const BATCH: i64 = 200;

impl Operations {
    /// By cause; the letters of one cause where the filter names it.
    pub async fn list_failures(&self, filter: FailureFilter) -> Answer<FailureList> {
        self.require(Role::Viewer, "failures.read", "").await?;
        let store = &self.parts.store;
        let page = filter.page.max(1);
        let FailureFilter { connection, cause, .. } = &filter;
        let search = LetterSearch { connection, cause, limit: PAGE, offset: (page - 1) * PAGE };
        let mut list = FailureList { page, ..FailureList::default() };
        if cause.is_empty() {
            list.groups = store
                .letter_groups(&search)
                .await
                .or_trouble()?
                .into_iter()
                .map(|group| FailureGroup {
                    what: what(&group.kind, &group.side, &group.rule),
                    connection_id: group.connection_id,
                    connection: group.connection,
                    cause: group.cause,
                    problem: group.problem,
                    letters: group.letters,
                    first: when(group.first_at),
                    last: when(group.last_at),
                })
                .collect();
            list.total = store.count_letter_groups(connection).await.or_trouble()?;
            list.failures = store.count_open_letters(connection, "").await.or_trouble()?;
            list.noted_total = store.count_noted_links(connection).await.or_trouble()?;
            list.noted = store
                .noted_links(connection, PAGE)
                .await
                .or_trouble()?
                .into_iter()
                .map(|link| NotedRow {
                    link: link.id,
                    connection: link.connection,
                    reference: link.reference,
                    ticket_id: link.ticket_id.unwrap_or_default(),
                    ticket_number: link.ticket_number.unwrap_or_default(),
                    note: link.note,
                    since: when(link.changed_at),
                })
                .collect();
        } else {
            list.rows = store.open_letters(&search).await.or_trouble()?.into_iter().map(row).collect();
            list.total = store.count_open_letters(connection, cause).await.or_trouble()?;
        }
        list.pages = pages(list.total, PAGE);
        list.connections = store.connections().await.or_trouble()?.into_iter().map(|row| (row.id, row.name)).collect();
        Ok(list)
    }

    pub async fn open_failure(&self, id: &str) -> Answer<FailurePage> {
        self.require(Role::Viewer, "failures.read", id).await?;
        let store = &self.parts.store;
        let line = store.letter(id).await.or_trouble()?.ok_or_else(|| not_found("failure"))?;
        let letter = &line.letter;
        Ok(FailurePage {
            same: store.count_open_letters(&letter.connection_id, &letter.cause).await.or_trouble()?,
            connection_id: letter.connection_id.clone(),
            cause: letter.cause.clone(),
            state: letter.state.clone(),
            reason: letter.reason.clone(),
            closed_by: letter.closed_by.clone(),
            closed: when_any(letter.closed_at),
            row: row(line),
        })
    }

    pub async fn retry(&self, id: &str) -> Answer<()> {
        let who = self.require(Role::Operator, "failures.retry", id).await?.name.clone();
        let letter = self.letter_of(id).await?;
        let mut tx = self.begin().await?;
        self.retry_in(&mut tx, std::slice::from_ref(&letter), Urgency::Live, &who).await?;
        self.audit(&mut tx, "failures.retry", id, &letter.connection_id, false).await?;
        self.commit(tx).await?;
        self.tell_failures(&letter.connection_id);
        Ok(())
    }

    /// Everything that the same fix repairs. A batch a transaction: there may be many.
    pub async fn retry_cause(&self, connection: &str, cause: &str) -> Answer<()> {
        let who = self.require(Role::Operator, "failures.retry_cause", connection).await?.name.clone();
        let mut tx = self.begin().await?;
        self.audit(&mut tx, "failures.retry_cause", connection, cause, false).await?;
        loop {
            let letters = tx.letters_of_cause(connection, cause, BATCH).await.or_trouble()?;
            self.retry_in(&mut tx, &letters, Urgency::Bulk, &who).await?;
            self.commit(tx).await?;
            self.tell_failures(connection);
            if letters.is_empty() {
                return Ok(());
            }
            tx = self.begin().await?;
        }
    }

    /// The write is given up for just this value; another value is written as ever.
    pub async fn discard(&self, id: &str, reason: &str) -> Answer<()> {
        let who = self.require(Role::Operator, "failures.discard", id).await?.name.clone();
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Trouble::new(
                "FORM-MISSING",
                "The reason is missing.",
                "Whoever finds the sides different later must be able to read why.",
                "Say in a few words why this is given up.",
            )
            .about("reason"));
        }
        let letter = self.letter_of(id).await?;
        let clock = self.parts.clock.as_ref();
        let now = clock.now();
        let mut tx = self.begin().await?;
        tx.close_letter(id, LetterState::Discarded, reason, &who, now).await.or_trouble()?;
        if let Some(link) = &letter.link_id {
            let summary = format!("{} was given up: {reason}", what(&letter.kind, &letter.side, &letter.rule));
            let story = Story {
                steps: vec![(now, letter.problem.clone()), (now, format!("{who} gave it up: {reason}"))],
                who: who.clone(),
                ..Story::default()
            };
            let story = serde_json::to_string(&story).unwrap_or_default();
            let fields = [letter.rule.as_str()];
            tx.add_history(&NewLine {
                id: &clock.id(),
                at: now,
                connection: &letter.connection_id,
                link,
                direction: "",
                kind: "given_up",
                summary: &summary,
                who: &who,
                heard: "",
                story: &story,
                fields: if letter.kind == "write" { &fields } else { &[] },
            })
            .await
            .or_trouble()?;
        }
        // The link's note no longer asks for anybody.
        queue::look_at(&mut tx, &letter.connection_id, letter.record(), Urgency::Live, clock).await.or_trouble()?;
        self.audit(&mut tx, "failures.discard", id, reason, false).await?;
        self.commit(tx).await?;
        self.parts.news.tell("history");
        self.tell_failures(&letter.connection_id);
        Ok(())
    }

    async fn letter_of(&self, id: &str) -> Answer<DeadLetter> {
        Ok(self.parts.store.letter(id).await.or_trouble()?.ok_or_else(|| not_found("failure"))?.letter)
    }

    async fn retry_in(&self, tx: &mut Tx, letters: &[DeadLetter], urgency: Urgency, who: &str) -> Answer<()> {
        let clock = self.parts.clock.as_ref();
        for letter in letters {
            tx.close_letter(&letter.id, LetterState::Retried, "", who, clock.now()).await.or_trouble()?;
        }
        let records = letters.iter().map(|letter| (letter.connection_id.as_str(), letter.record()));
        queue::look_at_all(tx, records, urgency, clock).await.or_trouble()
    }

    fn tell_failures(&self, connection: &str) {
        self.parts.wake.wake();
        self.parts.news.tell("failures");
        self.parts.news.moved(connection);
    }
}

/// What was to be done, as the beginning of a sentence.
fn what(kind: &str, side: &str, rule: &str) -> String {
    let side = if side == Side::ServiceNow.as_str() { Side::ServiceNow } else { Side::Platform };
    match kind {
        "job" => "Bringing the sides together".to_owned(),
        "create" => format!("Making the record in {side}"),
        "write" => format!("Writing {rule} to {side}"),
        "append" => format!("A comment for {side}"),
        LOST => format!("A comment for {side} that may be missing there"),
        "delete" => format!("Deleting the record in {side}"),
        _ => format!("A file for {side}"),
    }
}

/// What was to be written, as people read it.
fn wanted(letter: &DeadLetter) -> String {
    let wanted: serde_json::Value = serde_json::from_str(&letter.wanted).unwrap_or_default();
    if let Some(body) = wanted["body"].as_str() {
        return body.to_owned();
    }
    let fields: Fields = serde_json::from_value(wanted["fields"].clone()).unwrap_or_default();
    fields.values().map(story::show).collect::<Vec<_>>().join(", ")
}

/// What a link says of a discarded letter.
pub(super) fn given_up(letter: &DeadLetter) -> String {
    let what = what(&letter.kind, &letter.side, &letter.rule);
    format!("{what} was given up by {}: {}", letter.closed_by, letter.reason)
}

pub(super) fn row(line: LetterLine) -> FailureRow {
    let letter = line.letter;
    FailureRow {
        what: what(&letter.kind, &letter.side, &letter.rule),
        wanted: wanted(&letter),
        link: letter.link_id.unwrap_or_default(),
        id: letter.id,
        connection: line.connection,
        reference: line.reference.unwrap_or_default(),
        ticket_id: line.ticket_id.unwrap_or_default(),
        ticket_number: line.ticket_number.unwrap_or_default(),
        problem: letter.problem,
        attempts: letter.attempts,
        since: when(letter.opened_at),
    }
}
