//! The pages of the service desk agent and of the administrator: plain HTML forms, no script.

mod clients;
mod form;
pub(crate) mod layout;
mod list;
mod rules;
mod sign_in;

use std::fmt::Display;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, OptionalFromRequestParts, Query};
use axum::http::{HeaderMap, StatusCode, Uri, header, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::instance::Instance;
use crate::oauth::tickets::Kind;
use crate::user::User;

pub(crate) use sign_in::sign_in_first;

pub(crate) fn router() -> Router<Arc<Instance>> {
    Router::new()
        .route("/", get(async || Redirect::to("/incident_list.do")))
        .route("/navpage.do", get(async || Redirect::to("/incident_list.do")))
        .route("/nav_to.do", get(nav_to))
        .route("/login.do", get(sign_in::show).post(sign_in::check))
        .route("/logout.do", post(sign_in::leave))
        .route("/incident_list.do", get(list::show))
        .route("/incident.do", get(form::show).post(form::save))
        .route("/sys_script_list.do", get(rules::show).post(rules::toggle))
        .route("/oauth_entity_list.do", get(clients::show).post(clients::register))
        .route("/sandbox/style.css", get(layout::style))
}

#[derive(Deserialize)]
struct Target {
    uri: String,
}

/// ServiceNow's frame around a page; links in the wild use it.
async fn nav_to(Query(Target { uri }): Query<Target>) -> Result<Redirect, Failure> {
    let local = uri.trim_start_matches('/');
    let page = local.split('?').next().and_then(|page| page.strip_suffix(".do"));
    let known = page.is_some_and(|page| !page.contains(['/', ':', '\\']));
    if known {
        Ok(Redirect::to(&format!("/{local}")))
    } else {
        Err(Failure::new(StatusCode::NOT_FOUND, "There is no such page."))
    }
}

/// The user of the browser's session. Without one, the sign-in page comes first.
pub(crate) struct SignedIn(pub User);

pub(crate) const COOKIE: &str = "JSESSIONID";

pub(crate) fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    let mut pairs = cookies.filter_map(|value| value.to_str().ok()).flat_map(|cookies| cookies.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

impl OptionalFromRequestParts<Arc<Instance>> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, instance: &Arc<Instance>) -> Result<Option<Self>, Failure> {
        let Some(session) = session_cookie(&parts.headers) else { return Ok(None) };
        Ok(instance.ticket_holder(Kind::Session, session).await?.map(Self))
    }
}

impl FromRequestParts<Arc<Instance>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, instance: &Arc<Instance>) -> Result<Self, Response> {
        let found = <Self as OptionalFromRequestParts<_>>::from_request_parts(parts, instance).await;
        found.map_err(IntoResponse::into_response)?.ok_or_else(|| sign_in_first(&parts.uri))
    }
}

/// A page that could not be made.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    text: String,
}

impl Failure {
    pub fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    pub fn internal(cause: &dyn Display) -> Self {
        tracing::error!(%cause, "a page could not be made");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The instance failed. Its log says why.")
    }

    fn only(role: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, format!("This page needs the role {role}."))
    }
}

impl From<sqlx::Error> for Failure {
    fn from(cause: sqlx::Error) -> Self {
        Self::internal(&cause)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = format!(r#"<div class="card narrow"><h1>Sorry</h1><p>{}</p></div>"#, layout::escape(&self.text));
        (self.status, layout::page("Sorry", None, &body)).into_response()
    }
}

fn must_be_admin(user: &User) -> Result<(), Failure> {
    if user.has("admin") { Ok(()) } else { Err(Failure::only("admin")) }
}

/// For the links that lead back here after signing in.
fn path_and_query(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str)
}
