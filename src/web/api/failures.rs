//! Dead letters, as programs read them, try them again or give them up.

use super::answer::{Answer, Body, Id, List, Otherwise, PageOf, Query, moment, page};
use crate::operations::Operations;
use app::model::{FailurePage, FailureRow};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Failure {
    pub id: String,
    pub connection: String,
    /// The record's number in ServiceNow; empty when there is no link
    pub reference: String,
    pub ticket_id: String,
    pub ticket_number: String,
    /// What was to be done
    pub what: String,
    /// The value that was to be written
    pub wanted: String,
    pub problem: String,
    pub attempts: i64,
    #[schema(format = DateTime)]
    pub since: String,
}

impl From<FailureRow> for Failure {
    fn from(row: FailureRow) -> Self {
        Self {
            since: moment(row.since),
            id: row.id,
            connection: row.connection,
            reference: row.reference,
            ticket_id: row.ticket_id,
            ticket_number: row.ticket_number,
            what: row.what,
            wanted: row.wanted,
            problem: row.problem,
            attempts: row.attempts,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct FailureInFull {
    #[serde(flatten)]
    pub failure: Failure,
    pub connection_id: String,
    /// Failures with the same cause are repaired by one fix
    pub cause: String,
    /// `open`, `retried`, `discarded` or `settled`
    pub state: String,
    /// Why it was discarded
    pub reason: String,
    pub closed_by: String,
    #[schema(required, format = DateTime)]
    pub closed_at: Option<String>,
}

impl From<FailurePage> for FailureInFull {
    fn from(page: FailurePage) -> Self {
        Self {
            failure: page.row.into(),
            connection_id: page.connection_id,
            cause: page.cause,
            state: page.state,
            reason: page.reason,
            closed_by: page.closed_by,
            closed_at: page.closed.map(moment),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenUp {
    /// For whoever finds the sides different later
    #[schema(min_length = 1)]
    pub reason: String,
}

/// List open failures, the oldest first
#[utoipa::path(get, path = "/failures", tag = "Failures", operation_id = "list_failures", params(PageOf),
    responses((status = 200, body = List<Failure>), Otherwise))]
pub async fn list(
    Extension(operations): Extension<Operations>,
    Query(asked): Query<PageOf>,
) -> Answer<Json<List<Failure>>> {
    let (after, limit) = page(asked.after.as_deref(), asked.limit)?;
    Ok(List::of(operations.failures_behind(&asked.connection.unwrap_or_default(), &after, limit).await?))
}

/// Read one failure
#[utoipa::path(get, path = "/failures/{id}", tag = "Failures", operation_id = "read_failure",
    params(("id" = String, Path)), responses((status = 200, body = FailureInFull), Otherwise))]
pub async fn one(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<Json<FailureInFull>> {
    Ok(Json(operations.open_failure(&id).await?.into()))
}

/// Try a failed write again
#[utoipa::path(post, path = "/failures/{id}/retry", tag = "Failures", operation_id = "retry_failure",
    params(("id" = String, Path)), responses((status = 204), Otherwise))]
pub async fn retry(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<StatusCode> {
    operations.retry(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a failed write up, for just this value
#[utoipa::path(post, path = "/failures/{id}/discard", tag = "Failures", operation_id = "discard_failure",
    params(("id" = String, Path)), request_body = GivenUp, responses((status = 204), Otherwise))]
pub async fn discard(
    Extension(operations): Extension<Operations>,
    Id(id): Id,
    Body(given_up): Body<GivenUp>,
) -> Answer<StatusCode> {
    operations.discard(&id, &given_up.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
