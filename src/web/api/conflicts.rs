//! Conflicts, as programs read and decide them.

use super::answer::{Answer, Body, Id, List, Otherwise, PageOf, Query, moment, page};
use crate::operations::Operations;
use app::model::{Choices, ConflictRecord, ConflictRow, ConflictSide, Piece, Taken};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Conflict {
    pub id: String,
    pub connection_id: String,
    pub connection: String,
    /// The record's number in ServiceNow
    pub reference: String,
    pub record_url: String,
    pub ticket_id: String,
    pub ticket_number: String,
    pub field: String,
    pub servicenow: Side,
    /// The value that both sides last agreed on; null where they never did
    #[schema(required)]
    pub base: Option<String>,
    pub platform: Side,
    pub why: String,
    /// `open`, `chosen`, `resolved` or `withdrawn`
    pub state: String,
    pub chosen_by: String,
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// Goes back with a choice: it is for these values and no others
    pub version: i64,
}

/// What a side holds, and who put it there as far as the side tells
#[derive(Serialize, ToSchema)]
pub struct Side {
    pub value: String,
    pub who: String,
    #[schema(required, format = DateTime)]
    pub at: Option<String>,
}

impl From<ConflictSide> for Side {
    fn from(side: ConflictSide) -> Self {
        Self { value: whole(side.value), who: side.who, at: side.at.map(moment) }
    }
}

/// A text of which some words are marked.
fn whole(pieces: Vec<Piece>) -> String {
    pieces.into_iter().map(|piece| piece.text).collect()
}

impl From<(ConflictRecord, ConflictRow)> for Conflict {
    fn from((record, row): (ConflictRecord, ConflictRow)) -> Self {
        Self {
            servicenow: row.servicenow.into(),
            platform: row.platform.into(),
            opened_at: moment(row.opened),
            id: row.id,
            connection_id: record.connection_id,
            connection: record.connection,
            reference: record.reference,
            record_url: record.record_url,
            ticket_id: record.ticket_id,
            ticket_number: record.ticket_number,
            field: row.field,
            base: row.base.map(whole),
            why: row.why,
            state: row.state,
            chosen_by: row.chosen_by,
            version: row.version,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Of the conflict as it was read
    pub version: i64,
    pub take: Take,
    /// With `value`: as a person would type it
    #[serde(default)]
    pub value: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    Servicenow,
    /// What both sides last agreed on
    Base,
    Platform,
    Value,
}

/// List conflicts that are not over, the oldest first
#[utoipa::path(get, path = "/conflicts", tag = "Conflicts", operation_id = "list_conflicts", params(PageOf),
    responses((status = 200, body = List<Conflict>), Otherwise))]
pub async fn list(
    Extension(operations): Extension<Operations>,
    Query(asked): Query<PageOf>,
) -> Answer<Json<List<Conflict>>> {
    let (after, limit) = page(asked.after.as_deref(), asked.limit)?;
    Ok(List::of(operations.conflicts_behind(&asked.connection.unwrap_or_default(), &after, limit).await?))
}

/// Read one conflict
#[utoipa::path(get, path = "/conflicts/{id}", tag = "Conflicts", operation_id = "read_conflict",
    params(("id" = String, Path)), responses((status = 200, body = Conflict), Otherwise))]
pub async fn one(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<Json<Conflict>> {
    Ok(Json(operations.one_conflict(&id).await?.into()))
}

/// Choose a value; it goes out as soon as a worker looks at the pair
#[utoipa::path(post, path = "/conflicts/{id}/choose", tag = "Conflicts", operation_id = "choose_value",
    params(("id" = String, Path)), request_body = Chosen, responses((status = 200, body = Conflict), Otherwise))]
pub async fn choose(
    Extension(operations): Extension<Operations>,
    Id(id): Id,
    Body(chosen): Body<Chosen>,
) -> Answer<Json<Conflict>> {
    let take = match chosen.take {
        Take::Servicenow => "servicenow",
        Take::Base => "base",
        Take::Platform => "platform",
        Take::Value => "value",
    };
    let (record, row) = operations.one_conflict(&id).await?;
    let taken = Taken { version: chosen.version, take: take.to_owned(), value: chosen.value };
    operations.choose(Choices { link: record.link, fields: BTreeMap::from([(row.key(), taken)]) }).await?;
    Ok(Json(operations.one_conflict(&id).await?.into()))
}
