//! Desk's tickets, as programs read and edit them.

use super::answer::{Answer, Body, Id, List, Otherwise, Query, moment, page};
use crate::operations::Operations;
use app::model::{CommentRow, NewTicket, ShownFields, SyncLine, TicketForm, TicketPage};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct Ticket {
    pub id: String,
    /// `TKT0000012`
    pub number: String,
    pub title: String,
    pub description: String,
    pub status: String,
    /// The ticket's type
    pub kind: String,
    pub priority: String,
    /// The owner's e-mail; empty when nobody owns it
    pub owner_email: String,
    pub requestor: String,
    /// `2026-11-30T17:00` in UTC; empty when there is none
    pub due: String,
    /// Further fields by name, such as `labels` or `custom.service`
    pub more: BTreeMap<String, String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
    #[schema(required, format = DateTime)]
    pub closed_at: Option<String>,
    /// The record in ServiceNow that it is kept the same with; null while there is none
    #[schema(required)]
    pub link: Option<Link>,
    pub comments: Vec<Comment>,
}

#[derive(Serialize, ToSchema)]
pub struct Link {
    pub connection_id: String,
    pub connection: String,
    /// The record's number
    pub reference: String,
    /// The record's page on the instance
    pub record_url: String,
    /// Such as `in sync`, `waiting`, `needs you`
    pub state: String,
    /// Why, when it is not in sync
    pub note: String,
    #[schema(format = DateTime)]
    pub since: String,
}

#[derive(Serialize, ToSchema)]
pub struct Comment {
    pub id: String,
    pub author: String,
    #[schema(format = DateTime)]
    pub at: String,
    pub body: String,
    /// For the desk's own people
    pub internal: bool,
    /// The side on which it was written: `Desk` or `ServiceNow`
    pub written_in: String,
}

impl From<TicketPage> for Ticket {
    fn from(page: TicketPage) -> Self {
        Self {
            id: page.id,
            number: page.number,
            title: page.title,
            description: page.description,
            status: page.status,
            kind: page.kind,
            priority: page.priority,
            owner_email: page.owner_email,
            requestor: page.requestor,
            due: page.due,
            more: page.more.into_iter().map(|more| (more.name, more.value)).collect(),
            created_at: moment(page.created),
            updated_at: moment(page.updated),
            closed_at: page.closed.map(moment),
            link: page.sync.map(Link::from),
            comments: page.comments.into_iter().map(Comment::from).collect(),
        }
    }
}

impl From<SyncLine> for Link {
    fn from(line: SyncLine) -> Self {
        Self {
            connection_id: line.connection_id,
            connection: line.connection,
            reference: line.reference,
            record_url: line.record_url,
            state: line.state,
            note: line.note,
            since: moment(line.since),
        }
    }
}

impl From<CommentRow> for Comment {
    fn from(row: CommentRow) -> Self {
        Self {
            id: row.id,
            author: row.author,
            at: moment(row.at),
            body: row.body,
            internal: row.internal,
            written_in: row.from,
        }
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Only tickets with this status
    status: Option<String>,
    /// `next` of the page before; left away for the first
    #[param(pattern = "^[0-9A-Za-z-]*$")]
    after: Option<String>,
    /// Rows of a page, 50 where it is left away
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketToMake {
    #[schema(min_length = 1, max_length = 160)]
    pub title: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub description: String,
    pub kind: String,
    pub priority: String,
}

/// What is to be changed. A field that is left away stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TicketEdit {
    #[schema(nullable = false)]
    pub title: Option<String>,
    #[schema(nullable = false)]
    pub description: Option<String>,
    #[schema(nullable = false)]
    pub status: Option<String>,
    #[schema(nullable = false)]
    pub kind: Option<String>,
    #[schema(nullable = false)]
    pub priority: Option<String>,
    /// Empty for nobody
    #[schema(nullable = false)]
    pub owner_email: Option<String>,
    /// `2026-11-30T17:00` in UTC; empty for none
    #[schema(nullable = false)]
    pub due: Option<String>,
    /// Further fields by name
    pub more: BTreeMap<String, String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComment {
    #[schema(min_length = 1, max_length = 4000)]
    pub body: String,
    /// For the desk's own people
    #[serde(default)]
    pub internal: bool,
}

/// List tickets, the newest first
#[utoipa::path(get, path = "/tickets", tag = "Tickets", operation_id = "list_tickets", params(Asked),
    responses((status = 200, body = List<Ticket>), Otherwise))]
pub async fn list(
    Extension(operations): Extension<Operations>,
    Query(asked): Query<Asked>,
) -> Answer<Json<List<Ticket>>> {
    let (after, limit) = page(asked.after.as_deref(), asked.limit)?;
    let status = asked.status.unwrap_or_default();
    Ok(List::of(operations.tickets_behind(&status, &after, limit).await?))
}

/// Read one ticket with its comments and its link
#[utoipa::path(get, path = "/tickets/{id}", tag = "Tickets", operation_id = "read_ticket",
    params(("id" = String, Path)), responses((status = 200, body = Ticket), Otherwise))]
pub async fn one(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<Json<Ticket>> {
    Ok(Json(operations.open_ticket(&id).await?.into()))
}

/// Make a ticket. Whether it goes to ServiceNow is for the connections to say
#[utoipa::path(post, path = "/tickets", tag = "Tickets", operation_id = "create_ticket", request_body = TicketToMake,
    responses((status = 201, body = Ticket), Otherwise))]
pub async fn create(
    Extension(operations): Extension<Operations>,
    Body(ticket): Body<TicketToMake>,
) -> Answer<(StatusCode, Json<Ticket>)> {
    let TicketToMake { title, description, kind, priority } = ticket;
    let id = operations.make_ticket(NewTicket { title, description, kind, priority }).await?;
    Ok((StatusCode::CREATED, Json(operations.open_ticket(&id).await?.into())))
}

/// Edit fields of a ticket
#[utoipa::path(patch, path = "/tickets/{id}", tag = "Tickets", operation_id = "edit_ticket",
    params(("id" = String, Path)), request_body = TicketEdit, responses((status = 200, body = Ticket), Otherwise))]
pub async fn edit(
    Extension(operations): Extension<Operations>,
    Id(id): Id,
    Body(edit): Body<TicketEdit>,
) -> Answer<Json<Ticket>> {
    let page = operations.open_ticket(&id).await?;
    operations.save_ticket(form(page, edit)).await?;
    Ok(Json(operations.open_ticket(&id).await?.into()))
}

/// As the ticket's own page sends it: what was shown, and what is wanted now.
fn form(page: TicketPage, edit: TicketEdit) -> TicketForm {
    let shown = ShownFields {
        title: page.title,
        description: page.description,
        status: page.status,
        kind: page.kind,
        priority: page.priority,
        owner_email: page.owner_email,
        due: page.due,
        more: page.more.into_iter().map(|more| (more.name, more.value)).collect(),
    };
    let wanted = |value: Option<String>, shown: &String| value.unwrap_or_else(|| shown.clone());
    TicketForm {
        id: page.id,
        zone: page.zone,
        title: wanted(edit.title, &shown.title),
        description: wanted(edit.description, &shown.description),
        status: wanted(edit.status, &shown.status),
        kind: wanted(edit.kind, &shown.kind),
        priority: wanted(edit.priority, &shown.priority),
        owner_email: wanted(edit.owner_email, &shown.owner_email),
        due: wanted(edit.due, &shown.due),
        more: edit.more,
        shown: Some(shown),
    }
}

/// Comment on a ticket
#[utoipa::path(post, path = "/tickets/{id}/comments", tag = "Tickets", operation_id = "comment_on_ticket",
    params(("id" = String, Path)), request_body = NewComment, responses((status = 201, body = Ticket), Otherwise))]
pub async fn comment(
    Extension(operations): Extension<Operations>,
    Id(id): Id,
    Body(comment): Body<NewComment>,
) -> Answer<(StatusCode, Json<Ticket>)> {
    operations.add_comment(&id, &comment.body, comment.internal).await?;
    Ok((StatusCode::CREATED, Json(operations.open_ticket(&id).await?.into())))
}
