//! The audit, for programs.

use super::answer::{Answer, List, Otherwise, Query, page};
use crate::operations::{AuditRecord, Operations};
use app::model::AuditFilter;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// A person's id, or what acted for nobody
    person: Option<String>,
    /// Such as `connections.pause`
    action: Option<String>,
    /// An id, a ticket's number, a connection's name or a person's e-mail
    subject: Option<String>,
    /// The first day in UTC, as `2026-11-30`
    #[param(format = Date)]
    from: Option<String>,
    /// The last day in UTC
    #[param(format = Date)]
    to: Option<String>,
    /// Only what was refused
    refused: Option<bool>,
    /// `next` of the page before; left away for the first
    #[param(pattern = "^[0-9A-Za-z-]*$")]
    after: Option<String>,
    /// Rows of a page, 50 where it is left away
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// List the audit, the newest first
#[utoipa::path(get, path = "/audit", tag = "Audit", operation_id = "list_audit", params(Asked),
    responses((status = 200, body = List<AuditRecord>), Otherwise))]
pub async fn list(
    Extension(operations): Extension<Operations>,
    Query(asked): Query<Asked>,
) -> Answer<Json<List<AuditRecord>>> {
    let (behind, limit) = page(asked.after.as_deref(), asked.limit)?;
    let filter = AuditFilter {
        person: asked.person.unwrap_or_default(),
        action: asked.action.unwrap_or_default(),
        subject: asked.subject.unwrap_or_default(),
        from: asked.from.unwrap_or_default(),
        to: asked.to.unwrap_or_default(),
        refused: asked.refused.unwrap_or_default(),
        behind,
    };
    Ok(List::of(operations.audit_records(&filter, limit).await?))
}
