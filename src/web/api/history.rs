//! What moved and why, for programs.

use super::answer::{Answer, Id, List, Otherwise, Query, moment, page};
use crate::operations::Operations;
use app::model::{ChangeRow, ChangeStory, FieldStory};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct Change {
    pub id: String,
    #[schema(format = DateTime)]
    pub at: String,
    pub connection: String,
    /// The record's number in ServiceNow
    pub reference: String,
    pub ticket_id: String,
    pub ticket_number: String,
    /// `to_platform`, `to_servicenow`, or empty
    pub direction: String,
    /// Such as `linked`, `fields`, `comment`, `conflict` or `problem`
    pub kind: String,
    /// What moved
    pub summary: String,
    /// Who made the edit, when a side told
    pub who: String,
}

impl From<ChangeRow> for Change {
    fn from(row: ChangeRow) -> Self {
        Self {
            at: moment(row.at),
            id: row.id,
            connection: row.connection,
            reference: row.reference,
            ticket_id: row.ticket_id,
            ticket_number: row.ticket_number,
            direction: row.direction,
            kind: row.kind,
            summary: row.summary,
            who: row.who,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Story {
    #[serde(flatten)]
    pub change: Change,
    pub fields: Vec<Field>,
    pub steps: Vec<Step>,
}

/// A field with everything that the merge knew
#[derive(Serialize, ToSchema)]
pub struct Field {
    #[serde(rename = "field")]
    pub name: String,
    pub base: String,
    pub servicenow: String,
    pub platform: String,
    pub result: String,
    pub why: String,
}

impl From<FieldStory> for Field {
    fn from(FieldStory { field, base, servicenow, platform, result, why, .. }: FieldStory) -> Self {
        Self { name: field, base, servicenow, platform, result, why }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Step {
    #[schema(format = DateTime)]
    pub at: String,
    pub what: String,
}

impl From<ChangeStory> for Story {
    fn from(story: ChangeStory) -> Self {
        Self {
            change: story.row.into(),
            fields: story.fields.into_iter().map(Field::from).collect(),
            steps: story.steps.into_iter().map(|(at, what)| Step { at: moment(at), what }).collect(),
        }
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Only changes of this connection
    connection: Option<String>,
    /// Only changes of this ticket, by its id
    ticket: Option<String>,
    /// `next` of the page before; left away for the first
    #[param(pattern = "^[0-9A-Za-z-]*$")]
    after: Option<String>,
    /// Rows of a page, 50 where it is left away
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// List changes, the newest first
#[utoipa::path(get, path = "/history", tag = "History", operation_id = "list_history", params(Asked),
    responses((status = 200, body = List<Change>), Otherwise))]
pub async fn list(
    Extension(operations): Extension<Operations>,
    Query(asked): Query<Asked>,
) -> Answer<Json<List<Change>>> {
    let (after, limit) = page(asked.after.as_deref(), asked.limit)?;
    let (connection, ticket) = (asked.connection.unwrap_or_default(), asked.ticket.unwrap_or_default());
    Ok(List::of(operations.history_behind(&connection, &ticket, &after, limit).await?))
}

/// Read one change with its full story
#[utoipa::path(get, path = "/history/{id}", tag = "History", operation_id = "read_change",
    params(("id" = String, Path)), responses((status = 200, body = Story), Otherwise))]
pub async fn one(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<Json<Story>> {
    Ok(Json(operations.open_change(&id).await?.into()))
}
