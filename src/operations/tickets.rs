//! Desk's tickets, as people read and edit them.

use super::show::{ReaderZone, when, when_any};
use super::{Operations, OrTrouble, not_found};
use crate::clock;
use crate::connectors::servicenow::Instance;
use crate::desk::files::size_in_words;
use crate::desk::{
    self, CUSTOM, DESCRIPTION_LENGTH, KINDS, MORE_LENGTH, More, MoreValue, Moved, PRIORITIES, STATUSES, TITLE_LENGTH,
};
use crate::queue;
use crate::store::{Change, ConflictState, Link, LinkState, Source, State, Ticket, Tx, Urgency};
use app::api::Answer;
use app::error::Trouble;
use app::model::{
    CommentRow, DeskUser, FieldMove, FileRow, MoreField, Role, SyncLine, TicketEdit, TicketForm, TicketPage,
};
use merge::{Rules, Side};
use std::sync::Arc;

const COMMENT_LENGTH: usize = 4000;

impl Operations {
    pub async fn open_ticket(&self, id: &str) -> Answer<TicketPage> {
        self.require(Role::Viewer, "tickets.read", id).await?;
        let store = &self.parts.store;
        let ticket = self.ticket_row(id).await?;
        let rules = self.rules().await?;
        let rules: Vec<&Rules> = rules.iter().map(AsRef::as_ref).collect();
        let users = store.desk_users().await.or_trouble()?;
        let user = |id: &Option<String>| users.iter().find(|user| Some(&user.id) == id.as_ref());
        let comments = store.comments(id).await.or_trouble()?;
        let edits = store.edits(id).await.or_trouble()?;
        let files = store.files(id).await.or_trouble()?;
        let sync = match store.link_of_ticket(id).await.or_trouble()? {
            Some(link) => self.sync_line(link).await?,
            None => None,
        };
        let zone = ReaderZone::now();
        let may_go_to = if sync.is_none() { self.sending_connections().await? } else { Vec::new() };
        Ok(TicketPage {
            may_go_to,
            owner_email: user(&ticket.owner_id).map(|user| user.email.clone()).unwrap_or_default(),
            requestor: user(&ticket.requestor_id).map(|user| user.name.clone()).unwrap_or_default(),
            zone: zone.name().to_owned(),
            due: ticket.due_at.map(|at| zone.input(at)).unwrap_or_default(),
            created: when(ticket.opened_at),
            updated: when(ticket.updated_at),
            closed: ticket.closed_at.and_then(when_any),
            comments: comments
                .into_iter()
                .map(|row| CommentRow {
                    id: row.id,
                    author: row.author,
                    at: when(row.at),
                    body: row.body,
                    internal: row.internal == 1,
                    from: row.written_in,
                })
                .collect(),
            files: files
                .into_iter()
                .map(|row| FileRow {
                    id: row.id,
                    name: row.name,
                    size: size_in_words(u64::try_from(row.size).unwrap_or_default()),
                    author: row.author,
                    at: when(row.at),
                    from: row.written_in,
                })
                .collect(),
            file_limit: size_in_words(self.parts.file_limit),
            edits: edits
                .into_iter()
                .map(|row| {
                    let moved: Vec<Moved> = serde_json::from_str(&row.fields).unwrap_or_default();
                    let fields = moved
                        .into_iter()
                        .map(|moved| FieldMove {
                            field: moved.field,
                            from: moved.from,
                            to: moved.to,
                            why: String::new(),
                        })
                        .collect();
                    TicketEdit { at: when(row.at), who: row.who, fields }
                })
                .collect(),
            sync,
            statuses: desk::choices(&STATUSES, &rules, "status"),
            kinds: desk::choices(&KINDS, &rules, "kind"),
            priorities: desk::choices(&PRIORITIES, &rules, "priority"),
            more: desk::more_fields(&ticket, &rules).into_iter().map(|more| more_row(more, &rules, &zone)).collect(),
            labels: ticket.labels.split(", ").filter(|label| !label.is_empty()).map(ToOwned::to_owned).collect(),
            users: users.into_iter().map(|user| DeskUser { id: user.id, name: user.name, email: user.email }).collect(),
            id: ticket.id,
            number: ticket.number,
            title: ticket.title,
            description: ticket.description,
            status: ticket.status,
            kind: ticket.kind,
            priority: ticket.priority,
        })
    }

    /// The page of the ticket's record on the instance.
    pub async fn record_address(&self, ticket: &str) -> Answer<String> {
        self.require(Role::Viewer, "tickets.read", ticket).await?;
        let link = self.parts.store.link_of_ticket(ticket).await.or_trouble()?.ok_or_else(|| not_found("link"))?;
        let connection = self.connection_of(&link.connection_id).await?;
        Ok(Instance::page_of(&connection.address, &connection.rules.table, &link.servicenow_id))
    }

    pub(super) async fn ticket_row(&self, id: &str) -> Answer<Ticket> {
        let store = &self.parts.store;
        if let Some(ticket) = store.ticket(id).await.or_trouble()? {
            return Ok(ticket);
        }
        let Some(left) = store.tombstone(id).await.or_trouble()? else {
            return Err(not_found("ticket"));
        };
        Err(Trouble::new(
            "TICKET-GONE",
            &format!("{} was deleted.", left.number),
            &format!("{} did so at {} UTC.", left.deleted_by, clock::in_words(left.deleted_at)),
            "Nothing: a deleted ticket does not come back.",
        ))
    }

    /// The mappings in use.
    pub(super) async fn rules(&self) -> Answer<Vec<Arc<Rules>>> {
        let connections = self.parts.store.connections().await.or_trouble()?;
        Ok(connections.into_iter().map(|connection| connection.rules).collect())
    }

    /// Where a ticket without a link may be sent, by id and name.
    async fn sending_connections(&self) -> Answer<Vec<(String, String)>> {
        let connections = self.parts.store.connections().await.or_trouble()?.into_iter();
        let sending = connections.filter(|one| one.state != State::Draft && one.rules.creates_in_servicenow());
        Ok(sending.map(|connection| (connection.id, connection.name)).collect())
    }

    async fn sync_line(&self, link: Link) -> Answer<Option<SyncLine>> {
        let store = &self.parts.store;
        let Some(connection) = store.connection(&link.connection_id).await.or_trouble()? else {
            return Ok(None);
        };
        let lane = queue::lane(&connection.id, &link.servicenow_id);
        let given_up = store.held_letters(&lane).await.or_trouble()?;
        let given_up = given_up.iter().filter(|letter| !letter.is_open()).map(super::failures::given_up);
        let lane = store.lane_state(&lane).await.or_trouble()?;
        let open = store.conflicts_of(&link.id).await.or_trouble()?;
        let conflict = open.into_iter().find(|conflict| conflict.state == ConflictState::Open);
        let (state, note) = match lane {
            Some((state, problem)) if state == "buried" => ("needs you", problem),
            Some((_, problem)) => ("waiting", problem),
            None if !link.note.is_empty() => ("needs you", link.note.clone()),
            None if link.state == LinkState::Unlinked => {
                ("unlinked", "The two are not kept the same any longer. The history says why.".to_owned())
            }
            None if link.gone.is_some() => {
                ("partner gone", "ServiceNow's record was deleted. The history says what was done then.".to_owned())
            }
            None => match &conflict {
                Some(conflict) => ("needs you", format!("{} has different values on the two sides.", conflict.rule)),
                None => ("in sync", given_up.collect::<Vec<_>>().join(" ")),
            },
        };
        Ok(Some(SyncLine {
            link: link.id.clone(),
            record_url: Instance::page_of(&connection.address, &connection.rules.table, &link.servicenow_id),
            connection_id: connection.id,
            connection: connection.name,
            reference: if link.awaits_record() { "being made".to_owned() } else { link.servicenow_number },
            conflict: conflict.map(|conflict| conflict.id).unwrap_or_default(),
            state: state.to_owned(),
            note,
            since: when(link.changed_at),
        }))
    }

    /// Applies what the person changed on the form, and nothing of what they only saw.
    pub async fn save_ticket(&self, form: TicketForm) -> Answer<()> {
        let who = self.require(Role::Operator, "tickets.edit", &form.id).await?.name.clone();
        let rules = self.rules().await?;
        let zone = ReaderZone::named(&form.zone);
        self.change_ticket(&who, &rules, &form.id, &form.changed(), &zone).await.map(|_| ())
    }

    /// Answers whether anything is another than before. `zone` is that of the moments.
    pub(super) async fn change_ticket(
        &self,
        who: &str,
        rules: &[Arc<Rules>],
        id: &str,
        fields: &[(String, String)],
        zone: &ReaderZone,
    ) -> Answer<bool> {
        let before = self.ticket_row(id).await?;
        let rules: Vec<&Rules> = rules.iter().map(AsRef::as_ref).collect();
        let mut after = before.clone();
        for (field, value) in fields {
            let value = value.as_str();
            match field.as_str() {
                "title" => after.title = title(value)?,
                "description" => after.description = description(value)?,
                "status" => after.status = one_of("status", value, &STATUSES, &rules)?,
                "kind" => after.kind = one_of("kind", value, &KINDS, &rules)?,
                "priority" => after.priority = one_of("priority", value, &PRIORITIES, &rules)?,
                "severity" if value.is_empty() => after.severity.clear(),
                "severity" => after.severity = one_of("severity", value, &[], &rules)?,
                "labels" => after.labels = desk::labels(&more(field, value)?),
                "account" => after.account = more(field, value)?,
                "contact" => after.contact = more(field, value)?,
                "due" => after.due_at = moment(field, value, zone)?,
                "snoozed_until" => after.snoozed_until = moment(field, value, zone)?,
                "owner_email" => after.owner_id = self.owner(value).await?,
                custom => {
                    let is_there = desk::more_fields(&before, &rules).iter().any(|more| more.name == custom);
                    let name = custom.strip_prefix(CUSTOM).filter(|_| is_there).ok_or_else(|| not_found("field"))?;
                    desk::set_custom(&mut after, name, &more(field, value)?);
                }
            }
        }
        let mut tx = self.begin().await?;
        let (after, moved) =
            desk::save_edited(&mut tx, &before, after, who, self.parts.clock.as_ref()).await.or_trouble()?;
        if moved.is_empty() {
            return Ok(false);
        }
        let fields: Vec<&str> = moved.iter().map(|moved| moved.field.as_str()).collect();
        self.audit(&mut tx, "tickets.edit", id, &fields.join(", "), false).await?;
        self.tell_sync(&mut tx, &after.id).await?;
        self.commit(tx).await?;
        self.after_edit(id);
        Ok(true)
    }

    /// For good: what is left is a tombstone, by which the sync knows who deleted it and when.
    pub async fn remove_ticket(&self, id: &str) -> Answer<()> {
        let who = self.require(Role::Admin, "tickets.delete", id).await?.name.clone();
        let ticket = self.ticket_row(id).await?;
        let mut tx = self.begin().await?;
        tx.delete_ticket(id, &who, self.parts.clock.now()).await.or_trouble()?;
        self.audit(&mut tx, "tickets.delete", id, &ticket.number, false).await?;
        self.tell_sync(&mut tx, id).await?;
        self.commit(tx).await?;
        self.after_edit(id);
        Ok(())
    }

    async fn owner(&self, email: &str) -> Answer<Option<String>> {
        if email.is_empty() {
            return Ok(None);
        }
        let user = self.parts.store.desk_user_by_email(email).await.or_trouble()?;
        user.map(|user| Some(user.id)).ok_or_else(|| {
            Trouble::new(
                "TICKET-OWNER",
                "There is no such owner.",
                "No user of Desk has this e-mail.",
                "Choose one from the list.",
            )
            .about("owner_email")
        })
    }

    pub async fn add_comment(&self, ticket: &str, body: &str, internal: bool) -> Answer<()> {
        let who = self.require(Role::Operator, "tickets.comment", ticket).await?.name.clone();
        let body = body.replace("\r\n", "\n");
        let body = body.trim();
        if body.is_empty() {
            return Err(Trouble::new(
                "COMMENT-EMPTY",
                "There is no comment yet.",
                "The box is empty.",
                "Type something.",
            )
            .about("body"));
        }
        if body.chars().count() > COMMENT_LENGTH {
            let todo = format!("Shorten it to {COMMENT_LENGTH} characters, or split it.");
            let why = "ServiceNow would cut it.";
            return Err(Trouble::new("COMMENT-LONG", "The comment is too long.", why, &todo).about("body"));
        }
        self.ticket_row(ticket).await?;
        let mut tx = self.begin().await?;
        desk::add_comment(&mut tx, ticket, &who, body, internal, self.parts.clock.as_ref()).await.or_trouble()?;
        self.audit(&mut tx, "tickets.comment", ticket, if internal { "internal" } else { "public" }, false).await?;
        self.tell_sync(&mut tx, ticket).await?;
        self.commit(tx).await?;
        self.after_edit(ticket);
        Ok(())
    }

    /// A person's edit is a change like any other: kept with it, and somebody looks. A ticket without a link is looked at
    /// by every connection that may send it to ServiceNow.
    pub(super) async fn tell_sync(&self, tx: &mut Tx, ticket: &str) -> Answer<()> {
        let clock = self.parts.clock.as_ref();
        let touches = tx.touch_ticket(ticket, clock.now()).await.or_trouble()?;
        let records = if let Some(link) = tx.link_of_ticket(ticket).await.or_trouble()? {
            vec![(link.connection_id, link.servicenow_id)]
        } else {
            let connections = tx.connections().await.or_trouble()?.into_iter();
            let sending = connections.filter(|connection| connection.rules.creates_in_servicenow());
            sending.map(|connection| (connection.id, queue::ticket(ticket))).collect()
        };
        for (connection, record) in records {
            let change = Change {
                id: &clock.id(),
                connection_id: &connection,
                event_key: &desk::state_key(ticket, touches),
                source: Source::Person,
                side: Side::Platform,
                record_id: &record,
                arrived_at: clock.now(),
            };
            tx.keep_change(&change).await.or_trouble()?;
            queue::look_at(tx, &connection, &record, Urgency::Live, clock).await.or_trouble()?;
        }
        Ok(())
    }

    pub(super) fn after_edit(&self, ticket: &str) {
        self.parts.wake.wake();
        self.parts.news.ticket(ticket);
    }
}

pub(super) fn title(text: &str) -> Answer<String> {
    let text = text.trim();
    let trouble = |what: &str, why: &str, todo: &str| Err(Trouble::new("TICKET-TITLE", what, why, todo).about("title"));
    if text.is_empty() {
        return trouble("The title is missing.", "A ticket is found by it.", "Type a title.");
    }
    if text.chars().count() > TITLE_LENGTH {
        let todo = format!("Shorten it to {TITLE_LENGTH} characters; the rest belongs in the description.");
        return trouble("The title is too long.", "ServiceNow would cut it.", &todo);
    }
    Ok(text.to_owned())
}

pub(super) fn description(text: &str) -> Answer<String> {
    if text.chars().count() > DESCRIPTION_LENGTH {
        let todo = format!("Shorten it to {DESCRIPTION_LENGTH} characters.");
        return Err(Trouble::new(
            "TICKET-DESCRIPTION",
            "The description is too long.",
            "ServiceNow would cut it.",
            &todo,
        )
        .about("description"));
    }
    Ok(text.trim_end().to_owned())
}

pub(super) fn one_of(field: &str, value: &str, own: &[&str], rules: &[&Rules]) -> Answer<String> {
    let choices = desk::choices(own, rules, field);
    if choices.iter().any(|choice| choice == value) {
        return Ok(value.to_owned());
    }
    let why = format!("\"{value}\" is not among: {}.", choices.join(", "));
    Err(Trouble::new("TICKET-CHOICE", &format!("The {field} is none that Desk has."), &why, "Choose one of them.")
        .about(field))
}

fn moment(field: &str, text: &str, zone: &ReaderZone) -> Answer<Option<i64>> {
    if text.is_empty() {
        return Ok(None);
    }
    zone.read(text).map(Some).ok_or_else(|| {
        Trouble::new(
            "TICKET-DATE",
            "The date cannot be read.",
            "It is not a date with a time.",
            &format!("Type it as 2026-11-30T17:00, in the zone {}.", zone.name()),
        )
        .about(field)
    })
}

/// The text of a further field.
fn more(field: &str, text: &str) -> Answer<String> {
    if text.chars().count() > MORE_LENGTH {
        let todo = format!("Shorten it to {MORE_LENGTH} characters.");
        return Err(
            Trouble::new("TICKET-LONG", "The text is too long.", "It is more than a field holds.", &todo).about(field)
        );
    }
    Ok(text.trim().to_owned())
}

/// A further field as the form shows it.
fn more_row(more: More, rules: &[&Rules], zone: &ReaderZone) -> MoreField {
    let (kind, value, choices) = match more.value {
        MoreValue::Text(text) => ("text", text, Vec::new()),
        MoreValue::Choice(choice) => ("select", choice, desk::choices(&[""], rules, &more.name)),
        MoreValue::Moment(at) => ("datetime-local", at.map(|at| zone.input(at)).unwrap_or_default(), Vec::new()),
    };
    let (label, hint) = match more.name.as_str() {
        "severity" => ("Severity", ""),
        "labels" => ("Labels", "Separated by commas"),
        "snoozed_until" => ("Snoozed until", zone.name()),
        "account" => ("Account", ""),
        "contact" => ("Contact", ""),
        custom => (custom.strip_prefix(CUSTOM).unwrap_or(custom), "Custom field"),
    };
    MoreField { label: label.to_owned(), hint: hint.to_owned(), kind: kind.to_owned(), value, choices, name: more.name }
}
