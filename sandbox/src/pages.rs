//! The pages of the service desk agent and of the administrator: plain HTML forms, no script.

mod access;
mod activity;
mod client;
mod clients;
mod crumbs;
mod field;
mod files;
mod form;
pub(crate) mod layout;
mod list;
mod menu;
mod related;
mod save;
mod sign_in;
mod switches;
mod tokens;
mod update_sets;
mod view;
mod when;

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRequestParts, OptionalFromRequestParts, Path, Query, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, Uri, header, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

use crate::instance::Instance;
use crate::oauth::tickets::Kind;
use crate::user::User;

pub(crate) use sign_in::sign_in_first;
pub(crate) use view::View;

pub(crate) fn router() -> Router<Arc<Instance>> {
    Router::new()
        .route("/", get(async || Redirect::to("/incident_list.do")))
        .route("/navpage.do", get(async || Redirect::to("/incident_list.do")))
        .route("/nav_to.do", get(nav_to))
        .route("/now/nav/ui/classic/params/target/{*target}", get(classic))
        .route("/login.do", get(sign_in::show).post(sign_in::check))
        .route("/logout.do", post(sign_in::leave))
        .route("/oauth_entity_list.do", get(clients::show).post(clients::register))
        .route("/oauth_entity.do", get(client::show).post(client::save))
        .route("/oauth_jwt.do", get(client::show).post(client::save))
        .route("/oauth_credential_list.do", get(tokens::show).post(tokens::revoke))
        .route("/sandbox", get(switches::show).post(switches::turn))
        .route("/sandbox/style.css", get(layout::style))
        // How large a file may be is a property's business, not the server's.
        .route("/sys_attachment.do", get(files::give).post(files::take).layer(DefaultBodyLimit::disable()))
        .route("/attachment_remove.do", post(files::remove))
        .route("/sys_remote_update_set_list.do", get(update_sets::list))
        .route("/sys_remote_update_set.do", get(update_sets::show).post(update_sets::press))
        .route("/upload.do", get(update_sets::upload_form))
        .route("/sys_upload.do", post(update_sets::upload).layer(DefaultBodyLimit::max(crate::update_sets::LARGEST)))
        .route("/{page}", get(page).post(save))
}

/// Which table's list or form `incident_list.do` and `incident.do` are.
enum Page<'a> {
    List(&'a str),
    Form(&'a str),
}

impl<'a> Page<'a> {
    fn read(page: &'a str) -> Result<Self, Failure> {
        let name = page.strip_suffix(".do").ok_or_else(no_such_page)?;
        Ok(name.strip_suffix("_list").map_or(Self::Form(name), Self::List))
    }
}

fn no_such_page() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "There is no such page.")
}

async fn page(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Path(page): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Failure> {
    let raw = raw.unwrap_or_default();
    match Page::read(&page)? {
        Page::List(table) => list::show(&instance, &user, table, &raw).await,
        Page::Form(table) => form::show(&instance, &user, table, &raw).await,
    }
}

async fn save(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Path(page): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Response, Failure> {
    match Page::read(&page)? {
        Page::Form(table) => save::save(&instance, &user, table, form).await,
        Page::List(_) => Err(no_such_page()),
    }
}

#[derive(Deserialize)]
struct Target {
    uri: String,
}

/// ServiceNow's frame around a page; links in the wild use it.
async fn nav_to(Query(Target { uri }): Query<Target>) -> Result<Redirect, Failure> {
    inside(&uri)
}

/// The newer frame, whose target is part of the path.
async fn classic(Path(target): Path<String>, RawQuery(more): RawQuery) -> Result<Redirect, Failure> {
    let more = more.map_or_else(String::new, |more| format!("?{more}"));
    inside(&format!("{target}{more}"))
}

/// To a page of this instance and nowhere else.
fn inside(uri: &str) -> Result<Redirect, Failure> {
    let local = uri.trim_start_matches('/');
    let page = local.split('?').next().and_then(|page| page.strip_suffix(".do"));
    let known = page.is_some_and(|page| !page.contains(['/', ':', '\\'])) && !local.contains(['\r', '\n']);
    if known { Ok(Redirect::to(&format!("/{local}"))) } else { Err(no_such_page()) }
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
