//! Reconcile runs, as programs begin, read and stop them.

use super::answer::{Answer, Body, Id, List, Otherwise, Page, Query, moment, no_such_thing, page};
use crate::operations::Operations;
use app::model::RunRow;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Run {
    pub id: String,
    /// `dry`, `healing` or `backfill`
    pub kind: String,
    /// `running`, `stopped`, `done` or `cancelled`
    pub state: String,
    pub begun_by: String,
    #[schema(format = DateTime)]
    pub begun_at: String,
    #[schema(required, format = DateTime)]
    pub ended_at: Option<String>,
    /// The links when it began
    pub links: i64,
    /// Links and records that were looked at
    pub looked: i64,
    /// Records that differ: written by a healing run
    pub touched: i64,
    pub differences: i64,
    /// So many may be touched before a person is asked
    pub allowed: i64,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        Self {
            begun_at: moment(row.begun),
            ended_at: row.ended.map(moment),
            id: row.id,
            kind: row.kind,
            state: row.state,
            begun_by: row.begun_by,
            links: row.links,
            looked: row.looked,
            touched: row.touched,
            differences: row.differences,
            allowed: row.allowed,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// Whether what differs is written; otherwise it is only listed
    pub heals: bool,
}

/// List a connection's reconcile runs, the newest first
#[utoipa::path(get, path = "/connections/{id}/runs", tag = "Reconcile runs", operation_id = "list_runs",
    params(("id" = String, Path), Page), responses((status = 200, body = List<Run>), Otherwise))]
pub async fn list(
    Extension(operations): Extension<Operations>,
    Id(id): Id,
    Query(asked): Query<Page>,
) -> Answer<Json<List<Run>>> {
    let (after, limit) = page(asked.after.as_deref(), asked.limit)?;
    Ok(List::of(operations.runs_behind(&id, &after, limit).await?))
}

/// Begin a reconcile run
#[utoipa::path(post, path = "/connections/{id}/runs", tag = "Reconcile runs", operation_id = "begin_run",
    params(("id" = String, Path)), request_body = NewRun, responses((status = 201, body = Run), Otherwise))]
pub async fn begin(
    Extension(operations): Extension<Operations>,
    Id(id): Id,
    Body(run): Body<NewRun>,
) -> Answer<(StatusCode, Json<Run>)> {
    operations.begin_reconcile(&id, run.heals).await?;
    // A connection has one at a time, so the newest is it.
    let (mut newest, _) = operations.runs_behind(&id, "", 1).await?;
    let run = newest.pop().ok_or_else(no_such_thing)?;
    Ok((StatusCode::CREATED, Json(run.into())))
}

/// Read one reconcile run
#[utoipa::path(get, path = "/runs/{id}", tag = "Reconcile runs", operation_id = "read_run",
    params(("id" = String, Path)), responses((status = 200, body = Run), Otherwise))]
pub async fn one(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<Json<Run>> {
    Ok(Json(operations.see_run(&id, 1).await?.row.into()))
}

/// Stop a run until somebody lets it go on
#[utoipa::path(post, path = "/runs/{id}/stop", tag = "Reconcile runs", operation_id = "stop_run",
    params(("id" = String, Path)), responses((status = 204), Otherwise))]
pub async fn stop(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<StatusCode> {
    operations.put_run_aside(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let a stopped run go on, past the breaker
#[utoipa::path(post, path = "/runs/{id}/continue", tag = "Reconcile runs", operation_id = "continue_run",
    params(("id" = String, Path)), responses((status = 204), Otherwise))]
pub async fn go_on(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<StatusCode> {
    operations.let_run_go_on(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
