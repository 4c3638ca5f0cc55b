//! The files on a record, as its form shows them: listed, given out, taken in and removed.

use std::sync::Arc;

use axum::Form;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use serde::Deserialize;

use super::access::Rights;
use super::form::not_found;
use super::{Failure, SignedIn, layout};
use crate::api::attachment::{given_out, name_it, short_text};
use crate::attachments::{Rejection, TABLE, Wanted};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::Refusal;
use crate::user::User;

pub(super) async fn show(
    instance: &Instance,
    user: &User,
    table: &Table,
    record: &Record,
    rights: &Rights,
) -> Result<String, Failure> {
    let files = instance.files_on(table, record.sys_id()).await?;
    if files.is_empty() && !rights.change {
        return Ok(String::new());
    }
    let listed: Vec<String> = files.iter().map(|file| line(user, file, rights)).collect();
    let listed = if files.is_empty() {
        r#"<p class="empty">No files.</p>"#.to_owned()
    } else {
        format!(r#"<ul class="files">{}</ul>"#, listed.concat())
    };
    let upload = if rights.change {
        format!(
            r#"<form class="actions" method="post" action="/sys_attachment.do" enctype="multipart/form-data">{}{}<label for="file">File to attach</label>
<input type="file" id="file" name="file" required><button>Attach</button></form>"#,
            layout::hidden("table_name", &table.name),
            layout::hidden("table_sys_id", record.sys_id()),
        )
    } else {
        String::new()
    };
    Ok(format!(r#"<section class="card"><h2>Attachments</h2>{listed}{upload}</section>"#))
}

fn line(user: &User, file: &Record, rights: &Rights) -> String {
    let id = layout::escape(file.sys_id());
    let name = layout::escape(file.get("file_name"));
    let remove = if rights.change {
        format!(
            r#"<form method="post" action="/attachment_remove.do">{}<button class="quiet" aria-label="Remove {name}">Remove</button></form>"#,
            layout::hidden("sys_id", file.sys_id())
        )
    } else {
        String::new()
    };
    format!(
        r#"<li><a href="/sys_attachment.do?sys_id={id}">{name}</a> <span class="meta">{}, {} at {}</span>{remove}</li>"#,
        size(file.number("size_bytes")),
        layout::escape(file.get("sys_created_by")),
        layout::escape(&user.sees_time(file.get("sys_created_on"))),
    )
}

fn size(bytes: i64) -> String {
    match bytes {
        ..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KB", bytes / 1_024),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    sys_id: String,
}

/// As on the platform, this page of a file is the file.
pub(super) async fn give(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Query(chosen): Query<Chosen>,
) -> Result<Response, Failure> {
    let file = instance.file_to_open(&user, &chosen.sys_id).await?;
    Ok(given_out(&instance, &file))
}

pub(super) async fn take(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    mut form: Multipart,
) -> Result<Redirect, Failure> {
    let mut wanted = Wanted::default();
    let broken = |cause: MultipartError| Failure::from(Rejection::Broken(cause.body_text()));
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let Some(name) = field.file_name().map(str::to_owned) else {
            let part = field.name().unwrap_or_default().to_owned();
            name_it(&mut wanted, &part, short_text(field).await?);
            continue;
        };
        wanted.file_name = name;
        wanted.content_type = field.content_type().unwrap_or("application/octet-stream").to_owned();
        let back = record_page(&wanted.table_name, &wanted.table_sys_id);
        let upload = instance.begin_upload(&user, wanted, None).await?;
        upload.take(field).await?;
        return Ok(back);
    }
    Err(Rejection::Missing("file").into())
}

pub(super) async fn remove(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Form(chosen): Form<Chosen>,
) -> Result<Redirect, Failure> {
    let file = instance.file(&user, &chosen.sys_id).await?;
    let files = instance.table(TABLE).ok_or_else(not_found)?;
    instance.delete(&user, files, file.sys_id()).await?;
    Ok(record_page(file.get("table_name"), file.get("table_sys_id")))
}

/// The form of the record that a file is on. Its table is known by now, so this leads nowhere else.
fn record_page(table: &str, sys_id: &str) -> Redirect {
    Redirect::to(&format!("/{table}.do?sys_id={sys_id}"))
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => not_found(),
            Refusal::Store(cause) => cause.into(),
            other => Self::new(StatusCode::FORBIDDEN, other.to_string()),
        }
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Refused(refusal) => refusal.into(),
            other => Self::new(StatusCode::BAD_REQUEST, other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_told_in_units_that_fit() {
        assert_eq!(super::size(12), "12 bytes");
        assert_eq!(super::size(2_048), "2 KB");
        assert_eq!(super::size(1_572_864), "1.5 MB");
    }
}
