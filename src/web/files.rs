//! Files of tickets, to and from a browser: streamed both ways. The form is a plain one, so it works without
//! JavaScript, and comes back to the ticket's page with what went wrong.

use super::Web;
use crate::operations::{Download, Operations};
use app::api::{Answer, FILES_FORM};
use app::error::Trouble;
use axum::Extension;
use axum::body::Body;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::server_fn::error::ServerFnUrlError;
use std::fmt::Write;

/// Answers the form on the ticket's page. Several files may come in one form.
pub async fn attach(
    State(web): State<Web>,
    Extension(operations): Extension<Operations>,
    Path(ticket): Path<String>,
    form: Multipart,
) -> Response {
    let page = format!("/tickets/{ticket}");
    let Err(trouble) = attach_all(&operations, &ticket, form).await else {
        return Redirect::to(&page).into_response();
    };
    tracing::info!(code = %trouble.code, "a file was not taken");
    let told = ServerFnUrlError::new(FILES_FORM, trouble).to_url(&format!("{}{page}", web.parts.public_url));
    match told {
        Ok(url) => Redirect::to(&format!("{}?{}", url.path(), url.query().unwrap_or_default())).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn attach_all(operations: &Operations, ticket: &str, mut form: Multipart) -> Answer<()> {
    let mut outcome = Ok(());
    while let Some(mut field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.file_name().unwrap_or_default().to_owned();
        let content_type = field.content_type().unwrap_or_default().to_owned();
        if outcome.is_ok() {
            outcome = operations.attach_file(ticket, &name, &content_type, &mut field).await;
        }
        // A browser hears the answer only after all that it sends was read.
        while field.chunk().await.map_err(|error| broken(&error))?.is_some() {}
    }
    outcome
}

fn broken(error: &MultipartError) -> Trouble {
    tracing::info!(%error, "a form with files cannot be read");
    Trouble::new(
        "FILE-FORM",
        "The file was not kept.",
        "What arrived is no whole form: it broke off, or it is far too large.",
        "Send it again, or a smaller one.",
    )
}

/// Always to be saved, never shown by the browser: what somebody put on a ticket must not run here.
pub async fn download(
    Extension(operations): Extension<Operations>,
    Path((ticket, file)): Path<(String, String)>,
) -> Response {
    match operations.fetch_file(&ticket, &file).await {
        Ok(file) => (headers(&file), Body::from_stream(file.content)).into_response(),
        Err(trouble) if trouble.is_signed_out() => {
            Redirect::to(&format!("/sign-in?next=/tickets/{ticket}")).into_response()
        }
        Err(trouble) => {
            let status = StatusCode::from_u16(trouble.status()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, format!("{trouble}\n")).into_response()
        }
    }
}

fn headers(file: &Download) -> HeaderMap {
    let octets = HeaderValue::from_static("application/octet-stream");
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&file.content_type).unwrap_or(octets));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.size));
    if let Ok(disposition) = HeaderValue::from_str(&disposition(&file.name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    let nothing_runs = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(HeaderName::from_static("content-security-policy"), nothing_runs);
    headers
}

/// The name for old clients in ASCII, and whole for the others (RFC 6266).
fn disposition(name: &str) -> String {
    let is_plain = |letter: char| letter == ' ' || (letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | '%'));
    let plain: String = name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            whole.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(whole, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(
            disposition("a\"b\r\nx: ü.txt"),
            "attachment; filename=\"a_b__x: _.txt\"; filename*=UTF-8''a%22b%0D%0Ax%3A%20%C3%BC.txt"
        );
    }
}
