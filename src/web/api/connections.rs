//! Connections, as programs read, test, pause and resume them.

use super::answer::{Answer, Id, List, Otherwise, moment};
use crate::operations::Operations;
use app::model::{Check as Tried, ConnectionRow, ConnectionState};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Connection {
    pub id: String,
    pub name: String,
    /// The instance
    pub address: String,
    /// `production` or `sandbox`
    pub environment: String,
    pub state: State,
    /// Why it is in that state and what to do; empty when there is nothing to say
    pub note: String,
    pub counts: Counts,
    #[schema(required, format = DateTime)]
    pub last_change: Option<String>,
    /// Until the refresh token ends; null before somebody authorized
    #[schema(required)]
    pub days_of_access_left: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not yet authorized in ServiceNow
    Draft,
    Active,
    /// By a person; what arrives waits
    Paused,
    /// Until a person acts
    Held,
    /// Its credentials are gone; links and history are there to be read
    Disconnected,
}

#[derive(Serialize, ToSchema)]
pub struct Counts {
    pub in_sync: i64,
    pub waiting: i64,
    /// Pairs that were taken apart
    pub excluded: i64,
    pub failing: i64,
    pub conflicts: i64,
}

impl From<ConnectionRow> for Connection {
    fn from(row: ConnectionRow) -> Self {
        Self {
            counts: Counts {
                in_sync: row.in_sync,
                waiting: row.waiting,
                excluded: row.excluded,
                failing: row.failing,
                conflicts: row.conflicts,
            },
            state: match row.state {
                ConnectionState::Draft => State::Draft,
                ConnectionState::Active => State::Active,
                ConnectionState::Paused => State::Paused,
                ConnectionState::Held => State::Held,
                ConnectionState::Disconnected => State::Disconnected,
            },
            last_change: row.last_change.map(moment),
            days_of_access_left: row.days_left,
            id: row.id,
            name: row.name,
            address: row.address,
            environment: row.environment,
            note: row.state_note,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Check {
    pub passed: bool,
    /// Such as `CONN-RIGHTS`; empty when passed
    pub code: String,
    pub what: String,
    pub why: String,
    pub what_to_do: String,
}

impl From<Tried> for Check {
    fn from(Tried { passed, code, what, why, what_to_do, .. }: Tried) -> Self {
        Self { passed, code, what, why, what_to_do }
    }
}

/// List all connections
#[utoipa::path(get, path = "/connections", tag = "Connections", operation_id = "list_connections",
    responses((status = 200, body = List<Connection>), Otherwise))]
pub async fn list(Extension(operations): Extension<Operations>) -> Answer<Json<List<Connection>>> {
    Ok(List::of((operations.list_connections().await?, String::new())))
}

/// Read one connection
#[utoipa::path(get, path = "/connections/{id}", tag = "Connections", operation_id = "read_connection",
    params(("id" = String, Path)), responses((status = 200, body = Connection), Otherwise))]
pub async fn one(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<Json<Connection>> {
    Ok(Json(operations.open_connection(&id).await?.row.into()))
}

/// Try what syncing needs, with the connection's token, now
#[utoipa::path(post, path = "/connections/{id}/test", tag = "Connections", operation_id = "test_connection",
    params(("id" = String, Path)), responses((status = 200, body = List<Check>), Otherwise))]
pub async fn test(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<Json<List<Check>>> {
    Ok(List::of((operations.test(&id).await?, String::new())))
}

/// Pause a connection: what arrives waits
#[utoipa::path(post, path = "/connections/{id}/pause", tag = "Connections", operation_id = "pause_connection",
    params(("id" = String, Path)), responses((status = 204), Otherwise))]
pub async fn pause(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<StatusCode> {
    operations.pause(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Resume a paused or held connection
#[utoipa::path(post, path = "/connections/{id}/resume", tag = "Connections", operation_id = "resume_connection",
    params(("id" = String, Path)), responses((status = 204), Otherwise))]
pub async fn resume(Extension(operations): Extension<Operations>, Id(id): Id) -> Answer<StatusCode> {
    operations.resume(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
