//! From a list to the record on the instance: the address is told when somebody asks for it.

use crate::operations::Operations;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

pub async fn record(Extension(operations): Extension<Operations>, Path(ticket): Path<String>) -> Response {
    match operations.record_address(&ticket).await {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(trouble) if trouble.is_signed_out() => {
            Redirect::to(&format!("/sign-in?next=/tickets/{ticket}")).into_response()
        }
        Err(trouble) => {
            let status = StatusCode::from_u16(trouble.status()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, format!("{trouble}\n")).into_response()
        }
    }
}
