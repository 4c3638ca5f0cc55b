//! How the API takes what is asked and says what went wrong: always in the same shape.

use crate::operations::Listed;
use app::error::Trouble;
use axum::Json;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, IntoResponses, ToSchema};

const USUAL: i64 = 50;
const MOST: i64 = 100;

/// What went wrong: what happened, why, and what to do. `code` is stable, and has a page in the documentation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Such as `TICKET-NOT-FOUND`
    pub code: String,
    pub what: String,
    pub why: String,
    pub what_to_do: String,
    /// The property or parameter that it is about; empty when it is about none
    pub field: String,
}

/// The answers that every request may get instead of its own.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the description alone")]
pub enum Otherwise {
    /// There is no token, or it counts no longer
    #[response(status = 401)]
    NoToken(Problem),
    /// The token's role does not allow it
    #[response(status = 403)]
    Forbidden(Problem),
    /// There is no such thing
    #[response(status = 404)]
    NotFound(Problem),
    /// Things have moved on, so that it cannot be done now
    #[response(status = 409)]
    Conflict(Problem),
    /// It was deleted
    #[response(status = 410)]
    Gone(Problem),
    /// Too large
    #[response(status = 413)]
    TooLarge(Problem),
    /// What was sent cannot be used
    #[response(status = 422)]
    Unusable(Problem),
    /// Too many requests in this minute: the header Retry-After says when to come back
    #[response(status = 429)]
    TooMany(Problem),
}

/// A trouble on its way to a program.
pub struct Failed {
    status: StatusCode,
    problem: Box<Problem>,
}

pub type Answer<T> = Result<T, Failed>;

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        let status = StatusCode::from_u16(trouble.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
        let Trouble { code, what, why, what_to_do, field } = trouble;
        Self { status, problem: Box::new(Problem { code, what, why, what_to_do, field }) }
    }
}

impl Failed {
    pub fn with(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let mut answer = (self.status, Json(self.problem)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        answer
    }
}

fn unusable(code: &str, why: &str) -> Failed {
    let todo = "Compare the request with the description at /api/v1/openapi.json.";
    Trouble::new(code, "The request cannot be used.", why, todo).into()
}

/// Of an address that no operation has, or an id that nothing can have.
pub async fn no_such_address() -> Failed {
    no_such_thing()
}

pub fn no_such_thing() -> Failed {
    let todo = "The addresses are listed at /api/v1/openapi.json.";
    Trouble::new("API-NOT-FOUND", "There is no such address.", "The API has nothing there.", todo).into()
}

pub async fn no_such_method() -> Failed {
    let todo = "The methods of each address are listed at /api/v1/openapi.json.";
    let failed: Failed =
        Trouble::new("API-METHOD", "This address does not take that method.", "It takes others.", todo).into();
    failed.with(StatusCode::METHOD_NOT_ALLOWED)
}

/// Which page of a list is meant.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// `next` of the page before; left away for the first
    #[param(pattern = "^[0-9A-Za-z-]*$")]
    pub after: Option<String>,
    /// Rows of a page, 50 where it is left away
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// Which page of a list is meant, of one connection or of all.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageOf {
    /// Only those of this connection
    pub connection: Option<String>,
    /// `next` of the page before; left away for the first
    #[param(pattern = "^[0-9A-Za-z-]*$")]
    pub after: Option<String>,
    /// Rows of a page, 50 where it is left away
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// What a page's parameters say, checked.
pub fn page(after: Option<&str>, limit: Option<i64>) -> Answer<(String, i64)> {
    let limit = limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(unusable("API-LIMIT", &format!("limit is {limit}, and a page has 1 to {MOST} rows.")));
    }
    let after = after.unwrap_or_default();
    if !after.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(unusable("API-AFTER", "after is not the `next` of another page."));
    }
    Ok((after.to_owned(), limit))
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// To be passed as `after` for the next page; null on the last
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> List<T> {
    pub fn of<R>((rows, next): Listed<R>) -> Json<Self>
    where
        T: From<R>,
    {
        let next = Some(next).filter(|next| !next.is_empty());
        Json(Self { items: rows.into_iter().map(T::from).collect(), next })
    }
}

/// The id in a path. Text that no database holds is nobody's id.
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        let path: Result<axum::extract::Path<String>, PathRejection> =
            axum::extract::Path::from_request_parts(parts, state).await;
        match path {
            Ok(axum::extract::Path(id)) if !id.contains('\0') => Ok(Self(id)),
            _ => Err(no_such_thing()),
        }
    }
}

/// The parameters behind the question mark.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(unusable("API-TEXT", "A parameter holds the character NUL, which no text may."));
        }
        let query: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|error| unusable("API-QUERY", &format!("{}.", error.body_text())))
    }
}

/// A body of JSON.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        let body = Bytes::from_request(request, state).await.map_err(|error: BytesRejection| {
            unusable("API-BODY", &format!("{}.", error.body_text())).with(error.status())
        })?;
        let json: serde_json::Value = serde_json::from_slice(&body)
            .map_err(|error| unusable("API-BODY", &format!("The body is no JSON: {error}.")))?;
        if has_nul(&json) {
            return Err(unusable("API-TEXT", "A text holds the character NUL, which no text may."));
        }
        serde_json::from_value(json)
            .map(Self)
            .map_err(|error| unusable("API-BODY", &format!("The body does not fit: {error}.")))
    }
}

fn has_nul(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(has_nul),
        serde_json::Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// A moment as programs read it.
pub fn moment(when: app::model::When) -> String {
    when.iso
}
