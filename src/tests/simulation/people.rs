//! What people do in the simulation: on both sides, and in the console. In the console they do what `operations` does for
//! them, in the same transactions.

use super::history::{Act, How, Letters, Pick};
use super::rules::{Mapping, rules};
use super::world::{Broken, Opened, Removed, World};
use crate::clock::Clock;
use crate::connectors::memory::{ACCOUNT, Traps};
use crate::queue;
use crate::store::{LOST, LetterSearch, LetterState, RunState, Source, State, Upkeep, Urgency};
use crate::sync::{conflicts, runs};
use merge::{Side, Value};

/// Who sits at the console.
const ADA: &str = "Ada";

impl World {
    pub async fn act(&mut self, act: &Act) -> Result<(), Broken> {
        match act {
            Act::Open { side, kind } => {
                let title = Value::text(&format!("opened as {}", self.records.len()));
                let text = ("description", Value::text("as it began"));
                let mood = ("mood", Value::text("calm"));
                let fields = match side {
                    Side::ServiceNow => vec![
                        ("short_description", title),
                        text,
                        ("state", Value::choice("1")),
                        ("impact", Value::choice("3")),
                        ("category", Value::choice(kind)),
                        ("subcategory", Value::Empty),
                        mood,
                    ],
                    Side::Platform => vec![
                        ("title", title),
                        text,
                        ("status", Value::choice("New")),
                        ("severity", Value::choice("3")),
                        ("kind", Value::choice(kind)),
                        mood,
                    ],
                };
                let fields = fields.into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
                let id = self.memory(*side).open(person(*side), fields);
                self.records.push(Opened { side: *side, id });
                self.edits += 1;
                let (id, subject) = self.on(*side, self.records.len() - 1).await.expect("just opened");
                self.tell_of(*side, &id, &subject).await?;
            }
            Act::Edit { side, record, fields, how } => {
                let Some((id, record)) = self.on(*side, *record).await else { return Ok(()) };
                self.edits += fields.len();
                self.somebody_emptied |= fields.values().any(Value::is_empty);
                let rules = self.mappings.last().expect("published").fields.iter();
                let edited: Vec<String> = rules
                    .filter(|rule| fields.contains_key(rule.field_on(*side)))
                    .map(|rule| rule.name.clone())
                    .collect();
                self.chosen.retain(|(of, rule), _| of != &record || !edited.contains(rule));
                // What is committed late is there later, whatever the record is by then.
                let lands = match how {
                    How::CommittedLater { ms } if edited.iter().any(|rule| rule == "status") => Some(*ms),
                    _ => self.is_closed(*side, &id).then_some(0),
                };
                if let Some(ms) = lands {
                    self.reopened.insert(id.clone(), self.clock.now() + ms);
                }
                let memory = self.memory(*side);
                match how {
                    How::Plainly => memory.edit(&id, person(*side), fields),
                    How::CommittedLater { ms } => {
                        memory.edit_committed_later(&id, person(*side), fields.clone(), *ms);
                    }
                    How::Unseen => {
                        memory.edit_unseen(&id, fields.clone());
                        self.needs_a_look = true;
                        return Ok(());
                    }
                }
                self.tell_of(*side, &id, &record).await?;
            }
            Act::Comment { side, record, stream, body } => {
                let Some((id, record)) = self.on(*side, *record).await else { return Ok(()) };
                self.memory(*side).comment(&id, *stream, person(*side), body);
                self.tell_of(*side, &id, &record).await?;
            }
            Act::File { side, record, name, content } => {
                let Some((id, record)) = self.on(*side, *record).await else { return Ok(()) };
                self.memory(*side).add_file(&id, person(*side), name, content.as_bytes());
                // A file leaves no mark on the record, so polling does not find it.
                self.needs_a_look = true;
                self.tell_of(*side, &id, &record).await?;
            }
            Act::Hide { side, record, hidden } => {
                let Some((id, _)) = self.on(*side, *record).await else { return Ok(()) };
                self.memory(*side).hide(&id, *hidden);
                self.needs_a_look = true;
            }
            Act::HideJournal { hidden } => {
                self.servicenow.change_traps(|traps| traps.hides_journal = *hidden);
                self.needs_a_look = true;
            }
            Act::HideField { side, field, hidden } => {
                self.memory(*side).change_traps(|traps| {
                    if *hidden {
                        traps.hides.insert((*field).to_owned());
                    } else {
                        traps.hides.remove(*field);
                    }
                });
                self.needs_a_look = true;
            }
            Act::Remove { side, record } => {
                let Some((id, subject)) = self.on(*side, *record).await else { return Ok(()) };
                if self.memory(*side).truth(&id).is_none() {
                    return Ok(());
                }
                self.memory(*side).remove(&id, person(*side));
                let removed = Removed { at: self.clock.now(), mapping: self.mappings.len() - 1 };
                self.removed.insert(id.clone(), removed);
                if self
                    .store
                    .link_of(&self.connection, &id)
                    .await
                    .expect("readable")
                    .is_some_and(|link| link.awaits_record())
                {
                    self.removed_unknown.insert(id.clone());
                }
                self.edits += 1;
                // Polling does not find what is not there; a business rule may tell.
                self.needs_a_look = true;
                self.tell_of(*side, &id, &subject).await?;
            }
            Act::Choose { record, pick } => self.choose(*record, *pick).await,
            Act::Letters { which, what } => drop(self.close_letters(*which, *what).await),
            Act::Mend => {
                self.servicenow.change_traps(Traps::take_everything);
                self.platform.change_traps(Traps::take_everything);
                while self.close_letters(0, Letters::RetryCause).await {}
            }
            Act::Run { heals, share } => self.begin_run(*heals, *share).await,
            Act::EndRun { goes_on } => drop(self.end_run(*goes_on).await),
            Act::TokenEnds { after_ms } => {
                let end = self.clock.now() + after_ms;
                self.servicenow.change_traps(|traps| traps.token_until = Some(end));
            }
            Act::Regenerate => self.token_is_given().await,
            Act::Pause => self.set(State::Paused).await,
            Act::Resume => self.resume().await,
            Act::Publish { mapping } => {
                self.publish(mapping).await;
                self.needs_a_look = true;
            }
            Act::Wait { ms } => self.turn(*ms).await,
            Act::Rest => {
                while !self.hints.is_empty() {
                    self.hear().await?;
                }
                self.rest(false).await?;
            }
        }
        Ok(())
    }

    /// The business rule tells of ServiceNow's changes; the platform's are kept with the look, as Desk does it.
    async fn tell_of(&mut self, side: Side, id: &str, record: &str) -> Result<(), Broken> {
        match side {
            Side::ServiceNow => self.happened(record),
            // What it says of a ticket that no mapping sends, nobody needs to hear.
            Side::Platform if queue::ticket_of(record).is_some() && !self.rules().creates_in_servicenow() => {}
            Side::Platform => {
                self.events += 1;
                let event = format!("{id} {}", self.events);
                self.keep(&event, record, Source::Person, side).await.map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    pub async fn set(&mut self, state: State) {
        let mut tx = self.store.begin().await.expect("begins");
        tx.set_connection_state(&self.connection, state, "").await.expect("stored");
        tx.commit().await.expect("committed");
        self.stir();
    }

    pub(super) async fn publish(&mut self, mapping: &Mapping) {
        let rules = rules(mapping, i64::try_from(self.mappings.len()).unwrap_or(0) + 1);
        let mut tx = self.store.begin().await.expect("begins");
        tx.publish_rules(&self.connection, &rules).await.expect("stored");
        tx.commit().await.expect("committed");
        self.mappings.push(rules);
        self.edits += 4;
    }

    /// As an operator resumes a connection: what waited is taken up, what was buried is tried again.
    pub async fn resume(&mut self) {
        self.set(State::Active).await;
        let mut tx = self.store.begin().await.expect("begins");
        queue::poll_at(&mut tx, &self.connection, self.clock.now(), &*self.clock).await.expect("stored");
        tx.revive_jobs(&self.connection, self.clock.now()).await.expect("stored");
        tx.commit().await.expect("committed");
        self.stir();
    }

    /// "Regenerate token".
    pub async fn token_is_given(&mut self) {
        self.servicenow.change_traps(|traps| traps.token_until = None);
        self.resume().await;
    }

    async fn choose(&mut self, record: usize, pick: Pick) {
        let Some(opened) = self.records.get(record % self.records.len().max(1)) else { return };
        let Some(link) = self.link(opened).await else { return };
        let record = link.servicenow_id.clone();
        let conflicts = self.store.conflicts_of(&link.id).await.expect("readable");
        let Some(conflict) = conflicts.first() else { return };
        let value = match pick {
            Pick::ServiceNow => conflict.servicenow.clone(),
            Pick::Platform => conflict.platform.clone(),
            Pick::Third if matches!(conflict.servicenow, Value::Choice(_)) => Value::choice("On Hold"),
            Pick::Third => Value::text("a third text"),
        };
        // A field of two sides, and a comment rule may answer to it.
        self.edits += 2;
        self.tell(|| format!("{ADA} chooses {value:?} for {}", conflict.rule));
        let mut tx = self.store.begin().await.expect("begins");
        conflicts::choose(&*self.clock, &mut tx, &link, conflict, &value, ADA).await.expect("just read");
        queue::look_at(&mut tx, &self.connection, &record, Urgency::Live, &*self.clock).await.expect("stored");
        tx.commit().await.expect("committed");
        self.chosen.insert((record, conflict.rule.clone()), value);
        self.stir();
    }

    /// Answers whether there were any.
    async fn close_letters(&mut self, which: usize, what: Letters) -> bool {
        let search = LetterSearch { connection: &self.connection, cause: "", limit: 50, offset: 0 };
        let mut open = self.store.open_letters(&search).await.expect("readable");
        // Those take a comparison first.
        open.retain(|line| line.letter.kind != LOST);
        if open.is_empty() {
            return false;
        }
        let letter = &open[which % open.len()].letter;
        self.tell(|| format!("{ADA}: {what:?} {} {} to {}", letter.kind, letter.rule, letter.side));
        let mut tx = self.store.begin().await.expect("begins");
        let letters = match what {
            Letters::RetryCause => tx.letters_of_cause(&self.connection, &letter.cause, 50).await.expect("readable"),
            Letters::Retry | Letters::Discard => vec![letter.clone()],
        };
        let state = if what == Letters::Discard { LetterState::Discarded } else { LetterState::Retried };
        for letter in &letters {
            self.somebody_discarded |= state == LetterState::Discarded;
            tx.close_letter(&letter.id, state, "enough", ADA, self.clock.now()).await.expect("it was open");
        }
        let records = letters.iter().map(|letter| (letter.connection_id.as_str(), letter.record()));
        queue::look_at_all(&mut tx, records, Urgency::Live, &*self.clock).await.expect("stored");
        tx.commit().await.expect("committed");
        self.edits += letters.len();
        self.stir();
        true
    }

    /// An entry whose answer was lost, where the journal cannot be read: a person compares the two sides. If it is missing
    /// it is sent again; otherwise nothing is to be done. Answers whether there was one.
    pub async fn compare_a_lost_entry(&mut self) -> bool {
        let search = LetterSearch { connection: &self.connection, cause: "", limit: 50, offset: 0 };
        let open = self.store.open_letters(&search).await.expect("readable");
        let Some(letter) = open.into_iter().map(|line| line.letter).find(|letter| letter.kind == LOST) else {
            return false;
        };
        let mut is_missing = false;
        for opened in &self.records {
            let Some(link) = self.link(opened).await.filter(|link| Some(&link.id) == letter.link_id.as_ref()) else {
                continue;
            };
            let wanted: serde_json::Value = serde_json::from_str(&letter.wanted).expect("JSON");
            let body = wanted["body"].as_str().unwrap_or_default();
            let pairs = self.store.paired_entries(&link.id).await.expect("readable");
            let lost = pairs.into_iter().find(|(unseen, _)| *unseen == letter.rule).map(|(_, id)| id);
            let mut far = self.platform.true_entries(link.record_on(Side::Platform));
            // What was written after it waits, the same words again included.
            far.truncate(far.iter().position(|entry| Some(&entry.id) == lost.as_ref()).map_or(far.len(), |at| at + 1));
            let near = self.servicenow.true_entries(&link.servicenow_id).into_iter();
            let written =
                far.iter().filter(|entry| entry.body == body && entry.author == person(Side::Platform)).count();
            let arrived = near.filter(|entry| entry.author == ACCOUNT && entry.body.ends_with(body)).count();
            is_missing = arrived < written;
        }
        self.tell(|| format!("{ADA} compares a lost entry: it is {}", if is_missing { "missing" } else { "there" }));
        let state = if is_missing { LetterState::Retried } else { LetterState::Discarded };
        let mut tx = self.store.begin().await.expect("begins");
        tx.close_letter(&letter.id, state, "compared", ADA, self.clock.now()).await.expect("it was open");
        let record = [(letter.connection_id.as_str(), letter.record())];
        queue::look_at_all(&mut tx, record, Urgency::Live, &*self.clock).await.expect("stored");
        tx.commit().await.expect("committed");
        self.stir();
        true
    }

    /// Of the first links only as many may be touched as the share says.
    pub async fn begin_run(&mut self, heals: bool, least: i64) {
        let upkeep = Upkeep { share: 0, least, ..Upkeep::default() };
        let links = self.store.count_links(&self.connection).await.expect("readable");
        let mut tx = self.store.begin().await.expect("begins");
        let how = if heals { runs::How::Healing } else { runs::How::Dry };
        runs::begin(&mut tx, &self.connection, links, &upkeep, how, ADA, &*self.clock).await.expect("stored");
        tx.commit().await.expect("committed");
        self.stir();
    }

    /// The run that stopped goes on past its breaker, or the one that is not over is cancelled. Answers whether there was
    /// one.
    pub async fn end_run(&mut self, goes_on: bool) -> bool {
        let Some(run) = self.store.open_run(&self.connection).await.expect("readable") else { return false };
        if goes_on && run.state != RunState::Stopped {
            return false;
        }
        let mut tx = self.store.begin().await.expect("begins");
        if goes_on {
            tx.continue_run(&run.id).await.expect("it was stopped");
        } else {
            tx.end_run(&run.id, RunState::Cancelled, self.clock.now()).await.expect("it was open");
        }
        queue::drive_at(&mut tx, &self.connection, &run.id, self.clock.now(), &*self.clock).await.expect("stored");
        tx.commit().await.expect("committed");
        self.stir();
        true
    }
}

/// Who edits on which side.
pub fn person(side: Side) -> &'static str {
    match side {
        Side::ServiceNow => "Beth",
        Side::Platform => "Ada",
    }
}
