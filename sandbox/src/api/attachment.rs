//! The Attachment API (contract 5). Files stream in and out; their metadata has the shape of records.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::multipart::{Field, Multipart, MultipartRejection};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::media::acceptable;
use super::options::Options;
use super::{ApiError, Caller, Version, attribute, body, table};
use crate::attachments::{self, Rejection, Wanted};
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Refusal};
use crate::store::Slice;

type Shared = State<Arc<Instance>>;
type Versioned = Extension<Version>;

pub(super) fn router() -> Router<Arc<Instance>> {
    let one = get(read).patch(rename).delete(remove);
    let attributes = get(attribute::list).post(attribute::create).delete(attribute::delete_all);
    let attribute = get(attribute::read).put(attribute::update).patch(attribute::update).delete(attribute::delete);
    Router::new()
        .route("/attachment", get(list))
        .route("/attachment/file", post(upload_raw))
        .route("/attachment/upload", post(upload_form))
        .route("/attachment/{sys_id}", one)
        .route("/attachment/{sys_id}/file", get(download))
        .route("/attachment/{sys_id}/attributes", attributes)
        .route("/attachment/{sys_id}/attributes/{key}", attribute)
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        let detail = rejection.to_string();
        match rejection {
            Rejection::Refused(refusal) => refusal.into(),
            Rejection::NotAvailable(_) => Self::new(StatusCode::FORBIDDEN, "Attachment is not available", Some(detail)),
            Rejection::Missing(_) => Self::new(StatusCode::BAD_REQUEST, detail, None),
            _ => Self::new(StatusCode::BAD_REQUEST, "Failed to create the attachment", Some(detail)),
        }
    }
}

const METADATA: &[&str] = &[
    "sys_id",
    "table_name",
    "table_sys_id",
    "file_name",
    "content_type",
    "size_bytes",
    "size_compressed",
    "compressed",
    "chunk_size_bytes",
    "hash",
    "state",
    "image_height",
    "image_width",
    "average_image_color",
    "sys_created_on",
    "sys_created_by",
    "sys_updated_on",
    "sys_updated_by",
    "sys_mod_count",
    "sys_tags",
];

/// Plain strings, whatever display values are asked for.
fn metadata(instance: &Instance, version: Version, file: &Record) -> Map<String, Value> {
    let mut object: Map<String, Value> =
        METADATA.iter().map(|&column| (column.to_owned(), file.get(column).into())).collect();
    object.insert("download_link".into(), format!("{}/file", address(instance, version, file)).into());
    object
}

fn address(instance: &Instance, version: Version, file: &Record) -> String {
    format!("{}{}/attachment/{}", instance.address, version.path(), file.sys_id())
}

const MOST_AT_ONCE: i64 = 1_000;

async fn list(
    State(instance): Shared,
    Extension(version): Versioned,
    Caller(user): Caller,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let options = Options::read(raw.as_deref(), &headers)?;
    let files = table::open(&instance, &user, attachments::TABLE).await?;
    let query = table::search(&instance, &user, files, &options).await?;
    let limit =
        if options.given.iter().any(|(name, _)| name == "sysparm_limit") { options.limit } else { MOST_AT_ONCE };
    let rows = instance.store.select(files, &query, Slice { limit, offset: options.offset }).await?;
    let total = instance.store.count(files, &query).await?;
    let rows = instance.readable(&user, files, rows).await?;
    let shown: Vec<Value> = rows.iter().map(|file| metadata(&instance, version, file).into()).collect();
    let mut response = table::json_response(StatusCode::OK, &shown.into());
    response.headers_mut().insert("x-total-count", total.into());
    Ok(response)
}

async fn read(
    State(instance): Shared,
    Extension(version): Versioned,
    Caller(user): Caller,
    Path(sys_id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    acceptable(&headers)?;
    let file = instance.file(&user, &sys_id).await?;
    Ok(table::json_response(StatusCode::OK, &metadata(&instance, version, &file).into()))
}

async fn download(
    State(instance): Shared,
    Extension(version): Versioned,
    Caller(user): Caller,
    Path(sys_id): Path<String>,
) -> Result<Response, ApiError> {
    let file = instance.file_to_open(&user, &sys_id).await?;
    let about = Value::Object(metadata(&instance, version, &file)).to_string();
    let mut response = given_out(&instance, &file);
    if let Ok(value) = HeaderValue::try_from(ascii(&about)) {
        response.headers_mut().insert(HeaderName::from_static("x-attachment-metadata"), value);
    }
    Ok(response)
}

/// The file itself, for a program or a browser to save.
pub(crate) fn given_out(instance: &Arc<Instance>, file: &Record) -> Response {
    let name: String = form_urlencoded::byte_serialize(file.get("file_name").as_bytes()).collect();
    // Unlike a form, a header has no other sign for a space.
    let name = name.replace('+', "%20");
    let headers = [
        (header::CONTENT_TYPE, file.get("content_type").to_owned()),
        (header::CONTENT_LENGTH, file.get("size_bytes").to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    let mut response = Body::from_stream(instance.content(file.sys_id().to_owned())).into_response();
    for (header, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(header, value);
        }
    }
    response
}

/// JSON for a header, where only ASCII may stand.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            text.extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

async fn upload_raw(
    State(instance): Shared,
    Extension(version): Versioned,
    Caller(user): Caller,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    acceptable(&headers)?;
    let mut wanted = Wanted { content_type: text(&headers, &header::CONTENT_TYPE), ..Wanted::default() };
    for (name, value) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
        name_it(&mut wanted, &name, value.into_owned());
    }
    let length = text(&headers, &header::CONTENT_LENGTH).parse().ok();
    let upload = instance.begin_upload(&user, wanted, length).await?;
    let file = upload.take(body.into_data_stream()).await?;
    created(&instance, version, &file).await
}

fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// What a parameter or the part of a form says of the file.
pub(crate) fn name_it(wanted: &mut Wanted, name: &str, value: String) {
    match name {
        "table_name" => wanted.table_name = value,
        "table_sys_id" => wanted.table_sys_id = value,
        "file_name" => wanted.file_name = value,
        "encryption_context" => wanted.encryption_context = value,
        "creation_time" => wanted.creation_time = value,
        _ => {}
    }
}

async fn upload_form(
    State(instance): Shared,
    Extension(version): Versioned,
    Caller(user): Caller,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, ApiError> {
    acceptable(&headers)?;
    let mut form = form.map_err(|cause| Rejection::Broken(cause.to_string()))?;
    let mut wanted = Wanted::default();
    let broken = |cause: axum::extract::multipart::MultipartError| Rejection::Broken(cause.body_text());
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let Some(name) = field.file_name().map(str::to_owned) else {
            let part = field.name().unwrap_or_default().to_owned();
            name_it(&mut wanted, &part, short_text(field).await?);
            continue;
        };
        // The file comes last and under any name; a `file_name` before it wins.
        if wanted.file_name.is_empty() {
            wanted.file_name = name;
        }
        wanted.content_type = field.content_type().unwrap_or("application/octet-stream").to_owned();
        // The announced length is that of the whole form.
        let upload = instance.begin_upload(&user, wanted, None).await?;
        let file = upload.take(field).await?;
        return created(&instance, version, &file).await;
    }
    Err(Rejection::Missing("uploadFile").into())
}

/// Room for a table's name, a sys_id or a file's name, and for nothing that fills the memory.
const LONGEST_TEXT: usize = 4_096;

pub(crate) async fn short_text(mut field: Field<'_>) -> Result<String, Rejection> {
    let mut bytes = Vec::new();
    while let Some(more) = field.chunk().await.map_err(|cause| Rejection::Broken(cause.body_text()))? {
        bytes.extend_from_slice(&more);
        if bytes.len() > LONGEST_TEXT {
            return Err(Rejection::Broken("a part of the form before the file is too long".to_owned()));
        }
    }
    String::from_utf8(bytes).map_err(|cause| Rejection::Broken(cause.to_string()))
}

async fn created(instance: &Instance, version: Version, file: &Record) -> Result<Response, ApiError> {
    let mut about = metadata(instance, version, file);
    let users = instance.table("sys_user");
    for (column, by) in [("created_by_name", "sys_created_by"), ("updated_by_name", "sys_updated_by")] {
        let found = match users {
            Some(users) => instance.store.find(users, "user_name", file.get(by)).await?,
            None => None,
        };
        about.insert(column.into(), found.map_or_else(|| file.get(by).to_owned(), |mut user| user.take("name")).into());
    }
    let mut response = table::json_response(StatusCode::CREATED, &about.into());
    // The first version points at the file, not at what is said of it (contract 5).
    let end = if version == Version::V1 { "/file" } else { "" };
    if let Ok(location) = HeaderValue::try_from(address(instance, version, file) + end) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

async fn rename(
    State(instance): Shared,
    Caller(user): Caller,
    Path(sys_id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let values = body::read(&headers, body).await?;
    let name = values.into_iter().find(|(name, _)| name == "file_name").map(|(_, name)| attachments::plain_name(&name));
    let name = name.filter(|name| !name.is_empty()).ok_or(Rejection::Missing("file_name"))?;
    let files = instance.table(attachments::TABLE).ok_or(Refusal::NotFound)?;
    instance.update(&user, files, &sys_id, Input::new([("file_name", name)])).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(
    State(instance): Shared,
    Caller(user): Caller,
    Path(sys_id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let files = instance.table(attachments::TABLE).ok_or(Refusal::NotFound)?;
    instance.delete(&user, files, &sys_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
