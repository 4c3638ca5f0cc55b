//! Signing in and out of the pages with the users of the instance.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use url::form_urlencoded;

use super::{COOKIE, Failure, layout, path_and_query, session_cookie};
use crate::instance::Instance;
use crate::oauth::tickets::Kind;

/// A working day.
const SESSION_SECONDS: i64 = 12 * 3_600;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Going {
    uri: String,
}

/// To the sign-in page, and afterwards back to where the browser was going.
pub(crate) fn sign_in_first(uri: &Uri) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("uri", path_and_query(uri));
    Redirect::to(&format!("/login.do?{}", query.finish())).into_response()
}

pub(super) async fn show(Query(Going { uri }): Query<Going>) -> Response {
    page(&uri, "", "").into_response()
}

fn page(uri: &str, user_name: &str, problem: &str) -> impl IntoResponse {
    let body = format!(
        r#"<div class="card narrow"><h1>Log in</h1>{}<form method="post" action="/login.do">{}{}{}
<div class="actions"><button class="primary">Log in</button></div></form></div>"#,
        layout::alert(problem),
        layout::hidden("uri", uri),
        layout::input("user_name", "User name", user_name, r#"autocomplete="username" autofocus required"#),
        layout::input("user_password", "Password", "", r#"type="password" autocomplete="current-password" required"#),
    );
    layout::page("Log in", None, &body)
}

#[derive(Debug, Deserialize)]
pub(super) struct Credentials {
    #[serde(default)]
    uri: String,
    user_name: String,
    user_password: String,
}

pub(super) async fn check(
    State(instance): State<Arc<Instance>>,
    Form(given): Form<Credentials>,
) -> Result<Response, Failure> {
    let known = instance.user_by_password(&given.user_name, &given.user_password).await?;
    let Some(user) = known.filter(|user| !user.web_service_only) else {
        let problem = "User name or password is not right, or the user is locked out.";
        return Ok((StatusCode::UNAUTHORIZED, page(&given.uri, &given.user_name, problem)).into_response());
    };
    let session = instance.issue(Kind::Session, &user.sys_id, "", SESSION_SECONDS, "").await?;
    let cookie = format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(local(&given.uri))).into_response())
}

/// Only to a page of this instance: never to where somebody else's link points.
fn local(uri: &str) -> &str {
    let inside = uri.starts_with('/') && !uri.starts_with("//") && !uri.contains(|c: char| c == '\\' || c.is_control());
    if inside { uri } else { "/incident_list.do" }
}

pub(super) async fn leave(
    State(instance): State<Arc<Instance>>,
    request: axum::extract::Request,
) -> Result<Response, Failure> {
    if let Some(session) = session_cookie(request.headers()) {
        instance.withdraw(session).await?;
    }
    let cookie = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/login.do")).into_response())
}
