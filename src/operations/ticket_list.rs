//! Desk's tickets as a list, and edits of many of them.

use super::show::{ReaderZone, pages, when};
use super::{Operations, OrTrouble};
use crate::desk::{self, PRIORITIES, STATUSES};
use crate::store::{TicketOrder, TicketSearch, TicketStanding};
use app::api::Answer;
use app::error::Trouble;
use app::model::{BulkEdit, BulkEdited, MANY, NOBODY, Role, TicketFilter, TicketList, TicketRow};
use merge::Rules;

const PAGE: i64 = 50;

impl Operations {
    pub async fn list_tickets(&self, filter: TicketFilter) -> Answer<TicketList> {
        self.require(Role::Viewer, "tickets.read", "").await?;
        let page = filter.page.max(1);
        let search = TicketSearch {
            search: filter.search.trim(),
            status: &filter.status,
            connection: &filter.connection,
            standing: standing(&filter.standing),
            order: order(&filter.order),
            limit: PAGE,
            offset: (page - 1) * PAGE,
        };
        let connections = self.parts.store.connections().await.or_trouble()?;
        let rules: Vec<&Rules> = connections.iter().map(|connection| connection.rules.as_ref()).collect();
        let statuses = desk::choices(&STATUSES, &rules, "status");
        let priorities = desk::choices(&PRIORITIES, &rules, "priority");
        let owners = self.parts.store.desk_users().await.or_trouble()?;
        let total = self.parts.store.count_tickets(&search, MANY).await.or_trouble()?;
        let rows = self.parts.store.tickets(&search).await.or_trouble()?;
        let rows = rows
            .into_iter()
            .map(|row| TicketRow {
                id: row.id,
                number: row.number,
                reference: row.reference,
                title: row.title,
                status: row.status,
                kind: row.kind,
                priority: row.priority,
                owner: row.owner.unwrap_or_default(),
                updated: when(row.updated_at),
            })
            .collect();
        Ok(TicketList {
            rows,
            total,
            page,
            pages: pages(total, PAGE),
            statuses,
            priorities,
            owners: owners.into_iter().map(|user| (user.email, user.name)).collect(),
            connections: connections.into_iter().map(|connection| (connection.id, connection.name)).collect(),
        })
    }

    /// Each ticket is an edit of its own: what one refuses does not hold up the others.
    pub async fn save_tickets(&self, edit: BulkEdit) -> Answer<BulkEdited> {
        let who = self.require(Role::Operator, "tickets.edit", "").await?.name.clone();
        let fields = [("status", edit.status), ("priority", edit.priority), ("owner_email", edit.owner_email)];
        let fields: Vec<(String, String)> = fields
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(field, value)| (field.to_owned(), if value == NOBODY { String::new() } else { value }))
            .collect();
        if edit.tickets.is_empty() {
            return Err(Trouble::new(
                "BULK-NOTHING",
                "No ticket is selected.",
                "The change is for the tickets with a tick.",
                "Tick some in the list.",
            ));
        }
        if fields.is_empty() {
            return Err(Trouble::new(
                "BULK-SAME",
                "Nothing is to be changed.",
                "Status, priority and owner are all left as they are.",
                "Choose a value for one of them.",
            ));
        }
        let rules = self.rules().await?;
        let (zone, mut edited) = (ReaderZone::now(), BulkEdited::default());
        for ticket in &edit.tickets {
            match self.change_ticket(&who, &rules, ticket, &fields, &zone).await {
                Ok(true) => edited.changed += 1,
                Ok(false) => edited.same += 1,
                Err(trouble) => edited.refused.push(format!("{} {} {}", trouble.what, trouble.why, trouble.what_to_do)),
            }
        }
        Ok(edited)
    }
}

fn standing(word: &str) -> TicketStanding {
    match word {
        "in-sync" => TicketStanding::InSync,
        "waiting" => TicketStanding::Waiting,
        "not-linked" => TicketStanding::NotLinked,
        "excluded" => TicketStanding::Excluded,
        _ => TicketStanding::Any,
    }
}

fn order(word: &str) -> TicketOrder {
    match word {
        "number" => TicketOrder::Number,
        "title" => TicketOrder::Title,
        "status" => TicketOrder::Status,
        "priority" => TicketOrder::Priority,
        "owner" => TicketOrder::Owner,
        _ => TicketOrder::Updated,
    }
}
