//! The files for an administrator of ServiceNow, to be saved.

use crate::operations::{KitFile, Operations};
use axum::Extension;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

pub async fn install(operations: Extension<Operations>, connection: Path<String>) -> Response {
    file(operations, connection, KitFile::Install, "isthmus-install.xml").await
}

pub async fn uninstall(operations: Extension<Operations>, connection: Path<String>) -> Response {
    file(operations, connection, KitFile::Uninstall, "isthmus-uninstall.xml").await
}

async fn file(
    Extension(operations): Extension<Operations>,
    Path(connection): Path<String>,
    which: KitFile,
    name: &str,
) -> Response {
    match operations.fetch_kit_file(&connection, which).await {
        Ok(xml) => {
            let saved = format!("attachment; filename=\"{name}\"");
            let headers = [(header::CONTENT_TYPE, "application/xml".to_owned()), (header::CONTENT_DISPOSITION, saved)];
            (headers, xml).into_response()
        }
        Err(trouble) if trouble.is_signed_out() => {
            Redirect::to(&format!("/sign-in?next=/settings/connections/{connection}")).into_response()
        }
        Err(trouble) => {
            let status = StatusCode::from_u16(trouble.status()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, format!("{trouble}\n")).into_response()
        }
    }
}
