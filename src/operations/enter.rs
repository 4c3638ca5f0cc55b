//! What a person sends over record by record, and tickets that are made in Desk.

use super::tickets::{description, one_of, title};
use super::{Operations, OrTrouble, broken, connect};
use crate::connectors::{Connector, Failure, Urgency as Pace};
use crate::desk::{self, KINDS, PRIORITIES, STATUSES};
use crate::queue;
use crate::store::{Connection, Link, State, Ticket, Urgency};
use crate::sync::enter::{Asked, link_of_record, link_of_ticket};
use crate::sync::{Connectors, Sides, SyncError};
use app::api::Answer;
use app::error::Trouble;
use app::model::{NewTicket, NewTicketChoices, Role};
use merge::Rules;

impl Operations {
    pub async fn see_new_ticket(&self) -> Answer<NewTicketChoices> {
        self.require(Role::Operator, "tickets.create", "").await?;
        let rules = self.rules().await?;
        let rules: Vec<&Rules> = rules.iter().map(AsRef::as_ref).collect();
        Ok(NewTicketChoices {
            kinds: desk::choices(&KINDS, &rules, "kind"),
            priorities: desk::choices(&PRIORITIES, &rules, "priority"),
        })
    }

    /// Answers the ticket's id. Whether it goes to ServiceNow is for the connections to say.
    pub async fn make_ticket(&self, form: NewTicket) -> Answer<String> {
        let who = self.require(Role::Operator, "tickets.create", "").await?.name.clone();
        let rules = self.rules().await?;
        let rules: Vec<&Rules> = rules.iter().map(AsRef::as_ref).collect();
        let now = self.parts.clock.now();
        let mut ticket = Ticket {
            id: self.parts.clock.id(),
            title: title(&form.title)?,
            description: description(&form.description)?,
            status: STATUSES[0].to_owned(),
            kind: one_of("kind", &form.kind, &KINDS, &rules)?,
            priority: one_of("priority", &form.priority, &PRIORITIES, &rules)?,
            opened_at: now,
            updated_at: now,
            updated_by: who,
            version: 1,
            field_edits: "{}".to_owned(),
            custom: "{}".to_owned(),
            ..Ticket::default()
        };
        let mut tx = self.begin().await?;
        ticket.number = tx.next_ticket_number().await.or_trouble()?;
        tx.add_ticket(&ticket).await.or_trouble()?;
        self.audit(&mut tx, "tickets.create", &ticket.id, &ticket.number, false).await?;
        self.tell_sync(&mut tx, &ticket.id).await?;
        self.commit(tx).await?;
        self.after_edit(&ticket.id);
        Ok(ticket.id)
    }

    /// A person sends a ticket to ServiceNow, whatever the trigger says.
    pub async fn send_to_servicenow(&self, ticket: &str, connection: &str) -> Answer<()> {
        self.require(Role::Operator, "tickets.send", ticket).await?;
        let (connection, sides) = self.working(connection).await?;
        let (store, clock) = (&self.parts.store, self.parts.clock.as_ref());
        let link = link_of_ticket(store, clock, &connection, &sides, ticket, Asked::Person).await.map_err(failed)?;
        let (link, _) = link.map_err(|why| not_entering("The ticket does not go to ServiceNow.", &why))?;
        self.link(&link, "tickets.send", ticket, &connection.id).await?;
        self.after_edit(ticket);
        Ok(())
    }

    /// A person pulls a record, known by its number or sys_id, whatever the trigger says. Answers its number.
    pub async fn pull(&self, connection: &str, record: &str) -> Answer<String> {
        self.require(Role::Operator, "connections.pull", connection).await?;
        let (connection, sides) = self.working(connection).await?;
        let record = record.trim();
        let refused = |why: &str| not_entering("The record is not pulled.", why).about("record");
        if record.is_empty() || !record.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(refused("A number such as INC0010001, or a sys_id, has letters and digits only."));
        }
        let id = if is_sys_id(record) { Some(record.to_owned()) } else { self.id_of(&connection, record).await? };
        let id = id.ok_or_else(|| {
            refused(&format!("Table {} shows the connection's user no record {record}.", connection.rules.table))
        })?;
        if let Some(link) = self.parts.store.link_of(&connection.id, &id).await.or_trouble()? {
            return Err(refused(&format!("{} is linked already, or was once.", link.servicenow_number)));
        }
        let clock = self.parts.clock.as_ref();
        let entering = link_of_record(clock, &connection, &sides, &id, Asked::Person).await;
        let (link, record) = entering.map_err(|failure| connect::trouble(&failure))?.map_err(|why| refused(&why))?;
        self.link(&link, "connections.pull", &connection.id, &record.number).await?;
        self.parts.wake.wake();
        self.parts.news.moved(&connection.id);
        Ok(record.number)
    }

    async fn id_of(&self, connection: &Connection, number: &str) -> Answer<Option<String>> {
        let side = self.parts.connectors.servicenow(connection).await.map_err(|failure| connect::trouble(&failure))?;
        side.find_by_number(&number.to_uppercase()).await.map_err(|failure| connect::trouble(&failure))
    }

    /// The link, its audit, and somebody to do the rest.
    async fn link(&self, link: &Link, action: &str, subject: &str, detail: &str) -> Answer<()> {
        let clock = self.parts.clock.as_ref();
        let mut tx = self.begin().await?;
        if !tx.add_link(link).await.or_trouble()? {
            return Err(not_entering("Nothing was done.", "It was linked in this very moment."));
        }
        let (connection, record) = (&link.connection_id, &link.servicenow_id);
        queue::look_at(&mut tx, connection, record, Urgency::Live, clock).await.or_trouble()?;
        self.audit(&mut tx, action, subject, detail, false).await?;
        self.commit(tx).await
    }

    /// A connection that is authorized, with its sides.
    async fn working(&self, id: &str) -> Answer<(Connection, Sides)> {
        let connection = self.connection_of(id).await?;
        if connection.state == State::Draft {
            let todo = "Open it and press \"Authorize in ServiceNow\".";
            let what = "The connection cannot do this yet.";
            return Err(Trouble::new("CONN-NOT-AUTHORIZED", what, "Nobody has authorized it in ServiceNow.", todo));
        }
        let sides = self.parts.connectors.of(&connection, Pace::Live).await;
        Ok((connection, sides.map_err(|failure| connect::trouble(&failure))?))
    }
}

fn is_sys_id(record: &str) -> bool {
    record.len() == 32
}

fn not_entering(what: &str, why: &str) -> Trouble {
    Trouble::new(
        "NOT-ENTERING",
        what,
        why,
        "Change the record, or have an administrator change the connection's settings.",
    )
}

fn failed(error: SyncError) -> Trouble {
    match error {
        SyncError::Failure(failure) => connect::trouble(&failure),
        SyncError::Store(error) => broken(&error),
        SyncError::Stopped => connect::trouble(&Failure::Moved),
    }
}
