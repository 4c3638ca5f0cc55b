//! A connection's mapping as a file, to be saved and to be taken in. The form is a plain one and comes back to its page
//! with what went wrong.

use super::Web;
use crate::operations::{MappingFile, Operations};
use app::api::{Answer, MAPPING_FORM};
use app::error::Trouble;
use axum::Extension;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::server_fn::error::ServerFnUrlError;
use std::collections::HashMap;

pub async fn export(
    Extension(operations): Extension<Operations>,
    Path(connection): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let version = query.get("version").and_then(|version| version.parse().ok());
    let which = version.map_or(MappingFile::Draft, MappingFile::Version);
    match operations.export_mapping(&connection, which).await {
        Ok((text, name)) => {
            let saved = format!("attachment; filename=\"{name}\"");
            let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, saved)];
            (headers, text).into_response()
        }
        Err(trouble) if trouble.is_signed_out() => {
            Redirect::to(&format!("/sign-in?next=/settings/connections/{connection}/mappings/versions")).into_response()
        }
        Err(trouble) => {
            let status = StatusCode::from_u16(trouble.status()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, format!("{trouble}\n")).into_response()
        }
    }
}

pub async fn import(
    State(web): State<Web>,
    Extension(operations): Extension<Operations>,
    Path(connection): Path<String>,
    form: Multipart,
) -> Response {
    let trouble = match taken_in(&operations, &connection, form).await {
        Ok(next) => return Redirect::to(&next).into_response(),
        Err(trouble) => trouble,
    };
    let page = format!("/settings/connections/{connection}/mappings/versions");
    match ServerFnUrlError::new(MAPPING_FORM, trouble).to_url(&format!("{}{page}", web.parts.public_url)) {
        Ok(url) => Redirect::to(&format!("{}?{}", url.path(), url.query().unwrap_or_default())).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn taken_in(operations: &Operations, connection: &str, mut form: Multipart) -> Answer<String> {
    let mut text = String::new();
    while let Some(field) = form.next_field().await.map_err(|_| broken())? {
        if field.name() == Some("file") {
            text = field.text().await.map_err(|_| broken())?;
        }
    }
    operations.import_mapping(connection, &text).await
}

fn broken() -> Trouble {
    Trouble::new(
        "MAPPING-FILE",
        "The file was not taken in. The draft is as it was.",
        "What arrived is no whole form, or larger than a mapping can be.",
        "Choose a file that was saved here.",
    )
    .about("file")
}

/// Where the page stood before there was an editor.
pub async fn moved(Path(connection): Path<String>) -> Redirect {
    Redirect::permanent(&format!("/settings/connections/{connection}/mappings/flow"))
}
