//! The last step of Connect: a record made there is seen here, changed here and seen there, and put away again. It writes
//! through the connection as every change does; only the record itself is made by the account, after a person asked.
//!
//! It takes a while, so it runs beside the request; each step is kept as it happens, and open pages are told.

use super::what::{door, entering};
use crate::connectors::Urgency;
use crate::connectors::servicenow::Instance;
use crate::operations::{Operations, OrTrouble};
use crate::queue;
use crate::store::{Connection, State};
use crate::sync::Connectors;
use crate::sync::enter::{Asked, link_of_record};
use app::api::Answer;
use app::error::Trouble;
use app::model::{LiveStep, LiveTest, Progress, Role, ShownFields, TicketForm};
use merge::{Condition, Direction, FieldRule, Fields, Rules, Side, Value};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const KIND: &str = "live";
const STEPS: [&str; 5] = [
    "Create there: a record in ServiceNow, marked as a test",
    "See here: it becomes a ticket in Desk",
    "Change here: the ticket gets another title",
    "See there: ServiceNow shows the new title",
    "Put away: the ticket is closed, and the record there with it",
];
const TITLE: &str = "Isthmus live test: please leave alone";
const CHANGED: &str = "Isthmus live test: changed in Desk";
/// What a ticket may be closed with, the fittest first.
const ENDS: [&str; 4] = ["Cancelled", "Canceled", "Closed", "Resolved"];
/// How often, and how many times, it is looked whether a step has come true.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS: u32 = 240;
/// After so many looks without news, ServiceNow is asked what changed.
const LOOKS_BEFORE_POLL: u32 = 32;
/// One that was begun longer ago and is not over was cut off.
const LONGEST_MS: i64 = 5 * 60 * 1000;

/// The last live test of a connection.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::operations) struct Kept {
    steps: Vec<LiveStep>,
    runs: bool,
    /// The record's sys_id and number.
    pub record: String,
    pub number: String,
    ticket: String,
    /// Columns that were written and read back.
    pub wrote: Vec<String>,
}

impl Operations {
    pub(in crate::operations) async fn kept_live_test(&self, connection: &str) -> Answer<Option<(Kept, i64)>> {
        let probe = self.parts.store.probe(connection, KIND).await.or_trouble()?;
        Ok(probe.and_then(|probe| Some((serde_json::from_str(&probe.found).ok()?, probe.at))))
    }

    pub async fn see_live_test(&self, id: &str) -> Answer<LiveTest> {
        self.require(Role::Viewer, "connections.read", id).await?;
        let connection = self.connection_of(id).await?;
        let unable = unable(&connection).unwrap_or_default();
        let Some((kept, at)) = self.kept_live_test(id).await? else {
            return Ok(LiveTest { unable, ..LiveTest::default() });
        };
        let record_url = match kept.record.as_str() {
            "" => String::new(),
            record => Instance::page_of(&connection.address, &connection.rules.table, record),
        };
        Ok(LiveTest {
            unable,
            begun: crate::operations::show::when_any(at),
            runs: kept.runs && self.parts.clock.now() - at < LONGEST_MS,
            steps: kept.steps,
            number: kept.number,
            record_url,
            ticket: kept.ticket,
        })
    }

    /// Begins it; the page follows its steps.
    pub async fn begin_live_test(&self, id: &str) -> Answer<()> {
        self.require(Role::Admin, "connections.live_test", id).await?;
        let connection = self.connection_of(id).await?;
        let refuse = |why: &str, todo: &str| Trouble::new("LIVE-TEST", "The test was not begun.", why, todo);
        if let Some(why) = unable(&connection) {
            return Err(refuse(&why, "Put that right first, or try the sync with a record of your own."));
        }
        if self.see_live_test(id).await?.runs {
            return Err(refuse("One is on its way.", "Wait for its end; the page follows it."));
        }
        let steps = STEPS.map(|what| LiveStep { what: what.to_owned(), ..LiveStep::default() }).to_vec();
        let mut walk = Walk {
            operations: self.clone(),
            began: self.parts.clock.now(),
            kept: Kept { steps, runs: true, ..Kept::default() },
            connection,
        };
        let mut tx = self.begin().await?;
        self.audit(&mut tx, "connections.live_test", id, "", false).await?;
        self.commit(tx).await?;
        walk.keep().await?;
        tokio::spawn(async move {
            if let Err(error) = walk.run().await {
                tracing::error!(%error, "a live test could not keep its steps");
            }
        });
        Ok(())
    }
}

/// Why there can be no test; `None` when there can.
fn unable(connection: &Connection) -> Option<String> {
    if connection.state != State::Active {
        return Some("The connection does not sync now.".to_owned());
    }
    let rules = &connection.rules;
    (rules.direction != Direction::Both || title_rule(rules).is_none()).then(|| {
        "This connection does not carry a title both ways, so the test has nothing to follow there and back. Open a record in \
         ServiceNow: it appears under Tickets."
            .to_owned()
    })
}

/// The rule by which the title goes both ways.
fn title_rule(rules: &Rules) -> Option<&FieldRule> {
    let carries = |rule: &&FieldRule| Side::BOTH.into_iter().all(|side| rules.allows(rule, side));
    rules.fields.iter().filter(carries).find(|rule| rule.platform == "title")
}

/// A record that the connection lets in: with a title, the first value that its map knows, and what the filter asks for.
fn trial_fields(rules: &Rules) -> Fields {
    let mut fields = Fields::new();
    let title = title_rule(rules).map_or("short_description", |rule| rule.servicenow.as_str());
    fields.insert(title.to_owned(), Value::text(TITLE));
    if let Some((parts, map)) = door(rules)
        && let Some(row) = map.rows.iter().find(|row| !row.servicenow.contains('*'))
    {
        let values = row.servicenow.split('/');
        fields.extend(parts.iter().zip(values).map(|(part, value)| ((*part).to_owned(), Value::choice(value))));
    }
    for condition in entering(rules) {
        fulfil(condition, &mut fields);
    }
    fields
}

/// As far as a value can be made up for it; whether it is enough, the test shows.
fn fulfil(condition: &Condition, fields: &mut Fields) {
    match condition {
        Condition::All(all) => all.iter().for_each(|one| fulfil(one, fields)),
        Condition::Is { field, value } => drop(fields.insert(field.clone(), Value::choice(value))),
        Condition::OneOf { field, values } => {
            if let Some(value) = values.first() {
                fields.insert(field.clone(), Value::choice(value));
            }
        }
        Condition::Contains { field, text } => {
            let before = fields.get(field).map(|value| format!("{}, ", value.plain())).unwrap_or_default();
            fields.insert(field.clone(), Value::text(&format!("{before}{text}")));
        }
        _ => {}
    }
}

struct Walk {
    operations: Operations,
    connection: Connection,
    began: i64,
    kept: Kept,
}

/// How a step ended: with what was seen, or with why it did not come true and what to do.
type Ended = Result<String, String>;

impl Walk {
    async fn run(&mut self) -> Answer<()> {
        for at in 0..STEPS.len() {
            self.kept.steps[at].progress = Progress::Running;
            self.keep().await?;
            let ended = match at {
                0 => self.create_there().await,
                1 => self.see_here().await,
                2 => self.change_here().await,
                3 => self.see_there().await,
                _ => self.put_away().await,
            };
            let step = &mut self.kept.steps[at];
            (step.progress, step.note) = match ended {
                Ok(note) => (Progress::Done, note),
                Err(note) => (Progress::Failed, note),
            };
            if step.progress == Progress::Failed {
                break;
            }
        }
        self.kept.runs = false;
        self.keep().await
    }

    async fn keep(&self) -> Answer<()> {
        let id = &self.connection.id;
        let found = serde_json::to_string(&self.kept).unwrap_or_default();
        let mut tx = self.operations.begin().await?;
        tx.keep_probe(id, KIND, self.began, &found).await.or_trouble()?;
        self.operations.commit(tx).await?;
        self.operations.parts.news.tell(format!("live:{id}"));
        Ok(())
    }

    async fn create_there(&mut self) -> Ended {
        let parts = &self.operations.parts;
        let side = parts.connectors.servicenow(&self.connection).await.map_err(told)?;
        let (record, number) = side.make_trial(&trial_fields(&self.connection.rules)).await.map_err(|failure| {
            format!("{failure} The account must be able to create such a record for this test; syncing itself may not need that.")
        })?;
        let note = format!("{number}, by the account {}.", self.connection.acting_as);
        (self.kept.record, self.kept.number) = (record, number);
        Ok(note)
    }

    async fn see_here(&mut self) -> Ended {
        if let Some(why) = self.why_not_entering().await? {
            return Err(format!(
                "{} does not enter: {why} Isthmus leaves it alone; close it in ServiceNow.",
                self.kept.number
            ));
        }
        let (parts, id) = (&self.operations.parts, self.connection.id.as_str());
        for look in 0..LOOKS {
            let link = parts.store.link_of(id, &self.kept.record).await.map_err(told)?;
            if let Some(ticket) = link.and_then(|link| link.platform_id) {
                self.kept.ticket.clone_from(&ticket);
                let number = parts.store.ticket(&ticket).await.map_err(told)?.map(|ticket| ticket.number);
                let now = parts.clock.now();
                let heard = parts.store.last_heard(id, &self.kept.record, now).await.map_err(told)?;
                let how = match heard {
                    Some((source, _)) if source == "webhook" => "A webhook told of it.",
                    _ => {
                        "No webhook told of it; polling found it. With ServiceNow's side installed it takes a second or two."
                    }
                };
                let seconds = (now - self.began + 999) / 1000;
                return Ok(format!("Ticket {}, {seconds} s after the test began. {how}", number.unwrap_or_default()));
            }
            if look == LOOKS_BEFORE_POLL {
                self.poll_now().await.map_err(|trouble| trouble.to_string())?;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(format!(
            "{} may enter, and no ticket was made of it within a minute. See Failures, and whether the connection is stopped.",
            self.kept.number
        ))
    }

    async fn poll_now(&self) -> Answer<()> {
        let (operations, clock) = (&self.operations, self.operations.parts.clock.as_ref());
        let mut tx = operations.begin().await?;
        queue::poll_at(&mut tx, &self.connection.id, clock.now(), clock).await.or_trouble()?;
        operations.commit(tx).await?;
        operations.parts.wake.wake();
        Ok(())
    }

    /// What the connection's own rules say of the record; `None` when they let it in.
    async fn why_not_entering(&self) -> Result<Option<String>, String> {
        let parts = &self.operations.parts;
        let sides = parts.connectors.of(&self.connection, Urgency::Live).await.map_err(told)?;
        let asked = Asked::Nobody { since: self.connection.active_since };
        let link = link_of_record(parts.clock.as_ref(), &self.connection, &sides, &self.kept.record, asked).await;
        Ok(link.map_err(told)?.err())
    }

    async fn change_here(&mut self) -> Ended {
        // The title that is there is another one in any case.
        self.edit(|form, _| CHANGED.clone_into(&mut form.title)).await?;
        Ok(format!("\"{CHANGED}\"."))
    }

    /// As a person edits a ticket on its form.
    async fn edit(&self, change: impl FnOnce(&mut TicketForm, &mut ShownFields)) -> Result<(), String> {
        let (mut form, mut shown) =
            (TicketForm { id: self.kept.ticket.clone(), ..TicketForm::default() }, ShownFields::default());
        change(&mut form, &mut shown);
        form.shown = Some(shown);
        self.operations.save_ticket(form).await.map_err(|trouble| trouble.to_string())
    }

    async fn see_there(&mut self) -> Ended {
        let Some(rule) = title_rule(&self.connection.rules).cloned() else {
            return Err("The mapping has no title any more.".into());
        };
        self.until_there(&rule, CHANGED).await?;
        self.kept.wrote.extend(rule.parts(Side::ServiceNow).iter().map(|part| (*part).to_owned()));
        Ok(format!("{} shows it.", self.kept.number))
    }

    /// By the status map, the way every closing goes, with the fields that ServiceNow requires.
    async fn put_away(&mut self) -> Ended {
        let rules = &self.connection.rules;
        let by_hand = format!("Close {} in ServiceNow by hand.", self.kept.number);
        let rule =
            rules.fields.iter().find(|rule| rule.platform == "status" && rules.allows(rule, Side::ServiceNow)).cloned();
        let Some(rule) = rule else {
            return Ok(format!("The mapping carries no status to ServiceNow. {by_hand}"));
        };
        let merge::Convert::Map { map } = &rule.convert else {
            return Ok(format!("The mapping has no status map. {by_hand}"));
        };
        let end = ENDS.into_iter().find(|end| map.rows.iter().any(|row| row.platform == *end));
        let Some(end) = end else { return Ok(format!("No status of the mapping closes a ticket. {by_hand}")) };
        let status = self.operations.parts.store.ticket(&self.kept.ticket).await.map_err(told)?;
        let status = status.map(|ticket| ticket.status).unwrap_or_default();
        self.edit(|form, shown| {
            end.clone_into(&mut form.status);
            shown.status = status;
        })
        .await
        .map_err(|why| format!("{why} {by_hand}"))?;
        self.until_there(&rule, end).await.map_err(|why| format!("{why} {by_hand}"))?;
        self.kept.wrote.extend(rule.parts(Side::ServiceNow).iter().map(|part| (*part).to_owned()));
        Ok(format!("Both are {end}. {} stays there as a closed record; Isthmus deletes nothing.", self.kept.number))
    }

    /// Until ServiceNow's record means this value.
    async fn until_there(&self, rule: &FieldRule, wanted: &str) -> Result<(), String> {
        let parts = &self.operations.parts;
        let sides = parts.connectors.of(&self.connection, Urgency::Live).await.map_err(told)?;
        let lane = queue::lane(&self.connection.id, &self.kept.record);
        for _ in 0..LOOKS {
            let record = sides.servicenow.fetch(&self.kept.record).await.map_err(told)?;
            let read = record.and_then(|record| rule.canonical(Side::ServiceNow, &record).ok().flatten());
            if read.is_some_and(|value| value.plain() == wanted) {
                return Ok(());
            }
            let letters = parts.store.held_letters(&lane).await.map_err(told)?;
            if let Some(letter) = letters.into_iter().find(crate::store::DeadLetter::is_open) {
                return Err(letter.problem);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err("ServiceNow does not show it after a minute. See Failures, and whether the connection is stopped."
            .to_owned())
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_record_meets_the_filter_and_is_mapped() {
        let mut rules = merge::incident_to_desk();
        rules.entry.servicenow = Condition::All(vec![
            Condition::OneOf { field: "priority".into(), values: vec!["1".into(), "2".into()] },
            Condition::Contains { field: "short_description".into(), text: "VIP".into() },
        ]);
        let record = merge::Record { fields: trial_fields(&rules), ..merge::Record::default() };
        assert_eq!(rules.entry.servicenow.holds(&record), Some(true));
        assert_eq!(record.fields["category"].plain(), "inquiry");
        assert!(record.fields["short_description"].plain().starts_with(TITLE));
    }
}
